"""Exports from the page, in a real browser: the files that come down, and what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rispy
from bibtexparser.entrypoint import parse_string

from explorer.export import ExportFormat
from explorer.export.citations import citation_key
from explorer.insights.topic_profile import topic_profile
from explorer.library.store import LibraryStore
from tests.helpers.browser import open_browser
from tests.helpers.map_page import wait_for_rest
from tests.helpers.serving import serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from explorer.library.generation import Generation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture(scope="module")
def page(hashing_library: LibraryStore) -> Iterator[Page]:
    with serve_page(hashing_library.folder) as address, open_browser() as browser:
        context = browser.new_context(
            viewport={"width": 1400, "height": 880}, base_url=address, accept_downloads=True
        )
        context.set_default_timeout(60_000)
        yield context.new_page()


def _down(page: Page, where: str, form: ExportFormat) -> tuple[str, str]:
    """Take the list at ``where`` along, and return the file's name and what is in it."""
    wanted = page.locator(f".st-key-export-{where}-{form} button").first
    if not wanted.is_visible():
        page.locator(f".st-key-export-{where} button").first.click()
    with page.expect_download() as coming:
        wanted.click()
    path = Path(coming.value.path())
    return coming.value.suggested_filename, path.read_text(encoding="utf-8")


def test_hits_are_taken_along_in_their_order(page: Page) -> None:
    page.goto("/?q=liver+segmentation")
    page.locator(".st-key-export-hits").wait_for()
    wait_for_rest(page)
    keys = page.locator("[class*='st-key-open-hit']").evaluate_all(
        "found => found.map(one => one.className.match(/open-hit\\d+-(\\w+)/)[1])"
    )
    name, text = _down(page, "hits", ExportFormat.JSONL)
    assert name == "liver-segmentation.jsonl"
    ids = [json.loads(line)["id"] for line in text.splitlines()]
    assert [paper for paper in ids if paper in keys] == keys
    name, text = _down(page, "hits", ExportFormat.BIBTEX)
    assert name == "liver-segmentation.bib"
    assert len(parse_string(text).entries) == len(ids)


def test_a_topic_is_taken_along(page: Page, generation: Generation) -> None:
    topic = generation.levels[-1][0]
    page.goto(f"/?topic={topic.id}")
    page.locator(".st-key-export-members").wait_for()
    _, text = _down(page, "members", ExportFormat.RIS)
    members = [generation.records[row] for row in topic_profile(generation, topic).members]
    assert [entry["id"] for entry in rispy.loads(text)] == [citation_key(one) for one in members]


def test_a_region_is_taken_along(page: Page, generation: Generation) -> None:
    (left, bottom), (right, top) = generation.positions.min(0) - 1, generation.positions.max(0) + 1
    page.goto(f"/?region={left},{bottom},{right},{bottom},{right},{top},{left},{top}")
    page.locator(".st-key-export-caught").wait_for()
    _, text = _down(page, "caught", ExportFormat.CSL_JSON)
    items: list[dict[str, Any]] = json.loads(text)
    assert [item["id"] for item in items] == [citation_key(paper) for paper in generation.records]
    name, text = _down(page, "caught", ExportFormat.HTML)
    assert name.endswith(".html")
    assert text.lstrip().lower().startswith("<!doctype html>")


def test_a_map_of_a_topic_has_only_its_papers(page: Page, generation: Generation) -> None:
    topic = generation.levels[-1][0]
    page.goto(f"/?topic={topic.id}")
    page.locator(".st-key-export-members").wait_for()
    _, text = _down(page, "members", ExportFormat.HTML)
    page.set_content(text)
    page.wait_for_selector(".map[data-scene]")
    inside = {generation.records[row].title for row in generation.members(topic).tolist()}
    assert int(page.locator(".paper-count").inner_text().split()[0]) == len(inside) == topic.size
    outside = next(title for title in generation.records.titles if title not in inside)
    for title, found in ((next(iter(inside)), 1), (outside, 0)):
        page.get_by_role("searchbox").fill(title)
        page.wait_for_function(
            "found => document.querySelectorAll('#results button').length === found", arg=found
        )


def test_a_reference_is_copied_from_the_page_of_a_paper(page: Page, generation: Generation) -> None:
    paper = generation.records[3]
    page.goto(f"/?paper={paper.id}")
    page.locator(".st-key-paper-actions .stButton").first.wait_for()
    wait_for_rest(page)
    page.locator(".st-key-cite button").first.click()
    page.locator(".st-key-citing code").get_by_text(citation_key(paper)).wait_for()
    page.locator(".st-key-citing").get_by_role("button", name="Copy to clipboard").wait_for()
    page.get_by_role("radio", name="APA").click()
    page.locator(".st-key-citing code").get_by_text(paper.title).wait_for()
    page.keyboard.press("Escape")
    page.locator(".st-key-pages-menu button").first.click()
    link = page.locator(".st-key-pages a", has_text="Google Scholar")
    link.wait_for()
    assert link.get_attribute("rel") == "noreferrer"
    assert link.get_attribute("target") == "_blank"
