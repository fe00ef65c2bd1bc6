"""Summary of selected papers: their topics, and the phrases that set them apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.arrays import evenly_spaced
from explorer.library.generation import Generation
from explorer.topics.communities import Topic
from explorer.topics.phrases import phrase_table

_MOST_READ = 200
"""Papers of which phrases are candidates."""
_MOST_WEIGHED = 40
"""Candidates whose papers are counted in the whole library."""
_LEAST_COMPLETE = 0.5


@dataclass(frozen=True, slots=True)
class SelectionSummary:
    """Topics and characteristic phrases of selected papers."""

    topics: tuple[tuple[Topic, int], ...]
    """Topics of the finest level and how many of the papers are in them, most first."""
    keywords: tuple[str, ...]
    """Phrases that are more frequent in the papers than in the library, most distinctive first."""


def summarise(generation: Generation, rows: Sequence[int], most: int = 8) -> SelectionSummary:
    """Return topics and up to ``most`` phrases of the papers in ``rows``."""
    chosen = np.unique(np.asarray(rows, dtype=np.int64))
    counts = Counter(generation.memberships[-1][chosen].tolist())
    finest = generation.levels[-1]
    topics = tuple((finest[index], papers) for index, papers in counts.most_common())
    return SelectionSummary(topics, _keywords(generation, chosen, most))


def _keywords(
    generation: Generation, chosen: np.ndarray[tuple[int], np.dtype[np.int64]], most: int
) -> tuple[str, ...]:
    """Return the phrases whose papers are most over-represented among ``chosen``.

    Weighed by their share of the Kullback-Leibler divergence from the library: frequent and rare
    elsewhere. Candidates are phrases of a sample; they are counted exactly by the word index.
    """
    sample = chosen[evenly_spaced(len(chosen), _MOST_READ)]
    table = phrase_table(generation.records[row] for row in sample.tolist())
    candidates = sorted(
        (key for key in table.papers if table.completeness[key] >= _LEAST_COMPLETE),
        key=lambda key: (-len(table.papers[key]) * (1 + key.count(" ")), key),
    )[:_MOST_WEIGHED]
    share = len(chosen) / max(generation.size, 1)
    weights: dict[str, float] = {}
    for key in candidates:
        holding = generation.lexicon.rows_with_phrase(table.display[key], "text")
        here = int(np.isin(holding, chosen, assume_unique=True).sum())
        if here > 1:
            lift = here / max(len(holding) * share, 1e-9)
            weights[key] = here * math.log(max(lift, 1e-9)) * (1 + 0.5 * key.count(" "))
    ranked = sorted((key for key in weights if weights[key] > 0), key=lambda k: (-weights[k], k))
    kept: list[str] = []
    for key in ranked:
        words = set(key.split())
        if not any(words <= set(other.split()) or set(other.split()) <= words for other in kept):
            kept.append(key)
    return tuple(table.display[key] for key in kept[:most])
