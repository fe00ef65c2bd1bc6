"""The page of the installed command, started in an empty folder: what a newcomer gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from explorer.app import texts
from explorer.app.server import SETTINGS
from explorer.insights.topic_tree import shown_level
from explorer.library.store import LibraryStore
from tests.helpers.map_page import PATIENCE, wait_for_map, wait_for_rest
from tests.helpers.serving import serve_installed, serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from explorer.library.generation import Generation

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(seed_library: LibraryStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve_installed(seed_library.folder, tmp_path_factory.mktemp("empty")) as served:
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 880})
    context.set_default_timeout(PATIENCE)
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


@pytest.mark.parametrize("query", ["", "?q=speculative+decoding", "?topic=t1"])
def test_the_page_holds_still_while_it_loads(page: Page, address: str, query: str) -> None:
    page.add_init_script(_MEASURE_SHIFTS)
    page.goto(f"{address}/{query}")
    page.wait_for_selector(".map[data-scene]")
    wait_for_rest(page)
    assert page.evaluate("shifts") < 0.1


_RULES = {
    # Broken by Streamlit's upload box alone, which is out of this page's hands.
    "light": {"rules": {"presentation-role-conflict": {"enabled": False}}},
    # Only colours differ in the dark.
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}
"""Options of axe by colour scheme."""
_LOOKS = 3


def _violations(page: Page, view: str, scheme: str) -> list[str]:
    """Return the violations of the open view that stay when it is looked at again.

    What fades in is short of contrast for a moment.
    """
    for _ in range(_LOOKS - 1):
        if not _seen(page, view, scheme):
            return []
        page.wait_for_timeout(1_000)
    return _seen(page, view, scheme)


def _seen(page: Page, view: str, scheme: str) -> list[str]:
    """Return what axe finds on the open view, with the headings that lead astray."""
    wait_for_rest(page)
    results = Axe().run(page, options=_RULES[scheme])
    found = [
        f"{view}: {broken['id']}: {node['target']} {node['html'][:120]}"
        for broken in results.response["violations"]
        for node in broken["nodes"]
    ]
    for selector in ("main h1", 'main a[aria-label="Link to heading"]'):
        wanted = 1 if selector == "main h1" else 0
        if page.locator(selector).count() != wanted:
            found.append(f"{view}: {page.locator(selector).count()} of {selector}")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_accessible(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 1400, "height": 880},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)
    wait_for_map(page)
    found = _violations(page, "Explore", scheme)
    page.locator('[class*="st-key-to-welcome-"] button').first.click()
    page.locator(".st-key-about h2").wait_for()
    found += _violations(page, "a topic", scheme)
    for view, part in (
        (texts.TOPICS, ".st-key-tree"),
        (texts.WHATS_NEW, ".st-key-news-head"),
        (texts.FOR_YOU, ".st-key-for-you-head"),
        (texts.DESK, f"text={texts.FOLLOWED_SEARCHES}"),
        (texts.LIBRARY, ".st-key-holdings"),
    ):
        page.get_by_role("radio", name=view).click()
        page.locator(part).first.wait_for()
        found += _violations(page, view, scheme)
    box = page.get_by_role("searchbox", name=texts.SEARCH, exact=True)
    box.fill("speculative decoding")
    box.press("Enter")
    page.locator('[class*="st-key-open-hit"] button').nth(9).wait_for()
    found += _violations(page, "results", scheme)
    page.locator('[class*="st-key-open-hit"] button').first.click()
    page.locator(".st-key-paper h2").wait_for()
    found += _violations(page, "a paper", scheme)
    context.close()
    assert found == []
