"""EndNote's XML, which Bookends, Zotero, Mendeley and library catalogues write too.

``<xml><records><record>``; each text may be cut into ``<style>`` runs. Names are the family name
first; a date is a year and, apart from it, a day or month ("Mar 3").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import parse_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.arxiv_fields import first_doi, oai_arxiv_id
from explorer.readers.shared.fields import pubmed_id
from explorer.readers.shared.xml_prose import prose
from explorer.readers.shared.xml_stream import Element, opening_tags, xml_records

_OWN_TAGS = frozenset(
    ("ref-type", "contributors", "titles", "source-app", "electronic-resource-num")
)
_VENUES = ("titles/secondary-title", "periodical/full-title", "alt-periodical/full-title",
           "periodical/abbr-1", "titles/alt-title", "titles/tertiary-title")  # fmt: skip
_ADDRESSES = ("urls/web-urls/url", "urls/related-urls/url", "urls/pdf-urls/url", "url")
_WEB_OF_SCIENCE = re.compile(r"(?:WOS|ISI|BCI|CCC):\w+")


class EndnoteXml:
    """Reads the references of an EndNote library."""

    name = "endnote-xml"

    def recognises(self, digest: Digest) -> int:
        tags = opening_tags(digest)
        if not tags or tags[0] not in {"xml", "records", "record", "XML", "RECORDS"}:
            return 0
        return 94 if len(set(tags) & _OWN_TAGS) >= 2 else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for record in xml_records(digest, frozenset(("record",))):
            yield record if isinstance(record, Rejection) else _paper(record, digest.name)


def _paper(record: Element, digest: str) -> Paper | Rejection:
    title = prose(record.first("titles/title"))
    if not title:
        return Rejection(digest, record.line, "no title", _first(record, _VENUES)[:80])
    addresses = [a for path in _ADDRESSES for a in record.texts(path) if a.startswith("http")]
    number = record.text("electronic-resource-num")
    places = [number, *addresses, record.text("accession-num")]
    return Paper(
        title=title,
        abstract=prose(record.first("abstract")),
        authors=tuple(record.texts("contributors/authors/author")),
        date=_date(record),
        venue=_first(record, _VENUES),
        arxiv=next((n for text in places if (n := oai_arxiv_id(text))), ""),
        doi=first_doi(number) or next((d for text in addresses if (d := first_doi(text))), ""),
        other_ids=_others(record, addresses),
        url=next(iter(addresses), ""),
        keywords=_keywords(record),
        sources=(Source(digest, record.line),),
    )


def _first(record: Element, paths: tuple[str, ...]) -> str:
    return next((text for path in paths if (text := record.text(path))), "")


def _others(record: Element, addresses: list[str]) -> tuple[str, ...]:
    accession = record.text("accession-num")
    provider = " ".join(
        record.text(path) for path in ("remote-database-provider", "remote-database-name")
    ).lower()
    others = []
    if _WEB_OF_SCIENCE.fullmatch(accession):
        others.append(f"wos:{accession.partition(':')[2]}")
    elif accession.isdigit() and (
        any("pubmed" in address for address in addresses)
        or re.search(r"pubmed|medline|nlm", provider)
    ):
        others.append(f"pmid:{pubmed_id(accession)}")
    pmc = record.text("custom2")
    if re.fullmatch(r"PMC\d+", pmc):
        others.append(f"pmcid:{pmc}")
    return tuple(others)


def _keywords(record: Element) -> tuple[str, ...]:
    # Some write all of them, one a line, as a single keyword.
    lines = (
        part for k in record.all("keywords/keyword") for part in re.split(r"[\r\n;]", k.content)
    )
    return tuple(dict.fromkeys(word for line in lines if (word := " ".join(line.split()))))


def _date(record: Element) -> str:
    year = record.text("dates/year")
    if not re.fullmatch(r"\d{4}", year):
        return parse_date(year)
    day = record.text("dates/pub-dates/date").strip(" ,.")
    tries = (f"{day} {year}", f"{day}, {year}", day, f"{day.split('-')[0]} {year}", year)
    return next((d for text in tries if (d := parse_date(text)).startswith(year)), year)
