"""Chromium for tests and pictures; ``python -m tests.helpers.browser`` installs one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The first has no windows to draw; a page costs it little more than half as much."""
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HINT = (
    "No Chromium for the browser tests. Install one and run this again: on Debian `sudo apt "
    "install chromium-headless-shell`, on Ubuntu `.venv/bin/playwright install --with-deps "
    "chromium`, on macOS `brew install --cask google-chrome`; or name one in $CHROMIUM."
)


def find_browser() -> str:
    """Return the path of a Chromium, or ``""`` if there is none."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        return named
    on_path = next((found for name in _NAMES if (found := shutil.which(name))), "")
    if on_path:
        return on_path
    return str(_MAC) if _MAC.exists() else _playwrights_own()


@contextmanager
def open_browser(*flags: str) -> Iterator[Browser]:
    """Start a headless Chromium, with more flags if need be, and stop it at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*_FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


def _playwrights_own() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else ""


def _install() -> None:
    """Install a Chromium: Debian's package where that is one, else Playwright's download."""
    debian = Path("/etc/debian_version").exists() and "ubuntu" not in _release()
    if debian and shutil.which("apt-get"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        quietly = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
        subprocess.run([*sudo, "apt-get", "update", "-qq"], env=quietly, check=False)
        for name in _NAMES[:2]:
            if not find_browser():
                install = [*sudo, "apt-get", "install", "-y", "-qq", name]
                subprocess.run(install, env=quietly, check=False)
    if not find_browser():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _release() -> str:
    path = Path("/etc/os-release")
    return path.read_text(encoding="utf-8").lower() if path.exists() else ""


if __name__ == "__main__":
    if not find_browser():
        print("Installing Chromium for the browser tests ...", file=sys.stderr)
        _install()
    if not find_browser():
        sys.exit(HINT)
