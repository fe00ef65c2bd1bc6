"""Dates of any precision, in the Extended Date/Time Format (EDTF, ISO 8601-2).

A digest may have "2024-03-11", "March 2024" or only "Mar 11". Unknown digits are written as X, so
``XXXX-03-11`` is the eleventh of March of an unknown year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)[a-z]*\.?,?\s+)?"
_CLOCK = r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
_FORMS = (
    re.compile(
        r"(?P<year>\d{4}|XXXX)(?:-(?P<month>\d{1,2})"
        rf"(?:-(?P<day>\d{{1,2}})(?:{_CLOCK})?)?)?",
        re.A,
    ),
    re.compile(r"(?P<year>\d{4})/(?P<month>\d{1,2})(?:/(?P<day>\d{1,2}))?", re.A),
    re.compile(
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?",
        re.I | re.A,
    ),
    re.compile(
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?",
        re.I | re.A,
    ),
    re.compile(rf"{_MONTH},?\s+(?P<year>\d{{4}})", re.I | re.A),
)


def parse_date(text: str) -> str:
    """Return ``text`` as an EDTF date, or ``""`` if it is not a date.

    >>> parse_date("Mar 11"), parse_date("March 11, 2024"), parse_date("2024-03")
    ('XXXX-03-11', '2024-03-11', '2024-03')
    """
    text = text.strip()
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            parts = match.groupdict()
            year = parts.get("year") or "XXXX"
            named = parts.get("month") or ""
            month = _MONTHS.get(named.lower(), int(named) if named.isdigit() else 0)
            day = int(parts.get("day") or 0)
            return _compose(year, month, day)
    return ""


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


def latest(dates: Iterable[str]) -> str:
    """Return the latest of some EDTF dates; those without a year only if no other is there."""
    return max(
        (date for date in dates if date), key=lambda d: (not d.startswith("X"), d), default=""
    )


def year_of(edtf: str) -> int | None:
    """Return the year of an EDTF date, or None if unknown."""
    return int(edtf[:4]) if re.match(r"\d{4}", edtf) else None


def _compose(year: str, month: int, day: int) -> str:
    if month == 0:
        return year if year != "XXXX" and 1500 <= int(year) <= 2999 else ""
    try:  # 2000 was a leap year, so the 29th of February passes where the year is unknown.
        date(2000 if year == "XXXX" else int(year), month, day or 1)
    except ValueError:
        return ""
    return f"{year}-{month:02d}" + (f"-{day:02d}" if day else "")
