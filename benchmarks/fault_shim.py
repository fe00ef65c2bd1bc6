"""Failing calls: a process whose n-th call that changes files fails, or is its last.

The calls are intercepted in the C library (``fault_shim.c``, compiled here and loaded with
``LD_PRELOAD``), so they are those of SQLite, FAISS, Arrow, Tantivy and Python alike. Linux with a C
compiler only.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from pathlib import Path

CUT_OFF = 75
"""Exit code of a process that was ended at a call."""
_SOURCE = Path(__file__).with_name("fault_shim.c")


class Call(IntFlag):
    """Kinds of calls that can fail."""

    OPEN = 1
    WRITE = 2
    SYNC = 4
    LINK = 8
    """Renames, links, removals, new folders."""
    ALLOCATE = 16
    FILES = OPEN | WRITE | SYNC | LINK


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the call, and its error."""

    calls: Call
    at: int = 0
    """Number of the call, from 1; 0 to count only."""
    error: int = 0
    """Its ``errno``; 0 to end the process before the call."""
    lasting: bool = False
    """Later calls fail too, as on a full disk."""
    allocation: int = 0
    """Bytes from which allocations count."""


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One successful call below the watched folder."""

    what: str
    """``T`` truncate, ``W`` write, ``S`` sync, ``R`` rename, ``!`` the fault."""
    path: Path
    other: Path | None = None
    """Target of a rename."""
    replaced: str = ""
    """Name under which the file is kept that a rename replaced."""
    size: int = 0
    """Bytes at a sync."""


@cache
def shim() -> Path | None:
    """Return the compiled shim; None where it cannot be compiled or loaded."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        return None
    target = Path(tempfile.mkdtemp(prefix="explorer-faults-")) / "fault_shim.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(target), str(_SOURCE), "-ldl"]
    compiled = subprocess.run(command, capture_output=True, check=False)
    return target if compiled.returncode == 0 else None


def arm(fault: Fault, below: Path, replaced: Path, log: Path) -> None:
    """Count calls below a folder in this process from now on; the shim must be loaded.

    Args:
        fault: the call that fails.
        below: the folder; it need not exist.
        replaced: where files are kept that renames replace.
        log: for the calls, see :func:`logged`.
    """
    library = ctypes.CDLL(None)
    library.fault_arm.argtypes = [
        ctypes.c_int,
        ctypes.c_long,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_size_t,
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.c_int,
    ]
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    library.fault_arm(
        int(fault.calls),
        fault.at,
        fault.error,
        int(fault.lasting),
        fault.allocation,
        os.fsencode(below),
        os.fsencode(replaced),
        output,
    )


def counted() -> int:
    """Return the number of calls since :func:`arm`."""
    return int(ctypes.CDLL(None).fault_count())


def logged(log: Path) -> Iterator[LoggedCall]:
    """Yield the calls in a log, in their order."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        what, *fields = line.split("\t")
        if what == "!":
            yield LoggedCall(what, Path(fields[1]))
        elif what == "R":
            yield LoggedCall(what, Path(fields[0]), Path(fields[1]), fields[2])
        else:
            yield LoggedCall(what, Path(fields[0]), size=int(fields[-1]))


def lose_unsynced_data(calls: list[LoggedCall], spared: str) -> int:
    """Cut files to the size at their last sync, as a power failure may; return their number.

    Args:
        calls: all calls until the failure.
        spared: beginning of the names of files that are left alone.
    """
    synced: dict[Path, int] = {}
    pending: set[Path] = set()
    for call in calls:
        if call.what in "TW":
            pending.add(call.path)
        elif call.what == "S":
            synced[call.path] = call.size
            pending.discard(call.path)
        elif call.what == "R" and call.other is not None:
            _follow(call.path, call.other, synced, pending)
    lost = 0
    for path in pending:
        if path.is_file() and not path.name.startswith(spared):
            os.truncate(path, min(synced.get(path, 0), path.stat().st_size))
            lost += 1
    return lost


def _follow(source: Path, target: Path, synced: dict[Path, int], pending: set[Path]) -> None:
    """Give what is known of files below ``source`` to the same files below ``target``."""

    def moved(path: Path) -> Path:
        return target / path.relative_to(source) if path.is_relative_to(source) else path

    for path, size in [item for item in synced.items() if item[0].is_relative_to(source)]:
        del synced[path]
        synced[moved(path)] = size
    renamed = {moved(path) for path in pending if path != target}
    pending.clear()
    pending.update(renamed)


def undo_unsynced_renames(calls: list[LoggedCall], replaced: Path) -> int:
    """Undo renames whose folder was not synced since, as a power failure may; return how many."""
    undone = 0
    synced: set[Path] = set()
    for call in reversed(calls):
        if call.what == "S":
            synced.add(call.path)
        elif call.what == "R" and call.other is not None and call.other.parent not in synced:
            if not call.other.exists() or call.path.exists():
                continue
            call.other.rename(call.path)
            if call.replaced:
                shutil.copy2(replaced / call.replaced, call.other)
            undone += 1
    return undone
