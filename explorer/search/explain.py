"""The key sentence of a hit: the one that its similarity to the query depends on most.

A sentence may be near to the query and yet not matter, as others of the paper are near, too. So the
sentences nearest to the query are removed from the paper's text one at a time, and the key sentence
is the one whose removal takes the paper furthest from the query (leave-one-out attribution).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.embedders import Embedder
from explorer.library.caching import LruCache
from explorer.papers.paper import Paper
from explorer.search.model import Hit, Results

_CANDIDATES = 3
"""Sentences of each paper that are removed in turn; more hardly change the result."""
_TEXTS_CACHED = 20_000
"""Texts whose vectors are cached, so that paging back costs nothing."""

_Vector = NDArray[np.float32]

_text_vectors = LruCache[tuple[str, str], _Vector](_TEXTS_CACHED)


def explain(embedder: Embedder, results: Results) -> Results:
    """Return ``results`` with the key sentence of each hit that is due to meaning in part."""
    if results.vector is None:
        return results
    hits = [hit for hit in results.hits if hit.why.meaning > 0]
    sentences = _key_sentences(embedder, results.vector, hits)
    sentence_of = {hit.row: sentence for hit, sentence in zip(hits, sentences, strict=True)}
    return replace(
        results,
        hits=tuple(
            replace(
                hit, why=replace(hit.why, sentence=sentence_of.get(hit.row) or hit.why.sentence)
            )
            for hit in results.hits
        ),
    )


def _key_sentences(embedder: Embedder, query: _Vector, hits: Sequence[Hit]) -> list[str]:
    sentences = [hit.paper.sentences for hit in hits]
    near = _embedded(embedder, [sentence for of_paper in sentences for sentence in of_paper])
    candidates: list[list[int]] = []
    start = 0
    for of_paper in sentences:
        cosines = near[start : start + len(of_paper)] @ query
        candidates.append(np.argsort(-cosines, kind="stable")[:_CANDIDATES].tolist())
        start += len(of_paper)
    shortened = [
        _without(hit.paper, of_paper, index)
        for hit, of_paper, indices in zip(hits, sentences, candidates, strict=True)
        for index in indices
    ]
    left = iter((_embedded(embedder, shortened) @ query).tolist())
    key_sentences = []
    for of_paper, indices in zip(sentences, candidates, strict=True):
        scores = [next(left) for _ in indices]
        key_sentences.append(of_paper[indices[int(np.argmin(scores))]] if indices else "")
    return key_sentences


def _without(paper: Paper, sentences: Sequence[str], index: int) -> str:
    """Return the text of ``paper`` as it is embedded, without one sentence."""
    rest = " ".join(sentence for i, sentence in enumerate(sentences) if i != index)
    return f"{paper.readable_title}\n{rest}" if rest else paper.readable_title


def _embedded(embedder: Embedder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors of ``texts``, shape (texts, dimension); recent ones are cached."""
    known = {text: _text_vectors.get((embedder.identity, text)) for text in texts}
    missing = [text for text, vector in known.items() if vector is None]
    fresh = dict(zip(missing, embedder.embed(missing), strict=True)) if missing else {}
    for text, vector in fresh.items():
        _text_vectors.put((embedder.identity, text), vector)
    vectors = [fresh[text] if text in fresh else known[text] for text in texts]
    return np.array(vectors, dtype=np.float32).reshape(len(texts), embedder.dimension)
