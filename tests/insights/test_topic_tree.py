"""The tree of topics."""

from __future__ import annotations

from dataclasses import replace

from explorer.insights.topic_tree import node_of, topic_tree
from explorer.library.store import LibraryStore


def test_a_topic_that_goes_on_undivided_stands_in_the_tree_once(
    hashing_library: LibraryStore,
) -> None:
    generation = hashing_library.open()
    coarse = generation.levels[0][0]
    again = replace(coarse, id="again", level=1, parent=coarse.id)
    finer = tuple(topic for topic in generation.levels[1] if topic.parent != coarse.id)
    undivided = replace(generation, levels=(generation.levels[0], (*finer, again)))
    tree = topic_tree(undivided)
    standing = [branch.topic for branch in tree]
    assert len(standing) == len(generation.levels[0])
    assert node_of(undivided, coarse) is node_of(undivided, again)
    assert node_of(undivided, again).below == ()
    assert [topic.label for topic in standing].count(coarse.label) == 1
