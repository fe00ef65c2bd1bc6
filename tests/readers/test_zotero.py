"""Zotero's own database: consistent snapshots while others write, and what is read from them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from explorer.errors import DigestError
from explorer.readers import Reading, digest_files, read_digest, stream_digests_apart
from explorer.readers.shared import sqlite_snapshot
from explorer.readers.zotero import zotero_overview
from explorer.settings import ReadingLimits
from tests.helpers.corpus import ROOT
from tests.helpers.zotero_library import GROUP, SAMPLE, Stored, make_zotero

SHARED = ROOT.parent / "shared" / "data"
_WRITER = """
import sqlite3, sys, time
path, mode, forever = sys.argv[1:]
connection = sqlite3.connect(path, isolation_level=None, timeout=30)
connection.execute(f"PRAGMA journal_mode={mode.split()[0]}")
if "exclusive" in mode:
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
connection.execute("PRAGMA wal_autocheckpoint=5")
number = 0
while True:
    # Two rows that belong together: a snapshot between them is torn.
    connection.execute("BEGIN IMMEDIATE")
    for table in ("tags", "creators"):
        column = {"tags": "name", "creators": "lastName"}[table]
        connection.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (f"row {number}",))
    connection.execute("COMMIT")
    number += 1
    if number == 3:
        print("ready", flush=True)
    if forever == "no" and number >= 3:
        sys.stdin.read()
        break
    time.sleep(0.002)
"""


@contextmanager
def writer(path: Path, mode: str, *, forever: bool = True) -> Iterator[None]:
    """Let another process write to the database; ``forever`` or, once it has, keep it open."""
    words = [sys.executable, "-I", "-c", _WRITER, str(path), mode, "yes" if forever else "no"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


def counts(path: Path) -> tuple[int, int]:
    """Return the rows of both tables that the writer fills, in one snapshot."""
    with sqlite_snapshot.snapshot(path, lambda: path.open("rb")) as connection:
        tags, people = (
            connection.execute(f"SELECT count(*) FROM {table} WHERE {column} LIKE 'row %'")
            for table, column in (("tags", "name"), ("creators", "lastName"))
        )
        return tags.fetchone()[0], people.fetchone()[0]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return the path of a small Zotero database, alone in its folder."""
    path = tmp_path / "Zotero" / "zotero.sqlite"
    path.parent.mkdir()
    make_zotero(path, SAMPLE)
    return path


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_numbers_of_fields_and_types_do_not_matter(tmp_path: Path) -> None:
    papers = []
    for order in (1, -1):
        make_zotero(tmp_path / "zotero.sqlite", SAMPLE, order=order)
        papers.append(read_digest(tmp_path / "zotero.sqlite").papers)
    assert papers[0] == papers[1]


def test_what_is_no_paper_is_counted(database: Path) -> None:
    reading = read_digest(database)
    kinds = {"attachment": 2, "annotation": 1, "note": 1, "trashed item": 1}
    assert (len(reading.papers), reading.not_papers, reading.rejected) == (3, kinds, 0)


def test_overview(database: Path) -> None:
    overview = zotero_overview(database)
    assert (overview.papers, overview.with_abstract, overview.with_doi) == (3, 1, 1)
    assert overview.trash == 1
    assert overview.collections == (("Thesis", 2), ("Thesis/Methods", 1), ("Walks", 2))
    assert overview.tags == {"cartography": 1, "to cite": 2}
    assert (overview.attachments, overview.notes, overview.annotations) == (2, 1, 1)


def test_collections_and_tags_are_the_sources(database: Path) -> None:
    shelves = [(p.sources[0].collections, p.sources[0].tags) for p in read_digest(database).papers]
    assert shelves == [
        (("Thesis/Methods",), ("cartography", "to cite")),
        (("Thesis", "Walks"), ("to cite",)),
        ((), ()),
    ]
    assert [(p.notes, p.annotations) for p in read_digest(database).papers] == [
        (("Idea\nCompare with isochrones.",), ("Maps stay put (p. 7)\nas <b>ours</b>",)),
        ((), ()),
        ((), ()),
    ]
    streams = stream_digests_apart(database, "zotero.sqlite", ReadingLimits())
    apart = [paper for stream in streams for paper in stream.items]
    assert apart == list(read_digest(database).papers)


def test_a_group_is_a_source_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "zotero.sqlite"
    items = [
        Stored(fields={"title": "Ours alone"}),
        Stored(fields={"title": "Theirs"}, library=GROUP),
    ]
    make_zotero(path, items)
    assert [(p.sources[0].digest, p.other_ids) for p in read_digest(path).papers] == [
        ("zotero.sqlite", ("zotero:ITEM0001",)),
        ("zotero.sqlite/Reading group", ("zotero:groups/77/ITEM0002",)),
    ]


