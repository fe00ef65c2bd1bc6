"""Topics as a tree, and the level of them that has colours and names at first sight."""

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
    """The topics that it is divided into, largest first."""


def shown_level(generation: Generation) -> int:
    """Return the finest level of topics whose names still fit on the map."""
    fitting = [i for i, level in enumerate(generation.levels) if len(level) <= _MOST_NAMES]
    return fitting[-1] if fitting else 0


def topic_tree(generation: Generation) -> tuple[TopicNode, ...]:
    """Return all topics as a tree, largest first, each that goes on undivided once."""
    return _tree(generation)[0]


def node_of(generation: Generation, topic: Topic) -> TopicNode:
    """Return where ``topic`` stands in the tree.

    A topic that goes on undivided from level to level has many ids and stands there by one: that of
    the shown level, or else its coarsest.
    """
    return _tree(generation)[1][topic.id]


@cached_by_owner(1)
def _tree(generation: Generation) -> tuple[tuple[TopicNode, ...], dict[str, TopicNode]]:
    shown = shown_level(generation)
    below: dict[str, list[Topic]] = {}
    for topic in generation.topics.values():
        below.setdefault(topic.parent, []).append(topic)
    standing: dict[str, TopicNode] = {}

    def branch(topic: Topic) -> TopicNode:
        chain = [topic]
        while len(finer := below.get(chain[-1].id, [])) == 1:
            chain.append(finer[0])
        stands = next((same for same in chain if same.level == shown), topic)
        made = TopicNode(stands, branches(finer))
        standing.update(dict.fromkeys((same.id for same in chain), made))
        return made

    def branches(topics: Sequence[Topic]) -> tuple[TopicNode, ...]:
        ordered = sorted(topics, key=lambda topic: (-topic.size, topic.id))
        return tuple(branch(topic) for topic in ordered)

    return branches(generation.levels[0]), standing
