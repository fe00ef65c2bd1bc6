"""The commands that make a library of digests and keep it up to date."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.api.json_format import (
    build_report_as_json,
    parsed_paper_as_json,
    rejection_as_json,
    update_as_json,
)
from explorer.builds.build import BuildOptions, build
from explorer.builds.inspect import Inspection, inspect
from explorer.builds.watch import LOOK, SETTLE, UpdateOutcome, silence, watch
from explorer.cli.options import Commands, count, print_json, seconds, size
from explorer.embedders import DEFAULT_MODEL
from explorer.errors import DigestError, UnusableInput
from explorer.index.engines import DEFAULT_ENGINE, engine_names
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.readers import Rejection, digest_files
from explorer.settings import FINENESS
from explorer.topics.custom_namer import load_namer

DIGESTS = Path("data/digests")
"""Where digests are looked for if none are named."""
_BUILD_EXAMPLES = """\
examples:
  explorer build                          update from data/digests
  explorer build ~/Downloads/today.txt    add one digest
  explorer build --dry-run                say what would be added, changed, removed
  explorer build --prune data/digests     and drop papers that are in no digest any more
  explorer build --engine milvus --engine-uri http://127.0.0.1:19530
                                          search on a Milvus server (docs/scaling.md)
  explorer build --model ./my-model       another sentence-transformers model
"""
_WATCH_EXAMPLES = """\
A file is read once it has stayed as it is for --settle seconds. Ctrl-C ends the watch; an update
under way is put down, and the library stays as it was. docs/updating.md tells how to leave it
running.

examples:
  explorer watch                          watch data/digests
  explorer watch ~/Downloads/digests      another folder
  explorer watch --look 5 /mnt/share      a network drive, from which no events arrive
  explorer watch --once                   wait for what is being written, update, end
