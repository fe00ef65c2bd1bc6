"""Topics as a tree, and the level that the map shows with colours and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.topics.communities import Topic

_MOST_NAMES = 24


@dataclass(frozen=True, slots=True)
class TopicNode:
    """A topic in the tree of all topics."""

    topic: Topic
    below: tuple[TopicNode, ...]
    """Topics that it is divided into, largest first."""


def shown_level(generation: Generation) -> int:
    """Return the finest level of topics whose names still fit on the map."""
    fitting = [i for i, level in enumerate(generation.levels) if len(level) <= _MOST_NAMES]
    return fitting[-1] if fitting else 0


def topic_tree(generation: Generation) -> tuple[TopicNode, ...]:
    """Return all topics as a tree, largest first; one that recurs undivided is one node."""
    return _tree(generation)[0]


def node_of(generation: Generation, topic: Topic) -> TopicNode:
    """Return the node of ``topic`` in the tree.

    A topic that recurs undivided from level to level has several ids and one node, with the id of
    the shown level, or else the coarsest.
    """
    return _tree(generation)[1][topic.id]


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
