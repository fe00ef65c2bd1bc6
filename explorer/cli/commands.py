"""Parsers of ``explorer`` and its commands: groups, help in sections, suggestions for typos.

A group such as ``explorer topics`` has commands of its own. Its command comes right after its name;
without one, or with an option there, the group's default command runs.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from explorer import __version__
from explorer.cli.old_spellings import OLD_COMMANDS
from explorer.library.store import DEFAULT_FOLDER

Run = Callable[[argparse.Namespace], int]
_HELP = ("-h", "--help")
_NEAR = 0.6
"""Similarity from which a word counts as a typing error of another, from 0 to 1 (difflib)."""


class CommandParser(argparse.ArgumentParser):
    """A parser whose errors name the nearest valid command, option or value."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = [str(choice) for choice in action.choices]
        if isinstance(action, argparse._SubParsersAction):
            self.reject_command(str(value), names)
        raise argparse.ArgumentError(action, unknown_value(str(value), names))

    def reject_command(self, word: str, names: Iterable[str]) -> NoReturn:
        """End with the nearest command of this parser, an old spelling of one included."""
        known = {name: f"{self.prog} {name}" for name in names}
        if " " not in self.prog:
            known = {old: f"{self.prog} {new}" for old, new in OLD_COMMANDS.items()} | known
        near = [known[name] for name in nearest(word, known)]
        advice = f"Did you mean {_either(near)}?" if near else f"See `{self.prog} --help`."
        self.error(f"there is no command {word!r}. {advice}")

    def reject_rest(self, rest: Sequence[str]) -> NoReturn:
        """End with a message about the arguments that this parser has no use for."""
        word = rest[0]
        if not word.startswith("-"):
            self.error(f"unexpected argument {word!r}")
        option = word.partition("=")[0]
        near = nearest(option, self.option_names())
        advice = f"Did you mean {_either(near)}?" if near else f"See `{self.prog} --help`."
        self.error(f"there is no option {option}. {advice}")

    def option_names(self) -> list[str]:
        """Return the options that the help shows."""
        return [
            name
            for action in self._actions
            if action.help is not argparse.SUPPRESS
            for name in action.option_strings
        ]


class Commands:
    """The commands of ``explorer``, in sections; or those of one of its groups."""

    def __init__(self, parser: CommandParser, path: tuple[str, ...] = ()) -> None:
        self.parser = parser
        self._path = path
        self._subparsers = parser.add_subparsers(
            metavar="COMMAND",
            required=True,
            help=argparse.SUPPRESS,
            prog=parser.prog,
            parser_class=CommandParser,
        )
        self._listing: list[str] = []
        self.default = ""
        """The command that runs without a name; empty if there is none."""
        self.groups: dict[str, Commands] = {}
        self.parsers: dict[str, CommandParser] = {}

    def section(self, title: str) -> None:
        """Begin a section of the help."""
        self._list("", f"{title}:")

    def add(
        self,
        name: str,
        run: Run,
        text: str,
        examples: str = "",
        printed: str = "print one JSON document on stdout",
    ) -> CommandParser:
        """Add the command ``name``; ``run`` does its work and returns the exit code.

        Args:
            text: a sentence for the help.
            examples: shown below the options.
            printed: the help of ``--json``.
        """
        added = self._add_parser(name, text, examples)
        added.set_defaults(run=run, parser=added)
        added.add_argument("--json", action="store_true", help=printed)
        added.add_argument(
            "--library",
            type=Path,
            default=Path(os.environ.get("EXPLORER_LIBRARY", DEFAULT_FOLDER)),
            metavar="DIR",
            help=f"library folder (default: $EXPLORER_LIBRARY or {DEFAULT_FOLDER})",
        )
        return added

    def group(self, name: str, text: str, examples: str = "", default: str = "") -> Commands:
        """Add the group ``name``; ``default`` is its command that runs without a name."""
        parser = self._add_parser(name, text, examples)
        group = Commands(parser, (*self._path, name))
        group.default = default
        parser.usage = f"{parser.prog} COMMAND ..."
        if default:
            parser.usage = f"{parser.prog} [{default}] ...\n       {parser.usage}"
        self.groups[name] = group
        return group

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the options of one command, with its function as ``run``; exit with 2 if wrong."""
        words = self._with_default(arguments)
        if not words:
            self.parser.print_help(sys.stderr)
            self.parser.exit(2)
        options, rest = self.parser.parse_known_args(words)
        if rest:
            group = self.groups.get(words[0])
            if group is not None and rest[0] in group.parsers:
                group.parser.error(f"put the command first: {group.parser.prog} {rest[0]}")
            parser: CommandParser = options.parser
            parser.reject_rest(rest)
        return options

    def accepts(self, command: str, arguments: Sequence[str]) -> bool:
        """Return whether a command, such as ``topics edits``, has a use for all arguments."""
        name, _, inner = command.partition(" ")
        if inner:
            return self.groups[name].accepts(inner, arguments)
        return not self.parsers[name].parse_known_args(arguments)[1]

    def finish(self) -> None:
        """Write the list of commands into the help; call it when all are added."""
        listing = "\n".join(self._listing).strip("\n")
        if self._path:
            listing = f"commands:\n{listing}"
        if self.default:
            own = f"{self.parser.prog} {self.default}"
            listing += f"\n\nWithout a command: {self.default}, with the options of `{own} --help`."
        self.parser.description = f"{self.parser.description}\n\n{listing}"
        for group in self.groups.values():
            group.finish()

    def _add_parser(self, name: str, text: str, examples: str) -> CommandParser:
        self._list(name, text)
        parser: CommandParser = self._subparsers.add_parser(
            name,
            prog=f"{self.parser.prog} {name}",
            description=text,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.parsers[name] = parser
        return parser

    def _with_default(self, arguments: Sequence[str]) -> list[str]:
        """Return the arguments with a group's default command put in where none is given."""
        words = list(arguments)
        default = self.groups[words[0]].default if words and words[0] in self.groups else ""
        if default and (len(words) == 1 or (words[1].startswith("-") and words[1] not in _HELP)):
            words.insert(1, default)
        return words

    def _list(self, name: str, text: str) -> None:
        self._listing.append(f"  {name:<11} {text}" if name else f"\n{text}")


def top_parser(description: str, examples: str) -> CommandParser:
    """Return the parser of ``explorer`` itself, without its commands."""
    parser = CommandParser(
        prog="explorer",
        usage="explorer COMMAND ...",
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"explorer {__version__}",
        help="show the version and exit",
    )
    return parser


def unknown_value(value: str, names: Sequence[str]) -> str:
    """Return a message that names the valid values, the nearest first."""
    near = nearest(value, names)
    advice = f"Did you mean {_either(near)}? " if near else ""
    return f"{value!r} is not valid. {advice}Valid: {', '.join(names)}"


def nearest(word: str, names: Iterable[str]) -> list[str]:
    """Return the names that ``word`` may be a typing error of, nearest first; at most two."""
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=2, cutoff=_NEAR)
    return [by_folded[name] for name in near]


def _either(words: Sequence[str]) -> str:
    return " or ".join(f"`{word}`" for word in words)
