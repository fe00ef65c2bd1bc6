"""RIS: the tagged lines that Reference Manager introduced and every database exports.

A record runs from ``TY  - JOUR`` to ``ER  -``. The tags are standardised, their use is not:
the title is TI, T1 or CT, the abstract AB or N2, the date PY, Y1 or DA, the journal JF, T2, JO
or JA, and a DOI may be in DO, M3, L3, ID or an address. Some exporters leave out blanks
around the dash, the ER, or the tag of all but the first keyword; Ovid and Embase count the
records in lines between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import issue_date, publication_date
from explorer.papers.paper import Paper, Source
from explorer.readers.contract import Digest, Rejection
from explorer.readers.shared.author_names import names_on_lines
from explorer.readers.shared.fields import ids_in
from explorer.readers.shared.reference_fields import (
    abstract_of,
    accession,
    arxiv_in,
    doi_in,
    ids_in_addresses,
    split_keywords,
)
from explorer.readers.shared.tagged import TaggedRecord, Tagging, tagged_records

_STRICT = re.compile(r"\ufeff?([A-Z][A-Z0-9])  -\s?(.*)", re.DOTALL)
_LOOSE = re.compile(r"[\s\ufeff]*([A-Za-z][A-Za-z0-9])\s{0,4}[-–]\s*(.*)", re.DOTALL)
_LOOSE_START = re.compile(r"[\s\ufeff]*TY\s{0,4}[-–]\s*[A-Z][A-Za-z ]{2,30}\s*", re.I)
_LOOSE_END = re.compile(r"\s*ER\s{0,4}[-–]\s*", re.I)
_START = re.compile(r"^[ \t\ufeff]*TY(?P<gap>[ \t]{0,4})[-–][ \t]*[A-Za-z]{3}", re.M | re.I)
_NEXT = re.compile(r"^[ \t]*(?:[A-Za-z][A-Za-z0-9])[ \t]{0,4}[-–]", re.M)
_BETWEEN = re.compile(
    r"\s*(?:\d{1,7}\.|<\s?\d{1,7}\s?>|record #?\d+ of \d+|provider: .*|database: .*"
    r"|content: text/.*)\s*",
    re.IGNORECASE,
)
_FIELD_LINE = re.compile(r"^\ufeff?([A-Z][A-Z0-9])  - ", re.M)
_END_LINE = re.compile(r"^ER  -", re.M)
_OWN = frozenset("PY Y1 DO JO JF T2 N2 UR KW A1 T1 SN SP EP VL".split())
"""Tags that MEDLINE's format does not have."""
_OPENING = frozenset(("TI", "T1", "AU", "A1", "AB"))
"""Tags that open a record where its type was lost."""
_SINGLE = frozenset("TY TI T1 PY Y1 DO JO JF SP EP VL IS AN SN".split())
_MEDLINE = re.compile(r"\b(?:nlm|pubmed|medline)\b", re.IGNORECASE)
_EXPORTED = re.compile(r"Export Date:\s*(.{4,30})", re.IGNORECASE)


class Ris:
    """Reads RIS in the dialects of Scopus, Embase, Ovid, ProQuest, EndNote, Zotero and others."""

    name = "ris"

    def recognises(self, digest: Digest) -> int:
        head = digest.head
        start = _START.search(head)
        if start and _NEXT.search(head, start.end()):
            return 95 if start["gap"] == "  " else 90
        # Some tools leave out the type.
        tags = set(_FIELD_LINE.findall(head))
        if not tags & {"TI", "T1"} or not _FIELD_LINE.match(head.lstrip("\ufeff\r\n ")):
            return 0
        return 91 if len(tags & _OWN) >= (1 if _END_LINE.search(head) else 3) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for paper, _ in papers_with_notes(digest):
            yield paper


def papers_with_notes(digest: Digest) -> Iterator[tuple[Paper | Rejection, tuple[str, ...]]]:
    """Yield each paper of RIS with its notes (N1), in which screening programs write decisions."""
    tagging = Tagging(_Fields(), _starts, frozenset(("ER",)), _goes_on, _SINGLE)
    for record in tagged_records(digest, tagging):
        if isinstance(record, Rejection):
            yield record, ()
        else:
            yield _paper(record, digest), tuple(record.lines("N1"))


