"""How long a search takes: ``python -m benchmarks latency``.

A library of 75,000 papers with vectors in clusters, whose abstracts are drawn from the sentences of
``data/digests``: few words stand in many papers, so that ranking by words has more to do than in a
real library. Searches by meaning and words for ten hits, the query's embedding included, each for
six words that were not asked before; with filters that half, a twentieth and a thousandth of the
papers pass. First one client; then eight people on one opened generation, each of whom searches
about once a second whatever the searches before took (Poisson arrivals; what a search waits for is
counted); then eight programs, each of which asks again as soon as it is answered, so that as many
searches compete for the cores as there are programs. ``first`` is the first search with a filter;
the rows that pass one are remembered. Below, the shares of a search: its query's embedding alone,
each leg alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

import numpy as np

from benchmarks.material import DIGESTS, papers_of, shuffled_papers, write_vectors
from explorer.embedders import Embedder, open_embedder
from explorer.evaluation.scratch_library import scratch_generation
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.search.model import Mode, Query
from explorer.search.search import search
from explorer.topics.communities import Topic
from explorer.topics.hierarchy import TopicHierarchy

_PAPERS = 75_000
_PASS = {"half": 0.5, "twentieth": 0.05, "thousandth": 0.001}
"""Names of the shares of the papers that pass a filter."""
_REST = "rest"
_FIRST_YEAR = 2020
_SEARCHES = 120
_CLIENTS = 8
_A_SECOND = 8.0
"""Searches that eight people make together."""
_EACH = 20
_WORDS = 6
_AUTHORS = 100_000
"""Names that papers draw two of their authors from."""
_SEED = 7


def measure(arguments: list[str]) -> dict[str, object]:
    """Return percentiles of the time a search takes, by filter and number of clients."""
    count = int(arguments[0]) if arguments else _PAPERS
    digest = papers_of([DIGESTS])
    typed = _typed(digest)
    embedder = open_embedder()
    with tempfile.TemporaryDirectory() as scratch:
        generation = _library(digest, count, embedder, Path(scratch))
        for _ in range(5):  # the model and what is opened at first use
            search(generation, embedder, Query(next(typed)))
        found = {
            name: _timed(_searches(generation, embedder, asked), typed)
            for name, asked in _filters().items()
        }
        parts = {
            "the query's embedding": _alone(lambda text: embedder.embed_queries([text]), typed),
            "search by meaning alone": _alone(_by(generation, embedder, Mode.DENSE), typed),
            "search by words alone": _alone(_by(generation, embedder, Mode.LEXICAL), typed),
            "search by both": _alone(_by(generation, embedder, Mode.HYBRID), typed),
        }
    return {
        "papers": count,
        "people, or programs, at once": _CLIENTS,
        "searches of all people a second": _A_SECOND,
        "milliseconds": found,
        "one client": parts,
    }


def _library(digest: Sequence[Paper], count: int, embedder: Embedder, scratch: Path) -> Generation:
    groups = _groups(count)
    names = [*_PASS, _REST]
    others = np.random.default_rng(_SEED).integers(_AUTHORS, size=(count, 2)).tolist()
    papers = [
        Paper(
            id=f"p{number:06d}",
            title=made["title"],
            abstract=f"{made['abstract']} We mark {names[group]} of them.",
            authors=(*(f"Ada Byron{other}" for other in two), f"Grace {names[group].title()}"),
            date=str(_FIRST_YEAR + group),
        )
        for number, (made, group, two) in enumerate(
            zip(shuffled_papers(list(digest), count), groups.tolist(), others, strict=True)
        )
    ]
    topics = tuple(
        Topic(f"t{place}", 0, "", name, (), int((groups == place).sum()))
        for place, name in enumerate(names)
    )
    labels = groups.astype(np.int32)
    outline = TopicHierarchy((topics,), (labels,), (np.ones(count, dtype=np.float32),), (labels,))
    vectors = np.load(write_vectors(count, scratch / "vectors.npy"))
    folder = scratch / "generation"
    return scratch_generation(papers, vectors, embedder.identity, folder, hierarchy=outline)


def _groups(count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return which filter each paper passes, the shares as in :data:`_PASS`."""
    bounds = [round(share * count) for share in accumulate(_PASS.values())]
    return np.searchsorted(bounds, np.random.default_rng(_SEED).permutation(count), side="right")


