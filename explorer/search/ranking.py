"""Two rankings to one: by meaning and by words, each paper drawn towards its neighbours.

Each leg is measured by what its best papers among those allowed reach on average (the bound below
is the leg's own zero, so no candidate's score depends on who else is a candidate; cf. Bruch, Gai
and Ingber 2023, arXiv:2210.11934): the mean of several, since a single one may stand out by
chance. The two are added. Then a paper takes a share of its nearest neighbours' scores: among
relevant papers it is likely relevant (the cluster hypothesis, Jardine and van Rijsbergen 1971).
``docs/search.md`` has what each step is worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys, Scores
from explorer.index.full_text import WordRanking
from explorer.library.generation import Generation
from explorer.settings import SearchSettings

_Exact = NDArray[np.float64]

_ROUNDING = 1e-5
"""Scores that differ by less are taken for equal."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates and what speaks for each; parallel arrays of shape (candidates,)."""

    rows: Keys
    score: Scores
    """What they are ranked by."""
    meaning: Scores
    """The part of the fused score that the meaning leg gave."""
    words: Scores


def by_meaning(generation: Generation, vector: Scores, k: int, among: Keys | None) -> Ranked:
    """Return the ``k`` papers nearest to ``vector`` by cosine."""
    found = generation.engine.search(vector[None, :], k, among)
    cosines = found.scores[0].astype(np.float32)
    return Ranked(found.keys[0], cosines, np.ones_like(cosines), np.zeros_like(cosines))


def by_examples(
    generation: Generation,
    examples: Sequence[int],
    k: int,
    among: Keys | None,
    settings: SearchSettings,
) -> Ranked:
    """Return candidates near to some of many ``examples``, given by their rows.

    What people keep is of several kinds, and the middle of those is near to none. So candidates are
    the ``k`` nearest to each example, and a paper's score is :func:`likeness`.
    """
    rows = np.array(examples, dtype=np.int64)
    vectors = generation.engine.vectors(rows)
    near = generation.engine.search(vectors, k, among).keys
    pool = _united(generation.size, near[near >= 0])
    score = likeness(generation.engine.vectors(pool), vectors, settings)
    return Ranked(pool, score, np.ones_like(score), np.zeros_like(score))


def likeness(vectors: Scores, examples: Scores, settings: SearchSettings) -> Scores:
    """Return how like each of ``vectors`` is to ``examples``, shape (papers,).

    It is the mean cosine to those examples that the paper is most like, a few of them; of so few
    or fewer, to all of them.

    Args:
        vectors: unit vectors of papers, shape (papers, dimension); ``examples`` likewise.
    """
    few = min(settings.examples_at_once, len(examples))
    cosines = vectors @ examples.T
    nearest = np.partition(cosines, len(examples) - few, axis=1)[:, len(examples) - few :]
    found: Scores = nearest.mean(axis=1).astype(np.float32)
    return found


def by_words(generation: Generation, text: str, k: int, among: Keys | None) -> Ranked:
    """Return the ``k`` papers that match the words of ``text`` best by BM25."""
    found = generation.lexicon.search(text, k, among)
    return Ranked(found.keys, found.scores, np.zeros_like(found.scores), np.ones_like(found.scores))


