"""The Review view: the list of reviews, and one paper at a time of the open one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from io import StringIO

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.alerts.review_sources import (
    append_newcomers,
    library_source,
    review_of_rows,
    source_label,
    sources_need_model,
)
from explorer.app import navigation, texts, url
from explorer.app.headings import section_heading, view_heading
from explorer.app.map import show_map
from explorer.app.resources import Model, model
from explorer.app.review_menu import review_form
from explorer.app.user import can_write_desk, change_desk, current_desk
from explorer.desk.desk import Desk
from explorer.desk.reviews import (
    LONGEST_REASON,
    Review,
    ReviewDecision,
    reviews,
    undo_step,
)
from explorer.errors import ExplorerError
from explorer.export.prisma_diagram import prisma_diagram
from explorer.export.screening import ReviewFormat, write_log, write_review
from explorer.learning.screening.agreement import agreements
from explorer.learning.screening.prisma import prisma_counts
from explorer.learning.screening.review import (
    ReviewState,
    Screening,
    decide,
    review_state,
    screening,
)
from explorer.learning.screening.stopping import ScreeningProgress
from explorer.library.generation import Generation
from explorer.map.highlights import Highlights
from explorer.papers.text import escape_markdown, markdown
from explorer.search.near_duplicates import near_duplicate_rows
from explorer.search.query_vector import query_vector

_MODEL_PATIENCE = 1.0
"""Seconds to wait for the model before the page is drawn without the next paper."""
_REASON = "screen-reason"
_MOST_CONFLICTS = 20


def show_screening(generation: Generation) -> None:
    """Draw the open review, or the list of all."""
    desk = current_desk()
    if desk is None:
        st.info(texts.NO_DESK, icon=":material/lock:")
        return
    kept = {review.name: review for review in reviews(desk)}
    review = kept.get(url.parameter(url.SCREENED))
    if review is None:
        _show_reviews(generation, desk, list(kept.values()))
    else:
        _show_review(generation, desk, review)


def show_screening_map(generation: Generation) -> None:
    """Draw the map with the papers of the open review in colour."""
    desk, name = current_desk(), url.parameter(url.SCREENED)
    rows: Sequence[int] = ()
    if desk is not None and any(review.name == name for review in reviews(desk)):
        rows = sorted(review_state(generation, desk, name).by_row)
    show_map(generation, Highlights(focus=tuple(rows)))


def _show_reviews(generation: Generation, desk: Desk, listed: Sequence[Review]) -> None:
    view_heading(texts.REVIEWS)
    st.caption(texts.REVIEWS_HELP)
    for review in listed:
        state = review_state(generation, desk, review.name)
        decided = sum(1 for one in state.papers if desk.user in one.labels)
        with st.container(key=f"row-screening-{review.uid}", gap=None):
            st.button(
                escape_markdown(review.name),
                key=f"to-screening-{review.uid}",
                type="tertiary",
                on_click=navigation.open_review,
                args=(review.name,),
            )
            st.caption(texts.review_facts(review.question, decided, len(state.papers)))
    if can_write_desk():
        with st.expander(texts.REVIEW_LIBRARY, key="screen-library"):
            rows = range(generation.size)
            review_form(
                "library",
                "",
                lambda desk, name, question: review_of_rows(
                    generation, desk, name, question, library_source(), rows
                ),
            )


@st.fragment
def _show_review(generation: Generation, desk: Desk, review: Review) -> None:
    """Draw the review; each decision draws it alone anew, not the map."""
    state = review_state(generation, desk, review.name)
    with st.container(key="screen-head", horizontal=True, vertical_alignment="center"):
        st.button(
            texts.ALL_REVIEWS,
            key="back",
            icon=":material/arrow_back:",
            on_click=navigation.open_review,
            args=("",),
        )
        _show_files(state)
    view_heading(escape_markdown(review.name))
    embedding = model(generation.manifest.model)
    if review.question or sources_need_model(generation, state.record.sources):
        embedding.wait(_MODEL_PATIENCE)
        if not embedding.is_ready:
            _wait_for_model(embedding)
            return
    if can_write_desk():
        _append_newcomers(generation, embedding, desk, review)
        state = review_state(generation, desk, review.name)
    st.caption(texts.review_about(review.question, [source_label(s) for s in state.record.sources]))
    question = _question_vector(generation, embedding, review)
    current = screening(generation, state, desk.user, question)
    _show_progress(current.progress)
    _show_next(generation, current)
    _show_conflicts(state)


@st.fragment(run_every=0.5)
def _wait_for_model(embedding: Model) -> None:
    if embedding.is_ready:
        st.rerun()
    st.caption(texts.MODEL_LOADING)


def _append_newcomers(generation: Generation, embedding: Model, desk: Desk, review: Review) -> None:
    """Append what came with updates, once for each version of the library."""
    key = f"screening-updated-{review.uid}"
    if st.session_state.get(key) == generation.folder.name:
        return
    st.session_state[key] = generation.folder.name
    try:
        appended = append_newcomers(generation, embedding.embedder, desk, review.name)
    except ExplorerError as error:
        st.caption(f":material/info: {escape_markdown(str(error))}")
        return
    if appended:
        st.toast(texts.papers_appended(appended))


def _question_vector(
    generation: Generation, embedding: Model, review: Review
) -> NDArray[np.float32] | None:
    if not review.question:
        return None
    try:
        return query_vector(generation, embedding.embedder, review.question, (), ())
    except ExplorerError as error:  # then the labels alone order the papers
        st.caption(f":material/info: {escape_markdown(str(error))}")
        return None


def _show_progress(progress: ScreeningProgress) -> None:
    with st.container(key="screen-progress", gap="xsmall"):
        st.progress(progress.labelled / max(progress.papers, 1))
        st.markdown(texts.review_progress(progress))
        st.markdown(
            texts.review_lamps(probably=progress.probably_enough, surely=progress.surely_enough),
            help=texts.LAMPS_HELP,
        )
        if progress.left is not None and progress.unread:
            st.caption(texts.more_reading(progress))


def _show_next(generation: Generation, current: Screening) -> None:
    """Draw the next paper with the buttons that decide on it."""
    if not current.queue:
        st.success(texts.REVIEW_READ)
        if can_write_desk():
            _undo_button(current)
        return
    row = current.queue[0]
    paper = generation.records[row]
    with st.container(key="screened", gap="small"):
        section_heading(markdown(paper.title))
        facts = ["; ".join(paper.authors), paper.venue, texts.edtf_date(paper.published)]
        if any(facts):
            st.caption(escape_markdown(" · ".join(fact for fact in facts if fact)))
        sentence = current.sentence_for(row)
        if sentence:
            st.markdown(texts.speaks_for(markdown(sentence)))
        if can_write_desk():
            _show_decisions(generation, current, row)
        st.markdown(markdown(paper.abstract_body) or texts.NO_ABSTRACT)
        st.button(
            texts.OPEN_PAPER,
            key=f"open-screened-{paper.id}",
            type="tertiary",
            on_click=navigation.open_paper,
            args=(paper.id,),
        )


def _show_decisions(generation: Generation, current: Screening, row: int) -> None:
    with st.container(key="decisions", horizontal=True, vertical_alignment="center", gap="small"):
        for decision, (label, icon, help_text) in texts.DECISIONS.items():
            st.button(
                label,
                key=f"screen-{decision}",
                icon=icon,
                help=help_text,
                type="primary" if decision is ReviewDecision.INCLUDE else "secondary",
                on_click=_decide,
                args=(generation, current.state, generation.records.ids[row], decision),
            )
        _undo_button(current)
    st.text_input(
        texts.REASON,
        key=_REASON,
        max_chars=LONGEST_REASON,
        placeholder=texts.REASON,
        label_visibility="collapsed",
        autocomplete="off",
    )


def _undo_button(current: Screening) -> None:
    st.button(
        texts.UNDO_DECISION,
        key="screen-undo",
        icon=":material/undo:",
        type="tertiary",
        help=texts.UNDO_HELP,
        on_click=_undo,
        args=(current.state.record.review.name,),
    )


def _decide(
    generation: Generation, state: ReviewState, paper: str, decision: ReviewDecision
) -> None:
    reason = str(st.session_state.get(_REASON) or "")
    reason = reason if decision is ReviewDecision.EXCLUDE else ""

    def act(desk: Desk) -> None:
        together = decide(
            generation,
            desk,
            state,
            [paper],
            decision,
            reason,
            lambda row: near_duplicate_rows(generation, row),
        )
        if len(together) > 1:
            st.toast(texts.decided_together(len(together) - 1))

    change_desk(act)
    st.session_state[_REASON] = ""


def _undo(name: str) -> None:
    change_desk(lambda desk: undo_step(desk, name))


def _show_conflicts(state: ReviewState) -> None:
    pairs = agreements(state)
    if not state.conflicts and not pairs:
        return
    with st.expander(texts.conflict_count(len(state.conflicts)), key="screen-conflicts"):
        for pair in pairs:
            st.caption(texts.reviewer_agreement(pair))
        for one in state.conflicts[:_MOST_CONFLICTS]:
            decisions = {name: label.decision for name, label in sorted(one.labels.items())}
            st.markdown(texts.conflict(markdown(one.paper.title), decisions))
        if len(state.conflicts) > _MOST_CONFLICTS:
            st.caption(texts.and_more(len(state.conflicts) - _MOST_CONFLICTS))


def _show_files(state: ReviewState) -> None:
    """Offer the decisions, the flow diagram and the audit log as files."""
    name = state.record.review.name
    with (
        st.popover(texts.EXPORT, icon=":material/download:", type="tertiary", key="screen-files"),
        st.container(key="screen-formats", gap=None),
    ):
        for form, label in texts.REVIEW_FORMATS.items():
            _download(
                label, f"{name}-{form}.{form.extension}", partial(_written, state, form), str(form)
            )
        diagram = prisma_diagram(prisma_counts(state), name)
        _download(texts.DIAGRAM, f"{name}-prisma.svg", partial(str, diagram), "prisma")
        _download(texts.AUDIT_LOG, f"{name}-log.jsonl", partial(_log, state), "log")


def _written(state: ReviewState, form: ReviewFormat) -> str:
    file = StringIO()
    write_review(state, form, file)
    return file.getvalue()


def _log(state: ReviewState) -> str:
    file = StringIO()
    write_log(state.record, file)
    return file.getvalue()


def _download(label: str, file_name: str, content: Callable[[], str], key: str) -> None:
    st.download_button(
        label,
        content,
        file_name=re.sub(r"[^\w.]+", "-", file_name),
        key=f"screen-file-{key}",
        type="tertiary",
        on_click="ignore",
    )
