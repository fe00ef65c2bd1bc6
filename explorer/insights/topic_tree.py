"""Topics as a tree, and the level that the map shows with colours and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.topics.communities import Topic

_TOPICS_AT_FIRST_SIGHT = 20


@dataclass(frozen=True, slots=True)
class TopicNode:
    """A topic in the tree of all topics."""

    topic: Topic
    below: tuple[TopicNode, ...]
    """Topics that it is divided into, largest first."""


def shown_level(generation: Generation) -> int:
    """Return the level with about as many topics as one can take in at a glance."""
    counts = [len(level) for level in generation.levels]
    return min(range(len(counts)), key=lambda i: abs(log(counts[i] / _TOPICS_AT_FIRST_SIGHT)))


def topic_tree(generation: Generation) -> tuple[TopicNode, ...]:
    """Return all topics as a tree, largest first; one that recurs undivided is one node."""
    return _tree(generation)[0]


def all_topics(generation: Generation) -> list[Topic]:
    """Return the topics of all levels, each followed by those below it, one that recurs once."""
    return _topics_of(topic_tree(generation))


def count_topics(generation: Generation) -> int:
    """Return the number of topics on all levels; one that recurs undivided counts once."""
    return len(all_topics(generation))


def _topics_of(nodes: Sequence[TopicNode]) -> list[Topic]:
    return [topic for node in nodes for topic in (node.topic, *_topics_of(node.below))]


def node_of(generation: Generation, topic: Topic) -> TopicNode:
    """Return the node of ``topic`` in the tree.

    A topic that recurs undivided from level to level has several ids and one node, with the id of
    the shown level, or else the coarsest.
    """
    return _tree(generation)[1][topic.id]


@cached_by_owner(1)
def paths_to_finest(generation: Generation) -> tuple[tuple[Topic, ...], ...]:
    """Return the topics, coarse to fine, that each topic of the finest level lies in or is.

    One that recurs undivided from level to level is there once, as in :func:`topic_tree`.
    """
    return tuple(_path(generation, topic) for topic in generation.levels[-1])


def _path(generation: Generation, topic: Topic) -> tuple[Topic, ...]:
    path = [topic]
    while path[-1].parent in generation.topics:
        path.append(generation.topics[path[-1].parent])
    return tuple(dict.fromkeys(node_of(generation, each).topic for each in reversed(path)))


@cached_by_owner(1)
def _tree(generation: Generation) -> tuple[tuple[TopicNode, ...], dict[str, TopicNode]]:
    shown = shown_level(generation)
    below: dict[str, list[Topic]] = {}
    for topic in generation.topics.values():
        below.setdefault(topic.parent, []).append(topic)
    node_of_id: dict[str, TopicNode] = {}

    def branch(topic: Topic) -> TopicNode:
        chain = [topic]
        while len(finer := below.get(chain[-1].id, [])) == 1:
            chain.append(finer[0])
        shown_topic = next((same for same in chain if same.level == shown), topic)
        node = TopicNode(shown_topic, branches(finer))
        node_of_id.update(dict.fromkeys((same.id for same in chain), node))
        return node

    def branches(topics: Sequence[Topic]) -> tuple[TopicNode, ...]:
        ordered = sorted(topics, key=lambda topic: (-topic.size, topic.id))
        return tuple(branch(topic) for topic in ordered)

    return branches(generation.levels[0]), node_of_id
