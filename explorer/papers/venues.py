"""Venues: the series that a proceedings or a journal issue belongs to, and its short name.

"Proceedings of the 3rd Workshop on Abusive Language Online" is of the series "Workshop on Abusive
Language Online", and "... Building Educational Applications (BEA 2023)" of "BEA". An acronym is
only taken from a name that has it, never made up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from explorer.papers.paper import title_key

_YEAR = r"(?:19|20)\d{2}"
_PROCEEDINGS = re.compile(
    r"^(?:in:?\s+)?(?:companion\s+)?proc(?:eedings|\.)\s+(?:of\s+)?(?:the\s+)?", re.I
)
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
_ACRONYM = re.compile(rf"(?P<name>[A-Z][\w@&/+.-]*?)(?:[\s'’_-]*(?:{_YEAR}|['’]\d\d))?")
_NUMBERED_ACRONYM = re.compile(r"(?<=[^\W\d]{3})\d$")
"""The number of an edition at the end: "VarDial3", "ALW2"."""
_HOST = re.compile(r"\s*@\s*\w+")
_EDITION = re.compile(rf"[\s,:]*(?:\b{_YEAR}\b|['’]\d\d\b)[\s,:]*")
_ONES = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_ORDINAL = re.compile(
    rf"\b(?:\d+\s?(?:st|nd|rd|th)|(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty[- ])?(?:{_ONES})"
    r"|tenth|eleventh|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)tieth)\s+",
    re.I,
)
_ARTICLE = re.compile(r"^(?:the\s+)?(?:annual\s+)?", re.I)
_MEETING = re.compile(r"\b(?:workshop|conference|meeting|symposium|summit|congress|task)s?\b", re.I)
_PART = re.compile(r"\s*(?::|\s[-–—])\s.*$")
"""The part of a meeting's proceedings: ": Research Papers"."""
_ROMAN = re.compile(r"\s+[IVXL]+$")
_ISSUE = re.compile(rf"[\s,]+(?:vol\.?\s*)?\d+\s*(?:\(\d[^)]*\).*|,.*{_YEAR}.*)$", re.I)
"""Volume and pages of a journal: "12 (2024) 1-29"."""
_PREPRINT = re.compile(r"^(arxiv|biorxiv|medrxiv|chemrxiv)\b.*$", re.I)
_JOINING = frozenset(("and", "the"))


@dataclass(frozen=True, slots=True)
class VenueName:
    """A venue's name in its parts."""

    series: str
    """The name without edition, year and part."""
    acronym: str = ""
    """The acronym in brackets, without the year; empty if there is none."""

    @property
    def key(self) -> str:
        """The series' name in a spelling that small differences do not change."""
        words = title_key(self.series).split()
        return " ".join(word for word in words if word not in _JOINING) or self.series


def venue_name(venue: str) -> VenueName:
    """Cut a venue's name into the parts that last.

    >>> venue_name("Proceedings of the Sixth Workshop on Noisy User-generated Text (W-NUT 2020)")
    VenueName(series='Workshop on Noisy User-generated Text', acronym='W-NUT')
    """
    text = " ".join(venue.split())
    preprint = _PREPRINT.match(text)
    if preprint:
        return VenueName(preprint[1])
    acronyms = (_acronym(inside) for inside in _BRACKETS.findall(text))
    acronym = next(filter(None, acronyms), "")
    series = _HOST.sub("", _ISSUE.sub("", text))
    series = _PROCEEDINGS.sub("", _BRACKETS.sub("", series))
    series = _ORDINAL.sub("", _EDITION.sub(" ", series))
    if _MEETING.search(series):
        series = _ROMAN.sub("", _PART.sub("", series)).strip(" ,:;-–—.")
        series = _ARTICLE.sub("", series)
    series = series.strip(" ,:;-–—.")
    return VenueName(series or text, acronym)


def short_venue(venue: str) -> str:
    """Return the acronym of a venue if its name has one, else its series."""
    name = venue_name(venue)
    return name.acronym or name.series


def series_labels(venues: Iterable[str]) -> dict[str, str]:
    """Return a short name for each venue, the same for all of one series.

    A series goes by the acronym that any of its venues has, and else by its commonest spelling.
    """
    names = {venue: venue_name(venue) for venue in venues}
    acronyms: dict[str, Counter[str]] = {}
    spellings: dict[str, Counter[str]] = {}
    for name in names.values():
        spellings.setdefault(name.key, Counter())[name.series] += 1
        if name.acronym:
            acronyms.setdefault(name.key, Counter())[name.acronym] += 1
    # Acronyms too are spelt in several ways: "WNUT", "W-NUT".
    of_acronym: dict[str, Counter[str]] = {}
    for counts in acronyms.values():
        for acronym, count in counts.items():
            of_acronym.setdefault(_letters(acronym), Counter())[acronym] += count
    for key in spellings:
        if _letters(key) in of_acronym:  # "ArabicNLP 2023" beside "... (ArabicNLP)"
            acronyms.setdefault(key, Counter()).update(of_acronym[_letters(key)])
    labels = {}
    for venue, name in names.items():
        if name.key in acronyms:
            acronym = _commonest(acronyms[name.key])
            labels[venue] = _commonest(of_acronym[_letters(acronym)])
        else:
            labels[venue] = _commonest(spellings[name.key])
    return labels


def _acronym(text: str) -> str:
    """Return ``text`` as an acronym without its year, or nothing if it is none."""
    match = _ACRONYM.fullmatch(text.strip())
    if match is None:
        return ""
    name = _NUMBERED_ACRONYM.sub("", match["name"].rstrip("-_"))
    is_acronym = sum(map(str.isupper, name)) > 1 and not name.startswith("Vol")
    return name if is_acronym else ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _commonest(counts: Counter[str]) -> str:
    """Return what was counted most often; of as many, the first in the alphabet."""
    return min(counts, key=lambda text: (-counts[text], text))
