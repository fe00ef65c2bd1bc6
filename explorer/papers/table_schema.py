"""Schema of the papers in an Arrow file, and the conversion between rows and papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import islice
from typing import Any

import pyarrow as pa

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
                    ]
                )
            ),
        ),
        ("fingerprint", pa.string()),
    ]
)
ROWS_AT_ONCE = 1_000
"""Papers in memory at once while they are written or iterated over."""
_SOURCE_FIELDS = tuple(field.name for field in fields(Source))
_PAPER_FIELDS = tuple(field.name for field in fields(Paper))


def to_batches(papers: Iterable[Paper]) -> Iterator[pa.RecordBatch]:
    """Yield ``papers`` as batches of rows, with their fingerprints."""
    left = iter(papers)
    while rows := [to_row(paper, paper.fingerprint) for paper in islice(left, ROWS_AT_ONCE)]:
        yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def to_row(paper: Paper, fingerprint: str) -> dict[str, Any]:
    """Return ``paper`` as a row of :data:`SCHEMA`."""
    row = {field: getattr(paper, field) for field in _PAPER_FIELDS}
    sources = [{name: getattr(s, name) for name in _SOURCE_FIELDS} for s in paper.sources]
    return row | {"sources": sources, "fingerprint": fingerprint}


def to_paper(row: dict[str, Any]) -> Paper:
    """Return the paper in ``row``, which may lack columns."""
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    fingerprint = values.pop("fingerprint", "")
    if "sources" in row:
        values["sources"] = tuple(Source(**source) for source in row["sources"])
    paper = Paper(**values)
    if fingerprint:  # cached, so that it need not be computed from the text again
        vars(paper)["fingerprint"] = fingerprint
    return paper
