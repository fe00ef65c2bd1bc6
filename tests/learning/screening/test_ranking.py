"""The order in which papers of a review are read."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.embedders import open_embedder
from explorer.learning.screening.features import ReviewFeatures, word_features
from explorer.learning.screening.ranking import (
    EXCLUDED,
    INCLUDED,
    UNREAD,
    class_weights,
    left_out_ridge,
    retraining_is_due,
    screening_scores,
    telling_sentence,
)
from explorer.settings import ScreeningSettings

RELEVANT = [
    f"Triptans against migraine in trial {n}. Headache relief was measured." for n in range(20)
]
OTHERS = [f"Cache compression for language model {n}. Throughput was measured." for n in range(60)]
TEXTS = [*OTHERS, *RELEVANT]
TRUTH = np.array([False] * 60 + [True] * 20)


@pytest.fixture(scope="module")
def features() -> ReviewFeatures:
    return ReviewFeatures(open_embedder("hashing").embed(TEXTS), word_features(TEXTS))


def test_scores_left_out_are_those_of_a_fit_without_the_paper() -> None:
    draw = np.random.default_rng(0)
    points = draw.normal(size=(12, 5))
    targets = np.where(draw.random(12) < 0.4, 1.0, -1.0)
    weights = draw.uniform(0.2, 3.0, 12)
    _, left_out = left_out_ridge(points @ points.T, targets, weights, 2.0)
    for row in range(12):
        others = np.arange(12) != row
        known = points[others]
        dual, _ = left_out_ridge(known @ known.T, targets[others], weights[others], 2.0)
        assert left_out[row] == pytest.approx(points[row] @ known.T @ dual)


def test_excluded_papers_weigh_a_fixed_part_together() -> None:
    labels = np.array([INCLUDED] * 2 + [EXCLUDED] * 30, dtype=np.int8)
    weights = class_weights(labels, 1 / 9.8)
    assert weights[2:].sum() == pytest.approx(weights[:2].sum() / 9.8)
    assert weights.sum() == pytest.approx(32)
    assert class_weights(labels[:2], 1 / 9.8).tolist() == [1, 1]


def test_two_labels_bring_the_relevant_papers_first(features: ReviewFeatures) -> None:
    labels = np.full(80, UNREAD, dtype=np.int8)
    labels[0], labels[60] = EXCLUDED, INCLUDED
    following = screening_scores(features, labels).unread_in_order(labels)
    assert len(following) == 78
    assert TRUTH[following[:19]].all()


def test_a_question_orders_papers_before_any_label_and_fades(features: ReviewFeatures) -> None:
    asked = ReviewFeatures(features.vectors, features.words, TRUTH + 0.0)
    labels = np.full(80, UNREAD, dtype=np.int8)
    first = screening_scores(asked, labels).unread_in_order(labels)
    assert TRUTH[first[:20]].all()
    misleading = ReviewFeatures(features.vectors, features.words, 1.0 - TRUTH)
    labels[60:65], labels[0] = INCLUDED, EXCLUDED
    following = screening_scores(misleading, labels).unread_in_order(labels)
    assert TRUTH[following[:15]].all()


def test_excluded_papers_alone_do_not_drive_away_from_the_question(
    features: ReviewFeatures,
) -> None:
    asked = ReviewFeatures(features.vectors, features.words, TRUTH + 0.0)
    labels = np.full(80, UNREAD, dtype=np.int8)
    labels[[60, 61, 62]] = EXCLUDED
    following = screening_scores(asked, labels).unread_in_order(labels)
    assert TRUTH[following[:17]].all()


@pytest.mark.parametrize("kind", [INCLUDED, EXCLUDED])
def test_labels_of_one_kind_are_enough_to_rank(features: ReviewFeatures, kind: int) -> None:
    labels = np.full(80, UNREAD, dtype=np.int8)
    labels[[60, 61]] = kind
    following = screening_scores(features, labels).unread_in_order(labels)
    wanted = kind == INCLUDED
    assert (TRUTH[following[:18]] == wanted).all()


def test_without_labels_and_question_papers_keep_their_order(features: ReviewFeatures) -> None:
    labels = np.full(80, UNREAD, dtype=np.int8)
    assert screening_scores(features, labels).unread_in_order(labels).tolist() == [*range(80)]


def test_texts_without_a_word_can_be_ranked() -> None:
    words = word_features(["", "?"])
    features = ReviewFeatures(np.eye(2, 4, dtype=np.float32), words)
    scores = screening_scores(features, np.array([INCLUDED, UNREAD], dtype=np.int8))
    assert np.isfinite(scores.order).all()
    assert telling_sentence(("a word",), features, scores.term_weights) == "a word"


def test_of_very_many_labels_a_part_is_trained_on(features: ReviewFeatures) -> None:
    labels = np.where(TRUTH, INCLUDED, EXCLUDED).astype(np.int8)
    settings = ScreeningSettings(most_trained_on=30)
    trained_on = screening_scores(features, labels, settings).trained_on
    assert len(trained_on) == 30
    assert TRUTH[trained_on].sum() == 15


def test_the_sentence_with_the_words_of_included_papers_speaks_for_one(
    features: ReviewFeatures,
) -> None:
    labels = np.full(80, UNREAD, dtype=np.int8)
    labels[0], labels[60] = EXCLUDED, INCLUDED
    weights = screening_scores(features, labels).term_weights
    sentences = ("Throughput of the cache was measured.", "Relief of migraine by triptans.")
    assert telling_sentence(sentences, features, weights) == sentences[1]
    assert telling_sentence((), features, weights) == ""


def test_each_label_trains_at_first_and_every_twentieth_part_later() -> None:
    assert retraining_is_due(20, 19)
    assert not retraining_is_due(100, 96)
    assert retraining_is_due(100, 95)
    assert not retraining_is_due(300, 286)
