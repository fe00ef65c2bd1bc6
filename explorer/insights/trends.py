"""Trends: how a library's papers, and those of each topic, spread over time.

A paper counts in the period of its own publication date or, for want of one, of the latest date
of its digests. The axis of periods is one for the whole library, so topics can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from explorer.library.generation import Generation
from explorer.papers.columns import DateColumn
from explorer.papers.dates import parse_date
from explorer.topics.communities import Topic

_STRAYS = 0.02
"""Share of the papers that the axis need not suit, rounded up."""
_FEW = 20
"""In a library with fewer dated papers none is a stray."""
_RECENT = 3
"""The recent part of time holds at least one in so many of the library's papers."""
_SUPPOSED = 8.0
"""Papers, spread like the library's, that are added to each topic before its growth is taken."""


@dataclass(frozen=True, slots=True)
class Trend:
    """How the papers of one topic spread over time."""

    counts: tuple[int, ...]
    """Papers of the topic in each period."""
    growth: float | None
    """How many times as fast as the library the topic grows: above 1 it gains, below 1 it loses.

    It is the ratio of recent to earlier papers, divided by the same ratio of the whole library
    and drawn towards 1 where papers are few. None where there are fewer than two periods, or no
    paper of the topic is dated. What is recent, :func:`first_recent` tells.
    """
    newest: str
    """EDTF date of its median paper by date, the later of two; empty where none is dated."""
    dated: int
    """Papers of it with a usable date, the sum of ``counts``."""


@dataclass(frozen=True, slots=True)
class Trends:
    """How a library's papers spread over time, and those of each topic."""

    periods: tuple[str, ...]
    """Years ("2021"), months ("2024-03") or days, oldest first, without gaps."""
    library: tuple[int, ...]
    """Papers of the whole library in each period."""
    of: Mapping[str, Trend]
    """By topic id, every topic of every level."""


class Order(StrEnum):
    """What topics can be sorted by."""

    SIZE = "size"
    NEWEST = "newest"
    GROWTH = "growth"


@dataclass(frozen=True, slots=True)
class _Unit:
    """A length of period, counted in running numbers since the year 0."""

    most: int
    """Periods of this length that an axis may have."""
    number: Callable[[str], int]
    """From an EDTF date to its running number, -1 where the date does not go that far."""
    label: Callable[[int], str]


_UNITS = (
    _Unit(
        most=42,
        number=lambda edtf: date.fromisoformat(edtf).toordinal() if len(edtf) == 10 else -1,
        label=lambda number: date.fromordinal(number).isoformat(),
    ),
    _Unit(
        most=24,
        number=lambda edtf: int(edtf[:4]) * 12 + int(edtf[5:7]) - 1 if len(edtf) >= 7 else -1,
        label=lambda number: f"{number // 12:04d}-{number % 12 + 1:02d}",
    ),
    _Unit(most=40, number=lambda edtf: int(edtf[:4]), label="{:04d}".format),
)
"""Days, months, years. The day comes first: the finest unit that fits is used."""


