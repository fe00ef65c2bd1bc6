"""Screening for reviews: ``python -m benchmarks screening FOLDER [--asreview PROGRAM]``.

``FOLDER`` has a review a file, ``NAME.csv`` or ``NAME.csv.gz``, with the columns ``title``,
``abstracts``, ``label1`` (after the abstract) and ``label2`` (after the full text), ``I`` for
included; those of Cohen et al. 2006 (doi:10.1197/jamia.M1929) are used below. A run screens
one review by one label. It starts from one included and one excluded paper, drawn by its seed, or
from a question as a reviewer would type it, or from both. ASReview 3 simulates the same reviews
with its default model from the same two papers, in the same run. No setting was chosen on these
figures.

WSS@95 is the share of papers that need not be read to find 95 % of the relevant ones, less 5 %
(Cohen et al. 2006). Time to discovery is the mean place of a relevant paper in the order of
reading, as a share of all papers. Papers that a run starts from count in none of these. The lamps
are looked at after each training, until they light; recall is then taken over all relevant papers.
``--cache`` is a folder outside the repository for the vectors; ``--seeds N`` makes more runs.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors
from explorer.embedders import Embedder, open_embedder
from explorer.learning.screening.features import ReviewFeatures, word_features
from explorer.learning.screening.ranking import (
    EXCLUDED,
    INCLUDED,
    UNREAD,
    retraining_is_due,
    screening_scores,
)
from explorer.learning.screening.stopping import screening_progress
from explorer.papers.paper import Paper

_QUESTIONS = {
    "ADHD": "efficacy and harms of drugs for attention deficit hyperactivity disorder",
    "AtypicalAntipsychotics": "efficacy and harms of atypical antipsychotics",
    "CalciumChannelBlockers": "efficacy and harms of calcium channel blockers",
    "NSAIDS": "efficacy and harms of nonsteroidal anti-inflammatory drugs",
    "Opiods": "efficacy and harms of long-acting opioids for chronic non-cancer pain",
    "Triptans": "efficacy and harms of triptans for migraine",
    "UrinaryIncontinence": "efficacy and harms of drugs for urinary incontinence",
}
"""Typed questions; the reviews are comparisons of the drugs of a class. Others have their name."""
_LABELS = ("label1", "label2")
_TARGET = 0.95
_CHECKED_AT = (0.1, 0.25, 0.5)
"""Shares of papers read at which the interval of what is left is compared with the truth."""
_LONGEST_CELL = 10_000_000
_ASREVIEW = "ASReview 3"
_PAPERS, _BOTH, _QUESTION = "two papers", "two papers and a question", "a question"
_LAMPS = ("probably 95 %", "95 % with 95 % confidence")


@dataclass(frozen=True, slots=True)
class LabelledReview:
    """A review that people have screened."""

    name: str
    texts: list[Paper]
    labels: dict[str, NDArray[np.bool_]]
    """Whether each paper is relevant, by label."""
    question: str


@dataclass(slots=True)
class Run:
    """One simulated screening."""

    order: list[int]
    """Rows in the order of reading, those started from first."""
    started_from: int
    lamps: dict[str, int] = field(default_factory=dict)
    """Papers read when each lamp lit."""
    intervals: list[bool] = field(default_factory=list)
    """Whether the interval of what is left held the truth."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return how early relevant papers are read, and what the lamps promise and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks screening")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--asreview", default="")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    reviews = list(labelled_reviews(options.folder))
    if not reviews:
        print(f"Skipped: no reviews in {options.folder}; they do not come with the project.")
        return {}
    embedder = open_embedder()
    runs: dict[tuple[str, str, str], list[Run]] = defaultdict(list)
    truths = {(one.name, label): one.labels[label] for one in reviews for label in _LABELS}
    pending: list[tuple[tuple[str, str, str], Future[Run]]] = []
    with ThreadPoolExecutor(1) as beside, tempfile.TemporaryDirectory() as scratch:
        starts = {
            (name, label, seed): two_papers(truth, seed)
            for (name, label), truth in truths.items()
            for seed in range(options.seeds)
        }
        if options.asreview:
            by_name = {one.name: one for one in reviews}
            for (name, label, seed), start in starts.items():
                job = (options.asreview, by_name[name], label, start, seed, Path(scratch))
                pending.append(((_ASREVIEW, name, label), beside.submit(asreview_run, *job)))
        for one in reviews:
            vectors = review_vectors(one, embedder, options.cache)
            question = (vectors @ embedder.embed_queries([one.question])[0]).astype(np.float64)
            words = word_features([paper.text for paper in one.texts])
            with_question = ReviewFeatures(vectors, words, question)
            without = ReviewFeatures(vectors, words)
            for label in _LABELS:
                truth = truths[one.name, label]
                for seed in range(options.seeds):
                    print(f"{one.name} {label} {seed} ...", file=sys.stderr, flush=True)
                    start = starts[one.name, label, seed]
                    runs[_PAPERS, one.name, label].append(simulate(without, truth, start))
                    runs[_BOTH, one.name, label].append(simulate(with_question, truth, start))
                runs[_QUESTION, one.name, label].append(simulate(with_question, truth, ()))
        for key, future in pending:
            runs[key].append(future.result())
    return _tables(reviews, runs, truths)


