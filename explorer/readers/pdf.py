"""PDFs of papers: title, authors, abstract, date and ids from the layout of their first pages.

A page that holds several abstracts gives several papers. What has no text is read by Tesseract
where that is installed. The line of a paper is the page on which it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from explorer.errors import DigestError
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.author_lists import author_list
from explorer.readers.shared.pdf_document import SIGNATURE, OpenPdf, PdfPage
from explorer.readers.shared.pdf_facts import own_arxiv, own_doi, publication_day
from explorer.readers.shared.pdf_front import (
    PdfFrontMatter,
    front_matter,
    has_text,
    is_readable,
    several_abstracts,
)
from explorer.readers.shared.pdf_scan import can_read_scans, pages_of_scan

_FIRST_PAGES = 8
_SCANNED_PAGES = 2
_LARGEST_IN_MEMORY = 1 << 28
"""Bytes of a PDF in an archive, which is read from memory."""
_NAMED = re.compile(
    r"(?P<who>[^\W\d_][^\d]{1,80}?)[ ._-]+(?P<year>19[2-9]\d|20[0-4]\d)[ ._-]+(?P<title>.{8,})"
)
"""Author, year and title, as reference managers name files."""


class Pdf:
    """Reads PDFs, one paper or the abstracts on a page."""

    name = "pdf"

    def recognises(self, digest: Digest) -> int:
        if SIGNATURE in digest.head_bytes[:1024]:
            return 95
        # A page of a publisher or a login, saved with the name of a PDF, is reported as such.
        return 93 if digest.name.lower().endswith(".pdf") else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        source: Path | bytes = digest.path
        if _is_inside(digest):
            with digest.open() as file:
                source = file.read(_LARGEST_IN_MEMORY)
        with closing(OpenPdf(source, digest.path)) as pdf:
            yield from _papers(pdf, digest)


def _is_inside(digest: Digest) -> bool:
    """Whether the digest is a member of an archive, or compressed."""
    with digest.path.open("rb") as file:
        return SIGNATURE not in file.read(1024)


def _papers(pdf: OpenPdf, digest: Digest) -> Iterator[Paper | Rejection]:
    info = pdf.info
    count = min(pdf.page_count, _FIRST_PAGES)
    pages = list(pdf.pages(range(1, count + 1)))
    problem = ""
    if not has_text(pages):
        problem = "the PDF is a scan without text"
    elif not is_readable(pages):
        problem = "the PDF's text is garbled, as its fonts do not say which letters they hold"
    if problem:
        scanned = pages_of_scan(pdf, range(1, min(count, _SCANNED_PAGES) + 1))
        if not scanned or not is_readable(scanned):
            yield from _without_text(info, digest, problem)
            return
        pages = scanned
    several = several_abstracts(pages)
    if several:
        for front in several:
            yield _paper(front, digest)
        return
    front = front_matter(pages, info.get("Title", ""))
    if not front.title:
        raise DigestError(
            "no title stands out on its first pages.",
            path=digest.path,
            advice="Add the paper by another digest.",
        )
    yield _whole_paper(front, pages, info, digest)


def _paper(front: PdfFrontMatter, digest: Digest) -> Paper:
    return Paper(
        title=front.title,
        abstract=front.abstract[: digest.limits.abstract_characters],
        authors=front.authors,
        sources=(Source(digest.name, front.page),),
    )


def _whole_paper(
    front: PdfFrontMatter, pages: Sequence[PdfPage], info: Mapping[str, str], digest: Digest
) -> Paper:
    arxiv, stamped = own_arxiv(pages, info, digest.name)
    authors = front.authors or _authors_in(info, pages)
    return Paper(
        title=front.title,
        abstract=front.abstract[: digest.limits.abstract_characters],
        authors=authors,
        date=stamped or publication_day(pages, front),
        arxiv=arxiv,
        doi=own_doi(pages, front, info),
        sources=(Source(digest.name, front.page),),
    )


def _authors_in(info: Mapping[str, str], pages: Sequence[PdfPage]) -> tuple[str, ...]:
    """Return the authors in the metadata if the first pages name them, too."""
    names = author_list(info.get("Author", ""))
    text = " ".join(line.text.lower() for page in pages[:2] for line in page.lines)
    return names if names and all(name.split()[-1].lower() in text for name in names) else ()


def _without_text(
    info: Mapping[str, str], digest: Digest, problem: str
) -> Iterator[Paper | Rejection]:
    """Yield the paper that the file's name or metadata tell of, and the reason of the rest.

    Raises:
        DigestError: they tell of none.
    """
    stem = re.sub(r"\.pdf$", "", digest.name.rpartition("/")[2], flags=re.I)
    for text in (info.get("Title", ""), stem):
        if match := _NAMED.fullmatch(text.replace("_", " ")):
            names = tuple(re.split(r"\s*(?:&|,|\band\b)\s*", match["who"].strip(" -")))
            authors = tuple(name for name in names if name and name != "et al.")
            yield Paper(
                title=match["title"].strip(),
                authors=authors,
                date=match["year"],
                doi=own_doi((), PdfFrontMatter(), info),
                sources=(Source(digest.name, 1),),
            )
            reason = f"{problem}, so that only its title is known"
            yield Rejection(digest.name, 1, reason)
            return
    advice = (
        "Tesseract could not read it either; add the paper by another digest."
        if can_read_scans()
        else "Install Tesseract, and it is read from its pictures, or run ocrmypdf on it."
    )
    raise DigestError(f"{problem}.", path=digest.path, advice=advice)
