"""Keep a library up to date with a folder: an update whenever digests settle in it.

A file has settled when its size and modification time have stayed the same for a while; until then
it may be half a download. Events of the file system only start the next scan sooner. There are
scans at regular intervals as well, since a network drive sends no events.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.progress import Progress, Silence
from explorer.errors import DigestError, LibraryBusy, UnusableInput
from explorer.library.store import LibraryStore
from explorer.readers import digest_files, parts_of_digest
from explorer.settings import WatchSettings

_DEFAULTS = WatchSettings()
BUSY_WAIT = 5.0
"""Seconds before an update is retried while another build runs."""
_FIRST_WAIT, _LONGEST_WAIT = 10.0, 3600.0
"""Seconds before a failed update is retried; each wait is twice the one before."""
_PATIENCE = 60.0
"""Seconds that a due update waits at most for a file that is still being written."""
_STEP = 0.2
"""Seconds until a call to stop takes effect, at most."""


class Stop(Protocol):
    """Signal to end, like :class:`threading.Event`."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Stamp:
    """Size and time of a file; it counts as unchanged while both stay."""

    size: int
    changed: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class UpdateOutcome:
    """Outcome of one update: a report, or an error."""

    ended: datetime
    """Local time, with its zone."""
    report: BuildReport | None
    error: Exception | None = None
    retry: float = 0.0
    """Seconds until a failed update is retried, if nothing changes before; 0 for never."""


@dataclass(frozen=True, slots=True)
class _Seen:
    stamp: Stamp
    since: float
    settled: bool


class Settling:
    """Settled files, from successive listings of a folder.

    It reads neither the clock nor files: the time and the listing are arguments.
    """

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self._seen: dict[Path, _Seen] | None = None

    @property
    def waiting(self) -> bool:
        """Whether a file has changed too recently to have settled."""
        return any(not seen.settled for seen in (self._seen or {}).values())

    def look(self, now: float, listing: Mapping[Path, Stamp]) -> tuple[Path, ...]:
        """Return the files that have settled since the previous call, each once per change.

        Args:
            now: seconds since the epoch.
            listing: all files that are there now.
        """
        before = self._seen
        settled: list[Path] = []
        seen: dict[Path, _Seen] = {}
        for path, stamp in listing.items():
            known = before.get(path) if before else None
            if known is None or known.stamp != stamp:
                # At the first call, the file's own time is the only evidence.
                since = stamp.changed if before is None else now
                known = _Seen(stamp, since, settled=False)
            # A clock that was set back must not keep a file waiting until the old time.
            since = min(known.since, now)
            is_settled = known.settled or now - since >= self._settle
            if is_settled and not known.settled:
                settled.append(path)
            seen[path] = _Seen(stamp, since, is_settled)
        self._seen = seen
        return tuple(settled)


def silence() -> AbstractContextManager[Progress]:
    """Return progress that is not shown."""
    return nullcontext(Silence())


def watch(
    library: LibraryStore,
    folder: Path,
    options: BuildOptions | None = None,
    *,
    stop: Stop,
    on_update: Callable[[UpdateOutcome], None],
    settle: float = _DEFAULTS.settle,
    look: float = _DEFAULTS.look,
    once: bool = False,
    progress: Callable[[], AbstractContextManager[Progress]] = silence,
) -> None:
    """Update ``library`` from ``folder`` at once, then whenever digests settle in it.

    Files that settle together are one update. A failed update is reported and retried: soon while
    another build runs, else when something changes, or after growing waits. Of successive failures
    because another build runs, only the first is reported.

    Args:
        library: the library to update.
        folder: folder of digests. All of it is read each time; known papers cost reading only.
        options: of each build.
        stop: ends the watch when set. An update in progress is abandoned at its next step, which
            leaves the library unchanged, unless it is publishing already.
        on_update: called after each update.
        settle: seconds without a change before a file is read.
        look: seconds between scans if no events arrive.
        once: end after the first update that does not have to wait for another build.
        progress: opens the progress of each update.

    Raises:
        UnusableInput: ``folder`` is no folder, or the library lies in it.
    """
    _check(library, folder)
    options = options or BuildOptions()
    settling = Settling(settle)
    clock = _steady_clock()
    looked, due = -math.inf, clock()
    wait, busy = _FIRST_WAIT, False
    for woken in _wakes(folder, stop, min(_STEP * 5, max(settle / 2, _STEP / 4)), look):
        now = clock()
        if not (woken or settling.waiting or now >= due or now - looked >= look):
            continue
        looked = now
        if settling.look(now, _listing(folder)):
            due = min(due, now)
        if now < due or (settling.waiting and now < due + _PATIENCE):
            continue
        try:
            with progress() as shown:
                report = build(library, [folder], options, _AbandonedOnStop(stop, shown))
        except _Abandoned:
            return
        except LibraryBusy as error:
            if not busy:
                on_update(UpdateOutcome(_clock(), None, error, BUSY_WAIT))
            due, busy = clock() + BUSY_WAIT, True
            continue
        # A full disk may raise any error in any library; none may end the watch.
        except Exception as error:
            on_update(UpdateOutcome(_clock(), None, error, 0.0 if once else wait))
            due, wait = clock() + wait, min(wait * 2, _LONGEST_WAIT)
        else:
            on_update(UpdateOutcome(_clock(), report))
            due, wait = math.inf, _FIRST_WAIT
        busy = False
        if once:
            return


