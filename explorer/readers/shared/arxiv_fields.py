"""Fields as arXiv writes them, whichever way they are delivered: mail, feeds, OAI-PMH."""

from __future__ import annotations

import re

from explorer.papers.paper import arxiv_id, doi
from explorer.papers.text import tidy

_PARENTHESES = re.compile(r"(?<!\\)\([^()]{0,2000}\)")
_BETWEEN = re.compile(r"\s*[,;]\s*and\s+|\s*[,;]\s*|\s+and\s+|\s*&\s+")
_GROUP = re.compile(r"\b(Collaborations?|Consortium|Group|Team)\s*:")
_ET_AL = re.compile(r"[,\s]\s*et al\.?\s*$", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
_DOI_BREAK = re.compile(r"[,;]?\s+|[,;](?=10\.\d{4,9}/)")
_ANNOUNCEMENT = re.compile(
    r"\s*arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE
)


def author_names(text: str) -> tuple[str, ...]:
    """Return the names in ``"A. One (MIT), B. Two, Jr. and C. Three"``, without affiliations."""
    for _ in range(4):  # affiliations stand in nested parentheses
        text, removed = _PARENTHESES.subn(" ", text)
        if not removed:
            break
    names: list[str] = []
    for part in _BETWEEN.split(_GROUP.sub(r"\1,", _ET_AL.sub("", tidy(text)))):
        if _SUFFIX.fullmatch(part) and names:
            names[-1] += f", {part}"
        elif part.strip(" :."):
            names.append(part.strip(" :"))
    return tuple(names)


def first_doi(text: str) -> str:
    """Return the first DOI of a field that may hold several."""
    return next((name for part in _DOI_BREAK.split(text) if (name := doi(part))), "")


def oai_arxiv_id(text: str) -> str:
    """Return the arXiv id in ``oai:arXiv.org:2411.03340v1``, or in any common form."""
    return arxiv_id(re.sub(r"^\s*oai:arXiv\.org:", "", text, flags=re.IGNORECASE))


def without_announcement(text: str) -> tuple[str, str, str]:
    """Return (id, announce type, abstract) of ``arXiv:2508.1v1 Announce Type: new Abstract: ..``.

    The first two are empty where the text has no such head.
    """
    match = _ANNOUNCEMENT.match(text)
    if match is None:
        return "", "", text
    return arxiv_id(match["id"]), match["type"].lower(), text[match.end() :].strip()
