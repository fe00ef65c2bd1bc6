"""Near-duplicates: papers whose texts mean almost the same, shown as suggestions, never merged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.generation import Generation
from explorer.paper import Paper

LEAST_SIMILARITY = 0.95
"""Cosine from which two papers are worth a look."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two papers and the cosine of their vectors."""

    first: Paper
    second: Paper
    similarity: float


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
