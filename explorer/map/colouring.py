"""Colours of papers on the map, by topic, year, digest, score and so on, and their legend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from explorer.insights.topic_tree import shown_level
from explorer.learning.taste import DEFAULTS
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.map.palette import DARK, LIGHT, PALETTE, channels, hex_colour
from explorer.search.queries.syntax import quotable

Colours = NDArray[np.uint8]

_SAFE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#b8a800", "#7f7f7f")
"""Okabe and Ito 2008, "Color universal design"; yellow darkened and black replaced by grey, to be
visible on any background."""
_SHADES = (1.0, 0.72, 1.28)
"""Lightness of the eight colours at each repetition."""
_VIRIDIS = ("#443a83", "#31688e", "#21908d", "#35b779", "#8fd744", "#d8d020")
_CIVIDIS = ("#2b4a7a", "#4a5f7f", "#767777", "#9a8f70", "#c1aa60", "#e5c33e")
"""Both without the ends that are hard to see on white or near-black. Cividis: Nuñez, Anderton and
Renslow 2018, doi:10.1371/journal.pone.0199239."""
_MOST_TOPICS = 24
_MOST_YEARS = 12
_MOST_DIGESTS = 11
_MOST_COLLECTIONS = 11
_BINS = 8
_NOVELTY_LABELS = (
    "much like earlier papers",
    "more alike than usual",
    "as alike as usual",
    "less alike than usual",
    "unlike earlier papers",
)
_NOVELTY_LIMITS = (-1.5, -0.5, 0.5, 1.5)
"""Bounds of the classes of novelty, in standard deviations from the mean."""
_INTEREST_LABELS = (
    "unlike your stars",
    "as most papers",
    "a little like your stars",
    "like your stars",
    "recommended",
)
_INTEREST_LIMITS = (-0.5, 0.5, 1.25, DEFAULTS.floor)
"""Bounds of the classes of interest, in standard deviations from the mean."""


class ColourBy(StrEnum):
    """Property of papers that colours show."""

    TOPIC = "topic"
    YEAR = "year"
    SOURCE = "source"
    COLLECTION = "collection"
    SCORE = "score"
    NOVELTY = "novelty"
    FOR_YOU = "for-you"


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """Entry of the legend."""

    label: str
    colour: int
    """Index in the palette."""
    papers: int | None
    """Number of papers; None for scores, which only papers in view have."""
    clause: str = ""
    """Query that filters these papers; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """Ordered colours: the first ones of the palette."""

    low: str
    """Meaning of the first colour, in a word."""
    high: str
    steps: int


@dataclass(frozen=True, slots=True)
class Colouring:
    """Colour of every paper."""

    by: ColourBy
    palette: tuple[str, ...]
    of: Colours
    """Indices in the palette, shape (papers,)."""
    legend: tuple[LegendEntry, ...]
    ramp: Ramp | None = None
    """None for categories, whose colours have no order."""


def colouring(
    generation: Generation,
    by: ColourBy,
    *,
    dark: bool,
    safe: bool,
    level: int,
    scores: NDArray[np.float32] | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
) -> Colouring:
    """Return the colours of all papers and their legend.

    Args:
        generation: the papers.
        by: property that colours show.
        dark: colours for the dark theme.
        safe: colours that colour-blind people can distinguish.
        level: level of the topics that have colours.
        scores: of a search, from 0 to 1 or NaN, or by interest (:mod:`explorer.learning.taste`),
            shape (papers,); without them topics are shown instead.
        limits: scores of the first and the last colour.
    """
    faint = (DARK if dark else LIGHT).faint
    if by is ColourBy.YEAR:
        of, legend = _by_year(generation)
        known = [key.label for key in legend if key.clause]
        ends = Ramp(known[0][:4], known[-1][-4:], len(known)) if known else None
        return Colouring(by, (*_scale(len(known), dark, safe), faint), of, legend, ends)
    if by is ColourBy.SOURCE:
        of, legend = _by_source(generation)
        return Colouring(by, (*_palette(safe)[:_MOST_DIGESTS], faint), of, legend)
    if by is ColourBy.COLLECTION:
        of, legend = _by_collection(generation)
        return Colouring(by, (*_palette(safe)[:_MOST_COLLECTIONS], faint), of, legend)
    if by is ColourBy.NOVELTY:
        of, legend = _by_novelty(generation)
        steps = len(_NOVELTY_LABELS)
        ends = Ramp("familiar", "novel", steps)
        return Colouring(by, _scale(steps, dark, safe), of, legend, ends)
    if by is ColourBy.FOR_YOU and scores is not None and not np.isnan(scores).any():
        of, legend = _by_interest(scores)
        steps = len(_INTEREST_LABELS)
        ends = Ramp("unlike", "like your stars", steps)
        return Colouring(by, _scale(steps, dark, safe), of, legend, ends)
    if by is ColourBy.SCORE and scores is not None:
        of, legend = _by_score(scores, limits)
        ends = Ramp("weak", "strong", _BINS)
        return Colouring(by, (*_scale(_BINS, dark, safe), faint), of, legend, ends)
    of, legend = _by_topic(generation, level)
    return Colouring(ColourBy.TOPIC, _palette(safe), of, legend)


