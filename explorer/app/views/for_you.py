"""The For you view: papers that suit the user's stars, each with its reason, and questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.app.controls import scope_control
from explorer.app.export_menu import export_menu
from explorer.app.headings import view_heading
from explorer.app.list_rows import show_more_button, topic_row
from explorer.app.map import show_map, show_plain_map
from explorer.app.paper_row import authors_line, name_in_title, paper_button, show_paper_row
from explorer.app.session import Questions, Verdict
from explorer.app.user import can_write_desk, change_desk, current_marks, mark_paper
from explorer.desk.desk import DeskChange, ReadingState
from explorer.desk.marks import PaperMarks, mark_papers
from explorer.insights.whats_new import whats_new
from explorer.learning.recommendations import (
    Recommendation,
    questions,
    recommended,
    recommended_rows,
    top_words,
    unjudged,
)
from explorer.learning.taste import is_learnable, taste_of
from explorer.library.generation import Generation
from explorer.map.highlights import Highlights
from explorer.papers.text import markdown
from explorer.topics.communities import Topic

_QUESTIONS = 15
_BEFORE_RETRAINING = 5


def show_for_you(generation: Generation) -> None:
    """List recommended papers by topic, or ask about papers."""
    marks = current_marks(generation)
    if marks is None:
        st.info(texts.NO_DESK, icon=":material/lock:")
    elif url.is_asking():
        _show_questions(generation, marks)
    else:
        _show_recommendations(generation, marks)


def show_for_you_map(generation: Generation) -> None:
    """Draw the map with the recommended papers in colour and the others in grey."""
    marks = current_marks(generation)
    rows = () if marks is None or url.is_asking() else _rows_on_map(generation, marks)
    if rows:
        show_map(generation, Highlights(newcomers=rows))
    else:
        show_plain_map(generation)


def _rows_on_map(generation: Generation, marks: PaperMarks) -> tuple[int, ...]:
    if not is_learnable(marks):
        return ()
    if url.is_whole_library():
        return tuple(recommended_rows(generation, marks).tolist())
    return tuple(one.row for one in _recommended(generation, marks, None))


def _recommended(
    generation: Generation, marks: PaperMarks, k: int | None
) -> tuple[Recommendation, ...]:
    rows = None if url.is_whole_library() else _new_rows(generation)
    return recommended(generation, marks, rows, k)


def _new_rows(generation: Generation) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(whats_new(generation).rows, dtype=np.int64)


# Recommendations


def _show_recommendations(generation: Generation, marks: PaperMarks) -> None:
    listed = _recommended(generation, marks, session.papers_shown() + 1)
    rows = [one.row for one in listed]
    _show_head(generation, marks, rows)
    if not is_learnable(marks):
        st.info(texts.too_few_stars(len(marks.starred)), icon=":material/star:")
        _show_ask_button("ask-first")
        return
    _show_verdict(generation, marks, rows)
    shown = listed[: session.papers_shown()]
    if shown:
        st.caption(texts.recommended_from(len(marks.starred), len(marks.dismissed)))
    else:
        _show_quiet_day(generation, marks)
    for topic, papers in _by_topic(shown):
        with st.container(key=f"recommended-{topic.id}", gap="xxsmall"):
            topic_row(generation, topic, "for-you", texts.of_topic(len(papers), topic.size))
            for paper in papers:
                show_paper_row(
                    generation,
                    paper.row,
                    "for-you",
                    topic=False,
                    reason=_reason(generation, paper),
                    verdict=True,
                )
    show_more_button(len(listed))


def _show_head(generation: Generation, marks: PaperMarks, rows: Sequence[int]) -> None:
    """Draw the control between new papers and all, and the actions."""
    with st.container(
        key="for-you-head", horizontal=True, vertical_alignment="center", gap="small"
    ):
        view_heading(texts.FOR_YOU, width="content")
        scope_control()
        if is_learnable(marks):
            _show_ask_button("ask")
            _show_knowledge(generation, marks)
            if rows:
                export_menu(generation, rows, "for-you", texts.FOR_YOU)


def _show_ask_button(key: str) -> None:
    st.button(
        texts.ASK_ME,
        key=key,
        type="secondary" if key == "ask-first" else "tertiary",
        icon=":material/quiz:",
        help=texts.ASK_ME_HELP,
        disabled=not can_write_desk(),
        on_click=navigation.open_questions,
    )


def _show_quiet_day(generation: Generation, marks: PaperMarks) -> None:
    if url.is_whole_library():
        st.info(texts.NOTHING_LEFT, icon=":material/done_all:")
        return
    new = unjudged(marks, _new_rows(generation))
    st.info(texts.nothing_for_you(len(new)), icon=":material/done_all:")
    st.button(
        texts.SEE_WHOLE_LIBRARY,
        key="see-all",
        type="tertiary",
        on_click=navigation.show_recommended_from,
        args=(url.WHOLE_LIBRARY,),
    )


def _by_topic(
    papers: Sequence[Recommendation],
) -> list[tuple[Topic, list[Recommendation]]]:
    """Return the papers of each topic, that of the best paper first."""
    of: dict[str, tuple[Topic, list[Recommendation]]] = {}
    for paper in papers:
        of.setdefault(paper.topic.id, (paper.topic, []))[1].append(paper)
    return list(of.values())


def _reason(generation: Generation, paper: Recommendation) -> str:
    star = name_in_title(generation.records[paper.reason.star])
    return texts.reason_for_you(star, paper.reason.words, paper.reason.interest)


@st.fragment
def _show_knowledge(generation: Generation, marks: PaperMarks) -> None:
    """Draw all that is learned from the desk, and the button that takes dismissals back."""
    popover = st.popover(
        texts.LEARNED,
        icon=":material/psychology:",
        type="tertiary",
        key="learned",
        on_change="rerun",
    )
    if not popover.open:
        return
    taste = taste_of(generation, marks)
    with popover, st.container(key="knowledge", gap="small"):
        st.caption(texts.LEARNED_HELP)
        for one in taste.interests if taste else ():
            words = top_words(generation, one)
            st.markdown(texts.interest(one.name, len(one.examples.stars), words))
        recommendable = len(recommended_rows(generation, marks))
        st.caption(texts.learned_figures(len(marks.dismissed), recommendable, generation.size))
        if marks.dismissed and st.button(
            texts.take_back_dismissals(len(marks.dismissed)),
            key="take-back",
            icon=":material/undo:",
            disabled=not can_write_desk(),
        ):
            dismissed = [generation.records.ids[row] for row in marks.dismissed]
            change = DeskChange(state=ReadingState.NONE)
            change_desk(lambda desk: mark_papers(generation, desk, dismissed, change))
            st.rerun()


def _show_verdict(generation: Generation, marks: PaperMarks, rows: Sequence[int]) -> None:
    """Draw the effect of the last star or dismissal in the list, and the button to undo it."""
    ids = tuple(generation.records.ids[row] for row in rows)
    verdict = session.verdict_on(ids, lambda paper: _is_judged(generation, marks, paper))
    if verdict is None:
        return
    row = generation.records.row_of(verdict.paper)
    if row is None:
        return
    title = name_in_title(generation.records[row])
    is_star = bool(marks[row].starred)
    gone = [paper for paper in verdict.listed if paper not in ids and paper != verdict.paper]
    added = [paper for paper in ids if paper not in verdict.listed]
    fallen = _fallen(verdict, ids)
    names = [_name(generation, paper) for paper in (added if is_star else gone)]
    with st.container(key="verdict", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(texts.verdict(title, names, fallen, is_star=is_star), width="content")
        st.button(
            texts.UNDO,
            key="undo-verdict",
            type="tertiary",
            on_click=_undo,
            args=(generation, verdict.paper, is_star),
        )


def _is_judged(generation: Generation, marks: PaperMarks, paper: str) -> bool:
    row = generation.records.row_of(paper)
    return row is not None and not len(unjudged(marks, np.array([row])))


def _fallen(verdict: Verdict, ids: Sequence[str]) -> int:
    """Return how many of the papers that stay have a lower place among themselves."""
    before = [paper for paper in verdict.listed if paper in ids]
    after = [paper for paper in ids if paper in verdict.listed]
    return sum(after.index(paper) > place for place, paper in enumerate(before))


def _name(generation: Generation, paper: str) -> str:
    row = generation.records.row_of(paper)
    return paper if row is None else name_in_title(generation.records[row])


def _undo(generation: Generation, paper: str, is_star: bool) -> None:
    change = DeskChange(star=False) if is_star else DeskChange(state=ReadingState.NONE)
    session.forget_verdict()
    mark_paper(generation, paper, change)


# Questions


def _show_questions(generation: Generation, marks: PaperMarks) -> None:
    """Draw one question at a time, on the best paper of the model first."""
    interview = session.questions_in(generation.folder.name)
    interview.queue = unjudged(marks, np.array(interview.queue, dtype=np.int64)).tolist()
    if interview.answered < _QUESTIONS and not interview.queue:
        interview.queue = _next_questions(generation, marks, interview)
    with st.container(key="questions-head", horizontal=True, vertical_alignment="center"):
        view_heading(texts.ASK_ME, width="content")
        st.button(
            texts.END_QUESTIONS,
            key="back",
            type="tertiary",
            icon=":material/arrow_back:",
            on_click=navigation.close_questions,
        )
    if interview.answered >= _QUESTIONS or not interview.queue:
        st.success(texts.questions_done(interview.answered), icon=":material/check:")
        st.button(
            texts.SEE_RECOMMENDATIONS,
            key="see-recommendations",
            on_click=navigation.show_recommended_from,
            args=(url.WHOLE_LIBRARY,),
        )
        return
    st.progress(
        interview.answered / _QUESTIONS, texts.question_number(interview.answered + 1, _QUESTIONS)
    )
    _show_question(generation, marks, interview.queue[0])


def _next_questions(generation: Generation, marks: PaperMarks, interview: Questions) -> list[int]:
    left = min(_BEFORE_RETRAINING, _QUESTIONS - interview.answered)
    return list(questions(generation, marks, left, interview.skipped))


def _show_question(generation: Generation, marks: PaperMarks, row: int) -> None:
    paper = generation.records[row]
    with st.container(key="question", gap="small"):
        paper_button(paper, "question")
        facts = [authors_line(paper.authors), texts.edtf_date(paper.published)]
        if any(facts):
            st.caption(" · ".join(fact for fact in facts if fact))
        with st.container(horizontal=True, key="answers", gap="small"):
            changes = (
                ("star", texts.STAR_IT, ":material/star:", DeskChange(star=True)),
                (
                    "dismiss",
                    texts.STATES[ReadingState.NOT_FOR_ME],
                    ":material/thumb_down:",
                    DeskChange(state=ReadingState.NOT_FOR_ME),
                ),
            )
            for kind, label, icon, change in changes:
                st.button(
                    label,
                    key=f"{kind}-question-{paper.id}",
                    icon=icon,
                    disabled=not can_write_desk(),
                    on_click=_answer,
                    args=(generation, paper.id, change),
                )
            st.button(
                texts.SKIP, key="skip", type="tertiary", on_click=_skip, args=(generation, row)
            )
        taste = taste_of(generation, marks)
        if taste is None:
            st.caption(texts.stars_missing(len(marks.starred)))
        st.markdown(markdown(paper.abstract_body) or texts.NO_ABSTRACT)
    st.caption(texts.QUESTION_KEYS)


def _answer(generation: Generation, paper: str, change: DeskChange) -> None:
    session.questions_in(generation.folder.name).answered += 1
    mark_paper(generation, paper, change)


def _skip(generation: Generation, row: int) -> None:
    interview = session.questions_in(generation.folder.name)
    interview.skipped.append(row)
    interview.queue = [other for other in interview.queue if other != row]