def periods_of(generation: Generation) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the periods that papers are counted in, and each paper's among them.

    The periods are those of :func:`trends`; the places, shape (papers,), are -1 where a paper has
    no date.
    """
    periods, places = _axis(*_dates(generation.records.dates))
    return periods, places


def trends(generation: Generation) -> Trends:
    """Return how the papers of ``generation`` and of each of its topics spread over time.

    Periods are days where they span six weeks at most, else months where they span two years at
    most, else years. Strays are left out of account: 2 % of the dated papers, at least one where
    20 are dated. So many may be dated less finely than that and count as undated. So many of the
    oldest do not stretch the axis but count in its first period, as does what lies 40 years or
    more before the last. So many of the newest stretch it by a quarter at most and beyond that
    count in its last period: new papers have a period of their own, a mistyped year has none.

    It takes time in proportion to the papers: call it once for a generation.
    """
    edtf, ranks = _dates(generation.records.dates)
    periods, places = _axis(edtf, ranks)
    rows = np.flatnonzero(places >= 0)
    library = np.bincount(places[rows], minlength=len(periods))
    of: dict[str, Trend] = {}
    for topics, labels in zip(generation.levels, generation.memberships, strict=True):
        own = labels[rows].astype(np.int64)
        cells = own * len(periods) + places[rows]
        counts = np.bincount(cells, minlength=len(topics) * len(periods))
        counts = counts.reshape(len(topics), len(periods))
        growth = _growth(counts, library)
        medians = _medians(own, ranks[rows], len(topics))
        for place, topic in enumerate(topics):
            dated = int(counts[place].sum())
            of[topic.id] = Trend(
                counts=tuple(counts[place].tolist()),
                growth=float(growth[place]) if growth is not None and dated else None,
                newest=str(edtf[medians[place]]) if dated else "",
                dated=dated,
            )
    return Trends(periods, tuple(library.tolist()), of)


def first_recent(library: Sequence[int]) -> int | None:
    """Return the place of the first recent period, or None where there are fewer than two.

    Recent is the smallest tail of periods that holds at least a third of the ``library``'s
    papers, but never all periods.
    """
    if len(library) < 2:
        return None
    tails = np.cumsum(library[::-1])
    length = int(np.argmax(tails * _RECENT >= tails[-1])) + 1
    return max(len(library) - length, 1)


def in_order(topics: Iterable[Topic], found: Trends, order: Order) -> list[Topic]:
    """Return ``topics`` with the largest, newest or fastest growing first, unknown last."""

    def key(topic: Topic) -> tuple[str, float]:
        trend = found.of[topic.id]
        if order is Order.NEWEST:
            return trend.newest, 0.0
        return "", (trend.growth or 0.0) if order is Order.GROWTH else topic.size

    return sorted(topics, key=key, reverse=True)


def _dates(written: DateColumn) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Return the dates with a year, sorted, "" always first, and the place in them of each paper's.

    Shapes (dates,) and (papers,).
    """
    there = np.unique(written.ranks)
    read = [parse_date(written.distinct[rank]) for rank in there.tolist()]
    usable = ["" if text.startswith("X") else text for text in read]
    dates, places = np.unique(["", *usable], return_inverse=True)
    return dates, places[1:][np.searchsorted(there, written.ranks)]


def _axis(
    dates: NDArray[np.str_], ranks: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the periods, and the place among them of each paper, -1 where it has none."""
    counts = np.bincount(ranks, minlength=len(dates))
    dated = int(counts[1:].sum())
    if not dated:
        return (), np.full(len(ranks), -1)
    for unit in _UNITS:  # the last one, years, stays where none fits
        numbers = np.array([unit.number(edtf) if edtf else -1 for edtf in dates.tolist()])
        told = numbers >= 0
        if counts[told].sum() < dated - _strays(dated):
            continue
        first, last = _ends(np.repeat(numbers[told], counts[told]))
        if last - first < unit.most:
            break
    first = max(first, last - unit.most + 1)
    places = np.where(told, np.clip(numbers, first, last) - first, -1)
    return tuple(unit.label(number) for number in range(first, last + 1)), places[ranks]


def _strays(papers: int) -> int:
    """Return how many of so many dated papers may be left out of account."""
    return math.ceil(_STRAYS * papers) if papers >= _FEW else 0


def _ends(numbers: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first and the last number of the axis for papers with these ``numbers``."""
    numbers = np.sort(numbers)
    strays = _strays(len(numbers))
    first, end = int(numbers[strays]), int(numbers[-1 - strays])
    reach = end + max(1, (end - first + 1) // 4)
    return first, int(numbers[numbers <= reach][-1])


def _growth(counts: NDArray[np.int64], library: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the growth of each topic, shape (topics,), or None where time has one part."""
    split = first_recent(library.tolist())
    if split is None:
        return None
    recent = library[split:].sum() / library.sum()
    late, early = counts[:, split:].sum(axis=1), counts[:, :split].sum(axis=1)
    ratio = (late + _SUPPOSED * recent) / (early + _SUPPOSED * (1.0 - recent))
    return np.asarray(ratio * (1.0 - recent) / recent, dtype=np.float64)


def _medians(labels: NDArray[np.int64], ranks: NDArray[np.int64], topics: int) -> NDArray[np.int64]:
    """Return the middle rank of each topic's papers, the later of two; 0 where it has none."""
    order = np.lexsort((ranks, labels))
    sizes = np.bincount(labels, minlength=topics)
    middles = np.cumsum(sizes) - sizes + sizes // 2
    found = np.zeros(topics, dtype=np.int64)
    found[sizes > 0] = ranks[order][middles[sizes > 0]]
    return found
