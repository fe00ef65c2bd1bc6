"""What is asked of all papers at once: years, dates, digests, names, ids.

Made once from the records and stored beside them as arrays, which are memory-mapped: a filter, an
order or a look-up by id touches what it needs, and no text is read for it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, SupportsIndex, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.errors import LibraryDamaged
from explorer.papers.dates import year_of
from explorer.papers.paper import title_key

_TEXT = pa.large_string()
_NAMED = ("authors", "venue", "categories", "keywords")
"""Columns of names."""
_WORDED_AT_ONCE = 100_000
_READ_AT_ONCE = 10_000


class TextColumn(Sequence[str]):
    """Texts in an Arrow column; each is read when it is asked for."""

    def __init__(self, column: pa.ChunkedArray | pa.Array) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, place: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> TextColumn: ...
    def __getitem__(self, place: SupportsIndex | slice) -> str | TextColumn:
        if isinstance(place, slice):
            return TextColumn(self._column[place])
        return str(self._column[place.__index__()].as_py())

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _READ_AT_ONCE):
            yield from self._column.slice(start, _READ_AT_ONCE).to_pylist()

    def take(self, rows: Rows) -> list[str]:
        """Return the texts of ``rows``, in their order."""
        return [self[row] for row in rows.tolist()]

    def rows_equal_to(self, text: str) -> list[int]:
        """Return the rows whose text is exactly ``text``, in order."""
        return list(np.flatnonzero(np.asarray(pc.equal(self._column, text))).tolist())


@dataclass(frozen=True, eq=False)
class DateColumn(Sequence[str]):
    """The EDTF date of each row, with a year or empty: its own, else its digests' latest."""

    distinct: tuple[str, ...]
    """In order."""
    ranks: NDArray[np.int32]
    """The place of each row's date in ``distinct``: the later the date, the higher."""

    def __len__(self) -> int:
        return len(self.ranks)

    @overload
    def __getitem__(self, place: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> DateColumn: ...
    def __getitem__(self, place: SupportsIndex | slice) -> str | DateColumn:
        if isinstance(place, slice):
            return DateColumn(self.distinct, self.ranks[place])
        return self.distinct[int(self.ranks[place])]


@dataclass(frozen=True, eq=False)
class DigestIndex(Mapping[str, Rows]):
    """The rows that were read in each digest, by the digest's name, in order."""

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    """Where each digest's rows begin in ``rows``, and where the last one's end."""
    rows: NDArray[np.int32]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def __getitem__(self, name: str) -> Rows:
        place = self._places[name]
        return self.rows[self.starts[place] : self.starts[place + 1]].astype(np.int64)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def counts(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many of the ``chosen`` rows, shape (papers,), were read in each digest."""
        return _counts(chosen, self.starts, self.rows)


@dataclass(frozen=True, eq=False)
class NameIndex:
    """The names in one column, each distinct one once, with the rows that it stands in."""

    names: TextColumn
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    words: TextColumn
    """The distinct words of all names in order, case and accents apart."""
    word_starts: NDArray[np.int64]
    word_names: NDArray[np.int32]
    """The places of the names that have a word, for each word in turn."""

    def rows_with_words(self, words: Sequence[str]) -> Rows:
        """Return the rows with a name that has all ``words``; with any name if there are none."""
        if not words:
            return np.unique(self.rows).astype(np.int64)
        found = self._names_with(words[0])
        for word in words[1:]:
            found = np.intersect1d(found, self._names_with(word), assume_unique=True)
        parts = [self.rows[self.starts[n] : self.starts[n + 1]] for n in found.tolist()]
        return np.unique(np.concatenate([self.rows[:0], *parts])).astype(np.int64)

    def _names_with(self, word: str) -> NDArray[np.int32]:
        place = bisect_left(self.words, word)
        if place == len(self.words) or self.words[place] != word:
            return np.empty(0, dtype=np.int32)
        return self.word_names[self.word_starts[place] : self.word_starts[place + 1]]

    def counts(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return in how many of the ``chosen`` rows, shape (papers,), each name stands."""
        return _counts(chosen, self.starts, self.rows)


class ColumnIndex:
    """The arrays of one generation's papers."""

    SOURCE_COLUMNS = ("id", "arxiv", "doi", "other_ids", "date", "sources", *_NAMED)
    """The columns of records that they are made of."""

    def __init__(self, arrays: Mapping[str, pa.Array]) -> None:
        self._arrays = arrays

    @classmethod
    def from_table(cls, table: pa.Table) -> ColumnIndex:
        """Return the arrays of the papers in ``table`` (see :mod:`explorer.papers.table`)."""
        rows, names = _ids(table)
        arrays = {"known": names, "known.rows": rows, "ids.ranks": _ranks(table.column("id"))}
        arrays |= _dates(table)
        arrays |= _digests(table)
        for column in _NAMED:
            arrays |= _names(table, column)
        return cls(arrays)

    @classmethod
    def open(cls, path: Path) -> ColumnIndex:
        """Return the arrays that were written to ``path``."""
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            return cls({name: table.column(name).chunk(0).values for name in table.column_names})
        except (OSError, pa.ArrowInvalid, IndexError) as error:
            raise LibraryDamaged(f"cannot be read ({error}).", path=path) from None

    def write(self, path: Path) -> None:
        """Write the arrays to ``path``: a table of one row, whose lists are as long as they are."""
        lists = {
            name: pa.LargeListArray.from_arrays(pa.array([0, len(array)], type=pa.int64()), array)
            for name, array in self._arrays.items()
        }
        table = pa.table(lists)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)

    @cached_property
    def id_ranks(self) -> NDArray[np.int32]:
        """The place of each row's library id among all of them in order."""
        return self._numbers("ids.ranks")

    @cached_property
    def years(self) -> NDArray[np.int32]:
        """The year of each row, from its own date or else its digest's; 0 where unknown."""
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
        """Return the names in ``column``: authors, venue, categories or keywords."""
        return NameIndex(
            TextColumn(self._arrays[column]),
            self._numbers(f"{column}.starts"),
            self._numbers(f"{column}.rows"),
            TextColumn(self._arrays[f"{column}.words"]),
            self._numbers(f"{column}.words.starts"),
            self._numbers(f"{column}.words.names"),
        )

    def rows_known_as(self, name: str) -> Iterator[int]:
        """Yield the rows of papers that go by ``name``, case apart, the surest first."""
        known, rows = TextColumn(self._arrays["known"]), self._numbers("known.rows")
        try:
            wanted = pc.utf8_lower(pa.scalar(name)).as_py()
        except UnicodeEncodeError:  # half a character is in no name
            return
        for place in range(bisect_left(known, wanted), len(known)):
            if known[place] != wanted:
                return
            yield int(rows[place])

    def _numbers(self, name: str) -> NDArray[Any]:
        numbers: NDArray[Any] = self._arrays[name].to_numpy(zero_copy_only=True)
        return numbers


def _ids(table: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return rows and lower-case names of all ids, by name; the surest first of equal names."""
    every = np.arange(table.num_rows, dtype=np.int32)
    others = table.column("other_ids")
    of_others = np.repeat(every, _lengths(others))
    flat = pc.list_flatten(others)
    with_scheme = np.asarray(pc.match_substring(flat, ":"), dtype=bool)
    bare = pc.list_element(
        pc.split_pattern(flat.filter(pa.array(with_scheme)), ":", max_splits=1), 1
    )
    # Column by column: what a digest calls one paper must not hide the id of another.
    parts = [(every, table.column(name)) for name in ("id", "arxiv", "doi")]
    parts += [(of_others, flat), (of_others[with_scheme], bare)]
    rows = np.concatenate([rows for rows, _ in parts])
    names = _whole(pa.chunked_array([c for _, column in parts for c in _chunks(column)], _TEXT))
    lengths = np.asarray(pc.fill_null(pc.binary_length(names), 0))
    there = pa.array(np.flatnonzero(lengths > 0))
    rows, names = rows[there.to_numpy()], pc.utf8_lower(names.take(there))
    order = pc.sort_indices(names)  # stable
    return pa.array(rows[order.to_numpy()]), names.take(order)


def _ranks(ids: pa.ChunkedArray) -> pa.Array:
    ranks = np.empty(len(ids), dtype=np.int32)
    ranks[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids), dtype=np.int32)
    return pa.array(ranks)


def _dates(table: pa.Table) -> dict[str, pa.Array]:
    own, own_values = _coded(table.column("date"))
    sources = table.column("sources")
    of_source, source_values = _coded(pc.struct_field(pc.list_flatten(sources), "date"))
    distinct = sorted({"", *own_values, *source_values})
    place = {value: rank for rank, value in enumerate(distinct)}
    years = np.array([year_of(value) or 0 for value in distinct], dtype=np.int32)
    own_ranks = np.array([place[value] for value in own_values], dtype=np.int32)[own]
    source_ranks = np.array([place[value] for value in source_values], dtype=np.int32)[of_source]
    parents = np.repeat(np.arange(table.num_rows), _lengths(sources))
    told = np.flatnonzero(years[source_ranks] > 0)
    latest = np.zeros(table.num_rows, dtype=np.int32)
    np.maximum.at(latest, parents[told], source_ranks[told])
    first = np.zeros(table.num_rows, dtype=np.int32)
    first[parents[told][::-1]] = years[source_ranks[told]][::-1]
    of_own = years[own_ranks]
    return {
        "years": pa.array(np.where(of_own > 0, of_own, first)),
        "dates": pa.array(distinct, type=_TEXT),
        "dates.ranks": pa.array(np.where(of_own > 0, own_ranks, latest)),
    }


def _digests(table: pa.Table) -> dict[str, pa.Array]:
    sources = table.column("sources")
    codes, values = _coded(pc.struct_field(pc.list_flatten(sources), "digest"))
    names = sorted(values)
    place = {name: rank for rank, name in enumerate(names)}
    ranks = np.array([place[value] for value in values], dtype=np.int64)[codes]
    parents = np.repeat(np.arange(table.num_rows), _lengths(sources))
    pairs = np.unique(ranks * max(table.num_rows, 1) + parents)
    of, rows = np.divmod(pairs, max(table.num_rows, 1))
    return {
        "digests": pa.array(names, type=_TEXT),
        "digests.starts": pa.array(_starts(of, len(names))),
        "digests.rows": pa.array(rows.astype(np.int32)),
    }


def _names(table: pa.Table, column: str) -> dict[str, pa.Array]:
    values = table.column(column)
    if pa.types.is_list(values.type):
        rows = np.repeat(np.arange(table.num_rows, dtype=np.int32), _lengths(values))
        values = pc.list_flatten(values)
    else:
        there = np.flatnonzero(np.asarray(pc.fill_null(pc.binary_length(values), 0)) > 0)
        rows, values = there.astype(np.int32), values.take(pa.array(there))
    codes, distinct = _coded(values)
    order = np.argsort(codes, kind="stable")
    words, of_words, word_names = _words(distinct)
    return {
        column: pa.array(distinct, type=_TEXT),
        f"{column}.starts": pa.array(_starts(codes[order], len(distinct))),
        f"{column}.rows": pa.array(rows[order]),
        f"{column}.words": words,
        f"{column}.words.starts": pa.array(_starts(of_words, len(words))),
        f"{column}.words.names": pa.array(word_names),
    }


def _words(names: Sequence[str]) -> tuple[pa.Array, NDArray[np.int64], NDArray[np.int32]]:
    """Return the words of ``names`` in order; which of them stands in which name, by word."""
    keys: list[pa.Array] = [pa.array([], type=_TEXT)]
    counts: list[int] = []
    for start in range(0, len(names), _WORDED_AT_ONCE):
        of_names = [set(title_key(name).split()) for name in names[start : start + _WORDED_AT_ONCE]]
        counts += map(len, of_names)
        keys.append(pa.array([word for own in of_names for word in sorted(own)], type=_TEXT))
    codes, distinct = _coded(pa.chunked_array(keys))
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[order] = np.arange(len(distinct))
    of = rank[codes]
    in_order = np.argsort(of, kind="stable")
    which = np.repeat(np.arange(len(names), dtype=np.int32), counts)
    words = pa.array([distinct[place] for place in order], type=_TEXT)
    return words, of[in_order], which[in_order]


def _coded(values: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Return the place of each value among the distinct ones, and those; nothing is ``""``."""
    encoded = pc.dictionary_encode(pc.fill_null(values.cast(_TEXT), "")).unify_dictionaries()
    codes = [np.asarray(chunk.indices) for chunk in encoded.chunks]
    distinct = encoded.chunk(0).dictionary.to_pylist() if encoded.num_chunks else []
    return np.concatenate([np.empty(0, dtype=np.int64), *codes]), list(distinct)


def _lengths(lists: pa.ChunkedArray) -> NDArray[np.int32]:
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0))


def _chunks(column: pa.ChunkedArray) -> list[pa.Array]:
    return list(column.cast(_TEXT).chunks)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays([pa.array([], type=column.type), *column.chunks])


def _starts(of: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return where each of ``size`` numbers begins in ``of``, which is in order, and the end."""
    return np.searchsorted(of, np.arange(size + 1)).astype(np.int64)


def _counts(
    chosen: NDArray[np.bool_], starts: NDArray[np.int64], rows: NDArray[np.int32]
) -> NDArray[np.int64]:
    before = np.concatenate([[0], np.cumsum(chosen[rows])])
    return np.diff(before[starts])
