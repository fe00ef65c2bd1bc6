"""OpenAlex: works from its API, its snapshot and its clients.

OpenAlex may not publish abstracts as text, so it lists the positions of each word
(``abstract_inverted_index``). Words are sorted by position; no list as long as the highest
position is ever made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from explorer.papers.paper import Paper, Source, arxiv_id
from explorer.papers.text import tidy
from explorer.readers.shared.columns import NO_TITLE
from explorer.readers.shared.fields import (
    Ids,
    first_date,
    first_text,
    ids_in,
    listed,
    pubmed_id,
    text_of,
)
from explorer.readers.shared.json_stream import JsonReader, ObjectShape

_LONGEST_ABSTRACT = 1_000_000
_SURE_CONCEPT = 0.3


class OpenAlex(JsonReader):
    """Reads responses of api.openalex.org, lists of works as well as single ones."""

    name = "openalex"

    def confidence(self, shape: ObjectShape) -> int:
        if shape.any("abstract_inverted_index", "authorships") and shape.any("id", "ids", "doi"):
            return 97 if shape.any("title", "display_name", "publication_year") else 90
        own = shape.all("display_name", "publication_year") or shape.all("id", "primary_location")
        return 92 if own and shape.any("title", "display_name") else 0

    def paper(self, record: Mapping[str, Any], source: Source) -> Paper | str:
        title = first_text(record, ("title", "display_name"))
        if not title:
            return NO_TITLE
        if record.get("is_paratext") is True:
            return "front matter or a cover, not a paper"
        ids = _ids(record)
        keywords = _names(record.get("keywords")) or _names(record.get("concepts"))
        return Paper(
            title=title,
            abstract=_abstract(record),
            authors=tuple(_authors(record.get("authorships"))),
            date=first_date(record.get("publication_date"), record.get("publication_year")),
            venue=_venue(record),
            arxiv=ids.arxiv,
            doi=ids.doi,
            other_ids=ids.others,
            url=_url(record),
            categories=_names(record.get("topics")),
            keywords=keywords,
            sources=(source,),
        )


def _abstract(record: Mapping[str, Any]) -> str:
    index = record.get("abstract_inverted_index")
    if not isinstance(index, dict):
        return text_of(record.get("abstract"))
    inner = index.get("InvertedIndex")
    return tidy(_in_order(inner if isinstance(inner, dict) else index))


def _in_order(index: Mapping[str, Any]) -> str:
    placed = [
        (position, word)
        for word, positions in index.items()
        if isinstance(positions, list)
        for position in positions
        if isinstance(position, int)
    ]
    placed.sort(key=lambda pair: pair[0])
    words: list[str] = []
    length = 0
    for _, word in placed:
        length += len(word) + 1
        if length > _LONGEST_ABSTRACT:  # A long word at many positions would fill the memory.
            break
        words.append(word)
    return " ".join(words)


def _part(record: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    part: Any = record
    for key in keys:
        part = part.get(key) if isinstance(part, dict) else None
    return part if isinstance(part, dict) else {}


def _authors(authorships: object) -> Iterator[str]:
    for authorship in authorships if isinstance(authorships, list) else ():
        if isinstance(authorship, dict):
            name = text_of(_part(authorship, "author").get("display_name"))
            name = name or text_of(authorship.get("raw_author_name"))
            if name:
                yield name


def _venue(record: Mapping[str, Any]) -> str:
    return (
        text_of(_part(record, "primary_location", "source").get("display_name"))
        or text_of(_part(record, "host_venue").get("display_name"))
        or text_of(_part(record, "primary_location").get("raw_source_name"))
    )


def _url(record: Mapping[str, Any]) -> str:
    place = _part(record, "primary_location")
    return first_text(place, ("landing_page_url", "pdf_url")) or text_of(record.get("doi"))


def _ids(record: Mapping[str, Any]) -> Ids:
    named = _part(record, "ids")
    work = text_of(record.get("id")) or text_of(named.get("openalex"))
    pmcid = text_of(named.get("pmcid")).rstrip("/").rpartition("/")[2]
    ids = ids_in(
        (record.get("doi"), named.get("doi")),
        (
            ("openalex", work.rstrip("/").rpartition("/")[2]),
            ("mag", named.get("mag")),
            ("pmid", pubmed_id(named.get("pmid"))),
            ("pmcid", pmcid if not pmcid.isdigit() else f"PMC{pmcid}"),
        ),
    )
    return ids._replace(arxiv=ids.arxiv or next(_arxiv_copies(record), ""))


def _arxiv_copies(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield arXiv ids from the addresses at which the work can be read."""
    places = record.get("locations")
    for place in (
        _part(record, "primary_location"),
        _part(record, "best_oa_location"),
        *(places if isinstance(places, list) else ()),
        {"pdf_url": _part(record, "open_access").get("oa_url")},
    ):
        if isinstance(place, dict):
            for key in ("landing_page_url", "pdf_url"):
                if id_ := arxiv_id(text_of(place.get(key))):
                    yield id_


def _names(things: object) -> tuple[str, ...]:
    """Return the names of topics, keywords or concepts, the doubtful ones left out."""
    if not isinstance(things, list):
        return ()
    names: list[object] = []
    for thing in things:
        if isinstance(thing, dict):
            score = thing.get("score")
            if not isinstance(score, int | float) or score >= _SURE_CONCEPT:
                names.append(first_text(thing, ("display_name", "keyword")))
        else:
            names.append(thing)
    return listed(names)