"""


def add_build(commands: Commands) -> None:
    """Add ``build``, ``watch`` and ``inspect``."""
    added = commands.add("build", build_library, "Build or update the library.", _BUILD_EXAMPLES)
    with_digests(added)
    _with_makers(added)
    added.add_argument(
        "--prune", action="store_true", help="drop papers that none of the given digests holds"
    )
    added.add_argument(
        "--full", action="store_true", help="begin from nothing but the papers; papers will move"
    )
    added.add_argument(
        "--redraw",
        action="store_true",
        help="draw the map anew from where papers are, and seek topics anew",
    )
    added.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and change nothing"
    )
    added.add_argument(
        "--keep",
        type=count,
        default=0,
        metavar="N",
        help="generations to keep for rollback, from now on, also where nothing changed; older "
        "ones are deleted, never the live one (default: as before, initially 5)",
    )
    added.add_argument(
        "--vectors",
        type=Path,
        metavar="FILE.npy",
        help="your own unit vectors, one row a record of the one digest given",
    )
    added.add_argument(
        "--topics",
        choices=list(FINENESS),
        default="",
        help="how fine topics are, from now on (default: as before)",
    )
    _add_watch(commands)
    told = "Show what digests hold; write nothing."
    added = commands.add("inspect", inspect_digests, told)
    added.add_argument("files", nargs="+", type=Path, metavar="FILE", help="digests or folders")


def _add_watch(commands: Commands) -> None:
    told = "Update the library whenever digests settle in a folder."
    printed = "a stream: one JSON document a line on stdout, one an update"
    added = commands.add("watch", watch_folder, told, _WATCH_EXAMPLES, printed)
    added.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=DIGESTS,
        metavar="FOLDER",
        help=f"what to watch (default: {DIGESTS})",
    )
    added.add_argument(
        "--settle",
        type=seconds,
        default=SETTLE,
        metavar="SECONDS",
        help=f"how long a file stays as it is before it is read (default: {SETTLE:g})",
    )
    added.add_argument(
        "--look",
        type=seconds,
        default=LOOK,
        metavar="SECONDS",
        help=f"how often to look where no events of the file system arrive (default: {LOOK:g})",
    )
    added.add_argument(
        "--once",
        action="store_true",
        help="end after one update, begun when nothing is being written and no build runs",
    )
    _with_makers(added)


def with_digests(added: argparse.ArgumentParser) -> None:
    """Add the digests that a command reads."""
    added.add_argument(
        "digests",
        nargs="*",
        type=Path,
        metavar="DIGEST_OR_FOLDER",
        help=f"digest files or folders of them (default: {DIGESTS})",
    )


def _with_makers(added: argparse.ArgumentParser) -> None:
    """Add what embeds papers, finds them and names their topics."""
    added.add_argument(
        "--model",
        default="",
        help=f"sentence-transformers model, by name or path (default: the library's, or "
        f"{DEFAULT_MODEL} in a new one)",
    )
    added.add_argument(
        "--engine",
        default="",
        help=f"vector index: {', '.join(engine_names())} (default: the library's, or "
        f"{DEFAULT_ENGINE} in a new one)",
    )
    added.add_argument(
        "--memory",
        type=size,
        default=0,
        metavar="SIZE",
        help="memory that the vector index may take, such as 500M or 2G, from now on; less makes "
        "it search smaller codes (default: as before, initially 1G)",
    )
    added.add_argument(
        "--engine-uri",
        default="",
        metavar="URI",
        help="where the server of the index is, as https://milvus.example.org:19530 (default: as "
        "before, else EXPLORER_ENGINE_URI; see docs/scaling.md)",
    )
    added.add_argument(
        "--namer",
        default="",
        metavar="MODULE:FUNCTION",
        help="your own function that names topics (see docs/topics.md)",
    )


def build_library(options: argparse.Namespace) -> int:
    """Build or update the library and report what changed."""
    from explorer.cli.output.building import show_report
    from explorer.cli.output.progress import build_progress

    digests = options.digests or [DIGESTS]
    if not options.digests and not DIGESTS.exists():
        raise DigestError(
            "there is no such folder here.", path=DIGESTS, advice="Name a digest or a folder."
        )
    chosen = BuildOptions(
        topics=options.topics,
        namer=load_namer(options.namer, Path.cwd()) if options.namer else None,
        model=options.model,
        engine=options.engine,
        memory=options.memory,
        engine_uri=options.engine_uri,
        prune=options.prune,
        full=options.full,
        redraw=options.redraw,
        dry_run=options.dry_run,
        keep=options.keep,
        given_vectors=options.vectors,
    )
    with build_progress() as progress:
        report = build(LibraryStore(options.library), digests, chosen, progress)
    if options.json:
        print_json(build_report_as_json(report))
    else:
        show_report(report, str(options.library))
    return 0


def watch_folder(options: argparse.Namespace) -> int:
    """Update the library whenever digests settle in a folder, until Ctrl-C or SIGTERM."""
    from explorer.cli.output.building import show_update
    from explorer.cli.output.console import err
    from explorer.cli.output.progress import build_progress

    code = 1 if options.once else 0  # to be told to end is success, unless one update was wanted

    def told(update: UpdateOutcome) -> None:
        nonlocal code
        if options.json:
            print(json.dumps(update_as_json(update)), flush=True)
        else:
            show_update(update)
        if options.once:
            code = _code_of(update)

    chosen = BuildOptions(
        model=options.model,
        engine=options.engine,
        memory=options.memory,
        engine_uri=options.engine_uri,
        namer=load_namer(options.namer, Path.cwd()) if options.namer else None,
    )
    with _ending() as stop:
        watch(
            LibraryStore(options.library),
            options.folder,
            chosen,
            stop=stop,
            told=told,
            settle=options.settle,
            look=options.look,
            once=options.once,
            progress=build_progress if err.is_terminal else silence,
        )
    return code


def _code_of(update: UpdateOutcome) -> int:
    if update.report is not None:
        return 0
    return 2 if isinstance(update.error, UnusableInput) else 1


class _Asked:
    """Whether somebody has asked to end.

    No :class:`threading.Event`: to set one in a signal's handler can wait for ever for the lock
    that the interrupted code holds.
    """

    def __init__(self) -> None:
        self._asked = False

    def ask(self) -> None:
        self._asked = True

    def is_set(self) -> bool:
        return self._asked


@contextmanager
def _ending() -> Iterator[_Asked]:
    """Take the first Ctrl-C or SIGTERM as a question; the second ends the process at once."""
    asked = _Asked()

    def hear(number: int, frame: object) -> None:  # noqa: ARG001
        asked.ask()
        for name in before:
            signal.signal(name, signal.SIG_DFL)

    before = {name: signal.signal(name, hear) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def inspect_digests(options: argparse.Namespace) -> int:
    """Show what digests hold; exit code 2 if none of them can be read."""
    library = LibraryStore(options.library)
    generation = library.open() if library.live else None
    readable = 0
    shown = 0
    for name, path in digest_files(options.files):
        try:
            for inspection in inspect(path, name, generation):
                _show_inspection(inspection, path, options, shown)
                readable += bool(inspection.format)
                shown += 1
        except DigestError as error:
            unreadable = Inspection(name, "", iter(()), rejections=[Rejection(name, 0, str(error))])
            _show_inspection(unreadable, path, options, shown)
            shown += 1
    if options.json:
        print("\n]" if shown else "[]")
    return 0 if readable else 2


def _show_inspection(
    inspection: Inspection, path: Path, options: argparse.Namespace, shown: int
) -> None:
    if not options.json:
        from explorer.cli.output.building import show_inspection

        show_inspection(inspection.finish())
        return
    # Written record by record, so that a digest of any size passes through little memory.
    head = {"file": str(path), "digest": inspection.digest, "format": inspection.format}
    print("[" if shown == 0 else ",", json.dumps(head, ensure_ascii=False)[:-1] + ', "papers": [')
    count = 0
    for item in inspection.items:
        if isinstance(item, Paper):
            print(
                "  ," if count else "   ",
                json.dumps(parsed_paper_as_json(item), ensure_ascii=False),
            )
            count += 1
    tail = {
        "rejected": [rejection_as_json(rejection) for rejection in inspection.rejections],
        "with_abstract": inspection.with_abstract,
        "known": inspection.known,
    }
    print("], " + json.dumps(tail, ensure_ascii=False)[1:], end="")
