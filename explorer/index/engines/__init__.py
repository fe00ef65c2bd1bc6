"""Socket: vectors to nearest keys.

An engine holds unit vectors under the keys 0, 1, 2, ... and finds those with the largest inner
product, which for unit vectors is the cosine. The engines of this package are listed in
``_BUILT_IN``; outside packages add theirs through the entry-point group ``explorer.engines``.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys, Vectors
from explorer.errors import UnusableInput
from explorer.settings import IndexSettings

DEFAULT_ENGINE = "faiss"
DEFAULTS = IndexSettings()

_BUILT_IN = {
    "exact": "explorer.index.engines.exact:ExactFactory",
    "faiss": "explorer.index.engines.faiss_by_size:FaissFactory",
    "faiss-flat": "explorer.index.engines.faiss_flat:FlatFactory",
    "faiss-sq8": "explorer.index.engines.faiss_lists:EightBitFactory",
    "faiss-rabitq4": "explorer.index.engines.faiss_lists:FourBitFactory",
    "faiss-rabitq": "explorer.index.engines.faiss_lists:OneBitFactory",
    "milvus": "explorer.index.engines.milvus:MilvusFactory",
}


class Neighbours(NamedTuple):
    """The nearest keys of each query, best first, and their cosines.

    Both have the shape (queries, found); ``found`` is k, or what there is if that is less.
    """

    keys: Keys
    scores: NDArray[np.float32]


class Engine(Protocol):
    """The contract of a vector index, once built."""

    @property
    def size(self) -> int:
        """How many vectors it holds."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""

    def search(self, queries: Vectors, k: int, among: Keys | None = None) -> Neighbours:
        """Return the k nearest keys of each row of ``queries``, out of ``among`` if given.

        ``among`` holds distinct keys in any order; an empty one finds nothing.
        """

    @property
    def stats(self) -> dict[str, Any]:
        """What it is, and what was measured of it when it was built; for the manifest, as JSON."""

    def vectors(self, keys: Keys) -> Vectors:
        """Return the stored vectors of ``keys``, shape (len(keys), dimension)."""

    def save(self, folder: Path) -> None:
        """Write the index into an existing, empty ``folder``."""


@runtime_checkable
class AdjustableEngine(Protocol):
    """An engine that can also be had to find less in less time."""

    def with_effort(self, effort: float) -> Engine:
        """Return the same index, which looks through ``effort`` of what it usually does, 0 to 1."""


class EngineFactory(Protocol):
    """How an engine comes to be."""

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        """Return an engine over the rows of ``vectors``, under their row numbers.

        ``vectors`` may be mapped from a file; it must stay until the engine is saved.
        """

    def update(
        self, before: Engine, moved: Keys, vectors: Vectors, settings: IndexSettings = DEFAULTS
    ) -> Engine:
        """Return an engine over ``vectors``, most of which ``before`` holds.

        Args:
            before: an engine that this factory made.
            moved: for each key of ``before`` its row in ``vectors``, or -1 where it is gone or its
                vector is another now; shape (before.size,).
            vectors: as in :meth:`build`.
            settings: as in :meth:`build`.
        """

    def open(self, folder: Path) -> Engine:
        """Return the engine that was saved in ``folder``."""

    @property
    def uri(self) -> str:
        """Where the server is that holds what is built; empty for engines without one."""

    def at(self, uri: str) -> EngineFactory:
        """Return a factory whose engines live on the server at ``uri``.

        Raises:
            UnusableInput: it cannot be the address of one, or the engine has no server.
        """

    def make_live(self, folder: Path, library: str) -> None:
        """Take note that the index saved in ``folder`` is the live one of ``library``, a name.

        It is done again without harm.
        """

    def remove(self, folder: Path, kept: Sequence[Path]) -> None:
        """Delete what the index in ``folder`` holds elsewhere; the folder itself goes next.

        The index may be whole, half saved or removed already. What the indexes in the folders
        ``kept`` hold stays: generations share files that are the same.
        """


class InFolder:
    """The part of an :class:`EngineFactory` whose engines have nothing outside their folder."""

    @property
    def uri(self) -> str:
        return ""

    def at(self, uri: str) -> EngineFactory:
        raise UnusableInput(
            f"This engine has no server, so none can be at {uri}. Name one that has: "
            "--engine milvus."
        )

    def make_live(self, folder: Path, library: str) -> None:
        """Nothing needs to know."""

    def remove(self, folder: Path, kept: Sequence[Path]) -> None:
        """Nothing is elsewhere."""


def engine_names() -> tuple[str, ...]:
    """Return the names of all engines, built in and added by other packages."""
    added = (point.name for point in entry_points(group="explorer.engines"))
    return tuple(sorted({*_BUILT_IN, *added}))


def load_engine(name: str = DEFAULT_ENGINE) -> EngineFactory:
    """Return the factory of the engine called ``name``, importing it now."""
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        factory: EngineFactory = getattr(import_module(module), attribute)()
        return factory
    for point in entry_points(group="explorer.engines", name=name):
        added: EngineFactory = point.load()()
        return added
    raise UnusableInput(f"No engine is called {name!r}. Known: {', '.join(engine_names())}.")
