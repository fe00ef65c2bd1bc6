"""Names of topics in other languages: phrases without function words, never whole clauses."""

from __future__ import annotations

import re

import numpy as np
import pytest

from explorer.embedders import open_embedder
from explorer.papers.function_words import FUNCTION_WORDS
from explorer.papers.paper import Paper
from explorer.topics.communities import TopicName
from explorer.topics.labelling import name_topics
from explorer.topics.phrases import contains_phrase, key_of, phrase_table
from tests.helpers.subjects import SUBJECTS

EMBEDDER = open_embedder("hashing")
MOST_CHARACTERS = 20


def papers_in(language: str) -> list[Paper]:
    return [
        Paper(title, subject.abstracts[number % len(subject.abstracts)])
        for subject in SUBJECTS[language]
        for number, title in enumerate(subject.titles)
    ]


def names_in(language: str) -> list[TopicName]:
    papers = papers_in(language)
    labels = np.repeat(np.arange(2, dtype=np.int32), len(papers) // 2)
    vectors = EMBEDDER.embed([paper.text for paper in papers])
    table = phrase_table(papers)
    names = name_topics(table, labels, np.zeros_like(labels), (), vectors, EMBEDDER.embed)
    return [names[0], names[1]]


@pytest.mark.parametrize("language", sorted(SUBJECTS))
def test_the_subjects_are_named(language: str) -> None:
    for name, subject in zip(names_in(language), SUBJECTS[language], strict=True):
        phrases = (name.label, *name.keywords)
        leading = " / ".join(phrases[:4]).casefold()
        assert any(word.casefold() in leading for word in subject.telling), phrases


@pytest.mark.parametrize("language", sorted(SUBJECTS))
def test_names_are_phrases_and_no_clauses(language: str) -> None:
    texts = [f"{paper.title}\n{paper.abstract}".casefold() for paper in papers_in(language)]
    for name in names_in(language):
        for phrase in (name.label, *name.keywords):
            assert len(phrase.split()) <= 4, phrase
            longest = max(phrase.split(), key=len)
            assert len(longest) <= MOST_CHARACTERS or longest.isascii(), phrase
            assert re.search("[。，、.,;:]", phrase) is None
            words = phrase.casefold().split()
            assert not {words[0], words[-1]} & FUNCTION_WORDS[language], phrase
            assert any(phrase.casefold() in text for text in texts), phrase


@pytest.mark.parametrize("language", sorted(SUBJECTS))
def test_papers_hold_the_names_that_are_counted(language: str) -> None:
    papers = papers_in(language)
    half = len(papers) // 2
    for name, own in zip(names_in(language), (papers[:half], papers[half:]), strict=True):
        holding = [contains_phrase(p)(key_of(name.label, p.language)) for p in own]
        assert sum(holding) == name.evidence > 1


def test_words_cut_in_two_ways_are_one_phrase() -> None:
    texts = ["深度神经网络", "神经网络训练", "一种神经网络的剪枝"]
    table = phrase_table([Paper(text) for text in texts])
    assert key_of("神经网络", "zh") == "神经 经网 网络"
    assert table.papers[key_of("神经网络", "zh")] == {0, 1, 2}


def test_elided_articles_are_not_part_of_a_name_but_prepositions_are() -> None:
    table = phrase_table(
        [Paper("L'image et la segmentation d'images", "Nous étudions l'image dans les villes.")] * 2
    )
    assert "segmentation d'images" in table.display.values()
    assert not any(phrase.startswith(("l'", "L'", "d'")) for phrase in table.display.values())


@pytest.mark.parametrize("language", ["zh", "ja", "th", "ko", "ru"])
def test_hostile_runs_take_no_time(language: str) -> None:
    unit = SUBJECTS[language][0].titles[0]
    phrase_table([Paper("t", unit * 2_000)] * 2)
