"""Takes the pictures of the README: ``make pictures``.

They show the library in ``data/library``, as ``make library`` builds it from ``data/digests``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from tests.browser import HINT, find_browser, open_browser  # noqa: E402
from tests.map_page import draw, wait_for_map  # noqa: E402
from tests.serving import serve_page  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PICTURES = REPOSITORY / "docs" / "pictures"
_SIZE = {"width": 1400, "height": 860}


def main() -> None:
    """Take the four pictures."""
    if not find_browser():
        sys.exit(HINT)
    _PICTURES.mkdir(exist_ok=True)
    with serve_page(REPOSITORY / "data" / "library") as address, open_browser() as browser:
        for name, scheme, query in (
            ("light", "light", ""),
            ("search", "light", "?q=text+to+video+generation"),
            ("dark", "dark", "?q=KV+cache+compression+for+LLM+serving"),
            ("lasso", "light", ""),
        ):
            context = browser.new_context(
                viewport={"width": _SIZE["width"], "height": _SIZE["height"]},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page = context.new_page()
            page.goto(f"{address}/{query}")
            wait_for_map(page)
            page.wait_for_selector("text=the model is still loading", state="detached")
            if query:
                page.wait_for_selector('[class*="st-key-open-hit"] button', timeout=60_000)
                page.wait_for_timeout(4_000)
                page.wait_for_selector("text=the model is still loading", state="detached")
            if name == "lasso":
                _draw_lasso(page)
            page.wait_for_timeout(1_500)
            page.screenshot(path=_PICTURES / f"{name}.png")
            context.close()
            print(_PICTURES / f"{name}.png")


def _draw_lasso(page: Page) -> None:
    box = page.locator(".atlas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.55
    steps = ((-60, -110), (60, -120), (130, -20), (80, 110), (-50, 120), (-100, 0))
    draw(page, "lasso", [(x - 100, y), *((x + dx, y + dy) for dx, dy in steps)])
    page.wait_for_selector("text=/papers? selected/")


if __name__ == "__main__":
    main()
