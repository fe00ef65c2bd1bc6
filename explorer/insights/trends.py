"""Trends: papers per period, in the library and in each topic, and growth.

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

from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.papers.columns import DateColumn
from explorer.papers.dates import parse_date
from explorer.topics.communities import Topic

_OUTLIER_SHARE = 0.02
"""Share of the papers that the axis may leave out, rounded up."""
_LEAST_FOR_OUTLIERS = 20
"""Dated papers from which on some count as outliers."""
_RECENT_SHARE = 3
"""The recent periods hold at least one in so many of the library's papers."""
_PRIOR_PAPERS = 8.0
"""Papers spread like the library's that are added to each topic, so that small ones grow less."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Papers of one topic over time."""

    counts: tuple[int, ...]
    """Papers of the topic in each period."""
    growth: float | None
    """Growth relative to the library: above 1 the topic gains, below 1 it loses.

    It is the ratio of recent to earlier papers, divided by the same ratio of the whole library
    and shrunk towards 1 where papers are few. None where there are fewer than two periods, or no
    paper of the topic is dated. See :func:`first_recent` for the recent periods.
    """
    newest: str
    """EDTF date of its median paper by date, the later of two; empty if none is dated."""
    dated: int
    """Papers with a usable date, the sum of ``counts``."""


@dataclass(frozen=True, slots=True)
class Trends:
    """Papers of a library and of each topic over time."""

    periods: tuple[str, ...]
    """Years ("2021"), months ("2024-03") or days, oldest first, without gaps."""
    library: tuple[int, ...]
    """Papers of the whole library in each period."""
    of: Mapping[str, Trend]
    """By topic id, every topic of every level."""


class Order(StrEnum):
    """Orders of topics."""

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


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The periods that papers are counted in, and the period of each paper."""

    periods: tuple[str, ...]
    """Those of :class:`Trends`."""
    indices: NDArray[np.int64]
    """The index of each paper's period, -1 where it has no date; shape (papers,)."""
    earliest: str
    """The period of the earliest paper, which may lie before the first of ``periods``."""
    latest: str

    def span(self, first: str, last: str) -> tuple[int, int] | None:
        """Return the indices of the first and last period from ``first`` to ``last``.

        Both may be longer or shorter periods than those of the axis, which change as a library
        grows. None if there is no such period.
        """
        indices = [
            index
            for index, period in enumerate(self.periods)
            if first[: len(period)] <= period[: len(first)]
            and period[: len(last)] <= last[: len(period)]
        ]
        return (indices[0], indices[-1]) if indices else None

    def ends(self, first: int, last: int) -> tuple[str, str]:
        """Return the first and the last period of the papers in periods ``first`` to ``last``."""
        start = self.periods[first] if first else self.earliest
        return start, self.periods[last] if last < len(self.periods) - 1 else self.latest

    def rows(self, first: str, last: str) -> NDArray[np.int64]:
        """Return the rows of the papers from period ``first`` to ``last``, sorted."""
        span = self.span(first, last)
        if span is None:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero((self.indices >= span[0]) & (self.indices <= span[1]))


@cached_by_owner(1)
def time_axis(generation: Generation) -> TimeAxis:
    """Return the periods that the papers of ``generation`` are counted in."""
    return _axis(*_dates(generation.records.dates))


def trends(generation: Generation) -> Trends:
    """Return the papers of ``generation`` and of each of its topics over time.

    Periods are days where they span six weeks at most, else months where they span two years at
    most, else years. Outliers are 2 % of the dated papers, at least one where 20 are
    dated. So many may be dated less finely than that and count as undated. So many of the
    oldest do not stretch the axis but count in its first period, as does what lies 40 years or
    more before the last. So many of the newest stretch it by a quarter at most and beyond that
    count in its last period: new papers have a period of their own, a mistyped year has none.

    It takes time in proportion to the papers: call it once for a generation.
    """
    edtf, ranks = _dates(generation.records.dates)
    axis = _axis(edtf, ranks)
    periods, indices = axis.periods, axis.indices
    rows = np.flatnonzero(indices >= 0)
    library = np.bincount(indices[rows], minlength=len(periods))
    of: dict[str, Trend] = {}
    for topics, labels in zip(generation.levels, generation.memberships, strict=True):
        own = labels[rows].astype(np.int64)
        cells = own * len(periods) + indices[rows]
        counts = np.bincount(cells, minlength=len(topics) * len(periods))
        counts = counts.reshape(len(topics), len(periods))
        growth = _growth(counts, library)
        medians = _medians(own, ranks[rows], len(topics))
        for index, topic in enumerate(topics):
            dated = int(counts[index].sum())
            of[topic.id] = Trend(
                counts=tuple(counts[index].tolist()),
                growth=float(growth[index]) if growth is not None and dated else None,
                newest=str(edtf[medians[index]]) if dated else "",
                dated=dated,
            )
    return Trends(periods, tuple(library.tolist()), of)


