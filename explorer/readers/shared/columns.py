"""Columns of tables and keys of loose records, mapped to the fields of a paper by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from explorer.papers.abstracts import is_placeholder
from explorer.papers.dates import parse_date
from explorer.papers.paper import Paper, Source
from explorer.readers.shared.field_names import meanings, normalised, stands_for
from explorer.readers.shared.fields import (
    first_date,
    first_text,
    ids_in,
    listed,
    people,
    pubmed_id,
    text_of,
)
from explorer.readers.shared.pubmed_citation import cited

ColumnMap = Mapping[str, tuple[str, ...]]
"""For each field of a paper the columns that hold it, best first."""

NO_TITLE = "no title"

_WEB_OF_SCIENCE = {
    "TI": "title",
    "AB": "abstract",
    "AF": "authors",
    "AU": "authors",
    "PD": "",
    "PY": "date",
    "SO": "venue",
    "DI": "doi",
    "UT": "wos",
    "PM": "pmid",
    "DE": "keywords",
    "WC": "categories",
    "ID": "",  # Keywords Plus: words of the cited titles, not of the paper
}
_PUBMED_SUMMARY = {
    "Title": "title",
    "URL": "url",
    "Description": "authors",
    "Details": "citation",
    "ShortDetails": "",
    "Identifiers": "identifiers",
    "EntrezUID": "pmid",
}
"""Columns of PubMed's CSV until 2020, in which the names say little."""
_CALLED = frozenset(("name", "名称", "名前", "nombre", "nom"))
"""Names of the column that a table of anything begins with, Notion's for one."""
_NOTHING = frozenset(
    "nan|<na>|[no author name available]|[no author id available]|[no title available]".split("|")
)
_SCHEMES = tuple("pmid pmcid scopus wos embase openalex s2 corpusid ads lens".split())
_SCOPUS = re.compile(r"(?:2-s2\.0-)?\d{6,}")
_SCOPUS_ADDRESS = re.compile(r"scopus\.com/[^\s]*[?&]eid=(2-s2\.0-\d{6,15})")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_AUTHOR_NUMBER = re.compile(r"\s*\(\d{5,}\)")
_EMBASE_SOURCE = re.compile(r"(?P<venue>[^()]+?) \((?P<year>\d{4})\)[^()]*\(.*")
_EMBASE_DATE = re.compile(r"Date of Publication: ([^.]{4,40})")
_NAMED_ID = re.compile(r"(\w{2,20}) ?[:=] ?([^|;,\s]{1,200})")
_CATEGORY = re.compile(r"[a-z-]{2,18}(?:\.[A-Za-z-]{2,18})?")
_SAFE = re.compile(r"'(?='*[=+\-@])")
"""Before a cell that a spreadsheet would take for a formula; ``explorer export`` puts it there."""
_CLOCK = re.compile(r"[\sT]\d{1,2}:\d{2}.*$|//?$", re.DOTALL)
_LONGEST_KEPT = 4_000
"""Characters of names, together, whose meaning is remembered."""
_SEPARATOR = r"[,|](?![^()]{0,100}\))"


def map_columns(names: Iterable[str]) -> ColumnMap:
    """Map fields to the columns ``names`` that hold them."""
    named = tuple(name for name in names if isinstance(name, str) and name.strip())
    # The records of a file have the same few sets of names; hostile ones are not to be kept.
    return _mapped(named) if sum(map(len, named)) < _LONGEST_KEPT else _mapped.__wrapped__(named)


@lru_cache(maxsize=256)
def _mapped(named: tuple[str, ...]) -> ColumnMap:
    tags = {name.strip("\ufeff "): name for name in named}
    if "TI" in tags and len(tags.keys() & _WEB_OF_SCIENCE.keys()) >= 4:
        return _web_of_science(tags)
    if _PUBMED_SUMMARY.keys() <= tags.keys():
        return {field: (tags[tag],) for tag, field in _PUBMED_SUMMARY.items() if field}
    ranked: dict[str, list[tuple[int, str]]] = {}
    for name in named:
        for field, rank in meanings(name):
            ranked.setdefault(field, []).append((rank, name))
    columns = {field: tuple(name for _, name in sorted(named)) for field, named in ranked.items()}
    if "title" not in columns and columns.keys() & {"abstract", "authors"}:
        # What has authors or an abstract is a paper, and its title is what people call it.
        columns["title"] = tuple(name for name in named if normalised(name) in _CALLED)[:1]
    if columns.get("title"):  # What is the title of the paper is not that of the journal.
        first = columns["title"][0]
        columns["venue"] = tuple(name for name in columns.get("venue", ()) if name != first)
        places = [name for name in columns["title"][1:] if name not in columns["venue"]]
        columns["title"] = (first, *places)
    return {field: chosen for field, chosen in columns.items() if chosen}


def is_table_of_papers(columns: ColumnMap) -> bool:
    """Whether the columns make a table of papers: titles, and anything else a paper has."""
    return "title" in columns and len(columns) > 1


