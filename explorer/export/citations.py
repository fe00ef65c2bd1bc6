"""What citations are made of, whichever format they are written in: kinds, keys, names, dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from explorer.papers.paper import Paper
from explorer.papers.text import plain, tidy

_PREPRINT = re.compile(r"\b(?:arxiv|corr|bior?xiv|medrxiv|preprint|ssrn)\b", re.IGNORECASE)
_CONFERENCE = re.compile(
    r"\b(?:proceedings|conference|workshop|symposium|meeting|congress|proc\.|neurips|nips|icml|iclr"
    r"|cvpr|iccv|eccv|wacv|aaai|ijcai|acl|emnlp|naacl|eacl|coling|sigir|kdd|interspeech|icassp)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:jr|sr)\.?|i{1,3}|iv", re.IGNORECASE)
_MANY = re.compile(r"\band\b|[&0-9]|\b(?:team|group|collaboration|consortium|institute)\b", re.I)
_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}")
_WORD = re.compile(r"[a-z0-9]+")
_PASSED_OVER = frozenset("a an the on of in for to and with from by at is are do does".split())
_LONGEST_WORD = 16
_OF_ID = 4


class EntryType(StrEnum):
    """What kind of publication a paper is, as far as its venue tells."""

    JOURNAL = "journal"
    CONFERENCE = "conference"
    PREPRINT = "preprint"
    OTHER = "other"


class Name(NamedTuple):
    """A person's name in two parts; a group has a family name only."""

    family: str
    given: str


def entry_type_of(paper: Paper) -> EntryType:
    """Return the kind of ``paper``: a guess from its venue's name."""
    if not paper.venue or _PREPRINT.search(paper.venue):
        return EntryType.PREPRINT if paper.arxiv or paper.venue else EntryType.OTHER
    return EntryType.CONFERENCE if _CONFERENCE.search(paper.venue) else EntryType.JOURNAL


def name_of(author: str) -> Name:
    """Return an author's name in its parts: at the comma, else before the last word.

    Particles ("van den Berg") and "Jr." stay with the family name, so that family name and given
    name, put together again, say what was written.

    >>> name_of("Ludwig van Beethoven"), name_of("Byron, Ada")
    (Name(family='van Beethoven', given='Ludwig'), Name(family='Byron', given='Ada'))
    """
    author = tidy(author)
    if author.count(",") == 1:
        family, _, given = (part.strip() for part in author.partition(","))
        return Name(family, given) if family and given else Name(author, "")
    words = author.split()
    if "," in author or len(words) < 2 or _MANY.search(author):
        return Name(author, "")
    first = len(words) - 1
    if first > 1 and _SUFFIX.fullmatch(words[first]):
        first -= 1
    while first > 1 and words[first - 1].islower():
        first -= 1
    return Name(" ".join(words[first:]), " ".join(words[:first]))


def citation_key(paper: Paper) -> str:
    """Return what ``paper`` is cited by: family name, year, a word of the title, a bit of its id.

    It depends on nothing but the paper, so it is the same in every export of a library, and the
    end of the library's id keeps papers apart that share the rest.

    >>> citation_key(Paper("On the Analytical Engine", authors=("Ada Byron",), id="p3eba0ac9fc2"))
    'byronanalytical-9fc2'
    """
    family = _ascii(name_of(paper.authors[0]).family) if paper.authors else ""
    year = paper.date[:4] if paper.date[:4].isdecimal() else ""
    words = [word for word in _WORD.findall(_folded(paper.readable_title)) if len(word) > 1]
    telling = next((word for word in words if word not in _PASSED_OVER), "")
    end = _ascii(paper.id)[-_OF_ID:]
    key = f"{family[:_LONGEST_WORD]}{year}{telling[:_LONGEST_WORD]}" or "paper"
    return f"{key}-{end}" if end else key


def date_parts(paper: Paper) -> tuple[int, ...]:
    """Return year, month and day of ``paper`` as far as they are known; nothing without a year."""
    known = _DATE.match(paper.date)
    return tuple(map(int, known[0].split("-"))) if known else ()


def shown(text: str) -> str:
    """Return ``text`` as people read it, or as it stands where reading that back says otherwise."""
    text = tidy(text)
    readable = plain(text)
    return readable if plain(readable) == readable else text


def address_of(paper: Paper) -> str:
    """Return where to read ``paper``: its own address, or else the first of its links."""
    return paper.url or next((address for _, address in paper.links), "")


def joined_keywords(keywords: Iterable[str]) -> str:
    """Return keywords in one text, with commas between them or, where these have any, semicolons.

    >>> joined_keywords(["birds, small", "nests"]), joined_keywords(["birds, small"])
    ('birds, small; nests', 'birds, small;')
    """
    words = list(keywords)
    if not any("," in word for word in words):
        return ", ".join(words)
    return "; ".join(words) + (";" if len(words) == 1 else "")


def _folded(text: str) -> str:
    """Return ``text`` in lower case without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _ascii(text: str) -> str:
    return "".join(_WORD.findall(_folded(text)))
