"""The command that writes papers out for other programs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

from explorer.cli.options import Commands, print_json
from explorer.errors import UnusableInput
from explorer.export import write_file, write_papers
from explorer.library import Library
from explorer.standalone import standalone


def add_export(commands: Commands) -> None:
    """Add ``export``."""
    told = "Write out all papers with map and topics."
    added = commands.add("export", export_papers, told)
    added.add_argument(
        "--format",
        choices=["jsonl", "html"],
        default="jsonl",
        help="jsonl: a paper a line; html: the map as one file that opens from disk (default: "
        "jsonl)",
    )
    added.add_argument("--title", default="Literature map", help="what the HTML file is headed")
    added.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")


def export_papers(options: argparse.Namespace) -> int:
    """Write out all papers: one JSON object a line, or the map as one HTML file."""
    generation = Library(options.library).open()
    if options.json and options.output is None:
        raise UnusableInput("--json needs --output FILE here: standard output is for the papers.")

    def write(file: TextIO) -> None:
        if options.format == "html":
            file.write(standalone(generation, options.title))
        else:
            write_papers(generation, file)

    if options.output is None:
        write(sys.stdout)
        return 0
    write_file(options.output, write)
    if options.json:
        print_json({"file": str(options.output), "papers": generation.size})
    else:
        print(f"{generation.size:,} papers written to {options.output}")
    return 0
