"""Tests of fuzzed digests that the modules of the text and of the data formats share."""

from __future__ import annotations

from pathlib import Path

from explorer.readers import reader_names
from tests.readers.fuzz import cases
from tests.readers.fuzz_property import Violation, check_readers

CASES = 60
"""Inputs of each format, the same in every run: a minute of one processor in all."""
DATA_FORMATS = frozenset(
    "acl-xml crossref csl-json endnote-xml feed hugging-face jats json-lines json-records oai-pmh "
    "openalex openreview parquet pubmed-xml semantic-scholar slack spreadsheet telegram "
    "topic-tables xml-records zotero zotero-rdf".split()
)
TEXT_FORMATS = sorted({*reader_names()} - DATA_FORMATS)


def violations(name: str, folder: Path) -> list[str]:
    """Return what the readers do wrong with the inputs of one format, each with its number."""
    broken = []
    for number, content in enumerate(cases(name, CASES)):
        try:
            check_readers(name, content, folder)
        except Violation as violation:
            broken.append(f"case {number}: {violation}")
    return broken
