"""Recommendations: papers that suit a reader's interests, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.arrays import Rows, Scores, evenly_spaced
from explorer.desk.desk import ReadingState
from explorer.desk.marks import PaperMarks
from explorer.insights.topic_tree import shown_level
from explorer.learning.likeness import likeness_to_desk
from explorer.learning.taste import DEFAULTS, Interest, examples_on, learn, taste_of
from explorer.learning.word_vectors import word_vectors
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.settings import SearchSettings, TasteSettings
from explorer.topics.communities import Topic

_WORDS = 3
"""Words in a reason."""
_TOP_WORDS = 12
"""Words that describe an interest."""
_SHORTEST_WORD = 2
"""Letters of a word that describes an interest."""
_MOST_TRIED = 20
_JUDGED = (ReadingState.READ, ReadingState.NOT_FOR_ME)


@dataclass(frozen=True, slots=True)
class Reason:
    """Reason of a recommendation."""

    star: int
    """The row of the nearest starred paper of the interest."""
    words: tuple[str, ...]
    """The paper's words that add most to its score, as it spells them."""
    interest: str
    """The tag of the interest that it suits best; empty for all stars."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A paper that suits a reader's interests."""

    row: int
    score: float
    """In standard deviations from the library's mean."""
    topic: Topic
    """Of the level shown on the map."""
    reason: Reason


def unjudged(marks: PaperMarks, rows: Rows) -> Rows:
    """Return ``rows`` without papers that are starred, read or dismissed."""
    judged = [row for row, mark in marks.of.items() if mark.starred or mark.state in _JUDGED]
    return rows[~np.isin(rows, judged)]


def recommended(
    generation: Generation,
    marks: PaperMarks,
    rows: Rows | None = None,
    k: int | None = None,
    settings: TasteSettings = DEFAULTS,
) -> tuple[Recommendation, ...]:
    """Return the papers that reach the floor and are not judged yet, best first.

    Without enough stars (:func:`explorer.learning.taste.taste_of`) there are none.

    Args:
        rows: papers to choose from, such as newcomers; without it, the whole library.
        k: most recommendations; without it, all.
    """
    taste = taste_of(generation, marks, settings)
    if taste is None:
        return ()
    allowed = unjudged(marks, np.arange(generation.size) if rows is None else np.unique(rows))
    best = taste.best(generation, len(allowed) if k is None else k, allowed)
    return tuple(
        Recommendation(
            int(row),
            round(float(score), 3),
            generation.topics_of(int(row))[shown_level(generation)],
            reason_of(generation, taste.interests[int(interest)], int(row)),
        )
        for row, score, interest in zip(best.rows, best.score, best.interest, strict=True)
        if score >= settings.floor
    )


def recommended_rows(generation: Generation, marks: PaperMarks) -> Rows:
    """Return the rows of all recommended papers of the library, sorted; cached."""
    return _recommended_rows(generation, marks)


@cached_by_owner(8)
def _recommended_rows(generation: Generation, marks: PaperMarks) -> Rows:
    rows = np.flatnonzero(scores_of_all(generation, marks) >= DEFAULTS.floor)
    return unjudged(marks, rows)


def scores_of_all(generation: Generation, marks: PaperMarks) -> Scores:
    """Return the score of every paper, shape (papers,), NaN without enough stars; cached.

    In a library too large to read all words, papers far from every interest are scored by meaning.
    """
    return _scores_of_all(generation, marks)


@cached_by_owner(4)
def _scores_of_all(generation: Generation, marks: PaperMarks) -> Scores:
    taste = taste_of(generation, marks)
    if taste is None:
        return np.full(generation.size, np.nan, dtype=np.float32)
    return taste.scores_of_all(generation)


def reason_of(generation: Generation, interest: Interest, row: int) -> Reason:
    """Return the reason why the paper in ``row`` suits an interest."""
    vector = generation.engine.vectors(np.array([row]))[0]
    nearest = int((interest.star_vectors @ vector).argmax())
    words = _words_for(generation, interest, row)
    return Reason(interest.examples.stars[nearest], words, interest.name)