@cached_by_owner(1)
def informative_colourings(generation: Generation) -> tuple[ColourBy, ...]:
    """Return the properties that differ between papers, and topics; without scores."""
    legends = {
        ColourBy.YEAR: _by_year(generation)[1],
        ColourBy.SOURCE: _by_source(generation)[1],
        ColourBy.COLLECTION: _by_collection(generation)[1],
        ColourBy.NOVELTY: _by_novelty(generation)[1],
    }
    several = [by for by, legend in legends.items() if sum(bool(key.papers) for key in legend) > 1]
    return (ColourBy.TOPIC, *several)


@cached_by_owner(4)
def _by_topic(generation: Generation, level: int) -> tuple[Colours, tuple[LegendEntry, ...]]:
    topics = generation.levels[level]
    numbers = np.array([topic.colour % len(PALETTE) for topic in topics], dtype=np.uint8)
    largest = sorted(topics, key=lambda topic: (-topic.size, topic.id))[:_MOST_TOPICS]
    legend = tuple(
        LegendEntry(topic.label, topic.colour % len(PALETTE), topic.size, f"topic:{topic.id}")
        for topic in largest
    )
    return numbers[generation.memberships[level]], legend


@cached_by_owner(1)
def _by_year(generation: Generation) -> tuple[Colours, tuple[LegendEntry, ...]]:
    years = generation.records.years
    firsts, lasts, counts = _spans(years[years > 0])
    of = np.searchsorted(lasts, years)
    keys = [
        LegendEntry(str(first), place, papers, f"year:{first}")
        if first == last
        else LegendEntry(f"{first}–{last}", place, papers, f"year:{first}..{last}")
        for place, (first, last, papers) in enumerate(zip(firsts, lasts, counts, strict=True))
    ]
    unknown = int(np.count_nonzero(years == 0))
    keys += [LegendEntry("unknown", max(len(firsts), 1), unknown)] if unknown else []
    return np.where(years > 0, of, max(len(firsts), 1)).astype(np.uint8), tuple(keys)


def _spans(known: NDArray[np.int32]) -> tuple[list[int], list[int], list[int]]:
    """Return first years, last years and papers of spans with about equally many papers each."""
    firsts: list[int] = []
    lasts: list[int] = []
    counts: list[int] = []
    years, papers = np.unique(known, return_counts=True)
    remaining = len(known)
    for year, number in zip(years.tolist(), papers.tolist(), strict=True):
        enough = remaining / (_MOST_YEARS - len(firsts) + 1) if firsts else 0.0
        if firsts and (counts[-1] + number / 2 < enough or len(firsts) == _MOST_YEARS):
            lasts[-1] = year
            counts[-1] += number
        else:
            remaining -= counts[-1] if counts else 0
            firsts.append(year)
            lasts.append(year)
            counts.append(number)
    return firsts, lasts, counts


@cached_by_owner(1)
def _by_source(generation: Generation) -> tuple[Colours, tuple[LegendEntry, ...]]:
    digests = generation.records.digests
    largest = sorted(digests, key=lambda name: (-len(digests[name]), name))[:_MOST_DIGESTS]
    of = np.full(generation.size, _MOST_DIGESTS, dtype=np.uint8)
    for place in reversed(range(len(largest))):  # a paper of several counts for the largest
        of[digests[largest[place]]] = place
    counts = np.bincount(of, minlength=_MOST_DIGESTS + 1).tolist()
    keys = [
        LegendEntry(name, place, counts[place], f'source:"{quotable(name)}"')
        for place, name in enumerate(largest)
    ]
    others = counts[_MOST_DIGESTS]
    keys += [LegendEntry("other digests", _MOST_DIGESTS, others)] if others else []
    return of, tuple(keys)


