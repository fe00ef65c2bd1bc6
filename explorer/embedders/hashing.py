"""Word hashing: a deterministic embedder without a model.

Texts that share words get near vectors, synonyms do not. It exists so that everything around
the embedder can be tried and tested in milliseconds. Signed feature hashing is due to
Weinberger et al. 2009, arXiv:0902.2206.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from explorer.arrays import Vectors
from explorer.embedders import Embedder
from explorer.errors import EmbedderError

_DEFAULT_DIMENSION = 256
_WORD = re.compile(r"\w+")


def open_embedder(model: str) -> Embedder:
    """Return the hashing embedder; ``model`` may be its dimension."""
    if model and not (model.isdigit() and 2 <= int(model) <= 8192):
        raise EmbedderError(f"hashing:{model}: the dimension must be a number from 2 to 8192.")
    return Hashing(int(model or _DEFAULT_DIMENSION))


class Hashing:
    """Sums one signed unit per word, then normalises."""

    def __init__(self, dimension: int = _DEFAULT_DIMENSION) -> None:
        self.dimension = dimension

    @property
    def identity(self) -> str:
        return f"hashing dimension={self.dimension}"

    def windows(self, texts: Sequence[str]) -> list[int]:
        return [1] * len(texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.casefold()) or [""]:
                number = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
                vectors[row, (number >> 1) % self.dimension] += 1.0 if number & 1 else -1.0
            if not vectors[row].any():  # words may cancel out
                vectors[row, 0] = 1.0
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / lengths, dtype=np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed(texts)
