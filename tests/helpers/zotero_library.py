"""Small Zotero libraries, made from the facts of its schema; none of a person's.

``python -m tests.helpers.zotero_library`` writes the sample in ``tests/samples``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.corpus import ROOT

_SCHEMA = """
CREATE TABLE itemTypes (itemTypeID INTEGER PRIMARY KEY, typeName TEXT);
CREATE TABLE fields (fieldID INTEGER PRIMARY KEY, fieldName TEXT);
CREATE TABLE baseFieldMappings (itemTypeID INT, baseFieldID INT, fieldID INT);
CREATE TABLE creatorTypes (creatorTypeID INTEGER PRIMARY KEY, creatorType TEXT);
CREATE TABLE itemTypeCreatorTypes (itemTypeID INT, creatorTypeID INT, primaryField INT);
CREATE TABLE libraries (libraryID INTEGER PRIMARY KEY, type TEXT NOT NULL);
CREATE TABLE groups (groupID INTEGER PRIMARY KEY, libraryID INT, name TEXT);
CREATE TABLE items (itemID INTEGER PRIMARY KEY, itemTypeID INT, libraryID INT, key TEXT);
CREATE TABLE itemDataValues (valueID INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE itemData (itemID INT, fieldID INT, valueID, PRIMARY KEY (itemID, fieldID));
CREATE TABLE itemNotes (itemID INTEGER PRIMARY KEY, parentItemID INT, note TEXT);
CREATE TABLE itemAttachments (itemID INTEGER PRIMARY KEY, parentItemID INT, path TEXT);
CREATE TABLE itemAnnotations (itemID INTEGER PRIMARY KEY, parentItemID INT, text TEXT,
    comment TEXT, pageLabel TEXT, sortIndex TEXT);
CREATE TABLE creators (creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT, fieldMode INT);
CREATE TABLE itemCreators (itemID INT, creatorID INT, creatorTypeID INT, orderIndex INT);
CREATE TABLE tags (tagID INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE itemTags (itemID INT, tagID INT, type INT, PRIMARY KEY (itemID, tagID));
CREATE TABLE collections (collectionID INTEGER PRIMARY KEY, collectionName TEXT,
    parentCollectionID INT, libraryID INT, key TEXT);
CREATE TABLE collectionItems (collectionID INT, itemID INT, PRIMARY KEY (collectionID, itemID));
CREATE TABLE deletedItems (itemID INTEGER PRIMARY KEY);
CREATE TABLE deletedCollections (collectionID INTEGER PRIMARY KEY);
"""
_TYPES = (
    *("attachment", "note", "annotation", "journalArticle", "conferencePaper", "patent"),
    *("case", "preprint", "book"),
)
_FIELDS = (
    *("title", "abstractNote", "date", "DOI", "url", "extra", "publicationTitle"),
    *("proceedingsTitle", "caseName", "archiveID", "citationKey"),
)
_GENERAL = {"proceedingsTitle": "publicationTitle", "caseName": "title"}
_ROLES = ("author", "editor", "inventor", "translator")
USER, GROUP, FEED = 1, 2, 3
"""Numbers of the libraries: the user's own, a group's, and a feed."""


@dataclass(frozen=True)
class Stored:
    """An item to be stored."""

    kind: str = "journalArticle"
    fields: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[tuple[str, str, str]] = ()
    """(given name, family name, role); a name in one piece has no given name."""
    collections: Sequence[str] = ()
    tags: Sequence[str] = ()
    automatic: Sequence[str] = ()
    """Tags that Zotero added by itself."""
    parent: int = 0
    """Position of the item that it belongs to, from 1."""
    library: int = USER
    deleted: bool = False
    text: str = "text"
    """Of a note, in HTML; of an annotation, the passage marked."""
    comment: str = ""
    page: str = ""


def make_zotero(path: Path, items: Sequence[Stored], *, order: int = 1) -> None:
    """Write a Zotero database to ``path``; the key of its first item is ``ITEM0001``.

    Args:
        order: 1, or -1 to number types and fields from the last to the first, as another version
            of Zotero might.
    """
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size = 512")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        numbers = {
            table: {name: number for number, name in enumerate(names[::order], 1)}
            for table, names in (
                ("itemTypes", _TYPES),
                ("fields", _FIELDS),
                ("creatorTypes", _ROLES),
            )
        }
        for table, named in numbers.items():
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", _pairs(named))
        kinds, names = numbers["itemTypes"], numbers["fields"]
        connection.executemany(
            "INSERT INTO baseFieldMappings VALUES (1, ?, ?)",
            [(names[general], names[own]) for own, general in _GENERAL.items()],
        )
        roles = numbers["creatorTypes"]
        main = {kind: "inventor" if kind == "patent" else "author" for kind in _TYPES}
        connection.executemany(
            "INSERT INTO itemTypeCreatorTypes VALUES (?, ?, 1)",
            [(kinds[kind], roles[role]) for kind, role in main.items()],
        )
        libraries = ((USER, "user"), (GROUP, "group"), (FEED, "feed"))
        connection.executemany("INSERT INTO libraries VALUES (?, ?)", libraries)
        connection.execute("INSERT INTO groups VALUES (77, 2, 'Reading group')")
        for item in items:
            add_item(connection, item)
        connection.commit()


def add_item(connection: sqlite3.Connection, item: Stored) -> int:
    """Add an item to an open database and return its number."""

    def number(table: str, column: str, value: str) -> int:
        key = connection.execute(f"PRAGMA table_info({table})").fetchall()[0][1]
        row = connection.execute(f"SELECT {key} FROM {table} WHERE {column} = ?", (value,))
        if known := row.fetchone():
            return int(known[0])
        added = connection.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (value,))
        return int(added.lastrowid or 0)

    (known,) = connection.execute("SELECT coalesce(max(itemID), 0) FROM items").fetchone()
    new = int(known) + 1
    kind = number("itemTypes", "typeName", item.kind)
    connection.execute(
        "INSERT INTO items VALUES (?, ?, ?, ?)", (new, kind, item.library, f"ITEM{new:04}")
    )
    for name, value in item.fields.items():
        stored = number("itemDataValues", "value", value)
        place = number("fields", "fieldName", name)
        connection.execute("INSERT INTO itemData VALUES (?, ?, ?)", (new, place, stored))
    for place, (given, family, role) in enumerate(item.people):
        person = connection.execute(
            "INSERT INTO creators (firstName, lastName, fieldMode) VALUES (?, ?, ?)",
            (given, family, int(not given)),
        ).lastrowid
        role_number = number("creatorTypes", "creatorType", role)
        connection.execute(
            "INSERT INTO itemCreators VALUES (?, ?, ?, ?)", (new, person, role_number, place)
        )
    for kind_of_tag, tags in enumerate((item.tags, item.automatic)):
        for tag in tags:
            tag_number = number("tags", "name", tag)
            connection.execute(
                "INSERT INTO itemTags VALUES (?, ?, ?)", (new, tag_number, kind_of_tag)
            )
    for path in item.collections:
        above = None
        for name in path.split("/"):
            known_row = connection.execute(
                "SELECT collectionID FROM collections"
                " WHERE collectionName = ? AND parentCollectionID IS ?",
                (name, above),
            ).fetchone()
            above = (
                known_row[0]
                if known_row
                else connection.execute(
                    "INSERT INTO collections (collectionName, parentCollectionID, libraryID, key)"
                    " VALUES (?, ?, ?, 'COLLECTN')",
                    (name, above, item.library),
                ).lastrowid
            )
        connection.execute("INSERT INTO collectionItems VALUES (?, ?)", (above, new))
    tables = {"attachment": "itemAttachments", "note": "itemNotes", "annotation": "itemAnnotations"}
    if item.kind in tables:
        parent = item.parent or None
        columns = {"attachment": "path", "note": "note", "annotation": "text"}
        connection.execute(
            f"INSERT INTO {tables[item.kind]} (itemID, parentItemID, {columns[item.kind]})"
            " VALUES (?, ?, ?)",
            (new, parent, item.text),
        )
        if item.kind == "annotation":
            connection.execute(
                "UPDATE itemAnnotations SET comment = ?, pageLabel = ?, sortIndex = ?"
                " WHERE itemID = ?",
                (item.comment, item.page, f"{new:05}", new),
            )
    if item.deleted:
        connection.execute("INSERT INTO deletedItems VALUES (?)", (new,))
    return new


def _pairs(named: Mapping[str, int]) -> list[tuple[int, str]]:
    return [(number, name) for name, number in named.items()]


SAMPLE = (
    Stored(
        fields={
            "title": "Maps that stay put",
            "abstractNote": "A map of papers is of use if it stays where it was. We show how.",
            "date": "2021-03-00 March 2021",
            "DOI": "10.1000/Maps.1",
            "publicationTitle": "Journal of Maps",
            "extra": "PMID: 12345678\nCitation Key: lovelace2021maps",
        },
        people=(("Ada", "Lovelace", "author"), ("", "Maps Collaboration", "author")),
        collections=("Thesis/Methods",),
        tags=("to cite",),
        automatic=("cartography",),
    ),
    Stored("attachment", {"title": "Full Text PDF"}, parent=1),
    Stored("annotation", parent=2, text="Maps  stay put", comment="as <b>ours</b>", page="7"),
    Stored("note", parent=1, text="<h1>Idea</h1><p>Compare with <i>isochrones</i>.</p>"),
    Stored(
        "conferencePaper",
        {
            "title": "Fast walks on large graphs",
            "date": "2019-00-00 2019",
            "proceedingsTitle": "Proceedings of Graphs 2019",
            "url": "https://arxiv.org/abs/1901.01234",
        },
        people=(("Mary", "Shelley", "translator"), ("Grace", "Hopper", "author")),
        collections=("Thesis", "Walks"),
        tags=("to cite",),
    ),
    Stored("patent", {"title": "A sorting machine"}, people=(("Herman", "Hollerith", "inventor"),)),
    Stored("case", {"caseName": "Smith against the machine", "date": "1999"}, deleted=True),
    Stored("attachment", {"title": "A file without a record"}, collections=("Walks",)),
    Stored(library=FEED, fields={"title": "An article in a feed"}),
)
"""Three papers of the user's, and whatever else a database holds."""


if __name__ == "__main__":
    make_zotero(ROOT / "tests" / "samples" / "zotero.sqlite", SAMPLE)
