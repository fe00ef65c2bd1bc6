"""How topics go on: partitions carried over to a changed library, and which topic is which.

An update gives newcomers to the topics that they are tied to and leaves the others where they
are. Only where the evidence moved do topics change: newcomers that keep to themselves found one,
one that was outgrown at once is divided, one that hardly anybody is left in joins its nearest
sibling. Whatever made the new partition, topics are then told apart by whose papers they hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from explorer.arrays import Labels, Rows
from explorer.papers.paper import Paper
from explorer.settings import TopicSettings
from explorer.topics.communities import (
    Topic,
    TopicName,
    between,
    by_size,
    communities,
    large,
    members_of,
    modularity,
)

_MOSTLY = 0.5
"""Overlap (Jaccard index) above which a topic is the one it was, and keeps its id and name."""
_ENOUGH = 0.3
"""Share of the smaller of two topics of one name from which they are the same topic."""
_TO_THEMSELVES = 0.5
"""Share of newcomers' ties that stays among them where they found a topic."""
_OUTGROWN = 1.5
"""A large topic is divided once an update makes it so many times what it was."""
_NOWHERE = -1

RowMap = NDArray[np.int64]
"""For each paper before, its row now, or -1 where it is gone; shape (papers before,)."""


@dataclass(frozen=True, slots=True)
class PreviousTopics:
    """The outline that a new one goes on from."""

    papers: Sequence[Paper]
    levels: Sequence[Sequence[Topic]]
    raw_labels: Sequence[Labels]
    """The partitions as they were found, coarse to fine, before people had their say."""
    memberships: Sequence[Labels]
    """The partitions as they were shown; places in ``levels``."""
    moved: RowMap
    last_number: int
    """The highest number that any topic ever had in its id."""
    same_papers: bool = False
    """Only what people said is another: what has other papers now is another topic to name."""
    names_anew: bool = False
    """All topics are named anew."""


class TopicEventKind(StrEnum):
    """What can become of a topic."""

    NEW = "new"
    SPLIT = "split"
    MERGED = "merged"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class TopicEvent:
    """Something that became of a topic in one build."""

    generation: int
    created: str
    """When that build was made: UTC, ISO 8601."""
    kind: TopicEventKind
    topic: str
    """Id of the topic that is new, was split off another, went into another, or is no more."""
    label: str
    level: int
    papers: int
    other: str = ""
    """Id of the topic that it was split off or went into."""
    other_label: str = ""


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """Which topic before each topic of one level goes on from, by its number."""

    level: int
    """The level before that was compared; -1 if there is none."""
    same: tuple[Topic | None, ...]
    """The topic that it is, or None where it is another."""
    overlaps: tuple[float, ...]
    """How much of the two is common (Jaccard index) among papers that were there before."""


def last_number(levels: Sequence[Sequence[Topic]]) -> int:
    """Return the highest number that a topic has in its id."""
    ids = [topic.id for level in levels for topic in level]
    return max((int(name[1:]) for name in ids if name[1:].isdigit()), default=0)


def rows_moved(before: Sequence[str], now: Sequence[str]) -> RowMap:
    """Return where each paper of ``before`` is in ``now``, both given as ids."""
    rows = {paper: row for row, paper in enumerate(now)}
    return np.array([rows.get(paper, _NOWHERE) for paper in before], dtype=np.int64)


def carry_over(
    before: Sequence[Labels], moved: RowMap, edges: sparse.csr_matrix, settings: TopicSettings
) -> list[Labels]:
    """Return the partitions of ``before`` for the library after an update, nested as they were.

    A level that has come to be the same as the one above is left out.

    Args:
        before: partitions from coarse to fine, each of shape (papers before,).
        moved: which paper of them is which now.
        edges: the graph that communities are sought in, shape (papers, papers).
        settings: as in :func:`explorer.topics.communities.partition`.
    """
    size = edges.shape[0]
    kept = np.flatnonzero(moved >= 0)
    levels: list[NDArray[np.int64]] = []
    for labels in before:
        now = np.full(size, _NOWHERE, dtype=np.int64)
        now[moved[kept]] = np.asarray(labels)[kept]
        levels.append(now)
    newcomers = np.flatnonzero(levels[0] < 0)
    sizes_before = np.bincount(levels[-1][levels[-1] >= 0])
    _admit(levels, newcomers, edges)
    _found(levels, newcomers, edges, settings)
    _dissolve(levels, edges, settings)
    _divide_outgrown(levels[-1], sizes_before, edges, settings)
    # As they are nested, levels with as many topics are the same.
    counts = [len(np.unique(labels)) for labels in levels]
    divides = [depth == 0 or counts[depth] > counts[depth - 1] for depth in range(len(levels))]
    return [by_size(labels) for labels, keep in zip(levels, divides, strict=True) if keep]


