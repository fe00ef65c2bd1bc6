"""OAI-PMH: responses of repositories to harvesters, https://www.openarchives.org/pmh/.

A response holds records; a record holds a header (identifier, datestamp, sets, perhaps
``status="deleted"``) and metadata in one of many vocabularies. Read are arXiv's ``arXiv`` and
``arXivRaw``, the ``oai_dc`` that every repository has, and JATS. Harvesters also save records
without their envelope, and several responses in one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.paper import Paper, Source, arxiv_id, doi
from explorer.readers.contract import Digest, Rejection
from explorer.readers.jats import JATS_UNREAD, jats_paper
from explorer.readers.shared.arxiv_fields import author_names, first_doi, oai_arxiv_id
from explorer.readers.shared.fields import pubmed_id
from explorer.readers.shared.timestamps import date_in, earliest
from explorer.readers.shared.xml_prose import prose
from explorer.readers.shared.xml_stream import Element, opening_tags, xml_records

_ARXIV = frozenset(("arXiv", "arXivRaw", "arXivOld"))
_RECORDS = _ARXIV | {"record", "dc", "responseDate"}
_ENVELOPES = frozenset(("OAI-PMH", "ListRecords", "GetRecord"))
_NO_ABSTRACT = re.compile(r"(?i)(?:comments?|notes?|report number|doi)\s*:")


class OaiPmh:
    """Reads ListRecords and GetRecord responses, and their records alone."""

    name = "oai-pmh"

    def recognises(self, digest: Digest) -> int:
        tags = opening_tags(digest)
        if not tags:
            return 0
        known = set(tags)
        if tags[0] in _ENVELOPES or "OAI-PMH" in known:
            return 95
        if "record" in known and ({"header", "metadata"} <= known or known & _ARXIV):
            return 93
        return 92 if tags[0] in _ARXIV or "openarchives.org/OAI" in digest.head else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        date = ""
        for element in xml_records(digest, _RECORDS, JATS_UNREAD):
            if isinstance(element, Rejection):
                yield element
            elif element.name == "responseDate":
                date = date_in(element.text())
            else:
                yield _paper(element, Source(digest.name, element.line, date))


def _paper(record: Element, source: Source) -> Paper | Rejection:
    header = record.first("header")
    identifier = header.text("identifier") if header is not None else ""
    if header is not None and header.attribute("status") == "deleted":
        reason = "deleted from its repository"
        return Rejection(source.digest, source.line, reason, identifier[:80])
    metadata = record if record.name != "record" else next(iter(_metadata(record)), None)
    if metadata is None:
        reason = "a record without metadata"
        return Rejection(source.digest, source.line, reason, identifier[:80])
    if metadata.name in _ARXIV:
        return _from_arxiv(metadata, source)
    if metadata.name == "article":
        return jats_paper(metadata, source)
    if metadata.name == "dc" or metadata.first("title") is not None:
        return _from_dublin_core(metadata, identifier, source)
    reason = f"metadata in <{metadata.name}>, which is neither arXiv's, Dublin Core nor JATS"
    return Rejection(source.digest, source.line, reason, identifier[:80])


def _metadata(record: Element) -> list[Element]:
    inside = [child for part in record.all("metadata") for child in part.children]
    return inside or [child for child in record.children if child.name in _ARXIV | {"dc"}]


def _from_arxiv(metadata: Element, source: Source) -> Paper | Rejection:
    title = prose(metadata.first("title"))
    number = arxiv_id(metadata.text("id"))
    if not title:
        return Rejection(source.digest, source.line, "no title", number)
    people = tuple(name for author in metadata.all("authors/author") if (name := _name(author)))
    # arXivRaw has the authors as one text, and the versions' dates in place of one of its own.
    dates = metadata.texts("created") or metadata.texts("version/date")
    return Paper(
        title=title,
        abstract=prose(metadata.first("abstract")),
        authors=people or author_names(metadata.text("authors")),
        date=date_in(dates[0]) if dates else "",
        venue=metadata.text("journal-ref"),
        arxiv=number,
        doi=first_doi(metadata.text("doi")),
        url=f"https://arxiv.org/abs/{number}" if number else "",
        categories=tuple(metadata.text("categories").split()),
        sources=(source,),
    )


def _name(author: Element) -> str:
    parts = (author.text("forenames"), author.text("keyname"), author.text("suffix"))
    # arXiv writes "The X Collaboration: A. Uthor" with an author called ":".
    return " ".join(part for part in parts if part).strip(" :")


def _from_dublin_core(metadata: Element, identifier: str, source: Source) -> Paper | Rejection:
    title = prose(metadata.first("title"))
    if not title:
        return Rejection(source.digest, source.line, "no title", identifier[:80])
    places = [*metadata.texts("identifier"), *metadata.texts("relation")]
    addresses = [place for place in places if re.match(r"https?://", place)]
    number = next((n for text in (*places, identifier) if (n := oai_arxiv_id(text))), "")
    pubmed = next((n for text in places if "pubmed" in text and (n := pubmed_id(text))), "")
    subjects = tuple(dict.fromkeys(metadata.texts("subject")))
    is_arxiv = bool(number) and identifier.lower().startswith("oai:arxiv")
    others = [f"pmid:{pubmed}"] if pubmed else []
    if identifier and not number:
        others.append(f"digest:{identifier}")
    return Paper(
        title=title,
        abstract=_abstract(metadata),
        authors=tuple(dict.fromkeys(metadata.texts("creator"))),
        date=earliest(map(date_in, metadata.texts("date"))),
        venue=_venue(metadata, places),
        arxiv=number,
        doi=next((name for text in places if (name := doi(text))), ""),
        other_ids=tuple(others),
        url=addresses[0] if addresses else "",
        categories=subjects if is_arxiv else (),
        keywords=() if is_arxiv else subjects,
        sources=(source,),
    )


def _abstract(metadata: Element) -> str:
    """Return the longest description; arXiv puts its comments into another one."""
    texts = [prose(element) for element in metadata.all("description")]
    abstracts = [text for text in texts if not _NO_ABSTRACT.match(text)]
    return max(abstracts, key=len, default="")


def _venue(metadata: Element, places: list[str]) -> str:
    """Return the source, or arXiv's journal reference in an identifier: ``Phys. Rev. D 93``."""
    source = metadata.text("source")
    if source:
        return source
    named = (
        p for p in places if " " in p and re.search(r"\d", p) and not doi(p) and "://" not in p
    )
    return next(named, "")
