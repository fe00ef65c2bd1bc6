"""The neighbour graph: computed once, shared by map, topics, search and "more like this"."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from explorer.engines import Engine
from explorer.settings import GraphSettings

_BLOCK = 4096
_NEWCOMERS = 512
"""Newcomers compared with a block at once: some 40 MB, the order of the nearest among them."""
_USUAL = 10
"""Neighbours whose mean similarity is what a paper is used to."""
_CONTRAST = 4.0
"""How steeply an edge's weight grows with what it exceeds the usual by."""


@dataclass(frozen=True, slots=True)
class NeighbourGraph:
    """Each paper's nearest other papers, best first.

    ``neighbours`` and ``similarities`` (cosine) have the shape (papers, k), with k at most
    papers - 1.
    """

    neighbours: NDArray[np.int32]
    similarities: NDArray[np.float32]

    @property
    def size(self) -> int:
        return int(self.neighbours.shape[0])

    def symmetric(self, k: int) -> sparse.csr_matrix:
        """Return the undirected graph of the k nearest, weighted by cosine, without self-loops.

        An edge is there if either end counts the other among its k nearest; cosines below
        zero count as zero. Shape (papers, papers), float64.
        """
        k = min(k, self.neighbours.shape[1])
        rows = np.repeat(np.arange(self.size, dtype=np.int32), k)
        columns = self.neighbours[:, :k].ravel()
        weights = np.clip(self.similarities[:, :k].ravel(), 1e-6, None).astype(np.float64)
        directed = sparse.csr_matrix((weights, (rows, columns)), shape=(self.size, self.size))
        return directed.maximum(directed.T).tocsr()

    def without_hubs(self, k: int) -> sparse.csr_matrix:
        """Return the undirected graph of the k nearest once hubs are discounted.

        Some papers are near to everything: surveys, short abstracts. A similarity counts by how
        far it exceeds what either end is used to (cross-domain similarity local scaling, Conneau
        et al. 2018, arXiv:1710.04087), and the k best of each paper by that are its neighbours.
        Shape (papers, papers), float64, weights above zero, no self-loops.
        """
        if not self.neighbours.size:
            return sparse.csr_matrix((self.size, self.size), dtype=np.float64)
        usual = self.similarities[:, :_USUAL].mean(axis=1, dtype=np.float64)
        excess = 2.0 * self.similarities - usual[:, None] - usual[self.neighbours]
        best = np.argsort(-excess, axis=1, kind="stable")[:, : min(k, excess.shape[1])]
        rows = np.repeat(np.arange(self.size, dtype=np.int32), best.shape[1])
        columns = np.take_along_axis(self.neighbours, best, axis=1).ravel()
        weights = np.exp(_CONTRAST * np.take_along_axis(excess, best, axis=1)).ravel()
        directed = sparse.csr_matrix((weights, (rows, columns)), shape=(self.size, self.size))
        return directed.maximum(directed.T).tocsr()

    def save(self, folder: Path) -> None:
        """Write ``neighbours.npy`` and ``similarities.npy`` into ``folder``."""
        np.save(folder / "neighbours.npy", self.neighbours, allow_pickle=False)
        np.save(folder / "similarities.npy", self.similarities, allow_pickle=False)

    @classmethod
    def open(cls, folder: Path) -> NeighbourGraph:
        """Return the graph that was saved in ``folder``, memory-mapped."""
        return cls(
            np.load(folder / "neighbours.npy", mmap_mode="r", allow_pickle=False),
            np.load(folder / "similarities.npy", mmap_mode="r", allow_pickle=False),
        )


