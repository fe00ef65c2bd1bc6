"""Zotero RDF: items, the journals they are part of, their attachments and notes, as a graph.

An item names its journal by an address or holds it; a journal may come after its items and carries
the DOI of the one item whose article it is. So the file is gone through twice: for what items are
part of, and for the items. Attachments, notes and collections are no papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Item, NotAPaper, Rejection
from explorer.readers.shared.columns import map_columns, paper_from_row
from explorer.readers.shared.element_values import nested_value
from explorer.readers.shared.fields import ids_in
from explorer.readers.shared.nested_records import every_text_in, flat_record, people_in
from explorer.readers.shared.reference_fields import arxiv_in, doi_in
from explorer.readers.shared.xml_stream import Element, opening_tags, xml_records

_CONTAINERS = frozenset(("Journal", "Series", "Periodical"))
_NOT_PAPERS = {
    "Attachment": "attachment",
    "Memo": "note",
    "Collection": "collection",
    "attachment": "attachment",
    "note": "note",
    "annotation": "annotation",
}
_ITEMS = frozenset(
    "Article Book BookSection Thesis Document Report Manuscript Letter Interview Patent Data Image"
    " Illustration MotionPicture Recording Legislation ConferenceProceedings Description"
    " AcademicArticle Proceedings UserItem".split()
)
_MOST_CONTAINERS = 100_000
_KEPT = 1_000


class ZoteroRdf:
    """Reads libraries that Zotero exports as RDF, and other bibliographies in its vocabulary."""

    name = "zotero-rdf"

    def recognises(self, digest: Digest) -> int:
        tags = opening_tags(digest)
        if not tags or tags[0] != "RDF" or "title" not in tags:
            return 0
        return 96 if "itemType" in tags else 70 if _ITEMS & set(tags) else 0

    def read(self, digest: Digest) -> Iterator[Item]:
        containers = dict(_containers(digest))
        for element in xml_records(digest, _ITEMS | _CONTAINERS | _NOT_PAPERS.keys()):
            if isinstance(element, Rejection):
                yield element
            elif kind := _NOT_PAPERS.get(element.text("itemType") or element.name):
                yield NotAPaper(digest.name, element.line, kind)
            elif element.name not in _CONTAINERS:
                yield _paper(element, containers, digest)


class _Container:
    """Container of an item: its name, and the ids that are the item's."""

    __slots__ = ("identifiers", "title")

    def __init__(self, element: Element) -> None:
        self.title = (element.text("title") or element.text("alternative"))[:_KEPT]
        self.identifiers = [text[:_KEPT] for text in _identifiers(element)[:10]]


def _containers(digest: Digest) -> Iterator[tuple[str, _Container]]:
    left = _MOST_CONTAINERS
    for element in xml_records(digest, _CONTAINERS | _ITEMS):
        if not isinstance(element, Element) or not left:
            continue
        about = element.attribute("about")
        if about and (element.name in _CONTAINERS or element.first("itemType") is None):
            left -= 1
            yield about, _Container(element)


def _paper(item: Element, containers: Mapping[str, _Container], digest: Digest) -> Item:
    source = Source(digest.name, item.line)
    part_of = [_Container(inner) for inner in item.all("isPartOf") for inner in inner.children]
    references = (inner.attribute("resource") for inner in item.all("isPartOf"))
    part_of += [containers[name] for name in references if name in containers]
    identifiers = [*_identifiers(item), *(text for held in part_of for text in held.identifiers)]
    about = item.attribute("about")
    addresses = [text for text in (*identifiers, about) if text.startswith(("http://", "https://"))]
    flat = flat_record(
        {
            "title": item.text("title"),
            "abstract": item.text("abstract"),
            "date": item.text("date") or item.text("issued"),
            "venue": next((held.title for held in part_of if held.title), ""),
            "doi": next((name for text in identifiers if (name := doi_in(text))), ""),
            "arxiv": next(iter(ids_in([*addresses, *identifiers])), "") or _arxiv(item),
            "url": next(iter(addresses), ""),
            "keywords": [
                text
                for subject in item.all("subject")
                for text in every_text_in(nested_value(subject))
            ],
        }
    )
    paper = paper_from_row(flat, map_columns(flat), source)
    if not isinstance(paper, Paper):
        return Rejection(digest.name, item.line, paper, " ".join(item.content.split())[:80])
    authors = (item.first("authors"), item.first("creator"))
    names = (people_in(nested_value(element)) for element in authors if element is not None)
    return replace(paper, authors=tuple(next((authors for authors in names if authors), ())))


def _identifiers(element: Element) -> list[str]:
    return [text for identifier in element.all("identifier") if (text := identifier.text())]


def _arxiv(item: Element) -> str:
    """Return the arXiv id in what Zotero calls extra, and in a report's number."""
    lines = [line for extra in item.all("description") for line in extra.content.splitlines()]
    lines += [*item.texts("number"), *_identifiers(item)]
    return next((name for line in lines if (name := arxiv_in(line))), "")
