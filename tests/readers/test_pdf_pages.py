"""Text of PDFs with its places, read in a process of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.readers.pdf_pages import PDF_LIMITS, read_pdf, stream_pdf
from explorer.readers.shared.pdf_layout import joined_text
from tests.helpers.pdf_files import Run, block, bomb, pdf

LEFT = "The left column is read as a whole before any of the other one, to its very last word."
RIGHT = "The right column comes after it, however its lines stand beside those of the left one."


@pytest.fixture
def written(tmp_path: Path) -> Path:
    runs = [
        Run("A Heading Across Both Columns of the Page, as Wide as the Text", 72, 80, 16, "bold"),
        *block(LEFT, 72, 120, width=30),
        *block(RIGHT, 330, 120, width=30),
        Run("arXiv:2401.00001v1 [cs.DL] 1 Jan 2024", 20, 500, 18, turned=True),
    ]
    path = tmp_path / "two.pdf"
    path.write_bytes(pdf([runs, [Run("Second page", 72, 72)]], {"Title": "Two  Columns"}))
    return path


def test_lines_are_in_reading_order_with_places_and_fonts(written: Path) -> None:
    document = read_pdf(written)
    assert (document.page_count, document.info, document.ended) == (2, {"Title": "Two Columns"}, "")
    page = document.pages[0]
    heading, *columns, stamp = page.lines
    assert (page.number, page.width, page.height) == (1, 612, 792)
    assert joined_text(columns) == f"{LEFT} {RIGHT}"
    assert (heading.size, heading.bold, columns[0].bold) == (16, True, False)
    assert heading.x0 == pytest.approx(72, abs=2) and heading.y0 < 80 < heading.y1
    assert stamp.rotated and stamp.text == "arXiv:2401.00001v1 [cs.DL] 1 Jan 2024"


def test_some_pages_or_one_after_the_other(written: Path) -> None:
    assert [page.number for page in read_pdf(written, [2]).pages] == [2]
    assert [len(page.lines) for page in stream_pdf(written)][1] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pdf([[Run("Text", 72, 72)]])[:300], "the PDF is damaged"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page with the name of a PDF"),
        (b"\x00\x01\x02" * 500, "a file of another kind with the name of a PDF"),
    ],
)
def test_what_cannot_be_read_has_a_reason_and_advice(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "odd.pdf"
    path.write_bytes(content)
    with pytest.raises(DigestError, match=reason) as raised:
        read_pdf(path)
    assert raised.value.advice


def test_a_bomb_ends_within_its_limits(tmp_path: Path, written: Path) -> None:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(bomb(200))
    assert path.stat().st_size < 2_000_000
    limits = replace(PDF_LIMITS, memory=300 << 20, cpu_seconds=2.0, archive_cpu_seconds=2.0)
    with pytest.raises(DigestError, match="reading was ended"):
        read_pdf(path, limits=limits)
    assert read_pdf(written).page_count == 2  # and the next one is read
