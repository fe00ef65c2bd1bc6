"""Progress of a command: a bar with an ETA on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from explorer.cli.output.console import err

_STAGES = {
    "fetch": "Fetching feeds",
    "read": "Reading digests",
    "model": "Loading the model",
    "shards": "Reading shards",
    "embed": "Embedding papers",
    "collect": "Storing vectors",
    "index": "Indexing",
    "map": "Drawing the map",
    "topics": "Naming topics",
    "names": "Asking for names",
    "publish": "Publishing",
    "queries": "Embedding queries",
    "rank": "Ranking",
    "time": "Timing searches",
    "faithful": "Measuring the map",
    "seek": "Clustering topics",
}
_SILENT_SECONDS = 2.0
"""Duration from which lines say how much is left, and a check prints any, where there is no bar."""


class BuildProgress:
    """Shows the stages of a build on standard error: bars on a terminal, lines elsewhere."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._tenths = 0
        self._begin = time.monotonic()
        self._task = None if progress is None else progress.add_task("Starting", total=None)

    def stage(self, name: str, total: int = 0) -> None:
        if self._progress is None or self._task is None:
            print(f"{_STAGES[name]} ...", file=sys.stderr)
            self._tenths = 0
            self._begin = time.monotonic()
        else:
            self._progress.reset(self._task, description=_STAGES[name], total=total or None)

    def advance(self, done: int, total: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None)
        elif total and done * 10 // total > self._tenths:
            self._tenths = done * 10 // total
            line = f"  {done:,} of {total:,}"
            passed = time.monotonic() - self._begin
            if passed > _SILENT_SECONDS and done < total:
                line += f", about {passed * (total - done) / done:,.0f} s left"
            print(line, file=sys.stderr)


class _Rate(ProgressColumn):
    """Steps per second, for stages that have steps."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:,.0f}/s" if rate and task.total else "", style="dim")


@contextmanager
def build_progress() -> Iterator[BuildProgress]:
    """Show progress while a build runs."""
    if not err.is_terminal:
        yield BuildProgress(None)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield BuildProgress(progress)


@contextmanager
def waiting(message: str) -> Iterator[None]:
    """Show a message and a spinner on standard error during the block."""
    with err.status(message):
        yield


@contextmanager
def counting(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with the number of papers done and an ETA, on a terminal only."""
    if not err.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as progress:
        task = progress.add_task(label)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def checking() -> Iterator[Callable[[int, int], None]]:
    """Show the bytes checked so far: a bar on a terminal, lines elsewhere if it takes long."""
    if not err.is_terminal:
        yield _checking_lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("Checking files"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _checking_lines() -> Callable[[int, int], None]:
    begin, tenths = time.monotonic(), 0

    def step(done: int, total: int) -> None:
        nonlocal tenths
        passed = time.monotonic() - begin
        if total and passed > _SILENT_SECONDS and done * 10 // total > tenths:
            tenths = done * 10 // total
            left = passed * (total - done) / done
            line = f"{decimal(done)} of {decimal(total)} checked, about {left:,.0f} s left"
            print(line, file=sys.stderr)

    return step
