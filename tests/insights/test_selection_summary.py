"""What papers chosen on the map have in common."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np

from explorer.insights.selection_summary import shared_phrases, summarise
from explorer.library.store import LibraryStore


def test_a_topics_papers_are_told_by_their_own_words(hashing_library: LibraryStore) -> None:
    generation = hashing_library.open()
    large = [topic for topic in generation.levels[0] if topic.size >= 8]
    assert large
    for topic in large:
        rows = generation.members(topic)
        found = summarise(generation, rows.tolist())
        assert sum(papers for _, papers in found.topics) == len(rows)
        counts = [papers for _, papers in found.topics]
        assert counts == sorted(counts, reverse=True)
        assert 0 < len(found.keywords) <= 8
        for keyword in found.keywords:
            holding = generation.lexicon.rows_with_phrase(keyword, "text")
            here = np.isin(holding, rows).sum()
            assert here / len(holding) > len(rows) / generation.size


def test_topics_are_counted_as_the_papers_are(hashing_library: LibraryStore) -> None:
    generation = hashing_library.open()
    rows = [0, 3, 4, 11, 30]
    expected = Counter(generation.topics_of(row)[-1].id for row in rows)
    assert {topic.id: n for topic, n in summarise(generation, rows).topics} == dict(expected)


def test_a_single_paper_and_none_have_nothing_in_common(hashing_library: LibraryStore) -> None:
    generation = hashing_library.open()
    assert summarise(generation, [5]).keywords == ()
    assert summarise(generation, []).topics == ()


def test_two_papers_share_phrases_that_both_have_and_few_others(
    hashing_library: LibraryStore,
) -> None:
    generation = hashing_library.open()
    topic = next(topic for topic in generation.levels[0] if topic.size >= 8)
    rows = generation.members(topic).tolist()[:6]
    shared = {pair: shared_phrases(generation, *pair) for pair in combinations(rows, 2)}
    assert any(shared.values())
    for pair, phrases in shared.items():
        assert len(phrases) <= 3
        for phrase in phrases:
            holding = generation.lexicon.rows_with_phrase(phrase, "text")
            assert set(pair) <= set(holding.tolist())
            assert len(holding) <= generation.size / 4
