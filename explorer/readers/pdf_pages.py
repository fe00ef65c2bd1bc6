"""Pages of a PDF, read in a process of its own with limits on time, memory and output."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from explorer.errors import DigestError
from explorer.readers.reading_process import stream_pdf_apart
from explorer.readers.shared.pdf_document import PdfDocument, PdfHead, PdfPage
from explorer.settings import ReadingLimits

PDF_LIMITS = ReadingLimits(
    cpu_seconds=20.0, archive_cpu_seconds=20.0, cpu_seconds_per_megabyte=4.0, memory=1 << 30
)
"""20 s of processor time and, for large files, 4 s for each megabyte; 1 GB of memory."""


def read_pdf(
    path: Path, pages: Sequence[int] | None = None, limits: ReadingLimits = PDF_LIMITS
) -> PdfDocument:
    """Read pages of the PDF at ``path``, by number from 1; None means all.

    If a page ends reading, those before it are returned with the reason in ``ended``.

    Raises:
        DigestError: it cannot be read at all: it is damaged, none, too large, or needs a password.
    """
    read: list[PdfPage] = []
    head: PdfHead | None = None
    ended = ""
    try:
        for part in stream_pdf_apart(path, pages, limits):
            if isinstance(part, PdfHead):
                head = part
            else:
                read.append(part)
    except DigestError as error:
        if head is None or not read:
            raise
        ended = error.without_path
    assert head is not None
    return PdfDocument(tuple(read), head.page_count, head.info, file_digest(path), ended)


def stream_pdf(path: Path, limits: ReadingLimits = PDF_LIMITS) -> Iterator[PdfPage]:
    """Yield the pages of the PDF at ``path``, holding one at a time.

    Raises:
        DigestError: it cannot be read, or not further than to the last page yielded.
    """
    for part in stream_pdf_apart(path, None, limits):
        if isinstance(part, PdfPage):
            yield part


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
