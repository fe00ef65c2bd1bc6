"""Spreadsheets: Excel workbooks (.xlsx, .xlsm, and the old .xls), as services and people save.

The first sheet with a column for titles is read. A workbook is an archive and a sheet is laid
out in memory as wide and long as its furthest cell, so before anything is opened its members
are unpacked to nowhere, counted, and searched for cells that lie too far out.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

from explorer.paper import Paper, Source
from explorer.readers.columns import Columns, guess, is_table_of_papers, paper_of, text_of
from explorer.readers.digest import Digest, Rejection

_ARCHIVE, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MEMBER = re.compile(rb"PK\x03\x04.{26}xl/", re.DOTALL)
_CELL = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,4})(\d{1,8})[\"']")
_LARGEST_FILE = 1 << 27
_LARGEST_CONTENT = 1 << 28
_MOST_CELLS = 10_000_000
_MOST_MEMBERS = 2_000
_HEADER_WITHIN = 20
_OVERLAP = 64


class _Refused(Exception):
    """The workbook will not be opened; the message says why."""


class Spreadsheet:
    """Reads Excel workbooks."""

    name = "spreadsheet"

    def recognises(self, digest: Digest) -> int:
        head = digest.head_bytes
        if head.startswith(_ARCHIVE) and _MEMBER.search(head):
            return 95
        book = "Workbook".encode("utf-16-le"), "Book".encode("utf-16-le")
        return 92 if head.startswith(_OLD) and any(name in head for name in book) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        try:
            content = _content(digest)
            yield from _papers(content, digest)
        except _Refused as refused:
            yield Rejection(digest.name, 0, str(refused))


def _content(digest: Digest) -> bytes:
    with digest.open() as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise _Refused(f"the workbook has more than the {_LARGEST_FILE:,} bytes allowed")
    if content.startswith(_ARCHIVE):
        _check(content, digest)
    return content


def _check(content: bytes, digest: Digest) -> None:
    """Refuse what unpacks to too much or has cells too far out, whatever it declares."""
    limits = digest.limits
    most = min(_LARGEST_CONTENT, max(limits.expanded_bytes, limits.expanded_times * len(content)))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if len(members) > _MOST_MEMBERS or declared > most:
                raise _Refused(_too_much(most))
            for member in members:
                if member.flag_bits & 0x1:
                    raise _Refused("encrypted; save the workbook without a password")
                if member.filename.endswith(".bin"):
                    continue
                member.file_size = most + 1  # so that more than was declared would be seen
                with archive.open(member) as file:
                    most -= _counted(file, most)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _Refused(f"the workbook is damaged ({error}). Save it again.") from None
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise _Refused(f"the workbook is damaged ({error}). Save it again.") from None


def _counted(file: Any, most: int) -> int:
    size = furthest_row = furthest_column = 0
    tail = b""
    while chunk := file.read(1 << 18):
        size += len(chunk)
        if size > most:
            raise _Refused(_too_much(most))
        for letters, digits in _CELL.findall(tail + chunk):
            furthest_row = max(furthest_row, int(digits))
            furthest_column = max(furthest_column, _column_number(letters))
        tail = chunk[-_OVERLAP:]
    if furthest_row * furthest_column > _MOST_CELLS:
        raise _Refused(
            f"the sheet is {furthest_row:,} rows by {furthest_column:,} columns, more than the "
            f"{_MOST_CELLS:,} cells allowed. Save it as CSV."
        )
    return size


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_much(most: int) -> str:
    return f"the workbook unpacks to more than the {most:,} bytes allowed. Save it as CSV."


def _papers(content: bytes, digest: Digest) -> Iterator[Paper | Rejection]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            found = _header(list(islice(sheet.iter_rows(), _HEADER_WITHIN)))
            if found:
                skipped, header, columns = found
                rows = islice(sheet.iter_rows(), skipped, None)
                yield from _rows(rows, header, columns, skipped + 1, digest)
                return
    except (CalamineError, ValueError, OSError, OverflowError) as error:
        raise _Refused(f"the workbook is damaged ({str(error)[:200]}). Save it again.") from None
    raise _Refused("no sheet of the workbook has a column for titles")


def _header(rows: list[list[Any]]) -> tuple[int, list[str], Columns] | None:
    """Return how many rows to pass over up to the first of the table, its names and columns."""
    for number, row in enumerate(rows, start=1):
        names = [text_of(cell) or f"#{index}" for index, cell in enumerate(row)]
        columns = guess(names)
        if is_table_of_papers(columns) and all(len(name) <= 120 for name in names):
            return number, names, columns
    return None


def _rows(
    rows: Iterator[list[Any]], header: list[str], columns: Columns, first: int, digest: Digest
) -> Iterator[Paper | Rejection]:
    for line, row in enumerate(rows, start=first):
        if not any(text_of(cell) for cell in row):
            continue
        record = dict(zip(header, (_cell(cell) for cell in row), strict=False))
        made = paper_of(record, columns, Source(digest.name, line))
        if isinstance(made, Paper):
            yield made
        else:
            shown = " ".join(text_of(cell) for cell in row).strip()[:80]
            yield Rejection(digest.name, line, made, shown)


def _cell(cell: object) -> object:
    return cell if isinstance(cell, str) else text_of(cell)
