"""How much work a second build repeats: ``python -m benchmarks rebuild [DIGEST_OR_FOLDER ...]``.

Builds one library three times in one run: from nothing, again from the same digests, and in full
with the vectors cached.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.library.store import LibraryStore


def measure(arguments: list[str]) -> dict[str, object]:
    """Return seconds of each build, and their share of the first."""
    digests = [Path(argument) for argument in arguments] or [Path("data/digests")]
    with tempfile.TemporaryDirectory() as scratch:
        library = LibraryStore(scratch)
        runs = {
            "from nothing": build(library, digests),
            "unchanged": build(library, digests),
            "in full, vectors cached": build(library, digests, BuildOptions(full=True)),
        }
    whole = runs["from nothing"].seconds["total"]
    return {"build": {name: _facts(run, whole) for name, run in runs.items()}}


def _facts(run: BuildReport, whole: float) -> dict[str, object]:
    return {
        "papers": run.papers,
        "embedded": run.embedded,
        "seconds": run.seconds["total"],
        "share of the first": round(run.seconds["total"] / whole, 4),
    }
