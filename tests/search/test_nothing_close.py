"""Queries that the seed library answers, and queries to which nothing in it is close."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.embedders import Embedder, open_embedder
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.likelihood import LIKELY, word_shares
from explorer.search.model import Mode, Query, Results
from explorer.search.search import search
from explorer.search.similar import similar

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def generation(seed_library: LibraryStore) -> Generation:
    return seed_library.open()


@pytest.fixture(scope="module")
def embedder(generation: Generation) -> Embedder:
    return open_embedder(generation.manifest.model)


@pytest.mark.parametrize(
    "query",
    [
        "speculative decoding",
        "quantization of large language models to four bits",
        "how can a robot learn to walk?",
        "making language models faster",
        "diffusion",
    ],
)
def test_what_the_library_treats_is_close(
    generation: Generation, embedder: Embedder, query: str
) -> None:
    results = search(generation, embedder, Query(query))
    assert not results.nothing_close
    assert (results.hits[0].likelihood or 0.0) > 0.6


@pytest.mark.parametrize(
    "query",
    [
        "vintage tractors",
        "schedule of the night train to Prague",
        "qpwo eiru tyla",
        "Wie wird das Wetter am Sonntag?",
        "猫はどこで寝ますか",
        "papers about ice cream",
    ],
)
def test_what_the_library_lacks_is_not(
    generation: Generation, embedder: Embedder, query: str
) -> None:
    results = search(generation, embedder, Query(query))
    assert results.nothing_close
    assert all((hit.likelihood or 0.0) < LIKELY for hit in results.hits)


def test_a_paper_that_the_query_names_is_certain(
    generation: Generation, embedder: Embedder
) -> None:
    title = generation.records[5].title
    first = search(generation, embedder, Query(title)).hits[0]
    assert (first.row, first.likelihood) == (5, 1.0)


def test_similar_papers_have_likelihoods_by_meaning(generation: Generation) -> None:
    rates = [hit.likelihood for hit in similar(generation, generation.records.ids[0]).hits]
    known = [rate for rate in rates if rate is not None]
    assert len(known) == len(rates)
    assert known == sorted(known, reverse=True)


def test_where_nothing_was_measured_nothing_is_claimed(
    generation: Generation, embedder: Embedder
) -> None:
    by_words = search(generation, None, Query("diffusion", mode=Mode.LEXICAL))
    assert {hit.likelihood for hit in by_words.hits} == {None}
    assert not by_words.nothing_close
    older = replace(generation, manifest=replace(generation.manifest, scale={}))
    results = search(older, embedder, Query("vintage tractors"))
    assert {hit.likelihood for hit in results.hits} == {None}
    assert not results.nothing_close


def test_rare_words_weigh_more_and_all_weights_add_up_to_one(generation: Generation) -> None:
    words = list(generation.lexicon.query_words("speculative decoding of language models"))
    shares = word_shares(generation, words)
    assert sum(shares.values()) == pytest.approx(1.0)
    by_stem = {word.stem: share for word, share in shares.items()}
    assert by_stem["specul"] > by_stem["model"]
    assert word_shares(generation, []) == {}


def test_a_hit_with_all_words_is_close_whatever_its_cosine(
    generation: Generation, embedder: Embedder
) -> None:
    results = search(generation, embedder, Query("diffusion"), k=3)
    weak = [replace(hit, likelihood=0.1) for hit in results.hits]
    assert not Results(tuple(weak), 0.0, Mode.HYBRID).nothing_close
