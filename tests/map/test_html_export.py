"""The map as one file, opened from disk in a real browser that may ask nothing of any network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from explorer.builds.build import BuildOptions, build
from explorer.errors import UnusableInput
from explorer.library.store import LibraryStore
from explorer.map.html_export import MOST_PAPERS, standalone
from explorer.papers.paper import Paper
from tests.helpers.corpus import WriteDigest
from tests.helpers.map_page import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_SCHOLAR = "https://scholar.google.com/scholar?q="
HOSTILE = "<img src=x onerror=alert(1)> & </script><b>Bold</b> Claims"


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> Path:
    """The map of forty papers and one whose title is an attack."""
    folder = tmp_path_factory.mktemp("map")
    papers = [*corpus, Paper(HOSTILE, abstract="It says bold things at some length. " * 5)]
    digest = write_digest(folder / "digest.txt", papers)
    build(LibraryStore(folder / "library"), [digest], BuildOptions(model="hashing"))
    path = folder / "map.html"
    path.write_text(
        standalone(LibraryStore(folder / "library").open(), "Maps & <i>more</i>"), encoding="utf-8"
    )
    return path


@pytest.fixture
def page(browser: Browser, written: Path) -> Iterator[Page]:
    """The opened file; whatever it asks of a network fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, offline=True)
    context.set_default_timeout(20_000)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("dialog", lambda dialog: problems.append(dialog.message))
    opened.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else problems.append(f"requested {request.url}")
        ),
    )
    opened.goto(written.as_uri())
    opened.wait_for_selector(".map[data-scene]")
    yield opened
    context.close()
    assert problems == []


def _in_sight(page: Page) -> int:
    """Return how many papers the map says are in view."""
    return int(page.locator(".paper-count").inner_text().split()[0])


@pytest.mark.browser
def test_papers_are_searched_without_a_network(page: Page, corpus: list[Paper]) -> None:
    page.get_by_role("searchbox").fill("KV cache")
    wanted = {paper.title for paper in corpus if "KV Cache" in paper.title}
    listed = page.locator("#results button").all_inner_texts()
    assert {title.partition(". ")[2] for title in listed[: len(wanted)]} == wanted
    assert page.locator(".badge").count() == len(listed) >= len(wanted) > 2
    page.locator("#results button").first.click()
    assert page.locator("#paper strong").inner_text() in wanted


@pytest.mark.browser
def test_authors_and_abstracts_are_searched_and_read(page: Page, corpus: list[Paper]) -> None:
    paper = corpus[3]
    first_words = " ".join(paper.abstract.split()[:9])
    page.get_by_role("searchbox").fill(first_words)
    page.locator("#results button", has_text=paper.title).first.click()
    assert first_words in page.locator("#paper .abstract").inner_text()
    assert page.locator("#paper a").get_attribute("href") == (
        paper.links[0][1] if paper.links else f"{_SCHOLAR}{quote(paper.title, safe='')}"
    )
    if paper.authors:
        page.get_by_role("searchbox").fill(paper.authors[0])
        page.locator("#results button", has_text=paper.title).first.click()
        assert page.locator("#paper .authors").inner_text() == ", ".join(paper.authors)


@pytest.mark.browser
def test_what_titles_say_is_shown_and_not_run(page: Page) -> None:
    page.get_by_role("searchbox").fill("bold claims")
    page.locator("#results button").first.click()
    assert page.locator("#paper strong").inner_text() == "& Bold Claims"
    assert page.locator("#paper img, #results img, #results b").count() == 0
    assert page.locator("h1").inner_text() == page.title() == "Maps & <i>more</i>"


@pytest.mark.browser
def test_it_zooms_and_lists_what_is_in_view(page: Page, corpus: list[Paper]) -> None:
    inside = _in_sight(page)
    assert inside == len(corpus) + 1
    page.locator(".map-canvas").focus()
    for _ in range(3):
        page.keyboard.press("+")
    wait_until(page, lambda: "nothing left the view" if _in_sight(page) == inside else "")
    page.keyboard.press("0")
    wait_until(page, lambda: "" if _in_sight(page) == inside else "not all are in view again")
    page.keyboard.press("t")
    rows = page.locator(".paper-table tbody tr")
    assert rows.count() == inside
    title = rows.first.locator("button").inner_text()
    rows.first.locator("button").click()
    assert page.locator("#paper strong").inner_text() == title


@pytest.mark.browser
def test_a_path_names_the_topics_in_view_and_a_button_leads_back_to_the_papers(page: Page) -> None:
    canvas, path = page.locator(".map-canvas"), page.locator(".breadcrumb")
    assert path.is_hidden()
    page.get_by_role("searchbox").fill("KV cache")
    page.locator("#results button").first.click()
    path.wait_for()
    assert path.get_by_role("button").first.inner_text() == "Whole map"
    box = canvas.bounding_box()
    assert box is not None
    corners = [(box["x"] + 60, box["y"] + 90), (box["x"] + 700, box["y"] + 680)]
    for _ in range(9):
        page.mouse.move(*corners[0])
        page.mouse.down()
        page.mouse.move(*corners[1])
        page.mouse.up()
    back = page.get_by_role("button", name="Nearest papers")
    back.click()
    back.wait_for(state="hidden")
    page.locator(".paper-count", has_text=re.compile(r"\d+ papers? in view")).wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["PNG for print", "SVG"])
def test_a_picture_of_the_view_is_saved(page: Page, kind: str, tmp_path: Path) -> None:
    page.get_by_label("Save a picture of this view").click()
    with page.expect_download() as begun:
        page.get_by_role("button", name=kind).click()
    path = tmp_path / begun.value.suggested_filename
    begun.value.save_as(path)
    content = path.read_bytes()
    if path.suffix == ".png":
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20], "big") >= 4_000
    else:
        source = content.decode()
        assert len(re.findall("<circle", source)) >= 41
        assert "<text" in source


def test_the_page_names_nothing_to_fetch(written: Path) -> None:
    source = written.read_text(encoding="utf-8")
    head = source.partition('id="library"')[0]
    assert re.search(r"default-src 'none'", head)
    assert not re.search(r"<(?:link|script|img|iframe)[^>]+(?:href|src)=", head)
    assert "<img src=x" not in source


def test_a_library_too_large_for_a_file_is_refused(hashing_library: LibraryStore) -> None:
    from dataclasses import replace

    generation = hashing_library.open()
    large = replace(generation, manifest=replace(generation.manifest, papers=MOST_PAPERS + 1))
    with pytest.raises(UnusableInput, match=r"100,000 papers.*streamlit run"):
        standalone(large)
