"""The page of the installed command, started in an empty folder: what a newcomer gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from explorer.app import texts
from explorer.app.server import SETTINGS
from explorer.insights.topic_tree import shown_level
from explorer.library.store import LibraryStore
from tests.helpers.browser import open_browser
from tests.helpers.map_page import wait_for_map, wait_for_rest
from tests.helpers.serving import serve_installed, serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from explorer.library.generation import Generation

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(seed_library: LibraryStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve_installed(seed_library.folder, tmp_path_factory.mktemp("empty")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 880})
    yield context.new_page()
    context.close()


def _words(page: Page) -> list[str]:
    """Return the lines of the page as they are read, icons left out."""
    lines = page.locator("main").inner_text().splitlines()
    icons = set(page.locator('[data-testid="stIconMaterial"]').all_inner_texts())
    return [line.strip() for line in lines if line.strip() and line.strip() not in icons]


def _wait_for_topics(page: Page, generation: Generation) -> None:
    """Wait until the page lists all topics of the level that it begins with."""
    wait_for_map(page)
    wait_for_rest(page)
    topics = generation.levels[shown_level(generation)]
    for topic in topics:
        page.locator(f".st-key-to-welcome-{topic.id} button").wait_for()
    page.locator(".st-key-example-3 button").wait_for()


_INTERRUPTIONS = """:is([role="dialog"], [data-testid="stToast"], [data-testid="stAlert"],
    [data-testid="stException"], [data-testid="stAppDeployButton"], [data-testid="stMainMenu"])"""
"""What comes between a newcomer and the page."""


def test_both_ways_of_starting_open_the_same_page_and_nothing_but_the_page(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda socket: requests.append(socket.url))
    page.goto(address)
    _wait_for_topics(page, generation)
    words = _words(page)
    assert words[:2] == [texts.TITLE, texts.EXPLORE]
    assert page.title() == texts.TITLE
    assert page.locator(_INTERRUPTIONS).count() == 0
    assert "Deploy" not in words
    font = page.evaluate("getComputedStyle(document.querySelector('.stApp')).fontFamily")
    assert font.split(",")[0] == SETTINGS["theme.font"].split(",")[0]
    own = (address, address.replace("http", "ws"), "data:", f"blob:{address}")
    assert [url for url in requests if not url.startswith(own)] == []
    with serve_page(seed_library.folder) as other:
        page.goto(other)
        _wait_for_topics(page, generation)
        assert _words(page) == words


def test_the_title_stands_before_any_script_has_come(page: Page, address: str) -> None:
    page.route("**/*.js", lambda _route: None)
    page.goto(address, wait_until="commit")
    page.get_by_role("heading", name=texts.TITLE, level=1).wait_for()


_MEASURE_SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifts += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });"""


@pytest.mark.parametrize("query", ["", "?q=speculative+decoding", "?view=topics"])
def test_the_page_holds_still_while_it_loads(page: Page, address: str, query: str) -> None:
    page.add_init_script(_MEASURE_SHIFTS)
    page.goto(f"{address}/{query}")
    page.locator(".map[data-scene]").or_(page.locator(".sunburstlayer .slice")).first.wait_for()
    wait_for_rest(page)
    assert page.evaluate("shifts") < 0.1
