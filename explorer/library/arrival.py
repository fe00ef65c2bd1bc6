"""Time at which papers arrive: the system's clock, but never before what the library already has.

What is new is decided by comparing times of arrival. If the clock was set back, papers that arrive
now would otherwise seem older than papers that a person has seen already.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: str) -> int:
    """Return an ISO 8601 moment in milliseconds since 1970; without a time zone it is UTC."""
    parsed = datetime.fromisoformat(moment)
    parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round((parsed - _EPOCH) / timedelta(milliseconds=1))


def moment_at(added_at: int) -> datetime:
    """Return a moment given in milliseconds since 1970, in UTC."""
    return _EPOCH + timedelta(milliseconds=added_at)


def arrival_after(earlier: Iterable[int]) -> str:
    """Return the time of arrival now: after all ``earlier`` ones, in milliseconds since 1970.

    In the common case it is the system's clock, else a millisecond after the newest.
    """
    now = time.time_ns() // 1_000_000
    return moment_at(max([now, *(moment + 1 for moment in earlier)])).isoformat(
        timespec="milliseconds"
    )
