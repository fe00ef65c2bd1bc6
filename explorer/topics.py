"""Topics: the neighbour graph cut into nested communities, every paper in one.

Communities are found with the Leiden algorithm (Traag, Waltman, van Eck 2019,
doi:10.1038/s41598-019-41695-z) by modularity; large ones are cut again on the graph that their
own papers form. Nothing is thrown out as noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from explorer.graph import NeighbourGraph
from explorer.settings import TopicSettings

Labels = NDArray[np.int32]
"""The community of each paper, numbered from 0 without gaps; shape (papers,)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of one level."""

    id: str
    level: int
    """0 is the coarsest."""
    parent: str
    """Id of the topic one level up; empty on level 0."""
    label: str
    keywords: tuple[str, ...]
    size: int


def partition(graph: NeighbourGraph, settings: TopicSettings) -> list[Labels]:
    """Return nested partitions from coarse to fine, at least one, each with all papers.

    A level is added while some topic of the last one is larger than ``split_above``; topics
    that are not cut go on into it unchanged. Numbers follow size, largest first.
    """
    edges = graph.symmetric(min(settings.neighbours, max(5, math.isqrt(graph.size))))
    levels = [_by_size(_communities(edges, settings))]
    while len(levels) < settings.most_levels:
        finer = _cut_large(edges, levels[-1], settings)
        if finer is None:
            break
        levels.append(finer)
    return levels


def _cut_large(edges: sparse.csr_matrix, labels: Labels, settings: TopicSettings) -> Labels | None:
    sizes = np.bincount(labels)
    if sizes.max() <= settings.split_above:
        return None
    finer = np.zeros_like(labels)
    used = 0
    for topic in range(len(sizes)):
        members = np.flatnonzero(labels == topic)
        parts = np.zeros(len(members), dtype=np.int32)
        if sizes[topic] > settings.split_above:
            parts = _communities(edges[members][:, members].tocsr(), settings)
        finer[members] = used + parts
        used += int(parts.max()) + 1
    return None if used == len(sizes) else _by_size(finer)


def _communities(edges: sparse.csr_matrix, settings: TopicSettings) -> Labels:
    size = edges.shape[0]
    if edges.nnz == 0:
        return np.zeros(size, dtype=np.int32)
    from graspologic_native import leiden_csr

    _, found = leiden_csr(
        edges.indptr.astype(np.int64),
        edges.indices.astype(np.int32),
        edges.data.astype(np.float64),
        size,
        resolution=settings.resolution,
        iterations=2,
        use_modularity=True,
        seed=settings.seed,
        trials=settings.trials,
    )
    raw = np.fromiter((found.get(i, -1) for i in range(size)), dtype=np.int64, count=size)
    _, labels = np.unique(raw, return_inverse=True)
    return _absorb_small(edges, labels.astype(np.int32), settings.smallest_topic)


def _absorb_small(edges: sparse.csr_matrix, labels: Labels, smallest: int) -> Labels:
    """Let communities below ``smallest`` join the one they are tied to most."""
    while True:
        sizes = np.bincount(labels)
        small = np.flatnonzero((sizes > 0) & (sizes < smallest))
        if not len(small) or len(np.flatnonzero(sizes)) == 1:
            _, gapless = np.unique(labels, return_inverse=True)
            return np.asarray(gapless, dtype=np.int32)
        least = int(small[np.argmin(sizes[small])])
        members = np.flatnonzero(labels == least)
        ties = np.asarray(edges[members].sum(axis=0)).ravel()
        strength = np.bincount(labels, weights=ties, minlength=len(sizes))
        strength[least] = -1.0
        strength[sizes == 0] = -1.0
        labels[members] = int(np.argmax(strength))


def _by_size(labels: Labels) -> Labels:
    sizes = np.bincount(labels)
    firsts = np.array([np.argmax(labels == topic) for topic in range(len(sizes))])
    order = np.lexsort((firsts, -sizes))
    rank = np.empty(len(sizes), dtype=np.int32)
    rank[order] = np.arange(len(sizes), dtype=np.int32)
    return rank[labels]
