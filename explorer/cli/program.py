"""All commands, and the way from a command line to the one that it names."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from explorer.cli.briefing import add_briefing
from explorer.cli.build import add_build
from explorer.cli.bus_errors import end_in_a_sentence
from explorer.cli.commands import Commands, top_parser
from explorer.cli.desk import add_desk
from explorer.cli.evaluate import add_evaluate
from explorer.cli.export import add_export
from explorer.cli.feeds import add_feeds
from explorer.cli.follow import add_follow
from explorer.cli.inspect import add_inspect
from explorer.cli.library import add_library
from explorer.cli.news import add_news
from explorer.cli.old_spellings import current_spelling
from explorer.cli.page import add_app
from explorer.cli.review import add_review
from explorer.cli.search import add_search
from explorer.cli.serving import add_serving
from explorer.cli.shards import add_shards
from explorer.cli.topics import add_topics
from explorer.cli.watch import add_watch
from explorer.cli.zotero import add_zotero
from explorer.cli.zotero_push import add_zotero_push
from explorer.library.store import DEFAULT_FOLDER, LibraryStore

_DESCRIPTION = "Search your paper digests by meaning, and see them as a map of topics."
_SECTIONS = {
    "Build": (add_build, add_feeds, add_zotero, add_watch, add_inspect, add_shards),
    "Search": (add_search, add_evaluate),
    "Topics": (add_topics,),
    "Desk and news": (add_desk, add_review, add_follow, add_news, add_briefing),
    "Export": (add_export, add_zotero_push),
    "Library": (add_library,),
    "Serve": (add_app, add_serving),
}
_EXAMPLES = """\
examples:
  explorer build ~/Downloads/digest.txt          add a digest to the library
  explorer app                                   open the map in the browser
  explorer search "text to video" --year 2024..  search by meaning and words
  explorer topics rename t4 "Video generation"   name a topic yourself
  explorer follow add "KV cache" --name serving  follow a search
  explorer export --format bibtex --query "is:starred" --output starred.bib

Each command has its own help: explorer search --help
Manual: README.md and docs/ in the project's folder
"""


def run_command(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name and return its exit code.

    Raises:
        ExplorerError: the work failed, or the input is unusable.
    """
    options = _parse(arguments)
    end_in_a_sentence()
    _name_foreign_owner(options)
    code: int = options.run(options)
    sys.stdout.flush()
    return code


def _name_foreign_owner(options: argparse.Namespace) -> None:
    """Print whose library it is where it is another user's: its texts come from that user."""
    library = LibraryStore(getattr(options, "library", None) or DEFAULT_FOLDER)
    if owner := library.foreign_owner:
        message = f"explorer: the library in {library.folder} belongs to {owner}."
        print(message, file=sys.stderr)


def all_commands() -> Commands:
    """Return the commands of ``explorer``, in the sections of its help."""
    commands = Commands(top_parser(_DESCRIPTION, _EXAMPLES))
    for title, adders in _SECTIONS.items():
        commands.section(title)
        for add in adders:
            add(commands)
    commands.finish()
    return commands


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    commands = all_commands()
    words, messages = current_spelling(arguments, commands.accepts)
    for message in messages:
        print(f"explorer: {message}", file=sys.stderr)
    return commands.parse(words)
