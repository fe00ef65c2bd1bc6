"""Papers in a file: written papers come back, and any of their ids finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import LibraryDamaged
from explorer.papers.embedded_texts import TextsByFingerprint
from explorer.papers.paper import Paper, Source
from explorer.papers.table import PaperTable
from explorer.papers.table_schema import SCHEMA, to_row
from explorer.papers.unchanged import unchanged_rows

PAPERS = (
    Paper(
        title="Bézier 曲線 🎉 \\'{e} $x^2$",
        abstract="Zeile – “quoted” \u202e مرحبا 𝔘",
        authors=("Ada Lovelace", "José García"),
        date="2024-03-11",
        venue="JCDL",
        arxiv="2401.00001",
        doi="10.1002/spe.2984",
        other_ids=("digest:17", "s2:abc"),
        url="https://example.org/ü",
        categories=("cs.DL", "cs.IR"),
        keywords=("maps",),
        summary="People skim.",
        sources=(Source("monday", 3, "2024-03-12"), Source("tuesday", 9)),
        id="p0123456789a",
    ),
    Paper(title="Old One", arxiv="hep-th/9901001", sources=(Source("monday", 8),), id="pold"),
    Paper(title="Bare", sources=(Source("tuesday", 1, "2023-01-02"),), id="pbare"),
    Paper(title="Day only", date="XXXX-03-11", sources=(Source("w", 1, "XXXX-03-11"),), id="pday"),
)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> PaperTable:
    path = tmp_path_factory.mktemp("records") / "papers.arrow"
    PaperTable.write(PAPERS, path)
    return PaperTable.open(path)


def test_what_was_written_comes_back(records: PaperTable) -> None:
    assert len(records) == len(PAPERS)
    assert tuple(records) == PAPERS
    assert tuple(records[row] for row in range(len(records))) == PAPERS
    assert list(records.ids) == [paper.id for paper in PAPERS]
    assert list(records.titles) == [paper.title for paper in PAPERS]
    assert list(records.fingerprints) == [paper.fingerprint for paper in PAPERS]


def test_memory_that_was_given_back_is_read_again(
    records: PaperTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.papers.table._READ_BEFORE_RELEASE", 1)
    for _ in range(2):
        assert tuple(records[row] for row in range(len(records))) == PAPERS
    assert list(records.titles) == [paper.title for paper in PAPERS]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
FEW = st.lists(st.sampled_from(["a", "b", ""]), max_size=2).map(tuple)
NAMED = st.builds(
    Paper, title=st.sampled_from(["One", "Two"]), authors=FEW, keywords=FEW, id=st.just("p")
)
SOURCES = st.lists(st.builds(Source, TEXT, st.integers(1, 2**62), TEXT), max_size=3).map(tuple)


@given(
    st.lists(
        st.builds(
            Paper,
            title=TEXT,
            abstract=TEXT,
            authors=TEXTS,
            other_ids=TEXTS,
            keywords=TEXTS,
            sources=SOURCES,
            id=TEXT,
        ),
        max_size=4,
    )
)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, papers: list[Paper]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.arrow"
    path.unlink(missing_ok=True)
    PaperTable.write(papers, path)
    assert list(PaperTable.open(path)) == papers


def test_more_papers_than_one_batch_holds_come_back_in_order(tmp_path: Path) -> None:
    papers = [Paper(title=f"Paper {n}", id=f"p{n}") for n in range(10_003)]
    PaperTable.write(papers, tmp_path / "many.arrow")
    records = PaperTable.open(tmp_path / "many.arrow")
    assert len(records) == 10_003
    assert [paper.id for paper in records] == [paper.id for paper in papers]
    assert records[10_001] == papers[10_001]


def test_no_papers_are_records_too(tmp_path: Path) -> None:
    PaperTable.write([], tmp_path / "none.arrow")
    records = PaperTable.open(tmp_path / "none.arrow")
    assert len(records) == 0
    assert list(records) == []
    assert records.find("anything") is None
    assert records.years.shape == (0,)
    assert records.digests == {}


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("p0123456789a", 0),
        ("P0123456789A", 0),
        (" p0123456789a\n", 0),
        ("2401.00001", 0),
        ("2401.00001v3", 0),
        ("arXiv:2401.00001", 0),
        ("arxiv:2401.00001v2", 0),
        ("https://arxiv.org/abs/2401.00001", 0),
        ("http://www.arxiv.org/pdf/2401.00001v1.pdf", 0),
        ("https://huggingface.co/papers/2401.00001", 0),
        ("10.48550/arXiv.2401.00001", 0),
        ("10.1002/SPE.2984", 0),
        ("doi:10.1002/spe.2984", 0),
        ("https://doi.org/10.1002/spe.2984", 0),
        ("digest:17", 0),
        ("17", 0),
        ("s2:ABC", 0),
        ("hep-th/9901001v1", 1),
        ("pbare", 2),
        ("2401.00002", None),
        ("p", None),
        ("", None),
    ],
)
def test_papers_are_found_under_all_their_names(
    records: PaperTable, name: str, row: int | None
) -> None:
    assert records.find(name) == row


def test_a_library_id_is_found_before_what_a_digest_calls_another_paper(tmp_path: Path) -> None:
    papers = [
        Paper(title="First", other_ids=("digest:psecond",), id="pfirst"),
        Paper(title="Second", id="psecond"),
    ]
    PaperTable.write(papers, tmp_path / "r.arrow")
    assert PaperTable.open(tmp_path / "r.arrow").find("psecond") == 1


def test_years_come_from_the_paper_its_arxiv_id_or_else_its_digest(records: PaperTable) -> None:
    assert records.years.tolist() == [2024, 1999, 2023, 0]


def test_digests_hold_the_rows_that_were_read_in_them(records: PaperTable) -> None:
    found = {name: rows.tolist() for name, rows in records.digests.items()}
    assert found == {"monday": [0, 1], "tuesday": [0, 2], "w": [3]}
    assert list(found) == sorted(found)


@pytest.mark.parametrize("content", [b"", b"no arrow at all", b"ARROW1\x00\x00" + bytes(64)])
def test_damaged_files_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "papers.arrow"
    path.write_bytes(content)
    with pytest.raises(LibraryDamaged, match=r"papers\.arrow: the records cannot be read"):
        PaperTable.open(path)


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "papers.arrow"
    PaperTable.write(PAPERS, path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(LibraryDamaged):
        PaperTable.open(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryDamaged, match=r"nowhere\.arrow"):
        PaperTable.open(tmp_path / "nowhere.arrow")


def test_chosen_papers_have_rows_of_their_own(records: PaperTable) -> None:
    chosen = records.take(np.array([2, 0]))
    assert list(chosen) == [PAPERS[2], PAPERS[0]] == list(chosen[:2])
    assert chosen[-1] == PAPERS[0]
    assert list(chosen.ids) == [PAPERS[2].id, PAPERS[0].id]
    assert chosen.find("2401.00001") == 1
    assert chosen.years.tolist() == [2023, 2024]
    assert chosen.having("abstract").tolist() == [False, True]
    assert list(chosen.take(np.array([1]))) == [PAPERS[0]]
    with pytest.raises(IndexError):
        chosen[2]


def test_selected_fields_come_alone(records: PaperTable) -> None:
    bare = [Paper(title=paper.title, sources=paper.sources) for paper in PAPERS]
    assert list(records.select("title", "sources")) == bare


def test_rows_of_a_digest(records: PaperTable) -> None:
    assert records.rows_from_digest("monday").tolist() == [0, 1]
    assert records.rows_from_digest("tuesday").tolist() == [0, 2]
    assert records.take(np.array([3, 2, 1])).rows_from_digest("tuesday").tolist() == [1]
    assert records.rows_from_digest("sunday").tolist() == []


def test_an_id_is_found_exactly_or_not_at_all(records: PaperTable) -> None:
    assert records.row_of("pold") == 1
    assert records.row_of("POLD") is None
    assert records.row_of("2401.00001") is None


def test_unchanged_rows_by_field(records: PaperTable) -> None:
    other = PaperTable.from_papers(
        [replace(PAPERS[3], date="2024"), replace(PAPERS[1], title="New")]
    )
    both = PaperTable.concatenate(records, other)
    assert list(both) == [*PAPERS, *other]
    after = both.take(np.array([0, 2, 4, 5]))
    moved = np.array([0, 3, 1, 2])
    for before, now in ((records, after), (list(records), list(after))):
        assert unchanged_rows(before, now, moved, ("title",)).tolist() == [True, False, True, True]
        assert unchanged_rows(before, now, moved, ("date",)).tolist() == [True, True, True, False]
        gone = np.array([-1, -1, 1, -1])
        assert unchanged_rows(before, now, gone, ("title",)).tolist() == [False, False, True, False]


@given(st.lists(st.tuples(NAMED, NAMED), max_size=8))
def test_records_agree_where_their_papers_do(pairs: list[tuple[Paper, Paper]]) -> None:
    fields = ("title", "authors", "keywords")
    before, now = (
        (PaperTable.from_papers(papers) for papers in zip(*pairs, strict=True))
        if pairs
        else ([], [])
    )
    moved = np.arange(len(pairs))
    wanted = [all(getattr(a, f) == getattr(b, f) for f in fields) for a, b in pairs]
    assert unchanged_rows(before, now, moved, fields).tolist() == wanted


def test_texts_are_read_by_fingerprint(records: PaperTable) -> None:
    texts = TextsByFingerprint(records, np.array([0, 3]))
    assert dict(texts) == {PAPERS[row].fingerprint: PAPERS[row].text for row in (0, 3)}
    assert dict(texts.items()) == dict(texts)
    assert PAPERS[1].fingerprint not in texts


_OLD = ("digest", "line", "date", "seen")


def _as_schema_4_had_it(papers: Sequence[Paper]) -> pa.Table:
    """Return the table of papers without collections and tags of sources."""
    rows = [to_row(paper, paper.fingerprint) for paper in papers]
    for row in rows:
        for source in row["sources"]:
            del source["collections"], source["tags"], source["notes"], source["annotations"]
        del row["notes_fingerprint"]
    fields = [field for field in SCHEMA if field.name not in ("sources", "notes_fingerprint")]
    source = pa.struct([f for f in SCHEMA.field("sources").type.value_type if f.name in _OLD])
    old = pa.schema([*fields, ("sources", pa.list_(source))])
    return pa.Table.from_pylist(rows, schema=old)


def test_sources_of_an_older_schema_have_no_collections(tmp_path: Path) -> None:
    new = replace(PAPERS[0], sources=(Source("z", 1, collections=("A/B", "C"), tags=("x",)),))
    older = _as_schema_4_had_it(PAPERS)
    path = tmp_path / "papers.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, older.schema) as writer:
        writer.write_table(older)
    stored = PaperTable.open(path)
    assert tuple(stored) == PAPERS
    assert list(stored.collections.names) == []
    joined = PaperTable.concatenate(stored, PaperTable.from_papers([new]))
    assert tuple(joined) == (*PAPERS, new)
    assert list(joined.collections.names) == ["A", "A/B", "C"]
    assert joined.collections.rows_with_words(["b"]).tolist() == [len(PAPERS)]
    assert joined.source_tags.rows_with_words(["x"]).tolist() == [len(PAPERS)]
    for papers in (joined, stored):
        PaperTable.write(papers, tmp_path / "again.arrow")
        assert tuple(PaperTable.open(tmp_path / "again.arrow")) == tuple(papers)
