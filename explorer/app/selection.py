"""Papers selected on the map, by lasso or box, or in the region that is searched in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.app import navigation, texts, url
from explorer.app.controls import list_order
from explorer.app.export_menu import export_menu
from explorer.app.paper_row import show_paper_rows
from explorer.app.review_menu import show_review_menu
from explorer.insights.selection_summary import summarise
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown
from explorer.search.filters import Filters
from explorer.search.model import Query

_MOST_PAPERS = 60
_MOST_TOPICS = 6


def show_selection(generation: Generation, rows: Sequence[int]) -> None:
    """List the papers of a lasso or box, with their topics and keywords."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(texts.selected(len(rows)))
        st.button(
            texts.CLEAR_SELECTION,
            key="release",
            type="tertiary",
            on_click=navigation.clear_selection,
        )
    if not rows:
        st.caption(texts.EMPTY_SELECTION)
        return
    _show_actions(generation, rows)
    summary = summarise(generation, rows)
    with st.container(horizontal=True, key="caught-topics", gap="xsmall"):
        for topic, papers in summary.topics[:_MOST_TOPICS]:
            st.button(
                f"{escape_markdown(topic.label)} :gray[{papers:,}]",
                key=f"caught-topic-{topic.id}",
                on_click=navigation.open_topic,
                args=(topic.id,),
            )
    if summary.keywords:
        st.caption(texts.common_keywords(summary.keywords))
    rows = list_order(generation, rows, texts.LIBRARY_ORDER)
    show_paper_rows(generation, rows[:_MOST_PAPERS], "caught")
    if len(rows) > _MOST_PAPERS:
        st.caption(texts.more_selected(len(rows) - _MOST_PAPERS))


def show_region(generation: Generation, rows: Sequence[int]) -> None:
    """List the papers of the region that is searched in, before a query is typed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(texts.SEARCH_THESE, width="content")
        export_menu(generation, rows, "within", texts.PAPERS_IN_REGION)
    rows = list_order(generation, rows, texts.LIBRARY_ORDER)
    show_paper_rows(generation, rows[:_MOST_PAPERS], "within")
    if len(rows) > _MOST_PAPERS:
        st.caption(texts.and_more(len(rows) - _MOST_PAPERS))


def _show_actions(generation: Generation, rows: Sequence[int]) -> None:
    region = url.selection()
    with st.container(horizontal=True, vertical_alignment="center", key="search-from"):
        st.button(
            texts.SEARCH_WITHIN,
            key="search-within",
            icon=":material/search:",
            on_click=navigation.search_within,
            args=(region,),
        )
        st.button(
            texts.MORE_LIKE_THESE,
            key="more-like-these",
            icon=":material/add_circle:",
            on_click=navigation.search_similar_to,
            args=(region,),
        )
        export_menu(generation, rows, "caught", texts.SELECTED_PAPERS)
        query = Query("", filters=Filters(region=region))
        show_review_menu(generation, query, "selection", texts.SELECTED_PAPERS)
