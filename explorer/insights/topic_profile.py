"""Profile of a topic: its relatives, neighbours and papers, for page and terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.library.generation import Generation
from explorer.topics.communities import Topic

_NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class TopicProfile:
    """A topic with its relatives, neighbours and papers."""

    topic: Topic
    share: float
    """Share of the library's papers, from 0 to 1."""
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
        above=tuple(_above(generation, topic))[::-1],
        below=_below(generation, topic, members),
        neighbours=_neighbours(generation, topic, members),
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


def _neighbours(
    generation: Generation, topic: Topic, members: NDArray[np.int64]
) -> tuple[Topic, ...]:
    """Return the topics of the same level with the strongest ties to ``topic``, for their sizes.

    Ties are the cosines of edges from either side to the other; they are taken relative to all
    that the other topic's edges weigh. ``topic``'s own edges would divide all alike.
    """
    topics, graph = generation.levels[topic.level], generation.graph
    labels = np.asarray(generation.memberships[topic.level])
    own = int(labels[members[0]])
    weights = np.clip(graph.similarities, 0.0, None).ravel()
    ends = labels[graph.neighbours].ravel()
    starts = np.repeat(labels, graph.neighbours.shape[1])

    def of_each(
        indices: NDArray[np.int32], edges: slice | NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        heavy = np.bincount(indices[edges], weights=weights[edges], minlength=len(topics))
        return heavy.astype(np.float64)

    every = slice(None)
    volumes = of_each(starts, every) + of_each(ends, every)
    ties = of_each(ends, starts == own) + of_each(starts, ends == own)
    ties[own] = 0.0
    closeness = ties / np.maximum(volumes, 1e-9)
    nearest = np.argsort(-closeness, kind="stable")[:_NEIGHBOURS]
    return tuple(topics[index] for index in nearest.tolist() if closeness[index] > 0)
