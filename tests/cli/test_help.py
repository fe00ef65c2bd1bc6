"""Help of every command and option, and errors that name the nearest valid spelling."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest

from explorer.cli import main
from explorer.cli.commands import CommandParser, Commands
from explorer.cli.old_spellings import OLD_COMMANDS, OLD_OPTIONS
from explorer.cli.program import all_commands

_BANNED = re.compile(
    r"\b(told|tells?|telling|said|say|says|asked|asks?|ask|finds?|found|unsay|nobody|somebody|"
    r"anew from|rests?|resting|how many|would pay|take back|taken back)\b",
    re.IGNORECASE,
)
_NO_BEGINNING = {"a", "as", "how", "that", "the", "these", "those", "what", "where", "which", "who"}
_VERBS = frozenset(
    "add answer build check embed export fetch follow keep list mark measure merge offer open "
    "remove rename restore review search serve show star stop undo update write".split()
)


def _parsers(commands: Commands) -> Iterator[CommandParser]:
    for name, parser in commands.parsers.items():
        yield parser
        if name in commands.groups:
            yield from _parsers(commands.groups[name])


_PARSERS = {parser.prog: parser for parser in _parsers(all_commands())}
_RUN = {prog: parser for prog, parser in _PARSERS.items() if parser.get_default("run")}


def _options(parser: CommandParser) -> list[argparse.Action]:
    shown = (action for action in parser._actions if action.help is not argparse.SUPPRESS)
    return [action for action in shown if "--help" not in action.option_strings]


@pytest.mark.parametrize("prog", _PARSERS)
def test_each_command_begins_with_a_verb_in_plain_words(prog: str) -> None:
    description = _PARSERS[prog].description or ""
    first = description.split(maxsplit=1)[0]
    assert first.lower() in _VERBS
    assert first[0].isupper()
    assert description.split("\n")[0].endswith(".")
    assert _BANNED.findall(_PARSERS[prog].format_help()) == []


@pytest.mark.parametrize("prog", _RUN)
def test_each_option_has_help_that_begins_with_a_plain_word(prog: str) -> None:
    options = _options(_RUN[prog])
    assert {"--json", "--library"} <= {name for option in options for name in option.option_strings}
    for option in options:
        text = option.help or ""
        assert text, option.dest
        first = re.split(r"[ ,:]", text)[0].lower()
        assert first not in _NO_BEGINNING | {"default"}, text
        assert not text.endswith("."), text


@pytest.mark.parametrize("prog", _PARSERS)
def test_each_command_shows_examples(prog: str) -> None:
    if any(option.dest not in ("json", "library", "user") for option in _options(_PARSERS[prog])):
        lines = (_PARSERS[prog].epilog or "").splitlines()
        assert "examples:" in lines
        assert any(line.startswith("  ") for line in lines[lines.index("examples:") :])


def test_the_help_lists_each_command_once_and_no_former_spelling(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    listed = re.findall(r"^  ([a-z]+)  ", shown, re.MULTILINE)
    assert listed == [prog.removeprefix("explorer ") for prog in _PARSERS if prog.count(" ") == 1]
    assert set(listed).isdisjoint(OLD_COMMANDS)
    helps = [parser.format_help() for parser in _PARSERS.values()]
    assert not any(old in text for text in helps for old in OLD_OPTIONS)


def test_without_a_command_the_help_goes_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Desk and news:" in shown.err


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        ("serch x", "`explorer search`"),
        ("renam t1 x", "`explorer topics rename`"),
        ("topics shw t1", "`explorer topics show`"),
        ("desk strr x", "`explorer desk star`"),
        ("follow list --jsn", "`--json`"),
        ("topics --json list", "explorer topics list"),
        ("search x --exlain", "`--no-explain`"),
        ("search x --mode lexcal", "`lexical`"),
        ("topics --sort groth", "`growth`"),
        ("export --format BibTeX", "`bibtex`"),
        ("desk mark to-raed x", "`to-read`"),
        ("build --topics fine", "`finer`"),
        ("briefing --format word", "Valid: markdown, html"),
        ("nonsense", "`explorer --help`"),
        ("stats everything", "unexpected argument 'everything'"),
    ],
)
def test_an_unknown_word_is_answered_with_the_nearest_valid_one(
    arguments: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("usage: ")
    assert advice in shown.err.splitlines()[-1]
