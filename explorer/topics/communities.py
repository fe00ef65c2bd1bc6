"""Nested communities of the neighbour graph, which are the topics; every paper is in one.

Communities are found with the Leiden algorithm (Traag, Waltman, van Eck 2019,
doi:10.1038/s41598-019-41695-z) by modularity. Many are grouped into a few fields, large ones
are divided again on the graph of their own papers. No paper is left out as noise.
"""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, Rows, Strengths
from explorer.index.knn_graph import NeighbourGraph
from explorer.settings import TopicSettings

if TYPE_CHECKING:
    from scipy import sparse

LONGEST_NAME = 80
"""Characters of a topic's name, at most."""
_FEWEST_FIELDS = 3
_COARSER = 0.95
"""Factor by which the resolution of fields falls at each step."""
_LEAST_RESOLUTION = 0.001
_TIE_OF_DUPLICATES = 1.0
"""Weight of the tie of a paper to the first that says the same, that of usual neighbours."""
_NO_GAIN = 1e-12
"""Gain in modularity that is due to rounding."""


@dataclass(frozen=True, slots=True)
class TopicName:
    """Label and further keywords of a topic, best first."""

    label: str
    keywords: tuple[str, ...]
    evidence: int = 0
    """Number of the topic's papers with the label, word for word or inflected."""


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """Sentence on a topic, with the papers that it is about."""

    text: str
    papers: tuple[str, ...]
    """Ids of papers of the topic, at least one."""


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """Summary of a topic by a language model."""

    model: str
    sentences: tuple[SummarySentence, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """Topic of one level."""

    id: str
    level: int
    """0 is the coarsest."""
    parent: str
    """Id of the topic one level up; empty on level 0."""
    label: str
    keywords: tuple[str, ...]
    size: int
    evidence: int = 0
    """Number of its papers with the label, word for word or inflected."""
    representatives: tuple[str, ...] = ()
    """Ids of representative papers, three to five if it has as many."""
    named_by: str = ""
    """Source of the label: empty for the computed one, "you", a naming function or a model."""
    colour: int = -1
    """Number of its colour, unique on its level and kept through updates."""
    replaced_name: TopicName | None = None
    """Name computed from its papers, if the label is another; ``found`` on disk and in JSON."""
    summary: TopicSummary | None = None
    """Left out on disk and in JSON where there is none."""

    @property
    def computed_name(self) -> TopicName:
        """Name computed from its papers."""
        return self.replaced_name or TopicName(self.label, self.keywords, self.evidence)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by their names on disk and in JSON."""
        fields = asdict(self)
        fields["found"] = fields.pop("replaced_name")
        if self.summary is None:
            del fields["summary"]
        return fields


def partition(edges: sparse.csr_matrix, settings: TopicSettings) -> list[Labels]:
    """Return nested partitions from coarse to fine, at least one, each with all papers.

    The communities of the whole graph are its subjects. If they are many, they are grouped into a
    few fields; if they are large, they are divided, level by level, while the others stay as they
    are. Where a level has many times as many topics as the one above, levels are put between them.
    Numbers follow size, largest first.
    """
    subjects = by_size(communities(edges, settings))
    levels = [subjects]
    fields = _grouped(edges, subjects, settings)
    if fields is not None:
        levels.insert(0, fields)
    while len(levels) < settings.most_levels:
        finer = _divided(edges, levels[-1], settings)
        if finer is None:
            break
        levels.append(finer)
    return _evenly_spaced(edges, levels, settings)


def edges_of(graph: NeighbourGraph, settings: TopicSettings) -> sparse.csr_matrix:
    """Return the weighted graph for community detection; shape (papers, papers)."""
    k = min(settings.neighbours, max(5, math.isqrt(graph.size) // 2))
    return _with_duplicates_together(graph.without_hubs(k), graph.near_duplicates())


def _with_duplicates_together(
    edges: sparse.csr_matrix, firsts: NDArray[np.int64]
) -> sparse.csr_matrix:
    """Tie each paper that says the same as an earlier one to that one alone.

    The first has the ties of them all, each as strong as the strongest. Otherwise communities would
    follow how ties happen to fall among papers that no neighbour tells apart. ``firsts`` are as in
    :meth:`NeighbourGraph.near_duplicates`.
    """
    from scipy import sparse

    rest = np.flatnonzero(firsts != np.arange(len(firsts)))
    if not len(rest):
        return edges
    links = edges.tocoo()
    rows, columns = firsts[links.row], firsts[links.col]
    apart = rows != columns
    rows, columns, weights = rows[apart], columns[apart], links.data[apart]
    order = np.lexsort((-weights, columns, rows))
    rows, columns, weights = rows[order], columns[order], weights[order]
    strongest = np.ones(len(rows), dtype=bool)
    strongest[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    joined = np.full(len(rest), _TIE_OF_DUPLICATES)
    data = np.concatenate([weights[strongest], joined, joined])
    sources = np.concatenate([rows[strongest], rest, firsts[rest]])
    targets = np.concatenate([columns[strongest], firsts[rest], rest])
    return sparse.csr_matrix((data, (sources, targets)), shape=edges.shape)


def strengths(edges: sparse.csr_matrix, labels: Labels) -> Strengths:
    """Return how strongly each paper belongs to its topic, shape (papers,).

    It is the share of its edges' weight within the topic: 1 if all its neighbours are in the same
    topic, 0 if none is.
    """
    links = edges.tocoo()
    within = labels[links.row] == labels[links.col]
    size = edges.shape[0]
    inner = np.bincount(links.row, weights=links.data * within, minlength=size)
    whole = np.bincount(links.row, weights=links.data, minlength=size)
    return np.divide(inner, whole, out=np.ones(size), where=whole > 0).astype(np.float32)


def modularity(edges: sparse.csr_matrix, labels: NDArray[np.integer[Any]]) -> float:
    """Return the modularity of a partition (Newman 2006, doi:10.1073/pnas.0601602103)."""
    links = edges.tocoo()
    total = float(links.data.sum())
    if total == 0:
        return 0.0
    inner = float(links.data[labels[links.row] == labels[links.col]].sum())
    degrees = np.bincount(labels, weights=np.asarray(edges.sum(axis=1)).ravel())
    return inner / total - float(((degrees / total) ** 2).sum())


def by_size(labels: NDArray[np.integer[Any]]) -> Labels:
    """Return ``labels`` numbered by the size of their communities, largest first, without gaps."""
    firsts, places, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )[1:]
    order = np.lexsort((firsts, -sizes))
    rank = np.empty(len(sizes), dtype=np.int32)
    rank[order] = np.arange(len(sizes), dtype=np.int32)
    return rank[places]


def members_of(labels: NDArray[np.integer[Any]]) -> list[Rows]:
    """Return the rows of each topic, in order, by its number."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.cumsum(np.bincount(labels))[:-1])


def _evenly_spaced(
    edges: sparse.csr_matrix, levels: Sequence[Labels], settings: TopicSettings
) -> list[Labels]:
    """Return ``levels`` with others put between those that are far apart."""
    spaced = [levels[0]]
    for coarser, finer in pairwise(levels):
        spaced += _steps(edges, coarser, finer, settings)
    return spaced


def _steps(
    edges: sparse.csr_matrix, coarser: Labels, finer: Labels, settings: TopicSettings
) -> list[Labels]:
    """Return the levels that follow ``coarser`` down to ``finer``."""
    few, many = int(coarser.max()) + 1, int(finer.max()) + 1
    if many > settings.longest_step * few:
        middle = _between_levels(edges, coarser, finer)
        if few < int(middle.max()) + 1 < many:
            return [
                *_steps(edges, coarser, middle, settings),
                *_steps(edges, middle, finer, settings),
            ]
    return [finer]


def _between_levels(edges: sparse.csr_matrix, coarser: Labels, finer: Labels) -> Labels:
    """Return a partition between two: topics that share a parent are in groups.

    There are about as many groups as the square root of the parent's topics, so that the step is
    about the same on both sides.
    """
    group_of = np.zeros(int(finer.max()) + 1, dtype=np.int64)
    ties = between(edges, finer)
    used = 0
    parent = np.zeros(len(group_of), dtype=np.int64)
    parent[finer] = coarser
    for children in members_of(parent.astype(np.int32)):
        wanted = round(math.sqrt(len(children)))
        groups = _in_about(ties[children][:, children].toarray(), wanted)
        group_of[children] = used + groups
        used += int(groups.max()) + 1
    return by_size(group_of[finer])


def _in_about(ties: NDArray[np.float64], wanted: int) -> NDArray[np.intp]:
    """Return communities of a few nodes, at a resolution at which there are about ``wanted``."""
    best = np.zeros(len(ties), dtype=np.intp)
    resolution = 1.0
    while resolution > _LEAST_RESOLUTION:
        groups = _louvain(ties, resolution)
        if abs(groups.max() + 1 - wanted) < abs(best.max() + 1 - wanted):
            best = groups
        if groups.max() + 1 <= wanted:
            break
        resolution *= _COARSER
    return best


def _grouped(edges: sparse.csr_matrix, labels: Labels, settings: TopicSettings) -> Labels | None:
    """Group topics into a few fields, or return None if there are no more than that.

    Fields are communities of topics by modularity at lower resolutions (Reichardt and Bornholdt
    2006, doi:10.1103/PhysRevE.74.016110). Their number is the one that lasts longest while
    the resolution falls, weighted by its square: three fields must last four times as long as six.
    There are at most half as many fields as topics. If the topics form many unconnected parts, they
    are not grouped.
    """
    if int(labels.max()) < settings.handful:
        return None
    ties = between(edges, labels).toarray()
    resolution = settings.resolution
    lasting: dict[int, list[NDArray[np.intp]]] = defaultdict(list)
    count, most = len(ties), min(settings.handful, len(ties) // 2)
    while count >= _FEWEST_FIELDS and resolution > _LEAST_RESOLUTION:
        fields = _louvain(ties, resolution)
        count = int(fields.max()) + 1
        if _FEWEST_FIELDS <= count <= most:
            lasting[count].append(fields)
        resolution *= _COARSER
    if not lasting:
        return None
    best = lasting[max(lasting, key=lambda count: count**2 * len(lasting[count]))]
    return by_size(best[len(best) // 2][labels])


def _louvain(ties: NDArray[np.float64], resolution: float) -> NDArray[np.intp]:
    """Return the community of each node by the Louvain method (Blondel et al. 2008, 0803.0476).

    After each round, single nodes may move again. It is made for graphs of few nodes, the topics:
    self-loops count here, which the Leiden implementation for large graphs ignores.
    """
    of_node = np.arange(len(ties))
    while True:
        member = np.eye(of_node.max() + 1)[of_node]
        joined = _moved(member.T @ ties @ member, np.arange(member.shape[1]), resolution)
        if joined.max() + 1 == member.shape[1]:
            return of_node
        of_node = _moved(ties, joined[of_node], resolution)


def _moved(
    ties: NDArray[np.float64], labels: NDArray[np.intp], resolution: float
) -> NDArray[np.intp]:
    """Move single nodes to where modularity gains most, until none gains; number without gaps."""
    labels = labels.copy()
    shares = ties / max(float(ties.sum()), 1e-12)
    volumes = shares.sum(axis=1)
    others = shares - np.diag(np.diag(shares))
    moving = True
    while moving:
        moving = False
        for node in range(len(ties)):
            old = int(labels[node])
            volume = np.bincount(labels, weights=volumes)
            volume[old] -= volumes[node]
            tied = np.bincount(labels, weights=others[node])
            gains = tied - resolution * volumes[node] * volume
            new = int(np.argmax(gains))
            if gains[new] > gains[old] + _NO_GAIN:
                labels[node] = new
                moving = True
    return np.unique(labels, return_inverse=True)[1]


def between(edges: sparse.csr_matrix, labels: NDArray[np.integer[Any]]) -> sparse.csr_matrix:
    """Return the graph of topics; an edge has the weight of all edges between two topics."""
    from scipy import sparse

    size = len(labels)
    member = sparse.csr_matrix((np.ones(size), (np.arange(size), labels)))
    return (member.T @ edges @ member).tocsr()


def _divided(edges: sparse.csr_matrix, labels: Labels, settings: TopicSettings) -> Labels | None:
    """Divide large topics, or return None if that is not worth a level."""
    most = large(len(labels), settings)

    def parts_of(members: Rows) -> Labels:
        if len(members) <= most:
            return np.zeros(len(members), dtype=np.int32)
        return communities(edges[members][:, members].tocsr(), settings)

    finer = np.zeros_like(labels)
    used = papers = 0
    whole = members_of(labels)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Leiden releases Python's global lock
        for members, parts in zip(whole, pool.map(parts_of, whole), strict=True):
            papers += len(members) if parts.any() else 0
            finer[members] = used + parts
            used += int(parts.max()) + 1
    return by_size(finer) if papers >= settings.worth_a_level * len(labels) else None


def large(papers: int, settings: TopicSettings) -> int:
    """Return the size up to which topics are not divided; smaller in small libraries."""
    return min(settings.split_above, max(2 * settings.smallest_topic, math.isqrt(papers)))


def communities(edges: sparse.csr_matrix, settings: TopicSettings) -> Labels:
    """Return the communities of a graph, small and loose ones merged into others, in any order."""
    labels = _absorb_small(edges, _leiden(edges, settings), settings.smallest_topic)
    return _absorb_loose(edges, labels)


def _leiden(edges: sparse.csr_matrix, settings: TopicSettings) -> Labels:
    size = edges.shape[0]
    if edges.nnz == 0:
        return np.zeros(size, dtype=np.int32)
    from graspologic_native import leiden_csr

    _, community_of = leiden_csr(
        edges.indptr.astype(np.int64),
        edges.indices.astype(np.int32),
        edges.data.astype(np.float64),
        size,
        resolution=settings.resolution,
        iterations=2,
        use_modularity=True,
        seed=settings.seed,
    )
    raw = np.fromiter((community_of.get(i, -1) for i in range(size)), dtype=np.int64, count=size)
    _, labels = np.unique(raw, return_inverse=True)
    return labels.astype(np.int32)


def _absorb_small(edges: sparse.csr_matrix, labels: Labels, smallest: int) -> Labels:
    """Merge communities below ``smallest`` into the one they are tied to most."""
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


def _absorb_loose(edges: sparse.csr_matrix, labels: Labels) -> Labels:
    """Merge communities that are tied more to another than within into that other."""
    from scipy import sparse

    while True:
        ties = between(edges, labels)
        within = ties.diagonal()
        outwards = ties - sparse.diags_array(within)
        strongest = outwards.max(axis=1).toarray().ravel()
        loose = np.flatnonzero(strongest > within)
        if not len(loose):
            return labels
        least = int(loose[np.argmin(np.bincount(labels)[loose])])
        labels = np.where(labels == least, int(outwards[[least]].argmax()), labels)
        labels = np.unique(labels, return_inverse=True)[1].astype(np.int32)
