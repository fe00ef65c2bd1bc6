"""Columns of tables and keys of loose records, mapped to the fields of a paper.

Every service names its columns differently: "Document Title" (IEEE Xplore), "Article Title" (Web
of Science), "Item Title" (Springer), ``titles`` (data sets). Case, blanks, underscores and
punctuation do not count, so ``paper_title``, "Paper Title" and ``paperTitle`` are one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from explorer.papers.dates import parse_date
from explorer.papers.paper import Paper, Source
from explorer.readers.shared.fields import (
    first_date,
    first_text,
    ids_in,
    listed,
    people,
    pubmed_id,
    text_of,
)

ColumnMap = Mapping[str, tuple[str, ...]]
"""For each field of a paper the columns that hold it, best first."""

NO_TITLE = "no title"

_NAMES = {
    "title": "title|article title|item title|document title|paper title|primary title|titles"
    "|title of paper|publication title|display name|english title|ti|t1|original title",
    "abstract": "abstract|abstracts|abstract note|paper abstract|abstract text|abstract en|ab|n2"
    "|summary|summaries|description|content text|text",
    "authors": "authors|author|author s|author names|authors names|author name|author full names"
    "|authors list|author list|creators|creator|first authors|au|af|a1|first author",
    "date": "publication date|date published|published date|published at|date of publication"
    "|published|pub date|pubdate|date|online publication date|online date|submission date"
    "|submitted date|submitted|date submitted|first submitted date|created|created at|cover date"
    "|announce date|release date|published on|publication year|published year|year|pub year"
    "|pubyear|py|create date|update date|updated|updated at|date added to xplore",
    "venue": "venue|journal|source title|source titles|publication title|journal title"
    "|journal name|journal book|journal ref|container title|conference name|conference title"
    "|conference|booktitle|book title|proceedings title|secondary title|publication name"
    "|publication|book series title|so|t2|jo|source",
    "doi": "doi|item doi|article doi|doi link|doi url|paper doi|di",
    "arxiv": "arxiv|arxiv id|arxivid|arxiv no|arxiv number|eprint|arxiv url|arxiv link|entry id"
    "|arxiv page url",
    "pmid": "pmid|pubmed id|pubmedid|medline pmid|pubmed|pm",
    "pmcid": "pmcid|pmc id|pmc",
    "scopus": "eid|scopus id|scopus eid",
    "wos": "ut unique wos id|unique wos id|ut|wos id|isi id",
    "embase": "embase accession id|embase id|embase accession number",
    "openalex": "openalex|openalex id",
    "s2": "s2 id|semantic scholar id|s2 paper id",
    "corpusid": "corpus id|corpusid|s2 corpus id",
    "acl": "acl id|anthology id",
    "openreview": "openreview id|forum id",
    "id": "id|paper id|publication id|key|uid|uuid|identifier|record id|rank id",
    "url": "url|abs|link|links|paper url|article url|pdf link|html url|abs url|external url"
    "|landing page|landing page url|open url link|web page|pdf url|pdf|ur|scopus link",
    "keywords": "keywords|keyword|author keywords|author keyword|keywords author|de|kw"
    "|index terms|manual tags|tags|ieee terms",
    "categories": "categories|category|subjects|subject areas|subject area|fields of study"
    "|fieldsofstudy|primary category|wos categories|web of science categories|wc|terms"
    "|fields of research anzsrc 2020|fields of research|primary area|arxiv categories|track",
    "summary": "tldr|tl dr|ai tldr|ai summary|one sentence summary|short summary",
    "other ids": "other ids",
}
_RANKS = {
    name: (field, rank)
    for field, names in _NAMES.items()
    for rank, name in enumerate(names.split("|"))
    if field not in {"venue"}
}
_VENUES = {name: rank for rank, name in enumerate(_NAMES["venue"].split("|"))}
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
_NOTHING = frozenset(
    "nan|none|null|n/a|<na>|[no abstract available]|no abstract available"
    "|[no author name available]|[not available]|[no author id available]".split("|")
)
_SCOPUS = re.compile(r"(?:2-s2\.0-)?\d{6,}")
_SCOPUS_ADDRESS = re.compile(r"scopus\.com/[^\s]*[?&]eid=(2-s2\.0-\d{6,15})")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_AUTHOR_NUMBER = re.compile(r"\s*\(\d{5,}\)")
_EMBASE_SOURCE = re.compile(r"(?P<venue>[^()]+?) \((?P<year>\d{4})\)[^()]*\(.*")
_EMBASE_DATE = re.compile(r"Date of Publication: ([^.]{4,40})")
_CATEGORY = re.compile(r"[a-z-]{2,18}(?:\.[A-Za-z-]{2,18})?")
_SAFE = re.compile(r"'(?='*[=+\-@])")
"""Before a cell that a spreadsheet would take for a formula; ``explorer export`` puts it there."""
_CLOCK = re.compile(r"[\sT]\d{1,2}:\d{2}.*$|//?$", re.DOTALL)
_SEPARATOR = r"[,|](?![^()]{0,100}\))"
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=4096)
def normalised(name: str) -> str:
    """Return ``name`` as :data:`_NAMES` spells it: "PubMed ID" is one word less than it seems.

    >>> normal("Author(s) ID"), normal("paperTitle"), normal(" PAPER_TITLE")
    ('author s id', 'paper title', 'paper title')
    """

    def words(text: str) -> str:
        return " ".join(part.lower() for part in re.split(r"[\W_]+", text) if part)

    whole = words(name[:100])
    if whole in _RANKS or whole in _VENUES:
        return whole
    return words(_CAMEL_CASE.sub(" ", name[:100]))


def map_columns(names: Iterable[str]) -> ColumnMap:
    """Map fields to the columns ``names`` that hold them."""
    named = [name for name in names if isinstance(name, str) and name.strip()]
    tags = {name.strip("\ufeff "): name for name in named}
    if "TI" in tags and len(tags.keys() & _WEB_OF_SCIENCE.keys()) >= 4:
        return _web_of_science(tags)
    ranked: dict[str, list[tuple[int, str]]] = {}
    for name in named:
        field, rank = _RANKS.get(normalised(name), ("", 0))
        if field:
            ranked.setdefault(field, []).append((rank, name))
        if normalised(name) in _VENUES:
            ranked.setdefault("venue", []).append((_VENUES[normalised(name)], name))
    columns = {field: tuple(name for _, name in sorted(named)) for field, named in ranked.items()}
    if "title" in columns:  # What is the title of the paper is not that of the journal.
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
    own = [text for value in values("id") if (text := cell_text(value))]
    url = first("url")
    ids = ids_in(
        (*values("arxiv"), *own, *values("doi"), *values("url")),
        [*_other_ids(record, columns)],
    )
    kept = [text for value in values("other ids") for text in listed(value) if ":" in text]
    own_ids = [f"digest:{text}" for text in own[:1] if not set(ids_in([text])[:2]) - {""}]
    return Paper(
        title=title,
        abstract=abstract,
        authors=next((names for v in values("authors") if (names := _people(v))), ()),
        date=first_date(*(_day(value) for value in values("date")), embase_date),
        venue=venue,
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=tuple(dict.fromkeys((*ids.others, *kept, *own_ids))),
        url=url,
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
    for scheme in ("pmid", "pmcid", "scopus", "wos", "embase", "openalex", "s2", "corpusid"):
        if text := next(
            (t for name in columns.get(scheme, ()) if (t := cell_text(record.get(name)))), ""
        ):
            yield scheme, pubmed_id(text) if scheme == "pmid" else _bare(text, scheme)
    addresses = (cell_text(record.get(name)) for name in columns.get("url", ()))
    yield "scopus", next((m[1] for url in addresses if (m := _SCOPUS_ADDRESS.search(url))), "")
    for scheme in ("acl", "openreview"):
        yield scheme, first_text(record, columns.get(scheme, ()))


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
        if text.casefold() in _NOTHING:
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
