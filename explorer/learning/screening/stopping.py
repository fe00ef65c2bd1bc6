"""When to stop screening: how many relevant papers are likely left, and two tests of recall.

*Probably* enough: each unread paper gets a probability from the scores of the labelled ones, each
scored by a model that was not trained on it, through a logistic curve (Platt 1999). What is left is
the sum of these. *Confidently* enough: the hypergeometric test of Callaghan and Müller-Hansen 2020
(doi:10.1186/s13643-020-01521-4), which trusts no model. A row of irrelevant papers says neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.learning.screening.features import Values
from explorer.learning.screening.ranking import (
    EXCLUDED,
    INCLUDED,
    UNREAD,
    ReviewLabels,
    ScreeningScores,
)
from explorer.settings import ScreeningSettings

_DEFAULTS = ScreeningSettings()
_DRAWS = 1_000
"""Curves drawn for the interval; its ends then move by a few per cent from seed to seed."""
_STEPS_OF_SCORE = 200
_SEED = 5
_STEPS = 50
"""Newton steps at most; some six suffice."""
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Probability of relevance by score: ``1 / (1 + exp(-(level + slope * score)))``."""

    level: float
    slope: float
    covariance: NDArray[np.floating[Any]]
    """Of level and slope, shape (2, 2)."""

    def probabilities(self, scores: Values) -> Values:
        """Return the probability of each score."""
        return _logistic(self.level + self.slope * scores)


@dataclass(frozen=True, slots=True)
class MoreReading:
    """Reading so many papers more, and how many relevant ones it is likely to bring."""

    papers: int
    relevant: float


@dataclass(frozen=True, slots=True)
class ScreeningProgress:
    """State of a review, and what more reading would do."""

    papers: int
    labelled: int
    included: int
    left: float | None
    """Relevant papers likely among the unread; None with too few labels to tell."""
    low: float
    high: float
    """Interval of ``left`` at 95 %."""
    probably_enough: bool
    """Whether at least the target share of the relevant papers is probably included."""
    surely_enough: bool
    """Whether they are with 95 % confidence."""
    p_value: float
    """Of the hypothesis that the target is missed; the confident test is at .05."""
    to_target: int | None
    """Papers more to read until the target is probably met; None where nothing can be told."""
    more: tuple[MoreReading, ...] = ()

    @property
    def unread(self) -> int:
        """Number of papers without a label."""
        return self.papers - self.labelled


