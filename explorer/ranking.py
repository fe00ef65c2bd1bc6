"""Two rankings to one: by meaning and by words, each paper drawn towards its neighbours.

Each leg is divided by its best score among the papers allowed (the bound below is the leg's own
zero, so no candidate's score depends on who else is a candidate; cf. Bruch, Gai and Ingber 2023,
arXiv:2210.11934), the cosine squared so that it falls off as the word score does, and the two are
added. Then a paper takes a share of its nearest neighbours' scores: among relevant papers it is
likely relevant (the cluster hypothesis, Jardine and van Rijsbergen 1971). ``docs/search.md`` has
what each step is worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.engines import Keys
from explorer.generation import Generation
from explorer.lexicon import Ranking
from explorer.settings import SearchSettings

Scores = NDArray[np.float32]


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
    """Return candidates ranked by meaning and words together, the best ``k`` of all among them."""
    wanted = max(k, settings.candidates)
    near = generation.engine.search(vector[None, :], wanted, among)
    ranking = generation.lexicon.search(text, wanted, among)
    pool = np.union1d(near.keys[0], ranking.keys)
    around = generation.graph.neighbours[pool, : settings.smoothing_neighbours].astype(np.int64)
    rows = np.union1d(pool, around)
    meaning, words = fused(generation, rows, vector, near.scores[0], text, ranking, settings)
    both = meaning + words
    place = np.searchsorted(rows, pool)
    drawn = both[place]
    if around.shape[1]:
        weight = settings.smoothing_weight
        drawn = (1.0 - weight) * drawn + weight * both[np.searchsorted(rows, around)].mean(axis=1)
    return Ranked(pool, drawn.astype(np.float32), meaning[place], words[place])


def fused(
    generation: Generation,
    rows: Keys,
    vector: Scores,
    cosines: Scores,
    text: str,
    ranking: Ranking,
    settings: SearchSettings,
) -> tuple[Scores, Scores]:
    """Return what meaning and words contribute to the fused score of each of ``rows``.

    Args:
        rows: sorted.
        cosines: of the papers nearest to ``vector``, best first.
        ranking: the papers that match the words of ``text`` best.
    """
    best = max(float(cosines.max(initial=0.0)), 1e-9)
    # No product by BLAS: the threads that it wakes would keep a core busy for a whole search.
    cosines_of = np.einsum("rd,d->r", generation.engine.vectors(rows), vector)
    own = np.clip(cosines_of, 0.0, None) / best
    words = np.zeros(len(rows), dtype=np.float32)
    if len(ranking.keys):
        # What is near in meaning, or a neighbour, may match the words less well, but does match.
        exact = generation.lexicon.search(text, len(rows), rows)
        words[np.searchsorted(rows, exact.keys)] = exact.scores / float(ranking.scores.max())
    weight = settings.dense_weight
    meaning = weight * own**settings.meaning_power
    return meaning.astype(np.float32), ((1.0 - weight) * words).astype(np.float32)


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
