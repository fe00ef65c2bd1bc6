"""The commands of ``explorer topics`` that edit topics, and list and undo the edits."""

from __future__ import annotations

import argparse

from explorer.api.json_format import topic_edit_as_json
from explorer.builds.apply_edits import EditOutcome, all_edits, merge, pin, rename, undo
from explorer.cli.commands import Commands
from explorer.cli.options import TOPIC, count, print_json
from explorer.library.store import LibraryStore

_RENAME_EXAMPLES = """\
The name is kept through all later builds. `explorer topics undo` reverts it.

examples:
  explorer topics rename t4 "Serving language models"
  explorer topics rename "KV cache" "Memory of language models"
"""
_MERGE_EXAMPLES = """\
The topics stay merged through all later builds. `explorer topics undo` reverts it.

examples:
  explorer topics merge t4 t7
  explorer topics merge "video editing" "video diffusion" --name "Video"
"""
_PIN_EXAMPLES = """\
The papers of a pinned topic stay together under its name through all later builds. New papers join
if they are close to them. `explorer topics undo` reverts it.

examples:
  explorer topics pin t4
  explorer topics pin "KV cache" --name "My thesis"
"""
_EDITS_EXAMPLES = """\
Each edit has a number, for `explorer topics undo`. An edit is inactive while no topic matches it.

examples:
  explorer topics edits
  explorer topics edits --json
"""
_UNDO_EXAMPLES = """\
examples:
  explorer topics edits                  list the edits and their numbers
  explorer topics undo 3                 undo edit 3
"""


def add_topic_edits(group: Commands) -> None:
    """Add ``rename``, ``merge``, ``pin``, ``edits`` and ``undo``."""
    added = group.add("rename", rename_topic, "Rename a topic.", _RENAME_EXAMPLES)
    added.add_argument("topic", metavar="TOPIC", help=TOPIC)
    added.add_argument("name", metavar="NAME", help="new name")

    added = group.add("merge", merge_topics, "Merge topics of one level.", _MERGE_EXAMPLES)
    added.add_argument("topics", nargs="+", metavar="TOPIC", help=f"{TOPIC}; two or more")
    added.add_argument(
        "--name", default="", help="name of the merged topic (default: chosen automatically)"
    )

    added = group.add("pin", pin_topic, "Keep a topic together in later builds.", _PIN_EXAMPLES)
    added.add_argument("topic", metavar="TOPIC", help=TOPIC)
    added.add_argument("--name", default="", help="name of the topic (default: its present name)")

    group.add("edits", list_edits, "List your renames, merges and pins.", _EDITS_EXAMPLES)

    added = group.add("undo", undo_edit, "Undo a rename, merge or pin.", _UNDO_EXAMPLES)
    added.add_argument(
        "number", type=count, metavar="N", help="number of the edit (`explorer topics edits`)"
    )


def rename_topic(options: argparse.Namespace) -> int:
    """Rename a topic, for later builds too."""
    from explorer.cli.output.progress import build_progress

    with build_progress() as progress:
        outcome = rename(LibraryStore(options.library), options.topic, options.name, progress)
    return _print_edit(outcome, options)


def merge_topics(options: argparse.Namespace) -> int:
    """Merge topics of one level, for later builds too."""
    from explorer.cli.output.progress import build_progress

    with build_progress() as progress:
        outcome = merge(LibraryStore(options.library), options.topics, options.name, progress)
    return _print_edit(outcome, options)


def pin_topic(options: argparse.Namespace) -> int:
    """Keep the papers of a topic together in later builds."""
    from explorer.cli.output.progress import build_progress

    with build_progress() as progress:
        outcome = pin(LibraryStore(options.library), options.topic, options.name, progress)
    return _print_edit(outcome, options)


def list_edits(options: argparse.Namespace) -> int:
    """List the edits of topics."""
    return _print_edits(LibraryStore(options.library), options, undone=[])


def undo_edit(options: argparse.Namespace) -> int:
    """Undo an edit, and list the others."""
    from explorer.cli.output.progress import build_progress

    library = LibraryStore(options.library)
    with build_progress() as progress:
        edit = undo(library, options.number, progress)
    return _print_edits(library, options, undone=[edit.number])


def _print_edit(outcome: EditOutcome, options: argparse.Namespace) -> int:
    if options.json:
        print_json(topic_edit_as_json(outcome))
    else:
        from explorer.cli.output.topics import show_edits

        show_edits([outcome])
    return 0


def _print_edits(library: LibraryStore, options: argparse.Namespace, undone: list[int]) -> int:
    outcomes = all_edits(library)
    if options.json:
        print_json(
            {"undone": undone, "edits": [topic_edit_as_json(outcome) for outcome in outcomes]}
        )
    else:
        from explorer.cli.output.topics import show_edits

        show_edits(outcomes, undone)
    return 0
