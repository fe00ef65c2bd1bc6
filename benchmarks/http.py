"""People who search over HTTP while a build runs: ``python -m benchmarks http``.

``explorer serve`` answers from a library of papers made of the sentences of ``data/digests``, with
given vectors, by meaning and words, the query's embedding included. Twenty people search about
once in four seconds each, whatever the searches before took (Poisson arrivals; what a search waits
for is counted), each time for six words that were not asked before. First nobody else uses the
machine; then ``explorer build`` adds papers to the same library and publishes a new generation.
The server, the build and the people share the cores.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np

from benchmarks.material import (
    DIGESTS,
    papers_of,
    shuffled_papers,
    write_digest,
    write_vectors,
)
from explorer.builds.build import BuildOptions, build
from explorer.library.store import LibraryStore

_PAPERS = 20_000
_ADDED = 0.05
_PEOPLE = 20
_A_SECOND = 5.0
"""Searches that all people make together."""
_SECONDS = 30.0
_LONGEST = 600.0
_WORDS = 6
_SEED = 11


def measure(arguments: list[str]) -> dict[str, object]:
    """Return percentiles of the time that people wait, and what they were answered."""
    count = int(arguments[0]) if arguments else _PAPERS
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        library, command = _library(folder, count)
        with _served(library.folder) as address:
            people = _People(address)
            people.search_while(_lasting(_SECONDS))
            alone, people.asked = people.asked, []
            begin = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as building:
                people.search_while(lambda: building.poll() is None)
            took = time.perf_counter() - begin
            during, people.asked = people.asked, []
            people.search_while(_lasting(2.0))
            after = people.asked
    answers = Counter(status for status, _, _ in (*alone, *during, *after))
    return {
        "papers": count,
        "people": _PEOPLE,
        "searches of all people a second": _A_SECOND,
        "answers": ", ".join(f"{number:,} with {status}" for status, number in answers.items()),
        "build ended with": building.returncode,
        "seconds of the build": round(took, 1),
        "generations that answered": sorted({number for _, number, _ in (*during, *after)}),
        "milliseconds": {"nobody builds": _told(alone), "during the build": _told(during)},
    }


def _library(folder: Path, count: int) -> tuple[LibraryStore, list[str]]:
    """Return a library with given vectors, and the command that adds papers to it."""
    digest = folder / "papers.jsonl"
    made = shuffled_papers(papers_of([DIGESTS]), count)
    vectors = write_vectors(count, folder / "all.npy")
    first = round(count * (1 - _ADDED))

    def write(number: int) -> Path:
        write_digest(made[:number], digest)
        chosen = folder / f"{number}.npy"
        np.save(chosen, np.load(vectors, mmap_mode="r")[:number])
        return chosen

    library = LibraryStore(folder / "library")
    build(library, [digest], BuildOptions(given_vectors=write(first)))
    command = [sys.executable, "-m", "explorer.cli", "build", str(digest)]
    command += ["--library", str(library.folder), "--vectors", str(write(count))]
    return library, command


@contextmanager
def _served(library: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "explorer.cli", "serve", "--json", "--port", "0"]
    command += ["--library", str(library), "--rate", "10000"]
    environment = {name: value for name, value in os.environ.items() if name != "EXPLORER_TOKEN"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        told = "".join(iter(server.stdout.readline, "}\n"))
        yield json.loads(told + "}")["address"]
    finally:
        server.terminate()
        server.wait(timeout=30)


class _People:
    """Twenty people at their desks, each with a connection of their own."""

    def __init__(self, address: str) -> None:
        self.asked: list[tuple[int, int, float]] = []
        """Status, generation and seconds of each search."""
        self._server = urlsplit(address).netloc
        self._own = threading.local()
        self._draw = np.random.default_rng(_SEED)
        self._words = [word for paper in papers_of([DIGESTS]) for word in paper.title.split()]

    def _text(self) -> str:
        words = self._draw.integers(len(self._words), size=_WORDS)
        return " ".join(self._words[place] for place in words)

    def search_while(self, goes_on: Callable[[], bool]) -> None:
        """Have people search as long as ``goes_on``, but not for ever."""
        with ThreadPoolExecutor(_PEOPLE) as people:
            due = time.perf_counter()
            end = due + _LONGEST
            while goes_on() and due < end:
                people.submit(self._search, self._text(), due)
                due += float(self._draw.exponential(1.0 / _A_SECOND))
                time.sleep(max(0.0, due - time.perf_counter()))

    def _search(self, text: str, due: float) -> None:
        status, generation = 0, 0
        try:
            connection = getattr(self._own, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(self._server, timeout=60)
                self._own.connection = connection
            connection.request("GET", f"/v1/search?{urlencode({'q': text})}")
            answer = connection.getresponse()
            status, generation = answer.status, json.load(answer).get("generation", 0)
        except (OSError, http.client.HTTPException):
            self._own.connection = None
        self.asked.append((status, generation, time.perf_counter() - due))


def _lasting(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() < end


def _told(asked: Sequence[tuple[int, int, float]]) -> dict[str, float]:
    waited = [1000.0 * seconds for _, _, seconds in asked]
    return {
        "searches": len(waited),
        "p50": round(float(np.percentile(waited, 50)), 1),
        "p95": round(float(np.percentile(waited, 95)), 1),
        "longest": round(max(waited), 1),
    }
