"""A judged collection to figures: each mode of search ranks it, as it ranks a library.

Queries are taken as plain words: quotes and dashes in them are no operators here, and a query
that is a paper's whole title does not lift that paper, since both would measure the typing, not
the ranking. The paper that a query is made of is left out.
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
"""A query, its unit vector and a number of papers to so many rows, best first."""


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
    """Papers whose vectors were not known from an earlier run."""


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
    """Return how well each mode ranks ``collection``.

    Args:
        cache: the folder where vectors are kept from one run to the next.
    """
    progress = progress or Silence()
    with open_collection(collection, embedder, cache, progress) as found:
        asked = len(collection.queries)
        progress.stage("rank", asked * len(Mode))
        modes = {}
        for place, mode in enumerate(Mode):

            def rank(
                query: JudgedQuery,
                vector: Vector,
                k: int,
                mode: Mode = mode,
            ) -> Sequence[int]:
                return ranked_rows(found.generation, vector, query.text, mode, k, settings)

            def told(done: int, place: int = place) -> None:
                progress.advance(place * asked + done, asked * len(Mode))

            modes[mode] = score_queries(found, rank, told)
        return Evaluation(modes, len(collection.papers), asked, embedder.identity, found.embedded)


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
        generation = scratch_generation(collection.papers, units, embedder.identity, folder)
        yield OpenCollection(collection, generation, queries, embedded.new)


def score_queries(
    found: OpenCollection, rank: Rank, told: Callable[[int], None] = lambda _: None
) -> QueryScores:
    """Return how good the ranking is that ``rank`` makes of each query."""
    ids = found.generation.records.ids
    gains, shares = [], []
    pairs = zip(found.collection.queries, found.vectors, strict=True)
    for done, (query, vector) in enumerate(pairs, start=1):
        rows = rank(query, vector, DEPTH + 1)
        ranking = [ids[row] for row in rows if ids[row] != query.own_paper][:DEPTH]
        gains.append(ndcg(ranking, query.grades))
        shares.append(recall(ranking, query.grades, DEPTH))
        told(done)
    return QueryScores(tuple(gains), tuple(shares))


def _embedded_queries(collection: Collection, embedder: Embedder, progress: Progress) -> Vectors:
    texts = [query.text for query in collection.queries]
    parts = []
    for start in range(0, len(texts), _QUERIES_AT_ONCE):
        parts.append(embedder.embed_queries(texts[start : start + _QUERIES_AT_ONCE]))
        progress.advance(min(start + _QUERIES_AT_ONCE, len(texts)), len(texts))
    return np.concatenate(parts)
