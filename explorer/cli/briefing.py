"""The command ``explorer briefing``: new papers as a page, the most relevant first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from explorer.alerts.briefing import BriefingFormat, as_html, as_markdown, briefing
from explorer.api.json_format import briefing_as_json
from explorer.cli.commands import Commands
from explorer.cli.follow import run_followed
from explorer.cli.options import one_of, print_json, with_since, with_user
from explorer.desk.desk import desk_of
from explorer.desk.marks import marks_of
from explorer.errors import UnusableInput
from explorer.export import write_file
from explorer.insights.whats_new import moment_of
from explorer.library.store import LibraryStore

_EXAMPLES = """\
New papers by topic, those that suit your starred papers best first. Papers that you have read or
marked as not for you are left out.

examples:
  explorer briefing
  explorer briefing --recommended
  explorer briefing --since 2026-11-20 --format html --output today.html
"""


def add_briefing(commands: Commands) -> None:
    """Add ``briefing``."""
    text = "Write a page of new papers, the most relevant to you first."
    added = commands.add("briefing", write_briefing, text, _EXAMPLES)
    with_since(added, "default: the last update that added papers")
    added.add_argument(
        "--format",
        type=one_of(BriefingFormat),
        choices=list(BriefingFormat),
        default=BriefingFormat.MARKDOWN,
        help="format of the page (default: markdown)",
    )
    added.add_argument(
        "--output", type=Path, metavar="FILE", help="file to write (default: standard output)"
    )
    added.add_argument(
        "--recommended",
        action="store_true",
        help="only papers that suit your stars, and hits of followed searches",
    )
    with_user(added)


def write_briefing(options: argparse.Namespace) -> int:
    """Write a page of new papers."""
    if options.json and options.output is not None:
        raise UnusableInput("--json writes to standard output: leave out --output.")
    since = moment_of(options.since) if options.since else None
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    results = run_followed(generation, desk, since)
    marks = marks_of(generation, desk)
    page = briefing(generation, marks, since, results, only_recommended=options.recommended)
    if options.json:
        print_json(briefing_as_json(generation, page))
        return 0
    text = as_html(page) if options.format is BriefingFormat.HTML else as_markdown(page)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_file(options.output, lambda file: print(text, end="", file=file))
        print(f"{page.papers:,} papers written to {options.output}")
    return 0
