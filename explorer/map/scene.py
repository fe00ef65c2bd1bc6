"""Scenes of the map: one view of it, packed for the browser.

Whatever the size of the library, a scene holds a few thousand papers: those that appear first at
this zoom (``sampling.py``), over the density of all of them, with the names of the topics in view.
The same view always gives the same scene.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.insights.topic_tree import TopicNode, paths_to_finest, shown_level, topic_tree
from explorer.insights.trends import TimeAxis, time_axis
from explorer.learning.recommendations import scores_of_all
from explorer.learning.taste import is_learnable
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.map.colouring import ColourBy, Colouring, colouring, informative_colourings
from explorer.map.highlights import Highlights, frame_of, home_frame
from explorer.map.palette import DARK, LIGHT
from explorer.map.sampling import MOST_COLOURS, Sampler, Viewport, contours
from explorer.papers.text import plain
from explorer.topics.communities import Topic

MOST_DRAWN = 5_000
"""Papers of a view up to which all of them are drawn."""
SAMPLED = 4_000
"""Papers drawn of a view that has more than ``MOST_DRAWN``."""
_BESIDE = 600
"""Papers drawn around the view, so that a small move does not show an empty margin."""
_MARGIN = 0.15
"""Width of that margin, as a share of the view's width and height."""
_CELLS = (120, 90)
"""Columns and rows of the density."""
_CONTOURS = 4
_FEWEST_IN_CONTOURS = 60
"""Papers in view from which on contours are drawn."""
_MOST_NAMES = 160
_LONGEST_TITLE = 160
_MIN_OPACITY, _MAX_OPACITY = 10, 120
"""Opacity of the sparsest and the densest cells, out of 255."""
_INNER = 0.7
"""Share of a topic's papers that lie within its radius."""
_NONE = 255
_POSITION_STEPS = 65_535
_CONTOUR_STEPS = 4_095
"""Steps that positions and contours are rounded to, over the width and height of the extent."""

_KINDS = {"u1": "u8", "u2": "u16", "i2": "i16", "u4": "u32", "f4": "f32"}


@dataclass(frozen=True, slots=True)
class SceneRequest:
    """Parameters of a scene besides the highlights."""

    view: Viewport | None = None
    """None for the whole map."""
    by: ColourBy = ColourBy.TOPIC
    safe: bool = False
    """Whether to use colours that colour-blind people can distinguish."""
    span: tuple[int, int] | None = None
    """First and last period whose papers are drawn first, as indices among all periods."""
    dark: bool = False
    is_whole: bool = False
    """Whether ``view`` is that of the whole map, in a frame of another shape."""


@dataclass(frozen=True, slots=True)
class _Name:
    topic: Topic
    finest: bool
    x: float
    y: float
    radius: float


def scene(generation: Generation, look: SceneRequest, highlights: Highlights) -> bytes:
    """Return the scene of ``look``, packed: a header in JSON and arrays, compressed by zlib.

    Scenes in the browser have the same fields: see ``Scene`` in ``browser/types.d.ts``.
    """
    detail = detail_of(generation)
    home = home_view(generation)
    view = look.view or home
    around = view.widened(_MARGIN)
    # Colours by interest are to be seen on all papers, recommended or not.
    keeps_all = look.by is ColourBy.FOR_YOU and bool(highlights.newcomers)
    focus = None if keeps_all else _focus(generation, highlights)
    axis, counts = time_axis(generation), papers_per_period(generation)
    places = axis.indices
    rows, whole, inside = _rows(detail, view, around, _wanted(focus, axis, look.span))
    papers_in_view = inside
    if look.span is not None:
        papers_in_view = detail.count(view, in_span(axis, look.span))
    colours = _colours(generation, look, rows, highlights)
    header: dict[str, Any] = {
        "generation": generation.manifest.number,
        "papers": generation.size,
        "level": shown_level(generation),
        "home": corners(home),
        "isHome": look.view is None or look.is_whole,
        "view": corners(view),
        "extent": corners(around),
        "papersInView": papers_in_view,
        "complete": whole,
        "focused": focus is not None,
        "colourBy": str(colours.by),
        "colourings": [str(by) for by in _colourings(generation, highlights)],
        "palette": list(colours.palette),
        "legend": [
            {"label": key.label, "colour": key.colour, "papers": key.papers, "clause": key.clause}
            for key in colours.legend
        ],
        "ramp": asdict(colours.ramp) if colours.ramp is not None else None,
        "topicNames": names_in(generation, around, colours),
        "periods": list(axis.periods),
        "earliest": axis.earliest,
        "latest": axis.latest,
        "papersPerPeriod": list(counts),
        "span": look.span,
        "titles": "\n".join(short_title(title) for title in generation.records.titles.take(rows)),
        "positionSteps": _POSITION_STEPS,
        "contours": [],
        "contourSteps": _CONTOUR_STEPS,
        "density": None,
    }
    finest = generation.memberships[-1][rows]
    used, topic = np.unique(finest, return_inverse=True)
    header |= topic_fields(generation, used.tolist())
    spots = generation.positions[rows]
    arrays: dict[str, NDArray[Any]] = {
        "x": _rounded(spots[:, 0], around.left, around.right),
        "y": _rounded(spots[:, 1], around.bottom, around.top),
        "row": rows.astype("<u4"),
        "colour": colours.of[rows],
        "topic": topic.astype("<u2"),
        "year": generation.records.years[rows].astype("<i2"),
        "period": np.where(places[rows] < 0, _NONE, places[rows]).astype("u1"),
    }
    if focus is not None:
        arrays["focus"] = focus[rows].astype("u1")
    if not whole or inside >= _FEWEST_IN_CONTOURS:
        shade = colours.of if colours.by is not ColourBy.SCORE else np.full_like(colours.of, _NONE)
        density = detail.density(around, *_CELLS, shade)
        header["contours"] = [
            [level, np.rint(line.ravel() * _CONTOUR_STEPS).astype(int).tolist()]
            for level, line in contours(density, _CONTOURS, around)
        ]
        if not whole:
            header["density"] = {
                "view": corners(around),
                "columns": _CELLS[0],
                "rows": _CELLS[1],
            }
            arrays["cellOpacity"] = _opacity(density.counts)
            arrays["cellColour"] = density.colours.astype("u1").ravel()
    return packed(header | _initial_fields(look), arrays)


