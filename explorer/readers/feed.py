"""Feeds: Atom (RFC 4287), RSS 2.0 and RSS 1.0.

arXiv alone writes four of them: its API's Atom, its announcements as Atom and as RSS 2.0 (whose
abstracts begin with ``arXiv:2508.13426v1 Announce Type: new``), and until 2024 RSS 1.0 with HTML.
Journals add Dublin Core and PRISM, and put citation, authors and abstract into one description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from explorer.papers.paper import Paper, Source, arxiv_id, doi
from explorer.papers.text import tidy
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.arxiv_fields import (
    author_names,
    first_doi,
    oai_arxiv_id,
    without_announcement,
)
from explorer.readers.shared.html_fields import html_text
from explorer.readers.shared.timestamps import date_in
from explorer.readers.shared.xml_prose import prose
from explorer.readers.shared.xml_stream import Element, opening_tags, xml_records

_OF_FEED = frozenset(("updated", "lastBuildDate", "pubDate", "date"))
_RECORDS = _OF_FEED | {"entry", "item"}
_ARXIV_TITLE = re.compile(
    r"\.?\s*\(arXiv:(?P<id>\S{5,40})\s*(?:\[(?P<category>[^\]]{2,40})\])?\s*(?P<update>UPDATED)?\)\s*$"
)
_LABEL = re.compile(r"(?:abstract|summary)(?:\s*[:.–—-]\s*|\s+(?=[A-Z]))", re.IGNORECASE)
_CITATION = re.compile(  # "Nature, Published online: 07 November 2024; doi:10.1038/..."
    r"(?P<venue>[^;<>]{2,120}?), Published online: [^;]{4,30}; doi:\s*(?P<doi>10\.\S+)\s*"
)
_ELSEVIER = re.compile(
    r"Publication date:\s*(?P<date>.{4,40}?)\s*Source:\s*(?P<venue>.{2,300}?)"
    r"\s*(?:Author\(s\):\s*(?P<authors>.*))?$"
)
_SHORTENED = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])$")
_BRIEF = 200
"""A description shorter than this may be a teaser for the content that stands beside it."""


class Feed:
    """Reads entries of Atom feeds and items of RSS feeds."""

    name = "feed"

    def recognises(self, digest: Digest) -> int:
        tags = opening_tags(digest)
        if not tags:
            return 0
        known = set(tags)
        if tags[0] == "feed" and ("w3.org/2005/Atom" in digest.head or "entry" in known):
            return 95
        if tags[0] in {"rss", "RDF"} and known & {"channel", "item"}:
            return 95
        return 60 if tags[0] in {"entry", "item"} and "title" in known else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        date = ""
        for element in xml_records(digest, _RECORDS):
            if isinstance(element, Rejection):
                yield element
            elif element.name in _OF_FEED:
                date = date or date_in(element.text())
            else:
                yield _paper(element, Source(digest.name, element.line, date))


@dataclass(slots=True)
class _Body:
    """Abstract and other facts in a description."""

    abstract: str
    venue: str = ""
    doi: str = ""
    date: str = ""
    authors: tuple[str, ...] = ()


def _paper(entry: Element, source: Source) -> Paper | Rejection:
    title = _wording(entry, "title")
    places = [entry.text("id"), *_links(entry), entry.text("guid"), entry.attribute("about")]
    if "arxiv.org/api/errors" in places[0]:
        reason = "arXiv's answer to a faulty query"
        return Rejection(source.digest, source.line, reason, entry.text("summary")[:80])
    in_title = _ARXIV_TITLE.search(title)
    title = title[: in_title.start()].strip() if in_title else title
    if not title:
        return Rejection(source.digest, source.line, "no title", " ".join(places).strip()[:80])
    announced, kind, text = without_announcement(_description(entry))
    body = _body(text)
    kind = entry.text("announce_type") or kind or ("replace" if in_title and in_title[3] else "")
    number = announced or (arxiv_id(in_title["id"]) if in_title else "")
    dois = [entry.text("doi"), *entry.texts("identifier"), body.doi, *places]
    others = () if number else tuple(f"pmid:{p}" for p in map(_pubmed, places) if p)[:1]
    subjects = tuple(dict.fromkeys(_categories(entry)))
    number = number or next((n for place in places if (n := oai_arxiv_id(place))), "")
    return Paper(
        title=title,
        abstract=body.abstract,
        authors=_authors(entry) or body.authors,
        # What a replacement is dated by is the replacement.
        date="" if kind.startswith("replace") else (_date(entry) or body.date),
        venue=_venue(entry) or body.venue,
        arxiv=number,
        doi=next((d for text in dois if (d := first_doi(text) or _doi_in(text))), ""),
        other_ids=others,
        url=next((place for place in places if re.match(r"https?://", place)), ""),
        categories=subjects or ((in_title["category"],) if in_title and in_title[2] else ()),
        keywords=tuple(dict.fromkeys(entry.texts("subject") + entry.texts("keyword"))),
        sources=(source,),
    )


def _wording(entry: Element, name: str) -> str:
    """Return a field that may be text, escaped HTML or, in Atom, XHTML."""
    texts = (html_text(prose(element)) for element in entry.all(name))
    return next((text for text in texts if text), "")


def _description(entry: Element) -> str:
    """Return the summary, or the content if the summary is only a teaser."""
    short = _wording(entry, "summary") or _wording(entry, "description") or ""
    full = _wording(entry, "encoded") or _wording(entry, "content")
    if full and (len(short) < _BRIEF or _SHORTENED.search(short)) and len(full) > len(short):
        return full
    return short


def _body(text: str) -> _Body:
    elsevier = _ELSEVIER.match(text)
    if elsevier:
        authors = author_names(elsevier["authors"] or "")
        venue = elsevier["venue"].split(", Volume")[0].strip()
        return _Body("", venue, date=date_in(elsevier["date"]), authors=authors)
    citation = _CITATION.match(text)
    if citation:
        text = text[citation.end() :]
        return _Body(text, citation["venue"].strip(), doi(citation["doi"].rstrip(".")))
    return _Body(_LABEL.sub("", text, count=1) if _LABEL.match(text) else text)


def _links(entry: Element) -> list[str]:
    """Return the addresses, first that of the page itself."""
    # Atom's links say what they are; the others are the page.
    links = sorted(entry.all("link"), key=lambda e: e.attribute("rel") not in {"", "alternate"})
    addresses = [e.attribute("href") or e.text() for e in links]
    return [link for link in (*addresses, entry.text("url"), entry.text("origLink")) if link]


def _authors(entry: Element) -> tuple[str, ...]:
    people = [name for author in entry.all("author") if (name := author.text("name"))]
    if people:
        return tuple(people)
    creators = [html_text(text) for text in entry.texts("creator")]
    if len(creators) > 1:  # one each, perhaps with the family name first
        return tuple(creators)
    if creators:
        return author_names(creators[0])
    # RSS 2.0 asks for "address (name)".
    named = [re.sub(r"^\S+@\S+\s*\((.*)\)$", r"\1", text) for text in entry.texts("author")]
    if len(named) == 1:
        return author_names(html_text(named[0]))
    return tuple(tidy(name) for name in named if "@" not in name)


def _date(entry: Element) -> str:
    names = ("published", "issued", "pubDate", "publicationDate", "coverDate", "date", "updated")
    return next((d for name in names if (d := date_in(entry.text(name)))), "")


def _venue(entry: Element) -> str:
    for name in ("journal_ref", "journal_reference", "publicationName"):
        if text := entry.text(name):
            return text
    # Dublin Core's source is a citation; RSS 2.0's is the feed that an item was copied from.
    sources = (e.text() for e in entry.all("source") if ":" in e.tag)
    return next((s.split(", Published online")[0] for s in sources if s), "")


def _categories(entry: Element) -> Iterator[str]:
    for element in entry.all("category"):
        if text := element.attribute("term") or element.text():
            yield text


def _doi_in(place: str) -> str:
    """Return the DOI that a publisher's address holds: ``/doi/abs/10.1021/acs.1?af=R``."""
    match = re.search(r"/doi/(?:abs/|full/|pdf/|epdf/)?(10\.\d{4,9}/[^?#\s]+)", place)
    return doi(match[1]) if match else ""


def _pubmed(place: str) -> str:
    match = re.match(r"https?://pubmed\.ncbi\.nlm\.nih\.gov/(\d{1,9})\b", place)
    return match[1] if match else ""
