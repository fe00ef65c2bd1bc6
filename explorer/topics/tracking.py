"""Topics from build to build: matched by the papers they share, with events for what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, RowMap
from explorer.papers.paper import Paper
from explorer.topics.communities import Topic, TopicName

if TYPE_CHECKING:
    from scipy import sparse

_SAME_TOPIC = 0.5
"""Overlap (Jaccard index) above which a topic is the same, and keeps its id and name."""
_SAME_NAMED_TOPIC = 0.3
"""Shared papers, as a share of the smaller topic, above which topics of one name are the same."""
_NO_LEVEL = -1


@dataclass(frozen=True, slots=True)
class PreviousTopics:
    """Topic hierarchy of the previous build, which a new one continues."""

    papers: Sequence[Paper]
    levels: Sequence[Sequence[Topic]]
    raw_labels: Sequence[Labels]
    """Partitions before edits, coarse to fine."""
    memberships: Sequence[Labels]
    """Partitions after edits; indices into ``levels``."""
    row_map: RowMap
    """New row of each paper."""
    last_number: int
    """Highest number that any topic ever had in its id."""
    same_papers: bool = False
    """Only edits changed: a topic with other papers is another topic and gets a new name."""
    rename_all: bool = False
    """Compute new names for all topics."""


class TopicEventKind(StrEnum):
    """Kind of change of a topic."""

    NEW = "new"
    SPLIT = "split"
    MERGED = "merged"
    RETIRED = "retired"
    RENAMED = "renamed"
    """Its papers have changed so much that its old name, ``other_label``, no longer suits them."""


@dataclass(frozen=True, slots=True)
class TopicEvent:
    """Change of a topic in one build."""

    generation: int
    created: str
    """Time of the build: UTC, ISO 8601."""
    kind: TopicEventKind
    topic: str
    """Id of the topic that is new, was split off another, was merged into another, or retired."""
    label: str
    level: int
    papers: int
    other: str = ""
    """Id of the topic that it was split off from or merged into."""
    other_label: str = ""


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """Previous topic that each topic of one level continues, by topic number."""

    level: int
    """Previous level that was compared; -1 if there is none."""
    same: tuple[Topic | None, ...]
    """Previous topic, or None for a new one."""
    overlaps: tuple[float, ...]
    """Jaccard index of the two, among papers that both libraries have."""


def last_number(levels: Sequence[Sequence[Topic]]) -> int:
    """Return the highest number in the ids of topics."""
    ids = [topic.id for level in levels for topic in level]
    return max((int(name[1:]) for name in ids if name[1:].isdigit()), default=0)


def map_rows(before: Sequence[str], now: Sequence[str]) -> RowMap:
    """Return the row in ``now`` of each paper of ``before``, both given as ids; -1 if removed."""
    rows = {paper: row for row, paper in enumerate(now)}
    return np.array([rows.get(paper, -1) for paper in before], dtype=np.int64)


def match_topics(before: PreviousTopics, memberships: Sequence[Labels]) -> list[TopicMatch]:
    """Match the topics of each new level with previous topics.

    With as many levels as before, levels are compared one to one; otherwise each with the previous
    level that it shares most papers with, topic for topic.
    """
    kept = np.flatnonzero(before.row_map >= 0)
    rows = before.row_map[kept]
    levels_before = [np.asarray(labels)[kept] for labels in before.memberships]
    matches: list[TopicMatch] = []
    free = set(range(len(before.levels)))
    for depth, labels in enumerate(memberships):
        candidates = [depth] if len(memberships) == len(before.levels) else sorted(free)
        options = [
            (*_same_topics(before.levels[old], levels_before[old], labels[rows], labels), old)
            for old in candidates
        ]
        if not options:
            count = int(labels.max()) + 1
            matches.append(TopicMatch(_NO_LEVEL, (None,) * count, (0.0,) * count))
            continue
        _, same, overlaps, level = max(options, key=lambda option: (option[0], -option[3]))
        free.discard(level)
        matches.append(TopicMatch(level, same, overlaps))
    return matches


def match_topics_by_name(
    before: PreviousTopics,
    memberships: Sequence[Labels],
    matches: Sequence[TopicMatch],
    names: Sequence[Mapping[int, TopicName]],
) -> list[TopicMatch]:
    """Return ``matches``, with topics of the same name matched as well if they share papers.

    People know a topic by its name: after a new partition, an event that merges "X" into "X" would
    be meaningless to them.
    """
    kept = np.flatnonzero(before.row_map >= 0)
    result: list[TopicMatch] = []
    for match, labels, level_names in zip(matches, memberships, names, strict=True):
        if match.level < 0:
            result.append(match)
            continue
        was = np.asarray(before.memberships[match.level])[kept]
        now = labels[before.row_map[kept]]
        same, overlaps = list(match.same), list(match.overlaps)
        ids = {topic.id for topic in same if topic is not None}
        free = {
            topic.computed_name.label.casefold(): (index, topic)
            for index, topic in enumerate(before.levels[match.level])
            if topic.id not in ids
        }
        for new, name in sorted(level_names.items()):
            index, old = free.get(name.label.casefold(), (_NO_LEVEL, None))
            if same[new] is not None or old is None:
                continue
            sizes = np.count_nonzero(was == index), np.count_nonzero(now == new)
            shared = int(np.count_nonzero((was == index) & (now == new)))
            if shared > _SAME_NAMED_TOPIC * min(sizes):
                same[new], overlaps[new] = old, shared / (sum(sizes) - shared)
                del free[name.label.casefold()]
        result.append(TopicMatch(match.level, tuple(same), tuple(overlaps)))
    return result


def events(
    before: PreviousTopics,
    levels: Sequence[Sequence[Topic]],
    memberships: Sequence[Labels],
    matches: Sequence[TopicMatch],
    generation: int,
    created: str,
) -> tuple[TopicEvent, ...]:
    """Return the changes of topics between two hierarchies, coarse to fine.

    A topic that is the same on several levels appears once, on the coarsest.
    """
    kept = np.flatnonzero(before.row_map >= 0)
    by_topic: dict[tuple[TopicEventKind, str, int], TopicEvent] = {}
    for level, match in enumerate(matches):
        if match.level < 0:
            continue
        was = np.asarray(before.memberships[match.level])[kept]
        now = memberships[level][before.row_map[kept]]
        changes = list(_changes(before.levels[match.level], levels[level], match, was, now))
        if not before.rename_all:
            changes += _renamed(levels[level], match)
        for kind, topic, other in changes:
            event = TopicEvent(
                generation,
                created,
                kind,
                topic.id,
                topic.label,
                level,
                topic.size,
                other.id if other and kind is not TopicEventKind.RENAMED else "",
                other.label if other else "",
            )
            by_topic.setdefault((kind, topic.label, topic.size), event)
    return tuple(by_topic.values())


def _renamed(
    new: Sequence[Topic], match: TopicMatch
) -> Iterator[tuple[TopicEventKind, Topic, Topic]]:
    """Yield topics with another computed name than the topics they continue, and those."""
    for topic, old in zip(new, match.same, strict=True):
        is_computed = old is not None and not (topic.named_by or old.named_by)
        if old is not None and is_computed and topic.label.casefold() != old.label.casefold():
            yield TopicEventKind.RENAMED, topic, old


def _changes(
    old: Sequence[Topic],
    new: Sequence[Topic],
    match: TopicMatch,
    was: NDArray[np.integer[Any]],
    now: NDArray[np.integer[Any]],
) -> Iterator[tuple[TopicEventKind, Topic, Topic | None]]:
    """Yield (kind, topic, other topic) for each new topic, then for each that has disappeared.

    ``was`` and ``now`` are the topics, before and after, of the papers that both libraries have.
    """
    shared = _shared(was, now, (len(old), len(new)))
    origins, heirs = (np.asarray(shared.argmax(axis=axis)).ravel() for axis in (0, 1))
    for index, topic in enumerate(new):
        if match.same[index] is None:
            origin = int(origins[index])
            is_part = 2 * int(shared[origin, index]) > topic.size
            kind = TopicEventKind.SPLIT if is_part else TopicEventKind.NEW
            yield kind, topic, old[origin] if is_part else None
    continued = {topic.id for topic in match.same if topic is not None}
    remaining = np.bincount(was, minlength=len(old))
    for index, topic in enumerate(old):
        if topic.id not in continued:
            heir = int(heirs[index])
            is_merged = 2 * int(shared[index, heir]) > int(remaining[index])
            kind = TopicEventKind.MERGED if is_merged else TopicEventKind.RETIRED
            yield kind, topic, new[heir] if is_merged else None


def _shared(
    was: NDArray[np.integer[Any]], now: NDArray[np.integer[Any]], shape: tuple[int, int]
) -> sparse.csr_matrix:
    """Return the number of papers that each pair of topics shares, shape (topics, topics)."""
    from scipy import sparse

    shared = sparse.csr_matrix((np.ones(len(was), dtype=np.int64), (was, now)), shape=shape)
    shared.sum_duplicates()
    return shared


def _same_topics(
    topics: Sequence[Topic],
    was: NDArray[np.integer[Any]],
    now: NDArray[np.integer[Any]],
    labels: Labels,
) -> tuple[int, tuple[Topic | None, ...], tuple[float, ...]]:
    """Return the number of papers in continued topics, and for each topic the one it continues.

    The third value is the overlap of the two. ``was`` and ``now`` are the topics, before and after,
    of the papers that both libraries have.
    """
    count = int(labels.max()) + 1
    pairs = _shared(was, now, (len(topics), count)).tocoo()
    union = np.bincount(was, minlength=len(topics))[pairs.row]
    union = union + np.bincount(now, minlength=count)[pairs.col] - pairs.data
    overlap = pairs.data / np.maximum(union, 1)
    same: list[Topic | None] = [None] * count
    overlaps = [0.0] * count
    used: set[int] = set()
    papers = 0
    for i in np.lexsort((pairs.col, pairs.row, -overlap)).tolist():
        old, new = int(pairs.row[i]), int(pairs.col[i])
        if overlap[i] <= _SAME_TOPIC:
            break
        if same[new] is None and old not in used:
            same[new] = topics[old]
            overlaps[new] = float(overlap[i])
            used.add(old)
            papers += int(pairs.data[i])
    return papers, tuple(same), tuple(overlaps)
