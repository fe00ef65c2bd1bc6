"""A visitor's last visit, kept by the browser: when it was, and what was in the library then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeGuard

import streamlit as st

from explorer.app.components import script_component
from explorer.library.arrival import moment_at
from explorer.library.generation import Generation

_mount = script_component("visits")
_PREVIOUS = "previous-visit"
_READ = "news-read"
_READ_COOKIE = "literature-explorer-read"
_SEEN = "seen-by-previous-visit"


def keep_visit(generation: Generation, *, wanted: bool) -> None:
    """Record this visit in the browser.

    Args:
        wanted: whether what is new is shown: then the browser is asked for the visit before, and
            keeps that the news of this update were read.
    """
    newest = int(generation.added_at.max())
    if wanted:
        st.session_state[_READ] = newest
    reply = _mount(
        key="visit",
        data={"wanted": wanted, "newest": newest},
        default={"previous": None, "seen": None},
        on_previous_change=lambda: None,
        on_seen_change=lambda: None,
    )
    # The first reply stands: another tab begins no other visit.
    if reply.previous is not None and _PREVIOUS not in st.session_state:
        st.session_state[_PREVIOUS] = reply.previous
        st.session_state[_SEEN] = reply.seen


def has_read_news(generation: Generation) -> bool:
    """Whether the visitor has opened what is new since the last update, in any visit."""
    newest = int(generation.added_at.max())
    read = st.context.cookies.get(_READ_COOKIE, "").split(".")
    return st.session_state.get(_READ) == newest or str(newest) in read


def is_first_visit() -> bool:
    """Whether the browser has replied and knows of no earlier visit."""
    return _PREVIOUS in st.session_state and last_visit() is None


def last_visit() -> datetime | None:
    """Return when the page was last opened before this visit, UTC; None if that is unknown.

    Openings within half an hour of each other belong to one visit. The time is the browser's.
    """
    previous = st.session_state.get(_PREVIOUS)
    now = datetime.now(UTC).timestamp() * 1000
    return moment_at(round(min(previous, now))) if _is_time(previous) else None


def unseen_from(generation: Generation) -> datetime | None:
    """Return the time from which papers of ``generation`` arrived after the last visit.

    What the library had then decides, because the browser's clock may differ from the builder's.
    The visit's time decides for a visit that recorded nothing else, or of another library.
    """
    seen = st.session_state.get(_SEEN)
    if last_visit() is not None and _is_time(seen) and seen <= int(generation.added_at.max()):
        return moment_at(int(seen) + 1)
    return last_visit()


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and value > 0
