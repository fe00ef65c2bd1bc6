"""Why a paper is a hit: the sentence without which it would be less of one.

A sentence may be near to the query and yet not be what made the paper near: others say the same.
So the sentences nearest to the query are taken out of the paper's text one at a time, and the one
is shown whose absence takes the paper furthest from the query (leave-one-out attribution).
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

_TAKEN_OUT = 3
"""Sentences of each paper that are tried; more hardly change the choice."""
_TEXTS_CACHED = 20_000
"""Texts whose vectors are cached, so that paging back costs nothing."""

_Vector = NDArray[np.float32]

_text_vectors = LruCache[tuple[str, str], _Vector](_TEXTS_CACHED)


def explain(embedder: Embedder, results: Results) -> Results:
    """Return ``results`` with the telling sentence of each hit that meaning had a part in."""
    if results.vector is None:
        return results
    hits = [hit for hit in results.hits if hit.why.meaning > 0]
    telling = _telling(embedder, results.vector, hits)
    found = {hit.row: sentence for hit, sentence in zip(hits, telling, strict=True)}
    return replace(
        results,
        hits=tuple(
            replace(hit, why=replace(hit.why, sentence=found.get(hit.row) or hit.why.sentence))
            for hit in results.hits
        ),
    )


def _telling(embedder: Embedder, query: _Vector, hits: Sequence[Hit]) -> list[str]:
    sentences = [hit.paper.sentences for hit in hits]
    near = _embedded(embedder, [sentence for found in sentences for sentence in found])
    tried: list[list[int]] = []
    start = 0
    for found in sentences:
        cosines = near[start : start + len(found)] @ query
        tried.append(np.argsort(-cosines, kind="stable")[:_TAKEN_OUT].tolist())
        start += len(found)
    shortened = [
        _without(hit.paper, found, place)
        for hit, found, places in zip(hits, sentences, tried, strict=True)
        for place in places
    ]
    left = iter((_embedded(embedder, shortened) @ query).tolist())
    telling = []
    for found, places in zip(sentences, tried, strict=True):
        scores = [next(left) for _ in places]
        telling.append(found[places[int(np.argmin(scores))]] if places else "")
    return telling


def _without(paper: Paper, sentences: Sequence[str], place: int) -> str:
    """Return the text of ``paper`` as it is embedded, one sentence taken out."""
    rest = " ".join(sentence for i, sentence in enumerate(sentences) if i != place)
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
