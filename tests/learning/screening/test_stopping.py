"""When a review may stop."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from explorer.embedders import open_embedder
from explorer.learning.screening.features import ReviewFeatures, word_features
from explorer.learning.screening.ranking import EXCLUDED, INCLUDED, UNREAD, screening_scores
from explorer.learning.screening.stopping import (
    ScreeningProgress,
    calibration,
    interval_of_left,
    missed_target_p_value,
    screening_progress,
)
from tests.learning.screening.test_ranking import TEXTS, TRUTH


def test_the_p_value_is_that_of_drawing_so_few_by_chance() -> None:
    # One relevant paper first, then 20 irrelevant ones, of 30: had the target of .95 been missed,
    # at least one more would be among the other 29.
    read = [True] + [False] * 20
    assert missed_target_p_value(read, 30, 0.95) == pytest.approx(comb(28, 20) / comb(29, 20))
    assert missed_target_p_value([], 30, 0.95) == 1.0
    assert missed_target_p_value([False] * 29, 30, 0.95) == 1.0
    assert missed_target_p_value(read, 21, 0.95) == 0.0


def test_the_confident_test_keeps_its_promise_on_random_orders() -> None:
    draw = np.random.default_rng(1)
    truth = np.arange(400) < 40
    too_early = 0
    for _ in range(20):
        order = draw.permutation(truth)
        stops = (
            n for n in range(100, 400, 25) if missed_target_p_value(order[:n], 400, 0.95) < 0.05
        )
        at = next(stops, 400)
        too_early += order[:at].sum() < 38
    assert too_early <= 2


def test_probabilities_follow_the_labels() -> None:
    draw = np.random.default_rng(2)
    scores = draw.normal(size=4_000)
    relevant = draw.random(4_000) < 1 / (1 + np.exp(-(2 * scores - 3)))
    curve = calibration(scores, relevant)
    assert curve.slope == pytest.approx(2, abs=0.2)
    assert curve.level == pytest.approx(-3, abs=0.25)
    assert curve.probabilities(scores).sum() == pytest.approx(relevant.sum(), rel=0.05)


def test_scores_that_mislead_give_every_paper_the_same_probability() -> None:
    scores = np.linspace(-1, 1, 40)
    curve = calibration(scores, scores < -0.5)
    assert curve.slope == 0
    assert np.ptp(curve.probabilities(scores)) == 0


def test_the_interval_holds_the_truth_nine_times_of_ten() -> None:
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(20):
        scores = draw.normal(size=600)
        relevant = draw.random(600) < 1 / (1 + np.exp(-(2 * scores - 2)))
        curve = calibration(scores[:150], relevant[:150])
        low, high = interval_of_left(curve, scores[150:])
        held += low <= relevant[150:].sum() <= high
    assert held >= 18


def _progress(read: list[int]) -> ScreeningProgress:
    features = ReviewFeatures(open_embedder("hashing").embed(TEXTS), word_features(TEXTS))
    labels = np.full(len(TEXTS), UNREAD, dtype=np.int8)
    for row in read:
        labels[row] = INCLUDED if TRUTH[row] else EXCLUDED
    return screening_progress(screening_scores(features, labels), labels, read)


def test_too_few_labels_light_no_lamp() -> None:
    progress = _progress([60, *range(10)])
    assert (progress.labelled, progress.included, progress.left) == (11, 1, None)
    assert (progress.low, progress.high, progress.to_target) == (0, 69, None)
    assert not progress.probably_enough
    assert not progress.surely_enough


def test_irrelevant_papers_in_a_row_light_no_lamp() -> None:
    progress = _progress([60, 61, 62, 63, *range(30)])
    assert progress.left is not None
    assert progress.left > 8
    assert not progress.probably_enough
    assert not progress.surely_enough


def test_a_separable_review_is_probably_done_soon_and_surely_later() -> None:
    early, late = _progress([*range(60, 80), *range(40)]), _progress([*range(60, 80), *range(55)])
    assert early.probably_enough
    assert not early.surely_enough
    assert early.to_target == 0
    assert early.low <= 0 <= early.high
    assert late.surely_enough


def test_more_reading_brings_what_is_left_in_the_end() -> None:
    progress = _progress([*range(60, 72), *range(15)])
    assert progress.left == pytest.approx(progress.more[-1].relevant)
    assert progress.more[-1].papers == progress.unread == 53
    yields = [more.relevant for more in progress.more]
    assert yields == sorted(yields)


def test_a_review_that_is_read_is_done() -> None:
    progress = _progress([*range(80)])
    assert progress.probably_enough
    assert progress.surely_enough
    assert (progress.left, progress.to_target, progress.p_value) == (0, 0, 0)