class _Abandoned(Exception):
    """The update in progress is abandoned because the watch ends."""


@dataclass(frozen=True, slots=True)
class _AbandonedOnStop:
    """Progress that abandons an update at its next step once ``stop`` is set."""

    stop: Stop
    progress: Progress

    def stage(self, name: str, total: int = 0) -> None:
        self._raise_if_stopped()
        self.progress.stage(name, total)

    def advance(self, done: int, total: int) -> None:
        self._raise_if_stopped()
        self.progress.advance(done, total)

    def _raise_if_stopped(self) -> None:
        if self.stop.is_set():
            raise _Abandoned


def _check(library: LibraryStore, folder: Path) -> None:
    if not folder.is_dir():
        raise UnusableInput(
            "there is no such folder.", path=folder, advice="Check the spelling, or make it."
        )
    if library.folder.resolve().is_relative_to(folder.resolve()):
        raise UnusableInput(
            "the library lies in the folder to watch, so its own files would be read as digests.",
            path=library.folder,
            advice="Watch another folder, or name another library with --library.",
        )


def _listing(folder: Path) -> dict[Path, Stamp]:
    """Return the digests in ``folder``; none if it cannot be read at present."""
    listing = {}
    try:
        for _, digest in digest_files([folder]):
            for path in parts_of_digest(digest):
                status = path.stat()
                listing[path] = Stamp(status.st_size, status.st_mtime)
    except (DigestError, OSError):
        # A file was deleted during the scan, or the drive is offline; the next scan shows.
        return listing
    return listing


def _wakes(folder: Path, stop: Stop, tick: float, look: float) -> Iterator[bool]:
    """Yield at once, then every tick until ``stop`` is set: whether there is reason for a scan.

    If the system sends no events (too many watches, a folder that was removed, a name that is not
    UTF-8), there are only ticks for ``look`` seconds; then events are requested again.
    """
    from watchfiles import watch as events

    # One blocking call with a timeout and a stop event suffices here; watchdog would need a thread,
    # a queue and a handler of our own around the same events.
    yield True
    while not stop.is_set():
        is_started = False
        try:
            for changes in events(
                folder,
                watch_filter=None,
                debounce=int(tick * 1000),
                step=int(min(tick, _STEP) * 1000),
                stop_event=stop,
                rust_timeout=int(tick * 1000),
                yield_on_timeout=True,
                ignore_permission_denied=True,
            ):
                # Changes before events were requested have sent none.
                yield bool(changes) or not is_started
                is_started = True
                if changes and not folder.is_dir():
                    break
        except (OSError, RuntimeError):
            yield True  # events that came with the failure are lost
        until = time.monotonic() + look
        while time.monotonic() < until and not stop.is_set():
            time.sleep(min(tick, _STEP))
            yield False


def _steady_clock() -> Callable[[], float]:
    """Return a clock in seconds since the epoch that no change of the system's clock moves."""
    begin = time.time() - time.monotonic()
    return lambda: begin + time.monotonic()


def _clock() -> datetime:
    return datetime.now().astimezone()
