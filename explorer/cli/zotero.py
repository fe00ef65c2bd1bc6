"""The command ``explorer zotero``: a library from Zotero's own database."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.api.json_format import build_report_as_json, zotero_as_json
from explorer.builds.zotero import last_reading, update_from_zotero
from explorer.cli.build import engine_options, with_engines
from explorer.cli.commands import Commands
from explorer.cli.options import print_json
from explorer.errors import printable
from explorer.library.store import LibraryStore
from explorer.readers.shared.zotero_database import ZoteroOverview
from explorer.readers.shared.zotero_folder import zotero_database_in
from explorer.readers.zotero import zotero_overview

_EXAMPLES = """\
Zotero may be open meanwhile: a snapshot of its database is read, and nothing is written there.
docs/zotero.md has the details.

examples:
  explorer zotero                         update from the data folder of this user's Zotero
  explorer zotero ~/Documents/Zotero      update from another data folder
  explorer zotero --dry-run               count papers, collections and tags; change nothing
"""


def add_zotero(commands: Commands) -> None:
    """Add ``zotero``."""
    text = "Build or update the library from Zotero."
    added = commands.add("zotero", read_zotero, text, _EXAMPLES)
    added.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=None,
        metavar="DIR",
        help="data folder of Zotero, or its zotero.sqlite (default: the one that Zotero's settings "
        "name, else ~/Zotero)",
    )
    added.add_argument(
        "--dry-run", action="store_true", help="count what Zotero holds; change nothing"
    )
    with_engines(added)


def read_zotero(options: argparse.Namespace) -> int:
    """Update the library from Zotero, or only count what Zotero holds."""
    database = zotero_database_in(options.folder)
    if options.dry_run:
        _show_overview(zotero_overview(database), database, options)
        return 0
    from explorer.cli.output.builds import show_report, show_unchanged_zotero
    from explorer.cli.output.progress import build_progress

    library = LibraryStore(options.library)
    build_options = engine_options(options)
    with build_progress() as progress:
        report = update_from_zotero(library, database, build_options, progress)
    read = str(last_reading(library).get("read", ""))
    if options.json:
        content = {"unchanged_since": read} if report is None else build_report_as_json(report)
        print_json({"database": printable(str(database)), **content})
    elif report is None:
        show_unchanged_zotero(read)
    else:
        show_report(report, str(options.library))
    return 0


def _show_overview(overview: ZoteroOverview, database: Path, options: argparse.Namespace) -> None:
    if options.json:
        print_json(zotero_as_json(overview, database))
    else:
        from explorer.cli.output.builds import show_zotero

        show_zotero(overview, str(database))
