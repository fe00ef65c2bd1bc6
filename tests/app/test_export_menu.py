"""The export menu on the page: how many papers of a ranking, marks, a progress bar for many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.app.export_menu import _Export
from explorer.desk.desk import DeskChange, desk_of
from explorer.desk.marks import mark_papers, marks_of
from explorer.export import ExportFormat
from explorer.library.store import LibraryStore
from tests.app.test_page import _open

pytestmark = pytest.mark.slow


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[_Export]:
    """The exports that the menus of the page offered, the last one last."""
    monkeypatch.setattr("explorer.app.export_menu._DEPTHS", (10, 20))
    made: list[_Export] = []
    initialise = _Export.__init__

    def recorded(self: _Export, *arguments: object) -> None:
        initialise(self, *arguments)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(_Export, "__init__", recorded)
    return made


def test_more_papers_than_are_listed_can_be_exported(
    library: LibraryStore,
    exports: list[_Export],
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
) -> None:
    page = _open(library.folder, monkeypatch, repository, q="learning")
    assert not page.exception
    depth = page.segmented_control(key="export-depth-hits")
    papers = library.open().size
    assert depth.options == ["10", "20", f"All {papers}"]
    assert len(exports[-1].rows()) == exports[-1].size == 10
    depth.set_value(20).run()
    assert not page.exception
    first, twenty = exports[0].rows(), exports[-1].rows()
    assert (len(twenty), list(twenty[:10])) == (20, list(first))
    page.segmented_control(key="export-depth-hits").set_value(papers).run()
    assert len(exports[-1].content(ExportFormat.JSONL).splitlines()) == papers


def test_all_that_match_are_those_that_pass_the_filters_chosen_on_the_page(
    library: LibraryStore,
    exports: list[_Export],
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
) -> None:
    _open(library.folder, monkeypatch, repository, q="diffusion", mode="lexical")
    every = exports[-1].size
    chosen = {"mode": "lexical", "only": "year:2024"}
    page = _open(library.folder, monkeypatch, repository, q="diffusion", **chosen)
    assert not page.exception
    assert 0 < len(exports[-1].rows()) == exports[-1].size < every


def test_a_large_file_is_written_with_a_progress_bar_and_then_offered(
    library: LibraryStore,
    exports: list[_Export],
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
) -> None:
    monkeypatch.setattr("explorer.app.export_menu._AT_ONCE", 20)
    page = _open(library.folder, monkeypatch, repository, q="learning")
    page.segmented_control(key="export-depth-hits").set_value(library.open().size).run()
    page.button(key="export-hits-bibtex-large").click().run()
    assert not page.exception
    (offered,) = page.get("download_button")
    assert offered.proto.label.replace("\\", "") == "Save learning.bib"
    done: list[tuple[int, int]] = []
    exports[-1].content(ExportFormat.BIBTEX, lambda *step: done.append(step))
    assert done[-1] == (library.open().size,) * 2


def test_tags_and_notes_are_exported_unless_the_visitor_takes_them_out(
    library: LibraryStore,
    exports: list[_Export],
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
) -> None:
    page = _open(library.folder, monkeypatch, repository, q="learning")
    assert not [box for box in page.checkbox if box.key == "export-marks-hits"]
    generation, desk = library.open(), desk_of(library.folder)
    row = exports[-1].rows()[0]
    change = DeskChange(add_tags=("thesis",), note="Compare figure 3")
    mark_papers(generation, desk, [generation.records.ids[row]], change)
    page.run()
    first = json.loads(exports[-1].content(ExportFormat.CSL_JSON))[0]
    assert first["keyword"].startswith("thesis")
    assert first["note"].startswith("Compare figure 3")
    page.checkbox(key="export-marks-hits").uncheck().run()
    assert "Compare figure 3" not in exports[-1].content(ExportFormat.CSL_JSON)
    assert marks_of(generation, desk)[row].note
