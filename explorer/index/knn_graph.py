"""Neighbour graph: computed once, shared by map, topics, search and "more like this"."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors
from explorer.index.engines.contract import Engine
from explorer.settings import GraphSettings

if TYPE_CHECKING:
    from scipy import sparse

_BLOCK = 4096
_BLOCK_BY_AXES = 1024
_NEWCOMERS = 512
"""Newcomers compared with a block at once; takes some 40 MB."""
_PAIRS = 1 << 30
"""Newcomers times papers up to which all pairs are compared; takes a few seconds."""
_PAIRS_PER_NEIGHBOUR = 8
"""Nearest papers of a newcomer that may gain it as a neighbour, for each neighbour kept."""
_MANY = 10_000
"""Papers from which on they are compared by their principal axes first."""
_COMPARED_WITH_ALL = 60_000
"""Papers up to which all are compared with each other."""
_AXES = 128
_BY_AXES = 3
"""Nearest by the axes that are compared by their whole vectors, for each neighbour kept."""
_AXES_SAMPLE = 50_000
"""Papers that the axes are computed from."""
_RECALL_SAMPLE = 256
"""Papers that recall is measured on."""
_EXHAUSTIVE_RECALL = 0.99
"""Recall required where all papers are compared."""
_FEWEST_PROBES = 16
_PROBE_GROWTH = 1.4
"""Factor on the number of probes while recall is too low."""
_MOST_PROBES_DIVISOR = 4
"""Divides the number of lists; with more probes than that, the engine itself is faster."""
_EFFORTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Efforts that are tried for newcomers, as in ``Engine.with_effort``."""
_WORTH_TRYING = 8 * _RECALL_SAMPLE
"""Newcomers from which trying efforts saves time."""
_USUAL_NEIGHBOURS = 10
"""Neighbours whose mean similarity is a paper's usual one."""
_CONTRAST = 4.0
"""Exponential rate at which an edge's weight grows with its excess over the usual similarity."""
NEAR_DUPLICATE = 0.95
"""Cosine from which two papers count as near-duplicates."""


Advance = Callable[[int, int], None]
"""Receives (done, total) as work progresses."""


def ignore_progress(done: int, total: int) -> None:
    """Receive progress and do nothing."""


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

    def without_hubs(self, k: int) -> sparse.csr_matrix:
        """Return the undirected graph of the k nearest once hubs are discounted.

        Some papers are near to everything: surveys, short abstracts. A similarity counts by its
        excess over the usual similarities of both ends (cross-domain similarity local scaling,
        Conneau et al. 2018, arXiv:1710.04087); a paper's neighbours are the k best by that.
        Shape (papers, papers), float64, weights above zero, no self-loops.
        """
        from scipy import sparse

        if not self.neighbours.size:
            return sparse.csr_matrix((self.size, self.size), dtype=np.float64)
        usual = self.similarities[:, :_USUAL_NEIGHBOURS].mean(axis=1, dtype=np.float64)
        excess = 2.0 * self.similarities - usual[:, None] - usual[self.neighbours]
        best = np.argsort(-excess, axis=1, kind="stable")[:, : min(k, excess.shape[1])]
        rows = np.repeat(np.arange(self.size, dtype=np.int32), best.shape[1])
        columns = np.take_along_axis(self.neighbours, best, axis=1).ravel()
        weights = np.exp(_CONTRAST * np.take_along_axis(excess, best, axis=1)).ravel()
        directed = sparse.csr_matrix((weights, (rows, columns)), shape=(self.size, self.size))
        return directed.maximum(directed.T).tocsr()

    def near_duplicates(self) -> NDArray[np.int64]:
        """Return the first of the papers that say the same as each paper; shape (papers,).

        Papers say the same if they are near-duplicates, or if others between them are.
        """
        from scipy import sparse
        from scipy.sparse import csgraph

        firsts = np.arange(self.size, dtype=np.int64)
        rows, columns = np.nonzero(self.similarities >= NEAR_DUPLICATE)
        if len(rows):
            pairs = (np.ones(len(rows), dtype=bool), (rows, self.neighbours[rows, columns]))
            links = sparse.coo_matrix(pairs, shape=(self.size, self.size))
            _, groups = csgraph.connected_components(links, directed=False)
            firsts = np.unique(groups, return_index=True)[1][groups].astype(np.int64)
        return firsts

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
    row_map: NDArray[np.int64],
    engine: Engine,
    settings: GraphSettings,
    advance: Advance = ignore_progress,
) -> NeighbourGraph:
    """Return the neighbour graph of ``engine``, as :func:`build_graph` would, by an update.

    Args:
        before: the graph of the library before the update.
        row_map: for each row of ``before``, its row in ``engine``, or -1 if its vector was removed
            or replaced; shape (before.size,).
        engine: all vectors after the update.
        settings: as in :func:`build_graph`.

    Newcomers and papers that lost a neighbour are compared with all papers; the newcomers become
    neighbours of the others if they are near enough. ``advance`` receives the progress.
    """
    k = min(settings.neighbours, engine.size - 1)
    kept = np.flatnonzero(row_map >= 0)
    newcomers = np.setdiff1d(np.arange(engine.size), row_map[kept])
    if k < settings.neighbours or before.neighbours.shape[1] != k or not len(kept):
        return build_graph(engine, settings, advance)
    neighbours = np.full((engine.size, k), -1, dtype=np.int32)
    similarities = np.full((engine.size, k), -np.inf, dtype=np.float32)
    carried = row_map[before.neighbours[kept]]
    rows = row_map[kept]
    neighbours[rows] = carried
    similarities[rows] = before.similarities[kept]
    incomplete = rows[(carried < 0).any(axis=1)]
    others = np.setdiff1d(rows, incomplete)
    again = np.union1d(newcomers, incomplete)
    few = len(newcomers) * len(others) <= _PAIRS
    width = k if few else _PAIRS_PER_NEIGHBOUR * k
    faster = _faster(engine, again, width, settings.recall)
    pairs = _Pairs()
    for start in range(0, len(again), _BLOCK):
        block = again[start : start + _BLOCK]
        keys, scores = _nearest(faster, block, width)
        neighbours[block], similarities[block] = keys[:, :k], scores[:, :k]
        if not few:
            is_new = np.isin(block, newcomers, assume_unique=True)
            pairs.add(block[is_new], keys[is_new], scores[is_new])
        advance(start + len(block), len(again))
    if few and len(newcomers) and len(others):
        _let_in(engine, neighbours, similarities, others, newcomers)
    elif not few:
        pairs.let_in(neighbours, similarities, others)
    return NeighbourGraph(neighbours, similarities)


