"""The page of one topic: its place in the tree, keywords, trend, papers and related topics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from explorer.app import navigation, session, texts
from explorer.app.export_menu import export_menu
from explorer.app.headings import section_heading, view_heading
from explorer.app.list_rows import (
    all_topics_button,
    show_dot,
    show_more_button,
    topic_button,
    topic_row,
)
from explorer.app.paper_row import paper_button, show_paper_rows
from explorer.app.resources import trends_of
from explorer.app.review_menu import show_review_menu
from explorer.app.topic_editing import edits_of, show_edit_menu, show_topic_edits
from explorer.app.views.topics import percent
from explorer.arrays import Keys
from explorer.insights.topic_profile import TopicProfile, topic_profile
from explorer.insights.topic_tree import node_of
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper
from explorer.map.charts import BARE_CONFIG, topic_colours, trend_figure
from explorer.papers.text import escape_markdown
from explorer.search.filters import Filters
from explorer.search.model import Query
from explorer.topics.communities import Topic

_MOST_KEYWORDS = 8
_SAME_GROWTH = 1.15
"""A topic grows as fast as the library within this factor."""


def show_topic(generation: Generation, topic: Topic, allowed: Keys | None = None) -> None:
    """Show all about one topic, and its papers.

    Args:
        allowed: rows of the papers that may be listed, sorted; None for all.
    """
    profile = _restricted(topic_profile(generation, topic), allowed)
    _show_path(generation, profile)
    edits = edits_of(generation, topic)
    with st.container(key="about", gap="small"):
        with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
            show_dot(topic_colours(generation)[topic.id])
            view_heading(escape_markdown(topic.label))
            show_edit_menu(generation, topic, edits)
        show_topic_edits(topic, edits)
        st.caption(" · ".join(_facts(profile)), help=texts.COHERENCE_HELP)
        _show_keywords(topic)
        _show_trend(generation, topic)
    _show_summary(generation, topic)
    if len(profile.representatives) < len(profile.members):
        section_heading(texts.REPRESENTATIVE_PAPERS)
        show_paper_rows(generation, profile.representatives, "representative", topics=False)
    _show_topics(generation, texts.SUBTOPICS, "subtopic", profile.below)
    _show_topics(generation, texts.NEIGHBOURING_TOPICS, "neighbour", profile.neighbours)
    with st.container(horizontal=True, vertical_alignment="center", key="members-head"):
        section_heading(_members_heading(profile))
        export_menu(generation, profile.members, "members", topic.label)
        query = Query("", filters=Filters(topic=topic.id))
        show_review_menu(generation, query, "topic", topic.label)
    show_paper_rows(generation, profile.members[: session.papers_shown()], "member", topics=False)
    show_more_button(len(profile.members))


def _restricted(profile: TopicProfile, allowed: Keys | None) -> TopicProfile:
    """Return a profile with the papers in ``allowed`` alone, or with all."""
    if allowed is None:
        return profile
    listed = set(allowed.tolist())
    return replace(
        profile,
        representatives=tuple(row for row in profile.representatives if row in listed),
        members=tuple(row for row in profile.members if row in listed),
    )


def _members_heading(profile: TopicProfile) -> str:
    shown, size = len(profile.members), profile.topic.size
    return texts.all_papers(size) if shown == size else texts.papers_of(shown, size)


def show_topics_of(generation: Generation, row: int) -> None:
    """Show the topics of the paper in ``row``, coarse to fine; a click opens one."""
    nodes = dict.fromkeys(node_of(generation, topic) for topic in generation.topics_of(row))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="paper-path"):
        for index, node in enumerate(nodes):
            if index:
                st.caption("›", width="content")
            topic_button(node.topic, "paper")


def _show_path(generation: Generation, profile: TopicProfile) -> None:
    """Draw the topics above this one, after the button to all topics."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="path"):
        all_topics_button()
        for topic in profile.above:
            st.caption("›", width="content")
            topic_button(node_of(generation, topic).topic, "path")


def _facts(profile: TopicProfile) -> list[str]:
    topic = profile.topic
    facts = [texts.topic_size(topic.size, percent(profile.share))]
    if topic.evidence:
        facts.append(texts.topic_evidence(topic.label, topic.evidence, topic.size))
    facts.append(texts.topic_coherence(percent(profile.coherence)))
    return facts


def _show_keywords(topic: Topic) -> None:
    with st.container(horizontal=True, gap="xsmall", key="keywords"):
        for number, keyword in enumerate(topic.keywords[:_MOST_KEYWORDS]):
            st.button(
                escape_markdown(keyword),
                key=f"keyword-{number}",
                on_click=navigation.search_topic,
                args=(topic.id, keyword),
            )
    st.caption(texts.KEYWORDS_HELP)


def _show_summary(generation: Generation, topic: Topic) -> None:
    """Show what a language model wrote of the topic, each sentence above the papers it cites."""
    if topic.summary is None:
        return
    with st.container(key="summary", gap="xsmall"):
        section_heading(texts.SUMMARY)
        st.caption(texts.written_by(topic.summary.model))
        for number, sentence in enumerate(topic.summary.sentences):
            st.markdown(escape_markdown(sentence.text))
            for paper in sentence.papers:
                row = find_paper(generation, paper)
                paper_button(generation.records[row], f"cited-{number}")


def _show_trend(generation: Generation, topic: Topic) -> None:
    """Draw the topic's papers over time, if they are dated."""
    trends = trends_of(generation)
    growth = trends.of[topic.id].growth
    if growth is None:
        return
    st.markdown(_growth_text(growth))
    st.plotly_chart(
        trend_figure(trends, topic, topic_colours(generation)[topic.id], dark=session.is_dark()),
        key="trend",
        theme=None,
        config=BARE_CONFIG,
        alt=texts.trend_description(trends.periods[0], trends.periods[-1]),
    )
    st.caption(texts.TREND_HELP)


def _growth_text(growth: float) -> str:
    if growth >= _SAME_GROWTH:
        return texts.grows_faster(growth)
    if growth > 1 / _SAME_GROWTH:
        return texts.GROWS_WITH_LIBRARY
    return texts.grows_slower(growth)


def _show_topics(
    generation: Generation, heading: str, list_name: str, topics: Iterable[Topic]
) -> None:
    """List topics under a heading, if there are any."""
    shown = dict.fromkeys(node_of(generation, topic).topic for topic in topics)
    if not shown:
        return
    section_heading(heading)
    with st.container(key=f"{list_name}s", gap=None):
        for topic in shown:
            topic_row(generation, topic, list_name, f"{topic.size:,}")
