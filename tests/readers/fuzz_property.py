"""The promises that every reader keeps on every input, whatever the input is.

A reader raises nothing but DigestError and ends within a generous time; each item is a paper with
letters or digits in its title, a rejection with its line and its reason, or a record that is no
paper by its kind; all text can be stored as UTF-8; and reading again gives the same.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from functools import cache
from pathlib import Path
from types import FrameType

from explorer.errors import DigestError
from explorer.papers.paper import Paper, title_key
from explorer.papers.same_paper import evidence_of
from explorer.papers.text import markdown
from explorer.readers import Rejection, load_reader, read_items, reader_names
from explorer.readers.contract import Digest, Item, NotAPaper, Reader
from explorer.readers.opening import open_digests
from explorer.settings import ReadingLimits

_SECONDS = 20.0
"""Processor time for one input of at most 64 KiB; the slowest readers take a tenth of a second."""

Items = list[Item]


class Violation(Exception):
    """A broken promise."""


class _TooSlow(BaseException):
    """Out of processor time; no ``Exception``, so that no reader takes it for a bad record."""


class _Replay:
    """Reader that yields what another one yielded."""

    def __init__(self, name: str, items: Items) -> None:
        self.name = name
        self._items = items

    def recognises(self, digest: Digest) -> int:  # noqa: ARG002
        return 100

    def read(self, digest: Digest) -> Iterator[Item]:  # noqa: ARG002
        yield from self._items


def check_readers(
    name: str, content: bytes, folder: Path, readers: Sequence[Reader] | None = None
) -> None:
    """Read ``content`` as the format ``name``, and as the format that it is taken for.

    Raises:
        Violation: a promise was broken; the message has the reader and the end of the traceback.
    """
    path = folder / "digest"
    path.write_bytes(content)
    try:
        with _processor_time(_SECONDS):
            for digest in _digests(path):
                for reader in _recognising(digest, readers or _all_readers(), name):
                    _check_reader(reader, digest)
    except _TooSlow:
        raise Violation(f"{name}: more than {_SECONDS:g} s of processor time") from None


def _digests(path: Path) -> Iterator[Digest]:
    try:
        for digest in open_digests(path, "digest", ReadingLimits()):
            if isinstance(digest, Digest):
                yield digest
            else:
                _check_rejection("opening", digest)
    except DigestError as error:
        _check_text("opening", [str(error)])


@cache
def _all_readers() -> Sequence[Reader]:
    return [load_reader(name) for name in reader_names()]


def _recognising(digest: Digest, readers: Sequence[Reader], name: str) -> list[Reader]:
    """Return the most confident reader, and the one called ``name`` if it recognises it, too."""
    confidence: dict[str, int] = {}
    for reader in readers:
        try:
            confidence[reader.name] = reader.recognises(digest)
        except Exception:
            raise Violation(f"{reader.name} fails to recognise: {_trace()}") from None
    best = max(readers, key=lambda reader: confidence[reader.name])
    return [r for r in readers if confidence[r.name] > 0 and (r is best or r.name == name)]


def _check_reader(reader: Reader, digest: Digest) -> None:
    first, error = _read(reader, digest)
    again, same_error = _read(reader, digest)
    if (first, error) != (again, same_error):
        raise Violation(f"{reader.name}: reading twice gives two results")
    last = _lines(digest)
    # The limits on each record are those of `read_items`.
    for item in read_items(digest, _Replay(reader.name, first)):
        line = item.sources[0].line if isinstance(item, Paper) else item.line
        if digest.encoding and line > last:
            raise Violation(f"{reader.name}: line {line:,} of {last:,}")
        if isinstance(item, Paper):
            _check_paper(reader.name, item)
        elif isinstance(item, NotAPaper):
            _check_kind(reader.name, item)
        else:
            _check_rejection(reader.name, item)


def _lines(digest: Digest) -> int:
    with digest.open() as file:
        content = file.read()
    return content.count(b"\n") + content.count(b"\r") + 1


def _read(reader: Reader, digest: Digest) -> tuple[Items, str]:
    items: Items = []
    try:
        items.extend(reader.read(digest))
    except DigestError as error:
        return items, str(error)
    except Exception:
        raise Violation(f"{reader.name} raises: {_trace()}") from None
    for item in items:
        if not isinstance(item, Paper | Rejection | NotAPaper):
            raise Violation(f"{reader.name}: neither a paper nor a reason: {item!r:.200}")
    return items, ""


def _check_paper(reader: str, paper: Paper) -> None:
    if not any(character.isalnum() for character in paper.title):
        raise Violation(f"{reader}: a title without letters and digits: {paper.title!r:.200}")
    if len(paper.sources) != 1 or paper.sources[0].line < 1 or paper.id:
        raise Violation(f"{reader}: no line, or an id: {paper.sources!r:.200} {paper.id!r:.80}")
    _check_text(reader, _texts(astuple(paper)))
    try:
        # What a build and the page make of it.
        shown = [paper.text, paper.fingerprint, title_key(paper.readable_title), *paper.known_as]
        shown += [markdown(paper.title), *(address for _, address in paper.links)]
        shown += [str(evidence_of(paper).surname), *paper.sentences]
    except Exception:
        raise Violation(f"{reader}: a paper that cannot be shown: {_trace()}") from None
    _check_text(reader, shown)


def _check_rejection(reader: str, rejection: Rejection) -> None:
    if not rejection.reason or rejection.line < 0:
        raise Violation(f"{reader}: a rejection without reason or line: {rejection!r:.200}")
    _check_text(reader, [rejection.reason, rejection.excerpt])


def _check_kind(reader: str, item: NotAPaper) -> None:
    """A record that is no paper has one of few kinds, in words that can be counted."""
    if not 0 < len(item.kind) <= 40 or item.kind != item.kind.lower() or item.line < 0:
        raise Violation(f"{reader}: a record that is no paper without kind or line: {item!r:.200}")
    _check_text(reader, [item.kind])


def _check_text(reader: str, texts: Sequence[str]) -> None:
    for text in texts:
        try:
            text.encode("utf-8")
        except (UnicodeEncodeError, AttributeError):
            raise Violation(f"{reader}: no text that can be stored: {text!r:.200}") from None


def _texts(value: object) -> list[str]:
    if isinstance(value, tuple):
        return [text for part in value for text in _texts(part)]
    return [] if isinstance(value, int) else [value]  # type: ignore[list-item]


def _trace() -> str:
    return traceback.format_exc(limit=-3)


@contextmanager
def _processor_time(seconds: float) -> Iterator[None]:
    """Raise _TooSlow inside once the process has computed for so long."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise _TooSlow

    signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        # One that is under way may still arrive, and would end the process by default.
        signal.signal(signal.SIGVTALRM, signal.SIG_IGN)
