"""The page in a real browser: type, read, click, lasso, follow a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from math import hypot
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from explorer.app import texts
from explorer.embedders import open_embedder
from explorer.library.store import LibraryStore
from explorer.search.explain import explain
from explorer.search.model import Query
from explorer.search.search import search
from tests.helpers.map_page import (
    PATIENCE,
    clear_row,
    draw,
    pixel_of,
    rows_in_sight,
    topic_names,
    url_of,
    view_of,
    wait_for_map,
    wait_for_rest,
    wait_for_stillness,
    wait_until,
)
from tests.helpers.serving import serve_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from explorer.library.generation import Generation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(seed_library: LibraryStore) -> Iterator[str]:
    with serve_page(seed_library.folder) as served:
        yield served


def _visit(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".map[data-scene]").wait_for(state="attached")  # on a phone the list is shown


def _titles(page: Page) -> list[str]:
    return page.locator('[class*="st-key-open-hit"] button').all_inner_texts()


def _ids(page: Page) -> list[str]:
    keyed = page.locator('[class*="st-key-open-hit"]').all()
    classes = [element.get_attribute("class") or "" for element in keyed]
    return [found[1] for name in classes if (found := re.search(r"open-hit\d+-(p\w+)", name))]


def _wait_for_meaning(page: Page) -> None:
    """Wait until the model is there and the hits are by meaning and words."""
    page.wait_for_selector('[class*="st-key-open-hit"] button')
    page.wait_for_selector("text=the model is still loading", state="detached")
    wait_for_rest(page)


def _search(page: Page, query: str) -> list[str]:
    before = _titles(page)
    box = page.get_by_label("Search", exact=True)
    box.fill(query)
    box.press("Enter")
    page.wait_for_selector('[class*="st-key-open-hit"] button')
    if before:
        page.wait_for_function(
            """before => before !==
                document.querySelector('[class*="st-key-open-hit"] button').innerText""",
            arg=before[0],
        )
    _wait_for_meaning(page)
    return _titles(page)


def test_eight_hits_are_in_the_first_screen(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=how+can+language+model+inference+be+faster")
    _wait_for_meaning(page)
    seen = page.locator('[class*="st-key-open-hit"] button').evaluate_all(
        """titles => titles.map(title => title.getBoundingClientRect())
            .filter(({top, bottom}) => top >= 0 && bottom <= innerHeight).length"""
    )
    assert seen >= 8


def test_typed_queries_find_the_papers_that_they_mean(page: Page, address: str) -> None:
    _visit(page, address)
    found = _search(page, "text to video generation")[:5]
    for wanted in ("AniClipart", "A Recipe for Scaling up Text-to-Video", "Dynamic Typography"):
        assert any(title.startswith(wanted) for title in found), (wanted, found)
    found = _search(page, "KV cache compression for LLM serving")[:5]
    for wanted in ("SwiftKV", "CacheGen"):
        assert any(title.startswith(wanted) for title in found), (wanted, found)
    assert _search(page, "liver CT segmentation")[0].startswith("H-DenseUNet")


def test_the_three_video_papers_stand_on_the_first_screen(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=text+to+video+generation")
    _wait_for_meaning(page)
    for wanted in ("AniClipart", "A Recipe for Scaling up", "Dynamic Typography"):
        box = page.locator('[class*="st-key-open-hit"] button', has_text=wanted).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 880


def test_the_map_reaches_from_the_header_to_the_bottom_without_scrolling(
    page: Page, address: str
) -> None:
    _visit(page, address)
    wait_for_rest(page)
    page.locator(".st-key-example-0 button").wait_for()
    box = page.locator(".map").bounding_box()
    assert box is not None
    assert box["y"] < 200
    assert 700 < box["y"] + box["height"] <= 880
    assert page.evaluate("document.documentElement.scrollHeight") <= 880


def _wait_until_discs_are_in_place(page: Page, generation: Generation) -> None:
    """Wait until each of ten hits has a disc with its number, on its paper or beside others."""

    def wrong() -> str:
        papers = _ids(page)
        middles: list[tuple[float, float]] = []
        spots = [pixel_of(page, generation, generation.records.row_of(id) or 0) for id in papers]
        for number, (x, y) in enumerate(spots, 1):
            disc = page.locator(".badges .badge", has_text=re.compile(rf"^{number}$"))
            box = disc.bounding_box()
            assert box is not None
            middles.append((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
            off = hypot(middles[-1][0] - x, middles[-1][1] - y)
            near = sum(hypot(x - a, y - b) < 60 for a, b in spots) - 1
            if off >= (60 if near else 1.5):
                return f"disc {number} is {off} pixels from its paper"
        for (x, y), (a, b) in combinations(middles, 2):
            if hypot(x - a, y - b) < 23:
                return "one disc hides another"
        return "" if len(papers) == 10 else f"{len(papers)} hits"

    wait_until(page, wrong)


def test_hits_are_numbered_on_the_map_and_move_with_it(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, f"{address}/?q=diffusion")
    _wait_for_meaning(page)
    _wait_until_discs_are_in_place(page, generation)
    before = view_of(page)
    x, y = pixel_of(page, generation, 3)
    page.mouse.move(x + 30, y + 30)
    page.mouse.wheel(0, -400)
    wait_for_stillness(page)
    assert view_of(page).right - view_of(page).left < 0.8 * (before.right - before.left)
    _wait_until_discs_are_in_place(page, generation)
    closer = view_of(page)
    page.mouse.down()
    page.mouse.move(x - 60, y - 20, steps=5)
    page.mouse.up()
    assert view_of(page).left > closer.left
    _wait_until_discs_are_in_place(page, generation)


def test_a_view_without_papers_leads_to_the_nearest(page: Page, address: str) -> None:
    _visit(page, address)
    box = page.locator(".map-canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 3)
    none = page.locator(".paper-count", has_text="No papers in view")
    assert not none.is_visible()
    for _ in range(8):
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(50)
    none.wait_for()
    page.get_by_role("button", name="Nearest papers").click()
    none.wait_for(state="hidden")


def test_a_disc_opens_its_paper(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=diffusion")
    _wait_for_meaning(page)
    title = _titles(page)[0]
    page.locator(".badges .badge").first.click()
    page.wait_for_selector(".st-key-paper h2")
    assert page.locator(".st-key-paper h2").inner_text() == title


def test_a_search_is_framed_where_it_covers_little_of_the_map_and_the_view_comes_back(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, address)
    wait_for_stillness(page)
    home = view_of(page)
    x, y = page.evaluate("[innerWidth * 0.7, innerHeight * 0.6]")
    page.mouse.move(x, y)
    page.mouse.wheel(0, 600)
    wait_for_stillness(page)
    wide = view_of(page)
    assert wide.right - wide.left > 1.5 * (home.right - home.left)
    _search(page, "KV cache compression for LLM serving")
    wait_for_stillness(page)
    framed = view_of(page)
    assert framed.right - framed.left < 0.8 * (wide.right - wide.left)
    page.mouse.move(x, y)
    page.mouse.wheel(0, 100)
    wait_for_stillness(page)
    moved = view_of(page)
    page.get_by_role("button", name="More results").click()
    page.locator(".st-key-hit-20").wait_for()
    wait_for_rest(page)
    assert view_of(page) == moved
    assert generation.size > 100


def test_pointing_at_a_paper_shows_its_title_year_and_topic(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, address)
    row = clear_row(page, generation)
    page.mouse.move(*pixel_of(page, generation, row))
    page.wait_for_selector(".tooltip:not([hidden])")
    shown = page.locator(".tooltip").inner_text()
    assert generation.records[row].readable_title in shown
    assert generation.levels[-1][generation.memberships[-1][row]].label in shown


def test_a_topic_name_wins_over_the_papers_below_its_letters(page: Page, address: str) -> None:
    _visit(page, address)
    wait_for_stillness(page)
    names = topic_names(page)
    assert len(names) > 3
    for _, label, papers, x, y in names:
        page.mouse.move(x, y)
        expect(page.locator(".tooltip")).to_have_text(f"{label}{papers} papers")
    topic, _, _, x, y = names[0]
    page.mouse.click(x, y)
    page.wait_for_url(re.compile(f"topic={topic}"))


def test_a_click_on_the_map_opens_the_paper_and_back_closes_it(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, address)
    row = clear_row(page, generation)
    page.mouse.click(*pixel_of(page, generation, row))
    page.wait_for_url(re.compile(f"paper={generation.records.ids[row]}"))
    page.wait_for_selector("text=Similar papers")
    page.get_by_role("button", name="Back").click()
    page.wait_for_selector("text=Topics in this library")
    assert "paper=" not in url_of(page)


def test_a_lasso_lists_what_it_caught_and_the_url_keeps_it(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, address)
    x, y = pixel_of(page, generation, 0)
    around = [(-40, -40), (40, -40), (40, 40), (-40, 40), (-40, -40)]
    inside = {
        generation.records.ids[row]
        for row in range(generation.size)
        if all(
            abs(a - b) < 40 for a, b in zip(pixel_of(page, generation, row), (x, y), strict=True)
        )
    }
    draw(page, "lasso", [(x + dx, y + dy) for dx, dy in around])
    page.wait_for_selector("text=/[0-9]+ papers? selected/")
    for _ in range(2):
        keyed = page.locator('[class*="st-key-open-caught"]')
        keyed.nth(len(inside) - 1).wait_for()
        classes = " ".join(element.get_attribute("class") or "" for element in keyed.all())
        assert set(re.findall(r"open-caught\d*-(p\w+)", classes)) == inside
        page.wait_for_url(re.compile("region="))
        page.reload()
        wait_for_map(page)
        page.wait_for_selector("text=/[0-9]+ papers? selected/")
    page.get_by_role("button", name="Clear selection").click()
    page.wait_for_selector("text=Topics in this library")
    assert "region=" not in url_of(page)


def test_papers_lead_to_their_neighbours(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=speculative+decoding")
    _wait_for_meaning(page)
    first = _titles(page)[0]
    page.locator('[class*="st-key-open-hit"] button').first.click()
    page.wait_for_url(re.compile("paper="))
    page.wait_for_selector(".st-key-paper")
    assert page.locator(".st-key-paper h2").inner_text() == first
    # What was on the page before goes only when the whole page is drawn anew.
    page.wait_for_function(
        """document.querySelectorAll('[class*="st-key-open-hit"] button').length === 8"""
    )
    assert first not in _titles(page)


def _search_like_hit(page: Page, number: int) -> None:
    """Search for papers like a hit, by its menu."""
    page.locator(f'[class*="st-key-menu-hit{number}-"] button').click()
    page.get_by_role("button", name="More like this").click()


def test_more_like_this_adds_the_paper_to_the_search(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=speculative+decoding")
    _wait_for_meaning(page)
    paper, title = _ids(page)[0], _titles(page)[0]
    _search_like_hit(page, 1)
    chip = page.locator('[class*="st-key-clause-"] button')
    chip.wait_for()
    assert chip.inner_text().split("\n")[0].removeprefix("like: ").rstrip("…") in title
    assert page.get_by_label("Search", exact=True).input_value() == "speculative decoding"
    assert parse_qs(urlsplit(url_of(page)).query)["only"] == [f"like:{paper}"]
    page.wait_for_function(
        """title => ![...document.querySelectorAll('[class*="st-key-open-hit"] button')]
                 .some(button => button.innerText === title)""",
        arg=title,
    )


def test_a_newly_opened_paper_is_seen_from_its_top(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=speculative+decoding")
    _wait_for_meaning(page)
    page.locator('[class*="st-key-open-hit"] button').first.click()
    page.wait_for_selector(".st-key-paper h2")
    first = page.locator(".st-key-paper h2").inner_text()
    page.locator('[class*="st-key-open-hit"] button').nth(5).click()
    page.wait_for_function(
        "first => document.querySelector('.st-key-paper h2').innerText !== first", arg=first
    )
    page.wait_for_function("document.querySelector('.st-key-list').scrollTop === 0")
    box = page.locator(".st-key-paper h2").bounding_box()
    assert box is not None
    assert 100 < box["y"] < 400


_SCROLLED = "document.querySelector('.st-key-list').scrollTop"


def test_new_results_begin_at_their_top_and_back_leads_to_the_hit_one_came_from(
    page: Page, address: str
) -> None:
    page.set_viewport_size({"width": 1400, "height": 520})
    _visit(page, f"{address}/?q=speculative+decoding")
    _wait_for_meaning(page)
    hit = page.locator('[class*="st-key-open-hit"] button').nth(7)
    hit.scroll_into_view_if_needed()
    scrolled = page.evaluate(_SCROLLED)
    assert scrolled > 200
    title = hit.inner_text()
    hit.click()
    page.wait_for_function("document.activeElement.closest('.st-key-paper h2')")
    assert page.evaluate(_SCROLLED) == 0
    assert page.evaluate("document.activeElement.innerText") == title
    page.keyboard.press("Escape")
    page.wait_for_function("title => document.activeElement.innerText === title", arg=title)
    page.wait_for_function("document.activeElement.closest('[class*=\"st-key-open-hit\"]')")
    assert abs(page.evaluate(_SCROLLED) - scrolled) < 2
    _search(page, "text to video generation")
    assert page.evaluate(_SCROLLED) == 0
    assert page.evaluate("document.activeElement.matches('.st-key-q input')")
    page.locator('[class*="st-key-menu-hit8-"] button').scroll_into_view_if_needed()
    assert page.evaluate(_SCROLLED) > 200
    _search_like_hit(page, 8)
    page.locator('[class*="st-key-clause-"] button').wait_for()
    page.wait_for_function(f"{_SCROLLED} === 0")
    page.wait_for_function("document.activeElement.matches('.st-key-list, .st-key-list *')")


def test_a_permalink_shows_the_same_paper_query_and_topic(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=quantization")
    _wait_for_meaning(page)
    page.locator('[class*="st-key-open-hit"] button').nth(1).click()
    page.wait_for_selector(".st-key-paper h2")
    title = page.locator(".st-key-paper h2").inner_text()
    link = url_of(page)
    _visit(page, link)
    page.wait_for_selector(".st-key-paper h2")
    assert page.locator(".st-key-paper h2").inner_text() == title
    assert page.get_by_label("Search", exact=True).input_value() == "quantization"


def _wait_until_framed(page: Page, generation: Generation, label: str) -> None:
    """Wait until the page shows the topic with this label, and the map little more than it."""
    page.locator(".st-key-about h2", has_text=re.compile(f"^{re.escape(label)}$")).wait_for()
    wait_for_map(page)
    shown = re.search(r"topic=(t\d+)", url_of(page))
    assert shown is not None
    topic = generation.topics[shown[1]]
    assert topic.label == label
    members = {generation.records.ids[int(row)] for row in generation.members(topic)}

    def wrong() -> str:
        listed = page.locator('[class*="st-key-open-member"]').count()
        inside = {generation.records.ids[row] for row in rows_in_sight(page, generation)}
        near = len(members & inside)
        if listed == len(members) and near >= 0.9 * len(members) and len(inside) < 124:
            return ""
        return f"{listed} listed, {near} in sight of {len(members)}, {len(inside)} in sight in all"

    # The list is drawn and the map flies there, each in its own time.
    wait_until(page, wrong)


def test_a_topic_opened_from_the_tree_is_framed_and_listed_and_back_leads_to_the_tree(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, address)
    page.get_by_role("radio", name="Topics").press("Space")
    page.wait_for_url(re.compile("view=topics"))
    page.locator(".st-key-tree").wait_for()
    topic = generation.levels[-1][0]
    page.locator(f".st-key-to-tree-{topic.id} button").click()
    _wait_until_framed(page, generation, topic.label)
    page.go_back()
    page.locator(".st-key-tree").wait_for()
    page.go_forward()
    _wait_until_framed(page, generation, topic.label)
    page.get_by_role("button", name="All topics").click()
    page.locator(".st-key-tree").wait_for()
    assert "topic=" not in url_of(page)


def test_a_keyword_searches_within_its_topic(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    topic = generation.levels[0][0]
    _visit(page, f"{address}/?topic={topic.id}")
    _wait_until_framed(page, generation, topic.label)
    page.locator(".st-key-keyword-0 button").click()
    _wait_for_meaning(page)
    members = {generation.records.ids[int(row)] for row in generation.members(topic)}
    assert page.get_by_label("Search", exact=True).input_value() == topic.keywords[0]
    assert 0 < len(_ids(page)) <= 10
    assert set(_ids(page)) <= members
    page.locator(".st-key-back-to-topic button").click()
    _wait_until_framed(page, generation, topic.label)


@pytest.mark.parametrize("url", ["?view=topics", "?topic=t1"])
def test_topics_fit_a_phone(browser: Browser, address: str, url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    _visit(page, f"{address}/{url}")
    wait_for_rest(page)
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.stMain, .stMain *')].filter(
            element => element.scrollWidth > element.clientWidth + 1
                && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX)
                && element.clientWidth > 0
                // Their one line is scrolled sideways.
                && !element.closest('.st-key-below, .st-key-view-box')
        ).map(element => element.className)"""
    )
    context.close()
    assert wide == []


