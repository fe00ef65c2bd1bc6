"""FAISS, in the form that fits: exact while that is instant, then ever smaller codes.

What is searched must fit the memory that the settings allow it. The bytes a vector, at 384
dimensions: all of it 1,536; in lists with 8-bit codes 396; with 4-bit and 1-bit RaBitQ codes 224
and 68.
"""

from __future__ import annotations

from pathlib import Path

from explorer.arrays import Keys, Vectors
from explorer.index.engines import DEFAULTS, Engine, EngineFactory, InFolder
from explorer.index.engines.faiss_flat import FlatFactory
from explorer.index.engines.faiss_lists import (
    EightBitFactory,
    FourBitFactory,
    ListsFactory,
    OneBitFactory,
)
from explorer.settings import IndexSettings


class FaissFactory(InFolder):
    """Makes the engine that fits."""

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        size, dimension = vectors.shape
        return fitting(size, dimension, settings).build(vectors, settings)

    def update(
        self, before: Engine, moved: Keys, vectors: Vectors, settings: IndexSettings = DEFAULTS
    ) -> Engine:
        size, dimension = vectors.shape
        return fitting(size, dimension, settings).update(before, moved, vectors, settings)

    def open(self, folder: Path) -> Engine:
        lists = ListsFactory.in_folder(folder)
        return lists.open(folder) if lists else FlatFactory().open(folder)


def fitting(size: int, dimension: int, settings: IndexSettings) -> EngineFactory:
    """Return the maker of the most exact engine that is fast and small enough."""
    if size <= settings.exact_up_to:
        return FlatFactory()
    for factory in (EightBitFactory(), FourBitFactory()):
        if size * factory.bytes_of_one(dimension) <= settings.memory:
            return factory
    return OneBitFactory()
