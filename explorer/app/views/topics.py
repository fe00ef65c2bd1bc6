"""The way in for newcomers, the tree of topics, and the page of one topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from explorer.app import state
from explorer.app.export_menu import offer_export
from explorer.app.hits import list_papers, scroll_to_top, show_dot, topic_button
from explorer.app.resources import trends_of
from explorer.app.topic_editing import said_of_topic, show_all_said, show_editing, show_said
from explorer.insights.topic_profile import TopicProfile, topic_profile
from explorer.insights.topic_tree import TopicNode, node_of, shown_level, topic_tree
from explorer.insights.trends import Order, Trends, in_order
from explorer.library.generation import Generation
from explorer.map.charts import BARE_CONFIG, topic_colours, trend_figure
from explorer.papers.text import escape_markdown
from explorer.topics.communities import Topic

_ORDERS = {Order.SIZE: "Largest", Order.NEWEST: "Newest", Order.GROWTH: "Growing"}
_MANY = 30
"""More topics than this can be filtered by name."""
_ROWS = 40
"""The coarsest topics are unfolded from the start where the tree has no more rows then."""
_KEYWORDS = 8
_ALIKE = 1.15
"""A topic grows as fast as the library where it does so within this factor."""


def show_welcome(generation: Generation) -> None:
    """Invite a newcomer: what is here, topic by topic."""
    st.markdown("##### What is in here")
    st.caption("Pick a topic, click a point on the map, or type a few words above.")
    for topic in generation.levels[shown_level(generation)]:
        with st.container(key=f"welcome-{topic.id}", gap=None):
            _row(generation, topic, "welcome", f"{topic.size:,}")
            st.caption(escape_markdown(" · ".join(topic.keywords[:5])))


def show_tree(generation: Generation) -> None:
    """Show all topics as a tree to unfold, sort and filter; a click on a name opens the topic."""
    found = trends_of(generation)
    tree = topic_tree(generation)
    count = _count(tree)
    with st.container(horizontal=True, vertical_alignment="center", key="tree-head"):
        st.markdown(_heading(generation, count))
        order = _order(found)
    wanted = ""
    if count > _MANY:
        wanted = st.text_input(
            "Filter topics by name",
            key="filter",
            type="search",
            live="250ms",
            label_visibility="collapsed",
            icon=":material/filter_list:",
            placeholder="Filter topics by name",
            persist_state="session",
        )
    wanted = (wanted or "").strip().casefold()
    if wanted and not _any_holds(tree, wanted):
        st.caption("No topic's name holds this.")
    unfolded = len(tree) + sum(len(branch.below) for branch in tree) <= _ROWS
    with st.container(key="tree", gap=None):
        _branches(generation, tree, found, order, wanted, unfolded)
    show_all_said(generation)


def show_topic(generation: Generation, topic: Topic) -> None:
    """Show all that is known about one topic, and its papers."""
    told = topic_profile(generation, topic)
    scroll_to_top(topic.id)
    _path(generation, told)
    said = said_of_topic(generation, topic)
    with st.container(key="about", gap="small"):
        with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
            show_dot(topic_colours(generation)[topic.id])
            st.markdown(f"#### {escape_markdown(topic.label)}")
            show_editing(generation, topic, said)
        show_said(topic, said)
        st.caption(" · ".join(_facts(told)))
        _keywords(topic)
        _trend(generation, topic)
    if len(told.representatives) < topic.size:
        st.markdown("##### Papers that stand for it")
        list_papers(generation, told.representatives, "representative")
    _others(generation, "Subtopics", "subtopic", told.below)
    _others(generation, "Neighbouring topics", "neighbour", told.neighbours)
    with st.container(horizontal=True, vertical_alignment="center", key="members-head"):
        st.markdown(f"##### All {topic.size:,} papers" if topic.size > 1 else "##### Its paper")
        offer_export(generation, told.members, "members", topic.label)
    list_papers(generation, told.members[: state.papers_wanted()], "member")
    rest = topic.size - state.papers_wanted()
    if rest > 0:
        more = min(rest, state.PAPERS_A_PAGE)
        st.button(f"Show {more} more", key="more-papers", on_click=state.want_more_papers)


def show_topics_of(generation: Generation, row: int) -> None:
    """Show the topics of the paper in ``row``, coarse to fine; a click opens one."""
    branches = dict.fromkeys(node_of(generation, topic) for topic in generation.topics_of(row))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="paper-path"):
        for place, branch in enumerate(branches):
            if place:
                st.caption("›", width="content")
            topic_button(branch.topic, "paper")


def _heading(generation: Generation, count: int) -> str:
    levels = len(generation.levels)
    topics = "1 topic" if count == 1 else f"{count:,} topics"
    return f"##### {topics}" + (f" on {levels} levels" if levels > 1 else "")


def _order(found: Trends) -> Order:
    """Draw the choice of order, without those that this library's dates cannot tell."""
    known = {Order.SIZE}
    if len({trend.newest for trend in found.of.values()}) > 1:
        known.add(Order.NEWEST)
    if any(trend.growth is not None for trend in found.of.values()):
        known.add(Order.GROWTH)
    if len(known) == 1:
        return Order.SIZE
    chosen = st.segmented_control(
        "Sort by",
        [order for order in _ORDERS if order in known],
        format_func=lambda order: _ORDERS[order],
        default=Order.SIZE,
        key="order",
        label_visibility="collapsed",
        required=True,
        persist_state="session",
    )
    return Order(chosen or Order.SIZE)


