"""A million papers: ``python -m benchmarks million [PAPERS]``, a million unless you say otherwise.

Papers and vectors are made up (``benchmarks/synthetic.py``), the same for all and in one run: FAISS
flat and HNSW, usearch (its HNSW) and this project's index, each in a process of its own that is
given the vectors as a file. Memory is what the process holds once the saved index is open and has
answered all queries, over what it held before. Queries are papers moved aside to a cosine of 0.8,
others than those the index was tuned with, asked one at a time.

Then all that a build from ready vectors computes, and an update with a hundredth as many papers.
Names come from the default model. Needs the ``bench`` extra.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.log_plot import write_log_plot
from benchmarks.memory import kilobytes
from benchmarks.synthetic import DIMENSION, write_corpus
from explorer.arrays import Vectors
from explorer.builds.redraw_advice import measure_fit
from explorer.embedders import open_embedder
from explorer.index.engines import load_engine
from explorer.index.knn_graph import build_graph, updated_graph
from explorer.map.layout import draw, place
from explorer.papers.paper import Paper
from explorer.papers.spill_file import SpillFile
from explorer.papers.table import PaperTable
from explorer.settings import Settings
from explorer.topics.communities import edges_of
from explorer.topics.hierarchy import build_hierarchy
from explorer.topics.tracking import PreviousTopics, last_number

_QUERIES = 500
_LIKENESS = 0.8
_SEED = 29
_K = 10
_NEWCOMERS = 0.01
_PICTURE = Path("docs/pictures/growth.svg")
_WAYS = ("FAISS flat", "FAISS HNSW", "usearch", "this project")
_BEAM = 200
"""Papers that graphs of small worlds keep in mind while they search (``ef``)."""
_WARM = 20
_PAGE = os.sysconf("SC_PAGE_SIZE")


def measure(arguments: list[str]) -> dict[str, object]:
    """Return seconds, memory, recall and latency at 10,000 papers, ten times as many, and so on."""
    most = int(arguments[0].replace("_", "")) if arguments else 1_000_000
    sizes = [10**power for power in range(4, 10) if 10**power < most] + [most]
    engines: dict[str, dict[str, Any]] = {}
    stages: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        more = most + round(_NEWCOMERS * most)
        digest, vectors = write_corpus(Path(scratch), more)
        for size in sizes:
            queries, tenth = alone(_truth, vectors, size)
            for name in _WAYS:
                path = Path(scratch) / "index"
                row = alone(_build, name, vectors, size, path)
                row |= alone(_ask, name, vectors, path, queries, tenth)
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                engines[f"{name}, {size:,}"] = row
                print(name, size, row, file=sys.stderr)
            stages[f"{size:,}"] = alone(_stages, digest, vectors, size)
            print(size, stages[f"{size:,}"], file=sys.stderr)
    lines = {
        f"{stage} (s)": [stages[f"{size:,}"][stage] for size in sizes]
        for stage in ("index", "graph", "map", "topics and names", "update in all")
    }
    lines["peak memory (MB)"] = [stages[f"{size:,}"]["peak MB"] for size in sizes]
    write_log_plot(_PICTURE, "papers", sizes, lines)
    return {"index": engines, "build from ready vectors, in seconds": stages}


def alone(work: Callable[..., Any], *arguments: object) -> Any:
    """Return what ``work`` returns, done in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


# Indexes.


def _truth(vectors: Path, size: int) -> tuple[Vectors, Vectors]:
    """Return the queries, and the cosine of the tenth nearest of each."""
    import faiss

    rows = np.load(vectors, mmap_mode="r")[:size]
    draw_ = np.random.default_rng(_SEED)
    papers = np.asarray(rows[np.sort(draw_.permutation(size)[:_QUERIES])])
    aside = draw_.normal(size=papers.shape)
    aside -= np.einsum("ij,ij->i", aside, papers)[:, None] * papers
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    queries = (_LIKENESS * papers + (1 - _LIKENESS**2) ** 0.5 * aside).astype(np.float32)
    return queries, faiss.knn(queries, rows, _K, faiss.METRIC_INNER_PRODUCT)[0][:, -1]


Answer = Callable[[Vectors], NDArray[np.int64]]
"""A query, shape (1, dimension), to the keys of the ten nearest."""


def _build(name: str, vectors: Path, size: int, path: Path) -> dict[str, Any]:
    """Build an index, save it under ``path``, and tell what that took."""
    rows = np.load(vectors, mmap_mode="r")[:size]
    begin = time.perf_counter()
    if name == "this project":
        path.mkdir()
        load_engine("faiss").build(rows).save(path)
    elif name == "usearch":
        from usearch.index import Index

        index = Index(ndim=rows.shape[1], metric="ip", dtype="f16")
        index.add(np.arange(size), np.asarray(rows), threads=os.cpu_count() or 1)
        index.save(str(path))
    else:
        _faiss(name, rows, path)
    seconds = time.perf_counter() - begin
    files = list(path.iterdir()) if path.is_dir() else [path]
    return {
        "build s": round(seconds, 1),
        "peak MB": _peak(),
        "disk MB": round(sum(file.stat().st_size for file in files) / 1e6),
    }


