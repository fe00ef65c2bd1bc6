"""Bring your own vectors: an array beside a digest instead of embedding."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer.errors import UnusableInput
from explorer.paper import Paper
from explorer.readers import Reading
from explorer.vectors import VectorCache


def store_given(
    path: Path, readings: Sequence[Reading], papers: Sequence[Paper], cache: VectorCache
) -> None:
    """Put the user's own vectors into ``cache`` under the fingerprints of their papers."""
    if len(readings) != 1:
        raise UnusableInput(f"{path}: --vectors goes with exactly one digest, not {len(readings)}.")
    (reading,) = readings
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnusableInput(f"{path}: not a NumPy array file ({error}).") from None
    if not isinstance(rows, np.ndarray) or rows.dtype.kind not in "fiu":
        raise UnusableInput(f"{path}: not one array of numbers. Save it with numpy.save().")
    dimension = cache.take([]).shape[1]
    if rows.ndim != 2 or rows.shape != (len(reading.papers), dimension):
        raise UnusableInput(
            f"{path}: has the shape {rows.shape}, but {reading.digest} holds {len(reading.papers)} "
            f"papers and the model makes {dimension} numbers for each. Name the model that made "
            "the vectors with --model."
        )
    vectors = np.asarray(rows, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1.0) < 0.01):
        worst = int(np.argmax(np.abs(lengths - 1.0)))
        raise UnusableInput(
            f"{path}: row {worst} has length {lengths[worst]:.3f}; give unit vectors."
        )
    row_of = {(p.sources[0].line, p.title): row for row, p in enumerate(reading.papers)}
    rows_by_fingerprint: dict[str, int] = {}
    for paper in papers:
        for source in paper.sources:
            row = row_of.get((source.line, paper.title))
            if source.digest == reading.digest and row is not None:
                rows_by_fingerprint.setdefault(paper.fingerprint, row)
    vectors = vectors / lengths[:, None]
    # Vectors may be given again, corrected; those that are stored already need no second record.
    new = {
        key: row
        for key, row in rows_by_fingerprint.items()
        if key not in cache or not np.array_equal(cache.take([key])[0], vectors[row])
    }
    cache.append(list(new), vectors[list(new.values())])
