"""The full-text index: stems, accents, filters, and a ranking that makes sense for any query."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tantivy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from explorer.errors import LibraryDamaged
from explorer.index.analysis import stem, tokens
from explorer.index.full_text import FullTextIndex, WordRanking, query_words
from explorer.papers.paper import Paper

NONSENSE = [
    "",
    " ",
    "?!",
    '"unbalanced',
    "title:liver AND (",
    "+must -not ~3 ^2 [a TO b] *:*",
    "\\",
    "the of and",
    "\0\0",
    "\ud800",
    "____",
    "a" * 5000,
    "liver " * 5000,
    "日本語 العربية हिन्दी",
    "😀",
]


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper]) -> FullTextIndex:
    return FullTextIndex.build(corpus, tmp_path_factory.mktemp("words"))


def index(folder: Path, *papers: Paper) -> FullTextIndex:
    return FullTextIndex.build(papers, folder)


def query_stems(text: str) -> list[str]:
    return [word.stem for word in query_words(text)]


def rows_of(ranking: WordRanking) -> list[int]:
    return [int(key) for key in ranking.keys]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("segmentation", "Segmentations"),
        ("generate", "generating"),
        ("cafés", "CAFE"),
        ("Bézier", "bezier"),
        ("Schrödinger", "schrodinger"),
        ("Straße", "strasse"),
    ],
)
def test_forms_of_one_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other) != ""


def test_different_words_have_different_stems() -> None:
    listed = ["liver", "kidney", "video", "molecule", "cache", "token"]
    assert len({stem(word) for word in listed}) == len(listed)


def test_words_have_their_positions() -> None:
    text = "Generated videos, by B\u00e9zier curves; snake_case."
    placed = [text[start:end] for _, start, end in tokens(text)]
    assert placed == ["Generated", "videos", "by", "Bézier", "curves", "snake", "case"]
    assert [s for s, _, _ in tokens("videos video")] == [stem("video")] * 2


def test_query_stems_are_distinct_without_stop_words_unless_alone() -> None:
    assert query_stems("the segmentation of segmentations of the liver") == [
        stem("segmentation"),
        stem("liver"),
    ]
    assert query_stems("the of") == ["the", "of"]
    assert query_stems("") == []


def test_combining_accents_equal_composed_ones() -> None:
    assert query_stems("Be\u0301zier") == query_stems("B\u00e9zier") == ["bezier"]


def test_any_form_of_a_word_matches_any_other(tmp_path: Path) -> None:
    papers = (
        Paper("Segmenting livers", "Schr\u00f6dinger bridges."),
        Paper("Unrelated", "Nothing to see."),
        Paper("Snake_case names", "Identifiers such as learning_rate."),
    )
    lexicon = index(tmp_path, *papers)
    for query in ("segmented LIVER", "schrodinger", "Schro\u0308dingers", "SEGMENTS"):
        assert rows_of(lexicon.search(query, 5)) == [0], query
    for query in ("case", "rate", "learning_rate", "rate_of"):
        assert rows_of(lexicon.search(query, 5)) == [2], query


def test_authors_and_keywords_are_searched(tmp_path: Path) -> None:
    lexicon = index(
        tmp_path,
        Paper("One", authors=("Emmy Noether", "Ada Byron")),
        Paper("Two", keywords=("invariants",)),
        Paper("Three"),
    )
    assert rows_of(lexicon.search("Noether", 5)) == [0]
    assert rows_of(lexicon.search("invariant", 5)) == [1]


def test_a_rare_word_counts_more_than_a_common_one(
    lexicon: FullTextIndex, corpus: list[Paper]
) -> None:
    for query, rare in (
        ("clipart in video", "Animating Clipart with Video Priors"),
        ("pancreas segmentation", "Segmenting Pancreas Tumours with Anatomical Priors"),
        ("LLM serving adapters", "Serving Many Adapters on One GPU"),
    ):
        assert corpus[rows_of(lexicon.search(query, 5))[0]].title == rare


def test_a_word_in_the_title_counts_more_than_in_the_abstract(tmp_path: Path) -> None:
    lexicon = index(
        tmp_path,
        Paper("Something else here", "Diffusion in one long sentence of eight words."),
        Paper("Diffusion once more", "Something in one long sentence of eight words."),
    )
    assert rows_of(lexicon.search("diffusion", 5)) == [1, 0]


def test_more_of_the_query_beats_less(lexicon: FullTextIndex, corpus: list[Paper]) -> None:
    for row, paper in enumerate(corpus):
        ranking = lexicon.search(paper.title, 3)
        assert rows_of(ranking)[0] == row, paper.title


def test_scores_fall_keys_are_distinct_and_k_is_kept(lexicon: FullTextIndex) -> None:
    ranking = lexicon.search("liver video serving protein", 100)
    assert len(set(rows_of(ranking))) == len(ranking.keys) > 25
    assert np.all(np.diff(ranking.scores) <= 0)
    assert ranking.scores.min() > 0
    assert rows_of(lexicon.search("liver video serving protein", 7)) == rows_of(ranking)[:7]
    assert rows_of(lexicon.search("liver", 0)) == []


def test_a_filter_keeps_the_ranking_of_the_papers_that_pass(lexicon: FullTextIndex) -> None:
    query = "diffusion of video frames in LLM serving"
    everything = lexicon.search(query, 100)
    score = dict(zip(rows_of(everything), everything.scores.tolist(), strict=True))
    for allowed in ([], [11], [39], list(range(0, 40, 3)), list(range(40))):
        ranking = lexicon.search(query, 100, np.array(allowed, dtype=np.int64))
        expected = [key for key in rows_of(everything) if key in allowed]
        assert sorted(rows_of(ranking)) == sorted(expected)
        assert np.allclose(ranking.scores, [score[key] for key in rows_of(ranking)], rtol=1e-4)


@pytest.mark.parametrize("depth", [0, 10, 4_000])
@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_a_filter_gives_the_same_hits_by_either_method(
    lexicon: FullTextIndex, share: float, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.index.full_text._LEAST_DEPTH", depth)
    monkeypatch.setattr("explorer.index.full_text._DEPTH_FACTOR", 0)
    text = "segmentation of video and liver scans with a decoder"
    whole = lexicon.search(text, 40)
    draw = np.random.default_rng(5)
    for _ in range(10):
        allowed = draw.permutation(40)[: round(share * 40)].astype(np.int64)
        for k in (1, 4, 40):
            ranking = lexicon.search(text, k, allowed)
            expected = [
                (r, s) for r, s in zip(whole.keys, whole.scores, strict=True) if r in allowed
            ]
            assert list(zip(ranking.keys, ranking.scores, strict=True)) == expected[:k]


@pytest.mark.parametrize("depth", [0, 4_000])
def test_with_least_the_hits_are_the_best_and_the_threshold_bounds_the_others(
    lexicon: FullTextIndex, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.index.full_text._LEAST_DEPTH", depth)
    monkeypatch.setattr("explorer.index.full_text._DEPTH_FACTOR", 0)
    text = "liver video serving protein"
    draw = np.random.default_rng(6)
    is_short = False
    for _ in range(200):
        allowed = np.sort(draw.permutation(40)[:20].astype(np.int64))
        exact = lexicon.search(text, 6, allowed)
        ranking = lexicon.search(text, 6, allowed, least=2)
        count = len(ranking.keys)
        is_short |= count < len(exact.keys)
        assert count >= 2
        assert ranking.keys.tolist() == exact.keys[:count].tolist()
        assert all(score <= ranking.threshold for score in exact.scores[count:])
    assert is_short == (depth > 0)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=st.text(max_size=60), k=st.integers(-1, 50))
@example(query="\u0301", k=5)
@example(query="½ ² Ⅷ", k=5)
def test_no_query_raises(lexicon: FullTextIndex, query: str, k: int) -> None:
    assert len(lexicon.search(query, k).keys) <= max(k, 0)


@pytest.mark.parametrize("query", NONSENSE)
def test_no_nonsense_raises_with_or_without_a_filter(lexicon: FullTextIndex, query: str) -> None:
    lexicon.search(query, 10)
    lexicon.search(query, 10, np.array([0, 5], dtype=np.int64))


def test_operators_of_query_languages_are_plain_words(lexicon: FullTextIndex) -> None:
    plain = rows_of(lexicon.search("liver title", 5))
    assert rows_of(lexicon.search("title:liver", 5)) == plain
    assert rows_of(lexicon.search("-liver", 5)) == rows_of(lexicon.search("liver", 5)) != []


def test_an_index_opens_as_it_was_built(tmp_path: Path, corpus: list[Paper]) -> None:
    built = FullTextIndex.build(corpus, tmp_path)
    opened = FullTextIndex.open(tmp_path)
    for query in ("liver CT", "Noether", "video diffusion"):
        before, after = built.search(query, 10), opened.search(query, 10)
        assert rows_of(before) == rows_of(after) != []
        assert np.array_equal(before.scores, after.scores)


def holds(index: tantivy.Index, word: str) -> bool:
    """Return whether a title in ``index`` has the word."""
    query = tantivy.Query.term_query(index.schema, "title", stem(word))
    return bool(index.searcher().search(query, 1).hits)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait up to a minute for a state."""
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_open_index_stays_the_same_when_its_files_are_replaced(tmp_path: Path) -> None:
    folder, other, third = (tmp_path / name for name in ("words", "other", "third"))
    for each in (folder, other, third):
        each.mkdir()
    index(folder, Paper(title="Liver segmentation"))
    index(other, Paper(title="Kidney segmentation"))
    index(third, Paper(title="Spleen segmentation"))
    opened = FullTextIndex.open(folder)
    # Two changes, each seen by an index that watches the folder: its look at the second comes
    # a whole period after the first, in which any other watcher would have looked, too.
    watching = tantivy.Index.open(str(folder))
    watching.config_reader("OnCommit")
    shutil.copytree(other, folder, dirs_exist_ok=True)
    wait_until(lambda: holds(watching, "kidney"))
    shutil.copytree(third, folder, dirs_exist_ok=True)
    wait_until(lambda: holds(watching, "spleen"))
    for word, rows in (("spleen", []), ("kidney", []), ("liver", [0])):
        assert rows_of(opened.search(word, 5)) == rows


