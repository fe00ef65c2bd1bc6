"""Table of papers in a memory-mapped Arrow file; rows are read on demand."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import IO, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.errors import LibraryDamaged
from explorer.papers.column_arrays import shelf_arrays
from explorer.papers.column_index import ColumnIndex, index_of_names
from explorer.papers.columns import DateColumn, DigestIndex, NameIndex, TextColumn
from explorer.papers.paper import Paper, arxiv_id, doi
from explorer.papers.table_schema import (
    ROWS_AT_ONCE,
    SCHEMA,
    in_present_schema,
    to_batches,
    to_paper,
    with_all_columns,
)

_ROWS_A_BATCH = 2_500
"""Rows stored together."""
_READ_BEFORE_RELEASE = 10
"""Papers read one by one from a mapped file before its memory is released: each occupies megabytes
of it, since the system maps whole pages around each field."""


class PaperTable(Sequence[Paper]):
    """Papers by row number: those of a generation, or of another Arrow file."""

    def __init__(
        self, table: pa.Table, rows: Rows | None = None, columns: ColumnIndex | None = None
    ) -> None:
        """Wrap ``table``, or only its ``rows``, in that order."""
        self._table = table
        self._rows = rows
        self._columns = columns
        self._first_table: pa.Table | None = None
        """The first of the tables that ``table`` was concatenated from."""
        self._mapped: mmap.mmap | None = None
        self._read = 0

    @classmethod
    def from_papers(cls, papers: Iterable[Paper]) -> PaperTable:
        """Return a table of ``papers`` in memory."""
        return cls(pa.Table.from_batches(to_batches(papers), schema=SCHEMA))

    @classmethod
    def concatenate(cls, *parts: PaperTable) -> PaperTable:
        """Return the rows of several tables, one after another, without copying."""
        tables = [in_present_schema(part._table) for part in parts]
        sizes = np.cumsum([0, *(table.num_rows for table in tables)])
        rows = [
            start + (np.arange(len(part)) if part._rows is None else part._rows)
            for start, part in zip(sizes, parts, strict=False)
        ]
        records = cls(pa.concat_tables(tables), np.concatenate(rows))
        records._first_table = parts[0]._table
        return records

    @classmethod
    def write(cls, papers: Iterable[Paper], path: Path) -> None:
        """Write ``papers`` to ``path`` in their order."""
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
            records = papers if isinstance(papers, PaperTable) else cls.from_papers(papers)
            for batch in records.batches():
                writer.write_table(in_present_schema(pa.Table.from_batches([batch])))

    @classmethod
    def open(cls, path: Path, columns: Path | None = None) -> PaperTable:
        """Return the papers in the file at ``path``.

        Args:
            columns: path of their column index; without it, the index is made on first use.

        Raises:
            LibraryDamaged: a file cannot be read.
        """
        try:
            with path.open("rb") as file:
                records = cls.from_file(file)
        except (OSError, ValueError, pa.ArrowInvalid) as error:
            raise LibraryDamaged(f"the records cannot be read ({error}).", path=path) from None
        records._columns = ColumnIndex.open(columns) if columns else None
        return records

    @classmethod
    def from_file(cls, file: IO[bytes]) -> PaperTable:
        """Return the papers in ``file``, which may be closed afterwards.

        Raises:
            OSError, ValueError, pa.ArrowInvalid: the file cannot be read.
        """
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        records = cls(pa.ipc.open_file(pa.py_buffer(mapped)).read_all())
        records._mapped = mapped
        return records

    def __len__(self) -> int:
        return int(self._table.num_rows) if self._rows is None else len(self._rows)

    @overload
    def __getitem__(self, row: int) -> Paper: ...
    @overload
    def __getitem__(self, row: slice) -> PaperTable: ...
    def __getitem__(self, row: int | slice) -> Paper | PaperTable:
        if isinstance(row, slice):
            return self.take(np.arange(len(self))[row])
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        index = range(len(self))[row] if self._rows is None else int(self._rows[row])
        batch_index = int(np.searchsorted(self._batch_starts, index, side="right")) - 1
        batch = self._batches[batch_index].slice(index - int(self._batch_starts[batch_index]), 1)
        paper = to_paper(batch.to_pylist()[0])
        self._read += 1
        if self._read % _READ_BEFORE_RELEASE == 0:
            self._release()
        return paper

    def _release(self) -> None:
        """Release the mapped memory of rows already read.

        The fields of a paper are spread over the file, and each read maps the pages around it.
        The pages stay in the system's file cache, so reading them again is fast.
        """
        if self._mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    @cached_property
    def _batches(self) -> list[pa.RecordBatch]:
        return list(self._table.to_batches())

    @cached_property
    def _batch_starts(self) -> Rows:
        """First row of each batch."""
        return np.cumsum([0, *(batch.num_rows for batch in self._batches)])[:-1]

    def __iter__(self) -> Iterator[Paper]:
        for batch in self.batches():
            for start in range(0, batch.num_rows, ROWS_AT_ONCE):
                yield from map(to_paper, batch.slice(start, ROWS_AT_ONCE).to_pylist())

    def take(self, rows: Rows) -> PaperTable:
        """Return the papers of ``rows`` as a table, without copying."""
        chosen = PaperTable(self._table, rows if self._rows is None else self._rows[rows])
        chosen._first_table = self._first_table
        return chosen

    def select(self, *fields: str) -> PaperTable:
        """Return the same papers with only ``fields``, which are faster to read than all."""
        return PaperTable(self._table.select(fields), self._rows)

    def same_rows_as(self, other: PaperTable, theirs: Rows, ours: Rows) -> NDArray[np.bool_]:
        """Return which rows ``ours`` of this table are physically rows ``theirs`` of ``other``."""
        if self is other:
            return np.equal(ours, theirs)
        if self._first_table is not other._table or self._rows is None or other._rows is not None:
            return np.zeros(len(theirs), dtype=bool)
        same: NDArray[np.bool_] = self._rows[ours] == theirs
        return same

    def equal_rows(self, other: PaperTable, fields: Sequence[str]) -> NDArray[np.bool_]:
        """Return which rows equal those of ``other``, a table of the same length, in ``fields``.

        Null never equals null.
        """
        ours, theirs = (
            PaperTable(with_all_columns(records._table).select(fields), records._rows)
            for records in (self, other)
        )
        parts = [
            np.logical_and.reduce([_equal(one[field], two[field]) for field in fields])
            for one, two in zip(ours.batches(), theirs.batches(), strict=True)
        ]
        equal: NDArray[np.bool_] = np.concatenate([np.empty(0, dtype=bool), *parts])
        return equal

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows in order as contiguous batches."""
        for start in range(0, len(self), _ROWS_A_BATCH):
            if self._rows is None:
                part = self._table.slice(start, _ROWS_A_BATCH).combine_chunks()
            else:
                part = self._gathered(self._rows[start : start + _ROWS_A_BATCH])
            yield from part.to_batches()

    def _gathered(self, rows: Rows) -> pa.Table:
        """Return some rows of the table; Arrow's own ``take`` copies the whole table first."""
        batch_of_row = np.searchsorted(self._batch_starts, rows, side="right") - 1
        order = np.argsort(batch_of_row, kind="stable")
        ends = np.flatnonzero(np.diff(batch_of_row[order], append=-1)) + 1
        parts = []
        for start, end in pairwise([0, *ends.tolist()]):
            batch = int(batch_of_row[order[start]])
            offsets = rows[order[start:end]] - self._batch_starts[batch]
            parts.append(self._batches[batch].take(pa.array(offsets)))
        restore = np.empty(len(rows), dtype=np.int64)
        restore[order] = np.arange(len(rows))
        return pa.Table.from_batches(parts, self._table.schema).combine_chunks().take(restore)

    @cached_property
    def columns(self) -> ColumnIndex:
        """Index of the columns that filters, orders and look-ups use."""
        if self._columns is not None:
            return self._columns
        table = self._table.select(ColumnIndex.SOURCE_COLUMNS)
        return ColumnIndex.from_table(
            table if self._rows is None else table.take(pa.array(self._rows))
        )

    @property
    def dois(self) -> TextColumn:
        """The DOI of each row; empty where it has none."""
        return TextColumn(self._column("doi"))

    @property
    def digest_names(self) -> frozenset[str]:
        """Names of all digests that contain a paper."""
        digests = pc.struct_field(pc.list_flatten(self._column("sources")), "digest")
        return frozenset(pc.unique(digests).to_pylist())

    def undated_rows(self) -> Rows:
        """Return the rows with a source whose first-seen day is unknown."""
        return self._with_source("seen", "")

    def rows_from_digest(self, digest: str) -> Rows:
        """Return the rows of the papers in the digest of this name."""
        return self._with_source("digest", digest)

    def _with_source(self, field: str, value: str) -> Rows:
        """Return the rows with a source whose ``field`` is ``value``; null counts as empty."""
        sources = self._column("sources")
        values = pc.fill_null(pc.struct_field(pc.list_flatten(sources), field), "")
        lengths = np.asarray(pc.fill_null(pc.list_value_length(sources), 0))
        matches = np.asarray(pc.equal(values, value))
        return np.unique(np.repeat(np.arange(len(self)), lengths)[matches])

    @property
    def ids(self) -> TextColumn:
        """Library id of each row."""
        return TextColumn(self._column("id"))

    @property
    def id_ranks(self) -> NDArray[np.int32]:
        """Rank of each row's library id in alphabetical order."""
        return self.columns.id_ranks

    @property
    def titles(self) -> TextColumn:
        """Title of each row, as in the digest."""
        return TextColumn(self._column("title"))

    @property
    def fingerprints(self) -> TextColumn:
        """Text fingerprint of each row."""
        return TextColumn(self._column("fingerprint"))

    @property
    def years(self) -> NDArray[np.int32]:
        """The year of each row, from its own date or else its digest's; 0 where unknown."""
        return self.columns.years

    @property
    def dates(self) -> DateColumn:
        """The EDTF date of each row, with a year or empty: its own, else its digests' latest."""
        return self.columns.dates

    @property
    def digests(self) -> DigestIndex:
        """Rows of each digest, by the digest's name."""
        return self.columns.digests

    def name_index(self, column: str) -> NameIndex:
        """Return the index of ``column``: authors, venue, categories or keywords."""
        return self.columns.name_index(column)

    @cached_property
    def collections(self) -> NameIndex:
        """Index of the collections that hold a paper in some source, those above them included."""
        return self._shelved("collections")

    @cached_property
    def source_tags(self) -> NameIndex:
        """Index of the tags that papers have in some source, such as Zotero."""
        return self._shelved("tags")

    def _shelved(self, field: str) -> NameIndex:
        return index_of_names(shelf_arrays(self._column("sources"), field), field)

    def having(self, column: str) -> NDArray[np.bool_]:
        """Return which rows have a value in ``column``, shape (papers,)."""
        values = self._table.column(column)
        is_list = pa.types.is_list(values.type)
        lengths = pc.list_value_length(values) if is_list else pc.binary_length(values)
        filled: NDArray[np.bool_] = np.asarray(pc.greater(pc.fill_null(lengths, 0), 0))
        return filled if self._rows is None else filled[self._rows]

    def find(self, name: str) -> int | None:
        """Return the row of the paper with the id ``name``, of any scheme, or None."""
        wanted = name.strip()
        forms = filter(None, (wanted, arxiv_id(wanted), doi(wanted)))
        return next((row for form in forms for row in self.columns.rows_known_as(form)), None)

    def row_of(self, paper: str) -> int | None:
        """Return the row of the paper with the library id ``paper``, or None."""
        return next(
            (row for row in self.columns.rows_known_as(paper) if self.ids[row] == paper), None
        )

    def _column(self, name: str) -> pa.ChunkedArray:
        column = self._table.column(name)
        return column if self._rows is None else column.take(pa.array(self._rows))


