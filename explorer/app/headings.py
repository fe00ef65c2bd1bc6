"""Headings: the page's title, those of its views, and those within a view."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from explorer.app import texts


def page_title() -> None:
    """Draw the title of the page, its only heading of the first level."""
    # Without anchors, here and below: each would be a stop of the Tab key beside its heading.
    st.title(texts.TITLE, anchor=False, width="content")


def view_heading(text: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw a heading of a view, or the name of what is open; ``text`` is Markdown."""
    st.header(text, anchor=False, width=width)


def section_heading(text: str) -> None:
    """Draw a heading within a view that has one; ``text`` is Markdown."""
    st.subheader(text, anchor=False)
