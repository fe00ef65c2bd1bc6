"""A model of a reader's interests, learned from stars and dismissals, that scores papers.

Each tag is an interest of its own, and so are all stars together. Three rankings are added, each
in standard deviations from the library's mean: a ridge regression on the vectors, one on the words
(tf-idf), and half of the likeness to the nearest stars (:mod:`explorer.learning.likeness`). Stars
are positive examples; random papers of the library and dismissed ones are negative. A paper's score
is that of the interest it suits best, so that two interests do not average out.

Random papers may be of interest, too: two models are trained, each on half of them, and a paper is
scored by those that did not take it for a negative example (cross-fitting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows, Scores, Vectors
from explorer.desk.marks import PaperMarks
from explorer.learning.likeness import likeness_to_desk
from explorer.learning.ridge import combined, kernel_ridge, one_thread, ridge
from explorer.learning.sample import FOLDS, LibrarySample, sample_of
from explorer.learning.word_vectors import word_vectors
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.settings import SearchSettings, TasteSettings

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DEFAULTS = TasteSettings()
_AT_ONCE = 8_192
"""Papers that are scored at once, whose vectors and words are in memory together."""
_SMALLEST_SPREAD = 1e-6

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examples:
    """The papers that an interest is learned from, by row."""

    name: str
    """A tag; empty for all stars."""
    stars: tuple[int, ...]
    dismissed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scale:
    """Mean and spread of scores in the library."""

    mean: float
    spread: float

    @classmethod
    def of(cls, scores: _Floats) -> _Scale:
        if not len(scores):
            return cls(0.0, 1.0)
        return cls(float(scores.mean()), float(scores.std()))

    def standardized(self, scores: _Floats) -> _Floats:
        """Return ``scores`` in standard deviations; 0 for all where they do not differ."""
        if self.spread < _SMALLEST_SPREAD:
            return np.zeros_like(scores)
        return ((scores - self.mean) / self.spread).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Interest:
    """One interest, ready to score papers."""

    examples: Examples
    star_vectors: Vectors
    dismissed_vectors: Vectors
    meaning: _Floats
    """Coefficients of the vectors, shape (folds, dimension)."""
    words: _Floats
    """Coefficients of the terms, shape (folds, terms)."""
    scales: tuple[_Scale, ...] = ()
    """Of the three rankings, and of their sum."""

    @property
    def name(self) -> str:
        """The tag; empty for all stars."""
        return self.examples.name

    @property
    def direction(self) -> Vectors:
        """Unit vector along which meaning ranks papers, shape (1, dimension)."""
        mean = self.meaning.mean(axis=0)
        unit: Vectors = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
        return unit[None]

    def rankings(
        self, vectors: Vectors, words: csr_matrix, folds: NDArray[np.int64]
    ) -> tuple[_Floats, _Floats, _Floats]:
        """Return the scores by meaning, words and likeness, before they are scaled."""
        by_words = np.zeros((words.shape[1], len(self.words)), dtype=np.float32)
        known = min(by_words.shape[0], self.words.shape[1])  # terms are numbered as they are met
        by_words[:known] = self.words[:, :known].T
        return (
            _cross_fitted(vectors @ self.meaning.T, folds),
            _cross_fitted(words @ by_words, folds),
            likeness_to_desk(vectors, self.star_vectors, self.dismissed_vectors, SearchSettings()),
        )

    def combined_scores(
        self, rankings: tuple[_Floats, _Floats, _Floats], settings: TasteSettings
    ) -> _Floats:
        """Return the sum of the scaled rankings, not yet scaled itself."""
        meaning, words, like = (
            scale.standardized(scores) for scale, scores in zip(self.scales, rankings, strict=False)
        )
        return meaning + words + settings.likeness_weight * like


@dataclass(frozen=True, slots=True)
class TasteScores:
    """Scores of papers; parallel arrays of shape (papers,)."""

    rows: Rows
    score: Scores
    """In standard deviations from the library's mean."""
    interest: NDArray[np.int64]
    """Index in :attr:`Taste.interests` of the interest that a paper suits best."""


