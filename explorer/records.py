"""Records on disk: papers in an Arrow file, memory-mapped, one row read at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.dates import year_of
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
_PAPER_FIELDS = tuple(field.name for field in fields(Paper))


class Records:
    """The papers of one generation, under their row numbers."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @classmethod
    def write(cls, papers: Sequence[Paper], path: Path) -> None:
        """Write ``papers`` to ``path`` in their order."""
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
            for start in range(0, len(papers), _ROWS_A_BATCH):
                rows = [_row(paper) for paper in papers[start : start + _ROWS_A_BATCH]]
                writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=_SCHEMA))

    @classmethod
    def open(cls, path: Path) -> Records:
        """Return the papers that were written to ``path``."""
        try:
            return cls(pa.ipc.open_file(pa.memory_map(str(path))).read_all())
        except (OSError, pa.ArrowInvalid) as error:
            raise LibraryDamaged(f"{path}: the records cannot be read ({error}).") from None

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __getitem__(self, row: int) -> Paper:
        return _paper(self._table.slice(row, 1).to_pylist()[0])

    def __iter__(self) -> Iterator[Paper]:
        for batch in self._table.to_batches():
            yield from (_paper(row) for row in batch.to_pylist())

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The library's id of each row."""
        return tuple(self._table.column("id").to_pylist())

    @property
    def titles(self) -> list[str]:
        """The title of each row, as it stood in the digest."""
        return list(self._table.column("title").to_pylist())

    def titles_of(self, rows: NDArray[np.int64]) -> list[str]:
        """The titles of ``rows``, in their order."""
        return list(self._table.column("title").take(pa.array(rows)).to_pylist())

    @property
    def fingerprints(self) -> list[str]:
        """The text fingerprint of each row."""
        return list(self._table.column("fingerprint").to_pylist())

    def names(self, column: str) -> list[tuple[str, ...]]:
        """The names in ``column`` of each row: authors, venue, categories or keywords."""
        values = self._table.column(column).to_pylist()
        return [tuple(v) if isinstance(v, list) else ((v,) if v else ()) for v in values]

    def having(self, column: str) -> NDArray[np.bool_]:
        """Which rows have anything in ``column``; shape (papers,)."""
        values = self._table.column(column)
        is_list = pa.types.is_list(values.type)
        lengths = pc.list_value_length(values) if is_list else pc.utf8_length(values)
        found: NDArray[np.bool_] = np.asarray(pc.greater(pc.fill_null(lengths, 0), 0))
        return found

    @cached_property
    def years(self) -> NDArray[np.int32]:
        """The year of each row, from its own date or else its digest's; 0 where unknown."""
        own = self._table.column("date").to_pylist()
        sources = self._table.column("sources").to_pylist()
        return np.array(
            [
                year_of(date) or next((y for s in read if (y := year_of(s["date"]))), 0)
                for date, read in zip(own, sources, strict=True)
            ],
            dtype=np.int32,
        )

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """The EDTF date of each row, with a year or empty: its own, else its digests' latest."""
        sources = self._table.column("sources")
        rows = pc.list_parent_indices(sources).to_pylist()
        read = pc.struct_field(pc.list_flatten(sources), "date").to_pylist()
        dates = [own if year_of(own) else "" for own in self._table.column("date").to_pylist()]
        of_digests: dict[int, str] = {}
        for row, date in zip(rows, read, strict=True):
            if not dates[row] and year_of(date):
                of_digests[row] = max(date, of_digests.get(row, ""))
        for row, date in of_digests.items():
            dates[row] = date
        return tuple(dates)

    @cached_property
    def digests(self) -> dict[str, NDArray[np.int64]]:
        """The rows that were read in each digest, by the digest's name."""
        rows: dict[str, list[int]] = {}
        for row, read in enumerate(self._table.column("sources").to_pylist()):
            for name in dict.fromkeys(source["digest"] for source in read):
                rows.setdefault(name, []).append(row)
        return {name: np.array(found, dtype=np.int64) for name, found in sorted(rows.items())}

    @cached_property
    def _rows_by_id(self) -> dict[str, int]:
        rows: dict[str, int] = {}

        def enter(names: Iterable[str], row: int) -> None:
            for name in filter(None, names):
                rows.setdefault(name.lower(), row)

        # Column by column: what a digest calls one paper must not hide the id of another.
        for column in ("id", "arxiv", "doi"):
            for row, name in enumerate(self._table.column(column).to_pylist()):
                enter([name], row)
        others = self._table.column("other_ids").to_pylist()
        for row, names in enumerate(others):
            enter(names, row)
        for row, names in enumerate(others):
            enter((name.partition(":")[2] for name in names), row)
        return rows

    def find(self, name: str) -> int | None:
        """Return the row of the paper that goes by ``name``, whatever the scheme."""
        wanted = name.strip()
        for form in (wanted.lower(), arxiv_id(wanted), doi(wanted)):
            if form and form in self._rows_by_id:
                return self._rows_by_id[form]
        return None


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
