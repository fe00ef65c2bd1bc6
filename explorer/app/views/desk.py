"""The desk: what the user keeps, the searches they follow, and what is new in those."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explorer.alerts.followed_search import (
    FollowedResults,
    asked_by,
    described,
    find,
    followed,
    needs_model,
    newest_first,
    typed,
)
from explorer.app import state
from explorer.app.export_menu import offer_export
from explorer.app.hits import open_button, show_dot
from explorer.app.map import show_map
from explorer.app.paper_marks import STATES, show_keeping, show_note, show_star
from explorer.app.resources import Model, model
from explorer.app.search_box import SearchForm
from explorer.app.user import can_mark, desk_here, marks_here, on_desk
from explorer.desk.desk import FollowedSearch, ReadingState
from explorer.desk.marks import PaperMark, PaperMarks
from explorer.errors import ExplorerError
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.map.colouring import topic_colour
from explorer.map.highlights import Highlights
from explorer.papers.text import escape_markdown, markdown
from explorer.search.query import DISMISSED, STARRED, Field, parse

_ALL = "all"
_STARS = "starred"
_SHOWN = "desk-shown"
_MOST_NEW = 8
LIKE_MINE = f"{Field.LIKE}:{STARRED} {Field.UNLIKE}:{DISMISSED}"
"""The query for more like what is starred, unlike what is not for the user."""


def show_desk(generation: Generation) -> None:
    """Show followed searches and kept papers; a click opens a paper or runs a search."""
    desk, marks = desk_here(), marks_here(generation)
    if desk is None or marks is None:
        st.info(
            "This page keeps no desk for visitors who are not signed in.", icon=":material/lock:"
        )
        return
    if not can_mark():
        st.caption(":material/lock: The desk cannot be written here, so it is only shown.")
    _show_followed(generation, marks)
    _show_kept(generation, marks)


def show_desk_map(generation: Generation) -> None:
    """Draw the map with all that is kept in colour over the rest in grey."""
    marks = marks_here(generation)
    show_map(generation, Highlights(focus=() if marks is None else tuple(sorted(marks.of))))


def show_following(generation: Generation, asked: SearchForm) -> None:
    """Draw what follows the search that is asked."""
    if not can_mark():
        return
    with st.popover("Follow", icon=":material/notifications:", type="tertiary", key="follow"):
        st.caption("What is new among its hits shows on your desk.")
        # Another query, another form: its name is this query's own.
        with st.form(f"following-{asked.text}-{asked.topic}", border=False):
            name = st.text_input("Name", value=asked.text[:60].strip() or "Like the selected")
            if st.form_submit_button("Follow this search"):
                _follow(generation, asked, name)


def _follow(generation: Generation, asked: SearchForm, name: str) -> None:
    desk = desk_here()
    if desk is None:
        return
    try:
        kept = desk.follow(followed(generation, name, asked.query))
    except ExplorerError as error:
        st.warning(escape_markdown(str(error)))
    else:
        st.success(f"Followed as “{escape_markdown(kept.name)}”. See it on your desk.")


def _run(
    generation: Generation, embedding: Model, following: FollowedSearch, marks: PaperMarks
) -> FollowedResults:
    try:
        return _found(generation, embedding, following, marks)
    except ExplorerError as error:  # not cached: the next look may find it mended
        return FollowedResults(following, problem=str(error))


@cached_by_owner(256)
def _found(
    generation: Generation, embedding: Model, following: FollowedSearch, marks: PaperMarks
) -> FollowedResults:
    return find(generation, embedding.embedder, following, marks)


def _show_followed(generation: Generation, marks: PaperMarks) -> None:
    desk = desk_here()
    followings = () if desk is None else desk.followings()
    st.markdown("##### Followed searches")
    if not followings:
        st.caption("None yet. Search, then press *Follow* above the hits.")
        return
    embedding = model(generation.manifest.model)
    if any(needs_model(generation, following) for following in followings):
        embedding.wait(1.0)
        if not embedding.is_ready:
            _wait_for(embedding)
            return
    for following in followings:
        with st.container(key=f"followed-{following.uid}", gap="xxsmall"):
            _show_one(generation, _run(generation, embedding, following, marks), marks)


@st.fragment(run_every=0.5)
def _wait_for(embedding: Model) -> None:
    if embedding.is_ready:
        st.rerun()
    st.caption(":material/hourglass_top: The model is still loading.")


def _show_one(generation: Generation, found: FollowedResults, marks: PaperMarks) -> None:
    following = found.following
    with st.container(
        key=f"row-followed-{following.uid}",
        horizontal=True,
        vertical_alignment="center",
        gap="small",
    ):
        query, _ = asked_by(generation, following, marks)
        text = typed(query)
        can_open = parse(f"{text} has:date").words == parse(text).words
        st.button(
            escape_markdown(following.name),
            key=f"to-followed-{following.uid}",
            type="tertiary",
            help=escape_markdown(described(following)),
            disabled=not can_open,
            on_click=state.open_search,
            args=(text, str(query.mode), query.filters.topic, query.filters.region),
        )
        told = f":green[{len(found.new):,} new]" if found.new else "nothing new"
        st.caption(f"{told} · {len(found.hits):,} hits", width="content")
        if found.new and can_mark():
            _small_button("Seen", f"seen-{following.uid}", lambda: _saw(generation, following))
        if can_mark():
            _small_button("Unfollow", f"unfollow-{following.uid}", lambda: _unfollow(following))
    if found.problem:
        st.caption(f":material/info: {escape_markdown(found.problem)}")
    for hit in newest_first(generation, found.new)[:_MOST_NEW]:
        _paper_row(generation, hit.row, f"new-{following.uid[:8]}")
    if len(found.new) > _MOST_NEW:
        st.caption(f"and {len(found.new) - _MOST_NEW:,} more")


def _small_button(label: str, key: str, act: Callable[[], None]) -> None:
    st.button(label, key=key, type="tertiary", on_click=act)


def _saw(generation: Generation, following: FollowedSearch) -> None:
    on_desk(lambda desk: desk.saw([following.name], int(generation.added_at.max())))


def _unfollow(following: FollowedSearch) -> None:
    on_desk(lambda desk: desk.unfollow(following.name))


def _show_kept(generation: Generation, marks: PaperMarks) -> None:
    st.markdown("##### Papers on your desk")
    if not marks.of and not marks.resting:
        st.caption(
            "None yet. Press :material/star: beside a paper, or `s` on the keyboard; *Keep* takes "
            "tags, notes and what you have read."
        )
        return
    of = {
        _ALL: sorted(marks.of, key=lambda row: (marks.of[row].starred, row), reverse=True),
        _STARS: list(marks.starred),
        **{str(said): list(marks.rows_in(said)) for said in STATES},
    }
    names = {_ALL: "All", _STARS: "Starred"} | {str(said): name for said, name in STATES.items()}
    with st.container(key="desk-head", horizontal=True, vertical_alignment="center", gap="small"):
        shown = st.segmented_control(
            "Shown",
            list(names),
            format_func=lambda option: f"{names[option]} {len(of[option]):,}",
            default=_ALL,
            key=_SHOWN,
            label_visibility="collapsed",
            required=True,
        )
        if marks.starred:
            st.button(
                "More like my starred, unlike what is not for me",
                key="like-mine",
                icon=":material/auto_awesome:",
                on_click=state.ask,
                args=(LIKE_MINE,),
            )
        chosen = shown or _ALL
        rows = of[chosen]
        offer_export(generation, rows, "desk", f"desk {names[chosen]}")
    _show_tags(marks)
    for row in rows[: state.papers_wanted()]:
        with st.container(key=f"kept-{generation.records.ids[row]}", gap="xxsmall"):
            _paper_row(generation, row, "kept")
            show_note(marks[row])
    rest = len(rows) - state.papers_wanted()
    if rest > 0:
        more = min(rest, state.PAPERS_A_PAGE)
        st.button(f"Show {more} more", key="more-papers", on_click=state.want_more_papers)
    if not rows:
        st.caption("None.")
    if shown in (None, _ALL):
        _show_resting(marks)


def _show_tags(marks: PaperMarks) -> None:
    if marks.tags:
        with st.container(horizontal=True, key="desk-tags", gap="xsmall"):
            for tag, rows in marks.tags.items():
                st.button(
                    f"{escape_markdown(f'#{tag}')} :gray[{len(rows):,}]",
                    key=f"tag-{tag}",
                    on_click=state.ask,
                    args=(f'{Field.TAG}:"{tag}"',),
                )


def _paper_row(generation: Generation, row: int, where: str) -> None:
    paper = generation.records[row]
    with st.container(
        horizontal=True,
        vertical_alignment="top",
        gap="small",
        wrap=False,
        key=f"paper-{where}-{paper.id}",
    ):
        show_dot(topic_colour(generation, row))
        open_button(paper, where)
        show_keeping(generation, row, where)
        show_star(generation, row, where)


def _show_resting(marks: PaperMarks) -> None:
    if not marks.resting:
        return
    with st.expander(f"{len(marks.resting):,} not in the library now"):
        st.caption("Their stars, tags and notes are kept, and come back with the papers.")
        for entry in marks.resting:
            star = ":orange[★] " if entry.starred else ""
            st.markdown(f"{star}{markdown(entry.anchor.paper.title)}")
            show_note(PaperMark(note=entry.note))


def desk_label(generation: Generation) -> str:
    """Return what the desk's view is called: with how many papers are to be read, if any."""
    marks = marks_here(generation)
    waiting = 0 if marks is None else len(marks.rows_in(ReadingState.TO_READ))
    return f"Desk · {waiting:,}" if waiting else "Desk"
