"""Column index: years, dates, digests, names and ids of all papers.

Made once from the records and stored beside them as arrays, which are memory-mapped: a filter, an
order or a look-up by id reads the arrays it needs and no paper.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.errors import LibraryDamaged
from explorer.papers.column_arrays import (
    NAME_COLUMNS,
    date_arrays,
    digest_arrays,
    id_arrays,
    name_arrays,
    rank_array,
)
from explorer.papers.columns import DateColumn, DigestIndex, NameIndex, TextColumn


class ColumnIndex:
    """Arrays over the papers of one generation."""

    SOURCE_COLUMNS = ("id", "arxiv", "doi", "other_ids", "date", "sources", *NAME_COLUMNS)
    """Columns of the papers that the arrays are made from."""

    def __init__(self, arrays: Mapping[str, pa.Array]) -> None:
        self._arrays = arrays

    @classmethod
    def from_table(cls, table: pa.Table) -> ColumnIndex:
        """Return the index of the papers in ``table`` (see :mod:`explorer.papers.table`)."""
        rows, names = id_arrays(table)
        arrays = {"known": names, "known.rows": rows, "ids.ranks": rank_array(table.column("id"))}
        arrays |= date_arrays(table)
        arrays |= digest_arrays(table)
        for column in NAME_COLUMNS:
            arrays |= name_arrays(table, column)
        return cls(arrays)

    @classmethod
    def open(cls, path: Path) -> ColumnIndex:
        """Return the index in the file at ``path``.

        Raises:
            LibraryDamaged: the file cannot be read.
        """
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            return cls({name: table.column(name).chunk(0).values for name in table.column_names})
        except (OSError, pa.ArrowInvalid, IndexError) as error:
            raise LibraryDamaged(f"cannot be read ({error}).", path=path) from None

    def write(self, path: Path) -> None:
        """Write the arrays to ``path``: a table of one row, one list per array."""
        lists = {
            name: pa.LargeListArray.from_arrays(pa.array([0, len(array)], type=pa.int64()), array)
            for name, array in self._arrays.items()
        }
        table = pa.table(lists)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)

    @cached_property
    def id_ranks(self) -> NDArray[np.int32]:
        """Rank of each row's library id in alphabetical order."""
        return self._numbers("ids.ranks")

    @cached_property
    def years(self) -> NDArray[np.int32]:
        """Year of each row, from its own date or else its digest's; 0 if unknown."""
        return self._numbers("years")

    @cached_property
    def dates(self) -> DateColumn:
        return DateColumn(tuple(self._arrays["dates"].to_pylist()), self._numbers("dates.ranks"))

    @cached_property
    def digests(self) -> DigestIndex:
        return DigestIndex(
            tuple(self._arrays["digests"].to_pylist()),
            self._numbers("digests.starts"),
            self._numbers("digests.rows"),
        )

    def name_index(self, column: str) -> NameIndex:
        """Return the index of ``column``: authors, venue, categories or keywords."""
        return index_of_names(self._arrays, column)

    def rows_known_as(self, name: str) -> Iterator[int]:
        """Yield the rows of papers with the id ``name``, ignoring case, most reliable first."""
        known, rows = TextColumn(self._arrays["known"]), self._numbers("known.rows")
        try:
            key = pc.utf8_lower(pa.scalar(name)).as_py()
        except UnicodeEncodeError:  # half a surrogate pair is in no id
            return
        for index in range(bisect_left(known, key), len(known)):
            if known[index] != key:
                return
            yield int(rows[index])

    def _numbers(self, name: str) -> NDArray[Any]:
        return _numbers_in(self._arrays, name)


def index_of_names(arrays: Mapping[str, pa.Array], column: str) -> NameIndex:
    """Return the index of names that is in ``arrays`` (:mod:`explorer.papers.column_arrays`)."""
    return NameIndex(
        TextColumn(arrays[column]),
        _numbers_in(arrays, f"{column}.starts"),
        _numbers_in(arrays, f"{column}.rows"),
        TextColumn(arrays[f"{column}.words"]),
        _numbers_in(arrays, f"{column}.words.starts"),
        _numbers_in(arrays, f"{column}.words.names"),
    )


def _numbers_in(arrays: Mapping[str, pa.Array], name: str) -> NDArray[Any]:
    # `to_numpy` would import pandas, which takes half a second.
    numbers: NDArray[Any] = np.from_dlpack(arrays[name])
    return numbers
