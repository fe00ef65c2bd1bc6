"""Updates of a library from Zotero, left out where its database has not changed since the last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.progress import Progress
from explorer.files import replace_text
from explorer.library.store import LibraryStore
from explorer.readers import parts_of_digest

_CONTENT = 2
"""Number of what is read of an item, raised when that grows: what was read before is read again."""


def update_from_zotero(
    library: LibraryStore,
    database: Path,
    options: BuildOptions | None = None,
    progress: Progress | None = None,
) -> BuildReport | None:
    """Bring ``library`` up to date with a Zotero database; None if it holds all of it already.

    Raises:
        UnusableInput: the database cannot be read; the library is unchanged.
        LibraryBusy: another build is running.
        EmbedderError: the model cannot be loaded.
    """
    options = options or BuildOptions()
    state = _state(database)
    before = last_reading(library)
    is_plain = options == BuildOptions(settings=options.settings)
    is_read = before.get("state") == state and before.get("content") == _CONTENT
    if is_plain and is_read and before.get("generation") == library.live:
        return None
    return read_zotero_again(library, database, options, progress)


def read_zotero_again(
    library: LibraryStore,
    database: Path,
    options: BuildOptions | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Read a Zotero database into ``library``, whether it has changed or not, and note when.

    Raises:
        UnusableInput: the database cannot be read; the library is unchanged.
        LibraryBusy: another build is running.
        EmbedderError: the model cannot be loaded.
    """
    options = options or BuildOptions()
    state = _state(database)
    report = build(library, [database], options, progress)
    if not options.dry_run:
        read = datetime.now(UTC).isoformat(timespec="seconds")
        note = {
            "state": state,
            "generation": library.live,
            "read": read,
            "content": _CONTENT,
            "database": str(database.resolve()),
        }
        replace_text(library.zotero, json.dumps(note) + "\n")
    return report


def last_reading(library: LibraryStore) -> Mapping[str, Any]:
    """Return what was noted at the last update from Zotero; empty if there was none.

    ``read`` is its moment in ISO 8601, ``generation`` the library's live one after it, ``database``
    the path of the database that was read.
    """
    try:
        note = json.loads(library.zotero.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def changed_database(library: LibraryStore) -> Path | None:
    """Return the database of the last update from Zotero if it has changed since; else None."""
    before = last_reading(library)
    path = before.get("database")
    if not isinstance(path, str) or not path:
        return None
    try:
        is_changed = Path(path).is_file() and _state(Path(path)) != before.get("state")
    except OSError:
        return None
    return Path(path) if is_changed else None


def _state(database: Path) -> list[list[object]]:
    """Return name, size and time of change of each file of the database."""
    files = [(path, path.stat()) for path in parts_of_digest(database.resolve())]
    return [[str(path), status.st_size, status.st_mtime_ns] for path, status in files]
