"""Tagged references of databases: one line a field, a tag or a label before each.

One reader for many dialects, because they differ in the form of the tag, in what begins a record,
and in the names of the fields, and in nothing else:

- Ovid, with short tags (``TI  - ``) or labels on lines of their own, below ``<1. >``;
- RefWorks (``T1 ``), also as CNKI, Wanfang and ADS write it, below ``RT ``;
- NoteExpress (``{Title}: ``), as CNKI, Wanfang and VIP write it;
- the Cochrane Library's citation export (``TI: ``), below ``Record #1 of 2``;
- ADS, with percent signs (``%T ``) below a bibcode, and its MEDLARS;
- ProQuest's report (``Title: ``), below ``Document 1 of 2``;
- records of labelled lines (``Title: ``, ``Title-题名: ``), as CNKI's own export, EBSCO's and
  people's notes have them, by the meaning of the labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from explorer.papers.dates import publication_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.author_names import names_on_lines
from explorer.readers.shared.columns import map_columns
from explorer.readers.shared.field_names import meanings, normalised
from explorer.readers.shared.fields import ids_in, pubmed_id
from explorer.readers.shared.reference_fields import (
    abstract_of,
    accession,
    arxiv_in,
    doi_in,
    ids_in_addresses,
    split_keywords,
)
from explorer.readers.shared.tagged import TaggedRecord, Tagging, tagged_records

_BOUNDARY = "Item title"
"""Tag of the line that stands between records; what follows it without a tag is the title."""
_END = "end"
_ADDRESS = "Document URL"
_LINES_LOOKED_AT = 200
_LONGEST_LABEL = 40
_FEWEST_LABELS = 3
_ADDRESS_LINE = re.compile(r"\s*(https?://\S+)\s*")
_KIND_OF_TITLE = re.compile(
    r"\s?\[(?:references|review|article|letter|erratum|editorial|miscellaneous)\]\.?$", re.I
)
_ISSUE = re.compile(r"\.?\s+(?:\(?\d|vol|v\d|no\b|issue|\()", re.I)
"""Boundary between the journal and the volume in a source: "J Ex. 1(2) (pp 1-9), 2020."."""
_TWO_LANGUAGES = re.compile(r"[-/()（）]")
_OTHER_LABELS = frozenset(
    "volume|issue|pages|page|pagination|number of pages|issn|e issn|isbn|language|publisher|type"
    "|document type|publication type|source type|database|database provider|copyright|affiliation"
    "|author affiliation|author address|address|institution|university institution|department"
    "|degree|advisor|adviser|committee member|school code|place of publication|country|location"
    "|country of publication|publication info|publication subject|last updated|notes|note"
    "|classification|correspondence author|reference type|language of publication|number|edition"
    "|dissertation thesis number|proquest document id|start page|issn isbn|isbn issn|status"
    "|journal subset|nlm journal code|score|email|fund|funding|organ|period|page count|first duty"
    "|src database|editor|editors|series|comments|record|accession|entry date|update code|mesh"
    "|mesh subject|publication history|link to the ovid full text or citation|full text|medium"
    "|单位|作者单位|机构|基金|卷|期|页码|页数|第一责任人|来源库|语种|分类号|数据库|issn国际标准刊号".split(
        "|"
    )
)
"""Labels that end the field before them, although no field of a paper is theirs."""

FieldOf = Callable[[str, TaggedRecord | None], tuple[str, str] | None]
Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of writing tagged references."""

    name: str
    sign: re.Pattern[str]
    """Signature that only this dialect has, in the head of a file."""
    line: re.Pattern[str]
    """A line with a tag, and the value after it."""
    tags: Mapping[str, str]
    """For each field its tags, best first; without any, tags are labels and say it themselves."""
    boundary: re.Pattern[str] | None = None
    """A line between records."""
    first: frozenset[str] = frozenset()
    """Tags that begin a record."""
    others: frozenset[str] = frozenset()
    """Tags of other fields: without any, all that ``line`` matches are tags."""
    ending: re.Pattern[str] | None = None
    """A line after which no record follows."""
    sureness: int = 96

    def fields(self, record: TaggedRecord) -> Fields:
        if self.tags:
            return {field: tuple(tags.split("|")) for field, tags in self.tags.items()}
        return map_columns(dict.fromkeys(tag for tag, _ in record.fields))

    def field_of(self, text: str, _record: TaggedRecord | None) -> tuple[str, str] | None:
        if self.boundary and self.boundary.fullmatch(text):
            return _BOUNDARY, ""
        if self.ending and self.ending.fullmatch(text):
            return _END, ""
        match = self.line.fullmatch(text)
        if match and self._is_tag(match[1].strip()):
            return match[1].strip(), (match[2] if self.line.groups > 1 else "") or ""
        address = None if self.tags else _ADDRESS_LINE.fullmatch(text)
        return (_ADDRESS, address[1]) if address else None

    def _is_tag(self, tag: str) -> bool:
        if self.tags:
            return not self.others or tag in self.others or tag in self._known
        return _is_label(tag)

    @property
    def _known(self) -> frozenset[str]:
        return frozenset("|".join(self.tags.values()).split("|")) | self.first

    def starts(self, tag: str, record: TaggedRecord | None, after_blank: bool) -> bool:
        if tag == _BOUNDARY or tag in self.first:
            return True
        if record is None:
            return tag != _END
        if not self._has_title(record):
            return False
        begun = record.fields[0][0]
        if not self.tags:  # What a record began with begins the next, or else its title does.
            return tag in record.tags and (tag == begun or self._is(tag, "title"))
        again = tag in record.tags and (self._is(tag, "title") or self._is(tag, "authors"))
        opening = next((own for own, _ in record.fields if own != _BOUNDARY), "")
        return after_blank and (tag == opening or again)

    def _has_title(self, record: TaggedRecord) -> bool:
        return any(self._is(tag, "title") for tag in record.tags)

    def _is(self, tag: str, field: str) -> bool:
        if self.tags:
            return tag in self.tags[field].split("|")
        return any(meaning.field == field for meaning in meanings(tag))


