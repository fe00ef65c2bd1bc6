"""Reading in a child process: what a hostile or broken reader does there costs one file."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.inspect import inspect
from explorer.errors import DigestError
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper, Source
from explorer.readers import Reading, Rejection, read_digests, stream_digests_apart
from explorer.readers.messages import BadMessage, from_item, from_message, to_item, to_message
from explorer.readers.reading_process import end_idle_process
from explorer.settings import ReadingLimits, Settings
from tests.helpers.corpus import ROOT, WriteDigest
from tests.readers.test_contract import SAMPLES

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
LIMITS = ReadingLimits(cpu_seconds=0.4, archive_cpu_seconds=0.4, memory=300 << 20)
# Filling the memory takes processor time, too, and more of it on a busy machine.
MEMORY_LIMITS = replace(LIMITS, cpu_seconds=20.0, archive_cpu_seconds=20.0)

# A reader of files that begin with "ATTACK", as a package of somebody else would bring it.
READER = """
import os, re, signal, sys
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Rejection

class Attack:
    name = "attack"

    def recognises(self, digest):
        return 100 if digest.head.startswith("ATTACK") else 0

    def read(self, digest):
        for line in (1, 2):
            yield Paper(f"Paper {line}", sources=(Source(digest.name, line),))
        attack = digest.head.split()[1]
        if attack == "loop":
            while True:
                try:
                    while True:
                        pass
                except Exception:
                    pass
        elif attack == "regex":
            re.match("(a+)+$", "a" * 60 + "b")
        elif attack == "memory":
            kept = []
            while True:
                kept.append(bytearray(1 << 20))
        elif attack == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif attack == "exit":
            os._exit(3)
        elif attack == "print":
            print("[" * 1000, flush=True)
            os.write(1, b"junk" * 1000)
        elif attack == "many":
            for line in range(3, 5_000):
                yield Rejection(digest.name, line, "no")
        elif attack == "endless":
            line = 2
            while True:
                line += 1
                source = Source(digest.name, line)
                yield Paper(f"Paper {line}", abstract="x" * 19_000, sources=(source,))
        yield Paper("The last", sources=(Source(digest.name, 9),))
"""


@pytest.fixture
def attack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for digests, while a package with a hostile reader is installed."""
    package = tmp_path / "package"
    (package / "attack-1.dist-info").mkdir(parents=True)
    (package / "attack.py").write_text(READER)
    (package / "attack-1.dist-info" / "METADATA").write_text("Name: attack\nVersion: 1\n")
    (package / "attack-1.dist-info" / "entry_points.txt").write_text(
        "[explorer.readers]\nattack = attack:Attack\n"
    )
    end_idle_process()
    monkeypatch.syspath_prepend(str(package))
    (tmp_path / "digests").mkdir()
    yield tmp_path / "digests"
    end_idle_process()


def _read(path: Path, limits: ReadingLimits = LIMITS) -> list[Reading]:
    return read_digests(path, limits=limits, streams=stream_digests_apart)


def _attack(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.attack"
    path.write_text(f"ATTACK {kind}\n")
    return path


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_child_reads_what_this_process_reads(name: str) -> None:
    assert _read(SAMPLES[name], ReadingLimits()) == read_digests(SAMPLES[name])


@posix
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("loop", "takes more than 0 s of processor time"),
        ("regex", "takes more than 0 s of processor time"),
        ("memory", "memory"),
    ],
)
def test_a_spent_budget_costs_one_file_and_keeps_what_was_read(
    kind: str, reason: str, attack: Path
) -> None:
    if kind == "memory" and sys.platform == "darwin":
        reason = "ended"
    limits = MEMORY_LIMITS if kind == "memory" else LIMITS
    (reading,) = _read(_attack(attack, kind), limits)
    assert [paper.title for paper in reading.papers] == ["Paper 1", "Paper 2"]
    (rejection,) = reading.rejections
    assert (reading.rejected, rejection.digest, rejection.line) == (1, f"{kind}.attack", 2)
    assert reason in rejection.reason
    (sound,) = _read(SAMPLES["feed"], ReadingLimits())
    assert len(sound.papers) == 3


@posix
@pytest.mark.parametrize(("kind", "reason"), [("crash", "SIGSEGV"), ("exit", "exit code 3")])
def test_a_crash_costs_one_file(kind: str, reason: str, attack: Path) -> None:
    (reading,) = _read(_attack(attack, kind))
    assert (reading.digest, reading.format) == (f"{kind}.attack", "attack")
    (rejection,) = reading.rejections
    assert reason in rejection.reason
    (sound,) = _read(SAMPLES["feed"], ReadingLimits())
    assert len(sound.papers) == 3


def test_a_reader_that_prints_does_not_disturb_the_messages(attack: Path) -> None:
    (reading,) = _read(_attack(attack, "print"), ReadingLimits())
    assert (len(reading.papers), reading.rejections) == (3, ())


