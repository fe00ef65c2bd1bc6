"""Changes to a ranking before it is shown: counter-examples, exact names, diversity, date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys, Scores
from explorer.learning.taste import Taste
from explorer.library.generation import Generation
from explorer.library.lookup import titled
from explorer.search.ranking import Ranking
from explorer.settings import SearchSettings

_EXACT = 1.0
"""Score of a paper that the query names by its id or whole title."""
_MATCHING = 0.5
"""Share of the best score from which a paper matches the query, where others decide the order."""
_LONGEST_TITLE = 1_000
"""Characters of a query that may be a title."""


def without_rows(ranking: Ranking, rows: Keys) -> Ranking:
    """Return ``ranking`` without ``rows``."""
    return ranking.take(~np.isin(ranking.rows, rows))


def penalized(
    generation: Generation, ranking: Ranking, unlike: Sequence[int], settings: SearchSettings
) -> Ranking:
    """Subtract from each score a share of the paper's similarity to its nearest counter-example."""
    if not unlike or not len(ranking.rows):
        return ranking
    examples = generation.engine.vectors(np.array(unlike, dtype=np.int64))
    similarity = (generation.engine.vectors(ranking.rows) @ examples.T).max(axis=1)
    best = float(np.abs(ranking.score).max(initial=0.0))
    penalty = settings.unlike_weight * best * np.clip(similarity, 0.0, None)
    score = (ranking.score - penalty).astype(np.float32)
    return Ranking(ranking.rows, score, ranking.meaning, ranking.words)


def named_rows(
    generation: Generation, text: str, allowed: Keys | None, referred: Sequence[int] = ()
) -> list[int]:
    """Return the rows of papers whose id or whole title is ``text``, and those it refers to."""
    named: list[int] = []
    text = text.strip().strip('"“”')
    row = generation.records.find(text) if 3 < len(text.strip()) < 200 else None
    if row is not None:
        named.append(row)
    elif len(text.split()) > 1 and len(text) <= _LONGEST_TITLE:
        named += titled(generation, text, allowed)
    distinct = dict.fromkeys([*named, *referred])
    return [row for row in distinct if allowed is None or row in allowed]


def with_first(ranking: Ranking, first: Sequence[int]) -> Ranking:
    """Raise the rows in ``first`` to the top score, adding those that are not ranked."""
    missing = [row for row in first if row not in ranking.rows]
    blank = np.zeros(len(missing), dtype=np.float32)
    rows = np.concatenate([ranking.rows, np.array(missing, dtype=np.int64)])
    score, meaning, words = (
        np.concatenate([part, blank]) for part in (ranking.score, ranking.meaning, ranking.words)
    )
    top = max(_EXACT, float(score.max(initial=0.0)))
    for row in first:
        score[rows == row] = top
        words[(rows == row) & (meaning + words == 0)] = _EXACT
    return Ranking(rows, score, meaning, words)


def both_rankings(one: Ranking, other: Ranking) -> Ranking:
    """Return the candidates of two rankings, which share none."""
    return Ranking(
        np.concatenate([one.rows, other.rows]),
        np.concatenate([one.score, other.score]),
        np.concatenate([one.meaning, other.meaning]),
        np.concatenate([one.words, other.words]),
    )


def favouring_recent(generation: Generation, ranking: Ranking, settings: SearchSettings) -> Ranking:
    """Add to each score a share of the best one: none for the oldest paper, all for the newest."""
    ranks = generation.records.dates.ranks[ranking.rows]
    newest = max(int(generation.records.dates.ranks.max(initial=0)), 1)
    best = float(np.abs(ranking.score).max(initial=0.0))
    bonus = settings.recency_weight * best * np.clip(ranks / newest, 0.0, None)
    score = (ranking.score + bonus).astype(np.float32)
    return Ranking(ranking.rows, score, ranking.meaning, ranking.words)


def newest_first(generation: Generation, ranking: Ranking, order: Sequence[int]) -> list[int]:
    """Return the indices in ``order`` by date, the newest first; ties stay in ``order``."""
    ranks = generation.records.dates.ranks
    return sorted(order, key=lambda index: ranks[ranking.rows[index]], reverse=True)


def most_fitting_first(
    generation: Generation, ranking: Ranking, order: Sequence[int], taste: Taste
) -> list[int]:
    """Return the indices in ``order`` by how well papers suit a user's interests.

    Those that match the query half as well as the best, or better, come first: of a small library,
    papers far from the query are among the best, too.
    """
    interest = taste.scores(generation, ranking.rows[list(order)]).score
    matches = ranking.score[list(order)]
    is_weak = matches < _MATCHING * max(float(matches.max(initial=0.0)), 0.0)
    return [order[place] for place in np.lexsort((-interest, is_weak)).tolist()]


def diversified(
    vectors: NDArray[np.float32], score: Scores, k: int, settings: SearchSettings
) -> list[int]:
    """Return the indices of ``k`` candidates that are good and unlike each other, best first.

    Maximal marginal relevance (Carbonell and Goldstein 1998, doi:10.1145/290941.291025).

    Args:
        vectors: unit vectors of the candidates, shape (candidates, dimension).
        score: their scores, in any unit.
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