def _is_label(label: str) -> bool:
    known = len(label) <= _LONGEST_LABEL and label[:1] not in {"-", "*", "#", ">", "|"}
    return known and (bool(meanings(label)) or _is_other(label))


def _is_other(label: str) -> bool:
    # "Organ-单位" is one label in two languages.
    names = (label, *_TWO_LANGUAGES.split(label)) if not label.isascii() else (label,)
    return any(normalised(name) in _OTHER_LABELS for name in names)


_LABELLED = re.compile(r"\ufeff?([^\W\d_][^:：{}\[\]\n]{0,39})(?::(?!//)|：)\s?(.*)", re.DOTALL)
_DASHED = re.compile(r"\ufeff?\s?([A-Z][A-Z0-9]{1,3})\s{0,3}-(?:\s(.*)|$)", re.DOTALL)
_OVID = {
    "title": "TI|OT|BT",
    "abstract": "AB",
    "authors": "AU|FA",
    "date": "DP|YR|DA",
    "venue": "JN|JT|SO|JA|BT",
    "doi": "DO|DI",
    "url": "UR|XL|LK",
    "pmid": "PM",
    "id": "AN|UI",
    "keywords": "KW|KP",
}
DIALECTS = (
    Dialect(
        "Ovid",
        re.compile(
            r"^\ufeff?\s?<\s?\d{1,7}\s?\.?\s?>[ \t]*\n\s?(?!TY)[A-Z][A-Z0-9]{1,3}\s{0,3}- ", re.M
        ),
        _DASHED,
        _OVID,
        boundary=re.compile(r"\ufeff?\s?<\s?\d{1,7}\s?\.?\s?>\s*"),
    ),
    Dialect(
        "Ovid, labels",
        re.compile(r"^\ufeff?\s?<\s?\d{1,7}\s?\.?\s?>[ \t]*\n[A-Z][A-Za-z ]{2,40}\n[ \t]", re.M),
        re.compile(r"([A-Z][^:\n]{1,50})", re.DOTALL),
        {},
        boundary=re.compile(r"\ufeff?\s?<\s?\d{1,7}\s?\.?\s?>\s*"),
    ),
    Dialect(
        "RefWorks",
        re.compile(r"^\ufeff?RT [A-Z][A-Za-z, /()]{2,40}$", re.M),
        re.compile(r"\ufeff?([A-Z][A-Z0-9])(?:\s(.*)|$)", re.DOTALL),
        {
            "title": "T1|TT",
            "abstract": "AB",
            "authors": "A1",
            "date": "FD|YR",
            "venue": "JF|JO|T2|T3",
            "doi": "DO",
            "url": "LK|UL",
            "pmid": "PM",
            "id": "AN",
            "keywords": "K1|KW",
        },
        first=frozenset(("RT",)),
        others=frozenset(
            "SR ID VO IS SP OP NO A2 A3 A4 A5 A6 ED PB PP SN AV AD LA CL SF OT CN DB DS IP RD ST SL"
            " LL CR WT WV WP OL OP U1 U2 U3 U4 U5 U6 U7 U8 U9".split()
        ),
    ),
    Dialect(
        "NoteExpress",
        re.compile(r"^\ufeff?\{Reference Type\}\s?[:：]", re.M | re.I),
        re.compile(r"\ufeff?\{([^{}\n]{1,40})\}\s?[:：]\s?(.*)", re.DOTALL),
        {
            "title": "Title",
            "abstract": "Abstract",
            "authors": "Author",
            "date": "Date|Year",
            "venue": "Journal|Source|Tertiary Title|Secondary Title",
            "doi": "DOI",
            "url": "URL|Link",
            "pmid": "PMID",
            "id": "Accession Number",
            "keywords": "Keywords|Keyword",
        },
        first=frozenset(("Reference Type",)),
    ),
    Dialect(
        "Cochrane",
        re.compile(r"^\ufeff?Record #\d{1,7} of \d{1,7}[ \t]*\n", re.M),
        re.compile(r"([A-Z]{2,4}):(?:\s(.*)|$)", re.DOTALL),
        {
            "title": "TI",
            "abstract": "AB",
            "authors": "AU",
            "date": "YR",
            "venue": "SO",
            "doi": "DOI|DO",
            "url": "US|UR",
            "pmid": "PM",
            "id": "ID",
            "keywords": "KY",
        },
        boundary=re.compile(r"\ufeff?Record #\d{1,7} of \d{1,7}\s*"),
    ),
    Dialect(
        "ADS",
        re.compile(r"\A\ufeff?\n{0,9}%R \d{4}\S{13,16}[ \t]*\n"),
        re.compile(r"\ufeff?%([A-Z@])(?:\s(.*)|$)", re.DOTALL),
        {
            "title": "T",
            "abstract": "B",
            "authors": "A",
            "date": "D",
            "venue": "J",
            "doi": "Y",
            "url": "U",
            "pmid": "",
            "id": "R",
            "keywords": "K",
        },
        first=frozenset("R"),
    ),
    Dialect(
        "MEDLARS",
        re.compile(
            r"\A\ufeff?\n{0,9}PT  - [^\n]{1,100}\n(?:[A-Z]{2,4}[ ]{0,2}- [^\n]*\n){0,5}?TI  - "
        ),
        re.compile(r"\ufeff?([A-Z0-9]{2,4})\s{0,2}-(?:\s?(.*)|$)", re.DOTALL),
        {
            "title": "TI",
            "abstract": "AB",
            "authors": "FAU|AU",
            "date": "DP",
            "venue": "TA|JT",
            "doi": "AID|LID|DO",
            "url": "4099|UR",
            "pmid": "PMID",
            "id": "UI",
            "keywords": "OT|MH",
        },
        first=frozenset(("PT",)),
        others=frozenset(("SO", "VI", "IP", "PG", "LA", "PL")),
    ),
    Dialect(
        "ProQuest",
        re.compile(r"^Document \d{1,7} of \d{1,7}[ \t]*\n", re.M),
        _LABELLED,
        {},
        boundary=re.compile(r"\ufeff?Document \d{1,7} of \d{1,7}\s*"),
        ending=re.compile(r"Bibliography\s*"),
    ),
    Dialect(
        "labels",
        re.compile(r"\A"),
        _LABELLED,
        {},
        boundary=re.compile(r"\ufeff?Record: ?\d{1,7}\s*"),
        sureness=45,
    ),
)


