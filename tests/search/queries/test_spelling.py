"""Spelling of queries: clear errors are corrected, unclear ones offered, the rest left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.embedders import open_embedder
from explorer.evaluation.scratch_library import scratch_generation
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.queries.spelling import (
    Spelling,
    correct_spelling,
    parts_left_alone,
    rating_by_meaning,
)
from explorer.search.queries.syntax import parse
from explorer.settings import SpellingSettings

TEXTS = (
    (60, "Sarcasm detection in social media", "The detection of sarcasm needs context."),
    (40, "Federated learning of language models", "Learning by clients, modelled together."),
    (
        30,
        "Grammatical error correction for learners",
        "Error correction helps learners of English.",
    ),
    (30, "Fine-tuning by summarization", "Fine-tuning models of coreference. Behavior of models."),
    (20, "Leaning towers", "A tower is leaning. Marine biology of plants."),
    (1, "A detecton of zebras", "BERTX reads; Zebra herds roam."),
    (120, "Detection", ""),
)


def library(folder: Path) -> Generation:
    papers = [
        Paper(
            id=f"{number}-{copy}",
            title=title,
            abstract=abstract,
            authors=("Ashish Vaswany", "Lerna Detectio") if copy % 10 == 0 else (),
        )
        for number, (copies, title, abstract) in enumerate(TEXTS)
        for copy in range(copies)
    ]
    vectors = np.random.default_rng(1).normal(size=(len(papers), 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return scratch_generation(papers, vectors, "made up", folder / "generation")


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    return library(tmp_path_factory.mktemp("spelling"))


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("sarcsm detection", "sarcasm detection"),
        ("federeted lerning", "federated learning"),
        (
            "gramatical eror corection for lerners of english",
            "grammatical error correction for learners of english",
        ),
        ("Sarcsm, detectoin!", "Sarcasm, detection!"),
        ("(sacrasm)", "(sarcasm)"),
    ],
)
def test_clear_errors_are_corrected(generation: Generation, typed: str, corrected: str) -> None:
    spelling = correct_spelling(generation, typed)
    assert spelling.words == corrected
    assert spelling.is_applied
    assert spelling.unknown == ()


def test_a_change_names_both_words(generation: Generation) -> None:
    spelling = correct_spelling(generation, "Sarcsm in media")
    assert spelling == Spelling("Sarcasm in media", (("Sarcsm", "sarcasm"),))


@pytest.mark.parametrize(
    "words",
    [
        "SARCSM",
        "sarcsm2",
        "10.1000/sarcsm",
        "sarcsm@media.org",
        "cs.sarcsm",
        "the Sarcsm of media",
        "BERTx",
        "bertx",
        "vaswany",
        "detections",
        "sar",
        "神经网路",
        "2023 2405.14458",
        "",
        "?! -",
    ],
)
def test_what_is_no_misspelt_word_is_left_alone(generation: Generation, words: str) -> None:
    spelling = correct_spelling(generation, words)
    assert (spelling.words, spelling.changes) == (words, ())


def test_quoted_parts_are_left_alone(generation: Generation) -> None:
    parsed = parse('"sarcsm detectoin" sarcsm -"media sarcsm" author:lerning')
    kept = parts_left_alone(parsed)
    assert kept == ("sarcsm detectoin",)
    spelling = correct_spelling(generation, parsed.words, kept)
    assert spelling.words == "sarcsm detectoin sarcasm"


def test_a_misspelt_field_is_left_alone(generation: Generation) -> None:
    parsed = parse("athor:sarcsm detectoin")
    assert parts_left_alone(parsed) == ("athor: sarcsm",)
    spelling = correct_spelling(generation, parsed.words, parts_left_alone(parsed))
    assert spelling.words == "athor: sarcsm detection"


def test_words_without_any_like_them_are_unknown(generation: Generation) -> None:
    spelling = correct_spelling(generation, "sarcasm of rhinoceros QWXZ")
    assert spelling == Spelling("sarcasm of rhinoceros QWXZ", unknown=("rhinoceros", "QWXZ"))


def test_neighbours_in_the_query_decide(generation: Generation) -> None:
    assert correct_spelling(generation, "federated learing").words == "federated learning"
    assert correct_spelling(generation, "leaing tower").words == "leaning tower"


def test_several_likely_words_are_offered(generation: Generation) -> None:
    even = replace(SpellingSettings(), neighbour_weight=0.0, clear=5.0)
    spelling = correct_spelling(generation, "leaing", settings=even)
    assert (spelling.words, spelling.changes) == ("leaing", ())
    assert spelling.offered == ("leaning", "learning")


def test_meaning_decides_where_counts_do_not(generation: Generation) -> None:
    even = replace(SpellingSettings(), neighbour_weight=0.0, clear=5.0)

    def prefers_leaning(queries: Sequence[str]) -> list[float]:
        return [float("leaning" in query) for query in queries]

    spelling = correct_spelling(generation, "leaing", rate=prefers_leaning, settings=even)
    assert spelling.words == "leaning"
    assert spelling.changes == (("leaing", "leaning"),)


def test_queries_about_papers_of_the_library_are_rated_higher(
    hashing_library: LibraryStore,
) -> None:
    rate = rating_by_meaning(hashing_library.open(), open_embedder("hashing"))
    near, far = rate(["text-to-video diffusion", "rhinoceros herds"])
    assert near > far


def test_a_rare_word_of_the_library_is_only_offered_another(generation: Generation) -> None:
    spelling = correct_spelling(generation, "detecton of sarcasm")
    assert (spelling.words, spelling.is_applied) == ("detecton of sarcasm", False)
    assert spelling.offered == ("detection of sarcasm",)


def test_the_name_of_an_author_is_only_offered_another(generation: Generation) -> None:
    spelling = correct_spelling(generation, "detectio")
    assert (spelling.words, spelling.offered) == ("detectio", ("detection",))


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("summarisation", "summarization"),
        ("behaviour of models", "behavior of models"),
        ("finetuning", "fine tuning"),
        ("fine-tuning", "fine-tuning"),
        ("fine tuning", "fine tuning"),
        ("co-reference", "coreference"),
        ("co reference", "coreference"),
        ("modeling", "modeling"),
    ],
)
def test_other_spellings_are_searched_as_the_library_has_them(
    generation: Generation, typed: str, searched: str
) -> None:
    spelling = correct_spelling(generation, typed)
    assert (spelling.words, spelling.is_applied, spelling.unknown) == (searched, False, ())
    assert bool(spelling.equivalents) == (typed != searched)


@given(st.lists(st.sampled_from(" ".join(f"{t} {a}" for _, t, a in TEXTS).split()), min_size=1))
def test_known_words_are_never_changed(generation: Generation, words: list[str]) -> None:
    typed = " ".join(words[:12])
    spelling = correct_spelling(generation, typed)
    assert (spelling.changes, spelling.unknown) == ((), ())


@given(st.text(max_size=60))
def test_no_text_raises_an_error(generation: Generation, text: str) -> None:
    spelling = correct_spelling(generation, text, parts_left_alone(parse(text)))
    assert len(spelling.offered) <= 3
    assert spelling.words not in spelling.offered


def test_pasted_texts_are_left_alone(generation: Generation) -> None:
    text = "sarcsm " * 41
    assert correct_spelling(generation, text) == Spelling(text)


def test_a_library_without_vocabulary_corrects_nothing(generation: Generation) -> None:
    older = replace(generation, vocabulary=None)
    assert correct_spelling(older, "sarcsm") == Spelling("sarcsm")
