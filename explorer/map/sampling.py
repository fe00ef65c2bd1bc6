"""Sample of the papers in a view, by an order in which papers appear as one zooms in.

Squares of the map are divided again and again, as in a quadtree; on each level every square adds
the remaining paper that belongs to its topic most. Any prefix of this order is spread well over any
view, and a closer view keeps the papers of a wider one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows

_BITS = 16
"""Times that the map's width is halved; nearer papers share a square on all levels."""
_EMPTY = 255
MOST_COLOURS = 64
_WIDEST, _NARROWEST = 0.06, 0.012
"""Standard deviation of the smoothing of contours, as a share of the view: for one paper, and for
so many papers that they need none."""
_FEWEST_POINTS = 8
"""Contours with no more points are not drawn."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """A rectangle on the map's axes."""

    left: float
    bottom: float
    right: float
    top: float

    def widened(self, share: float) -> Viewport:
        """Return a view that is larger by a share of its width or height on each side."""
        width, height = (self.right - self.left) * share, (self.top - self.bottom) * share
        return Viewport(
            self.left - width, self.bottom - height, self.right + width, self.top + height
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """Papers of a view that are drawn."""

    rows: Rows
    whole: bool
    """Whether they are all papers of the view."""
    inside: int
    """Number of papers in the view."""


@dataclass(frozen=True, slots=True)
class Density:
    """Counts of papers on a grid; both arrays of shape (rows, columns), the lowest row first."""

    counts: NDArray[np.int64]
    colours: NDArray[np.uint8]
    """Most frequent colour of each cell, 255 for empty cells."""


class Sampler:
    """All papers of a map, in the order in which they appear."""

    def __init__(self, positions: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        """Sort the papers.

        Args:
            positions: shape (papers, 2).
            weights: how well each paper represents its topic, shape (papers,).
        """
        self.order = _order(positions, weights)
        self._x = np.ascontiguousarray(positions[self.order, 0])
        self._y = np.ascontiguousarray(positions[self.order, 1])

    def rows_in(
        self,
        view: Viewport,
        most: int,
        allowed: NDArray[np.bool_] | None = None,
        *,
        spare: int = 0,
        around: Viewport | None = None,
    ) -> Sample:
        """Return up to ``most`` papers of ``view``, then up to ``spare`` more of ``around``.

        Args:
            view: the view.
            most: papers of the view, at most.
            allowed: whether each paper may be drawn, shape (papers,); ``inside`` counts all.
            spare: further papers, at most.
            around: a larger view.
        """
        inside = self._inside(view)
        is_allowed = inside if allowed is None else inside & allowed[self.order]
        indices = np.flatnonzero(is_allowed)
        whole = len(indices) <= most and allowed is None
        indices = indices[:most]
        if spare and around is not None:
            beside = np.flatnonzero(self._inside(around) & ~inside)[:spare]
            indices = np.concatenate([indices, beside])
        return Sample(self.order[indices], whole, int(np.count_nonzero(inside)))

    def count(self, view: Viewport, allowed: NDArray[np.bool_]) -> int:
        """Return the number of papers of ``view`` that a mask, shape (papers,), allows."""
        return int(np.count_nonzero(self._inside(view) & allowed[self.order]))

    def density(
        self, view: Viewport, columns: int, rows: int, colours: NDArray[np.uint8]
    ) -> Density:
        """Count the papers of ``view`` on a grid.

        Args:
            view: the view.
            columns: columns of the grid.
            rows: rows of the grid.
            colours: below 64, or 255 for none; shape (papers,).
        """
        indices = np.flatnonzero(self._inside(view))
        column = _cells(self._x[indices], view.left, view.right, columns)
        cells = _cells(self._y[indices], view.bottom, view.top, rows) * columns + column
        counts = np.bincount(cells, minlength=columns * rows)
        shades = np.minimum(colours[self.order[indices]], MOST_COLOURS).astype(np.int64)
        each = np.bincount(
            cells * (MOST_COLOURS + 1) + shades, minlength=columns * rows * (MOST_COLOURS + 1)
        ).reshape(columns * rows, MOST_COLOURS + 1)
        most = each[:, :MOST_COLOURS].argmax(axis=1)
        coloured = each[np.arange(len(each)), most] > 0
        return Density(
            counts.reshape(rows, columns),
            np.where(coloured, most, _EMPTY).astype(np.uint8).reshape(rows, columns),
        )

    def _inside(self, view: Viewport) -> NDArray[np.bool_]:
        within = (self._x >= view.left) & (self._x <= view.right)
        within &= self._y >= view.bottom
        within &= self._y <= view.top
        return within


def contours(
    density: Density, levels: int, view: Viewport
) -> list[tuple[int, NDArray[np.float64]]]:
    """Return lines of equal density in ``view`` as (level from 0, points) pairs.

    Points go from 0 to 1 of the view and have the shape (points, 2); levels rise by equal steps of
    the square root of papers. The density is smoothed by a Gaussian that is wider where papers are
    fewer (Silverman 1986), so that lines go around groups of papers at any zoom.
    """
    from contourpy import LineType, contour_generator

    rows, columns = density.counts.shape
    papers = int(density.counts.sum())
    if not papers:
        return []
    width, height = view.right - view.left, view.top - view.bottom
    spread = max(_WIDEST / papers ** (1 / 6), _NARROWEST) * np.sqrt(width * height)
    down, across = _gaussian(rows, spread / height), _gaussian(columns, spread / width)
    heights = np.sqrt(down @ density.counts @ across)
    generator = contour_generator(z=heights, line_type=LineType.Separate)
    scale = np.array([columns, rows], dtype=np.float64)
    lines: list[tuple[int, NDArray[np.float64]]] = []
    for level in range(levels):
        for line in generator.lines(heights.max() * (level + 0.6) / (levels + 0.6)):
            points = np.asarray(line, dtype=np.float64)
            if len(points) > _FEWEST_POINTS:
                lines.append((level, (points + 0.5) / scale))
    return lines


def _gaussian(cells: int, spread: float) -> NDArray[np.float64]:
    """Return the matrix that smooths a row of ``cells``; ``spread`` is a share of the row."""
    distances = np.subtract.outer(np.arange(cells), np.arange(cells)) / cells
    weights: NDArray[np.float64] = np.exp(-0.5 * (distances / spread) ** 2)
    return weights


def _order(positions: NDArray[np.float32], weights: NDArray[np.float32]) -> Rows:
    papers = len(positions)
    if not papers:
        return np.empty(0, dtype=np.int64)
    codes = _morton(positions)
    by_code = np.argsort(codes, kind="stable")
    codes, weights = codes[by_code], weights[by_code]
    # Papers of one level are in random order, so that any prefix is spread well.
    chance = np.random.default_rng(0).permutation(papers)
    left = np.arange(papers)
    pieces: list[Rows] = []
    for level in range(_BITS + 1):
        squares = codes[left] >> np.uint64(2 * (_BITS - level))
        starts = np.flatnonzero(np.r_[True, squares[1:] != squares[:-1]])
        heaviest = np.maximum.reduceat(weights[left], starts)
        runs = np.diff(np.r_[starts, len(left)])
        best = weights[left] == np.repeat(heaviest, runs)
        candidates = np.flatnonzero(best)
        _, first = np.unique(np.repeat(np.arange(len(starts)), runs)[candidates], return_index=True)
        chosen = candidates[first]
        added = left[chosen]
        pieces.append(added[np.argsort(chance[added], kind="stable")])
        left = np.delete(left, chosen)
        if not len(left):
            break
    pieces.append(left[np.argsort(chance[left], kind="stable")])
    return by_code[np.concatenate(pieces)]


def _morton(positions: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return the position of each paper along a curve that fills the map square by square.

    Morton 1966: the bits of both coordinates alternate, so that papers of one square of any level
    share their first bits.
    """
    low = positions.min(axis=0)
    side = max(float((positions.max(axis=0) - low).max()), 1e-9)
    steps = np.minimum((positions - low) / side * (1 << _BITS), (1 << _BITS) - 1).astype(np.uint64)
    return _spaced(steps[:, 0]) | (_spaced(steps[:, 1]) << np.uint64(1))


def _spaced(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return 16-bit ``values`` with a zero bit after each of their bits."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values


def _cells(values: NDArray[np.float32], low: float, high: float, number: int) -> Rows:
    share = (values - np.float32(low)) * np.float32(number / max(high - low, 1e-12))
    cells: Rows = np.clip(share, 0, number - 1).astype(np.int64)
    return cells
