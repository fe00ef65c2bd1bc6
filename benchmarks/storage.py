"""Papers on disk: ``python -m benchmarks storage [PAPERS ...]`` (100,000 without a number).

What records, identity, vectors, filters and the word index cost at a size, beside everything that
is computed of vectors: papers of :mod:`benchmarks.synthetic` go through a whole build with their
vectors given, but graph, map and topics are made up, and so are how many papers a topic has. First
the build: seconds by stage, and the highest memory of the process's own in each (mapped files
apart, which the system takes back at need), once more with abstracts of ten times the length where
there are up to 100,000 papers. Then an update that adds 1 %, which makes the index anew here. Then,
in a process of its own, the library is opened, and searched by meaning and words with filters, each
search for six words that were not asked before: ``first`` is the first search with a filter. The
queries' embedder is the one that hashes words, which takes no time worth telling. Last, what the
page asks of all papers.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.memory import kilobytes
from benchmarks.synthetic import write_corpus
from explorer.build import Options, build
from explorer.drafting import Drawn
from explorer.embedders import Vectors, open_embedder
from explorer.engines import EngineFactory
from explorer.facets import facets, rows_to_count
from explorer.filters import Filters
from explorer.generation import Draft, WordsBefore
from explorer.graph import NeighbourGraph
from explorer.library import Library
from explorer.lineage import rows_moved
from explorer.outline import Outline
from explorer.records import Records, ids_of, rows_same
from explorer.search import Query, search
from explorer.topics import Topic
from explorer.trends import trends

_PAPERS = 100_000
_LONGER = 10
_LONGER_UP_TO = 100_000
_MODEL = "hashing:384"
_NEIGHBOURS = 30
_TOPICS = {"half": 0.5, "twentieth": 0.05, "thousandth": 0.001}
_REST = "rest"
_SEARCHES = 60
_WORDS = 6
_SEED = 9
_LOOK = 0.02
"""Seconds between two looks at the memory."""
_ASKED = {
    "no filter": "",
    "year, 50 % pass": "year:2005..2014",
    "year, 5 % pass": "year:2010",
    "topic, 50 % pass": "topic:half",
    "topic, 5 % pass": "topic:twentieth",
    "topic, 0.1 % pass": "topic:thousandth",
    "author, 5 % pass": "author:Ada",
    "author's whole name": 'author:"{author}"',
    "venue": 'venue:"{venue}"',
    "keyword": 'keyword:"{keyword}"',
    "phrase, two thirds pass": '"in this paper we present"',
    "without a phrase, one third pass": '-"in this paper we present"',
    "source": "source:corpus",
    "has:abstract": "has:abstract",
    "two together": "year:2010 author:Ada",
}
_REGION = "region, a quarter of the map"


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what was measured, by size."""
    found: dict[str, object] = {}
    for papers in [int(argument) for argument in arguments] or [_PAPERS]:
        with tempfile.TemporaryDirectory() as scratch:
            found |= _measured(papers, Path(scratch))
    return found


