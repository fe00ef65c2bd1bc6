"""Opening a digest: is it text, in which encoding, and its lines within bounds."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from explorer.errors import DigestError
from explorer.settings import ReadingLimits

_HEAD_BYTES = 65_536
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3", "an SQLite database"),
)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something in a digest that did not become a paper, and why."""

    digest: str
    line: int
    reason: str
    excerpt: str = ""


class Line(NamedTuple):
    """One line of a digest, without its end; numbers start at 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest file known to be text."""

    path: Path
    name: str
    encoding: str
    head: str
    """The first 64 KiB, decoded."""
    limits: ReadingLimits

    def lines(self) -> Iterator[Line | Rejection]:
        """Yield the lines one by one; one that is too long comes as a Rejection."""
        most = self.limits.line_characters
        with self.path.open(encoding=self.encoding, errors="replace", newline=None) as file:
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


def open_digest(path: Path, name: str, limits: ReadingLimits) -> Digest:
    """Make sure that ``path`` is a text file, and find out its encoding.

    Raises:
        DigestError: the file is missing, empty, unreadable or not text.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise DigestError(f"{path}: there is no such file. Check the spelling.") from None
    except OSError as error:
        raise DigestError(
            f"{path}: cannot be opened ({error.strerror}). Check its rights."
        ) from None
    if not head.strip():
        raise DigestError(f"{path}: the file is empty. Save the digest again.")
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "")
    if not encoding:
        kind = next((kind for mark, kind in _SIGNATURES if head.startswith(mark)), "")
        if not kind and b"\x00" in head:
            kind = "a binary file"
        if kind:
            raise DigestError(
                f"{path}: this is {kind}, not a digest. Save titles and abstracts as text."
            )
        encoding = _encoding(path)
    text = head.decode(encoding, errors="ignore")
    return Digest(path, name, encoding, text, limits)


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return _legacy_encoding(chunk[max(0, error.start - 4096) : error.start + 4096])
    return "utf-8"


def _legacy_encoding(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    # The single-byte Western encodings differ in a few signs only, of which Windows-1252 has
    # the ones that people type (dashes, curly quotes).
    western = {"latin_1", "cp1252", "iso8859_15", "cp1250", "iso8859_2", "mac_roman", "cp850"}
    encoding = best.encoding if best else "cp1252"
    return "cp1252" if encoding in western or encoding.startswith(("cp4", "cp8")) else encoding
