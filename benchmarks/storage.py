"""A whole library: ``python -m benchmarks storage [PAPERS ...]`` (100,000 without a number).

Papers of :mod:`benchmarks.synthetic` go through a whole build with their vectors given: records,
identity, index, graph, map, topics with their names, filters and the word index. First the build:
seconds by stage, and the highest memory of the process's own in each (mapped files apart, which the
system takes back at need), once more with abstracts of ten times the length where there are up to
100,000 papers. Then an update that adds 1 %. Then, in a process of its own, the library is opened,
and searched by meaning and words with filters, each search for six words that were not asked
before, their embedding included: ``first`` is the first search with a filter. Then what the page
asks of all papers. Last, the page itself is served and opened in a browser, searched with each of
the filters, and the memory of its server is looked at.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np

from benchmarks.memory import kilobytes, started
from benchmarks.synthetic import write_corpus
from explorer.builds.build import BuildOptions, build
from explorer.embedders import open_embedder
from explorer.insights.trends import trends
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.table import PaperTable
from explorer.search.facets import facets, rows_to_count
from explorer.search.filters import Filters
from explorer.search.model import Query
from explorer.search.search import search
from tests.helpers.browser import HINT, find_browser, open_browser
from tests.helpers.map_page import wait_for_map
from tests.helpers.serving import serve_page

_PAPERS = 100_000
_LONGER = 10
_LONGER_UP_TO = 100_000
_SHARES = (0.05, 0.001)
"""Of topics that are searched in: those next to these shares of all papers."""
_SEARCHES = 60
_WORDS = 6
_SEED = 9
_LOOK = 0.02
"""Seconds between two looks at the memory."""
_ASKED = {
    "no filter": "",
    "year, 50 % pass": "year:2005..2014",
    "year, 5 % pass": "year:2010",
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
_REGION = "region of the map"
_HIT = ".st-key-hit-1"
_PATIENCE = 120_000
"""Milliseconds that the page may take."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what was measured, by size."""
    if not find_browser():
        sys.exit(HINT)
    found: dict[str, object] = {}
    for papers in [int(argument) for argument in arguments] or [_PAPERS]:
        with tempfile.TemporaryDirectory() as scratch:
            found |= _measured(papers, Path(scratch))
    return found


def _measured(papers: int, scratch: Path) -> dict[str, object]:
    more = max(1, papers // 100)
    digest, vectors = write_corpus(scratch / "corpus", papers)
    added, vectors_added = write_corpus(scratch / "more", more, papers)
    # A digest of a name that is known would stand for the one that is known.
    added = added.rename(added.with_stem("more"))
    library = scratch / "library"
    builds = {"build": _alone(_built, library, digest, vectors)}
    builds["update of 1 %"] = _alone(_built, library, added, vectors_added)
    sizes = {
        part: round(sum(f.stat().st_size for f in library.glob(pattern)) / 1e6)
        for part, pattern in {
            "papers": "generations/000002/papers.arrow",
            "columns": "generations/000002/columns.arrow",
            "words": "generations/000002/words/*",
            "vocabulary": "generations/000002/vocabulary/*",
            "vectors": "vectors/*",
        }.items()
    }
    served = _alone(_served, library) | _alone(_page, library)
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
    report = build(LibraryStore(library), [digest], BuildOptions(given_vectors=vectors), memory)
    seconds = {stage: round(passed, 1) for stage, passed in report.seconds.items()}
    return {
        "seconds": {"papers": report.papers, "added": report.added} | seconds,
        "memory": memory.highest | {"files mapped at the end": _memory("RssFile")},
    }


def _served(library: Path) -> dict[str, Any]:
    begin = time.perf_counter()
    generation = LibraryStore(library).open()
    opened = time.perf_counter() - begin
    resident = {"opened": _memory("VmRSS")}
    embedder = open_embedder()
    typed = _typed(generation.records)
    search(generation, embedder, Query(next(typed)))
    asked = _asked(generation)
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


def _asked(generation: Generation) -> dict[str, tuple[str, Filters]]:
    """Return what is asked for beside the words, typed or not, by what it is called here."""
    one = generation.records[generation.size // 2]
    known = {"author": one.authors[0], "venue": one.venue, "keyword": one.keywords[0]}
    asked = {name: (text.format(**known), Filters()) for name, text in _ASKED.items()}
    for share in _SHARES:
        wanted = share * generation.size
        topic = min(generation.topics.values(), key=lambda topic: abs(topic.size - wanted))
        asked[f"topic, {topic.size / generation.size:.1%} pass"] = (f"topic:{topic.id}", Filters())
    (left, low), (right, high) = np.quantile(generation.positions, [0.0, 0.5], axis=0).tolist()
    corners = ((left, low), (right, low), (right, high), (left, high))
    return asked | {_REGION: ("", Filters(region=corners))}


def _page(library: Path) -> dict[str, Any]:
    """Return the memory of the page's server, in MB, as a browser has it open."""
    generation = LibraryStore(library).open()
    typed = _typed(generation.records)
    with serve_page(library) as address, open_browser() as browser:
        server = started("streamlit")
        page = browser.new_page()
        page.set_default_timeout(_PATIENCE)
        page.goto(address)
        wait_for_map(page)
        resident = {"page open": kilobytes("VmRSS", server) // 1024}
        for text, _ in _asked(generation).values():
            page.goto(f"{address}/?{urlencode({'q': f'{next(typed)} {text}'})}")
            page.wait_for_selector(_HIT)
        resident["after a search with each filter"] = kilobytes("VmRSS", server) // 1024
        resident["of that, its own"] = kilobytes("RssAnon", server) // 1024
    return {"memory of the page's server, MB": resident}


def _typed(records: PaperTable) -> Iterator[str]:
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