def labelled_reviews(folder: Path) -> Iterator[LabelledReview]:
    """Yield the reviews in a folder."""
    csv.field_size_limit(_LONGEST_CELL)
    for path in sorted(folder.glob("*.csv")) + sorted(folder.glob("*.csv.gz")):
        opener: Any = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        name = path.name.partition(".")[0]
        papers = [Paper(title=row["title"], abstract=row["abstracts"]) for row in rows]
        labels = {label: np.array([row[label] == "I" for row in rows]) for label in _LABELS}
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
        yield LabelledReview(name, papers, labels, _QUESTIONS.get(name, words))


def review_vectors(review: LabelledReview, embedder: Embedder, cache: Path | None) -> Vectors:
    """Return the vectors of a review's papers, kept in the folder ``cache``."""
    path = None if cache is None else cache / f"{review.name}.npy"
    if path is not None and path.exists():
        kept: Vectors = np.load(path)
        if kept.shape == (len(review.texts), embedder.dimension):
            return kept
    vectors = embedder.embed([paper.text for paper in review.texts])
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    return vectors


def two_papers(truth: NDArray[np.bool_], seed: int) -> tuple[int, ...]:
    """Return one relevant and one irrelevant paper, drawn at random."""
    draw = np.random.default_rng(seed)
    return int(draw.choice(np.flatnonzero(truth))), int(draw.choice(np.flatnonzero(~truth)))


def simulate(features: ReviewFeatures, truth: NDArray[np.bool_], start: Sequence[int]) -> Run:
    """Screen a whole review."""
    labels = np.full(features.size, UNREAD, dtype=np.int8)
    run = Run([], len(start))
    trained_at, queue = -1, list(start)[::-1]
    checks = [round(share * features.size) for share in _CHECKED_AT]
    while len(run.order) < features.size:
        read = len(run.order)
        if read >= len(start) and retraining_is_due(read, trained_at):
            scores = screening_scores(features, labels)
            queue = scores.unread_in_order(labels)[::-1].tolist()
            trained_at = read
            if len(run.lamps) < len(_LAMPS) or (checks and read >= checks[0]):
                progress = screening_progress(scores, labels, run.order)
                lit = (progress.probably_enough, progress.surely_enough)
                for lamp, is_lit in zip(_LAMPS, lit, strict=True):
                    if is_lit:
                        run.lamps.setdefault(lamp, read)
                if checks and read >= checks[0]:
                    checks.pop(0)
                    left = int(truth.sum()) - progress.included
                    run.intervals.append(progress.low <= left <= progress.high)
        row = queue.pop()
        labels[row] = INCLUDED if truth[row] else EXCLUDED
        run.order.append(row)
    return run


def asreview_run(
    program: str,
    review: LabelledReview,
    label: str,
    start: tuple[int, ...],
    seed: int,
    scratch: Path,
) -> Run:
    """Simulate with ASReview, its default model and the same papers to start from."""
    data = scratch / f"{review.name}-{label}.csv"
    with data.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("title", "abstract", "included"))
        for paper, relevant in zip(review.texts, review.labels[label], strict=True):
            table.writerow((paper.title, paper.abstract, int(relevant)))
    output = scratch / f"{data.stem}-{seed}.asreview"
    command = [program, "simulate", data, "-o", output, "--seed", seed, "--prior-idx", *start]
    # One thread, as here; only a failure is worth its many lines of progress.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(list(map(str, command)), check=True, capture_output=True, env=environment)
    with zipfile.ZipFile(output) as archive:
        archive.extract("results.db", scratch)
    with closing(sqlite3.connect(scratch / "results.db")) as connection:
        query = (
            "SELECT dataset_row FROM results JOIN record USING (record_id) ORDER BY results.rowid"
        )
        order = [int(row) for (row,) in connection.execute(query)]
    if set(order[: len(start)]) != set(start):
        sys.exit(f"ASReview did not start from the papers {start} of {review.name}.")
    # It stops at the last relevant paper; the others follow in any order.
    return Run([*order, *sorted(set(range(len(review.texts))) - set(order))], len(start))


