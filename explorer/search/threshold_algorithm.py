"""Top papers without the exact word score of every candidate: a threshold algorithm.

After Fagin, Lotem and Naor 2003 (doi:10.1016/S0022-0000(03)00026-6). A ranking read from its top
(sorted access) gives the scores of the papers on it, and its last score is the threshold: a bound
on all others. Only papers whose upper bound reaches the k-th best lower bound are looked up one by
one (random access), which takes longer than the ranking itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys
from explorer.index.full_text import FullTextIndex, WordRanking

_Exact = NDArray[np.float64]

_ROUNDING = 1e-5
"""Scores that differ by less count as equal."""


class WordScores:
    """Lower and upper bounds on the word scores of papers; equal where a score is exact.

    Papers go by their index in ``rows``, sorted and distinct. ``lower`` and ``upper`` have shape
    (rows,).
    """

    def __init__(
        self,
        lexicon: FullTextIndex,
        text: str,
        rows: Keys,
        ranking: WordRanking,
        depth: int,
        allowed: Keys | None,
    ) -> None:
        """Begin with the bounds that ``ranking``, the ``depth`` best of ``allowed``, gives."""
        self._lexicon = lexicon
        self._text = text
        self._rows = rows
        self.lower = np.zeros(len(rows))
        self.upper = np.full(len(rows), ranking.threshold)
        if allowed is not None:
            # A neighbour that the filter excludes may score higher than any paper that passes.
            unfiltered = ranking.unfiltered or lexicon.search(text, depth)
            self.upper[~_is_in(rows, allowed)] = unfiltered.threshold
            self._set_exact(unfiltered)
        self._set_exact(ranking)

    def look_up(self, indices: Keys) -> None:
        """Make the scores at ``indices`` exact."""
        unsure = indices[self.upper[indices] > self.lower[indices]]
        rows = self._rows[unsure]
        self.upper[unsure] = 0.0  # papers that the lookup does not return match no word
        self._set_exact(self._lexicon.search(self._text, len(rows), rows))

    def _set_exact(self, ranking: WordRanking) -> None:
        known = _is_in(ranking.keys, self._rows)
        indices = np.searchsorted(self._rows, ranking.keys[known])
        self.lower[indices] = self.upper[indices] = ranking.scores[known]


def contenders(lower: _Exact, upper: _Exact, k: int) -> Keys:
    """Return the indices of all that can be among the ``k`` best, given bounds on their scores."""
    kth = float(np.partition(lower, -k)[-k]) if 0 < k < len(lower) else -np.inf
    return np.flatnonzero(upper >= kth - _ROUNDING)


def _is_in(rows: Keys, sorted_rows: Keys) -> NDArray[np.bool_]:
    """Return a mask of the ``rows`` in ``sorted_rows``, which is sorted and not empty."""
    indices = np.minimum(np.searchsorted(sorted_rows, rows), len(sorted_rows) - 1)
    mask: NDArray[np.bool_] = sorted_rows[indices] == rows
    return mask
