"""Words of a text that are near in meaning to a query that has none of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from explorer.arrays import Vectors
from explorer.embedders import DEFAULT_MODEL, open_embedder
from explorer.search.near_words import near_words

_AXES = {"robot": 0, "machine": 0, "walk": 1, "locomotion": 1, "tree": 2, "stand": 3, "legs": 4}


def _embed(words: Sequence[str]) -> Vectors:
    vectors = np.zeros((len(words), 8), dtype=np.float32)
    for row, word in enumerate(words):
        vectors[row, _AXES.get(word.casefold(), 7)] = 1.0
        if word.casefold() == "machine":
            vectors[row] = [0.8, 0, 0, 0.6, 0, 0, 0, 0]
    return vectors


def test_each_word_of_the_query_gets_the_nearest_word_best_first() -> None:
    pairs = near_words("robot walk", "The machine uses Locomotion on legs.", _embed)
    assert pairs == (("walk", "Locomotion"), ("robot", "machine"))


def test_words_that_are_far_or_short_or_common_are_left_out() -> None:
    assert near_words("tree", "A machine with legs.", _embed) == ()
    assert near_words("the of and", "A machine.", _embed) == ()
    assert near_words("robot", "", _embed) == ()


def test_one_word_of_the_text_stands_for_one_word_of_the_query() -> None:
    pairs = near_words("walk locomotion", "Locomotion.", _embed)
    assert len(pairs) == 1


@pytest.mark.slow
def test_the_model_knows_words_of_one_subject() -> None:
    embedder = open_embedder(DEFAULT_MODEL)
    text = "We train a quadruped for locomotion over rough terrain."
    (asked, word), *_ = near_words("walking", text, embedder.embed)
    assert (asked, word) == ("walking", "locomotion")
