"""Array types that several folders share, with their shapes and units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Unit vectors, one a row: shape (texts, dimension)."""

Rows = NDArray[np.int64]
"""Row numbers of papers in a generation, from 0."""

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
