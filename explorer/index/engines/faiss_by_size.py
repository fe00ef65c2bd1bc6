"""FAISS index chosen by size: exact while that is instant, then ever smaller codes.

The index must fit the memory given in the settings. Bytes per vector at 384 dimensions: full
vectors 1,536; lists with 8-bit codes 396; with 4-bit and 1-bit RaBitQ codes 224 and 68.
"""

from __future__ import annotations

from pathlib import Path

from explorer.arrays import Keys, Vectors
from explorer.index.engines.contract import DEFAULTS, Engine, EngineFactory
from explorer.index.engines.faiss_flat import FlatFactory
from explorer.index.engines.faiss_lists import (
    EightBitFactory,
    FourBitFactory,
    ListsFactory,
    OneBitFactory,
)
from explorer.settings import IndexSettings


class FaissFactory:
    """Maker of the most exact FAISS engine that fits the memory."""

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        size, dimension = vectors.shape
        return fitting(size, dimension, settings).build(vectors, settings)

    def update(
        self, before: Engine, row_map: Keys, vectors: Vectors, settings: IndexSettings = DEFAULTS
    ) -> Engine:
        size, dimension = vectors.shape
        return fitting(size, dimension, settings).update(before, row_map, vectors, settings)

    def open(self, folder: Path) -> Engine:
        lists = ListsFactory.in_folder(folder)
        return lists.open(folder) if lists else FlatFactory().open(folder)


def fitting(size: int, dimension: int, settings: IndexSettings) -> EngineFactory:
    """Return the factory of the most exact engine that is fast and small enough."""
    if size <= settings.exact_up_to:
        return FlatFactory()
    for factory in (EightBitFactory(), FourBitFactory()):
        if size * factory.bytes_per_vector(dimension) <= settings.memory:
            return factory
    return OneBitFactory()
