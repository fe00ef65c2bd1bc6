"""Topics: every paper in one on each level, nested, numbered by size, the same every time."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score

from explorer.arrays import Labels, Vectors
from explorer.index.engines import load_engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.library.store import LibraryStore
from explorer.settings import GraphSettings, TopicSettings
from explorer.topics.communities import between, communities, edges_of, partition


def planted(sizes: list[int], noise: float = 0.9, seed: int = 3) -> tuple[Vectors, Labels]:
    """Return unit vectors around as many directions as ``sizes``, shuffled, and their own."""
    random = np.random.default_rng(seed)
    own = random.permutation(np.repeat(np.arange(len(sizes)), sizes)).astype(np.int32)
    middles = random.normal(size=(len(sizes), 64))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    raw = middles[own] + noise * random.normal(size=(len(own), 64)) / 8
    vectors = np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)
    return vectors, own


def graph_of(vectors: Vectors) -> NeighbourGraph:
    return build_graph(load_engine("exact").build(vectors), GraphSettings())


def edges_in(vectors: Vectors, settings: TopicSettings) -> sparse.csr_matrix:
    return edges_of(graph_of(vectors), settings)


def assert_sound(levels: list[Labels], edges: sparse.csr_matrix, chosen: TopicSettings) -> None:
    """Check all that holds for any partition."""
    assert levels
    count = edges.shape[0]
    subjects = len(np.bincount(communities(edges, chosen)))
    for labels in levels:
        assert labels.shape == (count,)
        sizes = np.bincount(labels)
        assert sizes.min() >= 1
        assert np.all(np.diff(sizes) <= 0)
        if len(sizes) > 1:
            assert sizes.min() >= chosen.smallest_topic
    whole = min(chosen.split_above, max(2 * chosen.smallest_topic, math.isqrt(count)))
    for coarse, fine in pairwise(levels):
        assert len(np.bincount(fine)) > len(np.bincount(coarse))
        for topic in range(int(fine.max()) + 1):
            assert len(set(coarse[fine == topic].tolist())) == 1
    for coarse, fine in pairwise(partition(edges, replace(chosen, longest_step=math.inf))):
        if len(np.bincount(coarse)) < subjects:
            continue  # a level that gathers subjects instead of being divided into them
        for topic, size in enumerate(np.bincount(coarse)):
            if size <= whole:
                assert len(set(fine[coarse == topic].tolist())) == 1


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 90),
    groups=st.integers(1, 6),
    seed=st.integers(0, 50),
    smallest=st.integers(1, 8),
    split_above=st.integers(8, 30),
)
def test_any_library_is_cut_soundly(
    count: int, groups: int, seed: int, smallest: int, split_above: int
) -> None:
    sizes = np.bincount(np.arange(count) % groups).tolist()
    vectors, _ = planted(sizes, seed=seed)
    chosen = TopicSettings(smallest_topic=smallest, split_above=split_above)
    edges = edges_in(vectors, chosen)
    assert_sound(partition(edges, chosen), edges, chosen)


def nested(branches: int, papers: int) -> Vectors:
    """Return vectors of ``branches`` subjects with as many parts of as many parts each."""
    random = np.random.default_rng(5)
    middles = np.zeros((1, 64))
    for spread in (1.0, 0.5, 0.3):
        middles = np.repeat(middles, branches, axis=0)
        middles = middles + spread * random.normal(size=middles.shape)
    raw = np.repeat(middles, papers, axis=0)
    raw = raw + 0.3 * random.normal(size=raw.shape)
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)


def test_each_level_has_a_few_times_as_many_topics_as_the_one_above() -> None:
    edges, chosen = edges_in(nested(branches=8, papers=6), TopicSettings()), TopicSettings()
    far_apart = partition(edges, replace(chosen, longest_step=1_000.0))
    steps = [
        len(np.bincount(fine)) / len(np.bincount(coarse)) for coarse, fine in pairwise(far_apart)
    ]
    assert max(steps) > chosen.longest_step
    levels = partition(edges, chosen)
    assert_sound(levels, edges, chosen)
    counts = [len(np.bincount(labels)) for labels in levels]
    assert all(1.5 < fine / coarse <= chosen.longest_step for coarse, fine in pairwise(counts))
    kept = {labels.tobytes() for labels in levels}
    assert all(labels.tobytes() in kept for labels in far_apart)


@pytest.mark.parametrize("resolution", [1.0, 6.0, 12.0])  # at high ones Leiden leaves some loose
def test_no_community_is_tied_more_to_another_than_within(resolution: float) -> None:
    chosen = TopicSettings(resolution=resolution, smallest_topic=2)
    edges = edges_in(planted([9] * 14, noise=1.5)[0], chosen)
    ties = between(edges, communities(edges, chosen)).toarray()
    within = ties.diagonal().copy()
    np.fill_diagonal(ties, 0.0)
    assert np.all(ties.max(axis=1) <= within)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
def test_hardly_any_papers_are_one_topic(count: int) -> None:
    levels = partition(edges_in(planted([count])[0], TopicSettings()), TopicSettings())
    assert [labels.tolist() for labels in levels] == [[0] * count]


def test_papers_that_all_say_the_same_are_cut_soundly() -> None:
    vectors = np.repeat(planted([1])[0], 60, axis=0)
    edges = edges_in(vectors, TopicSettings())
    assert_sound(partition(edges, TopicSettings()), edges, TopicSettings())


def copies(count: int, texts: int = 1, noise: float = 0.0) -> Vectors:
    """Return ``count`` vectors of each of ``texts`` texts, shuffled."""
    return planted([count] * texts, noise)[0]


@pytest.mark.parametrize("noise", [0.0, 0.15])
@pytest.mark.parametrize("count", [4, 25, 60, 300])
@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0])
def test_papers_that_all_say_the_same_are_one_topic(
    count: int, noise: float, resolution: float
) -> None:
    chosen = TopicSettings(resolution=resolution)
    levels = partition(edges_in(copies(count, noise=noise), chosen), chosen)
    assert [labels.tolist() for labels in levels] == [[0] * count]


def test_copies_of_two_texts_are_two_topics() -> None:
    vectors, own = planted([30, 30], 0.0)
    (labels,) = partition(edges_in(vectors, TopicSettings()), TopicSettings())
    assert adjusted_mutual_info_score(own, labels) == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_papers_that_say_the_same_are_together_on_every_level(seed: int) -> None:
    vectors, own = planted([40, 40, 40, 40], seed=seed)
    same = np.flatnonzero(own == 1)[:12]
    vectors[same] = vectors[same[0]]
    for labels in partition(edges_in(vectors, TopicSettings()), TopicSettings()):
        assert len(set(labels[same].tolist())) == 1


def test_duplicates_have_the_ties_of_them_all_and_others_keep_theirs() -> None:
    vectors, _ = planted([40, 40])
    graph = graph_of(vectors)
    alone = graph.without_hubs(5)
    assert (edges_of(graph, TopicSettings(neighbours=5)) != alone).nnz == 0
    vectors[1] = vectors[0]
    graph = graph_of(vectors)
    before, after = graph.without_hubs(5), edges_of(graph, TopicSettings(neighbours=5))
    assert graph.near_duplicates()[:3].tolist() == [0, 0, 2]
    assert (after != after.T).nnz == 0
    assert after[1].nonzero()[1].tolist() == [0]
    others = np.arange(2, 80)
    assert np.allclose(
        after[0, others].toarray(), before[0, others].maximum(before[1, others]).toarray()
    )
    assert (after[others][:, others] != before[others][:, others]).nnz == 0


@pytest.mark.parametrize("sizes", [[30, 30, 30, 30], [60, 35, 20, 15, 10], [12] * 8])
def test_planted_communities_are_found(sizes: list[int]) -> None:
    vectors, own = planted(sizes)
    coarsest = partition(edges_in(vectors, TopicSettings()), TopicSettings())[0]
    assert adjusted_mutual_info_score(own, coarsest) >= 0.9


def test_communities_within_a_community_are_found_on_the_finer_level() -> None:
    random = np.random.default_rng(0)
    continents = np.eye(64)[:3]
    countries = np.repeat(continents, 3, axis=0) + 0.6 * np.eye(64)[10:19]
    own = np.repeat(np.arange(9), 20)
    raw = countries[own] + random.normal(size=(180, 64)) / 8
    vectors = np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)
    levels = partition(edges_in(vectors, TopicSettings()), TopicSettings())
    assert adjusted_mutual_info_score(own // 3, levels[0]) >= 0.9
    assert max(adjusted_mutual_info_score(own, labels) for labels in levels[1:]) >= 0.9


def test_the_same_graph_is_cut_the_same_way() -> None:
    vectors, _ = planted([40, 30, 20, 10], noise=1.4)
    first = partition(edges_in(vectors, TopicSettings()), TopicSettings())
    second = partition(edges_in(vectors, TopicSettings()), TopicSettings())
    assert len(first) == len(second)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_parts_that_nothing_joins_never_share_a_topic_that_holds_others() -> None:
    vectors, own = planted([20, 20, 20], noise=0.05)
    graph = build_graph(load_engine("exact").build(vectors), GraphSettings(5))
    coarsest = partition(edges_of(graph, TopicSettings()), TopicSettings())[0]
    for topic in range(int(coarsest.max()) + 1):
        assert len(set(own[coarsest == topic].tolist())) == 1


def test_topics_of_a_library_agree_with_its_memberships(
    hashing_library: LibraryStore, seed_library: LibraryStore
) -> None:
    for library in (hashing_library, seed_library):
        generation = library.open()
        levels = [np.asarray(labels) for labels in generation.memberships]
        assert_sound(levels, edges_of(generation.graph, TopicSettings()), TopicSettings())
        ids = [topic.id for level in generation.levels for topic in level]
        assert len(set(ids)) == len(ids)
        for depth, level in enumerate(generation.levels):
            assert sum(topic.size for topic in level) == generation.size
            for topic in level:
                members = generation.members(topic)
                assert topic.level == depth
                assert len(members) == topic.size
                chains = {generation.topics_of(int(row))[: depth + 1] for row in members}
                assert len(chains) == 1
                (chain,) = chains
                assert chain[-1] == topic
                assert topic.parent == (chain[-2].id if depth else "")


def test_the_four_subjects_of_the_corpus_are_four_topics(hashing_library: LibraryStore) -> None:
    generation = hashing_library.open()
    words = ("scan", "video", "serving", "molecul")
    found = [
        next((i for i, w in enumerate(words) if w in paper.text.lower()), 4)
        for paper in generation.records
    ]
    known = np.array(found) < 4
    subjects = np.array(found)[known]
    assert adjusted_mutual_info_score(subjects, generation.memberships[0][known]) > 0.8
