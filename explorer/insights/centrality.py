"""Centrality: which of some papers are most like the others."""

from __future__ import annotations

import numpy as np

from explorer.arrays import Keys
from explorer.library.generation import Generation


def most_central_first(generation: Generation, rows: Keys) -> Keys:
    """Return ``rows`` by how closely each paper is tied to the others of them, ties by id.

    It is the weighted degree in the neighbour graph, of which only ``rows`` remain.
    """
    places = np.full(generation.size, -1, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    neighbours = generation.graph.neighbours[rows]
    others = np.where(neighbours >= 0, places[neighbours], -1)
    ties = np.where(others >= 0, generation.graph.similarities[rows], 0.0)
    degrees = ties.sum(axis=1)
    degrees += np.bincount(others[others >= 0], weights=ties[others >= 0], minlength=len(rows))
    return rows[np.lexsort((generation.records.id_ranks[rows], -np.round(degrees, 6)))]
