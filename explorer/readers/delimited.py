"""Delimited tables: CSV, TSV, and their like with semicolons or bars.

What library services export (Scopus, Web of Science, IEEE Xplore, Embase, Springer, Dimensions,
PubMed, Lens, Zotero) and what people keep in tables themselves. Delimiter and columns are
guessed; lines before the header, such as "About the data", are skipped. A quoted cell may go
over many lines; a quote that is never closed costs one row, not the rest of the file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from explorer.papers.dates import issue_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Line, Rejection
from explorer.readers.shared.columns import (
    ColumnMap,
    is_table_of_papers,
    map_columns,
    paper_from_row,
)
from explorer.readers.shared.reference_fields import doi_in

_DELIMITERS = ",\t;|"
_HEADER_WITHIN = 12
_ROWS_LOOKED_AT = 8
_MAY_BE_CUT_OFF = 1 << 14
_MOST_RECOVERIES = 20
_RULE = re.compile(r"[\s|:+-]+")
_QUOTED_TABS = re.compile(r'(?:^|\t)"[^"\t]*(?:""|\n)')
_FORMS: Mapping[str, Callable[[str], object]] = {
    "date": issue_date,
    "doi": lambda text: doi_in(text, named=False),
    "url": re.compile(r"\s*(?:https?:|www\.|10\.|/)").match,
}
"""Form of the cells in these columns."""
_TEXTS = ("title", "abstract", "authors", "keywords")


class Layout(NamedTuple):
    """Dialect and columns of a table."""

    delimiter: str
    quoting: bool
    header: tuple[str, ...]
    header_line: int
    columns: ColumnMap


class Delimited:
    """Reads tables with a column for titles."""

    name = "delimited"

    def recognises(self, digest: Digest) -> int:
        layout = _layout(digest)
        if layout is None:
            return 0
        return 91 if _is_regular(digest.head, layout) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for paper, _ in papers_with_cells(digest):
            yield paper


def papers_with_cells(digest: Digest) -> Iterator[tuple[Paper | Rejection, Mapping[str, str]]]:
    """Yield each paper of a table with the cells of its row by their column."""
    layout = _layout(digest)
    if layout is None:
        return
    for row in _rows(digest, layout):
        if isinstance(row, Rejection):
            yield row, {}
            continue
        line, cells = row
        if line <= layout.header_line or not any(cell.strip() for cell in cells):
            continue
        shown = layout.delimiter.join(cells).strip()[:80]
        if len(cells) > len(layout.header) and not _fits(cells, layout):
            yield Rejection(digest.name, line, _surplus(cells, layout), shown), {}
            continue
        # Cells beyond the header have no name; a row may also have too few.
        record = dict(zip(layout.header, cells, strict=False))
        made = paper_from_row(record, layout.columns, Source(digest.name, line))
        if isinstance(made, Paper):
            yield made, record
        else:
            yield Rejection(digest.name, line, made, shown), {}


def _surplus(cells: list[str], layout: Layout) -> str:
    counts = f"{len(cells)} cells, the header {len(layout.header)}"
    return f"the row has {counts}; put quotes around the cell with {layout.delimiter!r} in it"


def _fits(cells: list[str], layout: Layout) -> bool:
    """Whether the cells of a row with too many are those that the header names.

    A delimiter in a cell without quotes moves all that follows; dates and addresses show it.
    """
    if not any(cell.strip() for cell in cells[len(layout.header) :]):
        return True
    known = {
        layout.header.index(name): form
        for field, form in _FORMS.items()
        for name in layout.columns.get(field, ())
    }
    filled = {index: form for index, form in known.items() if cells[index].strip()}
    if not filled or not all(form(cells[index]) for index, form in filled.items()):
        return False
    texts = (name for field in _TEXTS for name in layout.columns.get(field, ()))
    last = max((layout.header.index(name) for name in texts), default=0)
    return last < max(filled) or any(layout.delimiter in cell for cell in cells)


def _layout(digest: Digest) -> Layout | None:
    """Find the header within the first lines: the one with the most known columns."""
    if not digest.encoding or digest.head.lstrip("\ufeff \t\r\n")[:1] in tuple("{<%@#|"):
        return None
    best: Layout | None = None
    head = digest.head.replace("\r\n", "\n").replace("\r", "\n")
    for number, text in enumerate(head.split("\n", _HEADER_WITHIN)[:_HEADER_WITHIN], start=1):
        if len(text) > 20_000:
            continue
        for delimiter in _DELIMITERS:
            if delimiter not in text:
                continue
            cells = next(csv.reader([text], delimiter=delimiter), [])
            header = tuple(_unique(cell.strip("\ufeff \t") for cell in cells))
            columns = map_columns(header)
            if is_table_of_papers(columns) and _looks_like_header(cells):
                layout = Layout(
                    delimiter, _is_quoted(digest.head, delimiter), header, number, columns
                )
                if best is None or len(columns) > len(best.columns):
                    best = layout
        if best is not None:
            break
    return best


def _looks_like_header(cells: list[str]) -> bool:
    return all(len(cell) <= 120 for cell in cells) and len({cell.strip() for cell in cells}) > 1


def _unique(names: Iterator[str]) -> Iterator[str]:
    """Yield ``names``, repeated ones with a number, so that no cell hides another."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} #{seen[name]}"


