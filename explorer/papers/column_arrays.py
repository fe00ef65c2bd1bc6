"""Arrays of a column index, made from a table of papers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.papers.dates import dated_by_arxiv, year_of
from explorer.papers.paper import path_and_above, title_key

_TEXT = pa.large_string()
NAME_COLUMNS = ("authors", "venue", "categories", "keywords")
"""Columns with an index of names."""
_NAMES_AT_ONCE = 100_000


def id_arrays(table: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Return rows and lower-case ids, sorted by id; of equal ids the most reliable first."""
    all_rows = np.arange(table.num_rows, dtype=np.int32)
    others = table.column("other_ids")
    of_others = np.repeat(all_rows, _lengths(others))
    flat = pc.list_flatten(others)
    with_scheme = np.asarray(pc.match_substring(flat, ":"), dtype=bool)
    bare = pc.list_element(
        pc.split_pattern(flat.filter(pa.array(with_scheme)), ":", max_splits=1), 1
    )
    # Column by column: an id of a digest's own must not hide another paper's arXiv id or DOI.
    parts = [(all_rows, table.column(name)) for name in ("id", "arxiv", "doi")]
    parts += [(of_others, flat), (of_others[with_scheme], bare)]
    rows = np.concatenate([rows for rows, _ in parts])
    names = _whole(pa.chunked_array([c for _, column in parts for c in _chunks(column)], _TEXT))
    lengths = np.asarray(pc.fill_null(pc.binary_length(names), 0))
    filled = pa.array(np.flatnonzero(lengths > 0))
    rows, names = rows[filled.to_numpy()], pc.utf8_lower(names.take(filled))
    order = pc.sort_indices(names)  # stable
    return pa.array(rows[order.to_numpy()]), names.take(order)


def rank_array(ids: pa.ChunkedArray) -> pa.Array:
    """Return the rank of each id in alphabetical order."""
    ranks = np.empty(len(ids), dtype=np.int32)
    ranks[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids), dtype=np.int32)
    return pa.array(ranks)


def date_arrays(table: pa.Table) -> dict[str, pa.Array]:
    """Return years, distinct dates and the rank of each row's date."""
    own, own_values = _dictionary_encoded(_published(table))
    sources = table.column("sources")
    of_source, source_values = _dictionary_encoded(
        pc.struct_field(pc.list_flatten(sources), "date")
    )
    distinct = sorted({"", *own_values, *source_values})
    rank_of = {value: rank for rank, value in enumerate(distinct)}
    years = np.array([year_of(value) or 0 for value in distinct], dtype=np.int32)
    own_ranks = np.array([rank_of[value] for value in own_values], dtype=np.int32)[own]
    source_ranks = np.array([rank_of[value] for value in source_values], dtype=np.int32)[of_source]
    parents = np.repeat(np.arange(table.num_rows), _lengths(sources))
    dated = np.flatnonzero(years[source_ranks] > 0)
    latest = np.zeros(table.num_rows, dtype=np.int32)
    np.maximum.at(latest, parents[dated], source_ranks[dated])
    first = np.zeros(table.num_rows, dtype=np.int32)
    first[parents[dated][::-1]] = years[source_ranks[dated]][::-1]
    of_own = years[own_ranks]
    return {
        "years": pa.array(np.where(of_own > 0, of_own, first)),
        "dates": pa.array(distinct, type=_TEXT),
        "dates.ranks": pa.array(np.where(of_own > 0, own_ranks, latest)),
    }


def _published(table: pa.Table) -> pa.ChunkedArray:
    """Return the date of each paper, its year from the arXiv id if it has none itself."""
    dates, arxiv = (
        _whole(pc.fill_null(table.column(name).cast(_TEXT), "")) for name in ("date", "arxiv")
    )
    has_id = pc.greater(pc.binary_length(arxiv), 0)
    undated = np.asarray(pc.and_(has_id, pc.invert(pc.match_substring_regex(dates, r"^\d{4}"))))
    rows = np.flatnonzero(undated)
    completed = [dated_by_arxiv(dates[row].as_py(), arxiv[row].as_py()) for row in rows.tolist()]
    replaced = pc.replace_with_mask(dates, pa.array(undated), pa.array(completed, type=_TEXT))
    return pa.chunked_array([replaced])