@cached_by_owner(1)
def home_view(generation: Generation) -> Viewport:
    """Return the first view of the map: all of it except a few outliers."""
    (left, bottom), (right, top) = home_frame(generation)
    return Viewport(float(left), float(bottom), float(right), float(top))


def topic_view(generation: Generation, topic: str) -> Viewport:
    """Return a view of the topic with this id."""
    (left, bottom), (right, top) = frame_of(generation, topic)
    return Viewport(float(left), float(bottom), float(right), float(top))


@cached_by_owner(1)
def detail_of(generation: Generation) -> Sampler:
    return Sampler(generation.positions, generation.strengths[-1])


@cached_by_owner(1)
def papers_per_period(generation: Generation) -> tuple[int, ...]:
    """Return the number of papers in each period of the library's time axis."""
    axis = time_axis(generation)
    counts = np.bincount(axis.indices[axis.indices >= 0], minlength=len(axis.periods))
    return tuple(counts.tolist())


@cached_by_owner(1)
def _topics_per_period(generation: Generation) -> dict[str, list[int]]:
    """Return the number of papers in each period, by the id of their topic."""
    axis = time_axis(generation)
    rows = np.flatnonzero(axis.indices >= 0)
    periods = len(axis.periods)
    of: dict[str, list[int]] = {}
    for topics, labels in zip(generation.levels, generation.memberships, strict=True):
        cells = labels[rows].astype(np.int64) * periods + axis.indices[rows]
        counts = np.bincount(cells, minlength=len(topics) * periods)
        table = counts.reshape(len(topics), periods).tolist()
        of |= {topic.id: row for topic, row in zip(topics, table, strict=True)}
    return of


