"""XML of catalogues and registries: MODS, DataCite, Crossref's unixref, DBLP, ADS, and their like.

What is a record follows from the kind of the document, told by its elements; what is in a record
follows from the names of the elements within (:mod:`explorer.readers.shared.nested_records`), so
that kinds differ in little. A document of a kind that is not in the list is read, too, if an
element in it plainly holds a title and people or an abstract.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from xml.parsers import expat

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Item, NotAPaper, Rejection
from explorer.readers.shared.columns import map_columns, paper_from_row
from explorer.readers.shared.element_values import Value, nested_value
from explorer.readers.shared.field_names import meanings
from explorer.readers.shared.nested_records import flat_record, kind_of_item, text_in
from explorer.readers.shared.xml_stream import Element, local, opening_tags, xml_records

_LONGEST_EXCERPT = 80
_DEPTH = 30
_SURE, _LIKELY = 92, 55


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of document: by which elements it is told, and which of them are records."""

    evidence: frozenset[str]
    """Elements that are all in it."""
    records: frozenset[str]
    around: frozenset[str] = frozenset()
    """Elements before the records that name the journal or the proceedings."""
    others: tuple[tuple[str, str], ...] = ()
    """Elements beside the records that are none, each with what it is."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields whose elements do not say it themselves, each with the paths to them, best first; an
    element may be chosen by its type: ``relatedItem[host]``."""
    sureness: int = _SURE

    @property
    def read(self) -> frozenset[str]:
        return self.records | self.around | {name for name, _ in self.others}


_DBLP_RECORDS = frozenset(
    "article inproceedings incollection phdthesis mastersthesis book data".split()
)
_DBLP_OTHERS = (("proceedings", "proceedings volume"), ("www", "home page"))
_KINDS = (
    _Kind(
        frozenset(("mods", "titleInfo")),
        frozenset(("mods",)),
        fields={
            "title": ("titleInfo",),
            "authors": ("name",),
            "date": (
                "originInfo/dateIssued",
                "part/date",
                "relatedItem[host]/part/date",
                "relatedItem[host]/originInfo/dateIssued",
                "originInfo/dateCreated",
                "originInfo/copyrightDate",
            ),
            "venue": ("relatedItem[host]/titleInfo", "relatedItem[series]/titleInfo"),
            "url": ("location/url",),
            "keywords": ("subject/topic",),
        },
    ),
    _Kind(
        frozenset(("doi_data",)),
        frozenset(
            "journal_article conference_paper posted_content dissertation content_item"
            " report-paper_metadata".split()
        ),
        around=frozenset(("journal_metadata", "proceedings_metadata", "book_metadata")),
        fields={
            "authors": ("contributors/person_name", "contributors/organization"),
            "date": ("publication_date", "posted_date", "approval_date", "completion_date"),
            "doi": ("doi_data/doi",),
            "url": ("doi_data/resource",),
        },
    ),
    _Kind(frozenset(("resource", "creators", "titles")), frozenset(("resource",))),
    _Kind(frozenset(("dblp",)), _DBLP_RECORDS, others=_DBLP_OTHERS),
    _Kind(frozenset(("dblpperson",)), _DBLP_RECORDS, others=_DBLP_OTHERS),
    _Kind(frozenset(("hits", "hit", "info", "title")), frozenset(("info",))),
    _Kind(frozenset(("records", "record", "bibcode", "title")), frozenset(("record",))),
)


class XmlRecords:
    """Reads records in XML by the meaning of its elements."""

    name = "xml-records"

    def recognises(self, digest: Digest) -> int:
        kind = _kind_of(digest)
        return kind.sureness if kind else 0

    def read(self, digest: Digest) -> Iterator[Item]:
        kind = _kind_of(digest)
        venue = ""
        for element in xml_records(digest, kind.read) if kind else ():
            if isinstance(element, Rejection) or kind is None:
                yield from (element,) if isinstance(element, Rejection) else ()
            elif element.name in kind.around:
                venue = _venue(element)
            elif other := dict(kind.others).get(element.name):
                yield NotAPaper(digest.name, element.line, other)
            else:
                yield _paper(element, kind, venue, digest)


def _kind_of(digest: Digest) -> _Kind | None:
    tags = set(opening_tags(digest))
    if not tags:
        return None
    known = next((kind for kind in _KINDS if kind.evidence <= tags and kind.records & tags), None)
    if known:
        return known
    name = _record_name(digest.head)
    return _Kind(frozenset(), frozenset((name,)), sureness=_LIKELY) if name else None


def _venue(element: Element) -> str:
    record = nested_value(element)
    if not isinstance(record, dict):
        return ""
    names = ("full_title", "proceedings_title", "titles", "abbrev_title")
    return next((text for name in names if (text := text_in(record.get(name), "title"))), "")


def _paper(element: Element, kind: _Kind, venue: str, digest: Digest) -> Item:
    source = Source(digest.name, element.line)
    record = nested_value(element)
    if not isinstance(record, dict):
        return Rejection(source.digest, source.line, "no title", str(record)[:_LONGEST_EXCERPT])
    if other := kind_of_item(record):
        return NotAPaper(source.digest, source.line, other)
    own_fields = {
        name: next((value for path in paths for value in [_at(record, path)] if value), "")
        for name, paths in kind.fields.items()
    }
    flat = flat_record({**record, **{name: value for name, value in own_fields.items() if value}})
    paper = paper_from_row(flat, map_columns(flat), source)
    if not isinstance(paper, Paper):
        shown = " ".join(element.content.split())[:_LONGEST_EXCERPT]
        return Rejection(source.digest, source.line, paper, shown)
    address = paper.url if "://" in paper.url else ""
    return replace(paper, venue=venue or paper.venue, url=address)


def _at(value: Value, path: str) -> Value:
    """Return the value at ``path``; of a list those that the next step fits."""
    if not path:
        return value
    if isinstance(value, list):
        inner = [held for item in value if (held := _at(item, path))]
        return inner[0] if len(inner) == 1 else inner
    step, _, rest = path.partition("/")
    name, _, kind = step.rstrip("]").partition("[")
    held = value.get(name, "") if isinstance(value, dict) else ""
    if kind:
        items = held if isinstance(held, list) else [held]
        held = [item for item in items if isinstance(item, dict) and item.get("type") == kind]
    return _at(held, rest)


@lru_cache(maxsize=4)
def _record_name(head: str) -> str:
    """Return the name of the elements whose children are the fields of papers, or ``""``."""
    children: defaultdict[str, Counter[str]] = defaultdict(Counter)
    open_: list[str] = []

    def start(tag: str, _attributes: object) -> None:
        if open_:
            children[open_[-1]][local(tag)] += 1
        open_.append(local(tag))
        if len(open_) > _DEPTH:
            raise ValueError("too deep")

    def end(_tag: str) -> None:
        open_.pop()

    def declared(*_: object) -> None:
        raise ValueError("entities")

    parser = expat.ParserCreate("utf-8")
    parser.UseForeignDTD(True)
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = declared
    with suppress(expat.ExpatError, ValueError):  # what came before the damage counts
        parser.Parse(head.encode("utf-8", "replace"), False)
    fields = {name: _fields_of(names) for name, names in children.items()}
    fit = [name for name, own in fields.items() if _is_record(own)]
    return max(fit, key=lambda name: len(fields[name]), default="")


def _fields_of(names: Counter[str]) -> set[str]:
    return {meaning.field for name in names for meaning in meanings(name)}


def _is_record(fields: set[str]) -> bool:
    return "title" in fields and bool(fields & {"authors", "abstract"}) and len(fields) > 2
