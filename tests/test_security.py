"""Each promise of ``SECURITY.md`` names tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from tests.helpers.corpus import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def promises(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each row of a table of promises with its tests, as (file, name)."""
    rows: list[tuple[str, list[tuple[str, str]]]] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
        elif line.startswith("| promise |"):
            inside = True
        elif inside and not line.startswith("|---"):
            rows.append((line.split("|")[1].strip(), _TEST.findall(line)))
    return rows


def missing(tests: list[tuple[str, str]]) -> list[str]:
    """Return the tests that are not there, each as ``file::name``."""
    absent = []
    for file, name in tests:
        path = ROOT / file
        tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
        names = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        if name not in names or not name.startswith("test_"):
            absent.append(f"{file}::{name}")
    return absent


@pytest.mark.parametrize(("promise", "tests"), promises(TEXT))
def test_each_promise_names_tests_that_exist(promise: str, tests: list[tuple[str, str]]) -> None:
    assert tests, f"no test holds: {promise}"
    assert missing(tests) == []


def test_every_test_that_is_named_stands_beside_a_promise() -> None:
    named = {test for _, tests in promises(TEXT) for test in tests}
    assert len(promises(TEXT)) > 20
    assert set(_TEST.findall(TEXT)) == named
    assert len(re.findall(r"::test_\w+", TEXT)) == len(_TEST.findall(TEXT))


def test_a_missing_test_and_a_promise_without_one_are_noticed() -> None:
    text = (
        "| promise | held by |\n|---|---|\n| a | `tests/test_security.py::test_gone` |\n| b | |\n"
    )
    (a, tests), (b, none) = promises(text)
    assert (a, b, none) == ("a", "b", [])
    assert missing(tests) == ["tests/test_security.py::test_gone"]
    assert missing([("tests/no_such_file.py", "test_x")]) == ["tests/no_such_file.py::test_x"]
