"""Reading in a child process: whatever a digest does to its reader, it costs one file.

The child is a fresh interpreter that imports the readers alone, so that no thread or lock of this
process is copied, and it reads one file after the other. It has limits on processor time and memory
(:mod:`explorer.readers.reading_program`); its answers are checked as if a stranger had sent them.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.papers.text import plural
from explorer.readers.budget import Budget
from explorer.readers.contract import DigestStream, Rejection
from explorer.readers.messages import (
    LENGTH,
    LONGEST,
    BadMessage,
    from_message,
    to_item,
    to_kinds,
    to_page,
    to_pdf_head,
    to_recognition,
)
from explorer.readers.reading import stream_digests
from explorer.readers.reading_program import OUT_OF_MEMORY
from explorer.readers.shared.pdf_document import PdfHead, PdfPage
from explorer.settings import ReadingLimits

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from explorer.readers.reading_program import main; main()"
)
_STARTING = 60.0
"""Seconds until the child is ready, at most."""
_SILENCE = 60.0
"""Seconds without an answer beyond a multiple of the processor time that the file may take."""
_SILENCE_TIMES = 4
"""Real seconds for each second of processor time: other processes want it too."""
_CHUNK = 1 << 18
_BYTES_PER_CHARACTER = 8
_NONSENSE = "the process that reads it sent nonsense"
_TO_DO = "if you trust the file, split it into smaller ones, or save it in another format"

_log = logging.getLogger(__name__)


def stream_digests_apart(path: Path, name: str, limits: ReadingLimits) -> Iterator[DigestStream]:
    """Yield what :func:`~explorer.readers.reading.stream_digests` does, read in a child process.

    If the child dies, what it had read is kept and followed by a Rejection with the reason. Where
    none can be started, and with ``limits.in_process``, this process reads.

    Raises:
        DigestError: the file as a whole cannot be read; in reading a stream, that digest cannot.
    """
    child = None if limits.in_process else _borrow()
    if child is None:
        yield from stream_digests(path, name, limits)
        return
    try:
        yield from child.read(path, name, limits)
    finally:
        _give_back(child)


def stream_pdf_apart(
    path: Path, numbers: Sequence[int] | None, limits: ReadingLimits
) -> Iterator[PdfHead | PdfPage]:
    """Yield the head of the PDF at ``path``, then its pages, read in a child process.

    ``numbers`` are those of the pages, from 1; None means all.

    Raises:
        DigestError: it cannot be read, or not further than to the last page yielded.
    """
    child = _borrow()
    if child is None:
        raise DigestError(
            "no process to read PDFs in can be started.", path=path, advice="Try again."
        )
    try:
        yield from child.pages(path, numbers, limits)
    finally:
        _give_back(child)


_spare: list[_Child] = []
_lock = threading.Lock()


def _borrow() -> _Child | None:
    """Return an idle child, or a new one; None if none can be started."""
    with _lock:
        while _spare:
            child = _spare.pop()
            if child.is_alive:
                return child
            child.end()
    try:
        return _Child()
    except (OSError, ValueError, _Died):
        _log.warning("No process to read digests in can be started; they are read in this one.")
        return None


def _give_back(child: _Child) -> None:
    with _lock:
        if child.is_idle and not _spare:
            _spare.append(child)
            return
    child.end()


@atexit.register
def end_idle_process() -> None:
    """End the child that waits for the next file, if there is one."""
    while _spare:
        _spare.pop().end()


if hasattr(os, "register_at_fork"):
    # A copy of this process must not talk to the same child.
    os.register_at_fork(after_in_child=_spare.clear)


class _Died(Exception):
    """The child has ended or sends nonsense; the message is the reason."""


class _Child:
    """A process that reads digests, and the messages from it."""

    def __init__(self) -> None:
        paths = [str(Path(place).absolute()) for place in sys.path]
        command = [sys.executable, "-I", "-c", _PROGRAM, json.dumps(paths)]
        # One thread and the system's allocator: reserves of pyarrow's own count as memory in use.
        variables = {"OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | variables,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._arrived = bytearray()
        self._wait = _STARTING
        self._left = LONGEST
        self._failure = ""
        """Why reading ended, if it had begun."""
        self.is_idle = False
        try:
            if self._receive() != ["ready"]:
                raise _Died("it does not start")
        except BaseException:
            self.end()
            raise
        self.is_idle = True

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """End the process, whatever it does."""
        self.is_idle = False
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()

    def read(self, path: Path, name: str, limits: ReadingLimits) -> Iterator[DigestStream]:
        """Yield the digests of a file."""
        self.is_idle = False
        begun = False
        try:
            self._request("digests", path, name, limits)
            while (message := self._next())[0] == "digest":
                begun = True
                stream = self._stream(message)
                items = stream.items = self._items(stream, path)
                yield stream
                with suppress(DigestError):
                    for _ in items:  # what nobody wanted is still on its way
                        pass
                if self._failure and stream.digest == name:
                    return
            self._finish(message, path)
        except _Died as death:
            reason = f"reading was ended: {self._failure or death}"
            if not begun:
                advice = f"{_TO_DO.capitalize()}."
                raise DigestError(f"{reason}.", path=path, advice=advice) from None
            rejection = Rejection(name, 0, f"{reason}, and nothing after this is read; {_TO_DO}")
            yield DigestStream(name, "", iter((rejection,)), 1)

    def _items(self, stream: DigestStream, path: Path) -> Iterator[Paper | Rejection]:
        line = papers = 0
        try:
            while (message := self._next())[0] == "items":
                _, stream.rejected, items = message
                for item in map(to_item, items):
                    papers += isinstance(item, Paper)
                    line = item.sources[0].line if isinstance(item, Paper) else item.line
                    yield item
            stream.rejected = int(message[-1])
            stream.not_papers.update(to_kinds(message[-2]))
        except (_Died, BadMessage, ValueError, TypeError, IndexError) as death:
            self._failure = str(death) if isinstance(death, _Died) else _NONSENSE
            self._process.kill()
            after = f"after {plural(papers, 'paper')}" if papers else "before the first paper"
            stream.rejected += 1
            reason = f"reading was ended {after}: {self._failure}; {_TO_DO}"
            yield Rejection(stream.digest, line, reason)
            return
        if message[0] == "digest error":
            raise DigestError(str(message[1]), path=path, advice=str(message[2]))

    @staticmethod
    def _stream(message: list[Any]) -> DigestStream:
        try:
            _, digest, form, sure = message
            return DigestStream(str(digest), str(form), iter(()), recognition=to_recognition(sure))
        except (BadMessage, ValueError):
            raise _Died(_NONSENSE) from None

    def _finish(self, message: list[Any], path: Path) -> None:
        self.is_idle = message[-1] is True
        if message[0] == "error":
            _, what, advice, line, _ = message
            raise DigestError(str(what), path=path, line=int(line), advice=str(advice))

    def pages(
        self, path: Path, numbers: Sequence[int] | None, limits: ReadingLimits
    ) -> Iterator[PdfHead | PdfPage]:
        """Yield the head of a PDF, then its pages."""
        self.is_idle = False
        try:
            self._request("pdf", path, numbers, limits)
            message = self._next()
            if message[0] == "pdf":
                yield PdfHead(*to_pdf_head(message[1:]))
                while (message := self._next())[0] == "page":
                    yield to_page(message[1])
            self._finish(message, path)
        except (_Died, BadMessage, ValueError, TypeError, IndexError) as death:
            self._process.kill()
            reason = str(death) if isinstance(death, _Died) else _NONSENSE
            advice = f"{_TO_DO.capitalize()}."
            raise DigestError(f"reading was ended: {reason}.", path=path, advice=advice) from None

    def _request(self, kind: str, path: Path, details: object, limits: ReadingLimits) -> None:
        size = path.stat().st_size if path.exists() else 0
        self._wait = _SILENCE + _SILENCE_TIMES * Budget(limits, size).most_seconds
        text = max(limits.output_bytes, limits.output_times * limits.honest_expansion * size)
        self._left = LONGEST + _BYTES_PER_CHARACTER * text
        request = json.dumps([kind, str(path.absolute()), details, asdict(limits)])
        try:
            self._input.write(request.encode() + b"\n")
            self._input.flush()
        except OSError:
            raise _Died(self._death()) from None

    def _next(self) -> list[Any]:
        """Return the next message that is no log."""
        while (message := self._receive())[0] == "log":
            _, name, level, text = message
            logging.getLogger(str(name)).log(int(level), "%s", text)
        return message

    def _receive(self) -> list[Any]:
        try:
            (size,) = LENGTH.unpack(self._take(LENGTH.size))
            if size > LONGEST:
                raise BadMessage
            return from_message(self._take(size))
        except BadMessage:
            raise _Died(_NONSENSE) from None

    def _take(self, size: int) -> bytes:
        while len(self._arrived) < size:
            self._arrived += self._chunk()
        taken = bytes(self._arrived[:size])
        del self._arrived[:size]
        return taken

    def _chunk(self) -> bytes:
        if sys.platform != "win32":  # which cannot wait for a pipe
            with selectors.DefaultSelector() as selector:
                selector.register(self._output, selectors.EVENT_READ)
                if not selector.select(self._wait):
                    raise _Died(f"nothing was read for {self._wait:,.0f} s")
        chunk = os.read(self._output.fileno(), _CHUNK)
        if not chunk:
            raise _Died(self._death())
        self._left -= len(chunk)
        if self._left < 0:
            raise _Died("it makes more text than any digest of its size")
        return chunk

    def _death(self) -> str:
        """Return what ended the process."""
        code = self._process.wait()
        if code == OUT_OF_MEMORY:
            return "it takes more memory than reading may take"
        if sys.platform != "win32" and code == -signal.SIGXCPU:
            return "it takes more processor time than reading may take"
        if code >= 0:
            return f"the process that reads it failed (exit code {code})"
        name = signal.Signals(-code).name
        more = ", perhaps for want of memory" if name == "SIGKILL" else ""
        return f"the process that reads it was ended by the system ({name}{more})"
