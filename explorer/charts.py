"""Positions and hits to figures. No Streamlit in here, no search, only drawing."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.generation import Generation
from explorer.readable import plain
from explorer.topics import Topic

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PALETTE = (
    "#4878d0",
    "#e07b39",
    "#3aa56b",
    "#c8508a",
    "#8566cf",
    "#b58a1b",
    "#27a3b6",
    "#d6554c",
    "#7d9a2d",
    "#a0609c",
    "#5c80a8",
    "#8f6f50",
)
"""Topic colours, told apart on white and on near-black."""

MAP_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": True,
    "doubleClick": "reset",
    "displayModeBar": True,
    "modeBarButtonsToRemove": ["zoom2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "png", "filename": "literature-map", "scale": 2},
}

_MOST_SVG_POINTS = 3_000
"""SVG points draw without WebGL; beyond this many they would be slow."""
_MOST_NAMES = 24
_MAP_PIXELS = (820.0, 640.0)
"""The size that names are set apart for; the real one depends on the window."""
_NAME_PIXELS = (7.0, 19.0)
_MARK_PIXELS = 22.0


@dataclass(frozen=True, slots=True)
class Inks:
    """Colours of a theme."""

    text: str
    faint: str
    paper: str


LIGHT = Inks(text="#1f2430", faint="#b9bfcb", paper="#ffffff")
DARK = Inks(text="#e8eaf0", faint="#4a5163", paper="#14171f")


@dataclass(frozen=True, slots=True)
class Highlights:
    """What stands out on the map, by row; empty for the plain map."""

    hits: tuple[int, ...] = ()
    """Numbered from 1 in this order."""
    opened: int | None = None
    focus: tuple[int, ...] = ()
    """The papers of the chosen topic: they keep their colours, the rest goes grey."""


def shown_level(generation: Generation) -> int:
    """Return the finest level of topics whose names still fit on the map."""
    fitting = [i for i, level in enumerate(generation.levels) if len(level) <= _MOST_NAMES]
    return fitting[-1] if fitting else 0


def topic_colour(generation: Generation, row: int) -> str:
    """Return the colour of the paper in ``row`` on the map."""
    return PALETTE[int(generation.memberships[shown_level(generation)][row]) % len(PALETTE)]


def map_figure(generation: Generation, highlights: Highlights, *, dark: bool) -> Figure:
    """Return the map: every paper a point in its topic's colour, topic names on it.

    With highlights the rest stays as grey context. Each point carries the paper's id as
    ``customdata``; titles are escaped, so none can act as markup.
    """
    from plotly import graph_objects

    inks = DARK if dark else LIGHT
    level = shown_level(generation)
    places = generation.memberships[level]
    colours = np.array(PALETTE)[places % len(PALETTE)]
    standing_out = bool(highlights.hits) or highlights.opened is not None
    shown: str | list[str] = inks.faint if standing_out else colours.tolist()
    if highlights.focus:
        focused = np.full(generation.size, inks.faint, dtype=object)
        focused[list(highlights.focus)] = colours[list(highlights.focus)]
        shown = focused.tolist()
    kind = _trace_kind(generation)
    figure = graph_objects.Figure()
    figure.add_trace(
        kind(
            x=generation.positions[:, 0],
            y=generation.positions[:, 1],
            mode="markers",
            marker={
                "size": _point_size(generation.size),
                "color": shown,
                "opacity": 0.75 if standing_out else 0.9,
                "line": {"width": 0.8 if kind is graph_objects.Scatter else 0, "color": inks.paper},
            },
            selected={"marker": {"opacity": 1.0}},
            unselected={"marker": {"opacity": 0.25 if not standing_out else 0.5}},
            customdata=list(generation.records.ids),
            hovertext=_hover_texts(generation),
            hoverinfo="text",
            name="papers",
        )
    )
    if highlights.hits:
        figure.add_trace(_numbered(generation, highlights.hits, colours))
    if highlights.opened is not None:
        figure.add_trace(_ring(generation, highlights.opened, inks))
    figure.update_layout(
        template="none",
        dragmode="pan",
        hovermode="closest",
        showlegend=False,
        uirevision=f"{generation.manifest.number}",
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": inks.text},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": inks.faint, "activecolor": inks.text},
        hoverlabel={
            "bgcolor": inks.paper,
            "bordercolor": inks.faint,
            "font": {"color": inks.text, "size": 13},
            "align": "left",
        },
        annotations=_topic_names(generation, level, inks, highlights),
    )
    low, high = _frame(generation.positions)
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_xaxes(**hidden, range=[low[0], high[0]])
    figure.update_yaxes(**hidden, range=[low[1], high[1]])
    return figure


def _point_size(papers: int) -> float:
    return float(np.clip(60.0 / np.sqrt(max(papers, 1)) + 4.0, 3.0, 12.0))


def _frame(
    positions: np.ndarray[Any, np.dtype[np.float32]],
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    low, high = positions.min(axis=0), positions.max(axis=0)
    margin = np.maximum((high - low) * 0.06, 1.0)
    return low - margin, high + margin


@lru_cache(maxsize=2)
def _hover_texts(generation: Generation) -> list[str]:
    """Return what is shown over each point: title, year, topic; escaped, so nothing is markup."""
    years = generation.records.years
    texts = []
    for row, title in enumerate(generation.records.titles):
        lines = [html.escape(line) for line in textwrap.wrap(plain(title), 56)]
        facts = html.escape(generation.topics_of(row)[-1].label)
        year = f"{int(years[row])} · " if years[row] else ""
        texts.append(f"<b>{'<br>'.join(lines)}</b><br>{year}{facts}")
    return texts


def _trace_kind(generation: Generation) -> Any:
    """Return SVG or WebGL scatter: one kind for all, since WebGL covers what is SVG."""
    from plotly import graph_objects

    few = generation.size <= _MOST_SVG_POINTS
    return graph_objects.Scatter if few else graph_objects.Scattergl


def _numbered(generation: Generation, hits: Sequence[int], colours: Any) -> Any:
    rows = np.array(hits[::-1], dtype=np.int64)  # the first hit is drawn last, on top
    hover = _hover_texts(generation)
    return _trace_kind(generation)(
        x=generation.positions[rows, 0],
        y=generation.positions[rows, 1],
        mode="markers+text",
        text=[str(number) for number in range(len(rows), 0, -1)],
        textfont={"color": "#ffffff", "size": 11, "weight": "bold"},
        marker={
            "size": 22,
            "color": [colours[row] for row in rows],
            "line": {"width": 1.5, "color": "#ffffff"},
            "opacity": 1.0,
        },
        unselected={"marker": {"opacity": 0.6}},
        customdata=[generation.records.ids[row] for row in rows],
        hovertext=[hover[row] for row in rows],
        hoverinfo="text",
        name="hits",
    )


def _ring(generation: Generation, row: int, inks: Inks) -> Any:
    return _trace_kind(generation)(
        x=[float(generation.positions[row, 0])],
        y=[float(generation.positions[row, 1])],
        mode="markers",
        marker={
            "size": 30,
            "color": topic_colour(generation, row),
            "symbol": "star",
            "line": {"width": 2, "color": inks.text},
            "opacity": 1.0,
        },
        customdata=[generation.records.ids[row]],
        hovertext=[_hover_texts(generation)[row]],
        hoverinfo="text",
        name="opened",
    )


def _topic_names(
    generation: Generation, level: int, inks: Inks, highlights: Highlights
) -> list[dict[str, Any]]:
    """Return annotations: each topic's name at its middle, moved apart, none overlapping.

    Names keep off each other and off the numbers of hits.
    """
    faded = bool(highlights.hits) or highlights.opened is not None
    low, high = _frame(generation.positions)
    unit = (high - low) / np.array(_MAP_PIXELS)
    mark = _MARK_PIXELS * unit
    taken: list[tuple[float, float, float, float]] = [
        (float(x), float(y), float(mark[0]), float(mark[1]))
        for x, y in generation.positions[list(highlights.hits)]
    ]
    names: list[dict[str, Any]] = []
    places = generation.memberships[level]
    largest_first = sorted(
        enumerate(generation.levels[level]), key=lambda item: (-item[1].size, item[1].id)
    )
    for place, topic in largest_first:
        x, y = np.median(generation.positions[places == place], axis=0)
        # Half a name beyond the edge would be cut off.
        half = _NAME_PIXELS[0] * len(topic.label) * unit[0] / 2
        x = np.clip(x, low[0] + half, max(low[0] + half, high[0] - half))
        width = _NAME_PIXELS[0] * len(topic.label) * unit[0]
        height = _NAME_PIXELS[1] * unit[1]
        spot = _free_spot(float(x), float(y), float(width), float(height), taken)
        if spot is None:
            continue
        taken.append((spot[0], spot[1], float(width), float(height)))
        names.append(_name(topic, spot, PALETTE[place % len(PALETTE)], inks, faded=faded))
    return names


def _free_spot(
    x: float, y: float, width: float, height: float, taken: Sequence[tuple[float, ...]]
) -> tuple[float, float] | None:
    for step in (0, 1, -1, 2, -2, 3, -3):
        candidate = y + step * height
        if not any(
            abs(x - other[0]) < (width + other[2]) / 2
            and abs(candidate - other[1]) < (height + other[3]) / 2
            for other in taken
        ):
            return x, candidate
    return None


def _name(
    topic: Topic, spot: tuple[float, float], colour: str, inks: Inks, *, faded: bool
) -> dict[str, Any]:
    return {
        "x": spot[0],
        "y": spot[1],
        "text": html.escape(topic.label),
        "showarrow": False,
        "opacity": 0.6 if faded else 1.0,
        "font": {
            "size": 13,
            "weight": 700,
            "color": inks.text if faded else colour,
            "shadow": f"0 0 4px {inks.paper}, 0 0 4px {inks.paper}, 0 0 6px {inks.paper}",
        },
    }