def in_span(axis: TimeAxis, span: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a mask of the papers of the periods ``span``, given by their indices."""
    return (axis.indices >= span[0]) & (axis.indices <= span[1])


def _focus(generation: Generation, highlights: Highlights) -> NDArray[np.bool_] | None:
    chosen = highlights.focus or highlights.newcomers
    if not chosen:
        return None
    focus = np.zeros(generation.size, dtype=bool)
    focus[np.asarray(chosen, dtype=np.int64)] = True
    return focus


def _wanted(
    focus: NDArray[np.bool_] | None, axis: TimeAxis, span: tuple[int, int] | None
) -> NDArray[np.bool_] | None:
    """Return whether each paper is to be drawn before others; None if none is."""
    if span is None:
        return focus
    within = in_span(axis, span)
    return within if focus is None else focus & within


def _rows(
    detail: Sampler, view: Viewport, around: Viewport, wanted: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], bool, int]:
    """Return the rows to draw, whether these are all of the view, and its number of papers."""
    sample = detail.rows_in(view, MOST_DRAWN, spare=_BESIDE, around=around)
    if sample.whole:
        return sample.rows, True, sample.inside
    if wanted is None:
        sample = detail.rows_in(view, SAMPLED, spare=_BESIDE, around=around)
        return sample.rows, False, sample.inside
    first = detail.rows_in(view, SAMPLED, wanted).rows
    others = detail.rows_in(view, max(SAMPLED - len(first), _BESIDE), ~wanted).rows
    return np.concatenate([first, others]), False, sample.inside


def _colourings(generation: Generation, highlights: Highlights) -> tuple[ColourBy, ...]:
    """Return what papers may be coloured by."""
    scores = () if highlights.query is None else (ColourBy.SCORE,)
    marks = highlights.marks
    interests = () if marks is None or not is_learnable(marks) else (ColourBy.FOR_YOU,)
    return (*informative_colourings(generation), *interests, *scores)


def _colours(
    generation: Generation,
    look: SceneRequest,
    rows: NDArray[np.int64],
    highlights: Highlights,
) -> Colouring:
    query = highlights.query
    scores, limits = None, (0.0, 1.0)
    if look.by is ColourBy.FOR_YOU and highlights.marks is not None:
        scores = scores_of_all(generation, highlights.marks)
    if look.by is ColourBy.SCORE and query is not None:
        scores = np.full(generation.size, np.nan, dtype=np.float32)
        scores[rows] = _scored(generation, rows, query)
        limits = _limits(generation, query.astype(np.float32).tobytes())
    return colouring(
        generation,
        look.by if look.by in _colourings(generation, highlights) else ColourBy.TOPIC,
        dark=look.dark,
        safe=look.safe,
        level=shown_level(generation),
        scores=scores,
        limits=limits,
    )


def _scored(
    generation: Generation, rows: NDArray[np.int64], query: NDArray[np.float32]
) -> NDArray[np.float32]:
    near: NDArray[np.float32] = np.einsum("rd,d->r", generation.engine.vectors(rows), query)
    return near.clip(0.0, 1.0)


@cached_by_owner(64)
def _limits(generation: Generation, query: bytes) -> tuple[float, float]:
    """Return the lowest and highest score of papers all over the map, so that colours stay."""
    sample = detail_of(generation).order[:SAMPLED]
    near = _scored(generation, sample, np.frombuffer(query, dtype=np.float32))
    return float(near.min()), float(near.max())


def names_in(
    generation: Generation, view: Viewport, colours: Colouring, most: int = _MOST_NAMES
) -> list[dict[str, Any]]:
    """Return the names of topics centred in ``view``, coarse before fine, large before small."""
    level = shown_level(generation)
    names: list[dict[str, Any]] = []
    for name in _names(generation):
        if not (view.left <= name.x <= view.right and view.bottom <= name.y <= view.top):
            continue
        colour = _NONE
        if colours.by is ColourBy.TOPIC:
            colour = _over(generation, name.topic, level).colour % len(colours.palette)
        names.append(
            {
                "id": name.topic.id,
                "label": name.topic.label,
                "level": name.topic.level,
                "finest": name.finest,
                "papers": name.topic.size,
                "papersPerPeriod": _topics_per_period(generation)[name.topic.id],
                "x": round(name.x, 4),
                "y": round(name.y, 4),
                "radius": round(name.radius, 4),
                "colour": colour,
            }
        )
        if len(names) == most:
            break
    return names


@cached_by_owner(1)
def _names(generation: Generation) -> tuple[_Name, ...]:
    """Return all topics from the shown level down, with their centres and radii."""
    level = shown_level(generation)
    branches: list[TopicNode] = []
    below: Sequence[TopicNode] = topic_tree(generation)
    while below:
        branches += [branch for branch in below if branch.topic.level >= level or not branch.below]
        below = [finer for branch in below for finer in branch.below]
    branches.sort(key=lambda branch: (branch.topic.level, -branch.topic.size, branch.topic.id))
    return tuple(_placed(generation, branch) for branch in branches)


def _placed(generation: Generation, branch: TopicNode) -> _Name:
    spots = generation.positions[generation.members(branch.topic)]
    # By hand: NumPy's own median and quantile take ten times as long on a few papers.
    last = len(spots) - 1
    in_order = np.sort(spots, axis=0)
    middle = (in_order[last // 2] + in_order[(last + 1) // 2]) / 2
    distances = np.sort(np.sqrt(((spots - middle) ** 2).sum(axis=1)))
    below, part = divmod(_INNER * last, 1.0)
    nearer, farther = distances[int(below)], distances[min(int(below) + 1, last)]
    radius = nearer + part * (farther - nearer)
    finest = not branch.below
    return _Name(branch.topic, finest, float(middle[0]), float(middle[1]), float(radius))


def topic_fields(generation: Generation, indices: Sequence[int]) -> dict[str, Any]:
    """Return labels and paths of topics of the finest level, and the topics on these paths."""
    finest = generation.levels[-1]
    paths = [paths_to_finest(generation)[index] for index in indices]
    places = {topic: place for place, topic in enumerate(dict.fromkeys(chain(*paths)))}
    return {
        "topics": [finest[index].label for index in indices],
        "topicPaths": [[places[topic] for topic in path] for path in paths],
        "pathTopics": [{"id": topic.id, "label": topic.label} for topic in places],
    }


def _over(generation: Generation, topic: Topic, level: int) -> Topic:
    """Return the topic of ``level`` that ``topic`` is a part of, or itself if it is coarser."""
    while topic.level > level and topic.parent in generation.topics:
        topic = generation.topics[topic.parent]
    return topic


def _initial_fields(look: SceneRequest) -> dict[str, Any]:
    """Return the fields that a new map in the browser starts from."""
    return {
        "request": {
            "view": None if look.view is None or look.is_whole else corners(look.view),
            "colourBy": str(look.by),
            "safe": look.safe,
            "span": look.span,
        },
        "theme": asdict(DARK if look.dark else LIGHT),
    }


def sampling_settings() -> dict[str, float]:
    """Return the settings that an exported map needs to make scenes as this module does."""
    return {
        "maxDrawn": MOST_DRAWN,
        "sampleSize": SAMPLED,
        "maxAround": _BESIDE,
        "margin": _MARGIN,
        "columns": _CELLS[0],
        "rows": _CELLS[1],
        "minOpacity": _MIN_OPACITY,
        "maxOpacity": _MAX_OPACITY,
        "noColour": _NONE,
        "maxColours": MOST_COLOURS,
    }


@lru_cache(maxsize=50_000)
def short_title(title: str) -> str:
    """Return a readable ``title``, cut if long; cached, for successive views share titles."""
    words = " ".join(plain(title).split())
    return words if len(words) <= _LONGEST_TITLE else f"{words[: _LONGEST_TITLE - 1].rstrip()}…"


def corners(view: Viewport) -> list[float]:
    return [float(f"{value:.7g}") for value in (view.left, view.bottom, view.right, view.top)]


def _rounded(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint16]:
    share = (values.astype(np.float64) - low) / max(high - low, 1e-12)
    return np.rint(np.clip(share, 0.0, 1.0) * _POSITION_STEPS).astype("<u2")


def _opacity(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    heights = np.log1p(counts.astype(np.float32))
    share = heights / max(float(heights.max(initial=0.0)), 1e-9)
    opacity = _MIN_OPACITY + (_MAX_OPACITY - _MIN_OPACITY) * share
    return np.where(counts > 0, opacity, 0.0).astype("u1").ravel()


def packed(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bytes:
    """Return a header and arrays in one compressed message.

    Four bytes hold the length of the header in JSON, little-endian; its ``arrays`` list the type,
    the offset and the length of each array.
    """
    types = {name: (_KINDS[array.dtype.str[1:]], len(array)) for name, array in arrays.items()}
    blank = {name: [kind, 9_999_999, count] for name, (kind, count) in types.items()}
    # Offsets depend on the header's length, which is fixed by leaving room for large numbers.
    length = len(_encoded(header | {"arrays": blank}))
    start = _aligned(4 + length)
    pieces: list[bytes] = []
    directory: dict[str, list[Any]] = {}
    for name, array in arrays.items():
        raw = array.tobytes()
        directory[name] = [types[name][0], start, types[name][1]]
        pieces.append(raw.ljust(_aligned(len(raw)), b"\0"))
        start += len(pieces[-1])
    head = _encoded(header | {"arrays": directory}).ljust(_aligned(4 + length) - 4)
    return zlib.compress(b"".join([struct.pack("<I", len(head)), head, *pieces]), 6)


def _encoded(header: dict[str, Any]) -> bytes:
    return json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()


def _aligned(size: int) -> int:
    return -(-size // 4) * 4


def unpacked(packed: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays of a scene, as the browser does; for tests and measurements."""
    kinds = {kind: numpy for numpy, kind in _KINDS.items()}
    raw = zlib.decompress(packed)
    (length,) = struct.unpack_from("<I", raw)
    header = json.loads(raw[4 : 4 + length])
    arrays = {
        name: np.frombuffer(raw, dtype=f"<{kinds[kind]}", count=count, offset=start)
        for name, (kind, start, count) in header["arrays"].items()
    }
    return header, arrays
