"""Text that no terminal obeys, whatever is printed.

Titles, names of files and messages may hold terminal escapes: sequences that clear the screen,
hide text, set links or write over earlier lines. They are replaced before they reach a terminal:
in what a command, or a library that it uses, prints (:func:`harmless_output`), in text that rich
lays out (``console.py``), and in JSON (:func:`harmless_json`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

STEERING = re.compile(
    "\r(?!\n)"  # writes over its line, unless it ends one, as in CSV
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"  # control characters but tab, line feed and return
    "|[\u202a-\u202e\u2066-\u2069]"  # changes of direction
    "|[\ud800-\udfff]"  # halves of characters, which cannot be printed
)


def harmless(text: str) -> str:
    """Return ``text`` with a replacement character for each that a terminal would obey."""
    return STEERING.sub("\ufffd", text)


def harmless_json(text: str) -> str:
    r"""Return a JSON document with such characters escaped (``\u009b``): the same content."""
    return STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class HarmlessStream:
    """Text stream that passes on text without what steers a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = stream
        """The stream itself, under the name that rich looks for."""

    def write(self, text: str) -> int:
        self.rich_proxied_file.write(harmless(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def isatty(self) -> bool:
        """Return False, so that libraries add no colours: they would be replaced as well."""
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


@contextmanager
def harmless_output() -> Iterator[None]:
    """Make all that is printed harmless: on standard error, and on the output if a terminal.

    Output into a file or a pipe is left as it is: an export holds what the digest holds.
    """
    before = sys.stdout, sys.stderr
    if sys.stdout.isatty():
        sys.stdout = HarmlessStream(sys.stdout)
    sys.stderr = HarmlessStream(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
