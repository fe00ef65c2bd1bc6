"""Texts read as digests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from explorer.papers.paper import Paper
from explorer.readers import Reading, read_digest


def read(folder: Path, text: str, format_: str, name: str = "page") -> Reading:
    """Read ``text``, which may be indented, and which must be taken for ``format_``."""
    path = folder / name
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    reading = read_digest(path)
    assert reading.format == format_
    return reading


def one(reading: Reading) -> Paper:
    """Return the only paper; nothing may be rejected."""
    (paper,) = reading.papers
    assert reading.rejections == ()
    return paper
