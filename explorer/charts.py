"""Positions and hits to the map. No Streamlit in here, no search, only drawing."""

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
    "#3e62a8",
    "#b06437",
    "#34845c",
    "#9e4474",
    "#6c54a7",
    "#907020",
    "#258294",
    "#a84845",
    "#667c2e",
    "#805081",
    "#4d688a",
    "#735b48",
)
"""Topic colours, told apart on white and on near-black; the second dozen is the first, deeper."""

MAP_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "scrollZoom": True,
    "doubleClick": "reset",
    "displayModeBar": True,
    "modeBarButtonsToRemove": ["zoom2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "png", "filename": "literature-map", "scale": 2},
}

_SCORES_ON_LIGHT = ("#8fd744", "#35b779", "#21908d", "#31688e", "#443a83", "#440154")
_SCORES_ON_DARK = ("#3b528b", "#2c728e", "#21908d", "#3dbc74", "#a5db36", "#fde725")
"""From weak to strong: viridis, whose lightness alone tells the order (for colour-blind eyes)."""
_LEAST_SPREAD = 0.15
"""Hits whose scores are nearer than this share of the best one's do not span all colours."""

_LIGHT_DISC = 130.0
"""Discs lighter than this, from 0 to 255, carry dark numbers."""

_MOST_SVG_POINTS = 3_000
"""SVG points draw without WebGL; beyond this many they would be slow."""
_MOST_NAMES = 24
_MAP_PIXELS = (820.0, 640.0)
"""The size that names are set apart for; the real one depends on the window."""
_NAME_PIXELS = (7.0, 19.0)
_MARK_PIXELS = 22.0
_STRAGGLERS = 0.05
"""The share of a topic's papers, the outermost ones, that its frame on the map leaves out."""


@dataclass(frozen=True, slots=True)
class Inks:
    """Colours of a theme."""

    text: str
    faint: str
    paper: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Colours of a hit's number: the disc, and what is written on it."""

    disc: str
    ink: str


LIGHT = Inks(text="#1f2430", faint="#b9bfcb", paper="#ffffff")
DARK = Inks(text="#e8eaf0", faint="#4a5163", paper="#14171f")


