"""The key sentence of a hit: near to the query, and near to what sets the paper apart.

The query is measured from the mean of the library's vectors, the paper from the mean of the hits
(as in "all-but-the-top", Mu and Viswanath 2018, arXiv:1702.01417). What most papers have in common,
such as the opening of an abstract, lies in the direction of the means and so counts for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.embedders import Embedder
from explorer.library.caching import LruCache, cached_by_owner
from explorer.library.generation import Generation
from explorer.search.model import Hit, Results
from explorer.search.near_words import near_words

_MEAN_OF = 1_000
"""Papers of the library, evenly spaced, whose mean stands for all of them."""
_TEXTS_CACHED = 20_000
"""Texts whose vectors are cached, so that paging back costs nothing."""

_Vector = NDArray[np.float32]

_text_vectors = LruCache[tuple[str, str], _Vector](_TEXTS_CACHED)


def explain(
    generation: Generation,
    embedder: Embedder,
    results: Results,
    rows: Collection[int] | None = None,
) -> Results:
    """Return ``results`` with the key sentence of each hit that is due to meaning in part.

    A hit that has no word of the query gets those words that are near to them.

    Args:
        rows: the hits to explain; all by default.
    """
    wanted = [
        index
        for index, hit in enumerate(results.hits)
        if hit.why.meaning > 0 and (rows is None or hit.row in rows)
    ]
    if results.vector is None or not wanted:
        return results

    def embed_words(words: Sequence[str]) -> NDArray[np.float32]:
        return _embedded(embedder, words)

    hits = list(results.hits)
    sentences = _key_sentences(generation, embedder, results.vector, hits, wanted)
    for index, sentence in zip(wanted, sentences, strict=True):
        why = replace(hits[index].why, sentence=sentence or hits[index].why.sentence)
        if not why.matched:
            near = near_words(results.parsed.words, why.sentence, embed_words)
            why = replace(why, near=near)
        hits[index] = replace(hits[index], why=why)
    return replace(results, hits=tuple(hits))


def _key_sentences(
    generation: Generation,
    embedder: Embedder,
    query: _Vector,
    hits: Sequence[Hit],
    wanted: Sequence[int],
) -> list[str]:
    """Return the key sentences of the hits at the indices ``wanted``."""
    mean = _mean_vector(generation)
    papers = generation.engine.vectors(np.array([hit.row for hit in hits], dtype=np.int64))
    shared = papers.mean(axis=0) if len(hits) > 1 else mean
    towards_query = _directions(query[np.newaxis] - mean)[0]
    towards_papers = _directions(papers - shared)
    sentences = [hits[index].paper.sentences for index in wanted]
    vectors = _embedded(embedder, [sentence for of_paper in sentences for sentence in of_paper])
    scores = _directions(vectors - mean) @ towards_query
    apart = _directions(vectors - shared)
    chosen = []
    start = 0
    for index, of_paper in zip(wanted, sentences, strict=True):
        of = slice(start, start + len(of_paper))
        total = scores[of] + apart[of] @ towards_papers[index]
        chosen.append(of_paper[int(np.argmax(total))] if of_paper else "")
        start += len(of_paper)
    return chosen


@cached_by_owner(1)
def _mean_vector(generation: Generation) -> _Vector:
    rows = np.linspace(0, generation.size - 1, min(generation.size, _MEAN_OF)).astype(np.int64)
    mean: _Vector = generation.engine.vectors(rows).mean(axis=0)
    return mean


def _directions(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``vectors`` at length 1; those of length 0 as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-9)
    return directions


def _embedded(embedder: Embedder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the vectors of ``texts``, shape (texts, dimension); recent ones are cached."""
    known = {text: _text_vectors.get((embedder.identity, text)) for text in texts}
    missing = [text for text, vector in known.items() if vector is None]
    fresh = dict(zip(missing, embedder.embed(missing), strict=True)) if missing else {}
    for text, vector in fresh.items():
        _text_vectors.put((embedder.identity, text), vector)
    vectors = [fresh[text] if text in fresh else known[text] for text in texts]
    return np.array(vectors, dtype=np.float32).reshape(len(texts), embedder.dimension)
