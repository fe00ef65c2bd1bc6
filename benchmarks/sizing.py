"""How many papers need what: ``python -m benchmarks sizing``.

Computed, not measured, from what the other benchmarks on this page measured: machines like the one
that they name. Embedding goes by the papers a second of :mod:`benchmarks.embedding`, and shards
have nothing to do with each other, so machines divide the hours. What a build computes of ready
vectors was measured up to the largest size of :mod:`benchmarks.million`; beyond it each stage is
taken to grow as in the last factor of ten, or in step with the papers if it grew less, and the
column says so. A vector takes four bytes a number on disk; codes in memory are 396, 224 or 68
bytes a paper (``docs/scaling.md``), the graph's 30 neighbours 240. ``Milvus, exact`` is what all
vectors take in its memory without codes, over however many machines. Nothing but the first row's
build was tried at its size.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from benchmarks.synthetic import DIMENSION

RESULTS = Path(__file__).resolve().parent / "results.json"
_SIZES = (1_000_000, 10_000_000, 250_000_000)
_CODES = (("8-bit codes", 396), ("4-bit codes", 224), ("1-bit codes", 68))
_NEIGHBOUR_BYTES = 30 * 8
_A_DAY = 24.0
_STAGES = ("index", "graph", "map", "topics and names")


def measure(arguments: list[str]) -> dict[str, object]:
    """Return hours, memory and machines for libraries of three sizes."""
    if arguments:
        sys.exit(__doc__)
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    missing = [name for name in ("embedding", "million") if name not in results]
    if missing:
        sys.exit(f"Not measured yet: {', '.join(missing)}. Run `python -m benchmarks NAME` first.")
    rate = results["embedding"]["found"]["ways"]["default"]["papers/s"]
    built = results["million"]["found"]["build from ready vectors, in seconds"]
    return {
        "papers/s that one machine embeds": rate,
        "papers": {f"{size:,}": _needed(size, rate, built) for size in _SIZES},
    }


def _needed(size: int, rate: float, built: dict[str, dict[str, Any]]) -> dict[str, object]:
    hours = size / rate / 3600
    seconds, is_measured = _seconds(size, built)
    return {
        "hours to embed, one machine": round(hours, 1),
        "machines to embed in a day": math.ceil(hours / _A_DAY),
        "hours to build from vectors": round(seconds / 3600, 1),
        "that is": "measured" if is_measured else "extrapolated",
        "vectors on disk, GB": round(size * DIMENSION * 4 / 1e9, 1),
        **{f"{name}, GB": round(size * held / 1e9, 1) for name, held in _CODES},
        "graph on disk, GB": round(size * _NEIGHBOUR_BYTES / 1e9, 1),
        "Milvus, exact, GB": round(size * DIMENSION * 4 / 1e9),
    }


def _seconds(size: int, built: dict[str, dict[str, Any]]) -> tuple[float, bool]:
    """Return the seconds of a build from ready vectors, and whether they were measured."""
    known = sorted((int(name.replace(",", "")), row) for name, row in built.items())
    for papers, row in known:
        if papers == size:
            return row["in all"], True
    (small, less), (large, more) = known[-2:]
    seconds = 0.0
    for stage in _STAGES:
        power = math.log(more[stage] / less[stage]) / math.log(large / small)
        seconds += more[stage] * (size / large) ** max(1.0, power)
    return seconds, False
