"""Spreadsheets: Excel workbooks (.xlsx, .xlsm, and the old .xls), as services and people save.

The first sheet with a column for titles is read. A workbook is an archive and a sheet is laid
out in memory as wide and long as its furthest cell, each with a copy of the text that it shares
with others, so before anything is opened its members are unpacked to nowhere, counted, and searched
for cells that lie too far out or repeat too much.
"""

from __future__ import annotations

import io
import re
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from xml.parsers import expat

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.columns import (
    ColumnMap,
    cell_text,
    is_table_of_papers,
    map_columns,
    paper_from_row,
)

_ARCHIVE, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SECTOR = 512
_BEGINNING = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00\x00[\x02-\x06]\x05\x00", re.DOTALL)
"""The record that begins a workbook: its number, its length, the version, and "all in one"."""
_OTHER_DOCUMENTS = ("WordDocument", "PowerPoint Document", "__substg1.0", "VisioDocument")
_MEMBER = re.compile(rb"PK\x03\x04.{26}xl/", re.DOTALL)
_CELL = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,4})(\d{1,8})[\"']")
_SHARED = re.compile(
    rb"""\bt\s*=\s*["']s["']
    (?:(?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*\s*>\s*
    <(?:[\w.-]+:)?v>(\d{1,9})</(?:[\w.-]+:)?v>\s*</(?:[\w.-]+:)?c\s*>)?""",
    re.VERBOSE,
)
"""A cell that has a shared text, and which; none where that is written as no program writes it."""
_SHARED_TEXTS = "xl/sharedstrings.xml"
_OTHER_KINDS = {"xl/workbook.bin", "content.xml"}
"""Members of other kinds of workbooks, which are not checked here."""
_CONTROLS = bytes(sign for sign in range(32) if sign not in b"\t\n\r")
"""Not allowed in XML, and written by some programs nevertheless."""
_LARGEST_FILE = 1 << 27
_LARGEST_CONTENT = 1 << 28
_LARGEST_SHEET = 1 << 29
_MOST_CELLS = 10_000_000
_MOST_MEMBERS = 2_000
_HEADER_WITHIN = 20
_OVERLAP = 64
_LONGEST_CELL = 4_096
"""Bytes of a cell without its text, at most, that are kept until the rest of it is there."""


class _Refused(Exception):
    """The workbook is refused; the message is the reason."""


class Spreadsheet:
    """Reads Excel workbooks."""

    name = "spreadsheet"

    def recognises(self, digest: Digest) -> int:
        head = digest.head_bytes
        if head.startswith(_ARCHIVE) and _MEMBER.search(head):
            return 95
        return _old_workbook(head) if head.startswith(_OLD) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        try:
            content = _content(digest)
            yield from _papers(content, digest)
        except _Refused as refused:
            yield Rejection(digest.name, 0, str(refused))


def _old_workbook(head: bytes) -> int:
    """Return the confidence that what begins with ``head`` is a workbook among old documents.

    The directory, which names what is inside, may lie anywhere: in a large file behind the head. A
    workbook's own stream then begins in one of the first sectors, with a record known by its form.
    """
    if any(name.encode("utf-16-le") in head for name in ("Workbook", "Book")):
        return 92
    if any(name.encode("utf-16-le") in head for name in _OTHER_DOCUMENTS):
        return 0
    sectors = range(_SECTOR, len(head), _SECTOR)
    return 91 if any(_BEGINNING.match(head, at) for at in sectors) else 0


def _content(digest: Digest) -> bytes:
    with digest.open() as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise _Refused(f"the workbook has more than the {_LARGEST_FILE:,} bytes allowed")
    if content.startswith(_ARCHIVE):
        _check(content, digest)
    return content


def _check(content: bytes, digest: Digest) -> None:
    """Refuse a workbook that would take too much memory, whatever sizes it declares."""
    limits = digest.limits
    most = min(_LARGEST_CONTENT, max(limits.expanded_bytes, limits.expanded_times * len(content)))
    left = most

    def chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
        nonlocal left
        member.file_size = left + 1  # so that more than was declared would be seen
        with archive.open(member) as file:
            while chunk := file.read(1 << 18):
                left -= len(chunk)
                if left < 0:
                    raise _Refused(_too_much(most))
                yield chunk

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if len(members) > _MOST_MEMBERS or declared > most:
                raise _Refused(_too_much(most))
            if any(member.flag_bits & 0x1 for member in members):
                raise _Refused("encrypted; save the workbook without a password")
            if any(_name(member) in _OTHER_KINDS for member in members):
                raise _Refused("a workbook of another kind. Save it as .xlsx or as CSV.")
            texts = [member for member in members if _name(member) == _SHARED_TEXTS]
            if len(texts) > 1:
                raise ValueError("its shared texts are there twice")
            lengths = _text_lengths(chunks(archive, texts[0])) if texts else array("Q")
            for member in members:
                if member not in texts and not member.filename.endswith(".bin"):
                    _check_cells(chunks(archive, member), lengths)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise _Refused(f"the workbook is damaged ({error}). Save it again.") from None
    except (zipfile.zlib.error, expat.ExpatError) as error:  # type: ignore[attr-defined]
        raise _Refused(f"the workbook is damaged ({error}). Save it again.") from None


