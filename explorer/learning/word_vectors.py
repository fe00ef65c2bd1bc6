"""Words of papers as sparse vectors: sublinear tf-idf of title and abstract, of length 1.

Inverse document frequencies are the library's own, from its full-text index (Salton and Buckley
1988, doi:10.1016/0306-4573(88)90021-0).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.library.caching import LruCache, cached_by_owner
from explorer.library.generation import Generation
from explorer.papers.paper import Paper

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_KEPT = 60_000
"""Papers whose words stay in memory, about 1 kB each."""
_FIELDS = ("title", "abstract", "summary")

_Terms = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Numbers of a paper's terms, and their weights."""


class WordVectors:
    """Word vectors of the papers of a generation; terms are numbered as they are met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rarity: list[float] = []
        """Inverse document frequency of each term."""
        self._papers: LruCache[int, _Terms] = LruCache(_KEPT)
        self._lock = Lock()

    def of(self, generation: Generation, rows: Rows) -> csr_matrix:
        """Return the vectors of the papers in ``rows``, shape (rows, terms met so far)."""
        from scipy.sparse import csr_matrix

        kept = {row: self._papers.get(row) for row in rows.tolist()}
        known = {row: terms for row, terms in kept.items() if terms is not None}
        missing = np.array([row for row in kept if row not in known], dtype=np.int64)
        for row, paper in self._read(generation, missing):
            known[row] = self._terms(generation, paper)
            self._papers.put(row, known[row])
        parts = [known[row] for row in rows.tolist()]
        ends = np.cumsum([0, *(len(numbers) for numbers, _ in parts)])
        empty = (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))
        indices = np.concatenate([empty[0], *(numbers for numbers, _ in parts)])
        values = np.concatenate([empty[1], *(weights for _, weights in parts)])
        return csr_matrix((values, indices, ends), shape=(len(rows), len(self._rarity)))

    def terms(self, numbers: Rows) -> list[str]:
        """Return the terms with these numbers."""
        with self._lock:
            names = list(self._numbers)
        return [names[number] for number in numbers.tolist()]

    @staticmethod
    def _read(generation: Generation, rows: Rows) -> Iterator[tuple[int, Paper]]:
        papers = generation.records.take(rows).select(*_FIELDS)
        return zip(rows.tolist(), papers, strict=True)

    def _terms(self, generation: Generation, paper: Paper) -> _Terms:
        counts = generation.lexicon.terms_of(paper)
        with self._lock:
            numbers = np.array([self._number(generation, term) for term in counts], dtype=np.int32)
            rarity = np.array([self._rarity[number] for number in numbers], dtype=np.float32)
        weights = (1.0 + np.log(np.array(list(counts.values()), dtype=np.float32))) * rarity
        length = float(np.linalg.norm(weights))
        return numbers, (weights / length if length else weights).astype(np.float32)

    def _number(self, generation: Generation, term: str) -> int:
        number = self._numbers.get(term)
        if number is None:
            having = generation.lexicon.papers_with_term(term)
            number = self._numbers[term] = len(self._rarity)
            # Smoothed as if one paper more had every term.
            self._rarity.append(1.0 + math.log((1 + generation.size) / (1 + having)))
        return number


@cached_by_owner(1)
def word_vectors(generation: Generation) -> WordVectors:  # noqa: ARG001  one for each generation
    """Return the word vectors of a generation."""
    return WordVectors()
