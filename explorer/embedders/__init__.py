"""Text to unit vectors.

An embedder is made from a model's name or path by a factory. The factories of this package are
listed in ``_REGISTRY``; other packages add theirs through the entry-point group
``explorer.embedders``. ``name:model`` picks a factory by name (``int8:MODEL``, ``pytorch:MODEL``);
anything without a known name before the colon is a sentence-transformers model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from explorer.arrays import Vectors
from explorer.registry import Registry

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"


class Embedder(Protocol):
    """The contract of an embedding model.

    Making one is cheap: weights are loaded with the first text. Vectors depend on the text
    alone, not on what else is in the batch or in which order.
    """

    @property
    def identity(self) -> str:
        """Everything that changes a vector, in one line; equal identities, equal vectors."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""

    def windows(self, texts: Sequence[str]) -> list[int]:
        """Return the number of windows of each text: 1 if it fits the model whole."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of papers, shape (len(texts), dimension)."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of queries, shape (len(texts), dimension)."""


_REGISTRY: Registry[Callable[[str], Embedder]] = Registry(
    "embedder",
    "explorer.embedders",
    {
        "hashing": "explorer.embedders.hashing:open_embedder",
        "int8": "explorer.embedders.sentence_transformer:open_int8",
        "pytorch": "explorer.embedders.sentence_transformer:open_pytorch",
        "sentence-transformers": "explorer.embedders.sentence_transformer:open_embedder",
    },
)


def embedder_names() -> tuple[str, ...]:
    """Return the names of all factories, built in and added by other packages."""
    return _REGISTRY.names()


def open_embedder(model: str = DEFAULT_MODEL) -> Embedder:
    """Return the embedder for ``model``: a name, a path, or ``factory:model``.

    Raises:
        EmbedderError: there is no such model on this machine; the message lists those that need
            no network.
    """
    name, colon, rest = model.partition(":")
    if not colon and name in embedder_names():
        return _REGISTRY.load(name)("")
    if colon and name in embedder_names():
        return _REGISTRY.load(name)(rest)
    return _REGISTRY.load("sentence-transformers")(model)


def lasting_name(model: str) -> str:
    """Return ``model`` so that it means the same from any folder: a path becomes absolute."""
    name, colon, rest = model.partition(":")
    if colon and name in embedder_names():
        return f"{name}:{lasting_name(rest)}" if rest else model
    folder = Path(model).expanduser()
    return str(folder.resolve()) if model and folder.is_dir() else model
