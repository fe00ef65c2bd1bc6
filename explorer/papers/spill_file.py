"""Papers on their way into a library: in a file, since more may be read than memory holds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, overload

from explorer.files import writing
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable, PaperWriter


class SpillFile:
    """Papers that are put aside one by one, and read once all are there.

    The file has no name where the system lets it, so nothing is left of it, however a build ends.
    """

    def __init__(self, beside: Path, *, fingerprints: bool = True) -> None:
        """Make room on the disk of ``beside``, a folder that need not be there yet.

        Papers come back without ``fingerprints`` where those are not wanted: to make them takes
        long.
        """
        self._folder = _nearest(beside)
        with writing(self._folder):
            self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115  stays open as long as this
                dir=self._folder
            )
        self._writer = PaperWriter(self._file, fingerprints=fingerprints)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, paper: Paper) -> int:
        """Put ``paper`` aside, and return its place.

        Raises:
            LibraryError: the disk is full.
        """
        with writing(self._folder):
            self._writer.add(paper)
        self._size += 1
        return self._size - 1

    def add_all(self, papers: Iterable[Paper]) -> SpillSection:
        """Put ``papers`` aside, and return them as they are read from here."""
        start = self._size
        dates: set[str] = set()
        for paper in papers:
            self.add(paper)
            dates.update(source.date for source in paper.sources)
        return SpillSection(self, start, self._size, frozenset(dates))

    @cached_property
    def papers(self) -> PaperTable:
        """All papers that were put aside; no more can be added."""
        with writing(self._folder):
            self._writer.close()
            self._file.flush()
        return PaperTable.from_file(self._file)


@dataclass(frozen=True, slots=True)
class SpillSection(Sequence[Paper]):
    """Some papers of a spool, in order."""

    spool: SpillFile
    start: int
    stop: int
    dates: frozenset[str]
    """The dates of their digests."""

    def __len__(self) -> int:
        return self.stop - self.start

    @overload
    def __getitem__(self, place: int) -> Paper: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Paper]: ...
    def __getitem__(self, place: int | slice) -> Paper | Sequence[Paper]:
        return self.spool.papers[self.start : self.stop][place]

    def __iter__(self) -> Iterator[Paper]:
        return iter(self.spool.papers[self.start : self.stop])


def _nearest(folder: Path) -> Path:
    """Return the nearest folder to ``folder`` that can be written, or the system's for scratch."""
    for place in (folder, *folder.absolute().parents):
        if place.is_dir():
            return place if os.access(place, os.W_OK) else Path(tempfile.gettempdir())
    return Path(tempfile.gettempdir())
