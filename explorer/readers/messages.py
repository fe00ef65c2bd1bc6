"""Messages between the process that reads digests and the one that uses them.

A message is its length in four bytes and then JSON. Papers and rejections are plain lists of texts,
whose types are checked when they arrive: whatever a digest did to its reader, nothing else can
come out of it.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Recognition, Rejection
from explorer.readers.shared.pdf_document import PdfPage
from explorer.readers.shared.pdf_words import PdfLine

LENGTH = struct.Struct(">I")
LONGEST = 1 << 26
"""Bytes of a message."""
_MOST_KINDS = 100
_LONGEST_KIND = 60


class BadMessage(Exception):
    """Bytes that are no message of the reading process."""


def to_message(content: object) -> bytes:
    """Return ``content`` as a message; halves of surrogate pairs become question marks."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return LENGTH.pack(len(body)) + body


def from_message(body: bytes | bytearray) -> list[Any]:
    """Return the content of a message without its length.

    Raises:
        BadMessage: it is no list.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadMessage from None
    if not isinstance(content, list) or not content:
        raise BadMessage
    return content


def from_item(item: Paper | Rejection) -> list[object]:
    """Return a paper, or a rejection, as a list."""
    if isinstance(item, Rejection):
        return [item.digest, item.line, item.reason, item.excerpt]
    return [
        item.title,
        item.abstract,
        item.authors,
        item.date,
        item.venue,
        item.arxiv,
        item.doi,
        item.other_ids,
        item.url,
        item.categories,
        item.keywords,
        item.summary,
        [
            (
                source.digest,
                source.line,
                source.date,
                source.collections,
                source.tags,
                source.notes,
                source.annotations,
            )
            for source in item.sources
        ],
    ]


def to_item(values: object) -> Paper | Rejection:
    """Return the paper, or the rejection, in a list.

    Raises:
        BadMessage: it is neither.
    """
    if type(values) is not list:
        raise BadMessage
    try:
        if len(values) == 4:
            digest, line, reason, excerpt = values
            return Rejection(_text(digest), _line(line), _text(reason), _text(excerpt))
        (title, abstract, authors, date, venue, arxiv, doi, ids, url, categories, keywords) = (
            values[:11]
        )
        summary, sources = values[11:]
        if type(sources) is not list:
            raise BadMessage
        return Paper(
            title=_text(title),
            abstract=_text(abstract),
            authors=_texts(authors),
            date=_text(date),
            venue=_text(venue),
            arxiv=_text(arxiv),
            doi=_text(doi),
            other_ids=_texts(ids),
            url=_text(url),
            categories=_texts(categories),
            keywords=_texts(keywords),
            summary=_text(summary),
            sources=tuple(
                Source(
                    _text(digest),
                    _line(line),
                    _text(day),
                    collections=_texts(collections),
                    tags=_texts(tags),
                    notes=_texts(notes),
                    annotations=_texts(annotations),
                )
                for digest, line, day, collections, tags, notes, annotations in sources
            ),
        )
    except (TypeError, ValueError):
        raise BadMessage from None


def to_kinds(values: object) -> dict[str, int]:
    """Return the counts of records that are no papers, checked.

    Raises:
        BadMessage: they are none.
    """
    if type(values) is not dict or len(values) > _MOST_KINDS:
        raise BadMessage
    try:
        kinds = {_text(kind): _line(count) for kind, count in values.items()}
    except TypeError:
        raise BadMessage from None
    if any(len(kind) > _LONGEST_KIND for kind in kinds):
        raise BadMessage
    return kinds


def to_recognition(values: object) -> Recognition:
    """Return how sure the choice of a format is, checked.

    Raises:
        BadMessage: it is nothing of the kind.
    """
    if type(values) is not list or len(values) != 5:
        raise BadMessage
    confidence, second, second_confidence, forced, remark = values
    try:
        return Recognition(
            _line(confidence),
            _text(second),
            _line(second_confidence),
            forced is True,
            _text(remark),
        )
    except TypeError:
        raise BadMessage from None


def from_page(page: PdfPage) -> list[object]:
    """Return a page of a PDF as a list."""
    lines = [
        (
            line.text,
            *(round(length, 1) for length in (line.x0, line.y0, line.x1, line.y1, line.size)),
            line.bold,
            line.rotated,
            line.font,
            line.bare,
        )
        for line in page.lines
    ]
    return [page.number, round(page.width, 1), round(page.height, 1), lines]


def to_page(values: object) -> PdfPage:
    """Return the page of a PDF in a list.

    Raises:
        BadMessage: it is none.
    """
    if type(values) is not list:
        raise BadMessage
    try:
        number, width, height, lines = values
        page = _line(number)
        if type(lines) is not list:
            raise BadMessage
        return PdfPage(
            page,
            _length(width),
            _length(height),
            tuple(
                PdfLine(
                    _text(text), page, _length(x0), _length(y0), _length(x1), _length(y1),
                    _length(size), bold is True, _text(font), rotated is True, _text(bare),
                )
                for text, x0, y0, x1, y1, size, bold, rotated, font, bare in lines
            ),
        )  # fmt: skip
    except (TypeError, ValueError):
        raise BadMessage from None


def to_pdf_head(values: object) -> tuple[int, dict[str, str]]:
    """Return the number of pages and the metadata of a PDF, checked.

    Raises:
        BadMessage: they are none.
    """
    if type(values) is not list or len(values) != 2 or type(values[1]) is not dict:
        raise BadMessage
    try:
        return _line(values[0]), {_text(key): _text(text) for key, text in values[1].items()}
    except TypeError:
        raise BadMessage from None


def _length(value: object) -> float:
    if type(value) not in (int, float) or not -1e6 < value < 1e6:  # type: ignore[operator]
        raise TypeError
    return float(value)  # type: ignore[arg-type]


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _texts(values: object) -> tuple[str, ...]:
    if type(values) is not list:
        raise TypeError
    for value in values:
        if type(value) is not str:
            raise TypeError
    return tuple(values)


def _line(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise TypeError
    return value
