"""Dates in any usual form, in the Extended Date/Time Format (EDTF, ISO 8601-2).

A digest may have "2024-03-11", "11/03/2024", "März 2024", "2024年3月" or only "Mar 11". Unknown
digits are written as X, so ``XXXX-03-11`` is the eleventh of March of an unknown year. Of a span,
the start counts; a season or a quarter counts as its year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

_FIRST_YEAR, _LAST_YEAR = 1500, 2100
"""A number beyond is no year: databases write 9999 for "unknown"."""
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner januari janvier janv enero ene janeiro gennaio января"
            " январь",
            "feb february februar februari février fevrier févr fév febrero fevereiro fev febbraio"
            " февраля февраль",
            "mar march märz maerz mär mrz mars marzo março marco maart mrt марта март",
            "apr april avril avr abril abr aprile апреля апрель",
            "may mai mayo maio maggio mei мая май",
            "jun june juni juin junio junho giugno июня июнь",
            "jul july juli juillet juil julio julho luglio июля июль",
            "aug august août aout agosto ago augustus августа август",
            "sep sept september septembre septiembre setiembre setembro settembre сентября"
            " сентябрь",
            "oct october oktober okt octobre octubre outubro ottobre октября октябрь",
            "nov november novembre noviembre novembro ноября ноябрь",
            "dec december dezember dez décembre déc diciembre dic dezembro dicembre декабря"
            " декабрь",
        ),
        start=1,
    )
    for name in names.split()
}
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NAMED = rf"(?P<month>{_NAMES})\b\.?(?:\s?[-–/&]\s?(?:{_NAMES})\b\.?)?"
_DAY = (
    r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?"
    r"(?:\s?[-–]\s?\d{1,2}(?:st|nd|rd|th|\.)?)?"
)
_OF = r"[\s,./-]\s*(?:de\s+|del\s+|of\s+)?"
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)[a-z]*\.?,?\s+)?"
_CLOCK = (
    r"(?:(?:T|,?\s+)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[ap]\.?m\.?)?\s?"
    r"(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?(?:\s?\([A-Z]{2,5}\))?)?"
)
_SEASON = (
    r"(?:spring|summer|autumn|fall|winter|printemps|été|automne|hiver|frühjahr|frühling|sommer"
    r"|herbst|primavera|verano|otoño|invierno|q[1-4]|[1-4]q|[1-4](?:st|nd|rd|th)\s+quarter)"
)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2024, 2024-03, 2024-3-11, 2024/03/11, 2024.03.11, and a span of two.
        r"(?P<year>\d{4}|XXXX)(?:(?P<sep>[-/.])(?P<month>\d{1,2})"
        rf"(?:(?P=sep)(?P<day>\d{{1,2}})\.?{_CLOCK})?)?"
        r"(?:(?:\s?[/–]\s?|\s(?:to|-)\s)\d{4}(?:[-/.]\d{1,2}){0,2})?",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
        r"(?P<year>\d{4})\s?[年년.]\s?(?:(?P<month>\d{1,2})\s?[月월.]\s?"
        r"(?:(?P<day>\d{1,2})\s?[日号號일.]?)?)?",
        rf"(?P<one>\d{{1,2}})\s?(?P<sep>[-/.])\s?(?P<other>\d{{1,2}})\s?(?P=sep)\s?(?P<year>\d{{4}}){_CLOCK}",
        r"(?P<month>\d{1,2})\s?[-/.]\s?(?P<year>\d{4})",
        rf"{_WEEKDAY}{_NAMED}[\s.-]\s*{_DAY}(?:[\s,-]\s*(?P<year>\d{{4}}){_CLOCK})?",
        rf"{_WEEKDAY}{_DAY}[\s.-]?\s*(?:de\s+|of\s+)?{_NAMED}(?:{_OF}(?P<year>\d{{4}})(?:\s?г\.?)?{_CLOCK})?",
        rf"{_WEEKDAY}{_DAY}[\s-]{_NAMED}[\s-]['’]?(?P<short>\d\d){_CLOCK}",
        rf"{_NAMED}{_OF}(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[\s,;/-]\s*{_NAMED}(?:[\s-]\s*{_DAY})?(?:\s?[-–]\s?\d{{4}}\s.{{1,20}})?",
        rf"(?:{_SEASON}[\s,-]\s*(?P<year>\d{{4}})|(?P<after>\d{{4}})[\s,-]\s*{_SEASON})",
    )
)
_YEAR_WITHIN = re.compile(r"(?<!\d)(?:1[5-9]|2\d)\d\d(?!\d)")
_NUMBERS_WITHIN = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?:[-/. ]{1,2}(?P<month>\d{1,2})(?:[-/. ](?P<day>\d{1,2}))?)?(?!\d)"
)
_MONTH_WITHIN = re.compile(
    r"(?:(?<!\d)(?P<before>\d{1,2})(?:\s?[-–]\s?\d{1,2})?[\s./~-]{1,3}|(?<![A-Za-z]))"
    r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b\.?"
    r"(?:[\s/~-]{1,3}(?P<after>\d{1,2})(?!\d))?",
    re.IGNORECASE,
)
_ENGLISH_MONTH = (
    r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|tember|ober"
    r"|ember)?\b\.?"
)
DATE_IN_TEXT = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?!\d)"
    rf"|(?<!\d)(?:19|20)\d\d[ ,]{{1,2}}{_ENGLISH_MONTH}(?:\s\d{{1,2}}(?!\d))?"
    rf"|(?:\b\d{{1,2}}(?:st|nd|rd|th)?\s)?\b{_ENGLISH_MONTH},?\s"
    r"(?:\d{1,2}(?:st|nd|rd|th)?,?\s)?(?:19|20)\d\d(?!\d)"
    r"|(?<![\d./:-])(?:19|20)\d\d(?![\d-]|\.\d)",
    re.I,
)
"""A date somewhere in an English text, a year at least."""
_FULL_DATE = re.compile(
    r"(?<![\d.])\d{4}[-./]\d{1,2}[-./]\d{1,2}(?!\d)"
    r"|\b[A-Z][a-z]{2,8}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th)?\s+[A-Z][a-z]{2,8}\.?,?\s+\d{4}\b"
)
_FILE_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_BEFORE_YEAR = re.compile(r"(?:©\s?|copyright\s|c\.?\s?(?=\d{4}$))", re.IGNORECASE)
_AS_NUMBER = re.compile(r"(\d{4})\.0")
_ARXIV_MONTH = re.compile(
    r"(?P<archive>[a-z-]+(?:\.[a-z]{2})?/)?(?P<year>\d\d)(?P<month>\d\d)", re.I
)
_BRACKETED = re.compile(r"[\[(]([^()\[\]]*)[\])]")
_LONGEST = 80
"""Characters; a longer text is no date."""
_CENTURY = 70
"""Of the years of two digits, those from here on are in the last century, as POSIX has it."""


@lru_cache(maxsize=10_000)  # the dates of a digest are much alike
def parse_date(text: str) -> str:
    """Return ``text`` as an EDTF date, or ``""`` if it is not a date.

    Where day and month cannot be told apart, as in "04/05/2024", only the year is known; dots,
    as in "04.05.2024", put the day first.

    >>> parse_date("Mar 11"), parse_date("March 11, 2024"), parse_date("2024-03")
    ('XXXX-03-11', '2024-03-11', '2024-03')
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return ""
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in unicodedata.normalize("NFKC", text))
    if match := _BRACKETED.fullmatch(text) or _AS_NUMBER.fullmatch(text):
        text = match[1].strip()
    if match := _BEFORE_YEAR.match(text):
        text = text[match.end() :].strip()
    for form in _FORMS:
        match = form.fullmatch(text)
        if match and (parsed := _parsed(match.groupdict())):
            return parsed
    return ""


