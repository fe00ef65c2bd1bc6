"""The watch: what has settled, which updates follow, and what happens when they fail."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from explorer.builds import watch as module
from explorer.builds.build import BuildOptions, build
from explorer.builds.watch import Settling, Stamp, UpdateOutcome, watch
from explorer.cli import main
from explorer.errors import DigestError, LibraryBusy, UnusableInput
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.corpus import ROOT, WriteDigest

HASHING = BuildOptions(model="hashing")
A, B = Path("a.txt"), Path("b.txt")


@pytest.fixture
def library(tmp_path: Path) -> LibraryStore:
    return LibraryStore(tmp_path / "library")


class Watching:
    """A watch that runs one step after each update it reports, and ends after the last."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self.steps = list(steps)
        self.stop = threading.Event()
        self.updates: list[UpdateOutcome] = []

    def on_update(self, update: UpdateOutcome) -> None:
        self.updates.append(update)
        if self.steps:
            self.steps.pop(0)()
        else:
            self.stop.set()

    def run(self, library: LibraryStore, folder: Path, look: float = 30.0) -> list[UpdateOutcome]:
        alarm = threading.Timer(30, self.stop.set)
        alarm.start()
        watch(
            library,
            folder,
            HASHING,
            stop=self.stop,
            on_update=self.on_update,
            settle=0.1,
            look=look,
        )
        alarm.cancel()
        return self.updates


def _papers_added(updates: list[UpdateOutcome]) -> list[int]:
    return [update.report.added if update.report else -1 for update in updates]


def test_a_file_settles_once_when_neither_size_nor_time_changed_for_long_enough() -> None:
    settling = Settling(2.0)
    assert settling.look(100.0, {}) == ()
    assert settling.look(101.0, {A: Stamp(10, 101.0)}) == ()
    assert settling.look(102.5, {A: Stamp(20, 101.0)}) == ()  # it grew
    assert settling.look(104.0, {A: Stamp(20, 104.0)}) == ()  # it was written to
    assert settling.look(105.9, {A: Stamp(20, 104.0)}) == ()
    assert settling.waiting
    assert settling.look(106.0, {A: Stamp(20, 104.0)}) == (A,)
    assert not settling.waiting
    assert settling.look(200.0, {A: Stamp(20, 104.0)}) == ()
    assert settling.look(201.0, {A: Stamp(21, 201.0)}) == ()
    assert settling.look(203.0, {A: Stamp(21, 201.0)}) == (A,)


def test_at_the_first_scan_the_age_of_a_file_is_its_own_time() -> None:
    settling = Settling(2.0)
    assert settling.look(100.0, {A: Stamp(1, 50.0), B: Stamp(1, 99.5)}) == (A,)
    assert settling.waiting
    assert settling.look(101.5, {A: Stamp(1, 50.0), B: Stamp(1, 99.5)}) == (B,)


def test_a_file_that_is_moved_in_with_an_old_time_waits_like_any_other() -> None:
    settling = Settling(2.0)
    settling.look(100.0, {})
    assert settling.look(101.0, {A: Stamp(1, 50.0)}) == ()
    assert settling.look(103.0, {A: Stamp(1, 50.0)}) == (A,)


def test_a_clock_set_back_and_a_time_in_the_future_delay_a_file_by_no_more_than_it_takes() -> None:
    settling = Settling(2.0)
    assert settling.look(100.0, {A: Stamp(1, 5000.0)}) == ()
    assert settling.look(50.0, {A: Stamp(1, 5000.0)}) == ()
    assert settling.look(52.0, {A: Stamp(1, 5000.0)}) == (A,)


def test_a_file_that_goes_is_forgotten() -> None:
    settling = Settling(2.0)
    settling.look(100.0, {A: Stamp(1, 100.0)})
    assert settling.waiting
    assert settling.look(105.0, {}) == ()
    assert not settling.waiting


