"""The Python interface: the examples of the docs, the notebook, a growing library."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

import explorer
from explorer import Library
from explorer.embedders import Embedder
from explorer.errors import EmbedderError, LibraryMissing, UnknownPaper, UnknownTopic
from explorer.library.store import LibraryStore
from explorer.search.model import Query
from explorer.search.search import search
from explorer.search.similar import similar
from tests.helpers.corpus import Growing


@pytest.fixture
def library(hashing_library: LibraryStore) -> Library:
    return Library(hashing_library.folder)


def test_a_search_is_the_search_of_the_page(library: Library) -> None:
    generation = library.generation
    for text in ("liver segmentation", "year:2020.. video", "author:byron"):
        wanted = search(generation, library.embedder(generation), Query(text), 8).hits
        assert library.search(text, k=8).hits == wanted
    assert library.search("liver", mode="lexical").mode == "lexical"
    example = generation.records.ids[0]
    assert example not in [hit.paper.id for hit in library.search(like=[example]).hits]
    told = library.search("organ boundary", k=3, why=True).hits
    assert all(hit.why.sentence in hit.paper.sentences for hit in told)


def test_the_examples_of_the_docs_run(
    hashing_library: LibraryStore, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (repository / "docs" / "scripting.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "library").symlink_to(hashing_library.folder)
    monkeypatch.chdir(tmp_path)
    named: dict[str, Any] = {}
    exec(lines, named)
    size = hashing_library.open().size
    assert len(named["hits"]) == 5
    assert len(named["near"]) == 10
    assert len(named["points"]) == size
    assert named["topics"].papers.max() <= size


def test_similar_papers_and_papers_by_any_id(library: Library) -> None:
    paper = next(paper for paper in library.generation.records if paper.arxiv)
    wanted = similar(library.generation, paper.id, 5).hits
    assert library.similar(paper.arxiv, k=5).hits == wanted
    assert library.paper(f"arXiv:{paper.arxiv}") == paper


def test_topics_are_a_table(library: Library) -> None:
    topics = library.topics()
    assert list(topics.index) == list(library.generation.topics)
    for level, of_level in topics.groupby("level"):
        assert of_level.papers.sum() == library.generation.size, level
    parents = set(topics.parent) - {""}
    assert parents <= set(topics.index)


def test_the_map_is_a_table(library: Library) -> None:
    points, generation = library.map(), library.generation
    assert list(points.index) == list(generation.records.ids)
    row = 7
    told = points.iloc[row]
    assert (told.x, told.y) == tuple(generation.positions[row])
    assert told.topic == generation.topics_of(row)[-1].label
    assert told.field == generation.topics_of(row)[0].label
    assert told.title == generation.records[row].readable_title


def test_unknown_ids_and_folders_are_reported(library: Library, tmp_path: Path) -> None:
    with pytest.raises(UnknownPaper):
        library.similar("nothing")
    with pytest.raises(UnknownTopic):
        library.search("x", topic="nothing")
    with pytest.raises(LibraryMissing):
        Library(tmp_path).search("x")
    with pytest.raises(AttributeError):
        explorer.nothing  # noqa: B018


def test_an_update_is_seen_by_the_next_call(growing: Growing) -> None:
    library = Library(growing.folder)
    first = library.generation
    assert library.generation is first
    growing.grow()
    assert library.generation.size > first.size
    assert len(library.map()) == library.generation.size


def test_the_notebook_runs(
    seed_library: LibraryStore, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("EXPLORER_LIBRARY", str(seed_library.folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(repository)]))
    notebook = nbformat.read(  # type: ignore[no-untyped-call]
        repository / "docs" / "explorer.ipynb", as_version=4
    )
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells), "stored without outputs"
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(repository)}}
    ).execute()
    printed = [
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert any("Text-to-Video" in text for text in printed)
    assert any(text.startswith("@") for text in printed)
    drawn = notebook.cells[-3].outputs[0].data
    assert "application/vnd.plotly.v1+json" in drawn


def test_a_page_of_filtered_papers_reads_no_other_papers(
    library: Library, rows_read: list[int]
) -> None:
    generation, query = library.generation, Query("has:abstract")
    everything = search(generation, None, query, generation.size).hits
    rows_read.clear()
    page = library.page(generation, query, 5, 30)
    assert page.results.hits == everything[30:35]
    assert page.more
    assert len(rows_read) <= 6
    assert not library.page(generation, query, 5, generation.size - 5).more


def test_filters_and_examples_open_no_model(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(model: str) -> Embedder:
        raise EmbedderError(f"{model} is not on this machine")

    monkeypatch.setattr("explorer.api.library.open_embedder", missing)
    generation = library.generation
    assert library.search("year:2020..").hits
    assert library.page(generation, Query("has:abstract"), 5, why=True).results.hits
    assert library.search(f"like:{generation.records.ids[0]}").hits
    with pytest.raises(EmbedderError):
        library.search("liver")
