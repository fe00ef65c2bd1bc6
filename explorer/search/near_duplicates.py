"""Near-duplicates: papers whose texts mean almost the same, shown as suggestions, never merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.search.model import Hit, Results

LEAST_SIMILARITY = 0.95
"""Cosine from which two papers are worth a look."""
_MOST_UNFOLDED = 200
"""Hits that are asked for at most to fill a list with folds; any ranking goes as deep anyway."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two papers and the cosine of their vectors."""

    first: Paper
    second: Paper
    similarity: float


@dataclass(frozen=True, slots=True)
class Fold:
    """A hit, and the hits after it that are nearly the same paper."""

    hit: Hit
    same: tuple[Hit, ...] = ()


def near_duplicates(generation: Generation, least: float = LEAST_SIMILARITY) -> list[Pair]:
    """Return pairs of papers at least so similar, most similar first."""
    rows, columns = np.nonzero(generation.graph.similarities >= least)
    pairs: dict[tuple[int, int], float] = {}
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        other = int(generation.graph.neighbours[row, column])
        similarity = float(generation.graph.similarities[row, column])
        pairs[min(row, other), max(row, other)] = similarity
    ranked = sorted(pairs.items(), key=lambda item: (-round(item[1], 6), item[0]))
    records = generation.records
    return [Pair(records[a], records[b], similarity) for (a, b), similarity in ranked]


def near_duplicates_of(
    generation: Generation, row: int, least: float = LEAST_SIMILARITY
) -> list[Paper]:
    """Return the papers at least so similar to the one in ``row``, most similar first."""
    near = generation.graph.similarities[row] >= least
    return [generation.records[int(other)] for other in generation.graph.neighbours[row][near]]


def folded(
    generation: Generation, hits: Sequence[Hit], least: float = LEAST_SIMILARITY
) -> tuple[Fold, ...]:
    """Return ``hits`` in their order, each at least so similar to one before it folded under that.

    The hits that are left are numbered anew.
    """
    rows = np.array([hit.row for hit in hits], dtype=np.int64)
    vectors = generation.engine.vectors(rows)
    likeness = vectors @ vectors.T
    under: dict[int, list[Hit]] = {}
    for place, hit in enumerate(hits):
        heads = list(under)
        near = likeness[place, heads]
        if heads and near.max() >= least:
            under[heads[int(near.argmax())]].append(hit)
        else:
            under[place] = []
    return tuple(
        Fold(replace(hits[place], rank=rank), tuple(same))
        for rank, (place, same) in enumerate(under.items(), 1)
    )


def folded_results(
    generation: Generation, ask: Callable[[int], Results], k: int
) -> tuple[Results, tuple[Fold, ...]]:
    """Return what ``ask`` finds, folded: ``k`` folds, or fewer if there are no more.

    ``ask`` is asked for so many hits, and for more where some were folded: twice as many each time,
    up to a bound. Hundreds of records that are nearly one would take as many searches otherwise.
    """
    wanted, most = k, max(_MOST_UNFOLDED, 2 * k)
    while True:
        results = ask(wanted)
        folds = folded(generation, results.hits)
        if len(folds) >= k or len(results.hits) < wanted or wanted == most:
            return results, folds[:k]
        wanted = min(2 * wanted, most)
