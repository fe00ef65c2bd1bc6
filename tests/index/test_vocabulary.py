"""The vocabulary: counts of words, words alike, neighbours; updates that equal building anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.errors import LibraryDamaged
from explorer.index.vocabulary import MOST_ERRORS, SHORT, Vocabulary, spelt_words
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.corpus import Growing, papers

CORPUS = papers()


def vocabulary(folder: Path, of: Sequence[Paper]) -> Vocabulary:
    folder.mkdir()
    return Vocabulary.build(of, folder)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary(tmp_path_factory.mktemp("one") / "vocabulary", CORPUS)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_words_are_counted_by_papers_and_names_apart(tmp_path: Path) -> None:
    listed = [
        Paper("Mining mining", "Data mining by a GPU", authors=("Ada Mining",)),
        Paper("A GPU is a gpu", "Strukturen für Müller", keywords=("Mining of text",)),
    ]
    counted = vocabulary(tmp_path / "v", listed)
    assert (counted.papers_with("mining"), counted.papers_by("mining")) == (2, 1)
    assert (counted.papers_with("ada"), counted.papers_by("ada")) == (0, 1)
    assert counted.papers_with("müller") == counted.papers_with("text") == 1
    assert counted.papers_with("minin") == counted.papers_by("minin") == 0
    assert counted.is_acronym("gpu") is False  # one paper of two has it in small letters, too
    assert counted.is_acronym("mining") is False


def test_words_in_capitals_are_acronyms_unless_all_is(tmp_path: Path) -> None:
    counted = vocabulary(
        tmp_path / "v", [Paper("Reading by OCRX"), Paper("OCRX again"), Paper("LOUD TITLE")]
    )
    assert counted.is_acronym("ocrx")
    assert not counted.is_acronym("loud")
    assert [near.form for near in counted.alike("ocry")] == []
    assert [near.form for near in counted.alike("loudd")] == ["loud"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fine-tuning GPT4 in 2023", ["Fine", "tuning", "in"]),
        ("神经网络 networks", ["networks"]),
        ("Ελληνικά и русский", ["Ελληνικά", "русский"]),
        ("a हिन्दी b", []),
        ("x" * 41, []),
    ],
)
def test_words_have_letters_of_scripts_with_blanks(text: str, words: list[str]) -> None:
    assert spelt_words(text) == words


@pytest.mark.parametrize(
    ("typed", "meant", "errors"),
    [
        ("segmentaton", "segmentation", 1),
        ("segmnetation", "segmentation", 1),
        ("segmentatinos", "segmentation", 2),
        ("ideo", "video", 1),
        ("difusoin", "diffusion", 2),
        ("protien", "protein", 1),
    ],
)
def test_words_alike_are_near_in_letters(
    known: Vocabulary, typed: str, meant: str, errors: int
) -> None:
    near = {near.form: near for near in known.alike(typed)}
    assert near[meant].errors == errors
    assert near[meant].papers == known.papers_with(meant)


def test_short_words_are_alike_with_one_error_only(known: Vocabulary) -> None:
    assert known.papers_with("that") > 0
    assert "that" not in {near.form for near in known.alike("thxy")}
    for form in known.forms:
        for near in known.alike(form):
            longest = min(len(form), len(near.form))
            assert near.errors <= (1 if longest <= SHORT else MOST_ERRORS)
            assert near.form != form


def test_neighbours_stand_near_each_other(known: Vocabulary) -> None:
    assert known.times_near("diffusion", "video") > 3
    assert known.times_near("video", "diffusion") == known.times_near("diffusion", "video")
    assert known.times_near("videos", "diffusion") == known.times_near("video", "diffusion")
    assert known.times_near("liver", "cache") < 2


@given(before=st.sets(st.integers(0, 39)), after=st.sets(st.integers(0, 39), min_size=1))
@settings(max_examples=30, deadline=None)
def test_an_update_equals_building_anew(before: set[int], after: set[int]) -> None:
    rows = {place: row for row, place in enumerate(sorted(after))}
    row_map = np.array([rows.get(place, -1) for place in sorted(before)], dtype=np.int64)
    old, new = ([CORPUS[place] for place in sorted(places)] for places in (before, after))
    with TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name for name in ("old", "updated", "anew")]
        for folder in folders:
            folder.mkdir()
        Vocabulary.build(old, folders[0])
        opened = Vocabulary.open(folders[0])
        assert opened is not None
        opened.updated(old, new, row_map, folders[1])
        Vocabulary.build(new, folders[2])
        assert content(folders[1]) == content(folders[2])


def test_a_changed_text_is_counted_anew(tmp_path: Path) -> None:
    changed = [replace(CORPUS[0], abstract="A rhinoceros."), *CORPUS[1:]]
    folders = [tmp_path / name for name in ("updated", "anew")]
    for folder in folders:
        folder.mkdir()
    row_map = np.arange(40)
    row_map[0] = -1
    old = vocabulary(tmp_path / "old", CORPUS)
    assert old.updated(CORPUS, changed, row_map, folders[0]).papers_with("rhinoceros") == 1
    Vocabulary.build(changed, folders[1])
    assert content(folders[0]) == content(folders[1])


def test_it_opens_as_it_was_written(tmp_path: Path) -> None:
    written = vocabulary(tmp_path / "v", CORPUS)
    opened = Vocabulary.open(tmp_path / "v")
    assert opened is not None
    assert (opened.papers, opened.noise, opened.size) == (40, written.noise, written.size)
    assert opened.forms == written.forms
    assert np.array_equal(opened.deletions, written.deletions)


def test_no_vocabulary_or_one_of_other_rules_is_none(tmp_path: Path) -> None:
    assert Vocabulary.open(tmp_path) is None
    vocabulary(tmp_path / "v", CORPUS)
    rules = tmp_path / "v" / "vocabulary.json"
    rules.write_text(rules.read_text().replace("[1,", "[0,"))
    assert Vocabulary.open(tmp_path / "v") is None


@pytest.mark.parametrize("name", ["vocabulary.json", "hashes.npy", "pairs.npy"])
def test_a_damaged_vocabulary_is_noticed(tmp_path: Path, name: str) -> None:
    vocabulary(tmp_path / "v", CORPUS)
    (tmp_path / "v" / name).write_bytes(b"?")
    with pytest.raises(LibraryDamaged, match="vocabulary"):
        Vocabulary.open(tmp_path / "v")


def test_no_papers_have_no_words(tmp_path: Path) -> None:
    empty = vocabulary(tmp_path / "v", [])
    assert (empty.size, empty.alike("word"), empty.papers_with("word")) == (0, [], 0)
    assert empty.times_near("one", "other") == 0


def test_a_library_that_grows_has_the_vocabulary_of_all_its_papers(
    growing: Growing, tmp_path: Path
) -> None:
    library = LibraryStore(growing.folder)
    assert library.open().vocabulary is not None
    growing.grow()
    generation = library.open()
    vocabulary(tmp_path / "anew", list(generation.records))
    assert content(generation.folder / "vocabulary") == content(tmp_path / "anew")
    assert "vocabulary/hashes.npy" in generation.manifest.files
