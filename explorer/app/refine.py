"""Controls over the results: narrow by facet, sort, vary."""

from __future__ import annotations

import re
from dataclasses import replace

import streamlit as st

from explorer.app import navigation, texts
from explorer.app.controls import sort_control, varied_switch
from explorer.app.list_rows import shortened
from explorer.app.query_text import with_clause
from explorer.app.search_box import SearchForm
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown
from explorer.search.facets import AMONG_BEST, Count, facets, rows_to_count
from explorer.search.model import Results, Sort
from explorer.search.query import accepts_clauses

_BOILERPLATE = re.compile(r"^(?:in )?proceedings of (?:the )?", re.IGNORECASE)


def show_controls(generation: Generation, form: SearchForm, results: Results) -> None:
    """Draw the controls that narrow, sort and vary the results."""
    with st.container(
        horizontal=True, vertical_alignment="center", key="controls", gap="small", width="content"
    ):
        if accepts_clauses(form.text):
            _show_facets(generation, form, results)
        sort_control({sort.value: label for sort, label in texts.SORTS.items()})
        by_date = form.sort is Sort.DATE
        varied_switch(texts.VARIED_BY_DATE_HELP if by_date else texts.VARIED_HELP, disabled=by_date)


@st.fragment
def _show_facets(generation: Generation, form: SearchForm, results: Results) -> None:
    """Draw the facets of the results; they are counted only while the popover is open."""
    popover = st.popover(
        texts.REFINE,
        icon=":material/filter_list:",
        type="tertiary",
        key="refine",
        on_change="rerun",
    )
    if not popover.open:
        return
    filters = replace(form.query.filters, clauses=results.parsed.clauses)
    rows = rows_to_count(generation, results, filters)
    shown = facets(generation, rows, shown_level(generation), desk=form.desk)
    with popover, st.container(key="facets"):
        best = len(rows) == AMONG_BEST and results.allowed != AMONG_BEST
        st.caption(texts.facets_over(len(rows), best=best))
        if not shown:
            st.caption(texts.NO_FACETS)
        with st.container(horizontal=True, key="facet-columns", gap="medium"):
            for facet in shown:
                with st.container(key=f"facet-{facet.field}", gap=None, width="content"):
                    st.markdown(f"**{texts.FACETS[facet.field]}**")
                    for number, count in enumerate(facet.counts):
                        _show_count(form.text, count, f"{facet.field}-{number}")


def _show_count(text: str, count: Count, key: str) -> None:
    label = shortened(_BOILERPLATE.sub("", count.label))
    pressed = st.button(
        f"{escape_markdown(label)} :gray[{count.papers:,}]",
        key=f"count-{key}",
        type="tertiary",
        on_click=navigation.search_for,
        args=(with_clause(text, str(count.clause)),),
    )
    if pressed:  # the query has changed, so the whole page is drawn, not only this fragment
        st.rerun()
