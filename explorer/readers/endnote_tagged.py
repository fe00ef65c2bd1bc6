"""EndNote's tagged text, also called Refer or BibIX: ``.enw``.

A tag is a percent sign and one character: ``%T``. A record begins with ``%0`` or, where it has
none, after a blank line. Authors, keywords and addresses have a line each, with or
without repeating the tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import publication_date
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
from explorer.readers.shared.tagged import TaggedRecord, Tagging, fields_by, tagged_records

_FIELD = re.compile(r"\s{0,3}\ufeff?%([0-9A-Za-z!@#$&()*+<>?=~^\[\]|/\\-])(?:\s(.*)|$)", re.DOTALL)
_TAGGED = re.compile(r"^\s{0,3}%[0-9A-Z@+!](?:[ \t]\S|[ \t]*$)")
_TELLING = re.compile(r"^\s{0,3}%[0TAX](?:[ \t]|$)", re.MULTILINE)
_NEXT_AUTHOR = re.compile(r"%A\s")
"""Between authors on one line, as CNKI writes them: "%A 张三%A 李四"."""
_MEDLINE = re.compile(r"\b(?:nlm|pubmed|medline)\b", re.IGNORECASE)


class EndNoteTagged:
    """Reads Refer/BibIX files as EndNote, Google Scholar and publishers give them."""

    name = "endnote-tagged"

    def recognises(self, digest: Digest) -> int:
        lines = [line for line in digest.head.lstrip("\ufeff").splitlines() if line.strip()]
        # The first line is one of its own; comments of TeX and BibTeX have a blank after "%".
        if len(lines) < 2 or not _TAGGED.match(lines[0]) or not _TELLING.search(digest.head):
            return 0
        tagged = sum(bool(_TAGGED.match(line)) for line in lines[:20])
        return 94 if tagged * 4 >= min(len(lines), 20) else 0

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:
        for record in tagged_records(digest, _TAGGING):
            yield record if isinstance(record, Rejection) else _paper(record, digest)


def _starts(tag: str, record: TaggedRecord | None, _after_blank: bool) -> bool:
    return record is None or tag == "0"


_TAGGING = Tagging(fields_by(_FIELD), _starts, frozenset(), single=frozenset("0TADJRBVP"))


def _paper(record: TaggedRecord, digest: Digest) -> Paper | Rejection:
    title = record.first("T", "Q", "!")
    if not title:
        return record.rejected(digest, "no title")
    addresses = [part for line in record.lines("U") for part in line.split()]
    web = [address for address in addresses if address.startswith(("http://", "https://"))]
    dois = [doi_in(text, named=False) for text in record.texts("R")]
    dois += [doi_in(text) for text in (*addresses, *record.texts("M", "1", "3"))]
    ids = ids_in(dois, _other_ids(record, web))
    notes = (*web, *record.texts("R", "J", "B", "I", "O", "1", "M", "Z"))
    lines = (part for line in record.lines("A") for part in _NEXT_AUTHOR.split(line))
    return Paper(
        title=title,
        abstract=abstract_of(record.texts("X")),
        authors=names_on_lines(lines),
        date=publication_date(record.texts("D", "8")),
        venue=next((v for v in record.texts("J", "B", "S", "O") if v != title), ""),
        arxiv=ids.arxiv or next((a for text in notes if (a := arxiv_in(text))), ""),
        doi=ids.doi,
        other_ids=ids.others,
        url=next(iter(web), ""),
        keywords=_keywords(record),
        sources=(Source(digest.name, record.line),),
    )


def _keywords(record: TaggedRecord) -> tuple[str, ...]:
    lines = record.lines("K")
    # One to a line, they may hold commas; all in one line, commas are what parts them.
    return split_keywords(lines, commas=len(lines) == 1)


def _other_ids(record: TaggedRecord, web: list[str]) -> list[tuple[str, str]]:
    ids = ids_in_addresses([*web, *record.texts("U")])
    medline = any(_MEDLINE.search(text) for text in record.texts("W", "~"))
    for text in record.texts("M"):
        scheme, value = accession(text)
        if scheme == "digest" and value.isdigit() and medline:
            scheme = "pmid"
        if scheme != "digest" or not (doi_in(value) or arxiv_in(value)):
            ids.append((scheme, value))
    return ids
