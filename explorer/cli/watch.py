"""The command ``explorer watch``: update the library when digests change."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.api.json_format import update_as_json
from explorer.builds.watch import UpdateOutcome, silence, watch
from explorer.cli.build import DIGESTS, engine_options, with_engines
from explorer.cli.commands import Commands
from explorer.cli.options import as_json, seconds
from explorer.errors import UnusableInput
from explorer.library.store import LibraryStore
from explorer.settings import WatchSettings

_DEFAULTS = WatchSettings()

_EXAMPLES = """\
A file is read once it has not changed for --settle seconds. Ctrl-C ends the watch; an update in
progress is abandoned and the library stays unchanged. docs/updating.md explains how to run it as a
service.

examples:
  explorer watch                          watch data/digests
  explorer watch ~/Downloads/digests      watch another folder
  explorer watch --look 5 /mnt/share      watch a network drive, which sends no events
  explorer watch --once                   wait for files being written, update, exit
"""


def add_watch(commands: Commands) -> None:
    """Add ``watch``."""
    text = "Update the library whenever digests change in a folder."
    printed = "print one JSON document per line on stdout, one for each update"
    added = commands.add("watch", watch_folder, text, _EXAMPLES, printed)
    added.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=DIGESTS,
        metavar="FOLDER",
        help=f"folder to watch (default: {DIGESTS})",
    )
    added.add_argument(
        "--settle",
        type=seconds,
        default=_DEFAULTS.settle,
        metavar="SECONDS",
        help=f"seconds without a change before a file is read (default: {_DEFAULTS.settle:g})",
    )
    added.add_argument(
        "--look",
        type=seconds,
        default=_DEFAULTS.look,
        metavar="SECONDS",
        help="seconds between scans where the file system sends no events "
        f"(default: {_DEFAULTS.look:g})",
    )
    added.add_argument(
        "--once",
        action="store_true",
        help="exit after one update, which starts when no file is being written and no build runs",
    )
    with_engines(added)


def watch_folder(options: argparse.Namespace) -> int:
    """Update the library whenever digests change in a folder, until Ctrl-C or SIGTERM."""
    from explorer.cli.output.builds import show_update
    from explorer.cli.output.console import err
    from explorer.cli.output.progress import build_progress

    code = 1 if options.once else 0  # a signal is a normal end, unless one update was wanted

    def report(update: UpdateOutcome) -> None:
        nonlocal code
        if options.json:
            print(as_json(update_as_json(update)), flush=True)
        else:
            show_update(update)
        if options.once:
            code = _exit_code(update)

    build_options = engine_options(options)
    with _stopped_by_signals() as stop:
        watch(
            LibraryStore(options.library),
            options.folder,
            build_options,
            stop=stop,
            on_update=report,
            settle=options.settle,
            look=options.look,
            once=options.once,
            progress=build_progress if err.is_terminal else silence,
        )
    return code


def _exit_code(update: UpdateOutcome) -> int:
    if update.report is not None:
        return 0
    return 2 if isinstance(update.error, UnusableInput) else 1


class _StopFlag:
    """Set by the first signal.

    Not a :class:`threading.Event`: setting one in a signal handler can deadlock on the lock that
    the interrupted code holds.
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def is_set(self) -> bool:
        return self._is_set


@contextmanager
def _stopped_by_signals() -> Iterator[_StopFlag]:
    """Set a flag at the first Ctrl-C or SIGTERM; the second one ends the process at once."""
    flag = _StopFlag()

    def handle(number: int, frame: object) -> None:  # noqa: ARG001
        flag.set()
        for name in before:
            signal.signal(name, signal.SIG_DFL)

    before = {name: signal.signal(name, handle) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
