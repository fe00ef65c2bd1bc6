"""Partitions carried over to a changed library.

An update gives newcomers to the topics that they are tied to and leaves other papers where they
are. Topics change only on evidence: newcomers that keep to themselves start a topic, a topic that
outgrew its size is divided, one that is left with hardly any papers joins its nearest sibling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, RowMap, Rows
from explorer.settings import TopicSettings
from explorer.topics.communities import (
    between,
    by_size,
    communities,
    large,
    members_of,
    modularity,
)

if TYPE_CHECKING:
    from scipy import sparse

_INNER_TIES = 0.5
"""Share of the newcomers' ties that are among themselves, from which they start a topic."""
_OUTGROWN = 1.5
"""Growth factor from which an update divides a large topic."""
_AS_GOOD = 0.01
"""Modularity by which a partition may be below the best."""
_NO_TOPIC = -1


def carry_over(
    before: Sequence[Labels], row_map: RowMap, edges: sparse.csr_matrix, settings: TopicSettings
) -> list[Labels]:
    """Return the partitions of ``before`` for the library after an update, nested as they were.

    A level that has become the same as the one above is left out.

    Args:
        before: partitions from coarse to fine, each of shape (papers before,).
        row_map: the new row of each paper.
        edges: graph for community detection, shape (papers, papers).
        settings: as in :func:`explorer.topics.communities.partition`.
    """
    size = edges.shape[0]
    kept = np.flatnonzero(row_map >= 0)
    levels: list[NDArray[np.int64]] = []
    for labels in before:
        now = np.full(size, _NO_TOPIC, dtype=np.int64)
        now[row_map[kept]] = np.asarray(labels)[kept]
        levels.append(now)
    newcomers = np.flatnonzero(levels[0] < 0)
    sizes_before = np.bincount(levels[-1][levels[-1] >= 0])
    _admit(levels, newcomers, edges)
    _start_topics(levels, newcomers, edges, settings)
    _dissolve_small(levels, edges, settings)
    _divide_outgrown(levels[-1], sizes_before, edges, settings)
    # As they are nested, levels with equally many topics are the same.
    counts = [len(np.unique(labels)) for labels in levels]
    divides = [depth == 0 or counts[depth] > counts[depth - 1] for depth in range(len(levels))]
    return [by_size(labels) for labels, keep in zip(levels, divides, strict=True) if keep]


def _admit(levels: list[NDArray[np.int64]], newcomers: Rows, edges: sparse.csr_matrix) -> None:
    """Add newcomers to the topic they are tied to most: on the coarsest level, then within it."""
    from scipy import sparse

    waiting = newcomers
    while len(waiting):
        ties = edges[waiting].tocoo()
        known = (levels[0][ties.col] >= 0) & (ties.data > 0)
        if not known.any():
            # No ties to papers in topics: they go to the largest topic.
            inside = levels[0] >= 0
            for labels in levels:
                largest = int(np.bincount(labels[inside]).argmax()) if inside.any() else 0
                labels[waiting] = largest
                inside &= labels == largest
            return
        rows, columns, weights = ties.row[known], ties.col[known], ties.data[known]
        admitted = np.unique(rows)
        allowed = np.ones(len(rows), dtype=bool)
        chosen: list[NDArray[np.int64]] = []
        for labels in levels:
            votes = sparse.coo_matrix(
                (weights[allowed], (rows[allowed], labels[columns[allowed]])),
                shape=(len(waiting), int(labels.max()) + 1),
            ).tocsr()
            winner = np.asarray(votes.argmax(axis=1)).ravel().astype(np.int64)
            chosen.append(winner)
            allowed &= labels[columns] == winner[rows]
        for labels, winner in zip(levels, chosen, strict=True):
            labels[waiting[admitted]] = winner[admitted]
        waiting = np.delete(waiting, admitted)


def _start_topics(
    levels: list[NDArray[np.int64]],
    newcomers: Rows,
    edges: sparse.csr_matrix,
    settings: TopicSettings,
) -> None:
    """Let newcomers start a topic if that divides the library better.

    That is the case if it raises the modularity of the level with the highest modularity, the one
    that communities are optimised for, or of a coarser one as good; other newcomers start a topic
    of the finest level. Either way they must be enough and tied mostly among themselves; until then
    they are in the topics they are tied to most.
    """
    if len(newcomers) < settings.smallest_topic:
        return
    known = np.setdiff1d(np.arange(edges.shape[0]), newcomers, assume_unique=True)
    known_edges = edges[known][:, known].tocsr()
    quality = np.array([modularity(known_edges, labels[known]) for labels in levels])
    best = int(np.argmax(quality > quality.max() - _AS_GOOD))
    new_edges = edges[newcomers][:, newcomers].tocsr()
    groups = communities(new_edges, settings)
    separate = [
        rows
        for rows in _separate_groups(levels[best], newcomers, groups, edges, settings)
        if _coheres(rows, edges, settings)
    ]
    for rows in separate:
        _start_topic(levels, rows, best)
    started = np.concatenate([np.empty(0, dtype=np.int64), *separate])
    for members in members_of(groups):
        rows = newcomers[members]
        if rows[0] not in started and _coheres(rows, edges, settings):
            _start_topic(levels, rows, len(levels) - 1)