def test_a_phone_shows_the_list_or_the_map(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/?q=speculative+decoding")
    title = page.locator('[class*="st-key-open-hit"] button').first
    title.wait_for()
    wait_for_rest(page)
    options, part = page.locator(".st-key-small-screen button").all()
    ranking = page.locator('[class*="st-key-mode-box"]')
    drawn = page.locator(".map[data-scene]")
    box = title.bounding_box()
    assert box is not None
    assert box["y"] < 200
    assert not drawn.is_visible()
    assert not ranking.is_visible()
    options.click()
    ranking.wait_for()
    part.click()
    drawn.wait_for()
    assert not title.is_visible()
    frame = page.locator(".map-canvas").bounding_box()
    assert frame is not None
    left, right = frame["x"] + 5, frame["x"] + frame["width"] - 60
    top, bottom = frame["y"] + 40, frame["y"] + frame["height"] - 90
    draw(page, "box", [(left, top), (right, bottom)])
    page.locator(f"text={texts.SEARCH_WITHIN}").wait_for()
    assert not drawn.is_visible()
    context.close()


def test_a_topic_filters_the_hits(page: Page, address: str, seed_library: LibraryStore) -> None:
    generation = seed_library.open()
    topic = generation.levels[-1][0]
    _visit(page, f"{address}/?q=learning&topic={topic.id}")
    _wait_for_meaning(page)
    members = {generation.records.ids[int(row)] for row in generation.members(topic)}
    found = _ids(page)
    assert len(found) > 0
    assert set(found) <= members


@pytest.mark.parametrize(
    "nonsense", ["?paper=no-such-paper", "?topic=t999", "?mode=wrong", "?q=%3Cscript%3E%22%27%5B"]
)
def test_a_wrong_link_gets_a_friendly_word(page: Page, address: str, nonsense: str) -> None:
    _visit(page, f"{address}/{nonsense}")
    page.wait_for_selector("text=Literature Explorer")
    wait_for_rest(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    if "paper" in nonsense:
        page.wait_for_selector("text=not in the library")
        page.get_by_role("button", name="Show all papers").click()
        page.wait_for_selector("text=Topics in this library")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_have_readable_contrast(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    _visit(page, address)

    def low_contrast() -> str:
        text = page.locator(".map").evaluate("each => each.style.getPropertyValue('--text')")
        background = page.evaluate(
            "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
        )
        return "" if _contrast(text, background) > 7 else f"{text} on {background}"

    wait_until(page, low_contrast)  # the server knows the scheme after the first drawing
    context.close()


def test_the_keyboard_alone_searches_and_opens_a_paper(page: Page, address: str) -> None:
    _visit(page, address)
    page.get_by_label("Search", exact=True).focus()
    page.keyboard.type("object detection")
    _wait_for_meaning(page)
    page.wait_for_function(
        """() => [...document.querySelectorAll('[class*="st-key-open-hit"] button')]
                 .some(b => b.innerText.includes('GiraffeDet'))"""
    )
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('[class*=\"st-key-open-hit\"]') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("paper="))


_FOCUSED = """() => [...document.querySelectorAll('[class*="st-key-open-hit"] button')]
    .indexOf(document.activeElement)"""


def test_keys_move_through_hits_open_one_and_lead_back(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=speculative+decoding")
    _wait_for_meaning(page)
    for key, place in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(_FOCUSED) == place, key
    for _ in range(6):
        page.keyboard.press("j")
    box = page.locator('[class*="st-key-open-hit"] button').nth(6).bounding_box()
    assert box is not None
    assert 0 < box["y"] < 880
    title = _titles(page)[6]
    page.keyboard.press("Enter")
    page.wait_for_selector(".st-key-paper h2")
    assert page.locator(".st-key-paper h2").inner_text() == title
    page.keyboard.press("Escape")
    page.wait_for_selector(".st-key-paper", state="detached")
    page.wait_for_selector('[data-stale="true"]', state="detached")
    assert "paper=" not in url_of(page)
    page.keyboard.press("j")
    assert page.evaluate(_FOCUSED) == 7


def test_keys_are_letters_while_somebody_types(page: Page, address: str) -> None:
    _visit(page, address)
    box = page.get_by_label("Search", exact=True)
    # Who is quicker than the page may have to press once more.
    for _ in range(100):
        page.keyboard.press("/")
        if box.evaluate("box => box === document.activeElement"):
            break
        page.wait_for_timeout(100)
    page.keyboard.type("jk/ kj")
    assert box.input_value() == "jk/ kj"
    page.wait_for_selector('[class*="st-key-open-hit"] button')
    assert page.evaluate("document.activeElement === document.querySelector('.st-key-q input')")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(_FOCUSED) == 0


def test_escape_closes_what_is_open_before_it_goes_back(page: Page, address: str) -> None:
    _visit(page, f"{address}/?q=speculative+decoding")
    _wait_for_meaning(page)
    page.locator('[class*="st-key-open-hit"] button').first.click()
    page.wait_for_selector(".st-key-paper h2")
    wait_for_rest(page)
    assert "paper=" in url_of(page)
    page.locator(".st-key-help button").click()
    page.wait_for_selector('[data-testid="stPopoverBody"]')
    page.keyboard.press("Escape")
    page.wait_for_selector('[data-testid="stPopoverBody"]', state="detached")
    wait_for_rest(page)
    assert "paper=" in url_of(page)


def test_the_telling_sentences_come_by_themselves_and_move_nothing(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    embedder = open_embedder(generation.manifest.model)
    results = search(generation, embedder, Query("making language models faster"))
    better = [hit.why.sentence for hit in explain(generation, embedder, results).hits]
    assert better != [hit.why.sentence for hit in results.hits]
    _visit(page, f"{address}/?q=making+language+models+faster")
    _wait_for_meaning(page)
    heights = """[...document.querySelectorAll('[class*="st-key-hit-"]')]
        .map(hit => hit.getBoundingClientRect().top)"""
    before = page.evaluate(heights)
    page.wait_for_function(
        """better => {
            const shown = [...document.querySelectorAll('[class*="st-key-sentence-"] p')];
            const plain = text => text.replace(/[\\s\u2060]+/g, ' ').trim();
            return shown.every((p, i) => plain(p.textContent) === plain(better[i]));
        }""",
        arg=better,
    )
    assert page.evaluate(heights) == before
    assert before == sorted(set(before))


def test_what_a_lasso_caught_can_be_searched_within(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, address)
    box = page.locator(".map").bounding_box()
    assert box is not None
    x, y, width, height = (box[side] for side in ("x", "y", "width", "height"))
    corners = [(x + width * 0.6, y + height * 0.1), (x + width * 0.95, y + height * 0.9)]
    inside = {
        generation.records.ids[row]
        for row in range(generation.size)
        if _lies_between(corners[0], corners[1], pixel_of(page, generation, row))
    }
    draw(page, "box", corners)
    page.get_by_role("button", name="Search within this region").click()
    page.wait_for_function("document.activeElement === document.querySelector('.st-key-q input')")
    page.locator('[class*="st-key-open-within"]').first.wait_for()
    page.keyboard.type("learning")
    _wait_for_meaning(page)
    assert _ids(page)
    assert set(_ids(page)) <= inside
    assert len(inside) < generation.size


def _lies_between(
    one: tuple[float, float], other: tuple[float, float], point: tuple[float, float]
) -> bool:
    """Tell whether a point lies in the rectangle with these two corners."""
    return all(low < at < high for low, at, high in zip(one, point, other, strict=True))


def _contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two CSS colours."""

    def luminance(colour: str) -> float:
        if colour.startswith("#"):
            parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        else:
            parts = [int(part) for part in re.findall(r"\d+", colour)[:3]]
        linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_url_keeps_where_one_looks_and_moves_on_the_map_are_no_steps_to_go_back_by(
    page: Page, address: str, seed_library: LibraryStore
) -> None:
    generation = seed_library.open()
    _visit(page, f"{address}/?q=diffusion")
    _wait_for_meaning(page)
    steps = page.evaluate("history.length")
    for wheel in (-300, -300, -200):
        page.mouse.move(*pixel_of(page, generation, 3))
        page.mouse.wheel(0, wheel)
        wait_for_stillness(page)
    page.wait_for_url(re.compile("at="))
    assert page.evaluate("history.length") == steps
    seen, link = view_of(page), url_of(page)
    page.goto("about:blank")
    _visit(page, link)
    _wait_for_meaning(page)
    again = view_of(page)
    width = seen.right - seen.left
    assert abs(again.left - seen.left) < 0.01 * width
    assert abs(again.right - seen.right) < 0.01 * width
    assert _ids(page)
    page.locator('[data-tool="whole-map"]').click()
    page.wait_for_url(lambda url: "at=" not in url)
    assert "q=diffusion" in url_of(page)
