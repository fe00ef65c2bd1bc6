"""Lines of the readers that an input is the first to reach."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import explorer.readers

_FOLDER = str(Path(explorer.readers.__file__).parent)

WATCHED = 1 if sys.version_info >= (3, 12) else 4
"""One input in so many is watched: before Python 3.12 watching takes most of the time."""


class NewLines:
    """Counts lines of ``explorer/readers`` as they run for the first time."""

    def __init__(self) -> None:
        self.count = 0
        """Lines reached so far."""
        self._left: dict[CodeType, set[int]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count the lines that run inside."""
        with self._monitored() if sys.version_info >= (3, 12) else self._traced():
            yield

    def _unreached(self, code: CodeType) -> set[int]:
        if code not in self._left:
            inside = code.co_filename.startswith(_FOLDER)
            lines = {line for _, _, line in code.co_lines() if line} if inside else set()
            self._left[code] = lines
        return self._left[code]

    def _reached(self, code: CodeType, line: int) -> None:
        left = self._unreached(code)
        if line in left:
            left.remove(line)
            self.count += 1

    @contextmanager
    def _monitored(self) -> Iterator[None]:
        """Use ``sys.monitoring``, which costs nothing for lines reached before."""
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        tool, line = monitoring.DEBUGGER_ID, monitoring.events.LINE

        def reached(code: CodeType, number: int) -> Any:
            self._reached(code, number)
            return monitoring.DISABLE

        monitoring.use_tool_id(tool, "fuzzing of readers")
        monitoring.register_callback(tool, line, reached)
        monitoring.set_events(tool, line)
        try:
            yield
        finally:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)

    @contextmanager
    def _traced(self) -> Iterator[None]:
        def step(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                self._reached(frame.f_code, frame.f_lineno)
            return step

        def call(frame: FrameType, _event: str, _: Any) -> Any:
            return step if self._unreached(frame.f_code) else None

        sys.settrace(call)
        try:
            yield
        finally:
            sys.settrace(None)
