"""The command ``explorer export``: papers for reference managers, spreadsheets and scripts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from explorer.cli.commands import Commands
from explorer.cli.options import count, one_of, print_json, with_user
from explorer.desk.desk import desk_of
from explorer.desk.marks import PaperMarks, marks_of
from explorer.embedders import open_embedder
from explorer.errors import UnusableInput
from explorer.export import ExportFormat, write_file, write_list
from explorer.insights.topic_profile import topic_profile
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper, find_topic
from explorer.library.store import LibraryStore
from explorer.search.filters import Filters, allowed_rows, corners_of
from explorer.search.model import Mode, Query
from explorer.search.remarks import remarks
from explorer.search.search import needs_model, search

_MOST_RANKED = 100
"""Default number of papers of a ranked query, in which all papers are hits."""
_EXAMPLES = """\
Without --query, --topic, --region or --ids all papers are exported. docs/scripting.md describes the
formats. Citation keys are the same in every export of a library.

examples:
  explorer export --format bibtex --output library.bib
  explorer export --format ris --query "KV cache compression year:2024.." -k 20 --output cache.ris
  explorer export --format csl-json --topic t4 --output t4.json
  explorer export --format csv --query "author:lovelace" --output lovelace.csv
  explorer export --format bibtex --query "is:starred" --output starred.bib
  explorer export --format zotero-rdf --query "is:starred" --output starred.rdf
  explorer export --format bibtex --ids 2405.14458 p3eba0ac9fc2
  explorer export --format html --title "Our field" --output map.html
"""


def add_export(commands: Commands) -> None:
    """Add ``export``."""
    text = "Export papers to reference managers, spreadsheets, scripts, or as an HTML map."
    added = commands.add("export", export_papers, text, _EXAMPLES)
    added.add_argument(
        "--format",
        type=one_of(ExportFormat),
        choices=list(ExportFormat),
        default=ExportFormat.JSONL,
        help="file format; jsonl: one paper per line, with all fields; html: the map in one file "
        "(default: jsonl)",
    )
    selection = added.add_argument_group("selection of papers")
    selection.add_argument(
        "--query", default="", metavar="QUERY", help="query, as in `explorer search`"
    )
    depth = selection.add_mutually_exclusive_group()
    depth.add_argument(
        "-k",
        "--limit",
        type=count,
        metavar="N",
        help=f"number of hits of the query, the best (default: {_MOST_RANKED}, or all matches of a "
        "query without words and examples)",
    )
    depth.add_argument(
        "--all",
        action="store_true",
        help="all papers that pass the query's filters, best first; for example: explorer export "
        '--query "KV cache compression year:2024.." --all',
    )
    selection.add_argument(
        "--literal", action="store_true", help="search for the words of --query exactly as typed"
    )
    selection.add_argument(
        "--mode",
        type=one_of(Mode),
        choices=list(Mode),
        default=Mode.HYBRID,
        help="search mode of the query (default: hybrid)",
    )
    selection.add_argument("--topic", default="", help="papers of this topic, by id or name")
    selection.add_argument(
        "--region",
        type=_region,
        default=(),
        metavar="X,Y,X,Y,...",
        help="papers inside this polygon on the map (`region` in the address of the page)",
    )
    selection.add_argument(
        "--ids", nargs="+", default=[], metavar="ID", help="papers with these ids, in this order"
    )
    added.add_argument("--title", default="Literature map", help="title of the HTML map")
    added.add_argument(
        "--output", type=Path, metavar="FILE", help="file to write (default: standard output)"
    )
    added.add_argument(
        "--no-marks",
        action="store_true",
        help="leave out your tags and notes, for a file that others get; for example: "
        "explorer export --format ris --query is:starred --no-marks",
    )
    with_user(added)


def export_papers(options: argparse.Namespace) -> int:
    """Export papers in the chosen format."""
    if options.json and options.output is None:
        raise UnusableInput("--json needs --output FILE here: the papers go to standard output.")
    from explorer.cli.output.progress import counting

    generation = LibraryStore(options.library).open()
    marks = marks_of(generation, desk_of(options.library, options.user))
    rows = _rows(generation, options, marks)
    exported_marks = None if options.no_marks else marks

    def write(file: TextIO) -> None:
        # On a terminal that shows the papers themselves, a progress bar would be in the way.
        with nullcontext(None) if file.isatty() else counting("Writing papers") as bar:
            progress = bar or (lambda _done, _total: None)
            write_list(
                generation, rows, options.format, file, options.title, exported_marks, progress
            )

    if options.output is None:
        write(sys.stdout)
        return 0
    write_file(options.output, write)
    if options.json:
        print_json({"file": str(options.output), "papers": len(rows)})
    else:
        noun = "paper" if len(rows) == 1 else "papers"
        print(f"{len(rows):,} {noun} written to {options.output}")
    return 0


def _rows(generation: Generation, options: argparse.Namespace, marks: PaperMarks) -> Sequence[int]:
    """Return the rows of the selected papers, in the order of the export."""
    if options.ids and (options.query or options.topic or options.region):
        raise UnusableInput("Give either --ids, or --query, --topic and --region.")
    if options.ids:
        return list(dict.fromkeys(find_paper(generation, name) for name in options.ids))
    filters = Filters(topic=options.topic, region=options.region)
    if options.query.strip():
        return _hits(generation, options, replace(filters, desk=marks))
    if options.topic and not options.region:
        return topic_profile(generation, find_topic(generation, options.topic)).members
    allowed = allowed_rows(generation, filters)
    return range(generation.size) if allowed is None else allowed.tolist()


def _hits(generation: Generation, options: argparse.Namespace, filters: Filters) -> list[int]:
    query = Query(options.query, filters=filters, mode=options.mode, literal=options.literal)
    model = generation.manifest.model
    embedder = open_embedder(model) if needs_model(generation, query) else None
    limit = generation.size if options.all else options.limit
    results = search(generation, embedder, query, limit or _MOST_RANKED)
    is_ranked = bool(results.parsed.words) or results.vector is not None
    if not is_ranked and limit is None:
        results = search(generation, embedder, query, generation.size)
    for remark in remarks(results, "--literal"):
        print(f"explorer: {remark}", file=sys.stderr)
    return [hit.row for hit in results.hits]


def _region(text: str) -> tuple[tuple[float, float], ...]:
    corners = corners_of(text)
    if len(corners) < 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not a region, such as 0,0,1.5,0,1.5,2")
    return corners
