"""Benchmark of each search mode on a judged collection, ranked as a library is.

Queries are plain words: quotes and dashes in them are no operators here, and a query that is a
paper's whole title does not lift that paper, since both would measure the typing, not the
ranking. The paper that a query was made of is left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors
from explorer.builds.progress import Progress, Silence
from explorer.embedders import Embedder
from explorer.embedders.cache import VectorCache, embed_missing
from explorer.evaluation.beir import Collection, JudgedQuery, ndcg, recall
from explorer.evaluation.scratch_library import scratch_generation
from explorer.library.generation import Generation
from explorer.search.model import Mode
from explorer.search.ranking import ranked_rows
from explorer.settings import SearchSettings

DEPTH = 100
"""Papers ranked for each query."""
_QUERIES_AT_ONCE = 32

Vector = NDArray[np.float32]
Rank = Callable[[JudgedQuery, Vector, int], Sequence[int]]
"""Returns rows, best first, for a query, its unit vector and a number of papers."""


@dataclass(frozen=True, slots=True)
class QueryScores:
    """Quality of a collection's rankings, one value a query."""

    ndcg: tuple[float, ...]
    """At 10."""
    recall: tuple[float, ...]
    """At 100."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Quality of each search mode on a collection."""

    modes: Mapping[Mode, QueryScores]
    papers: int
    queries: int
    model: str
    """The identity of the embedder."""
    embedded: int
    """Papers whose vectors were not cached by an earlier run."""


@dataclass(frozen=True, slots=True)
class OpenCollection:
    """A collection as a library, and the vectors of its queries, shape (queries, dimension)."""

    collection: Collection
    generation: Generation
    vectors: Vectors
    embedded: int


def evaluate(
    collection: Collection,
    embedder: Embedder,
    cache: Path,
    progress: Progress | None = None,
    settings: SearchSettings | None = None,
) -> Evaluation:
    """Return the quality of each mode's rankings of ``collection``.

    Args:
        cache: folder of the vectors kept from one run to the next.
    """
    progress = progress or Silence()
    with open_collection(collection, embedder, cache, progress) as opened:
        queries = len(collection.queries)
        progress.stage("rank", queries * len(Mode))
        modes = {}
        for index, mode in enumerate(Mode):

            def rank(
                query: JudgedQuery,
                vector: Vector,
                k: int,
                mode: Mode = mode,
            ) -> Sequence[int]:
                return ranked_rows(opened.generation, vector, query.text, mode, k, settings)

            def advance(done: int, index: int = index) -> None:
                progress.advance(index * queries + done, queries * len(Mode))

            modes[mode] = score_queries(opened, rank, advance)
        return Evaluation(
            modes, len(collection.papers), queries, embedder.identity, opened.embedded
        )


@contextmanager
def open_collection(
    collection: Collection, embedder: Embedder, cache: Path, progress: Progress
) -> Iterator[OpenCollection]:
    """Make a library of ``collection`` in a temporary folder; it is gone afterwards."""
    progress.stage("model")
    embedder.embed_queries(["a word"])  # the first use of a model may export it
    texts = {paper.fingerprint: paper.text for paper in collection.papers}
    vectors = VectorCache(cache, embedder.identity, embedder.dimension)
    progress.stage("embed")
    embedded = embed_missing(vectors, embedder, texts, progress.advance)
    units = vectors.take([paper.fingerprint for paper in collection.papers])
    progress.stage("queries", len(collection.queries))
    queries = _embedded_queries(collection, embedder, progress)
    progress.stage("index")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "generation"
        generation = scratch_generation(
            collection.papers,
            units,
            embedder.identity,
            folder,
            embed_queries=embedder.embed_queries,
        )
        yield OpenCollection(collection, generation, queries, embedded.new)


def score_queries(
    opened: OpenCollection, rank: Rank, advance: Callable[[int], None] = lambda _: None
) -> QueryScores:
    """Return the scores of the ranking of each query; ``advance`` receives the queries done."""
    ids = opened.generation.records.ids
    gains, shares = [], []
    pairs = zip(opened.collection.queries, opened.vectors, strict=True)
    for done, (query, vector) in enumerate(pairs, start=1):
        rows = rank(query, vector, DEPTH + 1)
        ranking = [ids[row] for row in rows if ids[row] != query.own_paper][:DEPTH]
        gains.append(ndcg(ranking, query.grades))
        shares.append(recall(ranking, query.grades, DEPTH))
        advance(done)
    return QueryScores(tuple(gains), tuple(shares))


def _embedded_queries(collection: Collection, embedder: Embedder, progress: Progress) -> Vectors:
    texts = [query.text for query in collection.queries]
    parts = []
    for start in range(0, len(texts), _QUERIES_AT_ONCE):
        parts.append(embedder.embed_queries(texts[start : start + _QUERIES_AT_ONCE]))
        progress.advance(min(start + _QUERIES_AT_ONCE, len(texts)), len(texts))
    return np.concatenate(parts)
