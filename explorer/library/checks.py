"""Checks of a generation's files and parts, and salvage of a damaged one."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import LibraryDamaged
from explorer.files import checksum
from explorer.library.generation import MANIFEST, Generation, read_manifest
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable

_SELF_CHECKS = 20
"""Papers searched for by their own vectors."""
_SCORE_TOLERANCE = 0.02
"""Difference allowed between a paper's score and that of its own vector with itself."""


def salvaged_papers(folder: Path) -> list[Paper]:
    """Return the papers of a generation whose other parts may be damaged.

    Raises:
        LibraryDamaged: the records cannot be read, or were altered.
    """
    path = folder / "papers.arrow"
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if checksum(path) != manifest["files"][path.name]["sha256"]:
            raise LibraryDamaged("altered since it was written.", path=path)
        return list(PaperTable.open(path))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LibraryDamaged(f"the records cannot be read ({error}).", path=folder) from None


def salvaged_manifest(folder: Path) -> dict[str, Any]:
    """Return the fields of the manifest in ``folder``, of any schema; some may be missing.

    Raises:
        LibraryDamaged: it holds no fields.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LibraryDamaged(f"cannot be read ({error}).", path=path) from None
    if not isinstance(content, dict) or not content:
        raise LibraryDamaged("it holds no fields.", path=path)
    return content


def verify_files(folder: Path) -> None:
    """Check that all files of the generation in ``folder`` are as they were written.

    A build does this before it updates a generation: altered content would be carried over
    otherwise, under new checksums.

    Raises:
        LibraryDamaged: a file is missing, or its checksum differs.
    """
    files = read_manifest(folder).files

    def is_as_written(name: str) -> bool:
        path = folder / name
        return path.is_file() and checksum(path) == files[name]["sha256"]

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing releases the interpreter lock
        for name, is_good in zip(files, pool.map(is_as_written, files), strict=True):
            if not is_good:
                raise LibraryDamaged(
                    "missing, or altered since it was written.",
                    path=folder / name,
                    advice=(
                        "Go back with `explorer rollback`, or build anew with "
                        "`explorer build --full`."
                    ),
                )


def verify_parts(generation: Generation) -> None:
    """Check that the parts of a generation belong together.

    Raises:
        LibraryDamaged: counts disagree, or a paper does not find itself.
    """
    folder, size = generation.folder, generation.size
    counts = {
        "records": len(generation.records),
        "columns": len(generation.records.years),
        "vectors": generation.engine.size,
        "graph": generation.graph.size,
        "positions": len(generation.positions),
        "memberships": len(generation.memberships[0]),
        "strengths": len(generation.strengths[0]),
        "communities": len(generation.raw_labels[0]),
        "arrived": len(generation.added_at),
    }
    if generation.vocabulary is not None:
        counts["vocabulary"] = generation.vocabulary.papers
    if (
        set(counts.values()) != {size}
        or generation.engine.dimension != generation.manifest.dimension
    ):
        raise LibraryDamaged(f"the parts disagree on the number of papers: {counts}.", path=folder)
    rows = np.unique(np.linspace(0, size - 1, _SELF_CHECKS).astype(np.int64))
    vectors = generation.engine.vectors(rows)
    nearest = generation.engine.search(vectors, 1)
    own = np.einsum("ij,ij->i", vectors, vectors)
    if not np.allclose(nearest.scores[:, 0], own, atol=_SCORE_TOLERANCE):
        raise LibraryDamaged("papers do not find themselves in the index.", path=folder)
