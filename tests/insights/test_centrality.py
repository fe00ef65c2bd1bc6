"""Centrality among some papers."""

from __future__ import annotations

import numpy as np

from explorer.insights.centrality import most_central_first
from explorer.library.store import LibraryStore


def test_papers_with_the_strongest_ties_to_the_others_come_first(
    hashing_library: LibraryStore,
) -> None:
    generation = hashing_library.open()
    rows = np.arange(3, generation.size, 2)
    chosen = set(rows.tolist())
    graph = generation.graph
    ties = dict.fromkeys(chosen, 0.0)
    for row in chosen:
        for other, similarity in zip(graph.neighbours[row], graph.similarities[row], strict=True):
            if int(other) in chosen:
                ties[row] += float(similarity)
                ties[int(other)] += float(similarity)
    ordered = most_central_first(generation, rows).tolist()
    assert sorted(ordered) == rows.tolist()
    values = [ties[row] for row in ordered]
    assert np.all(np.diff(values) < 1e-5)
    assert values[0] > values[-1]


def test_no_papers_have_no_order(hashing_library: LibraryStore) -> None:
    generation = hashing_library.open()
    assert most_central_first(generation, np.empty(0, dtype=np.int64)).tolist() == []
