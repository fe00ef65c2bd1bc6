"""Quality of rankings by judged queries, with confidence intervals.

Collections come in the layout of BEIR (Thakur et al. 2021, arXiv:2104.08663). The gain of a hit is
its grade itself, as in trec_eval.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UnusableInput
from explorer.papers.paper import Paper

_DRAWS = 2_000
_SEED = 20_240_311


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query and the grades that people gave to papers for it."""

    id: str
    text: str
    own_paper: str
    """Paper that the query was made of, left out of its ranking; empty if there is none."""
    grades: Mapping[str, float]
    """Grade by the paper's id in the collection; papers without one count as 0."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Papers, and queries with grades for them."""

    papers: tuple[Paper, ...]
    """Their ids are those of the collection."""
    queries: tuple[JudgedQuery, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over queries, with the bounds of its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def read_collection(folder: Path) -> Collection:
    """Read ``corpus.jsonl``, ``queries.jsonl`` (or either with ``.gz``) and ``qrels.tsv``.

    Queries without a relevant paper distinguish no rankings and are left out.

    Raises:
        UnusableInput: a file is missing or has another format; the message names the line.
    """
    papers = tuple(
        Paper(
            id=_text(row, "_id", line),
            title=str(row.get("title") or ""),
            abstract=str(row.get("text") or ""),
        )
        for line, row in _rows(folder, "corpus.jsonl")
    )
    known = {paper.id for paper in papers}
    grades = _grades(folder / "qrels.tsv")
    queries = []
    for line, row in _rows(folder, "queries.jsonl"):
        name = _text(row, "_id", line)
        judged = {paper: grade for paper, grade in grades.get(name, {}).items() if paper in known}
        if any(grade > 0 for grade in judged.values()):
            own = row.get("query_paper") or (row.get("metadata") or {}).get("query_paper")
            queries.append(
                JudgedQuery(
                    id=name,
                    text=_text(row, "text", line),
                    own_paper=str(own or (name if name in known else "")),
                    grades=judged,
                )
            )
    if not papers or not queries:
        raise UnusableInput(f"{folder}: no judged query about a paper of its corpus in there.")
    return Collection(papers, tuple(queries))


def ndcg(ranking: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Return the normalised discounted cumulative gain of the first ``k`` (Järvelin 2002)."""
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    gains = [max(0.0, grades.get(paper, 0.0)) for paper in ranking[:k]]
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k]
    best = float(np.dot(ideal, discount[: len(ideal)]))
    return float(np.dot(gains, discount[: len(gains)])) / best if best else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, float], k: int = 100) -> float:
    """Return the share of relevant papers among the first ``k``."""
    good = {paper for paper, grade in grades.items() if grade > 0}
    return len(good & {*ranking[:k]}) / len(good) if good else 0.0


def mean_with_interval(values: Sequence[float]) -> Figure:
    """Return the mean of ``values`` and its 95 % interval, by resampling the queries."""
    drawn = np.random.default_rng(_SEED).choice(np.array(values), (_DRAWS, len(values)))
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
    return Figure(float(np.mean(values)), float(low), float(high))


def _rows(folder: Path, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield path and number of each line, for messages, and its record."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise UnusableInput(f"{folder}: there is no {name} or {name}.gz. {_LAYOUT}")
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("not an object")
                yield f"{path}, line {number}", row
    except (OSError, ValueError, EOFError) as error:
        raise UnusableInput(f"{path}: not JSON Lines ({error}). {_LAYOUT}") from None


_LAYOUT = "A collection has corpus.jsonl, queries.jsonl and qrels.tsv, as those of BEIR."


def _text(row: Mapping[str, Any], key: str, line: str) -> str:
    if row.get(key) in (None, ""):
        raise UnusableInput(f"{line}: there is no {key!r}. {_LAYOUT}")
    return str(row[key])


def _grades(path: Path) -> dict[str, dict[str, float]]:
    grades: dict[str, dict[str, float]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t"), start=1):
                if (number == 1 and row[-1:] == ["score"]) or not row:
                    continue
                try:
                    query, paper, grade = row[0], row[-2], float(row[-1])
                except (IndexError, ValueError):
                    raise UnusableInput(
                        f"{path}, line {number}: not a query, a paper and a grade. {_LAYOUT}"
                    ) from None
                grades.setdefault(query, {})[paper] = grade
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{path}: cannot be read ({error}). {_LAYOUT}") from None
    return grades
