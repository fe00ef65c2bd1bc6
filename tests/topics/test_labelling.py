"""Names of topics: phrases as papers write them, each for one topic only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.arrays import Labels, Vectors
from explorer.embedders import open_embedder
from explorer.index.analysis import stem
from explorer.index.full_text import STOP_WORDS
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.topics import labelling
from explorer.topics.candidates import phrase_scores, words_of
from explorer.topics.communities import Topic, TopicName
from explorer.topics.joined_labels import parts_of
from explorer.topics.labelling import capitalised_label, name_topics
from explorer.topics.phrases import contains_phrase, phrase_table
from tests.helpers.corpus import keys_in

FILLER = frozenset(
    "paper papers method methods approach propose proposed novel results experiments show "
    "significantly extensive existing various state-of-the-art improves effectively".split()
)
EMBEDDER = open_embedder("hashing")


@pytest.fixture(params=["hashing_library", "seed_library"])
def generation(request: pytest.FixtureRequest) -> Generation:
    library: LibraryStore = request.getfixturevalue(str(request.param))
    return library.open()


def embed(phrases: Sequence[str]) -> Vectors:
    return EMBEDDER.embed(phrases)


def named(
    papers: Sequence[Paper],
    labels: Sequence[int],
    parents: Sequence[int] = (),
    parent_names: Sequence[TopicName] = (),
) -> list[TopicName]:
    own: Labels = np.array(labels, dtype=np.int32)
    above: Labels = np.array(parents or [0] * len(labels), dtype=np.int32)
    vectors = EMBEDDER.embed([paper.text for paper in papers])
    names = name_topics(phrase_table(papers), own, above, parent_names, vectors, embed)
    return [
        replace(names[number], label=capitalised_label(names[number].label))
        for number in sorted(names)
    ]


def flat(text: str) -> str:
    """Return ``text`` as its letters and digits, without case."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def test_every_label_and_keyword_stands_in_papers_of_its_topic(generation: Generation) -> None:
    for level in generation.levels:
        for topic in level:
            rows = generation.members(topic)
            texts = [flat(generation.records[int(row)].text) for row in rows]
            stems = [" ".join(stem(word) for word in text.split()) for text in texts]
            for phrase in (*parts_of(topic.label), *topic.keywords):
                key = " ".join(stem(word) for word in flat(phrase).split())
                holders = sum(f" {key} " in f" {text} " for text in stems)
                assert holders >= min(2, topic.size), (topic.label, phrase)


def test_no_two_topics_of_a_level_share_a_name(generation: Generation) -> None:
    for level in generation.levels:
        keys = [frozenset(stem(word) for word in flat(topic.label).split()) for topic in level]
        assert len(set(keys)) == len(level)


def test_stop_words_and_filler_neither_begin_nor_end_a_name(generation: Generation) -> None:
    for level in generation.levels:
        for topic in level:
            for phrase in (*parts_of(topic.label), *topic.keywords):
                listed = phrase.casefold().split()
                assert listed[0] not in STOP_WORDS | FILLER, phrase
                assert listed[-1] not in STOP_WORDS | FILLER, phrase


def test_labels_are_phrases_and_keywords_repeat_neither_label_nor_each_other(
    generation: Generation,
) -> None:
    for level in generation.levels:
        for topic in level:
            for part in parts_of(topic.label):
                assert re.fullmatch(r"\S+( \S+){0,3}", part), topic.label
            assert topic.label not in topic.keywords
            assert len(set(topic.keywords)) == len(topic.keywords) >= 3
            assert not re.search(r"Topic \d|\(\d", topic.label)


def with_parents(generation: Generation) -> list[tuple[Topic, Topic]]:
    """Return each topic below the first level with the one that it is a part of."""
    below = [topic for level in generation.levels[1:] for topic in level]
    return [(topic, generation.topics[topic.parent]) for topic in below]


def test_a_part_of_a_topic_has_a_name_of_its_own(generation: Generation) -> None:
    parts = [pair for pair in with_parents(generation) if pair[0].size < pair[1].size]
    assert parts
    for topic, parent in parts:
        assert topic.label != parent.label


def test_an_undivided_topic_keeps_the_name_of_its_parent() -> None:
    papers = [
        *(Paper(f"Video diffusion with camera control {i}", "Camera control.") for i in range(3)),
        *(Paper(f"Video diffusion with human motion {i}", "Human motion.") for i in range(3)),
        *(Paper(f"Liver segmentation {i}", "An atlas for liver segmentation.") for i in range(4)),
    ]
    coarse = [0] * 6 + [1] * 4
    above = named(papers, coarse)
    # The numbers of the finer level are others, as where topics are sorted by size.
    below = named(papers, [1] * 3 + [2] * 3 + [0] * 4, coarse, above)
    assert (below[0].label, below[0].keywords) == (above[1].label, above[1].keywords)
    assert above[0].label not in {name.label for name in below}


def test_the_seed_has_a_level_on_which_some_topics_are_cut(seed_library: LibraryStore) -> None:
    assert len(seed_library.open().levels) > 1


