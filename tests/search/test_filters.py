"""What a hit must be, held against going through every paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.builds.build import BuildOptions, build
from explorer.embedders import Embedder, open_embedder
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.facets import loosened
from explorer.search.filters import Filters, allowed_rows, inside
from explorer.search.model import Mode, Query, Sort
from explorer.search.queries.notes import NoteKind
from explorer.search.queries.syntax import parse
from explorer.search.search import search

PAPERS = (
    Paper("Segmenting the Liver", "Liver scans, segmented.", ("Ada Lovelace", "B. Müller"),
          "2021-05", "MICCAI 2021", categories=("eess.IV",)),
    Paper("Video Diffusion", "A survey of video models.", ("C. Smith",), "2023", "NeurIPS",
          keywords=("robotics",)),
    Paper("Speculative Decoding", "We decode speculatively. Speculative decoding is quick.",
          ("D. Smithson",), "2024-01-02", doi="10.1000/abc"),
    Paper("Decoding What Is Speculative", "No scan here.", (), "2019", arxiv="2405.14458"),
    Paper("A Title Alone"),
)  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> LibraryStore:
    import json

    folder = tmp_path_factory.mktemp("filters")
    rows = [
        {
            "title": p.title,
            "abstract": p.abstract,
            "authors": list(p.authors),
            "date": p.date,
            "venue": p.venue,
            "doi": p.doi,
            "arxiv_id": p.arxiv,
            "categories": list(p.categories),
            "keywords": list(p.keywords),
        }
        for p in PAPERS
    ]
    path = folder / "papers.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    library = LibraryStore(folder / "library")
    build(library, [path], BuildOptions(model="hashing"))
    return library


@pytest.fixture(scope="module")
def few(library: LibraryStore) -> Generation:
    return library.open()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("hashing")


def titles(generation: Generation, typed: str) -> set[str]:
    rows = allowed_rows(generation, Filters(clauses=parse(typed).clauses))
    assert rows is not None
    return {generation.records[int(row)].title.split()[0] for row in rows}


@pytest.mark.parametrize(
    ("typed", "first_words"),
    [
        ("author:lovelace", {"Segmenting"}),
        ('author:"ada lovelace"', {"Segmenting"}),
        ("author:muller", {"Segmenting"}),
        ("author:smith", {"Video"}),
        ("-author:smith", {"Segmenting", "Speculative", "Decoding", "A"}),
        ("venue:neurips", {"Video"}),
        ("venue:miccai", {"Segmenting"}),
        ("category:eess.IV", {"Segmenting"}),
        ("keyword:robotics", {"Video"}),
        ("year:2023", {"Video"}),
        ("year:2022..", {"Video", "Speculative"}),
        ("year:..2022", {"Segmenting", "Decoding"}),
        ('"speculative decoding"', {"Speculative"}),
        ('title:"speculative decoding"', {"Speculative"}),
        ("title:decode", {"Speculative", "Decoding"}),
        ("abstract:scans", {"Segmenting", "Decoding"}),
        ("-survey has:abstract", {"Segmenting", "Speculative", "Decoding"}),
        ("has:doi", {"Speculative"}),
        ("has:arxiv", {"Decoding"}),
        ("has:authors", {"Segmenting", "Video", "Speculative"}),
        ("has:date", {"Segmenting", "Video", "Speculative", "Decoding"}),
        ("-has:abstract", {"A"}),
        ("author:nobody", set()),
    ],
)
def test_each_field_lets_through_what_it_says(
    few: Generation, typed: str, first_words: set[str]
) -> None:
    assert titles(few, typed) == first_words


def test_filters_alone_list_what_passes_the_newest_first(
    few: Generation, embedder: Embedder
) -> None:
    results = search(few, embedder, Query(text="has:abstract"), 10)
    assert results.allowed == 4
    dates = [hit.paper.date for hit in results.hits]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) == 4


def test_hits_are_sorted_by_date_where_asked(few: Generation, embedder: Embedder) -> None:
    found = search(few, embedder, Query(text="decoding scans", sort=Sort.DATE), 10)
    dates = [hit.paper.date for hit in found.hits]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("mode", Mode)
def test_as_many_hits_come_back_as_pass(few: Generation, embedder: Embedder, mode: Mode) -> None:
    asked = Query(text="decoding -author:smith year:2020..", mode=mode)
    found = search(few, embedder, asked, 10)
    assert found.allowed == 2
    passing = {hit.paper.title for hit in found.hits}
    assert passing <= {"Segmenting the Liver", "Speculative Decoding"}
    assert len(passing) == (1 if mode is Mode.LEXICAL else 2)


def test_what_this_library_cannot_answer_is_told_and_left_out(
    few: Generation, embedder: Embedder
) -> None:
    asked = Query(text="decoding topic:nonsense source:nowhere like:nobody")
    found = search(few, embedder, asked, 10)
    assert [(note.kind, note.value) for note in found.parsed.notes] == [
        (NoteKind.UNKNOWN_TOPIC, "nonsense"),
        (NoteKind.UNKNOWN_DIGEST, "nowhere"),
        (NoteKind.UNKNOWN_PAPER, "nobody"),
    ]
    assert found.parsed.clauses == ()
    assert found.hits


def test_a_paper_typed_as_an_example_is_one(few: Generation, embedder: Embedder) -> None:
    found = search(few, embedder, Query(text="like:2405.14458"), 10)
    assert "Decoding What Is Speculative" not in {hit.paper.title for hit in found.hits}
    assert found.hits[0].why.example == few.records.ids[few.records.find("2405.14458") or 0]


def test_an_id_comes_first_even_where_it_looks_like_a_field(
    few: Generation, embedder: Embedder
) -> None:
    for typed in ("doi:10.1000/abc", "10.1000/ABC", "arXiv:2405.14458"):
        assert len(search(few, embedder, Query(text=typed), 3).hits) == 3
        wanted = few.records.find(typed)
        assert search(few, embedder, Query(text=typed), 3).hits[0].row == wanted


@given(st.text(max_size=60))
def test_no_text_raises_in_a_search(typed: str) -> None:
    generation = _OPENED[0]
    search(generation, _OPENED[1], Query(text=typed), 3)


_OPENED: list[Any] = []


@pytest.fixture(autouse=True, scope="module")
def opened(few: Generation, embedder: Embedder) -> None:
    _OPENED[:] = [few, embedder]


def test_a_region_of_the_map_holds_the_points_inside() -> None:
    points = np.array([[0, 0], [2, 2], [0.5, 0.5], [-1, 0], [0.9, 0.05]], dtype=np.float32)
    triangle = ((-0.1, -0.1), (1.2, -0.1), (-0.1, 1.3))
    assert inside(triangle, points).tolist() == [True, False, True, False, True]
    assert inside((), points).tolist() == [False] * 5


def test_a_span_of_time_narrows_a_search_and_can_be_dropped(
    few: Generation, embedder: Embedder
) -> None:
    filters = Filters(period=("2021", "2023"))
    found = search(few, embedder, Query(text="speculative video", filters=filters), 5)
    titles = {paper.title for paper in PAPERS if "2021" <= paper.date[:4] <= "2023"}
    assert {hit.paper.title for hit in found.hits} == titles
    assert found.allowed == len(titles) == 2
    none = Filters(period=("1950", "1960"))
    assert search(few, embedder, Query(text="video", filters=none), 5).allowed == 0
    assert [one.filters.period for one in loosened(few, none)] == [None]


def test_a_region_and_a_choice_of_papers_narrow_a_search(
    few: Generation, embedder: Embedder
) -> None:
    x, y = (float(value) for value in few.positions[2])
    square = (
        (x - 0.01, y - 0.01),
        (x + 0.01, y - 0.01),
        (x + 0.01, y + 0.01),
        (x - 0.01, y + 0.01),
    )
    found = search(few, embedder, Query(text="decoding", filters=Filters(region=square)), 5)
    rows = [hit.row for hit in found.hits]
    assert 2 in rows
    assert np.allclose(few.positions[rows], few.positions[2], atol=0.01)
    assert len(rows) < few.size
    chosen = frozenset(few.records.ids[:2])
    found = search(few, embedder, Query(text="decoding", filters=Filters(papers=chosen)), 5)
    assert {hit.paper.id for hit in found.hits} == chosen
