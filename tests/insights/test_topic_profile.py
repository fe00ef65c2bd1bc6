"""The dossier of a topic: where it stands, what is near to it, and its papers in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.insights.topic_profile import topic_profile
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.settings import TopicSettings
from explorer.topics.communities import Topic, edges_of


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture(scope="module")
def nested(generation: Generation) -> Generation:
    """The library on four levels: "b" is never divided, "a" only on the third and fourth."""
    size = generation.size
    half = np.arange(size) >= size * 3 // 4
    labels = [
        half.astype(np.int32),
        half.astype(np.int32),
        np.where(half, 1, np.where(np.arange(size) < 4, 2, 0)).astype(np.int32),
        np.where(half, 1, np.where(np.arange(size) < 4, 2, np.arange(size) % 2 * 3)).astype(
            np.int32
        ),
    ]
    parents = [["", ""], ["a0", "b0"], ["a1", "b1", "a1"], ["a2", "b2", "c2", "a2"]]
    levels = tuple(
        tuple(
            Topic(
                f"{'abcd'[place]}{level}",
                level,
                parents[level][place],
                "abcd"[place],
                (),
                int((labels[level] == place).sum()),
            )
            for place in range(len(parents[level]))
        )
        for level in range(4)
    )
    return replace(
        generation,
        levels=levels,
        memberships=tuple(labels),
        strengths=tuple(np.ones(size, dtype=np.float32) for _ in labels),
    )


def test_every_topic_has_all_its_papers_those_first_that_belong_most(
    generation: Generation,
) -> None:
    ids = generation.records.ids
    assert len(generation.topics) >= 4
    for topic in generation.topics.values():
        found = topic_profile(generation, topic)
        assert sorted(found.members) == generation.members(topic).tolist()
        assert found.share == pytest.approx(len(found.members) / generation.size)
        strengths = generation.strengths[topic.level]
        keys = [(-float(strengths[row]), ids[row]) for row in found.members]
        assert keys == sorted(keys)
        assert tuple(ids[row] for row in found.representatives) == topic.representatives


def test_what_is_above_and_below_agrees_with_the_papers(generation: Generation) -> None:
    for topic in generation.topics.values():
        found = topic_profile(generation, topic)
        members = set(found.members)
        for other in found.above:
            assert members < set(generation.members(other).tolist())
        assert [other.level for other in found.above] == sorted(
            {other.level for other in found.above}
        )
        sizes = [other.size for other in found.below]
        assert sizes == sorted(sizes, reverse=True)
        assert len(sizes) != 1
        if sizes:
            assert sum(sizes) == topic.size


def test_a_topic_that_goes_on_unchanged_is_neither_above_nor_below_itself(
    nested: Generation,
) -> None:
    def names(topics: tuple[Topic, ...]) -> list[str]:
        return [topic.id for topic in topics]

    for level in range(4):
        found = topic_profile(nested, nested.topics[f"b{level}"])
        assert found.above == found.below == ()
    assert names(topic_profile(nested, nested.topics["a0"]).below) == ["a2", "c2"]
    assert names(topic_profile(nested, nested.topics["a1"]).below) == ["a2", "c2"]
    assert names(topic_profile(nested, nested.topics["a2"]).below) == ["a3", "d3"]
    assert topic_profile(nested, nested.topics["c2"]).below == ()
    assert names(topic_profile(nested, nested.topics["c3"]).above) == ["a1"]
    assert names(topic_profile(nested, nested.topics["d3"]).above) == ["a1", "a2"]


def test_coherence_is_the_share_of_ties_within_the_topic(generation: Generation) -> None:
    edges = edges_of(generation.graph, TopicSettings()).toarray()
    for topic in generation.topics.values():
        rows = generation.members(topic)
        shares = edges[np.ix_(rows, rows)].sum(axis=1) / edges[rows].sum(axis=1)
        coherence = topic_profile(generation, topic).coherence
        assert coherence == pytest.approx(float(shares.mean()), abs=1e-4)


def test_neighbours_are_the_topics_with_the_most_edges_for_their_size(
    nested: Generation,
) -> None:
    """Of two topics of one size, the one that holds the nearest papers comes first."""
    size, k = nested.graph.neighbours.shape
    labels = np.arange(size, dtype=np.int32) * 4 // size
    topics = tuple(Topic(f"q{place}", 0, "", f"q{place}", (), size // 4) for place in range(4))
    # Papers of 0 are tied to 3 by two edges and to 1 by one; 2 is tied to nobody but itself.
    rows = np.arange(size, dtype=np.int32)
    own = labels[:, None] * (size // 4) + (rows[:, None] + 1 + np.arange(k)) % (size // 4)
    neighbours = own.astype(np.int32)
    neighbours[labels == 0, :2] = size - 1 - np.arange(2)
    neighbours[labels == 0, 2] = size // 4
    graph = replace(
        nested.graph, neighbours=neighbours, similarities=np.full((size, k), 0.5, np.float32)
    )
    generation = replace(
        nested,
        graph=graph,
        levels=(topics,),
        memberships=(labels,),
        strengths=(np.ones(size, dtype=np.float32),),
    )
    near = [[other.id for other in topic_profile(generation, topic).neighbours] for topic in topics]
    assert near == [["q3", "q1"], ["q0"], [], ["q0"]]


def test_neighbours_are_other_topics_of_the_same_level(generation: Generation) -> None:
    for topic in generation.topics.values():
        neighbours = topic_profile(generation, topic).neighbours
        assert len(neighbours) == len(set(neighbours)) <= 5
        assert all(other.level == topic.level for other in neighbours)
        assert topic not in neighbours
    assert any(topic_profile(generation, topic).neighbours for topic in generation.levels[0])