class TaggedReferences:
    """Reads tagged references of databases in all dialects."""

    name = "tagged-references"

    def recognises(self, digest: Digest) -> int:
        dialect = dialect_of(digest)
        return dialect.sureness if dialect else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        dialect = dialect_of(digest)
        if dialect is None:
            return
        tagging = Tagging(dialect.field_of, dialect.starts, frozenset((_END,)), _goes_on)
        for record in tagged_records(digest, tagging):
            yield record if isinstance(record, Rejection) else _paper(record, dialect, digest)


def dialect_of(digest: Digest) -> Dialect | None:
    """Return the first dialect whose sign and whose fields a digest has."""
    if not digest.encoding:
        return None
    head = digest.head.replace("\r\n", "\n").replace("\r", "\n")
    return next((dialect for dialect in DIALECTS if _speaks(head, dialect)), None)


def _speaks(head: str, dialect: Dialect) -> bool:
    start = dialect.sign.search(head)
    if start is None:
        return False
    lines = [line for line in head[start.start() :].splitlines() if line.strip()]
    record = TaggedRecord(1)
    tagged = 0
    for line in lines[:_LINES_LOOKED_AT]:
        if field := dialect.field_of(line, None):
            record.add(*field)
            tagged += 1
    fields = {
        field
        for field, tags in dialect.fields(record).items()
        if any(record.has(tag) for tag in tags)
    }
    if "title" not in fields and not (dialect.name == "ProQuest" and fields):
        return False
    if dialect.name != "labels":
        return len(fields) > 1
    # Without a sign of its own, such a file begins with labels and consists of them.
    enough = len(fields) >= _FEWEST_LABELS and fields & {"authors", "abstract"}
    begins = any(dialect.field_of(line, None) for line in lines[:4])
    return bool(enough) and begins and tagged * 2 >= min(len(lines), _LINES_LOOKED_AT)


