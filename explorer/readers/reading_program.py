"""The program that reads digests and PDFs for another process, within limits of the system.

It gets one request after the other on its standard input and answers on its standard output
(:mod:`explorer.readers.messages`). It ends when its input does, so that it outlives nobody.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import astuple
from pathlib import Path
from typing import BinaryIO

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.readers.budget import ADVICE, Budget, BudgetSpent
from explorer.readers.contract import DigestStream, Rejection
from explorer.readers.messages import from_item, from_page, to_message
from explorer.readers.reading import describe, stream_digests
from explorer.readers.shared.pdf_document import OpenPdf
from explorer.settings import ReadingLimits

_TICK = 0.25
"""Seconds of processor time between checks of the budgets."""
_GRACE = 5
"""Seconds of processor time beyond its budget after which the system ends this process."""
_ITEMS_AT_ONCE = 200
_CHARACTERS_AT_ONCE = 1 << 17
_LONGEST_WAIT = 0.5
"""Seconds after which items are sent, however few they are."""
_MOST_LOGS = 20
_LARGEST_IDLE = 400 << 20
"""Bytes of memory above which this process ends after a file, to give them back."""
OUT_OF_MEMORY = 77
"""Exit code after more memory than allowed, where the system does not refuse it."""


def main() -> None:
    """Read what is requested until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this decides
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a reader that prints must not get between the messages
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests,), daemon=True).start()
    guard = _Guard()
    output.write(to_message(["ready"]))
    output.flush()
    while True:
        kind, path, *details, limits = json.loads(requests.get())
        answer = _answer_pages if kind == "pdf" else _answer_digests
        answer(Path(path), details[0], ReadingLimits(**limits), guard, output)


def _receive(requests: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        requests.put(line)
    os._exit(0)


def _answer_digests(
    path: Path, name: str, limits: ReadingLimits, guard: _Guard, output: BinaryIO
) -> None:
    logs = _Logs(output)
    logging.getLogger().handlers = [logs]
    try:
        budget = Budget(limits, path.stat().st_size if path.exists() else 0)
        guard.begin(budget, limits.memory)
        for stream in stream_digests(path, name, limits, budget):
            sure = astuple(stream.recognition)
            output.write(to_message(["digest", stream.digest, stream.format, sure]))
            output.flush()
            _send(stream, output)
        last: list[object] = ["end"]
    except DigestError as error:
        last = ["error", error.what, error.advice, error.line]
    _end(last, guard, output)


def _answer_pages(
    path: Path,
    numbers: Sequence[int] | None,
    limits: ReadingLimits,
    guard: _Guard,
    output: BinaryIO,
) -> None:
    """Send the pages of a PDF: all, or those of some numbers."""
    logging.getLogger().handlers = [_Logs(output)]
    last: list[object] = ["end"]
    try:
        budget = Budget(limits, path.stat().st_size if path.exists() else 0)
        guard.begin(budget, limits.memory)
        for head_or_page in budget.reading(_head_and_pages(path, numbers)):
            output.write(to_message(head_or_page))
            output.flush()
    except DigestError as error:
        last = ["error", error.what, error.advice, 0]
    except BudgetSpent as spent:
        last = ["error", f"reading was ended: {spent.reason}.", f"{ADVICE.capitalize()}.", 0]
    except Exception as error:
        last = ["error", f"the PDF cannot be read ({describe(error)}).", "Save it again.", 0]
    _end(last, guard, output)


def _head_and_pages(path: Path, numbers: Sequence[int] | None) -> Iterator[list[object]]:
    with closing(OpenPdf(path, path)) as pdf:
        yield ["pdf", pdf.page_count, pdf.info]
        for page in pdf.pages(numbers):
            yield ["page", from_page(page)]


def _end(last: list[object], guard: _Guard, output: BinaryIO) -> None:
    guard.end()
    output.write(to_message([*last, guard.is_small]))
    output.flush()
    if not guard.is_small:
        os._exit(0)


def _send(stream: DigestStream, output: BinaryIO) -> None:
    last: list[object] = ["end digest"]
    try:
        for items in _batches(stream.items):
            sent = [from_item(item) for item in items]
            output.write(to_message(["items", stream.rejected, sent]))
            output.flush()
    except DigestError as error:
        last = ["digest error", error.what, error.advice, error.line]
    output.write(to_message([*last, stream.not_papers, stream.rejected]))
    output.flush()


def _batches(items: Iterator[Paper | Rejection]) -> Iterator[list[Paper | Rejection]]:
    batch: list[Paper | Rejection] = []
    size, since = 0, time.monotonic()
    try:
        for item in items:
            batch.append(item)
            size += len(item.abstract) if isinstance(item, Paper) else len(item.reason)
            full = len(batch) >= _ITEMS_AT_ONCE or size >= _CHARACTERS_AT_ONCE
            if full or time.monotonic() - since > _LONGEST_WAIT:
                yield batch
                batch, size, since = [], 0, time.monotonic()
    except DigestError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


class _Logs(logging.Handler):
    """Sends what readers log to whoever started this process."""

    def __init__(self, output: BinaryIO) -> None:
        super().__init__(logging.WARNING)
        self._output = output
        self._left = _MOST_LOGS

    def emit(self, record: logging.LogRecord) -> None:
        if self._left > 0:
            self._left -= 1
            text = logging.Formatter().format(record)
            self._output.write(to_message(["log", record.name, record.levelno, text]))


class _Guard:
    """Limits of the system, and checks where it has none."""

    def __init__(self) -> None:
        self._budget: Budget | None = None
        self._memory = 0
        if sys.platform == "win32":
            return
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, self._tick)
        signal.siginterrupt(signal.SIGPROF, False)
        signal.setitimer(signal.ITIMER_PROF, _TICK, _TICK)
        if sys.platform == "darwin":
            threading.Thread(target=self._watch_memory, daemon=True).start()

    def begin(self, budget: Budget, memory: int) -> None:
        self._budget, self._memory = budget, memory
        if sys.platform == "linux":
            import resource

            # Not the address space, of which pyarrow and threads take much that they never use.
            _, most = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (_lower(memory, most), most))
        self._limit_time(budget)

    def end(self) -> None:
        self._budget = None

    @property
    def is_small(self) -> bool:
        """Whether this process takes little memory, where the system says so."""
        with suppress(OSError):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") < _LARGEST_IDLE
        return sys.platform != "darwin" or _peak_memory() < _LARGEST_IDLE

    def _tick(self, *_: object) -> None:
        if self._budget is not None:
            self._limit_time(self._budget)
            self._budget.check()

    def _limit_time(self, budget: Budget) -> None:
        if sys.platform != "win32":
            import resource

            _, most = resource.getrlimit(resource.RLIMIT_CPU)
            seconds = int(time.process_time() + budget.seconds_left) + _GRACE
            resource.setrlimit(resource.RLIMIT_CPU, (_lower(seconds, most), most))

    def _watch_memory(self) -> None:
        """End this process when it takes too much: macOS accepts limits of memory, and ignores
        them."""
        while True:
            time.sleep(0.05)
            if self._memory and _peak_memory() > self._memory:
                os._exit(OUT_OF_MEMORY)


def _peak_memory() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


def _lower(limit: int, most: int) -> int:
    return limit if most < 0 else min(limit, most)
