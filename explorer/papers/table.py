"""Records on disk: papers in an Arrow file, memory-mapped, of which only what is asked is read."""

from __future__ import annotations

import mmap
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.errors import LibraryDamaged
from explorer.papers.column_index import ColumnIndex, DateColumn, DigestIndex, NameIndex, TextColumn
from explorer.papers.paper import Paper, Source, arxiv_id, doi

_TEXT = pa.large_string()
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", _TEXT),
        ("abstract", _TEXT),
        ("authors", pa.list_(pa.string())),
        ("date", pa.string()),
        ("venue", pa.string()),
        ("arxiv", pa.string()),
        ("doi", pa.string()),
        ("other_ids", pa.list_(pa.string())),
        ("url", pa.string()),
        ("categories", pa.list_(pa.string())),
        ("keywords", pa.list_(pa.string())),
        ("summary", _TEXT),
        (
            "sources",
            pa.list_(
                pa.struct(
                    [
                        ("digest", pa.string()),
                        ("line", pa.int64()),
                        ("date", pa.string()),
                        ("seen", pa.string()),
                    ]
                )
            ),
        ),
        ("fingerprint", pa.string()),
    ]
)
_ROWS_A_BATCH = 2_500
"""Rows that are stored together."""
_ROWS_AT_ONCE = 1_000
"""Papers that lie in memory at once while they are written or gone through."""
_READ_BEFORE_RELEASE = 10
"""Papers that are read one by one from a mapped file before its memory is given back: each holds
megabytes of it, since the system maps what lies about its fields."""
_SOURCE_FIELDS = tuple(field.name for field in fields(Source))
_PAPER_FIELDS = tuple(field.name for field in fields(Paper))


