"""Progress of a build, and the seconds of its stages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

STAGES = ("read", "embed", "index", "map", "topics", "publish")


class Progress(Protocol):
    """Receiver of a build's progress."""

    def stage(self, name: str, total: int = 0) -> None:
        """A stage begins, with ``total`` steps if that is known."""

    def advance(self, done: int, total: int) -> None:
        """``done`` of ``total`` steps of the current stage are done."""


class Silence:
    """Progress that is not shown."""

    def stage(self, name: str, total: int = 0) -> None:
        pass

    def advance(self, done: int, total: int) -> None:
        pass


class Clock:
    """Seconds of each stage; announces to ``progress`` which one begins."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._begin = time.perf_counter()
        self._seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def stage(self, name: str, announced: bool = True) -> Iterator[None]:
        """Count what happens inside to the stage ``name``."""
        begin = time.perf_counter()
        if announced:
            self.progress.stage(name)
        yield
        self._seconds[name] += time.perf_counter() - begin

    def read(self) -> dict[str, float]:
        """Return the seconds of each stage so far, and in all."""
        total = time.perf_counter() - self._begin
        return {name: round(s, 3) for name, s in (self._seconds | {"total": total}).items()}
