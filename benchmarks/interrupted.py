"""What a killed build repeats: ``python -m benchmarks interrupted [PAPERS] [KILLS]``.

Builds a library of 5,000 papers and kills the build (``SIGKILL``) at 20 random moments while it
embeds, starting it again each time. Each builder writes down what it is about to embed, so that
what was embedded twice can be counted. The finished library is then compared with one built
without interruption.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.material import DIGESTS, papers_of, shuffled_papers, write_digest
from explorer.builds.build import build
from explorer.embedders.cache import BATCH
from explorer.library.store import LibraryStore

_PAPERS, _KILLS = 5_000, 20
_SEED = 7
_SHORTEST, _LONGEST = 0.5, 5.0
"""Seconds of embedding after which a build is killed."""

_BUILDER = """
import hashlib, json, sys
from pathlib import Path
import explorer.embedders.cache
from explorer.builds.build import build
from explorer.library.store import LibraryStore

stored = explorer.embedders.cache.embed_missing

class Noted:
    def __init__(self, inner, log):
        self.inner, self.log = inner, log

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def embed(self, texts):
        names = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
        self.log.write(json.dumps(names) + "\\n")
        self.log.flush()
        return self.inner.embed(texts)

def noted(cache, embedder, texts, progress):
    with open(sys.argv[3], "a") as log:
        return stored(cache, Noted(embedder, log), texts, progress)

import explorer.builds.build
explorer.builds.build.embed_missing = noted
build(LibraryStore(sys.argv[1]), [Path(sys.argv[2])])
"""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what was repeated after each kill and whether the library came out the same."""
    given = [int(argument) for argument in arguments]
    papers, kills = (*given, *(_PAPERS, _KILLS)[len(given) :])
    moments = random.Random(_SEED)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        digest = write_digest(shuffled_papers(papers_of([DIGESTS]), papers), folder / "d.jsonl")
        log = folder / "embedded.jsonl"
        library = folder / "interrupted"
        repeated = []
        for _ in range(kills):
            process = _start(library, digest, log)
            _wait_for_more(log, process)
            time.sleep(moments.uniform(_SHORTEST, _LONGEST))
            process.send_signal(signal.SIGKILL)
            process.wait()
            repeated.append(_repeated(log))
        finished = _start(library, digest, log).wait()
        repeated.append(_repeated(log))
        plain = LibraryStore(folder / "plain")
        build(plain, [digest])
        least = _least_cosine(LibraryStore(library), plain)
    steps = np.diff([0, *repeated]).tolist()
    return {
        "papers": papers,
        "kills": kills,
        "texts in a batch": BATCH,
        "texts repeated after a kill, at most": max(steps),
        "texts repeated in all": repeated[-1],
        "the last build ended with code": finished,
        "least cosine to a build without interruption": round(least, 6),
    }


def _start(library: Path, digest: Path, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _BUILDER, str(library), str(digest), str(log)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def _wait_for_more(log: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the build embeds."""
    before = log.stat().st_size if log.exists() else 0
    while process.poll() is None and (not log.exists() or log.stat().st_size == before):
        time.sleep(0.02)


def _repeated(log: Path) -> int:
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    counts = Counter(name for line in lines for name in json.loads(line))
    return sum(count - 1 for count in counts.values())


def _least_cosine(first: LibraryStore, second: LibraryStore) -> float:
    rows = []
    for library in (first, second):
        generation = library.open()
        keys = np.arange(generation.size, dtype=np.int64)
        rows.append((generation.records.ids, generation.engine.vectors(keys)))
    (ids, vectors), (other_ids, others) = rows
    if list(ids) != list(other_ids):
        return -1.0
    return float((vectors * others).sum(axis=1).min())
