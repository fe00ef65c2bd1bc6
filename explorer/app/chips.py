"""Chips under the search box: the query as it was understood, each part removable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from explorer.app import navigation, texts
from explorer.app.list_rows import shortened
from explorer.app.query_text import pieces_of, without_clause, without_example
from explorer.app.search_box import SearchForm, rows_in
from explorer.insights.trends import time_axis
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown
from explorer.search.model import Results
from explorer.search.queries.notes import Note, note_text, problem_text
from explorer.search.queries.syntax import Clause, Field, parse
from explorer.search.resolution import interpretation_of


@dataclass(frozen=True, slots=True)
class _Chip:
    """A part of the search, and the action that removes it."""

    label: str
    remove: Callable[..., None]
    args: tuple[str, ...] = ()


def show_chips(generation: Generation, form: SearchForm, results: Results | None) -> None:
    """Draw the parts of the search as chips, and notes on parts that were not understood."""
    chips = _chips(generation, form, results)
    with st.container(
        horizontal=True, vertical_alignment="center", key="clauses", gap="xsmall", width="stretch"
    ):
        for number, chip in enumerate(chips):
            st.button(
                chip.label,
                key=f"clause-{number}",
                icon=":material/close:",
                icon_position="right",
                on_click=chip.remove,
                args=chip.args,
            )
        for number, note in enumerate(results.parsed.notes if results is not None else ()):
            _show_note(form.text, note, number)


def clause_label(generation: Generation, clause: Clause) -> str:
    """Return a clause as the page shows it, as Markdown."""
    values = [
        generation.topics[value].label
        if clause.field is Field.TOPIC and value in generation.topics
        else value
        for value in clause.values
    ]
    value = escape_markdown(texts.either(list(map(shortened, values))))
    if clause.field is not Field.TEXT:
        label = f"{clause.field}\\: {value}"
    else:
        label = value if clause.without else f"“{value}”"
    return texts.without(label) if clause.without else label


def clause_removal(
    form: SearchForm, clause: Clause, results: Results
) -> tuple[Callable[[str], None], str]:
    """Return the action that removes a clause, and its argument, such as the text without it."""
    for inferred in results.interpretation.inferred:
        if inferred.clause == clause:
            return navigation.take_back, inferred.typed
    if clause in form.query.filters.clauses:
        return navigation.refine, without_clause(form.refinement, clause)
    return navigation.search_for, without_clause(form.text, clause)


def _chips(generation: Generation, form: SearchForm, results: Results | None) -> list[_Chip]:
    if results is None:
        read = interpretation_of(generation, form.query)
        results = Results((), 0.0, form.mode, parse(form.text), interpretation=read)
    parsed, read = results.parsed, results.interpretation
    inferred = [one.clause for one in read.inferred]
    chips = [
        _Chip(clause_label(generation, clause), remove, (text,))
        for clause in (*form.query.filters.clauses, *parsed.clauses, *inferred)
        for remove, text in [clause_removal(form, clause, results)]
    ]
    chips += [
        _Chip(texts.dropped_words(words), navigation.take_back, (words,)) for words in read.dropped
    ]
    for field, papers in (
        (Field.LIKE, (*form.like, *parsed.like)),
        (Field.UNLIKE, (*form.unlike, *parsed.unlike)),
    ):
        for paper in papers:
            name = _example_name(generation, paper)
            if name:
                remove, text = _example_removal(form, paper)
                chips.append(_Chip(f"{field}\\: {name}", remove, (text,)))
    if form.similar_to:
        label = texts.similar_to_selected(len(form.similar_to))
        chips.append(_Chip(label, navigation.clear_similar_to))
    if form.within:
        label = texts.within_selected(len(rows_in(generation, form.within)))
        chips.append(_Chip(label, navigation.clear_within))
    if form.period:
        chips.append(_Chip(period_label(generation, form.period), navigation.clear_period))
    return chips


def period_label(generation: Generation, period: tuple[str, str]) -> str:
    """Return a first and last period as the page shows them, as Markdown."""
    axis = time_axis(generation)
    span = axis.span(*period)
    return texts.period_filter(*(period if span is None else axis.ends(*span)))


def _example_removal(form: SearchForm, paper: str) -> tuple[Callable[[str], None], str]:
    """Return the action that removes an example, and what it takes: the text without it."""
    if paper in (*form.like, *form.unlike):
        return navigation.refine, without_example(form.refinement, paper)
    return navigation.search_for, without_example(form.text, paper)


def _example_name(generation: Generation, paper: str) -> str:
    """Return an example as the page shows it; empty if it is not in the library."""
    row = generation.records.find(paper)
    if row is None:
        return texts.OWN_PAPERS.get(paper.casefold(), "")
    return escape_markdown(shortened(generation.records[row].readable_title))


def _show_note(text: str, note: Note, number: int) -> None:
    """Show a part that was not understood; its suggestion is a button."""
    if not note.suggestion:
        st.caption(f":material/info: {escape_markdown(note_text(note))}", width="content")
        return
    problem = f"{problem_text(note)} Did you mean"
    st.caption(f":material/info: {escape_markdown(problem)}", width="content")
    pieces = [note.suggestion if note in parse(piece).notes else piece for piece in pieces_of(text)]
    st.button(
        escape_markdown(note.suggestion),
        key=f"meant-{number}",
        type="tertiary",
        on_click=navigation.search_for,
        args=(" ".join(pieces),),
    )
