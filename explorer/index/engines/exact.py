"""Reference engine: every cosine, computed with NumPy; correct by construction, and slow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from explorer.arrays import Keys, Vectors
from explorer.errors import LibraryDamaged
from explorer.index.engines.contract import DEFAULTS, Engine, Neighbours
from explorer.settings import IndexSettings

_FILE = "vectors.npy"


class ExactFactory:
    """Maker of :class:`Exact` engines."""

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:  # noqa: ARG002
        return Exact(np.ascontiguousarray(vectors, dtype=np.float32))

    def update(
        self,
        before: Engine,  # noqa: ARG002
        row_map: Keys,  # noqa: ARG002
        vectors: Vectors,
        settings: IndexSettings = DEFAULTS,
    ) -> Engine:
        return self.build(vectors, settings)

    def open(self, folder: Path) -> Engine:
        try:
            return Exact(np.load(folder / _FILE, mmap_mode="r", allow_pickle=False))
        except (OSError, ValueError, EOFError) as error:
            raise LibraryDamaged(f"NumPy cannot read it ({error}).", path=folder / _FILE) from None


class Exact:
    """Brute-force search of a matrix; ties go to the smaller key."""

    def __init__(self, matrix: Vectors) -> None:
        self._matrix = matrix

    @property
    def size(self) -> int:
        return int(self._matrix.shape[0])

    @property
    def dimension(self) -> int:
        return int(self._matrix.shape[1])

    def search(self, queries: Vectors, k: int, allowed: Keys | None = None) -> Neighbours:
        keys = np.arange(self.size, dtype=np.int64) if allowed is None else np.sort(allowed)
        scores = np.asarray(queries @ self._matrix[keys].T, dtype=np.float32)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return Neighbours(keys[order], np.take_along_axis(scores, order, axis=1))

    def with_effort(self, effort: float) -> Engine:  # noqa: ARG002
        return self

    @property
    def stats(self) -> dict[str, Any]:
        return {"kind": "exact", "recall@10": 1.0}

    def vectors(self, keys: Keys) -> Vectors:
        return np.asarray(self._matrix[keys], dtype=np.float32)

    def save(self, folder: Path) -> None:
        np.save(folder / _FILE, self._matrix, allow_pickle=False)
