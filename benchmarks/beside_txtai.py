"""Beside txtai: ``python -m benchmarks beside_txtai BEIR_FOLDER ...``.

The same judged collections with the same model, this project and txtai in turn, each in a process
of its own: txtai with ``hybrid=True`` (weighted sum of cosine and BM25) on sentence-transformers,
this project as a search does it. ``index`` is from texts to a library that answers, nothing
cached, model loading apart. Queries are plain words, ten hits are timed, the query's embedding
included. Needs txtai: ``pip install txtai``.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from explorer.embedders import open_embedder
from explorer.embedders.model_folder import find_model
from explorer.evaluation.beir import (
    Collection,
    JudgedQuery,
    mean_with_interval,
    ndcg,
    read_collection,
)
from explorer.evaluation.scratch_library import scratch_generation
from explorer.search.model import Mode
from explorer.search.ranking import ranked_rows

_DEPTH = 10
Ask = Callable[[str, int], Sequence[str]]
"""A query's text and how many papers are wanted, to their ids."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return quality, latency, time to index and memory of both, by collection."""
    if not arguments:
        sys.exit(__doc__)
    found: dict[str, object] = {"txtai": version("txtai")}
    for folder in arguments:
        of: dict[str, Any] = {}
        for way in _WAYS:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.beside_txtai", way, folder],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            of[way] = json.loads(done.stdout.splitlines()[-1])
            print(folder, way, of[way], file=sys.stderr)
        found[Path(folder).name] = of
    return found


def _this_project(collection: Collection, scratch: Path) -> Ask:
    embedder = open_embedder()
    embedder.embed_queries(["a word"])
    begin = time.perf_counter()
    units = embedder.embed([paper.text for paper in collection.papers])
    generation = scratch_generation(
        collection.papers, units, embedder.identity, scratch / "library"
    )
    _told["index, s"] = round(time.perf_counter() - begin, 1)
    ids = generation.records.ids

    def ask(text: str, k: int) -> Sequence[str]:
        vector = embedder.embed_queries([text])[0]
        return [ids[row] for row in ranked_rows(generation, vector, text, Mode.HYBRID, k)]

    return ask


def _txtai(collection: Collection, scratch: Path) -> Ask:  # noqa: ARG001
    from txtai import Embeddings

    model = str(find_model("").path)
    embeddings = Embeddings(path=model, method="sentence-transformers", hybrid=True)
    embeddings.transform("a word")
    begin = time.perf_counter()
    embeddings.index((paper.id, paper.text, None) for paper in collection.papers)
    _told["index, s"] = round(time.perf_counter() - begin, 1)
    return lambda text, k: [str(name) for name, _ in embeddings.search(text, k)]


_WAYS: dict[str, Callable[[Collection, Path], Ask]] = {
    "this project": _this_project,
    "txtai": _txtai,
}
_told: dict[str, Any] = {}


def _measure_one(way: str, folder: Path) -> dict[str, Any]:
    collection = read_collection(folder)
    with tempfile.TemporaryDirectory() as scratch:
        ask = _WAYS[way](collection, Path(scratch))
        for query in collection.queries[:3]:
            ask(query.text, _DEPTH)
        gains = [_gain(ask, query) for query in collection.queries]
        passed = []
        for query in collection.queries:
            begin = time.perf_counter()
            ask(query.text, _DEPTH)
            passed.append(1000.0 * (time.perf_counter() - begin))
    figure = mean_with_interval(gains)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "nDCG@10": f"{figure.value:.4f} ({figure.low:.3f} to {figure.high:.3f})",
        "p50, ms": round(statistics.median(passed), 1),
        "p95, ms": round(float(np.percentile(passed, 95)), 1),
        **_told,
        "peak memory, MB": round(peak / (1 << 10 if sys.platform != "darwin" else 1 << 20)),
    }


def _gain(ask: Ask, query: JudgedQuery) -> float:
    ranking = [name for name in ask(query.text, _DEPTH + 1) if name != query.own_paper]
    return ndcg(ranking[:_DEPTH], query.grades)


if __name__ == "__main__":
    print(json.dumps(_measure_one(sys.argv[1], Path(sys.argv[2]))))
