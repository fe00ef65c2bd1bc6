"""Topics and their names: ``python -m benchmarks topics CORPUS.jsonl[.gz] VECTORS.npy LABEL ...``.

For each corpus of papers that people have labelled (``LABEL`` names the field below ``labels``;
three arguments a corpus), on the same vectors in one run: this project, BERTopic (Grootendorst
2022, arXiv:2203.05794) at three settings, each with its outliers left out and with
``reduce_outliers``, by its default strategy and by embeddings, and EVoC. All are seeded and get
the papers in the same order, that of a hash of their text, as a build sorts them. Agreement with
the labels is taken over all papers, outliers being one more group.

``same order`` is the AMI with a second run on the same input, ``another order`` that with a run on
shuffled papers. A build sorts papers before it clusters them, so the order of digests does not
matter to it by construction; sorted likewise, any way with 1.0 under ``same order`` has that.

This project's seconds include the neighbour graph, which map and search use as well and which is
built once; the graph alone has a row of its own. They do not include names, while BERTopic's
include its lists of words; a build's seconds for topics with their names stand under `growth`.
A seeded UMAP runs on one core, so BERTopic unseeded takes less time. Needs the ``bench`` extra.

Names are made from four fifths of the papers. A name is right for a paper of the last fifth if it
is nearest of all names on its level by the embedder. The lists they are compared with are the
words highest in c-TF-IDF, BERTopic's way to describe a topic, as many as the name has.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, Vectors
from explorer.embedders import open_embedder
from explorer.index.engines import load_engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.papers.paper import Paper
from explorer.settings import GraphSettings, TopicSettings
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.communities import edges_of, partition
from explorer.topics.labelling import name_topics
from explorer.topics.phrases import phrase_table

_MOST_PAPERS = 20_000
_BERTOPIC_SIZES = (10, 25, 50)
"""Smallest topic; 10 is BERTopic's default."""
_HELD_OUT = 5
_SEED = 4
_REDUCED = ("distributions", "embeddings")
"""Strategies of BERTopic's ``reduce_outliers``; the first is its default."""

Way = Callable[[Sequence[str], Vectors], dict[str, list[Labels]]]
"""Texts and vectors to the levels of one or more results, coarse or fine first."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return agreement, coverage and seconds of each way, and how often names are right."""
    if not arguments or len(arguments) % 3:
        sys.exit(__doc__)
    tables: dict[str, object] = {}
    for start in range(0, len(arguments), 3):
        corpus, vectors, label = arguments[start : start + 3]
        name = Path(corpus).name.partition(".")[0]
        papers, units, labels = _load(Path(corpus), Path(vectors), label)
        tables[f"{name}, {len(papers):,} papers, {len(set(labels))} labels"] = _ways(
            papers, units, labels
        )
        order = content_order(papers)
        papers, units = [papers[i] for i in order], units[order]
        (levels,) = _ours([], units).values()
        tables[f"{name}, names of its held-out papers"] = pointing(
            papers, units, levels, open_embedder().embed_queries
        )
    return tables


