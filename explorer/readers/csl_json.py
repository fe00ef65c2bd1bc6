"""CSL-JSON: the input format of citation processors, from citation managers and DOI resolvers.

A list of items with ``type``, ``title``, ``author``, ``issued`` (as date-parts),
``container-title``; the form of Zotero's "CSL JSON" export, of Pandoc's and Mendeley's
bibliographies, and of content negotiation at doi.org.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.shared.columns import NO_TITLE
from explorer.readers.shared.fields import first_date, first_text, ids_in, listed, people, text_of
from explorer.readers.shared.json_stream import JsonReader, ObjectShape

_PREPRINT = re.compile(r"arxiv:\s*\S+", re.IGNORECASE)
_CITED = re.compile(r"\s*\[[a-z-]+(?:\.[A-Z]{2})?(?:\.[A-Z]{2})?\]$|\s+\[[^\]]*\]$")


class CslJson(JsonReader):
    """Reads items in the citation style language's own input format."""

    name = "csl-json"

    def confidence(self, shape: ObjectShape) -> int:
        if shape.any("indexed", "deposited", "is-referenced-by-count"):
            return 0  # Crossref's own dialect
        dated = "date-parts" in shape.inside("issued") or shape.kind("issued") == "object"
        named = "family" in ObjectShape(shape.outline, (*shape.path, "author", "[]"))
        if not shape.all("title", "type"):
            return 0
        return 93 if dated or named or shape.any("container-title", "event-title") else 0

    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | str:
        title = first_of(record.get("title"))
        if not title:
            return NO_TITLE
        number = first_text(record, ("number", "eprint", "archive_location"))
        preprint = [_CITED.sub("", m[0]) for m in [_PREPRINT.match(number)] if m]
        own = text_of(record.get("id"))
        ids = ids_in(
            (*preprint, record.get("DOI"), record.get("URL"), own),
            (("pmid", record.get("PMID")), ("pmcid", record.get("PMCID"))),
        )
        own_ids = () if not own or {*ids_in([own])[:2]} - {""} else (f"digest:{own}",)
        return Paper(
            title=title,
            abstract=text_of(record.get("abstract")),
            authors=people(record.get("author")),
            date=csl_date(record, ("issued", "published", "original-date", "submitted")),
            venue=first_of(record.get("container-title"))
            or first_text(record, ("event-title", "event", "collection-title")),
            arxiv=ids.arxiv,
            doi=ids.doi,
            other_ids=(*ids.others, *own_ids),
            url=text_of(record.get("URL")),
            keywords=_keywords(record.get("keyword")),
            sources=(source,),
        )


def _keywords(value: object) -> tuple[str, ...]:
    """Return keywords; where semicolons are between them, a comma is part of one."""
    return listed(value, ";" if isinstance(value, str) and ";" in value else r"[,|]")


def first_of(value: object) -> str:
    """Return a text, or the first of a list of texts."""
    if isinstance(value, list):
        return next((text for item in value if (text := text_of(item))), "")
    return text_of(value)


def csl_date(record: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """Return the first of the dates ``keys``, each as date-parts or as text, in EDTF."""
    return next((date for key in keys if (date := _date(record.get(key)))), "")


def _date(value: object) -> str:
    if not isinstance(value, dict):
        return first_date(value)
    parts = value.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts else None
    if isinstance(first, list):
        written = "-".join(text for part in first[:3] if (text := text_of(part)))
        if date := first_date(written, written[:4]):
            return date
    return first_date(*(value.get(key) for key in ("raw", "literal", "date-time")))
