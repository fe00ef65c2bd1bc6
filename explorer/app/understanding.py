"""The line over the hits on how the query was understood, and whether anything is close to it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.app import navigation, texts
from explorer.app.search_box import SearchForm
from explorer.papers.text import escape_markdown
from explorer.search.model import Results
from explorer.search.queries.syntax import Clause, Field, quotable


def show_understanding(form: SearchForm, results: Results) -> None:
    """Show corrections, with a way back, suggestions, and a warning where nothing is close."""
    read = results.interpretation
    if read.corrections:
        corrected = {word.casefold() for _, words in read.corrections for word in words.split()}
        shown = " ".join(
            f"**{escape_markdown(word)}**"
            if word.casefold() in corrected
            else escape_markdown(word)
            for word in read.words.split()
        )
        with _line("corrections"):
            st.markdown(texts.showing_results_for(shown), width="content")
            _action(
                texts.search_instead_for(read.typed),
                "as-typed",
                navigation.take_back,
                *(typed for typed, _ in read.corrections),
            )
    if read.offered:
        with _line("offered"):
            st.caption(texts.DID_YOU_MEAN, width="content")
            for number, query in enumerate(read.offered):
                _action(query, f"offered-{number}", navigation.search_for, query)
    for number, choice in enumerate(read.choices):
        with _line(f"choices-{number}"):
            st.caption(texts.papers_by(choice.typed), width="content")
            for place, author in enumerate(choice.authors):
                clause = Clause(Field.AUTHOR, quotable(author.name))
                _action(
                    texts.with_count(author.name, author.papers),
                    f"author-{number}-{place}",
                    navigation.search_for,
                    form.text.replace(choice.typed, str(clause), 1),
                )
    _show_distance(results)


def _show_distance(results: Results) -> None:
    """Warn where no hit is close, and name words that no paper has."""
    read = results.interpretation
    if not results.hits or not results.parsed.words:
        return
    unknown = [escape_markdown(word) for word in read.unknown]
    if results.nothing_close:
        query = " ".join(
            f"~~{escape_markdown(word)}~~" if word in read.unknown else escape_markdown(word)
            for word in read.words.split()
        )
        with st.container(key="nothing-close"):
            st.info(texts.nothing_close(query), icon=":material/search_off:")
    elif unknown:
        st.caption(texts.words_in_no_paper(unknown))
    elif results.only_nearest:
        st.caption(texts.NO_EXACT_MATCH)


def _line(key: str) -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=key)


def _action(label: str, key: str, act: Callable[..., None], *args: str) -> None:
    st.button(escape_markdown(label), key=key, type="tertiary", on_click=act, args=args)
