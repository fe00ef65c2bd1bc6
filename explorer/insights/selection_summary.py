"""Summary of selected papers: their topics, and the phrases that set them apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from explorer.arrays import Rows, evenly_spaced
from explorer.library.generation import Generation
from explorer.topics.communities import Topic
from explorer.topics.phrases import phrase_table

_MOST_READ = 200
"""Papers of which phrases are candidates."""
_MOST_WEIGHED = 40
"""Candidates whose papers are counted in the whole library."""
_LEAST_COMPLETE = 0.5
_LARGEST_SHARE = 0.25
"""Share of the library that may use a phrase that tells why two papers are near."""


@dataclass(frozen=True, slots=True)
class SelectionSummary:
    """Topics and characteristic phrases of selected papers."""

    topics: tuple[tuple[Topic, int], ...]
    """Topics of the finest level and how many of the papers are in them, most first."""
    keywords: tuple[str, ...]
    """Phrases that are more frequent in the papers than in the library, most distinctive first."""


class _Phrase(NamedTuple):
    """A phrase of some papers, weighed against the library."""

    weight: float
    lift: float
    """Its frequency in the papers, divided by that in the library."""
    key: str
    text: str
    in_title: bool
    """Whether the title of one of the papers has it."""


def summarise(generation: Generation, rows: Sequence[int], most: int = 8) -> SelectionSummary:
    """Return topics and up to ``most`` phrases of the papers in ``rows``."""
    chosen = np.unique(np.asarray(rows, dtype=np.int64))
    counts = Counter(generation.memberships[-1][chosen].tolist())
    finest = generation.levels[-1]
    topics = tuple((finest[index], papers) for index, papers in counts.most_common())
    return SelectionSummary(topics, _without_parts(_phrases(generation, chosen))[:most])


def shared_phrases(generation: Generation, row: int, other: int, most: int = 3) -> tuple[str, ...]:
    """Return phrases that two papers share and few others have, most distinctive first.

    A single word counts only if a title has it: abstracts share many that say little.
    """
    phrases = [
        phrase
        for phrase in _phrases(generation, np.unique(np.array([row, other], dtype=np.int64)))
        if phrase.lift * _LARGEST_SHARE >= 1 and (" " in phrase.key or phrase.in_title)
    ]
    return _without_parts(phrases)[:most]


def _phrases(generation: Generation, chosen: Rows) -> list[_Phrase]:
    """Return the phrases that are more frequent among ``chosen`` than in the library.

    Weighed by their share of the Kullback-Leibler divergence from the library, the heaviest first:
    frequent and rare elsewhere. Candidates are phrases of a sample; they are counted exactly by the
    word index.
    """
    sample = chosen[evenly_spaced(len(chosen), _MOST_READ)]
    table = phrase_table(generation.records[row] for row in sample.tolist())
    candidates = sorted(
        (key for key in table.papers if table.completeness[key] >= _LEAST_COMPLETE),
        key=lambda key: (-len(table.papers[key]) * (1 + key.count(" ")), key),
    )[:_MOST_WEIGHED]
    in_titles = {key for keys in table.in_title for key in keys}
    share = len(chosen) / max(generation.size, 1)
    phrases: list[_Phrase] = []
    for key in candidates:
        text = table.display[key]
        holding = generation.lexicon.rows_with_phrase(text, "text")
        here = int(np.isin(holding, chosen, assume_unique=True).sum())
        if here > 1:
            lift = here / max(len(holding) * share, 1e-9)
            weight = here * math.log(max(lift, 1e-9)) * (1 + 0.5 * key.count(" "))
            phrases.append(_Phrase(weight, lift, key, text, key in in_titles))
    phrases.sort(key=lambda phrase: (-phrase.weight, phrase.key))
    return [phrase for phrase in phrases if phrase.weight > 0]


def _without_parts(phrases: Sequence[_Phrase]) -> tuple[str, ...]:
    """Return the texts of ``phrases`` but of those that are part of a heavier one or contain it."""
    kept: list[_Phrase] = []
    for phrase in phrases:
        words = set(phrase.key.split())
        others = [set(other.key.split()) for other in kept]
        if not any(words <= other or other <= words for other in others):
            kept.append(phrase)
    return tuple(phrase.text for phrase in kept)
