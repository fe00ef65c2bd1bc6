"""Scripts of the page, each a Streamlit component that has no element of its own."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def script_component(name: str) -> ComponentRenderer:
    """Register the script ``NAME.js`` of this folder; mount it by calling what is returned."""
    script = Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"literature_explorer_{name}", js=script)
