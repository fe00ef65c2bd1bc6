"""Papers to CSL-JSON, which Pandoc, Zotero and all citation processors read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from explorer.export.citations import (
    CitedPaper,
    EntryType,
    address_of,
    citation_key,
    date_parts,
    entry_type_of,
    joined_keywords,
    shown,
    split_name,
)
from explorer.papers.text import tidy

_TYPES = {
    EntryType.JOURNAL: "article-journal",
    EntryType.CONFERENCE: "paper-conference",
    EntryType.PREPRINT: "article",
    EntryType.OTHER: "article",  # "document" would be better, but processors of CSL 1.0.1 reject it
}


def write_csl_json(references: Iterable[CitedPaper], file: TextIO) -> None:
    """Write one JSON list with an item for each of ``references``."""
    before = "[\n"
    for reference in references:
        file.write(before + json.dumps(csl_item(reference), ensure_ascii=False))
        before = ",\n"
    file.write("\n]\n" if before == ",\n" else "[]\n")


def csl_item(reference: CitedPaper) -> dict[str, Any]:
    """Return a paper as an item of CSL-JSON, version 1.0."""
    paper = reference.paper
    parts = date_parts(paper)
    fields = {
        "id": citation_key(paper),
        "type": _TYPES[entry_type_of(paper)],
        "title": shown(paper.title),
        "author": [_author(author) for author in paper.authors],
        "issued": {"date-parts": [list(parts)]} if parts else {},
        "container-title": shown(paper.venue),
        "DOI": paper.doi,
        "number": f"arXiv:{paper.arxiv}" if paper.arxiv else "",
        "URL": tidy(address_of(paper)),
        "keyword": joined_keywords(map(shown, reference.keywords)),
        "abstract": shown(paper.abstract),
        "note": "\n\n".join(map(_paragraphs, reference.notes)),
    }
    return {name: value for name, value in fields.items() if value}


def _paragraphs(note: str) -> str:
    return "\n".join(map(shown, note.splitlines()))


def _author(author: str) -> dict[str, str]:
    name = split_name(author)
    return {"family": name.family, "given": name.given} if name.given else {"literal": name.family}