def _faster(engine: Engine, rows: NDArray[np.int64], k: int, recall: float) -> Engine:
    """Return ``engine`` at the least effort that finds ``recall`` of the ``k`` nearest of ``rows``.

    Searches need more recall than the graph does, and the neighbours of a paper take less effort
    than those of a query.
    """
    if len(rows) < _WORTH_TRYING or engine.with_effort(_EFFORTS[0]) is engine:
        return engine
    some = rows[:: len(rows) // _RECALL_SAMPLE]
    last = _nearest(engine, some, k)[1][:, -1:] - 1e-6
    for effort in _EFFORTS:
        faster = engine.with_effort(effort)
        if (_nearest(faster, some, k)[1] >= last).mean() >= recall:
            return faster
    return engine


class _Pairs:
    """Pairs of newcomers and their nearest papers, which may gain them as neighbours.

    Comparing all newcomers of a large library with all its papers would take longer than building
    a new graph. A paper with a newcomer among its 30 nearest is nearly always among the few
    hundred nearest of the newcomer.
    """

    def __init__(self) -> None:
        self._papers: list[NDArray[np.int64]] = []
        self._newcomers: list[NDArray[np.int64]] = []
        self._scores: list[NDArray[np.float32]] = []

    def add(
        self, newcomers: NDArray[np.int64], keys: NDArray[np.int32], scores: NDArray[np.float32]
    ) -> None:
        """Record the nearest of each newcomer; both arrays have the shape (newcomers, k)."""
        self._papers.append(keys.ravel().astype(np.int64))
        self._newcomers.append(np.repeat(newcomers, keys.shape[1]))
        self._scores.append(scores.ravel())

    def let_in(
        self,
        neighbours: NDArray[np.int32],
        similarities: NDArray[np.float32],
        others: NDArray[np.int64],
    ) -> None:
        """Add newcomers to the neighbours of ``others`` if they are nearer than the last."""
        papers, newcomers = np.concatenate(self._papers), np.concatenate(self._newcomers)
        scores = np.concatenate(self._scores)
        is_candidate = np.zeros(len(neighbours), dtype=bool)
        is_candidate[others] = True
        nearer = is_candidate[papers] & (scores > similarities[papers, -1])
        papers, newcomers, scores = papers[nearer], newcomers[nearer], scores[nearer]
        order = np.lexsort((newcomers, -scores, papers))
        papers, newcomers, scores = papers[order], newcomers[order], scores[order]
        rows, firsts, counts = np.unique(papers, return_index=True, return_counts=True)
        k = neighbours.shape[1]
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            most = min(k, int(counts[block].max()))
            places = firsts[block, None] + np.arange(most)
            there = np.arange(most) < counts[block, None]
            places = np.where(there, places, 0)
            nearness = np.where(there, scores[places], -np.inf).astype(np.float32)
            keys = np.where(there, newcomers[places], -1)
            _keep_nearest(neighbours, similarities, rows[block], keys, nearness)


def _let_in(
    engine: Engine,
    neighbours: NDArray[np.int32],
    similarities: NDArray[np.float32],
    others: NDArray[np.int64],
    newcomers: NDArray[np.int64],
) -> None:
    """Add ``newcomers`` to the neighbours of ``others`` if they are nearer than the last."""
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
    """Keep the nearest of the neighbours of ``rows`` and ``newcomers``."""
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
    """Keep the nearest of the neighbours of ``rows`` and ``keys``, one row of keys for each."""
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
    """Return the ``k`` nearest others of ``rows``, and their cosines."""
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
    engine: Engine, settings: GraphSettings, advance: Advance = ignore_progress
) -> NeighbourGraph:
    """Return the neighbour graph of all vectors in ``engine``.

    ``advance`` receives the number of papers done and of all.
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
    """Return the graph by way of the vectors' principal axes, or None if recall is too low.

    Papers are compared along a third of the directions, those along which papers vary most, and
    the nearest by these then by their whole vectors. Recall is measured each time, against the
    engine's neighbours.
    """
    from explorer.index.engines.faiss_threads import threads
    from explorer.index.engines.stored_vectors import StoredVectors, refined

    all_rows = np.arange(engine.size, dtype=np.int64)
    vectors = engine.vectors(all_rows)
    short = _along_axes(vectors)
    index, order = _index_of(short)
    stored = StoredVectors.of(vectors)

    def nearest_of(rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        with threads(1):
            keys = index.search(short[rows], _BY_AXES * (k + 1))[1]
            return _without_own(*refined(stored, vectors[rows], keys, k + 1), rows)

    some = all_rows[:: max(1, engine.size // _RECALL_SAMPLE)]
    last = _nearest(engine, some, k)[1][:, -1:] - 1e-6
    exhaustive = not hasattr(index, "nprobe")
    target = _EXHAUSTIVE_RECALL if exhaustive else settings.recall
    while (nearest_of(some)[1] >= last).mean() < target:
        if exhaustive or index.nprobe >= index.nlist // _MOST_PROBES_DIVISOR:
            return None
        index.nprobe = math.ceil(_PROBE_GROWTH * index.nprobe)
    neighbours = np.empty((engine.size, k), dtype=np.int32)
    similarities = np.empty((engine.size, k), dtype=np.float32)
    blocks = np.array_split(order, math.ceil(engine.size / _BLOCK_BY_AXES))
    done = 0
    # Threads of FAISS wait for each other at every step; these do not.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for rows, nearest in zip(blocks, pool.map(nearest_of, blocks), strict=True):
            neighbours[rows], similarities[rows] = nearest
            done += len(rows)
            advance(done, engine.size)
    return NeighbourGraph(neighbours, similarities)


def _along_axes(vectors: Vectors) -> Vectors:
    """Return ``vectors`` along the axes that keep most of them, shape (papers, axes)."""
    some = vectors[:: max(1, len(vectors) // _AXES_SAMPLE)]
    _, axes = np.linalg.eigh((some.T @ some).astype(np.float64))
    return np.ascontiguousarray(vectors @ axes[:, ::-1][:, :_AXES].astype(np.float32))


def _index_of(short: Vectors) -> tuple[Any, NDArray[np.int64]]:
    """Return an index, and its rows in an order that keeps near papers together."""
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
    index.nprobe = _FEWEST_PROBES
    index.cp.spherical = True
    index.cp.niter = 8
    index.cp.max_points_per_centroid = 64
    index.train(short[:: max(1, len(short) // (64 * lists))])
    own = index.quantizer.assign(short, 1)[:, 0]
    keys = np.arange(len(short), dtype=np.int64)
    index.add_core(len(short), *(faiss.swig_ptr(array) for array in (short, keys, own)))
    return index, np.argsort(own, kind="stable").astype(np.int64)
