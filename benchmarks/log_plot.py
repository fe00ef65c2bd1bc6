"""How figures grow, as an SVG with logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 20, 50
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe and Ito 2008: told apart by all eyes."""


def write_log_plot(
    path: Path, across: str, sizes: Sequence[int], lines: Mapping[str, Sequence[float]]
) -> None:
    """Draw one line for each of ``lines`` over ``sizes``; figures of zero are left out."""
    figures = [figure for line in lines.values() for figure in line if figure > 0]
    low, high = math.floor(math.log10(min(figures))), math.ceil(math.log10(max(figures)))
    first, last = math.log10(sizes[0]), max(math.log10(sizes[-1]), math.log10(sizes[0]) + 1)

    def x(size: float) -> float:
        return _LEFT + (math.log10(size) - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)

    def y(figure: float) -> float:
        share = (math.log10(figure) - low) / max(1, high - low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for power in range(low, high + 1):
        level = y(10**power)
        drawn.append(
            f'<path d="M{_LEFT} {level:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{level + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
        )
    drawn += [
        f'<text x="{x(size):.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{size:,}</text>'
        for size in sizes
    ]
    drawn.append(f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}">{across}</text>')
    for place, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        points = [(x(s), y(f)) for s, f in zip(sizes, line, strict=True) if f > 0]
        track = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4"/>' for a, b in points)
        key = _TOP + 20 + 24 * place
        drawn.append(
            f'<g fill="{colour}"><polyline points="{track}" fill="none" stroke="{colour}" '
            f'stroke-width="2"/>{dots}<circle cx="{_WIDTH - _RIGHT + 20}" cy="{key - 4}" r="5"/>'
            f'<text x="{_WIDTH - _RIGHT + 32}" y="{key}">{escape(name)}</text></g>'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*drawn, "</svg>", ""]), encoding="utf-8")
