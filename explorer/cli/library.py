"""The commands that describe, check and restore a library."""

from __future__ import annotations

import argparse
import sys

from explorer.api.json_format import findings_as_json, generation_as_json
from explorer.builds.doctor import damaged, examine
from explorer.cli.commands import Commands
from explorer.cli.options import print_json, print_values
from explorer.index.knn_graph import NEAR_DUPLICATE
from explorer.library.generation import GIVEN_SUFFIX
from explorer.library.store import LibraryStore
from explorer.papers.text import plural
from explorer.search.near_duplicates import near_duplicates

_DUPLICATES_EXAMPLES = """\
Papers with the same id, text or title are merged by the build already; these are suggestions.

examples:
  explorer duplicates
  explorer duplicates --min-similarity 0.9
"""

_ROLLBACK_EXAMPLES = """\
No version is deleted.

examples:
  explorer rollback
  explorer rollback --yes       without confirmation
"""


def add_library(commands: Commands) -> None:
    """Add ``stats``, ``history``, ``rollback``, ``doctor`` and ``duplicates``."""
    text = "Show the size of the library, its model and index."
    commands.add("stats", show_stats, text)
    text = "List the versions of the library on disk and their changes."
    commands.add("history", list_history, text)
    text = "Restore the previous version of the library."
    added = commands.add("rollback", roll_back, text, _ROLLBACK_EXAMPLES)
    added.add_argument("--yes", action="store_true", help="go on without confirmation")
    text = "Check every file of the library and advise; change nothing."
    commands.add("doctor", check_library, text)
    text = "List pairs of papers that are nearly the same."
    added = commands.add("duplicates", list_duplicates, text, _DUPLICATES_EXAMPLES)
    added.add_argument(
        "--min-similarity",
        type=float,
        default=NEAR_DUPLICATE,
        metavar="COSINE",
        help=f"cosine similarity from which a pair is listed (default: {NEAR_DUPLICATE})",
    )


def list_duplicates(options: argparse.Namespace) -> int:
    """List pairs of papers that are nearly the same."""
    pairs = near_duplicates(LibraryStore(options.library).open(), options.min_similarity)
    if options.json:
        listing = [
            {
                "similarity": round(pair.similarity, 4),
                "papers": [{"id": p.id, "title": p.title} for p in (pair.first, pair.second)],
            }
            for pair in pairs
        ]
        print_json({"pairs": listing})
    else:
        from explorer.cli.output.library import show_pairs

        show_pairs(pairs)
    return 0


def show_stats(options: argparse.Namespace) -> int:
    """Show the size of the library, its model and index."""
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
    return print_values(stats, options)


def list_history(options: argparse.Namespace) -> int:
    """List the versions of the library on disk, the current one marked."""
    library = LibraryStore(options.library)
    events = library.open().events if library.live else ()
    generations = [
        generation_as_json(number, manifest, library.live, events)
        for number, manifest in library.history()
    ]
    if options.json:
        print_json({"generations": generations})
    else:
        from explorer.cli.output.library import show_history

        show_history(generations)
    return 0


def roll_back(options: argparse.Namespace) -> int:
    """Restore the version before the current one; exit code 1 if the user declines."""
    library = LibraryStore(options.library)
    # Scripts, which have no terminal, are not asked.
    if sys.stdin.isatty() and not (options.yes or options.json):
        question = f"Restore the previous version of {library.folder}? [y/N] "
        if input(question).strip().lower() not in ("y", "yes"):
            print("Nothing was changed.")
            return 1
    manifest = library.rollback()
    if options.json:
        print_json({"generation": manifest.number, "papers": manifest.papers})
    else:
        print(
            f"Version {manifest.number} with {plural(manifest.papers, 'paper')} is current now. "
            "The newer one stays on disk; `explorer history` lists all versions."
        )
    return 0


def check_library(options: argparse.Namespace) -> int:
    """Check every file of the library; exit code 1 if anything is damaged."""
    from explorer.cli.output.library import show_findings
    from explorer.cli.output.progress import checking

    with checking() as progress:
        findings = examine(LibraryStore(options.library), progress)
    if options.json:
        print_json(findings_as_json(findings))
    else:
        show_findings(findings)
    return 1 if damaged(findings) else 0
