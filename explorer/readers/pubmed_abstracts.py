"""PubMed's search results as text, in its "Abstract (text)" and "Summary (text)" formats.

A record begins with its number and where it appeared ("1. J Ex. 2021 Nov;22:89-96."), or in a
summary with number and authors; paragraphs follow: the title, the authors, what is known of
them, the abstract, notices, and the ids ("PMID: 30000001"). Only their order and their first words
tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from explorer.papers.paper import Paper, Source
from explorer.papers.text import tidy
from explorer.readers.contract import RECORD_CHARACTERS, Digest, Line, Rejection
from explorer.readers.shared.fields import ids_in, people, pubmed_id
from explorer.readers.shared.pubmed_citation import Citation, cited
from explorer.readers.shared.reference_fields import abstract_of, doi_in
from explorer.readers.shared.titles import is_labelled

_NUMBERED = re.compile(r"\ufeff?\s{0,3}(\d{1,6})[.:]\s+(\S.*)", re.DOTALL)
_START = re.compile(r"^\ufeff?1[.:] +\S.{0,300}?[ .]\d{4}\b", re.M)
_PUBMED_ID = re.compile(r"^PMID: ?(\d{1,9})\b", re.M)
_IDS = re.compile(r"^(?:DOI|PMID|PMCID|PII|ISBN|Version):? ", re.IGNORECASE)
_ONE_ID = re.compile(r"\b(DOI|PMID|PMCID): ?(\S{1,300})")
_ABOUT = re.compile(
    r"(?:author information|comment (?:in|on)|collaborators?|erratum (?:in|for)|update (?:in|of)"
    r"|republished|summary for patients|retraction|plain language summary|copyright|©|\(c\)"
    r"|conflict of interest|published by|(?:\d{4} )?the authors?\b.{0,40}licen[cs]e"
    r"|\[(?:article|indexed|updated)\b|free (?:pmc )?article|affiliations?|expression of concern"
    r"|publication types?|mesh terms?|grants?:|supported by grants?)",
    re.IGNORECASE,
)
"""Beginning of a part after the abstract."""
_MOST_LINES_BEFORE = 5
_ADDRESS = re.compile(r"\(\d{1,3}\)\S")


@dataclass(slots=True)
class _Record:
    """The paragraphs of one record, each on one line."""

    line: int
    paragraphs: list[str] = field(default_factory=list)
    size: int = 0
    headless: bool = False
    """Whether its first line is missing, and with it what the other paragraphs are."""


class PubmedAbstracts:
    """Reads search results that PubMed saves as text."""

    name = "pubmed-abstracts"

    def recognises(self, digest: Digest) -> int:
        head = digest.head.replace("\r\n", "\n").replace("\r", "\n")
        start = _START.search(head)
        if start is None or head[: start.start()].count("\n") > _MOST_LINES_BEFORE:
            return 0
        if not _PUBMED_ID.search(head, start.end()):
            return 0
        record = next(_records(_head_lines(head)), None)
        return 94 if isinstance(record, _Record) and len(record.paragraphs) > 2 else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for record in _records(digest.lines()):
            if isinstance(record, Rejection):
                yield record
            elif record.headless:
                reason = "a record without the line on where it appeared"
                yield Rejection(digest.name, record.line, reason, record.paragraphs[0][:80])
            elif record.size > RECORD_CHARACTERS:
                reason = f"the record has more than {RECORD_CHARACTERS:,} characters"
                yield Rejection(digest.name, record.line, reason, record.paragraphs[0][:80])
            else:
                yield _paper(record, digest)


def _head_lines(head: str) -> Iterator[Line]:
    yield from (Line(number, text) for number, text in enumerate(head.splitlines(), start=1))


def _records(lines: Iterator[Line] | Iterator[Line | Rejection]) -> Iterator[_Record | Rejection]:
    """Yield the records; a number one higher than the last, after a blank line, begins one."""
    record: _Record | None = None
    number, after_blank = 0, True
    for line in lines:
        if isinstance(line, Rejection):
            yield line
            continue
        if not line.text.strip("\ufeff \t"):
            after_blank = True
            continue
        start = _NUMBERED.fullmatch(line.text) if after_blank else None
        if start and (int(start[1]) == number + 1 or _is_complete(record)):
            if record:
                yield record
            record, number = _Record(line.number, [start[2]]), int(start[1])
        elif after_blank and _is_complete(record) and _begins(line.text):
            if record:
                yield record
            record = _Record(line.number, [line.text], headless=True)
        elif record:
            record.size += len(line.text) + 1
            if record.size <= RECORD_CHARACTERS:
                _add(record, line.text, after_blank)
        after_blank = False
    if record:
        yield record


def _is_complete(record: _Record | None) -> bool:
    """Whether the ids, which come last, are there: numbers may be lost or begin anew."""
    return record is not None and bool(_IDS.match(record.paragraphs[-1]))


def _begins(text: str) -> bool:
    """Whether a paragraph behind the ids of one record belongs to another."""
    return not _IDS.match(text) and not _is_about(tidy(text))


def _add(record: _Record, text: str, after_blank: bool) -> None:
    if after_blank or _IDS.match(text):
        record.paragraphs.append(text)
    elif len(record.paragraphs[-1]) + len(text) <= RECORD_CHARACTERS:
        record.paragraphs[-1] += f"\n{text}"


def _paper(record: _Record, digest: Digest) -> Paper | Rejection:
    where, *others = [text for part in record.paragraphs if (text := tidy(part))]
    named = dict(match for text in others if _IDS.match(text) for match in _ONE_ID.findall(text))
    prose = [text for text in others if not _IDS.match(text)]
    citation, title, authors, rest = _parts(where, prose)
    if not title or is_labelled(title):  # its paragraph is lost, and the next in its place
        return Rejection(digest.name, record.line, "no title", where[:80])
    ids = ids_in(
        [doi_in(named.get("DOI", ""), named=False), citation.doi],
        [("pmid", pubmed_id(named.get("PMID", ""))), ("pmcid", named.get("PMCID", ""))],
    )
    return Paper(
        title=title,
        abstract=abstract_of([" ".join(text for text in rest if not _is_about(text))]),
        authors=people(authors.rstrip(".")),
        date=citation.date,
        venue=citation.venue,
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=ids.others,
        sources=(Source(digest.name, record.line),),
    )


def _parts(where: str, prose: list[str]) -> tuple[Citation, str, str, list[str]]:
    """Return citation, title, authors and the other paragraphs."""
    citation = cited(where)
    if not citation.date and len(prose) > 1 and (below := cited(prose[1])).date:
        return below, prose[0], where, prose[2:]  # a summary: authors, title, citation
    title, *rest = prose or [""]
    if rest and _ABOUT.match(rest[0]):  # "[Article in Japanese]"
        rest = rest[1:]
    if rest and _are_authors(rest[0]):
        return citation, title, rest[0], rest[1:]
    return citation, title, "", rest


def _are_authors(text: str) -> bool:
    """Whether a paragraph lists people: short parts that end in initials, not a sentence."""
    parts = [part.strip(" .") for part in re.split(r"[,;]", re.sub(r"\([\d, ]{1,40}\)", "", text))]
    named = sum(
        bool(re.fullmatch(r"\S.{0,60}\s[A-Z]{1,4}(?: (?:Jr|Sr|\d\w\w))?", p)) for p in parts
    )
    return named * 2 > len(parts) or (len(parts) == 1 and len(text) < 60 and text.endswith("."))


def _is_about(text: str) -> bool:
    return bool(_ABOUT.match(text) or _ADDRESS.match(text))