def _load(corpus: Path, vectors: Path, label: str) -> tuple[list[Paper], Vectors, list[str]]:
    with (gzip.open if corpus.suffix == ".gz" else open)(corpus, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    units = np.load(vectors).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    chosen = np.sort(np.random.default_rng(_SEED).permutation(len(rows))[:_MOST_PAPERS])
    papers = [
        Paper(id=str(i), title=rows[i]["title"], abstract=rows[i]["abstract"]) for i in chosen
    ]
    return papers, units[chosen], [str(rows[i]["labels"][label]) for i in chosen]


def _ways(papers: list[Paper], vectors: Vectors, labels: list[str]) -> dict[str, dict[str, Any]]:
    order = content_order(papers)
    texts = [papers[i].text for i in order]
    labels, vectors = [labels[i] for i in order], vectors[order]
    ways: list[Way] = [_ours, *(partial(_bertopic, size) for size in _BERTOPIC_SIZES), _evoc]
    shuffled = np.random.default_rng(_SEED).permutation(len(papers))
    for run in ways:  # compiles loops on first use
        few = slice(0, min(1_500, len(papers)))
        run(texts[few], vectors[few])
    begin = time.perf_counter()
    _graph(vectors)
    rows: dict[str, dict[str, Any]] = {
        "this project's graph alone": {"seconds": round(time.perf_counter() - begin, 2)}
    }
    for run in ways:
        begin = time.perf_counter()
        results = run(texts, vectors)
        seconds = round(time.perf_counter() - begin, 2)
        repeated = run(texts, vectors)
        others = run([texts[i] for i in shuffled], vectors[shuffled])
        for way, levels in results.items():
            for depth, level in enumerate(levels):
                name = way if len(levels) == 1 else f"{way}, level {depth + 1} of {len(levels)}"
                rows[name] = {
                    "seconds": seconds,
                    **_agreement(labels, level),
                    "same order": _ami(level, _level(repeated[way], depth)),
                    "another order": _ami(level[shuffled], _level(others[way], depth)),
                }
                print(name, rows[name], file=sys.stderr)
    return rows


def content_order(papers: Sequence[Paper]) -> NDArray[np.int64]:
    """Return the order by a hash of the text; a build sorts by ids, which come from it."""
    return np.argsort([hashlib.sha256(paper.text.encode()).hexdigest() for paper in papers])


def _level(levels: list[Labels], depth: int) -> Labels:
    """Return a level of another run, or its last if it has fewer."""
    return levels[min(depth, len(levels) - 1)]


def _agreement(labels: list[str], groups: Labels) -> dict[str, float]:
    from sklearn.metrics import adjusted_rand_score

    return {
        "topics": len(set(groups[groups >= 0].tolist())),
        "AMI": _ami(labels, groups),
        "ARI": round(adjusted_rand_score(labels, groups), 3),
        "coverage": round(float((groups >= 0).mean()), 3),
    }


def _ami(one: Sequence[str] | Labels, other: Labels) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    return round(float(adjusted_mutual_info_score(one, other)), 3)


def _ours(_texts: Sequence[str], vectors: Vectors) -> dict[str, list[Labels]]:
    edges = edges_of(_graph(vectors), TopicSettings())
    return {"this project": partition(edges, TopicSettings())}


def _graph(vectors: Vectors) -> NeighbourGraph:
    return build_graph(load_engine("faiss").build(vectors), GraphSettings())


def _bertopic(size: int, texts: Sequence[str], vectors: Vectors) -> dict[str, list[Labels]]:
    from bertopic import BERTopic
    from umap import UMAP

    # Its own default settings, with a seed.
    projection = UMAP(
        n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=_SEED
    )
    name = f"BERTopic, topics of at least {size}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = BERTopic(min_topic_size=size, umap_model=projection)
        topics, _ = model.fit_transform(list(texts), vectors)
        results = {name: [np.array(topics, dtype=np.int32)]}
        if any(topic < 0 for topic in topics):
            for strategy in _REDUCED:
                reduced = model.reduce_outliers(
                    list(texts), topics, strategy=strategy, embeddings=vectors
                )
                results[f"{name}, outliers by {strategy}"] = [np.array(reduced, dtype=np.int32)]
    return results


def _evoc(_texts: Sequence[str], vectors: Vectors) -> dict[str, list[Labels]]:
    from evoc import EVoC

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clusterer = EVoC(random_state=_SEED)
        clusterer.fit_predict(vectors)
    return {"EVoC": [np.asarray(layer, dtype=np.int32) for layer in clusterer.cluster_layers_]}


def pointing(
    papers: Sequence[Paper], vectors: Vectors, levels: Sequence[Labels], embed: EmbedPhrases
) -> dict[str, dict[str, Any]]:
    """Return, by level, how often names and lists of words point to the topic of a paper.

    Names are made without a fifth of the papers, which are those pointed to.
    """
    known = np.arange(len(papers)) % _HELD_OUT != 0
    read = [paper for paper, is_known in zip(papers, known, strict=True) if is_known]
    table = phrase_table(read)
    rows: dict[str, dict[str, Any]] = {}
    parents = np.zeros(len(papers), dtype=np.int32)
    names: list[Any] = []
    for depth, labels in enumerate(levels):
        kept = np.unique(labels[known])  # a topic all of whose papers are held out has no name
        renumbered = np.full(int(labels.max()) + 1, -1, dtype=np.int32)
        renumbered[kept] = np.arange(len(kept), dtype=np.int32)
        own = renumbered[labels]
        by_number = name_topics(table, own[known], parents[known], names, vectors[known], embed)
        names = [by_number[number] for number in sorted(by_number)]
        labelled = [name.label for name in names]
        lists = _word_lists(read, own[known], labelled)
        held_out = ~known & (own >= 0)
        rows[f"level {depth + 1} of {len(levels)}"] = {
            "topics": len(names),
            "names right": _right(labelled, vectors[held_out], own[held_out], embed),
            "c-TF-IDF lists right": _right(lists, vectors[held_out], own[held_out], embed),
            "names given twice": len(labelled) - len({label.casefold() for label in labelled}),
            "mean words": round(float(np.mean([len(label.split()) for label in labelled])), 2),
        }
        print(rows[f"level {depth + 1} of {len(levels)}"], file=sys.stderr)
        parents = np.maximum(own, 0)
    return rows


def _right(
    names: list[str],
    vectors: Vectors,
    own: Labels,
    embed: EmbedPhrases,
) -> float:
    nearest: NDArray[np.int64] = np.argmax(vectors @ embed(names).T, axis=1)
    return round(float((nearest == own).mean()), 3)


def _word_lists(papers: list[Paper], labels: Labels, names: list[str]) -> list[str]:
    """Return, for each topic, its words highest in c-TF-IDF, as many as its name has."""
    from sklearn.feature_extraction.text import CountVectorizer

    texts = [""] * len(names)
    for paper, label in zip(papers, labels.tolist(), strict=True):
        texts[label] += " " + paper.text
    counter = CountVectorizer(stop_words="english")
    counts = counter.fit_transform(texts).toarray().astype(np.float64)
    words = counter.get_feature_names_out()
    weights = counts / counts.sum(axis=1, keepdims=True)
    weights *= np.log(1 + counts.sum() / len(names) / counts.sum(axis=0))
    return [
        " ".join(words[np.argsort(-row, kind="stable")[: len(name.split())]])
        for row, name in zip(weights, names, strict=True)
    ]
