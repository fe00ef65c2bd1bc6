"""Recommendations from stars: ``python -m benchmarks taste CORPUS VECTORS REVIEWS [PAPERS ...]``.

``CORPUS`` is a corpus with its ``VECTORS``, whose eight largest labels are interests. ``REVIEWS``
is a folder of literature reviews, one ``.csv.gz`` each with the columns ``pubmedID``, ``title``,
``abstracts`` and ``label1``, which is ``I`` for papers included by their abstract: merged into one
medical library, each review is an interest. ``--cache FOLDER`` keeps the vectors of the reviews,
which the default model makes, for the next run.

Half of the papers, drawn at random, are the library, and the others come in ten weeks. Some papers
of one interest in the library are starred at random. Each way ranks the papers of each week, and
is given the same stars; nDCG@10 is averaged over weeks, then over interests and draws of library
and stars, which are resampled for the 95 % interval. The ways beside the model
(``explorer/learning/taste.py``):

- *nearest three*: mean cosine to the three nearest stars, which ranked before there was a model;
- *arxiv-sanity*: the linear support vector machine of arxiv-sanity-lite with its settings
  (``LinearSVC`` with C = 0.01 and balanced classes, on sublinear tf-idf of words and pairs of
  words in title, abstract and authors, 20,000 features), trained on all papers of the library;
- *BM25 of titles*: the titles of all stars as one query;
- *recency*: the newest first, by date, or by the number in PubMed.

**Two interests** at once, ten stars each: recall of the interest served worse among the first
twenty papers of each week, as a share of what twenty, or all its papers in the week, could be. Each
interest has a tag; *without tags* is the same model with one interest, all stars.

**Floor**: of the papers of all weeks that reach the score from which papers are recommended, with
twenty stars, the share that is of interest, and how many of those of interest reach it.

**Times**: made-up papers (``benchmarks/synthetic.py``), as many as are named. ``brute force`` is
the cosine of a paper to all vectors in memory and the best ten of them, by NumPy; ``retrained`` is
what one star more costs: to train and to rank all papers; ``first`` is the same for the first time,
when the words of the random papers and of the candidates are read.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic import write_corpus
from explorer.arrays import Rows, Vectors
from explorer.embedders import open_embedder
from explorer.evaluation.arxiv_sanity import arxiv_sanity_features, arxiv_sanity_scores
from explorer.evaluation.beir import mean_with_interval, ndcg
from explorer.evaluation.scratch_library import scratch_generation
from explorer.index.knn_graph import NeighbourGraph
from explorer.learning.likeness import likeness
from explorer.learning.sample import LibrarySample, sample_of
from explorer.learning.taste import DEFAULTS, Examples, Taste, learn
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.settings import SearchSettings

_INTERESTS = 8
_WEEKS = 10
_STARS = (3, 5, 10, 20)
_SEEDS = 5
_LISTED = 20
_TIMES = 7
_SHOWN = 10

Rank = Callable[[Rows], NDArray[np.float32]]
"""Returns a score for each of some rows."""


@dataclass(frozen=True, slots=True)
class _Data:
    """Papers with vectors, and the papers of each interest."""

    name: str
    papers: list[Paper]
    vectors: Vectors
    interests: dict[str, set[int]]
    age: NDArray[np.int64]
    """Larger is newer."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return nDCG@10 of each way, recall with two interests, precision at the floor, and times."""
    if not arguments:
        sys.exit(__doc__)
    parser = argparse.ArgumentParser(prog="python -m benchmarks taste", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("reviews", type=Path)
    parser.add_argument("papers", type=int, nargs="*")
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args(arguments)
    sets = [
        _corpus(options.corpus, options.vectors),
        _reviews(options.reviews, options.cache),
    ]
    tables: dict[str, object] = {}
    for data in sets:
        tables |= _quality(data)
    for papers in options.papers:
        tables[f"times, {papers:,} papers"] = _times(papers)
    return tables


# Data.


def _corpus(path: Path, vectors: Path) -> _Data:
    papers, interests = [], defaultdict(set)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row, line in enumerate(lines):
            record = json.loads(line)
            paper = Paper(
                id=record["id"],
                title=record["title"],
                abstract=record["abstract"],
                authors=tuple(record["authors"]),
                date=record["date"],
            )
            papers.append(paper)
            interests[record["labels"]["label"]].add(row)
    largest = sorted(interests, key=lambda name: (-len(interests[name]), name))[:_INTERESTS]
    ages = np.array([int(paper.date[:4] or 0) for paper in papers])
    units = np.load(vectors).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    name = path.name.partition(".")[0]
    return _Data(name, papers, units, {one: interests[one] for one in largest}, ages)


def _reviews(folder: Path, cache: Path | None) -> _Data:
    rows: dict[str, int] = {}
    papers: list[Paper] = []
    vectors: list[Vectors] = []
    interests: dict[str, set[int]] = {}
    csv.field_size_limit(1 << 27)
    for path in sorted(folder.glob("*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            records = list(csv.DictReader(lines))
        of_review = [
            Paper(id=each["pubmedID"], title=each["title"], abstract=each["abstracts"])
            for each in records
        ]
        units = _embedded(of_review, cache and cache / f"{name}.npy")
        for paper, vector in zip(of_review, units, strict=True):
            if paper.id not in rows:
                rows[paper.id] = len(papers)
                papers.append(paper)
                vectors.append(vector)
        interests[name] = {rows[each["pubmedID"]] for each in records if each["label1"] == "I"}
    ages = np.array([int(paper.id) for paper in papers])
    return _Data("merged reviews", papers, np.stack(vectors), interests, ages)


def _embedded(papers: Sequence[Paper], path: Path | None) -> Vectors:
    """Return the vectors of papers by the default model, from the file at ``path`` if it exists."""
    if path is not None and path.exists():
        stored: Vectors = np.load(path)
        return stored
    vectors = open_embedder().embed([paper.text for paper in papers])
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    return vectors


# Quality.


def _quality(data: _Data) -> dict[str, object]:
    scores: dict[tuple[str, int], list[float]] = defaultdict(list)
    worse: dict[str, list[float]] = defaultdict(list)
    floor: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as scratch:
        generation = scratch_generation(
            data.papers, data.vectors, "given", Path(scratch) / "generation"
        )
        for seed in range(_SEEDS):
            library, weeks = _split(len(data.papers), seed)
            svm_features = arxiv_sanity_features(data.papers, library.tolist())
            sample = sample_of(generation, DEFAULTS.sample, library)
            for interest, rows in data.interests.items():
                for stars in _STARS:
                    chosen = _stars(rows, library, stars, seed)
                    ways = _ways(generation, data, library, sample, svm_features, chosen)
                    for way, rank in ways.items():
                        scores[way, stars].append(_mean_ndcg(rank, weeks, rows))
                    if stars == max(_STARS):
                        taste = _learned(generation, sample, [chosen])
                        floor += _reaching(taste, generation, weeks, rows)
                print(data.name, seed, interest, file=sys.stderr, flush=True)
            _two_interests(generation, data, library, sample, weeks, svm_features, seed, worse)
    name = f"{data.name}, {len(data.papers):,} papers"
    names = list(dict.fromkeys(way for way, _ in scores))
    return {
        f"{name}: nDCG@10": {
            way: {f"{stars} stars": _figure(scores[way, stars]) for stars in _STARS}
            for way in names
        },
        f"{name}: two interests": {
            way: {"recall of the worse": _figure(values)} for way, values in worse.items()
        },
        f"{name}: floor": {
            f"score {DEFAULTS.floor:g}": {
                "precision": round(floor["good"] / max(floor["reaching"], 1), 3),
                "recall": round(floor["good"] / floor["wanted"], 3),
                "share of all papers": round(floor["reaching"] / floor["papers"], 3),
            }
        },
    }


def _split(papers: int, seed: int) -> tuple[Rows, list[Rows]]:
    """Return the rows of the library and those of each week."""
    order = np.random.default_rng([1, seed]).permutation(papers)
    half = papers // 2
    return np.sort(order[:half]), [np.sort(week) for week in np.array_split(order[half:], _WEEKS)]


def _stars(interest: set[int], library: Rows, count: int, seed: int) -> list[int]:
    """Return rows to star; more of them include the fewer."""
    rows = np.array(sorted(interest & set(library.tolist())))
    return list(map(int, np.random.default_rng([2, seed]).permutation(rows)[:count]))


def _ways(
    generation: Generation,
    data: _Data,
    library: Rows,
    sample: LibrarySample,
    features: Any,
    stars: list[int],
) -> dict[str, Rank]:
    taste = _learned(generation, sample, [stars])
    titles = " ".join(data.papers[row].title for row in stars)
    return {
        "model": _by_taste(generation, taste),
        "nearest three": _nearest_three(data, stars),
        "arxiv-sanity": _arxiv_sanity(features, library, stars),
        "BM25 of titles": lambda rows: _bm25(generation, titles, rows),
        "recency": lambda rows: data.age[rows].astype(np.float32),
    }


def _by_taste(generation: Generation, taste: Taste) -> Rank:
    return lambda rows: taste.scores(generation, rows).score


def _nearest_three(data: _Data, stars: Sequence[int]) -> Rank:
    return lambda rows: likeness(data.vectors[rows], data.vectors[stars], SearchSettings())


def _learned(
    generation: Generation, sample: LibrarySample, stars: Sequence[Sequence[int]]
) -> Taste:
    names = ["", *(f"tag {index}" for index in range(1, len(stars)))]
    examples = [Examples(name, tuple(one)) for name, one in zip(names, stars, strict=True)]
    taste = learn(generation, examples, sample=sample)
    assert taste is not None
    return taste


def _bm25(generation: Generation, text: str, rows: Rows) -> NDArray[np.float32]:
    match = generation.lexicon.search(text, len(rows), rows)
    scores = np.zeros(len(rows), dtype=np.float32)
    scores[np.searchsorted(rows, match.keys)] = match.scores
    return scores


def _arxiv_sanity(features: Any, library: Rows, stars: Sequence[int]) -> Rank:
    return lambda rows: arxiv_sanity_scores(features, library.tolist(), stars, rows.tolist())


def _mean_ndcg(rank: Rank, weeks: Sequence[Rows], interest: set[int]) -> float:
    values = []
    for week in weeks:
        grades = {str(row): 1.0 for row in week.tolist() if row in interest}
        if grades:
            values.append(ndcg(list(map(str, _best(rank, week, 10))), grades))
    return statistics.fmean(values)


def _best(rank: Rank, rows: Rows, k: int) -> list[int]:
    return list(map(int, rows[np.argsort(-rank(rows), kind="stable")][:k]))


def _reaching(
    taste: Taste, generation: Generation, weeks: Sequence[Rows], interest: set[int]
) -> Counter[str]:
    rows = np.concatenate(weeks)
    reaching = rows[taste.scores(generation, rows).score >= DEFAULTS.floor].tolist()
    return Counter(
        papers=len(rows),
        reaching=len(reaching),
        good=len(interest & {*reaching}),
        wanted=len(interest & {*rows.tolist()}),
    )


def _two_interests(
    generation: Generation,
    data: _Data,
    library: Rows,
    sample: LibrarySample,
    weeks: Sequence[Rows],
    features: Any,
    seed: int,
    worse: dict[str, list[float]],
) -> None:
    """Add the recall of the interest served worse, for each pair of interests and each way."""
    for one, other in combinations(data.interests, 2):
        wanted = [data.interests[one], data.interests[other]]
        stars = [_stars(interest, library, 10, seed) for interest in wanted]
        together = sorted({*stars[0], *stars[1]})
        tagged = _learned(generation, sample, [together, *stars])
        untagged = _learned(generation, sample, [together])
        ways = {
            "model": _by_taste(generation, tagged),
            "model without tags": _by_taste(generation, untagged),
            "nearest three": _nearest_three(data, together),
            "arxiv-sanity": _arxiv_sanity(features, library, together),
        }
        for way, rank in ways.items():
            recalls = [_recalls(_best(rank, week, _LISTED), week, wanted) for week in weeks]
            worse[way].append(float(np.nanmean(np.array(recalls), axis=0).min()))


def _recalls(listed: Sequence[int], week: Rows, wanted: Sequence[set[int]]) -> list[float]:
    present = [interest & {*week.tolist()} for interest in wanted]
    return [
        len(here & {*listed}) / min(len(here), _LISTED) if here else float("nan")
        for here in present
    ]


def _figure(values: Sequence[float]) -> str:
    figure = mean_with_interval(values)
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


# Times.


def _times(papers: int) -> dict[str, object]:
    """Return milliseconds to train and rank, beside a ranking by cosine in memory."""
    with tempfile.TemporaryDirectory() as scratch:
        digest, path = write_corpus(Path(scratch), papers)
        vectors = np.load(path, mmap_mode="r")
        graph = NeighbourGraph(
            np.zeros((papers, 1), dtype=np.int32), np.zeros((papers, 1), dtype=np.float32)
        )
        generation = scratch_generation(
            _records(digest), vectors, "given", Path(scratch) / "generation", graph=graph
        )
        in_memory = np.array(vectors)
        near = _near(in_memory, np.random.default_rng(5))
        first = _timed(partial(_ranked, generation, near[:20]))
        seconds: dict[str, list[float]] = defaultdict(list)
        for more in range(_TIMES):
            stars = near[: 21 + more]
            seconds["retrained"].append(_timed(partial(_ranked, generation, stars)))
            seconds["brute force"].append(_timed(partial(_brute_force, in_memory, stars[-1])))
    retrained, brute = (statistics.median(seconds[way]) for way in ("retrained", "brute force"))
    return {
        "brute force, ms": round(1000 * brute, 1),
        "retrained, ms": round(1000 * retrained, 1),
        "times brute force": round(retrained / brute, 1),
        "first, ms": round(1000 * first),
    }


def _records(digest: Path) -> list[Paper]:
    return list(_read(digest))


def _read(digest: Path) -> Iterator[Paper]:
    with digest.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            record = json.loads(line)
            yield Paper(id=f"{number:09}", title=record["title"], abstract=record["abstract"])


def _near(vectors: Vectors, draw: np.random.Generator) -> list[int]:
    """Return papers near to one another, as those of an interest are, in random order."""
    cosines = vectors @ vectors[draw.integers(len(vectors))]
    near: Rows = np.argpartition(-cosines, 200)[draw.permutation(200)]
    return list(map(int, near))


def _ranked(generation: Generation, stars: Sequence[int]) -> Rows:
    taste = learn(generation, [Examples("", tuple(stars))])
    assert taste is not None
    return taste.best(generation, _SHOWN).rows


def _brute_force(vectors: Vectors, row: int) -> Rows:
    cosines = vectors @ vectors[row]
    best: Rows = np.argpartition(-cosines, _SHOWN)[:_SHOWN]
    return best[np.argsort(-cosines[best])]


def _timed(work: Callable[[], Rows]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
