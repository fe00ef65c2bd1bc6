"""A judged collection is ranked as a library is: every mode, every record, nothing typed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.builds.progress import Silence
from explorer.cli import main
from explorer.embedders import open_embedder
from explorer.evaluation.beir import Collection, JudgedQuery
from explorer.evaluation.benchmark import evaluate, open_collection, score_queries
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.model import Mode, Query
from explorer.search.ranking import ranked_rows
from explorer.search.search import search


@pytest.fixture
def collection(corpus: list[Paper]) -> Collection:
    """The corpus; each of its titles asks for the paper itself and the two beside it."""
    papers = tuple(replace(paper, id=f"d{i}") for i, paper in enumerate(corpus))
    queries = tuple(
        JudgedQuery(f"q{i}", paper.title, "", {f"d{i}": 2.0, f"d{i + 1}": 1.0, f"d{i + 2}": 0.0})
        for i, paper in enumerate(papers[:38])
    )
    return Collection(papers, queries)


def _write(collection: Collection, folder: Path) -> Path:
    folder.mkdir()
    corpus = [{"_id": p.id, "title": p.title, "text": p.abstract} for p in collection.papers]
    queries = [{"_id": q.id, "text": q.text} for q in collection.queries]
    for name, rows in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        (folder / name).write_text("\n".join(map(json.dumps, rows)) + "\n")
    lines = [f"{q.id}\t{d}\t{g}" for q in collection.queries for d, g in q.grades.items()]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "\n".join(lines) + "\n")
    return folder


def test_the_command_prints_each_mode_and_the_second_run_embeds_nothing(
    collection: Collection,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    folder = str(_write(collection, tmp_path / "set"))
    outputs: list[Any] = []
    for _ in range(2):
        assert main(["evaluate", folder, "--model", "hashing", "--json"]) == 0
        outputs.append(json.loads(capsys.readouterr().out))
    first, second = outputs
    assert [first.pop("embedded"), second.pop("embedded")] == [40, 0]
    assert first == second
    assert (first["papers"], first["queries"]) == (40, 38)
    assert set(first["modes"]) == {"hybrid", "dense", "lexical"}
    for mode in first["modes"].values():
        assert set(mode) == {"ndcg@10", "recall@100"}
        for figure in mode.values():
            assert 0 < figure["low"] <= figure["value"] <= figure["high"] <= 1
    assert main(["evaluate", folder, "--model", "hashing"]) == 0
    assert "38 judged queries, 40 papers" in capsys.readouterr().out


def test_two_records_with_one_title_are_two_documents(tmp_path: Path) -> None:
    twins = [Paper(title="The very same long title", abstract=f"Text {i}.") for i in range(2)]
    papers = tuple(replace(paper, id=f"d{i}") for i, paper in enumerate(twins))
    collection = Collection(papers, (JudgedQuery("q", "same title", "", {"d0": 1.0, "d1": 1.0}),))
    evaluation = evaluate(collection, open_embedder("hashing"), tmp_path)
    assert {of.recall for of in evaluation.modes.values()} == {(1.0,)}


def test_the_paper_that_a_query_is_made_of_is_left_out(
    collection: Collection, tmp_path: Path
) -> None:
    own = replace(collection.queries[4], own_paper="d4", grades={"d4": 1.0})
    judged = Collection(collection.papers, (own,))
    evaluation = evaluate(judged, open_embedder("hashing"), tmp_path)
    assert {of.ndcg for of in evaluation.modes.values()} == {(0.0,)}


def test_marks_in_a_judged_query_are_plain_words(collection: Collection, tmp_path: Path) -> None:
    marked = replace(collection.queries[0], text='"liver -segmentation" year:1900 CT scans', id="m")
    plain = replace(marked, text="liver segmentation year 1900 CT scans")
    embedder = open_embedder("hashing")
    both = Collection(collection.papers, (marked, plain))
    with open_collection(both, embedder, tmp_path, Silence()) as opened:
        rows = [
            ranked_rows(opened.generation, None, q.text, Mode.LEXICAL, 20) for q in both.queries
        ]
    assert rows[0] == rows[1]
    assert rows[0]


@pytest.mark.parametrize("mode", list(Mode))
def test_ranked_rows_are_what_search_finds_where_nothing_is_named(
    mode: Mode, hashing_library: LibraryStore
) -> None:
    generation, embedder = hashing_library.open(), open_embedder("hashing")
    text = "video diffusion frames with sound"
    hits = search(generation, embedder, Query(text, mode=mode), 12).hits
    vector = embedder.embed_queries([text])[0]
    assert ranked_rows(generation, vector, text, mode, 12) == [hit.row for hit in hits]


def test_the_best_ranking_has_full_marks(collection: Collection, tmp_path: Path) -> None:
    with open_collection(collection, open_embedder("hashing"), tmp_path, Silence()) as opened:
        ids = list(opened.generation.records.ids)

        def ideal(query: JudgedQuery, _: np.ndarray[Any, Any], k: int) -> list[int]:
            best = sorted(query.grades, key=query.grades.__getitem__, reverse=True)
            return [ids.index(paper) for paper in best][:k]

        of = score_queries(opened, ideal)
    assert set(of.ndcg) == set(of.recall) == {1.0}