def test_acronyms_keep_their_case_and_plain_words_have_none() -> None:
    papers = [
        Paper("Fast LLM Serving at Scale", "We study LLM serving. LLM serving is costly."),
        Paper("LLM Serving on GPUs", "LLM serving on a GPU, and more LLM serving."),
        Paper("Scheduling for LLM Serving", "We look at LLM serving again."),
        Paper("Liver Segmentation by Atlas", "Our liver segmentation needs no scans."),
        Paper("Liver Segmentation Again", "More liver segmentation with an atlas."),
        Paper("Atlases for Liver Segmentation", "Good liver segmentation from an atlas."),
    ]
    assert [name.label for name in named(papers, [0, 0, 0, 1, 1, 1])] == [
        "LLM serving",
        "Liver segmentation",
    ]


def test_a_subtopic_does_not_take_the_name_of_its_parent() -> None:
    papers = [
        Paper(f"Video diffusion with {kind} number {i}", f"Video diffusion and {kind} again.")
        for kind in ("camera control", "human motion")
        for i in range(3)
    ]
    (top,) = named(papers, [0] * 6)
    assert top.label == "Video diffusion"
    below = named(papers, [0, 0, 0, 1, 1, 1], [0] * 6, [top])
    assert [name.label for name in below] == ["Camera control", "Human motion"]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("dialogue systems", "dialog systems"),
        ("colour constancy", "color constancy"),
        ("text summarisation", "text summarization"),
        ("behaviour analysis", "behavior analysis"),
    ],
)
def test_a_subtopic_is_not_called_as_its_parent_in_another_spelling(above: str, below: str) -> None:
    papers = [
        *(Paper(f"{below} for item {n}", abstract=f"We study {below} at depth.") for n in range(8)),
        *(Paper(f"protein folding {n}", abstract="We study protein folding.") for n in range(8)),
    ]
    (one, _) = named(papers, [0] * 8 + [1] * 8, [0] * 16, [TopicName(above, ())])
    assert one.label.casefold() != below


