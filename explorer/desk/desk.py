"""A user's desk: stars, tags, notes, reading states and followed searches. Kept for good.

Entries are anchored to papers, not to rows of a generation: an entry holds every id that its paper
has had, and the paper as it was last seen. :mod:`explorer.desk.marks` locates the papers in a
generation. An entry whose paper is gone stays, inactive, until the paper returns.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from explorer.desk.database import desk_file, reading, writing
from explorer.errors import UnusableInput
from explorer.papers.paper import Paper

ME = "me"
"""The user where there is no sign-in."""
LONGEST_TAG = 60
LONGEST_NOTE = 20_000
"""Characters."""
_LONGEST_USER = 500
# Random, not counted up: a restored backup must not have the version of a later state.
_NEW_VERSION = "abs(random() / 2) + 1"


class ReadingState(StrEnum):
    """Reading state of a paper."""

    NONE = "none"
    TO_READ = "to-read"
    READ = "read"
    NOT_FOR_ME = "not-for-me"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The identity of a paper across builds and libraries."""

    names: tuple[str, ...]
    """Every id that it has had, as ``scheme:value``, in the order in which they were seen."""
    paper: Paper
    """The paper as it was last seen, without its sources."""


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """A user's star, state, tags and note on one paper."""

    number: int
    anchor: Anchor
    starred: str = ""
    """Time of the star, UTC in ISO 8601; empty without one."""
    state: ReadingState = ReadingState.NONE
    state_set_at: str = ""
    """Time at which the state was set."""
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeskChange:
    """A change to the entry of a paper; None leaves a field as it is."""

    star: bool | None = None
    state: ReadingState | None = None
    add_tags: tuple[str, ...] = ()
    drop_tags: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FollowedSearch:
    """A followed search."""

    name: str
    query: str
    """The query in JSON, as :mod:`explorer.alerts.followed_search` writes it."""
    most: int
    """Number of papers at the top of the ranking that count as hits."""
    seen: int
    """Time at which the newest paper the user has seen was added, in milliseconds since 1970."""
    followed_at: str = ""
    """UTC, ISO 8601."""
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """One user's desk in a file; each call opens it."""

    path: Path
    user: str = ME

    @property
    def version(self) -> int:
        """A number that differs after every change; 0 for a desk never used."""
        with reading(self.path) as connection:
            return 0 if connection is None else _version(connection, self.user)

    def entries(self) -> tuple[DeskEntry, ...]:
        """Return all entries, oldest first."""
        with reading(self.path) as connection:
            return () if connection is None else tuple(_entries(connection, self.user))

    def apply(self, changes: Sequence[tuple[Anchor, Sequence[int], DeskChange]]) -> None:
        """Make all of ``changes``, or none of them.

        Args:
            changes: of each paper its anchor, the numbers of its entries (see
                :mod:`explorer.desk.marks`), and the change.

        Raises:
            UnusableInput: a tag or a note is too long, or a tag is empty.
        """
        checked = [(anchor, numbers, _checked(change)) for anchor, numbers, change in changes]
        with writing(self.path) as connection:
            user = _user_row(connection, self.user)
            for anchor, numbers, change in checked:
                _apply(connection, user, anchor, numbers, change)

    def followings(self) -> tuple[FollowedSearch, ...]:
        """Return the followed searches, sorted by name."""
        with reading(self.path) as connection:
            if connection is None:
                return ()
            rows = connection.execute(
                "SELECT f.name, query, most, seen, begun, uid FROM following f"
                " JOIN reader r ON r.id = f.reader WHERE r.name = ? ORDER BY f.name",
                (self.user,),
            )
            return tuple(FollowedSearch(*row) for row in rows)

    def follow(self, following: FollowedSearch) -> FollowedSearch:
        """Follow a search from now on, and return it with its id; names are unique.

        Raises:
            UnusableInput: another followed search has this name.
        """
        kept = replace(following, followed_at=_now(), uid=str(uuid.uuid4()))
        with writing(self.path) as connection:
            user = _user_row(connection, self.user)
            try:
                connection.execute(
                    "INSERT INTO following (reader, name, query, most, seen, begun, uid)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (user, kept.name, kept.query, kept.most, kept.seen, kept.followed_at, kept.uid),
                )
            except sqlite3.IntegrityError:
                raise UnusableInput(
                    f"A search called {kept.name!r} is followed already.",
                    advice=("Choose another --name, or `explorer follow remove` that one first."),
                ) from None
        return kept

    def unfollow(self, name: str) -> None:
        """Stop following the search of that name.

        Raises:
            UnusableInput: there is none.
        """
        with writing(self.path) as connection:
            user = _user_row(connection, self.user)
            removed = connection.execute(
                "DELETE FROM following WHERE reader = ? AND name = ?", (user, name)
            )
            if not removed.rowcount:
                raise UnusableInput(
                    f"No followed search is called {name!r}.",
                    advice="`explorer follow list` lists them.",
                )

    def mark_seen(self, names: Iterable[str], moment: int) -> None:
        """Mark hits of the searches ``names`` as seen that were added up to ``moment``."""
        with writing(self.path) as connection:
            user = _user_row(connection, self.user)
            connection.executemany(
                "UPDATE following SET seen = max(seen, ?) WHERE reader = ? AND name = ?",
                [(moment, user, name) for name in names],
            )


