"""Quality of a library's index, search, map and topics, without judgements by people.

Known-item search is measured on a copy of the library in which a sample of papers has no title, in
vector and words alike. Each title is then a query over all papers: the search must recognise the
paper by its abstract, while the papers outside the sample keep their titles and have it easier.
Papers whose title is much like that of another count against it, too.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows, Vectors
from explorer.builds.progress import Progress, Silence
from explorer.embedders import Embedder
from explorer.embedders.cache import VectorCache, embed_missing
from explorer.errors import UnusableInput
from explorer.evaluation.beir import Figure, mean_with_interval
from explorer.evaluation.metrics import agreement, faithfulness
from explorer.evaluation.scratch_library import scratch_generation
from explorer.index.engines import DEFAULT_ENGINE, load_engine, server_uri
from explorer.index.engines.exact import ExactFactory
from explorer.index.knn_graph import build_graph, updated_graph
from explorer.library.generation import Generation
from explorer.library.writing import PreviousFullText
from explorer.papers.paper import Paper
from explorer.search.model import Mode, Query
from explorer.search.query_vector import check_model
from explorer.search.ranking import ranked_rows
from explorer.search.search import search
from explorer.settings import Settings, of_fineness
from explorer.topics.communities import edges_of, partition

_SAMPLE = 200
"""Papers whose titles are searched for."""
_MAP_SAMPLE = 2_000
"""Papers whose neighbours on the map are compared."""
_NEIGHBOURS = 15
_DRAWS = 3
_KEPT = 0.9
"""Share of the papers in each draw."""
_FEWEST = 40
"""Papers below which the figures mean nothing."""
_TYPED = 6
"""Words of a title that are timed as a query; people type about as many."""
_DEPTH = 100
_SEED = 20_240_311


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure about a library."""

    name: str
    figure: Figure
    """Its bounds are those of the 95 % interval, or the value itself if it is exact."""
    unit: str
    """``ms``, or empty for shares and indices."""
    means: str
    """Description in one line."""


def self_evaluate(
    generation: Generation, embedder: Embedder, cache: Path, progress: Progress | None = None
) -> list[Metric]:
    """Return figures about index, search, map and topics.

    Args:
        embedder: the library's own.
        cache: folder of the vectors kept from one run to the next.

    Raises:
        EmbedderError: ``embedder`` is not the library's.
        UnusableInput: the library is too small for its figures to mean anything.
    """
    progress = progress or Silence()
    check_model(embedder, generation)
    papers = list(generation.records)
    complete = [row for row, p in enumerate(papers) if p.readable_title and p.readable_abstract]
    if len(complete) < _FEWEST:
        raise UnusableInput(
            f"Only {len(complete)} papers with title and abstract; figures mean nothing below "
            f"{_FEWEST}. Build with more digests first."
        )
    progress.stage("model")
    embedder.embed_queries(["a word"])  # the first use of a model may export it
    draw = np.random.default_rng(_SEED)
    sample = np.sort(draw.permutation(complete)[:_SAMPLE])
    titles = [papers[row].readable_title for row in sample]
    progress.stage("queries")
    queries = embedder.embed_queries(titles)
    vectors = generation.engine.vectors(np.arange(generation.size, dtype=np.int64))
    return [
        _index(generation, vectors, queries),
        *_known_items(papers, vectors, generation, sample, queries, embedder, cache, progress),
        *_latency(generation, embedder, titles, progress),
        *_map(generation, vectors, draw, progress),
        *_topics(generation, vectors, draw, progress),
    ]


def _index(generation: Generation, vectors: Vectors, queries: Vectors) -> Metric:
    """Return the recall of the index; of papers that are equally near, any is right."""
    k = min(10, generation.size)
    exact = ExactFactory().build(vectors).search(queries, k).scores[:, -1]
    keys = generation.engine.search(queries, k).keys
    cosines = np.einsum("qkd,qd->qk", vectors[keys], queries)
    shares = (cosines >= exact[:, None] - 1e-5).sum(axis=1) / k
    means = f"of the ten nearest papers, those that the {generation.manifest.engine} index finds"
    return Metric("index recall@10", mean_with_interval(shares.tolist()), "", means)