def test_a_watch_updates_at_once_and_again_when_a_digest_is_added(
    library: LibraryStore, tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    folder = write_digest(tmp_path / "digests" / "a.txt", corpus[:6]).parent

    def add_two() -> None:
        write_digest(folder / "b.txt", corpus[6:9])
        write_digest(folder / "sub" / "c.txt", corpus[9:13])

    updates = Watching(add_two).run(library, folder)
    assert _papers_added(updates) == [6, 7]
    assert library.open().size == 13
    assert set(library.open().records.digests) == {"a.txt", "b.txt", "sub/c.txt"}


@pytest.mark.parametrize("error", [OSError, RuntimeError])
def test_without_events_the_folder_is_scanned_at_intervals(
    library: LibraryStore,
    tmp_path: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    def no_events(*_: object, **__: object) -> Iterator[set[object]]:
        raise error("no more watches")

    monkeypatch.setattr("watchfiles.watch", no_events)
    folder = write_digest(tmp_path / "digests" / "a.txt", corpus[:6]).parent
    watching = Watching(lambda: write_digest(folder / "b.txt", corpus[6:9]))
    assert _papers_added(watching.run(library, folder, look=0.2)) == [6, 3]


def test_a_folder_that_is_removed_and_restored_is_still_watched(
    library: LibraryStore, tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    folder = write_digest(tmp_path / "digests" / "a.txt", corpus[:6]).parent

    def away_and_back() -> None:
        shutil.rmtree(folder)
        again = threading.Timer(0.5, write_digest, (folder / "b.txt", corpus[6:9]))
        again.start()

    assert _papers_added(Watching(away_and_back).run(library, folder, look=0.2)) == [6, 3]


def test_an_empty_folder_is_reported_and_does_not_end_the_watch(
    library: LibraryStore, tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    folder = tmp_path / "digests"
    folder.mkdir()
    first, second = Watching(lambda: write_digest(folder / "a.txt", corpus[:4])).run(
        library, folder
    )
    assert isinstance(first.error, DigestError)
    assert first.retry == 10
    assert second.report is not None
    assert second.report.generation == 1


def test_waits_between_retries_grow_until_one_succeeds(
    library: LibraryStore,
    tmp_path: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_FIRST_WAIT", 0.1)
    monkeypatch.setattr(module, "_LONGEST_WAIT", 0.2)
    folder = write_digest(tmp_path / "digests" / "a.txt", corpus[:4]).parent
    library.folder.write_text("in the way")  # as good as a full disk

    def nothing() -> None: ...

    updates = Watching(nothing, nothing, library.folder.unlink).run(library, folder)
    assert [update.retry for update in updates] == [0.1, 0.2, 0.2, 0.0]
    assert "cannot be written" in str(updates[0].error)
    assert _papers_added(updates[3:]) == [4]


def test_while_another_build_runs_an_update_is_retried_and_reported_once(
    library: LibraryStore,
    tmp_path: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BUSY_WAIT", 0.1)
    folder = write_digest(tmp_path / "digests" / "a.txt", corpus[:4]).parent
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with library.building():
            held.set()
            free.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    # Several retries lie in between.
    first, second = Watching(lambda: threading.Timer(1.0, free.set).start()).run(library, folder)
    holder.join()
    assert isinstance(first.error, LibraryBusy)
    assert _papers_added([second]) == [4]


def test_an_update_under_way_is_abandoned_and_the_library_stays_unchanged(
    library: LibraryStore, tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    folder = write_digest(tmp_path / "digests" / "a.txt", corpus[:4]).parent
    stop = threading.Event()
    stages: list[str] = []

    class StopAtTheMap:
        def stage(self, name: str, total: int = 0) -> None:  # noqa: ARG002
            stages.append(name)
            if name == "map":
                stop.set()

        def advance(self, done: int, total: int) -> None: ...

    @contextmanager
    def progress() -> Iterator[StopAtTheMap]:
        yield StopAtTheMap()

    updates: list[UpdateOutcome] = []
    watch(
        library, folder, HASHING, stop=stop, on_update=updates.append, settle=0.1, progress=progress
    )
    assert stages[-1] == "map"
    assert updates == []
    assert library.live == ""
    with library.building():  # the lock is free
        assert library.next_number() == 1


def test_once_waits_for_files_being_written_and_ends_after_one_update(
    library: LibraryStore, tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    digest = write_digest(tmp_path / "digests" / "a.txt", corpus[:4])
    later = threading.Timer(0.3, write_digest, (digest, corpus[:6]))
    later.start()
    updates: list[UpdateOutcome] = []
    stop = threading.Event()
    options = {"stop": stop, "on_update": updates.append, "settle": 0.8, "once": True}
    watch(library, digest.parent, HASHING, **options)  # type: ignore[arg-type]
    assert _papers_added(updates) == [6]


def test_a_missing_folder_and_a_library_inside_the_folder_are_refused(tmp_path: Path) -> None:
    stop = threading.Event()
    with pytest.raises(UnusableInput, match="no such folder"):
        watch(LibraryStore(tmp_path / "l"), tmp_path / "none", stop=stop, on_update=print)
    with pytest.raises(UnusableInput, match="the library lies in the folder"):
        watch(LibraryStore(tmp_path / "l"), tmp_path, stop=stop, on_update=print)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _process(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run ``explorer watch`` in ``folder``, which is given a minute."""
    process = subprocess.Popen(
        [sys.executable, "-m", "explorer.cli", "watch", *map(str, arguments), "--model", "hashing"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    alarm = threading.Timer(60, process.kill)
    alarm.start()
    try:
        yield process
    finally:
        alarm.cancel()
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_the_command_reads_new_and_growing_files_and_ends_on_a_signal(
    library: LibraryStore, tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    folder = tmp_path / "digests"
    folder.mkdir()
    options = ("digests", "--library", "library", "--settle", 0.6, "--json")
    with _process(tmp_path, *options) as process:
        assert process.stdout is not None
        empty = json.loads(process.stdout.readline())
        assert empty["report"] is None
        assert empty["error"]["kind"] == "DigestError"
        assert empty["retry_seconds"] == 10

        write_digest(folder / "a.txt", corpus[:4])
        dropped = json.loads(process.stdout.readline())
        assert dropped["error"] is None
        assert (dropped["report"]["generation"], dropped["report"]["added"]) == (1, 4)
        assert library.live == "000001"

        text = write_digest(tmp_path / "whole.txt", corpus[4:7]).read_text(encoding="utf-8")
        with (folder / "b.txt").open("w", encoding="utf-8") as file:
            for start in range(0, len(text), len(text) // 7):  # pieces end inside of titles
                file.write(text[start : start + len(text) // 7])
                file.flush()
                time.sleep(0.2)
        grown = json.loads(process.stdout.readline())
        assert (grown["report"]["generation"], grown["report"]["added"]) == (2, 3)

        process.send_signal(signal.SIGTERM)
        rest, complaints = process.communicate()
        assert (process.returncode, rest, complaints) == (0, "", "")
    titles = {paper.title for paper in corpus[:7]}
    assert set(library.open().records.titles) == titles


@pytest.mark.slow
def test_a_second_signal_ends_an_update_at_once_and_loses_nothing(
    library: LibraryStore, tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    folder = write_digest(tmp_path / "digests" / "a.txt", corpus[:4]).parent
    namer = "import time\ndef name(*_):\n    print('naming', flush=True)\n    time.sleep(100)\n"
    (tmp_path / "slow.py").write_text(namer, encoding="utf-8")
    options = ("digests", "--library", "library", "--settle", 0, "--namer", "slow:name")
    with _process(tmp_path, *options) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "naming\n"
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT
    assert library.live == ""
    assert build(library, [folder], HASHING).generation == 1


@pytest.mark.slow
def test_once_has_an_exit_code_that_shows_if_the_update_succeeded(
    library: LibraryStore,
    tmp_path: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "digests"
    folder.mkdir()
    once = ["watch", str(folder), "--library", str(library.folder), "--model", "hashing"]
    once += ["--once", "--settle", "0.1"]
    assert main(once) == 2
    assert "no digest in there" in capsys.readouterr().out
    write_digest(folder / "a.txt", corpus[:4])
    assert main(once) == 0
    assert "+4 papers, version 1" in capsys.readouterr().out
    assert main(once) == 0
    assert "nothing new, version 1" in capsys.readouterr().out
    library.folder.joinpath("LIVE").write_text("000009")
    assert main(once) == 1
    assert "not updated" in capsys.readouterr().out
    assert main(["watch", str(tmp_path / "none"), "--library", str(library.folder)]) == 2
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
