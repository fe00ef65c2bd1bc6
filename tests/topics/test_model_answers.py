"""Answers of language models: a plain phrase and sentences that cite, or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.papers.paper import Paper
from explorer.topics.answer_cache import AnswerCache
from explorer.topics.communities import SummarySentence
from explorer.topics.model_answers import NonsenseAnswer, question, read_answer

PAPERS = tuple(Paper(title=f"Paper {n}", abstract="Text. " * 300, id=f"p{n}") for n in (1, 2, 3))


def name_in(content: str) -> str:
    return read_answer(content, PAPERS)[0]


def sentences_in(*entries: object) -> tuple[SummarySentence, ...]:
    return read_answer(json.dumps({"name": "A name", "summary": entries}), PAPERS)[1]


def test_a_question_holds_titles_and_beginnings_of_abstracts_alone() -> None:
    paper = Paper(
        title="On Livers", abstract="First. " * 200, authors=("Ada Byron",), venue="ICML", id="p9"
    )
    sent = json.dumps(question("m", [paper]))
    assert "[1] On Livers" in sent
    assert sent.count("First.") < 100
    assert not any(word in sent for word in ("Ada", "ICML", "p9"))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"name": "Video diffusion"}', "Video diffusion"),
        ('```json\n{"name": "“Video diffusion.”"}\n```', "Video diffusion"),
        ('Sure! {"note": {}} {"name": "LLMs (large models)", "summary": 3}', "LLMs (large models)"),
        ('<think>{"name": "Wrong"}</think>{"name": "  Right\\u200b  one"}', "Right one"),
        ("Video diffusion", "Video diffusion"),
        ("**Video diffusion**\n", "Video diffusion"),
        ('{"name": "3D-Rekonstruktion für Ärzte"}', "3D-Rekonstruktion für Ärzte"),
        ('{"name": "视频生成"}', "视频生成"),
    ],
)
def test_a_name_is_read(content: str, name: str) -> None:
    assert name_in(content) == name


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        '{"name": 3}',
        '{"name": null}',
        '{"name": ""}',
        '{"name": "2024"}',
        '{"title": "Video"}',
        '["name"]',
        '{"name": "<b>Video</b>"}',
        '{"name": "[Video](https://example.org)"}',
        '{"name": "see https://example.org"}',
        '{"name": "`rm`"}',
        '{"name": "Video\\n\\n# Heading"}',
        '{"name": "Video <script>alert(1)</script>"}',
        json.dumps({"name": "a" * 81}),
        json.dumps({"name": "word " * 13}),
        "I cannot name these papers.",
        "Here is the name:",
        "Video\nand more",
        "{" * 10_000,
        '{"name":' * 10_000,
    ],
)
def test_nonsense_is_no_name(content: str) -> None:
    with pytest.raises(NonsenseAnswer):
        read_answer(content, PAPERS)


@given(st.text() | st.text().map(lambda text: json.dumps({"name": text, "summary": [text]})))
def test_any_answer_is_a_plain_short_name_or_nonsense(content: str) -> None:
    try:
        name = name_in(content)
    except NonsenseAnswer:
        return
    assert 0 < len(name) <= 80
    assert name.isprintable()
    assert not set(name) & set("<>[]{}`*_|\\$~^@!\n")


def test_sentences_that_cite_nothing_are_dropped() -> None:
    assert sentences_in(
        {"sentence": "None.", "papers": []},
        {"sentence": "No such paper.", "papers": [0, 4, -1, True, "1", 1.0]},
        {"sentence": "No papers."},
        {"papers": [1]},
        {"sentence": 3, "papers": [1]},
        "a sentence",
        ["a sentence", [1]],
        {"sentence": "Cited.", "papers": [3, 1, 3, 9]},
    ) == (SummarySentence("Cited.", ("p1", "p3")),)


def test_citations_within_a_sentence_count_and_are_cut_out() -> None:
    assert sentences_in({"sentence": "Some [1, 2] do in (2024).", "papers": [9]}) == (
        SummarySentence("Some do in (2024).", ("p1", "p2")),
    )


@pytest.mark.parametrize(
    "text", ["", "<img src=x>", "see https://example.org", "WWW.example.org", "`x`", "a" * 401]
)
def test_a_sentence_is_plain(text: str) -> None:
    assert sentences_in({"sentence": text, "papers": [1]}) == ()


def test_a_summary_has_two_sentences_at_most() -> None:
    entries = [{"sentence": f"Number {n}.", "papers": [1]} for n in range(5)]
    assert [s.text for s in sentences_in(*entries)] == ["Number 0.", "Number 1."]


def test_answers_are_kept_and_torn_or_altered_ones_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "library" / "answers.txt"
    cache = AnswerCache(path)
    assert cache.get("a") is None
    assert not path.exists()
    cache.put("a", "first\nanswer “é”")
    cache.put("b", "second")
    assert cache.get("a") == AnswerCache(path).get("a") == "first\nanswer “é”"
    path.write_bytes(path.read_bytes()[:-4])
    torn = AnswerCache(path)
    assert (torn.get("a"), torn.get("b")) == ("first\nanswer “é”", None)
    torn.put("c", "third")
    path.write_bytes(path.read_bytes().replace(b"first", b"fIrst"))
    altered = AnswerCache(path)
    assert (altered.get("a"), altered.get("b"), altered.get("c")) == (None, None, "third")
