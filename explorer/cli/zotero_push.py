"""The command ``explorer push``: stars, tags and notes of the desk into Zotero."""

from __future__ import annotations

import argparse
import os
from typing import Any

from explorer.cli.commands import Commands
from explorer.cli.options import print_json, with_user
from explorer.desk.desk import desk_of
from explorer.desk.marks import marks_of
from explorer.export.zotero_push import (
    KEY_VARIABLE,
    ItemChange,
    PushPlan,
    PushResult,
    ZoteroServer,
    marked_items,
)
from explorer.library.store import LibraryStore

_EXAMPLES = f"""\
Without --apply, each change is listed and none is made. Tags, notes and memberships in collections
within "Literature Explorer" are added; nothing in Zotero is removed or overwritten. The API key is
read from ${KEY_VARIABLE} and sent to that server alone. docs/zotero.md has the details.

examples:
  explorer push --server https://api.zotero.org --to users/12345
  explorer push --server https://api.zotero.org --to users/12345 --apply
  explorer push --server https://api.zotero.org --to groups/77 --user ada
"""


def add_zotero_push(commands: Commands) -> None:
    """Add ``push``."""
    text = "Add stars, tags and notes to items in Zotero, through its API."
    added = commands.add("push", push_to_zotero, text, _EXAMPLES)
    added.add_argument(
        "--server", required=True, metavar="URL", help="address of the API to connect to"
    )
    added.add_argument(
        "--to",
        required=True,
        metavar="LIBRARY",
        help="library of Zotero to write to: users/ID or groups/ID",
    )
    added.add_argument(
        "--apply", action="store_true", help="make the changes; without it they are only listed"
    )
    with_user(added)


def push_to_zotero(options: argparse.Namespace) -> int:
    """List what Zotero lacks of the desk, and add it on request."""
    from explorer.cli.output.zotero_push import show_push

    server = ZoteroServer(options.server, options.to, os.environ.get(KEY_VARIABLE, "").strip())
    generation = LibraryStore(options.library).open()
    marks = marks_of(generation, desk_of(options.library, options.user))
    try:
        plan = server.plan(marked_items(generation, marks, options.to))
        result = server.push(plan) if options.apply and plan.changes else None
    finally:
        server.close()
    if options.json:
        print_json(_push_as_json(plan, result))
    else:
        show_push(plan, result)
    return 1 if result is not None and result.conflicts else 0


def _push_as_json(plan: PushPlan, result: PushResult | None) -> dict[str, Any]:
    return {
        "new_collections": list(plan.new_collections),
        "changes": list(map(_change_as_json, plan.changes)),
        "missing": [item.key for item in plan.missing],
        "written": None if result is None else [one.item.key for one in result.written],
        "conflicts": [] if result is None else [item.key for item in result.conflicts],
    }


def _change_as_json(change: ItemChange) -> dict[str, Any]:
    return {
        "item": change.item.key,
        "title": change.item.title,
        "tags": list(change.tags),
        "collections": list(change.collections),
        "note": change.note,
    }
