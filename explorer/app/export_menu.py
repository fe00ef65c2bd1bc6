"""The choice of formats that a list of papers can be taken along in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from io import StringIO

import streamlit as st

from explorer.export import ExportFormat, write_list
from explorer.library.generation import Generation
from explorer.map.html_export import MOST_PAPERS

_FORMATS = {
    ExportFormat.BIBTEX: ("BibTeX", "For LaTeX, JabRef and most others."),
    ExportFormat.RIS: ("RIS", "For Zotero, EndNote, Mendeley."),
    ExportFormat.CSL_JSON: ("CSL-JSON", "For Pandoc, Zotero and citation processors."),
    ExportFormat.CSV: ("Table (CSV)", "For spreadsheets."),
    ExportFormat.JSONL: (
        "JSON Lines",
        "For scripts: all that is known, topics and the map included.",
    ),
    ExportFormat.HTML: ("Map (HTML)", "The map of these papers, as one file that opens from disk."),
}
_LONGEST_NAME = 60


def offer_export(generation: Generation, rows: Sequence[int], where: str, called: str) -> None:
    """Offer the papers in ``rows`` as a file, in any format.

    Args:
        where: tells this list from others on the page.
        called: what the list is; the file is named after it.
    """
    if not rows:
        return
    noun = "paper" if len(rows) == 1 else "papers"
    with st.popover("Export", icon=":material/download:", type="tertiary", key=f"export-{where}"):
        st.caption(f"{len(rows):,} {noun}, in the order of the list")
        with st.container(key=f"formats-{where}", gap=None):
            for form, (name, told) in _FORMATS.items():
                if form is ExportFormat.HTML and len(rows) > MOST_PAPERS:
                    continue
                st.download_button(
                    name,
                    partial(_written, generation, rows, form, called),
                    file_name=f"{_file_name(called)}.{form.extension}",
                    mime=form.media_type,
                    key=f"export-{where}-{form}",
                    type="tertiary",
                    on_click="ignore",
                    help=told,
                )


def _written(generation: Generation, rows: Sequence[int], form: ExportFormat, called: str) -> str:
    file = StringIO()
    write_list(generation, rows, form, file, called)
    return file.getvalue()


def _file_name(called: str) -> str:
    words = re.sub(r"[^\w]+", "-", called.casefold()).strip("-")
    return words[:_LONGEST_NAME].rstrip("-") or "papers"