def default_user() -> str:
    """Return the user that the environment names; ``EXPLORER_READER`` is the former name."""
    return os.environ.get("EXPLORER_USER", os.environ.get("EXPLORER_READER", ME))


def desk_of(library: Path, user: str = ME) -> Desk:
    """Return the desk of ``user`` for the library in a folder.

    Raises:
        UnusableInput: ``user`` is not a valid name.
    """
    name = user.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_USER:
        raise UnusableInput(f"{user!r} is not a valid user name.")
    return Desk(desk_file(library), name)


def anchor_of(paper: Paper) -> Anchor:
    """Return the anchor of ``paper``."""
    return Anchor(paper.known_as, replace(paper, sources=()))


def anchor_as_dict(anchor: Anchor) -> dict[str, Any]:
    """Return ``anchor`` as JSON values."""
    return {"names": list(anchor.names), "paper": _paper_as_dict(anchor.paper)}


def anchor_from_dict(content: dict[str, Any]) -> Anchor:
    """Return the anchor in the ``content`` that :func:`anchor_as_dict` returns."""
    return Anchor(tuple(content["names"]), _paper_from_dict(content["paper"]))


def _paper_as_dict(paper: Paper) -> dict[str, Any]:
    return {name: value for name, value in asdict(paper).items() if value and name != "sources"}


