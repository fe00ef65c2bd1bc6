"""The page of one paper: cite, open or find, export, marks, and why its neighbours are near."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from explorer.app import texts
from explorer.app.cite_menu import reference_as
from explorer.app.neighbours import reason_for
from explorer.builds.build import BuildOptions, build
from explorer.desk.desk import ReadingState, desk_of
from explorer.desk.marks import marks_of
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.papers.text import escape_markdown, plain
from explorer.search.similar import similar
from tests.app.test_page import _open, _text

pytestmark = pytest.mark.slow

_HOSTILE = 'A "title" & <script>alert(1)</script> [x](http://evil) #1?'


def _addresses(page: AppTest) -> dict[str, str]:
    links = [link.proto for link in page.get("link_button")]
    return {link.label.replace("\\", ""): link.url for link in links}


def test_a_paper_can_be_opened_exported_and_dismissed(
    library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = library.open()
    paper = generation.records[3]
    page = _open(library.folder, monkeypatch, repository, paper=paper.id)
    assert not page.exception
    labels = {popover.proto.popover.label for popover in page.get("popover")}
    assert {"Cite", "Export", "Tags & note", "Open" if paper.links else "Find"} <= labels
    page.button(key=f"dismiss-paper-{paper.id}").click().run()
    mark = marks_of(generation, desk_of(library.folder))[3]
    assert mark.state is ReadingState.NOT_FOR_ME
    page.button(key=f"dismiss-paper-{paper.id}").click().run()
    assert marks_of(generation, desk_of(library.folder)).of == {}


def test_links_go_to_known_pages_and_to_searches_for_any_title(
    tmp_path: Path, corpus: list[Paper], monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    first = {"title": _HOSTILE, "id": "W18-5115", "authors": ["Ada Byron", "C. Babbage"]}
    others = [{"title": paper.title, "abstract": paper.abstract} for paper in corpus[:12]]
    digest = tmp_path / "papers.jsonl"
    digest.write_text("\n".join(map(json.dumps, [first, *others])), encoding="utf-8")
    library = LibraryStore(tmp_path / "library")
    build(library, [digest], BuildOptions(model="hashing"))
    page = _open(library.folder, monkeypatch, repository, paper="W18-5115")
    assert not page.exception
    addresses = _addresses(page)
    assert addresses["ACL Anthology"] == "https://aclanthology.org/W18-5115"
    for name in ("Semantic Scholar", "Google Scholar", "arXiv"):
        (title, *_) = [values[0] for values in parse_qs(urlsplit(addresses[name]).query).values()]
        assert title == plain(_HOSTILE)
    for part in (*page.markdown, *page.caption, *page.header):
        assert "<script>" not in part.value
        assert "[x](http" not in part.value
    assert "No abstract available" in _text(page)
    assert r"Source\: papers\.jsonl\, line 1" in _text(page).replace("\u2060", "")


def test_a_reference_is_copied_without_the_abstract() -> None:
    paper = Paper("A title", "An abstract.", ("Ada Byron",), "1843", summary="A blurb.", id="p1")
    assert reference_as(paper, "bibtex").startswith("@misc{byron1843title-p1,")
    assert json.loads(reference_as(paper, "csl-json"))[0]["title"] == "A title"
    assert reference_as(paper, "apa") == "Byron, A. (1843). A title."
    for form in texts.CITATION_FORMS:
        assert "An abstract" not in reference_as(paper, form)
        assert "blurb" not in reference_as(paper, form)


def test_each_neighbour_says_who_when_and_why(
    library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    generation = library.open()
    row = next(row for row in range(generation.size) if generation.records[row].authors)
    page = _open(library.folder, monkeypatch, repository, paper=generation.records.ids[row])
    assert not page.exception
    for hit in similar(generation, generation.records.ids[row], 3).hits:
        reason = reason_for(generation, row, hit.row)
        assert reason
        assert reason in [part.value for part in page.markdown]
        byline = " ".join(part.value for part in page.caption)
        assert all(escape_markdown(author) in byline for author in hit.paper.authors[:3])
        assert hit.paper.published[:4] in byline
