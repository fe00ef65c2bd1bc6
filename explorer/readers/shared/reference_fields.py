"""Fields common to the formats of reference managers.

Dates are as publishers print them ("Jul-Aug", "2014//"), ids are in any field, and missing
abstracts are set phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from explorer.papers.abstracts import is_placeholder
from explorer.papers.paper import arxiv_id, doi
from explorer.papers.text import tidy

_DOI_NAMED = re.compile(r"\bdoi(?:[.-]org[\w.-]{0,60})?[/:\s]{1,3}(10\.\d{4,9}/\S+)", re.I)
_DOI_ANYWHERE = re.compile(r"(?<![\d.])10\.\d{4,9}/[^\s;]+")
_ARXIV = re.compile(
    r"arxiv(?:\.org/(?:abs|pdf|html)/|[:.]\s?|\s)"
    r"(\d{4}\.\d{4,5}(?!\d)|[a-z-]{2,20}(?:\.[a-z]{2})?/\d{7}(?!\d))",
    re.IGNORECASE,
)
_CHIEFLY = re.compile(r"(?:^\s*|(?<=/))\*|\*(?=/|\s*$)")
"""The asterisk of MeSH headings that a paper is chiefly about: "Fever/*therapy"."""
_LONGEST_ID = 100
"""A longer text with an arXiv id mentions the paper rather than identifies it."""
_IN_ADDRESS = (
    ("acl", re.compile(r"aclanthology\.org/([\w.-]+?)(?:\.pdf|\.bib)?/?$")),
    ("corpusid", re.compile(r"semanticscholar\.org/CorpusID:(\d+)", re.I)),
    ("openreview", re.compile(r"openreview\.net/(?:forum|pdf)\?id=([\w-]+)")),
    ("pmcid", re.compile(r"ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/(PMC\d+)", re.I)),
    ("pmid", re.compile(r"ncbi\.nlm\.nih\.gov/(?:pubmed/)?(\d{1,9})/?$")),
    ("scopus", re.compile(r"[?&]eid=(2-s2\.0-\d+)")),
    ("wos", re.compile(r"<Go to ISI>://(?:WOS:)?(\w+)")),  # as EndNote writes it
)
_ACCESSIONS = (
    ("wos", re.compile(r"(?:WOS|ISI):\s?(\w+)", re.I)),
    ("pmid", re.compile(r"(?:MEDLINE|PMID|PUBMED):\s?(\d{1,9})", re.I)),
    ("pmcid", re.compile(r"(PMC\d+)")),
    ("scopus", re.compile(r"(2-s2\.0-\d+)")),
    ("embase", re.compile(r"(?:EMBASE:\s?)?(L\d{6,})")),
)


def abstract_of(texts: Iterable[str]) -> str:
    """Return ``texts`` joined as an abstract, or ``""`` for phrases such as "No abstract"."""
    distinct = dict.fromkeys(tidy(text) for text in texts)
    return " ".join(text for text in distinct if not is_placeholder(text))


def doi_in(text: str, named: bool = True) -> str:
    """Return ``text`` as a DOI, or the DOI after the word "doi" or in a URL in it.

    In a field for DOIs only (``named`` false) the word is not required.
    """
    if "%2f" in text.lower():
        text = unquote(text)
    if name := doi(text.removesuffix("[doi]").strip()):
        return name
    if named:
        match = _DOI_NAMED.search(text)
        return doi(match[1]) if match else ""
    match = _DOI_ANYWHERE.search(text)
    return doi(match[0]) if match else ""


def arxiv_in(text: str) -> str:
    """Return the arXiv id after the word "arXiv", as in names of journals and notes."""
    match = _ARXIV.search(text) if len(text) <= _LONGEST_ID else None
    return arxiv_id(match[1]) if match else ""


def ids_in_addresses(addresses: Iterable[str]) -> list[tuple[str, str]]:
    """Return (scheme, value) of each id in an address of a well-known service."""
    return [
        (scheme, match[1])
        for address in addresses
        for scheme, form in _IN_ADDRESS
        if (match := form.search(address))
    ]


def accession(text: str) -> tuple[str, str]:
    """Return (scheme, value) of a database's accession number; of an unknown one, ``digest``."""
    for scheme, form in _ACCESSIONS:
        if match := form.fullmatch(text.strip()):
            return scheme, match[1]
    return "digest", text


def split_keywords(texts: Iterable[str], commas: bool = False) -> tuple[str, ...]:
    """Return keywords, apart where semicolons or, if allowed and there are none, commas are."""
    keywords: dict[str, None] = {}
    for text in texts:
        separator = ";" if ";" in text else "," if commas else "\n"
        words = (tidy(_CHIEFLY.sub("", part)) for part in text.split(separator))
        keywords.update(dict.fromkeys(word for word in words if word))
    return tuple(keywords)
