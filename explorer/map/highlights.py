"""What is laid over the map: hits, the open paper, what was chosen; and where to look for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.library.generation import Generation
from explorer.map.colouring import topic_colour
from explorer.map.palette import BadgeColours, score_marks

_FAR_OUT = 0.005
"""The share of papers on each side that may lie outside what the map shows at first."""
_MOST_STRETCHED = 1.35
"""How much larger the map may be for their sake."""
_STRAGGLERS = 0.05
"""The share of a topic's papers, the outermost ones, that its frame on the map leaves out."""


@dataclass(frozen=True, slots=True)
class Highlights:
    """What stands out on the map, by row; empty for the plain map."""

    hits: tuple[int, ...] = ()
    """Numbered from 1 in this order."""
    shares: tuple[float, ...] = ()
    """The score of each hit as a share of the best; empty to show hits in their topics' colours."""
    opened: int | None = None
    focus: tuple[int, ...] = ()
    """These papers keep their colours, the rest goes grey."""
    topic: str = ""
    """The id of the topic that the map is framed on."""
    newcomers: tuple[int, ...] = ()
    """These papers stand out in their colours, larger; the rest goes grey."""
    starred: tuple[int, ...] = ()
    """These papers bear a star."""
    region: tuple[tuple[float, float], ...] = ()
    """Corners of what was chosen on the map."""
    query: np.ndarray[Any, np.dtype[np.float32]] | None = field(default=None, compare=False)
    """The unit vector that papers were compared with, if they were."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A hit as a numbered disc over the map, at ``x`` and ``y`` on its axes."""

    x: float
    y: float
    number: int
    row: int
    title: str
    year: int
    """0 if it is not known."""
    topic: str
    background: str
    text: str


def badges(generation: Generation, highlights: Highlights, *, dark: bool) -> list[Badge]:
    """Return the hits as discs to be laid over the map, in the colours of their scores."""
    marks = score_marks(highlights.shares, dark=dark) or [
        BadgeColours(topic_colour(generation, row), "#ffffff") for row in highlights.hits
    ]
    places = generation.positions[list(highlights.hits)].tolist()
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
            mark.background,
            mark.text,
        )
        for number, ((x, y), row, paper, mark) in enumerate(
            zip(places, highlights.hits, papers, marks, strict=True), 1
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
    """Return the corners of the map; papers far out that would make it small lie outside."""
    positions = generation.positions
    low, high = _frame(positions)
    if not len(positions):
        return low, high
    inner = _frame(np.quantile(positions, (_FAR_OUT, 1 - _FAR_OUT), axis=0))
    return inner if np.any((high - low) > _MOST_STRETCHED * (inner[1] - inner[0])) else (low, high)


def frame_of(
    generation: Generation, topic: str
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the corners of the topic with this id on the map, in the proportions of the map."""
    low, high = home_frame(generation)
    badges = generation.positions[generation.members(generation.topics[topic])]
    distances = np.linalg.norm(badges - np.median(badges, axis=0), axis=1)
    inner = badges[np.argsort(distances)[: len(badges) - round(_STRAGGLERS * len(badges))]]
    its_low, its_high = _frame(inner)
    half = (high - low) * np.max((its_high - its_low) / (high - low)) / 2
    middle = (its_low + its_high) / 2
    return middle - half, middle + half
