"""Columns of all papers that are read on demand: texts, dates, digests, names."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import SupportsIndex, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.arrays import Rows

_TEXTS_AT_ONCE = 10_000


class TextColumn(Sequence[str]):
    """Texts in an Arrow column; each is read on access."""

    def __init__(self, column: pa.ChunkedArray | pa.Array) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, index: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> TextColumn: ...
    def __getitem__(self, index: SupportsIndex | slice) -> str | TextColumn:
        if isinstance(index, slice):
            return TextColumn(self._column[index])
        return str(self._column[index.__index__()].as_py())

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _TEXTS_AT_ONCE):
            yield from self._column.slice(start, _TEXTS_AT_ONCE).to_pylist()

    def take(self, rows: Rows) -> list[str]:
        """Return the texts of ``rows``, in their order."""
        if isinstance(self._column, pa.Array):
            return list(self._column.take(pa.array(rows)).to_pylist())
        return [self[row] for row in rows.tolist()]  # chunks would be joined first

    def rows_equal_to(self, text: str) -> list[int]:
        """Return the rows whose text is exactly ``text``, in order."""
        return list(np.flatnonzero(np.asarray(pc.equal(self._column, text))).tolist())


@dataclass(frozen=True, eq=False)
class DateColumn(Sequence[str]):
    """EDTF date of each row, with a year or empty: its own, else its digests' latest."""

    distinct: tuple[str, ...]
    """In chronological order."""
    ranks: NDArray[np.int32]
    """Index of each row's date in ``distinct``: the later the date, the higher."""

    def __len__(self) -> int:
        return len(self.ranks)

    @overload
    def __getitem__(self, index: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> DateColumn: ...
    def __getitem__(self, index: SupportsIndex | slice) -> str | DateColumn:
        if isinstance(index, slice):
            return DateColumn(self.distinct, self.ranks[index])
        return self.distinct[int(self.ranks[index])]


@dataclass(frozen=True, eq=False)
class DigestIndex(Mapping[str, Rows]):
    """Rows of each digest, by the digest's name, in order."""

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    """Start of each digest's rows in ``rows``, and the end of the last one's."""
    rows: NDArray[np.int32]

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    def __getitem__(self, name: str) -> Rows:
        index = self._indices[name]
        return self.rows[self.starts[index] : self.starts[index + 1]].astype(np.int64)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def counts(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the number of ``chosen`` rows, a mask of shape (papers,), in each digest."""
        return _counts(chosen, self.starts, self.rows)


@dataclass(frozen=True, eq=False)
class NameIndex:
    """Inverted index of one column of names: distinct names, and the rows of each."""

    names: TextColumn
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    words: TextColumn
    """Distinct words of all names in order, case and accents folded."""
    word_starts: NDArray[np.int64]
    word_names: NDArray[np.int32]
    """Indices of the names that contain a word, for each word in turn."""

    def rows_with_words(self, words: Sequence[str]) -> Rows:
        """Return the rows with a name that contains all ``words``; without words, with any name."""
        if not words:
            return np.unique(self.rows).astype(np.int64)
        return self.rows_of(self.names_with_words(words).tolist())

    def names_with_words(self, words: Sequence[str]) -> NDArray[np.int32]:
        """Return the indices of the names that contain all ``words``, of which there is one."""
        names = self._names_with(words[0])
        for word in words[1:]:
            if not len(names):
                break
            names = np.intersect1d(names, self._names_with(word), assume_unique=True)
        return names

    def rows_of(self, indices: Iterable[int]) -> Rows:
        """Return the rows with a name at one of ``indices``, sorted."""
        names = np.fromiter(indices, dtype=np.int64)
        starts, counts = self.starts[names], self.starts[names + 1] - self.starts[names]
        before = np.cumsum(counts) - counts
        places = np.repeat(starts - before, counts) + np.arange(counts.sum())
        return np.unique(self.rows[places]).astype(np.int64)

    def _names_with(self, word: str) -> NDArray[np.int32]:
        index = bisect_left(self.words, word)
        if index == len(self.words) or self.words[index] != word:
            return np.empty(0, dtype=np.int32)
        return self.word_names[self.word_starts[index] : self.word_starts[index + 1]]

    def counts(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the number of ``chosen`` rows, a mask of shape (papers,), with each name."""
        return _counts(chosen, self.starts, self.rows)


def _counts(
    chosen: NDArray[np.bool_], starts: NDArray[np.int64], rows: NDArray[np.int32]
) -> NDArray[np.int64]:
    before = np.concatenate([[0], np.cumsum(chosen[rows])])
    return np.diff(before[starts])