def _words_for(generation: Generation, interest: Interest, row: int) -> tuple[str, ...]:
    """Return the words of a paper that add most to its score."""
    known = word_vectors(generation)
    paper = known.of(generation, np.array([row]))
    weights = interest.words.mean(axis=0)
    numbers = paper.indices[paper.indices < len(weights)]
    gains = paper.data[paper.indices < len(weights)] * weights[numbers]
    best = np.argsort(-gains, kind="stable")[:_WORDS]
    spelt = generation.lexicon.spellings(generation.records[row])
    return tuple(
        spelt.get(term, term)
        for term in known.terms(numbers[best[gains[best] > 0]].astype(np.int64))
    )


def top_words(generation: Generation, interest: Interest) -> tuple[str, ...]:
    """Return the words that speak most for an interest, as its starred papers spell them."""
    known = word_vectors(generation)
    weights = interest.words.mean(axis=0)
    spelt: dict[str, str] = {}
    for row in interest.examples.stars:
        spelt = generation.lexicon.spellings(generation.records[row]) | spelt
    best = np.argsort(-weights, kind="stable")[: 3 * _TOP_WORDS]
    words = [
        spelt[term]
        for term in known.terms(best)
        if term in spelt and len(term) >= _SHORTEST_WORD and not term.isdigit()
    ]
    return tuple(words[:_TOP_WORDS])


def stars_recognised(generation: Generation, marks: PaperMarks) -> tuple[int, int]:
    """Return how many stars the others would have recommended, and how many were tried.

    Each of at most twenty stars, evenly spaced, is left out in turn.
    """
    examples = examples_on(marks)
    if not examples or len(examples[0].stars) <= DEFAULTS.least_stars:
        return 0, 0
    stars = examples[0].stars
    tried = [stars[index] for index in evenly_spaced(len(stars), _MOST_TRIED)]
    recognised = 0
    for star in tried:
        others = [replace(one, stars=tuple({*one.stars} - {star})) for one in examples]
        enough = [one for one in others if len(one.stars) >= DEFAULTS.least_stars]
        taste = learn(generation, enough, left_out=(star,))
        if taste is not None:
            score = taste.scores(generation, np.array([star])).score[0]
            recognised += bool(score >= DEFAULTS.floor)
    return recognised, len(tried)


def questions(
    generation: Generation,
    marks: PaperMarks,
    count: int,
    skipped: Sequence[int] = (),
    settings: TasteSettings = DEFAULTS,
) -> tuple[int, ...]:
    """Return the rows of the papers to ask a reader about, at most ``count``.

    They are the best of the model, since answers on papers it is uncertain of teach it no more.
    With too few stars for a model, the papers nearest to the stars; without any, the most central
    papers of the largest topics, one a topic.

    Args:
        skipped: rows that are left out, such as those of questions without an answer.
    """
    left = unjudged(marks, np.setdiff1d(np.arange(generation.size), np.array(skipped, np.int64)))
    taste = taste_of(generation, marks, settings)
    if taste is not None:
        return tuple(taste.best(generation, count, left).rows.tolist())
    stars = np.array(sorted({*marks.starred} - {*marks.dismissed}), dtype=np.int64)
    if len(stars):
        return _nearest(generation, stars, marks.dismissed, left, count)
    return _central(generation, left, count)


def _nearest(
    generation: Generation, stars: Rows, dismissed: Sequence[int], left: Rows, count: int
) -> tuple[int, ...]:
    vectors = generation.engine.vectors(stars)
    near = generation.engine.search(vectors, 10 * count, left).keys
    rows = np.unique(near[near >= 0])
    like = likeness_to_desk(
        generation.engine.vectors(rows),
        vectors,
        generation.engine.vectors(np.array(dismissed, dtype=np.int64)),
        SearchSettings(),
    )
    return tuple(rows[np.argsort(-like, kind="stable")][:count].tolist())


def _central(generation: Generation, left: Rows, count: int) -> tuple[int, ...]:
    """Return the most central papers of topics, those of the largest topics first, in turns."""
    level = shown_level(generation)
    labels, strengths = generation.memberships[level], generation.strengths[level]
    sizes = np.bincount(labels, minlength=len(generation.levels[level]))
    order = left[np.lexsort((left, -strengths[left]))]
    turn = np.zeros(len(order), dtype=np.int64)
    seen = np.zeros(len(sizes), dtype=np.int64)
    for index, label in enumerate(labels[order]):
        turn[index] = seen[label]
        seen[label] += 1
    best = np.lexsort((order, -sizes[labels[order]], turn))[:count]
    return tuple(order[best].tolist())
