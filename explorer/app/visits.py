"""When this visitor was last here; the browser keeps it, and the server only while it is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from explorer.insights.whats_new import moment_at

_keep = st.components.v2.component(
    "literature_explorer_visit", js=Path(__file__).with_name("visit.js").read_text(encoding="utf-8")
)
_ANSWER = "visited-before"


def keep_visit(*, wanted: bool) -> None:
    """Let the browser keep this visit; if ``wanted``, let it tell of the one before."""
    told = _keep(
        key="visit",
        data={"wanted": wanted},
        default={"before": None},
        on_before_change=lambda: None,
    )
    # The first answer stands: another tab begins no other visit.
    if told.before is not None:
        st.session_state.setdefault(_ANSWER, told.before)


def is_first_visit() -> bool:
    """Whether the browser was asked, and told of no earlier visit."""
    return _ANSWER in st.session_state and last_visit() is None


def last_visit() -> datetime | None:
    """Return when the page was last opened before this visit, UTC; None where nothing is known.

    What is opened within half an hour of the opening before belongs to the same visit.
    """
    before = st.session_state.get(_ANSWER)
    now = datetime.now(UTC).timestamp() * 1000
    return moment_at(int(before)) if isinstance(before, int | float) and 0 < before < now else None
