"""Hits made of ranked rows, each with its explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from explorer.index.full_text import QueryWord
from explorer.library.generation import Generation
from explorer.search.model import Explanation, Hit
from explorer.search.ranking import Ranking
from explorer.search.word_matches import first_forms, key_sentence, matched_words


def make_hit(
    generation: Generation,
    rank: int,
    ranking: Ranking,
    index: int,
    wanted: Mapping[QueryWord, float],
) -> Hit:
    """Return the candidate at ``index`` as a hit.

    Args:
        wanted: the query's words with their weights, which add up to 1.
    """
    row = int(ranking.rows[index])
    paper = generation.records[row]
    total = float(ranking.meaning[index] + ranking.words[index])
    meaning = round(float(ranking.meaning[index]) / total, 3) if total > 0 else 0.0
    matches = matched_words(paper, wanted)
    why = Explanation(
        meaning=meaning,
        words=round(1.0 - meaning, 3) if total > 0 else 0.0,
        matched=first_forms(matches, wanted),
        sentence=key_sentence(paper, list(dict.fromkeys(matches.values()))),
        coverage=round(sum(wanted[word] for word in set(matches.values())), 3),
    )
    score = round(float(ranking.score[index]), 4)
    return Hit(rank, row, paper, score, generation.topics_of(row)[-1], why)


def with_nearest_example(
    generation: Generation, hits: tuple[Hit, ...], like: Sequence[int]
) -> tuple[Hit, ...]:
    """Return ``hits``, each with the nearest of the examples in the rows ``like``."""
    if not like or not hits:
        return hits
    examples = generation.engine.vectors(np.array(like, dtype=np.int64))
    rows = np.array([hit.row for hit in hits], dtype=np.int64)
    nearest = (generation.engine.vectors(rows) @ examples.T).argmax(axis=1)
    ids = generation.records.ids
    return tuple(
        replace(hit, why=replace(hit.why, example=ids[like[int(index)]]))
        for hit, index in zip(hits, nearest, strict=True)
    )
