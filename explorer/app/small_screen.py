"""The page on a small screen: the list or the map, and options of the search behind a button."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from explorer.app import texts, url

_OPENED = (url.VIEW, url.PAPER, url.SELECTION, url.QUERY, url.REFINEMENT, url.SIMILAR_TO)
"""Parameters whose change leads from the map to the list."""
_SLIDERS = (
    '<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" '
    'stroke-width="2" stroke-linecap="round" aria-hidden="true">'
    '<path d="M4 7h9m6 0h1M4 17h1m6 0h9"/>'
    '<circle cx="16" cy="7" r="2.5"/><circle cx="8" cy="17" r="2.5"/></svg>'
)
_mount = st.components.v2.component(
    "literature_explorer_small_screen",
    html=f"<button>{_SLIDERS}</button><button></button>",
    js=Path(__file__).with_name("small_screen.js").read_text(encoding="utf-8"),
    isolate_styles=False,  # style.css draws the buttons, on small screens alone
)


def small_screen_buttons() -> None:
    """Draw the buttons for the options of the search and for the part that is hidden."""
    parameters = [url.query() if name == url.QUERY else url.parameter(name) for name in _OPENED]
    _mount(
        key="small-screen",
        data={
            "list": texts.LIST,
            "picture": texts.MAP,
            "options": texts.SEARCH_OPTIONS,
            "opened": "\n".join(parameters),
        },
    )
