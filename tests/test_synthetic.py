"""The made-up corpus that sizes are measured with."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.synthetic import PIECE, Field, coined, write_corpus
from explorer.readers import read_digests
from explorer.settings import ReadingLimits


def test_a_larger_corpus_is_a_smaller_one_that_has_grown() -> None:
    field = Field()
    whole = field.vectors(0, PIECE + 40)
    assert np.array_equal(whole[PIECE - 10 :], field.vectors(PIECE - 10, 50))
    assert np.allclose(np.linalg.norm(whole, axis=1), 1.0, atol=1e-5)
    assert not np.array_equal(whole[:10], Field(seed=1).vectors(0, 10))
    papers = list(field.papers(PIECE - 3, 6))
    assert papers[3:] == list(islice(field.papers(PIECE, 3), 3))


def test_papers_of_one_problem_share_words_and_lie_together() -> None:
    field = Field()
    problems, vectors = field.problems(0, 4_000), field.vectors(0, 4_000)
    most = np.flatnonzero(problems == np.bincount(problems).argmax())
    others = np.flatnonzero(problems // 24 != problems[most[0]] // 24)
    inside = (vectors[most] @ vectors[most].T).mean()
    assert inside > (vectors[most] @ vectors[others].T).mean() + 0.1
    papers = list(field.papers(0, 4_000))
    assert len({papers[row].keywords[0] for row in most}) == 1
    assert len({coined(number) for number in range(50_000)}) == 50_000


def test_it_is_read_as_a_digest(tmp_path: Path) -> None:
    for parquet in (False, True):
        digest, vectors = write_corpus(tmp_path / str(parquet), 30, 5, parquet=parquet)
        (reading,) = read_digests(digest, digest.name, ReadingLimits())
        papers = list(reading.papers)
        assert len(papers) == len(np.load(vectors)) == 30
        assert not reading.rejections
        assert all(p.abstract and p.authors and p.doi and p.date for p in papers)
    first = json.loads((tmp_path / "False" / "corpus.jsonl").read_text().splitlines()[0])
    assert first["title"] == papers[0].title