def test_ids_in_extra(tmp_path: Path) -> None:
    extra = "arXiv:1706.03762 [cs]\nDOI: 10.1000/Extra\nPMCID: PMC77\nfree words: and more"
    make_zotero(tmp_path / "z", [Stored("preprint", {"title": "Attention", "extra": extra})])
    (paper,) = read_digest(tmp_path / "z").papers
    assert (paper.arxiv, paper.doi) == ("1706.03762", "10.1000/extra")
    assert paper.other_ids == ("pmcid:PMC77", "zotero:ITEM0001")


@pytest.mark.parametrize("mode", ["delete", "wal", "delete exclusive", "wal exclusive"])
def test_snapshot_while_another_process_writes(
    database: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_snapshot, "_PATIENCE", 0.2)
    with writer(database, mode):
        for _ in range(3):
            tags, people = counts(database)
            assert tags == people >= 3
            assert zotero_overview(database).papers == 3


@pytest.mark.parametrize("mode", ["delete", "wal", "wal exclusive"])
def test_nothing_is_written_beside_the_database(database: Path, mode: str) -> None:
    with writer(database, mode, forever=False):
        before = content(database.parent)
        assert counts(database) == (3, 3)
        assert content(database.parent) == before
    # The writer was killed: its log stays, and nobody may tidy it up.
    for name in ("zotero.sqlite-shm", "zotero.sqlite-journal"):
        (database.parent / name).unlink(missing_ok=True)
    before = content(database.parent)
    assert counts(database) == (3, 3)
    assert content(database.parent) == before


def test_a_transaction_that_was_cut_off_is_rolled_back(database: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 2")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM items")
        for number in range(2_000):
            connection.execute("INSERT INTO tags (name) VALUES (?)", (f"row {number}",))
        shutil.copytree(database.parent, left)
    assert (left / "zotero.sqlite-journal").stat().st_size > 512
    before = content(left)
    assert len(read_digest(left / "zotero.sqlite").papers) == 3
    assert content(left) == before


def test_damaged_and_foreign_databases_are_refused(database: Path, tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        with pytest.raises(DigestError) as caught:
            read_digest(path)
        assert caught.value.path == path
        assert caught.value.advice
        return caught.value.what

    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE items (title)")
        connection.execute("CREATE VIEW itemData AS SELECT 1")
    assert "not a library of Zotero" in refused(other)
    torn = tmp_path / "torn.sqlite"
    torn.write_bytes(database.read_bytes()[:3_000])
    assert "damaged" in refused(torn)


def test_of_the_data_folder_only_the_database_is_a_digest(database: Path) -> None:
    folder = database.parent
    for name in ("zotero.sqlite-wal", "zotero.sqlite.bak", "storage/ABCD/paper.txt", "mine.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert [name for name, _ in digest_files([folder.parent])] == [
        "Zotero/mine.txt",
        "Zotero/zotero.sqlite",
    ]


def _truth() -> dict[str, Any]:
    path = SHARED / "zotero" / "truth.json"
    if not path.exists():
        pytest.skip(f"the real Zotero library is not at {path.parent}")
    truth: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["library"]
    return truth


def _collections(nodes: list[dict[str, Any]], above: str = "") -> dict[str, int]:
    counted: dict[str, int] = {}
    for node in nodes:
        path = f"{above}{node['name']}"
        counted[path] = node["with_subcollections"]
        counted |= _collections(node["children"], f"{path}/")
    return counted


@pytest.mark.parametrize("log", [False, True])
def test_figures_of_a_real_library(log: bool) -> None:
    truth = _truth()
    path = SHARED / ("zotero_wal" if log else "zotero") / "zotero.sqlite"
    overview = zotero_overview(path)
    assert overview.papers == truth["top_level_regular_not_in_trash"] + log
    assert overview.with_abstract == truth["with_abstract"] + log
    assert overview.with_doi == truth["with_doi_field"]
    assert overview.trash == len(truth["regular_in_trash"])
    assert overview.tags == truth["tags"]
    assert overview.attachments == truth["attachments_total"]
    assert overview.notes == truth["notes_total"]
    assert overview.annotations == truth["annotations_total"]
    in_log = {"WAL only": 1} if log else {}
    assert dict(overview.collections) == _collections(truth["collections"]) | in_log
    reading: Reading = read_digest(path)
    assert len(reading.papers) == overview.papers
    for item in truth["sample_items"]:
        (paper,) = (p for p in reading.papers if f"zotero:{item['key']}" in p.other_ids)
        people = [f"{c['first'] or ''} {c['last']}".strip() for c in item["creators"]]
        assert paper.title == " ".join(item["fields"]["title"].split())
        assert list(paper.authors) == people
