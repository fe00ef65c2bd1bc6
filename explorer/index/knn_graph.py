"""The neighbour graph: computed once, shared by map, topics, search and "more like this"."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from explorer.arrays import Vectors
from explorer.index.engines.contract import Engine
from explorer.settings import GraphSettings

_BLOCK = 4096
_BLOCK_BY_AXES = 1024
_NEWCOMERS = 512
"""Newcomers compared with a block at once: some 40 MB, the order of the nearest among them."""
_PAIRS = 1 << 30
"""Newcomers times papers that are all compared: a few seconds."""
_WIDE = 8
"""Nearest of a newcomer that are asked whether it is among theirs, for each neighbour kept."""
_MANY = 10_000
"""Papers from which they are compared by their principal axes first."""
_COMPARED_WITH_ALL = 60_000
"""Papers up to which each is compared with all others."""
_AXES = 128
_BY_AXES = 3
"""Nearest by the axes that are compared by the whole vectors, for each neighbour kept."""
_TELLING = 50_000
"""Papers that the axes are taken from."""
_ASKED = 256
"""Papers that it is measured on how many neighbours are found."""
_OF_ALL = 0.99
"""Share of neighbours that must be found where all papers are compared."""
_FEWEST_LISTS = 16
_MORE_LISTS = 1.4
"""Times as many lists that are looked through next, where too little was found."""
_WORTHWHILE = 4
"""Share of all lists beyond which the engine itself is asked."""
_EFFORTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Parts of what an engine usually looks through that are tried for newcomers."""
_WORTH_TRYING = 8 * _ASKED
"""Newcomers from which it takes less time to try than to look through all."""
_USUAL = 10
"""Neighbours whose mean similarity is what a paper is used to."""
_CONTRAST = 4.0
"""How steeply an edge's weight grows with what it exceeds the usual by."""


Advance = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


def nobody(done: int, total: int) -> None:
    """Tell nobody."""


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
    advance: Advance = nobody,
) -> NeighbourGraph:
    """Return the neighbour graph of ``engine``, as :func:`build_graph` would, from that before.

    Args:
        before: the graph of the library before the update.
        moved: for each row of ``before``, its row in ``engine``, or -1 where its vector is gone
            or another now; shape (before.size,).
        engine: all vectors after the update.
        settings: as in :func:`build_graph`.

    Only newcomers are compared with all papers, and so are papers that lost a neighbour; to all
    others the newcomers are added where they are near enough. ``advance`` is told how far it is.
    """
    k = min(settings.neighbours, engine.size - 1)
    kept = np.flatnonzero(moved >= 0)
    newcomers = np.setdiff1d(np.arange(engine.size), moved[kept])
    if k < settings.neighbours or before.neighbours.shape[1] != k or not len(kept):
        return build_graph(engine, settings, advance)
    neighbours = np.full((engine.size, k), -1, dtype=np.int32)
    similarities = np.full((engine.size, k), -np.inf, dtype=np.float32)
    carried = moved[before.neighbours[kept]]
    rows = moved[kept]
    neighbours[rows] = carried
    similarities[rows] = before.similarities[kept]
    bereft = rows[(carried < 0).any(axis=1)]
    others = np.setdiff1d(rows, bereft)
    again = np.union1d(newcomers, bereft)
    few = len(newcomers) * len(others) <= _PAIRS
    found = k if few else _WIDE * k
    faster = _faster(engine, again, found, settings.recall)
    told = _Pairs()
    for start in range(0, len(again), _BLOCK):
        block = again[start : start + _BLOCK]
        keys, scores = _nearest(faster, block, found)
        neighbours[block], similarities[block] = keys[:, :k], scores[:, :k]
        if not few:
            came = np.isin(block, newcomers, assume_unique=True)
            told.add(block[came], keys[came], scores[came])
        advance(start + len(block), len(again))
    if few and len(newcomers) and len(others):
        _let_in(engine, neighbours, similarities, others, newcomers)
    elif not few:
        told.let_in(neighbours, similarities, others)
    return NeighbourGraph(neighbours, similarities)


