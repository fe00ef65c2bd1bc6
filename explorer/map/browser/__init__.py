"""Scripts of the interactive map, for the page and for exported files, and of a chart beside it.

Each bundle in ``bundles/`` is made from the module of its name here by ``make bundles`` and is
committed, so that a user needs no JavaScript tools.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_HERE = Path(__file__).parent


def script(name: Literal["page", "overlay", "exported_map", "growth_chart"]) -> str:
    """Return the bundle of an entry module and all that it imports."""
    # Streamlit takes a script of one line for a path, and a minified one may have no more.
    return f"// explorer/map/browser/{name}.js, bundled\n{_read(f'bundles/{name}.js')}"


def style(name: Literal["map", "growth_chart"] = "map") -> str:
    """Return a style sheet."""
    return _read(f"{name}.css")


def exported_page() -> str:
    """Return the HTML of an exported file, with ``@NAME@`` in place of its parts."""
    return _read("exported_map.html")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
