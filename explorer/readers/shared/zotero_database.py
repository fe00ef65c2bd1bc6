"""Zotero's own database: items, collections and tags, from Zotero 5 on.

Numbers of fields and types differ between versions, so they are looked up by name. Fields of single
types ("blogTitle") stand for a general one ("publicationTitle"), as Zotero's own table says.
Subscribed feeds are no library of the user's and are left out.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from explorer.errors import DigestError
from explorer.papers.paper import path_and_above
from explorer.papers.text import tidy
from explorer.readers.shared.sqlite_snapshot import snapshot

_NEEDED = frozenset(("items", "itemTypes", "fields", "itemData", "itemDataValues"))
_PARTS = frozenset(("attachment", "note", "annotation"))
"""Types of items that belong to an item or stand for themselves, and are no works."""
_DEEPEST = 50
"""Collections within collections."""
SEPARATOR = "/"
"""Between the names of a collection's path."""


@dataclass(frozen=True, slots=True)
class ZoteroItem:
    """An item of a Zotero library, as it is stored."""

    id: int
    key: str
    kind: str
    """Zotero's name of its type: ``journalArticle``."""
    library: int
    is_deleted: bool
    """Whether it, or the item it belongs to, is in the trash."""

    @property
    def is_work(self) -> bool:
        """Whether it is a work with fields of its own, not a part of one."""
        return self.kind not in _PARTS


@dataclass(frozen=True, slots=True)
class ZoteroOverview:
    """Figures of a Zotero database, for a look before anything is read into a library."""

    papers: int
    """Items outside the trash, attachments, notes and annotations aside."""
    with_abstract: int
    with_doi: int
    trash: int
    """Such items in the trash."""
    collections: tuple[tuple[str, int], ...]
    """Path, and how many items are in it or below it, standing files included."""
    tags: Mapping[str, int]
    """Papers with each tag."""
    attachments: int
    notes: int
    annotations: int
    groups: tuple[str, ...]
    """Names of the group libraries."""


@contextmanager
def zotero_database(path: Path, unpacked: Callable[[], BinaryIO]) -> Iterator[ZoteroDatabase]:
    """Open a consistent snapshot of the Zotero database at ``path``.

    Args:
        unpacked: opens the content where ``path`` is an archive or compressed.

    Raises:
        DigestError: it is damaged, or no database of Zotero 5 or later.
    """
    with snapshot(path, unpacked) as connection:
        database = ZoteroDatabase(connection)
        if not database.tables >= _NEEDED:
            raise DigestError(
                "this is an SQLite database, but not a library of Zotero 5 or later.",
                path=path,
                advice="Zotero's is called zotero.sqlite; export other programs' as text.",
            )
        yield database


