"""The benchmarks start: each is there, imports what exists, and says how it is called."""

from __future__ import annotations

import ast
import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.__main__ import ALL, EVERYDAY, PAGE, RESULTS, main
from tests.helpers.corpus import ROOT

NEED_ARGUMENTS = (
    "map_quality",
    "retrieval",
    "search",
    "typos",
    "nothing_close",
    "follow_replay",
    "beside_txtai",
    "topics",
    "growth",
    "author_queries",
    "pdfs",
    "taste",
)
MODULES = sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", ALL)
def test_a_benchmark_can_be_measured_and_is_described(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert callable(module.measure)
    heading, _, rest = (module.__doc__ or "").partition("\n")
    assert heading.strip()
    assert rest.strip()


@pytest.mark.parametrize("name", NEED_ARGUMENTS)
def test_a_benchmark_without_its_data_prints_its_usage(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    with pytest.raises(SystemExit) as end:
        module.measure([])
    assert f"python -m benchmarks {name}" in str(end.value)


def test_help_lists_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    before = RESULTS.read_bytes(), PAGE.read_bytes()
    main(["--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in ALL)
    assert set(EVERYDAY) <= set(ALL)
    assert (RESULTS.read_bytes(), PAGE.read_bytes()) == before


def test_an_unknown_benchmark_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(SystemExit) as end:
        main(["speed"])
    assert "speed: no such benchmark" in str(end.value)
    assert all(name in str(end.value) for name in ALL)


def programs_in(tree: ast.Module) -> list[ast.Module]:
    """Return the Python programs that a module holds as text, to run in other processes."""
    return [
        ast.parse(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "\nimport " in node.value
        and "\nfrom explorer" in node.value
    ]


def missing_imports(tree: ast.Module) -> list[str]:
    """Return the names of the product and the benchmarks that are imported and do not exist."""
    missing: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("explorer.")]
            missing += [name for name in names if find_spec(name) is None]
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.partition(".")[0] not in ("explorer", "benchmarks"):
                continue
            module = importlib.import_module(node.module)
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_package = hasattr(module, "__path__")
                if not hasattr(module, alias.name) and not (is_package and find_spec(full)):
                    missing.append(full)
    return missing


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_imports_exist_also_in_functions_and_in_programs_held_as_text(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for program in (tree, *programs_in(tree)):
        assert missing_imports(program) == []


def test_programs_held_as_text_are_seen() -> None:
    modules = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
    held = {name for name, tree in modules.items() if programs_in(tree)}
    assert {"reading", "interrupted"} <= held
    assert missing_imports(ast.parse("from explorer.files import no_such_name")) != []
