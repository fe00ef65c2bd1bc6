"""Takes the pictures of the README: ``make pictures``.

They show the library in ``data/library``, as ``make library`` builds it from ``data/digests``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from tests.helpers.browser import HINT, find_browser, open_browser  # noqa: E402
from tests.helpers.map_page import draw, wait_for_map  # noqa: E402
from tests.helpers.serving import serve_page  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PICTURES = REPOSITORY / "docs" / "pictures"
_SIZE = {"width": 1400, "height": 860}
_HIT = '[class*="st-key-open-hit"] button'
_STARRED = 4
_PATIENCE = 60_000
"""Milliseconds that the page may take."""


def main() -> None:
    """Take the pictures."""
    if not find_browser():
        sys.exit(HINT)
    _PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as scratch:
        os.environ["EXPLORER_DESK"] = str(Path(scratch) / "desk.sqlite")
        with serve_page(REPOSITORY / "data" / "library") as address, open_browser() as browser:
            for name, scheme, asked, prepare in _VIEWS:
                context = browser.new_context(
                    base_url=address,
                    viewport={"width": _SIZE["width"], "height": _SIZE["height"]},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = context.new_page()
                page.set_default_timeout(_PATIENCE)
                _visit(page, asked)
                prepare(page)
                page.wait_for_timeout(1_500)
                page.screenshot(path=_PICTURES / f"{name}.png")
                context.close()
                print(_PICTURES / f"{name}.png")


def _visit(page: Page, asked: str) -> None:
    page.goto(f"/{asked}")
    wait_for_map(page)
    page.wait_for_selector("text=the model is still loading", state="detached")
    if "q=" in asked:
        page.wait_for_selector(_HIT)
        page.wait_for_timeout(4_000)
        page.wait_for_selector("text=the model is still loading", state="detached")


def _as_it_is(page: Page) -> None:
    """Change nothing."""


def _open_first(page: Page) -> None:
    page.locator(_HIT).first.click()
    page.get_by_role("button", name="Back").first.wait_for()
    page.wait_for_timeout(2_500)


def _show_topics(page: Page) -> None:
    page.goto("/?view=topics")
    page.locator(".map[data-scene], .chart svg").first.wait_for()
    page.wait_for_timeout(1_500)


def _star_some(page: Page) -> None:
    for rank in range(1, _STARRED + 1):
        star = page.locator(f'[class*="st-key-star-hit{rank}-"] button')
        star.click()
        star.get_by_text("Remove the star").wait_for()
    _visit(page, "?view=desk")


def _draw_lasso(page: Page) -> None:
    box = page.locator(".map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.55
    steps = ((-60, -110), (60, -120), (130, -20), (80, 110), (-50, 120), (-100, 0))
    draw(page, "lasso", [(x - 100, y), *((x + dx, y + dy) for dx, dy in steps)])
    page.wait_for_selector("text=/papers? selected/")


_VIEWS = (
    ("light", "light", "", _as_it_is),
    ("search", "light", "?q=text+to+video+generation", _as_it_is),
    ("dark", "dark", "?q=KV+cache+compression+for+LLM+serving", _as_it_is),
    ("lasso", "light", "", _draw_lasso),
    ("paper", "light", "?q=graph+neural+networks", _open_first),
    ("topics", "light", "", _show_topics),
    ("desk", "light", "?q=KV+cache+compression+for+LLM+serving", _star_some),
)
"""What each picture is called, its colours, the address, and what is done on the page first."""


if __name__ == "__main__":
    main()