def paper_from_row(record: Mapping[str, Any], columns: ColumnMap, source: Source) -> Paper | str:
    """Return the paper in ``record``, or the reason why there is none."""

    def first(field: str) -> str:
        return next((text for v in values(field) if (text := cell_text(v))), "")

    def values(field: str) -> list[object]:
        return [_cell(record.get(name)) for name in columns.get(field, ())]

    title = first("title")
    if not title:
        return NO_TITLE
    texts = [
        (normalised(name), cell_text(_cell(record.get(name))))
        for name in columns.get("abstract", ())
    ]
    named, abstract = next(((name, text) for name, text in texts if text), ("", ""))
    summary = first("summary")
    if not summary and named != "summary":  # Beside an abstract, a summary is what it says.
        summary = next((text for name, text in texts if name == "summary"), "")
    venue, embase_date = _venue(first("venue"))
    citation = cited(first("citation"))
    own = [text for value in values("id") if (text := cell_text(value))]
    by_scheme = dict(_NAMED_ID.findall(first("identifiers")))
    ids = ids_in(
        (*values("arxiv"), *own, *values("doi"), citation.doi, *by_scheme.values(), *values("url")),
        [*_other_ids(record, columns), *_named_ids(by_scheme)],
    )
    kept = [text for value in values("other ids") for text in listed(value) if ":" in text]
    known = {name.partition(":")[2] for name in ids.others}
    own_ids = [
        f"digest:{text}"
        for text in own[:1]
        if text not in known and not set(ids_in([text])[:2]) - {""}
    ]
    return Paper(
        title=title,
        abstract=abstract,
        authors=next((names for v in values("authors") if (names := _people(v))), ()),
        date=first_date(*map(_day, values("date")), embase_date, citation.date),
        venue=venue or citation.venue,
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=tuple(dict.fromkeys((*ids.others, *kept, *own_ids))),
        url=first("url") if not first("url").startswith("/") else "",
        categories=next((names for v in values("categories") if (names := _categories(v))), ()),
        keywords=next((names for v in values("keywords") if (names := _keywords(v))), ()),
        summary=summary,
        sources=(source,),
    )


def cell_text(value: object) -> str:
    """Return a cell as text: dates as they are written, whole numbers without a point."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return text_of(value)


def _web_of_science(tags: Mapping[str, str]) -> ColumnMap:
    columns: dict[str, tuple[str, ...]] = {}
    for tag, field in _WEB_OF_SCIENCE.items():
        if field and tag in tags:
            columns[field] = (*columns.get(field, ()), tags[tag])
    return columns


def _other_ids(record: Mapping[str, Any], columns: ColumnMap) -> Iterable[tuple[str, object]]:
    for scheme in _SCHEMES:
        if text := next(
            (t for name in columns.get(scheme, ()) if (t := cell_text(record.get(name)))), ""
        ):
            yield scheme, pubmed_id(text) if scheme == "pmid" else _bare(text, scheme)
    addresses = (cell_text(record.get(name)) for name in columns.get("url", ()))
    yield "scopus", next((m[1] for url in addresses if (m := _SCOPUS_ADDRESS.search(url))), "")
    for scheme in ("acl", "openreview"):
        yield scheme, first_text(record, columns.get(scheme, ()))


def _named_ids(named: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Yield the ids of ``PMID:30000001 | PMCID:PMC1000001`` that a paper is known by."""
    for scheme, text in named.items():
        if stands_for(scheme, "pmid"):
            yield "pmid", pubmed_id(text)
        elif stands_for(scheme, "pmcid"):
            yield "pmcid", text


def _bare(text: str, scheme: str) -> str:
    if scheme == "wos":
        return re.sub(r"^(?:WOS|ISI):", "", text)
    if scheme == "scopus":
        return text if _SCOPUS.fullmatch(text) else ""
    return text.rstrip("/").rpartition("/")[2] if "://" in text else text


def _cell(value: object) -> object:
    """Return the list that a cell like ``['A, B', 'C, D']`` shows; other cells as they are.

    Placeholders for empty cells ("nan", "N/A") become empty.
    """
    if isinstance(value, str):
        value = _SAFE.sub("", value, count=1) if _SAFE.match(value) else value
        text = value.strip()
        if text.casefold() in _NOTHING or is_placeholder(text):
            return ""
        if text.startswith("[") and text.endswith("]"):
            inside = [first or second for first, second in _QUOTED.findall(text)]
            return [re.sub(r"\\(.)", r"\1", item) for item in inside] or text
        return value
    if isinstance(value, float | date):
        return cell_text(value)
    return value


def _people(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return people(_AUTHOR_NUMBER.sub("", value).strip("; "))
    if isinstance(value, list):
        return people([_lowered(item) for item in value])
    return people(value)


def _keywords(value: object) -> tuple[str, ...]:
    """Return keywords; a comma within brackets, or beside semicolons, is part of one."""
    separator = ";" if isinstance(value, str) and ";" in value else _SEPARATOR
    return listed(value, separator)


def _lowered(item: object) -> object:
    if isinstance(item, dict):
        return {str(key).lower(): value for key, value in item.items()}
    return item


def _day(value: object) -> str:
    text = cell_text(value)
    return text if parse_date(text) else _CLOCK.sub("", text).rstrip("/")


def _venue(text: str) -> tuple[str, str]:
    """Split a venue as Embase gives it: "Gut (2014) 3:3 (152-160). Date of Publication: 2014"."""
    match = _EMBASE_SOURCE.fullmatch(text[:2000])
    if not match:
        return text, ""
    dated = _EMBASE_DATE.search(text[:2000])
    return match["venue"], (dated and parse_date(dated[1])) or match["year"]


def _categories(value: object) -> tuple[str, ...]:
    """Return categories; arXiv's own are often written with blanks between: "cs.LG stat.ML"."""
    if isinstance(value, str):
        parts = value.split()
        if len(parts) > 1 and all(_CATEGORY.fullmatch(part) for part in parts):
            return tuple(parts)
    if isinstance(value, list) and len(value) == 1:
        return _categories(value[0])
    return listed(value)
