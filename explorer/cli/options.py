"""What the commands share: how one is added, kinds of values, how facts are told."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.desk.desk import ME, default_user
from explorer.library.store import DEFAULT_FOLDER

Run = Callable[[argparse.Namespace], int]


class Commands:
    """Where a group of commands adds its own; each has ``--library`` and ``--json``."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(
        self,
        name: str,
        run: Run,
        text: str,
        examples: str = "",
        printed: str = "one JSON document on stdout",
    ) -> argparse.ArgumentParser:
        """Add the command ``name``; ``run`` does its work and returns the exit code.

        Args:
            text: what it does, in a sentence.
            examples: shown below its options.
            printed: what ``--json`` prints.
        """
        added = self._parsers.add_parser(
            name,
            help=text,
            description=text,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help=printed)
        added.add_argument(
            "--library",
            type=Path,
            default=Path(os.environ.get("EXPLORER_LIBRARY", DEFAULT_FOLDER)),
            metavar="DIR",
            help=f"library folder (default: $EXPLORER_LIBRARY or {DEFAULT_FOLDER})",
        )
        return added


def with_user(added: argparse.ArgumentParser) -> None:
    """Add the option for the user whose desk it is."""
    default = default_user()
    added.add_argument(
        "--user",
        default=default,
        metavar="NAME",
        help=f"whose desk (default: $EXPLORER_USER or {ME})",
    )
    # The option's former name, for scripts.
    added.add_argument("--reader", dest="user", default=default, help=argparse.SUPPRESS)


def size(text: str) -> int:
    """Return the bytes that a size such as ``500M`` or ``2G`` means."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    found = round(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " ")) if match else 0
    if found < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 500M or 2G")
    return found


def count(text: str) -> int:
    """Return a number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def seconds(text: str) -> float:
    """Return a number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number


def years(text: str) -> tuple[int | None, int | None]:
    """Return the first and the last year of a range; None where it is open."""
    first, dots, last = text.partition("..")
    if not (first + last).isdecimal() or (not dots and not first):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of years, such as 2020..2023")
    begin = int(first) if first else None
    end = int(last) if last else None
    return (begin, end) if dots else (begin, begin)


def tell(facts: dict[str, Any], options: argparse.Namespace) -> int:
    """Print ``facts`` on the terminal or as JSON."""
    if options.json:
        print_json(facts)
    else:
        from explorer.cli.output.upkeep import show_facts

        show_facts({name.replace("_", " "): _as_text(value) for name, value in facts.items()})
    return 0


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_as_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_json(content: Any) -> None:
    """Print the one JSON document of a command."""
    print(json.dumps(content, ensure_ascii=False, indent=2))
