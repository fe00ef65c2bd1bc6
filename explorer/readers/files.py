"""The digest files in files and folders that a user names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from explorer.errors import DigestError, printable

UNFINISHED_ENDINGS = (".part", ".crdownload", ".tmp", "~")
"""Endings of unfinished files of browsers, scripts and editors."""
FEEDS_FILE = "feeds.toml"
"""The list of feeds in a digest folder, which is no digest."""


def digest_files(given: Sequence[Path]) -> list[tuple[str, Path]]:
    """Return (digest name, file) for each file that ``given`` names or holds, in order.

    A folder means all files below it except hidden ones, partial downloads, editors' backups and
    its list of feeds.
    The name of a digest is its path relative to that folder; of a single file, its own name.

    Raises:
        DigestError: one of ``given`` does not exist or is neither file nor folder, or none of
            them contains a file.
    """
    names: dict[Path, str] = {}
    for path in given:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                inside = file.relative_to(path)
                if file.is_file() and not _is_ignored(inside):
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


def _is_ignored(inside: Path) -> bool:
    hidden = any(part.startswith(".") for part in inside.parts)
    is_list = inside.as_posix() == FEEDS_FILE
    return hidden or is_list or inside.name.lower().endswith(UNFINISHED_ENDINGS)
