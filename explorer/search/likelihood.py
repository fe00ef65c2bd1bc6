"""The likelihood that a hit has to do with the query: absolute, comparable across queries.

Scores rank the hits of one query; the best has nearly 1 even where nothing fits. The likelihood
rests on two measurements that mean the same for every query: where the cosine lies between what
unrelated texts and what titles reach in this library (:mod:`explorer.index.cosine_scale`), and the
share of the query's words in the paper, each word by its rarity. ``docs/search.md`` has figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.index.cosine_scale import stored_scale
from explorer.index.full_text import QueryWord
from explorer.library.generation import Generation

LIKELY = 0.5
"""Likelihood below which a hit counts as unrelated."""
ALL_WORDS = 0.995
"""Share of words from which a paper has all of them; shares are rounded."""
_WEIGHT_OF_WORDS = 0.9
"""Weight of the share of words, where the span from unrelated to related cosines is 1."""
_MIDDLE = 0.5
_STEEPNESS = 4.0


def word_shares(generation: Generation, words: Sequence[QueryWord]) -> dict[QueryWord, float]:
    """Return the weight of each word of a query, in all 1; the rarer in the library, the more."""
    rarity = np.array([generation.lexicon.rarity(word) for word in words])
    total = float(rarity.sum())
    if total <= 0:
        return dict.fromkeys(words, 1.0 / max(len(words), 1))
    return dict(zip(words, (rarity / total).tolist(), strict=True))


def nearness(
    generation: Generation,
    queries: NDArray[np.float32] | None,
    rows: Sequence[int],
    *,
    of_papers: bool = False,
) -> list[float | None]:
    """Return how near each hit is: 0 as an unrelated text is, 1 as a title is to another paper.

    Args:
        queries: unit vectors of a query, shape (vectors, dimension); the nearest of them counts.
            None, without them or without a scale, where nothing is measured.
        of_papers: whether the query is made of papers, which are nearer to papers than a text is.
    """
    scale = stored_scale(generation.manifest.scale)
    if queries is None or scale is None or not rows:
        return [None] * len(rows)
    related = scale.paper if of_papers else scale.title
    cosines = generation.engine.vectors(np.array(rows, dtype=np.int64)) @ queries.T
    near = (cosines.max(axis=1) - scale.unrelated) / (related - scale.unrelated)
    return [round(float(value), 3) for value in near]


def likelihood(near: float | None, matched: float) -> float | None:
    """Return the likelihood of a hit, from 0 to 1; None without a nearness.

    Args:
        near: see :func:`nearness`. Models do not know every name, so it does not count against a
            paper that has all words of the query.
        matched: the share of the query's words in the paper; see :func:`word_shares`.
    """
    if near is None:
        return None
    if matched >= ALL_WORDS:
        near = max(near, 0.0)
    evidence = near + _WEIGHT_OF_WORDS * matched - _MIDDLE
    return round(1.0 / (1.0 + math.exp(-_STEEPNESS * evidence)), 3)
