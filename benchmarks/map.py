"""The map at any size: ``python -m benchmarks map [LIBRARY]``.

A headless Chromium without a graphics processor, on maps of 5,000, 75,000 and 1,000,000 papers:
the papers of a library (``data/library``, if none is named) again and again, scattered about
their places. Beside it a plain ``st.plotly_chart`` with all points as WebGL dots, drawn in
software. ``usable`` is the time from opening the page to a map that is drawn and answers;
``received`` is what the page gets from the server until then, its scripts apart; ``wheel`` is the
time from turning the wheel to the finer view, the wait for the wheel to rest included; ``hover``
from moving the mouse to the title; ``frame`` the time from frame to frame while panning. A long
task keeps the page from answering for more than 50 ms. What was not there after four minutes is
called never. On the server, ``scene`` is the time to make what one view shows, over a hundred
views from the whole map to a thousandth of its width.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.map_stage import crowd
from explorer.library.store import LibraryStore
from explorer.map.colouring import ColourBy
from explorer.map.highlights import Highlights
from explorer.map.sampling import Viewport
from explorer.map.scene import SceneRequest, detail_of, home_view, scene, short_title
from tests.helpers.browser import open_browser
from tests.helpers.serving import serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

    from explorer.library.generation import Generation

_SIZES = (5_000, 75_000, 1_000_000)
_VIEWS = 100
_DEEPEST = 3.0
"""Powers of ten between the width of the map and that of the closest view."""
_WHEELS = 6
_HOVERS = 8
_PATIENCE = 240_000
_LATEST = 20_000
"""Milliseconds after which a turn of the wheel is taken to have changed nothing."""
_SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_WATCH = """
globalThis.watched = {long: [], frames: []};
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) watched.long.push(entry.duration);
}).observe({type: 'longtask', buffered: true});
globalThis.after = (target, event, done) => new Promise(resolve => {
    let begin = 0;
    target.addEventListener(event, () => { begin ||= performance.now(); }, {capture: true});
    const look = () => {
        if (begin && done()) resolve(performance.now() - begin);
        else setTimeout(look, 4);
    };
    look();
});
globalThis.countFrames = () => {
    let last = performance.now();
    const tick = now => {
        watched.frames.push(now - last);
        last = now;
        if (watched.counting) requestAnimationFrame(tick);
    };
    watched.counting = true;
    requestAnimationFrame(tick);
};
globalThis.pierced = selector => {
    const search = root => root.querySelector(selector) ?? [...root.querySelectorAll('*')]
        .filter(each => each.shadowRoot).map(each => search(each.shadowRoot)).find(Boolean);
    return search(document);
};
"""


@dataclass(frozen=True, slots=True)
class _Chart:
    """How to tell what a chart is doing."""

    query: str
    surface: str
    ready: str
    """JavaScript that says whether it is drawn."""
    seen: str
    """JavaScript that returns a text which changes with a finer view."""
    told: str
    """JavaScript that says whether a title is shown."""


_OURS = _Chart(
    "",
    ".map-canvas",
    "!!pierced('.map[data-scene]')",
    "pierced('.paper-count').textContent",
    "!pierced('.tooltip').hidden",
)
_PLAIN = _Chart(
    "&plain=1",
    ".js-plotly-plot .nsewdrag",
    "!!document.querySelector('.js-plotly-plot .gl-canvas') && "
    "!!document.querySelector('.js-plotly-plot')._fullLayout?.xaxis?.range",
    "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.join()",
    "!!document.querySelector('.hoverlayer .hovertext')",
)


def measure(arguments: list[str]) -> dict[str, object]:
    """Return what the map costs in the browser and on the server, by number of papers."""
    folder = Path(arguments[0] if arguments else "data/library")
    generation = LibraryStore(folder).open()
    browser_side: dict[str, dict[str, object]] = {}
    server_side: dict[str, dict[str, object]] = {}
    for papers in _SIZES:
        server_side[f"{papers:,} papers"] = _served(crowd(generation, papers))
    with open_browser(*_SOFTWARE) as browser:
        for papers in _SIZES:
            with serve_page(folder, "benchmarks/map_stage.py") as address:
                for name, chart in (("map", _OURS), ("plain chart", _PLAIN)):
                    stage = f"{address}/?papers={papers}{chart.query}"
                    found = _tried(browser, stage, chart)
                    browser_side[f"{name}, {papers:,} papers"] = found
    return {
        "papers of the library": generation.size,
        "server": server_side,
        "browser": browser_side,
    }


def _served(generation: Generation) -> dict[str, object]:
    begin = time.perf_counter()
    detail_of(generation)
    ordered = time.perf_counter() - begin
    first = scene(generation, SceneRequest(), Highlights())
    home = home_view(generation)
    draw = np.random.default_rng(11)
    passed, sizes = [], []
    for number in range(_VIEWS):
        width = (home.right - home.left) * 10 ** -(_DEEPEST * number / _VIEWS)
        x, y = generation.positions[draw.integers(generation.size)].tolist()
        view = Viewport(x - width / 2, y - width / 2, x + width / 2, y + width / 2)
        by = (ColourBy.TOPIC, ColourBy.YEAR)[number % 2]
        short_title.cache_clear()  # the same few titles stand at all places here
        begin = time.perf_counter()
        sizes.append(len(scene(generation, SceneRequest(view, by), Highlights())))
        passed.append(1000 * (time.perf_counter() - begin))
    return {
        "first scene MB": round(len(first) / 1e6, 3),
        "largest scene MB": round(max(sizes) / 1e6, 3),
        "scene p50 ms": round(float(np.percentile(passed, 50)), 1),
        "scene p95 ms": round(float(np.percentile(passed, 95)), 1),
        "once, to order the papers s": round(ordered, 2),
    }


def _tried(browser: Browser, stage: str, chart: _Chart) -> dict[str, object]:
    """Return what one page costs; it is opened twice, so that the server is warm."""
    from playwright.sync_api import Error

    found: dict[str, object] = {}
    for turn in range(2):
        context = browser.new_context(viewport={"width": 1400, "height": 880})
        context.set_default_timeout(_PATIENCE)
        page = context.new_page()
        page.add_init_script(_WATCH)
        try:
            found = _opened(page, stage, chart)
            if turn:
                found |= _moved(page, chart)
        except Error:
            return found or {"usable s": "never"}
        finally:
            context.close()
    return found


def _opened(page: Page, stage: str, chart: _Chart) -> dict[str, object]:
    received = _counter(page.context.new_cdp_session(page))
    begin = time.perf_counter()
    page.goto(stage)
    page.wait_for_function(chart.ready, polling=20)
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    usable = time.perf_counter() - begin
    long = page.evaluate("watched.long.splice(0)")
    return {
        "received MB": round(received() / 1e6, 2),
        "usable s": round(usable, 1),
        "long tasks until then": len(long),
        "longest ms": round(max(long, default=0)),
    }


def _moved(page: Page, chart: _Chart) -> dict[str, object]:
    page.wait_for_timeout(1_500)
    box = page.locator(chart.surface).first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate("watched.long.splice(0)")
    page.mouse.move(x, y)
    hovers = [_hover(page, chart, box, number) for number in range(_HOVERS)]
    wheels = []
    for _ in range(_WHEELS):
        page.mouse.move(x, y)
        wheels.append(_after(page, chart, "wheel", lambda: page.mouse.wheel(0, -240)))
        page.wait_for_timeout(700)
    page.evaluate("countFrames()")
    page.mouse.down()
    for step in range(40):
        page.mouse.move(x + 5 * step, y + 3 * step)
        page.wait_for_timeout(16)
    page.mouse.up()
    frames = page.evaluate("watched.counting = false, watched.frames.splice(0)")
    page.wait_for_timeout(700)
    long = page.evaluate("watched.long.splice(0)")
    shown = [hover for hover in hovers if hover is not None]
    finer = [wheel for wheel in wheels if wheel is not None]
    return {
        "wheel ms": round(statistics.median(finer)) if finer else "never",
        "hover ms": round(statistics.median(shown)) if shown else "never",
        "frame p95 ms": round(float(np.percentile(frames, 95))),
        "long tasks while moving": len(long),
        "longest of them ms": round(max(long, default=0)),
    }


def _hover(page: Page, chart: _Chart, box: Any, number: int) -> float | None:
    """Return the milliseconds from a move of the mouse to a title; nothing if it met no paper."""
    draw = np.random.default_rng(number)
    for _ in range(20):
        page.mouse.move(box["x"] + 3, box["y"] + box["height"] / 2)
        page.wait_for_timeout(120)
        x = box["x"] + box["width"] * draw.uniform(0.3, 0.7)
        y = box["y"] + box["height"] * draw.uniform(0.3, 0.7)
        waiting = f"""globalThis.answer = Promise.race([
            after(document, 'mousemove', () => {chart.told}),
            new Promise(late => setTimeout(() => late(-1), 2000))])"""
        page.evaluate(f"{waiting}, undefined")
        page.mouse.move(x, y)
        passed = page.evaluate("answer")
        if passed >= 0:
            return float(passed)
    return None


def _after(page: Page, chart: _Chart, event: str, act: Callable[[], None]) -> float | None:
    """Return the milliseconds from an event to a finer view; nothing if none comes."""
    page.evaluate(
        f"""globalThis.before = {chart.seen};
        globalThis.answer = Promise.race([
            after(document, '{event}', () => {chart.seen} !== before)
                .then(passed => new Promise(done => requestAnimationFrame(
                    () => setTimeout(() => done(passed))))),
            new Promise(late => setTimeout(() => late(-1), {_LATEST}))]);
        undefined"""
    )
    act()
    passed = float(page.evaluate("answer"))
    return passed if passed >= 0 else None


def _counter(session: CDPSession) -> Callable[[], int]:
    """Count the bytes that come over WebSockets."""
    session.send("Network.enable")
    sizes: list[int] = []
    session.on(
        "Network.webSocketFrameReceived",
        lambda event: sizes.append(len(event["response"]["payloadData"]) * 3 // 4),
    )
    return lambda: sum(sizes)