def first_recent(library: Sequence[int]) -> int | None:
    """Return the index of the first recent period, or None if there are fewer than two.

    Recent is the smallest tail of periods that holds at least a third of the ``library``'s
    papers, but never all periods.
    """
    if len(library) < 2:
        return None
    tails = np.cumsum(library[::-1])
    length = int(np.argmax(tails * _RECENT_SHARE >= tails[-1])) + 1
    return max(len(library) - length, 1)


def in_order(topics: Iterable[Topic], dated: Trends, order: Order) -> list[Topic]:
    """Return ``topics`` with the largest, newest or fastest growing first, unknown last."""

    def key(topic: Topic) -> tuple[str, float]:
        trend = dated.of[topic.id]
        if order is Order.NEWEST:
            return trend.newest, 0.0
        return "", (trend.growth or 0.0) if order is Order.GROWTH else topic.size

    return sorted(topics, key=key, reverse=True)


def _dates(written: DateColumn) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Return the dates with a year, sorted, "" always first, and the index of each paper's.

    Shapes (dates,) and (papers,).
    """
    distinct_ranks = np.unique(written.ranks)
    read = [parse_date(written.distinct[rank]) for rank in distinct_ranks.tolist()]
    usable = ["" if text.startswith("X") else text for text in read]
    dates, indices = np.unique(["", *usable], return_inverse=True)
    return dates, indices[1:][np.searchsorted(distinct_ranks, written.ranks)]


def _axis(dates: NDArray[np.str_], ranks: NDArray[np.int64]) -> TimeAxis:
    counts = np.bincount(ranks, minlength=len(dates))
    dated = int(counts[1:].sum())
    if not dated:
        return TimeAxis((), np.full(len(ranks), -1), "", "")
    for unit in _UNITS:  # the last one, years, stays where none fits
        numbers = np.array([unit.number(edtf) if edtf else -1 for edtf in dates.tolist()])
        known = numbers >= 0
        if counts[known].sum() < dated - _outliers(dated):
            continue
        first, last = _range(np.repeat(numbers[known], counts[known]))
        if last - first < unit.most:
            break
    first = max(first, last - unit.most + 1)
    indices = np.where(known, np.clip(numbers, first, last) - first, -1)
    return TimeAxis(
        tuple(unit.label(number) for number in range(first, last + 1)),
        indices[ranks],
        unit.label(int(numbers[known].min())),
        unit.label(int(numbers[known].max())),
    )


def _outliers(papers: int) -> int:
    """Return the number of outliers among so many dated papers."""
    return math.ceil(_OUTLIER_SHARE * papers) if papers >= _LEAST_FOR_OUTLIERS else 0


def _range(numbers: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first and the last number of the axis for papers with these ``numbers``."""
    numbers = np.sort(numbers)
    outliers = _outliers(len(numbers))
    first, end = int(numbers[outliers]), int(numbers[-1 - outliers])
    reach = end + max(1, (end - first + 1) // 4)
    return first, int(numbers[numbers <= reach][-1])


def _growth(counts: NDArray[np.int64], library: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the growth of each topic, shape (topics,), or None if there is one period."""
    split = first_recent(library.tolist())
    if split is None:
        return None
    recent = library[split:].sum() / library.sum()
    late, early = counts[:, split:].sum(axis=1), counts[:, :split].sum(axis=1)
    ratio = (late + _PRIOR_PAPERS * recent) / (early + _PRIOR_PAPERS * (1.0 - recent))
    return np.asarray(ratio * (1.0 - recent) / recent, dtype=np.float64)


def _medians(labels: NDArray[np.int64], ranks: NDArray[np.int64], topics: int) -> NDArray[np.int64]:
    """Return the middle rank of each topic's papers, the later of two; 0 where it has none."""
    order = np.lexsort((ranks, labels))
    sizes = np.bincount(labels, minlength=topics)
    middles = np.cumsum(sizes) - sizes + sizes // 2
    medians = np.zeros(topics, dtype=np.int64)
    medians[sizes > 0] = ranks[order][middles[sizes > 0]]
    return medians
