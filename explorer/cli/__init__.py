"""The command line: ``explorer COMMAND``; see ``explorer --help``.

Each module holds a group of commands: their options, and what each does with them. Exit codes: 0
done, 1 the work failed, 2 wrong usage or unusable input. With ``--json`` a command prints one JSON
document on standard output and nothing else there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from explorer import __version__
from explorer.cli.building import add_build
from explorer.cli.desk import add_desk
from explorer.cli.embedding import add_embed
from explorer.cli.exporting import add_export
from explorer.cli.following import add_following
from explorer.cli.options import Commands
from explorer.cli.page import add_app
from explorer.cli.searching import add_search
from explorer.cli.serving import add_serving
from explorer.cli.topics import add_topics
from explorer.cli.upkeep import add_upkeep
from explorer.errors import ExplorerError, UnusableInput

_GROUPS = (
    add_build,
    add_embed,
    add_search,
    add_topics,
    add_desk,
    add_following,
    add_export,
    add_upkeep,
    add_serving,
    add_app,
)
"""In the order in which ``--help`` lists their commands."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
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
    commands = Commands(parser)
    for add in _GROUPS:
        add(commands)
    return parser
