"""Updates from Zotero: nothing is read twice, and what is removed there is removed here."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from explorer.api.json_format import hit_as_json, mapped_paper_as_json
from explorer.builds.build import BuildOptions, build
from explorer.builds.update_plan import JoinedPapers, join_papers
from explorer.builds.watch import _listing
from explorer.builds.zotero import changed_database, last_reading, update_from_zotero
from explorer.embedders import open_embedder
from explorer.library.store import LibraryStore
from explorer.papers.merging import merge_records
from explorer.papers.paper import Paper, Source
from explorer.papers.spill_file import SpillFile
from explorer.papers.table import PaperTable
from explorer.search.facets import facets
from explorer.search.filters import Filters, allowed_rows
from explorer.search.model import Query
from explorer.search.queries.syntax import Field, parse
from explorer.search.search import search
from tests.helpers.corpus import WriteDigest
from tests.helpers.generations import seal_again
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
    now, before = (PaperTable.from_papers(papers) for papers in (read, stored))
    whole = frozenset(("z",))
    return join_papers(now, before, SpillFile(folder), prune=False, whole=whole)


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


def _as_schema_4_wrote_it(library: LibraryStore) -> None:
    """Take collections and tags out of the live generation, as if an older version had made it."""
    folder = library.folder / "generations" / library.live
    table = pa.ipc.open_file(folder / "papers.arrow").read_all()
    rows = table.to_pylist()
    for row in rows:
        for source in row["sources"]:
            del source["collections"], source["tags"], source["notes"], source["annotations"]
        del row["notes_fingerprint"]
    older = pa.Table.from_pylist(rows)
    path = str(folder / "papers.arrow")
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, older.schema) as writer:
        writer.write_table(older)
    manifest = folder / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(content | {"schema": 4}), encoding="utf-8")
    seal_again(folder)


def test_collections_and_tags_filter_and_count_also_in_an_older_library(
    tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    library = LibraryStore(tmp_path / "library")
    build(library, [write_digest(tmp_path / "first.txt", corpus[:6])], HASHING)
    _as_schema_4_wrote_it(library)
    shelves = (("Thesis/Methods", "to cite"), ("Thesis", "to cite"), ("Walks", "later"))
    items = [
        replace(item, collections=(collection,), tags=(tag,))
        for item, (collection, tag) in zip(_items(corpus[5:8]), shelves, strict=True)
    ]
    make_zotero(tmp_path / "zotero.sqlite", items)

    report = update_from_zotero(library, tmp_path / "zotero.sqlite")

    assert report is not None
    assert (report.added, report.removed, report.embedded) == (2, 0, 2)
    generation = library.open()

    def titles(query: str) -> set[str]:
        rows = allowed_rows(generation, Filters(clauses=parse(query).clauses))
        assert rows is not None
        return {generation.records[row].title for row in rows.tolist()}

    of = [paper.title for paper in corpus]
    assert titles("collection:thesis") == {of[5], of[6]}
    assert titles('collection:"Thesis/Methods"') == {of[5]}
    assert titles('label:"to cite" -collection:methods') == {of[6]}
    assert titles("collection:(walks|methods)") == {of[5], of[7]}
    counted = {
        facet.field: {count.label: count.papers for count in facet.counts}
        for facet in facets(generation, np.arange(generation.size), level=0)
    }
    assert counted[Field.COLLECTION] == {"Thesis": 2, "Thesis/Methods": 1, "Walks": 1}
    assert counted[Field.LABEL] == {"to cite": 2, "later": 1}
    row = generation.records.titles.index(of[5])
    content = mapped_paper_as_json(generation, row)
    assert content["sources"][0].keys() == {"digest", "line", "date", "seen"}
    assert content["sources"][1]["collections"] == ("Thesis/Methods",)
    assert content["links"][-1] == "zotero://select/library/items/ITEM0001"
    found = search(generation, None, Query('collection:"Thesis/Methods"'))
    assert hit_as_json(found.hits[0])["links"] == content["links"]

    # What is taken out of a collection there is no longer in it here.
    with closing(sqlite3.connect(tmp_path / "zotero.sqlite")) as connection:
        connection.execute("DELETE FROM collectionItems WHERE itemID = 1")
        connection.commit()
    update_from_zotero(library, tmp_path / "zotero.sqlite")
    generation = library.open()
    assert titles("collection:thesis") == {of[6]}


def test_notes_are_searchable_and_change_no_text(tmp_path: Path, corpus: list[Paper]) -> None:
    database = tmp_path / "zotero.sqlite"
    hostile = "<p>Compare with the <b>quokkaset</b> &lt;script&gt;</p><script>x</script>"
    items = [
        *_items(corpus[:6]),
        Stored("note", parent=1, text=hostile),
        Stored("attachment", parent=2),
        Stored("annotation", parent=8, text="a passage on numbats", comment="why?", page="3"),
        Stored("note", parent=3, text="in the trash", deleted=True),
        Stored("note", text="on no paper"),
    ]
    make_zotero(database, items[:6])
    library = LibraryStore(tmp_path / "library")
    update_from_zotero(library, database, HASHING)
    before = [(paper.id, paper.text) for paper in library.open().records]
    make_zotero(database, items)
    _as_schema_4_wrote_it(library)

    report = update_from_zotero(library, database)

    assert report is not None
    assert (report.added, report.changed, report.embedded) == (0, 2, 0)
    now = library.open()
    assert [(paper.id, paper.text) for paper in now.records] == before
    one, two = (now.records[now.records.titles.index(paper.title)] for paper in corpus[:2])
    assert one.notes == ("Compare with the quokkaset <script>",)
    assert two.annotations == ("a passage on numbats (p. 3)\nwhy?",)
    assert sum(len(paper.notes) + len(paper.annotations) for paper in now.records) == 2
    for query, paper in (("quokkaset", one), ('"passage on numbats"', two)):
        (hit, *_) = search(now, open_embedder("hashing"), Query(query)).hits
        assert hit.paper.id == paper.id
        assert hit.why.matched
    assert mapped_paper_as_json(now, now.records.ids.index(one.id))["sources"][0]["notes"]

    # What is deleted there is no longer found by its words here; and nothing is read in vain.
    _remove(database, 7)
    update_from_zotero(library, database)
    assert not library.open().lexicon.rows_with_phrase("quokkaset", "text").tolist()
    assert changed_database(library) is None
    os.utime(database, ns=(1, 1))
    assert changed_database(library) == database


def test_two_records_of_a_paper_keep_the_notes_of_both() -> None:
    first, second = (Source("z", line, notes=("same", f"note {line}")) for line in (1, 2))
    merged = merge_records([Paper("Maps", sources=(one,)) for one in (second, first)])
    assert merged.notes == ("same", "note 1", "note 2")
    assert merged.notes_fingerprint == replace(merged, abstract="More").notes_fingerprint
    assert merged.fingerprint == Paper("Maps").fingerprint


def test_a_watch_notices_what_stands_in_the_log_only(tmp_path: Path) -> None:
    database = tmp_path / "Zotero" / "zotero.sqlite"
    database.parent.mkdir()
    make_zotero(database, [])
    before = _listing(tmp_path)
    database.with_name("zotero.sqlite-wal").touch()
    assert _listing(tmp_path) != before