def date_within(text: str) -> str:
    """Return the first full date in ``text`` ("Updated on 2026.06.29"), in EDTF."""
    for match in _FULL_DATE.finditer(text[:500]):
        if date := parse_date(match[0]):
            return date
    return ""


def file_date(name: str) -> str:
    """Return the date in a file's name, in EDTF."""
    match = _FILE_DATE.search(name)
    return parse_date(match[1]) if match else ""


def _parsed(parts: dict[str, str | None]) -> str:
    year = (parts.get("year") or parts.get("after") or "XXXX").upper()
    if short := parts.get("short"):
        year = f"{19 if int(short) >= _CENTURY else 20}{short}"
    if one := parts.get("one"):
        return _of_unknown_order(year, int(one), int(parts["other"] or 0), parts["sep"] == ".")
    named = (parts.get("month") or "").casefold()
    month = _MONTHS.get(named, int(named) if named.isdigit() else 0)
    return _compose(year, month, int(parts.get("day") or 0))


def _of_unknown_order(year: str, one: int, other: int, day_first: bool) -> str:
    if day_first or one > 12 or one == other:
        return _compose(year, other, one)
    return _compose(year, one, other) if other > 12 else _compose(year, 0, 0)


def issue_date(text: str, year: str = "") -> str:
    """Return a date as journals print it in EDTF; of a span its start.

    ``year`` is the year, if it has a field of its own.

    >>> issue_date("2014//"), issue_date("24-27 Sept. 2019"), issue_date("JUL-AUG", "2006")
    ('2014', '2019-09-24', '2006-07')
    """
    text = text.replace("~", " ").strip(" \t/.,;()[]{}")[:100]
    if (whole := parse_date(text)) and not whole.startswith("XXXX"):
        return whole
    known = _YEAR_WITHIN.search(text)
    own_year = known[0] if known else year
    if not own_year:
        return ""
    if match := _MONTH_WITHIN.search(text):
        day = match["before"] or match["after"] or ""
        month = f"{match['month']} {own_year}"
        return parse_date(f"{day} {month}") or parse_date(month)
    if not known:
        return parse_date(f"{year}-{text}") or parse_date(year)
    numbers = next((m for m in _NUMBERS_WITHIN.finditer(text) if m["year"] == own_year), None)
    parts = [part for part in numbers.groups() if part] if numbers else []
    dates = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((date for part in dates if (date := parse_date(part))), parse_date(own_year))


