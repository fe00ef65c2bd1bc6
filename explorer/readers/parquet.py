"""Parquet: the tables of data sets, such as those on the Hugging Face hub.

Only the columns that say something are read, a few hundred rows at a time. The line of a paper
is its row, from 1.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from explorer.paper import Paper, Source
from explorer.readers.columns import guess, is_table_of_papers, paper_of
from explorer.readers.digest import Digest, Rejection

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_ROWS_AT_A_TIME = 256
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
                table = pq.ParquetFile(
                    file,
                    pre_buffer=False,
                    thrift_string_size_limit=_METADATA_BYTES,
                    thrift_container_size_limit=1_000_000,
                )
                for row, record in enumerate(_records(table), start=1):
                    yield _made(record, digest, row)
        except _NoTitles:
            yield Rejection(digest.name, 0, "the table has no column for titles")
        except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
            reason = f"the file is damaged ({str(error).splitlines()[0][:200]}). Save it again."
            yield Rejection(digest.name, row, reason)


class _NoTitles(Exception):
    """No column of the table is known to hold titles."""


def _records(table: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    names = list(dict.fromkeys(table.schema_arrow.names))
    columns = guess(names)
    if not is_table_of_papers(columns):
        raise _NoTitles
    wanted = sorted({name for chosen in columns.values() for name in chosen})
    for batch in table.iter_batches(_ROWS_AT_A_TIME, columns=wanted, use_threads=False):
        yield from batch.to_pylist()


def _made(record: dict[str, Any], digest: Digest, row: int) -> Paper | Rejection:
    made = paper_of(record, guess(record), Source(digest.name, row))
    if isinstance(made, Paper):
        return made
    return Rejection(digest.name, row, made, str(record)[:80])
