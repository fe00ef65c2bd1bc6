"""Crossref: works from api.crossref.org, alone or in lists.

Titles and journals are lists of texts, dates are lists of numbers, and abstracts keep the JATS
markup that publishers deposit (readable text is made of it later). Among the works are
journals, issues, figures and reviews; they are reported, not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.csl_json import csl_date, first_of
from explorer.readers.shared.columns import NO_TITLE
from explorer.readers.shared.fields import ids_in, listed, people, text_of
from explorer.readers.shared.json_stream import JsonReader, ObjectShape

_NOT_PAPERS = frozenset(
    "journal journal-volume journal-issue component peer-review proceedings proceedings-series "
    "book-series book-set report-series standard-series grant".split()
)
_DATES = ("issued", "published", "published-online", "published-print", "posted", "created")


class Crossref(JsonReader):
    """Reads responses of api.crossref.org."""

    name = "crossref"

    def confidence(self, shape: ObjectShape) -> int:
        own = shape.any(
            "indexed", "deposited", "is-referenced-by-count", "reference-count", "member"
        )
        if "DOI" not in shape and not (own and "message" in shape.path):
            return 0
        if own or shape.kind("title") == "list" or shape.kind("container-title") == "list":
            return 97
        return 94 if "message" in shape.path else 0

    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | str:
        kind = text_of(record.get("type"))
        if kind in _NOT_PAPERS:
            return f"of the type {kind!r}, not a paper"
        title = _title(record)
        if not title:
            return NO_TITLE
        alternative = record.get("alternative-id")
        ids = ids_in((record.get("DOI"), *(alternative if isinstance(alternative, list) else ())))
        return Paper(
            title=title,
            abstract=text_of(record.get("abstract")),
            authors=people(record.get("author")),
            date=csl_date(record, _DATES),
            venue=first_of(record.get("container-title")) or _event(record.get("event")),
            arxiv=ids.arxiv,
            doi=ids.doi,
            url=text_of(record.get("URL")),
            keywords=listed(record.get("subject")),
            sources=(source,),
        )


def _title(record: Mapping[str, Any]) -> str:
    title = first_of(record.get("title"))
    subtitle = first_of(record.get("subtitle"))
    if not title or not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title}{' ' if title.endswith((':', '?', '!')) else ': '}{subtitle}"


def _event(event: object) -> str:
    return text_of(event.get("name")) if isinstance(event, dict) else text_of(event)
