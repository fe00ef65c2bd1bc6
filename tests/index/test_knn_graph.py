"""The neighbour graph: each paper's nearest others, from any engine, at any size."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.synthetic import Field
from explorer.arrays import Vectors
from explorer.index.engines import engine_names, load_engine
from explorer.index.engines.faiss_lists import FaissLists
from explorer.index.knn_graph import NeighbourGraph, build_graph, updated_graph
from explorer.settings import GraphSettings


def unit_vectors(count: int, dimension: int = 16, seed: int = 0) -> Vectors:
    raw = np.random.default_rng(seed).normal(size=(count, dimension))
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)


def graph_of(vectors: Vectors, neighbours: int = 30, engine: str = "faiss") -> NeighbourGraph:
    return build_graph(load_engine(engine).build(vectors), GraphSettings(neighbours))


def assert_sound(graph: NeighbourGraph, vectors: Vectors, k: int) -> None:
    """Check a graph against all cosines; ties may go either way."""
    count = len(vectors)
    assert graph.size == count
    assert graph.neighbours.shape == graph.similarities.shape == (count, min(k, count - 1))
    assert graph.neighbours.dtype == np.int32
    cosines = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    np.fill_diagonal(cosines, -np.inf)
    for row, (keys, scores) in enumerate(zip(graph.neighbours, graph.similarities, strict=True)):
        assert row not in keys
        assert len(set(keys.tolist())) == len(keys)
        best = np.sort(cosines[row])[::-1][: len(keys)]
        assert np.allclose(scores, best, atol=1e-5)
        assert np.allclose(scores, cosines[row, keys], atol=1e-5)


@pytest.mark.parametrize("engine", engine_names())
@pytest.mark.parametrize("count", [1, 2, 3, 30, 31, 32, 200])
def test_neighbours_are_the_nearest_others(engine: str, count: int) -> None:
    vectors = unit_vectors(count)
    assert_sound(graph_of(vectors, engine=engine), vectors, 30)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 40), k=st.integers(1, 45), distinct=st.integers(1, 6))
def test_twins_never_push_out_or_take_the_place_of_the_paper_itself(
    count: int, k: int, distinct: int
) -> None:
    vectors = unit_vectors(distinct)[np.arange(count) % distinct]
    assert_sound(graph_of(vectors, k), vectors, k)


def test_more_papers_than_one_block_are_all_joined() -> None:
    vectors = unit_vectors(4500, 8)
    graph = graph_of(vectors, 3)
    for row in (0, 4095, 4096, 4499):
        cosines = vectors @ vectors[row]
        cosines[row] = -2.0
        assert set(graph.neighbours[row].tolist()) == set(np.argsort(-cosines)[:3].tolist())


@pytest.mark.parametrize("count", [1, 25])
def test_a_saved_graph_opens_as_it_was(tmp_path: Path, count: int) -> None:
    graph = graph_of(unit_vectors(count), 7)
    graph.save(tmp_path)
    opened = NeighbourGraph.open(tmp_path)
    assert np.array_equal(opened.neighbours, graph.neighbours)
    assert np.array_equal(opened.similarities, graph.similarities)


def updated_and_built(
    before: Vectors, after: Vectors, moved: list[int], k: int, engine: str = "faiss"
) -> tuple[NeighbourGraph, NeighbourGraph]:
    """Return the graph of ``after`` as it is had from that of ``before``, and built anew."""
    built = load_engine(engine).build(after)
    rows = np.array(moved, dtype=np.int64)
    graph = updated_graph(graph_of(before, k, engine), rows, built, GraphSettings(k))
    return graph, build_graph(built, GraphSettings(k))


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 40),
    k=st.integers(1, 45),
    distinct=st.integers(1, 60),
    share_gone=st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    share_edited=st.sampled_from([0.0, 0.2, 1.0]),
    newcomers=st.integers(0, 30),
    seed=st.integers(0, 1_000),
)
def test_an_updated_graph_is_the_graph_that_would_be_built(
    count: int,
    k: int,
    distinct: int,
    share_gone: float,
    share_edited: float,
    newcomers: int,
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    pool = unit_vectors(distinct, 8)  # fewer than papers, so that some are twins
    says = random.integers(distinct, size=count)
    stays = random.random(count) >= share_gone
    edited = random.random(count) < share_edited
    if not stays.any() and not newcomers:
        stays[0] = True
    # Newcomers stand anywhere among those who stay, as ids would have it.
    keys = np.concatenate([np.flatnonzero(stays), random.uniform(0, count, newcomers)])
    order = np.argsort(keys, kind="stable")
    says_now = np.concatenate([says[stays], random.integers(distinct, size=newcomers)])
    changed = np.concatenate([edited[stays], np.zeros(newcomers, dtype=bool)])
    says_now[changed] = random.integers(distinct, size=int(changed.sum()))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    moved = np.full(count, -1, dtype=np.int64)
    moved[stays] = np.where(changed[: int(stays.sum())], -1, place[: int(stays.sum())])
    after = pool[says_now[order]]
    graph, built = updated_and_built(pool[says], after, moved.tolist(), k)
    assert_sound(graph, after, k)
    assert np.allclose(graph.similarities, built.similarities, atol=1e-5)


@pytest.mark.parametrize("engine", engine_names())
@pytest.mark.parametrize(("gone", "newcomers"), [(0, 0), (0, 1), (0, 40), (1, 0), (150, 60)])
def test_where_there_are_no_ties_it_is_the_same_to_the_neighbour(
    engine: str, gone: int, newcomers: int
) -> None:
    everyone = unit_vectors(200 + newcomers)
    before, after = everyone[:200], everyone[gone:]
    moved = [max(row - gone, -1) for row in range(200)]
    graph, built = updated_and_built(before, after, moved, 12, engine)
    assert np.array_equal(graph.neighbours, built.neighbours)
    assert np.allclose(graph.similarities, built.similarities, atol=1e-6)
    assert graph.neighbours.dtype == np.int32
    assert graph.similarities.dtype == np.float32


def test_a_chain_of_updates_is_as_good_as_one_build() -> None:
    everyone = unit_vectors(120)
    graph = graph_of(everyone[:20], 6)
    for size in range(25, 125, 5):
        engine = load_engine("faiss").build(everyone[:size])
        graph = updated_graph(graph, np.arange(size - 5), engine, GraphSettings(6))
    assert np.array_equal(graph.neighbours, graph_of(everyone, 6).neighbours)


def test_many_newcomers_are_let_in_with_little_memory_and_alike() -> None:
    everyone = unit_vectors(9000, 8)
    before, engine = graph_of(everyone[:4000], 3), load_engine("faiss").build(everyone)
    tracemalloc.start()
    try:
        graph = updated_graph(before, np.arange(4000), engine, GraphSettings(3))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64_000_000
    assert np.array_equal(graph.neighbours, build_graph(engine, GraphSettings(3)).neighbours)


def test_more_papers_than_one_block_are_updated_alike() -> None:
    everyone = unit_vectors(4600, 8)
    graph, built = updated_and_built(
        everyone[:4500], everyone[100:], [-1] * 100 + list(range(4400)), 3
    )
    assert np.allclose(graph.similarities, built.similarities, atol=1e-5)


@pytest.fixture(scope="module")
def papers() -> Vectors:
    return Field().vectors(0, 6_200)


def recall_of(graph: NeighbourGraph, vectors: Vectors, rows: NDArray[np.int64]) -> float:
    """Return the share of the nearest of ``rows`` that the graph has."""
    k = graph.neighbours.shape[1]
    right = load_engine("faiss-flat").build(vectors).search(vectors[rows], k + 1).scores[:, -1:]
    return float((graph.similarities[rows] >= right - 1e-5).mean())


def assert_true(graph: NeighbourGraph, vectors: Vectors) -> None:
    """Check that similarities are those of the neighbours, best first, and nobody is twice."""
    own = np.einsum("nd,nkd->nk", vectors, vectors[graph.neighbours])
    assert np.allclose(own, graph.similarities, atol=1e-5)
    assert np.all(np.diff(graph.similarities, axis=1) <= 1e-6)
    assert not (graph.neighbours == np.arange(len(vectors))[:, None]).any()
    assert all(len(set(keys)) == len(keys) for keys in graph.neighbours.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("lists", [False, True])
def test_the_axes_of_many_papers_find_nearly_all_neighbours(
    papers: Vectors, monkeypatch: pytest.MonkeyPatch, lists: bool
) -> None:
    monkeypatch.setattr("explorer.index.knn_graph._MANY", 5_000)
    if lists:
        monkeypatch.setattr("explorer.index.knn_graph._COMPARED_WITH_ALL", 5_000)
    done: list[tuple[int, int]] = []
    engine = load_engine("faiss").build(papers)
    graph = build_graph(engine, GraphSettings(), lambda *counts: done.append(counts))
    assert_true(graph, papers)
    assert recall_of(graph, papers, np.arange(0, len(papers), 7)) > (0.94 if lists else 0.99)
    assert done[-1] == (len(papers), len(papers))
    again = build_graph(engine, GraphSettings())
    assert np.array_equal(graph.neighbours, again.neighbours)


def test_papers_without_main_axes_are_compared_by_their_whole_vectors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("explorer.index.knn_graph._MANY", 5_000)
    vectors = unit_vectors(5_000, 384)
    graph = graph_of(vectors, 5)
    assert recall_of(graph, vectors, np.arange(0, 5_000, 50)) == 1.0


def test_newcomers_of_a_large_library_are_let_in_by_those_near_them(
    papers: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build_graph(load_engine("faiss").build(papers[:6_000]), GraphSettings())
    monkeypatch.setattr("explorer.index.knn_graph._PAIRS", 0)
    engine = load_engine("faiss").build(papers)
    moved = np.arange(6_000)
    moved[:50] = -1
    graph = updated_graph(before, moved, engine, GraphSettings())
    assert_true(graph, papers)
    right = build_graph(engine, GraphSettings())
    came = np.r_[np.arange(50), np.arange(6_000, 6_200)]
    let_in = np.isin(right.neighbours[50:6_000], came)
    same = np.isin(graph.neighbours[50:6_000], came)
    assert same.sum() > 0.95 * let_in.sum() > 0
    assert recall_of(graph, papers, np.arange(0, len(papers), 7)) > 0.98


@pytest.mark.slow
@pytest.mark.parametrize(("recall", "most"), [(0.3, 0.25), (0.95, 0.5), (1.0, 1.0)])
def test_many_newcomers_are_looked_for_no_longer_than_the_graph_needs(
    papers: Vectors, monkeypatch: pytest.MonkeyPatch, recall: float, most: float
) -> None:
    efforts: list[float] = [1.0]
    faster = FaissLists.with_effort

    def noted(self: FaissLists, effort: float) -> FaissLists:
        efforts.append(effort)
        return faster(self, effort)

    monkeypatch.setattr(FaissLists, "with_effort", noted)
    factory = load_engine("faiss-sq8")
    settings = GraphSettings(recall=recall)
    before = build_graph(factory.build(papers[:3_000]), settings)
    graph = updated_graph(before, np.arange(3_000), factory.build(papers), settings)
    assert_true(graph, papers)
    measured = recall_of(graph, papers, np.arange(3_000, len(papers), 7))
    assert measured > recall - 0.02
    assert efforts[1:] == sorted(efforts[1:]) != []
    assert efforts[-1] <= most
    assert (measured < 1.0) == (most < 1.0)
