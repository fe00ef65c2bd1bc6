"""The What's new view: papers and topic changes since the last update, a visit or a date."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.app.controls import list_order
from explorer.app.export_menu import export_menu
from explorer.app.headings import view_heading
from explorer.app.list_rows import show_dot, show_more_button, topic_button
from explorer.app.map import show_map
from explorer.app.paper_row import show_paper_rows
from explorer.app.visits import is_first_visit, last_visit, unseen_from
from explorer.errors import UnusableInput
from explorer.insights.topic_tree import node_of
from explorer.insights.whats_new import (
    TopicUpdate,
    WhatsNew,
    last_update,
    moment_of,
    whats_new,
)
from explorer.library.arrival import moment_at
from explorer.library.generation import Generation
from explorer.map.charts import topic_colours
from explorer.map.highlights import Highlights
from explorer.papers.text import escape_markdown, plural
from explorer.search.model import Sort
from explorer.topics.tracking import TopicEvent

_LAST_UPDATE = ""
_DATE = "date"
_MOST_EVENTS = 20
_CONTROL = "since-control"
_CALENDAR = "since-day"


def show_whats_new(generation: Generation) -> None:
    """List new papers by topic, and topic changes; a click opens a paper or a topic."""
    news = whats_new(generation, _moment(generation))
    _show_head(generation, news)
    if news.rows:
        st.caption(_summary(generation, news))
    elif news.all_at_once:
        st.info(texts.first_build(generation.size), icon=":material/library_add:")
    else:
        st.info(texts.nothing_since(_since(news)), icon=":material/done_all:")
    _show_papers(generation, news)
    _show_events(generation, news)


def show_whats_new_map(generation: Generation) -> None:
    """Draw the map with the new papers in colour and the others in grey."""
    show_map(generation, Highlights(newcomers=whats_new(generation, _moment(generation)).rows))


def _moment(generation: Generation) -> datetime | None:
    """Return the start in the URL; None for the last update."""
    since = url.since()
    if since == url.LAST_VISIT:
        return unseen_from(generation)
    try:
        return moment_of(since) if since else None
    except UnusableInput:
        return None


def _option(generation: Generation) -> str:
    """Return the option of the control that the URL stands for."""
    since = url.since()
    if since in (_LAST_UPDATE, url.LAST_VISIT):
        return since
    return _LAST_UPDATE if _moment(generation) is None else _DATE


def _show_head(generation: Generation, news: WhatsNew) -> None:
    """Draw the control for the start, which follows the URL, and the export menu."""
    visit = texts.FIRST_VISIT if is_first_visit() else texts.LAST_VISIT
    labels = {_LAST_UPDATE: texts.LAST_UPDATE, url.LAST_VISIT: visit, _DATE: texts.A_DATE}
    st.session_state[_CONTROL] = _option(generation)
    with st.container(key="news-head", horizontal=True, vertical_alignment="center", gap="small"):
        view_heading(texts.NEW_SINCE, width="content")
        st.segmented_control(
            texts.NEW_SINCE,
            list(labels),
            format_func=lambda option: labels[option],
            key=_CONTROL,
            label_visibility="collapsed",
            required=True,
            on_change=lambda: _show_option(generation),
        )
        if _option(generation) == _DATE:
            _show_calendar(generation)
        rows = [row for of in news.topics for row in of.rows]
        export_menu(generation, rows, "news", texts.new_since(f"{news.since:%Y-%m-%d}"))
    if url.since() and _option(generation) == _LAST_UPDATE:
        st.warning(texts.invalid_since(url.since()), icon=":material/link_off:")


def _show_option(generation: Generation) -> None:
    option = str(st.session_state[_CONTROL])
    if option == _option(generation):
        return  # a late message of a control that is gone, not a choice
    last_day = last_update(generation).date()
    navigation.show_since(last_day.isoformat() if option == _DATE else option)


def _show_calendar(generation: Generation) -> None:
    """Draw the calendar, from the library's first day to today."""
    day = (_moment(generation) or last_update(generation)).date()
    st.session_state[_CALENDAR] = day
    st.date_input(
        texts.DATE,
        key=_CALENDAR,
        min_value=min(day, moment_at(int(generation.added_at.min())).date()),
        max_value=max(day, datetime.now(UTC).date()),
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        required=True,
        width=150,
        on_change=lambda: navigation.show_since(st.session_state[_CALENDAR].isoformat()),
    )


