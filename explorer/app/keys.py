"""The keyboard: ``/`` searches, ``j``, ``k`` and arrows move through hits, Escape goes back."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_listen = st.components.v2.component(
    "literature_explorer_keys", js=Path(__file__).with_name("keys.js").read_text(encoding="utf-8")
)


def listen_to_keys(calls: int) -> None:
    """Let the browser listen; whenever ``calls`` has grown, the search box gets the focus."""
    _listen(key="keys", data={"calls": calls})
