"""``explorer review``: a review from its question to its diagram."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.cli import main
from explorer.library.store import LibraryStore

Run = Callable[..., Any]


@pytest.fixture
def run(
    hashing_library: LibraryStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command of the group and return its JSON, or its text without ``--json``."""
    monkeypatch.setenv("EXPLORER_DESK", str(tmp_path / "desk.sqlite"))

    def typed(*words: str, code: int = 0, as_json: bool = True) -> Any:
        capsys.readouterr()
        more = ["--json"] if as_json else []
        library = ["--library", str(hashing_library.folder)]
        assert main(["review", *words, *library, *more]) == code
        shown = capsys.readouterr()
        return json.loads(shown.out) if as_json else shown.out + shown.err

    return typed


def test_a_review_is_screened_to_its_end(run: Run, tmp_path: Path) -> None:
    begun = run("new", "video", "--question", "text to video", "--query", "video", "--best", "30")
    assert begun["papers"] == 30
    while papers := run("next", "video", "-k", "6")["papers"]:
        for paper in papers:
            is_relevant = "video" in paper["title"].lower()
            decision = "include" if is_relevant else "exclude"
            run("label", "video", decision, paper["id"], "--reason", "" if is_relevant else "other")
    status = run("status", "video")
    assert status["progress"]["probably_enough"]
    assert status["progress"]["surely_enough"]
    assert status["included"] + status["excluded"] == 30
    assert status["unscreened"] == 0
    assert run("undo", "video")["undone"] >= 1
    assert run("status", "video")["progress"]["unread"] >= 1
    files = {name: tmp_path / f"video.{name}" for name in ("ris", "csv", "svg")}
    for name in ("ris", "csv"):
        assert run("export", "video", str(files[name]))["papers"] == 30
    run("prisma", "video", str(files["svg"]))
    assert "Records identified (n = 30)" in files["svg"].read_text(encoding="utf-8")
    run("new", "copy")
    assert run("import", "copy", str(files["csv"]))["labelled"] >= 28
    assert run("log", "video", "--output", str(tmp_path / "log.jsonl"))["events"] > 60
    assert "conflicts" in run("conflicts", "video")
    assert [one["name"] for one in run("list")["reviews"]] == ["copy", "video"]


def test_texts_for_people_have_the_next_step(run: Run) -> None:
    assert "explorer review new" in run("list", as_json=False)
    assert "explorer review next all" in run("new", "all", as_json=False)
    shown = run("next", "all", as_json=False)
    assert "papers read, 0 included" in shown
    assert "Likely left: not known yet" in shown
    assert "No conflicts" in run("conflicts", "all", as_json=False)
    assert run("update", "all", as_json=False).startswith("0 papers appended")
    assert "all" in run("list", as_json=False)


def test_errors_name_the_next_step(run: Run, tmp_path: Path) -> None:
    assert "review list" in run("next", "none", code=2, as_json=False)
    run("new", "all")
    assert "already" in run("new", "all", code=2, as_json=False)
    assert "review next" in run("label", "all", "include", "no-such", code=2, as_json=False)
    assert ".csv or .ris" in run("export", "all", str(tmp_path / "x.doc"), code=2, as_json=False)
