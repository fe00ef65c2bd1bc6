"""Consoles for standard output and standard error, whose texts no terminal obeys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from explorer.cli.output.harmless import STEERING, HarmlessStream, harmless


class _Console(Console):
    """Console that replaces escapes in texts; colours and moves are its own."""

    @property
    def file(self) -> IO[str]:
        stream = super().file
        # A progress bar puts a stream of its own before that of `harmless_output`.
        return stream.rich_proxied_file if isinstance(stream, HarmlessStream) else stream

    @file.setter
    def file(self, new_file: IO[str]) -> None:
        self._file = new_file

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or STEERING.search(segment.text) is None:
                yield segment
            else:
                yield Segment(harmless(segment.text), segment.style)


out = _Console()
err = _Console(stderr=True)
