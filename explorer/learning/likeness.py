"""Likeness to examples: the nearest of a reader's papers, not their average."""

from __future__ import annotations

import numpy as np

from explorer.arrays import Scores, Vectors
from explorer.settings import SearchSettings


def likeness(vectors: Scores, examples: Scores, settings: SearchSettings) -> Scores:
    """Return the likeness of each of ``vectors`` to ``examples``, shape (papers,).

    It is the mean cosine to the nearest ``settings.examples_at_once`` examples, or to all if there
    are fewer.

    Args:
        vectors: unit vectors of papers, shape (papers, dimension); ``examples`` likewise.
    """
    few = min(settings.examples_at_once, len(examples))
    cosines = vectors @ examples.T
    nearest = np.partition(cosines, len(examples) - few, axis=1)[:, len(examples) - few :]
    means: Scores = nearest.mean(axis=1).astype(np.float32)
    return means


def likeness_to_desk(
    vectors: Vectors, stars: Vectors, dismissed: Vectors, settings: SearchSettings
) -> Scores:
    """Return the likeness to ``stars``, less a share of the cosine to the nearest dismissed paper.

    Args:
        vectors: unit vectors of papers, shape (papers, dimension); the others likewise.
        stars: one or more; ``dismissed``: any number.
    """
    score = likeness(vectors, stars, settings)
    if len(dismissed):
        nearest = (vectors @ dismissed.T).max(axis=1)
        score = score - settings.unlike_weight * np.clip(nearest, 0.0, None)
    return score.astype(np.float32)
