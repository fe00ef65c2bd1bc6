"""A random sample of a library: papers that stand for all, and for those without interest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows, Vectors
from explorer.learning.word_vectors import word_vectors
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FOLDS = 2
"""Parts of a sample. A model is trained on each, so that no paper is scored by a model that took it
for one without interest."""
_SEED = 27


@dataclass(frozen=True, eq=False)
class LibrarySample:
    """Random papers with their vectors and words, in parts."""

    rows: Rows
    """Sorted."""
    fold: NDArray[np.int64]
    """The part of each paper, shape (papers,)."""
    vectors: Vectors
    words: csr_matrix

    @cached_property
    def word_products(self) -> tuple[NDArray[np.float32], ...]:
        """Inner products of the word vectors within each part."""
        parts = [self.words[self.fold == fold] for fold in range(FOLDS)]
        return tuple((part @ part.T).toarray() for part in parts)

    def folds_of(self, rows: Rows) -> NDArray[np.int64]:
        """Return the part of each of ``rows``, -1 for papers that are not in the sample."""
        if not len(self.rows):
            return np.full(len(rows), -1, dtype=np.int64)
        index = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[index] == rows, self.fold[index], -1)


def sample_of(generation: Generation, size: int, among: Rows | None = None) -> LibrarySample:
    """Return ``size`` random papers, the same at each call; all if there are fewer.

    Args:
        among: the rows to draw from; without it, all. Only then the sample is cached.
    """
    return _sample_of_all(generation, size) if among is None else _draw(generation, size, among)


@cached_by_owner(1)
def _sample_of_all(generation: Generation, size: int) -> LibrarySample:
    return _draw(generation, size, np.arange(generation.size, dtype=np.int64))


def _draw(generation: Generation, size: int, among: Rows) -> LibrarySample:
    draw = np.random.default_rng([_SEED, len(among)])
    chosen = draw.permutation(len(among))[:size]
    order = np.argsort(chosen)
    rows = np.asarray(among, dtype=np.int64)[chosen[order]]
    return LibrarySample(
        rows=rows,
        fold=(np.arange(len(chosen)) % FOLDS)[order],
        vectors=generation.engine.vectors(rows),
        words=word_vectors(generation).of(generation, rows),
    )
