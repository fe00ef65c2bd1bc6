"""The page of one paper: what one can do with it, its abstract, and the papers nearest to it."""

from __future__ import annotations

import streamlit as st

from explorer.app import navigation, texts
from explorer.app.cite_menu import show_cite_menu
from explorer.app.export_menu import export_menu
from explorer.app.headings import section_heading, view_heading
from explorer.app.neighbours import show_neighbours
from explorer.app.open_menu import show_open_menu
from explorer.app.paper_marks import show_dismissal, show_marks, show_star
from explorer.app.views.topic import show_topics_of
from explorer.export.citations import citation_key
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.papers.text import escape_markdown, markdown
from explorer.search.model import Results
from explorer.search.near_duplicates import near_duplicates_of


def show_paper(generation: Generation, row: int, neighbours: Results) -> None:
    """Show the paper in ``row`` and its neighbours."""
    paper = generation.records[row]
    st.button(texts.BACK, key="back", icon=":material/arrow_back:", on_click=navigation.go_back)
    with st.container(key="paper", gap="small"):
        with st.container(key="paper-head", gap=None):
            view_heading(markdown(paper.title))
            if paper.authors:
                st.markdown(escape_markdown("; ".join(paper.authors)))
            facts = [paper.venue, texts.edtf_date(paper.published), *paper.categories]
            if any(facts):
                st.caption(escape_markdown(" · ".join(fact for fact in facts if fact)))
        _show_actions(generation, row)
        st.markdown(markdown(paper.abstract_body) or texts.NO_ABSTRACT)
        if paper.summary:
            st.markdown(texts.summary(markdown(paper.summary)))
        _show_details(generation, row)
        _show_reader_notes(paper)
    _show_near_duplicates(generation, row)
    section_heading(texts.SIMILAR_PAPERS)
    show_neighbours(generation, row, neighbours)


def _show_actions(generation: Generation, row: int) -> None:
    """Draw the row of actions on the paper, and its note below."""
    paper = generation.records[row]
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="paper-actions"
    ):
        show_star(generation, row, "paper")
        show_cite_menu(paper)
        show_open_menu(paper)
        export_menu(generation, [row], "paper", citation_key(paper))
        show_dismissal(generation, row, "paper")
        show_marks(generation, row, "paper", note=True)


def _show_details(generation: Generation, row: int) -> None:
    """Draw topics, keywords, ids and sources."""
    paper = generation.records[row]
    with st.container(key="paper-details", gap=None):
        show_topics_of(generation, row)
        details = [texts.keywords(paper.keywords)] if paper.keywords else []
        details += [escape_markdown(" · ".join(_ids(paper)))] if _ids(paper) else []
        details += [texts.source([(source.digest, source.line) for source in paper.sources])]
        collections, tags = (
            sorted({name for source in paper.sources for name in getattr(source, field)})
            for field in ("collections", "tags")
        )
        details += [texts.shelves(collections, tags)] if collections or tags else []
        for line in details:
            st.caption(line)


def _show_reader_notes(paper: Paper) -> None:
    """Draw the notes and annotations that the user made in Zotero, if there are any."""
    if not paper.notes and not paper.annotations:
        return
    with st.expander(texts.reader_notes(len(paper.notes), len(paper.annotations))):
        for note in paper.notes:
            _show_lines(note)
        for annotation in paper.annotations:
            with st.container(border=True):
                _show_lines(annotation)


def _show_lines(text: str) -> None:
    # Text as typed: no formulas, and each line on its own.
    st.markdown("\n\n".join(map(escape_markdown, text.splitlines())))


def _ids(paper: Paper) -> list[str]:
    named = (("arXiv", paper.arxiv), ("DOI", paper.doi))
    return [f"{name} {value}" for name, value in named if value]


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
