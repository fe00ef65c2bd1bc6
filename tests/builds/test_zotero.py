"""Updates from Zotero: nothing is read twice, and what is removed there is removed here."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from explorer.builds.build import BuildOptions, build
from explorer.builds.update_plan import JoinedPapers, join_papers
from explorer.builds.watch import _listing
from explorer.builds.zotero import last_reading, update_from_zotero
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper, Source
from explorer.papers.spill_file import SpillFile
from explorer.papers.table import PaperTable
from tests.helpers.corpus import WriteDigest
from tests.helpers.zotero_library import GROUP, Stored, make_zotero

HASHING = BuildOptions(model="hashing")


def _items(papers: list[Paper], library: int = 1) -> list[Stored]:
    return [
        Stored(fields={"title": p.title, "abstractNote": p.abstract}, library=library)
        for p in papers
    ]


def _remove(path: Path, item: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO deletedItems VALUES (?)", (item,))
        connection.commit()


def test_an_item_removed_in_zotero_leaves_unless_another_digest_holds_it(
    tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    database = tmp_path / "digests" / "Zotero" / "zotero.sqlite"
    database.parent.mkdir(parents=True)
    make_zotero(database, [*_items(corpus[:7]), *_items(corpus[7:8], GROUP)])
    write_digest(tmp_path / "digests" / "first.txt", corpus[1:2])
    library = LibraryStore(tmp_path / "library")
    build(library, [tmp_path / "digests"], HASHING)
    for item in (1, 2, 8):
        _remove(database, item)

    report = build(library, [database.parent.parent], HASHING)

    assert (report.papers, report.removed) == (6, 2)
    titles = {paper.title for paper in library.open().records}
    assert corpus[0].title not in titles
    shared = next(paper for paper in library.open().records if paper.title == corpus[1].title)
    assert [source.digest for source in shared.sources] == ["first.txt"]


def _joined(read: list[Paper], stored: list[Paper], folder: Path) -> JoinedPapers:
    tables = (PaperTable.from_papers(papers) for papers in (read, stored))
    whole = frozenset(("z",))
    return join_papers(*tables, SpillFile(folder), prune=False, whole=whole)


def test_only_digests_that_were_read_whole_lose_papers(tmp_path: Path) -> None:
    def paper(number: int, *digests: str) -> Paper:
        sources = tuple(Source(name, number, seen="2024-01-01") for name in digests)
        return Paper(f"The title of paper {number}", id=f"p{number}", sources=sources)

    stored = [
        paper(1, "z"),
        paper(2, "z", "notes.txt"),
        paper(3, "notes.txt"),
        paper(4, "z/Group"),
        paper(5, "zebra"),
        paper(6, "z", "z/Group"),
    ]
    read = [Paper(stored[5].title, sources=(Source("z", 6),))]
    joined = _joined(read, stored, tmp_path)
    left = {p.id: [source.digest for source in p.sources] for p in joined.papers}
    assert left == {"p2": ["notes.txt"], "p3": ["notes.txt"], "p5": ["zebra"], "p6": ["z"]}
    assert joined.plan.removed == {"p1", "p4"}
    assert not joined.is_as_before


def test_a_database_is_read_again_only_when_it_has_changed(
    tmp_path: Path, corpus: list[Paper]
) -> None:
    database = tmp_path / "zotero.sqlite"
    make_zotero(database, _items(corpus[:6]))
    library = LibraryStore(tmp_path / "library")
    first = update_from_zotero(library, database, HASHING)
    assert first is not None
    assert first.added == 6
    assert last_reading(library)["read"]
    assert update_from_zotero(library, database) is None
    assert update_from_zotero(library, database, BuildOptions(dry_run=True)) is not None
    os.utime(database, ns=(1, 1))
    again = update_from_zotero(library, database)
    assert again is not None
    assert (again.published, again.unchanged) == (False, 6)
    (database.with_name("zotero.sqlite-wal")).touch()
    assert update_from_zotero(library, database) is not None


def test_a_watch_notices_what_stands_in_the_log_only(tmp_path: Path) -> None:
    database = tmp_path / "Zotero" / "zotero.sqlite"
    database.parent.mkdir()
    make_zotero(database, [])
    before = _listing(tmp_path)
    database.with_name("zotero.sqlite-wal").touch()
    assert _listing(tmp_path) != before
