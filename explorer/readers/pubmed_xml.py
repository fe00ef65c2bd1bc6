"""PubMed's XML, https://www.nlm.nih.gov/bsd/licensee/data_elements_doc.html.

Output of E-utilities, "Send to: XML" and the yearly baseline: a set of articles or of book
chapters. Abstracts may be structured (each part labelled), titles of translated articles stand
in brackets, and dates may be seasons or spans ("2015 Jan-Feb").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import parse_date
from explorer.papers.paper import Paper, Source, doi
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.xml_prose import prose, with_label
from explorer.readers.shared.xml_stream import Element, opening_tags, xml_records

_RECORDS = frozenset(("PubmedArticle", "PubmedBookArticle", "MedlineCitation", "BookDocument"))
_ROOTS = _RECORDS | {"PubmedArticleSet", "PubmedBookArticleSet", "MedlineCitationSet"}
_UNREAD = frozenset(
    ("ReferenceList", "CommentsCorrectionsList", "AffiliationInfo", "InvestigatorList", "Sections",
     "ChemicalList", "GrantList")
)  # fmt: skip
_SPAN = re.compile(r"(?P<year>\d{4})\s*(?P<month>[A-Za-z]{3,9})?(?:\s+(?P<day>\d{1,2}))?")
_BRACKETED = re.compile(r"\[(.+?)\.?\](\.?)")


class PubmedXml:
    """Reads the articles and book chapters of a PubMed set."""

    name = "pubmed-xml"

    def recognises(self, digest: Digest) -> int:
        tags = opening_tags(digest)
        return 95 if tags and (tags[0] in _ROOTS or set(tags) & _RECORDS) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for record in xml_records(digest, _RECORDS, _UNREAD):
            yield record if isinstance(record, Rejection) else _paper(record, digest.name)


def _paper(record: Element, digest: str) -> Paper | Rejection:
    citation = record.first("MedlineCitation") or record.first("BookDocument") or record
    data = record.first("PubmedData") or record.first("PubmedBookData")
    article = citation.first("Article") or citation
    journal, book = article.first("Journal"), article.first("Book")
    pmid = citation.text("PMID")
    title = _title(article, book)
    if not title:
        reason = "no title"
        return Rejection(digest, record.line, reason, f"PMID {pmid}" if pmid else "")
    ids = _ids(article, citation, data)
    venue = journal.text("Title") or journal.text("ISOAbbreviation") if journal is not None else ""
    if not venue and book is not None and prose(book.first("BookTitle")) != title:
        venue = prose(book.first("BookTitle"))
    return Paper(
        title=title,
        abstract=_abstract(article) or _abstract(citation, "OtherAbstract"),
        authors=_authors(article) or (_authors(book) if book is not None else ()),
        date=_date(article, journal, book, data),
        venue=venue or citation.text("MedlineJournalInfo/MedlineTA"),
        doi=ids.get("doi", ""),
        other_ids=tuple(
            f"{scheme}:{ids.get(name, '')}"
            for scheme, name in (("pmid", "pubmed"), ("pmcid", "pmc"))
            if ids.get(name)
        ),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{ids['pubmed']}/" if ids.get("pubmed") else "",
        keywords=_keywords(citation),
        sources=(Source(digest, record.line),),
    )


def _title(article: Element, book: Element | None) -> str:
    title = prose(article.first("ArticleTitle"))
    bracketed = _BRACKETED.fullmatch(title)
    if bracketed:  # a translation into English
        title = bracketed[1]
    # "[Not Available]." and the like stand for no title in English.
    if not title or title.casefold().strip("[].") in {"not available", "in process citation"}:
        title = prose(article.first("VernacularTitle")) or title
    return title or (prose(book.first("BookTitle")) if book is not None else "")


def _abstract(holder: Element, name: str = "Abstract") -> str:
    for abstract in holder.all(name):
        parts = [with_label(p.attribute("Label"), prose(p)) for p in abstract.all("AbstractText")]
        if text := " ".join(part for part in parts if part):
            return text
    return ""


def _authors(holder: Element) -> tuple[str, ...]:
    lists = [part for part in holder.all("AuthorList") if part.attribute("Type") != "editors"]
    return tuple(name for part in lists for author in part.all("Author") if (name := _name(author)))


def _name(author: Element) -> str:
    given = author.text("ForeName") or author.text("FirstName") or author.text("Initials")
    parts = (given, author.text("LastName"), author.text("Suffix"))
    return " ".join(part for part in parts if part) or author.text("CollectiveName")


def _ids(article: Element, citation: Element, data: Element | None) -> dict[str, str]:
    """Return the ids by kind: the record's own, not those of what it cites."""
    ids = {"pubmed": citation.text("PMID")}
    lists = [*article.all("ArticleIdList/ArticleId"), *citation.all("ArticleIdList/ArticleId")]
    for element in [*lists, *(data.all("ArticleIdList/ArticleId") if data is not None else ())]:
        kind, value = element.attribute("IdType"), element.text()
        if value and not ids.get(kind):
            ids[kind] = value
    for element in article.descendants("ELocationID"):
        if element.attribute("EIdType") == "doi" and element.attribute("ValidYN") != "N":
            ids.setdefault("doi", element.text())
    ids["doi"] = doi(ids.get("doi", ""))
    return ids


def _keywords(citation: Element) -> tuple[str, ...]:
    lists = (*citation.all("KeywordList"), *citation.all("Article/KeywordList"))
    named = [keyword for part in lists for keyword in part.texts("Keyword")]
    headings = citation.texts("MeshHeadingList/MeshHeading/DescriptorName")
    return tuple(dict.fromkeys((*named, *headings)))


def _date(
    article: Element, journal: Element | None, book: Element | None, data: Element | None
) -> str:
    """Return the date of the issue, or the electronic one where that is only known more finely."""
    dates = [_written(element) for element in article.all("ArticleDate")]
    if journal is not None:
        dates[:0] = [_written(element) for element in journal.all("JournalIssue/PubDate")]
    for holder in (article, book):
        if holder is not None:
            dates += [_written(e) for n in ("PubDate", "ContributionDate") for e in holder.all(n)]
    if data is not None:
        dates += [_written(element) for element in data.all("History/PubMedPubDate")][:1]
    known = [date for date in dates if date]
    same_year = [date for date in known if date[:4] == known[0][:4]]
    return max(same_year[:2], key=len, default="")


def _written(date: Element) -> str:
    parts = [date.text(name) for name in ("Year", "Month", "Day")]
    text = " ".join(part for part in parts if part) or date.text("MedlineDate")
    if parts[0] and parts[1].isdigit():
        month, day = parts[1].zfill(2), parts[2].zfill(2)
        text = f"{parts[0]}-{month}-{day}" if parts[2] else f"{parts[0]}-{month}"
        return parse_date(text) or parse_date(parts[0])
    match = _SPAN.search(text)
    if match is None:
        return ""
    year, month, day = match["year"], match["month"] or "", match["day"] or ""
    tries = (f"{day} {month} {year}", f"{month} {year}", year)
    return next((date_ for text in tries if (date_ := parse_date(text.strip()))), "")
