"""Charts of topics in the colours of the map: growth against size, and one topic over time."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.insights.topic_tree import shown_level, topic_tree
from explorer.insights.trends import Trends
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.map.palette import DARK, LIGHT, PALETTE, Theme, channels, hex_colour
from explorer.topics.communities import Topic

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

BARE_CONFIG: dict[str, Any] = {"displaylogo": False, "displayModeBar": False}
"""Plotly configuration of charts that people click but do not move."""

_COARSE = "#717a8f"
"""Colour of topics coarser than those on the map, whose subtopics have the colours."""
_PALEST = 0.55
_MOST_TICKS = 8


@cached_by_owner(1)
def topic_colours(generation: Generation) -> dict[str, str]:
    """Return the colour of each topic by its id.

    Those of the shown level have their colour on the map, finer ones a paler shade of it, and
    coarser ones a neutral grey.
    """
    shown = shown_level(generation)
    colours: dict[str, str] = {}
    for level, topics in enumerate(generation.levels):
        siblings: dict[str, list[Topic]] = {}
        for topic in topics:
            siblings.setdefault(topic.parent, []).append(topic)
        for topic in topics:
            if level < shown:
                colours[topic.id] = _COARSE
            elif level == shown:
                colours[topic.id] = PALETTE[topic.colour % len(PALETTE)]
            else:
                family = siblings[topic.parent]
                paler = (family.index(topic) + 1) / (len(family) + 1) if len(family) > 1 else 0.0
                colours[topic.id] = _mixed(colours[topic.parent], "#ffffff", _PALEST * paler)
    return colours


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """Topic on the chart of growth against size."""

    id: str
    label: str
    papers: int
    growth: float
    """See :class:`~explorer.insights.trends.Trend`."""
    colour: str
    """Colour of the topic, or of the one it is part of, on the map."""


def growth_points(generation: Generation, trends: Trends) -> list[GrowthPoint]:
    """Return all topics whose growth is known, large before small."""
    points: list[GrowthPoint] = []
    nodes = [(node, _COARSE) for node in topic_tree(generation)]
    while nodes:
        node, colour = nodes.pop()
        topic, growth = node.topic, trends.of[node.topic.id].growth
        if topic.level == shown_level(generation):
            colour = PALETTE[topic.colour % len(PALETTE)]
        if growth is not None:
            points.append(GrowthPoint(topic.id, topic.label, topic.size, growth, colour))
        nodes += [(finer, colour) for finer in node.below]
    return sorted(points, key=lambda point: (-point.papers, point.id))


def trend_figure(trends: Trends, topic: Topic, colour: str, *, dark: bool) -> Figure:
    """Return the papers of ``topic`` per period as bars, with a line for the library.

    The line shows the bars of a topic whose share of the library had never changed.
    """
    from plotly import graph_objects

    theme = DARK if dark else LIGHT
    counts = trends.of[topic.id].counts
    share = sum(counts) / max(sum(trends.library), 1)
    hover = [
        f"{html.escape(period)}: {count:,} of the library's {all_papers:,}"
        for period, count, all_papers in zip(trends.periods, counts, trends.library, strict=True)
    ]
    places = list(range(len(counts)))
    figure = graph_objects.Figure(
        [
            graph_objects.Bar(
                x=places, y=counts, marker={"color": colour}, hovertext=hover, hoverinfo="text"
            ),
            graph_objects.Scatter(
                x=places,
                y=[share * all_papers for all_papers in trends.library],
                mode="lines",
                line={"color": theme.text, "width": 1.5, "dash": "dot"},
                opacity=0.45,
                hoverinfo="skip",
            ),
        ]
    )
    shown = places[:: -(-len(places) // _MOST_TICKS)]
    figure.update_layout(
        template="none",
        height=128,
        margin={"l": 6, "r": 6, "t": 6, "b": 22},
        bargap=0.25,
        showlegend=False,
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": theme.text, "size": 11},
        hoverlabel=_hover_label(theme),
    )
    figure.update_xaxes(
        tickvals=shown,
        ticktext=[html.escape(trends.periods[place]) for place in shown],
        tickangle=0,
        showgrid=False,
        zeroline=False,
        showline=True,
        linecolor=theme.faint,
        fixedrange=True,
    )
    figure.update_yaxes(visible=False, rangemode="tozero", fixedrange=True)
    return figure


def _mixed(colour: str, other: str, part: float) -> str:
    """Return ``colour`` with ``part`` of it, from 0 to 1, replaced by ``other``."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return hex_colour([a + (b - a) * part for a, b in pairs])


def _hover_label(theme: Theme) -> dict[str, Any]:
    """Return the look of tooltips on every figure."""
    return {
        "bgcolor": theme.background,
        "bordercolor": theme.faint,
        "font": {"color": theme.text, "size": 13},
        "align": "left",
    }
