"""Records on disk: papers in an Arrow file, memory-mapped, of which only what is asked is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.columns import Columns, Dates, Digests, Names, Rows, Strings
from explorer.errors import LibraryDamaged
from explorer.paper import Paper, Source, arxiv_id, doi

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
_ROWS_A_BATCH = 10_000
_ROWS_READ = 1_000
_PAPER_FIELDS = tuple(field.name for field in fields(Paper))


class Records(Sequence[Paper]):
    """Papers under their row numbers: those of one generation, or others that lie in a file."""

    def __init__(
        self, table: pa.Table, rows: Rows | None = None, columns: Columns | None = None
    ) -> None:
        """Take the papers of ``table``, or those that stand in its ``rows``, in that order."""
        self._table = table
        self._rows = rows
        self._columns = columns

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> Records:
        """Return ``papers`` as records in memory."""
        return cls(pa.Table.from_batches(_batches(papers), schema=_SCHEMA))

    @classmethod
    def write(cls, papers: Iterable[Paper], path: Path) -> None:
        """Write ``papers`` to ``path`` in their order."""
        with pa.OSFile(str(path), "wb") as sink:
            write_papers(papers, sink)

    @classmethod
    def open(cls, path: Path, columns: Path | None = None) -> Records:
        """Return the papers that were written to ``path``.

        Args:
            columns: where what is asked of all papers at once was written; without it, that is
                made when it is asked for.
        """
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        except (OSError, pa.ArrowInvalid) as error:
            raise LibraryDamaged(f"{path}: the records cannot be read ({error}).") from None
        return cls(table, columns=Columns.open(columns) if columns else None)

    def __len__(self) -> int:
        return int(self._table.num_rows) if self._rows is None else len(self._rows)

    @overload
    def __getitem__(self, row: int) -> Paper: ...
    @overload
    def __getitem__(self, row: slice) -> Records: ...
    def __getitem__(self, row: int | slice) -> Paper | Records:
        if isinstance(row, slice):
            return self.chosen(np.arange(len(self))[row])
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        place = range(len(self))[row] if self._rows is None else int(self._rows[row])
        return _paper(self._table.slice(place, 1).to_pylist()[0])

    def __iter__(self) -> Iterator[Paper]:
        for batch in self.batches():
            yield from (_paper(row) for row in batch.to_pylist())

    def chosen(self, rows: Rows) -> Records:
        """Return the papers of ``rows`` under new row numbers; nothing is copied."""
        return Records(self._table, rows if self._rows is None else self._rows[rows])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all papers in order, some at a time."""
        for start in range(0, len(self), _ROWS_READ):
            if self._rows is None:
                part = self._table.slice(start, _ROWS_READ)
            else:
                part = self._table.take(pa.array(self._rows[start : start + _ROWS_READ]))
            yield from part.to_batches()

    @cached_property
    def columns(self) -> Columns:
        """What is asked of all papers at once."""
        if self._columns is not None:
            return self._columns
        table = self._table.select(Columns.MADE_OF)
        return Columns.made_of(table if self._rows is None else table.take(pa.array(self._rows)))

    @property
    def ids(self) -> Strings:
        """The library's id of each row."""
        return Strings(self._column("id"))

    @property
    def id_ranks(self) -> NDArray[np.int32]:
        """The place of each row's library id among all of them in order."""
        return self.columns.id_ranks

    @property
    def titles(self) -> Strings:
        """The title of each row, as it stood in the digest."""
        return Strings(self._column("title"))

    @property
    def fingerprints(self) -> Strings:
        """The text fingerprint of each row."""
        return Strings(self._column("fingerprint"))

    @property
    def years(self) -> NDArray[np.int32]:
        """The year of each row, from its own date or else its digest's; 0 where unknown."""
        return self.columns.years

    @property
    def dates(self) -> Dates:
        """The EDTF date of each row, with a year or empty: its own, else its digests' latest."""
        return self.columns.dates

    @property
    def digests(self) -> Digests:
        """The rows that were read in each digest, by the digest's name."""
        return self.columns.digests

    def names(self, column: str) -> Names:
        """Return the names in ``column``: authors, venue, categories or keywords."""
        return self.columns.names(column)

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
        return next((row for form in forms for row in self.columns.known_as(form)), None)

    def row_of(self, paper: str) -> int | None:
        """Return the row of the paper whose library id is exactly ``paper``."""
        return next((row for row in self.columns.known_as(paper) if self.ids[row] == paper), None)

    def _column(self, name: str) -> pa.ChunkedArray:
        column = self._table.column(name)
        return column if self._rows is None else column.take(pa.array(self._rows))


def write_papers(papers: Iterable[Paper], sink: Any) -> None:
    """Write ``papers`` to ``sink``, an open file, in their order."""
    with pa.ipc.new_file(sink, _SCHEMA) as writer:
        for batch in _batches(papers):
            writer.write_batch(batch)


def _batches(papers: Iterable[Paper]) -> Iterator[pa.RecordBatch]:
    left = iter(papers)
    while rows := [_row(paper) for paper in islice(left, _ROWS_A_BATCH)]:
        yield pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)


def _row(paper: Paper) -> dict[str, Any]:
    row = {field: getattr(paper, field) for field in _PAPER_FIELDS}
    sources = [asdict(source) for source in paper.sources]
    return row | {"sources": sources, "fingerprint": paper.fingerprint}


def _paper(row: dict[str, Any]) -> Paper:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    fingerprint = values.pop("fingerprint")
    values["sources"] = tuple(Source(**source) for source in row["sources"])
    paper = Paper(**values)
    # Known already: whoever goes through a library need not make its texts readable for it.
    vars(paper)["fingerprint"] = fingerprint
    return paper
