"""The Explore view: the library's topics, for a start."""

from __future__ import annotations

import streamlit as st

from explorer.app import texts
from explorer.app.headings import view_heading
from explorer.app.list_rows import topic_row
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown

_MOST_KEYWORDS = 5


def show_explore(generation: Generation) -> None:
    """List the topics of one level with their keywords."""
    view_heading(texts.LIBRARY_TOPICS)
    st.caption(texts.LIBRARY_TOPICS_HELP)
    for topic in generation.levels[shown_level(generation)]:
        with st.container(key=f"welcome-{topic.id}", gap=None):
            topic_row(generation, topic, "welcome", f"{topic.size:,}")
            st.caption(escape_markdown(" · ".join(topic.keywords[:_MOST_KEYWORDS])))
