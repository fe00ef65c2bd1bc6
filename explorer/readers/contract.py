"""Contract of a digest format: a reader turns one digest file into papers and rejections."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, TypeAlias

from explorer.errors import printable
from explorer.papers.paper import Paper
from explorer.readers.encodings import handler
from explorer.settings import ReadingLimits

RECORD_CHARACTERS = 4_000_000
"""Longer records are rejected, so that a torn file does not fill the memory."""

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A part of a digest that did not become a paper, and the reason."""

    digest: str
    line: int
    """From 1; 0 if the digest as a whole is meant."""
    reason: str
    excerpt: str = ""

    def __post_init__(self) -> None:
        # Excerpts are text that could not be read: JSON may hold halves of characters.
        for name in ("digest", "reason", "excerpt"):
            object.__setattr__(self, name, printable(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class NotAPaper:
    """A record that is sound but no paper by its kind, such as an attachment."""

    digest: str
    line: int
    kind: str
    """Noun in the singular and in lower case: ``proceedings volume``. One of few, as the records
    are counted by it."""


Item: TypeAlias = Paper | Rejection | NotAPaper
"""Outcome of a record; there is no fourth, so that none is lost without a word."""


class Line(NamedTuple):
    """One line of a digest, without its end; numbers start at 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest: a file, the content of a compressed file, or one member of an archive."""

    path: Path
    name: str
    encoding: str
    """Encoding of its text; empty if it is binary."""
    head: str
    """The first 64 KiB, decoded; empty if it is not text."""
    head_bytes: bytes
    """The first 64 KiB, unpacked."""
    limits: ReadingLimits
    opener: Opener = field(repr=False, compare=False)
    size: int = 0
    """Bytes, as packed; budgets of reading grow with it."""
    remark: str = ""
    """Remark for the user on its text as a whole; mostly empty."""

    def open(self) -> BinaryIO:
        """Return the content as bytes, unpacked, with a limit on the unpacked size."""
        return self.opener()

    def text(self) -> io.TextIOWrapper:
        """Return the content as text; bytes invalid in its encoding do not end it."""
        return io.TextIOWrapper(self.open(), encoding=self.encoding, errors=handler(self.encoding))

    def lines(self) -> Iterator[Line | Rejection]:
        """Yield the lines one by one; a Rejection for each that is too long."""
        most = self.limits.line_characters
        with self.text() as file:
            number = 0
            while text := file.readline(most + 1):
                number += 1
                if len(text) > most and not text.endswith("\n"):
                    length = len(text)
                    while not text.endswith("\n") and (text := file.readline(most)):
                        length += len(text)
                    reason = f"the line has {length:,} characters, more than the {most:,} allowed"
                    yield Rejection(self.name, number, reason)
                else:
                    yield Line(number, text.rstrip("\n"))


class Reader(Protocol):
    """The contract of a digest format."""

    name: str
    """Name of the format, in lower case: ``scraped-page``."""

    def recognises(self, digest: Digest) -> int:
        """Return the confidence that ``digest`` is of this format, 0 (it is not) to 100.

        Only ``digest.head`` may be read. Formats with a signature answer 90 or more, formats that
        fit almost any text answer 10 or less.
        """

    def read(self, digest: Digest) -> Iterator[Item]:
        """Yield the papers in ``digest`` in order, each with its line.

        Never raises on content: a record that cannot be parsed is yielded as a Rejection, one that
        is no paper by its kind as a NotAPaper. No record is passed over in silence.
        """


@dataclass(frozen=True, slots=True)
class Recognition:
    """Certainty of the choice of a format."""

    confidence: int = 0
    """0 to 100; 0 if nothing was recognised."""
    runner_up: str = ""
    """The format that comes second; empty if no other one fits."""
    runner_up_confidence: int = 0
    forced: bool = False
    """Whether the user named the format."""
    remark: str = ""
    """Remark for the user on the text as a whole, such as lines in another encoding."""


UNRECOGNISED = Recognition()


@dataclass(slots=True)
class DigestStream:
    """A digest while it is being read."""

    digest: str
    format: str
    """Empty if it cannot be read."""
    items: Iterator[Paper | Rejection]
    """Its papers and the first of its rejections; of very many the others are only counted."""
    rejected: int = 0
    """Rejections so far, all of them."""
    not_papers: dict[str, int] = field(default_factory=dict)
    """Records so far that are no papers by their kind, counted by it."""
    recognition: Recognition = UNRECOGNISED


@dataclass(frozen=True, slots=True)
class Reading:
    """Result of reading one digest."""

    digest: str
    path: Path
    format: str
    papers: Sequence[Paper]
    rejections: tuple[Rejection, ...]
    """The first of them; of very many the others are only counted."""
    rejected: int = 0
    """All of them."""
    not_papers: Mapping[str, int] = field(default_factory=dict)
    """Records that are no papers by their kind, counted by it."""
    recognition: Recognition = UNRECOGNISED