def _branches(
    generation: Generation,
    branches: Sequence[TopicNode],
    found: Trends,
    order: Order,
    wanted: str,
    unfolded: bool,
    depth: int = 0,
) -> None:
    by_id = {branch.topic.id: branch for branch in branches}
    for topic in in_order((branch.topic for branch in branches), found, order):
        branch = by_id[topic.id]
        if wanted:
            is_open = _any_holds(branch.below, wanted)
            if not is_open and not _holds(topic, wanted):
                continue
        else:
            is_open = unfolded != state.is_turned(topic.id)
        with st.container(
            key=f"branch{depth}-{topic.id}", horizontal=True, gap="xsmall", wrap=False
        ):
            _fold(branch, is_open)
            _row(generation, topic, "tree", _measure(generation, topic, found, order))
        if is_open:
            _branches(generation, branch.below, found, order, wanted, False, depth + 1)


def _fold(branch: TopicNode, is_open: bool) -> None:
    """Draw what unfolds a topic, or nothing of the same width."""
    topic = branch.topic
    if not branch.below:
        st.html('<span class="leaf"></span>', width="content")
        return
    st.button(
        escape_markdown(f"{'Fold' if is_open else 'Unfold'} {topic.label}"),
        key=f"fold-{topic.id}",
        type="tertiary",
        icon=":material/keyboard_arrow_down:" if is_open else ":material/keyboard_arrow_right:",
        on_click=state.turn,
        args=(topic.id,),
    )


def _measure(generation: Generation, topic: Topic, found: Trends, order: Order) -> str:
    """Return a topic's size, and what it is sorted by."""
    trend = found.of[topic.id]
    if order is Order.NEWEST:
        measure = trend.newest or "undated"
    elif order is Order.GROWTH:
        measure = "undated" if trend.growth is None else f"× {trend.growth:.1f}"
    else:
        measure = _percent(topic.size / generation.size)
    return f"{topic.size:,} · {measure}"


def _path(generation: Generation, told: TopicProfile) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="path"):
        st.button(
            "All topics",
            key="all-topics",
            type="tertiary",
            icon=":material/arrow_back:",
            wrap=True,
            on_click=state.show_view,
            args=(state.TOPICS,),
        )
        for topic in told.above:
            st.caption("›", width="content")
            topic_button(node_of(generation, topic).topic, "path")


def _facts(told: TopicProfile) -> list[str]:
    topic = told.topic
    papers = "1 paper" if topic.size == 1 else f"{topic.size:,} papers"
    facts = [f"{papers}, {_percent(told.share)} of the library"]
    if topic.evidence:
        facts.append(f"“{topic.label}” stands in {topic.evidence:,} of its {topic.size:,} papers")
    return [escape_markdown(fact) for fact in facts]


def _keywords(topic: Topic) -> None:
    with st.container(horizontal=True, gap="xsmall", key="keywords"):
        for number, keyword in enumerate(topic.keywords[:_KEYWORDS]):
            st.button(
                escape_markdown(keyword),
                key=f"keyword-{number}",
                on_click=state.ask_within,
                args=(topic.id, keyword),
            )
    st.caption("A keyword, or what you type in the box at the top, searches within this topic.")


def _trend(generation: Generation, topic: Topic) -> None:
    found = trends_of(generation)
    trend = found.of[topic.id]
    if trend.growth is None:
        return
    st.markdown(_growth(trend.growth))
    st.plotly_chart(
        trend_figure(found, topic, topic_colours(generation)[topic.id], dark=state.is_dark()),
        key="trend",
        theme=None,
        config=BARE_CONFIG,
        alt=f"Papers of this topic from {found.periods[0]} to {found.periods[-1]}.",
    )
    st.caption("Bars: its papers. Dotted: what they would be at one share of the library.")


def _growth(growth: float) -> str:
    if growth >= _ALIKE:
        return f"Growing {growth:.1f} times as fast as the library"
    if growth > 1 / _ALIKE:
        return "Growing about as fast as the library"
    return f"Growing only {growth:.1f} times as fast as the library"


def _others(generation: Generation, heading: str, where: str, topics: Iterable[Topic]) -> None:
    """List topics to go on to, if there are any."""
    shown = dict.fromkeys(node_of(generation, topic).topic for topic in topics)
    if not shown:
        return
    st.markdown(f"##### {heading}")
    with st.container(key=f"{where}s", gap=None):
        for topic in shown:
            _row(generation, topic, where, f"{topic.size:,}")


def _row(generation: Generation, topic: Topic, where: str, note: str) -> None:
    """Draw a topic on one line; ``where`` tells this list from others on the page."""
    with st.container(
        key=f"row-{where}-{topic.id}",
        horizontal=True,
        vertical_alignment="center",
        gap="xsmall",
        wrap=False,
    ):
        show_dot(topic_colours(generation)[topic.id])
        topic_button(topic, where)
        st.caption(escape_markdown(note), width="content")


def _count(branches: Sequence[TopicNode]) -> int:
    return sum(1 + _count(branch.below) for branch in branches)


def _holds(topic: Topic, wanted: str) -> bool:
    return wanted in topic.label.casefold()


def _any_holds(branches: Sequence[TopicNode], wanted: str) -> bool:
    return any(
        _holds(branch.topic, wanted) or _any_holds(branch.below, wanted) for branch in branches
    )


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.0995 else f"{share:.1%}"
