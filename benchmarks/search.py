"""Rankings, step by step: ``python -m benchmarks search BEIR_FOLDER ...``.

Judged collections are ranked by meaning alone, by words alone, by three common ways to make one
ranking of both, by this project's way with one of its steps left out, and by it as it is. The
common ways are reciprocal rank fusion (Cormack, Clarke and Buettcher 2009,
doi:10.1145/1571941.1572114); plain min-max fusion (each leg's scores scaled to its worst and best
candidate, a paper that the leg did not find at 0, both legs equal), with as many candidates a leg
as stand beside it; a weighted sum, which knows the cosine of every candidate. Figures are nDCG@10
and recall@100 with 95 % bootstrap intervals over queries; differences to this project's default
come with intervals over pairs, and its lead over plain min-max fusion is that over the best of
them. The settings of this project were chosen on these collections, so its figures are in-sample.
Below, the settings that shape the ranking are each moved while the others stay.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.builds.progress import Silence
from explorer.embedders import open_embedder
from explorer.embedders.openvino import cache_folder
from explorer.evaluation.beir import Figure, JudgedQuery, mean_with_interval, read_collection
from explorer.evaluation.benchmark import (
    OpenCollection,
    QueryScores,
    Vector,
    open_collection,
    score_queries,
)
from explorer.index.analysis import tokens
from explorer.library.generation import Generation
from explorer.search.model import Mode
from explorer.search.ranking import ranked_rows
from explorer.settings import SearchSettings

Way = Callable[[Generation, JudgedQuery, Vector, int], Sequence[int]]

_RRF_K = 60
_RRF_CANDIDATES = 500
_PLAIN_CANDIDATES = (100, 200, 500, 1000)
_WEIGHTED_CANDIDATES = 200
_WEIGHT = 0.6
"""Share of meaning in the weighted sum."""
_DEFAULT = SearchSettings()
_MEANING = "meaning alone"
_WORDS = "words alone"
_RECIPROCAL = f"reciprocal rank fusion, k = {_RRF_K}"
_PLAIN = "plain min-max fusion"
_WEIGHTED = f"weighted sum, {_WEIGHT:.0%} meaning"
_OURS = "this project"
_MOVED: dict[str, tuple[float, ...]] = {
    "dense_weight": (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8),
    "leading": (1, 3, 5, 10, 20, 30, 50),
    "smoothing_weight": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    "smoothing_neighbours": (3, 4, 5, 6, 8),
}


def measure(arguments: list[str]) -> dict[str, object]:
    """Return how good each way is on each collection, and what the settings change."""
    if not arguments:
        sys.exit(__doc__)
    embedder = open_embedder()
    quality_of: dict[str, dict[str, str]] = {way: {} for way in _ways()}
    recall_of: dict[str, dict[str, str]] = {way: {} for way in _ways()}
    means: dict[str, list[float]] = {way: [] for way in _ways()}
    differences: dict[str, dict[str, str]] = {way: {} for way in _ways() if way != _OURS}
    pooled: dict[str, list[float]] = {way: [] for way in differences}
    moved: dict[str, list[float]] = {}
    sizes: dict[str, dict[str, int]] = {}
    for folder in map(Path, arguments):
        collection = read_collection(folder)
        name = folder.name
        sizes[name] = {"papers": len(collection.papers), "queries": len(collection.queries)}
        with open_collection(collection, embedder, cache_folder() / "evaluate", Silence()) as found:
            ranked = {way: _judged(found, rank) for way, rank in _ways().items()}
            for way, of in ranked.items():
                quality_of[way][name] = _shown(mean_with_interval(of.ndcg))
                recall_of[way][name] = _shown(mean_with_interval(of.recall))
                means[way].append(statistics.mean(of.ndcg))
                if way != _OURS:
                    lost = (np.array(of.ndcg) - np.array(ranked[_OURS].ndcg)).tolist()
                    differences[way][name] = _signed(mean_with_interval(lost))
                    pooled[way] += lost
            for setting, values in _MOVED.items():
                for value in values:
                    change: dict[str, Any] = {setting: value}
                    settings = replace(_DEFAULT, **change)
                    gained = statistics.mean(_judged(found, _this_project(settings)).ndcg)
                    moved.setdefault(f"{setting} = {value:g}", []).append(gained)
        print(name, {way: quality_of[way][name] for way in quality_of}, file=sys.stderr)
    names = list(sizes)
    return {
        "collections": sizes,
        "ndcg@10": {
            way: row | {"mean": round(statistics.mean(means[way]), 4)}
            for way, row in quality_of.items()
        },
        "recall@100": recall_of,
        "ndcg@10, difference to this project": {
            way: row | {"all queries": _signed(mean_with_interval(pooled[way]))}
            for way, row in differences.items()
        },
        "lead in ndcg@10": {
            "over plain min-max fusion": _lead(means, [way for way in means if _PLAIN in way]),
            "over reciprocal rank fusion": _lead(means, [_RECIPROCAL]),
            "over the weighted sum": _lead(means, [_WEIGHTED]),
            "over the better leg, where it is least": round(
                min(
                    ours - max(meaning, by_words)
                    for ours, meaning, by_words in zip(
                        means[_OURS], means[_MEANING], means[_WORDS], strict=True
                    )
                ),
                4,
            ),
        },
        "ndcg@10 as a setting moves": {
            setting: {name: round(value, 4) for name, value in zip(names, values, strict=True)}
            | {"mean": round(statistics.mean(values), 4)}
            for setting, values in moved.items()
        },
    }


def _lead(means: Mapping[str, Sequence[float]], ways: Sequence[str]) -> float:
    """Return by how much this project's mean exceeds that of the best of ``ways``."""
    best = max(statistics.mean(means[way]) for way in ways)
    return round(statistics.mean(means[_OURS]) - best, 4)


