"""Charts of topics in the colours of the map: the tree as rings, and one topic over time."""

from __future__ import annotations

import html
import textwrap
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
_SECTOR_LETTERS = 13
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


def sunburst_figure(generation: Generation, *, dark: bool) -> Figure:
    """Return the tree of topics as rings, coarse ones inside; each sector has its topic's id.

    Topics more than one level finer than those on the map would be too thin; they are left out.
    """
    from plotly import graph_objects

    theme = DARK if dark else LIGHT
    colours = topic_colours(generation)
    finest = shown_level(generation) + 1
    all_papers = Topic("all", -1, "", f"{generation.size:,} papers", (), generation.size)
    ids, parents, topics = [all_papers.id], [""], [all_papers]
    rings = [(branch, all_papers.id) for branch in topic_tree(generation)]
    while rings:
        branch, parent = rings.pop(0)
        ids.append(branch.topic.id)
        parents.append(parent)
        topics.append(branch.topic)
        inner = [finer for finer in branch.below if finer.topic.level <= finest]
        rings += [(finer, branch.topic.id) for finer in inner]
    fills = [theme.background, *(colours[topic.id] for topic in topics[1:])]
    figure = graph_objects.Figure(
        graph_objects.Sunburst(
            ids=ids,
            parents=parents,
            labels=[html.escape(topic.label) for topic in topics],
            values=[topic.size for topic in topics],
            branchvalues="total",
            text=["<br>".join(_sector_lines(topic.label)) for topic in topics],
            textinfo="text",
            hovertext=[_sector_hover(topic, generation.size) for topic in topics],
            hoverinfo="text",
            marker={"colors": fills, "line": {"width": 1, "color": theme.background}},
            leaf={"opacity": 1.0},
            insidetextfont={
                "color": [theme.text, *(_text_on(colour) for colour in fills[1:])],
                "size": 13,
            },
            insidetextorientation="auto",
        )
    )
    figure.update_layout(
        template="none",
        margin={"l": 4, "r": 4, "t": 4, "b": 16},
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": theme.text},
        # Names that do not fit their sector at a readable size are left to the pointer.
        uniformtext={"minsize": 10, "mode": "hide"},
        hoverlabel=_hover_label(theme),
        uirevision=f"{generation.manifest.number}",
    )
    return figure


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


def _sector_lines(label: str) -> list[str]:
    return [
        html.escape(line) for line in textwrap.wrap(label, _SECTOR_LETTERS, break_long_words=False)
    ]


def _sector_hover(topic: Topic, papers: int) -> str:
    if topic.level < 0:
        return html.escape(topic.label)
    lines = [f"<b>{html.escape(topic.label)}</b>"]
    lines.append(f"{topic.size:,} papers, {topic.size / papers:.1%}")
    lines += [html.escape(line) for line in textwrap.wrap(" · ".join(topic.keywords[:5]), 48)]
    return "<br>".join(lines)


def _mixed(colour: str, other: str, part: float) -> str:
    """Return ``colour`` with ``part`` of it, from 0 to 1, replaced by ``other``."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return hex_colour([a + (b - a) * part for a, b in pairs])


def _text_on(colour: str) -> str:
    red, green, blue = channels(colour)
    return "#ffffff" if 0.3 * red + 0.59 * green + 0.11 * blue < 165 else LIGHT.text


def _hover_label(theme: Theme) -> dict[str, Any]:
    """Return the look of tooltips on every figure."""
    return {
        "bgcolor": theme.background,
        "bordercolor": theme.faint,
        "font": {"color": theme.text, "size": 13},
        "align": "left",
    }
