"""The map in a real browser beside the list: spans of time, hits and the papers in view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from explorer.insights.trends import time_axis
from explorer.library.store import LibraryStore
from tests.helpers.map_page import (
    PATIENCE,
    rows_in_sight,
    url_of,
    view_of,
    wait_for_map,
    wait_for_rest,
    wait_for_stillness,
)
from tests.helpers.serving import serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(hashing_library: LibraryStore) -> Iterator[str]:
    with serve_page(hashing_library.folder) as served:
        yield served


@pytest.fixture(autouse=True)
def patient_expectations() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options()


_FOCUSED = "document.activeElement.shadowRoot?.activeElement?.className"


def _visit(page: Page, address: str) -> None:
    page.goto(address)
    wait_for_map(page)
    wait_for_rest(page)


def test_a_span_of_time_filters_the_list_and_its_chip_resets_the_map(
    page: Page, address: str, hashing_library: LibraryStore
) -> None:
    axis = time_axis(hashing_library.open())
    last = len(axis.periods) - 1
    papers = len(axis.rows(axis.periods[last], axis.periods[last]))
    _visit(page, address)
    everything = page.locator(".timeline output").inner_text()
    first = page.get_by_label("First period")
    for _ in range(len(axis.periods) + 2):
        first.press("ArrowRight")
    page.wait_for_url(re.compile(rf"when={axis.periods[last]}\.\.{axis.periods[last]}"))
    expect(page.locator(".st-key-in-view-head")).to_contain_text(f"{papers} papers")
    expect(page.locator(".paper-count")).to_have_text(f"{papers} papers in view")
    first.press("ArrowLeft")
    page.wait_for_url(re.compile(rf"when={axis.periods[last - 1]}\.\."))
    page.locator(".st-key-clause-0 button").click()
    expect(page.locator(".timeline output")).to_have_text(everything)
    expect(page.locator(".st-key-in-view-head")).to_have_count(0)
    assert "when=" not in url_of(page)
    page.go_back()
    expect(page.locator(".timeline output")).not_to_have_text(everything)
    expect(page.locator(".st-key-in-view-head")).to_be_visible()


def test_play_adds_a_period_at_a_time_and_sends_nothing_until_it_ends(
    page: Page, address: str, hashing_library: LibraryStore
) -> None:
    periods = time_axis(hashing_library.open()).periods
    _visit(page, address)
    play, moment = page.locator('[data-tool="play"]'), page.locator(".moment")
    play.click()
    expect(moment).to_have_text(periods[0])
    expect(moment).to_have_text(periods[1])
    assert "when=" not in url_of(page)
    play.click()
    expect(moment).to_be_hidden()
    page.wait_for_url(re.compile(rf"when={periods[0]}\.\."))
    page.get_by_role("button", name=re.compile("^All (years|dates)$")).click()
    page.wait_for_url(re.compile(r"^(?!.*when=)"))


def test_the_list_follows_the_view_and_leads_back_to_the_whole_library(
    page: Page, address: str, hashing_library: LibraryStore
) -> None:
    generation = hashing_library.open()
    _visit(page, address)
    expect(page.get_by_text("Topics in this library")).to_be_visible()
    page.locator(".map-canvas").focus()
    for key in "+++":
        page.keyboard.press(key)
        wait_for_stillness(page)
    head, count = page.locator(".st-key-in-view-head"), page.locator(".paper-count")
    seen = {generation.records.ids[row] for row in rows_in_sight(page, generation)}
    assert 0 < len(seen) < generation.size
    expect(head).to_contain_text(f"{len(seen)} papers in view")
    expect(count).to_have_text(f"{len(seen)} papers in view")
    wait_for_rest(page)
    keyed = page.locator('[class*="st-key-open-in-view-"]').all()
    listed = re.findall(
        r"open-in-view-(p\w+)", " ".join(str(e.get_attribute("class")) for e in keyed)
    )
    assert set(listed) <= seen
    assert len(set(listed)) == min(len(seen), 30)
    assert page.evaluate(_FOCUSED) == "map-canvas"
    before = view_of(page)
    page.locator('[class*="st-key-open-in-view-"] button').first.click()
    page.locator(".st-key-paper h2").wait_for()
    page.get_by_role("button", name="Back", exact=True).click()
    expect(head).to_contain_text(f"{len(seen)} papers in view")
    wait_for_stillness(page)
    assert view_of(page) == before
    page.reload()
    expect(head).to_contain_text(f"{len(seen)} papers in view")
    page.get_by_role("button", name="Whole library").click()
    expect(page.get_by_text("Topics in this library")).to_be_visible()
    page.wait_for_url(re.compile(r"^(?!.*at=)"))
    assert len(rows_in_sight(page, generation)) > len(seen)


def test_a_search_keeps_its_hits_wherever_the_map_is_moved(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=graphs")
    hits = page.locator('[class*="st-key-open-hit"] button')
    first = hits.first.inner_text()
    page.locator(".map-canvas").focus()
    page.keyboard.press("+")
    page.wait_for_url(re.compile("at="))
    wait_for_rest(page)
    assert hits.first.inner_text() == first
    expect(page.locator(".st-key-in-view-head")).to_have_count(0)