def test_a_read_only_index_opens_every_time_and_leaves_nothing(
    tmp_path: Path, corpus: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, beside = tmp_path / "words", tmp_path / "temporary"
    folder.mkdir()
    beside.mkdir()
    index(folder, *corpus)
    there = {path.name for path in folder.iterdir()}
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    monkeypatch.setattr(tempfile, "tempdir", str(beside))
    for _ in range(500):
        FullTextIndex.open(folder)
    assert {path.name for path in folder.iterdir()} == there
    assert list(beside.iterdir()) == []


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryDamaged, match="full-text index"):
        FullTextIndex.open(tmp_path)


def test_an_index_of_no_papers_finds_nothing(tmp_path: Path) -> None:
    assert rows_of(index(tmp_path).search("liver", 5)) == []


@pytest.mark.parametrize("seed", range(4))
def test_an_updated_index_has_the_hits_of_one_built_anew(
    corpus: list[Paper], tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    before = [corpus[i] for i in random.permutation(len(corpus))[:30]]
    kept = [paper for paper in before if random.random() > 0.15]
    after = [*kept, *(paper for paper in corpus if paper not in before)]
    after = [after[i] for i in random.permutation(len(after))]
    places = {paper.title: row for row, paper in enumerate(after)}
    moved = np.array([places.get(p.title, -1) if p in kept else -1 for p in before])
    for name in ("before", "grown", "anew"):
        (tmp_path / name).mkdir()
    grown = FullTextIndex.build(before, tmp_path / "before").updated(
        after, moved, tmp_path / "grown"
    )
    anew = FullTextIndex.build(after, tmp_path / "anew")
    opened = FullTextIndex.open(tmp_path / "grown")
    few = np.arange(0, len(after), 3)
    for paper in corpus:
        # Deleted papers still count a little in the words' weights, so scores are not compared.
        for allowed in (None, few):
            wanted = set(anew.search(paper.title, len(after), allowed).keys.tolist())
            for lexicon in (grown, opened):
                keys = lexicon.search(paper.title, len(after), allowed).keys.tolist()
                assert len(keys) == len(set(keys))
                assert set(keys) == wanted
        if paper.title in places:
            assert opened.search(paper.title, 1).keys.tolist() == [places[paper.title]]
