"""Spill file: papers of a running build on disk, since they may not fit into memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, overload

import pyarrow as pa

from explorer.files import writing
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable
from explorer.papers.table_schema import ROWS_AT_ONCE, SCHEMA, to_row


class SpillFile:
    """Papers that are written one by one, and read once all are written.

    The file has no name if the system allows that, so it vanishes however the build ends.
    """

    def __init__(self, beside: Path, *, fingerprints: bool = True) -> None:
        """Create the file on the disk of the folder ``beside``, which need not exist yet.

        Args:
            fingerprints: compute and store them; takes long.
        """
        self._folder = _nearest_writable(beside)
        with writing(self._folder):
            self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115  stays open as long as this
                dir=self._folder
            )
        self._writer = _PaperWriter(self._file, fingerprints=fingerprints)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, paper: Paper) -> int:
        """Write ``paper`` and return its index.

        Raises:
            LibraryError: the disk is full.
        """
        with writing(self._folder):
            self._writer.add(paper)
        self._size += 1
        return self._size - 1

    def add_all(self, papers: Iterable[Paper]) -> SpillSection:
        """Write ``papers`` and return the section of the file that holds them."""
        start = self._size
        dates: set[str] = set()
        for paper in papers:
            self.add(paper)
            dates.update(source.date for source in paper.sources)
        return SpillSection(self, start, self._size, frozenset(dates))

    @cached_property
    def papers(self) -> PaperTable:
        """All papers written; no more can be added."""
        with writing(self._folder):
            self._writer.close()
            self._file.flush()
        return PaperTable.from_file(self._file)


@dataclass(frozen=True, slots=True)
class SpillSection(Sequence[Paper]):
    """Consecutive papers of a spill file."""

    file: SpillFile
    start: int
    stop: int
    dates: frozenset[str]
    """The dates of their digests."""

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, index: int) -> Paper: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Paper]: ...
    def __getitem__(self, index: int | slice) -> Paper | Sequence[Paper]:
        return self.file.papers[self.start : self.stop][index]

    def __iter__(self) -> Iterator[Paper]:
        return iter(self.file.papers[self.start : self.stop])


class _PaperWriter:
    """Writes papers to an open file, one by one; readable once closed."""

    def __init__(self, file: Any, *, fingerprints: bool) -> None:
        """Start writing; without ``fingerprints`` their column stays empty."""
        self._fingerprints = fingerprints
        self._writer = pa.ipc.new_file(pa.PythonFile(file, mode="w"), SCHEMA)
        self._waiting: list[dict[str, Any]] = []

    def add(self, paper: Paper) -> None:
        self._waiting.append(to_row(paper, paper.fingerprint if self._fingerprints else ""))
        if len(self._waiting) == ROWS_AT_ONCE:
            self._write()

    def close(self) -> None:
        self._write()
        self._writer.close()

    def _write(self) -> None:
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._waiting, schema=SCHEMA))
        self._waiting = []


def _nearest_writable(folder: Path) -> Path:
    """Return the nearest writable folder to ``folder``, or the system's temporary folder."""
    for parent in (folder, *folder.absolute().parents):
        if parent.is_dir():
            return parent if os.access(parent, os.W_OK) else Path(tempfile.gettempdir())
    return Path(tempfile.gettempdir())
