"""Candidates ranked by meaning, by words, by both, or by many examples; see :func:`rank`.

Two retrievers are fused. Each retriever's scores are divided by the mean of its best among the
allowed papers (0 is a bound of its own, so no candidate's score depends on the other candidates;
cf. Bruch, Gai and Ingber 2023, arXiv:2210.11934): the mean of several, since a single one may be an
outlier. The two are added. Then a paper takes a share of its nearest neighbours' scores: neighbours
of relevant papers are likely relevant (the cluster hypothesis, Jardine and van Rijsbergen 1971).
``docs/search.md`` has the gain of each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys, Scores
from explorer.learning.likeness import likeness
from explorer.library.generation import Generation
from explorer.search.model import Mode
from explorer.search.threshold_algorithm import WordScores, contenders
from explorer.settings import SearchSettings

_Exact = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates with their scores, in any order; parallel arrays of shape (candidates,)."""

    rows: Keys
    score: Scores
    meaning: Scores
    """The part of a fused score that is due to meaning."""
    words: Scores

    def take(self, indices: NDArray[np.int64] | NDArray[np.bool_]) -> Ranking:
        """Return the candidates at ``indices``, or those that a mask selects."""
        return Ranking(
            self.rows[indices], self.score[indices], self.meaning[indices], self.words[indices]
        )


def rank(
    generation: Generation,
    mode: Mode,
    text: str,
    vector: Scores | None,
    like: Sequence[int],
    k: int,
    allowed: Keys | None,
    settings: SearchSettings,
) -> Ranking:
    """Return candidates that include the ``k`` best of the allowed papers.

    Args:
        text: plain words; ``vector``: the unit vector of the query, needed but in lexical mode.
        like: rows of examples. Many examples without words are compared with papers one by one;
            of few, or with words, ``vector`` is the mean.
        allowed: rows that may be ranked, sorted; None for all.
    """
    depth = max(k, settings.candidates)
    if len(like) > settings.examples_at_once and not text.strip():
        return by_examples(generation, like, depth, allowed, settings)
    if vector is None or mode is Mode.LEXICAL:
        return by_words(generation, text, depth, allowed)
    if mode is Mode.DENSE:
        return by_meaning(generation, vector, depth, allowed)
    return by_both(generation, vector, text, k, allowed, settings)


def ranked_rows(
    generation: Generation,
    vector: Scores | None,
    text: str,
    mode: Mode,
    k: int,
    settings: SearchSettings | None = None,
) -> list[int]:
    """Return the rows of the ``k`` papers that rank highest, best first.

    It is the ranking of :func:`explorer.search.search.search` without its syntax: ``text`` is plain
    words, and no paper comes first because the text is its id or title.

    Args:
        vector: the unit vector of ``text``; lexical mode needs none.
    """
    settings = settings or SearchSettings()
    ranking = rank(generation, mode, text, vector, (), k, None, settings)
    return [int(ranking.rows[index]) for index in best_first(generation, ranking)[:k]]


def best_first(generation: Generation, ranking: Ranking, first: Sequence[int] = ()) -> list[int]:
    """Return the indices of candidates, best first; ties go to the smaller id.

    Args:
        first: rows that come before all others.
    """
    scores = np.round(ranking.score.astype(np.float64), 6)
    rest = ~np.isin(ranking.rows, first)
    order = np.lexsort((generation.records.id_ranks[ranking.rows], -scores, rest))
    return [int(index) for index in order]


def by_meaning(generation: Generation, vector: Scores, k: int, allowed: Keys | None) -> Ranking:
    """Return the ``k`` papers nearest to ``vector`` by cosine."""
    near = generation.engine.search(vector[None, :], k, allowed)
    cosines = near.scores[0].astype(np.float32)
    return Ranking(near.keys[0], cosines, np.ones_like(cosines), np.zeros_like(cosines))


def by_examples(
    generation: Generation,
    examples: Sequence[int],
    k: int,
    allowed: Keys | None,
    settings: SearchSettings,
) -> Ranking:
    """Return candidates near to some of many ``examples``, given by their rows.

    A user's papers are of several kinds, and their mean is near to none. So candidates are the
    ``k`` nearest to each example, and the score of a paper is its
    :func:`explorer.learning.likeness.likeness`.
    """
    rows = np.array(examples, dtype=np.int64)
    vectors = generation.engine.vectors(rows)
    near = generation.engine.search(vectors, k, allowed).keys
    pool = _union(generation.size, near[near >= 0])
    score = likeness(generation.engine.vectors(pool), vectors, settings)
    return Ranking(pool, score, np.ones_like(score), np.zeros_like(score))


