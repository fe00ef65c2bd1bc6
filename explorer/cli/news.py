"""The command ``explorer news``: new papers and topics since a moment."""

from __future__ import annotations

import argparse

from explorer.api.json_format import whats_new_as_json
from explorer.cli.commands import Commands
from explorer.cli.options import count, print_json, with_since
from explorer.insights.whats_new import moment_of, whats_new
from explorer.library.store import LibraryStore

_EXAMPLES = """\
Days begin at midnight, UTC.

examples:
  explorer news                             from the last update that added papers
  explorer news --since 2026-11-20          since that day
  explorer news --since 2026-11-20T09:30Z   since that moment
  explorer news -k 20 --json                the newest 20 papers, for scripts
"""


def add_news(commands: Commands) -> None:
    """Add ``news``."""
    text = "List new papers by topic, and changes of topics."
    added = commands.add("news", list_news, text, _EXAMPLES)
    with_since(added, "default: the last update that added papers")
    added.add_argument(
        "-k", type=count, metavar="N", help="number of papers to list, the newest (default: all)"
    )


def list_news(options: argparse.Namespace) -> int:
    """List new papers and topics since a moment, or since the last update."""
    since = moment_of(options.since) if options.since else None
    generation = LibraryStore(options.library).open()
    news = whats_new(generation, since)
    if options.json:
        print_json(whats_new_as_json(generation, news, options.k))
    else:
        from explorer.cli.output.topics import show_news

        show_news(generation, news, options.k)
    return 0