def match_topics(before: PreviousTopics, memberships: Sequence[Labels]) -> list[TopicMatch]:
    """Tell which topics of each new level are topics that there were.

    Levels are compared one to one where there are as many as before; else each with the level
    that it shares most papers with, topic for topic.
    """
    kept = np.flatnonzero(before.moved >= 0)
    rows = before.moved[kept]
    levels_before = [np.asarray(labels)[kept] for labels in before.memberships]
    result: list[TopicMatch] = []
    free = set(range(len(before.levels)))
    for depth, labels in enumerate(memberships):
        candidates = [depth] if len(memberships) == len(before.levels) else sorted(free)
        found = [
            (*_same(before.levels[old], levels_before[old], labels[rows], labels), old)
            for old in candidates
        ]
        if not found:
            count = int(labels.max()) + 1
            result.append(TopicMatch(_NOWHERE, (None,) * count, (0.0,) * count))
            continue
        _, same, overlaps, level = max(found, key=lambda one: (one[0], -one[3]))
        free.discard(level)
        result.append(TopicMatch(level, same, overlaps))
    return result


def match_topics_by_name(
    before: PreviousTopics,
    memberships: Sequence[Labels],
    matches: Sequence[TopicMatch],
    names: Sequence[Mapping[int, TopicName]],
) -> list[TopicMatch]:
    """Return ``matches``, with topics of the same name matched as well.

    To people a topic is what it is called: where communities are sought anew, “X” that went into
    “X” tells them nothing. The two need to share some papers all the same.
    """
    kept = np.flatnonzero(before.moved >= 0)
    result: list[TopicMatch] = []
    for descent, labels, names_here in zip(matches, memberships, names, strict=True):
        if descent.level < 0:
            result.append(descent)
            continue
        was = np.asarray(before.memberships[descent.level])[kept]
        now = labels[before.moved[kept]]
        same, overlaps = list(descent.same), list(descent.overlaps)
        ids = {topic.id for topic in same if topic is not None}
        free = {
            topic.computed_name.label.casefold(): (place, topic)
            for place, topic in enumerate(before.levels[descent.level])
            if topic.id not in ids
        }
        for here, name in sorted(names_here.items()):
            place, old = free.get(name.label.casefold(), (_NOWHERE, None))
            if same[here] is not None or old is None:
                continue
            sizes = np.count_nonzero(was == place), np.count_nonzero(now == here)
            shared = int(np.count_nonzero((was == place) & (now == here)))
            if shared > _ENOUGH * min(sizes):
                same[here], overlaps[here] = old, shared / (sum(sizes) - shared)
                del free[name.label.casefold()]
        result.append(TopicMatch(descent.level, tuple(same), tuple(overlaps)))
    return result


def events(
    before: PreviousTopics,
    levels: Sequence[Sequence[Topic]],
    memberships: Sequence[Labels],
    matches: Sequence[TopicMatch],
    generation: int,
    created: str,
) -> tuple[TopicEvent, ...]:
    """Return what became of topics between two outlines, coarse to fine.

    A topic that stands on several levels is told of once, on the coarsest.
    """
    kept = np.flatnonzero(before.moved >= 0)
    told: dict[tuple[TopicEventKind, str, int], TopicEvent] = {}

    def tell(kind: TopicEventKind, topic: Topic, level: int, other: Topic | None) -> None:
        event = TopicEvent(
            generation,
            created,
            kind,
            topic.id,
            topic.label,
            level,
            topic.size,
            other.id if other else "",
            other.label if other else "",
        )
        told.setdefault((kind, topic.label, topic.size), event)

    for level, descent in enumerate(matches):
        if descent.level < 0:
            continue
        old, new = before.levels[descent.level], levels[level]
        was = np.asarray(before.memberships[descent.level])[kept]
        now = memberships[level][before.moved[kept]]
        shared = _shared(was, now, (len(old), len(new)))
        origins, heirs = (np.asarray(shared.argmax(axis=axis)).ravel() for axis in (0, 1))
        for place, topic in enumerate(new):
            if descent.same[place] is None:
                origin = int(origins[place])
                is_part = 2 * int(shared[origin, place]) > topic.size
                kind = TopicEventKind.SPLIT if is_part else TopicEventKind.NEW
                tell(kind, topic, level, old[origin] if is_part else None)
        alive = {topic.id for topic in descent.same if topic is not None}
        left = np.bincount(was, minlength=len(old))
        for place, topic in enumerate(old):
            if topic.id not in alive:
                heir = int(heirs[place])
                went = 2 * int(shared[place, heir]) > int(left[place])
                kind = TopicEventKind.MERGED if went else TopicEventKind.RETIRED
                tell(kind, topic, level, new[heir] if went else None)
    return tuple(told.values())


