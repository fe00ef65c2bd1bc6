"""Consistent snapshots of SQLite databases that other programs have open.

Nothing is written beside the original. A database with a rollback journal is copied by SQLite's
backup through a read-only connection, which holds the lock that every reader holds. Where that is
refused, because a program keeps its database to itself or has died within a transaction, and for a
database with a write-ahead log, whose readers must write to its ``-shm`` file, the files are copied
as they are, until they hold still for so long. The ``-shm`` file is left behind: SQLite makes it
anew from the log, and a copy of it may belong to another moment.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from explorer.errors import DigestError

SIGNATURE = b"SQLite format 3\x00"
"""The first bytes of every SQLite database."""
_WRITE_AHEAD = 2
"""Format version, at bytes 18 and 19, of a database with a write-ahead log."""
_PATIENCE = 2.0
"""Seconds that a lock of another program is waited for."""
_COPIES = 40
"""Copies that are begun anew before giving up, because the files changed meanwhile."""
_PAUSE = 0.05
"""Seconds before a copy is begun anew, at first; each pause is longer by as much."""
_LONGEST_PAUSE = 0.5
_CHUNK = 1 << 20


@contextmanager
def snapshot(path: Path, unpacked: Callable[[], BinaryIO]) -> Iterator[sqlite3.Connection]:
    """Open a copy of the database at ``path``, and delete the copy afterwards.

    Args:
        unpacked: opens the content; it is used where ``path`` is an archive or compressed.

    Raises:
        DigestError: the database is damaged, or does not hold still.
    """
    with tempfile.TemporaryDirectory(prefix="explorer-") as folder:
        copy = Path(folder) / "snapshot.sqlite"
        try:
            if not _is_database(path):
                with unpacked() as packed, copy.open("wb") as file:
                    shutil.copyfileobj(packed, file, _CHUNK)
            elif _has_log(path) or not _backed_up(path, copy):
                _copy_files(path, copy)
            with closing(sqlite3.connect(copy, timeout=0)) as connection:
                _distrust(connection)
                yield connection
        except sqlite3.Error as error:
            raise DigestError(
                f"the database is damaged ({error}).",
                path=path,
                advice="Close the program that it belongs to and try again, or take its last "
                "backup, such as zotero.sqlite.bak.",
            ) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise DigestError(
                f"the database cannot be copied ({reason}).",
                path=path,
                advice="Check its rights, and the room on the disk for temporary files.",
            ) from None


def companions(path: Path) -> tuple[Path, ...]:
    """Return the files that hold parts of the database at ``path``, itself first."""
    return (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-journal")))


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def _has_log(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(20)
    return _WRITE_AHEAD in head[18:20] or path.with_name(path.name + "-wal").exists()


def _backed_up(path: Path, copy: Path) -> bool:
    """Whether SQLite's backup made the ``copy``; False if it has to be made otherwise."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            # A lock of one's own, so that the backup is not begun anew at each foreign write.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(target)
    except sqlite3.Error:
        copy.unlink(missing_ok=True)
        return False
    return True


def _copy_files(path: Path, copy: Path) -> None:
    """Copy the database's files until they are as they were when the last of them was copied.

    What reads the same a second time was so at the moment between both passes. The log comes after
    the database, so that it holds whatever a checkpoint has moved there from it.
    """
    pairs = list(zip(companions(path), companions(copy), strict=True))
    for attempt in range(_COPIES):
        for file, beside in pairs:
            beside.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(file, beside)
        (database, log, journal) = pairs
        if _is_same(*database) and _is_same(*log, may_grow=True) and _is_same(*journal):
            return
        time.sleep(min(_LONGEST_PAUSE, _PAUSE * (attempt + 1)))
    raise DigestError(
        "another program writes to this database all the time.",
        path=path,
        advice="Wait until it has finished, or close it, and try again.",
    )


def _is_same(file: Path, copy: Path, *, may_grow: bool = False) -> bool:
    """Whether ``copy`` is what is in ``file`` now, or the beginning of it if that ``may_grow``.

    A log grows at its end; its last entry is ignored by SQLite if it is torn.
    """
    if not copy.exists():
        return not file.exists()
    try:
        with file.open("rb") as now, copy.open("rb") as then:
            while expected := then.read(_CHUNK):
                if now.read(len(expected)) != expected:
                    return False
            return may_grow or not now.read(1)
    except FileNotFoundError:
        return False


def _distrust(connection: sqlite3.Connection) -> None:
    """Keep a hostile database from running anything of its own."""
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA query_only=ON")
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
