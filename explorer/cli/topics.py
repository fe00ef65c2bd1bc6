"""The group ``explorer topics``: list and show topics; rename, merge and pin them."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.api.json_format import topic_profile_as_json, topics_as_json
from explorer.cli.commands import Commands
from explorer.cli.name_review import add_name_review
from explorer.cli.options import TOPIC, one_of, print_json
from explorer.cli.topic_edits import add_topic_edits
from explorer.export import write_file
from explorer.export.tables import write_topics
from explorer.insights.topic_profile import topic_profile
from explorer.insights.trends import Order, in_order, trends
from explorer.library.lookup import find_topic
from explorer.library.store import LibraryStore

_GROUP_EXAMPLES = """\
examples:
  explorer topics                                   list all topics
  explorer topics --sort growth --json              for scripts, fastest growing first
  explorer topics show t4
  explorer topics rename t4 "Serving language models"
  explorer topics merge "video editing" "video diffusion" --name "Video"
  explorer topics review                            keep, rename or merge the main topics
  explorer topics edits                             list your renames, merges and pins
  explorer topics undo 2
"""
_LIST_EXAMPLES = """\
examples:
  explorer topics
  explorer topics --sort newest
  explorer topics --csv topics.csv
"""
_SHOW_EXAMPLES = """\
examples:
  explorer topics show t4
  explorer topics show "KV cache" --json
"""


def add_topics(commands: Commands) -> None:
    """Add ``topics list``, ``show``, ``review``, and the commands that edit topics."""
    text = "List and show topics; rename, merge and pin them."
    group = commands.group("topics", text, _GROUP_EXAMPLES, default="list")

    added = group.add("list", list_topics, "List the topics, coarse to fine.", _LIST_EXAMPLES)
    added.add_argument(
        "--sort",
        type=one_of(Order),
        choices=list(Order),
        default=Order.SIZE,
        help="order of each level: largest, newest or fastest growing first (default: size)",
    )
    added.add_argument("--csv", type=Path, metavar="FILE", help="table to write the topics to")

    added = group.add("show", show_topic, "Show a topic.", _SHOW_EXAMPLES)
    added.add_argument("topic", metavar="TOPIC", help=TOPIC)

    add_name_review(group)
    add_topic_edits(group)


def list_topics(options: argparse.Namespace) -> int:
    """List the topics: on the terminal, as JSON, or as a table in a file."""
    generation = LibraryStore(options.library).open()
    dated = trends(generation)
    levels = [in_order(level, dated, options.sort) for level in generation.levels]
    topics = [topic for level in levels for topic in level]
    if options.csv is not None:
        write_file(options.csv, lambda file: write_topics(topics, dated, generation.size, file))
    if options.json:
        print_json(topics_as_json(levels, dated, generation.size))
    elif options.csv is not None:
        print(f"{len(topics):,} topics written to {options.csv}")
    else:
        from explorer.cli.output.topics import show_topics

        show_topics(generation, dated, options.sort)
    return 0


def show_topic(options: argparse.Namespace) -> int:
    """Show a topic: its place in the hierarchy, its trend, neighbours and papers."""
    generation = LibraryStore(options.library).open()
    topic = find_topic(generation, options.topic)
    profile, dated = topic_profile(generation, topic), trends(generation)
    if options.json:
        print_json(topic_profile_as_json(generation, profile, dated))
    else:
        from explorer.cli.output.topics import show_profile

        show_profile(generation, profile, dated)
    return 0
