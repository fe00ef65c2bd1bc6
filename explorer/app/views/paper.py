"""One paper: everything that is known, and what lies near it."""

from __future__ import annotations

import streamlit as st

from explorer.app import state
from explorer.app.hits import scroll_to_top, show_results
from explorer.app.paper_marks import show_keeping, show_star
from explorer.app.views.topics import show_topics_of
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown, markdown, markdown_link
from explorer.search.near_duplicates import Fold, near_duplicates_of
from explorer.search.search import Results


def show_paper(generation: Generation, row: int, near: Results) -> None:
    """Show the paper in ``row`` and the papers nearest to it."""
    paper = generation.records[row]
    scroll_to_top(paper.id)
    st.button("Back", key="back", icon=":material/arrow_back:", on_click=state.go_back)
    with st.container(key="paper", gap="small"):
        with st.container(
            horizontal=True, vertical_alignment="top", gap="small", wrap=False, key="paper-head"
        ):
            st.markdown(f"#### {markdown(paper.title)}", width="stretch")
            show_star(generation, row, "paper")
        if paper.authors:
            st.markdown(escape_markdown("; ".join(paper.authors)))
        show_topics_of(generation, row)
        show_keeping(generation, row, "paper", note=True)
        facts = [paper.venue, paper.date, *paper.categories]
        if any(facts):
            st.caption(escape_markdown(" · ".join(fact for fact in facts if fact)))
        st.markdown(markdown(paper.abstract_body) or "*No digest holds an abstract of this paper.*")
        if paper.summary:
            st.markdown(f"**In short:** {markdown(paper.summary)}")
        links = [markdown_link(label, address) for label, address in paper.links]
        if links:
            st.markdown("  ·  ".join(links))
        st.caption(escape_markdown("Read in " + ", ".join(_sources(generation, row))))
    twins = near_duplicates_of(generation, row)
    if twins:
        st.markdown("##### Nearly the same text")
        for twin in twins:
            st.button(
                markdown(twin.title),
                key=f"open-twin-{twin.id}",
                type="tertiary",
                wrap=True,
                on_click=state.open_paper,
                args=(twin.id,),
            )
    st.markdown("##### More like this")
    show_results(generation, [Fold(hit) for hit in near.hits], "")


def _sources(generation: Generation, row: int) -> list[str]:
    return [f"{source.digest}, line {source.line}" for source in generation.records[row].sources]
