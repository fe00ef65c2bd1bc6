"""Parts of lists: rows of topics, dots in their colours, the button for more papers."""

from __future__ import annotations

import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.library.generation import Generation
from explorer.map.charts import topic_colours
from explorer.papers.text import escape_markdown
from explorer.topics.communities import Topic

_LONGEST_LABEL = 44
"""Characters of a title or a venue on a button."""


def topic_row(generation: Generation, topic: Topic, list_name: str, note: str) -> None:
    """Draw a topic's dot and name with a note on one line; ``note`` is plain text."""
    with st.container(
        key=f"row-{list_name}-{topic.id}",
        horizontal=True,
        vertical_alignment="center",
        gap="xsmall",
        wrap=False,
    ):
        show_dot(topic_colours(generation)[topic.id])
        topic_button(topic, list_name)
        st.caption(escape_markdown(note), width="content")


def topic_button(topic: Topic, list_name: str) -> None:
    """Draw a topic's name, which opens the topic's page."""
    st.button(
        escape_markdown(topic.label),
        key=f"to-{list_name}-{topic.id}",
        type="tertiary",
        wrap=True,
        on_click=navigation.open_topic,
        args=(topic.id,),
    )


def all_topics_button() -> None:
    """Draw the button that leads back to the tree of topics."""
    st.button(
        texts.ALL_TOPICS,
        key="all-topics",
        type="tertiary",
        icon=":material/arrow_back:",
        wrap=True,
        on_click=navigation.show_view,
        args=(url.TOPICS,),
    )


def show_dot(colour: str) -> None:
    """Draw a dot in a topic's colour."""
    st.html(f'<span class="dot" style="background:{colour}"></span>', width="content")


def show_more_button(papers: int) -> None:
    """Draw the button that lists more of ``papers`` papers, if there are more."""
    rest = papers - session.papers_shown()
    if rest > 0:
        st.button(
            texts.show_more(min(rest, session.PAPERS_PER_PAGE)),
            key="more-papers",
            on_click=session.show_more_papers,
        )


def shortened(text: str) -> str:
    """Return a text that fits on a button."""
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1].rstrip()}…"
