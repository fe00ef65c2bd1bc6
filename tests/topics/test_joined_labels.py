"""Labels of several parts, and who gets which label."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.library.store import LibraryStore
from explorer.topics.candidates import Candidate, TopicLevel
from explorer.topics.communities import Topic
from explorer.topics.distinct_labels import assign_labels
from explorer.topics.joined_labels import COVERED, Coverage, further_parts, joined_label, parts_of

PARSING, TRANSLATION, SPEECH = np.eye(3, dtype=np.float32)


def candidate(topic: int, label: str, score: float = 0.0, vector: object = PARSING) -> Candidate:
    return Candidate(topic, label, frozenset(label.split()), score, np.asarray(vector))


@pytest.mark.parametrize(
    "parts",
    [
        ["machine translation"],
        ["machine translation", "parsing"],
        ["machine translation", "parsing", "WordNet"],
        ["机器翻译", "句法分析"],
    ],
)
def test_a_joined_label_has_its_parts(parts: list[str]) -> None:
    assert parts_of(joined_label(parts)) == parts


def papers(translation: int, parsing: int, speech: int) -> np.ndarray:
    vectors = np.repeat([TRANSLATION, PARSING, SPEECH], [translation, parsing, speech], axis=0)
    return np.asarray(vectors, dtype=np.float32)


def level_of(labels: list[int]) -> TopicLevel:
    return TopicLevel.of(np.array(labels), np.zeros(len(labels), dtype=np.int32))


def test_a_topic_of_two_subjects_is_called_by_both() -> None:
    vectors = papers(translation=12, parsing=18, speech=60)
    level = level_of([0] * 30 + [1] * 60)
    first = candidate(0, "machine translation", 3.0, TRANSLATION)
    others = [
        candidate(0, "translation systems", 2.0, TRANSLATION),
        candidate(0, "dependency parsing", 1.0, PARSING),
    ]
    parts = further_parts({0: first}, {0: [first, *others]}, level, vectors, set())
    assert [part.label for part in parts[0]] == ["machine translation", "dependency parsing"]


def test_a_label_of_most_of_its_topic_stays_alone() -> None:
    vectors = papers(translation=18, parsing=12, speech=60)
    level = level_of([0] * 30 + [1] * 60)
    first = candidate(0, "machine translation", 3.0, TRANSLATION)
    assert Coverage(vectors).of(TRANSLATION[None], level.members[0]).mean() >= COVERED
    other = candidate(0, "dependency parsing", 1.0, PARSING)
    parts = further_parts({0: first}, {0: [first, other]}, level, vectors, set())
    assert parts == {0: [first]}


def test_of_two_topics_the_one_that_a_label_suits_better_gets_it() -> None:
    wanted = {
        0: [candidate(0, "parsing", 2.0), candidate(0, "treebanks", 1.0)],
        1: [candidate(1, "parsing", 3.0), candidate(1, "grammars", 2.9)],
    }
    labels = assign_labels(wanted)
    assert {topic: label.label for topic, label in labels.items()} == {0: "treebanks", 1: "parsing"}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_topic_would_rather_have_a_label_that_another_wants_less(data: st.DataObject) -> None:
    scores = data.draw(
        st.lists(st.lists(st.floats(0, 9), min_size=1, max_size=5), min_size=1, max_size=6)
    )
    wanted = {
        topic: sorted(
            (candidate(topic, str(n), score) for n, score in enumerate(own)),
            key=lambda c: -c.score,
        )
        for topic, own in enumerate(scores)
    }
    labels = assign_labels(wanted)
    holders = {label.words: label for label in labels.values()}
    assert len(holders) == len(labels)
    for topic, own in wanted.items():
        mine = labels[topic].score if topic in labels else -1.0
        for better in (c for c in own if c.score > mine):
            assert holders[better.words].score >= better.score


@pytest.mark.slow
def test_a_mixed_topic_whose_papers_hardly_use_its_name_is_called_by_its_subtopics(
    seed_library: LibraryStore,
) -> None:
    generation = seed_library.open()
    below: dict[str, list[Topic]] = defaultdict(list)
    for topic in generation.topics.values():
        below[topic.parent].append(topic)
    by_subtopics = [
        topic
        for topic in generation.topics.values()
        if len(below[topic.id]) > 1
        and {part.casefold() for part in parts_of(topic.label)}
        == {child.label.casefold() for child in below[topic.id]}
    ]
    assert by_subtopics
    for topic in by_subtopics:
        used = sum(child.evidence for child in below[topic.id])
        assert used >= 0.2 * topic.size
        assert topic.evidence >= max(child.evidence for child in below[topic.id])
