"""The user's own vectors: an array beside a digest instead of embedding."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors
from explorer.embedders.cache import VectorCache
from explorer.errors import UnusableInput
from explorer.papers.table import PaperTable
from explorer.readers import Reading

_AT_ONCE = 10_000
"""Vectors that are checked, or stored, at once."""


def store_given(
    path: Path, readings: Sequence[Reading], papers: PaperTable, cache: VectorCache
) -> None:
    """Put the user's own vectors into ``cache`` under the fingerprints of their papers.

    Raises:
        UnusableInput: the file is not an array of unit vectors, one a record of one digest.
    """
    if len(readings) != 1:
        raise UnusableInput(f"--vectors needs exactly one digest, not {len(readings)}.", path=path)
    (reading,) = readings
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnusableInput(f"not a NumPy array file ({error}).", path=path) from None
    if not isinstance(rows, np.ndarray) or rows.dtype.kind not in "fiu":
        raise UnusableInput(
            "not one array of numbers.", path=path, advice="Save it with numpy.save()."
        )
    dimension = cache.take([]).shape[1]
    if rows.ndim != 2 or rows.shape != (len(reading.papers), dimension):
        raise UnusableInput(
            f"has the shape {rows.shape}, but {reading.digest} holds {len(reading.papers)} papers "
            f"and the model makes {dimension} numbers for each.",
            path=path,
            advice="Name the model that made the vectors with --model.",
        )
    _check_lengths(path, rows)
    row_of = _rows_of_papers(reading, papers)
    fingerprints = papers.fingerprints
    _, first = np.unique(np.array(list(map(bytes.fromhex, fingerprints)), "S16"), return_index=True)
    wanted = np.sort(first[row_of[first] >= 0])
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        _store(fingerprints.take(some), _unit(rows[row_of[some]]), cache)


def _store(names: list[str], vectors: Vectors, cache: VectorCache) -> None:
    """Put ``vectors`` into ``cache``, except those that it has already."""
    is_new = np.zeros(len(names), dtype=bool)
    is_new[cache.missing(names)] = True
    known = np.flatnonzero(~is_new)
    stored = cache.take([names[index] for index in known.tolist()])
    # Vectors may be given again, corrected.
    is_new[known] = (stored != vectors[known]).any(axis=1)
    new = np.flatnonzero(is_new)
    if len(new):
        cache.append([names[index] for index in new.tolist()], vectors[new])


def _rows_of_papers(reading: Reading, papers: PaperTable) -> NDArray[np.int64]:
    """Return the row of each paper's record in the digest; -1 if it has none."""
    keys = np.array([_key(p.sources[0].line, p.title) for p in reading.papers], dtype="S16")
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    rows = np.full(len(papers), -1, dtype=np.int64)
    read = papers.rows_from_digest(reading.digest)
    records = papers.take(read).select("title", "sources")
    for row, paper in zip(read.tolist(), records, strict=True):
        for source in paper.sources:
            if source.digest == reading.digest:
                key = _key(source.line, paper.title)
                index = int(np.searchsorted(keys, key, side="right")) - 1
                if index >= 0 and keys[index] == key.rstrip(b"\0"):
                    rows[row] = order[index]
                    break
    return rows


def _key(line: int, title: str) -> bytes:
    return hashlib.blake2b(f"{line} {title}".encode(), digest_size=16).digest()


def _check_lengths(path: Path, rows: NDArray[np.generic]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        lengths = np.linalg.norm(rows[start : start + _AT_ONCE].astype(np.float32), axis=1)
        if not np.all(np.abs(lengths - 1.0) < 0.01):
            worst = int(np.argmax(np.abs(lengths - 1.0)))
            raise UnusableInput(
                f"row {start + worst} has length {lengths[worst]:.3f}.",
                path=path,
                advice="Give unit vectors.",
            )


def _unit(rows: NDArray[np.generic]) -> Vectors:
    vectors = rows.astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    return unit
