"""Nearness and likelihood of hits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.embedders import open_embedder
from explorer.index.cosine_scale import measure_scale
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.likelihood import ALL_WORDS, LIKELY, likelihood
from explorer.search.model import Query
from explorer.search.search import search

WORDS = open_embedder("hashing")


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def test_the_likelihood_grows_with_nearness_and_words() -> None:
    assert likelihood(None, 1.0) is None
    values = [likelihood(near, words) for near, words in ((0, 0), (0, 0.5), (1, 0.5), (1, 1))]
    assert values == sorted(values, key=lambda value: value or 0.0)
    assert len(set(values)) == len(values)


def test_a_low_nearness_does_not_count_against_a_paper_with_all_words() -> None:
    some, every = likelihood(-1.0, 0.9), likelihood(-1.0, ALL_WORDS)
    assert some is not None
    assert every is not None
    assert some < LIKELY < every
    assert every == likelihood(0.0, ALL_WORDS)


def test_a_paper_near_to_one_of_several_examples_is_near(generation: Generation) -> None:
    first, last = generation.records.ids[0], generation.records.ids[-1]
    of_one = {
        hit.row: hit.nearness
        for example in (first, last)
        for hit in search(generation, None, Query(like=(example,)), 3).hits[:1]
    }
    of_both = {
        hit.row: hit.nearness
        for hit in search(generation, None, Query(like=(first, last)), 40).hits
    }
    for row, nearness in of_one.items():
        assert row not in of_both or of_both[row] == pytest.approx(nearness, abs=0.002)


def test_counter_examples_alone_and_words_alone_are_not_measured(
    generation: Generation,
) -> None:
    results = search(generation, None, Query(unlike=(generation.records.ids[0],)), 5)
    assert {hit.likelihood for hit in results.hits} == {None}
    assert not results.nothing_close


def test_papers_without_titles_are_measured_by_their_first_sentences(
    generation: Generation,
) -> None:
    parts = (generation.engine, generation.graph)
    papers = list(generation.records)
    untitled = [replace(paper, title="") for paper in papers]
    begun = [replace(paper, title=paper.sentences[0]) for paper in papers]
    found = measure_scale(*parts, untitled, WORDS.embed_queries)
    assert found is not None
    assert found == measure_scale(*parts, begun, WORDS.embed_queries)
    assert np.isfinite(found.title)
