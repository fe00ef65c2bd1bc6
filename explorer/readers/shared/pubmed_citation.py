"""Citations as PubMed writes them: ``J Ex. 2014 Nov;1(2):1-9. doi: 10.1000/pm.1. Epub 2014``."""

from __future__ import annotations

import re
from typing import NamedTuple

from explorer.papers.dates import issue_date
from explorer.readers.shared.reference_fields import doi_in

_CITATION = re.compile(
    r"(?P<venue>.{1,300}?)\.\s{1,3}(?P<date>\d{4}(?:[ /-][^;:.]{1,30})?)(?=[;:.]|$)"
)
_LONGEST = 1_000


class Citation(NamedTuple):
    """Venue, date and DOI in a citation; empty where they are missing."""

    venue: str = ""
    date: str = ""
    doi: str = ""


def cited(text: str) -> Citation:
    """Return the parts of a citation.

    >>> cited("J Ex. 2014 Nov;1(2):1-9. doi: 10.1000/pm.1.")
    Citation(venue='J Ex', date='2014-11', doi='10.1000/pm.1')
    """
    text = text[:_LONGEST]
    match = _CITATION.match(text)
    doi = doi_in(text)
    return Citation(match["venue"], issue_date(match["date"]), doi) if match else Citation(doi=doi)