def publication_date(texts: Iterable[str]) -> str:
    """Return the most precise date in ``texts`` of the first year named.

    A "2012" and a "2012/07/03" are the latter; a "2012" and an "2011/12/20" (when it was online)
    are the former; a "2012" and a "JUL 3" are one date.
    """
    given = [text for text in texts if text]
    if len(given) < 2:
        return issue_date(given[0]) if given else ""
    year = next((date[:4] for text in given if (date := issue_date(text))), "")
    dates = (date for text in given if (date := issue_date(text, year))[:4] == year)
    return max(dates, key=len, default="")


def complete_year(partial: str, not_after: str) -> str:
    """Complete ``XXXX-MM-DD`` with the latest year that keeps it at or before ``not_after``.

    Both are EDTF. ``partial`` is returned unchanged if it has a year already or ``not_after`` is
    not a full date.
    """
    if not partial.startswith("XXXX-") or len(not_after) != 10 or not_after.startswith("XXXX"):
        return partial
    latest = int(not_after[:4])
    # Two years settle all days but the 29th of February, which may be eight years back.
    candidates = (f"{year:04d}{partial[4:]}" for year in range(latest, max(latest - 9, 0), -1))
    return next((c for c in candidates if c <= not_after and parse_date(c) == c), partial)


def date_of_arxiv_id(arxiv: str) -> str:
    """Return the month in which an arXiv id was given out, in EDTF; empty if it has none.

    >>> date_of_arxiv_id("2608.01234"), date_of_arxiv_id("cs/0112017")
    ('2026-08', '2001-12')
    """
    match = _ARXIV_MONTH.match(arxiv)
    if match is None:
        return ""
    year, month = match["year"], match["month"]
    # The oldest ids are of 1991; only ids of the form before April 2007 reach back so far.
    century = 19 if match["archive"] and int(year) >= 91 else 20
    return parse_date(f"{century}{year}-{month}")


def dated_by_arxiv(date: str, arxiv: str) -> str:
    """Return ``date``, its year from an arXiv id if it has none itself.

    >>> dated_by_arxiv("", "2608.01234"), dated_by_arxiv("XXXX-08-14", "2608.01234")
    ('2026-08', '2026-08-14')
    """
    month = "" if year_of(date) else date_of_arxiv_id(arxiv)
    if not month:
        return date
    return f"{month[:4]}{date[4:]}" if date[4:7] == month[4:] else month


def latest(dates: Iterable[str]) -> str:
    """Return the latest of some EDTF dates; those without a year only if no other is there."""
    return max(
        (date for date in dates if date), key=lambda d: (not d.startswith("X"), d), default=""
    )


def year_of(edtf: str) -> int | None:
    """Return the year of an EDTF date, or None if unknown."""
    return int(edtf[:4]) if re.match(r"\d{4}", edtf) else None


def _compose(year: str, month: int, day: int) -> str:
    if year != "XXXX" and not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return ""
    if month == 0:
        return year if year != "XXXX" and not day else ""
    try:  # 2000 was a leap year, so the 29th of February passes where the year is unknown.
        date(2000 if year == "XXXX" else int(year), month, day or 1)
    except ValueError:
        return ""
    return f"{year}-{month:02d}" + (f"-{day:02d}" if day else "")
