"""Files in the folder of a library, their sizes, and the lock of a build."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from explorer.library.generation import is_generation_name

_LOCKS = Path("/proc/locks")
"""List of the locks held, on Linux; reading it takes none."""

Step = Callable[[int, int], None]
"""Called with the bytes checked so far, and all bytes to check."""


class Meter:
    """Progress in bytes."""

    def __init__(self, step: Step | None, total: int) -> None:
        self._step = step
        self._total = total
        self._done = 0
        self.add(0)

    def add(self, size: int) -> None:
        """Count ``size`` bytes more."""
        # A build that runs meanwhile may add files.
        self._done = min(self._done + size, self._total)
        if self._step is not None:
            self._step(self._done, self._total)


def generation_names(folder: Path) -> list[str]:
    """Return the names of the generations on disk, oldest first."""
    return sorted(
        path.name for path in entries(folder / "generations") if is_generation_name(path.name)
    )


def entries(folder: Path) -> list[Path]:
    """Return the direct entries of a folder; none where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # the check of the folder reports it


def files_below(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield the files below ``folder`` with their sizes; some may vanish meanwhile."""
    for path in sorted(folder.rglob("*")):
        try:
            if not path.is_file():
                continue
        except OSError:
            continue
        yield path, size_of(path)


def size_of(path: Path) -> int:
    """Return the bytes of a file or of all below a folder; 0 where they cannot be read."""
    try:
        if path.is_dir():
            return sum(size for _, size in files_below(path))
        return path.stat().st_size
    except OSError:
        return 0


def bytes_to_read(folder: Path) -> int:
    """Return how many bytes a check of the library in ``folder`` reads."""
    # Generations are read twice: file by file, and as a whole.
    generations = sum(size_of(folder / "generations" / name) for name in generation_names(folder))
    return 2 * generations + size_of(folder / "vectors")


def build_running(folder: Path) -> bool | None:
    """Return whether a build holds the lock; None where only taking it would show."""
    try:
        inode = str((folder / ".lock").stat().st_ino)
    except OSError:
        return False
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    # "1: FLOCK  ADVISORY  WRITE 4711 fe:00:2383922 0 EOF"; some file systems report another
    # device here than elsewhere, so the inode alone decides.
    return any(word.split(":")[2:] == [inode] for line in lines for word in line.split())
