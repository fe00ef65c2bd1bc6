"""What is new: the control for since when, the newcomers by topic, and the map with them on it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from explorer.app import state
from explorer.app.export_menu import offer_export
from explorer.app.hits import list_papers, show_dot, topic_button
from explorer.app.map import show_map
from explorer.app.visits import is_first_visit, last_visit
from explorer.errors import UnusableInput
from explorer.insights.topic_tree import node_of
from explorer.insights.whats_new import (
    TopicUpdate,
    WhatsNew,
    last_update,
    moment_at,
    moment_of,
    whats_new,
)
from explorer.library.generation import Generation
from explorer.map.charts import topic_colours
from explorer.map.highlights import Highlights
from explorer.papers.text import escape_markdown
from explorer.topics.tracking import TopicEvent, TopicEventKind

_UPDATE = ""
_DATE = "date"
_MOST_EVENTS = 20
_CONTROL = "since-control"
_CALENDAR = "since-day"
_WORDS = {
    TopicEventKind.NEW: (":material/add_circle: New topic", ""),
    TopicEventKind.SPLIT: (":material/call_split: Topic", "split off"),
    TopicEventKind.MERGED: (":material/call_merge: Topic", "went into"),
    TopicEventKind.RETIRED: (":material/do_not_disturb_on: Topic", "is no more"),
}
"""What stands before the topic's name and after it; the other topic's name comes last."""


def show_news(generation: Generation) -> None:
    """Show what is new, topic by topic; a click opens a paper or a topic."""
    found = whats_new(generation, _moment())
    _control(generation, found)
    if found.rows:
        st.caption(_told(found))
    elif found.all_at_once:
        st.info(
            f"This is the first build: it brought all {generation.size:,} papers. Drop another "
            "digest into `data/digests`, run `python index_build.py`, and what it brings shows "
            "here.",
            icon=":material/library_add:",
        )
    else:
        st.info(
            f"Nothing has come {_since(found)}. Choose an earlier date, or drop a digest into "
            "`data/digests` and run `python index_build.py`.",
            icon=":material/done_all:",
        )
    _newcomers(generation, found)
    _events(generation, found)


def show_news_map(generation: Generation) -> None:
    """Draw the map with the newcomers in colour over the rest in grey."""
    show_map(generation, Highlights(newcomers=whats_new(generation, _moment()).rows))


def _moment() -> datetime | None:
    """Return since when, as the URL has it; None for the last update."""
    asked = state.since()
    if asked == state.VISIT:
        return last_visit()
    try:
        return moment_of(asked) if asked else None
    except UnusableInput:
        return None


def _choice() -> str:
    asked = state.since()
    if asked in (_UPDATE, state.VISIT):
        return asked
    return _UPDATE if _moment() is None else _DATE


def _control(generation: Generation, found: WhatsNew) -> None:
    """Draw the control for since when, where the URL is right, and what takes the papers along."""
    visit = "My first visit" if is_first_visit() else "My last visit"
    names = {_UPDATE: "Last update", state.VISIT: visit, _DATE: "A date"}
    st.session_state[_CONTROL] = _choice()
    with st.container(key="news-head", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("##### New since", width="content")
        st.segmented_control(
            "New since",
            list(names),
            format_func=lambda option: names[option],
            key=_CONTROL,
            label_visibility="collapsed",
            required=True,
            on_change=lambda: _chosen(generation),
        )
        if _choice() == _DATE:
            _day(generation)
        listed = [row for of in found.topics for row in of.rows]
        offer_export(generation, listed, "news", f"new since {found.since:%Y-%m-%d}")
    if state.since() and _choice() == _UPDATE:
        st.warning(
            f"This link names no date: {escape_markdown(state.since())}. Here is the last update.",
            icon=":material/link_off:",
        )


def _chosen(generation: Generation) -> None:
    option = str(st.session_state[_CONTROL])
    last_day = last_update(generation).date()
    state.show_since(last_day.isoformat() if option == _DATE else option)


def _day(generation: Generation) -> None:
    """Draw the calendar, from the library's first day to this one."""
    day = (_moment() or last_update(generation)).date()
    st.session_state[_CALENDAR] = day
    st.date_input(
        "Day",
        key=_CALENDAR,
        min_value=min(day, moment_at(int(generation.added_at.min())).date()),
        max_value=max(day, datetime.now(UTC).date()),
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        required=True,
        width=150,
        on_change=lambda: state.show_since(st.session_state[_CALENDAR].isoformat()),
    )


