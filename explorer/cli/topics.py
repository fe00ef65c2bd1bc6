"""The commands that tell of topics and news, and by which people say something of topics."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.api.json_format import (
    topic_edit_as_json,
    topic_profile_as_json,
    topics_as_json,
    whats_new_as_json,
)
from explorer.builds.apply_edits import EditOutcome, all_edits, merge, pin, rename, undo
from explorer.cli.options import Commands, count, print_json
from explorer.export import write_file
from explorer.export.tables import write_topics
from explorer.insights.topic_profile import topic_profile
from explorer.insights.trends import Order, in_order, trends
from explorer.insights.whats_new import moment_of, whats_new
from explorer.library.store import LibraryStore
from explorer.search.filters import find_topic

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


def add_topics(commands: Commands) -> None:
    """Add ``topics``, ``topic``, ``whats_new``, ``rename``, ``merge``, ``pin`` and ``undo``."""
    added = commands.add("topics", list_topics, "List the topics, coarse to fine.")
    added.add_argument(
        "--sort",
        type=Order,
        choices=list(Order),
        default=Order.SIZE,
        help="largest, newest or fastest growing first (default: size)",
    )
    added.add_argument("--csv", type=Path, metavar="FILE", help="write them as a table")

    added = commands.add("topic", tell_topic, "Tell all about one topic.")
    added.add_argument("name", metavar="NAME_OR_ID", help="as `explorer topics` lists them")

    told = "Tell which papers and topics are new."
    added = commands.add("news", tell_news, told, _NEWS_EXAMPLES)
    added.add_argument(
        "--since",
        default="",
        metavar="DATE_OR_MOMENT",
        help="a day or a moment, both ISO 8601 (default: the last update)",
    )
    added.add_argument(
        "-k", type=count, metavar="N", help="papers to list, the newest (default: all)"
    )
    _add_statements(commands)


def _add_statements(commands: Commands) -> None:
    """Add the commands by which people say something of topics."""
    known = "id or name, as `explorer topics` lists them"
    told = "Give a topic a name of your own."
    added = commands.add("rename", rename_topic, told, _RENAME_EXAMPLES)
    added.add_argument("topic", metavar="TOPIC", help=known)
    added.add_argument("name", metavar="NAME", help="what to call it")

    told = "Make topics of one level a single one."
    added = commands.add("merge", merge_topics, told, _MERGE_EXAMPLES)
    added.add_argument("topics", nargs="+", metavar="TOPIC", help=f"two or more, each {known}")
    added.add_argument("--name", default="", help="what to call it (default: found anew)")

    told = "Hold the papers of a topic together."
    added = commands.add("pin", pin_topic, told, _PIN_EXAMPLES)
    added.add_argument("topic", metavar="TOPIC", help=known)
    added.add_argument("--name", default="", help="what to call it (default: its present name)")

    told = "List your renames, merges and pins, or undo one."
    added = commands.add("unsay", take_back, told, _UNSAY_EXAMPLES)
    added.add_argument("number", nargs="?", type=count, metavar="NUMBER", help="what to take back")


def list_topics(options: argparse.Namespace) -> int:
    """List the topics, on the terminal, as JSON or as a table in a file."""
    generation = LibraryStore(options.library).open()
    found = trends(generation)
    levels = [in_order(level, found, options.sort) for level in generation.levels]
    topics = [topic for level in levels for topic in level]
    if options.csv is not None:
        write_file(options.csv, lambda file: write_topics(topics, found, generation.size, file))
    if options.json:
        print_json(topics_as_json(levels, found, generation.size))
    elif options.csv is not None:
        print(f"{len(topics):,} topics written to {options.csv}")
    else:
        from explorer.cli.output.topics import show_topics

        show_topics(levels, found, options.sort)
    return 0


def tell_topic(options: argparse.Namespace) -> int:
    """Tell all about one topic."""
    generation = LibraryStore(options.library).open()
    topic = find_topic(generation, options.name)
    found, dated = topic_profile(generation, topic), trends(generation)
    if options.json:
        print_json(topic_profile_as_json(generation, found, dated))
    else:
        from explorer.cli.output.topics import show_topic

        show_topic(generation, found, dated)
    return 0


def tell_news(options: argparse.Namespace) -> int:
    """Tell what is new since a moment, or since the last update."""
    since = moment_of(options.since) if options.since else None
    generation = LibraryStore(options.library).open()
    found = whats_new(generation, since)
    if options.json:
        print_json(whats_new_as_json(generation, found, options.k))
    else:
        from explorer.cli.output.topics import show_news

        show_news(generation, found, options.k)
    return 0


def rename_topic(options: argparse.Namespace) -> int:
    """Give a topic a name for good."""
    from explorer.cli.output.progress import build_progress

    with build_progress() as progress:
        said = rename(LibraryStore(options.library), options.topic, options.name, progress)
    return _tell_said(said, options)


def merge_topics(options: argparse.Namespace) -> int:
    """Make topics of one level a single one."""
    from explorer.cli.output.progress import build_progress

    with build_progress() as progress:
        said = merge(LibraryStore(options.library), options.topics, options.name, progress)
    return _tell_said(said, options)


def pin_topic(options: argparse.Namespace) -> int:
    """Hold the papers of a topic together."""
    from explorer.cli.output.progress import build_progress

    with build_progress() as progress:
        said = pin(LibraryStore(options.library), options.topic, options.name, progress)
    return _tell_said(said, options)


def _tell_said(said: EditOutcome, options: argparse.Namespace) -> int:
    if options.json:
        print_json(topic_edit_as_json(said))
    else:
        from explorer.cli.output.topics import show_said

        show_said([said])
    return 0


def take_back(options: argparse.Namespace) -> int:
    """Take back one thing that was said of topics, if it is numbered, and list the rest."""
    from explorer.cli.output.progress import build_progress
    from explorer.cli.output.topics import show_said

    library = LibraryStore(options.library)
    taken_back: list[int] = []
    if options.number is not None:
        with build_progress() as progress:
            taken_back.append(undo(library, options.number, progress).number)
    said = all_edits(library)
    if options.json:
        print_json({"taken_back": taken_back, "said": [topic_edit_as_json(one) for one in said]})
    else:
        show_said(said, taken_back)
    return 0
