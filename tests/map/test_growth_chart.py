"""Growth against size in a real browser: read, hovered, clicked and moved through by keys."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from explorer.map import browser as scripts
from explorer.map.palette import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

_HOSTILE = "<img src=x onerror=alert(1)> & graphs"
_POINTS = [
    {"id": f"t{i}", "label": label, "papers": papers, "growth": growth, "colour": "#4878d0"}
    for i, (label, papers, growth) in enumerate(
        [("parsing", 400, 0.4), (_HOSTILE, 90, 3.0), ("dialogue", 40, 1.0), ("sarcasm", 8, 1.7)]
    )
]
_DRAW = """async ([script, data]) => {
    window.opened = [];
    const {default: draw} = await import(`data:text/javascript;base64,${script}`);
    draw({
        parentElement: document.body,
        data,
        setTriggerValue: (name, value) => opened.push([name, value]),
    });
}"""


@pytest.fixture(params=[(LIGHT, 760), (DARK, 350)], ids=["light", "dark on a phone"])
def chart(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The chart of four topics."""
    theme, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 700})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.set_content(_document(theme))
    data = {
        "points": [point | {"note": f"{point['papers']} papers"} for point in _POINTS],
        "theme": asdict(theme),
        "description": "Growth of topics",
    }
    script = base64.b64encode(scripts.script("growth_chart").encode()).decode()
    page.evaluate(_DRAW, [script, data])
    page.locator(".topic").nth(3).wait_for()
    yield page
    page.close()
    assert problems == []


def _document(theme: Theme) -> str:
    return (
        "<!doctype html><html lang='en'><title>Chart</title>"
        f"<style>{scripts.style('growth_chart')}</style>"
        f"<body style='margin:0;background:{theme.background}'>"
        "<main><h1 style='position:absolute;clip-path:inset(50%)'>Chart</h1>"
        "<div class='chart' style='height:700px'></div></main></html>"
    )


def test_a_topic_shows_its_size_and_growth_and_a_click_opens_it(chart: Page) -> None:
    topic = chart.get_by_role("button", name=_HOSTILE)
    topic.locator("circle").hover()
    assert chart.locator(".tooltip strong").inner_text() == _HOSTILE
    assert chart.locator(".tooltip span").inner_text() == "90 papers"
    assert topic.locator("text").text_content() == _HOSTILE
    assert chart.locator("img").count() == 0
    topic.locator("circle").click()
    assert chart.evaluate("opened") == [["topic", "t1"]]


def test_arrow_keys_go_from_topic_to_topic_and_enter_opens_one(chart: Page) -> None:
    chart.keyboard.press("Tab")
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "Enter"):
        chart.keyboard.press(key)
    assert chart.evaluate("opened") == [["topic", "t1"]]
    assert chart.locator(".tooltip").is_visible()
    assert chart.locator('.topic[tabindex="0"]').count() == 1


def test_the_chart_is_accessible(chart: Page) -> None:
    broken = Axe().run(chart).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in broken] == []
