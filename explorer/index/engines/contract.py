"""Contract of vector indexes: unit vectors to nearest keys.

An engine holds unit vectors under the keys 0, 1, 2, ... and finds those with the largest inner
product, which for unit vectors is the cosine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys, Vectors
from explorer.settings import IndexSettings

DEFAULTS = IndexSettings()


class Neighbours(NamedTuple):
    """The nearest keys of each query, best first, and their cosines.

    Both have the shape (queries, n); n is k, or the number of allowed vectors if that is less.
    """

    keys: Keys
    scores: NDArray[np.float32]


def empty_neighbours(queries: int, k: int) -> Neighbours:
    """Return neighbours of shape (queries, k), to be used where either is 0."""
    return Neighbours(np.empty((queries, k), np.int64), np.empty((queries, k), np.float32))


class Engine(Protocol):
    """A vector index, once built."""

    @property
    def size(self) -> int:
        """Number of vectors."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""

    @property
    def stats(self) -> dict[str, Any]:
        """Kind of index and measurements taken when it was built; JSON, for the manifest."""

    def search(self, queries: Vectors, k: int, allowed: Keys | None = None) -> Neighbours:
        """Return the k nearest keys of each row of ``queries``, out of ``allowed`` if given.

        ``allowed`` holds distinct keys in any order; with an empty one there are no hits.
        """

    def with_effort(self, effort: float) -> Engine:
        """Return the same index at another speed/recall trade-off.

        ``effort`` is the share of the usual work that a search does, 0 to 1. An engine without
        such a trade-off, an exact one for example, returns itself.
        """

    def vectors(self, keys: Keys) -> Vectors:
        """Return the stored vectors of ``keys``, shape (len(keys), dimension)."""

    def save(self, folder: Path) -> None:
        """Write the index into an existing, empty ``folder``."""


class EngineFactory(Protocol):
    """Maker of one kind of engine."""

    def build(self, vectors: Vectors, settings: IndexSettings = DEFAULTS) -> Engine:
        """Return an engine over the rows of ``vectors``, under their row numbers.

        ``vectors`` may be mapped from a file; it must stay until the engine is saved.
        """

    def update(
        self, before: Engine, row_map: Keys, vectors: Vectors, settings: IndexSettings = DEFAULTS
    ) -> Engine:
        """Return an engine over ``vectors``, most of which ``before`` holds.

        Args:
            before: an engine made by this factory.
            row_map: for each key of ``before`` its row in ``vectors``, or -1 if the vector was
                removed or replaced; shape (before.size,).
            vectors: as in :meth:`build`.
            settings: as in :meth:`build`.
        """

    def open(self, folder: Path) -> Engine:
        """Return the engine that was saved in ``folder``."""


class ServerEngineFactory(EngineFactory, ABC):
    """Maker of engines whose vectors are stored on a server; derive from it.

    The folder that an engine is saved in holds a pointer to its vectors on the server.
    """

    @property
    @abstractmethod
    def uri(self) -> str:
        """Address of the server."""

    @abstractmethod
    def at(self, uri: str) -> ServerEngineFactory:
        """Return the same factory for the server at ``uri``.

        Raises:
            UnusableInput: not a valid server address.
        """

    @abstractmethod
    def make_live(self, folder: Path, library: str) -> None:
        """Mark the index saved in ``folder`` as the current one of ``library``, a name.

        Repeating the call does no harm.
        """

    @abstractmethod
    def remove(self, folder: Path, kept: Sequence[Path]) -> None:
        """Delete the vectors of the index in ``folder`` from the server; the caller deletes it.

        The index may be complete, half saved or removed already. Vectors that indexes in the
        folders ``kept`` use stay: generations share identical files.
        """
