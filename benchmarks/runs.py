"""Commands of the explorer in processes of their own that can be killed, starved and watched.

They are forked from a server that has everything loaded (:mod:`benchmarks.ready`), so that a build
of a few hundred papers takes about a second, and nearly all of it is work.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.fault_shim import shim
from explorer.arrays import Vectors
from explorer.cli import main
from explorer.embedders.hashing import Hashing

STAGES = ("Reading", "Readying", "Embedding", "Indexing", "Drawing", "Naming", "Publishing")
"""How the lines begin that a command prints when a stage begins."""
STARTING = "Starting"
"""What comes before the first of them."""
NOBODY = 65534
"""A user without rights."""
_LONGEST = 120.0
"""Seconds after which a command is taken to hang."""
_LOOK = 0.002
"""Seconds between two looks at what a command has printed."""
_BATCH_SECONDS = 0.03
"""How long a batch takes to embed at least: the hashing embedder alone would hardly be met."""
_ALONE = {
    # A process that has started threads of these libraries cannot be forked.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "NUMBA_THREADING_LAYER": "workqueue",
}
_numbers = count()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    """Its exit code; minus the signal that killed it."""
    told: str
    """All that it printed."""
    seconds: float

    @property
    def is_clear_failure(self) -> bool:
        """Whether it failed as a command should: code 1, one message, no traceback."""
        failed = any(line.startswith("explorer: ") for line in self.told.splitlines())
        return self.code == 1 and failed and "Traceback" not in self.told


class Run:
    """One command, running."""

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        user: int = 0,
        most_bytes: int = 0,
        batch_seconds: float = _BATCH_SECONDS,
    ) -> None:
        """Start ``explorer WORDS``.

        Args:
            words: the command and its arguments.
            folder: for its output and the log of what it embedded.
            user: the user to run as, by number; 0 to stay who one is.
            most_bytes: that a file may have; 0 for any number.
            batch_seconds: how long a batch of texts takes to embed at least.
        """
        self._log = folder / f"run-{next(_numbers)}.log"
        self._begin = time.time()
        log = embedded_log(folder)
        self._process = forked(
            _command, list(words), self._log, log, user, most_bytes, batch_seconds
        )

    @property
    def stage(self) -> str:
        """The stage it has come to."""
        told = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        begun = [line.split()[0] for line in told.splitlines() if line.startswith(STAGES)]
        return begun[-1] if begun else STARTING

    def ended(self) -> Ended:
        """Wait for the end; a command that hangs is killed."""
        self._process.join(_LONGEST)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        told = self._log.read_text(encoding="utf-8")
        # What a command prints last it prints at its end, whenever that is asked for.
        seconds = self._log.stat().st_mtime - self._begin
        return Ended(self._process.exitcode or 0, told, seconds)

    def timed(self) -> dict[str, float]:
        """Wait for the end and return the seconds of each stage that it went through."""
        seconds: Counter[str] = Counter()
        before = time.monotonic()
        while self._process.exitcode is None:
            stage = self.stage
            self._process.join(_LOOK)
            now = time.monotonic()
            seconds[stage] += now - before  # type: ignore[assignment]
            before = now
        return dict(seconds)

    def kill(self, stage: str, share: float, seconds: float) -> str:
        """Kill it ``share`` of ``seconds`` after ``stage`` has begun; return where it was then.

        Empty if it ended first.
        """
        later = (*STAGES[STAGES.index(stage) :],) if stage in STAGES else (STARTING, *STAGES)
        while self._process.exitcode is None and self.stage not in later:
            time.sleep(_LOOK)
        self._process.join(share * seconds)
        if self._process.exitcode is not None:
            return ""
        self._process.kill()
        self._process.join()
        return self.stage if (self._process.exitcode or 0) < 0 else ""


def forked(function: Callable[..., None], *arguments: object) -> Any:
    """Return a process that calls ``function``, forked from one that has everything loaded."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["benchmarks.ready"])
    # The server looks for what to load where Python does, not where this process does.
    needed = _ALONE | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    if preloaded := shim():
        needed["LD_PRELOAD"] = str(preloaded)
    before = {name: os.environ.get(name) for name in needed}
    os.environ.update(needed)
    # The main module is not needed, and after a test of the page it is the page.
    main_module = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process = server.Process(target=function, args=arguments, daemon=True)
        process.start()
    finally:
        sys.modules["__main__"] = main_module
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return process


def embedded_log(folder: Path) -> Path:
    """Return where the runs in ``folder`` write down what they are about to embed."""
    return folder / "embedded.jsonl"


def repeated(folder: Path) -> int:
    """Return how many texts the runs in ``folder`` embedded again."""
    log = embedded_log(folder)
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    # The last line of a killed run may be torn: then nothing of it was embedded.
    batches = [json.loads(line) for line in lines if line.endswith("]")]
    return sum(times - 1 for times in Counter(name for batch in batches for name in batch).values())


@contextmanager
def disk(folder: Path, size: int) -> Iterator[Path | None]:
    """Make ``folder`` a disk of ``size`` bytes; None where one may not."""
    import subprocess

    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """Fill the disk of ``folder`` up to ``left`` bytes and return the file that does it."""
    ballast = folder / "ballast"
    state = os.statvfs(folder)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(state.f_bavail * state.f_bsize - left, 1))
    return ballast


def _command(
    words: list[str], log: Path, embedded: Path, user: int, most_bytes: int, batch_seconds: float
) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    embedding = os.open(embedded, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _note_embedding(embedding, batch_seconds)
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    sys.exit(main(words))


def _note_embedding(log: int, batch_seconds: float) -> None:
    plain = Hashing.embed

    def embed(self: Hashing, texts: Sequence[str]) -> Vectors:
        names = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
        os.write(log, (json.dumps(names) + "\n").encode())
        time.sleep(batch_seconds)
        return plain(self, texts)

    # Queries and the word that readies a model are not stored, so they may come again.
    Hashing.embed = embed  # type: ignore[method-assign]
    Hashing.embed_queries = plain  # type: ignore[method-assign]