def _summary(generation: Generation, news: WhatsNew) -> str:
    papers, since = len(news.rows), texts.day_or_moment(news.since)
    if _option(generation) == _LAST_UPDATE:
        return texts.added_by_update(papers, since)
    if url.since() == url.LAST_VISIT and last_visit() is None:
        return texts.no_earlier_visit(papers, since)
    return texts.added_since(papers, _since(news))


def _since(news: WhatsNew) -> str:
    visit = last_visit() if url.since() == url.LAST_VISIT else None
    if visit is None:
        return texts.day_or_moment(news.since)
    return texts.since_last_visit(texts.day_or_moment(visit))


def _show_papers(generation: Generation, news: WhatsNew) -> None:
    """List new papers by topic or the newest first, up to the number shown so far."""
    if not news.rows:
        return
    room = session.papers_shown()
    by_topic = [row for of in news.topics for row in of.rows]
    rows = list_order(generation, by_topic, texts.BY_TOPIC)
    if any(url.is_sorted_by(order, "") for order in (Sort.DATE, Sort.FOR_YOU)):
        show_paper_rows(generation, rows[:room], "newcomer")
        show_more_button(len(news.rows))
        return
    for of in news.topics:
        if room <= 0:
            break
        with st.container(key=f"newcomers-{of.topic.id}", gap="xxsmall"):
            _show_topic_heading(generation, of)
            show_paper_rows(generation, of.rows[:room], "newcomer", topics=False)
        room -= len(of.rows)
    show_more_button(len(news.rows))


def _show_topic_heading(generation: Generation, of: TopicUpdate) -> None:
    with st.container(
        key=f"row-news-{of.topic.id}",
        horizontal=True,
        vertical_alignment="center",
        gap="xsmall",
        wrap=False,
    ):
        show_dot(topic_colours(generation)[of.topic.id])
        topic_button(of.topic, "news")
        mark = f" · {texts.NEW_TOPIC}" if of.is_new else ""
        st.caption(f"{texts.of_topic(len(of.rows), of.topic.size)}{mark}", width="content")


def _show_events(generation: Generation, news: WhatsNew) -> None:
    if not news.events:
        return
    view_heading(texts.TOPIC_CHANGES)
    with st.container(key="events", gap="xxsmall"):
        for index, event in enumerate(news.events[:_MOST_EVENTS]):
            _show_event(generation, event, index)
    if len(news.events) > _MOST_EVENTS:
        st.caption(texts.more_events(len(news.events) - _MOST_EVENTS))


def _show_event(generation: Generation, event: TopicEvent, index: int) -> None:
    before, after = texts.EVENTS[event.kind]
    with st.container(
        key=f"event-{index}", horizontal=True, vertical_alignment="center", gap="xsmall"
    ):
        st.markdown(before, width="content")
        _show_topic_name(generation, event.topic, event.label, f"event{index}")
        if after:
            st.markdown(after, width="content")
        if event.other_label:
            _show_topic_name(generation, event.other, event.other_label, f"other{index}")
        st.caption(plural(event.papers, "paper"), width="content")


def _show_topic_name(generation: Generation, topic: str, label: str, list_name: str) -> None:
    """Draw a topic's name: the current one as a button, the last one of a dissolved topic."""
    if topic in generation.topics:
        topic_button(node_of(generation, generation.topics[topic]).topic, list_name)
    else:
        st.markdown(f"**{escape_markdown(label)}**", width="content")