def _shared(
    was: NDArray[np.integer[Any]], now: NDArray[np.integer[Any]], shape: tuple[int, int]
) -> sparse.csr_matrix:
    """Return how many papers were in one topic and are in another, shape (topics, topics)."""
    shared = sparse.csr_matrix((np.ones(len(was), dtype=np.int64), (was, now)), shape=shape)
    shared.sum_duplicates()
    return shared


def _same(
    topics: Sequence[Topic],
    was: NDArray[np.integer[Any]],
    now: NDArray[np.integer[Any]],
    labels: Labels,
) -> tuple[int, tuple[Topic | None, ...], tuple[float, ...]]:
    """Return how many papers are in topics that there were; for each topic, which one; overlaps.

    ``was`` and ``now`` are the topics of the papers that are there before and after.
    """
    count = int(labels.max()) + 1
    pairs = _shared(was, now, (len(topics), count)).tocoo()
    union = np.bincount(was, minlength=len(topics))[pairs.row]
    union = union + np.bincount(now, minlength=count)[pairs.col] - pairs.data
    overlap = pairs.data / np.maximum(union, 1)
    same: list[Topic | None] = [None] * count
    overlaps = [0.0] * count
    taken: set[int] = set()
    papers = 0
    for i in np.lexsort((pairs.col, pairs.row, -overlap)).tolist():
        place, found = int(pairs.row[i]), int(pairs.col[i])
        if overlap[i] <= _MOSTLY:
            break
        if same[found] is None and place not in taken:
            same[found] = topics[place]
            overlaps[found] = float(overlap[i])
            taken.add(place)
            papers += int(pairs.data[i])
    return papers, tuple(same), tuple(overlaps)


def _admit(levels: list[NDArray[np.int64]], newcomers: Rows, edges: sparse.csr_matrix) -> None:
    """Give newcomers to the topic that they are tied to most: a field first, then within it."""
    waiting = newcomers
    while len(waiting):
        ties = edges[waiting].tocoo()
        known = (levels[0][ties.col] >= 0) & (ties.data > 0)
        if not known.any():
            # They are tied to nobody who is there: the largest topic takes them.
            inside = levels[0] >= 0
            for labels in levels:
                largest = int(np.bincount(labels[inside]).argmax()) if inside.any() else 0
                labels[waiting] = largest
                inside &= labels == largest
            return
        rows, columns, weights = ties.row[known], ties.col[known], ties.data[known]
        settled = np.unique(rows)
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
            labels[waiting[settled]] = winner[settled]
        waiting = np.delete(waiting, settled)


def _found(
    levels: list[NDArray[np.int64]],
    newcomers: Rows,
    edges: sparse.csr_matrix,
    settings: TopicSettings,
) -> None:
    """Let newcomers found a topic where the library is better divided with it.

    That is where it raises the modularity of the level whose modularity is highest, which is what
    topics are sought by; or where most of the newcomers' ties are among themselves, which founds
    a topic of the finest level.
    """
    if len(newcomers) < settings.smallest_topic:
        return
    known = np.setdiff1d(np.arange(edges.shape[0]), newcomers, assume_unique=True)
    among_known = edges[known][:, known].tocsr()
    home = int(np.argmax([modularity(among_known, labels[known]) for labels in levels]))
    among = edges[newcomers][:, newcomers].tocsr()
    groups = communities(among, settings)
    apart = _apart(levels[home], newcomers, groups, edges, settings)
    for rows in apart:
        _begin(levels, rows, home)
    links = among.tocoo()
    inner = np.bincount(
        groups[links.row],
        weights=links.data * (groups[links.row] == groups[links.col]),
        minlength=int(groups.max()) + 1,
    )
    whole = np.bincount(groups, weights=np.asarray(edges[newcomers].sum(axis=1)).ravel())
    begun = np.concatenate([np.empty(0, dtype=np.int64), *apart])
    for group, members in enumerate(members_of(groups)):
        rows = newcomers[members]
        to_themselves = inner[group] > _TO_THEMSELVES * whole[group]
        if to_themselves and len(rows) >= 2 * settings.smallest_topic and rows[0] not in begun:
            _begin(levels, rows, len(levels) - 1)


