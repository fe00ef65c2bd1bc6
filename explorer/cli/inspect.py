"""The command ``explorer inspect``: the papers in digests, without a library being changed."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any

from explorer.api.json_format import parsed_paper_as_json, rejection_as_json
from explorer.builds.inspect import Inspection, inspect
from explorer.cli.commands import Commands
from explorer.cli.options import as_json, with_force
from explorer.errors import DigestError, printable
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.readers import Rejection, digest_files

_EXAMPLES = """\
examples:
  explorer inspect data/digests
  explorer inspect today.html --json
  explorer inspect notes.txt --force scraped-page
"""


def add_inspect(commands: Commands) -> None:
    """Add ``inspect``."""
    text = "Show the papers in digests; change nothing."
    added = commands.add("inspect", inspect_digests, text, _EXAMPLES)
    added.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="digest files or folders of them"
    )
    with_force(added)


def inspect_digests(options: argparse.Namespace) -> int:
    """Show the papers in digests; exit code 2 if none of the digests can be read."""
    library = LibraryStore(options.library)
    generation = library.open() if library.live else None
    readable = 0
    shown = 0
    for name, path in digest_files(options.files):
        try:
            for inspection in inspect(path, name, generation, options.force):
                _show_inspection(inspection, path, options, shown)
                readable += bool(inspection.format)
                shown += 1
        except DigestError as error:
            rejection = Rejection(name, 0, str(error))
            unreadable = Inspection(name, "", iter(()), rejections=[rejection], rejected=1)
            _show_inspection(unreadable, path, options, shown)
            shown += 1
    if options.json:
        print("\n]" if shown else "[]")
    return 0 if readable else 2


def _show_inspection(
    inspection: Inspection, path: Path, options: argparse.Namespace, shown: int
) -> None:
    if not options.json:
        from explorer.cli.output.builds import show_inspection

        show_inspection(inspection.finish())
        return
    # Written record by record, so that a digest of any size passes through little memory; the
    # format is known to hold only once the first record is there.
    begun = list(islice(inspection.items, 1))
    head: dict[str, Any] = {
        "file": printable(str(path)),
        "digest": inspection.digest,
        "format": inspection.format,
    }
    head |= asdict(inspection.recognition)
    print("[" if shown == 0 else ",", as_json(head)[:-1] + ', "papers": [')
    count = 0
    for item in chain(begun, inspection.items):
        if isinstance(item, Paper):
            print(
                "  ," if count else "   ",
                as_json(parsed_paper_as_json(item)),
            )
            count += 1
    tail = {
        "rejected": [rejection_as_json(rejection) for rejection in inspection.rejections],
        "rejected_count": inspection.rejected,
        "not_papers": dict(inspection.not_papers),
        "with_abstract": inspection.with_abstract,
        "known": inspection.known,
    }
    print("], " + as_json(tail)[1:], end="")
