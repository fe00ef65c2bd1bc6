"""Full vectors beside an index of codes, on disk and read on demand.

A small file stays mapped. A large one must not count towards the memory of this process, but
towards the system's file cache, which shrinks when memory runs short: a few rows are read one by
one, and for many rows the file is mapped for the duration of one search.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from explorer.arrays import Keys, Vectors
from explorer.errors import LibraryDamaged
from explorer.index.engines.contract import Neighbours

_FILE = "vectors.npy"
_MAPPED_UP_TO = 1 << 28
"""Bytes up to which the file stays mapped. Reading row by row is slow with several threads, since
each row releases Python's global lock."""
_MAP_FROM = 5_000
"""Rows from which mapping the whole file is faster than reading them one by one."""


class StoredVectors:
    """Unit vectors by row number, float32, shape (size, dimension)."""

    def __init__(
        self, size: int, dimension: int, rows: Vectors | None, file: BinaryIO | None, offset: int
    ) -> None:
        self.size = size
        self.dimension = dimension
        self._rows = rows
        self._file = file
        self._offset = offset

    @classmethod
    def of(cls, vectors: Vectors) -> StoredVectors:
        """Wrap vectors that are in memory, or mapped by the caller."""
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        return cls(rows.shape[0], rows.shape[1], rows, None, 0)

    @classmethod
    def open(cls, folder: Path) -> StoredVectors:
        """Return the vectors saved in ``folder``."""
        path = folder / _FILE
        try:
            # The file stays open, so that a removed generation can be read to the end.
            file = path.open("rb")
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"version {version} of the format")
            (size, dimension), by_columns, kind = np.lib.format.read_array_header_1_0(file)
            offset = file.tell()
            length = path.stat().st_size - offset
            if kind != np.float32 or by_columns or length != size * dimension * kind.itemsize:
                raise ValueError(f"{length} bytes of {kind} for the shape ({size}, {dimension})")
        except (OSError, ValueError) as error:
            raise LibraryDamaged(f"not the vectors of an index ({error}).", path=path) from None
        if 0 < length <= _MAPPED_UP_TO:
            with file:
                return cls(size, dimension, _mapping(file, offset, size, dimension), None, 0)
        return cls(size, dimension, None, file, offset)

    @contextmanager
    def mapped(self) -> Iterator[Vectors]:
        """Yield all rows for reading; do not keep references to them."""
        if self._rows is not None or self._file is None or not self.size:
            yield np.empty((0, self.dimension), np.float32) if self._rows is None else self._rows
            return
        yield _mapping(self._file, self._offset, self.size, self.dimension)

    def take(self, keys: Keys) -> Vectors:
        """Return a copy of the rows of ``keys``, shape (len(keys), dimension)."""
        if self._file is not None and len(keys) < _MAP_FROM and hasattr(os, "pread"):
            length = 4 * self.dimension
            file, first = self._file.fileno(), self._offset
            read = [os.pread(file, length, first + key * length) for key in keys.tolist()]
            return np.frombuffer(bytearray().join(read), np.float32).reshape(
                len(keys), self.dimension
            )
        with self.mapped() as rows:
            copy: Vectors = np.take(rows, keys, axis=0)
        return copy

    def save(self, folder: Path) -> None:
        """Write the vectors into ``folder``."""
        with self.mapped() as rows:
            np.save(folder / _FILE, rows, allow_pickle=False)


def _mapping(file: BinaryIO, offset: int, size: int, dimension: int) -> Vectors:
    """Return the rows of ``file``, mapped until the last array that refers to them is gone."""
    mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    rows: Vectors = np.frombuffer(mapping, dtype=np.float32, offset=offset)
    return rows.reshape(size, dimension)


def refined(stored: StoredVectors, queries: Vectors, candidates: Keys, k: int) -> Neighbours:
    """Return the k nearest of ``candidates`` by their full vectors.

    Negative candidates are gaps; at least ``k`` in each row must be keys.
    """
    import faiss

    candidates = np.ascontiguousarray(candidates)
    if len(queries) == 1:
        some = candidates[candidates >= 0][None]
        scores = np.einsum("rd,qd->qr", stored.take(some[0]), queries)
    else:
        some = candidates
        scores = np.empty(some.shape, dtype=np.float32)
        with stored.mapped() as rows:
            faiss.fvec_inner_products_by_idx(  # type: ignore[attr-defined]
                *(faiss.swig_ptr(array) for array in (scores, queries, rows, some)),
                queries.shape[1],
                *some.shape,
            )
        scores[some < 0] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return Neighbours(np.take_along_axis(some, order, axis=1), np.take_along_axis(scores, order, 1))
