"""The page of one paper: its abstract, marks and sources, and the papers nearest to it."""

from __future__ import annotations

import streamlit as st

from explorer.app import navigation, texts
from explorer.app.headings import section_heading, view_heading
from explorer.app.hits import show_hits
from explorer.app.paper_marks import show_marks, show_star
from explorer.app.views.topic import show_topics_of
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown, markdown, markdown_link
from explorer.search.model import Results
from explorer.search.near_duplicates import Fold, near_duplicates_of


def show_paper(generation: Generation, row: int, neighbours: Results) -> None:
    """Show the paper in ``row`` and its neighbours."""
    paper = generation.records[row]
    st.button(texts.BACK, key="back", icon=":material/arrow_back:", on_click=navigation.go_back)
    with st.container(key="paper", gap="small"):
        with st.container(
            horizontal=True, vertical_alignment="top", gap="small", wrap=False, key="paper-head"
        ):
            view_heading(markdown(paper.title))
            show_star(generation, row, "paper")
        if paper.authors:
            st.markdown(escape_markdown("; ".join(paper.authors)))
        show_topics_of(generation, row)
        show_marks(generation, row, "paper", note=True)
        facts = [paper.venue, paper.date, *paper.categories]
        if any(facts):
            st.caption(escape_markdown(" · ".join(fact for fact in facts if fact)))
        st.markdown(markdown(paper.abstract_body) or texts.NO_ABSTRACT)
        if paper.summary:
            st.markdown(texts.summary(markdown(paper.summary)))
        links = [markdown_link(label, address) for label, address in paper.links]
        if links:
            st.markdown("  ·  ".join(links))
        st.caption(texts.source([(source.digest, source.line) for source in paper.sources]))
    _show_near_duplicates(generation, row)
    section_heading(texts.MORE_LIKE_THIS)
    show_hits(generation, [Fold(hit) for hit in neighbours.hits], "")


def _show_near_duplicates(generation: Generation, row: int) -> None:
    papers = near_duplicates_of(generation, row)
    if not papers:
        return
    section_heading(texts.NEAR_DUPLICATES)
    for paper in papers:
        st.button(
            markdown(paper.title),
            key=f"open-twin-{paper.id}",
            type="tertiary",
            wrap=True,
            on_click=navigation.open_paper,
            args=(paper.id,),
        )
