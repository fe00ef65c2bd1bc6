"""Recommendations measured on a user's own desk, replayed in time.

Each week in which papers came is ranked by what was in the library before: the stars on earlier
papers, and the papers marked as not for the user. Newcomers that the user starred, then or later,
are relevant. When an earlier paper was starred does not count: people star old papers, too, and
many in one day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.desk.marks import PaperMarks
from explorer.evaluation.arxiv_sanity import arxiv_sanity_features, arxiv_sanity_scores
from explorer.evaluation.beir import ndcg, recall
from explorer.evaluation.benchmark import QueryScores
from explorer.learning.likeness import likeness_to_desk
from explorer.learning.sample import sample_of
from explorer.learning.taste import DEFAULTS, Examples, examples_on, learn
from explorer.library.generation import Generation
from explorer.settings import SearchSettings, TasteSettings

ENOUGH_WEEKS = 5
"""Weeks below which figures say too little: an interval over fewer is nearly arbitrary."""
_WEEK = 7 * 24 * 3_600_000
"""In milliseconds."""
_MONDAY = 4 * 24 * 3_600_000
"""The first Monday of 1970."""
_LISTED = 10

_Scores = NDArray[np.float32]
_Rank = Callable[[Rows], _Scores | None]
"""Returns a score for each of some rows, or None where it cannot."""


@dataclass(frozen=True, slots=True)
class DeskReplay:
    """Quality of rankings of newcomers, week by week."""

    rankings: Mapping[str, QueryScores]
    """By name; one value a week, recall being at 10 as well."""
    weeks: int
    """Weeks with enough earlier stars and a starred newcomer."""
    stars: int
    """Starred papers in the library."""

    @property
    def is_enough(self) -> bool:
        """Whether there are weeks enough to tell the rankings apart."""
        return self.weeks >= ENOUGH_WEEKS


def replay_desk(
    generation: Generation, marks: PaperMarks, settings: TasteSettings = DEFAULTS
) -> DeskReplay:
    """Return how well each ranking would have served the user of ``marks``."""
    stars = {*marks.starred} - {*marks.dismissed}
    weeks = (np.asarray(generation.added_at) - _MONDAY) // _WEEK
    values: dict[str, tuple[list[float], list[float]]] = {}
    count = 0
    for week in np.unique(weeks).tolist():
        newcomers, before = np.flatnonzero(weeks == week), np.flatnonzero(weeks < week)
        grades = {str(row): 1.0 for row in newcomers.tolist() if row in stars}
        examples = _examples_before(marks, before, settings)
        if not grades or not examples or len(newcomers) == len(grades):
            continue
        count += 1
        for name, rank in _rankings(generation, examples, before, newcomers, settings).items():
            scores = rank(newcomers)
            if scores is None:
                continue
            best = newcomers[np.argsort(-scores, kind="stable")][:_LISTED]
            ranking = list(map(str, best.tolist()))
            gains, shares = values.setdefault(name, ([], []))
            gains.append(ndcg(ranking, grades, _LISTED))
            shares.append(recall(ranking, grades, _LISTED))
    rankings = {
        name: QueryScores(tuple(gains), tuple(shares))
        for name, (gains, shares) in values.items()
        if len(gains) == count
    }
    return DeskReplay(rankings, count, len(stars))


def _examples_before(
    marks: PaperMarks, before: Rows, settings: TasteSettings
) -> tuple[Examples, ...]:
    """Return the examples of each interest among the papers in ``before``."""
    there = {*before.tolist()}
    kept = (
        Examples(
            one.name,
            tuple(row for row in one.stars if row in there),
            tuple(row for row in one.dismissed if row in there),
        )
        for one in examples_on(marks, settings)
    )
    return tuple(one for one in kept if len(one.stars) >= settings.least_stars)


def _rankings(
    generation: Generation,
    examples: Sequence[Examples],
    before: Rows,
    newcomers: Rows,
    settings: TasteSettings,
) -> dict[str, _Rank]:
    stars, dismissed = examples[0].stars, examples[0].dismissed
    titles = " ".join(generation.records.titles.take(np.array(stars, dtype=np.int64)))

    def by_model(rows: Rows) -> _Scores | None:
        sample = sample_of(generation, settings.sample, before)
        taste = learn(generation, examples, settings, sample)
        return None if taste is None else taste.scores(generation, rows).score

    def by_nearest_stars(rows: Rows) -> _Scores:
        vectors = generation.engine.vectors
        return likeness_to_desk(
            vectors(rows),
            vectors(np.array(stars, dtype=np.int64)),
            vectors(np.array(dismissed, dtype=np.int64)),
            SearchSettings(),
        )

    def by_arxiv_sanity(rows: Rows) -> _Scores | None:
        there = np.concatenate([before, newcomers])
        features = arxiv_sanity_features(generation.records.take(there), range(len(before)))
        if features is None:
            return None
        index = {row: place for place, row in enumerate(there.tolist())}
        places = [[index[row] for row in some] for some in (stars, rows.tolist())]
        return arxiv_sanity_scores(features, range(len(before)), *places)

    def by_titles(rows: Rows) -> _Scores:
        match = generation.lexicon.search(titles, len(rows), rows)
        scores = np.zeros(len(rows), dtype=np.float32)
        scores[np.searchsorted(rows, match.keys)] = match.scores
        return scores

    def by_date(rows: Rows) -> _Scores:
        return generation.records.dates.ranks[rows].astype(np.float32)

    return {
        "model": by_model,
        "nearest three": by_nearest_stars,
        "arxiv-sanity": by_arxiv_sanity,
        "BM25 of titles": by_titles,
        "recency": by_date,
    }
