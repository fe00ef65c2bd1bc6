"""Series of venues in a library: short names shared across years and spellings."""

from __future__ import annotations

from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.papers.venues import series_labels, short_venue

MOST_VENUES = 5_000
"""Venues that are joined to name one of them: joining tens of thousands takes seconds."""


def venue_label(generation: Generation, venue: str) -> str:
    """Return the short name of a venue, as the library's other venues have it."""
    if len(generation.records.name_index("venue").names) > MOST_VENUES:
        return short_venue(venue)
    return venue_labels(generation).get(venue) or short_venue(venue)


@cached_by_owner(1)
def venue_labels(generation: Generation) -> dict[str, str]:
    """Return the short name of each venue in the library, by the venue's name."""
    return series_labels(generation.records.name_index("venue").names)
