"""Rules for two records being one paper, apart from shared ids: titles, authors, years, abstracts.

Two records with one title are one paper if nothing contradicts it: their first authors or years
agree where both are known, and so do their abstracts where neither has authors or year. Two
records with one DOI are one paper unless their titles differ very much: somebody's mistake.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from explorer.papers.dates import year_of
from explorer.papers.paper import Paper, title_key

FEWEST_TITLE_WORDS = 3
"""Shorter titles ("Editorial", "Reply to comments") do not identify a paper."""
_SAME_ABSTRACT = 0.6
"""Share of common words from which two abstracts count as the same."""
_SAME_DOI = 0.3
"""Share of common title words below which two records with one DOI stay separate."""
MOST_NAMESAKES = 64
"""A title on more records identifies no paper; their abstracts must be equal."""


class DoiHolder(NamedTuple):
    """A record with a DOI."""

    title: str
    """Key of its title (see :func:`explorer.papers.paper.title_key`)."""
    id: str
    """Library id; empty for a record just read."""
    row: int


class Evidence(NamedTuple):
    """Fields that decide whether two records with one title are one paper."""

    id: str
    arxiv: str
    doi: str
    surname: str
    year: int
    abstract: str


def is_same_paper(a: Paper, b: Paper) -> bool:
    """Whether two records with one title are one paper, their library ids ignored."""
    one, other = (evidence_of(replace(paper, id="")) for paper in (a, b))
    return agree(one, other, title_key(a.readable_title))


def may_share_doi(a: Paper, b: Paper) -> bool:
    """Whether two records with one DOI can be one paper: their titles are similar."""
    one, other = (DoiHolder(title_key(paper.readable_title), "", 0) for paper in (a, b))
    return titles_allow_one_doi(one, other)


def evidence_of(paper: Paper) -> Evidence:
    """Return the deciding fields of ``paper``."""
    surname = surname_of(paper.authors[0]) if paper.authors else ""
    year = year_of(paper.date) or 0
    return Evidence(paper.id, paper.arxiv, paper.doi, surname, year, paper.abstract)


def agree(a: Evidence, b: Evidence, title: str) -> bool:
    """Whether two records with the title key ``title`` are one paper."""
    # Stored records were compared before they were merged; the merged record has fewer facts.
    if any(x and y and x != y for x, y in ((a.id, b.id), (a.arxiv, b.arxiv), (a.doi, b.doi))):
        return False
    if len(title.split()) < FEWEST_TITLE_WORDS and not (a.surname and b.surname):
        return a.abstract == b.abstract
    if a.surname and b.surname:
        return a.surname == b.surname
    if a.year and b.year:
        return a.year == b.year
    return not (a.abstract and b.abstract) or _overlap(a.abstract, b.abstract) >= _SAME_ABSTRACT


def titles_allow_one_doi(a: DoiHolder, b: DoiHolder) -> bool:
    """Whether two records with one DOI can be one paper."""
    # Stored records were compared before they were merged.
    if a.id and b.id and a.id != b.id:
        return False
    comparable = min(len(a.title.split()), len(b.title.split())) >= FEWEST_TITLE_WORDS
    return not comparable or _overlap(a.title, b.title) >= _SAME_DOI


def surname_of(author: str) -> str:
    """Return the key of an author's family name: before the comma, else the last word."""
    family, comma, _ = author.partition(",")
    words = title_key(family if comma else author).split()
    return words[-1] if words else ""


def _overlap(a: str, b: str) -> float:
    left, right = _words(a), _words(b)
    return len(left & right) / max(1, min(len(left), len(right)))


@lru_cache(maxsize=4 * MOST_NAMESAKES)
def _words(text: str) -> frozenset[str]:
    return frozenset(title_key(text).split())
