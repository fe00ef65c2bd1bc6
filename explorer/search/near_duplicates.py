"""Near-duplicates: papers with almost the same meaning, suggested but never merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.index.knn_graph import NEAR_DUPLICATE
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.search.model import Hit, Results

_MOST_UNFOLDED = 200
"""Most hits to search for to fill a list with folds; any ranking goes as deep anyway."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two papers and the cosine of their vectors."""

    first: Paper
    second: Paper
    similarity: float


@dataclass(frozen=True, slots=True)
class Fold:
    """A hit, and its near-duplicates further down."""

    hit: Hit
    same: tuple[Hit, ...] = ()


def near_duplicates(generation: Generation, least: float = NEAR_DUPLICATE) -> list[Pair]:
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
    generation: Generation, row: int, least: float = NEAR_DUPLICATE
) -> list[Paper]:
    """Return the papers at least so similar to the one in ``row``, most similar first."""
    return [generation.records[other] for other in near_duplicate_rows(generation, row, least)]


def near_duplicate_rows(
    generation: Generation, row: int, least: float = NEAR_DUPLICATE
) -> list[int]:
    """Return the rows of the papers at least so similar to the one in ``row``."""
    near = generation.graph.similarities[row] >= least
    rows: list[int] = generation.graph.neighbours[row][near].tolist()
    return rows


def folded(
    generation: Generation, hits: Sequence[Hit], least: float = NEAR_DUPLICATE
) -> tuple[Fold, ...]:
    """Fold each hit that is at least so similar to an earlier one under the most similar of these.

    The folds are ranked anew.
    """
    rows = np.array([hit.row for hit in hits], dtype=np.int64)
    vectors = generation.engine.vectors(rows)
    likeness = vectors @ vectors.T
    folded_under: dict[int, list[Hit]] = {}
    for index, hit in enumerate(hits):
        leaders = list(folded_under)
        near = likeness[index, leaders]
        if leaders and near.max() >= least:
            folded_under[leaders[int(near.argmax())]].append(hit)
        else:
            folded_under[index] = []
    return tuple(
        Fold(replace(hits[index], rank=rank), tuple(same))
        for rank, (index, same) in enumerate(folded_under.items(), 1)
    )


def folded_results(
    generation: Generation, run_search: Callable[[int], Results], k: int
) -> tuple[Results, tuple[Fold, ...]]:
    """Return the results of ``run_search``, and its hits as up to ``k`` folds.

    ``run_search`` takes the number of hits. It is repeated for twice as many while hits are folded,
    up to a bound: hundreds of near-duplicates would take as many searches otherwise.
    """
    wanted, most = k, max(_MOST_UNFOLDED, 2 * k)
    while True:
        results = run_search(wanted)
        folds = folded(generation, results.hits)
        if len(folds) >= k or len(results.hits) < wanted or wanted == most:
            return results, folds[:k]
        wanted = min(2 * wanted, most)
