"""Lock of a library: one build at a time, freed by the system if the build dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.errors import LibraryBusy, LibraryError

GENERATIONS = "generations"
"""Folder of the generations in a library."""


@contextmanager
def build_lock(folder: Path) -> Iterator[None]:
    """Hold the build lock of the library in ``folder``, which is created if need be.

    Raises:
        LibraryBusy: another build holds the lock.
        LibraryError: the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        (folder / GENERATIONS).mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise LibraryBusy(
            "another build is running.",
            path=folder,
            advice="Wait for it to end, then try again.",
        ) from None
    except OSError as error:
        raise LibraryError(
            f"cannot be written ({error.strerror}).",
            path=folder,
            advice="Check its rights, or name another folder with --library.",
        ) from None
    try:
        yield
    finally:
        lock.release()