def _paper_from_dict(content: dict[str, Any]) -> Paper:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    return Paper(**values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _version(connection: sqlite3.Connection, user: str) -> int:
    row = connection.execute("SELECT version FROM reader WHERE name = ?", (user,)).fetchone()
    return int(row[0]) if row else 0


def _user_row(connection: sqlite3.Connection, name: str) -> int:
    """Return the row id of the user, added if new, and give their desk another version."""
    row = connection.execute(
        f"INSERT INTO reader (name, version) VALUES (?, {_NEW_VERSION})"
        f" ON CONFLICT (name) DO UPDATE SET version = {_NEW_VERSION} RETURNING id",
        (name,),
    ).fetchone()
    return int(row[0])


def _entries(connection: sqlite3.Connection, user: str) -> Iterable[DeskEntry]:
    of_user = "entry IN (SELECT e.id FROM entry e JOIN reader r ON r.id = reader WHERE r.name = ?)"
    names: dict[int, list[str]] = {}
    for number, name in connection.execute(
        f"SELECT entry, name FROM name WHERE {of_user} ORDER BY entry, place", (user,)
    ):
        names.setdefault(number, []).append(name)
    tags: dict[int, list[str]] = {}
    for number, tag in connection.execute(
        f"SELECT entry, tag FROM tag WHERE {of_user} ORDER BY entry, tag", (user,)
    ):
        tags.setdefault(number, []).append(tag)
    for number, paper, starred, state, stated, note in connection.execute(
        "SELECT e.id, paper, starred, state, stated, note FROM entry e"
        " JOIN reader r ON r.id = reader WHERE r.name = ? ORDER BY e.id",
        (user,),
    ):
        yield DeskEntry(
            number,
            Anchor(tuple(names.get(number, ())), _paper_from_dict(json.loads(paper))),
            starred,
            ReadingState(state or ReadingState.NONE),
            stated,
            tuple(tags.get(number, ())),
            note,
        )


def _checked(change: DeskChange) -> DeskChange:
    tags = tuple(" ".join(tag.split()) for tag in change.add_tags)
    for tag in tags:
        if not tag or len(tag) > LONGEST_TAG or any(mark in tag for mark in '"“”'):
            raise UnusableInput(
                f"{tag!r} cannot be a tag: a tag has 1 to {LONGEST_TAG} characters and no "
                "quotation marks."
            )
    note = None if change.note is None else change.note.strip()
    if note is not None and len(note) > LONGEST_NOTE:
        raise UnusableInput(
            f"A note has up to {LONGEST_NOTE:,} characters; this one has {len(note):,}.",
            advice="Shorten it.",
        )
    return replace(change, add_tags=tags, note=note)


def _apply(
    connection: sqlite3.Connection,
    user: int,
    anchor: Anchor,
    numbers: Sequence[int],
    change: DeskChange,
) -> None:
    """Change the entries of one paper: add to the first, remove from all."""
    present = [number for number in numbers if _exists(connection, user, number)]
    first = present[0] if present else _entry(connection, user, anchor)
    entries = present or [first]
    dropped = {tag.casefold() for tag in change.drop_tags}
    now = _now()
    for number in entries:
        if change.star is False:
            connection.execute("UPDATE entry SET starred = '' WHERE id = ?", (number,))
        if change.state is not None:
            state = "" if change.state is ReadingState.NONE else str(change.state)
            connection.execute(
                "UPDATE entry SET state = ?, stated = ? WHERE id = ?", (state, now, number)
            )
        if change.note is not None:
            note = change.note if number == first else ""
            connection.execute("UPDATE entry SET note = ? WHERE id = ?", (note, number))
        # SQLite folds the case of ASCII letters only.
        tags = connection.execute("SELECT tag FROM tag WHERE entry = ?", (number,)).fetchall()
        connection.executemany(
            "DELETE FROM tag WHERE entry = ? AND tag = ?",
            [(number, tag) for (tag,) in tags if tag.casefold() in dropped],
        )
    if change.star:
        connection.execute(
            "UPDATE entry SET starred = ? WHERE id = ? AND starred = ''", (now, first)
        )
    connection.executemany(
        "INSERT OR IGNORE INTO tag (entry, tag) VALUES (?, ?)",
        [(first, tag) for tag in change.add_tags],
    )
    _update_anchor(connection, first, anchor)
    connection.executemany(
        "DELETE FROM entry WHERE id = ? AND starred = '' AND state = '' AND note = ''"
        " AND NOT EXISTS (SELECT 1 FROM tag WHERE entry = id)",
        [(number,) for number in entries],
    )


def _exists(connection: sqlite3.Connection, user: int, number: int) -> bool:
    rows = connection.execute("SELECT 1 FROM entry WHERE id = ? AND reader = ?", (number, user))
    return rows.fetchone() is not None


def _entry(connection: sqlite3.Connection, user: int, anchor: Anchor) -> int:
    """Return the entry of this paper that another program has just added, or else a new one."""
    row = connection.execute(
        "SELECT e.id FROM entry e JOIN name n ON n.entry = e.id"
        " WHERE e.reader = ? AND n.name = ? ORDER BY e.id",
        (user, anchor.paper.id),
    ).fetchone()
    if row:
        return int(row[0])
    inserted = connection.execute(
        "INSERT INTO entry (reader, paper) VALUES (?, '{}') RETURNING id", (user,)
    ).fetchone()
    return int(inserted[0])


def _update_anchor(connection: sqlite3.Connection, number: int, anchor: Anchor) -> None:
    """Store the paper as it is now, and add its new ids to those it had before."""
    before = connection.execute(
        "SELECT name FROM name WHERE entry = ? ORDER BY place", (number,)
    ).fetchall()
    known = [str(row[0]) for row in before]
    new = [name for name in dict.fromkeys(anchor.names) if name not in known]
    connection.executemany(
        "INSERT INTO name (entry, place, name) VALUES (?, ?, ?)",
        [(number, len(known) + place, name) for place, name in enumerate(new)],
    )
    paper = json.dumps(_paper_as_dict(anchor.paper), ensure_ascii=False)
    connection.execute("UPDATE entry SET paper = ? WHERE id = ?", (paper, number))
