"""Backups of the file of the desks: one for each of the last days on which it was changed.

They lie beside it, in ``desk-backups``, as SQLite files that can be opened alone. The backup of a
day is made before its first change, by SQLite itself, so that it is whole while others write.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from explorer.errors import LibraryDamaged, UnusableInput
from explorer.files import replacing

KEPT_BACKUPS = 10
"""Days of which the backup is kept."""
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.sqlite")
LOCK_SECONDS = 10.0
"""Wait for another writer, at most."""
_SIDE_FILES = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup."""

    path: Path
    day: str
    """Day before whose first change it was made; UTC, ISO 8601."""


def backups_folder(desk: Path) -> Path:
    """Return the folder of the backups of a file of desks."""
    return desk.with_name(f"{desk.stem}-backups")


def backups(desk: Path) -> list[Backup]:
    """Return the backups of a file of desks, newest first."""
    try:
        paths = list(backups_folder(desk).iterdir())
    except OSError:
        return []
    days = [(match[1], path) for path in paths if (match := _NAME.fullmatch(path.name))]
    return [Backup(path, day) for day, path in sorted(days, reverse=True)]


def back_up_daily(connection: sqlite3.Connection, desk: Path) -> None:
    """Make today's backup unless there is one; older ones make way.

    Without room for it the change goes on, and ``explorer doctor`` reports its absence.
    """
    target = backups_folder(desk) / f"{datetime.now(UTC).date().isoformat()}.sqlite"
    if target.exists():
        return
    with suppress(OSError, sqlite3.Error):
        # A damaged file must not push out the backup that would mend it.
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            return
        target.parent.mkdir(exist_ok=True)
        _copy(connection, target)
        for old in backups(desk)[KEPT_BACKUPS:]:
            old.path.unlink(missing_ok=True)


def replace_with_backup(desk: Path, day: str) -> Path:
    """Make the backup of a day the content of a file of desks.

    Returns:
        Where the content that it replaced is kept.

    Raises:
        UnusableInput: there is no such backup.
        LibraryDamaged: the backup cannot be read; nothing was changed.
        OSError, sqlite3.Error: the folder cannot be written; nothing was changed.
    """
    backup = next((backup for backup in backups(desk) if backup.day == day), None)
    if backup is None:
        days = ", ".join(backup.day for backup in backups(desk)) or "none"
        raise UnusableInput(f"There is no backup of {day!r}.", advice=f"Backups: {days}.")
    with closing(_opened(backup.path)) as source:
        try:
            return _overwrite(source, desk)
        except sqlite3.OperationalError:
            raise  # in use, or no room
        except sqlite3.DatabaseError:
            # So damaged that SQLite cannot write to it: then nobody else can, either.
            return _replace(source, desk)


def _overwrite(source: sqlite3.Connection, desk: Path) -> Path:
    """Overwrite a readable file, keeping a copy; other programs may have it open."""
    kept = _free_name(desk, "before-restore")
    with closing(sqlite3.connect(desk, timeout=LOCK_SECONDS)) as connection:
        _copy(connection, kept)
        source.backup(connection, progress=_waiting())
    return kept


def _waiting() -> Callable[[int, int, int], None]:
    """Return a callback that ends a copy whose target stays locked; Python would wait for ever."""
    deadline = time.monotonic() + LOCK_SECONDS

    def check(status: int, _remaining: int, _total: int) -> None:
        is_locked = status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if is_locked and time.monotonic() > deadline:
            raise sqlite3.OperationalError("database is locked")

    return check


def _replace(source: sqlite3.Connection, desk: Path) -> Path:
    kept = _free_name(desk, "damaged")
    with replacing(desk) as scratch:
        with closing(sqlite3.connect(scratch)) as connection:
            source.backup(connection)
        with suppress(FileNotFoundError):
            os.link(desk, kept)
        for side in _SIDE_FILES:
            desk.with_name(desk.name + side).unlink(missing_ok=True)
    return kept


def _opened(backup: Path) -> sqlite3.Connection:
    """Return a connection to a backup, which is whole."""
    connection = sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        result = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        result = str(error)
    if result != "ok":
        connection.close()
        raise LibraryDamaged(f"damaged ({result}).", path=backup, advice=_ANOTHER)
    return connection


_ANOTHER = "Choose another: `explorer desk restore` lists them."


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """Copy all that a connection sees to a new file, which is on disk when this returns."""
    with replacing(target) as scratch, closing(sqlite3.connect(scratch)) as copy:
        connection.backup(copy)
        # One file that can be copied about, not three.
        copy.execute("PRAGMA journal_mode = DELETE")


def _free_name(desk: Path, reason: str) -> Path:
    folder = backups_folder(desk)
    folder.mkdir(exist_ok=True)
    names = (folder / f"{reason}-{number}.sqlite" for number in count(1))
    return next(path for path in names if not path.exists())
