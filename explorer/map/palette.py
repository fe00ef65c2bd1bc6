"""Colours of the page: topics, scores and both themes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PALETTE = (
    "#4878d0",
    "#e07b39",
    "#3aa56b",
    "#c8508a",
    "#8566cf",
    "#b58a1b",
    "#27a3b6",
    "#d6554c",
    "#7d9a2d",
    "#a0609c",
    "#5c80a8",
    "#8f6f50",
    "#3e62a8",
    "#b06437",
    "#34845c",
    "#9e4474",
    "#6c54a7",
    "#907020",
    "#258294",
    "#a84845",
    "#667c2e",
    "#805081",
    "#4d688a",
    "#735b48",
)
"""Topic colours, distinct on white and on near-black; the second dozen is the first, darker."""

_SCORES_ON_LIGHT = ("#8fd744", "#35b779", "#21908d", "#31688e", "#443a83", "#440154")
_SCORES_ON_DARK = ("#3b528b", "#2c728e", "#21908d", "#3dbc74", "#a5db36", "#fde725")
"""From weak to strong: viridis, ordered by lightness alone (for colour-blind eyes)."""
_LEAST_SPREAD = 0.15
"""Range of scores, as a share of the best, below which hits do not span all colours."""

_LIGHT_BADGE = 130.0
"""Badges lighter than this, from 0 to 255, have dark numbers."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a theme."""

    text: str
    faint: str
    background: str


@dataclass(frozen=True, slots=True)
class BadgeColours:
    """Colours of a numbered badge: the disc, and the number on it."""

    background: str
    text: str


LIGHT = Theme(text="#1f2430", faint="#b9bfcb", background="#ffffff")
DARK = Theme(text="#e8eaf0", faint="#4a5163", background="#14171f")


def channels(colour: str) -> list[int]:
    """Return red, green and blue, 0 to 255, of a colour like ``#4878d0``."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def hex_colour(rgb: Sequence[float]) -> str:
    """Return the colour, like ``#4878d0``, of red, green and blue, 0 to 255."""
    return "#" + "".join(f"{round(channel):02x}" for channel in rgb)


def luminance(rgb: Sequence[float]) -> float:
    """Return the lightness of red, green and blue, all from 0 to 255 (ITU-R BT.601)."""
    red, green, blue = rgb
    return 0.299 * red + 0.587 * green + 0.114 * blue


def shares_of_best(scores: Sequence[float]) -> tuple[float, ...]:
    """Return each score as a share of the best, from 0 to 1; empty if no score is positive."""
    best = max(scores, default=0.0)
    return tuple(max(0.0, score / best) for score in scores) if best > 0 else ()


def badge_colours(shares: Sequence[float], *, dark: bool) -> list[BadgeColours]:
    """Return the badge colours of hits by their scores, given as shares of the best.

    The best hit has most contrast with the background, the others fade towards it.
    """
    stops = _SCORES_ON_DARK if dark else _SCORES_ON_LIGHT
    spread = max(1.0 - min(shares, default=1.0), _LEAST_SPREAD)
    rgb = np.array([channels(stop) for stop in stops])
    positions = (1.0 - (1.0 - np.array(shares)) / spread) * (len(stops) - 1)
    badges = []
    for position in positions:
        colour = [float(np.interp(position, range(len(stops)), channel)) for channel in rgb.T]
        is_light = luminance(colour) > _LIGHT_BADGE
        badges.append(BadgeColours(hex_colour(colour), LIGHT.text if is_light else "#ffffff"))
    return badges
