"""Export of lists of papers to formats of other programs.

A list is a sequence of row numbers, whatever it came from (a search, a topic, a region of the
map, marks), and is written in their order.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from explorer.desk.marks import PaperMark, PaperMarks
from explorer.errors import UnusableInput
from explorer.files import replacing
from explorer.library.generation import Generation

Write = Callable[[TextIO], None]
Progress = Callable[[int, int], None]


class ExportFormat(StrEnum):
    """File format of an exported list of papers."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"
    ZOTERO_RDF = "zotero-rdf"
    CSV = "csv"
    JSONL = "jsonl"
    HTML = "html"

    @property
    def extension(self) -> str:
        """File name extension, without the dot."""
        return _EXTENSIONS.get(self, str(self))

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_EXTENSIONS = {
    ExportFormat.BIBTEX: "bib",
    ExportFormat.CSL_JSON: "json",
    ExportFormat.ZOTERO_RDF: "rdf",
}
_MEDIA_TYPES = {
    ExportFormat.BIBTEX: "application/x-bibtex",
    ExportFormat.RIS: "application/x-research-info-systems",
    ExportFormat.CSL_JSON: "application/vnd.citationstyles.csl+json",
    ExportFormat.ZOTERO_RDF: "application/rdf+xml",
    ExportFormat.CSV: "text/csv",
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.HTML: "text/html",
}


def write_list(
    generation: Generation,
    rows: Sequence[int],
    form: ExportFormat,
    file: TextIO,
    title: str = "Literature map",
    marks: PaperMarks | None = None,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Write the papers in ``rows``, in their order, to ``file``.

    Args:
        title: heading of an HTML file; other formats ignore it.
        marks: the user's marks, whose tags become keywords, stars the keyword "starred", and notes
            notes; tables and JSON have fields of their own for tags and notes, and an HTML file has
            none. Without them, JSON has no notes from Zotero either.
        progress: called with the number of papers written and their total.

    Raises:
        UnusableInput: more papers than an HTML file can hold.
    """
    from explorer.export.bibtex import write_bibtex
    from explorer.export.citations import CitedPaper
    from explorer.export.csl import write_csl_json
    from explorer.export.ris import write_ris
    from explorer.export.tables import write_papers, write_table
    from explorer.export.zotero_rdf import write_zotero_rdf
    from explorer.map.html_export import standalone

    counted = _counted(rows, progress)
    mark_of: Mapping[int, PaperMark] = {} if marks is None else marks.of
    references = (
        CitedPaper(generation.records[row], mark_of.get(row, PaperMark())) for row in counted
    )
    match form:
        case ExportFormat.BIBTEX:
            write_bibtex(references, file)
        case ExportFormat.RIS:
            write_ris(references, file)
        case ExportFormat.CSL_JSON:
            write_csl_json(references, file)
        case ExportFormat.ZOTERO_RDF:
            write_zotero_rdf(references, file)
        case ExportFormat.CSV:
            write_table(generation, file, counted, mark_of)
        case ExportFormat.JSONL:
            write_papers(generation, file, counted, mark_of, notes=marks is not None)
        case ExportFormat.HTML:
            file.write(standalone(generation, title, rows))


def _counted(rows: Sequence[int], progress: Progress) -> Iterator[int]:
    for number, row in enumerate(rows, 1):
        yield row
        progress(number, len(rows))


def write_file(path: Path, write: Write) -> None:
    """Let ``write`` replace the file at ``path`` atomically.

    Raises:
        UnusableInput: the file cannot be written.
    """
    try:
        if path.is_relative_to("/dev") or (path.exists() and not path.is_file()):
            with path.open("w", encoding="utf-8", newline="") as file:
                write(file)
        else:
            _replace(path.resolve(), write)
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be written ({error.strerror}).") from None


def _replace(path: Path, write: Write) -> None:
    with replacing(path) as scratch:
        with scratch.open("w", encoding="utf-8", newline="") as file:
            write(file)
        if path.exists():
            shutil.copymode(path, scratch)
