"""Failing calls at every point: ``python -m benchmarks fault_injection [--most N]``.

Each command that writes is run again and again on a copy of the same small library (the ``hashing``
embedder). Each time another of its calls that change files fails: the first, the second, and so on,
with the errors of a full disk, a broken disk, too many open files, no rights and no memory. Then
each call in turn is the last one before the power fails: what was written and not synced is cut
off, renames that were not synced are undone, each alone and both together. After each fault the
library must hold the generation before or the one after, whole; the command must have printed one
sentence and no traceback; and run once more it must succeed. Ends with exit code 1 if anything is
not as it should be. It needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.fault_shim import (
    CUT_OFF,
    Call,
    Fault,
    LoggedCall,
    arm,
    counted,
    logged,
    lose_unsynced_data,
    shim,
    undo_unsynced_renames,
)
from benchmarks.faults import Checks, Digests, scratch, state_of
from benchmarks.runs import Ended, forked
from explorer.cli import main
from explorer.desk.database import problems
from explorer.desk.desk import desk_of
from explorer.library.store import LibraryStore

_PAPERS = 60
_MOST = 1_000_000
_LONGEST = 120.0
_LARGE = 1 << 16
"""Bytes from which an allocation may fail; smaller ones come out of larger ones."""
_DESK = "desk.sqlite"
_EXPORT = "papers.bib"
_COLUMNS = (
    "tried",
    "one sentence",
    "went on",
    "process died",
    "as before",
    "new",
    "lost",
    "not reached",
)

ERRORS: dict[str, tuple[Fault, ...]] = {
    "disk full": (
        Fault(Call.OPEN | Call.LINK, error=errno.ENOSPC, lasting=True),
        Fault(Call.WRITE, error=errno.ENOSPC, lasting=True),
    ),
    "disk broken": (
        Fault(Call.WRITE, error=errno.EIO),
        Fault(Call.SYNC, error=errno.EIO),
    ),
    "no rights": (Fault(Call.OPEN | Call.LINK, error=errno.EACCES),),
    "too many open files": (Fault(Call.OPEN, error=errno.EMFILE),),
    "no memory": (Fault(Call.ALLOCATE, error=errno.ENOMEM, allocation=_LARGE),),
}
"""What fails, and how; where several are given, one after the other."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A command that writes."""

    name: str
    words: Callable[[Path], list[str]]
    """Command line, for the folder that holds the library as ``library``."""
    template: str
    """The library it begins with: ``none``, ``first`` or ``updated``."""


@dataclass(frozen=True, slots=True)
class Content:
    """All that a folder holds, for comparing."""

    papers: dict[str, str] | None
    """Fingerprint of each paper by title; None without a library."""
    topics: tuple[str, ...]
    desk: tuple[str, ...]
    exports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a command with a fault."""

    ended: Ended
    calls: int
    log: list[LoggedCall]
    at: str
    """File that the failing call was for; empty if no call failed."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what was tried and how it ended; exit with code 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fault_injection")
    parser.add_argument("--most", type=int, default=_MOST, help="faults of a kind in a command")
    parser.add_argument("--only", default="", help="one command, by its name in the table")
    options = parser.parse_args(arguments)
    checks = Checks()
    with scratch() as folder:
        rows = inject(folder, checks, options.most, options.only)
    figures: dict[str, object] = {
        "papers": _PAPERS,
        "checks": checks.made,
        "checks that failed": len(checks.failed),
        "command and fault": {
            f"{command}, {fault}": {column: counts.get(column, 0) for column in _COLUMNS}
            for command, faults in rows.items()
            for fault, counts in faults.items()
        },
    }
    if checks.failed:
        print(json.dumps(figures, indent=2), file=sys.stderr)
        sys.exit(f"{len(checks.failed)} of {checks.made} checks failed.")
    return figures


def inject(
    folder: Path,
    checks: Checks,
    most: int,
    only: str = "",
    errors: Mapping[str, tuple[Fault, ...]] | None = None,
) -> dict[str, dict[str, dict[str, int]]]:
    """Run every command with every fault, and return counts by command and kind of fault.

    Args:
        folder: for scratch files.
        checks: to report to.
        most: faults of one kind in one command, at most; they are spread evenly.
        only: the name of the one command to run; empty for all.
        errors: what fails, and how; :data:`ERRORS` if none are given.
    """
    if shim() is None:
        raise SystemExit("Failing calls need Linux and a C compiler (gcc or clang).")
    digests = Digests.write(folder, _PAPERS)
    templates = _templates(folder, digests)
    rows: dict[str, dict[str, dict[str, int]]] = {}
    for operation in operations(digests):
        if only in ("", operation.name):
            bench = _Bench(folder / "run", templates[operation.template], operation, checks)
            rows[operation.name] = bench.run(most, ERRORS if errors is None else errors)
    return rows


