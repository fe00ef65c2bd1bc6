"""The vector of a query: of its text, its examples, or both."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from explorer.embedders import Embedder
from explorer.errors import EmbedderError
from explorer.library.generation import GIVEN_SUFFIX, Generation

_Vector = NDArray[np.float32]

_CACHE_SIZE = 1_000
"""Texts whose vectors are kept: the same words are often searched again, with other filters."""
_cache: OrderedDict[tuple[str, str], _Vector] = OrderedDict()
"""Vectors by the embedder's identity and the text, least recently used first."""
_lock = Lock()


def check_model(embedder: Embedder, generation: Generation) -> None:
    """Check that ``embedder`` is the model that the vectors of ``generation`` come from.

    Raises:
        EmbedderError: it is another; similarities to its vectors would be meaningless.
    """
    if embedder.identity != generation.manifest.identity.removesuffix(GIVEN_SUFFIX):
        raise EmbedderError(
            f"The library's vectors come from {generation.manifest.identity!r}, but the model on "
            f"this machine is {embedder.identity!r}.",
            advice="Rebuild the library: `explorer build --full`.",
        )


def query_vector(
    generation: Generation,
    embedder: Embedder | None,
    text: str,
    like: Sequence[int],
    unlike: Sequence[int],
) -> _Vector:
    """Return the unit vector of a query, shape (dimension,).

    It is the normalized sum of the text's vector and the mean of the examples'. With
    counter-examples alone it is opposite to their mean.

    Raises:
        EmbedderError: there is a text and no embedder, or not the library's.
    """
    vector = np.zeros(generation.manifest.dimension, dtype=np.float32)
    if text.strip():
        if embedder is None:
            raise EmbedderError(
                "A search by meaning needs the model.", advice="Search by words instead."
            )
        check_model(embedder, generation)
        vector += _text_vector(embedder, text)
    if like:
        vector += _mean_vector(generation, like)
    if unlike and not like and not text.strip():
        vector -= _mean_vector(generation, unlike)
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-9 else vector


def _text_vector(embedder: Embedder, text: str) -> _Vector:
    key = (embedder.identity, text)
    with _lock:
        vector = _cache.pop(key, None)
    if vector is None:
        vector = embedder.embed_queries([text])[0]
    with _lock:
        _cache[key] = vector
        if len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return vector


def _mean_vector(generation: Generation, rows: Sequence[int]) -> _Vector:
    mean: _Vector = generation.engine.vectors(np.array(rows, dtype=np.int64)).mean(0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)
