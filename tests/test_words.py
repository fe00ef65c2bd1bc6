"""Names and docstrings use plain words: CONTRIBUTING.md, "Words", has the rule."""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
from collections.abc import Iterator

from tests.helpers.corpus import ROOT

PARTS = frozenset(("found", "told", "asked", "said"))
"""Parts that no identifier has: each stands for the name of a thing."""
OPENING = re.compile(r"(What|How|Where|Which|Who|Tell|Say|Ask)s?\b")
"""First words that no docstring has: a noun or an imperative verb comes first."""


def identifiers(code: str) -> Iterator[tuple[int, str]]:
    """Yield names with their lines, those that stand in comments and texts left out."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def docstrings(code: str) -> Iterator[tuple[int, str]]:
    """Yield docstrings with their lines, those of constants and attributes too."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str):
                yield node.lineno, text.strip()


def unwanted(code: str) -> Iterator[str]:
    """Yield each name and each docstring that breaks the rule, with its line."""
    for line, name in identifiers(code):
        if not hasattr(builtins, name) and PARTS & {part.lower() for part in words_of(name)}:
            yield f"line {line}: {name}"
    for line, text in docstrings(code):
        if OPENING.match(text):
            yield f"line {line}: {text.splitlines()[0]}"


def words_of(name: str) -> list[str]:
    """Return the words of a name in snake case or camel case."""
    return re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)


def test_names_and_docstrings_use_plain_words() -> None:
    modules = sorted((ROOT / "explorer").rglob("*.py"))
    assert modules
    hits = [
        f"{path.relative_to(ROOT)}, {hit}"
        for path in modules
        for hit in unwanted(path.read_text(encoding="utf-8"))
    ]
    assert hits == [], "\n".join(hits)


def test_the_scan_sees_every_kind_of_name_and_docstring() -> None:
    code = (
        '"""What is here."""\n'
        "class AskedTwice:\n"
        "    found_rows = 1\n"
        '    """Rows."""\n'
        "\n"
        "def told(*, newsSaid):\n"
        '    """Tells the time."""\n'
        "    foundation = 'said'  # asked\n"
        '    """Whole rows."""\n'
    )
    assert list(unwanted(code)) == [
        "line 2: AskedTwice",
        "line 3: found_rows",
        "line 6: told",
        "line 6: newsSaid",
        "line 1: What is here.",
        "line 7: Tells the time.",
    ]