@dataclass(frozen=True, eq=False)
class Taste:
    """A user's interests in one generation."""

    interests: tuple[Interest, ...]
    sample: LibrarySample
    settings: TasteSettings

    @property
    def stars(self) -> int:
        """The number of stars that it was learned from."""
        return len({row for one in self.interests for row in one.examples.stars})

    def scores(self, generation: Generation, rows: Rows) -> TasteScores:
        """Return the scores of the papers in ``rows``."""
        with one_thread():
            parts = [
                self._scores_at_once(generation, rows[start : start + _AT_ONCE])
                for start in range(0, len(rows), _AT_ONCE)
            ]
        blank = np.zeros((len(self.interests), 0), dtype=np.float32)
        of_interests = np.concatenate([blank, *parts], axis=1)
        best = of_interests.argmax(axis=0)
        return TasteScores(rows, of_interests[best, np.arange(len(rows))], best)

    def best(self, generation: Generation, k: int, allowed: Rows | None = None) -> TasteScores:
        """Return the ``k`` papers that score highest, best first; ties go to the smaller id.

        Args:
            allowed: rows that may be ranked; without it, all.
        """
        scores = self.scores(generation, self._candidates(generation, k, allowed))
        ids = generation.records.id_ranks[scores.rows]
        order = np.lexsort((ids, -np.round(scores.score.astype(np.float64), 6)))[:k]
        return TasteScores(scores.rows[order], scores.score[order], scores.interest[order])

    def scores_of_all(self, generation: Generation) -> Scores:
        """Return the score of every paper, shape (papers,).

        Of papers that :meth:`best` would not consider it is the score by meaning alone.
        """
        rows = np.arange(generation.size, dtype=np.int64)
        if generation.size <= self.settings.all_words_up_to:
            return self.scores(generation, rows).score
        parts = [
            self._by_meaning(generation, rows[start : start + _AT_ONCE])
            for start in range(0, generation.size, _AT_ONCE)
        ]
        scores = np.concatenate(parts)
        exact = self.scores(generation, self._candidates(generation, 0, None))
        scores[exact.rows] = exact.score
        return scores

    def _by_meaning(self, generation: Generation, rows: Rows) -> Scores:
        vectors, folds = generation.engine.vectors(rows), self.sample.folds_of(rows)
        scores = [
            one.scales[0].standardized(_cross_fitted(vectors @ one.meaning.T, folds))
            for one in self.interests
        ]
        best: Scores = np.max(scores, axis=0)
        return best

    def _candidates(self, generation: Generation, k: int, allowed: Rows | None) -> Rows:
        """Return the rows of all papers if they are few, or of those that meaning ranks first."""
        number = generation.size if allowed is None else len(allowed)
        if number <= self.settings.all_words_up_to:
            return np.arange(number, dtype=np.int64) if allowed is None else allowed
        directions = np.concatenate([one.direction for one in self.interests])
        most = max(k, self.settings.candidates)
        near = [generation.engine.search(one[None], most, allowed).keys for one in directions]
        return np.unique(np.concatenate(near))

    def _scores_at_once(self, generation: Generation, rows: Rows) -> _Floats:
        vectors = generation.engine.vectors(rows)
        words = word_vectors(generation).of(generation, rows)
        folds = self.sample.folds_of(rows)
        scores = [
            one.scales[-1].standardized(
                one.combined_scores(one.rankings(vectors, words, folds), self.settings)
            )
            for one in self.interests
        ]
        return np.stack(scores)


def taste_of(
    generation: Generation, marks: PaperMarks, settings: TasteSettings = DEFAULTS
) -> Taste | None:
    """Return the model of a user's ``marks``; cached until they change.

    None if fewer than ``settings.least_stars`` papers are starred, or nearly all are.
    """
    return _taste_of(generation, marks, settings)


@cached_by_owner(8)
def _taste_of(generation: Generation, marks: PaperMarks, settings: TasteSettings) -> Taste | None:
    return learn(generation, examples_on(marks, settings), settings)


def examples_on(marks: PaperMarks, settings: TasteSettings = DEFAULTS) -> tuple[Examples, ...]:
    """Return the examples of each interest on a desk: all stars first, then tags, by size.

    A paper that is starred and dismissed counts as dismissed.
    """
    dismissed = marks.dismissed
    stars = tuple(sorted({*marks.starred} - {*dismissed}))
    of_tags = {name: tuple(sorted({*rows} & {*stars})) for name, rows in marks.tags.items()}
    of_papers = {stars: ""}
    for name in sorted(of_tags, key=lambda name: (-len(of_tags[name]), name)):
        of_papers.setdefault(of_tags[name], name)  # tags on the same papers are one interest
    enough = [
        Examples(name, rows, dismissed)
        for rows, name in of_papers.items()
        if len(rows) >= settings.least_stars
    ]
    return tuple(enough[: 1 + settings.most_interests])


def is_learnable(marks: PaperMarks, settings: TasteSettings = DEFAULTS) -> bool:
    """Return whether enough papers are starred."""
    return len({*marks.starred} - {*marks.dismissed}) >= settings.least_stars