def _filters() -> dict[str, str]:
    """Return what is typed beside the words, by what it is called here."""
    asked = {"no filter": ""}
    for place, (name, share) in enumerate(_PASS.items()):
        asked |= {
            f"year, {share:.1%} pass": f"year:{_FIRST_YEAR + place}",
            f"topic, {share:.1%} pass": f"topic:{name}",
            f"author, {share:.1%} pass": f"author:{name}",
            f"phrase, {share:.1%} pass": f'"we mark {name} of them"',
        }
    return asked


def _typed(digest: Sequence[Paper]) -> Iterator[str]:
    """Yield texts of so many words drawn from titles, without an end."""
    words = [word for paper in digest for word in paper.title.split()]
    draw = np.random.default_rng(_SEED)
    while True:
        yield " ".join(words[place] for place in draw.integers(len(words), size=_WORDS))


def _searches(generation: Generation, embedder: Embedder, asked: str) -> Callable[[str], object]:
    """Return what searches for a text within the filter that is ``asked`` for."""
    return lambda text: search(generation, embedder, Query(f"{text} {asked}"))


def _timed(run: Callable[[str], object], typed: Iterator[str]) -> dict[str, float]:
    first = _milliseconds(run, next(typed))
    alone = [_milliseconds(run, next(typed)) for _ in range(_SEARCHES)]
    people = _arriving(run, [next(typed) for _ in range(_SEARCHES)])
    texts = [next(typed) for _ in range(_CLIENTS * _EACH)]
    with ThreadPoolExecutor(_CLIENTS) as clients:
        begin = time.perf_counter()
        programs = list(clients.map(lambda text: _milliseconds(run, text), texts))
        passed = time.perf_counter() - begin
    return {
        "first": round(first, 1),
        "p50": _percentile(alone, 50),
        "p95": _percentile(alone, 95),
        f"p50, {_CLIENTS} people": _percentile(people, 50),
        f"p95, {_CLIENTS} people": _percentile(people, 95),
        f"p95, {_CLIENTS} programs": _percentile(programs, 95),
        "searches/s": round(len(texts) / passed, 1),
    }


def _arriving(run: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Return the milliseconds from each search's arrival to its answer, waiting included."""
    gaps = np.random.default_rng(_SEED).exponential(1.0 / _A_SECOND, len(texts))
    with ThreadPoolExecutor(_CLIENTS) as clients:
        start = time.perf_counter()
        due = (start + np.cumsum(gaps)).tolist()

        def answered(text: str, arrival: float) -> float:
            run(text)
            return 1000.0 * (time.perf_counter() - arrival)

        asked = []
        for text, arrival in zip(texts, due, strict=True):
            time.sleep(max(0.0, arrival - time.perf_counter()))
            asked.append(clients.submit(answered, text, arrival))
        return [one.result() for one in asked]


def _milliseconds(run: Callable[[str], object], text: str) -> float:
    begin = time.perf_counter()
    run(text)
    return 1000.0 * (time.perf_counter() - begin)


def _by(generation: Generation, embedder: Embedder, mode: Mode) -> Callable[[str], object]:
    return lambda text: search(generation, embedder, Query(text, mode=mode))


def _alone(run: Callable[[str], object], typed: Iterator[str]) -> dict[str, float]:
    passed = [_milliseconds(run, next(typed)) for _ in range(_SEARCHES)]
    return {"p50": _percentile(passed, 50), "p95": _percentile(passed, 95)}


def _percentile(passed: Sequence[float], share: int) -> float:
    return round(float(np.percentile(passed, share)), 1)
