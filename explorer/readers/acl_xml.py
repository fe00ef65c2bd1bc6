"""The ACL Anthology's XML, https://github.com/acl-org/acl-anthology.

A collection (``2024.sigtyp``) holds volumes; a volume has its meta (booktitle, year, month), its
front matter, which is no paper, and its papers. A paper's id is composed of all three levels. The
Anthology's older files have ids like ``P18-1001``, and the oldest one volume as the root.
"""

from __future__ import annotations

from collections.abc import Iterator

from explorer.papers.paper import Paper, Source, doi
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.timestamps import date_in
from explorer.readers.shared.xml_prose import prose
from explorer.readers.shared.xml_stream import Element, opening_tags, xml_records

_PAGES = "https://aclanthology.org/"


class AclXml:
    """Reads a collection's papers."""

    name = "acl-xml"

    def recognises(self, digest: Digest) -> int:
        tags = opening_tags(digest)
        known = set(tags)
        if not tags or tags[0] not in {"collection", "volume"} or "volume" not in known:
            return 0
        return 95 if known & {"paper", "frontmatter", "booktitle", "meta"} else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        volume = ("", "")
        for element in xml_records(digest, frozenset(("meta", "paper"))):
            if isinstance(element, Rejection):
                yield element
            elif element.name == "meta":
                volume = (prose(element.first("booktitle")), _date(element))
            else:
                yield _paper(element, *volume, digest.name)


def _date(element: Element) -> str:
    year, month = element.text("year"), element.text("month")
    # "July 5 - July 10", "June–July": the first month that is named.
    first = month.replace("–", " ").replace("-", " ").replace("/", " ").split()
    return (date_in(f"{first[0]} {year}") if first else "") or date_in(year)


def _paper(paper: Element, venue: str, date: str, digest: str) -> Paper | Rejection:
    source = Source(digest, paper.line)
    title = prose(paper.first("title"))
    key = _anthology_id(paper)
    if not title:
        return Rejection(digest, paper.line, "no title", key)
    retracted = paper.first("retracted")
    if retracted is not None:
        return Rejection(digest, paper.line, "retracted", title[:80])
    links = [text for text in paper.texts("url") if "://" in text and doi(text) == ""]
    return Paper(
        title=title,
        abstract=prose(paper.first("abstract")),
        authors=tuple(name for author in paper.all("author") if (name := _name(author))),
        date=_date(paper) or date,
        venue=prose(paper.first("booktitle")) or venue,
        doi=doi(paper.text("doi")),
        other_ids=(f"acl:{key}",) if key else (),
        url=f"{_PAGES}{key}/" if key else next(iter(links), ""),
        sources=(source,),
    )


def _name(author: Element) -> str:
    return " ".join(part for part in (author.text("first"), author.text("last")) if part) or (
        author.text() if not author.children else ""
    )


def _anthology_id(paper: Element) -> str:
    """Return the Anthology id, ``2024.sigtyp-1.3``, from the URL or the enclosing elements."""
    for url in paper.texts("url"):
        key = url.removesuffix("/").rpartition("/")[2].removesuffix(".pdf")
        if "-" in key and (key == url or "aclanthology" in url or "aclweb" in url):
            return key
    ids = [element.attribute("id") for element in (*paper.parents, paper)]
    if not all(ids):
        return ""
    if len(ids) == 3:
        return _composed(*ids)
    return f"{ids[0]}-{ids[1]}" if len(ids) == 2 and not ids[0].isdigit() else ""


def _composed(collection: str, volume: str, number: str) -> str:
    if "." in collection:
        return f"{collection}-{volume}.{number}"
    # Four digits: workshops have two for the volume, others one.
    workshop = collection[0] == "W" or collection == "C69" or (collection == "D19" and volume > "4")
    if workshop:
        return f"{collection}-{volume.zfill(2)}{number.zfill(2)}"
    return f"{collection}-{volume}{number.zfill(3)}"
