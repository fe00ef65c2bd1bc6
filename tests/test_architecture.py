"""Imports point one way, never in circles, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.corpus import ROOT

FOLDERS = (
    "papers",
    "readers",
    "embedders",
    "index",
    "topics",
    "library",
    "desk",
    "insights",
    "search",
    "map",
    "alerts",
    "evaluation",
    "builds",
    "doctor",
    "api",
    "export",
    "servers",
    "app",
    "cli",
)
"""From the ground up; a folder imports from itself and from those before it in this list.

Modules in ``explorer/`` itself lie below all folders, the two scripts above them.
"""
MOST_ENTRIES = 26
"""In ``explorer/``: more than this no one takes in at a glance."""

HEAVY = frozenset(
    "torch sentence_transformers transformers umap numba streamlit faiss plotly tantivy ray".split()
)
ENTRANCES = ("explorer.app", "streamlit_app")


def _name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    _name_of(path): path
    for path in (
        *sorted((ROOT / "explorer").rglob("*.py")),
        ROOT / "streamlit_app.py",
        ROOT / "index_build.py",
    )
}


def _walk(nodes: list[ast.stmt], *, inside: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield imports; those within functions only if ``inside``, those for types never."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _walk(node.orelse, inside=inside)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not inside:
            continue
        else:
            below = [child for child in ast.walk(node) if child is not node]
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from (n for n in below if isinstance(n, ast.Import | ast.ImportFrom))
            else:
                for field in ("body", "orelse", "finalbody", "handlers"):
                    for child in getattr(node, field, []):
                        nested = child.body if isinstance(child, ast.ExceptHandler) else [child]
                        yield from _walk(nested, inside=inside)


def imported(name: str, *, inside: bool) -> set[str]:
    """Return the full names of the modules that module ``name`` imports."""
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in _walk(tree.body, inside=inside):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        else:
            assert node.level == 0, f"{name}: relative import"
            assert node.module is not None
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {full for full in names if full in FILES}
            found |= modules or {node.module}
            if len(modules) < len(names):
                found.add(node.module)
    return found


def layer_of(name: str) -> int:
    """Return how far up a module of ours lies: 0 for ``explorer/`` itself, more for folders."""
    root, _, rest = name.partition(".")
    if root != "explorer":
        return len(FOLDERS) + 1
    folder = rest.partition(".")[0]
    return FOLDERS.index(folder) + 1 if folder in FOLDERS else 0


def test_each_folder_has_its_place() -> None:
    entries = {path.name for path in (ROOT / "explorer").iterdir() if path.name != "__pycache__"}
    assert {name for name in entries if (ROOT / "explorer" / name).is_dir()} == set(FOLDERS)
    assert len(entries) <= MOST_ENTRIES


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_point_down(name: str) -> None:
    if name == "explorer":  # the package itself imports the entry point on first use
        assert imported(name, inside=False) == {"typing"}
        return
    for other in imported(name, inside=True):
        if other.partition(".")[0] in {"explorer", "streamlit_app", "index_build"}:
            assert layer_of(other) <= layer_of(name), f"{name} imports {other}, which lies above it"


def test_no_modules_import_each_other_in_a_circle() -> None:
    arrows = {
        name: {other for other in imported(name, inside=True) if other in FILES} for name in FILES
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " > ".join((*path[path.index(name) :], name))
        if name not in done:
            for other in sorted(arrows[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in sorted(FILES):
        visit(name, ())
    assert arrows["explorer.builds.build"] >= {"explorer.library.store", "explorer.embedders.cache"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_only_the_page_imports_streamlit(name: str) -> None:
    roots = {other.partition(".")[0] for other in imported(name, inside=True)}
    if not any(name == entrance or name.startswith(f"{entrance}.") for entrance in ENTRANCES):
        assert "streamlit" not in roots


PROGRAMS = ("index_build", "explorer.cli", "explorer.embedders.openvino_export")
"""They end the process; that nothing else prints is for ruff to say (T20)."""
RUN_ALONE = {"explorer.cli.__main__"}
ENDINGS = frozenset(("exit", "quit", "sys.exit", "os._exit", "os.abort", "SystemExit"))


def endings(tree: ast.AST) -> list[str]:
    """Return what would end the process."""
    used = [
        node.func if isinstance(node, ast.Call) else node.exc
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.Raise)
    ]
    return [told for told in map(ast.unparse, filter(None, used)) if told in ENDINGS]


@pytest.mark.parametrize("name", sorted(FILES))
def test_only_programs_end_the_process(name: str) -> None:
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    if not any(name == program or name.startswith(f"{program}.") for program in PROGRAMS):
        assert endings(tree) == []


def test_what_ends_a_process_is_recognised() -> None:
    code = "def f():\n sys.exit(1)\n raise SystemExit\n raise SystemExit(2)\n raise\n exit()"
    assert sorted(endings(ast.parse(code))) == ["SystemExit", "SystemExit", "exit", "sys.exit"]
    assert endings(ast.parse(FILES["index_build"].read_text(encoding="utf-8"))) == ["sys.exit"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_heavy_modules_are_imported_where_they_are_used(name: str) -> None:
    roots = {other.partition(".")[0] for other in imported(name, inside=False)}
    allowed = {"streamlit"} if layer_of(name) >= layer_of("explorer.app") else set()
    assert roots & HEAVY <= allowed


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder != "app"])
def test_importing_loads_nothing_heavy(folder: str) -> None:
    modules = [name for name in FILES if name.startswith(f"explorer.{folder}.")]
    names = ", ".join(sorted(set(modules) - RUN_ALONE))
    assert names
    code = f"import sys, {names}; print(sorted({set(HEAVY)!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_importing_the_package_loads_none_of_it() -> None:
    code = "import sys, explorer; print(sorted(n for n in sys.modules if n.startswith('explorer')))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('numpy' in sys.modules); explorer.Library"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["['explorer']", "False"]


def test_the_checks_see_what_they_are_meant_to_see() -> None:
    assert "tantivy" in imported("explorer.index.full_text", inside=True)
    assert "tantivy" not in imported("explorer.index.full_text", inside=False)
    assert "explorer.app.state" in imported("explorer.app.page", inside=False)
    assert "streamlit" in imported("explorer.app.page", inside=False)