def operations(digests: Digests) -> list[Operation]:
    """Return the commands that write: builds, edits, the desk, rollback and export."""

    def command(*words: str, rest: Sequence[str] = ()) -> Callable[[Path], list[str]]:
        return lambda folder: [*words, "--library", str(folder / "library"), *rest]

    def export(folder: Path) -> list[str]:
        target = str(folder / "exports" / _EXPORT)
        return ["export", "--library", str(folder / "library"), "--output", target]

    first = ("--model", "hashing", str(digests.first))
    return [
        Operation("first build", command("build", rest=first), "none"),
        Operation("update", command("build", rest=[str(digests.more)]), "first"),
        Operation("edit of a topic", command("topics", "rename", rest=["t1", "Ours"]), "updated"),
        Operation("rollback", command("rollback"), "updated"),
        Operation("star", lambda folder: _star(folder, 1), "updated"),
        Operation("export", export, "updated"),
    ]


def _templates(folder: Path, digests: Digests) -> dict[str, Path]:
    made = {name: folder / f"template-{name}" for name in ("none", "first", "updated")}
    for name, path in made.items():
        path.mkdir()
        (path / "exports").mkdir()
        (path / "exports" / _EXPORT).write_text("what was there", encoding="utf-8")
        if name == "none":
            continue
        library = ["--library", str(path / "library")]
        commands = [["build", *library, "--model", "hashing", str(digests.first)]]
        if name == "updated":
            commands.append(["build", *library, str(digests.more)])
        for words in commands:
            _set_up(words, path, folder)
        if name == "updated":
            _set_up(_star(path, 0), path, folder)
    return made


def _set_up(words: list[str], path: Path, folder: Path) -> None:
    ended = _run(words, path, Fault(Call(0)), folder / "setup").ended
    if ended.code:
        raise SystemExit(f"{' '.join(words)} fails without any fault: {ended.told}")


def _star(folder: Path, row: int) -> list[str]:
    """Return the command that stars the paper in a row."""
    library = folder / "library"
    return [
        "desk",
        "star",
        "--library",
        str(library),
        LibraryStore(library).open().records.ids[row],
    ]


