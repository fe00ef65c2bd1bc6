"""Dates as protocols and mailers write them, and the earliest of several."""

from __future__ import annotations

import re
from collections.abc import Iterable

from explorer.papers.dates import parse_date
from explorer.papers.text import tidy

_DAY = re.compile(r"(\d{1,2})\s+([A-Z][a-z]{2})[a-z]*\.?,?\s+(\d{4}|\d{2})(?!\d)")


def date_in(text: str) -> str:
    """Return the date of a timestamp in EDTF: ISO 8601 or mail, with years of 2 or 4 digits."""
    text = tidy(text)
    if date := parse_date(text):
        return date
    match = _DAY.search(text)
    return parse_date(" ".join(match.groups()) if match else text[:10])


def earliest(dates: Iterable[str]) -> str:
    """Return the earliest of EDTF dates; the less precise "2024" is not before "2024-03-11"."""
    return min(filter(None, dates), key=lambda date: date.ljust(10, "~"), default="")