def digest_arrays(table: pa.Table) -> dict[str, pa.Array]:
    """Return the names of digests and the rows of each."""
    sources = table.column("sources")
    codes, values = _dictionary_encoded(pc.struct_field(pc.list_flatten(sources), "digest"))
    names = sorted(values)
    rank_of = {name: rank for rank, name in enumerate(names)}
    ranks = np.array([rank_of[value] for value in values], dtype=np.int64)[codes]
    parents = np.repeat(np.arange(table.num_rows), _lengths(sources))
    pairs = np.unique(ranks * max(table.num_rows, 1) + parents)
    digest_of, rows = np.divmod(pairs, max(table.num_rows, 1))
    return {
        "digests": pa.array(names, type=_TEXT),
        "digests.starts": pa.array(_starts(digest_of, len(names))),
        "digests.rows": pa.array(rows.astype(np.int32)),
    }


def shelf_arrays(sources: pa.ChunkedArray, field: str) -> dict[str, pa.Array]:
    """Return the ``collections`` or ``tags`` of all sources with their rows and words.

    A collection counts for those that it lies in, too.
    """
    flat = pc.list_flatten(sources)
    fields = {inner.name for inner in flat.type}
    if field not in fields:  # written by an older version
        return _named(field, np.empty(0, dtype=np.int32), pa.chunked_array([[]], type=_TEXT))
    of_source = np.repeat(np.arange(len(sources), dtype=np.int32), _lengths(sources))
    names = pc.struct_field(flat, field)
    rows = np.repeat(of_source, _lengths(names)).tolist()
    pairs = dict.fromkeys(
        (row, part)
        for row, name in zip(rows, pc.list_flatten(names).to_pylist(), strict=True)
        for part in (path_and_above(name) if field == "collections" else (name,))
    )
    of_pairs = np.array([row for row, _ in pairs], dtype=np.int32)
    return _named(field, of_pairs, pa.chunked_array([[name for _, name in pairs]], type=_TEXT))


def name_arrays(table: pa.Table, column: str) -> dict[str, pa.Array]:
    """Return the names in ``column`` with their rows and words."""
    values = table.column(column)
    if pa.types.is_list(values.type):
        rows = np.repeat(np.arange(table.num_rows, dtype=np.int32), _lengths(values))
        values = pc.list_flatten(values)
    else:
        filled = np.flatnonzero(np.asarray(pc.fill_null(pc.binary_length(values), 0)) > 0)
        rows, values = filled.astype(np.int32), values.take(pa.array(filled))
    return _named(column, rows, values)


def _named(column: str, rows: NDArray[np.int32], values: pa.ChunkedArray) -> dict[str, pa.Array]:
    """Return distinct ``values`` with their ``rows``, one for each value, and words."""
    codes, distinct = _dictionary_encoded(values)
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
    """Return the sorted words of ``names``, and (word, name) pairs sorted by word."""
    keys: list[pa.Array] = [pa.array([], type=_TEXT)]
    counts: list[int] = []
    for start in range(0, len(names), _NAMES_AT_ONCE):
        of_names = [set(title_key(name).split()) for name in names[start : start + _NAMES_AT_ONCE]]
        counts += map(len, of_names)
        keys.append(pa.array([word for own in of_names for word in sorted(own)], type=_TEXT))
    codes, distinct = _dictionary_encoded(pa.chunked_array(keys))
    order = sorted(range(len(distinct)), key=distinct.__getitem__)
    rank = np.empty(len(distinct), dtype=np.int64)
    rank[order] = np.arange(len(distinct))
    of = rank[codes]
    in_order = np.argsort(of, kind="stable")
    which = np.repeat(np.arange(len(names), dtype=np.int32), counts)
    words = pa.array([distinct[place] for place in order], type=_TEXT)
    return words, of[in_order], which[in_order]


def _dictionary_encoded(values: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Return the dictionary encoding of ``values``: codes and distinct values; null is ``""``."""
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
    """Return the start of each number below ``size`` in the sorted ``of``, and the end."""
    return np.searchsorted(of, np.arange(size + 1)).astype(np.int64)
