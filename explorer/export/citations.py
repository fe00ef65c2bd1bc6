"""Parts of citations common to all formats: entry types, keys, names, dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from explorer.desk.marks import PaperMark
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
_STOP_WORDS = frozenset("a an the on of in for to and with from by at is are do does".split())
_LONGEST_WORD = 16
_ID_CHARACTERS = 4


class EntryType(StrEnum):
    """Kind of publication, guessed from the venue."""

    JOURNAL = "journal"
    CONFERENCE = "conference"
    PREPRINT = "preprint"
    OTHER = "other"


class CitedPaper(NamedTuple):
    """A paper to export, with the user's mark on it."""

    paper: Paper
    mark: PaperMark = PaperMark()
    own_notes: tuple[str, ...] = ()
    """Notes in place of the user's and the summary."""

    @property
    def keywords(self) -> list[str]:
        """The user's tags, "starred" for a star, then the paper's own; case does not matter."""
        return _distinct((*self.own_keywords, *self.paper.keywords))

    @property
    def own_keywords(self) -> list[str]:
        """The user's tags, and "starred" for a star."""
        return _distinct((*self.mark.tags, *(("starred",) if self.mark.starred else ())))

    @property
    def notes(self) -> list[str]:
        """The user's note, and the summary that a digest gives: no words of the authors."""
        if self.own_notes:
            return list(self.own_notes)
        summary = self.paper.summary
        return [self.mark.note] * bool(self.mark.note) + [f"Summary: {summary}"] * bool(summary)


class Name(NamedTuple):
    """A person's name in two parts; a group has a family name only."""

    family: str
    given: str


def entry_type_of(paper: Paper) -> EntryType:
    """Return the kind of ``paper``, guessed from the name of its venue."""
    if not paper.venue or _PREPRINT.search(paper.venue):
        return EntryType.PREPRINT if paper.arxiv or paper.venue else EntryType.OTHER
    return EntryType.CONFERENCE if _CONFERENCE.search(paper.venue) else EntryType.JOURNAL


def split_name(author: str) -> Name:
    """Return an author's name in its parts: at the comma, else before the last word.

    Particles ("van den Berg") and "Jr." stay with the family name, so that the two parts joined
    give the name as written.

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
    """Return the citation key of ``paper``: family name, year, title word, end of its id.

    It depends on the paper alone, so it is the same in every export of a library; the end of the
    library's id makes it unique.

    >>> citation_key(Paper("On the Analytical Engine", authors=("Ada Byron",), id="p3eba0ac9fc2"))
    'byronanalytical-9fc2'
    """
    family = _ascii(split_name(paper.authors[0]).family) if paper.authors else ""
    year = paper.published[:4] if paper.published[:4].isdecimal() else ""
    words = [word for word in _WORD.findall(_folded(paper.readable_title)) if len(word) > 1]
    keyword = next((word for word in words if word not in _STOP_WORDS), "")
    end = _ascii(paper.id)[-_ID_CHARACTERS:]
    key = f"{family[:_LONGEST_WORD]}{year}{keyword[:_LONGEST_WORD]}" or "paper"
    return f"{key}-{end}" if end else key


def date_parts(paper: Paper) -> tuple[int, ...]:
    """Return year, month and day of ``paper`` as far as known; empty without a year."""
    known = _DATE.match(paper.published)
    return tuple(map(int, known[0].split("-"))) if known else ()


def shown(text: str) -> str:
    """Return readable ``text``; unchanged if the readable form would be parsed differently."""
    text = tidy(text)
    readable = plain(text)
    return readable if plain(readable) == readable else text


def address_of(paper: Paper) -> str:
    """Return the URL of ``paper``: its own, or else the first of its links."""
    return paper.url or next((address for _, address in paper.links), "")


def joined_keywords(keywords: Iterable[str]) -> str:
    """Return keywords joined by commas, or by semicolons if any keyword has a comma.

    >>> joined_keywords(["birds, small", "nests"]), joined_keywords(["birds, small"])
    ('birds, small; nests', 'birds, small;')
    """
    words = list(keywords)
    if not any("," in word for word in words):
        return ", ".join(words)
    return "; ".join(words) + (";" if len(words) == 1 else "")


def _distinct(words: Iterable[str]) -> list[str]:
    """Return ``words`` without those that differ from an earlier one in case alone."""
    first: dict[str, str] = {}
    for word in words:
        first.setdefault(word.casefold(), word)
    return list(first.values())


def _folded(text: str) -> str:
    """Return ``text`` in lower case without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _ascii(text: str) -> str:
    return "".join(_WORD.findall(_folded(text)))