def _goes_on(text: str, _after_blank: bool) -> bool:
    return any(character.isalnum() for character in text)  # not a line that parts records


def _paper(record: TaggedRecord, dialect: Dialect, digest: Digest) -> Paper | Rejection:
    fields = dialect.fields(record)

    def texts(field: str) -> list[str]:
        return record.texts(*fields.get(field, ()))

    title = next(iter(texts("title")), "")
    if not title:
        return record.rejected(digest, "no title")
    urls = [part for text in texts("url") for part in text.split()]
    web = [url for url in urls if url.startswith(("http://", "https://"))]
    dois = [doi_in(text, named=False) for text in texts("doi")]
    dois += [doi_in(text) for text in (*web, *texts("id"))]
    ids = ids_in(dois, [*_other_ids(texts, dialect), *ids_in_addresses(web)])
    venue = next((venue for text in texts("venue") if (venue := _venue(text)) != title), "")
    notes = (*texts("arxiv"), *web, *texts("doi"), *texts("venue"))
    return Paper(
        title=_KIND_OF_TITLE.sub("", title),
        abstract=abstract_of(texts("abstract")[:1]),
        authors=_authors(record, fields),
        date=publication_date(texts("date")) or publication_date(texts("venue")),
        venue=venue,
        arxiv=ids.arxiv or next((a for text in notes if (a := arxiv_in(text))), ""),
        doi=ids.doi,
        other_ids=ids.others,
        url=next(iter(web), ""),
        keywords=split_keywords([*texts("keywords"), *texts("categories")], commas=True),
        sources=(Source(digest.name, record.line),),
    )


def _authors(record: TaggedRecord, fields: Fields) -> tuple[str, ...]:
    for tag in fields.get("authors", ()):
        if lines := record.lines(tag):
            return names_on_lines(lines)
    return ()


def _other_ids(texts: Callable[[str], list[str]], dialect: Dialect) -> Iterator[tuple[str, str]]:
    for text in texts("pmid"):
        yield "pmid", pubmed_id(text) or pubmed_id(text.rpartition(" ")[2])
    for text in (own.rstrip(".") for own in texts("id")):
        if dialect.name == "ADS":
            yield "ads", text
        elif not doi_in(text) and not arxiv_in(text):
            yield accession(text)


def _venue(source: str) -> str:
    """Return the journal's name out of a source that goes on with volume and pages."""
    issue = _ISSUE.search(source[:400])
    return (source[: issue.start()] if issue else source).strip(" .,;")
