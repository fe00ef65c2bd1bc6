"""Common English words by the vocabulary of the default model."""

from __future__ import annotations

import pytest

from explorer.embedders.common_words import common_words, is_common_word


@pytest.mark.parametrize("word", ["insect", "insects", "parrots", "churches", "test", "learning"])
def test_common_words_and_their_plurals_are_known(word: str) -> None:
    assert is_common_word(word)


@pytest.mark.parametrize("word", ["sarcsm", "lerning", "leaing", "detecton", "##ing", "[cls]", ""])
def test_errors_and_parts_of_words_are_not(word: str) -> None:
    assert not is_common_word(word)
    assert word not in common_words()