def _told(found: WhatsNew) -> str:
    papers = "1 paper" if len(found.rows) == 1 else f"{len(found.rows):,} papers"
    have = "has" if len(found.rows) == 1 else "have"
    asked = state.since()
    if _choice() == _UPDATE:
        return f"{papers} came with the last update, {_spoken(found.since)}."
    if asked == state.VISIT and last_visit() is None:
        why = "This browser remembers no earlier visit, so here is the last update"
        return f"{why}: {papers}, {_spoken(found.since)}."
    return f"{papers} {have} come {_since(found)}."


def _since(found: WhatsNew) -> str:
    visit = "your last visit, " if state.since() == state.VISIT and last_visit() else ""
    return f"since {visit}{_spoken(found.since)}"


def _spoken(moment: datetime) -> str:
    day = f"{moment:%b} {moment.day} {moment.year}"
    return day if moment.time() == datetime.min.time() else f"{day}, {moment:%H:%M} UTC"


def _newcomers(generation: Generation, found: WhatsNew) -> None:
    room = state.papers_wanted()
    for of in found.topics:
        if room <= 0:
            break
        with st.container(key=f"newcomers-{of.topic.id}", gap="xxsmall"):
            _heading(generation, of)
            list_papers(generation, of.rows[:room], "newcomer", dots=False)
        room -= len(of.rows)
    rest = len(found.rows) - state.papers_wanted()
    if rest > 0:
        more = min(rest, state.PAPERS_A_PAGE)
        st.button(f"Show {more} more", key="more-papers", on_click=state.want_more_papers)


def _heading(generation: Generation, of: TopicUpdate) -> None:
    with st.container(
        key=f"row-news-{of.topic.id}",
        horizontal=True,
        vertical_alignment="center",
        gap="xsmall",
        wrap=False,
    ):
        show_dot(topic_colours(generation)[of.topic.id])
        topic_button(of.topic, "news")
        mark = " · :green[new topic]" if of.is_new else ""
        st.caption(f"{len(of.rows):,} of {of.topic.size:,}{mark}", width="content")


def _events(generation: Generation, found: WhatsNew) -> None:
    if not found.events:
        return
    st.markdown("##### What became of topics")
    with st.container(key="events", gap="xxsmall"):
        for place, event in enumerate(found.events[:_MOST_EVENTS]):
            _event(generation, event, place)
    if len(found.events) > _MOST_EVENTS:
        rest = len(found.events) - _MOST_EVENTS
        st.caption(f"and {rest:,} more: `explorer news` tells them all.")


def _event(generation: Generation, event: TopicEvent, place: int) -> None:
    before, after = _WORDS[event.kind]
    with st.container(
        key=f"event-{place}", horizontal=True, vertical_alignment="center", gap="xsmall"
    ):
        st.markdown(before, width="content")
        _name(generation, event.topic, event.label, f"event{place}")
        if after:
            st.markdown(after, width="content")
        if event.other:
            _name(generation, event.other, event.other_label, f"other{place}")
        papers = "1 paper" if event.papers == 1 else f"{event.papers:,} papers"
        st.caption(papers, width="content")


def _name(generation: Generation, topic: str, label: str, where: str) -> None:
    """Draw the name of a topic: as it is now, to open it, or as it was, if it is no more."""
    if topic in generation.topics:
        topic_button(node_of(generation, generation.topics[topic]).topic, where)
    else:
        st.markdown(f"**{escape_markdown(label)}**", width="content")