def _known_items(
    papers: Sequence[Paper],
    vectors: Vectors,
    generation: Generation,
    sample: Rows,
    queries: Vectors,
    embedder: Embedder,
    cache: Path,
    progress: Progress,
) -> list[Metric]:
    untitled = list(papers)
    for row in sample:
        untitled[row] = replace(papers[row], title="")
    texts = {untitled[row].fingerprint: untitled[row].text for row in sample}
    known = VectorCache(cache, embedder.identity, embedder.dimension)
    progress.stage("embed")
    embed_missing(known, embedder, texts, progress.advance)
    units = vectors.copy()
    units[sample] = known.take([untitled[row].fingerprint for row in sample])
    progress.stage("index")
    stays = np.arange(len(papers), dtype=np.int64)
    stays[sample] = -1
    name = generation.manifest.engine
    graph = updated_graph(generation.graph, stays, load_engine(name).build(units), Settings().graph)
    metrics: list[Metric] = []
    with tempfile.TemporaryDirectory() as scratch:
        trial = scratch_generation(
            untitled,
            units,
            generation.manifest.identity,
            Path(scratch) / "generation",
            # A trial leaves nothing on a server.
            engine=DEFAULT_ENGINE if server_uri(load_engine(name)) else name,
            graph=graph,
            previous_full_text=PreviousFullText(generation.lexicon, stays),
        )
        progress.stage("rank", len(sample) * len(Mode))
        for mode in Mode:
            ranks = []
            for vector, row in zip(queries, sample.tolist(), strict=True):
                ranked = ranked_rows(trial, vector, papers[row].readable_title, mode, _DEPTH)
                ranks.append(ranked.index(row) + 1 if row in ranked else 0)
                progress.advance(len(metrics) // 3 * len(sample) + len(ranks), 3 * len(sample))
            metrics += _of_ranks(mode, np.array(ranks))
    return metrics


def _of_ranks(mode: Mode, ranks: NDArray[np.int64]) -> list[Metric]:
    """Return the metrics of ``ranks``, from 1; 0 stands for a paper that is no hit."""
    first, ten = (((ranks > 0) & (ranks <= k)).astype(float) for k in (1, 10))
    inverse = np.where(ranks > 0, 1.0 / np.maximum(ranks, 1), 0.0)
    return [
        Metric(f"title to abstract, {mode}, {name}", mean_with_interval(values.tolist()), "", means)
        for name, values, means in (
            ("hit@1", first, "papers that come first when searched for by a title they lost"),
            ("hit@10", ten, "the same, among the first ten"),
            ("MRR", inverse, f"mean of 1/rank of that paper; 0 beyond rank {_DEPTH}"),
        )
    ]


def _latency(
    generation: Generation, embedder: Embedder, titles: Sequence[str], progress: Progress
) -> list[Metric]:
    """Time searches by meaning and words, the query's embedding included."""
    typed = [Query(" ".join(title.split()[:_TYPED])) for title in titles]
    for query in typed[:3]:  # files opened at first use are opened here
        search(generation, embedder, query)
    progress.stage("time", len(typed))
    passed = []
    for done, query in enumerate(typed, start=1):
        begin = time.perf_counter()
        search(generation, embedder, query)
        passed.append(1000.0 * (time.perf_counter() - begin))
        progress.advance(done, len(typed))
    return [
        Metric(f"search, p{share}", _only(float(np.percentile(passed, share))), "ms", means)
        for share, means in (
            (50, "half of the searches by meaning and words take less, embedding included"),
            (95, "19 of 20 searches take less"),
            (99, "99 of 100 searches take less"),
        )
    ]


def _map(
    generation: Generation, vectors: Vectors, draw: np.random.Generator, progress: Progress
) -> list[Metric]:
    progress.stage("faithful")
    k = min(_NEIGHBOURS, (generation.size - 1) // 2 - 1)
    sample = np.sort(draw.permutation(generation.size)[:_MAP_SAMPLE])
    trust, kept = faithfulness(vectors, np.asarray(generation.positions), sample, k)
    return [
        Metric(
            "map trustworthiness",
            _only(trust),
            "",
            f"1 if the {k} nearest on the map are near in meaning; 0.5 on a random map",
        ),
        Metric(
            "map neighbourhood preservation",
            _only(kept),
            "",
            f"of the {k} nearest in meaning, those that are among the {k} nearest on the map",
        ),
    ]


def _topics(
    generation: Generation, vectors: Vectors, draw: np.random.Generator, progress: Progress
) -> list[Metric]:
    """Detect topics in random subsets of the papers, and compare them with the library's."""
    settings = Settings()
    shape = generation.manifest.settings
    topics = of_fineness(settings.topics, shape.get("fineness", "normal"))
    factory = load_engine(generation.manifest.engine)
    progress.stage("seek", _DRAWS)
    agreed: list[list[float]] = [[] for _ in generation.raw_labels]
    for done in range(_DRAWS):
        rows = np.sort(draw.permutation(generation.size)[: round(_KEPT * generation.size)])
        graph = build_graph(factory.build(vectors[rows]), settings.graph)
        sought = partition(edges_of(graph, topics), topics)
        for level, labels in enumerate(generation.raw_labels):
            nearest = min(sought, key=_unlike(int(labels.max())))
            agreed[level].append(agreement(np.asarray(labels)[rows], nearest))
        progress.advance(done + 1, _DRAWS)
    means = (
        f"agreement (AMI) with topics sought in {_KEPT:.0%} of the papers, mean of {_DRAWS} draws: "
        "1 the same, 0 chance"
    )
    return [
        Metric(
            f"topic stability, level {level + 1} of {len(agreed)}",
            Figure(float(np.mean(values)), min(values), max(values)),
            "",
            means,
        )
        for level, values in enumerate(agreed)
    ]


def _unlike(most: int) -> Callable[[NDArray[np.int32]], int]:
    """Return the distance of a partition from having topics numbered up to ``most``."""
    return lambda labels: abs(int(labels.max()) - most)


def _only(value: float) -> Figure:
    return Figure(value, value, value)
