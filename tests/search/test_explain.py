"""The key sentence of a hit: the paper's own, near to the query, and no generic opening."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.embedders import DEFAULT_MODEL, Embedder, open_embedder
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.explain import explain
from explorer.search.model import Mode, Query
from explorer.search.search import search


@pytest.fixture(scope="module")
def seed(seed_library: LibraryStore) -> Generation:
    return seed_library.open()


@pytest.fixture(scope="module")
def model() -> Embedder:
    return open_embedder(DEFAULT_MODEL)


QUERIES = (
    "text to video generation",
    "compressing the key value cache",
    "camera control in generated videos",
    "training without gradients",
    "segmentation of medical images",
    "molecules and proteins",
)


def test_shown_sentences_are_nearer_to_the_query_than_others(
    seed: Generation, model: Embedder
) -> None:
    nearer: list[bool] = []
    for query in QUERIES:
        results = explain(seed, model, search(seed, model, Query(text=query), 6))
        assert results.vector is not None
        for hit in results.hits:
            sentences = list(hit.paper.sentences)
            if len(sentences) > 2:
                cosines = model.embed(sentences) @ results.vector
                shown = sentences.index(hit.why.sentence)
                nearer.append(bool(cosines[shown] > np.median(cosines)))
    assert len(nearer) >= 25
    assert np.mean(nearer) >= 0.7  # 0.5 by chance


@pytest.mark.parametrize(
    ("query", "opener"),
    [
        ("large language models", "As large language models rapidly evolve"),
        ("language models", "Aligning large language models (LLMs) with human preferences is"),
        ("language models", "The effectiveness of large language models (LLMs) is closely tied"),
        ("diffusion models", "In recent years, large-scale pre-trained diffusion models have"),
    ],
)
def test_no_reason_is_the_opening_that_fits_any_paper(
    seed: Generation, model: Embedder, query: str, opener: str
) -> None:
    results = search(seed, model, Query(text=query), 10)
    shown = [hit.why.sentence for hit in explain(seed, model, results).hits]
    assert any(hit.paper.sentences[0].startswith(opener) for hit in results.hits)
    assert not any(sentence.startswith(opener) for sentence in shown)


def test_a_hit_can_be_explained_by_itself(seed: Generation, model: Embedder) -> None:
    results = search(seed, model, Query(text=QUERIES[0]), 5)
    row = results.hits[2].row
    one = explain(seed, model, results, {row}).hits
    assert one[2] == explain(seed, model, results).hits[2]
    assert one[0] == results.hits[0]


def test_every_sentence_shown_is_the_papers_own(seed: Generation, model: Embedder) -> None:
    results = explain(seed, model, search(seed, model, Query(text=QUERIES[0]), 10))
    for hit in results.hits:
        assert hit.why.sentence in (*hit.paper.sentences, "")


def test_words_alone_are_explained_by_words(seed: Generation, model: Embedder) -> None:
    found = search(seed, model, Query(text=QUERIES[0], mode=Mode.LEXICAL), 5)
    assert explain(seed, model, found) == found


def test_an_explanation_changes_no_ranking(seed: Generation, model: Embedder) -> None:
    found = search(seed, model, Query(text=QUERIES[1]), 5)
    told = explain(seed, model, found)
    assert [(h.row, h.score) for h in told.hits] == [(h.row, h.score) for h in found.hits]
