"""Scripts of the page, each a Streamlit component that has no element of its own."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def script_component(name: str) -> ComponentRenderer:
    """Register the script ``NAME.js`` of this folder; mount it by calling what is returned."""
    script = Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"literature_explorer_{name}", js=script)


def scroll_to_top(shown: str) -> None:
    """Show the list from its top whenever ``shown``, the id of a paper or topic, changes."""
    # The script runs once for each id, since its text differs.
    st.html(
        f"<script>/* {shown} */ document.querySelector('.st-key-list').scrollTop = 0</script>",
        unsafe_allow_javascript=True,
    )
