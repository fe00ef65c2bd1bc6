"""Topics and their names: ``python -m benchmarks topics CORPUS.jsonl[.gz] VECTORS.npy LABEL ...``.

For each corpus of papers that people have labelled (``LABEL`` names the field below ``labels``;
three arguments a corpus), on the same vectors in one run: this project, BERTopic (Grootendorst
2022, arXiv:2203.05794) at three settings, and EVoC. Agreement with the labels is taken over all
papers, those called noise being one more group; ``again`` is the agreement with a second run on
the same papers in another order (this project sorts them by what they say, as a build does).
This project's seconds include the neighbour graph, which map and search use as well and which is
built once; what it takes alone is told apart. They do not include names, while BERTopic's include
its lists of words; a build's seconds for topics with their names stand under `growth`.
Needs the ``bench`` extra.

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
from explorer.topics.communities import edges_of, partition
from explorer.topics.labelling import name_topics
from explorer.topics.phrases import phrase_table

_MOST_PAPERS = 20_000
_BERTOPIC_SIZES = (10, 25, 50)
"""Smallest topic; 10 is BERTopic's default."""
_HELD_OUT = 5
_SEED = 4


def measure(arguments: list[str]) -> dict[str, object]:
    """Return agreement, coverage and seconds of each way, and how often names are right."""
    if not arguments or len(arguments) % 3:
        sys.exit(__doc__)
    found: dict[str, object] = {}
    for start in range(0, len(arguments), 3):
        corpus, vectors, label = arguments[start : start + 3]
        name = Path(corpus).name.partition(".")[0]
        papers, units, labels = _load(Path(corpus), Path(vectors), label)
        found[f"{name}, {len(papers):,} papers, {len(set(labels))} labels"] = _ways(
            papers, units, labels
        )
        found[f"{name}, names of its held-out papers"] = _names(papers, units)
    return found


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
    texts = [paper.text for paper in papers]
    ways: dict[str, Callable[[Sequence[str], Vectors], list[Labels]]] = {"this project": _ours}
    for size in _BERTOPIC_SIZES:
        ways[f"BERTopic, topics of at least {size}"] = partial(_bertopic, size)
    ways["EVoC"] = lambda _, vectors: _evoc(vectors)
    order = np.random.default_rng(_SEED).permutation(len(papers))
    for run in ways.values():  # compiles what is compiled on first use
        few = slice(0, min(1_500, len(papers)))
        run(texts[few], vectors[few])
    begin = time.perf_counter()
    _graph(vectors)
    found: dict[str, dict[str, Any]] = {
        "this project's graph alone": {"seconds": round(time.perf_counter() - begin, 2)}
    }
    for way, run in ways.items():
        begin = time.perf_counter()
        levels = run(texts, vectors)
        seconds = time.perf_counter() - begin
        others = run([texts[i] for i in order], vectors[order])
        for depth, level in enumerate(levels):
            name = way if len(levels) == 1 else f"{way}, level {depth + 1} of {len(levels)}"
            again = others[min(depth, len(others) - 1)]
            found[name] = _agreement(labels, level, level[order], again) | {
                "seconds": round(seconds, 2)
            }
            print(name, found[name], file=sys.stderr)
    return found


def _agreement(labels: list[str], found: Labels, first: Labels, second: Labels) -> dict[str, float]:
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    return {
        "topics": len(set(found[found >= 0].tolist())),
        "AMI": round(adjusted_mutual_info_score(labels, found), 3),
        "ARI": round(adjusted_rand_score(labels, found), 3),
        "coverage": round(float((found >= 0).mean()), 3),
        "again": round(adjusted_mutual_info_score(first, second), 3),
    }


def _ours(texts: Sequence[str], vectors: Vectors) -> list[Labels]:
    # A build puts papers into the order of their ids, which come from what they say.
    order = np.argsort([hashlib.sha256(text.encode()).hexdigest() for text in texts])
    levels = partition(edges_of(_graph(vectors[order]), TopicSettings()), TopicSettings())
    back = np.argsort(order)
    return [labels[back] for labels in levels]


def _graph(vectors: Vectors) -> NeighbourGraph:
    return build_graph(load_engine("faiss").build(vectors), GraphSettings())


def _bertopic(size: int, texts: Sequence[str], vectors: Vectors) -> list[Labels]:
    from bertopic import BERTopic

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        topics, _ = BERTopic(min_topic_size=size).fit_transform(list(texts), vectors)
    return [np.array(topics, dtype=np.int32)]


def _evoc(vectors: Vectors) -> list[Labels]:
    from evoc import EVoC

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clusterer = EVoC()
        clusterer.fit_predict(vectors)
    return [np.asarray(layer, dtype=np.int32) for layer in clusterer.cluster_layers_]


def _names(papers: list[Paper], vectors: Vectors) -> dict[str, dict[str, Any]]:
    embedder = open_embedder()
    known = np.arange(len(papers)) % _HELD_OUT != 0
    read = [paper for paper, is_known in zip(papers, known, strict=True) if is_known]
    table = phrase_table(read)
    found: dict[str, dict[str, Any]] = {}
    parents = np.zeros(len(papers), dtype=np.int32)
    names: list[Any] = []
    levels = _ours([paper.text for paper in papers], vectors)
    for depth, labels in enumerate(levels):
        kept = np.unique(labels[known])  # a topic all of whose papers are held out has no name
        place = np.full(int(labels.max()) + 1, -1, dtype=np.int32)
        place[kept] = np.arange(len(kept), dtype=np.int32)
        own = place[labels]
        by_number = name_topics(
            table, own[known], parents[known], names, vectors[known], embedder.embed_queries
        )
        names = [by_number[number] for number in sorted(by_number)]
        labelled = [name.label for name in names]
        lists = _word_lists(read, own[known], labelled)
        asked = ~known & (own >= 0)
        found[f"level {depth + 1} of {len(levels)}"] = {
            "topics": len(names),
            "names right": _right(labelled, vectors[asked], own[asked], embedder.embed_queries),
            "c-TF-IDF lists right": _right(
                lists, vectors[asked], own[asked], embedder.embed_queries
            ),
            "names given twice": len(labelled) - len({label.casefold() for label in labelled}),
            "mean words": round(float(np.mean([len(label.split()) for label in labelled])), 2),
        }
        print(found[f"level {depth + 1} of {len(levels)}"], file=sys.stderr)
        parents = np.maximum(own, 0)
    return found


def _right(
    names: list[str],
    vectors: Vectors,
    own: Labels,
    embed: Callable[[Sequence[str]], Vectors],
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
