"""Array types that several folders share, with their shapes and units; evenly spaced rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimension)."""

Rows = NDArray[np.int64]
"""Row numbers of papers in a generation, from 0."""

RowMap = NDArray[np.int64]
"""New row of each paper of an earlier generation, -1 if removed: shape (papers before,)."""

Keys = NDArray[np.int64]
"""Numbers under which a vector index holds vectors; in a library, the rows of its papers."""

Positions = NDArray[np.float32]
"""Places on the map: shape (papers, 2), in the map's own unit."""

Labels = NDArray[np.int32]
"""The topic of each paper on one level: shape (papers,)."""

Strengths = NDArray[np.float32]
"""Strength of each paper's membership in its topic, 0 to 1: shape (papers,)."""

Scores = NDArray[np.float32]
"""One score a paper, larger is better."""


def evenly_spaced(size: int, count: int) -> Rows:
    """Return ``count`` evenly spaced row numbers below ``size``, or all if there are fewer."""
    return np.linspace(0, size - 1, min(count, size)).astype(np.int64)
