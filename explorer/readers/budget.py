"""Budgets of reading: processor time, unpacked bytes, papers and their characters.

A budget belongs to a file. Within it, each digest of an archive has one of its own, so that one bad
member leaves something for the others. All grow with the size of the file. Processor time is that
of the thread that reads, without that of whoever uses the papers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TypeVar

from explorer.papers.paper import Paper
from explorer.settings import ReadingLimits

T = TypeVar("T")

_MEGABYTE = 1 << 20
_PAPER_CHARACTERS = 100
"""Cost of a paper in addition to its characters."""
_TIMES_UNPACKED = 4
"""A member of an archive is unpacked for its head, its encoding, its records, and once more."""
ADVICE = "if you trust the file, split it into smaller ones"
"""The next step after a budget has ended."""


class BudgetSpent(BaseException):
    """A budget has ended; no ``Exception``, so that no reader takes it for a fault in a record."""

    def __init__(self, reason: str, *, of_file: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.of_file = of_file
        """Whether it was the budget of the file as a whole."""


class _Use:
    """Use of one budget so far."""

    def __init__(self, limits: ReadingLimits, size: int, cpu_seconds: float) -> None:
        self._limits = limits
        self._size = size
        self._cpu_seconds = cpu_seconds
        self.seconds = 0.0
        self.unpacked = 0
        self.papers = 0
        self.characters = 0

    @property
    def _counted(self) -> int:
        """Bytes by which the budgets grow."""
        most = self._limits.honest_expansion * self._size
        return max(self._size, min(self.unpacked, most))

    @property
    def most_seconds(self) -> float:
        per_byte = self._limits.cpu_seconds_per_megabyte / _MEGABYTE
        return self._cpu_seconds + per_byte * self._counted

    @property
    def reason(self) -> str:
        """The budget that has ended, in words; empty if none has."""
        limits = self._limits
        most_unpacked = _TIMES_UNPACKED * max(
            limits.expanded_bytes, limits.expanded_times * self._size
        )
        most_papers = max(limits.papers, self._counted // limits.bytes_per_paper)
        most_characters = max(limits.output_bytes, limits.output_times * self._counted)
        if self.seconds > self.most_seconds:
            return f"it takes more than {self.most_seconds:,.0f} s of processor time"
        if self.unpacked > most_unpacked:
            return f"it unpacks to more than {most_unpacked:,} bytes in all"
        if self.papers > most_papers:
            return f"it makes more than {most_papers:,} papers"
        if self.characters > most_characters:
            return f"its papers hold more than {most_characters:,} characters"
        return ""


class Budget:
    """The budgets of one file, and of the digest in it that is being read."""

    def __init__(self, limits: ReadingLimits, size: int) -> None:
        """Start with all budgets whole; ``size`` is that of the file in bytes."""
        self._limits = limits
        self._file = _Use(limits, size, limits.archive_cpu_seconds)
        self._digest: _Use | None = None
        self._since: float | None = None

    def begin_digest(self, size: int) -> None:
        """Start the budgets of a digest of ``size`` bytes, as packed in an archive."""
        self._digest = _Use(self._limits, size, self._limits.cpu_seconds)

    def end_digest(self) -> None:
        self._digest = None

    def reading(self, items: Iterator[T]) -> Iterator[T]:
        """Yield ``items``; the time until each is reading.

        Raises:
            BudgetSpent: a budget has ended.
        """
        while True:
            self._since = time.thread_time()
            try:
                item = next(items)
                self.check()
            except StopIteration:
                return
            finally:
                self._pause()
            yield item

    def check(self) -> None:
        """Raise BudgetSpent if reading goes on and a budget has ended; a signal may call this."""
        if self._since is None:
            return
        self._pause()
        self._since = time.thread_time()
        for use, of_file in ((self._file, True), (self._digest, False)):
            if use is not None and (reason := use.reason):
                self._since = None
                raise BudgetSpent(reason, of_file=of_file)

    def unpack(self, size: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            BudgetSpent: they are too many for one file.
        """
        for use in (self._file, self._digest):
            if use is not None:
                use.unpacked += size
        self.check()

    def count(self, paper: Paper) -> None:
        """Count a paper; the next check judges it."""
        size = _PAPER_CHARACTERS + _characters(paper)
        for use in (self._file, self._digest):
            if use is not None:
                use.papers += 1
                use.characters += size

    @property
    def seconds_left(self) -> float:
        """Processor time until the first budget of time ends."""
        uses = [use for use in (self._file, self._digest) if use is not None]
        return max(0.0, min(use.most_seconds - use.seconds for use in uses))

    @property
    def most_seconds(self) -> float:
        """Processor time of the file if it unpacks to as much as an honest one can."""
        most = _Use(self._limits, self._file._size, self._limits.archive_cpu_seconds)
        most.unpacked = self._limits.honest_expansion * self._file._size
        return most.most_seconds

    def _pause(self) -> None:
        if self._since is None:
            return
        used = time.thread_time() - self._since
        self._since = None
        for use in (self._file, self._digest):
            if use is not None:
                use.seconds += used


def _characters(paper: Paper) -> int:
    lists = (paper.authors, paper.other_ids, paper.categories, paper.keywords)
    return (
        len(paper.title)
        + len(paper.abstract)
        + len(paper.venue)
        + len(paper.url)
        + len(paper.doi)
        + len(paper.summary)
        + sum(len(source.digest) for source in paper.sources)
        + sum(len(text) for s in paper.sources for text in (*s.notes, *s.annotations))
        + sum(len(text) for texts in lists for text in texts)
    )