def _faiss(name: str, rows: Vectors, path: Path) -> None:
    import faiss

    index: Any = faiss.IndexFlatIP(rows.shape[1])
    if name == "FAISS HNSW":
        index = faiss.IndexHNSWFlat(rows.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        index.hnsw.efSearch = _BEAM
    index.add(rows)
    faiss.write_index(index, str(path))


def _open(name: str, path: Path) -> Answer:
    if name == "this project":
        engine = load_engine("faiss").open(path)
        return lambda query: engine.search(query, _K).keys[0]
    if name == "usearch":
        from usearch.index import Index

        index = Index(ndim=DIMENSION, metric="ip", dtype="f16", expansion_search=_BEAM)
        index.view(str(path))
        return lambda query: np.asarray(index.search(query[0], _K, threads=1).keys, np.int64)
    import faiss

    read: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    faiss.omp_set_num_threads(1)
    return lambda query: np.asarray(read.search(query, _K)[1][0])


def _ask(
    name: str, vectors: Path, path: Path, queries: Vectors, tenth: NDArray[np.float32]
) -> dict[str, Any]:
    """Open an index, ask it all queries one by one, and tell how well and how fast it answers."""
    import_module("faiss")  # so that it counts for none of them

    before = _resident()
    begin = time.perf_counter()
    answer = _open(name, path)
    opened = time.perf_counter() - begin
    for query in queries[:_WARM]:
        answer(query[None])
    seconds, keys = [], []
    for query in queries:
        begin = time.perf_counter()
        keys.append(answer(query[None]))
        seconds.append(time.perf_counter() - begin)
    held = _resident() - before
    rows = np.load(vectors, mmap_mode="r")
    cosines = np.stack([rows[found] @ query for found, query in zip(keys, queries, strict=True)])
    milliseconds = 1000 * np.array(seconds)
    return {
        "open s": round(opened, 3),
        "memory MB": round(held),
        "recall@10": round(float((cosines >= tenth[:, None] - 1e-5).mean()), 4),
        "p50 ms": round(float(np.percentile(milliseconds, 50)), 2),
        "p95 ms": round(float(np.percentile(milliseconds, 95)), 2),
    }


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * _PAGE / 1e6


def _peak() -> int:
    """Return the most memory that this process has held, in MB."""
    return round(kilobytes("VmHWM") / 1e3)


# What a build computes.


def _stages(digest: Path, vectors: Path, size: int) -> dict[str, Any]:
    """Compute what a build computes from ready vectors, then what an update does."""
    settings = Settings()
    seconds: dict[str, float] = {}
    rows = np.load(vectors, mmap_mode="r")
    embed = open_embedder().embed_queries
    embed(["a word"])
    factory = load_engine("faiss")
    papers = _records(digest, 0, size)
    with _timed(seconds, "index"):
        engine = factory.build(rows[:size], settings.index)
    with _timed(seconds, "graph"):
        graph = build_graph(engine, settings.graph, _told("graph"))
    with _timed(seconds, "map"):
        positions = draw(graph, rows[:size], settings.map)
    with _timed(seconds, "topics and names"):
        edges = edges_of(graph, settings.topics)
        outline = build_hierarchy(papers, rows[:size], edges, settings.topics, embed)
    fit = measure_fit(graph, edges, positions, outline.raw_labels[-1], np.empty(0, dtype=np.int64))
    total = sum(seconds.values())
    peak = _peak()
    later: dict[str, float] = {}
    now = size + round(_NEWCOMERS * size)
    after = PaperTable.concatenate(papers, _records(digest, size, now)).take(np.arange(now))
    moved = np.arange(size, dtype=np.int64)
    with _timed(later, "index"):
        engine = factory.update(engine, moved, rows[:now], settings.index)
    with _timed(later, "graph"):
        graph = updated_graph(graph, moved, engine, settings.graph)
    with _timed(later, "map"):
        start = np.full((now, 2), np.nan, dtype=np.float32)
        start[:size] = positions
        place(graph, start, settings.map)
    with _timed(later, "topics and names"):
        before = PreviousTopics(
            papers,
            outline.levels,
            outline.raw_labels,
            outline.memberships,
            moved,
            last_number(outline.levels),
        )
        edges = edges_of(graph, settings.topics)
        build_hierarchy(after, rows[:now], edges, settings.topics, embed, before=before)
    update = sum(later.values())
    return (
        {name: round(took, 1) for name, took in seconds.items()}
        | {"in all": round(total, 1), "peak MB": peak}
        | {f"update: {name}": round(took, 1) for name, took in later.items()}
        | {"update in all": round(update, 1), "share of the build": round(update / total, 3)}
        | {
            "topics": " / ".join(f"{len(level):,}" for level in outline.levels),
            "neighbours kept on the map": fit.drawn_keep,
        }
    )


def _records(digest: Path, first: int, last: int) -> PaperTable:
    """Return some papers of a digest of JSON lines as a build has them, on disk."""
    spool = SpillFile(digest.parent, fingerprints=False)
    with digest.open(encoding="utf-8") as lines:
        for place, line in enumerate(islice(lines, first, last), first):
            record = json.loads(line)
            spool.add(Paper(id=f"{place:09}", title=record["title"], abstract=record["abstract"]))
    return spool.papers


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begin
    print(f"  {name}: {seconds[name]:.1f} s", file=sys.stderr, flush=True)


def _told(name: str) -> Callable[[int, int], None]:
    begin = time.perf_counter()

    def advance(done: int, total: int) -> None:
        left = (time.perf_counter() - begin) * (total - done) / done
        print(f"\r  {name}: {done:,} of {total:,}, {left:.0f} s left ", end="", file=sys.stderr)

    return advance
