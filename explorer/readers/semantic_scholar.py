"""Semantic Scholar: papers from its Graph API and its bulk data sets.

The API writes ``paperId`` and ``externalIds``, the data sets ``corpusid`` and ``externalids``.
Every field but the id must be requested, so records without a title are common.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from explorer.papers.paper import Paper, Source
from explorer.readers.shared.columns import NO_TITLE
from explorer.readers.shared.fields import (
    Ids,
    first_date,
    first_text,
    ids_in,
    listed,
    people,
    text_of,
)
from explorer.readers.shared.json_stream import JsonReader, ObjectShape

_SCHEMES = (("acl", "acl"), ("pmid", "pubmed"), ("pmcid", "pubmedcentral"), ("mag", "mag"))


class SemanticScholar(JsonReader):
    """Reads responses of api.semanticscholar.org, searches as well as single papers."""

    name = "semantic-scholar"

    def confidence(self, shape: ObjectShape) -> int:
        if "paperId" in shape:
            return 97 if shape.any("title", "externalIds", "abstract", "corpusId", "tldr") else 90
        if "corpusid" in shape:
            return 97 if shape.any("title", "externalids") else 0
        return (
            95 if shape.all("title", "paperAbstract") and shape.any("s2Url", "outCitations") else 0
        )

    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | str:
        fields = {key.lower(): value for key, value in record.items()}
        title = text_of(fields.get("title"))
        if not title:
            return NO_TITLE
        ids = _ids(fields)
        return Paper(
            title=title,
            abstract=first_text(fields, ("abstract", "paperabstract")),
            authors=people(fields.get("authors")),
            date=first_date(fields.get("publicationdate"), fields.get("year")),
            venue=_venue(fields),
            arxiv=ids.arxiv,
            doi=ids.doi,
            other_ids=ids.others,
            url=first_text(fields, ("url", "s2url")),
            categories=_categories(fields),
            summary=text_of(_part(fields, "tldr").get("text")),
            sources=(source,),
        )


def _part(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = record.get(key)
    return part if isinstance(part, dict) else {}


def _ids(fields: Mapping[str, Any]) -> Ids:
    external = {
        key.lower(): value
        for key, value in _part(fields, "externalids").items()
        if isinstance(key, str)
    }
    corpus = first_text(fields, ("corpusid",)) or text_of(external.get("corpusid"))
    paper = first_text(fields, ("paperid",))
    if not paper and "paperabstract" in fields:
        paper = text_of(fields.get("id"))
    others: Iterable[tuple[str, object]] = (
        *((scheme, external.get(key)) for scheme, key in _SCHEMES),
        ("pmid", fields.get("pmid")),
        ("corpusid", corpus),
        ("s2", paper),
    )
    return ids_in((external.get("arxiv"), external.get("doi"), fields.get("doi")), others)


def _venue(fields: Mapping[str, Any]) -> str:
    return (
        first_text(fields, ("venue",))
        or text_of(_part(fields, "publicationvenue").get("name"))
        or text_of(_part(fields, "journal").get("name"))
        or first_text(fields, ("journalname",))
    )


def _categories(fields: Mapping[str, Any]) -> tuple[str, ...]:
    given = listed(fields.get("fieldsofstudy"))
    rated = fields.get("s2fieldsofstudy")
    if given or not isinstance(rated, list):
        return given
    return listed([item.get("category") for item in rated if isinstance(item, dict)])
