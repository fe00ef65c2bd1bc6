"""Fit of map and topics to a library that has grown since they were drawn.

Papers that came later are placed among their neighbours on a map that was drawn without them, and
join topics that were sought without them. Both are measured, and a redraw is advised once it pays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from explorer.arrays import Labels, Positions, Rows, evenly_spaced
from explorer.index.knn_graph import NeighbourGraph
from explorer.topics.communities import modularity

_NEIGHBOURS = 15
_SAMPLED = 2_000
"""Papers whose neighbours are compared, at most."""
_LEAST_SHARE = 0.1
"""Share of newcomers below which a redraw would change little."""
_MOSTLY_NEW = 0.5
"""Share of newcomers from which the map is more placed than drawn."""
_LEAST_NEIGHBOURS_KEPT = 0.75
"""Redraw if newcomers keep less of their neighbours than this share of what drawn papers keep."""
_LEAST_MODULARITY_KEPT = 0.9
"""Redraw if modularity is less than this share of what it was when topics were detected."""


@dataclass(frozen=True, slots=True)
class MapFit:
    """Fit of map and topics. Figures are shares, from 0 to 1."""

    newcomers: float
    """Papers that came since the map was drawn."""
    drawn_keep: float
    """Of the nearest neighbours of papers that were drawn, those near them on the map."""
    newcomers_keep: float
    """The same of newcomers; 0 where there are none."""
    modularity: float
    """Of the finest topics; from -0.5 to 1."""
    modularity_then: float
    """The same when the topics were sought."""
    redraw: str
    """Why a redraw would pay; empty if it would not."""


def measure_fit(
    graph: NeighbourGraph,
    edges: sparse.csr_matrix,
    positions: Positions,
    finest: Labels,
    newcomers: Rows,
    modularity_then: float | None = None,
) -> MapFit:
    """Return how well ``positions`` and ``finest`` fit the library.

    Args:
        edges: the graph that communities are sought in, shape (papers, papers).
        finest: the finest partition as it was found, shape (papers,).
        newcomers: the rows of papers that came since the map was drawn.
        modularity_then: what it was when the topics were sought; None if that was now.
    """
    share = len(newcomers) / max(1, graph.size)
    drawn = np.setdiff1d(np.arange(graph.size), newcomers, assume_unique=True)
    drawn_keep = _kept(graph, positions, drawn)
    newcomers_keep = _kept(graph, positions, newcomers)
    now = modularity(edges, finest)
    then = now if modularity_then is None else modularity_then
    why = ""
    if share >= _MOSTLY_NEW:
        why = f"{share:.0%} of the papers came after the map was drawn"
    elif share >= _LEAST_SHARE and newcomers_keep < _LEAST_NEIGHBOURS_KEPT * drawn_keep:
        why = (
            f"newcomers lie beside {newcomers_keep:.0%} of their neighbours, "
            f"papers that were drawn beside {drawn_keep:.0%}"
        )
    elif share >= _LEAST_SHARE and now < _LEAST_MODULARITY_KEPT * then:
        why = f"topics hold together less than when they were found ({now:.2f}, then {then:.2f})"
    return MapFit(
        round(share, 4),
        round(drawn_keep, 4),
        round(newcomers_keep, 4),
        round(now, 4),
        round(then, 4),
        why,
    )


def _kept(graph: NeighbourGraph, positions: Positions, rows: Rows) -> float:
    """Return which share of its nearest neighbours a paper has near it on the map, on average."""
    k = min(_NEIGHBOURS, graph.neighbours.shape[1])
    if not len(rows) or not k:
        return 0.0
    some = rows[evenly_spaced(len(rows), _SAMPLED)]
    _, beside = cKDTree(positions).query(positions[some], k + 1)
    near = graph.neighbours[some, :k]
    is_kept = (beside[:, :, None] == near[:, None, :]).any(axis=1)
    return float(is_kept.mean())
