"""Search: the right papers first, filters that hold, reasons that add up, no surprises."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from explorer.arrays import Vectors
from explorer.builds.build import BuildOptions, build
from explorer.embedders import Embedder, open_embedder
from explorer.errors import EmbedderError, ExplorerError, UnknownPaper, UnknownTopic, UnusableInput
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper, find_topic
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.filters import Filters, allowed_rows
from explorer.search.model import Mode, Query, Results, Sort
from explorer.search.queries.notes import Note, NoteKind
from explorer.search.query_vector import check_model
from explorer.search.search import needs_model, search
from explorer.search.similar import similar
from explorer.search.word_matches import highlight
from tests.helpers.corpus import WriteDigest


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture(scope="module")
def hashing() -> Embedder:
    return open_embedder("hashing")


@pytest.fixture(scope="module")
def seed(seed_library: LibraryStore) -> Generation:
    return seed_library.open()


@pytest.fixture(scope="module")
def model() -> Embedder:
    return open_embedder()


def titles(results: Results) -> list[str]:
    return [hit.paper.title for hit in results.hits]


def rows(results: Results) -> list[int]:
    return [hit.row for hit in results.hits]


def assert_sound(results: Results, k: int) -> None:
    """Check all that holds for any answer."""
    assert len(results.hits) <= k
    assert [hit.rank for hit in results.hits] == list(range(1, len(results.hits) + 1))
    assert len(set(rows(results))) == len(results.hits)
    assert results.seconds >= 0
    scores = [hit.score for hit in results.hits]
    assert scores == sorted(scores, reverse=True)
    for hit in results.hits:
        why = hit.why
        assert min(why.meaning, why.words) >= 0
        assert why.meaning + why.words in (0, pytest.approx(1.0, abs=1e-9))
        assert why.sentence in hit.paper.readable_abstract
        assert all(
            word in f"{hit.paper.text} {' '.join(hit.paper.authors)}" for word in why.matched
        )


# The seed, with the real model.


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.DENSE])
def test_text_to_video_generation_on_the_seed(
    seed: Generation, model: Embedder, mode: Mode
) -> None:
    found = titles(search(seed, model, Query("text to video generation", mode=mode), 5))
    for wanted in (
        "AniClipart",
        "A Recipe for Scaling up Text-to-Video Generation with Text-free Videos",
        "Dynamic Typography",
    ):
        assert any(title.startswith(wanted) for title in found), (wanted, found)


def test_kv_cache_compression_on_the_seed(seed: Generation, model: Embedder) -> None:
    found = titles(search(seed, model, Query("KV cache compression for LLM serving"), 5))
    for wanted in ("SwiftKV", "CacheGen"):
        assert any(title.startswith(wanted) for title in found), (wanted, found)


@pytest.mark.parametrize("mode", list(Mode))
def test_liver_ct_segmentation_on_the_seed(seed: Generation, model: Embedder, mode: Mode) -> None:
    found = titles(search(seed, model, Query("liver CT segmentation", mode=mode), 5))
    assert found[0].startswith("H-DenseUNet")


def test_meaning_finds_what_shares_no_word(seed: Generation, model: Embedder) -> None:
    query = "hepatic tumour delineation in tomography scans"
    found = titles(search(seed, model, Query(query, mode=Mode.DENSE), 5))
    assert any(title.startswith("H-DenseUNet") for title in found)


@pytest.mark.parametrize("mode", [Mode.LEXICAL, Mode.HYBRID])
def test_every_title_of_the_seed_finds_its_paper_first(
    seed: Generation, model: Embedder, mode: Mode
) -> None:
    papers = list(seed.records)
    asked = range(len(papers)) if mode is Mode.LEXICAL else range(0, len(papers), 8)
    for row in asked:
        for written in {papers[row].title, papers[row].readable_title.upper()}:
            results = search(seed, model, Query(written, mode=mode), 3)
            assert rows(results)[0] == row, written


def test_every_answer_on_the_seed_is_sound(seed: Generation, model: Embedder) -> None:
    for text in ("diffusion", "graph neural networks for molecules", "the", "B\\'{e}zier curves"):
        for mode in Mode:
            assert_sound(search(seed, model, Query(text, mode=mode), 20), 20)


@pytest.mark.parametrize("text", ["?!", "\0", "a lone \ud800 half", "word " * 3000, "日本語"])
def test_odd_text_does_not_upset_the_real_model(
    seed: Generation, model: Embedder, text: str
) -> None:
    for mode in (Mode.HYBRID, Mode.DENSE):
        assert_sound(search(seed, model, Query(text, mode=mode), 5), 5)


def test_the_nearest_of_a_paper_is_on_its_subject(seed: Generation) -> None:
    row = next(i for i, t in enumerate(seed.records.titles) if t.startswith("AniClipart"))
    results = similar(seed, seed.records.ids[row], 3)
    assert row not in rows(results)
    assert any("Video" in title or "Typography" in title for title in titles(results))


# Modes, ids and titles on the corpus.


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_finds_the_subject(
    generation: Generation, hashing: Embedder, mode: Mode
) -> None:
    results = search(generation, hashing, Query("liver segmentation in CT scans", mode=mode), 5)
    assert results.mode is mode
    assert_sound(results, 5)
    assert all("CT" in hit.paper.text for hit in results.hits)


@pytest.mark.parametrize("mode", list(Mode))
def test_ids_come_first_whatever_the_scheme(
    generation: Generation, hashing: Embedder, mode: Mode
) -> None:
    for row in range(generation.size):
        paper = generation.records[row]
        names = [paper.id, f"  {paper.id.upper()} "]
        if paper.arxiv:
            names += [
                paper.arxiv,
                f"arXiv:{paper.arxiv}v3",
                f"https://arxiv.org/pdf/{paper.arxiv}",
            ]
        for name in names:
            results = search(generation, hashing, Query(name, mode=mode), 3)
            assert rows(results)[0] == row, name
            assert_sound(results, 3)


@pytest.mark.parametrize("mode", list(Mode))
def test_exact_titles_come_first_even_where_words_favour_another(
    tmp_path: Path, hashing: Embedder, mode: Mode, write_digest: WriteDigest
) -> None:
    filler = "Neither here nor there, with many other plain things said along the way, at length."
    papers = [
        Paper("Sparse graphs", filler),
        *(
            Paper(
                f"Sparse graphs, {name} sparse graphs",
                "Sparse graphs and sparse graphs, sparse graphs again and sparse graphs too.",
            )
            for name in ("dense", "large", "small", "random", "planar", "regular", "bipartite")
        ),
    ]
    library = LibraryStore(tmp_path / "library")
    build(library, [write_digest(tmp_path / "d.txt", papers)], BuildOptions(model="hashing"))
    for text in ("Sparse graphs", "sparse  GRAPHS", "Sparse graphs!"):
        results = search(library.open(), hashing, Query(text, mode=mode), 4)
        assert titles(results)[0] == "Sparse graphs"
        assert_sound(results, 4)


def test_a_title_comes_first_as_it_stood_in_the_digest_and_as_it_reads(
    tmp_path: Path, hashing: Embedder, write_digest: WriteDigest
) -> None:
    raw = "B\\'{e}zier Splines at 43\\% of the Cost"
    body = "Splines are drawn at a part of the cost, as we show in this paper of ours."
    papers = [Paper(raw, body), Paper("The Cost of Zier Splines at 43 of the Cost", body)]
    library = LibraryStore(tmp_path / "library")
    build(library, [write_digest(tmp_path / "d.txt", papers)], BuildOptions(model="hashing"))
    generation = library.open()
    for text in (
        raw,
        "Bézier Splines at 43% of the Cost",
        "Be\u0301zier splines at 43% of the cost",
    ):
        results = search(generation, hashing, Query(text, mode=Mode.LEXICAL), 2)
        assert titles(results)[0] == raw, text


def test_lexical_search_needs_no_model(generation: Generation) -> None:
    assert titles(search(generation, None, Query("pancreas", mode=Mode.LEXICAL)))[0].startswith(
        "Segmenting Pancreas"
    )
    with pytest.raises(EmbedderError, match="words"):
        search(generation, None, Query("pancreas"))


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_asked_finds_nothing(generation: Generation, text: str) -> None:
    for mode in Mode:
        assert search(generation, None, Query(text, mode=mode)).hits == ()


# Examples and counter-examples.


def test_like_finds_the_subject_of_the_examples_and_not_the_examples(
    generation: Generation,
) -> None:
    example_rows = [find_paper(generation, name) for name in ("2410.01000", "2410.01002")]
    names = tuple(generation.records.ids[row] for row in example_rows)
    results = search(generation, None, Query(like=names), 5)
    assert_sound(results, 5)
    assert results.mode is Mode.DENSE
    assert not set(rows(results)) & set(example_rows)
    assert all("CT" in hit.paper.text for hit in results.hits)


def test_unlike_pushes_its_subject_down(generation: Generation, hashing: Embedder) -> None:
    text = "diffusion video GPU memory"
    plain = search(generation, hashing, Query(text, mode=Mode.DENSE), 40)
    disliked = plain.hits[0].paper.id
    pushed = search(generation, hashing, Query(text, unlike=(disliked,), mode=Mode.DENSE), 40)
    assert disliked not in [hit.paper.id for hit in pushed.hits]
    twin = similar(generation, disliked, 1).hits[0].row
    assert rows(pushed).index(twin) > rows(plain).index(twin)


def test_unlike_alone_gives_what_is_furthest(generation: Generation) -> None:
    disliked = [find_paper(generation, name) for name in ("2410.01000", "2411.01002")]
    vectors = generation.engine.vectors(np.arange(generation.size))
    for some in (disliked[:1], disliked):
        names = tuple(generation.records.ids[row] for row in some)
        cosines = vectors @ vectors[some].T
        away = -cosines.sum(axis=1) / np.linalg.norm(vectors[some].sum(axis=0))
        away -= 0.5 * np.abs(away).max() * np.clip(cosines.max(axis=1), 0, None)
        away[some] = -np.inf
        for query in (Query(unlike=names), Query(" ".join(f"unlike:{name}" for name in names))):
            results = search(generation, None, query, 10)
            assert_sound(results, 10)
            assert len(results.hits) == 10
            worst = np.sort(away)[-10]
            assert all(away[row] >= worst - 1e-5 for row in rows(results))


@pytest.mark.parametrize("text", ["???", "…", "!"])
def test_words_alone_that_no_index_holds_find_nothing_and_need_no_model(
    generation: Generation, text: str
) -> None:
    query = Query(text, mode=Mode.LEXICAL)
    assert not needs_model(generation, query)
    assert search(generation, None, query).hits == ()
    listed = search(generation, None, replace(query, filters=Filters(topic="t1")), 5)
    assert_sound(listed, 5)
    assert len(listed.hits) == 5


def test_the_model_is_needed_where_words_are_searched_by_meaning(generation: Generation) -> None:
    example = generation.records.ids[0]
    for text in ("liver", '"liver"', "liver has:abstract", "???"):
        assert needs_model(generation, Query(text))
        with pytest.raises(EmbedderError):
            search(generation, None, Query(text))
    for query in (
        Query(),
        Query("year:2020.. -survey"),
        Query(f"like:{example}"),
        Query(unlike=(example,)),
        Query("liver", mode=Mode.LEXICAL),
    ):
        assert not needs_model(generation, query)
        search(generation, None, query)


def test_the_newest_are_the_newest_though_variety_is_asked_for(
    generation: Generation, hashing: Embedder
) -> None:
    newest = search(generation, hashing, Query("liver scans", sort=Sort.DATE), 8)
    varied = search(generation, hashing, Query("liver scans", sort=Sort.DATE, diverse=True), 8)
    assert rows(varied) == rows(newest)


@pytest.mark.parametrize("query", [Query("liver scans"), Query("has:abstract")])
def test_hits_that_are_passed_over_are_counted_but_not_read(
    generation: Generation, hashing: Embedder, query: Query, rows_read: list[int]
) -> None:
    everything = search(generation, hashing, query, 30)
    rows_read.clear()
    some = search(generation, hashing, query, 30, offset=25)
    assert some.hits == everything.hits[25:]
    assert rows_read == rows(some)


@pytest.mark.parametrize("text", ["like:starred", "unlike:dismissed", "is:starred", "tag:thesis"])
def test_what_asks_for_a_desk_where_there_is_none_is_told(
    generation: Generation, hashing: Embedder, text: str
) -> None:
    for asked in (text, f"{text} liver"):
        (note,) = search(generation, hashing, Query(asked)).parsed.notes
        field, value = text.split(":")
        assert note == Note(NoteKind.NO_DESK, field, value)


def test_examples_that_cancel_out_still_give_an_answer(generation: Generation) -> None:
    name = generation.records.ids[0]
    assert_sound(search(generation, None, Query(like=(name,), unlike=(name,)), 5), 5)


def test_similar_agrees_with_all_cosines(generation: Generation) -> None:
    everything = generation.engine.vectors(np.arange(generation.size, dtype=np.int64))
    for row in (0, 17, 39):
        cosines = everything @ everything[row]
        cosines[row] = -2.0
        found = similar(generation, generation.records.ids[row], 8)
        assert_sound(found, 8)
        assert [hit.score for hit in found.hits] == pytest.approx(
            np.sort(cosines)[::-1][:8].tolist(), abs=1e-3
        )
        assert row not in rows(found)


def test_unknown_ids_and_topics_are_named(generation: Generation) -> None:
    for call in (
        lambda: search(generation, None, Query(like=("9999.99999",))),
        lambda: search(generation, None, Query(unlike=("9999.99999",))),
        lambda: similar(generation, "9999.99999"),
        lambda: find_paper(generation, "9999.99999"),
    ):
        with pytest.raises(UnknownPaper, match=r"9999\.99999"):
            call()
    with pytest.raises(UnknownTopic, match="no such"):
        search(generation, None, Query("liver", filters=Filters(topic="no such")))


# Filters.

FILTERS = [
    Filters(topic="t1"),
    Filters(topic="t3"),
    Filters(source="2023-05-02.txt"),
    Filters(source="2024-03-11.txt", year_from=2024),
    Filters(year_from=2023),
    Filters(year_to=2021),
    Filters(year_from=2021, year_to=2022),
    Filters(topic="t2", source="2023-05-02.txt", year_from=2020, year_to=2023),
    Filters(year_from=2050),
]


def passing(generation: Generation, filters: Filters) -> set[int]:
    """Return the rows that pass ``filters``, found out paper by paper."""
    found = set()
    for row, paper in enumerate(generation.records):
        year = int((paper.published or paper.sources[0].date)[:4])
        if (
            (not filters.topic or filters.topic in {t.id for t in generation.topics_of(row)})
            and (not filters.source or filters.source in {s.digest for s in paper.sources})
            and (filters.year_from is None or year >= filters.year_from)
            and (filters.year_to is None or year <= filters.year_to)
        ):
            found.add(row)
    return found


@pytest.mark.parametrize("filters", FILTERS)
def test_filters_let_through_what_they_say(generation: Generation, filters: Filters) -> None:
    allowed = allowed_rows(generation, filters)
    assert allowed is not None
    assert set(allowed.tolist()) == passing(generation, filters)
    assert allowed_rows(generation, Filters()) is None


@pytest.mark.parametrize("filters", FILTERS)
def test_filtered_answers_are_the_unfiltered_ones_that_pass(
    generation: Generation, hashing: Embedder, filters: Filters
) -> None:
    text, everything = "diffusion of video on a GPU in CT scans of proteins", generation.size
    kept = passing(generation, filters)
    for mode in (Mode.DENSE, Mode.LEXICAL):
        plain = search(generation, hashing, Query(text, mode=mode), everything)
        filtered = search(generation, hashing, Query(text, filters=filters, mode=mode), everything)
        assert rows(filtered) == [row for row in rows(plain) if row in kept]
        assert_sound(filtered, everything)
    hybrid = search(generation, hashing, Query(text, filters=filters), everything)
    assert set(rows(hybrid)) == kept
    few = search(generation, hashing, Query(text, filters=filters), 3)
    assert rows(few) == rows(hybrid)[:3]
    near = similar(generation, generation.records.ids[0], everything, filters)
    assert set(rows(near)) == kept - {0}


def test_an_id_outside_the_filter_stays_outside(generation: Generation, hashing: Embedder) -> None:
    row = find_paper(generation, "2410.01000")
    other = Filters(source="2024-03-11.txt")
    assert row not in passing(generation, other)
    for text in ("2410.01000", generation.records[row].title):
        assert row not in rows(search(generation, hashing, Query(text, filters=other), 40))


def test_topics_are_found_by_id_and_by_name_in_any_case(generation: Generation) -> None:
    for level in generation.levels:
        for topic in level:
            assert find_topic(generation, topic.id.upper()) == topic
            assert find_topic(generation, f" {topic.label.upper()} ").label == topic.label


# Order, reasons and robustness.


def test_ties_go_to_the_smaller_id(
    tmp_path: Path, hashing: Embedder, write_digest: WriteDigest
) -> None:
    listed = "alpha beta gamma delta epsilon".split()
    shuffle = random.Random(1)
    papers = []
    for i in range(10):
        shuffle.shuffle(listed)
        title = " ".join(listed)
        said = f"We say {title} in one sentence of twelve words."
        papers.append(Paper(title, said, arxiv=f"2401.0000{i}"))
    library = LibraryStore(tmp_path / "library")
    build(library, [write_digest(tmp_path / "d.txt", papers)], BuildOptions(model="hashing"))
    generation = library.open()
    for mode in Mode:
        results = search(generation, hashing, Query("alpha epsilon sentence", mode=mode), 10)
        found = [hit.paper.id for hit in results.hits]
        assert found == sorted(found), mode
        assert len(found) == 10
    near = [hit.paper.id for hit in similar(generation, "2401.00003", 9).hits]
    assert near == sorted(near)


def test_the_same_question_gets_the_same_answer(generation: Generation, hashing: Embedder) -> None:
    query = Query("diffusion of video frames")
    first, second = (search(generation, hashing, query, 20) for _ in range(2))
    assert first.hits == second.hits


def test_reasons_name_the_words_and_the_sentence(generation: Generation, hashing: Embedder) -> None:
    results = search(generation, hashing, Query("clipart keypoints"), 1)
    (hit,) = results.hits
    assert hit.paper.title == "Animating Clipart with Video Priors"
    assert {word.lower() for word in hit.why.matched} == {"clipart", "keypoints"}
    assert "keypoints" in hit.why.sentence
    lexical = search(generation, None, Query("clipart", mode=Mode.LEXICAL), 1).hits[0].why
    assert (lexical.meaning, lexical.words) == (0.0, 1.0)
    dense = search(generation, hashing, Query("clipart", mode=Mode.DENSE), 1).hits[0].why
    assert (dense.meaning, dense.words) == (1.0, 0.0)


def test_highlights_join_to_the_text(corpus: list[Paper]) -> None:
    for paper in corpus:
        pieces = highlight(paper.abstract, "segmentation video LLM protein")
        assert "".join(piece for piece, _ in pieces) == paper.abstract
        marked = [piece.lower() for piece, matches in pieces if matches]
        assert all(piece.startswith(("segment", "video", "llm", "protein")) for piece in marked)
    assert highlight("Segmenting livers", "liver segmentation") == [
        ("Segmenting", True),
        (" ", False),
        ("livers", True),
    ]
    assert highlight("", "liver") == []


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(max_size=50),
    mode=st.sampled_from(list(Mode)),
    k=st.integers(-2, 60),
    filters=st.sampled_from([Filters(), *FILTERS]),
    like=st.lists(st.sampled_from(["2410.01000", "2412.01004", "unknown"]), max_size=2),
)
@example(text="\ud800", mode=Mode.HYBRID, k=5, filters=Filters(), like=[])
@example(text="10.1000/", mode=Mode.HYBRID, k=5, filters=Filters(), like=[])
@example(text="AND OR (", mode=Mode.LEXICAL, k=5, filters=Filters(), like=[])
def test_no_question_raises_anything_but_errors_of_ours(
    generation: Generation,
    hashing: Embedder,
    text: str,
    mode: Mode,
    k: int,
    filters: Filters,
    like: list[str],
) -> None:
    try:
        results = search(generation, hashing, Query(text, tuple(like), (), filters, mode), k)
    except ExplorerError:
        return
    assert_sound(results, max(k, 0))


@given(name=st.text(max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_name_raises_anything_but_errors_of_ours(generation: Generation, name: str) -> None:
    for call in (find_paper, find_topic, similar):
        try:
            call(generation, name)
        except ExplorerError as error:
            assert "No " in str(error)


def test_the_same_words_are_embedded_once_whatever_else_is_asked(
    generation: Generation, hashing: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded: list[str] = []
    embed = type(hashing).embed_queries

    def counted(self: Embedder, texts: Sequence[str]) -> Vectors:
        embedded.extend(texts)
        return embed(self, texts)

    monkeypatch.setattr(type(hashing), "embed_queries", counted)
    text = "words that no other test asks for"
    asked = [Query(text), Query(text, filters=Filters(year_from=2000)), Query(f"{text} has:date")]
    found = [search(generation, hashing, query).vector for query in asked]
    assert embedded == [text]
    for vector in found:
        assert vector is not None
        assert np.allclose(vector, embed(hashing, [text])[0])


def test_another_embedder_is_refused(
    generation: Generation, hashing: Embedder, model: Embedder
) -> None:
    check_model(hashing, generation)
    for other in (open_embedder("hashing:64"), model):
        with pytest.raises(EmbedderError, match="Rebuild the library"):
            check_model(other, generation)
        with pytest.raises(EmbedderError):
            search(generation, other, Query("liver"))


def test_the_embedder_of_given_vectors_is_the_one_that_was_named(
    tmp_path: Path, corpus: list[Paper], hashing: Embedder, write_digest: WriteDigest
) -> None:
    rows_given = hashing.embed([paper.text[::-1] for paper in corpus[:5]])
    np.save(tmp_path / "given.npy", rows_given)
    library = LibraryStore(tmp_path / "library")
    digest = write_digest(tmp_path / "d.txt", corpus[:5])
    build(library, [digest], BuildOptions(model="hashing", given_vectors=tmp_path / "given.npy"))
    check_model(hashing, library.open())


def test_a_digest_that_is_not_there_is_wrong_usage_and_the_others_are_named(
    hashing_library: LibraryStore,
) -> None:
    generation = hashing_library.open()
    query = Query(text="learning", filters=Filters(source="no such digest"))
    with pytest.raises(UnusableInput, match=r"no such digest.*2024-03-11\.txt"):
        search(generation, None, query)