def _coheres(rows: Rows, edges: sparse.csr_matrix, settings: TopicSettings) -> bool:
    """Return whether newcomers are enough for a topic, and tied mostly among themselves."""
    if len(rows) < 2 * settings.smallest_topic:
        return False
    own = edges[rows]
    return float(own[:, rows].sum()) > _INNER_TIES * float(own.sum())


def _separate_groups(
    labels: NDArray[np.int64],
    newcomers: Rows,
    groups: Labels,
    edges: sparse.csr_matrix,
    settings: TopicSettings,
) -> list[Rows]:
    """Return the rows of each group of newcomers that should be a topic of its own.

    Groups of newcomers are joined to each other, or to an existing topic, as long as that raises
    modularity, the best join first (Clauset, Newman, Moore 2004,
    doi:10.1103/PhysRevE.70.066111). Groups that join no topic are returned.
    """
    known = int(labels.max()) + 1
    nodes = labels.copy()
    nodes[newcomers] = known + groups
    ties = between(edges, nodes).toarray()
    volumes = ties.sum(axis=1)
    total = float(volumes.sum()) or 1.0
    clusters = {known + group: [group] for group in range(int(groups.max()) + 1)}
    while clusters:
        own = np.array(list(clusters))
        expected = settings.resolution * np.outer(volumes[own], volumes) / total
        gains = ties[own] - expected
        gains[np.arange(len(own)), own] = -np.inf
        gains[:, [g for g in range(known, len(ties)) if g not in clusters]] = -np.inf
        best, other = divmod(int(np.argmax(gains)), gains.shape[1])
        if gains[best, other] <= 0:
            break
        joined = clusters.pop(int(own[best]))
        ties[other] += ties[own[best]]
        ties[:, other] += ties[:, own[best]]
        volumes[other] += volumes[own[best]]
        if other in clusters:
            clusters[other] += joined
    separate = [newcomers[np.isin(groups, joined)] for joined in clusters.values()]
    return [rows for rows in separate if len(rows) >= settings.smallest_topic]


def _start_topic(levels: list[NDArray[np.int64]], rows: Rows, depth: int) -> None:
    """Make a topic of ``rows`` on the level ``depth`` and finer; on coarser ones if it is large."""
    is_typical = np.ones(len(rows), dtype=bool)
    for level, labels in enumerate(levels):
        sizes = np.bincount(labels)
        if level == depth or len(rows) >= np.median(sizes[sizes > 0]):
            for own in levels[level:]:
                own[rows] = int(own.max()) + 1
            return
        # All go to one topic of this level, so that the levels stay nested.
        most = int(np.bincount(labels[rows[is_typical]]).argmax())
        is_typical &= labels[rows] == most
        labels[rows] = most


def _dissolve_small(
    levels: list[NDArray[np.int64]], edges: sparse.csr_matrix, settings: TopicSettings
) -> None:
    """Join topics that are left with hardly any papers to the sibling they are tied to most."""
    for depth, labels in enumerate(levels):
        sizes = np.bincount(labels)
        small = np.flatnonzero((sizes > 0) & (sizes < settings.smallest_topic))
        for least in small[np.argsort(sizes[small], kind="stable")].tolist():
            rows = np.flatnonzero(labels == least)
            if len(rows) >= settings.smallest_topic:  # other topics have joined it
                continue
            siblings = np.ones(len(labels), dtype=bool)
            if depth:
                siblings = levels[depth - 1] == levels[depth - 1][rows[0]]
            siblings[rows] = False
            if not siblings.any():  # it has all papers of its parent and is dissolved with it
                continue
            ties = np.asarray(edges[rows].sum(axis=0)).ravel()[siblings]
            strength = np.bincount(labels[siblings], weights=ties + 1e-9)
            labels[rows] = int(strength.argmax())


def _divide_outgrown(
    labels: NDArray[np.int64],
    sizes_before: NDArray[np.int64],
    edges: sparse.csr_matrix,
    settings: TopicSettings,
) -> None:
    """Divide large topics of one level that grew by more than a factor of ``_OUTGROWN``."""
    most = large(len(labels), settings)
    for topic, rows in enumerate(members_of(labels)):
        known = topic < len(sizes_before)
        if not known or len(rows) <= max(most, _OUTGROWN * sizes_before[topic]):
            continue
        parts = communities(edges[rows][:, rows].tocsr(), settings)
        if parts.max() > 0:
            parts = by_size(parts)
            labels[rows[parts > 0]] = int(labels.max()) + parts[parts > 0]
