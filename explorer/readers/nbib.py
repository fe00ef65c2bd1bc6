"""PubMed's tagged text: the MEDLINE format, saved as ``.nbib`` or "PubMed" text.

A tag is padded to four characters and followed by a dash: ``TI  - ``. Lines that go on are
indented by six blanks. A record begins with ``PMID- ``, elsewhere (ERIC) with ``OWN - ``; a blank
line usually precedes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import issue_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.fields import ids_in, pubmed_id
from explorer.readers.shared.reference_fields import abstract_of, doi_in, split_keywords
from explorer.readers.shared.tagged import TaggedRecord, Tagging, fields_by, tagged_records

_FIELD = re.compile(r"\ufeff?([A-Z][A-Z0-9]{1,3}) {0,2}-(?:\s(.*)|$)", re.DOTALL)
_START = re.compile(r"^\ufeff?PMID ?- ?\d{1,9}\s*$", re.MULTILINE)
_WITHIN = re.compile(r"^[A-Z]{2,4} {0,2}- ", re.MULTILINE)
_TAG = re.compile(r"^\ufeff?([A-Z][A-Z0-9]{1,3}) {0,2}- ", re.MULTILINE)
_TELLING = frozenset(
    "OWN STAT FAU DP JT TA LID AID JID PMC PHST EDAT CRDT OTO OID ISSN VI PG MH OT DCOM".split()
)
"""Tags that RIS does not have."""
_HEADING = frozenset(("OWN", "STAT", "DCOM", "LR", "DA", "CI", "IS", "VI", "IP"))
"""Tags that may precede the number of their record."""
_SINGLE = frozenset("PMID OWN STAT TI DP JT TA SO PG VI IP EDAT CRDT JID LR OID".split())
_END_OF_RIS = re.compile(r"^(?:ER|TY)  -", re.MULTILINE)
_ID_OF = re.compile(r"(.*\S)\s*\[(\w+)\]")


class Nbib:
    """Reads PubMed's export for reference managers."""

    name = "nbib"

    def recognises(self, digest: Digest) -> int:
        start = _START.search(digest.head)
        if start and _WITHIN.search(digest.head, start.end()):
            return 96
        tags = set(_TAG.findall(digest.head))
        if "TI" not in tags or len(tags & _TELLING) < 2 or _END_OF_RIS.search(digest.head):
            return 0
        return 92 if _TAG.match(digest.head.lstrip("\ufeff\r\n ")) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for record in tagged_records(digest, _TAGGING):
            yield record if isinstance(record, Rejection) else _paper(record, digest)


def _starts(tag: str, record: TaggedRecord | None, _after_blank: bool) -> bool:
    return record is None or (tag == "PMID" and not record.tags <= _HEADING)


_TAGGING = Tagging(fields_by(_FIELD), _starts, frozenset(), single=_SINGLE)


def _paper(record: TaggedRecord, digest: Digest) -> Paper | Rejection:
    title = record.first("TI", "BTI", "TT", "CTI")
    if not title:
        return record.rejected(digest, "no title")
    ids = ids_in(
        [doi_in(value, named=False) for value, kind in _ids(record) if kind == "doi"],
        [
            ("pmid", pubmed_id(record.first("PMID"))),
            *(("pmcid", text) for text in record.texts("PMC")[:1]),
        ],
    )
    venue = next((name for name in record.texts("JT", "TA", "BTI", "CTI") if name != title), "")
    return Paper(
        title=title,
        abstract=abstract_of(record.texts("AB")) or abstract_of(record.texts("OAB")),
        authors=tuple(dict.fromkeys(record.texts("FAU") or record.texts("AU")))
        + tuple(dict.fromkeys(record.texts("CN"))),
        date=_date(record),
        venue=venue,
        arxiv=ids.arxiv,
        doi=ids.doi,
        other_ids=ids.others,
        keywords=split_keywords(record.texts("OT", "MH")),
        sources=(Source(digest.name, record.line),),
    )


def _ids(record: TaggedRecord) -> Iterator[tuple[str, str]]:
    for text in record.texts("LID", "AID"):
        if match := _ID_OF.fullmatch(text):
            yield match[1], match[2].lower()


def _date(record: TaggedRecord) -> str:
    """Return the issue's date; where it is a bare year, the electronic one of that year."""
    printed = issue_date(record.first("DP"))
    electronic = issue_date(record.first("DEP"))
    if printed and len(printed) == 4 and electronic.startswith(printed):
        return electronic
    # Older records have neither; what is left is when PubMed took the paper in.
    return printed or electronic or issue_date(record.first("EDAT", "CRDT"))
