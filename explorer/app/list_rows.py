"""Rows of lists: papers by title, topics by name, each a button that opens it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.app import navigation, session, texts
from explorer.library.generation import Generation
from explorer.map.charts import topic_colours
from explorer.map.colouring import topic_colour
from explorer.papers.paper import Paper
from explorer.papers.text import escape_markdown, markdown
from explorer.topics.communities import Topic

_LONGEST_LABEL = 44
"""Characters of a title or a venue on a button."""


def show_papers(
    generation: Generation, rows: Sequence[int], list_name: str, *, dots: bool = True
) -> None:
    """List papers by title, each with a dot in its topic's colour if ``dots``.

    ``list_name`` makes the keys of this list unique on the page, here and below.
    """
    for row in rows:
        paper = generation.records[row]
        with (
            st.container(key=f"{list_name}-{paper.id}", gap=None),
            st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False),
        ):
            if dots:
                show_dot(topic_colour(generation, row))
            paper_button(paper, list_name)


def paper_button(paper: Paper, list_name: str) -> None:
    """Draw a paper's title, which opens the paper."""
    st.button(
        markdown(paper.title),
        key=f"open-{list_name}-{paper.id}",
        type="tertiary",
        wrap=True,
        width="stretch",
        on_click=navigation.open_paper,
        args=(paper.id,),
    )


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
