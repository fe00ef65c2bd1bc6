"""The order in which to screen: two ridge regressions on the labels, and the typed question.

One regression is on the vectors of the papers, one on their words, as a kernel ridge (Saunders,
Gammerman and Vovk 1998). Papers are ranked by the sum of their z-scores among the unread. To read
the likeliest first, and to learn from each label, is active learning for reviews (Cormack and
Grossman 2014, doi:10.1145/2600428.2609601).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.learning.screening.features import ReviewFeatures, Values
from explorer.settings import ScreeningSettings

UNREAD, EXCLUDED, INCLUDED = -1, 0, 1
"""Labels of papers."""
ReviewLabels = NDArray[np.int8]
"""``UNREAD``, ``EXCLUDED`` or ``INCLUDED`` of each paper: shape (papers,)."""
_DEFAULTS = ScreeningSettings()
_SEED = 3


@dataclass(frozen=True, eq=False)
class ScreeningScores:
    """Scores from the labels so far."""

    order: Values
    """Score of each paper; the unread one with the highest comes next."""
    words: Values
    """Score of each paper by its words alone, which :mod:`~explorer.learning.screening.stopping`
    turns into probabilities."""
    trained_on: NDArray[np.int64]
    """Rows of the papers that the words' regression was trained on."""
    left_out: Values
    """For each of these its score by words had it not been trained on."""
    term_weights: NDArray[np.float64]
    """Weight of each term of :class:`~explorer.learning.screening.features.WordFeatures`."""

    def unread_in_order(self, labels: ReviewLabels) -> NDArray[np.int64]:
        """Return the rows of the unread papers, the next one first."""
        unread = np.flatnonzero(labels == UNREAD)
        return unread[np.argsort(-self.order[unread], kind="stable")]


def retraining_is_due(
    labelled: int, trained_at: int, settings: ScreeningSettings = _DEFAULTS
) -> bool:
    """Whether to train anew: after each label at first, later after each 5 %."""
    step = 1 if labelled <= settings.every_label_up_to else labelled * settings.retrain_share
    return labelled - trained_at >= step


def screening_scores(
    features: ReviewFeatures, labels: ReviewLabels, settings: ScreeningSettings = _DEFAULTS
) -> ScreeningScores:
    """Return the scores of all papers from the labels so far; without labels, by the question."""
    rows = _trained_on(labels, settings)
    targets = np.where(labels[rows] == INCLUDED, 1.0, -1.0)
    weights = class_weights(labels[rows], settings.excluded_weight)
    unread = labels == UNREAD
    included = int(np.count_nonzero(labels == INCLUDED))
    order = np.zeros(features.size)
    if features.question is not None:
        share = (
            settings.question_weight
            * settings.question_fades
            / (settings.question_fades + included)
        )
        order += share * z_scores(features.question, unread)
    matrix = features.words.matrix
    # Excluded papers alone, all near the question, would drive the order away from it.
    if not len(rows) or (features.question is not None and not included):
        nothing = np.zeros(0)
        terms = np.zeros(matrix.shape[1])
        return ScreeningScores(order, np.zeros(features.size), rows[:0], nothing, terms)
    chosen = matrix[rows]
    dual, left_out = left_out_ridge(
        np.asarray((chosen @ chosen.T).todense()), targets, weights, settings.words_penalty
    )
    term_weights = np.asarray(chosen.T @ dual).ravel()
    words = np.asarray(matrix @ term_weights).ravel()
    meaning = _meaning(features.vectors, rows, targets, weights, settings.vectors_penalty)
    order += z_scores(meaning, unread) + z_scores(words, unread)
    return ScreeningScores(order, words, rows, left_out, term_weights)


def class_weights(labels: ReviewLabels, ratio: float) -> Values:
    """Return a weight for each labelled paper; they add up to the number of papers.

    Excluded papers weigh together ``ratio`` times as much as included ones, as in ASReview's
    balancer. Where one kind is missing all weigh the same.
    """
    included = labels == INCLUDED
    count = int(included.sum())
    if count in (0, len(labels)):
        return np.ones(len(labels))
    weights = np.where(included, 1.0, ratio * count / (len(labels) - count))
    balanced: Values = weights * (len(labels) / weights.sum())
    return balanced


def left_out_ridge(
    kernel: NDArray[np.float64], targets: Values, weights: Values, penalty: float
) -> tuple[Values, Values]:
    """Return the dual coefficients of a weighted kernel ridge, and its scores left out.

    The score of each paper by the regression that all others give is exact and needs no further
    fit: ``target - coefficient / inverse[i, i]`` with the inverse of ``kernel + penalty / weights``
    (Rifkin and Lippert 2007, MIT-CSAIL-TR-2007-025).

    Args:
        kernel: inner products of the labelled papers, shape (labelled, labelled).
    """
    from scipy.linalg import cholesky, lapack

    factor = cholesky(kernel + np.diag(penalty / weights), lower=True)
    # Of the inverse only the diagonal is needed, which the factor's inverse gives in a third of
    # the time.
    inverse_factor, _ = lapack.dtrtri(factor, lower=1)
    dual: Values = inverse_factor.T @ (inverse_factor @ targets)
    return dual, targets - dual / (inverse_factor**2).sum(axis=0)


def z_scores(values: Values, pool: NDArray[np.bool_]) -> Values:
    """Return ``values`` in standard deviations from their mean over the papers in ``pool``."""
    if not pool.any():
        return np.zeros(len(values))
    spread = float(values[pool].std())
    centred: Values = values - values[pool].mean()
    return centred / spread if spread > 1e-12 else np.zeros(len(values))


def telling_sentence(
    sentences: tuple[str, ...], features: ReviewFeatures, weights: NDArray[np.float64]
) -> str:
    """Return the sentence whose words speak most for including the paper; empty without any."""
    if not sentences:
        return ""
    speaks = np.asarray(features.words.of(sentences) @ weights).ravel()
    return sentences[int(speaks.argmax())]


def _meaning(
    vectors: NDArray[np.float32],
    rows: NDArray[np.int64],
    targets: Values,
    weights: Values,
    penalty: float,
) -> Values:
    """Return the score of each paper by a weighted ridge on vectors with an intercept.

    Where all labels are of one kind, an intercept would explain everything; then there is none.
    """
    known = vectors[rows].astype(np.float64)
    if len(np.unique(targets)) > 1:
        known -= np.average(known, axis=0, weights=weights)
        targets = targets - np.average(targets, weights=weights)
    weighted: Any = known * weights[:, np.newaxis]
    covariance = weighted.T @ known + penalty * np.eye(known.shape[1])
    direction = np.linalg.solve(covariance, weighted.T @ targets)
    scores: Values = (vectors @ direction.astype(np.float32)).astype(np.float64)
    return scores


def _trained_on(labels: ReviewLabels, settings: ScreeningSettings) -> NDArray[np.int64]:
    """Return the rows to train on: all labelled, or of very many a random part of each kind."""
    included = np.flatnonzero(labels == INCLUDED)
    excluded = np.flatnonzero(labels == EXCLUDED)
    draw = np.random.default_rng(_SEED)
    included = _some(included, settings.most_trained_on // 2, draw)
    excluded = _some(excluded, settings.most_trained_on - len(included), draw)
    return np.sort(np.concatenate([included, excluded]))


def _some(rows: NDArray[np.int64], most: int, draw: np.random.Generator) -> NDArray[np.int64]:
    return rows if len(rows) <= most else draw.choice(rows, most, replace=False)