def _ways() -> dict[str, Way]:
    return {
        _MEANING: _mode(Mode.DENSE),
        _WORDS: _mode(Mode.LEXICAL),
        _RECIPROCAL: _reciprocal,
        **{f"{_PLAIN}, {count} a leg": _plain(count) for count in _PLAIN_CANDIDATES},
        _WEIGHTED: _weighted_sum,
        "this project without neighbours' scores": _this_project(
            replace(_DEFAULT, smoothing_weight=0.0)
        ),
        "this project, each leg measured by its best paper": _this_project(
            replace(_DEFAULT, leading=1)
        ),
        "this project, each word of a query counted once": _counted_once,
        _OURS: _this_project(_DEFAULT),
    }


def _this_project(settings: SearchSettings) -> Way:
    def rank(generation: Generation, query: JudgedQuery, vector: Vector, k: int) -> Sequence[int]:
        return ranked_rows(generation, vector, query.text, Mode.HYBRID, k, settings)

    return rank


def _mode(mode: Mode) -> Way:
    def rank(generation: Generation, query: JudgedQuery, vector: Vector, k: int) -> Sequence[int]:
        return ranked_rows(generation, vector, query.text, mode, k)

    return rank


def _counted_once(
    generation: Generation, query: JudgedQuery, vector: Vector, k: int
) -> Sequence[int]:
    first: dict[str, str] = {}
    for stem, start, end in tokens(query.text):
        first.setdefault(stem, query.text[start:end])
    return ranked_rows(generation, vector, " ".join(first.values()), Mode.HYBRID, k)


def _reciprocal(
    generation: Generation, query: JudgedQuery, vector: Vector, k: int
) -> Sequence[int]:
    score: dict[int, float] = {}
    for keys in (
        generation.engine.search(vector[None, :], _RRF_CANDIDATES).keys[0],
        generation.lexicon.search(query.text, _RRF_CANDIDATES).keys,
    ):
        for rank, row in enumerate(keys.tolist(), start=1):
            score[row] = score.get(row, 0.0) + 1.0 / (_RRF_K + rank)
    return sorted(score, key=lambda row: (-score[row], generation.records.ids[row]))[:k]


def _plain(count: int) -> Way:
    def rank(generation: Generation, query: JudgedQuery, vector: Vector, k: int) -> Sequence[int]:
        near = generation.engine.search(vector[None, :], count)
        found = generation.lexicon.search(query.text, count)
        score: dict[int, float] = {}
        for keys, scores in ((near.keys[0], near.scores[0]), (found.keys, found.scores)):
            if len(keys):
                for row, part in zip(keys.tolist(), _scaled(scores).tolist(), strict=True):
                    score[row] = score.get(row, 0.0) + 0.5 * part
        return sorted(score, key=lambda row: (-score[row], generation.records.ids[row]))[:k]

    return rank


def _weighted_sum(
    generation: Generation, query: JudgedQuery, vector: Vector, k: int
) -> Sequence[int]:
    near = generation.engine.search(vector[None, :], _WEIGHTED_CANDIDATES).keys[0]
    found = generation.lexicon.search(query.text, _WEIGHTED_CANDIDATES)
    pool = np.union1d(near, found.keys)
    by_words = np.zeros(len(pool))
    by_words[np.searchsorted(pool, found.keys)] = found.scores
    by_meaning = generation.engine.vectors(pool) @ vector
    both = _WEIGHT * _scaled(by_meaning) + (1.0 - _WEIGHT) * _scaled(by_words)
    best: list[int] = pool[np.argsort(-both, kind="stable")[:k]].tolist()
    return best


def _scaled(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = (scores - scores.min()) / max(float(np.ptp(scores)), 1e-9)
    return scaled


def _judged(found: OpenCollection, way: Way) -> QueryScores:
    return score_queries(found, lambda query, vector, k: way(found.generation, query, vector, k))


def _shown(figure: Figure) -> str:
    return f"{figure.value:.4f} ({figure.low:.3f} to {figure.high:.3f})"


def _signed(figure: Figure) -> str:
    return f"{figure.value:+.4f} ({figure.low:+.3f} to {figure.high:+.3f})"
