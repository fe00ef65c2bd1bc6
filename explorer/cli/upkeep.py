"""The commands that tell what a library holds and whether it is whole."""

from __future__ import annotations

import argparse

from explorer.api.json_format import findings_as_json, generation_as_json
from explorer.cli.options import Commands, print_json, tell
from explorer.doctor import damaged, examine
from explorer.library.generation import GIVEN_SUFFIX
from explorer.library.store import LibraryStore
from explorer.search.near_duplicates import LEAST_SIMILARITY, near_duplicates


def add_upkeep(commands: Commands) -> None:
    """Add ``duplicates``, ``stats``, ``history``, ``rollback`` and ``doctor``."""
    told = "List papers that are nearly the same, as suggestions."
    added = commands.add("duplicates", list_duplicates, told)
    added.add_argument(
        "--least",
        type=float,
        default=LEAST_SIMILARITY,
        metavar="COSINE",
        help=f"least similarity of a pair (default: {LEAST_SIMILARITY})",
    )
    commands.add("stats", show_stats, "Count what is in the library.")
    commands.add("history", list_history, "List the generations on disk.")
    told = "Go back to the generation before the live one."
    commands.add("rollback", roll_back, told)
    told = "Check every file of the library and say what to do; change nothing."
    commands.add("doctor", check_library, told)


def list_duplicates(options: argparse.Namespace) -> int:
    """List papers that are nearly the same."""
    pairs = near_duplicates(LibraryStore(options.library).open(), options.least)
    if options.json:
        found = [
            {
                "similarity": round(pair.similarity, 4),
                "papers": [{"id": p.id, "title": p.title} for p in (pair.first, pair.second)],
            }
            for pair in pairs
        ]
        print_json({"pairs": found})
    else:
        from explorer.cli.output.upkeep import show_pairs

        show_pairs(pairs)
    return 0


def show_stats(options: argparse.Namespace) -> int:
    """Count what is in the library."""
    library = LibraryStore(options.library)
    generation = library.open()
    manifest = generation.manifest
    cached = sum(file.stat().st_size for file in library.vectors.glob("*.vectors"))
    stats = {
        "generation": manifest.number,
        "created": manifest.created,
        "papers": generation.size,
        "with_abstract": int(generation.records.having("abstract").sum()),
        "digests": {name: len(rows) for name, rows in generation.records.digests.items()},
        "topics": [len(level) for level in generation.levels],
        "model": manifest.model,
        "identity": manifest.identity.removesuffix(GIVEN_SUFFIX),
        "vectors": "given" if manifest.identity.endswith(GIVEN_SUFFIX) else "embedded",
        "dimension": manifest.dimension,
        "engine": manifest.engine,
        "bytes": {
            "generation": sum(file["bytes"] for file in manifest.files.values()),
            "vector_cache": cached,
        },
    }
    return tell(stats, options)


def list_history(options: argparse.Namespace) -> int:
    """List the generations on disk, the live one marked."""
    library = LibraryStore(options.library)
    events = library.open().events if library.live else ()
    generations = [
        generation_as_json(number, manifest, library.live, events)
        for number, manifest in library.history()
    ]
    if options.json:
        print_json({"generations": generations})
    else:
        from explorer.cli.output.upkeep import show_history

        show_history(generations)
    return 0


def roll_back(options: argparse.Namespace) -> int:
    """Go back to the generation before the live one."""
    manifest = LibraryStore(options.library).rollback()
    return tell({"generation": manifest.number, "papers": manifest.papers}, options)


def check_library(options: argparse.Namespace) -> int:
    """Check every file of the library; 1 if anything is damaged."""
    from explorer.cli.output.progress import checking
    from explorer.cli.output.upkeep import show_findings

    with checking() as progress:
        findings = examine(LibraryStore(options.library), progress)
    if options.json:
        print_json(findings_as_json(findings))
    else:
        show_findings(findings)
    return 1 if damaged(findings) else 0
