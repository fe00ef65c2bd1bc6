"""The file of the desks: SQLite, transactional, with a versioned schema.

It lies beside the generations, as ``desk.sqlite`` in the library's folder or under the path in
``$EXPLORER_DESK``, and no build opens it. Each user is a row of the table ``reader``, with stars,
tags, notes and followed searches of their own. SQLite's write-ahead log lets users read while
another one writes, and rolls back the unfinished transaction of a killed program.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from explorer.desk.backups import back_up_daily, replace_with_backup
from explorer.errors import LibraryBusy, LibraryDamaged, LibraryError, LibraryNewer

_FILE = "desk.sqlite"
_LOCK_SECONDS = 10.0
"""Seconds that one writer waits for another."""
_STEPS = (
    """
    CREATE TABLE reader (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reader INTEGER NOT NULL REFERENCES reader (id) ON DELETE CASCADE,
        paper TEXT NOT NULL,
        starred TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL DEFAULT '',
        stated TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX entry_of_reader ON entry (reader);
    CREATE TABLE name (
        entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (entry, place)
    ) WITHOUT ROWID;
    CREATE INDEX entry_by_name ON name (name);
    CREATE TABLE tag (
        entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
        tag TEXT NOT NULL,
        PRIMARY KEY (entry, tag)
    ) WITHOUT ROWID;
    CREATE TABLE following (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        reader INTEGER NOT NULL REFERENCES reader (id) ON DELETE CASCADE,
        uid TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        most INTEGER NOT NULL,
        begun TEXT NOT NULL,
        seen INTEGER NOT NULL,
        UNIQUE (reader, name)
    );
    """,
    """
    CREATE TABLE seal (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        sha256 TEXT NOT NULL
    );
    """,
    """
    CREATE TABLE review (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uid TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL UNIQUE,
        question TEXT NOT NULL
    );
    CREATE TABLE review_paper (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        review INTEGER NOT NULL REFERENCES review (id) ON DELETE CASCADE,
        paper TEXT NOT NULL
    );
    CREATE INDEX paper_of_review ON review_paper (review);
    CREATE TABLE review_paper_name (
        paper INTEGER NOT NULL REFERENCES review_paper (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (paper, place)
    ) WITHOUT ROWID;
    CREATE TABLE review_event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        review INTEGER NOT NULL REFERENCES review (id) ON DELETE CASCADE,
        step TEXT NOT NULL,
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        reviewer TEXT NOT NULL,
        paper INTEGER REFERENCES review_paper (id),
        decision TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX event_of_review ON review_event (review);
    """,
)
"""SQL of each schema version, applied to the one before; the first starts from an empty file."""

_TABLES = ("reader", "entry", "name", "tag", "following")
_REVIEW_TABLES = ("review", "review_paper", "review_paper_name", "review_event")
_WITH_REVIEWS = 3
"""Schema version from which there are reviews."""
_SEAL = "INSERT INTO seal VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET sha256 = excluded.sha256"


def desk_file(library: Path) -> Path:
    """Return the file of the desks for the library in a folder; it need not exist."""
    configured = os.environ.get("EXPLORER_DESK", "")
    return Path(configured) if configured else library / _FILE


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Yield a read-only connection, or None where there is no file yet.

    Raises:
        LibraryDamaged, LibraryNewer, LibraryError: see :func:`writing`.
    """
    if not path.exists():
        yield None
        return
    with _translated_errors(path), closing(_connect_to_read(path)) as connection:
        if _version(connection, path):
            connection.execute("BEGIN")  # a snapshot, whatever others write
            yield connection
        else:
            yield None


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection in a transaction: all of its changes are kept, or none.

    Raises:
        LibraryDamaged: the file is no desk, or torn.
        LibraryNewer: a later version of the explorer wrote it.
        LibraryBusy: another program is writing and did not finish in time.
        LibraryError: it cannot be written.
    """
    with _translated_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(_connect(f"{path.absolute().as_uri()}?mode=rwc")) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            if _version(connection, path):
                back_up_daily(connection, path)
            connection.execute("BEGIN IMMEDIATE")
            try:
                _bring_up_to_date(connection, path)
                yield connection
                connection.execute(_SEAL, (_content_hash(connection),))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def restore_backup(path: Path, day: str) -> Path:
    """Make the backup of a day the content of ``path``; return where the old content is kept.

    Raises:
        UnusableInput: there is no such backup.
        LibraryDamaged: the backup is damaged; nothing was changed.
        LibraryBusy, LibraryError: see :func:`writing`.
    """
    with _translated_errors(path):
        return replace_with_backup(path, day)


def problems(path: Path) -> list[str]:
    """Return the faults of structure and content; none if the file is whole.

    SQLite checks its structure; a hash over all entries, made with each change, the rest.

    Raises:
        LibraryDamaged, LibraryNewer, LibraryError: see :func:`writing`.
    """
    with reading(path) as connection:
        if connection is None:
            return []
        lines = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        wrong = [line for line in lines if line != "ok"]
        if not wrong and _version(connection, path) > 1:
            seal = connection.execute("SELECT sha256 FROM seal").fetchone()
            if seal is None or seal[0] != _content_hash(connection):
                wrong.append("entries were changed by something other than the explorer")
        return wrong


def _content_hash(connection: sqlite3.Connection) -> str:
    """Return a hash over all rows of all tables."""
    content = hashlib.sha256()
    has_reviews = int(connection.execute("PRAGMA user_version").fetchone()[0]) >= _WITH_REVIEWS
    for table in (*_TABLES, *(_REVIEW_TABLES if has_reviews else ())):
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
            content.update(repr(row).encode("utf-8", "surrogatepass"))
    return content.hexdigest()


def _connect_to_read(path: Path) -> sqlite3.Connection:
    address = path.absolute().as_uri()
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        # A connection that may write removes the files beside it when it is the last to close.
        connection = _connect(f"{address}?mode=rw")
        connection.execute("PRAGMA query_only = ON")
        return connection
    connection = _connect(f"{address}?mode=ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # A write-ahead log needs files beside it, which cannot be made in a read-only folder.
        connection.close()
        if not os.access(path, os.R_OK):
            raise
        connection = _connect(f"{address}?immutable=1")
    return connection


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, timeout=_LOCK_SECONDS, uri=True, isolation_level=None)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_STEPS):
        raise LibraryNewer(
            f"written in schema {version}, this version reads up to {len(_STEPS)}.",
            path=path,
            advice="Use the version of the explorer that wrote it, or a newer one.",
        )
    return version


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection, path)
    for step in _STEPS[version:]:
        # Not executescript: that would end the transaction.
        for statement in filter(str.strip, step.split(";")):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(_STEPS)}")


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into ours, with path and advice."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise LibraryBusy(
                "another program is writing to it.",
                path=path,
                advice="Nothing was changed; try again.",
            ) from None
        raise LibraryError(
            f"{error}.",
            path=path,
            advice=(
                "Nothing that was there is lost. Make room on the disk, check the rights of file "
                "and folder, or name another place in $EXPLORER_DESK."
            ),
        ) from None
    except sqlite3.DatabaseError as error:
        raise LibraryDamaged(
            f"cannot be read ({error}).",
            path=path,
            advice=(
                "`explorer desk restore` lists the backups; without the file the desk is empty, "
                "and all else is as it was."
            ),
        ) from None
    except OSError as error:
        raise LibraryError(
            f"cannot be written ({error.strerror}).",
            path=path,
            advice="Check its rights, or name another place in $EXPLORER_DESK.",
        ) from None
