"""The command line: ``explorer COMMAND``; see ``explorer --help``.

Exit codes: 0 done, 1 the work failed, 2 wrong usage or unusable input.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from explorer import __version__, commands
from explorer.duplicates import LEAST_SIMILARITY
from explorer.embedders import DEFAULT_MODEL
from explorer.engines import DEFAULT_ENGINE
from explorer.errors import ExplorerError, UnusableInput
from explorer.library import DEFAULT_FOLDER
from explorer.search import Mode, Sort
from explorer.settings import FINENESS
from explorer.trends import Order
from explorer.watch import LOOK, SETTLE

_BUILD_EXAMPLES = """\
examples:
  explorer build                          update from data/digests
  explorer build ~/Downloads/today.txt    add one digest
  explorer build --dry-run                say what would be added, changed, removed
  explorer build --prune data/digests     and drop papers that are in no digest any more
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
_SEARCH_EXAMPLES = """\
examples:
  explorer search "text to video generation"
  explorer search "KV cache compression" -k 5 --mode dense
  explorer search --like 2405.14458 --unlike 1801.04381
  explorer search 'diffusion "text to video" -survey author:smith year:2023..'
  explorer search diffusion --topic t4 --year 2023..2024 --json
"""
_EVALUATE_EXAMPLES = """\
A collection is a folder with corpus.jsonl, queries.jsonl (or either with .gz) and qrels.tsv, as
those of BEIR. Each mode of search ranks its papers for each query; figures come with 95 %
intervals. --self needs no judgements; docs/search.md tells what each of its figures is.

examples:
  explorer evaluate beir/scifact                 how well each mode ranks
  explorer evaluate my-queries --model ./my-model
  explorer evaluate --self                       how good your own library is
"""
_NEWS_EXAMPLES = """\
Without --since it tells what the last build with new papers brought. Days begin at midnight, UTC.

examples:
  explorer news                             what the last update brought
  explorer news --since 2026-11-20          what has come since that day
  explorer news --since 2026-11-20T09:30Z   since that moment
  explorer news -k 20 --json                the newest 20 papers, for scripts
"""
_RENAME_EXAMPLES = """\
The name stays through every later build; `explorer unsay` takes it back.

examples:
  explorer rename t4 "Serving language models"
  explorer rename "KV cache" "Memory of language models"
"""
_MERGE_EXAMPLES = """\
The topics are one from now on, through every later build; `explorer unsay` takes it back.

examples:
  explorer merge t4 t7
  explorer merge "video editing" "video diffusion" --name "Video"
"""
_PIN_EXAMPLES = """\
Its papers stay together under this name, whatever later builds find. New papers join when they
come to lie among them. `explorer unsay` takes it back.

examples:
  explorer pin t4
  explorer pin "KV cache" --name "My thesis"
"""
_UNSAY_EXAMPLES = """\
examples:
  explorer unsay       list what was said, each with its number and the topic it applies to now
  explorer unsay 3     take back number 3
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 2 if isinstance(error, UnusableInput) else 1
    except KeyboardInterrupt:
        print("explorer: stopped; the library is as it was.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough ("| head"); Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="explorer",
        description="Search your paper digests by meaning and see them as a map of topics.",
        epilog="Start with `explorer build`, then `explorer app`. "
        "Each command explains itself: `explorer search --help`.",
    )
    parser.add_argument("--version", action="version", version=f"explorer {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(
        name: str,
        run: Any,
        text: str,
        examples: str = "",
        printed: str = "one JSON document on stdout",
    ) -> argparse.ArgumentParser:
        added = subparsers.add_parser(
            name,
            help=text,
            description=text,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help=printed)
        return added

    def with_library(added: argparse.ArgumentParser) -> argparse.ArgumentParser:
        added.add_argument(
            "--library",
            type=Path,
            default=Path(os.environ.get("EXPLORER_LIBRARY", DEFAULT_FOLDER)),
            metavar="DIR",
            help=f"library folder (default: $EXPLORER_LIBRARY or {DEFAULT_FOLDER})",
        )
        return added

    added = with_library(
        command("build", commands.build_library, "Build or update the library.", _BUILD_EXAMPLES)
    )
    added.add_argument(
        "digests",
        nargs="*",
        type=Path,
        metavar="DIGEST_OR_FOLDER",
        help=f"digest files or folders of them (default: {commands.DIGESTS})",
    )
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
        type=_count,
        default=0,
        metavar="N",
        help="generations to keep for rollback, from now on, also where nothing changed; older "
        "ones are deleted, never the live one (default: as before, at first 5)",
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

    _with_watch(with_library, command)

    added = with_library(
        command("inspect", commands.inspect_digests, "Show what digests hold; write nothing.")
    )
    added.add_argument("files", nargs="+", type=Path, metavar="FILE", help="digests or folders")

    _with_search(with_library, command)

    _with_evaluate(with_library, command)

    added = with_library(
        command("topics", commands.list_topics, "List the topics, coarse to fine.")
    )
    added.add_argument(
        "--sort",
        type=Order,
        choices=list(Order),
        default=Order.SIZE,
        help="largest, newest or fastest growing first (default: size)",
    )
    added.add_argument("--csv", type=Path, metavar="FILE", help="write them as a table")

    added = with_library(command("topic", commands.tell_topic, "Tell all about one topic."))
    added.add_argument("name", metavar="NAME_OR_ID", help="as `explorer topics` lists them")

    _with_news(with_library, command)
    _with_statements(with_library, command)

    added = with_library(
        command("export", commands.export_papers, "Write out all papers with map and topics.")
    )
    added.add_argument(
        "--format",
        choices=["jsonl", "html"],
        default="jsonl",
        help="jsonl: a paper a line; html: the map as one file that opens from disk (default: "
        "jsonl)",
    )
    added.add_argument("--title", default="Literature map", help="what the HTML file is headed")
    added.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")

    added = with_library(
        command(
            "duplicates",
            commands.list_duplicates,
            "List papers that are nearly the same, as suggestions.",
        )
    )
    added.add_argument(
        "--least",
        type=float,
        default=LEAST_SIMILARITY,
        metavar="COSINE",
        help=f"least similarity of a pair (default: {LEAST_SIMILARITY})",
    )

    with_library(command("stats", commands.show_stats, "Count what is in the library."))
    with_library(command("history", commands.list_history, "List the generations on disk."))
    with_library(
        command("rollback", commands.roll_back, "Go back to the generation before the live one.")
    )
    told = "Check every file of the library and say what to do; change nothing."
    with_library(command("doctor", commands.check_library, told))

    added = with_library(command("app", commands.open_app, "Open the page in the browser."))
    added.add_argument("--port", type=int, default=8501, help="default: 8501")
    added.add_argument(
        "--digests",
        type=Path,
        metavar="DIR",
        help="where uploads are kept (default: $EXPLORER_DIGESTS, or digests beside the library)",
    )
    return parser


def _with_watch(
    with_library: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    command: Callable[[str, Any, str, str, str], argparse.ArgumentParser],
) -> None:
    """Add the command that keeps a library up to date."""
    told = "Update the library whenever digests settle in a folder."
    printed = "a stream: one JSON document a line on stdout, one an update"
    added = command("watch", commands.watch_folder, told, _WATCH_EXAMPLES, printed)
    with_library(added).add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=commands.DIGESTS,
        metavar="FOLDER",
        help=f"what to watch (default: {commands.DIGESTS})",
    )
    added.add_argument(
        "--settle",
        type=_seconds,
        default=SETTLE,
        metavar="SECONDS",
        help=f"how long a file stays as it is before it is read (default: {SETTLE:g})",
    )
    added.add_argument(
        "--look",
        type=_seconds,
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


def _with_evaluate(
    with_library: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    command: Callable[[str, Any, str, str], argparse.ArgumentParser],
) -> None:
    """Add the command that tells how good search and library are."""
    told = "Measure how well search ranks: on judged queries, or on the library itself."
    added = with_library(command("evaluate", commands.evaluate_search, told, _EVALUATE_EXAMPLES))
    added.add_argument(
        "collection", nargs="?", type=Path, metavar="BEIR_FOLDER", help="judged queries"
    )
    added.add_argument(
        "--self", dest="itself", action="store_true", help="measure the library, unjudged"
    )
    added.add_argument(
        "--model", default="", help=f"for a collection, by name or path (default: {DEFAULT_MODEL})"
    )


def _with_news(
    with_library: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    command: Callable[[str, Any, str, str], argparse.ArgumentParser],
) -> None:
    """Add the command that tells what is new."""
    told = "Tell which papers and topics are new."
    added = with_library(command("news", commands.tell_news, told, _NEWS_EXAMPLES))
    added.add_argument(
        "--since",
        default="",
        metavar="DATE_OR_MOMENT",
        help="a day or a moment, both ISO 8601 (default: the last update)",
    )
    added.add_argument(
        "-k", type=_count, metavar="N", help="papers to list, the newest (default: all)"
    )


def _with_makers(added: argparse.ArgumentParser) -> None:
    """Add what embeds papers, finds them and names their topics."""
    added.add_argument(
        "--model",
        default="",
        help=f"sentence-transformers model, by name or path (default: {DEFAULT_MODEL})",
    )
    added.add_argument(
        "--engine",
        default="",
        help=f"vector index (default: the library's, or {DEFAULT_ENGINE} in a new one)",
    )
    added.add_argument(
        "--namer",
        default="",
        metavar="MODULE:FUNCTION",
        help="your own function that names topics (see docs/topics.md)",
    )


def _with_search(
    with_library: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    command: Callable[[str, Any, str, str], argparse.ArgumentParser],
) -> None:
    """Add the commands that look for papers."""
    added = with_library(
        command("search", commands.search_papers, "Search the library.", _SEARCH_EXAMPLES)
    )
    added.add_argument(
        "query",
        nargs="?",
        default="",
        metavar="QUERY",
        help='words, "phrases", -without, fields (title: author: year: ...)',
    )
    added.add_argument(
        "--mode", type=Mode, choices=list(Mode), default=Mode.HYBRID, help="default: hybrid"
    )
    added.add_argument("--like", action="append", default=[], metavar="ID", help="more like this")
    added.add_argument("--unlike", action="append", default=[], metavar="ID", help="less like this")
    added.add_argument(
        "--sort", type=Sort, choices=list(Sort), default=Sort.RELEVANCE, help="default: relevance"
    )
    added.add_argument("--diverse", action="store_true", help="hits that are unlike each other")
    added.add_argument(
        "--quick", action="store_true", help="do not look for the telling sentence of each hit"
    )
    _with_filters(added)

    added = with_library(
        command("similar", commands.similar_papers, "List the papers nearest to one paper.", "")
    )
    added.add_argument("id", metavar="ID", help="the library's id, an arXiv id, a DOI ...")
    _with_filters(added)


def _with_statements(
    with_library: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    command: Callable[[str, Any, str, str], argparse.ArgumentParser],
) -> None:
    """Add the commands by which people say something of topics."""
    known = "id or name, as `explorer topics` lists them"
    told = "Give a topic a name of your own."
    added = with_library(command("rename", commands.rename_topic, told, _RENAME_EXAMPLES))
    added.add_argument("topic", metavar="TOPIC", help=known)
    added.add_argument("name", metavar="NAME", help="what to call it")

    told = "Make topics of one level a single one."
    added = with_library(command("merge", commands.merge_topics, told, _MERGE_EXAMPLES))
    added.add_argument("topics", nargs="+", metavar="TOPIC", help=f"two or more, each {known}")
    added.add_argument("--name", default="", help="what to call it (default: found anew)")

    told = "Hold the papers of a topic together."
    added = with_library(command("pin", commands.pin_topic, told, _PIN_EXAMPLES))
    added.add_argument("topic", metavar="TOPIC", help=known)
    added.add_argument("--name", default="", help="what to call it (default: its present name)")

    told = "List what was said of topics, or take one of it back."
    added = with_library(command("unsay", commands.take_back, told, _UNSAY_EXAMPLES))
    added.add_argument("number", nargs="?", type=_count, metavar="NUMBER", help="what to take back")


def _with_filters(added: argparse.ArgumentParser) -> None:
    added.add_argument("-k", type=_count, default=10, metavar="N", help="how many (default: 10)")
    added.add_argument("--topic", default="", help="only this topic, by id or name")
    added.add_argument("--source", default="", metavar="DIGEST", help="only from this digest")
    added.add_argument(
        "--year",
        type=_years,
        default=(None, None),
        metavar="YEARS",
        help="2023, 2020.., 2020..2023",
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _years(text: str) -> tuple[int | None, int | None]:
    first, dots, last = text.partition("..")
    if not (first + last).isdigit() or (not dots and not first):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of years, such as 2020..2023")
    begin = int(first) if first else None
    end = int(last) if last else None
    return (begin, end) if dots else (begin, begin)


if __name__ == "__main__":
    sys.exit(main())