class _Bench:
    """One command on one library, with one fault after another."""

    def __init__(self, folder: Path, template: Path, operation: Operation, checks: Checks) -> None:
        self._folder = folder
        self._template = template
        self._operation = operation
        self._checks = checks
        self._work = folder / "work"
        self._before = self._fresh()
        done = self._attempt(Fault(Call(0)))
        checks.that(done.ended.code == 0, f"{operation.name} succeeds without a fault")
        self._after = self._content()

    def run(self, most: int, errors: Mapping[str, tuple[Fault, ...]]) -> dict[str, dict[str, int]]:
        """Return counts by kind of fault."""
        rows = {}
        for name, faults in errors.items():
            counts: Counter[str] = Counter()
            for fault in faults:
                for number in self._numbers(fault, most):
                    self._fail(name, replace(fault, at=number), counts)
            rows[name] = dict(counts)
        return rows | {"power cut": dict(self._cut_off(most))}

    def _numbers(self, fault: Fault, most: int) -> list[int]:
        """Return the calls to fail: all, or ``most`` of them from first to last."""
        self._fresh()
        calls = self._attempt(fault).calls
        tried = min(calls, most)
        return [1 + index * calls // tried for index in range(tried)]

    def _fail(self, name: str, fault: Fault, counts: Counter[str]) -> None:
        self._fresh()
        attempt = self._attempt(fault)
        if not attempt.at:
            counts["not reached"] += 1
            return
        counts["tried"] += 1
        place = f"{self._operation.name}, {name} at call {fault.at} ({attempt.at})"
        code, printed = attempt.ended.code, attempt.ended.told
        self._checks.that("Traceback" not in printed, f"{place}: no traceback: {printed[-1500:]}")
        if code == 0:
            counts["went on"] += 1
        elif code > 0:
            counts["one sentence"] += 1
            self._checks.that(_sentences(printed) == 1, f"{place}: one sentence: {printed[-500:]}")
        else:
            counts["process died"] += 1
            died = fault.calls == Call.ALLOCATE
            self._checks.that(died, f"{place}: the process ends by itself: {printed[-500:]}")
        outcome = self._verify(place, must_be_new=code == 0)
        counts[outcome] += 1
        self._again(place)

    def _cut_off(self, most: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        fault = Fault(Call.FILES)
        self._fresh()
        calls = self._attempt(fault).calls
        # One more than there are: the command has ended when the power fails.
        chosen = [*self._numbers(fault, most), calls + 1]
        for number in chosen:
            self._fresh()
            attempt = self._attempt(replace(fault, at=number))
            ended = attempt.ended.code
            if ended != CUT_OFF and number <= calls:
                counts["not reached"] += 1
                continue
            place = f"{self._operation.name}, cut off at call {number} ({attempt.at})"
            shutil.copytree(self._work, self._folder / "cut", symlinks=True)
            for lose, undo in ((False, False), (True, False), (False, True), (True, True)):
                shutil.rmtree(self._work)
                shutil.copytree(self._folder / "cut", self._work, symlinks=True)
                lost = lose_unsynced_data(attempt.log, _DESK) if lose else 0
                undone = undo_unsynced_renames(attempt.log, self._replaced) if undo else 0
                if (lose and not lost) and (undo and not undone):
                    continue
                counts["tried"] += 1
                how = f"{place}, {lost} files cut, {undone} renames undone"
                counts[self._verify(how, must_be_new=ended == 0)] += 1
                self._again(how)
            shutil.rmtree(self._folder / "cut")
        return counts

    def _verify(self, place: str, must_be_new: bool) -> str:
        """Check that the folder holds what was there before or after; return which."""
        content = self._content()
        new = content == self._after
        if must_be_new:
            self._checks.that(new, f"{place}: success was reported, and all is there")
        old = content == self._before
        self._checks.that(new or old, f"{place}: all is as before or as after")
        return "new" if new and not old else "as before" if old else "lost"

    def _again(self, place: str) -> None:
        """Check that the command succeeds when all is well again."""
        if self._operation.name == "rollback" and self._content() == self._after:
            return  # a second one would go back further
        again = self._attempt(Fault(Call(0))).ended
        self._checks.that(again.code == 0, f"{place}, run again: {again.told[-500:]}")
        self._checks.that(self._content() == self._after, f"{place}, run again: all is there")

    def _fresh(self) -> Content:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        shutil.copytree(self._template, self._work)
        self._replaced.mkdir()
        return self._content()

    @property
    def _replaced(self) -> Path:
        return self._folder / "replaced"

    def _attempt(self, fault: Fault) -> Attempt:
        return _run(self._operation.words(self._work), self._work, fault, self._folder)

    def _content(self) -> Content:
        library = LibraryStore(self._work / "library")
        state = state_of(library, self._checks)
        labels = [topic.label for topic in library.open().topics.values()] if state else []
        if (library.folder / _DESK).exists():
            self._checks.that(not problems(library.folder / _DESK), "the desk is whole")
        exports = sorted((self._work / "exports").glob("[!.]*"))
        return Content(
            state.papers if state else None,
            tuple(sorted(labels)),
            tuple(str(entry.anchor) for entry in desk_of(library.folder).entries()),
            tuple(path.name + path.read_text(encoding="utf-8") for path in exports),
        )


def _sentences(printed: str) -> int:
    return sum(line.startswith("explorer: ") for line in printed.splitlines())


def _run(words: list[str], below: Path, fault: Fault, folder: Path) -> Attempt:
    folder.mkdir(parents=True, exist_ok=True)
    output, log, count = folder / "output.txt", folder / "calls.log", folder / "count"
    for path in (output, log, count):
        path.unlink(missing_ok=True)
    process = forked(_command, words, below, fault, folder)
    process.join(_LONGEST)
    hangs = process.exitcode is None
    if hangs:
        process.kill()
        process.join()
    printed = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
    calls = list(logged(log)) if log.exists() else []
    at = next((str(call.path.name) for call in calls if call.what == "!"), "")
    made = int(count.read_text()) if count.exists() else 0
    code = -99 if hangs else process.exitcode or 0
    return Attempt(Ended(code, printed, 0.0), made, calls, at)


def _command(words: list[str], below: Path, fault: Fault, folder: Path) -> None:
    output = os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if fault.calls:
        arm(fault, below, folder / "replaced", folder / "calls.log")
    try:
        code = main(words)
    finally:
        calls = counted()
        if fault.calls:
            arm(Fault(Call(0)), below, folder / "replaced", folder / "calls.log")
        (folder / "count").write_text(str(calls))
    sys.exit(code)
