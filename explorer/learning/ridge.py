"""Weighted ridge regression with an intercept, in closed form (Hoerl and Kennard 1970)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Vectors

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_Floats = NDArray[np.float32]


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep linear algebra in this thread.

    Systems are so small that a second thread gains little, and where other programs use the cores,
    threads that wait for each other take ten times as long.
    """
    with _pools().limit(limits=1, user_api="blas"):
        yield


@cache
def _pools() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  its library has a pool of its own, once it is loaded
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def ridge(vectors: Vectors, targets: _Floats, weights: _Floats, penalty: float) -> _Floats:
    """Return the coefficients, shape (dimension,); the intercept only shifts all scores.

    Args:
        vectors: shape (examples, dimension).
        targets: shape (examples,); ``weights``: likewise, 0 for examples that do not count.
        penalty: weight of the squared length of the coefficients.
    """
    examples, dimension = vectors.shape
    if dimension > examples:
        return combined(vectors, kernel_ridge(vectors @ vectors.T, targets, weights, penalty))
    roots = np.sqrt(weights)
    shares = (weights / weights.sum()).astype(np.float32)
    centred = (vectors - shares @ vectors) * roots[:, None]
    wanted = (targets - shares @ targets) * roots
    covariance = centred.T @ centred
    covariance[np.diag_indices(dimension)] += penalty
    return _solved(covariance, centred.T @ wanted)


def kernel_ridge(gram: _Floats, targets: _Floats, weights: _Floats, penalty: float) -> _Floats:
    """Return the share of each example in the coefficients, shape (examples,); they sum to 0.

    Args:
        gram: inner products of the examples, shape (examples, examples); it is overwritten.
    """
    roots = np.sqrt(weights)
    gram *= roots
    gram *= roots[:, None]
    gram[np.diag_indices(len(gram))] += penalty
    fitted, constant = _solved(gram, np.stack([roots * targets, roots], axis=1)).T
    # The intercept is the one with which the shares sum to 0, as where its derivative vanishes.
    intercept = (roots @ fitted) / (roots @ constant)
    shares: _Floats = roots * (fitted - intercept * constant)
    return shares


def combined(vectors: Vectors, shares: _Floats) -> _Floats:
    """Return the sum of ``vectors``, each times its share, shape (dimension,)."""
    total: _Floats = np.asarray(vectors.T @ shares, dtype=np.float32)
    return total


def _solved(system: _Floats, values: _Floats) -> _Floats:
    """Return the solution of a positive definite system."""
    from scipy.linalg import cho_factor, cho_solve

    factors = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    solution: _Floats = cho_solve(factors, values, check_finite=False).astype(np.float32)
    return solution