def _faster(engine: Engine, rows: NDArray[np.int64], k: int, recall: float) -> Engine:
    """Return ``engine`` at the least effort that finds ``recall`` of the ``k`` nearest of ``rows``.

    Searches need more of an engine than the graph does, and a paper's own neighbours are found
    with less effort than those of a query.
    """
    if len(rows) < _WORTH_TRYING or engine.with_effort(_EFFORTS[0]) is engine:
        return engine
    some = rows[:: len(rows) // _ASKED]
    last = _nearest(engine, some, k)[1][:, -1:] - 1e-6
    for effort in _EFFORTS:
        faster = engine.with_effort(effort)
        if (_nearest(faster, some, k)[1] >= last).mean() >= recall:
            return faster
    return engine


class _Pairs:
    """Newcomers and who is near them, each of whom may count them among its own nearest.

    To compare all newcomers of a large library with all its papers would take longer than to
    build the graph anew. Who has a newcomer among its 30 nearest is nearly always among the
    newcomer's own few hundred.
    """

    def __init__(self) -> None:
        self._who: list[NDArray[np.int64]] = []
        self._newcomers: list[NDArray[np.int64]] = []
        self._scores: list[NDArray[np.float32]] = []

    def add(
        self, newcomers: NDArray[np.int64], keys: NDArray[np.int32], scores: NDArray[np.float32]
    ) -> None:
        """Note the nearest of each of ``newcomers``; both arrays (newcomers, found)."""
        self._who.append(keys.ravel().astype(np.int64))
        self._newcomers.append(np.repeat(newcomers, keys.shape[1]))
        self._scores.append(scores.ravel())

    def let_in(
        self,
        neighbours: NDArray[np.int32],
        similarities: NDArray[np.float32],
        others: NDArray[np.int64],
    ) -> None:
        """Put newcomers among the neighbours of ``others`` where they are nearer than the last."""
        who, came = np.concatenate(self._who), np.concatenate(self._newcomers)
        scores = np.concatenate(self._scores)
        welcome = np.zeros(len(neighbours), dtype=bool)
        welcome[others] = True
        nearer = welcome[who] & (scores > similarities[who, -1])
        who, came, scores = who[nearer], came[nearer], scores[nearer]
        order = np.lexsort((came, -scores, who))
        who, came, scores = who[order], came[order], scores[order]
        rows, firsts, counts = np.unique(who, return_index=True, return_counts=True)
        k = neighbours.shape[1]
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            most = min(k, int(counts[block].max()))
            places = firsts[block, None] + np.arange(most)
            there = np.arange(most) < counts[block, None]
            places = np.where(there, places, 0)
            nearness = np.where(there, scores[places], -np.inf).astype(np.float32)
            keys = np.where(there, came[places], -1)
            _keep_nearest(neighbours, similarities, rows[block], keys, nearness)


def _let_in(
    engine: Engine,
    neighbours: NDArray[np.int32],
    similarities: NDArray[np.float32],
    others: NDArray[np.int64],
    newcomers: NDArray[np.int64],
) -> None:
    """Put ``newcomers`` among the neighbours of ``others`` where they are nearer than the last."""
    for start in range(0, len(others), _BLOCK):
        block = others[start : start + _BLOCK]
        vectors = engine.vectors(block)
        for first in range(0, len(newcomers), _NEWCOMERS):
            some = newcomers[first : first + _NEWCOMERS]
            nearness = vectors @ engine.vectors(some).T
            touched = np.flatnonzero(nearness.max(axis=1) > similarities[block, -1])
            if len(touched):
                _merge(neighbours, similarities, block[touched], some, nearness[touched])


def _merge(
    neighbours: NDArray[np.int32],
    similarities: NDArray[np.float32],
    rows: NDArray[np.int64],
    newcomers: NDArray[np.int64],
    nearness: NDArray[np.float32],
) -> None:
    """Keep the nearest of those that ``rows`` have and ``newcomers``."""
    k = neighbours.shape[1]
    most = min(k, len(newcomers))
    best = np.argpartition(-nearness, most - 1, axis=1)[:, :most]
    nearest = np.take_along_axis(nearness, best, axis=1)
    _keep_nearest(neighbours, similarities, rows, newcomers[best], nearest)


def _keep_nearest(
    neighbours: NDArray[np.int32],
    similarities: NDArray[np.float32],
    rows: NDArray[np.int64],
    keys: NDArray[np.int64],
    nearness: NDArray[np.float32],
) -> None:
    """Keep the nearest of those that ``rows`` have and of ``keys``, one row of them for each."""
    k = neighbours.shape[1]
    keys = np.hstack([neighbours[rows], keys.astype(np.int32)])
    scores = np.hstack([similarities[rows], nearness])
    # As in a search, ties go to the smaller row.
    order = np.lexsort((keys, -scores), axis=1)[:, :k]
    neighbours[rows] = np.take_along_axis(keys, order, axis=1)
    similarities[rows] = np.take_along_axis(scores, order, axis=1)


def _nearest(
    engine: Engine, rows: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the ``k`` nearest others of ``rows``, and how near they are."""
    return _without_own(*engine.search(engine.vectors(rows), k + 1), rows)


def _without_own(
    keys: NDArray[np.int64], scores: NDArray[np.float32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    # A paper's own key is not always first: twins score the same.
    own = keys == rows[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(rows), keys.shape[1] - 1)
    return keys[~own].reshape(shape).astype(np.int32), scores[~own].reshape(shape)


def build_graph(
    engine: Engine, settings: GraphSettings, advance: Advance = nobody
) -> NeighbourGraph:
    """Return the neighbour graph of all vectors in ``engine``.

    ``advance`` is told how many papers of how many are done.
    """
    k = min(settings.neighbours, engine.size - 1)
    if engine.size >= _MANY and engine.dimension >= 2 * _AXES:
        graph = _by_axes(engine, k, settings, advance)
        if graph is not None:
            return graph
    neighbours = np.empty((engine.size, max(k, 0)), dtype=np.int32)
    similarities = np.empty((engine.size, max(k, 0)), dtype=np.float32)
    for start in range(0, engine.size, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, engine.size), dtype=np.int64)
        neighbours[rows], similarities[rows] = _nearest(engine, rows, k)
        advance(start + len(rows), engine.size)
    return NeighbourGraph(neighbours, similarities)


def _by_axes(
    engine: Engine, k: int, settings: GraphSettings, advance: Advance
) -> NeighbourGraph | None:
    """Return the graph by way of the vectors' principal axes; None where that finds too little.

    Papers are compared along a third of the directions, those along which papers vary most, and
    the nearest by these then by their whole vectors. How many neighbours that finds is measured
    each time, against those that the engine finds.
    """
    from explorer.index.engines.faiss_threads import threads
    from explorer.index.engines.stored_vectors import StoredVectors, refined

    everyone = np.arange(engine.size, dtype=np.int64)
    vectors = engine.vectors(everyone)
    short = _along_axes(vectors)
    index, order = _index_of(short)
    stored = StoredVectors.of(vectors)

    def found(rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        with threads(1):
            keys = index.search(short[rows], _BY_AXES * (k + 1))[1]
            return _without_own(*refined(stored, vectors[rows], keys, k + 1), rows)

    some = everyone[:: max(1, engine.size // _ASKED)]
    last = _nearest(engine, some, k)[1][:, -1:] - 1e-6
    exhaustive = not hasattr(index, "nprobe")
    while (found(some)[1] >= last).mean() < (_OF_ALL if exhaustive else settings.recall):
        if exhaustive or index.nprobe >= index.nlist // _WORTHWHILE:
            return None
        index.nprobe = math.ceil(_MORE_LISTS * index.nprobe)
    neighbours = np.empty((engine.size, k), dtype=np.int32)
    similarities = np.empty((engine.size, k), dtype=np.float32)
    blocks = np.array_split(order, math.ceil(engine.size / _BLOCK_BY_AXES))
    done = 0
    # Threads of FAISS wait for each other at every step; these do not.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for rows, nearest in zip(blocks, pool.map(found, blocks), strict=True):
            neighbours[rows], similarities[rows] = nearest
            done += len(rows)
            advance(done, engine.size)
    return NeighbourGraph(neighbours, similarities)


def _along_axes(vectors: Vectors) -> Vectors:
    """Return ``vectors`` along the axes that keep most of them, shape (papers, axes)."""
    some = vectors[:: max(1, len(vectors) // _TELLING)]
    _, axes = np.linalg.eigh((some.T @ some).astype(np.float64))
    return np.ascontiguousarray(vectors @ axes[:, ::-1][:, :_AXES].astype(np.float32))


def _index_of(short: Vectors) -> tuple[Any, NDArray[np.int64]]:
    """Return an index, and its rows in an order that keeps together what lies together."""
    import faiss

    if len(short) <= _COMPARED_WITH_ALL:
        flat = faiss.IndexFlatIP(short.shape[1])
        flat.add(short)
        return flat, np.arange(len(short), dtype=np.int64)
    lists = round(4 * len(short) ** 0.5)
    index: Any = faiss.index_factory(
        short.shape[1], f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT
    )
    index.by_residual = False
    index.nprobe = _FEWEST_LISTS
    index.cp.spherical = True
    index.cp.niter = 8
    index.cp.max_points_per_centroid = 64
    index.train(short[:: max(1, len(short) // (64 * lists))])
    own = index.quantizer.assign(short, 1)[:, 0]
    keys = np.arange(len(short), dtype=np.int64)
    index.add_core(len(short), *(faiss.swig_ptr(array) for array in (short, keys, own)))
    return index, np.argsort(own, kind="stable").astype(np.int64)
