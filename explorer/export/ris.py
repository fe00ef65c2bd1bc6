"""Papers to RIS, which Zotero, EndNote, Mendeley and most databases read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from explorer.export.citations import (
    CitedPaper,
    EntryType,
    address_of,
    citation_key,
    date_parts,
    entry_type_of,
    shown,
    split_name,
)
from explorer.papers.text import tidy

_TYPES = {
    EntryType.JOURNAL: "JOUR",
    EntryType.CONFERENCE: "CPAPER",
    EntryType.PREPRINT: "UNPB",
    EntryType.OTHER: "GEN",
}


def write_ris(references: Iterable[CitedPaper], file: TextIO) -> None:
    """Write a record for each of ``references``."""
    from rispy import RisWriter

    class Writer(RisWriter):  # type: ignore[misc]
        """Writes no numbers between records: the format has none."""

        def set_header(self, count: int) -> str:  # noqa: ARG002  the base class asks for it
            return ""

    # A list of addresses would come out as one line; each gets its own here.
    writer = Writer(delimiter_tags_mapping={})
    for reference in references:
        writer.format_lines(file, [_record(reference)])
        file.write("\n")


def _record(reference: CitedPaper) -> dict[str, Any]:
    paper = reference.paper
    parts = date_parts(paper)
    fields: dict[str, Any] = {
        "type_of_reference": _TYPES[entry_type_of(paper)],
        "id": citation_key(paper),
        "title": shown(paper.title),
        "authors": [_author(author) for author in paper.authors],
        "secondary_title": shown(paper.venue),
        "year": f"{parts[0]:04d}" if parts else "",
        "date": "/".join(f"{part:02d}" for part in parts) + "/" * (3 - len(parts)) if parts else "",
        "doi": paper.doi,
        "accession_number": f"arXiv:{paper.arxiv}" if paper.arxiv else "",
        "keywords": [shown(word) for word in reference.keywords],
        "abstract": shown(paper.abstract),
        "notes": [shown(note) for note in reference.notes],  # each on one line
        # A semicolon would end the address: RIS has several in one line with these between them.
        "urls": [tidy(address).replace(";", "%3B")] if (address := address_of(paper)) else [],
    }
    return {name: value for name, value in fields.items() if value}


def _author(author: str) -> str:
    name = split_name(author)
    return f"{name.family}, {name.given}" if name.given else name.family
