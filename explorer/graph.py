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


def build_graph(engine: Engine, settings: GraphSettings) -> NeighbourGraph:
    """Return the neighbour graph of all vectors in ``engine``."""
    k = min(settings.neighbours, engine.size - 1)
    neighbours = np.empty((engine.size, max(k, 0)), dtype=np.int32)
    similarities = np.empty((engine.size, max(k, 0)), dtype=np.float32)
    for start in range(0, engine.size, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, engine.size), dtype=np.int64)
        keys, scores = engine.search(engine.vectors(rows), k + 1)
        # A paper's own key is not always first: twins score the same.
        own = keys == rows[:, None]
        own[~own.any(axis=1), -1] = True
        neighbours[rows] = keys[~own].reshape(len(rows), k)
        similarities[rows] = scores[~own].reshape(len(rows), k)
    return NeighbourGraph(neighbours, similarities)
