"""The telling sentence: of the paper's own, and the one that the paper owes its nearness to."""

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


def test_without_the_shown_sentence_a_paper_is_further_than_without_a_random_one(
    seed: Generation, model: Embedder
) -> None:
    random = np.random.default_rng(2)
    texts: list[str] = []
    vectors: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    for query in QUERIES:
        results = explain(model, search(seed, model, Query(text=query), 6))
        assert results.vector is not None
        for hit in results.hits:
            sentences = list(hit.paper.sentences)
            if len(sentences) < 3:
                continue
            shown = sentences.index(hit.why.sentence)
            other = int(random.choice([i for i in range(len(sentences)) if i != shown]))
            for left_out in (shown, other):
                rest = " ".join(s for i, s in enumerate(sentences) if i != left_out)
                texts.append(f"{hit.paper.readable_title}\n{rest}")
                vectors.append(results.vector)
    scores = np.einsum("ij,ij->i", model.embed(texts), np.array(vectors)).reshape(-1, 2)
    assert len(scores) >= 25
    assert float((scores[:, 0] < scores[:, 1]).mean()) >= 0.9


def test_every_sentence_shown_is_the_papers_own(seed: Generation, model: Embedder) -> None:
    results = explain(model, search(seed, model, Query(text=QUERIES[0]), 10))
    for hit in results.hits:
        assert hit.why.sentence in (*hit.paper.sentences, "")


def test_words_alone_are_explained_by_words(seed: Generation, model: Embedder) -> None:
    found = search(seed, model, Query(text=QUERIES[0], mode=Mode.LEXICAL), 5)
    assert explain(model, found) == found


def test_an_explanation_changes_no_ranking(seed: Generation, model: Embedder) -> None:
    found = search(seed, model, Query(text=QUERIES[1]), 5)
    told = explain(model, found)
    assert [(h.row, h.score) for h in told.hits] == [(h.row, h.score) for h in found.hits]
