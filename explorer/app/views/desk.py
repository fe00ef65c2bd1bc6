"""The Desk view: followed searches with what is new in them, and the user's marked papers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.alerts.followed_search import (
    FollowedResults,
    described,
    find,
    followed,
    needs_model,
    newest_first,
    stored_query,
    typed,
)
from explorer.app import navigation, session, texts
from explorer.app.controls import list_order
from explorer.app.export_menu import export_menu
from explorer.app.headings import view_heading
from explorer.app.list_rows import show_more_button
from explorer.app.map import show_map
from explorer.app.paper_marks import show_note
from explorer.app.paper_row import show_paper_row
from explorer.app.resources import Model, model
from explorer.app.search_box import SearchForm
from explorer.app.user import can_write_desk, change_desk, current_desk, current_marks
from explorer.desk.desk import FollowedSearch
from explorer.desk.marks import PaperMark, PaperMarks
from explorer.errors import ExplorerError
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.map.highlights import Highlights
from explorer.papers.text import escape_markdown, markdown
from explorer.search.queries.syntax import Field, accepts_clauses

_ALL = "all"
_STARRED = "starred"
_LIST = "desk-shown"
_MOST_NEW = 8
_LONGEST_NAME = 60
_MODEL_PATIENCE = 1.0
"""Seconds to wait for the model before the page is drawn without the followed searches."""


def show_desk(generation: Generation) -> None:
    """List followed searches and marked papers; a click runs a search or opens a paper."""
    desk, marks = current_desk(), current_marks(generation)
    if desk is None or marks is None:
        st.info(texts.NO_DESK, icon=":material/lock:")
        return
    if not can_write_desk():
        st.caption(texts.DESK_READ_ONLY)
    _show_followed_searches(generation, marks)
    _show_marked_papers(generation, marks)


def show_desk_map(generation: Generation) -> None:
    """Draw the map with the marked papers in colour and the others in grey."""
    marks = current_marks(generation)
    show_map(generation, Highlights(focus=() if marks is None else tuple(sorted(marks.of))))


def desk_label(generation: Generation) -> str:
    """Return the view's name, with the number of new papers in followed searches if any are new.

    A model that still loads is not waited for.
    """
    desk, marks = current_desk(), current_marks(generation)
    if desk is None or marks is None:
        return texts.DESK
    newest = int(generation.added_at.max())
    searches = [search for search in desk.followings() if search.seen < newest]
    if not searches:
        return texts.DESK
    embedding = model(generation.manifest.model)
    if any(needs_model(generation, one) for one in searches) and not embedding.is_ready:
        return texts.DESK
    results = [_run(generation, embedding, search, marks) for search in searches]
    new = {hit.row for one in results for hit in one.new}
    return texts.with_count(texts.DESK, len(new)) if new else texts.DESK


def show_follow_menu(generation: Generation, form: SearchForm) -> None:
    """Draw the popover that follows the current search."""
    if not can_write_desk():
        return
    with st.popover(texts.FOLLOW, icon=":material/notifications:", type="tertiary", key="follow"):
        st.caption(texts.FOLLOW_HELP)
        # Another query has another form, with a name of its own.
        with st.form(f"following-{form.text}-{form.topic}", border=False):
            proposed = form.text[:_LONGEST_NAME].strip() or texts.FOLLOW_SELECTED
            name = st.text_input(texts.FOLLOW_NAME, value=proposed)
            if st.form_submit_button(texts.FOLLOW_THIS):
                _follow(generation, form, name)


def _follow(generation: Generation, form: SearchForm, name: str) -> None:
    desk = current_desk()
    if desk is None:
        return
    try:
        following = desk.follow(followed(generation, name, form.query))
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
    else:
        st.success(texts.following(following.name))


def _show_followed_searches(generation: Generation, marks: PaperMarks) -> None:
    desk = current_desk()
    searches = () if desk is None else desk.followings()
    view_heading(texts.FOLLOWED_SEARCHES)
    if not searches:
        st.caption(texts.NO_FOLLOWED_SEARCHES)
        return
    embedding = model(generation.manifest.model)
    if any(needs_model(generation, search) for search in searches):
        embedding.wait(_MODEL_PATIENCE)
        if not embedding.is_ready:
            _wait_for_model(embedding)
            return
    for search in searches:
        with st.container(key=f"followed-{search.uid}", gap="xxsmall"):
            _show_followed_search(generation, _run(generation, embedding, search, marks), marks)


@st.fragment(run_every=0.5)
def _wait_for_model(embedding: Model) -> None:
    if embedding.is_ready:
        st.rerun()
    st.caption(texts.MODEL_LOADING)


def _run(
    generation: Generation, embedding: Model, search: FollowedSearch, marks: PaperMarks
) -> FollowedResults:
    try:
        return _run_cached(generation, embedding, search, marks)
    except ExplorerError as error:  # not cached: the next run may succeed
        return FollowedResults(search, problem=str(error))


@cached_by_owner(256)
def _run_cached(
    generation: Generation, embedding: Model, search: FollowedSearch, marks: PaperMarks
) -> FollowedResults:
    return find(generation, embedding.embedder, search, marks)


def _show_followed_search(
    generation: Generation, results: FollowedResults, marks: PaperMarks
) -> None:
    """Draw a followed search with its newest papers."""
    search = results.following
    with st.container(
        key=f"row-followed-{search.uid}",
        horizontal=True,
        vertical_alignment="center",
        gap="small",
    ):
        query, _ = stored_query(generation, search, marks)
        text = typed(query)
        st.button(
            escape_markdown(search.name),
            key=f"to-followed-{search.uid}",
            type="tertiary",
            help=escape_markdown(described(search)),
            disabled=not accepts_clauses(text),
            on_click=navigation.open_search,
            args=(text, str(query.mode), query.filters.topic, query.filters.region),
        )
        st.caption(texts.followed_results(len(results.new), len(results.hits)), width="content")
        if results.new and can_write_desk():
            _show_action(
                texts.MARK_AS_SEEN, f"seen-{search.uid}", lambda: _mark_seen(generation, search)
            )
        if can_write_desk():
            _show_action(texts.UNFOLLOW, f"unfollow-{search.uid}", lambda: _unfollow(search))
    if results.problem:
        st.caption(f":material/info: {escape_markdown(results.problem)}")
    for hit in newest_first(generation, results.new)[:_MOST_NEW]:
        show_paper_row(generation, hit.row, f"new-{search.uid[:8]}")
    if len(results.new) > _MOST_NEW:
        st.caption(texts.and_more(len(results.new) - _MOST_NEW))


def _show_action(label: str, key: str, act: Callable[[], None]) -> None:
    st.button(label, key=key, type="tertiary", on_click=act)


def _mark_seen(generation: Generation, search: FollowedSearch) -> None:
    change_desk(lambda desk: desk.mark_seen([search.name], int(generation.added_at.max())))


def _unfollow(search: FollowedSearch) -> None:
    change_desk(lambda desk: desk.unfollow(search.name))


def _show_marked_papers(generation: Generation, marks: PaperMarks) -> None:
    view_heading(texts.YOUR_PAPERS)
    if not marks.of and not marks.inactive:
        st.caption(texts.NO_PAPERS_KEPT)
        return
    lists = {
        _ALL: sorted(marks.of, key=lambda row: (marks.of[row].starred, row), reverse=True),
        _STARRED: list(marks.starred),
        **{str(state): list(marks.rows_in(state)) for state in texts.STATES},
    }
    labels = {_ALL: texts.ALL, _STARRED: texts.STARRED_PAPERS}
    labels |= {str(state): label for state, label in texts.STATES.items()}
    with st.container(key="desk-head", horizontal=True, vertical_alignment="center", gap="small"):
        chosen = _list_control({name: f"{labels[name]} {len(lists[name]):,}" for name in lists})
        if marks.starred:
            st.button(
                texts.RECOMMEND,
                key="like-mine",
                icon=":material/auto_awesome:",
                on_click=navigation.recommend,
            )
        rows = list_order(generation, lists[chosen], texts.STARRED_FIRST)
        export_menu(generation, rows, "desk", texts.desk_list(labels[chosen]))
    _show_tags(marks)
    _show_papers(generation, rows, marks)
    if chosen == _ALL:
        _show_missing_papers(marks)


def _list_control(labels: dict[str, str]) -> str:
    chosen = st.segmented_control(
        texts.SHOW,
        list(labels),
        format_func=lambda option: labels[option],
        default=_ALL,
        key=_LIST,
        label_visibility="collapsed",
        required=True,
    )
    return str(chosen or _ALL)


def _show_papers(generation: Generation, rows: Sequence[int], marks: PaperMarks) -> None:
    """List papers with their notes."""
    for row in rows[: session.papers_shown()]:
        show_paper_row(generation, row, "kept")
        show_note(marks[row])
    show_more_button(len(rows))
    if not rows:
        st.caption(texts.NO_PAPERS)


def _show_tags(marks: PaperMarks) -> None:
    if not marks.tags:
        return
    with st.container(horizontal=True, key="desk-tags", gap="xsmall"):
        for tag, rows in marks.tags.items():
            st.button(
                f"{escape_markdown(f'#{tag}')} :gray[{len(rows):,}]",
                key=f"tag-{tag}",
                on_click=navigation.search_for,
                args=(f'{Field.TAG}:"{tag}"',),
            )


def _show_missing_papers(marks: PaperMarks) -> None:
    """List marked papers that are no longer in the library."""
    if not marks.inactive:
        return
    with st.expander(texts.missing_papers(len(marks.inactive))):
        st.caption(texts.MISSING_HELP)
        for entry in marks.inactive:
            star = ":orange[★] " if entry.starred else ""
            st.markdown(f"{star}{markdown(entry.anchor.paper.title)}")
            show_note(PaperMark(note=entry.note))
