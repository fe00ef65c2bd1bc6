"""Ranking by meaning and words: exact under any filter, whatever the pool of candidates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.builds.build import BuildOptions, build
from explorer.embedders import Embedder, open_embedder
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.arrangement import diversified
from explorer.search.model import Query
from explorer.search.ranking import Ranking, by_both, by_meaning, by_words
from explorer.search.search import search
from explorer.settings import SearchSettings
from tests.helpers.corpus import WriteDigest

PAPERS = 1_200
SETTINGS = SearchSettings(candidates=100)
QUERIES = ("liver segmentation", "KV cache of the GPU", "energy", "frames of a video in motion")


@pytest.fixture(scope="module")
def many(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> Generation:
    """A library of papers whose sentences are drawn from those of the forty."""
    random = np.random.default_rng(5)
    sentences = [s for paper in corpus for s in paper.sentences]
    words = " ".join(paper.title for paper in corpus).split()
    made = [
        Paper(
            title=" ".join(random.choice(words, 5)) + f" {number}",
            abstract=" ".join(sentences[i] for i in random.choice(len(sentences), 4)),
        )
        for number in range(PAPERS)
    ]
    folder = tmp_path_factory.mktemp("many")
    library = LibraryStore(folder / "library")
    build(library, [write_digest(folder / "many.txt", made)], BuildOptions(model="hashing"))
    return library.open()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("hashing")


def best(ranking: Ranking, k: int = 10) -> list[tuple[int, float]]:
    order = np.lexsort((ranking.rows, -np.round(ranking.score, 5)))[:k]
    return [(int(ranking.rows[i]), round(float(ranking.score[i]), 4)) for i in order]


@pytest.mark.slow
@pytest.mark.parametrize("selectivity", [1.0, 0.5, 0.05, 0.01])
@pytest.mark.parametrize("text", QUERIES)
def test_the_best_are_those_of_all_papers_that_a_filter_lets_through(
    many: Generation, embedder: Embedder, text: str, selectivity: float
) -> None:
    random = np.random.default_rng(int(1000 * selectivity))
    size = max(1, int(selectivity * many.size))
    among = None if selectivity == 1.0 else np.sort(random.permutation(many.size)[:size])
    vector = embedder.embed_queries([text])[0]
    every = replace(SETTINGS, candidates=many.size)
    found = best(by_both(many, vector, text, 10, among, SETTINGS))
    assert found == best(by_both(many, vector, text, 10, among, every))
    assert len(found) == min(10, size)
    assert among is None or {row for row, _ in found} <= set(among.tolist())


def test_both_legs_have_their_say_and_shares_add_up(many: Generation, embedder: Embedder) -> None:
    text = QUERIES[0]
    vector = embedder.embed_queries([text])[0]
    found = by_both(many, vector, text, 10, None, replace(SETTINGS, smoothing_weight=0.0))
    assert np.allclose(found.meaning + found.words, found.score, atol=1e-5)
    near, worded = by_meaning(many, vector, 1, None), by_words(many, text, 1, None)
    most_meant = float(found.meaning[found.rows == near.rows[0]].item())
    most_worded = float(found.words[found.rows == worded.rows[0]].item())
    assert most_meant == found.meaning.max()
    assert most_worded == found.words.max()
    assert most_meant + most_worded == pytest.approx(1.0)


def test_a_leg_whose_best_stand_out_counts_for_more(many: Generation, embedder: Embedder) -> None:
    text = QUERIES[0]
    vector = embedder.embed_queries([text])[0]

    def most_worded(leading: int) -> float:
        settings = replace(SETTINGS, leading=leading)
        found = by_both(many, vector, text, many.size, None, settings)
        return float(found.words.max())

    near, worded = by_meaning(many, vector, 20, None), by_words(many, text, 20, None)
    sharper = near.score[0] / near.score.mean() < worded.score[0] / worded.score.mean()
    assert most_worded(1) == pytest.approx(1 - SETTINGS.dense_weight)
    assert (most_worded(20) > most_worded(1)) == sharper


@pytest.mark.parametrize("selectivity", [1.0, 0.3])
@pytest.mark.parametrize("text", QUERIES)
def test_what_is_left_out_to_save_time_is_not_among_the_best(
    many: Generation, embedder: Embedder, text: str, selectivity: float
) -> None:
    random = np.random.default_rng(3)
    among = np.sort(random.permutation(many.size)[: int(selectivity * many.size)])
    vector = embedder.embed_queries([text])[0]
    few = by_both(many, vector, text, 10, among, SETTINGS)
    everyone = by_both(many, vector, text, many.size, among, SETTINGS)
    assert len(few.rows) < len(everyone.rows) == len(among)
    assert best(few) == best(everyone)
    same = np.isin(everyone.rows, few.rows)
    assert np.allclose(everyone.score[same], few.score, atol=1e-6)
    assert np.allclose(everyone.words[same], few.words, atol=1e-6)


def test_neighbours_lift_a_paper(many: Generation, embedder: Embedder) -> None:
    text = QUERIES[1]
    vector = embedder.embed_queries([text])[0]
    apart = replace(SETTINGS, smoothing_weight=0.0)
    alone = by_both(many, vector, text, many.size, None, apart)
    drawn = by_both(many, vector, text, many.size, None, SETTINGS)
    assert alone.rows.tolist() == drawn.rows.tolist()
    lifted = drawn.score - (1 - SETTINGS.smoothing_weight) * alone.score
    assert (lifted >= -1e-6).all()
    assert float(np.ptp(lifted)) > 0.01


def test_varied_hits_are_less_alike_and_begin_with_the_best(
    many: Generation, embedder: Embedder
) -> None:
    plain = search(many, embedder, Query(text=QUERIES[0]), 10)
    varied = search(many, embedder, Query(text=QUERIES[0], diverse=True), 10)
    assert varied.hits[0].row == plain.hits[0].row
    assert len({hit.row for hit in varied.hits}) == 10

    def likeness(rows: list[int]) -> float:
        vectors = many.engine.vectors(np.array(rows, dtype=np.int64))
        return float(np.triu(vectors @ vectors.T, 1).sum())

    assert likeness([h.row for h in varied.hits]) < likeness([h.row for h in plain.hits])


def test_variety_of_nothing_and_of_twins() -> None:
    none = np.zeros((0, 4), dtype=np.float32)
    assert diversified(none, np.zeros(0, dtype=np.float32), 5, SETTINGS) == []
    twins = np.eye(4, dtype=np.float32)[[0, 0, 1]]
    score = np.array([1.0, 0.99, 0.9], dtype=np.float32)
    assert diversified(twins, score, 3, SETTINGS) == [0, 2, 1]


def test_counter_examples_push_their_topic_down(many: Generation, embedder: Embedder) -> None:
    text = "segmentation and serving"
    before = search(many, embedder, Query(text=text), 20)
    unwanted = before.hits[0]
    after = search(many, embedder, Query(text=text, unlike=(unwanted.paper.id,)), 20)
    assert unwanted.paper.id not in {hit.paper.id for hit in after.hits}
    own = many.engine.vectors(np.array([unwanted.row], dtype=np.int64))[0]

    def likeness(rows: list[int]) -> float:
        return float((many.engine.vectors(np.array(rows, dtype=np.int64)) @ own).mean())

    assert likeness([h.row for h in after.hits]) < likeness([h.row for h in before.hits[1:]])
