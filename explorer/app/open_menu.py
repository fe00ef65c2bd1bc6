"""The Open menu of a paper: pages about it on the web, and searches for its title elsewhere."""

from __future__ import annotations

import streamlit as st

from explorer.app import texts
from explorer.papers.paper import Paper
from explorer.papers.text import escape_markdown
from explorer.papers.web_pages import searches_for


def show_open_menu(paper: Paper) -> None:
    """Draw the popover with links to pages of ``paper``; nothing is fetched."""
    label = texts.OPEN if paper.links or paper.zotero_links else texts.FIND
    with (
        st.popover(label, icon=":material/open_in_new:", type="tertiary", key="pages-menu"),
        st.container(key="pages", gap=None),
    ):
        for page, address in paper.links:
            _show_link(page, address)
        for address in paper.zotero_links[:1]:
            _show_link(texts.ZOTERO, address)
        st.caption(texts.FIND_BY_TITLE)
        for page, address in searches_for(paper.readable_title):
            _show_link(page, address)


def _show_link(label: str, address: str) -> None:
    # Streamlit opens it in a tab of its own, which learns nothing of this page (noreferrer).
    st.link_button(
        escape_markdown(label), address, type="tertiary", icon=":material/arrow_outward:"
    )
