"""Text of scanned pages, read by Tesseract where that is installed."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterable

from explorer.errors import DigestError
from explorer.readers.shared.pdf_document import OpenPdf, PdfPage
from explorer.readers.shared.pdf_layout import lines_of_words
from explorer.readers.shared.pdf_words import PdfWord

_DOTS = 200
"""Dots per inch of the pictures."""
_LONGEST = 60
"""Seconds for a page."""
_LARGEST = 40_000_000
"""Dots of a picture, at most."""
_SURE = 30


def can_read_scans() -> bool:
    """Whether Tesseract is installed."""
    return shutil.which("tesseract") is not None


def pages_of_scan(pdf: OpenPdf, numbers: Iterable[int]) -> list[PdfPage]:
    """Return pages as Tesseract reads them; none without it, or where it fails."""
    program = shutil.which("tesseract")
    if program is None:
        return []
    pages = []
    for number in numbers:
        try:
            page = _page(pdf, number, program)
        except (DigestError, OSError, subprocess.SubprocessError, ValueError):
            break
        pages.append(page)
    return pages


def _page(pdf: OpenPdf, number: int, program: str) -> PdfPage:
    picture = pdf.picture(number, _DOTS)
    if picture.width * picture.height > _LARGEST:
        raise DigestError(f"page {number} is too large to be read from its picture.")
    stored = io.BytesIO()
    picture.save(stored, "PNG")
    table = subprocess.run(
        [program, "stdin", "stdout", "--psm", "1", "tsv"],
        input=stored.getvalue(),
        capture_output=True,
        timeout=_LONGEST,
        check=True,
    ).stdout.decode("utf-8", "replace")
    scale = 72 / _DOTS
    words = words_of_table(table, scale)
    size = (picture.width * scale, picture.height * scale)
    return PdfPage(number, *size, lines_of_words(words, number))


def words_of_table(table: str, scale: float) -> list[PdfWord]:
    """Return the words in Tesseract's table; ``scale`` makes points of its dots."""
    words: list[PdfWord] = []
    line: tuple[str, ...] = ()
    rows: list[dict[str, str]] = list(
        csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    )
    heights: dict[tuple[str, ...], float] = {}
    for row in rows:
        key = (row["block_num"], row["par_num"], row["line_num"])
        if row["text"] and row["text"].strip():
            heights[key] = max(heights.get(key, 0.0), float(row["height"]))
    for row in rows:
        text = (row["text"] or "").strip()
        if not text or float(row["conf"]) < _SURE:
            continue
        key = (row["block_num"], row["par_num"], row["line_num"])
        x0, y0 = float(row["left"]) * scale, float(row["top"]) * scale
        x1, y1 = x0 + float(row["width"]) * scale, y0 + float(row["height"]) * scale
        size = round(heights[key] * scale)
        words.append(PdfWord(text, x0, y0, x1, y1, size, False, "", False, key != line))
        line = key
    return words
