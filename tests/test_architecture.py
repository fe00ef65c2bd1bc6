"""Imports point one way, never in circles, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
    "learning",
    "search",
    "map",
    "alerts",
    "builds",
    "evaluation",
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
"""In ``explorer/``: a list that can be taken in at a glance."""

HEAVY = frozenset(
    "torch sentence_transformers transformers umap numba streamlit faiss plotly tantivy ray".split()
)
ENTRANCES = ("explorer.app", "streamlit_app")
SCRIPTS = ("streamlit_app", "index_build")
SHARED_NAMES = {
    "main": "each program's entry point",
    "needs_model": "whether a followed search, or a query, has text to embed",
    "newest_first": "by date in a search, and by arrival in a followed search",
    "open_embedder": "the entry point of each embedder's module, and the one that chooses",
    "printable": "escapes in a finding, and lone surrogates in any text",
    "show_desk": "on the page and in the terminal",
    "show_topic": "on the page and in the terminal",
    "writing": "a transaction in the desk's database, and a file replaced as one",
}
"""Public functions that two modules define, each with the reason."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the product, parsed once."""

    name: str
    tree: ast.Module

    @property
    def layer(self) -> int:
        """0 for modules in ``explorer/`` itself, 1 for the lowest folder, and so on."""
        root, _, rest = self.name.partition(".")
        if root != "explorer":
            return len(FOLDERS) + 1
        folder = rest.partition(".")[0]
        return FOLDERS.index(folder) + 1 if folder in FOLDERS else 0

    def is_in(self, *names: str) -> bool:
        """Return whether the module is one of ``names`` or lies in one."""
        return any(self.name == name or self.name.startswith(f"{name}.") for name in names)


def _name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    _name_of(path): Module(_name_of(path), ast.parse(path.read_text(encoding="utf-8")))
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


@cache
def imported(name: str, *, inside: bool) -> frozenset[str]:
    """Return the full names of the modules that module ``name`` imports."""
    names: set[str] = set()
    for node in _walk(MODULES[name].tree.body, inside=inside):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        else:
            assert node.level == 0, f"{name}: relative import"
            assert node.module is not None
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {each for each in full if each in MODULES}
            names |= modules or {node.module}
            if len(modules) < len(full):
                names.add(node.module)
    return frozenset(names)


def roots(names: Iterable[str]) -> set[str]:
    """Return the packages that modules belong to."""
    return {name.partition(".")[0] for name in names}


def public_definitions(
    kind: type[ast.ClassDef] | type[ast.FunctionDef],
) -> dict[str, list[str]]:
    """Return the modules that define each public class or function at module level."""
    where: dict[str, list[str]] = defaultdict(list)
    for module in MODULES.values():
        for node in module.tree.body:
            if isinstance(node, kind) and not node.name.startswith("_"):
                where[node.name].append(module.name)
    return where


def test_folders_match_the_list() -> None:
    entries = {path.name for path in (ROOT / "explorer").iterdir() if path.name != "__pycache__"}
    assert {name for name in entries if (ROOT / "explorer" / name).is_dir()} == set(FOLDERS)
    assert len(entries) <= MOST_ENTRIES


def test_public_classes_have_names_of_their_own() -> None:
    classes = public_definitions(ast.ClassDef)
    assert len(classes) > 100
    assert {name: where for name, where in classes.items() if len(where) > 1} == {}


def test_public_functions_have_names_of_their_own() -> None:
    functions = public_definitions(ast.FunctionDef)
    assert len(functions) > 200
    shared = {name: where for name, where in functions.items() if len(where) > 1}
    assert shared.keys() - SHARED_NAMES.keys() == set(), shared
    assert SHARED_NAMES.keys() - shared.keys() == set(), "no longer shared: remove from the list"


def test_imports_point_down() -> None:
    # The package itself imports the entry point on first use.
    assert imported("explorer", inside=False) == {"typing"}
    upward = [
        f"{name} imports {other}"
        for name, module in MODULES.items()
        if name != "explorer"
        for other in imported(name, inside=True)
        if other in MODULES and MODULES[other].layer > module.layer
    ]
    assert upward == []