@dataclass(frozen=True, slots=True)
class Highlights:
    """What stands out on the map, by row; empty for the plain map."""

    hits: tuple[int, ...] = ()
    """Numbered from 1 in this order."""
    shares: tuple[float, ...] = ()
    """The score of each hit as a share of the best; empty to show hits in their topics' colours."""
    opened: int | None = None
    focus: tuple[int, ...] = ()
    """These papers keep their colours, the rest goes grey."""
    topic: str = ""
    """The id of the topic that the map is framed on."""
    newcomers: tuple[int, ...] = ()
    """These papers stand out in their colours, larger; the rest goes grey."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A hit as a numbered disc over the map, at ``x`` and ``y`` on its axes."""

    x: float
    y: float
    number: int
    paper: str
    title: str
    disc: str
    ink: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A topic in the tree of all topics."""

    topic: Topic
    below: tuple[Branch, ...]
    """The topics that it is divided into, largest first."""


def shown_level(generation: Generation) -> int:
    """Return the finest level of topics whose names still fit on the map."""
    fitting = [i for i, level in enumerate(generation.levels) if len(level) <= _MOST_NAMES]
    return fitting[-1] if fitting else 0


def topic_tree(generation: Generation) -> tuple[Branch, ...]:
    """Return all topics as a tree, largest first, each that goes on undivided once."""
    return _tree(generation)[0]


def branch_of(generation: Generation, topic: Topic) -> Branch:
    """Return where ``topic`` stands in the tree.

    A topic that goes on undivided from level to level has many ids and stands there by one: that of
    the shown level, or else its coarsest.
    """
    return _tree(generation)[1][topic.id]


@lru_cache(maxsize=2)
def _tree(generation: Generation) -> tuple[tuple[Branch, ...], dict[str, Branch]]:
    shown = shown_level(generation)
    below: dict[str, list[Topic]] = {}
    for topic in generation.topics.values():
        below.setdefault(topic.parent, []).append(topic)
    standing: dict[str, Branch] = {}

    def branch(topic: Topic) -> Branch:
        chain = [topic]
        while len(finer := below.get(chain[-1].id, [])) == 1:
            chain.append(finer[0])
        stands = next((same for same in chain if same.level == shown), topic)
        made = Branch(stands, branches(finer))
        standing.update(dict.fromkeys((same.id for same in chain), made))
        return made

    def branches(topics: Sequence[Topic]) -> tuple[Branch, ...]:
        ordered = sorted(topics, key=lambda topic: (-topic.size, topic.id))
        return tuple(branch(topic) for topic in ordered)

    return branches(generation.levels[0]), standing


def topic_colour(generation: Generation, row: int) -> str:
    """Return the colour of the paper in ``row`` on the map."""
    level = shown_level(generation)
    topic = generation.levels[level][int(generation.memberships[level][row])]
    return PALETTE[topic.colour % len(PALETTE)]


def shares_of_best(scores: Sequence[float]) -> tuple[float, ...]:
    """Return each score as a share of the best, from 0 to 1; none where nothing was ranked."""
    best = max(scores, default=0.0)
    return tuple(max(0.0, score / best) for score in scores) if best > 0 else ()


def score_marks(shares: Sequence[float], *, dark: bool) -> list[Mark]:
    """Return the colours of hits by their scores, given as shares of the best.

    The best stands out most from the background, the others fade towards it.
    """
    stops = _SCORES_ON_DARK if dark else _SCORES_ON_LIGHT
    spread = max(1.0 - min(shares, default=1.0), _LEAST_SPREAD)
    parts = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops])
    places = (1.0 - (1.0 - np.array(shares)) / spread) * (len(stops) - 1)
    marks = []
    for place in places:
        red, green, blue = (np.interp(place, range(len(stops)), channel) for channel in parts.T)
        light = 0.299 * red + 0.587 * green + 0.114 * blue > _LIGHT_DISC
        disc = f"#{round(red):02x}{round(green):02x}{round(blue):02x}"
        marks.append(Mark(disc, LIGHT.text if light else "#ffffff"))
    return marks


def spots(generation: Generation, highlights: Highlights, *, dark: bool) -> list[Spot]:
    """Return the hits as discs to be laid over the map, in the colours of their scores."""
    marks = score_marks(highlights.shares, dark=dark) or [
        Mark(topic_colour(generation, row), "#ffffff") for row in highlights.hits
    ]
    places = generation.positions[list(highlights.hits)].tolist()
    papers = [generation.records[row] for row in highlights.hits]
    return [
        Spot(x, y, number, paper.id, paper.readable_title, mark.disc, mark.ink)
        for number, ((x, y), paper, mark) in enumerate(zip(places, papers, marks, strict=True), 1)
    ]


def map_figure(generation: Generation, highlights: Highlights, *, dark: bool) -> Figure:
    """Return the map: every paper a point in its topic's colour, topic names on it.

    With highlights the rest stays as grey context. Hits are :func:`spots` over the map and leave it
    as it is, so that it need not be drawn anew for each query. Each point carries the paper's id as
    ``customdata``; titles are escaped, so none can act as markup.
    """
    from plotly import graph_objects

    inks = DARK if dark else LIGHT
    level = shown_level(generation)
    places = generation.memberships[level]
    numbers = np.array([topic.colour for topic in generation.levels[level]])
    colours = np.array(PALETTE)[numbers[places] % len(PALETTE)]
    standing_out = bool(highlights.hits) or highlights.opened is not None
    greyed = standing_out or bool(highlights.newcomers)
    shown: str | list[str] = inks.faint if greyed else colours.tolist()
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
                "opacity": 0.75 if greyed else 0.9,
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
    if highlights.newcomers:
        figure.add_trace(_newcomers(generation, highlights.newcomers, colours, inks))
    if highlights.opened is not None:
        figure.add_trace(_ring(generation, highlights.opened, inks))
    figure.update_layout(
        template="none",
        dragmode="pan",
        hovermode="closest",
        showlegend=False,
        # Whoever moved the map finds it where it was, until it is framed on another topic.
        uirevision=f"{generation.manifest.number}{highlights.topic}",
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": inks.text},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": inks.faint, "activecolor": inks.text},
        hoverlabel=hover_label(inks),
        annotations=_topic_names(generation, level, inks, highlights),
    )
    low, high = _framed(generation, highlights.topic)
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_xaxes(**hidden, range=[low[0], high[0]])
    figure.update_yaxes(**hidden, range=[low[1], high[1]])
    return figure


def hover_label(inks: Inks) -> dict[str, Any]:
    """Return how what the pointer is on is shown, on every figure."""
    return {
        "bgcolor": inks.paper,
        "bordercolor": inks.faint,
        "font": {"color": inks.text, "size": 13},
        "align": "left",
    }


def _point_size(papers: int) -> float:
    return float(np.clip(60.0 / np.sqrt(max(papers, 1)) + 4.0, 3.0, 12.0))


def _frame(
    positions: np.ndarray[Any, np.dtype[np.float32]],
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    low, high = positions.min(axis=0), positions.max(axis=0)
    margin = np.maximum((high - low) * 0.06, 1.0)
    return low - margin, high + margin


def _framed(
    generation: Generation, topic: str
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the corners of the map, or of one topic on it in the proportions of the map."""
    low, high = _frame(generation.positions)
    if not topic:
        return low, high
    spots = generation.positions[generation.members(generation.topics[topic])]
    distances = np.linalg.norm(spots - np.median(spots, axis=0), axis=1)
    inner = spots[np.argsort(distances)[: len(spots) - round(_STRAGGLERS * len(spots))]]
    its_low, its_high = _frame(inner)
    half = (high - low) * np.max((its_high - its_low) / (high - low)) / 2
    middle = (its_low + its_high) / 2
    return middle - half, middle + half


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


