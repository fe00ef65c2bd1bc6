"""JSON Lines: one object a line, as bots write them and as ``explorer export`` does.

Among them are arXiv's metadata snapshot, bots' daily crawls of arXiv, and the corpora of
retrieval benchmarks (``{"_id": ..., "title": ..., "text": ...}``). Keys are mapped to fields
like the columns of a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, NotAPaper
from explorer.readers.shared.columns import NO_TITLE, map_columns, paper_from_row
from explorer.readers.shared.fields import first_date
from explorer.readers.shared.json_stream import JsonReader, ObjectShape, looks_like_json, outline
from explorer.readers.shared.nested_records import flat_record, kind_of_item

_TELLING = frozenset("abstract authors date doi arxiv id url venue".split())


_MOST_SURE = 85


class JsonRecords(JsonReader):
    """Reads documents of ``{"title": ..., "abstract": ...}`` objects, in lists or by their ids."""

    name = "json-records"
    _lines = False

    def confidence(self, shape: ObjectShape) -> int:
        fields = map_columns(shape).keys()
        if shape.outline.lines != self._lines or "title" not in fields:
            return 0
        # Services' own readers know their records better.
        return min(50 + 3 * len(fields), _MOST_SURE) if fields & _TELLING else 40

    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | NotAPaper | str:
        return paper_from_object(record, source)


class JsonLines(JsonRecords):
    """Reads ``{"title": ..., "abstract": ...}`` lines, under the names in common use."""

    name = "json-lines"
    _lines = True

    def recognises(self, digest: Digest) -> int:
        sure = super().recognises(digest)
        if sure or not looks_like_json(digest) or not outline(digest.head).lines:
            return sure
        return 30 if '"title"' in digest.head[:4096] else 0


def paper_from_object(record: Mapping[str, Any], source: Source) -> Paper | NotAPaper | str:
    """Return the paper in an object with keys of any naming, or the reason why there is none."""
    if kind := kind_of_item(record):
        return NotAPaper(source.digest, source.line, kind)
    flat = flat_record(record)
    paper = paper_from_row(flat, map_columns(flat), source)
    if isinstance(paper, str):
        return "the object has no title" if paper == NO_TITLE else paper
    parsed = _parsed_authors(record.get("authors_parsed"))
    first_version = _first_version(record.get("versions"))
    return replace(paper, authors=parsed or paper.authors, date=first_version or paper.date)


def _parsed_authors(value: object) -> tuple[str, ...]:
    """Return names from arXiv's snapshot: ``[["Lemire", "Daniel", ""], ...]``."""
    if not isinstance(value, list):
        return ()
    names = [
        " ".join(part for part in (*name[1:2], *name[:1], *name[2:3]) if part)
        for name in value
        if isinstance(name, list) and all(isinstance(part, str) for part in name)
    ]
    return tuple(" ".join(name.split()) for name in names if name.strip())


def _first_version(value: object) -> str:
    """Return the date of the first of ``[{"created": "Mon, 11 Jan 2021 20:31:27 GMT"}, ...]``."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        created = value[0].get("created")
        if isinstance(created, str):
            return first_date(created, created[:-13] if created.endswith("GMT") else "")
    return ""