def test_imports_form_no_circle() -> None:
    arrows = {
        name: {other for other in imported(name, inside=True) if other in MODULES}
        for name in MODULES
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " > ".join((*path[path.index(name) :], name))
        if name not in done:
            for other in sorted(arrows[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in sorted(MODULES):
        visit(name, ())
    assert done == set(MODULES)
    assert arrows["explorer.builds.build"] >= {"explorer.library.store", "explorer.embedders.cache"}


def test_only_the_page_imports_streamlit() -> None:
    users = {name for name in MODULES if "streamlit" in roots(imported(name, inside=True))}
    assert "explorer.app.page" in users
    assert [name for name in users if not MODULES[name].is_in(*ENTRANCES)] == []


PROGRAMS = (
    "index_build",
    "explorer.cli",
    "explorer.embedders.openvino_export",
    "explorer.readers.reading_program",
)
"""Modules that may end the process. Printing is left to ruff (T20)."""
RUN_ALONE = ("explorer.cli.__main__",)
ENDINGS = frozenset(("exit", "quit", "sys.exit", "os._exit", "os.abort", "SystemExit"))


def endings(tree: ast.AST) -> list[str]:
    """Return the calls and exceptions that end the process."""
    used = [
        node.func if isinstance(node, ast.Call) else node.exc
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.Raise)
    ]
    return [call for call in map(ast.unparse, filter(None, used)) if call in ENDINGS]


def test_only_programs_end_the_process() -> None:
    others = [module for module in MODULES.values() if not module.is_in(*PROGRAMS)]
    assert len(others) > 100
    assert {module.name: endings(module.tree) for module in others if endings(module.tree)} == {}


def test_calls_that_end_a_process_are_recognised() -> None:
    code = "def f():\n sys.exit(1)\n raise SystemExit\n raise SystemExit(2)\n raise\n exit()"
    assert sorted(endings(ast.parse(code))) == ["SystemExit", "SystemExit", "exit", "sys.exit"]
    assert endings(MODULES["index_build"].tree) == ["sys.exit"]


def test_heavy_modules_are_imported_where_they_are_used() -> None:
    heavy = {
        name: roots(imported(name, inside=False))
        & (HEAVY - ({"streamlit"} if MODULES[name].is_in(*ENTRANCES) else set()))
        for name in MODULES
    }
    assert {name: packages for name, packages in heavy.items() if packages} == {}


def python(code: str) -> str:
    """Run ``code`` in a process of its own and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


def test_importing_loads_nothing_heavy() -> None:
    pages = ("explorer.app", *RUN_ALONE)
    names = [name for name, module in MODULES.items() if not module.is_in(*pages, *SCRIPTS)]
    assert {name.split(".")[1] for name in names if name.count(".") > 1} == {*FOLDERS} - {"app"}
    code = f"""
import sys
from importlib import import_module
loaded = set()
for name in {names!r}:
    import_module(name)
    new = {set(HEAVY)!r} & set(sys.modules) - loaded
    loaded |= new
    if new:
        print(name, "loads", *sorted(new))
"""
    assert python(code) == ""


def test_importing_the_package_loads_none_of_it() -> None:
    code = "import sys, explorer; print(sorted(n for n in sys.modules if n.startswith('explorer')))"
    printed = python(f"{code}; print('numpy' in sys.modules); explorer.Library")
    assert printed.splitlines() == ["['explorer']", "False"]


def test_the_checks_see_imports_inside_and_outside_functions() -> None:
    assert "tantivy" in imported("explorer.index.full_text", inside=True)
    assert "tantivy" not in imported("explorer.index.full_text", inside=False)
    assert "explorer.app.url" in imported("explorer.app.page", inside=False)
    assert "streamlit" in imported("explorer.app.page", inside=False)
