"""Words of a text that are near in meaning to those of a query, where the text has none of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from explorer.arrays import Vectors
from explorer.index.analysis import tokens
from explorer.index.full_text import STOP_WORDS
from explorer.papers.language import ENGLISH
from explorer.topics.filler_words import FILLER_WORDS

_LEAST_COSINE = 0.5
"""Cosine from which a reader sees that two words have to do with each other."""
_MOST_PAIRS = 2
_SHORTEST = 4
"""Letters of a word; shorter ones are mostly abbreviations, which a model does not know alone."""


def near_words(
    query: str, text: str, embed: Callable[[Sequence[str]], Vectors]
) -> tuple[tuple[str, str], ...]:
    """Return pairs of a word of the query and the word of ``text`` nearest to it, nearest first.

    Args:
        embed: returns unit vectors of words, shape (words, dimension).
    """
    sought = _words(query, STOP_WORDS)
    there = _words(text, STOP_WORDS | FILLER_WORDS[ENGLISH])
    if not sought or not there:
        return ()
    vectors = embed([*sought, *there])
    cosines = vectors[: len(sought)] @ vectors[len(sought) :].T
    nearest = cosines.argmax(axis=1)
    best = cosines.max(axis=1)
    pairs: dict[str, str] = {}
    for index in np.argsort(-best, kind="stable").tolist():
        word = there[int(nearest[index])]
        if best[index] >= _LEAST_COSINE and word not in pairs.values():
            pairs[sought[index]] = word
    return tuple(pairs.items())[:_MOST_PAIRS]


def _words(text: str, left_out: Collection[str]) -> list[str]:
    """Return the distinct words of ``text``, as written, without those of no meaning."""
    words = (text[token.start : token.end] for token in tokens(text))
    distinct = {
        word.casefold(): word
        for word in words
        if len(word) >= _SHORTEST and word.isalpha() and word.casefold() not in left_out
    }
    return list(distinct.values())
