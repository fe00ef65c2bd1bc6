"""The page run by Streamlit's own test driver, without a server and a browser."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.helpers.corpus import ROOT

if TYPE_CHECKING:
    import pytest
    from streamlit.testing.v1 import AppTest

    Visit = Callable[..., AppTest]
    """Opens the page; its keywords are parameters of the URL."""

_SECONDS = 60


def page_of(library: Path, monkeypatch: pytest.MonkeyPatch, **url: str) -> AppTest:
    """Return the page over the library in a folder, at what the URL says, before its first run."""
    from streamlit.testing.v1 import AppTest

    monkeypatch.setattr(sys, "argv", ["streamlit_app.py", "--library", str(library)])
    script = ROOT / "explorer" / "app" / "script.py"
    page = AppTest.from_file(str(script), default_timeout=_SECONDS)
    for name, value in url.items():
        page.query_params[name] = value
    return page
