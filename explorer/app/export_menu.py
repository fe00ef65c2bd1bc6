"""The export menu: a list of papers as a file in any format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from io import StringIO

import streamlit as st

from explorer.app import texts
from explorer.export import ExportFormat, write_list
from explorer.library.generation import Generation
from explorer.map.html_export import MOST_PAPERS

_LONGEST_NAME = 60


def export_menu(generation: Generation, rows: Sequence[int], list_name: str, title: str) -> None:
    """Offer the papers in ``rows`` as a file.

    Args:
        list_name: makes the keys of this menu unique on the page.
        title: the title of the list, and the name of the file.
    """
    if not rows:
        return
    with st.popover(
        texts.EXPORT, icon=":material/download:", type="tertiary", key=f"export-{list_name}"
    ):
        st.caption(texts.export_size(len(rows)))
        with st.container(key=f"formats-{list_name}", gap=None):
            for form, (name, help_text) in texts.EXPORT_FORMATS.items():
                if form is ExportFormat.HTML and len(rows) > MOST_PAPERS:
                    continue
                st.download_button(
                    name,
                    partial(_content, generation, rows, form, title),
                    file_name=f"{_file_name(title)}.{form.extension}",
                    mime=form.media_type,
                    key=f"export-{list_name}-{form}",
                    type="tertiary",
                    on_click="ignore",
                    help=help_text,
                )


def _content(generation: Generation, rows: Sequence[int], form: ExportFormat, title: str) -> str:
    file = StringIO()
    write_list(generation, rows, form, file, title)
    return file.getvalue()


def _file_name(title: str) -> str:
    words = re.sub(r"[^\w]+", "-", title.casefold()).strip("-")
    return words[:_LONGEST_NAME].rstrip("-") or "papers"
