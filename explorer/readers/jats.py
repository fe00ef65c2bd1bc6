"""JATS, the journals' tag suite (NISO Z39.96), https://jats.nlm.nih.gov.

PubMed Central, bioRxiv and most publishers write it: one article, or several in a wrapper such
as ``<pmc-articleset>``. Only the front is read; bodies and references are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from explorer.papers.dates import parse_date
from explorer.papers.paper import Paper, Source, doi
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.arxiv_fields import oai_arxiv_id
from explorer.readers.shared.timestamps import date_in, earliest
from explorer.readers.shared.xml_prose import prose, sections
from explorer.readers.shared.xml_stream import Element, opening_tags, xml_records

JATS_UNREAD = frozenset(
    ("body", "back", "floats-group", "floats-wrap", "sub-article", "response", "ref-list",
     "aff", "permissions", "counts", "custom-meta-group", "funding-group")
)  # fmt: skip
_OTHER_ABSTRACTS = frozenset(
    ("graphical", "toc", "teaser", "executive-summary", "key-points", "highlights", "summary",
     "plain-language-summary", "short", "web-summary", "editor", "author-highlights")
)  # fmt: skip
_PUBLISHED = ("epub", "pub", "ppub", "collection", "epub-ppub", "preprint")


class Jats:
    """Reads the front of each article."""

    name = "jats"

    def recognises(self, digest: Digest) -> int:
        tags = opening_tags(digest)
        known = set(tags)
        if not tags or "article" not in known or not known & {"article-meta", "front"}:
            return 0
        return 92 if tags[0] not in {"OAI-PMH", "feed", "rss", "RDF"} else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for article in xml_records(digest, frozenset(("article",)), JATS_UNREAD):
            if isinstance(article, Rejection):
                yield article
            else:
                yield jats_paper(article, Source(digest.name, article.line))


def jats_paper(article: Element, source: Source) -> Paper | Rejection:
    """Return the paper that a JATS ``<article>`` is."""
    front = article.first("front") or article
    meta = front.first("article-meta") or front
    title = prose(meta.first("title-group/article-title"))
    if title and (subtitle := prose(meta.first("title-group/subtitle"))):
        title = f"{title.rstrip(':')}: {subtitle}"
    ids = _ids(meta)
    if not title:
        return Rejection(source.digest, source.line, "no title", " ".join(ids.values())[:80])
    journal = front.first("journal-meta") or front
    groups = meta.all("kwd-group")
    return Paper(
        title=title,
        abstract=_abstract(meta),
        authors=_authors(meta),
        date=_date(meta),
        venue=next(
            (
                text
                for path in ("journal-title-group/journal-title", "journal-title")
                if (text := journal.text(path))
            ),
            "",
        ),
        arxiv=oai_arxiv_id(ids.get("arxiv", "")),
        doi=doi(ids.get("doi", "")),
        other_ids=_others(ids),
        url=next(
            (a for e in meta.all("self-uri") if (a := e.attribute("href")).startswith("http")), ""
        ),
        categories=tuple(dict.fromkeys(meta.texts("article-categories/subj-group/subject"))),
        keywords=tuple(dict.fromkeys(prose(k) for g in groups for k in g.all("kwd") if prose(k))),
        sources=(source,),
    )


def _ids(meta: Element) -> dict[str, str]:
    ids: dict[str, str] = {}
    for element in meta.all("article-id"):
        ids.setdefault(element.attribute("pub-id-type"), element.text())
    return ids


def _others(ids: dict[str, str]) -> tuple[str, ...]:
    pmc = ids.get("pmc") or ids.get("pmcid", "")
    others = [f"pmid:{ids['pmid']}"] if ids.get("pmid") else []
    if pmc:
        others.append(f"pmcid:{pmc if pmc.upper().startswith('PMC') else f'PMC{pmc}'}")
    return tuple(others)


def _abstract(meta: Element) -> str:
    """Return the abstract itself, not the one for laymen or the table of contents."""
    for abstract in meta.all("abstract"):
        if abstract.attribute("abstract-type") not in _OTHER_ABSTRACTS and (
            text := sections(abstract)
        ):
            return text
    translated = meta.all("trans-abstract")
    return sections(translated[0]) if translated else ""


def _authors(meta: Element) -> tuple[str, ...]:
    contributors = [
        contributor
        for group in (*meta.all("contrib-group"), meta)
        for contributor in group.all("contrib")
        if contributor.attribute("contrib-type") in {"", "author"}
    ]
    return tuple(name for contributor in contributors if (name := _name(contributor)))


def _name(contributor: Element) -> str:
    holder = contributor.first("name-alternatives") or contributor
    name = holder.first("name") or holder.first("string-name")
    if name is None:
        return prose(contributor.first("collab"))
    parts = (name.text("given-names"), name.text("surname"), name.text("suffix"))
    return " ".join(part for part in parts if part) or name.text()


def _date(meta: Element) -> str:
    """Return the earliest date of publication, as far as it is known."""
    dates = []
    for element in meta.all("pub-date"):
        kind = element.attribute("pub-type") or element.attribute("date-type") or "pub"
        if kind in _PUBLISHED and (date := _written(element)):
            dates.append(date)
    if not dates:
        history = [e for e in meta.all("history/date") if e.attribute("date-type") == "accepted"]
        dates = [date for element in history if (date := _written(element))]
    return earliest(dates)


def _written(date: Element) -> str:
    year, month, day = (date.text(name) for name in ("year", "month", "day"))
    if year and month.isdigit():
        whole = f"{year}-{month.zfill(2)}"
        return parse_date(f"{whole}-{day.zfill(2)}" if day else whole) or parse_date(year)
    named = " ".join(part for part in (day, month, year) if part)
    return (
        date_in(named)
        or parse_date(f"{month} {year}")
        or parse_date(year)
        or date_in(date.attribute("iso-8601-date"))
    )