class _Fields:
    """Recognises the lines that begin a field.

    In a loose dialect ("TI - ", "ti  -") a line of an abstract ("IL - 2 is ...") looks like a
    field. So the looseness of the TY line decides for its record, and only tags of the standard,
    which rispy has a table of, count then. rispy itself would need the whole text at once,
    skips the loose dialects, gives no line numbers and keeps the first of repeated tags.
    """

    def __init__(self) -> None:
        from rispy.config import TAG_KEY_MAPPING

        self._known = frozenset(TAG_KEY_MAPPING) | {"BT", "CT", "JO", "J1", "L3", "N1", "U2"}
        self._loose = False

    def __call__(self, text: str, record: TaggedRecord | None) -> tuple[str, str] | None:
        if match := _STRICT.fullmatch(text):
            if match[1] == "TY":
                self._loose = False
            return match[1], match[2]
        if _LOOSE_START.fullmatch(text):
            self._loose = True
        elif not (record and self._loose) and not _LOOSE_END.fullmatch(text):
            return None
        match = _LOOSE.fullmatch(text)
        if not match or match[1].upper() not in self._known:
            return None
        return match[1].upper(), match[2]


def _starts(tag: str, record: TaggedRecord | None, after_blank: bool) -> bool:
    # Right after an ER there may be something left over from its record.
    return tag == "TY" or (record is None and tag != "ER" and (after_blank or tag in _OPENING))


def _goes_on(text: str, after_blank: bool) -> bool:
    # Where an ER is missing, the next record's number must not end up in this one's abstract.
    return not (after_blank and _BETWEEN.fullmatch(text))


def _paper(record: TaggedRecord, digest: Digest) -> Paper | Rejection:
    title = record.first("TI", "T1", "CT", "BT", "TT", "ST")
    if not title:
        return record.rejected(digest, "no title")
    addresses = [part for line in record.lines("UR", "LK") for part in re.split(r"[;\s]+", line)]
    web = [address for address in addresses if address.startswith(("http://", "https://"))]
    linked = [*web, *record.lines("L2", "L1", "L3")]
    notes = record.texts("M1", "M3", "AN", "JF", "JO", "T2", "PB", "N1")
    dois = [doi_in(text, named=False) for text in record.texts("DO")]
    dois += [doi_in(text) for text in record.texts("UR", "M3", "L3", "ID", "AN", "L2")]
    ids = ids_in(dois, _other_ids(record, linked))
    exported = next((m[1] for text in record.texts("N1") if (m := _EXPORTED.search(text))), "")
    return Paper(
        title=title,
        abstract=abstract_of(record.texts("AB")) or abstract_of(record.texts("N2")),
        authors=names_on_lines(record.lines("AU") or record.lines("A1")),
        date=publication_date(record.texts("PY", "Y1", "DA")),
        venue=_venue(record, title),
        arxiv=ids.arxiv or next((a for text in (*linked, *notes) if (a := arxiv_in(text))), ""),
        doi=ids.doi,
        other_ids=ids.others,
        url=next(iter(web), "") or next((a for a in linked if a.startswith("http")), ""),
        keywords=split_keywords(record.lines("KW")),
        sources=(Source(digest.name, record.line, issue_date(exported)),),
    )


def _venue(record: TaggedRecord, title: str) -> str:
    tags = ("JF", "T2", "JO", "BT", "JA", "J2", "J1", "C3", "T3")
    return next((venue for venue in record.texts(*tags) if venue != title), "")


def _other_ids(record: TaggedRecord, linked: list[str]) -> list[tuple[str, str]]:
    database = " ".join(record.texts("DB", "DP"))
    ids = ids_in_addresses([*linked, *record.texts("UR")])
    for text in record.texts("AN"):
        scheme, value = accession(text.split(";")[0].strip())
        if scheme == "digest" and value.isdigit() and _MEDLINE.search(database):
            scheme = "pmid"
        # A DOI or an arXiv id has a field of its own.
        if scheme != "digest" or not (doi_in(value) or arxiv_in(value)):
            ids.append((scheme, value))
    embase = [accession(text) for text in record.texts("U2")]
    ids += [(scheme, value) for scheme, value in embase if scheme == "embase"]
    ids += [named for text in record.texts("C2") if (named := accession(text))[0] == "pmcid"]
    # Scopus has the PubMed id in C2, Embase in C5; others have anything in these.
    if "scopus" in database.lower() or embase:
        numbers = (re.match(r"\d{4,9}\b", text) for text in record.texts("C2", "C5"))
        ids += [("pmid", number[0]) for number in numbers if number]
    return ids
