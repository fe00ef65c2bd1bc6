"""Addresses of pages on the web: of a paper, by its ids, and of searches for a title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode

_LONGEST_TITLE = 300
"""Characters of a title that is searched for."""
_ACL = r"(?:[A-Z](?:[6-9]\d|[01]\d|20)-\d{4}|20\d\d\.[a-z0-9_]+-[a-z0-9]+\.\d+)"
"""An id of the ACL Anthology, of the form before 2020 or since."""
_PAGES = (
    ("ACL Anthology", rf"(?:acl|digest):({_ACL})", "https://aclanthology.org/{}"),
    ("ACL Anthology", rf"doi:10\.18653/v1/({_ACL})", "https://aclanthology.org/{}"),
    ("OpenReview", r"openreview:([\w-]{6,20})", "https://openreview.net/forum?id={}"),
    ("PubMed", r"pmid:(\d{1,9})", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    ("PMC", r"pmcid:(?:PMC)?(\d{1,9})", "https://pmc.ncbi.nlm.nih.gov/articles/PMC{}/"),
)
_OPENREVIEW = re.compile(r"https?://openreview\.net/(?:forum|pdf)\?id=([\w-]{6,20})(?:&|$)")


def pages_of(ids: Iterable[str], url: str = "") -> list[tuple[str, str]]:
    """Return (label, URL) pairs of pages about a paper, one a service.

    Args:
        ids: ids as ``scheme:value``.
        url: another address of the paper, which may contain an id.

    >>> pages_of(["acl:W18-5115"])
    [('ACL Anthology', 'https://aclanthology.org/W18-5115')]
    """
    names = list(ids)
    if match := _OPENREVIEW.match(url):
        names.append(f"openreview:{match[1]}")
    pages: dict[str, str] = {}
    for label, form, address in _PAGES:
        # DOIs are stored in lower case, ids of the Anthology have capitals.
        matches = (re.fullmatch(form, name, re.IGNORECASE) for name in names)
        known = next((match[1] for match in matches if match), "")
        if known and label == "ACL Anthology":
            known = known.upper() if known[0].isalpha() else known.lower()
        if known:
            pages.setdefault(label, address.format(known))
    return list(pages.items())


def searches_for(title: str) -> list[tuple[str, str]]:
    """Return (label, URL) pairs of searches for a readable title."""
    text = title[:_LONGEST_TITLE]
    return [
        ("Semantic Scholar", f"https://www.semanticscholar.org/search?{urlencode({'q': text})}"),
        ("Google Scholar", f"https://scholar.google.com/scholar?{urlencode({'q': text})}"),
        (
            "arXiv",
            f"https://arxiv.org/search/?{urlencode({'query': text, 'searchtype': 'title'})}",
        ),
    ]
