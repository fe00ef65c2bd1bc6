"""What all tests of the page share."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import pytest
from streamlit.components.v2 import manifest_scanner

from explorer.library.store import LibraryStore
from tests.app.test_page import _open
from tests.helpers.map_page import PATIENCE
from tests.helpers.page_run import page_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from streamlit.testing.v1 import AppTest

    from tests.helpers.page_run import Visit


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once() -> Iterator[None]:
    """Let Streamlit look through all installed packages for components once, not for each page.

    A server does so once at its start; its test driver does so for each page that is opened.
    """
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def visit(
    hashing_library: LibraryStore, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> Visit:
    """A function that opens the page with the parameters of a URL, which must raise no error."""

    def open_page(**url: str) -> AppTest:
        page = _open(hashing_library.folder, monkeypatch, repository, **url)
        assert not page.exception
        return page

    return open_page


@pytest.fixture
def library(tmp_path: Path, hashing_library: LibraryStore) -> LibraryStore:
    """A copy of the hashing library that a test may change."""
    shutil.copytree(hashing_library.folder, tmp_path / "library")
    return LibraryStore(tmp_path / "library")


@pytest.fixture
def open_page(library: LibraryStore, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the page over ``library`` at what the URL says."""

    def opened(**url: str) -> AppTest:
        return page_of(library.folder, monkeypatch, **url).run()

    return opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that fails the test if anything on it raised an error or left the machine."""
    context = browser.new_context(viewport={"width": 1400, "height": 880})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request",
        lambda request: (
            None
            if re.match(r"(http|ws)://127\.0\.0\.1|data:|blob:", request.url)
            else problems.append(f"asked for {request.url}")
        ),
    )
    yield opened
    context.close()
    assert problems == []
