"""Parquet: the tables of data sets, such as those on the Hugging Face hub.

Only known columns are read, a few hundred rows at a time. A text that many rows share is stored
once; it is copied into only as many rows as fit into memory. The line of a paper is its row number,
from 1.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.columns import is_table_of_papers, map_columns, paper_from_row

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS_READ = 4_096
"""Rows held as they are stored, shared texts once."""
_ROWS_AT_A_TIME = 256
_LARGEST_ROWS = 1 << 24
"""Most bytes of rows held with all their texts; a larger row is refused."""
_LARGEST_VALUE = 1 << 12
"""Bytes of a value in a column of values that are all of one length."""
_LARGEST_PACKED = 1 << 29
_METADATA_BYTES = 1 << 24


class Parquet:
    """Reads Parquet files with a column for titles."""

    name = "parquet"

    def recognises(self, digest: Digest) -> int:
        return 96 if digest.head_bytes.startswith(b"PAR1") else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        row = 0
        try:
            with digest.open() as opened:
                file = opened if opened.seekable() else io.BytesIO(opened.read(_LARGEST_PACKED))
                packed = file.seek(0, io.SEEK_END)
                table = pq.ParquetFile(
                    file,
                    pre_buffer=False,
                    thrift_string_size_limit=_METADATA_BYTES,
                    thrift_container_size_limit=1_000_000,
                )
                wanted = _wanted(table)
                limits = digest.limits
                most = max(limits.expanded_bytes, limits.expanded_times * packed)
                shared = _text_columns(table, wanted, most)
                sharing = pq.ParquetFile(
                    file, metadata=table.metadata, read_dictionary=shared, pre_buffer=False
                )
                for row, record in enumerate(_records(sharing, table.schema_arrow, wanted), 1):
                    yield _paper(record, digest, row)
        except _Refused as refused:
            yield Rejection(digest.name, 0, str(refused))
        except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
            reason = f"the file is damaged ({str(error).splitlines()[0][:200]}). Save it again."
            yield Rejection(digest.name, row, reason)


class _Refused(Exception):
    """The table is refused; the message is the reason."""


def _wanted(table: pq.ParquetFile) -> list[str]:
    """Return the names of the known columns."""
    columns = map_columns(list(dict.fromkeys(table.schema_arrow.names)))
    if not is_table_of_papers(columns):
        raise _Refused("the table has no column for titles")
    return sorted({name for chosen in columns.values() for name in chosen})


def _text_columns(table: pq.ParquetFile, wanted: list[str], most: int) -> list[str]:
    """Return the paths of the text columns in ``wanted``.

    Raises:
        _Refused: the wanted columns take more than ``most`` bytes.
    """
    metadata = table.metadata
    leaves = [table.schema.column(place) for place in range(len(table.schema))]
    places = [
        place
        for place, leaf in enumerate(leaves)
        if any(leaf.path == name or leaf.path.startswith(f"{name}.") for name in wanted)
    ]
    if any(leaves[place].length > _LARGEST_VALUE for place in places):
        raise _Refused(f"a column has values of more than {_LARGEST_VALUE:,} bytes each")
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    chunks = [group.column(place) for group in groups for place in places]
    # Rows that are all alike take next to nothing where they are stored.
    size = sum(chunk.total_uncompressed_size + 8 * chunk.num_values for chunk in chunks)
    if size > most:
        raise _Refused(
            f"the table unpacks to {size:,} bytes, more than the {most:,} allowed, far beyond "
            "what text does"
        )
    return [
        leaves[place].path
        for place in places
        if leaves[place].physical_type == "BYTE_ARRAY" and leaves[place].converted_type != "DECIMAL"
    ]


def _records(
    table: pq.ParquetFile, plain: pa.Schema, wanted: list[str]
) -> Iterator[dict[str, Any] | None]:
    """Yield the rows of ``table`` by its ``plain`` schema; None for one that is too large."""
    for batch in table.iter_batches(_ROWS_READ, columns=wanted, use_threads=False):
        for start in range(0, len(batch), _ROWS_AT_A_TIME):
            rows = range(start, min(start + _ROWS_AT_A_TIME, len(batch)))
            yield from _rows_within_limit(batch, rows, plain)


def _rows_within_limit(
    batch: pa.RecordBatch, rows: range, plain: pa.Schema
) -> Iterator[dict[str, Any] | None]:
    import pyarrow as pa

    # Taken, not sliced: a slice of lists would be cast with all that the lists around it hold.
    taken = batch.take(pa.array(rows, pa.int64()))
    if sum(map(_size, taken.columns)) <= _LARGEST_ROWS:
        fields = [plain.field(name) for name in taken.schema.names]
        with suppress(pa.ArrowNotImplementedError):  # without it, the same comes more slowly
            taken = taken.cast(pa.schema(fields))
        yield from taken.to_pylist()
    elif len(rows) == 1:
        yield None
    else:
        middle = len(rows) // 2
        yield from _rows_within_limit(batch, rows[:middle], plain)
        yield from _rows_within_limit(batch, rows[middle:], plain)


def _size(array: pa.Array) -> int:
    """Return the bytes that an array takes once each row has its own copy of every text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if isinstance(kind, pa.StructType):
        return sum(map(_size, array.flatten()))
    if isinstance(kind, pa.DictionaryType) and pa.types.is_primitive(kind.value_type):
        return 8 * len(array)
    if isinstance(kind, pa.DictionaryType):
        lengths = pc.binary_length(array.dictionary).take(array.indices)
        return 8 * len(array) + int(pc.sum(lengths, min_count=0).as_py())
    if isinstance(kind, pa.MapType):
        return int(array.nbytes) + _size(array.keys) + _size(array.items)
    if pa.types.is_nested(kind):
        return int(array.nbytes) + _size(array.flatten())
    return int(array.nbytes)


def _paper(record: dict[str, Any] | None, digest: Digest, row: int) -> Paper | Rejection:
    if record is None:
        return Rejection(
            digest.name, row, f"the row has more than the {_LARGEST_ROWS:,} bytes allowed"
        )
    made = paper_from_row(record, map_columns(record), Source(digest.name, row))
    if isinstance(made, Paper):
        return made
    return Rejection(digest.name, row, made, str(record)[:80])
