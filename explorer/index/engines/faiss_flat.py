"""FAISS flat index (Douze et al. 2024, arXiv:2401.08281): exact, with SIMD and threads."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from explorer.arrays import Keys, Vectors
from explorer.errors import LibraryDamaged
from explorer.index.engines import DEFAULTS, Engine, InFolder, Neighbours
from explorer.index.engines.faiss_threads import threads
from explorer.settings import IndexSettings

_FILE = "index.faiss"
_BROAD = 0.25
"""Share of the vectors from which it is worth to look through the nearest of all first."""
_MARGIN = 1.5
"""Vectors looked through for each that is expected to be allowed."""


class FlatFactory(InFolder):
    """Makes :class:`FaissFlat` engines."""

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:  # noqa: ARG002
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return FaissFlat(index)

    def update(
        self,
        before: Engine,  # noqa: ARG002
        moved: Keys,  # noqa: ARG002
        vectors: Vectors,
        settings: IndexSettings = DEFAULTS,
    ) -> Engine:
        return self.build(vectors, settings)

    def open(self, folder: Path) -> Engine:
        import faiss

        try:
            return FaissFlat(faiss.read_index(str(folder / _FILE), faiss.IO_FLAG_MMAP_IFC))
        except RuntimeError as error:
            raise LibraryDamaged(f"{folder / _FILE}: FAISS cannot read it ({error}).") from None


class FaissFlat:
    """An inner-product index over all vectors, memory-mapped once saved."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def search(self, queries: Vectors, k: int, among: Keys | None = None) -> Neighbours:
        import faiss

        found = min(k, self.size if among is None else len(among))
        if found <= 0:
            empty = (len(queries), 0)
            return Neighbours(np.empty(empty, dtype=np.int64), np.empty(empty, dtype=np.float32))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        if among is not None and len(queries) == 1 and len(among) >= _BROAD * self.size:
            nearest = self._looked_through(queries, found, among)
            if nearest is not None:
                return nearest
        parameters = None
        if among is not None:
            flags = np.zeros(self.size, dtype=bool)
            flags[among] = True
            allowed = np.packbits(flags, bitorder="little")
            # The type stubs know the C++ constructors only, not the Python wrappers around them.
            selector = faiss.IDSelectorBitmap(allowed)  # type: ignore[call-arg, arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        with threads(1 if len(queries) == 1 else 0):
            scores, keys = self._index.search(queries, found, params=parameters)
        return Neighbours(keys, scores)

    def _looked_through(self, query: Vectors, found: int, among: Keys) -> Neighbours | None:
        """Return those of ``among`` that are nearest of all, or None where they are too few.

        To ask for each vector whether it is allowed takes FAISS longer than to compare it.
        """
        enough = min(self.size, math.ceil(_MARGIN * found * self.size / len(among)))
        with threads(1):
            scores, keys = self._index.search(query, enough)
        allowed = np.zeros(self.size, dtype=bool)
        allowed[among] = True
        passed = np.flatnonzero(allowed[keys[0]])[:found]
        return Neighbours(keys[:, passed], scores[:, passed]) if len(passed) == found else None

    @property
    def stats(self) -> dict[str, Any]:
        return {"kind": "flat", "recall@10": 1.0, "bytes": 4 * self.size * self.dimension}

    def vectors(self, keys: Keys) -> Vectors:
        with threads(1):
            rows: Vectors = self._index.reconstruct_batch(
                np.ascontiguousarray(keys, dtype=np.int64)
            )
        return rows

    def save(self, folder: Path) -> None:
        import faiss

        faiss.write_index(self._index, str(folder / _FILE))