def updated_graph(
    before: NeighbourGraph,
    moved: NDArray[np.int64],
    engine: Engine,
    settings: GraphSettings,
) -> NeighbourGraph:
    """Return the neighbour graph of ``engine``, as :func:`build_graph` would, from that before.

    Args:
        before: the graph of the library before the update.
        moved: for each row of ``before``, its row in ``engine``, or -1 where its vector is gone
            or another now; shape (before.size,).
        engine: all vectors after the update.
        settings: as in :func:`build_graph`.

    Only newcomers are compared with all papers, and so are papers that lost a neighbour; to all
    others the newcomers are added where they are near enough.
    """
    k = min(settings.neighbours, engine.size - 1)
    kept = np.flatnonzero(moved >= 0)
    newcomers = np.setdiff1d(np.arange(engine.size), moved[kept])
    if k < settings.neighbours or before.neighbours.shape[1] != k or not len(kept):
        return build_graph(engine, settings)
    neighbours = np.full((engine.size, k), -1, dtype=np.int32)
    similarities = np.full((engine.size, k), -np.inf, dtype=np.float32)
    carried = moved[before.neighbours[kept]]
    rows = moved[kept]
    neighbours[rows] = carried
    similarities[rows] = before.similarities[kept]
    bereft = rows[(carried < 0).any(axis=1)]
    again = np.union1d(newcomers, bereft)
    for start in range(0, len(again), _BLOCK):
        block = again[start : start + _BLOCK]
        neighbours[block], similarities[block] = _nearest(engine, block, k)
    others = np.setdiff1d(rows, bereft)
    if len(newcomers) and len(others):
        _let_in(engine, neighbours, similarities, others, newcomers)
    return NeighbourGraph(neighbours, similarities)


def _let_in(
    engine: Engine,
    neighbours: NDArray[np.int32],
    similarities: NDArray[np.float32],
    others: NDArray[np.int64],
    newcomers: NDArray[np.int64],
) -> None:
    """Put ``newcomers`` among the neighbours of ``others`` where they are nearer than the last."""
    k = neighbours.shape[1]
    for start in range(0, len(others), _BLOCK):
        block = others[start : start + _BLOCK]
        vectors = engine.vectors(block)
        for first in range(0, len(newcomers), _NEWCOMERS):
            some = newcomers[first : first + _NEWCOMERS]
            nearness = vectors @ engine.vectors(some).T
            touched = np.flatnonzero(nearness.max(axis=1) > similarities[block, -1])
            if len(touched):
                _merge(neighbours, similarities, block[touched], some, nearness[touched], k)


def _merge(
    neighbours: NDArray[np.int32],
    similarities: NDArray[np.float32],
    rows: NDArray[np.int64],
    newcomers: NDArray[np.int64],
    nearness: NDArray[np.float32],
    k: int,
) -> None:
    """Keep the ``k`` nearest of those that ``rows`` have and ``newcomers``."""
    most = min(k, len(newcomers))
    best = np.argpartition(-nearness, most - 1, axis=1)[:, :most]
    keys = np.hstack([neighbours[rows], newcomers[best].astype(np.int32)])
    scores = np.hstack([similarities[rows], np.take_along_axis(nearness, best, axis=1)])
    # As in a search, ties go to the smaller row.
    order = np.lexsort((keys, -scores), axis=1)[:, :k]
    neighbours[rows] = np.take_along_axis(keys, order, axis=1)
    similarities[rows] = np.take_along_axis(scores, order, axis=1)


def _nearest(
    engine: Engine, rows: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the ``k`` nearest others of ``rows``, and how near they are."""
    keys, scores = engine.search(engine.vectors(rows), k + 1)
    # A paper's own key is not always first: twins score the same.
    own = keys == rows[:, None]
    own[~own.any(axis=1), -1] = True
    return keys[~own].reshape(len(rows), k), scores[~own].reshape(len(rows), k)


def build_graph(engine: Engine, settings: GraphSettings) -> NeighbourGraph:
    """Return the neighbour graph of all vectors in ``engine``."""
    k = min(settings.neighbours, engine.size - 1)
    neighbours = np.empty((engine.size, max(k, 0)), dtype=np.int32)
    similarities = np.empty((engine.size, max(k, 0)), dtype=np.float32)
    for start in range(0, engine.size, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, engine.size), dtype=np.int64)
        neighbours[rows], similarities[rows] = _nearest(engine, rows, k)
    return NeighbourGraph(neighbours, similarities)
