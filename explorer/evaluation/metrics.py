"""Quality metrics of a map and a partition that need no judgements.

Ranks and counts only, in NumPy and SciPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Positions, Rows, Vectors

_BLOCK = 128

Partition = NDArray[np.integer[Any]]
"""Group of each item, any numbers; shape (items,)."""


def faithfulness(
    vectors: Vectors, positions: Positions, sample: Rows, k: int
) -> tuple[float, float]:
    """Return trustworthiness and neighbourhood preservation of a map, both from 0 to 1.

    Trustworthiness falls with the true ranks of those neighbours on the map that are no true
    neighbours (Venna and Kaski 2001, doi:10.1007/3-540-44668-0_68). Preservation is the share of
    the ``k`` true neighbours that are among the ``k`` on the map.

    Args:
        vectors: unit vectors, shape (papers, dimension); true nearness is their cosine.
        positions: on the map, shape (papers, 2).
        sample: rows of the papers over which both are averaged, each against all papers.
        k: neighbours, fewer than half of the papers.
    """
    from scipy.spatial import cKDTree

    size = len(vectors)
    near = _others(cKDTree(positions).query(positions[sample], k + 1)[1], sample)
    excess = kept = 0
    for start in range(0, len(sample), _BLOCK):
        rows = sample[start : start + _BLOCK]
        beside = near[start : start + _BLOCK]
        cosines = vectors[rows] @ vectors.T
        cosines[np.arange(len(rows)), rows] = np.inf  # no paper is its own neighbour
        of_beside = np.take_along_axis(cosines, beside, axis=1)
        for column in range(k):
            # The paper itself is above all others, so the nearest of those has rank 1.
            rank = np.count_nonzero(cosines > of_beside[:, column, None], axis=1)
            excess += int(np.maximum(rank - k, 0).sum())
            kept += int(np.count_nonzero(rank <= k))
    worst = len(sample) * k * (2 * size - 3 * k - 1) / 2
    return 1.0 - excess / worst, kept / (len(sample) * k)


def _others(near: NDArray[np.int64], sample: Rows) -> NDArray[np.int64]:
    """Return ``near`` without each paper's own row, one column less."""
    own = near == sample[:, None]
    own[~own.any(axis=1), -1] = True  # papers on one spot: another one stands for it
    others: Rows = near[~own].reshape(len(near), near.shape[1] - 1)
    return others


def agreement(one: Partition, other: Partition) -> float:
    """Return the adjusted mutual information of two partitions of the same items.

    1 where they are the same, about 0 where they have no more in common than chance gives (Vinh,
    Epps and Bailey 2010, JMLR 11; normalised by the mean of the two entropies).
    """
    rows, columns = (np.unique(labels, return_inverse=True)[1] for labels in (one, other))
    table = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1))
    np.add.at(table, (rows, columns), 1.0)
    first, second = table.sum(axis=1), table.sum(axis=0)
    size = table.sum()
    there = table > 0
    outer = np.outer(first, second)
    shared = float((table[there] / size * np.log(size * table[there] / outer[there])).sum())
    mean = (_entropy(first / size) + _entropy(second / size)) / 2
    expected = _expected(first, second, size)
    return (shared - expected) / (mean - expected) if mean - expected > 1e-12 else 1.0


def _entropy(shares: NDArray[np.float64]) -> float:
    return float(-(shares * np.log(shares)).sum())


def _expected(first: NDArray[np.float64], second: NDArray[np.float64], size: float) -> float:
    """Return the mutual information expected by chance of groups of these sizes."""
    from scipy.special import gammaln

    total = 0.0
    columns = list(zip(*np.unique(second, return_counts=True), strict=True))
    for a, many in zip(*np.unique(first, return_counts=True), strict=True):
        for b, as_many in columns:
            n = np.arange(max(1.0, a + b - size), min(a, b) + 1.0)
            chance = gammaln([a + 1, b + 1, size - a + 1, size - b + 1]).sum()
            chance -= gammaln(size + 1) + gammaln(n + 1) + gammaln(a - n + 1)
            chance -= gammaln(b - n + 1) + gammaln(size - a - b + n + 1)
            gain = n / size * np.log(size * n / (a * b)) * np.exp(chance)
            total += float(many * as_many * gain.sum())
    return total