class PaperTable(Sequence[Paper]):
    """Papers under their row numbers: those of one generation, or others that lie in a file."""

    def __init__(
        self, table: pa.Table, rows: Rows | None = None, columns: ColumnIndex | None = None
    ) -> None:
        """Take the papers of ``table``, or those that stand in its ``rows``, in that order."""
        self._table = table
        self._rows = rows
        self._columns = columns
        self._begins_with: pa.Table | None = None
        """Where ``table`` was put together, the table that its first rows are of."""
        self._mapped: mmap.mmap | None = None
        self._read = 0

    @classmethod
    def from_papers(cls, papers: Iterable[Paper]) -> PaperTable:
        """Return ``papers`` as records in memory."""
        return cls(pa.Table.from_batches(_batches(papers), schema=_SCHEMA))

    @classmethod
    def concatenate(cls, *parts: PaperTable) -> PaperTable:
        """Return the papers of several records, one after another; nothing is copied."""
        tables = [part._table.select(_SCHEMA.names).cast(_SCHEMA) for part in parts]
        sizes = np.cumsum([0, *(table.num_rows for table in tables)])
        rows = [
            start + (np.arange(len(part)) if part._rows is None else part._rows)
            for start, part in zip(sizes, parts, strict=False)
        ]
        records = cls(pa.concat_tables(tables), np.concatenate(rows))
        records._begins_with = parts[0]._table
        return records

    @classmethod
    def write(cls, papers: Iterable[Paper], path: Path) -> None:
        """Write ``papers`` to ``path`` in their order."""
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
            records = papers if isinstance(papers, PaperTable) else cls.from_papers(papers)
            for batch in records.batches():
                writer.write_batch(batch)

    @classmethod
    def open(cls, path: Path, columns: Path | None = None) -> PaperTable:
        """Return the papers that were written to ``path``.

        Args:
            columns: where what is asked of all papers at once was written; without it, that is
                made when it is asked for.
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
        """Return the papers that were written to ``file``, which may be closed meanwhile.

        Raises:
            OSError, ValueError, pa.ArrowInvalid: they cannot be read.
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
        place = range(len(self))[row] if self._rows is None else int(self._rows[row])
        which = int(np.searchsorted(self._begins, place, side="right")) - 1
        batch = self._batches[which].slice(place - int(self._begins[which]), 1)
        paper = _paper(batch.to_pylist()[0])
        self._read += 1
        if self._read % _READ_BEFORE_RELEASE == 0:
            self._release()
        return paper

    def _release(self) -> None:
        """Give back the memory that holds what was read; it is read anew where it is asked for.

        A paper is in as many places of the file as it has fields, and the system maps what lies
        about each. It stays in the system's cache of files.
        """
        if self._mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    @cached_property
    def _batches(self) -> list[pa.RecordBatch]:
        return list(self._table.to_batches())

    @cached_property
    def _begins(self) -> Rows:
        """The first row of each batch."""
        return np.cumsum([0, *(batch.num_rows for batch in self._batches)])[:-1]

    def __iter__(self) -> Iterator[Paper]:
        for batch in self.batches():
            for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                yield from map(_paper, batch.slice(start, _ROWS_AT_ONCE).to_pylist())

    def take(self, rows: Rows) -> PaperTable:
        """Return the papers of ``rows`` under new row numbers; nothing is copied."""
        chosen = PaperTable(self._table, rows if self._rows is None else self._rows[rows])
        chosen._begins_with = self._begins_with
        return chosen

    def select(self, *fields: str) -> PaperTable:
        """Return the same papers with nothing but ``fields``; to read all takes long."""
        return PaperTable(self._table.select(fields), self._rows)

    def same_rows_as(self, other: PaperTable, theirs: Rows, ours: Rows) -> NDArray[np.bool_]:
        """Return where row ``ours`` here is row ``theirs`` of ``other`` itself, not another's."""
        if self is other:
            return np.equal(ours, theirs)
        if self._begins_with is not other._table or self._rows is None or other._rows is not None:
            return np.zeros(len(theirs), dtype=bool)
        same: NDArray[np.bool_] = self._rows[ours] == theirs
        return same

    def equal_rows(self, other: PaperTable, fields: Sequence[str]) -> NDArray[np.bool_]:
        """Return which rows are as those of ``other``, row by row of as many, in ``fields``.

        What is nowhere told agrees with nothing.
        """
        ours, theirs = (
            PaperTable(records._table.select(fields), records._rows) for records in (self, other)
        )
        parts = [
            np.logical_and.reduce([_equal(one[field], two[field]) for field in fields])
            for one, two in zip(ours.batches(), theirs.batches(), strict=True)
        ]
        found: NDArray[np.bool_] = np.concatenate([np.empty(0, dtype=bool), *parts])
        return found

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all papers in order, so many at a time, each time in one piece."""
        for start in range(0, len(self), _ROWS_A_BATCH):
            if self._rows is None:
                part = self._table.slice(start, _ROWS_A_BATCH).combine_chunks()
            else:
                part = self._gathered(self._rows[start : start + _ROWS_A_BATCH])
            yield from part.to_batches()

    def _gathered(self, rows: Rows) -> pa.Table:
        """Return some rows of the table; Arrow's own way copies the whole table first."""
        which = np.searchsorted(self._begins, rows, side="right") - 1
        order = np.argsort(which, kind="stable")
        ends = np.flatnonzero(np.diff(which[order], append=-1)) + 1
        parts = []
        for start, end in pairwise([0, *ends.tolist()]):
            batch = int(which[order[start]])
            places = rows[order[start:end]] - self._begins[batch]
            parts.append(self._batches[batch].take(pa.array(places)))
        back = np.empty(len(rows), dtype=np.int64)
        back[order] = np.arange(len(rows))
        return pa.Table.from_batches(parts, self._table.schema).combine_chunks().take(back)

    @cached_property
    def columns(self) -> ColumnIndex:
        """What is asked of all papers at once."""
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
        """The names of all digests that papers were read in."""
        digests = pc.struct_field(pc.list_flatten(self._column("sources")), "digest")
        return frozenset(pc.unique(digests).to_pylist())

    def undated_rows(self) -> Rows:
        """Return the rows with a source of which nobody knows when it was first seen."""
        return self._with_source("seen", "")

    def rows_from_digest(self, digest: str) -> Rows:
        """Return the rows of the papers that were read in the digest of this name."""
        return self._with_source("digest", digest)

    def _with_source(self, field: str, value: str) -> Rows:
        """Return the rows with a source whose ``field`` is ``value``; nothing told is empty."""
        sources = self._column("sources")
        told = pc.fill_null(pc.struct_field(pc.list_flatten(sources), field), "")
        lengths = np.asarray(pc.fill_null(pc.list_value_length(sources), 0))
        is_it = np.asarray(pc.equal(told, value))
        return np.unique(np.repeat(np.arange(len(self)), lengths)[is_it])

    @property
    def ids(self) -> TextColumn:
        """The library's id of each row."""
        return TextColumn(self._column("id"))

    @property
    def id_ranks(self) -> NDArray[np.int32]:
        """The place of each row's library id among all of them in order."""
        return self.columns.id_ranks

    @property
    def titles(self) -> TextColumn:
        """The title of each row, as it stood in the digest."""
        return TextColumn(self._column("title"))

    @property
    def fingerprints(self) -> TextColumn:
        """The text fingerprint of each row."""
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
        """The rows that were read in each digest, by the digest's name."""
        return self.columns.digests

    def name_index(self, column: str) -> NameIndex:
        """Return the names in ``column``: authors, venue, categories or keywords."""
        return self.columns.name_index(column)

    def having(self, column: str) -> NDArray[np.bool_]:
        """Which rows have anything in ``column``; shape (papers,)."""
        values = self._table.column(column)
        is_list = pa.types.is_list(values.type)
        lengths = pc.list_value_length(values) if is_list else pc.binary_length(values)
        found: NDArray[np.bool_] = np.asarray(pc.greater(pc.fill_null(lengths, 0), 0))
        return found if self._rows is None else found[self._rows]

    def find(self, name: str) -> int | None:
        """Return the row of the paper that goes by ``name``, whatever the scheme."""
        wanted = name.strip()
        forms = filter(None, (wanted, arxiv_id(wanted), doi(wanted)))
        return next((row for form in forms for row in self.columns.rows_known_as(form)), None)

    def row_of(self, paper: str) -> int | None:
        """Return the row of the paper whose library id is exactly ``paper``."""
        return next(
            (row for row in self.columns.rows_known_as(paper) if self.ids[row] == paper), None
        )

    def _column(self, name: str) -> pa.ChunkedArray:
        column = self._table.column(name)
        return column if self._rows is None else column.take(pa.array(self._rows))


