"""Papers to Zotero RDF: the only one of its formats that carries notes and collections.

The collections lie in one called *Literature Explorer*: one for each tag of the desk, and
*Starred*. Zotero puts what it imports into collections of these names.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from explorer.export.citations import (
    CitedPaper,
    EntryType,
    address_of,
    citation_key,
    date_parts,
    entry_type_of,
    shown,
    split_name,
)
from explorer.papers.paper import Paper
from explorer.papers.text import tidy

OWN_COLLECTION = "Literature Explorer"
"""The collection that holds all others of the export."""
STARRED_COLLECTION = "Starred"
_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "z": "http://www.zotero.org/namespaces/export#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "bib": "http://purl.org/net/biblio#",
    "foaf": "http://xmlns.com/foaf/0.1/",
}
_TYPES = {
    EntryType.JOURNAL: ("bib:Article", "journalArticle"),
    EntryType.CONFERENCE: ("rdf:Description", "conferencePaper"),
    EntryType.PREPRINT: ("rdf:Description", "preprint"),
    EntryType.OTHER: ("bib:Document", "document"),
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_zotero_rdf(references: Iterable[CitedPaper], file: TextIO) -> None:
    """Write an item for each of ``references``, its notes, and the collections."""
    xml = _Writer(file)
    filed: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    with xml.element("rdf:RDF", **{f"xmlns:{name}": uri for name, uri in _NAMESPACES.items()}):
        for number, reference in enumerate(references, 1):
            item = f"#item_{number}"
            notes = {f"{item}_note_{n}": note for n, note in enumerate(reference.notes, 1)}
            _write_item(xml, reference, item, notes)
            for about, note in notes.items():
                with xml.element("bib:Memo", **{"rdf:about": about}):
                    xml.text("rdf:value", note_html(note))
            for name in collections_of(reference):
                names.setdefault(name.casefold(), name)
                filed.setdefault(name.casefold(), []).append(item)
        _write_collections(xml, {names[key]: items for key, items in sorted(filed.items())})


def collections_of(reference: CitedPaper) -> tuple[str, ...]:
    """Return the names of the collections, within :data:`OWN_COLLECTION`, for a marked paper."""
    names = (*([STARRED_COLLECTION] if reference.mark.starred else []), *reference.mark.tags)
    return tuple({name.casefold(): name for name in reversed(names)}.values())[::-1]


def note_html(note: str) -> str:
    """Return a note as Zotero keeps it: a paragraph of HTML for each line, its text escaped."""
    lines = (html.escape(line, quote=False) for line in note.splitlines() if line.strip())
    return "".join(f"<p>{line}</p>" for line in lines)


class _Writer:
    """Writes XML as it goes; each element on a line of its own."""

    def __init__(self, file: TextIO) -> None:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        self._xml = XMLGenerator(file, "utf-8", True)  # type: ignore[arg-type]  # text files too

    @contextmanager
    def element(self, name: str, **attributes: str) -> Iterator[None]:
        self._xml.startElement(name, AttributesImpl(attributes))
        self._xml.ignorableWhitespace("\n")
        yield
        self._xml.endElement(name)
        self._xml.ignorableWhitespace("\n")

    def text(self, name: str, text: str) -> None:
        """Write an element that holds text; nothing without text."""
        if not text:
            return
        self._xml.startElement(name, AttributesImpl({}))
        self._xml.characters(_NOT_XML.sub("", text))
        self._xml.endElement(name)
        self._xml.ignorableWhitespace("\n")

    def reference(self, name: str, resource: str) -> None:
        self._xml.startElement(name, AttributesImpl({"rdf:resource": resource}))
        self._xml.endElement(name)
        self._xml.ignorableWhitespace("\n")


def _write_item(xml: _Writer, reference: CitedPaper, item: str, notes: Iterable[str]) -> None:
    paper = reference.paper
    name, kind = _TYPES[entry_type_of(paper)]
    with xml.element(name, **{"rdf:about": item}):
        xml.text("z:itemType", kind)
        if paper.venue:
            with xml.element("dcterms:isPartOf"), xml.element("bib:Journal"):
                xml.text("dc:title", shown(paper.venue))
        if paper.authors:
            _write_authors(xml, paper)
        for note in notes:
            xml.reference("dcterms:isReferencedBy", note)
        by_user = len(reference.own_keywords)
        for word in reference.keywords[:by_user]:
            xml.text("dc:subject", shown(word))
        for word in reference.keywords[by_user:]:
            # Zotero tells tags that no person gave apart, and can hide them.
            with xml.element("dc:subject"), xml.element("z:AutomaticTag"):
                xml.text("rdf:value", shown(word))
        xml.text("dc:title", shown(paper.title))
        xml.text("dcterms:abstract", shown(paper.abstract))
        xml.text("dc:date", "-".join(f"{part:02d}" for part in date_parts(paper)))
        if paper.doi:
            xml.text("dc:identifier", f"DOI {paper.doi}")
        if address := tidy(address_of(paper)):
            with xml.element("dc:identifier"), xml.element("dcterms:URI"):
                xml.text("rdf:value", address)
        extra = [f"arXiv:{paper.arxiv}"] if paper.arxiv else []
        xml.text("dc:description", "\n".join([*extra, f"Citation Key: {citation_key(paper)}"]))


def _write_authors(xml: _Writer, paper: Paper) -> None:
    with xml.element("bib:authors"), xml.element("rdf:Seq"):
        for author in paper.authors:
            name = split_name(author)
            with xml.element("rdf:li"), xml.element("foaf:Person"):
                xml.text("foaf:surname", name.family)
                xml.text("foaf:givenName", name.given)


def _write_collections(xml: _Writer, filed: dict[str, list[str]]) -> None:
    if not filed:
        return
    about = {name: f"#collection_{number}" for number, name in enumerate(filed, 2)}
    with xml.element("z:Collection", **{"rdf:about": "#collection_1"}):
        xml.text("dc:title", OWN_COLLECTION)
        for own in about.values():
            xml.reference("dcterms:hasPart", own)
    for name, items in filed.items():
        with xml.element("z:Collection", **{"rdf:about": about[name]}):
            xml.text("dc:title", tidy(name))
            for item in items:
                xml.reference("dcterms:hasPart", item)
