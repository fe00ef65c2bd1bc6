"""Time of a visitor's last visit, kept by the browser."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from explorer.app.components import script_component
from explorer.insights.whats_new import moment_at

_mount = script_component("visits")
_PREVIOUS = "previous-visit"


def keep_visit(*, wanted: bool) -> None:
    """Record this visit in the browser; if ``wanted``, get the time of the one before."""
    reply = _mount(
        key="visit",
        data={"wanted": wanted},
        default={"previous": None},
        on_previous_change=lambda: None,
    )
    # The first reply stands: another tab begins no other visit.
    if reply.previous is not None:
        st.session_state.setdefault(_PREVIOUS, reply.previous)


def is_first_visit() -> bool:
    """Whether the browser has replied and knows of no earlier visit."""
    return _PREVIOUS in st.session_state and last_visit() is None


def last_visit() -> datetime | None:
    """Return when the page was last opened before this visit, UTC; None if that is unknown.

    Openings within half an hour of each other belong to one visit.
    """
    previous = st.session_state.get(_PREVIOUS)
    now = datetime.now(UTC).timestamp() * 1000
    if isinstance(previous, int | float) and 0 < previous < now:
        return moment_at(int(previous))
    return None
