"""The form that starts a review, and the popover with it beside a search, topic or selection."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.alerts.review_sources import review_of_rows, search_source, source_rows
from explorer.app import navigation, texts
from explorer.app.resources import model
from explorer.app.user import can_write_desk, change_desk
from explorer.desk.desk import Desk
from explorer.desk.reviews import LONGEST_QUESTION, LONGEST_REVIEW_NAME, Review
from explorer.library.generation import Generation
from explorer.search.model import Query

StartReview = Callable[[Desk, str, str], Review]
"""Starts a review with a name and a question."""


def show_review_menu(generation: Generation, query: Query, place: str, proposed: str) -> None:
    """Draw the popover that starts a review of the papers of a query.

    Args:
        place: makes the keys of this menu unique on the page.
        proposed: name of the review unless the visitor chooses another.
    """
    if not can_write_desk():
        return

    def start(desk: Desk, name: str, question: str) -> Review:
        source = search_source(generation, "review", query)
        embedder = model(generation.manifest.model).embedder
        rows = source_rows(generation, embedder, source, desk)
        return review_of_rows(generation, desk, name, question, source, rows)

    with st.popover(
        texts.SCREEN, icon=":material/fact_check:", type="tertiary", key=f"screen-{place}"
    ):
        st.caption(texts.SCREEN_HELP)
        review_form(f"{place}-{proposed}", proposed, start)


def review_form(key: str, proposed: str, start: StartReview) -> None:
    """Draw the form that starts a review and opens it; errors are shown as a toast."""
    name_key, question_key = f"review-name-{key}", f"review-question-{key}"

    def begin() -> None:
        name, question = (str(st.session_state.get(each, "")) for each in (name_key, question_key))
        change_desk(lambda desk: navigation.open_review(start(desk, name, question).name))

    with st.form(f"screening-{key}", border=False):
        st.text_input(
            texts.REVIEW_NAME,
            value=proposed.strip(),
            max_chars=LONGEST_REVIEW_NAME,
            key=name_key,
            autocomplete="off",
        )
        st.text_area(texts.REVIEW_QUESTION, max_chars=LONGEST_QUESTION, height=80, key=question_key)
        st.form_submit_button(texts.START_REVIEW, on_click=begin)