def by_words(generation: Generation, text: str, k: int, allowed: Keys | None) -> Ranking:
    """Return the ``k`` papers that match the words of ``text`` best by BM25."""
    match = generation.lexicon.search(text, k, allowed)
    return Ranking(
        match.keys, match.scores, np.zeros_like(match.scores), np.ones_like(match.scores)
    )


def by_both(
    generation: Generation,
    vector: Scores,
    text: str,
    k: int,
    allowed: Keys | None,
    settings: SearchSettings,
) -> Ranking:
    """Return candidates ranked by meaning and words, with the ``k`` best of all allowed papers.

    Exact word scores are looked up only for papers that can still be among these
    (:mod:`explorer.search.threshold_algorithm`).
    """
    depth = max(k, settings.candidates)
    near = generation.engine.search(vector[None, :], depth, allowed)
    least = max(k, settings.least_candidates)
    match = generation.lexicon.search(text, depth, allowed, least=least)
    meaning_weight, word_weight = _weights(near.scores[0], match.scores, settings)
    pool = _union(generation.size, near.keys[0], match.keys)
    around = generation.graph.neighbours[pool, : settings.smoothing_neighbours].astype(np.int64)
    rows = _union(generation.size, pool, around)
    index_of = np.zeros(generation.size, dtype=np.int64)
    index_of[rows] = np.arange(len(rows))
    # No product by BLAS: the threads that it wakes would keep a core busy for a whole search.
    cosines = np.einsum("rd,d->r", generation.engine.vectors(rows), vector)
    fusion = _SmoothedFusion(
        meaning_weight * np.clip(cosines, 0.0, None),
        word_weight,
        index_of[pool],
        index_of[around],
        settings.smoothing_weight if around.shape[1] else 0.0,
    )
    words = WordScores(generation.lexicon, text, rows, match, depth, allowed)
    words.look_up(fusion.own[fusion.contenders(words, k)])
    best = fusion.contenders(words, k)
    words.look_up(np.unique(fusion.around[best]))
    return Ranking(
        pool[best],
        fusion.scores(words.lower)[best].astype(np.float32),
        fusion.meaning[fusion.own[best]].astype(np.float32),
        (word_weight * words.lower[fusion.own[best]]).astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class _SmoothedFusion:
    """Sum of meaning and words, of which a share is the mean over a paper's neighbours."""

    meaning: _Exact
    """Weighted cosines of candidates and neighbours, shape (rows,)."""
    word_weight: float
    own: Keys
    """Indices of the candidates in ``meaning``, shape (candidates,)."""
    around: Keys
    """Indices of their neighbours, shape (candidates, neighbours)."""
    share: float

    def scores(self, words: _Exact) -> _Exact:
        """Return the scores of the candidates, given the word scores of all rows."""
        fused = self.meaning + self.word_weight * words
        score: _Exact = (1.0 - self.share) * fused[self.own]
        return score + self.share * fused[self.around].mean(axis=1) if self.share else score

    def contenders(self, words: WordScores, k: int) -> Keys:
        """Return the indices of candidates that can be among the ``k`` best."""
        return contenders(self.scores(words.lower), self.scores(words.upper), k)


def _weights(cosines: Scores, words: Scores, settings: SearchSettings) -> tuple[float, float]:
    """Return the weights of a cosine and of a BM25 score in the fused score.

    A paper that is the best of both retrievers has a fused score of 1.

    Args:
        cosines: of the papers nearest to the query, best first; ``words``: likewise.
    """
    parts = []
    for scores, weight in ((cosines, settings.dense_weight), (words, 1.0 - settings.dense_weight)):
        leading = np.clip(scores[: settings.leading], 0.0, None)
        mean = max(float(leading.mean()), 1e-9) if len(leading) else 1.0
        best = float(leading[0]) / mean if len(leading) else 1.0
        parts.append((weight / mean, weight * best))
    total = max(sum(best for _, best in parts), 1e-9)
    meaning_weight, word_weight = (weight / total for weight, _ in parts)
    return meaning_weight, word_weight


def _union(size: int, *parts: Keys) -> Keys:
    """Return the distinct rows of ``parts``, sorted; by flags, which is faster than sorting."""
    mask = np.zeros(size, dtype=bool)
    for rows in parts:
        mask[rows] = True
    return np.flatnonzero(mask)