@cached_by_owner(1)
def _by_collection(generation: Generation) -> tuple[Colours, tuple[LegendEntry, ...]]:
    """Give each paper the colour of the smallest of the collections shown that it lies in.

    A collection holds what those within it hold, so the smallest says most about a paper.
    """
    index = generation.records.collections
    sizes = index.counts(np.ones(generation.size, dtype=np.bool_))
    shown = np.argsort(-sizes, kind="stable")[:_MOST_COLLECTIONS].tolist()
    of = np.full(generation.size, _MOST_COLLECTIONS, dtype=np.uint8)
    for place, number in enumerate(shown):
        of[index.rows_of([number])] = place
    counts = np.bincount(of, minlength=_MOST_COLLECTIONS + 1).tolist()
    names = [index.names[number] for number in shown]
    keys = [
        LegendEntry(name, place, counts[place], f'collection:"{quotable(name)}"')
        for place, name in enumerate(names)
        if counts[place]
    ]
    others = counts[_MOST_COLLECTIONS] if keys else 0
    keys += [LegendEntry("in no collection shown", _MOST_COLLECTIONS, others)] if others else []
    return of, tuple(keys)


@cached_by_owner(1)
def _by_novelty(generation: Generation) -> tuple[Colours, tuple[LegendEntry, ...]]:
    """Compare papers by dissimilarity to those of their nearest neighbours that are not newer.

    Those with newer neighbours only are as unlike earlier papers as can be.
    """
    dates = generation.records.dates
    ranks = np.where(dates.ranks == dates.distinct.index(""), -1, dates.ranks)
    graph = generation.graph
    earlier = (graph.neighbours >= 0) & (ranks[graph.neighbours] <= ranks[:, None])
    earlier[ranks < 0] = graph.neighbours[ranks < 0] >= 0
    known = earlier.any(axis=1)
    near = np.where(earlier, graph.similarities, 0.0).sum(axis=1)
    unlike = -near / np.maximum(np.count_nonzero(earlier, axis=1), 1)
    mean, deviation = (unlike[known].mean(), unlike[known].std()) if known.any() else (0.0, 0.0)
    limits = [mean + limit * max(float(deviation), 1e-6) for limit in _NOVELTY_LIMITS]
    of = np.where(known, np.searchsorted(limits, unlike), len(limits)).astype(np.uint8)
    counts = np.bincount(of, minlength=len(_NOVELTY_LABELS)).tolist()
    return of, tuple(
        LegendEntry(label, place, counts[place]) for place, label in enumerate(_NOVELTY_LABELS)
    )


def _by_interest(
    scores: NDArray[np.float32],
) -> tuple[Colours, tuple[LegendEntry, ...]]:
    of = np.searchsorted(_INTEREST_LIMITS, scores, side="right").astype(np.uint8)
    counts = np.bincount(of, minlength=len(_INTEREST_LABELS)).tolist()
    return of, tuple(
        LegendEntry(label, place, counts[place]) for place, label in enumerate(_INTEREST_LABELS)
    )


def _by_score(
    scores: NDArray[np.float32], ends: tuple[float, float]
) -> tuple[Colours, tuple[LegendEntry, ...]]:
    known = ~np.isnan(scores)
    low, width = ends[0], max((ends[1] - ends[0]) / _BINS, 1e-6)
    places = np.clip((np.where(known, scores, low) - low) / width, 0, _BINS - 1).astype(np.uint8)
    of = np.where(known, places, _BINS).astype(np.uint8)
    keys = (
        LegendEntry(f"{low + place * width:.2f} to {low + (place + 1) * width:.2f}", place, None)
        for place in reversed(range(_BINS))
    )
    return of, tuple(keys)


def _palette(safe: bool) -> tuple[str, ...]:
    """Return colours of categories; both palettes have the same length."""
    if not safe:
        return PALETTE
    return tuple(_lighter(colour, by) for by in _SHADES for colour in _SAFE)


def _scale(steps: int, dark: bool, safe: bool) -> tuple[str, ...]:
    """Return ``steps`` colours from low to high; the last has most contrast with the background."""
    stops = _CIVIDIS if safe else _VIRIDIS
    stops = stops if dark else stops[::-1]
    rgb = np.array([channels(stop) for stop in stops], dtype=np.float64)
    positions = np.linspace(0, len(stops) - 1, max(steps, 1))
    return tuple(
        hex_colour([float(np.interp(position, range(len(stops)), channel)) for channel in rgb.T])
        for position in positions
    )


def _lighter(colour: str, by: float) -> str:
    return hex_colour([min(channel * by, 255.0) for channel in channels(colour)])


def topic_colour(generation: Generation, row: int) -> str:
    """Return the colour of the paper in ``row`` on the map."""
    level = shown_level(generation)
    topic = generation.levels[level][int(generation.memberships[level][row])]
    return PALETTE[topic.colour % len(PALETTE)]
