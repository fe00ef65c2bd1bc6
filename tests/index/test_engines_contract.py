"""One contract for every vector engine, held against brute force.

Engines may differ in the order of ties and in the last bits of a cosine, so answers are compared
by their scores.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.arrays import Keys, Vectors
from explorer.errors import ExplorerError, UnusableInput
from explorer.index.engines import (
    DEFAULT_ENGINE,
    engine_names,
    load_engine,
    server_uri,
)
from explorer.index.engines.contract import DEFAULTS, Engine, EngineFactory, Neighbours
from explorer.index.engines.milvus import MilvusFactory
from explorer.settings import IndexSettings
from tests.helpers.milvus_servers import Server as MilvusServer

TOLERANCE = 1e-5


def unit_vectors(count: int, dimension: int, seed: int = 0) -> Vectors:
    raw = np.random.default_rng(seed).normal(size=(count, dimension))
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)


FILES = tuple(name for name in engine_names() if not server_uri(load_engine(name)))
SERVERS = [
    pytest.param(name, marks=pytest.mark.cluster) for name in ("milvus_lite", "milvus_standalone")
]
"""They run with `make test-cluster`; test_milvus.py has what `make test` runs of them."""


LARGE = unit_vectors(2000, 32)


@pytest.fixture(scope="module", params=(*FILES, *SERVERS))
def factory(request: pytest.FixtureRequest) -> EngineFactory:
    """Each engine; those with a server as they are once they are saved there."""
    name = str(request.param)
    return load_engine(name) if name in FILES else _on(request, name)


@pytest.fixture(scope="module")
def large(factory: EngineFactory) -> Engine:
    """An index of ``LARGE``, which takes some engines a second to build."""
    return factory.build(LARGE)


@pytest.fixture(scope="module", params=(*FILES, SERVERS[0]))
def quick(request: pytest.FixtureRequest) -> EngineFactory:
    """Those that make an index fast enough for a hundred of them."""
    name = str(request.param)
    return load_engine(name) if name in FILES else _on(request, name)


def _on(request: pytest.FixtureRequest, server: str) -> EngineFactory:
    started: MilvusServer = request.getfixturevalue(server)
    scratch = request.getfixturevalue("tmp_path_factory").mktemp("saved")
    return AlwaysSaved(started.uri, scratch)


class AlwaysSaved(MilvusFactory):
    """Builds indexes that are on the server at once, where others are in memory until saved."""

    def __init__(self, uri: str, scratch: Path) -> None:
        super().__init__(uri)
        self._scratch = scratch

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        folder = self._scratch / uuid.uuid4().hex
        folder.mkdir()
        super().build(vectors, settings).save(folder)
        return self.open(folder)


def assert_right(
    found: Neighbours, vectors: Vectors, queries: Vectors, k: int, among: Keys | None = None
) -> None:
    """Check an answer against all cosines, computed here."""
    allowed = np.arange(len(vectors)) if among is None else among
    expected = min(k, len(allowed))
    assert found.keys.shape == found.scores.shape == (len(queries), expected)
    assert found.keys.dtype == np.int64
    assert found.scores.dtype == np.float32
    cosines = queries.astype(np.float64) @ vectors.astype(np.float64).T
    for row, (keys, scores) in enumerate(zip(found.keys, found.scores, strict=True)):
        assert len(set(keys.tolist())) == expected
        assert np.isin(keys, allowed).all()
        assert np.all(np.diff(scores) <= TOLERANCE)
        assert np.allclose(scores, cosines[row, keys], atol=TOLERANCE)
        best = np.sort(cosines[row, allowed])[::-1][:expected]
        assert np.allclose(scores, best, atol=TOLERANCE)


def test_the_default_engine_is_one_of_them() -> None:
    assert DEFAULT_ENGINE in engine_names()
    assert "exact" in engine_names()


def test_an_unknown_engine_is_refused_with_the_known_names() -> None:
    with pytest.raises(UnusableInput, match="exact"):
        load_engine("quantum")


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    count=st.integers(1, 70),
    dimension=st.integers(2, 40),
    queries=st.integers(0, 5),
    k=st.integers(0, 90),
    seed=st.integers(0, 1000),
)
def test_answers_are_those_of_brute_force_at_any_size(
    quick: EngineFactory, count: int, dimension: int, queries: int, k: int, seed: int
) -> None:
    vectors = unit_vectors(count, dimension, seed)
    asked = unit_vectors(queries, dimension, seed + 1)
    engine = quick.build(vectors)
    assert (engine.size, engine.dimension) == (count, dimension)
    assert_right(engine.search(asked, k), vectors, asked, k)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), count=st.integers(1, 60), k=st.integers(1, 70))
def test_filtered_answers_are_those_of_brute_force(
    quick: EngineFactory, data: st.DataObject, count: int, k: int
) -> None:
    vectors = unit_vectors(count, 12)
    asked = unit_vectors(2, 12, 1)
    chosen = data.draw(st.lists(st.integers(0, count - 1), unique=True))
    among = np.array(chosen, dtype=np.int64)
    assert_right(quick.build(vectors).search(asked, k, among), vectors, asked, k, among)


@pytest.mark.slow
@pytest.mark.parametrize("share", ["one", "5 %", "all", "none"])
@pytest.mark.parametrize("k", [1, 10, 5000])
def test_filters_of_any_share_of_a_large_index(large: Engine, share: str, k: int) -> None:
    count, asked = len(LARGE), unit_vectors(7, 32, 1)
    kept = {"one": 1, "5 %": count // 20, "all": count, "none": 0}[share]
    among = np.random.default_rng(2).permutation(count)[:kept].astype(np.int64)
    assert_right(large.search(asked, k, among), LARGE, asked, k, among)


def test_a_broad_filter_that_keeps_all_that_is_near_out(large: Engine) -> None:
    asked = unit_vectors(1, 32, 1)
    farthest = np.argsort(LARGE @ asked[0])[:1000].astype(np.int64)
    assert_right(large.search(asked, 10, farthest), LARGE, asked, 10, farthest)
    every_other = np.arange(0, len(LARGE), 2, dtype=np.int64)
    assert_right(large.search(asked, 10, every_other), LARGE, asked, 10, every_other)


def test_duplicates_are_all_found(factory: EngineFactory) -> None:
    vectors = np.repeat(unit_vectors(5, 8), 6, axis=0)
    found = factory.build(vectors).search(vectors[:1], 6)
    assert_right(found, vectors, vectors[:1], 6)
    assert sorted(found.keys[0].tolist()) == [0, 1, 2, 3, 4, 5]


def test_the_answer_to_a_query_does_not_depend_on_the_others(factory: EngineFactory) -> None:
    engine = factory.build(unit_vectors(300, 16))
    asked = unit_vectors(40, 16, 1)
    together = engine.search(asked, 5)
    alone = [engine.search(asked[i : i + 1], 5) for i in range(len(asked))]
    assert np.allclose(together.scores, np.vstack([a.scores for a in alone]), atol=TOLERANCE)
    assert np.array_equal(together.keys, np.vstack([a.keys for a in alone]))


def test_vectors_come_back_as_they_went_in(factory: EngineFactory) -> None:
    vectors = unit_vectors(30, 16)
    engine = factory.build(vectors)
    keys = np.array([29, 0, 7, 7], dtype=np.int64)
    assert np.allclose(engine.vectors(keys), vectors[keys], atol=TOLERANCE)
    assert engine.vectors(keys).dtype == np.float32
    assert engine.vectors(np.empty(0, dtype=np.int64)).shape == (0, 16)


def test_what_was_saved_answers_the_same_when_opened(
    factory: EngineFactory, tmp_path: Path
) -> None:
    vectors, asked = unit_vectors(200, 24), unit_vectors(9, 24, 1)
    built = factory.build(vectors)
    built.save(tmp_path)
    opened = factory.open(tmp_path)
    assert (opened.size, opened.dimension) == (200, 24)
    assert np.array_equal(opened.search(asked, 7).keys, built.search(asked, 7).keys)
    among = np.array([3, 50, 199], dtype=np.int64)
    assert_right(opened.search(asked, 7, among), vectors, asked, 7, among)
    everything = np.arange(200, dtype=np.int64)
    assert np.allclose(opened.vectors(everything), vectors, atol=TOLERANCE)


@pytest.mark.parametrize("engine", FILES)
def test_saving_the_same_vectors_twice_writes_the_same_bytes(engine: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        load_engine(engine).build(unit_vectors(50, 8)).save(tmp_path / name)
    first = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    second = {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}
    assert first
    assert first == second


@pytest.mark.parametrize("content", [b"", b"no index", b"\x00" * 4096])
def test_a_damaged_index_is_refused_with_an_error_of_ours(
    factory: EngineFactory, tmp_path: Path, content: bytes
) -> None:
    factory.build(unit_vectors(20, 8)).save(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(content)
    with pytest.raises(ExplorerError):
        factory.open(tmp_path)