def _apart(
    labels: NDArray[np.int64],
    newcomers: Rows,
    groups: Labels,
    edges: sparse.csr_matrix,
    settings: TopicSettings,
) -> list[Rows]:
    """Return the newcomers of each topic that they had better found, none if there is none.

    Groups of newcomers are joined to each other, or to a topic that there is, as long as that
    raises modularity, the best join first (Clauset, Newman, Moore 2004,
    doi:10.1103/PhysRevE.70.066111). Those that end joined to no topic are returned.
    """
    known = int(labels.max()) + 1
    places = labels.copy()
    places[newcomers] = known + groups
    ties = between(edges, places).toarray()
    volumes = ties.sum(axis=1)
    total = float(volumes.sum()) or 1.0
    clusters = {known + group: [group] for group in range(int(groups.max()) + 1)}
    while clusters:
        own = np.array(list(clusters))
        expected = settings.resolution * np.outer(volumes[own], volumes) / total
        gains = ties[own] - expected
        gains[np.arange(len(own)), own] = -np.inf
        gains[:, [g for g in range(known, len(ties)) if g not in clusters]] = -np.inf
        place, other = divmod(int(np.argmax(gains)), gains.shape[1])
        if gains[place, other] <= 0:
            break
        joined = clusters.pop(int(own[place]))
        ties[other] += ties[own[place]]
        ties[:, other] += ties[:, own[place]]
        volumes[other] += volumes[own[place]]
        if other in clusters:
            clusters[other] += joined
    found = [newcomers[np.isin(groups, joined)] for joined in clusters.values()]
    return [rows for rows in found if len(rows) >= settings.smallest_topic]


def _begin(levels: list[NDArray[np.int64]], rows: Rows, depth: int) -> None:
    """Make a topic of ``rows`` on the level ``depth`` and finer; on coarser ones if it is large."""
    typical = np.ones(len(rows), dtype=bool)
    for level, labels in enumerate(levels):
        sizes = np.bincount(labels)
        if level == depth or len(rows) >= np.median(sizes[sizes > 0]):
            for own in levels[level:]:
                own[rows] = int(own.max()) + 1
            return
        # They stay in one topic of this level, so that the levels stay nested.
        most = int(np.bincount(labels[rows[typical]]).argmax())
        typical &= labels[rows] == most
        labels[rows] = most


def _dissolve(
    levels: list[NDArray[np.int64]], edges: sparse.csr_matrix, settings: TopicSettings
) -> None:
    """Let topics that hardly anybody is left in join the sibling that they are tied to most."""
    for depth, labels in enumerate(levels):
        sizes = np.bincount(labels)
        small = np.flatnonzero((sizes > 0) & (sizes < settings.smallest_topic))
        for least in small[np.argsort(sizes[small], kind="stable")].tolist():
            rows = np.flatnonzero(labels == least)
            if len(rows) >= settings.smallest_topic:  # others have joined it
                continue
            siblings = np.ones(len(labels), dtype=bool)
            if depth:
                siblings = levels[depth - 1] == levels[depth - 1][rows[0]]
            siblings[rows] = False
            if not siblings.any():  # it is all that its parent holds, and goes with it
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
    most = large(len(labels), settings)
    for topic, rows in enumerate(members_of(labels)):
        known = topic < len(sizes_before)
        if not known or len(rows) <= max(most, _OUTGROWN * sizes_before[topic]):
            continue
        parts = communities(edges[rows][:, rows].tocsr(), settings)
        if parts.max() > 0:
            parts = by_size(parts)
            labels[rows[parts > 0]] = int(labels.max()) + parts[parts > 0]
