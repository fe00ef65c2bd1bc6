"""Words in any language: stems, pairs of characters, marks, and papers that queries find."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import LibraryDamaged
from explorer.index.analysis import analyzer, indexed_form, stem, tokens
from explorer.index.full_text import FullTextIndex, Rules, query_words
from explorer.papers.paper import Paper
from explorer.search.word_matches import first_forms, highlight, key_sentence, matched_words
from tests.helpers.languages import ABSTRACTS

PAPERS = [Paper(*sample.text.partition(". ")[::2]) for sample in ABSTRACTS.values()]
LANGUAGES = list(ABSTRACTS)
RULES = "analysis.json"


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> FullTextIndex:
    folder = tmp_path_factory.mktemp("words")
    FullTextIndex.build(PAPERS, folder)
    return FullTextIndex.open(folder)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_query_in_another_inflection_finds_its_paper(
    lexicon: FullTextIndex, language: str
) -> None:
    query = ABSTRACTS[language].query
    row = LANGUAGES.index(language)
    assert lexicon.search(query, 5).keys[0] == row
    # Every word of it counts.
    for word in query.split():
        assert row in lexicon.search(word, len(PAPERS)).keys, word
        assert row in lexicon.rows_with_phrase(word, "text"), word


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_were_found_are_shown(lexicon: FullTextIndex, language: str) -> None:
    paper, query = PAPERS[LANGUAGES.index(language)], ABSTRACTS[language].query
    wanted = list(lexicon.query_words(query))
    matches = matched_words(paper, wanted)
    assert len(set(matches.values())) == len(wanted)
    assert all(form in paper.text for form in first_forms(matches, wanted))
    assert key_sentence(paper, wanted) in paper.text
    pieces = highlight(paper.text, query, paper.language)
    assert "".join(piece for piece, _ in pieces) == paper.text
    assert any(matches for _, matches in pieces)


def rows_with(lexicon: FullTextIndex, phrase: str, field: str = "text") -> list[int]:
    return [int(row) for row in lexicon.rows_with_phrase(phrase, field)]


def test_phrases_without_blanks_are_found_whole(tmp_path: Path) -> None:
    papers = [
        Paper("虚构神经网络用于图像分类", "本摘要纯属虚构，研究神经网络。"),
        Paper("虚构网络神经", "经网。"),
        Paper("架空のタンパク質の折りたたみ"),
        Paper("GAN网络", authors=("李明",)),
    ]
    lexicon = FullTextIndex.build(papers, tmp_path)
    assert rows_with(lexicon, "神经网络") == [0]
    assert rows_with(lexicon, "虚构", "title") == [0, 1]
    assert rows_with(lexicon, "タンパク質") == [2]
    assert rows_with(lexicon, "GAN网络") == rows_with(lexicon, "gan 网络") == [3]
    assert rows_with(lexicon, "李明", "authors") == [3]
    assert rows_with(lexicon, "图像神经") == []
    assert lexicon.search("李明", 5).keys.tolist() == [3]


def test_one_character_finds_the_words_with_it(tmp_path: Path) -> None:
    papers = [Paper("肺癌研究"), Paper("癌症"), Paper("筛查癌"), Paper("肺炎"), Paper("癌")]
    lexicon = FullTextIndex.build(papers, tmp_path)
    assert rows_with(lexicon, "癌") == sorted(lexicon.search("癌", 9).keys) == [0, 1, 2, 4]
    assert highlight("肺癌研究", "癌") == [("肺", False), ("癌", True), ("研究", False)]


def test_overlapping_pairs_are_shown_as_the_word_they_are_from() -> None:
    paper = Paper("虚构神经网络用于图像分类")
    wanted = list(query_words("神经网络 分类"))
    assert first_forms(matched_words(paper, wanted), wanted) == ("神经网络", "分类")
    assert highlight(paper.title, "神经网络")[1] == ("神经网络", True)


def test_marks_belong_to_their_word() -> None:
    assert [text for text, _ in placed("कंप्यूटर विज्ञान")] == ["कंप्यूटर", "विज्ञान"]
    assert stem("كِتَاب", "ar") == stem("كتاب", "ar") != ""
    assert stem("שָׁלוֹם") == stem("שלום") != ""


def placed(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], stem) for stem, start, end in tokens(text)]


@given(
    st.lists(
        st.sampled_from([*"abü ้ัิี ก का् ँ 神经 カな ー 한글을 é́ ̂ ъ 1² _-.", "\U0001d400", "Straße"])
    ).map("".join),
    st.sampled_from(["en", "de", "hi", "th", ""]),
)
def test_tantivy_finds_the_very_tokens(text: str, language: str) -> None:
    found = list(tokens(text, language))
    own = [token.stem for token in found if token.stem]
    assert analyzer().analyze(indexed_form(text, language)) == own
    assert all(0 <= start < end <= len(text) for _, start, end in found)
    assert [token.start for token in found] == sorted(token.start for token in found)


def test_a_word_is_sought_in_a_language_only_where_it_is_spoken(tmp_path: Path) -> None:
    french = Paper("Le cas des patients", "Nous décrivons les cas dans une étude pour les malades.")
    english = Paper("A cas of its own", "The word is written like this, and that is all there is.")
    lexicon = FullTextIndex.build([french, english], tmp_path)
    assert Rules.read(tmp_path).languages == ("fr",)
    assert lexicon.search("malade", 5).keys.tolist() == [0]
    # English "cases" has the French stem "cas"; only in French is it the same word.
    assert lexicon.search("cases", 5).keys.tolist() == [0]


def test_function_words_of_the_query_s_language_do_not_count(tmp_path: Path) -> None:
    lexicon = FullTextIndex.build(PAPERS, tmp_path)
    assert [word.stem for word in lexicon.query_words("Netze in der Stadt mit den Bäumen")] == [
        "netz",
        "stadt",
        "baumen",
    ]


def test_an_english_index_knows_no_other_language(tmp_path: Path) -> None:
    lexicon = FullTextIndex.build([Paper("Trees", "We count the trees of a city.")], tmp_path)
    assert Rules.read(tmp_path) == Rules()
    assert all(not word.in_language for word in lexicon.query_words("trees of Bäumen"))


def test_an_index_of_older_rules_opens_and_is_built_anew_by_an_update(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    FullTextIndex.build([Paper("Trees of the city")], old)
    (old / RULES).unlink()
    opened = FullTextIndex.open(old)
    assert opened.search("tree", 3).keys.tolist() == [0]
    assert opened.search("神经 网", 3).keys.tolist() == []
    papers = [Paper("Trees of the city"), PAPERS[LANGUAGES.index("zh")]]
    updated = opened.updated(papers, np.array([0]), new)
    assert Rules.read(new).version == Rules().version
    assert updated.search("神经网络", 3).keys.tolist() == [1]


def test_an_update_adds_its_languages(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    papers = [PAPERS[LANGUAGES.index(language)] for language in ("en", "de", "ru")]
    lexicon = FullTextIndex.build(papers[:2], first)
    updated = lexicon.updated(papers, np.array([0, 1]), second)
    assert Rules.read(second).languages == ("de", "ru")
    assert updated.search("Haus", 1).keys.tolist() == [1]
    assert updated.search("сеть", 1).keys.tolist() == [2]


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": "x"}', '{"languages": 3}'])
def test_damaged_rules_are_reported(tmp_path: Path, content: str) -> None:
    FullTextIndex.build(PAPERS[:2], tmp_path)
    (tmp_path / RULES).write_text(content, encoding="utf-8")
    with pytest.raises(LibraryDamaged):
        FullTextIndex.open(tmp_path)
