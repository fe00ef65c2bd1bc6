"""Commands in the documents, the help and the messages: all in their current spelling."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest

from explorer.cli.commands import Commands
from explorer.cli.old_spellings import current_spelling
from explorer.cli.program import all_commands
from tests.helpers.corpus import ROOT

_BLOCK = re.compile(r"```(?:console|sh)\n(.*?)```", re.DOTALL)
_LINE = re.compile(r"^ *(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?explorer (.*)$", re.MULTILINE)
_MENTION = re.compile(r"`explorer ([a-z]+)(?: ([a-z]+))?")
_DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_SOURCES = [*_DOCUMENTS, *sorted((ROOT / "explorer").rglob("*.py"))]


def _lines(text: str) -> list[str]:
    """Return the arguments of each command line, without its comment and what follows a pipe."""
    lines = _LINE.findall(text)
    return [re.split(r" {2,}| # | [|>]+ |2>| \|\|", line)[0] for line in lines if "$(" not in line]


def _help_texts(commands: Commands) -> Iterator[str]:
    yield commands.parser.format_help()
    for name, parser in commands.parsers.items():
        yield parser.epilog or ""
        if name in commands.groups:
            yield from _help_texts(commands.groups[name])


def _documented() -> set[str]:
    lines = [
        line
        for document in _DOCUMENTS
        for block in _BLOCK.findall(document.read_text(encoding="utf-8"))
        for line in _lines(block)
    ]
    for text in _help_texts(all_commands()):
        lines += _lines(text.partition("examples:")[2])
    return set(lines)


@pytest.mark.parametrize("line", sorted(_documented()))
def test_every_documented_command_line_is_valid(line: str) -> None:
    commands = all_commands()
    words, notices = current_spelling(shlex.split(line), commands.accepts)
    assert notices == []
    assert callable(commands.parse(words).run)


def test_every_command_mentioned_in_a_text_exists() -> None:
    commands = all_commands()
    unknown = []
    for source in _SOURCES:
        for name, inner in _MENTION.findall(source.read_text(encoding="utf-8")):
            group = commands.groups.get(name)
            if name not in commands.parsers or (group and inner and inner not in group.parsers):
                unknown.append(f"{source.relative_to(ROOT)}: explorer {name} {inner}")
    assert unknown == []