def learn(
    generation: Generation,
    examples: Sequence[Examples],
    settings: TasteSettings = DEFAULTS,
    sample: LibrarySample | None = None,
    left_out: Sequence[int] = (),
) -> Taste | None:
    """Return the model of interests with these ``examples``, all starred papers first.

    None without examples, or if the library has no other papers to compare them with.

    Args:
        sample: papers of which negative examples are taken; without it, of the whole library.
        left_out: rows that are no negative examples either.
    """
    if not examples:
        return None
    sample = sample or sample_of(generation, settings.sample)
    marked = {*left_out, *(row for one in examples for row in (*one.stars, *one.dismissed))}
    is_negative = ~np.isin(sample.rows, sorted(marked))
    if len(np.unique(sample.fold[is_negative])) < FOLDS:
        return None
    with one_thread():
        interests = tuple(
            _learned(generation, sample, is_negative, one, settings) for one in examples
        )
    return Taste(interests, sample, settings)


def _learned(
    generation: Generation,
    sample: LibrarySample,
    is_negative: NDArray[np.bool_],
    examples: Examples,
    settings: TasteSettings,
) -> Interest:
    """Train the two models of an interest on each part of the sample, and scale them."""
    marked = np.array([*examples.stars, *examples.dismissed], dtype=np.int64)
    vectors = generation.engine.vectors(marked)
    words = word_vectors(generation).of(generation, marked)
    stars = len(examples.stars)
    meaning, by_words = [], []
    for fold, products in enumerate(sample.word_products):
        # Papers that are no negative examples weigh nothing, which is faster than without them.
        part = np.flatnonzero(sample.fold == fold)
        weights = _weights(stars, len(marked) - stars, is_negative[part], settings)
        targets = np.where(np.arange(len(weights)) < stars, 1.0, -1.0).astype(np.float32)
        of_examples = np.concatenate([vectors, sample.vectors[part]])
        meaning.append(ridge(of_examples, targets, weights, settings.meaning_penalty))
        by_words.append(
            _word_model(
                words, sample.words[part], products, targets, weights, settings.word_penalty
            )
        )
    interest = Interest(
        examples, vectors[:stars], vectors[stars:], np.stack(meaning), np.stack(by_words)
    )
    return _scaled(interest, sample, is_negative, settings)


def _weights(
    stars: int, dismissed: int, is_negative: NDArray[np.bool_], settings: TasteSettings
) -> _Floats:
    """Return the weights of examples: stars as heavy as all others together, 1 on average."""
    weights = np.ones(stars + dismissed + len(is_negative), dtype=np.float32)
    weights[stars : stars + dismissed] = settings.dismissed_weight
    weights[stars + dismissed :] = is_negative
    weights[:stars] = weights[stars:].sum() / stars
    count = stars + dismissed + int(is_negative.sum())
    return weights * np.float32(count / weights.sum())


def _word_model(
    marked: csr_matrix,
    others: csr_matrix,
    products: _Floats,
    targets: _Floats,
    weights: _Floats,
    penalty: float,
) -> _Floats:
    """Return the coefficients of the terms.

    Args:
        marked: words of stars and dismissed papers; ``others``: of random ones.
        products: inner products of ``others``.
    """
    from scipy.sparse import csr_matrix, vstack

    terms = max(marked.shape[1], others.shape[1])
    marked, others = (
        csr_matrix((part.data, part.indices, part.indptr), shape=(part.shape[0], terms))
        for part in (marked, others)
    )
    first = marked.shape[0]
    gram = np.empty((len(targets), len(targets)), dtype=np.float32)
    gram[:first, :first] = (marked @ marked.T).toarray()
    gram[:first, first:] = (marked @ others.T).toarray()
    gram[first:, :first] = gram[:first, first:].T
    gram[first:, first:] = products
    shares = kernel_ridge(gram, targets, weights, penalty)
    return combined(vstack([marked, others]).tocsr(), shares)


def _scaled(
    interest: Interest,
    sample: LibrarySample,
    is_negative: NDArray[np.bool_],
    settings: TasteSettings,
) -> Interest:
    """Return ``interest`` with the scales of its rankings in the library."""
    rankings = interest.rankings(
        sample.vectors[is_negative], sample.words[is_negative], sample.fold[is_negative]
    )
    scaled = replace(interest, scales=tuple(map(_Scale.of, rankings)))
    total = _Scale.of(scaled.combined_scores(rankings, settings))
    return replace(scaled, scales=(*scaled.scales, total))


def _cross_fitted(scores: NDArray[np.floating], folds: NDArray[np.int64]) -> _Floats:
    """Return each paper's mean score by the models that it was no example of.

    Args:
        scores: by the model of each part, shape (papers, folds).
        folds: the part of each paper, -1 for none.
    """
    fits = np.arange(FOLDS) != folds[:, None]
    total: _Floats = np.where(fits, scores, 0.0).sum(axis=1) / fits.sum(axis=1)
    return total.astype(np.float32)