def _newcomers(generation: Generation, newcomers: Sequence[int], colours: Any, inks: Inks) -> Any:
    rows = np.array(newcomers[::-1], dtype=np.int64)  # the newest is drawn last, on top
    hover = _hover_texts(generation)
    return _trace_kind(generation)(
        x=generation.positions[rows, 0],
        y=generation.positions[rows, 1],
        mode="markers",
        marker={
            "size": _point_size(generation.size) + 4.0,
            "color": colours[rows].tolist(),
            "line": {"width": 1.5, "color": inks.paper},
            "opacity": 1.0,
        },
        unselected={"marker": {"opacity": 0.6}},
        customdata=[generation.records.ids[row] for row in rows],
        hovertext=[hover[row] for row in rows],
        hoverinfo="text",
        name="newcomers",
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

    Names keep off each other, and off newcomers where there is room.
    Where the map is framed on a topic, those of its own subtopics come first.
    """
    faded = bool(highlights.hits) or highlights.opened is not None
    frame = _framed(generation, highlights.topic)
    unit = _unit(generation, highlights.topic)
    mark = _MARK_PIXELS * unit
    taken: list[tuple[float, float, float, float]] = []
    newcomers = [
        (float(x), float(y), float(mark[0]) / 2, float(mark[1]) / 2)
        for x, y in generation.positions[list(highlights.newcomers)]
    ]
    names: list[dict[str, Any]] = []
    inner, outer = _named_topics(generation, level, highlights.topic)
    for topic in [*inner, *outer]:
        rows = generation.members(topic)
        x, y = (float(place) for place in np.median(generation.positions[rows], axis=0))
        # Names beside the frame are seen when the map is drawn smaller: they need more room.
        beside = bool(inner) and topic not in inner
        width, height = np.array(_NAME_PIXELS) * (_unit(generation, "") if beside else unit)
        width = float(width) * len(topic.label)
        if not beside:  # Half a name beyond the edge would be cut off.
            left = frame[0][0] + width / 2
            x = float(np.clip(x, left, max(left, frame[1][0] - width / 2)))
        spot = _free_spot(x, y, width, float(height), [*taken, *newcomers])
        spot = spot or _free_spot(x, y, width, float(height), taken)
        if spot is None or (beside and _crosses(frame, spot, width, float(height))):
            continue
        taken.append((*spot, width, float(height)))
        colour = topic_colour(generation, int(rows[0]))
        names.append(_name(topic, spot, colour, inks, faded=faded or beside))
    return names


def _crosses(
    frame: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    spot: tuple[float, float],
    width: float,
    height: float,
) -> bool:
    """Whether a name at ``spot`` would be cut by the edge of ``frame``."""
    half = np.array([width, height]) / 2
    low, high = np.array(spot) - half, np.array(spot) + half
    touches = bool(np.all(high > frame[0]) and np.all(low < frame[1]))
    return touches and not bool(np.all(low >= frame[0]) and np.all(high <= frame[1]))


def _named_topics(
    generation: Generation, level: int, framed: str
) -> tuple[list[Topic], list[Topic]]:
    """Return the topics to name: those inside the framed one, and the others of ``level``."""
    inner: list[Topic] = []
    within: set[int] = set()
    if framed:
        topic = generation.topics[framed]
        finer = branch_of(generation, topic).below
        inner = [branch.topic for branch in finer] or [topic]
        within = set(generation.memberships[level][generation.members(topic)].tolist())
    others = [topic for place, topic in enumerate(generation.levels[level]) if place not in within]
    return inner, sorted(others, key=lambda topic: (-topic.size, topic.id))


def _unit(generation: Generation, topic: str) -> np.ndarray[Any, Any]:
    """Return what one pixel is on the map's axes, where it is framed on ``topic``."""
    low, high = _framed(generation, topic)
    return np.asarray((high - low) / np.array(_MAP_PIXELS))


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
