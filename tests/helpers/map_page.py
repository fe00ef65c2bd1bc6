"""The map on the page, as somebody sees it who knows where the papers lie."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from explorer.map.sampling import Viewport

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from explorer.library.generation import Generation


PATIENCE = 60_000
"""Milliseconds. The model loads in the background while the first test waits for its hits."""
_UNREST = """() => {
    const state = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState;
    const waiting = document.querySelector('.pending, [data-stale="true"]');
    if (state !== "notRunning") return `the script is ${state}`;
    return waiting ? `not drawn anew yet: ${waiting.outerHTML.slice(0, 300)}` : "";
}"""


def wait_for_map(page: Page) -> None:
    """Wait until the map shows something."""
    page.wait_for_selector(".map[data-scene]")


def wait_for_rest(page: Page) -> None:
    """Wait until the list has its key sentences, and nothing runs or is drawn anew."""
    from playwright.sync_api import TimeoutError as TimedOut

    try:
        page.wait_for_function(f"() => !({_UNREST})()")
    except TimedOut:
        raise TimeoutError(page.evaluate(_UNREST)) from None


def url_of(page: Page) -> str:
    """Return the URL as the page itself has it; the driver's own, `page.url`, may lag behind."""
    url: str = page.evaluate("location.href")
    return url


def wait_until(page: Page, wrong: Callable[[], str], seconds: float = 30) -> None:
    """Wait until ``wrong`` returns nothing.

    Raises:
        TimeoutError: with what it returned last, when time is up.
    """
    until = time.monotonic() + seconds
    while problem := wrong():
        if time.monotonic() > until:
            raise TimeoutError(problem)
        page.wait_for_timeout(50)


def wait_for_stillness(page: Page) -> None:
    """Wait until the map shows the same view as a fifth of a second before."""
    before = None
    while (view := view_of(page)) != before:
        before = view
        page.wait_for_timeout(200)


def strip(generation: Generation, size: int) -> tuple[str, list[str]]:
    """Return a strip of the map, as the URL writes a region, and the ``size`` papers in it."""
    order = generation.positions[:, 0].argsort(kind="stable")
    edge = generation.positions[order[size - 1 : size + 1], 0].mean()
    (left, bottom), (_, top) = generation.positions.min(0) - 1, generation.positions.max(0) + 1
    corners = [(left, bottom), (edge, bottom), (edge, top), (left, top)]
    written = ",".join(f"{float(value):.8g}" for corner in corners for value in corner)
    return written, [generation.records.ids[int(row)] for row in order[:size]]


def view_of(page: Page) -> Viewport:
    """Return what part of the map is in sight."""
    return Viewport(*page.evaluate("literatureMap.map.view"))


def pixel_of(page: Page, generation: Generation, row: int) -> tuple[float, float]:
    """Return where on the page the paper in ``row`` is drawn."""
    view = view_of(page)
    box = page.locator(".map-canvas").bounding_box()
    assert box is not None
    x, y = (float(value) for value in generation.positions[row])
    return (
        box["x"] + box["width"] * (x - view.left) / (view.right - view.left),
        box["y"] + box["height"] * (view.top - y) / (view.top - view.bottom),
    )


def topic_names(page: Page) -> list[tuple[str, str, int, float, float]]:
    """Return the drawn topic names: id, label, papers, and the middle of the letters on the page.

    Names that something lies over, a badge or a control, are left out.
    """
    names = page.locator(".map-canvas").evaluate(
        """canvas => {
            const {left, top} = canvas.getBoundingClientRect();
            return literatureMap.map.topicNames
                .map(({id, label, papers, box}) => [id, label, papers, left + box.x, top + box.y])
                .filter(([,,, x, y]) => canvas.getRootNode().elementFromPoint(x, y) === canvas);
        }"""
    )
    return [tuple(name) for name in names]


def clear_row(page: Page, generation: Generation) -> int:
    """Return a row whose paper is in sight, with no other near and no topic name over it."""
    boxes = page.evaluate("literatureMap.map.topicNames.map(({box}) => box)")
    canvas = page.locator(".map-canvas").bounding_box()
    assert canvas is not None
    pixels = {row: pixel_of(page, generation, row) for row in rows_in_sight(page, generation)}
    for row, (x, y) in pixels.items():
        inside = canvas["width"] - 150 > x - canvas["x"] > 150
        named = any(
            2 * abs(canvas["x"] + box["x"] - x) < box["width"] + 20
            and 2 * abs(canvas["y"] + box["y"] - y) < box["height"] + 20
            for box in boxes
        )
        near = any(abs(x - a) + abs(y - b) < 12 for r, (a, b) in pixels.items() if r != row)
        if inside and not named and not near:
            return row
    raise AssertionError("no paper stands clear of names and other papers")


def rows_in_sight(page: Page, generation: Generation) -> list[int]:
    """Return the rows of the papers that lie within the frame of the map."""
    view = view_of(page)
    return [
        row
        for row, (x, y) in enumerate(generation.positions.tolist())
        if view.left < x < view.right and view.bottom < y < view.top
    ]


def draw(page: Page, tool: str, corners: list[tuple[float, float]]) -> None:
    """Take a tool of the map, ``lasso`` or ``box``, and draw with it from corner to corner."""
    page.locator(f'[data-tool="{tool}"]').click()
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
