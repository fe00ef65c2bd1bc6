"""Profile of a topic: its relatives, neighbours and papers, for page and terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.topics.communities import Topic

if TYPE_CHECKING:
    from scipy import sparse

_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class TopicProfile:
    """A topic with its relatives, neighbours and papers."""

    topic: Topic
    share: float
    """Share of the library's papers, from 0 to 1."""
    coherence: float
    """Mean strength of its papers, from 0 to 1: the share of ties to similar papers that stay in
    the topic."""
    above: tuple[Topic, ...]
    """Larger topics that contain it, coarse to fine."""
    below: tuple[Topic, ...]
    """Topics that it is divided into, largest first; empty if it is undivided."""
    neighbours: tuple[Topic, ...]
    """Up to five topics of its level, most closely tied first."""
    representatives: tuple[int, ...]
    """Rows of its representative papers."""
    members: tuple[int, ...]
    """Rows of all its papers, by strength of membership, strongest first, ties by id."""


def topic_profile(generation: Generation, topic: Topic) -> TopicProfile:
    """Return the profile of ``topic``, one of the topics of ``generation``.

    An undivided topic recurs unchanged on finer levels. Such copies are neither above nor below it;
    the topics below are those of the first level that divides it.
    """
    members = generation.members(topic)
    records = generation.records
    strengths = generation.strengths[topic.level][members]
    order = np.lexsort((records.id_ranks[members], -strengths))
    representatives = (records.row_of(name) for name in topic.representatives)
    return TopicProfile(
        topic=topic,
        share=topic.size / generation.size,
        coherence=float(strengths.mean()),
        above=tuple(_above(generation, topic))[::-1],
        below=_below(generation, topic, members),
        neighbours=closest_topics(generation, topic)[:_NEIGHBOURS],
        representatives=tuple(row for row in representatives if row is not None),
        members=tuple(members[order].tolist()),
    )


def _above(generation: Generation, topic: Topic) -> Iterator[Topic]:
    """Yield the larger topics that contain ``topic``, fine to coarse."""
    size = topic.size
    while topic.parent:
        topic = generation.topics[topic.parent]
        if topic.size > size:
            yield topic
        size = topic.size


def _below(generation: Generation, topic: Topic, members: NDArray[np.int64]) -> tuple[Topic, ...]:
    for level in range(topic.level + 1, len(generation.levels)):
        indices = np.unique(generation.memberships[level][members])
        if len(indices) > 1:
            parts = [generation.levels[level][index] for index in indices.tolist()]
            return tuple(sorted(parts, key=lambda part: -part.size))
    return ()


def closest_topics(generation: Generation, topic: Topic) -> tuple[Topic, ...]:
    """Return the topics of the same level with ties to ``topic``, strongest for their sizes first.

    Ties are the cosines of edges from either side to the other; they are taken relative to all
    that the other topic's edges weigh. ``topic``'s own edges would divide all alike.
    """
    topics = generation.levels[topic.level]
    ties = _ties(generation, topic.level)
    own = topics.index(topic)
    volumes = np.asarray(ties.sum(axis=0)).ravel()
    closeness = ties[[own]].toarray().ravel() / np.maximum(volumes, 1e-9)
    closeness[own] = 0.0
    nearest = np.argsort(-closeness, kind="stable")
    return tuple(topics[index] for index in nearest.tolist() if closeness[index] > 0)


@cached_by_owner(8)
def _ties(generation: Generation, level: int) -> sparse.csr_matrix:
    """Return the weights of all edges between topics of a level, both ways added up.

    The shape is (topics, topics).
    """
    from scipy import sparse

    graph = generation.graph
    labels = np.asarray(generation.memberships[level])
    weights = np.clip(graph.similarities, 0.0, None).ravel().astype(np.float64)
    starts = np.repeat(labels, graph.neighbours.shape[1])
    ends = labels[graph.neighbours].ravel()
    count = len(generation.levels[level])
    one_way = sparse.csr_matrix((weights, (starts, ends)), shape=(count, count))
    return (one_way + one_way.T).tocsr()
