"""Fit of map and topics to a library that has grown since they were drawn.

Papers that came later are placed among their neighbours on a map that was drawn without them, and
assigned to topics that were detected without them. Both fits are measured, and a redraw is advised
once it pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.arrays import Labels, Positions, Rows, evenly_spaced
from explorer.index.knn_graph import NeighbourGraph
from explorer.settings import RedrawSettings
from explorer.topics.communities import modularity

if TYPE_CHECKING:
    from scipy import sparse

_NEIGHBOURS = 15
_SAMPLED = 2_000
"""Papers whose neighbours are compared, at most."""
_SETTINGS = RedrawSettings()


@dataclass(frozen=True, slots=True)
class MapFit:
    """Fit of map and topics. Figures are shares, from 0 to 1."""

    newcomers: float
    """Papers added since the map was drawn."""
    drawn_keep: float
    """Nearest neighbours that are near on the map too, for papers that were drawn."""
    newcomers_keep: float
    """The same for newcomers; 0 without any."""
    modularity: float
    """Of the finest topics; from -0.5 to 1."""
    modularity_then: float
    """The same when the topics were detected."""
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
    """Measure the fit of ``positions`` and ``finest`` to the library.

    Args:
        edges: the graph that communities are detected in, shape (papers, papers).
        finest: the finest partition as detected, shape (papers,).
        newcomers: rows of the papers added since the map was drawn.
        modularity_then: modularity when the topics were detected; None if that was now.
    """
    share = len(newcomers) / max(1, graph.size)
    drawn = np.setdiff1d(np.arange(graph.size), newcomers, assume_unique=True)
    drawn_keep = _kept(graph, positions, drawn)
    newcomers_keep = _kept(graph, positions, newcomers)
    now = modularity(edges, finest)
    then = now if modularity_then is None else modularity_then
    why = ""
    if share >= _SETTINGS.mostly_new:
        why = f"{share:.0%} of the papers came after the map was drawn"
    elif (
        share >= _SETTINGS.least_share
        and newcomers_keep < _SETTINGS.least_neighbours_kept * drawn_keep
    ):
        why = (
            f"newcomers are near {newcomers_keep:.0%} of their neighbours on the map, "
            f"papers that were drawn near {drawn_keep:.0%}"
        )
    elif share >= _SETTINGS.least_share and now < _SETTINGS.least_modularity_kept * then:
        why = f"topics are less cohesive than when they were detected ({now:.2f}, then {then:.2f})"
    return MapFit(
        round(share, 4),
        round(drawn_keep, 4),
        round(newcomers_keep, 4),
        round(now, 4),
        round(then, 4),
        why,
    )


def _kept(graph: NeighbourGraph, positions: Positions, rows: Rows) -> float:
    """Return the share of nearest neighbours that are near on the map too, averaged over papers."""
    from scipy.spatial import cKDTree

    k = min(_NEIGHBOURS, graph.neighbours.shape[1])
    if not len(rows) or not k:
        return 0.0
    some = rows[evenly_spaced(len(rows), _SAMPLED)]
    _, on_map = cKDTree(positions).query(positions[some], k + 1)
    near = graph.neighbours[some, :k]
    is_kept = (on_map[:, :, None] == near[:, None, :]).any(axis=1)
    return float(is_kept.mean())