def calibration(scores: Values, relevant: NDArray[np.bool_]) -> Calibration:
    """Fit the curve from left-out scores to probabilities; its targets are smoothed as by Platt.

    A curve that falls would say that the model is worse than none; then only the level is fitted.
    """
    positives = int(relevant.sum())
    negatives = len(relevant) - positives
    targets = np.where(relevant, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    columns = np.column_stack([np.ones(len(scores)), scores])
    fitted, covariance = _fit_logistic(columns, targets)
    if fitted[1] > 0:
        return Calibration(float(fitted[0]), float(fitted[1]), covariance)
    level, variance = _fit_logistic(columns[:, :1], targets)
    return Calibration(float(level[0]), 0.0, np.array([[float(variance[0, 0]), 0.0], [0.0, 0.0]]))


def missed_target_p_value(
    read: Sequence[bool] | NDArray[np.bool_], papers: int, target: float
) -> float:
    """Return the p-value of the hypothesis that too few of the relevant papers were read.

    The papers read last, however many, are taken as drawn at random from those not read before
    them; that is conservative where the likeliest are read first. The smallest p-value over all
    such draws counts, as in the reference implementation of Callaghan and Müller-Hansen.

    Args:
        read: whether each paper read was relevant, in the order of reading.
        papers: number of papers of the review.
        target: share of the relevant papers that would be enough, for example .95.
    """
    if len(read) >= papers:
        return 0.0
    included = int(np.sum(read))
    if not included:
        return 1.0
    from scipy.stats import hypergeom

    drawn_relevant = np.cumsum(np.asarray(read, dtype=np.int64)[::-1])
    drawn = np.arange(1, len(read) + 1)
    population = papers - (len(read) - drawn)
    # Least number of relevant papers in each population if the target is missed.
    missed = np.floor(included / target + 1 - (included - drawn_relevant)).astype(np.int64)
    possible = missed <= population
    p_values = np.zeros(len(read))
    p_values[possible] = hypergeom.cdf(
        drawn_relevant[possible], population[possible], missed[possible], drawn[possible]
    )
    return float(p_values.min())


def screening_progress(
    scores: ScreeningScores,
    labels: ReviewLabels,
    read: Sequence[int],
    settings: ScreeningSettings = _DEFAULTS,
) -> ScreeningProgress:
    """Return how far a review is, and what more reading is likely to cost and bring.

    Args:
        read: rows of the labelled papers in the order of reading.
    """
    included = int(np.count_nonzero(labels == INCLUDED))
    labelled = int(np.count_nonzero(labels != UNREAD))
    p_value = missed_target_p_value(
        [labels[row] == INCLUDED for row in read], len(labels), settings.target_recall
    )
    surely = included > 0 and p_value < 1 - settings.confidence
    counts = (len(labels), labelled, included)
    excluded = int(np.count_nonzero(labels == EXCLUDED))
    unread = scores.unread_in_order(labels)
    if not len(unread):
        return ScreeningProgress(*counts, 0.0, 0.0, 0.0, True, True, 0.0, 0)
    if not included or not excluded or labelled < settings.least_labels:
        return ScreeningProgress(
            *counts, None, 0.0, float(len(unread)), False, surely, p_value, None
        )
    kept = labels[scores.trained_on] == INCLUDED
    curve = calibration(scores.left_out, kept)
    # Where a part of the labels was trained on, each kind counts as often as it is in all.
    shares = (int(kept.sum()) / included, int((~kept).sum()) / excluded)
    curve = replace(curve, level=curve.level - float(np.log(shares[0] / shares[1])))
    probabilities = curve.probabilities(scores.words[unread])
    left = float(probabilities.sum())
    low, high = interval_of_left(curve, scores.words[unread])
    gained = np.concatenate([[0.0], np.cumsum(probabilities)])
    wanted = settings.target_recall * (included + left)
    to_target = int(np.argmax(included + gained >= wanted - 1e-9))
    sizes = [size for size in settings.more_reading if size < len(unread)]
    more = tuple(MoreReading(size, float(gained[size])) for size in (*sizes, len(unread)))
    return ScreeningProgress(
        *counts, left, low, high, included >= wanted, surely, p_value, to_target, more
    )


def interval_of_left(curve: Calibration, scores: Values) -> tuple[float, float]:
    """Return an interval, at 95 %, of the number of relevant papers among those with ``scores``.

    It has both uncertainties: of the curve (a normal distribution around the fit), and of each
    paper given its probability.
    """
    draw = np.random.default_rng(_SEED)
    drawn = draw.multivariate_normal(
        [curve.level, curve.slope], curve.covariance, _DRAWS, method="eigh"
    )
    # Like scores have like probabilities: so many steps stand for any number of papers.
    counts, edges = np.histogram(scores, bins=min(_STEPS_OF_SCORE, max(1, len(scores))))
    middles = (edges[:-1] + edges[1:]) / 2
    probabilities = _logistic(drawn[:, :1] + drawn[:, 1:] * middles)
    sums = draw.binomial(counts, probabilities).sum(axis=1)
    low, high = np.percentile(sums, _PERCENTILES)
    return float(low), float(high)


def _fit_logistic(
    columns: NDArray[np.float64], targets: Values
) -> tuple[Values, NDArray[np.floating[Any]]]:
    """Return coefficients and their covariance, by Newton's method."""
    fitted: NDArray[np.float64] = np.zeros(columns.shape[1])
    tiny = 1e-9 * np.eye(len(fitted))
    for _ in range(_STEPS):
        probabilities = _logistic(columns @ fitted)
        curvature = columns.T @ (columns * (probabilities * (1 - probabilities))[:, np.newaxis])
        step = np.linalg.solve(curvature + tiny, columns.T @ (targets - probabilities))
        # A long step would leave the region in which the curve is not flat.
        fitted = fitted + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    probabilities = _logistic(columns @ fitted)
    curvature = columns.T @ (columns * (probabilities * (1 - probabilities))[:, np.newaxis])
    return fitted, np.linalg.inv(curvature + tiny)


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import expit

    logistic: NDArray[np.float64] = expit(values)
    return logistic
