"""Controls over the results: narrow by facet, sort, vary."""

from __future__ import annotations

import streamlit as st

from explorer.app import navigation, texts
from explorer.app.controls import sort_control, varied_switch
from explorer.app.list_rows import shortened
from explorer.app.query_text import with_value_toggled
from explorer.app.search_box import SearchForm, filters_of
from explorer.insights.topic_tree import shown_level
from explorer.learning.taste import is_learnable
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown
from explorer.search.facets import AMONG_BEST, Count, facets_of
from explorer.search.model import Results, Sort
from explorer.search.queries.syntax import Clause, accepts_clauses


def show_controls(generation: Generation, form: SearchForm, results: Results) -> None:
    """Draw the controls that narrow, sort and vary the results."""
    with st.container(
        horizontal=True, vertical_alignment="center", key="controls", gap="small", width="content"
    ):
        _show_facets(generation, form, results)
        learnable = form.desk is not None and is_learnable(form.desk)
        orders = [sort for sort in Sort if learnable or sort is not Sort.FOR_YOU]
        sort_control({sort.value: texts.SORTS[sort] for sort in orders})
        is_sorted = form.sort is not Sort.RELEVANCE
        help_text = texts.VARIED_SORTED_HELP if is_sorted else texts.VARIED_HELP
        varied_switch(help_text, disabled=is_sorted)


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
    shown, counted = facets_of(
        generation, results, filters_of(form, results), shown_level(generation)
    )
    with popover, st.container(key="facets"):
        best = counted == AMONG_BEST and results.allowed != AMONG_BEST
        st.caption(texts.facets_over(counted, best=best))
        if not shown:
            st.caption(texts.NO_FACETS)
        with st.container(horizontal=True, key="facet-columns", gap="medium"):
            for facet in shown:
                with st.container(key=f"facet-{facet.field}", gap=None, width="content"):
                    st.markdown(f"**{texts.FACETS[facet.field]}**")
                    for number, count in enumerate(facet.counts):
                        _show_count(form, count, f"{facet.field}-{number}")


def _show_count(form: SearchForm, count: Count, key: str) -> None:
    """Draw a value as a check box; a click adds it to the others of its field, or removes it."""
    label = escape_markdown(shortened(count.label))
    # The query is the truth: a widget would remember what was chosen for another one.
    pressed = st.button(
        f"{label} :gray[{count.papers:,}]",
        key=f"count-{key}",
        type="tertiary",
        icon=":material/check_box:" if count.chosen else ":material/check_box_outline_blank:",
        on_click=_toggle,
        args=(form, count.clause),
    )
    if pressed:  # the query has changed, so the whole page is drawn, not only this fragment
        st.rerun()


def _toggle(form: SearchForm, clause: Clause) -> None:
    if accepts_clauses(form.text):
        navigation.search_for(with_value_toggled(form.text, clause))
    else:
        navigation.refine(with_value_toggled(form.refinement, clause))