def test_naming_is_the_same_every_time(corpus: list[Paper]) -> None:
    labels = [i // 10 for i in range(40)]
    assert named(corpus, labels) == named(corpus, labels)


def test_the_four_subjects_get_telling_names(corpus: list[Paper]) -> None:
    labels = [name.label for name in named(corpus, [i // 10 for i in range(40)])]
    for label, telling in zip(
        labels, ("liver|CT|scan", "video", "KV cache|serving", "molecul|protein|atom"), strict=True
    ):
        assert re.search(telling, label, re.IGNORECASE), label


@pytest.mark.parametrize("count", [1, 2, 3])
def test_topics_of_hardly_any_papers_get_some_name(count: int) -> None:
    papers = [Paper(f"Unlike {'abc'[i]}{i} altogether", "") for i in range(count)]
    (name,) = named(papers, [0] * count)
    assert name.label.strip()


def test_papers_without_a_common_phrase_get_names_that_differ_on_every_level() -> None:
    papers = [Paper(f"qx{i:03d}zz") for i in range(24)]
    coarse = [0] * 12 + [1] * 4 + [2] * 4 + [3] * 4
    fine = [0] * 6 + [1] * 6 + [2] * 4 + [3] * 4 + [4] * 4
    # On the finer level the topics that go on uncut change their numbers.
    fine = [{0: 3, 1: 4, 2: 2, 3: 0, 4: 1}[label] for label in fine]
    above = named(papers, coarse)
    below = named(papers, fine, coarse, above)
    assert len({name.label for name in above}) == 4
    assert len({name.label for name in below}) == 5


def test_a_topic_without_a_common_phrase_is_named_by_a_title() -> None:
    titles = ["Glass frogs at night", "Moon dust storage", "Tidal pendulum clocks", "Velvet worms"]
    (name,) = named([Paper(title) for title in titles], [0] * 4)
    assert name.label.casefold() in " / ".join(titles).casefold()
    assert " " in name.label
    assert name.evidence == 1


@pytest.mark.parametrize("title", ["The of", "1234 5678", "?!", "Paper", "论文"])
def test_topics_of_titles_without_a_phrase_have_names_that_differ(title: str) -> None:
    names = [name.label for name in named([Paper(title)] * 6, [0, 0, 1, 1, 2, 2])]
    assert len(set(names)) == 3
    assert all(label.startswith(title) for label in names)


def test_a_name_from_a_long_title_is_cut_between_words() -> None:
    (name,) = named([Paper("the of and " * 40)], [0])
    assert len(name.label) <= 80
    assert re.fullmatch(r"(?:The|Of|And)(?: (?:the|of|and))*…", name.label)


@pytest.mark.parametrize("seed", range(3))
def test_no_topic_is_called_by_a_number(seed: int) -> None:
    random = np.random.default_rng(seed)
    titles = [" ".join(random.choice(list("abcdefg"), 3)) for _ in range(30)]
    labels = random.integers(0, 6, 30)
    labels[:6] = range(6)
    names = named([Paper(title, "a the of") for title in titles], labels.tolist())
    assert len({name.label for name in names}) == 6
    assert not any(re.match(r"Topic \d", name.label) for name in names)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(alphabet="abcde XY-.", max_size=30), min_size=1, max_size=16),
    data=st.data(),
)
def test_any_text_at_all_is_named_and_no_name_is_given_twice(
    texts: list[str], data: st.DataObject
) -> None:
    papers = [Paper(f"{text} t", text) for text in texts]
    topics = data.draw(st.integers(1, min(4, len(papers))))
    labels = [i % topics for i in range(len(papers))]
    names = named(papers, labels)
    assert len(names) == topics
    assert len({name.label for name in names}) == topics
    assert all(name.label.strip() for name in names)


def test_a_phrase_known_from_an_abbreviation_is_not_half_capitalised() -> None:
    papers = [
        Paper(
            "A",
            abstract="We study Product Quantization (PQ) here. A quantization of a quantization.",
        ),
        Paper("B", abstract="Fast Product Quantization (PQ) for Arabic poems. A quantization too."),
        Paper("C", abstract="The Arabic poems. In Arabic songs and Arabic Poems there is rhyme."),
    ]
    shown = phrase_table(papers).display
    assert shown["product quantiz"] == "product quantization"
    assert shown["arab poem"] == "Arabic poems"


def test_papers_that_have_the_words_of_a_phrase_apart_speak_for_it() -> None:
    apart = "the {0} of a {1} by hand. It has {0}, and {1} as well."
    texts = [
        *("Sparse retrieval of rocks.",) * 2,
        *(apart.format("retrieval", "sparse index"),) * 4,
        *("Volcanic ashes of rocks.",) * 2,
        *("the ocean of a dream by hand.",) * 4,
        *("the garden of a house by hand. Of rocks.",) * 12,
    ]
    papers = [Paper(f"Of rocks, by hand {n}", abstract=text) for n, text in enumerate(texts)]
    table = phrase_table(papers)
    labels = np.array([0] * 12 + [1] * 12, dtype=np.int32)
    scores = phrase_scores(table, labels, [0])[0]
    assert scores["spars retriev"] > scores["volcan ash"]


def test_a_paper_holds_its_phrases_and_no_others(seed_library: LibraryStore) -> None:
    papers = list(seed_library.open().records)[:40]
    keys = [keys_in(paper) for paper in papers]
    every = sorted(set().union(*keys))
    for paper, own in zip(papers, keys, strict=True):
        contains = contains_phrase(paper)
        assert {key for key in every if contains(key)} == own


@pytest.mark.parametrize(
    ("text", "artefact"),
    [
        ("We study detecting and identifying sarcasm.", "identifying sarcasm"),
        ("We improve understanding; avoiding collisions matters.", "avoiding collisions"),
        ("Shared work of the 9th workshop series on rhyme.", "9th workshop"),
        ("We take part in WNUT-2020 named entities.", "WNUT-2020"),
        ("We take part in subtask 1B on rhyme.", "subtask 1B"),
        ("It finds the informative ones among tweets.", "informative ones"),
        ("Our approach towards robots via speech.", "approach towards"),
    ],
)
def test_fragments_and_events_are_no_phrases(text: str, artefact: str) -> None:
    shown = {phrase.casefold() for phrase in phrase_table([Paper(text)] * 3).display.values()}
    assert artefact.casefold() not in shown


def test_venues_and_shared_tasks_are_no_phrases() -> None:
    papers = [
        Paper("Team Blue at WASSA: empathy prediction", "We present our work at WASSA."),
        Paper("Empathy prediction at WASSA with BERT", "The WASSA task is empathy prediction."),
        Paper("Emotion with BERT", "BERT is good at emotion. Empathy prediction by BERT."),
    ]
    shown = set(phrase_table(papers).display.values())
    assert not any("WASSA" in phrase for phrase in shown)
    assert {"BERT", "empathy prediction"} <= shown


@pytest.mark.parametrize(
    ("phrase", "label"),
    [("liver segmentation", "Liver segmentation"), ("mRNA vaccines", "mRNA vaccines")],
)
def test_names_begin_with_a_capital_unless_spelled_their_own_way(phrase: str, label: str) -> None:
    papers = [Paper(f"On {phrase} {n}", f"We study {phrase}.") for n in range(4)]
    (name,) = named(papers, [0] * 4)
    assert name.label == label


def test_topics_of_papers_with_one_title_are_numbered_without_counting_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def counted(phrase: str) -> frozenset[str]:
        tried.append(phrase)
        return words_of(phrase)

    monkeypatch.setattr(labelling, "words_of", counted)
    topics = 120
    papers = [Paper(title="Of the and", id=f"p{row}") for row in range(2 * topics)]
    names = named(papers, [row // 2 for row in range(2 * topics)])
    labels = [name.label for name in names]
    assert len(set(labels)) == topics
    assert {"Of the and", "Of the and (2)", f"Of the and ({topics})"} <= set(labels)
    assert len([phrase for phrase in tried if "(" in phrase]) < 4 * topics