class PaperWriter:
    """Writes papers to an open file, one by one; readable once it is closed."""

    def __init__(self, file: Any, *, fingerprints: bool) -> None:
        """Begin; ``fingerprints``, which take long to make, are needed or may be left out."""
        self._fingerprints = fingerprints
        self._writer = pa.ipc.new_file(pa.PythonFile(file, mode="w"), _SCHEMA)
        self._waiting: list[dict[str, Any]] = []

    def add(self, paper: Paper) -> None:
        self._waiting.append(_row(paper, paper.fingerprint if self._fingerprints else ""))
        if len(self._waiting) == _ROWS_AT_ONCE:
            self._write()

    def close(self) -> None:
        self._write()
        self._writer.close()

    def _write(self) -> None:
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._waiting, schema=_SCHEMA))
        self._waiting = []


class TextsByFingerprint(Mapping[str, str]):
    """What is embedded of papers, by fingerprint; read when it is asked for."""

    def __init__(self, papers: PaperTable, rows: Rows) -> None:
        """Take the texts of the papers in ``rows``."""
        self._papers = papers.take(rows)
        names = self._papers.fingerprints
        self._places = {name: place for place, name in enumerate(names)}

    def __getitem__(self, fingerprint: str) -> str:
        return self._papers[self._places[fingerprint]].text

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def items(self) -> ItemsView[str, str]:
        return _Items(self)

    def in_order(self) -> Iterator[tuple[str, str]]:
        """Yield all fingerprints and texts; only some of them lie in memory at once."""
        for paper in self._papers:
            yield paper.fingerprint, paper.text


class _Items(ItemsView[str, str]):
    def __init__(self, texts: TextsByFingerprint) -> None:
        super().__init__(texts)
        self._texts = texts

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return self._texts.in_order()


def unchanged_rows(
    before: Sequence[Paper], papers: Sequence[Paper], moved: Rows, fields: Sequence[str]
) -> NDArray[np.bool_]:
    """Return which of the papers of ``before`` say now what they said, shape (papers before,).

    Args:
        moved: the row of each in ``papers``, -1 where it is gone.
        fields: the fields that are compared.
    """
    same = moved >= 0
    unsure = np.flatnonzero(same)
    if isinstance(before, PaperTable) and isinstance(papers, PaperTable):
        unsure = unsure[~papers.same_rows_as(before, unsure, moved[unsure])]
        was, now = before.take(unsure), papers.take(moved[unsure])
        same[unsure] = was.equal_rows(now, fields)
        return same
    for row, old, new in zip(
        unsure.tolist(), papers_at(before, unsure), papers_at(papers, moved[unsure]), strict=True
    ):
        same[row] = old is new or all(getattr(old, f) == getattr(new, f) for f in fields)
    return same


def papers_at(papers: Sequence[Paper], rows: Rows) -> Iterable[Paper]:
    """Return the papers of ``rows``, in their order; only some of them lie in memory at once."""
    if isinstance(papers, PaperTable):
        return papers.take(rows)
    return (papers[row] for row in rows.tolist())


def ids_of(papers: Sequence[Paper]) -> Sequence[str]:
    """Return the library's id of each paper."""
    return papers.ids if isinstance(papers, PaperTable) else [paper.id for paper in papers]


def _equal(ours: pa.Array, theirs: pa.Array) -> NDArray[np.bool_]:
    """Return where two columns are equal; Arrow itself does not compare lists."""
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


def _batches(papers: Iterable[Paper]) -> Iterator[pa.RecordBatch]:
    left = iter(papers)
    while rows := [_row(paper, paper.fingerprint) for paper in islice(left, _ROWS_AT_ONCE)]:
        yield pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)


def _row(paper: Paper, fingerprint: str) -> dict[str, Any]:
    row = {field: getattr(paper, field) for field in _PAPER_FIELDS}
    sources = [{name: getattr(s, name) for name in _SOURCE_FIELDS} for s in paper.sources]
    return row | {"sources": sources, "fingerprint": fingerprint}


def _paper(row: dict[str, Any]) -> Paper:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    fingerprint = values.pop("fingerprint", "")
    if "sources" in row:
        values["sources"] = tuple(Source(**source) for source in row["sources"])
    paper = Paper(**values)
    if fingerprint:  # whoever goes through a library need not make its texts readable for it
        vars(paper)["fingerprint"] = fingerprint
    return paper