@pytest.mark.slow
def test_rejections_beyond_some_hundred_are_counted(attack: Path) -> None:
    limits = ReadingLimits()
    (reading,) = _read(_attack(attack, "many"), limits)
    assert (len(reading.papers), reading.rejected) == (3, 4_997)
    assert len(reading.rejections) == limits.rejections_kept
    (inspection,) = [one.finish() for one in inspect(attack / "many.attack", "many")]
    assert (inspection.rejected, len(inspection.rejections)) == (4_997, limits.rejections_kept)
    assert _build(attack, attack).rejected_count == 4_997


def test_papers_without_end_are_cut_off(attack: Path) -> None:
    limits = ReadingLimits(output_bytes=1_000_000)
    (reading,) = _read(_attack(attack, "endless"), limits)
    assert 50 < len(reading.papers) < 60
    assert "its papers hold more than 1,000,000 characters" in reading.rejections[-1].reason


def _build(folder: Path, digests: Path, limits: ReadingLimits = LIMITS) -> BuildReport:
    options = BuildOptions(model="hashing", settings=Settings(reading=limits))
    return build(LibraryStore(folder.parent / "library"), [digests], options)


@posix
@pytest.mark.slow
def test_a_build_goes_on_after_a_crash(
    attack: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    write_digest(attack / "a.txt", corpus[:10])
    _attack(attack, "crash")
    write_digest(attack / "z.txt", corpus[10:20])
    report = _build(attack, attack, ReadingLimits())
    assert (report.papers, report.rejected_count) == (20, 1)
    assert report.rejected[0].digest == "crash.attack"


def test_a_file_that_nobody_reads_to_its_end_leaves_no_process(tmp_path: Path) -> None:
    end_idle_process()
    path = tmp_path / "long.csv"
    rows = (f"Title {number},An abstract of some words\n" for number in range(50_000))
    path.write_text("title,abstract\n" + "".join(rows))
    streams = stream_digests_apart(path, "long", ReadingLimits())
    next(next(streams).items)
    assert _children()
    del streams
    gc.collect()
    assert not _children()


def _children() -> list[str]:
    return subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "reading_program"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()


_PARENT = """
import signal, sys, time
from pathlib import Path
from explorer.readers import read_digests, stream_digests_apart
from explorer.readers.reading_process import _spare
read_digests(Path(sys.argv[1]), streams=stream_digests_apart)
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started it with &
print(_spare[0]._process.pid, flush=True)
time.sleep(60)
"""


@posix
@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_child_outlives_its_parent(by: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(SAMPLES["feed"])],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = parent.stdout.readline().strip()
        assert _state(child)
        parent.send_signal(by)
    end = time.monotonic() + 30
    while _state(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _state(child)


def _state(process: str) -> str:
    """Return the state of a process; empty once it has ended, waited for or not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", process], capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if state.startswith("Z") else state


def test_the_child_imports_readers_alone() -> None:
    code = textwrap.dedent("""
        import sys
        import explorer.readers.reading_program
        heavy = {"numpy", "pyarrow", "torch", "faiss", "streamlit", "pandas"} & set(sys.modules)
        print(sorted(heavy))
        """)
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"


def test_messages_are_checked() -> None:
    paper = Paper("T", "A", ("x",), sources=(Source("d", 3, "2024"),))
    rejection = Rejection("d", 0, "no")
    for item in (paper, rejection):
        ((values,),) = [from_message(to_message([from_item(item)])[4:])]
        assert to_item(values) == item
    good = from_message(to_message(from_item(paper))[4:])
    for place in range(len(good)):
        bad: object
        for bad in (None, {}, [1], [["a"]], 7):
            with pytest.raises(BadMessage):
                to_item([*good[:place], bad, *good[place + 1 :]])
    for values in ([], [1], "text", None, [*good, ""], ["d", -1, "no", ""], ["d", 1 << 70, "", ""]):
        with pytest.raises(BadMessage):
            to_item(values)
    for body in (b"", b"{}", b"[]", b"[" * 100_000, b"\xff"):
        with pytest.raises(BadMessage):
            from_message(body)


def test_a_file_that_cannot_be_read_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n" + bytes(99))
    for name, reason in (("a.png", "PNG"), ("missing", "no such file")):
        with pytest.raises(DigestError, match=reason) as raised:
            _read(tmp_path / name)
        assert raised.value.path == tmp_path / name


def test_without_a_child_this_process_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    end_idle_process()
    monkeypatch.setattr(sys, "executable", os.devnull)
    (reading,) = _read(SAMPLES["feed"], ReadingLimits())
    assert len(reading.papers) == 3


def test_one_child_reads_many_files() -> None:
    _read(SAMPLES["feed"])
    first = _children()
    begin = time.perf_counter()
    for _ in range(5):
        _read(SAMPLES["ris"])
    assert _children() == first
    assert time.perf_counter() - begin < 20
