"""The Topics view: all topics as a tree that can be expanded, or in one list by date or growth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.app import navigation, session, texts, url
from explorer.app.headings import view_heading
from explorer.app.list_rows import show_more_button, topic_row
from explorer.app.resources import read_only_reason, trends_of
from explorer.app.topic_editing import show_all_edits
from explorer.app.views.name_review import show_name_review
from explorer.insights.name_review import name_review
from explorer.insights.topic_tree import TopicNode, all_topics, count_topics, topic_tree
from explorer.insights.trends import Order, Trends, first_recent, in_order
from explorer.library.generation import Generation
from explorer.papers.text import escape_markdown
from explorer.topics.communities import Topic

_MOST_UNFILTERED = 30
"""With more topics than this there is a filter."""
_MOST_EXPANDED = 40
"""The coarsest topics start expanded if the tree then has no more rows than this."""


@dataclass(frozen=True, slots=True)
class _Tree:
    """The library's topics, and how they are shown."""

    generation: Generation
    trends: Trends
    order: Order
    name_filter: str
    """Part of a name in lower case; empty for all topics."""


def show_topic_tree(generation: Generation) -> None:
    """Draw the tree of topics and the list of topic edits; a click on a name opens the topic.

    The review of names takes the place of the tree while it is open.
    """
    if url.is_review() and not read_only_reason():
        show_name_review(generation)
        show_all_edits(generation)
        return
    trends = trends_of(generation)
    nodes = topic_tree(generation)
    count = count_topics(generation)
    with st.container(horizontal=True, vertical_alignment="center", key="tree-head"):
        view_heading(texts.topic_count(count, len(generation.levels)))
        order = _order_control(trends)
        if not read_only_reason() and name_review(generation).topics:
            st.button(
                texts.REVIEW_NAMES,
                key="review-names",
                type="tertiary",
                icon=":material/checklist:",
                on_click=navigation.open_name_review,
            )
    name_filter = _filter_box() if count > _MOST_UNFILTERED else ""
    if name_filter and not _any_matches(nodes, name_filter):
        st.caption(texts.NO_TOPIC_MATCHES)
    tree = _Tree(generation, trends, order, name_filter)
    if order is Order.SIZE:
        expanded = len(nodes) + sum(len(node.below) for node in nodes) <= _MOST_EXPANDED
        with st.container(key="tree", gap=None):
            _show_nodes(tree, nodes, expanded)
    else:
        _show_list(tree)
    show_all_edits(generation)


def percent(share: float) -> str:
    """Return a share in percent, with a decimal if it is small."""
    return f"{share:.0%}" if share >= 0.0995 else f"{share:.1%}"


def _filter_box() -> str:
    text = st.text_input(
        texts.FILTER_TOPICS,
        key="filter",
        type="search",
        live="250ms",
        label_visibility="collapsed",
        icon=":material/filter_list:",
        placeholder=texts.FILTER_TOPICS,
        persist_state="session",
    )
    return (text or "").strip().casefold()


def _order_control(trends: Trends) -> Order:
    """Draw the choice of order, without the orders that need dates the library lacks."""
    possible = {Order.SIZE}
    if len({trend.newest for trend in trends.of.values()}) > 1:
        possible.add(Order.NEWEST)
    if any(trend.growth is not None for trend in trends.of.values()):
        possible.add(Order.GROWTH)
    if len(possible) == 1:
        return Order.SIZE
    chosen = st.segmented_control(
        texts.SORT_BY,
        [order for order in texts.ORDERS if order in possible],
        format_func=lambda order: texts.ORDERS[order],
        default=Order.SIZE,
        key="order",
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    return Order(chosen or Order.SIZE)


def _show_list(tree: _Tree) -> None:
    """Draw the topics of all levels in one list, so that the first is the first of all."""
    matching = [topic for topic in all_topics(tree.generation) if _matches(topic, tree.name_filter)]
    topics = in_order(matching, tree.trends, tree.order)
    recent = first_recent(tree.trends.library)
    if tree.order is Order.GROWTH and topics and recent is not None:
        fastest = tree.trends.of[topics[0].id].growth or 0.0
        st.caption(texts.growth_help(fastest, texts.edtf_date(tree.trends.periods[recent])))
    with st.container(key="tree", gap=None):
        for topic in topics[: session.papers_shown()]:
            topic_row(tree.generation, topic, "tree", _measure(tree, topic))
    show_more_button(len(topics))


def _show_nodes(tree: _Tree, nodes: Sequence[TopicNode], expanded: bool, depth: int = 0) -> None:
    """Draw nodes, large before small, and below each that is expanded its children.

    ``expanded`` is the state before any click; a name filter expands what leads to a match.
    """
    for node in nodes:
        topic = node.topic
        if tree.name_filter:
            is_open = _any_matches(node.below, tree.name_filter)
            if not is_open and not _matches(topic, tree.name_filter):
                continue
        else:
            is_open = expanded != session.is_toggled(topic.id)
        with st.container(
            key=f"branch{depth}-{topic.id}", horizontal=True, gap="xsmall", wrap=False
        ):
            _show_toggle(node, is_open)
            topic_row(tree.generation, topic, "tree", _measure(tree, topic))
        if is_open:
            _show_nodes(tree, node.below, expanded=False, depth=depth + 1)


def _show_toggle(node: TopicNode, is_open: bool) -> None:
    """Draw the button that expands or collapses a topic, or a space of its width."""
    topic = node.topic
    if not node.below:
        st.html('<span class="leaf"></span>', width="content")
        return
    st.button(
        escape_markdown(f"{texts.COLLAPSE if is_open else texts.EXPAND} {topic.label}"),
        key=f"fold-{topic.id}",
        type="tertiary",
        icon=":material/keyboard_arrow_down:" if is_open else ":material/keyboard_arrow_right:",
        on_click=session.toggle,
        args=(topic.id,),
    )


def _measure(tree: _Tree, topic: Topic) -> str:
    """Return a topic's size and what it is sorted by."""
    trend = tree.trends.of[topic.id]
    if tree.order is Order.NEWEST:
        measure = trend.newest or texts.UNDATED
    elif tree.order is Order.GROWTH:
        measure = texts.UNDATED if trend.growth is None else f"× {trend.growth:.1f}"
    else:
        measure = percent(topic.size / tree.generation.size)
    return f"{topic.size:,} · {measure}"


def _matches(topic: Topic, name_filter: str) -> bool:
    return name_filter in topic.label.casefold()


def _any_matches(nodes: Sequence[TopicNode], name_filter: str) -> bool:
    return any(
        _matches(node.topic, name_filter) or _any_matches(node.below, name_filter) for node in nodes
    )
