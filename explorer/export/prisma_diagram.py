"""PRISMA 2020 flow diagram of a review as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from explorer.learning.screening.prisma import PrismaCounts

_WIDTH = 760
_BOX = 320
_LEFT, _RIGHT = 60, 400
_LINE = 17
_PADDING = 11
_GAP = 34
"""Pixels."""
_CHARACTERS = 46
"""In a line of a box."""
_MOST_REASONS = 12
_OPEN = "…"
"""A number that the explorer does not know, for a reviewer to fill in."""


def prisma_diagram(counts: PrismaCounts, name: str) -> str:
    """Return the diagram; numbers of the full texts are left open, for they are read elsewhere."""
    reasons = [f"  {reason} (n = {number:,})" for reason, number in counts.reasons[:_MOST_REASONS]]
    others = counts.reasons[_MOST_REASONS:]
    if others:
        reasons.append(f"  other reasons (n = {sum(number for _, number in others):,})")
    rows: list[tuple[str, list[str], list[str]]] = [
        (
            "Identification",
            [f"Records identified (n = {counts.identified:,})"],
            [
                "Records removed before screening:",
                f"  duplicates (n = {counts.duplicates:,})",
                f"  not screened, ranked as unlikely (n = {counts.unscreened:,})",
            ],
        ),
        (
            "Screening",
            [f"Records screened (n = {counts.screened:,})"],
            [f"Records excluded (n = {counts.excluded:,})", *reasons]
            + [f"Not agreed yet (n = {counts.conflicts:,})"] * bool(counts.conflicts),
        ),
        (
            "",
            [f"Reports sought for retrieval (n = {counts.included:,})"],
            [f"Reports not retrieved (n = {_OPEN})"],
        ),
        (
            "",
            [f"Reports assessed for eligibility (n = {_OPEN})"],
            [f"Reports excluded (n = {_OPEN})"],
        ),
        ("Included", [f"Studies included in review (n = {_OPEN})"], []),
    ]
    shapes: list[str] = []
    top = 56
    for number, (stage, left, right) in enumerate(rows):
        boxes = [_wrapped(left), _wrapped(right)]
        height = 2 * _PADDING + _LINE * max(map(len, boxes))
        shapes += _box(_LEFT, top, height, boxes[0])
        if right:
            shapes += _box(_RIGHT, top, height, boxes[1])
            middle = top + height / 2
            shapes.append(_arrow(_LEFT + _BOX, middle, _RIGHT, middle))
        if stage:
            shapes.append(_stage(stage, top, height))
        if number < len(rows) - 1:
            shapes.append(
                _arrow(_LEFT + _BOX / 2, top + height, _LEFT + _BOX / 2, top + height + _GAP)
            )
        top += height + _GAP
    title = escape(f"PRISMA 2020 flow diagram: {name}")
    heading = _text(_LEFT, 32, " ".join(wrap(f"PRISMA 2020: {name}", 80)[:1]), "font-weight='bold'")
    return "\n".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {top}' width='{_WIDTH}'"
            f" height='{top}' role='img' font-family='sans-serif' font-size='13' fill='#1a1a1a'>",
            f"<title>{title}</title>",
            "<defs><marker id='end' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='8'"
            " markerHeight='8' orient='auto'><path d='M0 0 8 4 0 8z'/></marker></defs>",
            f"<rect width='{_WIDTH}' height='{top}' fill='#ffffff'/>",
            heading,
            *shapes,
            "</svg>\n",
        ]
    )


def _wrapped(lines: Sequence[str]) -> list[str]:
    return [
        part
        for line in lines
        for part in wrap(
            line,
            _CHARACTERS,
            initial_indent=" " * (len(line) - len(line.lstrip())),
            subsequent_indent="    ",
        )
    ]


def _box(left: float, top: float, height: float, lines: Sequence[str]) -> list[str]:
    box = f"<rect x='{left}' y='{top}' width='{_BOX}' height='{height}' fill='none' stroke='#555'/>"
    start = top + (height - _LINE * len(lines)) / 2 + 13
    return [
        box,
        *(
            _text(left + _PADDING + 7 * (len(line) - len(line.lstrip())), start + _LINE * n, line)
            for n, line in enumerate(lines)
        ),
    ]


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f"<text x='{x:g}' y='{y:g}' {more}>{escape(text.strip())}</text>".replace(" >", ">")


def _stage(name: str, top: float, height: float) -> str:
    middle = top + height / 2
    return (
        f"<text x='34' y='{middle:g}' text-anchor='middle' font-weight='bold' fill='#2a5d84'"
        f" font-size='11' transform='rotate(-90 34 {middle:g})'>{escape(name)}</text>"
    )


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    line = f"<line x1='{x1:g}' y1='{y1:g}' x2='{x2:g}' y2='{y2:g}'"
    return f"{line} stroke='#555' marker-end='url(#end)'/>"
