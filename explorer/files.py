"""Files whose content is told by its hash, and that stay whole when the machine stops."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.errors import LibraryError


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
    """Make ``target`` the same file as ``source``, or where the system cannot, a copy of it.

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
        sync(scratch)
    sync(path.parent)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside ``path`` to be written, and put it in the place of ``path`` in one step.

    Whatever is raised inside, ``path`` stays as it was, and nothing is left beside it.
    """
    scratch = path.with_name(f".{path.name}.new")
    try:
        yield scratch
        scratch.replace(path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell clearly of a system that does not let ``path`` be written.

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