def by_both(
    generation: Generation,
    vector: Scores,
    text: str,
    k: int,
    among: Keys | None,
    settings: SearchSettings,
) -> Ranked:
    """Return candidates ranked by meaning and words together, the best ``k`` of all among them.

    Those that cannot be among the ``k`` best, whatever their words and their neighbours' turn out
    to score, are left out: to look up the words of all takes longer than both legs.
    """
    wanted = max(k, settings.candidates)
    near = generation.engine.search(vector[None, :], wanted, among)
    least = max(k, settings.least_candidates)
    ranking = generation.lexicon.search(text, wanted, among, least=least)
    of_meaning, of_words = _factors(near.scores[0], ranking.scores, settings)
    pool = _united(generation.size, near.keys[0], ranking.keys)
    around = generation.graph.neighbours[pool, : settings.smoothing_neighbours].astype(np.int64)
    rows = _united(generation.size, pool, around)
    # From here on papers go by their places in ``rows``.
    place = np.zeros(generation.size, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    own, others = place[pool], place[around]
    # No product by BLAS: the threads that it wakes would keep a core busy for a whole search.
    cosines = np.einsum("rd,d->r", generation.engine.vectors(rows), vector)
    meaning = of_meaning * np.clip(cosines, 0.0, None)
    words = _Words(generation, text, rows, ranking, wanted, among)

    def drawn(scores: _Exact, chosen: Keys) -> _Exact:
        both = meaning + of_words * scores
        share = settings.smoothing_weight if others.shape[1] else 0.0
        score: _Exact = (1.0 - share) * both[own[chosen]]
        return score + share * both[others[chosen]].mean(axis=1) if share else score

    def contenders() -> Keys:
        every = np.arange(len(pool))
        least = drawn(words.least, every)
        enough = float(np.partition(least, -k)[-k]) if 0 < k < len(pool) else -np.inf
        return np.flatnonzero(drawn(words.most, every) >= enough - _ROUNDING)

    words.look_up(own[contenders()])
    chosen = contenders()
    words.look_up(np.unique(others[chosen]))
    return Ranked(
        pool[chosen],
        drawn(words.least, chosen).astype(np.float32),
        meaning[own[chosen]].astype(np.float32),
        (of_words * words.least[own[chosen]]).astype(np.float32),
    )


class _Words:
    """What the words of papers score: exactly where that was looked up, else within bounds."""

    def __init__(
        self,
        generation: Generation,
        text: str,
        rows: Keys,
        ranking: WordRanking,
        wanted: int,
        among: Keys | None,
    ) -> None:
        """Begin with what ``ranking``, the ``wanted`` best of ``among``, says of ``rows``."""
        self._lexicon = generation.lexicon
        self._text = text
        self._rows = rows
        self.least = np.zeros(len(rows))
        self.most = np.full(len(rows), ranking.beyond)
        if among is not None:
            # A neighbour that the filter keeps out may match better than any paper that passes.
            best = ranking.seen or generation.lexicon.search(text, wanted)
            self.most[~_are_among(rows, among)] = best.beyond
            self._know(best)
        self._know(ranking)

    def _know(self, ranking: WordRanking) -> None:
        there = _are_among(ranking.keys, self._rows)
        places = np.searchsorted(self._rows, ranking.keys[there])
        self.least[places] = self.most[places] = ranking.scores[there]

    def look_up(self, places: Keys) -> None:
        """Make the scores of the papers at ``places`` exact."""
        unsure = places[self.most[places] > self.least[places]]
        rows = self._rows[unsure]
        self.most[unsure] = 0.0  # what is not found matches no word
        self._know(self._lexicon.search(self._text, len(rows), rows))


def _factors(cosines: Scores, words: Scores, settings: SearchSettings) -> tuple[float, float]:
    """Return what a cosine and a BM25 score count for each in the fused score.

    A paper that is the best of both legs has a fused score of 1.

    Args:
        cosines: of the papers nearest to the query, best first; ``words``: likewise.
    """
    parts = []
    for scores, weight in ((cosines, settings.dense_weight), (words, 1.0 - settings.dense_weight)):
        leading = np.clip(scores[: settings.leading], 0.0, None)
        mean = max(float(leading.mean()), 1e-9) if len(leading) else 1.0
        best = float(leading[0]) / mean if len(leading) else 1.0
        parts.append((weight / mean, weight * best))
    whole = max(sum(best for _, best in parts), 1e-9)
    of_meaning, of_words = (factor / whole for factor, _ in parts)
    return of_meaning, of_words


def _are_among(rows: Keys, among: Keys) -> NDArray[np.bool_]:
    """Return which of ``rows`` are in ``among``, which is in order and not empty."""
    places = np.minimum(np.searchsorted(among, rows), len(among) - 1)
    found: NDArray[np.bool_] = among[places] == rows
    return found


def _united(size: int, *parts: Keys) -> Keys:
    """Return the distinct rows of ``parts`` in order; by flags, which sort nothing."""
    there = np.zeros(size, dtype=bool)
    for rows in parts:
        there[rows] = True
    return np.flatnonzero(there)


def diversified(
    vectors: NDArray[np.float32], score: Scores, k: int, settings: SearchSettings
) -> list[int]:
    """Return the places of ``k`` candidates that are good and unlike each other, best first.

    Maximal marginal relevance (Carbonell and Goldstein 1998, doi:10.1145/290941.291025).

    Args:
        vectors: unit vectors of the candidates, shape (candidates, dimension).
        score: how good each is; scaled to its best here.
    """
    relevance = score / max(float(np.abs(score).max(initial=0.0)), 1e-9)
    nearest = np.zeros(len(score), dtype=np.float32)
    left = np.ones(len(score), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < min(k, len(score)):
        gain = settings.relevance_weight * relevance - (1.0 - settings.relevance_weight) * nearest
        best = int(np.argmax(np.where(left, gain, -np.inf)))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, np.einsum("cd,d->c", vectors, vectors[best]))
    return chosen
