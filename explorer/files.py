"""Content hashes, and writes that leave files whole if the machine stops."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.errors import LibraryError

SCRATCH_ENDING = ".new"
"""End of the name of a file that is to take the place of another; hidden, too."""
_LONGEST_STEM = 60
"""Characters of the file's own name in that of its scratch file; file systems have limits."""


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Force ``path``, a file or a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def share(source: Path, target: Path) -> None:
    """Make ``target`` a hard link to ``source``, or a copy where the system has none.

    Neither may ever be written to again.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def replace_text(path: Path, text: str) -> None:
    """Make ``text`` the content of ``path`` in one step; it is on disk when this returns.

    Raises:
        OSError: the folder cannot be written; the file stays as it was.
    """
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a new, empty scratch file, and put it in the place of ``path`` in one step.

    It is on disk afterwards. After an error inside, ``path`` is as it was, and the scratch file is
    gone. Its name cannot be guessed, and no link is followed: others may be able to write to the
    folder.
    """
    scratch = path.with_name(f".{path.name[:_LONGEST_STEM]}.{secrets.token_hex(8)}{SCRATCH_ENDING}")
    os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        yield scratch
        sync(scratch)
        scratch.replace(path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
    sync(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise a clear error where the system does not let ``path`` be written.

    Raises:
        LibraryError: in place of an :class:`OSError` that is raised inside.
    """
    try:
        yield
    except OSError as error:
        full = os.strerror(errno.ENOSPC)
        reason = full if full in str(error) else error.strerror or str(error)
        raise LibraryError(
            f"cannot be written ({reason}).",
            path=path,
            advice=(
                "Nothing that was there is lost. Make room on the disk, or check its rights; then "
                "do the same again."
            ),
        ) from error
