"""The column index agrees with the papers, new or read from its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.errors import LibraryDamaged
from explorer.papers.column_index import ColumnIndex
from explorer.papers.dates import year_of
from explorer.papers.paper import Paper, Source, title_key
from explorer.papers.table import PaperTable

NAMES = st.sampled_from(
    [
        "Ada Lovelace",
        "ada  LOVELACE",
        "José García",
        "Jose Garcia",
        "de la Cruz, M.",
        "曲線",
        "...",
        "",
    ]
)
DATES = st.sampled_from(["", "2024-03-11", "2023", "XXXX-03", "2021-05-02/..", "1999-12"])
SOURCES = st.builds(
    Source, st.sampled_from(["monday", "tuesday.txt", "ü"]), st.integers(1, 99), DATES
)
PAPERS = st.lists(
    st.builds(
        Paper,
        title=st.just("A title"),
        authors=st.lists(NAMES, max_size=3).map(tuple),
        venue=NAMES,
        categories=st.lists(NAMES, max_size=2).map(tuple),
        keywords=st.lists(NAMES, max_size=2).map(tuple),
        date=DATES,
        arxiv=st.sampled_from(["", "2401.00001", "hep-th/9901001"]),
        doi=st.sampled_from(["", "10.1000/a:b"]),
        other_ids=st.lists(st.sampled_from(["s2:X", "digest:17", "S2:x", "bare"]), max_size=2).map(
            tuple
        ),
        sources=st.lists(SOURCES, max_size=3).map(tuple),
    ),
    max_size=6,
).map(lambda papers: [_with_id(paper, f"P{(n * 7) % 10}") for n, paper in enumerate(papers)])


def _with_id(paper: Paper, name: str) -> Paper:
    vars(paper)["id"] = name
    return paper


def _both(papers: list[Paper], path: Path) -> list[ColumnIndex]:
    made = ColumnIndex.from_table(PaperTable.from_papers(papers)._table)
    path.unlink(missing_ok=True)
    made.write(path)
    return [made, ColumnIndex.open(path)]


@given(PAPERS)
@settings(deadline=None)
def test_names_are_found_by_their_words_in_the_papers_that_have_them(
    tmp_path_factory: pytest.TempPathFactory, papers: list[Paper]
) -> None:
    chosen = np.arange(len(papers)) % 2 == 0
    for columns in _both(papers, tmp_path_factory.getbasetemp() / "names.arrow"):
        for column in ("authors", "venue", "categories", "keywords"):
            names = columns.name_index(column)
            of = [getattr(paper, column) for paper in papers]
            of = [(value,) * bool(value) if isinstance(value, str) else value for value in of]
            for words in (
                [],
                ["ada"],
                ["lovelace", "ada"],
                ["la", "m"],
                ["garcia"],
                ["no"],
                ["曲線"],
            ):
                having = [
                    row
                    for row, own in enumerate(of)
                    if any(set(words) <= set(title_key(name).split()) for name in own)
                ]
                assert names.rows_with_words(words).tolist() == having
            counted = dict(zip(names.names, names.counts(chosen).tolist(), strict=True))
            flat = [name for row in np.flatnonzero(chosen) for name in of[row]]
            assert counted == {n: flat.count(n) for own in of for n in own}


@given(PAPERS)
@settings(deadline=None)
def test_years_dates_digests_and_orders_are_those_of_the_papers(
    tmp_path_factory: pytest.TempPathFactory, papers: list[Paper]
) -> None:
    for columns in _both(papers, tmp_path_factory.getbasetemp() / "dates.arrow"):
        for row, paper in enumerate(papers):
            dated = [source.date for source in paper.sources if year_of(source.date)]
            own = year_of(paper.published)
            assert columns.years[row] == (own or (year_of(dated[0]) if dated else 0))
            assert columns.dates[row] == (paper.published if own else max(dated, default=""))
        assert list(columns.dates) == [columns.dates[row] for row in range(len(papers))]
        assert list(columns.dates.distinct) == sorted(set(columns.dates.distinct))
        assert [papers[row].id for row in np.argsort(columns.id_ranks)] == sorted(
            paper.id for paper in papers
        )
        digests = {name: rows.tolist() for name, rows in columns.digests.items()}
        assert digests == {
            name: [r for r, paper in enumerate(papers) if name in {s.digest for s in paper.sources}]
            for name in sorted({s.digest for paper in papers for s in paper.sources})
        }


@given(PAPERS)
@settings(deadline=None)
def test_a_name_finds_the_paper_that_it_is_the_surest_of(
    tmp_path_factory: pytest.TempPathFactory, papers: list[Paper]
) -> None:
    order = [
        [[paper.id] for paper in papers],
        [[paper.arxiv] for paper in papers],
        [[paper.doi] for paper in papers],
        [list(paper.other_ids) for paper in papers],
        [[name.partition(":")[2] for name in paper.other_ids] for paper in papers],
    ]
    for columns in _both(papers, tmp_path_factory.getbasetemp() / "ids.arrow"):
        for name in ("p0", "P7", "2401.00001", "10.1000/A:B", "s2:x", "x", "17", "bare", "", "b"):
            rows = [
                row
                for names_of in order
                for row, names in enumerate(names_of)
                for known in names
                if known and known.lower() == name.lower()
            ]
            assert list(columns.rows_known_as(name)) == rows


@pytest.mark.parametrize("content", [b"", b"no arrow at all", b"ARROW1\x00\x00" + bytes(64)])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "columns.arrow"
    path.write_bytes(content)
    with pytest.raises(LibraryDamaged, match=r"columns\.arrow: cannot be read"):
        ColumnIndex.open(path)