def papers_at(papers: Sequence[Paper], rows: Rows) -> Iterable[Paper]:
    """Return the papers of ``rows``, in their order; only some lie in memory at once."""
    if isinstance(papers, PaperTable):
        return papers.take(rows)
    return (papers[row] for row in rows.tolist())


def ids_of(papers: Sequence[Paper]) -> Sequence[str]:
    """Return the library id of each paper."""
    return papers.ids if isinstance(papers, PaperTable) else [paper.id for paper in papers]


def _equal(ours: pa.Array, theirs: pa.Array) -> NDArray[np.bool_]:
    """Return which rows of two columns are equal; Arrow itself does not compare lists."""
    if not pa.types.is_list(ours.type):
        equal: NDArray[np.bool_] = np.asarray(pc.fill_null(pc.equal(ours, theirs), False))
        return equal
    lengths, other_lengths = (
        np.asarray(pc.fill_null(pc.list_value_length(column), -1)) for column in (ours, theirs)
    )
    same: NDArray[np.bool_] = (lengths == other_lengths) & (lengths >= 0)
    rows = np.flatnonzero(same)
    one, two = (pc.list_flatten(column.take(pa.array(rows))) for column in (ours, theirs))
    of_values = np.repeat(rows, lengths[rows])
    same[of_values[~np.asarray(pc.fill_null(pc.equal(one, two), False))]] = False
    return same
