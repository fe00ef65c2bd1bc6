"""How much work a second build repeats: ``python -m benchmarks.rebuild [DIGEST_OR_FOLDER ...]``.

Builds one library three times in one run: from nothing, again from the same digests, and in full
with the vectors cached. Prints the seconds of each and their ratio to the first as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from explorer.build import Options, Report, build
from explorer.library import Library


def main(arguments: list[str]) -> None:
    """Measure and print."""
    digests = [Path(argument) for argument in arguments] or [Path("data/digests")]
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(scratch)
        runs = {
            "from nothing": build(library, digests),
            "unchanged": build(library, digests),
            "in full, vectors cached": build(library, digests, Options(full=True)),
        }
    whole = runs["from nothing"].seconds["total"]
    print(json.dumps({name: _facts(run, whole) for name, run in runs.items()}, indent=2))


def _facts(run: Report, whole: float) -> dict[str, object]:
    return {
        "papers": run.papers,
        "embedded": run.embedded,
        "seconds": run.seconds,
        "share of the first": round(run.seconds["total"] / whole, 4),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
