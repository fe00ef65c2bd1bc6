"""Highlights on the map (hits, open paper, selection) and the views that frame them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.desk.marks import PaperMarks
from explorer.library.generation import Generation
from explorer.map.colouring import topic_colour
from explorer.map.palette import BadgeColours, badge_colours

_FAR_OUT = 0.005
"""Share of outlying papers on each side that the first view may leave out."""
_MOST_STRETCHED = 1.35
"""Factor up to which the first view is larger to include them."""
_OUTLIERS = 0.1
"""Share of a topic's papers, the outermost ones, that its view leaves out."""


@dataclass(frozen=True, slots=True)
class Highlights:
    """Papers that stand out on the map, by row; empty for the plain map."""

    hits: tuple[int, ...] = ()
    """Numbered from 1 in this order."""
    shares: tuple[float, ...] = ()
    """Score of each hit as a share of the best; if empty, hits have their topics' colours."""
    best: tuple[int, ...] = ()
    """Papers that match best, hits included; those that are no hits are shaded."""
    search: str = ""
    """Identifies the search whose hits these are; empty if nothing is searched."""
    opened: int | None = None
    focus: tuple[int, ...] = ()
    """Papers that keep their colours while the others are grey."""
    topic: str = ""
    """Id of the topic that the map zooms to."""
    newcomers: tuple[int, ...] = ()
    """Papers that are larger and keep their colours while the others are grey."""
    starred: tuple[int, ...] = ()
    """Papers with a star."""
    marks: PaperMarks | None = field(default=None, compare=False)
    """The user's marks, from which the colours by interest come."""
    region: tuple[tuple[float, float], ...] = ()
    """Corners of the selection on the map."""
    query: np.ndarray[Any, np.dtype[np.float32]] | None = field(default=None, compare=False)
    """Unit vector of the query, if there is one."""


@dataclass(frozen=True, slots=True)
class Badge:
    """Hit as a numbered badge at ``x`` and ``y`` on the map's axes."""

    x: float
    y: float
    number: int
    row: int
    title: str
    year: int
    """0 if unknown."""
    topic: str
    background: str
    text: str


def badges(generation: Generation, highlights: Highlights, *, dark: bool) -> list[Badge]:
    """Return the badges of the hits, in the colours of their scores."""
    colours = badge_colours(highlights.shares, dark=dark) or [
        BadgeColours(topic_colour(generation, row), "#ffffff") for row in highlights.hits
    ]
    positions = generation.positions[list(highlights.hits)].tolist()
    papers = [generation.records[row] for row in highlights.hits]
    return [
        Badge(
            x,
            y,
            number,
            row,
            paper.readable_title,
            int(generation.records.years[row]),
            generation.levels[-1][generation.memberships[-1][row]].label,
            colour.background,
            colour.text,
        )
        for number, ((x, y), row, paper, colour) in enumerate(
            zip(positions, highlights.hits, papers, colours, strict=True), 1
        )
    ]


def _frame(
    positions: np.ndarray[Any, np.dtype[np.float32]],
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    if not len(positions):
        return np.zeros(2), np.ones(2)
    low, high = positions.min(axis=0), positions.max(axis=0)
    margin = np.maximum((high - low) * 0.06, 1.0)
    return low - margin, high + margin


def home_frame(generation: Generation) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the corners of the first view, without outliers that would make the rest small."""
    positions = generation.positions
    low, high = _frame(positions)
    if not len(positions):
        return low, high
    inner = _frame(np.quantile(positions, (_FAR_OUT, 1 - _FAR_OUT), axis=0))
    return inner if np.any((high - low) > _MOST_STRETCHED * (inner[1] - inner[0])) else (low, high)


def frame_of(
    generation: Generation, topic: str
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the corners of the view of the topic with this id, in the map's proportions."""
    low, high = home_frame(generation)
    positions = generation.positions[generation.members(generation.topics[topic])]
    distances = np.linalg.norm(positions - np.median(positions, axis=0), axis=1)
    kept = len(positions) - int(_OUTLIERS * len(positions))
    inner_low, inner_high = _frame(positions[np.argsort(distances)[:kept]])
    half = (high - low) * np.max((inner_high - inner_low) / (high - low)) / 2
    centre = (inner_low + inner_high) / 2
    return centre - half, centre + half