def _is_quoted(head: str, delimiter: str) -> bool:
    """Whether quotes are syntax: always, but in tables with tabs only if they look like it."""
    if delimiter != "\t":
        return True
    first = head.lstrip("\ufeff").split("\n", 1)[0]
    return first.startswith('"') or bool(_QUOTED_TABS.search(head))


def _is_regular(head: str, layout: Layout) -> bool:
    """Whether the rows after the header are rows of that table, and not prose or Markdown."""
    lines = head.replace("\r\n", "\n").replace("\r", "\n").split("\n")[layout.header_line :]
    if lines and lines[0].strip() and _RULE.fullmatch(lines[0]):
        return False
    width = len(layout.header)
    rows: list[list[str]] = []
    try:
        reader = _reader(iter(f"{line}\n" for line in lines), layout)
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) >= _ROWS_LOOKED_AT:
                break
        else:
            if len(head) >= _MAY_BE_CUT_OFF:
                rows = rows[:-1]
    except csv.Error:
        pass
    fitting = sum(width * 2 // 3 <= len(row) <= width + 2 and len(row) > 1 for row in rows)
    return fitting * 2 > len(rows) or (not rows and width > 2)


def _reader(lines: Iterator[str], layout: Layout) -> Iterator[list[str]]:
    if layout.quoting:
        return csv.reader(lines, delimiter=layout.delimiter)
    return csv.reader(lines, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)


class _RowTooLarge(Exception):
    """A row goes on and on: a quote in it is not closed."""


class _Feed:
    """Lines for the CSV parser, which remembers those of the current row."""

    def __init__(self, lines: Iterator[Line | Rejection]) -> None:
        self._lines = lines
        self.row: list[Line] = []
        self.rejections: list[Rejection] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if isinstance(line, Rejection):
                self.rejections.append(line)
                continue
            self.row.append(line)
            self._size += len(line.text) + 1
            if self._size > RECORD_CHARACTERS:
                raise _RowTooLarge
            yield f"{line.text}\n"

    def start_row(self) -> None:
        self.row.clear()
        self._size = 0


def _rows(digest: Digest, layout: Layout) -> Iterator[tuple[int, list[str]] | Rejection]:
    """Yield (line, cells) of each row."""
    lines: Iterator[Line | Rejection] = digest.lines()
    recoveries = 0
    while True:
        feed = _Feed(lines)
        reader = _reader(iter(feed), layout)
        try:
            while True:
                feed.start_row()
                cells = _next_row(reader)
                yield from feed.rejections
                feed.rejections.clear()
                if cells is None:
                    return
                if feed.row:
                    yield feed.row[0].number, cells
        except (csv.Error, _RowTooLarge):
            bad, *others = feed.row or [Line(0, "")]
            reason = "a quote in this row is not closed"
            yield Rejection(digest.name, bad.number, reason, bad.text[:80])
            recoveries += 1
            if recoveries <= _MOST_RECOVERIES:
                lines = chain(others, lines)


def _next_row(reader: Iterator[list[str]]) -> list[str] | None:
    """Return the next row; cells may be large, but only while one is read."""
    limit = csv.field_size_limit(RECORD_CHARACTERS)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(limit)
