"""Text of a PDF with its place on the page: what pdfium finds there, as lines in reading order.

A PDF is hostile input to a library in C: call :mod:`explorer.readers.pdf_pages`, which reads in a
process of its own, unless this process is one that reads digests.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.errors import DigestError
from explorer.papers.text import tidy
from explorer.readers.shared.pdf_layout import lines_of_words
from explorer.readers.shared.pdf_words import PdfLine, words_on_page

SIGNATURE = b"%PDF-"
"""Begins a PDF, though not always in its first byte."""
LARGEST_FILE = 512 << 20
"""Bytes of a PDF that is read at all: it is held in memory."""
_INFO = ("Title", "Author", "Subject", "Keywords", "CreationDate", "Creator", "DOI", "doi")
_XMP_DOI = re.compile(
    rb"<(?:prism:doi|crossmark:DOI|pdfx:doi|dc:identifier)>\s*(?:doi:|https?://doi\.org/)?"
    rb"(10\.\d{4,9}/[^\s<]{1,200})\s*<",
    re.I,
)
_LONGEST_INFO = 2_000
_PASSWORD = 4
"""pdfium's error of a document that needs one."""
_HTML = re.compile(rb"\s*(?:<!doctype html|<html|<head|<\?xml|<body)", re.I)
_DAMAGED = "Download or save it again; a viewer such as qpdf may mend it."


@dataclass(frozen=True, slots=True)
class PdfPage:
    """One page as it is read: turned so that most of its text is upright."""

    number: int
    """From 1."""
    width: float
    """Points, as are all lengths; there are 72 in an inch."""
    height: float
    lines: tuple[PdfLine, ...]
    """In reading order, column by column; turned ones last."""


@dataclass(frozen=True, slots=True)
class PdfHead:
    """Facts of a PDF as a whole."""

    page_count: int
    info: dict[str, str]
    """See :class:`PdfDocument`."""


@dataclass(frozen=True, slots=True)
class PdfDocument:
    """A PDF, or some pages of it."""

    pages: tuple[PdfPage, ...]
    page_count: int
    """Pages of the whole file."""
    info: dict[str, str]
    """Its own metadata, as far as given: Title, Author, Subject, Keywords, CreationDate, Creator,
    DOI. Often wrong."""
    sha256: str
    ended: str = ""
    """Reason why pages after the last one are not read; empty if all are."""


class OpenPdf:
    """An open PDF, to be read page by page and closed."""

    def __init__(self, source: Path | bytes, path: Path) -> None:
        """Open the file ``source``, or its content; ``path`` names it in errors.

        Raises:
            DigestError: it is none, is damaged, too large, or needs a password.
        """
        head = source[:1024] if isinstance(source, bytes) else _head(source)
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > LARGEST_FILE:
            raise DigestError(
                f"the PDF has {size:,} bytes, more than the {LARGEST_FILE:,} allowed.",
                path=path,
                advice="Print it to a new PDF without its pictures.",
            )
        if SIGNATURE not in head:
            what = "a web page" if _HTML.match(head) else "a file of another kind"
            raise DigestError(
                f"this is {what} with the name of a PDF.",
                path=path,
                advice="Open it in a browser, and download the PDF itself.",
            )
        import pypdfium2

        try:
            self._document: Any = pypdfium2.PdfDocument(source)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", 0) == _PASSWORD:
                raise DigestError(
                    "the PDF needs a password.",
                    path=path,
                    advice="Save a copy without one in a viewer that knows it.",
                ) from None
            raise DigestError("the PDF is damaged.", path=path, advice=_DAMAGED) from None
        self._source = source
        self.page_count = len(self._document)
        if not self.page_count:
            self.close()
            raise DigestError("the PDF has no page.", path=path, advice=_DAMAGED)

    def close(self) -> None:
        self._document.close()

    @property
    def info(self) -> dict[str, str]:
        """The document's own metadata, without what is empty."""
        texts = {key: self._document.get_metadata_value(key) for key in _INFO}
        info = {key: tidy(text[:_LONGEST_INFO]) for key, text in texts.items() if tidy(text)}
        if lower := info.pop("doi", ""):
            info.setdefault("DOI", lower)
        if "DOI" not in info and (name := self._xmp_doi()):
            info["DOI"] = name
        return info

    def _xmp_doi(self) -> str:
        """Return the one DOI in the file's XMP packets, which are mostly not compressed."""
        if isinstance(self._source, bytes):
            names = set(_XMP_DOI.findall(self._source))
        else:
            with (
                self._source.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ):
                names = set(_XMP_DOI.findall(content))
        lower = {name.lower() for name in names}
        return lower.pop().decode("utf-8", "replace") if len(lower) == 1 else ""

    def pages(self, numbers: Sequence[int] | None = None) -> Iterator[PdfPage]:
        """Yield pages, all or by number from 1; one that is damaged has no lines."""
        for number in numbers or range(1, self.page_count + 1):
            if 1 <= number <= self.page_count:
                yield self._page(number)

    def picture(self, number: int, dots: int) -> Any:
        """Return page ``number`` as a Pillow image of ``dots`` per inch.

        Raises:
            DigestError: the page is damaged.
        """
        import pypdfium2

        try:
            with closing(self._document[number - 1]) as page:
                return page.render(scale=dots / 72, grayscale=True).to_pil()
        except pypdfium2.PdfiumError:
            raise DigestError(f"page {number} is damaged.", advice=_DAMAGED) from None

    def _page(self, number: int) -> PdfPage:
        import pypdfium2

        try:
            with closing(self._document[number - 1]) as page:
                frame, words = words_on_page(page)
        except pypdfium2.PdfiumError:
            return PdfPage(number, 0.0, 0.0, ())
        return PdfPage(number, frame.width, frame.height, lines_of_words(words, number))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)
