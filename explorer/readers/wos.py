"""Web of Science (ISI) field-tagged text, as "Plain Text File" and ``.ciw`` exports have it.

The file has ``FN`` and ``VR`` once; a record runs from ``PT`` to ``ER``. A tag is two
characters and a blank; continuation lines are indented by three, and under AU and AF each is
another author. Fields of prose are wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import issue_date, publication_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.fields import ids_in, pubmed_id
from explorer.readers.shared.reference_fields import (
    abstract_of,
    accession,
    arxiv_in,
    doi_in,
    split_keywords,
)
from explorer.readers.shared.tagged import TaggedRecord, Tagging, tagged_records

_FIELD = re.compile(r"\ufeff?([A-Z][A-Z0-9])(?:\s(.*)|$)", re.DOTALL)
_HEADER = re.compile(r"\s*FN [^\n]*\n\s*VR ")
_RECORD = re.compile(r"^\ufeff?PT [A-Z]\s*$", re.MULTILINE)
_WITHIN = re.compile(r"^(?:AU|TI|SO|UT) \S", re.MULTILINE)
_OF_THE_FILE = frozenset(("FN", "VR", "ER", "EF"))
_SINGLE = frozenset("PT TI SO PY UT DI AB VL BP".split())


class WebOfScience:
    """Reads plain text exports of Web of Science."""

    name = "wos"

    def recognises(self, digest: Digest) -> int:
        head = digest.head.lstrip("\ufeff")
        if _HEADER.match(head):
            return 97
        start = _RECORD.search(head)
        return 92 if start and len(_WITHIN.findall(head, start.end())) > 1 else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        # rispy has a parser for this too, but it needs all lines at once and gives no line numbers.
        tagging = Tagging(_field, _starts, frozenset(("ER", "EF")), single=_SINGLE)
        for record in tagged_records(digest, tagging):
            yield record if isinstance(record, Rejection) else _paper(record, digest)


def _field(text: str, _record: TaggedRecord | None) -> tuple[str, str] | None:
    match = _FIELD.fullmatch(text)
    return (match[1], match[2] or "") if match else None


def _starts(tag: str, record: TaggedRecord | None, _after_blank: bool) -> bool:
    return tag == "PT" or (record is None and tag not in _OF_THE_FILE)


def _paper(record: TaggedRecord, digest: Digest) -> Paper | Rejection:
    title = record.first("TI")
    if not title:
        return record.rejected(digest, "no title")
    known = [accession(text) for text in record.texts("UT")]
    known += [("pmid", pubmed_id(text)) for text in record.texts("PM")]
    dois = [doi_in(text, named=False) for text in record.texts("DI", "D2")]
    ids = ids_in(dois, known)
    authors = record.lines("AF") or record.lines("AU") or record.lines("BF", "BA")
    return Paper(
        title=title,
        abstract=abstract_of(record.texts("AB")),
        authors=tuple(dict.fromkeys((*authors, *record.texts("CA")))),
        date=publication_date(record.texts("PY", "PD", "EY", "EA")),
        venue=record.first("SO", "SE", "CT", "JI", "J9"),
        arxiv=ids.arxiv or next((a for t in record.texts("AR", "SO") if (a := arxiv_in(t))), ""),
        doi=ids.doi,
        other_ids=ids.others,
        categories=split_keywords(record.texts("WC") or record.texts("SC")),
        keywords=split_keywords(record.texts("DE", "ID")),
        # DA is the day on which the record was exported.
        sources=(Source(digest.name, record.line, issue_date(record.first("DA"))),),
    )
