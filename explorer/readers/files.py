"""The digest files in files and folders that a user names."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

from explorer.errors import DigestError, printable

UNFINISHED_ENDINGS = (".part", ".crdownload", ".tmp", "~")
"""Endings of unfinished files of browsers, scripts and editors."""
FEEDS_FILE = "feeds.toml"
"""The list of feeds in a digest folder, which is no digest."""

ZOTERO_DATABASE = "zotero.sqlite"
"""The name that Zotero gives its database."""
_ZOTERO_FOLDERS = frozenset(("storage", "translators", "styles", "locate", "cache", "pipes", "tmp"))
"""Folders that Zotero makes beside its database."""


def digest_files(given: Sequence[Path]) -> list[tuple[str, Path]]:
    """Return (digest name, file) for each file that ``given`` names or holds, in order.

    A folder means all files below it except hidden ones, partial downloads, editors' backups and
    its list of feeds. Of Zotero's data folder, only its database counts: the rest belongs to it.
    The name of a digest is its path relative to that folder; of a single file, its own name.

    Raises:
        DigestError: one of ``given`` does not exist or is neither file nor folder, or none of
            them contains a file.
    """
    names: dict[Path, str] = {}
    for path in given:
        if path.is_dir():
            files = sorted(path.rglob("*"))
            shelves = {file.parent for file in files if file.name == ZOTERO_DATABASE}
            for file in files:
                inside = file.relative_to(path)
                if file.is_file() and not _is_ignored(inside) and not _is_zoteros(file, shelves):
                    names.setdefault(file.resolve(), inside.as_posix())
        elif path.exists() and not path.is_file():
            raise DigestError(
                "a pipe or a device, not a file.", path=path, advice="Save its content as a file."
            )
        elif path.exists():
            names.setdefault(path.resolve(), path.name)
        else:
            raise DigestError(
                "there is no such file or folder.", path=path, advice="Check the spelling."
            )
    if not names:
        searched = ", ".join(str(path) for path in given)
        raise DigestError(
            "no digest in there.", path=searched, advice="Drop a file with titles and abstracts in."
        )
    return [(printable(name), file) for file, name in names.items()]


def parts_of_digest(path: Path) -> tuple[Path, ...]:
    """Return the files whose change is one of the digest at ``path``, itself first.

    What Zotero has stored last stands in its database's log only.
    """
    log = path.with_name(f"{path.name}-wal")
    return (path, log) if path.name == ZOTERO_DATABASE and log.exists() else (path,)


def _is_ignored(inside: Path) -> bool:
    hidden = any(part.startswith(".") for part in inside.parts)
    is_list = inside.as_posix() == FEEDS_FILE
    return hidden or is_list or inside.name.lower().endswith(UNFINISHED_ENDINGS)


def _is_zoteros(file: Path, shelves: Set[Path]) -> bool:
    """Whether ``file`` is one that Zotero keeps beside one of its databases."""
    if file.parent in shelves:
        return file.name != ZOTERO_DATABASE and file.name.startswith(ZOTERO_DATABASE)
    if not shelves:
        return False
    return any(
        folder.name in _ZOTERO_FOLDERS and folder.parent in shelves for folder in file.parents
    )
