"""FAISS flat index (Douze et al. 2024, arXiv:2401.08281): exact, with SIMD and threads."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from explorer.arrays import Keys, Vectors
from explorer.errors import LibraryDamaged
from explorer.index.engines.contract import DEFAULTS, Engine, Neighbours, empty_neighbours
from explorer.index.engines.faiss_threads import threads
from explorer.settings import IndexSettings

_FILE = "index.faiss"
_BROAD_FILTER = 0.25
"""Share of allowed vectors from which filtering the hits of an unfiltered search is faster."""
_OVERSAMPLING = 1.5
"""Hits of the unfiltered search for each that is expected to be needed."""


class FlatFactory:
    """Maker of :class:`FaissFlat` engines."""

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:  # noqa: ARG002
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return FaissFlat(index)

    def update(
        self,
        before: Engine,  # noqa: ARG002
        row_map: Keys,  # noqa: ARG002
        vectors: Vectors,
        settings: IndexSettings = DEFAULTS,
    ) -> Engine:
        return self.build(vectors, settings)

    def open(self, folder: Path) -> Engine:
        import faiss

        try:
            return FaissFlat(faiss.read_index(str(folder / _FILE), faiss.IO_FLAG_MMAP_IFC))
        except RuntimeError as error:
            raise LibraryDamaged(f"FAISS cannot read it ({error}).", path=folder / _FILE) from None


class FaissFlat:
    """Inner-product index over all vectors, memory-mapped once saved."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def size(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    def search(self, queries: Vectors, k: int, allowed: Keys | None = None) -> Neighbours:
        import faiss

        k = min(k, self.size if allowed is None else len(allowed))
        if k <= 0:
            return empty_neighbours(len(queries), 0)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        parameters = None
        if allowed is not None:
            if len(queries) == 1 and len(allowed) >= _BROAD_FILTER * self.size:
                hits = self._filtered_afterwards(queries, k, allowed)
                if hits is not None:
                    return hits
            flags = np.zeros(self.size, dtype=bool)
            flags[allowed] = True
            bitmap = np.packbits(flags, bitorder="little")
            # The type stubs know the C++ constructors only, not the Python wrappers around them.
            selector = faiss.IDSelectorBitmap(bitmap)  # type: ignore[call-arg, arg-type]
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        with threads(1 if len(queries) == 1 else 0):
            scores, keys = self._index.search(queries, k, params=parameters)
        return Neighbours(keys, scores)

    def _filtered_afterwards(self, query: Vectors, k: int, allowed: Keys) -> Neighbours | None:
        """Return the allowed hits of an unfiltered search, or None if there are fewer than ``k``.

        FAISS takes longer to check whether a vector is allowed than to compare it.
        """
        enough = min(self.size, math.ceil(_OVERSAMPLING * k * self.size / len(allowed)))
        with threads(1):
            scores, keys = self._index.search(query, enough)
        flags = np.zeros(self.size, dtype=bool)
        flags[allowed] = True
        passing = np.flatnonzero(flags[keys[0]])[:k]
        return Neighbours(keys[:, passing], scores[:, passing]) if len(passing) == k else None

    def with_effort(self, effort: float) -> Engine:  # noqa: ARG002
        return self

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
