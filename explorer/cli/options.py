"""Options that commands share, types of values, and the output of labelled values."""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from explorer.cli.commands import unknown_value
from explorer.cli.output.harmless import harmless_json
from explorer.desk.desk import ME, default_user
from explorer.readers import reader_names

_Choice = TypeVar("_Choice", bound=StrEnum)
ANY_ID = "paper, by any of its ids (the library's, arXiv, DOI)"
"""Help of an argument that takes any id of a paper."""
TOPIC = "topic, by id or name (`explorer topics` lists both)"
"""Help of an argument that takes a topic."""


def with_user(added: argparse.ArgumentParser) -> None:
    """Add the option that chooses the desk."""
    added.add_argument(
        "--user",
        default=default_user(),
        metavar="NAME",
        help=f"user whose desk it is (default: $EXPLORER_USER or {ME})",
    )


def with_since(added: argparse.ArgumentParser, default: str) -> None:
    """Add the option that gives the moment from which papers are new."""
    added.add_argument(
        "--since",
        default="",
        metavar="DATE_OR_MOMENT",
        help=f"date or moment, ISO 8601 ({default})",
    )


def with_force(added: argparse.ArgumentParser) -> None:
    """Add the option that names the format of digests."""
    added.add_argument(
        "--force",
        type=digest_format,
        default="",
        metavar="FORMAT",
        help="read the named files as this format, whatever they look like, and accept the result "
        "unchecked (`explorer inspect` names the formats that it recognises)",
    )


def digest_format(text: str) -> str:
    """Return the name of a digest format; empty for none in particular."""
    if text and text not in reader_names():
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a format; there are {', '.join(reader_names())}"
        )
    return text


def size(text: str) -> int:
    """Return a size such as ``500M`` or ``2G`` in bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    bytes_ = round(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " ")) if match else 0
    if bytes_ < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 500M or 2G")
    return bytes_


def count(text: str) -> int:
    """Return a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def port(text: str) -> int:
    """Return the number of a port; 0 means any free one."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, from 0 to 65535")
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
        raise argparse.ArgumentTypeError(f"{text!r} is not a range of years, such as 2020..2023")
    begin = int(first) if first else None
    end = int(last) if last else None
    return (begin, end) if dots else (begin, begin)


def one_of(kind: type[_Choice]) -> Callable[[str], _Choice]:
    """Return a function that reads a value of ``kind``; its errors name the nearest one."""

    def read(text: str) -> _Choice:
        if text not in list(kind):
            raise argparse.ArgumentTypeError(unknown_value(text, [str(choice) for choice in kind]))
        return kind(text)

    return read


def print_values(values: dict[str, Any], options: argparse.Namespace) -> int:
    """Print labelled values, as a table or as JSON, and return exit code 0."""
    if options.json:
        print_json(values)
    else:
        from explorer.cli.output.library import print_table

        print_table({name.replace("_", " "): _as_text(value) for name, value in values.items()})
    return 0


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_as_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_json(content: Any) -> None:
    """Print the one JSON document of a command."""
    print(as_json(content, indent=2))


def as_json(content: Any, indent: int | None = None) -> str:
    """Return ``content`` as a JSON document that no terminal obeys."""
    return harmless_json(json.dumps(content, ensure_ascii=False, indent=indent))