def work_saved(run: Run, truth: NDArray[np.bool_]) -> float:
    """Return WSS@95."""
    found = np.cumsum(truth[run.order[run.started_from :]])
    read = int(np.argmax(found >= np.ceil(_TARGET * found[-1]))) + 1
    return 1 - read / len(found) - (1 - _TARGET)


def recall_at(run: Run, truth: NDArray[np.bool_], share: float) -> float:
    """Return the share of relevant papers among the first ``share`` of the papers read."""
    read = truth[run.order[run.started_from :]]
    return float(read[: round(share * len(read))].sum() / read.sum())


def time_to_discovery(run: Run, truth: NDArray[np.bool_]) -> float:
    """Return the mean place of a relevant paper, as a share of all papers."""
    read = truth[run.order[run.started_from :]]
    return float((np.flatnonzero(read) + 1).mean() / len(read))


def _tables(
    reviews: Sequence[LabelledReview],
    runs: dict[tuple[str, str, str], list[Run]],
    truths: dict[tuple[str, str], NDArray[np.bool_]],
) -> dict[str, object]:
    methods = [way for way in (_ASREVIEW, _PAPERS, _BOTH, _QUESTION) if any(way in k for k in runs)]
    cases = [(one.name, label) for one in reviews for label in _LABELS]

    def mean(function: Any, method: str, *more: float, only: str = "") -> float:
        values = [
            np.mean([function(run, truths[case], *more) for run in runs[method, *case]])
            for case in cases
            if only in ("", *case)
        ]
        return round(float(np.mean(values)), 3)

    order = {
        method: {
            "WSS@95": mean(work_saved, method),
            "recall at 10 %": mean(recall_at, method, 0.1),
            "recall at 25 %": mean(recall_at, method, 0.25),
            "time to discovery": mean(time_to_discovery, method),
            **{f"WSS@95, {label}": mean(work_saved, method, only=label) for label in _LABELS},
        }
        for method in methods
    }
    tables: dict[str, object] = {
        "reviews": len(reviews),
        "papers": sum(len(one.texts) for one in reviews),
        "mean over reviews and labels, start from": order,
        "WSS@95 by review": {
            f"{one.name}, {len(one.texts):,} papers": {
                method: mean(work_saved, method, only=one.name) for method in methods
            }
            for one in reviews
        },
        "lamp": _lamp_table(methods, cases, runs, truths),
    }
    if _ASREVIEW in methods:
        tables["WSS@95 less ASReview's"] = {
            method: _difference(method, cases, runs, truths)
            for method in methods
            if method != _ASREVIEW
        }
    held = [
        held
        for key, ran in runs.items()
        if key[0] != _ASREVIEW
        for run in ran
        for held in run.intervals
    ]
    tables["intervals of what is left that held the truth"] = round(float(np.mean(held)), 3)
    return tables


def _difference(
    method: str,
    cases: Sequence[tuple[str, str]],
    runs: dict[tuple[str, str, str], list[Run]],
    truths: dict[tuple[str, str], NDArray[np.bool_]],
) -> dict[str, float]:
    """Return the mean difference with a 95 % bootstrap interval over reviews and labels."""
    saved = {
        way: [
            np.mean([work_saved(run, truths[case]) for run in runs[way, *case]]) for case in cases
        ]
        for way in (method, _ASREVIEW)
    }
    gains = np.array(saved[method]) - np.array(saved[_ASREVIEW])
    draw = np.random.default_rng(0)
    means = gains[draw.integers(len(gains), size=(10_000, len(gains)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    values = {"mean": gains.mean(), "low": low, "high": high}
    return {name: round(float(value), 3) for name, value in values.items()}


def _lamp_table(
    methods: Sequence[str],
    cases: Sequence[tuple[str, str]],
    runs: dict[tuple[str, str, str], list[Run]],
    truths: dict[tuple[str, str], NDArray[np.bool_]],
) -> dict[str, dict[str, float]]:
    table = {}
    for method in methods:
        if method == _ASREVIEW:
            continue
        for lamp in _LAMPS:
            recalls, shares = [], []
            for case in cases:
                truth = truths[case]
                for run in runs[method, *case]:
                    read = run.lamps.get(lamp, len(run.order))
                    recalls.append(float(truth[run.order[:read]].sum() / truth.sum()))
                    shares.append(read / len(run.order))
            table[f"{lamp}; {method}"] = {
                "runs": len(recalls),
                "recall of .95 kept": round(float(np.mean(np.array(recalls) >= _TARGET)), 3),
                "worst recall": round(min(recalls), 3),
                "mean recall": round(float(np.mean(recalls)), 3),
                "papers read": round(float(np.mean(shares)), 3),
            }
    return table