class ZoteroDatabase:
    """Queries on the snapshot of a Zotero database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @cached_property
    def tables(self) -> frozenset[str]:
        """Names of the tables; views and virtual tables, which Zotero has none of, are none."""
        rows = self._rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        return frozenset(
            name
            for name, made in rows
            if not str(made).lstrip().upper().startswith("CREATE VIRTUAL")
        )

    @cached_property
    def groups(self) -> dict[int, tuple[int, str]]:
        """The (group id, name) of each group library, by the library's number."""
        if "groups" not in self.tables:
            return {}
        rows = self._rows("SELECT libraryID, groupID, name FROM groups ORDER BY groupID")
        return {
            library: (group, tidy(_text(name)).replace(SEPARATOR, " ") or str(group))
            for library, group, name in rows
            if isinstance(library, int) and isinstance(group, int)
        }

    def items(self) -> Iterator[ZoteroItem]:
        """Yield all items but those of feeds, in the order of their numbers."""
        parents = [
            f"SELECT itemID, parentItemID FROM {table} WHERE parentItemID IS NOT NULL"
            for table in ("itemAttachments", "itemNotes", "itemAnnotations")
            if table in self.tables
        ]
        parent_of = dict(self._rows(" UNION ALL ".join(parents))) if parents else {}
        deleted = self._numbers("deletedItems", "itemID")
        feeds = self._numbers("libraries", "libraryID", "type = 'feed'")
        rows = self._rows(
            "SELECT itemID, key, typeName, libraryID FROM items"
            " LEFT JOIN itemTypes USING (itemTypeID) ORDER BY itemID"
        )
        for number, key, kind, library in rows:
            if library in feeds or not isinstance(number, int) or number < 1:
                continue
            chain = [number]
            while (above := parent_of.get(chain[-1])) is not None and len(chain) < _DEEPEST:
                chain.append(above)
            is_deleted = not deleted.isdisjoint(chain)
            place = library if isinstance(library, int) else 1
            yield ZoteroItem(number, _text(key), _text(kind), place, is_deleted)

    def fields(self, item: ZoteroItem) -> dict[str, str]:
        """Return the fields of an item, with the general names of those that are its type's own."""
        rows = self._rows(
            "SELECT fieldName, value FROM itemData JOIN itemDataValues USING (valueID)"
            f" JOIN {self._all_fields} USING (fieldID) WHERE itemID = ?",
            item.id,
        )
        named = {_text(name): _text(value) for name, value in rows}
        return named | {
            self._general[name]: value
            for name, value in named.items()
            if name in self._general and self._general[name] not in named
        }

    @cached_property
    def _all_fields(self) -> str:
        return "fieldsCombined" if "fieldsCombined" in self.tables else "fields"

    @cached_property
    def _general(self) -> dict[str, str]:
        """The general field that a type's own stands for, by name."""
        if "baseFieldMappings" not in self.tables:
            return {}
        rows = self._rows(
            "SELECT own.fieldName, general.fieldName FROM baseFieldMappings AS of"
            " JOIN fields AS own ON own.fieldID = of.fieldID"
            " JOIN fields AS general ON general.fieldID = of.baseFieldID"
        )
        return {_text(own): _text(general) for own, general in rows}

    def authors(self, item: ZoteroItem) -> tuple[str, ...]:
        """Return the names of those who made an item; of a volume without any, its editors'."""
        if not self.tables >= {"creators", "itemCreators", "creatorTypes"}:
            return ()
        rows = self._rows(
            "SELECT firstName, lastName, creatorType FROM itemCreators"
            " JOIN creators USING (creatorID) JOIN creatorTypes USING (creatorTypeID)"
            " WHERE itemID = ? ORDER BY orderIndex",
            item.id,
        )
        named = [
            (tidy(" ".join((_text(first), _text(last)))), _text(role)) for first, last, role in rows
        ]
        main = {"author", *self._main_roles.get(item.kind, ())}
        made = tuple(name for name, role in named if name and role in main)
        return made or tuple(name for name, role in named if name and role == "editor")

    @cached_property
    def _main_roles(self) -> dict[str, tuple[str, ...]]:
        """The roles of those who make an item of each type, such as a patent's inventors."""
        if "itemTypeCreatorTypes" not in self.tables:
            return {}
        rows = self._rows(
            "SELECT typeName, creatorType FROM itemTypeCreatorTypes JOIN itemTypes"
            " USING (itemTypeID) JOIN creatorTypes USING (creatorTypeID) WHERE primaryField = 1"
        )
        return {_text(kind): (_text(role),) for kind, role in rows}

    def tags(self, item: ZoteroItem) -> list[tuple[str, bool]]:
        """Return the tags of an item, and whether Zotero added each by itself."""
        if not self.tables >= {"tags", "itemTags"}:
            return []
        rows = self._rows(
            "SELECT name, type FROM itemTags JOIN tags USING (tagID) WHERE itemID = ?"
            " ORDER BY name",
            item.id,
        )
        return [(name, kind == 1) for text, kind in rows if (name := tidy(_text(text)))]

    def notes(self, item: ZoteroItem) -> tuple[str, ...]:
        """Return the notes on an item, in HTML, in the order of their numbers."""
        return tuple(
            _text(note)
            for number in self._notes_on.get(item.id, ())
            for (note,) in self._rows("SELECT note FROM itemNotes WHERE itemID = ?", number)
        )

    @cached_property
    def _notes_on(self) -> dict[int, list[int]]:
        """Numbers of the notes on each item, those in the trash left out."""
        return self._parts("itemNotes", "note")

    def annotations(self, item: ZoteroItem) -> tuple[tuple[str, str, str], ...]:
        """Return (passage marked, comment, page) of the annotations in the files of an item."""
        return tuple(
            (_text(text), _text(comment), _text(page))
            for attachment in self._attachments_of.get(item.id, ())
            for number in self._annotations_in.get(attachment, ())
            for text, comment, page in self._rows(
                f"SELECT text, {self._comment}, {self._page} FROM itemAnnotations WHERE itemID = ?",
                number,
            )
        )

    @cached_property
    def _attachments_of(self) -> dict[int, list[int]]:
        return self._parts("itemAttachments", "parentItemID")

    @cached_property
    def _annotations_in(self) -> dict[int, list[int]]:
        return self._parts("itemAnnotations", "text", self._place)

    @cached_property
    def _comment(self) -> str:
        return self._column_or("itemAnnotations", "comment", "''")

    @cached_property
    def _page(self) -> str:
        return self._column_or("itemAnnotations", "pageLabel", "''")

    @cached_property
    def _place(self) -> str:
        return self._column_or("itemAnnotations", "sortIndex", "itemID")

    def _column_or(self, table: str, column: str, instead: str) -> str:
        """Return the name of a column, or what is to be queried where the version lacks it."""
        names = {name for _, name, *_ in self._rows(f"PRAGMA table_info({table})")}
        return column if column in names else instead

    def _parts(self, table: str, needed: str, order: str = "itemID") -> dict[int, list[int]]:
        """Return the numbers of the items in ``table`` by what they belong to; no deleted ones.

        Args:
            needed: a column without which the table is of another kind and holds none.
        """
        parts: dict[int, list[int]] = {}
        if table not in self.tables or self._column_or(table, needed, "") == "":
            return parts
        deleted = self._numbers("deletedItems", "itemID")
        query = f"SELECT parentItemID, itemID FROM {table} ORDER BY {order}, itemID"
        for parent, number in self._rows(query):
            if isinstance(parent, int) and isinstance(number, int) and number not in deleted:
                parts.setdefault(parent, []).append(number)
        return parts

    def collections(self, item: ZoteroItem) -> tuple[str, ...]:
        """Return the paths of the collections that hold an item itself, sorted."""
        return tuple(sorted(self._paths[number] for number in self._filed.get(item.id, ())))

    @cached_property
    def _filed(self) -> dict[int, list[int]]:
        filed: dict[int, list[int]] = {}
        if "collectionItems" in self.tables:
            for collection, item in self._rows("SELECT collectionID, itemID FROM collectionItems"):
                if collection in self._paths:
                    filed.setdefault(item, []).append(collection)
        return filed

    @cached_property
    def _paths(self) -> dict[int, str]:
        """The path of each collection outside the trash, by its number."""
        if "collections" not in self.tables:
            return {}
        deleted = self._numbers("deletedCollections", "collectionID")
        known = {
            number: (tidy(_text(name)).replace(SEPARATOR, " ") or str(number), above)
            for number, name, above in self._rows(
                "SELECT collectionID, collectionName, parentCollectionID FROM collections"
            )
        }
        paths: dict[int, str] = {}
        for number in known:
            names: list[str] = []
            at, is_deleted = number, False
            while at in known and len(names) < _DEEPEST:
                is_deleted = is_deleted or at in deleted
                names.insert(0, known[at][0])
                at = known[at][1]
            if not is_deleted:
                paths[number] = SEPARATOR.join(names)
        return paths

    def overview(self, doi_of: Callable[[Mapping[str, str]], str]) -> ZoteroOverview:
        """Return the figures of all libraries; ``doi_of`` gives the DOI in an item's fields."""
        kinds: Counter[str] = Counter()
        counted: Counter[str] = Counter()
        tags: Counter[str] = Counter()
        collections = Counter(dict.fromkeys(self._paths.values(), 0))
        for item in self.items():
            kinds[item.kind] += 1
            if item.is_work:
                counted["trash" if item.is_deleted else "papers"] += 1
            if item.is_deleted:
                continue
            collections.update({c for path in self.collections(item) for c in path_and_above(path)})
            if item.is_work:
                fields = self.fields(item)
                counted["with_abstract"] += bool(tidy(fields.get("abstractNote", "")))
                counted["with_doi"] += bool(doi_of(fields))
                tags.update({name for name, _ in self.tags(item)})
        return ZoteroOverview(
            counted["papers"],
            counted["with_abstract"],
            counted["with_doi"],
            counted["trash"],
            tuple(sorted(collections.items())),
            dict(sorted(tags.items())),
            kinds["attachment"],
            kinds["note"],
            kinds["annotation"],
            tuple(name for _, name in self.groups.values()),
        )

    def _numbers(self, table: str, column: str, where: str = "1") -> set[int]:
        if table not in self.tables:
            return set()
        return {number for (number,) in self._rows(f"SELECT {column} FROM {table} WHERE {where}")}

    def _rows(self, query: str, *values: int) -> list[Any]:
        # Whole: a cursor that is left half read would keep the snapshot open.
        return self._connection.execute(query, values).fetchall()


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""
