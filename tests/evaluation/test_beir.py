"""Quality figures of judged queries, and errors of broken collections."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import UnusableInput
from explorer.evaluation.beir import mean_with_interval, ndcg, read_collection, recall

CORPUS = [
    {"_id": "a", "title": "Liver CT", "text": "Segmentation of livers."},
    {"_id": "b", "title": "", "text": "Only a text."},
    {"_id": "c", "title": "Video", "text": ""},
]
QUERIES = [
    {"_id": "q1", "text": "livers", "query_paper": "c"},
    {"_id": "b", "text": "the paper b itself"},
    {"_id": "q3", "text": "nobody judged anything good for this"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t1\nb\ta\t1\nq3\ta\t0\nq3\tgone\t3\n"


def _write(folder: Path, packed: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in (("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES)):
        text = "\n".join(map(json.dumps, rows)) + "\n"
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text)
    (folder / "qrels.tsv").write_text(QRELS)
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_a_collection_is_read_as_it_stands(tmp_path: Path, packed: bool) -> None:
    collection = read_collection(_write(tmp_path / "set", packed))
    assert [paper.id for paper in collection.papers] == ["a", "b", "c"]
    assert [(paper.title, paper.abstract) for paper in collection.papers] == [
        (row["title"], row["text"]) for row in CORPUS
    ]
    first, second = collection.queries  # the third has no good paper in the corpus
    assert (first.id, first.own_paper, first.grades) == ("q1", "c", {"a": 2.0, "b": 1.0})
    assert (second.id, second.own_paper, second.grades) == ("b", "b", {"a": 1.0})


def test_the_gain_is_the_grade_as_in_trec_eval() -> None:
    grades = {"a": 3, "b": 2, "c": 3, "d": 0, "e": 1, "f": 2}
    ranking = ["a", "b", "c", "d", "e", "f"]
    gained = 3 + 2 / np.log2(3) + 3 / 2 + 0 + 1 / np.log2(6) + 2 / np.log2(7)
    ideal = 3 + 3 / np.log2(3) + 2 / 2 + 2 / np.log2(5) + 1 / np.log2(6)
    assert ndcg(ranking, grades) == pytest.approx(gained / ideal)
    assert ndcg(["a", "c", "b", "f", "e", "d"], grades) == pytest.approx(1.0)
    assert ndcg(["x", "y"], grades) == 0.0
    assert ndcg(["x", "a"], {"a": 1}, k=1) == 0.0


def test_recall_is_the_share_of_good_papers_found() -> None:
    grades = {"a": 1, "b": 2, "c": 0, "d": 1}
    assert recall(["a", "x", "b"], grades) == pytest.approx(2 / 3)
    assert recall(["a", "x", "b"], grades, k=2) == pytest.approx(1 / 3)


def test_the_interval_covers_the_mean_and_shrinks_with_more_queries() -> None:
    draw = np.random.default_rng(3)
    few, many = (mean_with_interval(draw.random(size).tolist()) for size in (20, 2_000))
    for figure in (few, many):
        assert figure.low < figure.value < figure.high
    assert many.high - many.low < 0.3 * (few.high - few.low)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", None, "there is no corpus.jsonl"),
        ("queries.jsonl", "{broken", "queries.jsonl: not JSON Lines"),
        ("queries.jsonl", '["a list"]', "queries.jsonl: not JSON Lines"),
        ("queries.jsonl", '{"_id": "q1"}', "line 1: there is no 'text'"),
        ("qrels.tsv", None, "qrels.tsv: cannot be read"),
        ("qrels.tsv", "q1\ta\tgood\n", "line 1: not a query, a paper and a grade"),
        ("qrels.tsv", "q9\ta\t1\n", "no judged query"),
    ],
)
def test_a_broken_collection_names_the_file_and_the_place(
    tmp_path: Path, file: str, content: str | None, message: str
) -> None:
    folder = _write(tmp_path / "set")
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(content)
    with pytest.raises(UnusableInput, match=message):
        read_collection(folder)
