"""FAISS in lists of codes: chosen by size and memory, tuned to a recall, kept up to date."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic import Field
from explorer.arrays import Keys, Vectors
from explorer.errors import LibraryDamaged
from explorer.index.engines import load_engine
from explorer.index.engines.contract import Engine
from explorer.index.engines.exact import ExactFactory
from explorer.index.engines.faiss_by_size import fitting
from explorer.index.engines.faiss_lists import (
    EightBitFactory,
    FaissLists,
    FourBitFactory,
    OneBitFactory,
)
from explorer.index.engines.stored_vectors import StoredVectors
from explorer.settings import IndexSettings

pytestmark = pytest.mark.slow

PAPERS = 16_000
"""Enough that a query looks through some of the lists only."""
MORE = 400


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return Field().vectors(0, PAPERS + MORE)


@pytest.fixture(scope="module")
def queries() -> Vectors:
    return Field().vectors(PAPERS + MORE, 200)


@pytest.fixture(scope="module")
def built(vectors: Vectors) -> Engine:
    return EightBitFactory().build(vectors[:PAPERS])


def recall(engine: Engine, vectors: Vectors, queries: Vectors, among: Keys | None = None) -> float:
    """Return the share of the ten nearest that is found, any of several as near."""
    right = ExactFactory().build(vectors).search(queries, 10, among).scores
    found = [engine.search(query[None], 10, among).scores[0] for query in queries]
    return float((np.stack(found) >= right[:, -1:] - 1e-5).mean())


def lists_of(engine: Engine) -> FaissLists:
    assert isinstance(engine, FaissLists)
    return engine


def test_it_reaches_the_recall_that_is_wanted_without_looking_through_everything(
    built: Engine, vectors: Vectors, queries: Vectors
) -> None:
    stats = built.stats
    assert stats["recall@10"] >= stats["recall wanted"] == 0.99
    assert stats["probes"] < int(stats["kind"].partition(",")[0].removeprefix("IVF"))
    assert recall(built, vectors[:PAPERS], queries) > 0.98


def test_more_lists_are_looked_through_for_more_recall(vectors: Vectors) -> None:
    some = vectors[:PAPERS]
    little, much = (
        EightBitFactory().build(some, IndexSettings(recall=wanted)).stats for wanted in (0.5, 0.999)
    )
    assert little["probes"] < much["probes"]
    assert little["recall@10"] < much["recall@10"]


@pytest.mark.parametrize("factory", [FourBitFactory(), OneBitFactory()])
def test_smaller_codes_are_refined_until_they_find_as_much(
    factory: FourBitFactory | OneBitFactory, vectors: Vectors, queries: Vectors
) -> None:
    engine = factory.build(vectors[:PAPERS])
    assert engine.stats["recall@10"] >= 0.99
    assert recall(engine, vectors[:PAPERS], queries) > 0.98
    keys = np.arange(0, PAPERS, 700, dtype=np.int64)
    assert np.array_equal(engine.vectors(keys), vectors[keys])


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
def test_broad_filters_find_what_there_is(
    built: Engine, vectors: Vectors, queries: Vectors, share: float
) -> None:
    draw = np.random.default_rng(3)
    among = np.flatnonzero(draw.random(PAPERS) < share)
    assert recall(built, vectors[:PAPERS], queries[:60], among) > 0.98


def test_a_filter_that_lets_through_what_is_far_finds_the_nearest_of_that(
    built: Engine, vectors: Vectors, queries: Vectors
) -> None:
    some = vectors[:PAPERS]
    for query in queries[:10]:
        among = np.argsort(some @ query)[: PAPERS // 2].astype(np.int64)
        right = np.sort(some[among] @ query)[::-1][:10]
        found = built.search(query[None], 10, among)
        assert np.isin(found.keys, among).all()
        # So many are nearly as near that codes do not tell the last ones apart.
        assert np.allclose(found.scores[0], right, atol=1e-3)


@pytest.mark.parametrize("kept_out", [0.002, 0.02, 0.2])
def test_a_filter_that_keeps_out_what_is_nearest_finds_what_comes_next(
    built: Engine, vectors: Vectors, queries: Vectors, kept_out: float
) -> None:
    some = vectors[:PAPERS]
    shares = []
    for query in queries[:40]:
        among = np.sort(np.argsort(-(some @ query))[round(kept_out * PAPERS) :])
        shares.append(recall(built, some, query[None], among))
    assert np.mean(shares) > 0.98


@pytest.mark.parametrize("wanted", [10, 3_000, 16_000])
def test_as_many_come_back_as_there_are(built: Engine, queries: Vectors, wanted: int) -> None:
    for among in (None, np.arange(0, PAPERS, 2, dtype=np.int64)):
        found = built.search(queries[:2], wanted, among)
        most = PAPERS if among is None else len(among)
        assert found.keys.shape == (2, min(wanted, most))
        assert all(len(set(keys.tolist())) == found.keys.shape[1] for keys in found.keys)
        assert found.keys.min() >= 0


def test_an_index_that_is_mapped_can_be_saved_elsewhere_and_updated(
    built: Engine, vectors: Vectors, queries: Vectors, tmp_path: Path
) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    built.save(tmp_path / "one")
    factory = load_engine("faiss")
    factory.open(tmp_path / "one").save(tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
        path.unlink()
    opened = factory.open(tmp_path / "two")
    right = built.search(queries[:20], 10)
    assert np.array_equal(opened.search(queries[:20], 10).keys, right.keys)
    # Some papers go, all others move up, and some come.
    moved = np.concatenate([np.full(100, -1), np.arange(PAPERS - 100)]).astype(np.int64)
    settings = IndexSettings(exact_up_to=1_000)
    later = factory.update(opened, moved, vectors[100:], settings)
    assert later.size == PAPERS + MORE - 100
    assert lists_of(later).tuning.made_for == PAPERS
    assert recall(later, vectors[100:], queries) > 0.98
    later.save(tmp_path / "three")
    again = factory.open(tmp_path / "three").search(queries[:20], 10)
    assert np.array_equal(again.keys, later.search(queries[:20], 10).keys)


def test_lists_are_made_anew_once_they_are_outgrown(built: Engine, vectors: Vectors) -> None:
    few = np.full(PAPERS, -1, dtype=np.int64)
    few[:5_000] = np.arange(5_000)
    smaller = EightBitFactory().update(built, few, vectors[:5_000])
    assert lists_of(smaller).tuning.made_for == 5_000


def test_the_kind_is_chosen_by_size_and_memory() -> None:
    settings = IndexSettings()
    chosen = {
        size: type(fitting(size, 384, settings)).__name__
        for size in (50_000, 50_001, 2_500_000, 4_000_000, 12_000_000)
    }
    assert list(chosen.values()) == [
        "FlatFactory",
        "EightBitFactory",
        "EightBitFactory",
        "FourBitFactory",
        "OneBitFactory",
    ]
    little = IndexSettings(memory=1 << 20)
    assert isinstance(fitting(60_000, 384, little), OneBitFactory)
    assert isinstance(fitting(1_000, 384, little), type(fitting(1_000, 384, settings)))


def test_a_library_that_grows_changes_its_kind(vectors: Vectors) -> None:
    factory, settings = load_engine("faiss"), IndexSettings(exact_up_to=5_000)
    small = factory.build(vectors[:5_000], settings)
    assert small.stats["kind"] == "flat"
    large = factory.update(small, np.arange(5_000), vectors[:5_100], settings)
    assert large.stats["kind"].endswith("SQ8")
    assert json.loads(json.dumps(large.stats)) == large.stats


def test_stored_vectors_are_read_alike_from_memory_and_file(
    vectors: Vectors, tmp_path: Path
) -> None:
    StoredVectors.of(vectors).save(tmp_path)
    opened = StoredVectors.open(tmp_path)
    for keys in ([], [3], [7, 7, 0], list(range(0, PAPERS, 2))):
        rows = np.array(keys, dtype=np.int64)
        assert np.array_equal(opened.take(rows), vectors[rows])
    with (tmp_path / "vectors.npy").open("r+b") as file:
        file.truncate(5_000)
    with pytest.raises(LibraryDamaged, match="not the vectors of an index"):
        StoredVectors.open(tmp_path)


def test_lists_of_which_a_part_is_missing_are_refused(built: Engine, tmp_path: Path) -> None:
    built.save(tmp_path)
    (tmp_path / "list_of.npy").unlink()
    with pytest.raises(LibraryDamaged):
        load_engine("faiss").open(tmp_path)
