"""Schema of the papers in an Arrow file, and the conversion between rows and papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.papers.paper import Paper, Source

_TEXT = pa.large_string()
SCHEMA = pa.schema(
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
                        ("collections", pa.list_(pa.string())),
                        ("tags", pa.list_(pa.string())),
                        ("notes", pa.list_(_TEXT)),
                        ("annotations", pa.list_(_TEXT)),
                    ]
                )
            ),
        ),
        ("fingerprint", pa.string()),
        ("notes_fingerprint", pa.string()),
    ]
)
_NOTES = "notes_fingerprint"
ROWS_AT_ONCE = 1_000
"""Papers in memory at once while they are written or iterated over."""
_SOURCE_FIELDS = tuple(field.name for field in fields(Source))
_SOURCE_LISTS = ("collections", "tags", "notes", "annotations")
_PAPER_FIELDS = tuple(field.name for field in fields(Paper))


def with_all_columns(table: pa.Table) -> pa.Table:
    """Return ``table`` with the columns that an older schema lacks, empty."""
    if _NOTES in table.column_names:
        return table
    return table.append_column(SCHEMA.field(_NOTES), pa.repeat(pa.scalar(""), table.num_rows))


def in_present_schema(table: pa.Table) -> pa.Table:
    """Return the papers of ``table``, of this schema or an older one, in :data:`SCHEMA`."""
    table = with_all_columns(table).select(SCHEMA.names)
    place = SCHEMA.get_field_index("sources")
    sources = table.column(place)
    if sources.type.value_type != SCHEMA.field(place).type.value_type:
        # Arrow 17 casts no struct to one with more fields.
        chunks = [_with_all_fields(chunk) for chunk in sources.chunks]
        whole = pa.chunked_array(chunks, type=SCHEMA.field(place).type)
        table = table.set_column(place, SCHEMA.field(place), whole)
    return table.cast(SCHEMA)


def _with_all_fields(sources: pa.ListArray) -> pa.ListArray:
    lengths = np.asarray(pc.fill_null(pc.list_value_length(sources), 0))
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), type=pa.int32())
    values = pc.list_flatten(sources)
    stored = {field.name for field in values.type}
    wanted = list(SCHEMA.field("sources").type.value_type)
    columns = [
        pc.struct_field(values, field.name).cast(field.type)
        if field.name in stored
        else pa.nulls(len(values), field.type)
        for field in wanted
    ]
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(columns, fields=wanted))


def to_batches(papers: Iterable[Paper]) -> Iterator[pa.RecordBatch]:
    """Yield ``papers`` as batches of rows, with their fingerprints."""
    left = iter(papers)
    while rows := [to_row(paper, paper.fingerprint) for paper in islice(left, ROWS_AT_ONCE)]:
        yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def to_row(paper: Paper, fingerprint: str) -> dict[str, Any]:
    """Return ``paper`` as a row of :data:`SCHEMA`."""
    row = {field: getattr(paper, field) for field in _PAPER_FIELDS}
    sources = [{name: getattr(s, name) for name in _SOURCE_FIELDS} for s in paper.sources]
    of_text = {"fingerprint": fingerprint, _NOTES: paper.notes_fingerprint}
    return row | {"sources": sources} | of_text


def to_paper(row: dict[str, Any]) -> Paper:
    """Return the paper in ``row``, which may lack columns, and its sources fields."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    fingerprint = values.pop("fingerprint", "")
    values.pop(_NOTES, None)
    if "sources" in row:
        values["sources"] = tuple(map(_to_source, row["sources"]))
    paper = Paper(**values)
    if fingerprint:  # cached, so that it need not be computed from the text again
        vars(paper)["fingerprint"] = fingerprint
    return paper


def _to_source(row: dict[str, Any]) -> Source:
    # In rows of an older schema, those fields are null or missing.
    return Source(**row | {name: tuple(row.get(name) or ()) for name in _SOURCE_LISTS})
