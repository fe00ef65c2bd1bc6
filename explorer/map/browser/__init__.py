"""The map in the browser: JavaScript that draws scenes, for the page and for exported files."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
_SHARED = ("scene", "camera", "names", "inks", "painting", "panels", "atlas")


def script(host: str) -> str:
    """Return the map's JavaScript with the part that ties it to ``host``: ``page`` or ``file``."""
    return "\n".join(_read(f"{name}.js") for name in (*_SHARED, host))


def over_script() -> str:
    """Return the JavaScript that lays hits over the map on the page."""
    return _read("over.js")


def style() -> str:
    """Return the map's style sheet."""
    return _read("atlas.css")


def page_of_its_own() -> str:
    """Return the HTML of an exported file, with ``@NAME@`` where its parts belong."""
    return _read("file.html")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
