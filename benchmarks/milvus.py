"""Search on a Milvus server: ``python -m benchmarks milvus [VECTORS]`` (100,000 without a number).

The vectors of :mod:`benchmarks.synthetic` in the real server of PyPI (`make test-cluster` installs
it) on this machine, with password and TLS, beside FAISS flat in this process: seconds to save,
with upload, indexing and loading; milliseconds a query for ten hits, one query at a time; and
recall@10 against FAISS flat. Queries are vectors of papers that are not in the index. ``filter``
lets through every fiftieth paper; ``look-up`` asks for the vectors of 200 papers.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.synthetic import write_vectors
from explorer.arrays import Vectors
from explorer.index.engines import load_engine
from explorer.index.engines.contract import Engine, EngineFactory
from explorer.index.engines.milvus import MilvusFactory
from tests.helpers.milvus_servers import Standalone, started

_VECTORS = 100_000
_QUERIES = 200
_EVERY = 50
_LOOKED_UP = 200


def measure(arguments: list[str]) -> dict[str, Any]:
    """Return what saving and asking costs, by index."""
    count = int(arguments[0]) if arguments else _VECTORS
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as environment:
        folder = Path(scratch)
        rows = np.load(write_vectors(folder / "rows.npy", count + _QUERIES))
        vectors, queries = rows[:count], rows[count:]
        with started(Standalone(folder / "server"), "milvus") as server:
            environment.setenv("EXPLORER_MILVUS_CA", str(server.certificate))
            environment.setenv("EXPLORER_MILVUS_TOKEN", server.new_password())
            makers: dict[str, EngineFactory] = {
                "FAISS flat": load_engine("faiss-flat"),
                "Milvus, exact": MilvusFactory(server.uri),
                "Milvus, HNSW": MilvusFactory(server.uri, exact_up_to=0),
            }
            found: dict[str, Any] = {}
            truth = makers["FAISS flat"].build(vectors).search(queries, 10).keys
            for name, maker in makers.items():
                found[name] = _measured(maker, vectors, queries, truth, folder / name)
    return {"vectors": count, "index": found}


def _measured(
    maker: EngineFactory, vectors: Vectors, queries: Vectors, truth: Any, folder: Path
) -> dict[str, float]:
    folder.mkdir()
    built = maker.build(vectors)
    start = time.perf_counter()
    built.save(folder)
    saved = time.perf_counter() - start
    engine: Engine = maker.open(folder)
    some = np.arange(0, len(vectors), _EVERY, dtype=np.int64)
    looked_up = np.random.default_rng(1).choice(len(vectors), _LOOKED_UP, replace=False)
    keys: list[set[int]] = []

    def plain(query: Vectors) -> None:
        keys.append(set(engine.search(query, 10).keys[0].tolist()))

    asked: dict[str, Callable[[Vectors], object]] = {
        "": plain,
        "filter, ": lambda query: engine.search(query, 10, some),
        "look-up, ": lambda _: engine.vectors(looked_up),
    }
    figures = {"save, s": round(saved, 1)}
    for name, ask in asked.items():
        times = _milliseconds(ask, queries)
        figures |= {
            f"{name}median, ms": round(float(np.median(times)), 1),
            f"{name}p95, ms": round(float(np.percentile(times, 95)), 1),
        }
    shared = [len(one & set(best)) for one, best in zip(keys, truth.tolist(), strict=True)]
    figures["recall@10"] = round(float(np.mean(shared)) / 10, 3)
    if isinstance(maker, MilvusFactory):
        maker.remove(folder, [])
    return figures


def _milliseconds(ask: Callable[[Vectors], object], queries: Vectors) -> list[float]:
    times = []
    for row in range(len(queries)):
        start = time.perf_counter()
        ask(queries[row : row + 1])
        times.append(1000 * (time.perf_counter() - start))
    return times