def _measured(papers: int, scratch: Path) -> dict[str, object]:
    more = max(1, papers // 100)
    digest, vectors = write_corpus(scratch / "corpus", papers)
    added = write_corpus(scratch / "more", more, papers)
    library = scratch / "library"
    builds = {"build": _alone(_built, library, digest, vectors)}
    builds["update of 1 %"] = _alone(_built, library, *added)
    sizes = {
        part: round(sum(f.stat().st_size for f in library.glob(pattern)) / 1e6)
        for part, pattern in {
            "papers": "generations/000002/papers.arrow",
            "columns": "generations/000002/columns.arrow",
            "words": "generations/000002/words/*",
            "vectors": "vectors/*",
        }.items()
    }
    served = _alone(_served, library)
    if papers <= _LONGER_UP_TO:
        long = _lengthened(digest, scratch / "long.jsonl")
        name = f"build, abstracts {_LONGER} times as long"
        builds[name] = _alone(_built, scratch / "other", long, vectors)
    return {
        f"{papers:,} papers, seconds": {name: told["seconds"] for name, told in builds.items()},
        f"{papers:,} papers, highest memory of its own, MB": {
            name: told["memory"] for name, told in builds.items()
        },
        f"{papers:,} papers, MB on disk": sizes,
        **{f"{papers:,} papers, {name}": told for name, told in served.items()},
    }


def _lengthened(digest: Path, path: Path) -> Path:
    with digest.open(encoding="utf-8") as read, path.open("w", encoding="utf-8") as write:
        for line in read:
            paper = json.loads(line)
            paper["abstract"] = " ".join([paper["abstract"]] * _LONGER)
            write.write(json.dumps(paper) + "\n")
    return path


def _alone(run: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """Return what ``run`` returns in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run, arguments)


class _Memory:
    """Progress that notes the highest memory of the process's own in each stage, in MB."""

    def __init__(self) -> None:
        self.highest: dict[str, int] = {}
        self._name = "begin"
        threading.Thread(target=self._look, daemon=True).start()

    def stage(self, name: str, total: int = 0) -> None:  # noqa: ARG002  as Progress has it
        self._name = name

    def advance(self, done: int, total: int) -> None:
        pass

    def _look(self) -> None:
        while True:
            self.highest[self._name] = max(self.highest.get(self._name, 0), _memory("RssAnon"))
            time.sleep(_LOOK)


def _memory(kind: str) -> int:
    return kilobytes(kind) // 1024


def _built(library: Path, digest: Path, vectors: Path) -> dict[str, Any]:
    memory = _Memory()
    options = Options(model=_MODEL, given_vectors=vectors)
    with patch("explorer.build.make_draft", _made_up):
        report = build(Library(library), [digest], options, memory)
    seconds = {k: round(v, 1) for k, v in report.seconds.items() if k not in ("map", "topics")}
    highest = {k: v for k, v in memory.highest.items() if k not in ("model", "map", "topics")}
    return {
        "seconds": {"papers": report.papers, "added": report.added} | seconds,
        "memory": highest | {"files mapped at the end": _memory("RssFile")},
    }


def _made_up(papers: Records, vectors: Vectors, factory: EngineFactory, *rest: Any) -> Drawn:
    """Return a draft as :func:`explorer.drafting.make_draft` does, nothing of it computed."""
    *_, course, _number, created, clock = rest
    size = len(papers)
    draw = np.random.default_rng(_SEED)
    with clock.stage("index"):
        engine = factory.build(vectors)
    labels = np.searchsorted(np.cumsum([*_TOPICS.values()]), draw.random(size)).astype(np.int32)
    topics = tuple(
        Topic(f"t{place}", 0, "", name, (), int((labels == place).sum()))
        for place, name in enumerate([*_TOPICS, _REST])
    )
    neighbours = draw.integers(size, size=(size, _NEIGHBOURS), dtype=np.int32)
    words = None
    if course is not None:
        moved = rows_moved(ids_of(course.papers), ids_of(papers))
        same = rows_same(course.papers, papers, moved, ("title", "abstract", "authors"))
        words = WordsBefore(course.before.lexicon, np.where(same, moved, -1))
    draft = Draft(
        papers=papers,
        vectors=vectors,
        engine=engine,
        graph=NeighbourGraph(neighbours, np.full(neighbours.shape, 0.5, dtype=np.float32)),
        positions=draw.random((size, 2), dtype=np.float32),
        outline=Outline((topics,), (labels,), (np.ones(size, dtype=np.float32),), (labels,)),
        arrived=np.zeros(size, dtype=np.int64),
        events=(),
        words=words,
        before=course.before if course else None,
    )
    return Drawn(draft, {"drawn": created}, "", None, len(topics))


def _served(library: Path) -> dict[str, Any]:
    begin = time.perf_counter()
    generation = Library(library).open()
    opened = time.perf_counter() - begin
    resident = {"opened": _memory("VmRSS")}
    embedder = open_embedder(_MODEL)
    typed = _typed(generation.records)
    search(generation, embedder, Query(next(typed)))
    region = Filters(region=((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)))
    one = generation.records[generation.size // 2]
    known = {"author": one.authors[0], "venue": one.venue, "keyword": one.keywords[0]}
    asked = {name: (text.format(**known), Filters()) for name, text in _ASKED.items()}
    asked[_REGION] = ("", region)
    searches: dict[str, dict[str, object]] = {}
    for name, (text, filters) in asked.items():
        times, passing = [], 0
        for _ in range(1 + _SEARCHES):
            query = Query(f"{next(typed)} {text}", filters=filters)
            begin = time.perf_counter()
            results = search(generation, embedder, query)
            times.append(1000.0 * (time.perf_counter() - begin))
            passing = generation.size if results.allowed is None else results.allowed
        searches[name] = {
            "papers that pass": passing,
            "first": round(times[0], 1),
            "p50": round(float(np.percentile(times[1:], 50)), 1),
            "p95": round(float(np.percentile(times[1:], 95)), 1),
        }
    resident["after all searches"] = _memory("VmRSS")
    whole = {
        "facets of all papers": lambda: facets(generation, np.arange(generation.size), 0),
        "facets of a search": lambda: facets(
            generation, rows_to_count(generation, results, Filters()), 0
        ),
        "trends": lambda: trends(generation),
        "filters alone, newest first": lambda: search(generation, embedder, Query("author:Ada")),
        "a paper by its DOI": lambda: generation.records.find("10.5555/made-up.00000007"),
    }
    at_once = {name: round(_milliseconds(run), 1) for name, run in whole.items()}
    resident["after all that the page asks"] = _memory("VmRSS")
    resident["of that, its own"] = _memory("RssAnon")
    return {
        "seconds to open": {"": round(opened, 2)},
        "milliseconds a search": searches,
        "milliseconds": at_once,
        "resident memory, MB": resident,
    }


def _typed(records: Records) -> Iterator[str]:
    """Yield texts of so many words drawn from titles, without an end."""
    draw = np.random.default_rng(_SEED)
    some = np.sort(draw.integers(len(records), size=2_000))
    words = [word.strip(":,") for title in records.titles.take(some) for word in title.split()]
    while True:
        yield " ".join(words[place] for place in draw.integers(len(words), size=_WORDS))


def _milliseconds(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return 1000.0 * (time.perf_counter() - begin)