def _name(member: zipfile.ZipInfo) -> str:
    """Return the name of a member as spreadsheet programs compare it."""
    return member.filename.replace("\\", "/").lower()


def _text_lengths(chunks: Iterable[bytes]) -> array[int]:
    """Return the bytes of each shared text, in order."""
    lengths = array("Q")
    depth = 0

    def start(name: str, _attributes: object) -> None:
        nonlocal depth
        if name.rpartition(":")[2] == "si":
            if not depth:
                lengths.append(0)
            depth += 1

    def end(name: str) -> None:
        nonlocal depth
        depth -= name.rpartition(":")[2] == "si"

    def text(data: str) -> None:
        if depth:
            lengths[-1] += len(data.encode())

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    for chunk in chunks:
        parser.Parse(chunk.translate(None, _CONTROLS), False)
    parser.Parse(b"", True)
    return lengths


def _check_cells(chunks: Iterable[bytes], lengths: array[int]) -> None:
    """Refuse a sheet with cells too far out, or that repeat shared texts too often."""
    furthest_row = furthest_column = size = 0
    longest = max(lengths, default=0)
    tail = waiting = b""
    for chunk in chunks:
        for letters, digits in _CELL.findall(tail + chunk):
            furthest_row = max(furthest_row, int(digits))
            furthest_column = max(furthest_column, _column_number(letters))
        tail = chunk[-_OVERLAP:]
        waiting += chunk
        whole = waiting.rfind(b"c>") + 2
        if len(waiting) - whole > _LONGEST_CELL:
            whole = len(waiting) - _OVERLAP
        size += _shared_bytes(waiting[:whole], lengths, longest)
        waiting = waiting[whole:]
    size += _shared_bytes(waiting, lengths, longest)
    if furthest_row * furthest_column > _MOST_CELLS:
        raise _Refused(
            f"the sheet is {furthest_row:,} rows by {furthest_column:,} columns, more than the "
            f"{_MOST_CELLS:,} cells allowed. Save it as CSV."
        )
    if size > _LARGEST_SHEET:
        raise _Refused(
            f"the cells of the sheet repeat texts to {size:,} bytes, more than the "
            f"{_LARGEST_SHEET:,} allowed. Save it as CSV."
        )


def _shared_bytes(cells: bytes, lengths: array[int], longest: int) -> int:
    """Return how many bytes of shared texts ``cells`` hold, at most."""
    texts = len(lengths)
    return sum(
        longest if not place else lengths[int(place)] if int(place) < texts else 0
        for place in _SHARED.findall(cells)
    )


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
            table = _header(list(islice(sheet.iter_rows(), _HEADER_WITHIN)))
            if table:
                skipped, header, columns = table
                rows = islice(sheet.iter_rows(), skipped, None)
                yield from _rows(rows, header, columns, skipped + 1, digest)
                return
    except (CalamineError, ValueError, OSError, OverflowError) as error:
        raise _Refused(f"the workbook is damaged ({str(error)[:200]}). Save it again.") from None
    raise _Refused("no sheet of the workbook has a column for titles")


def _header(rows: list[list[Any]]) -> tuple[int, list[str], ColumnMap] | None:
    """Return how many rows to pass over up to the first of the table, its names and columns."""
    for number, row in enumerate(rows, start=1):
        names = [cell_text(cell) or f"#{index}" for index, cell in enumerate(row)]
        columns = map_columns(names)
        if is_table_of_papers(columns) and all(len(name) <= 120 for name in names):
            return number, names, columns
    return None


def _rows(
    rows: Iterator[list[Any]], header: list[str], columns: ColumnMap, first: int, digest: Digest
) -> Iterator[Paper | Rejection]:
    for line, row in enumerate(rows, start=first):
        if not any(cell_text(cell) for cell in row):
            continue
        record = dict(zip(header, (_cell(cell) for cell in row), strict=False))
        made = paper_from_row(record, columns, Source(digest.name, line))
        if isinstance(made, Paper):
            yield made
        else:
            shown = " ".join(cell_text(cell) for cell in row).strip()[:80]
            yield Rejection(digest.name, line, made, shown)


def _cell(cell: object) -> object:
    return cell if isinstance(cell, str) else cell_text(cell)
