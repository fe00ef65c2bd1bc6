"""The export menu: a list of papers as a file in any format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from io import StringIO

import streamlit as st

from explorer.app import texts
from explorer.app.user import current_marks
from explorer.desk.marks import PaperMarks
from explorer.export import ExportFormat, Progress, write_list
from explorer.library.generation import Generation
from explorer.map.html_export import MOST_PAPERS

_LONGEST_NAME = 60
_DEPTHS = (10, 50, 200)
"""Numbers of best papers of a ranking that are offered beside all of it."""
_AT_ONCE = 500
"""Papers written during the click; more are written beforehand, with a progress bar."""
_STEPS = 50
"""Times that a progress bar moves."""


@dataclass(frozen=True, slots=True)
class RankedPapers:
    """The papers that a search ranks, of which the page lists the first."""

    best: Callable[[int], Sequence[int]]
    """Returns the rows of the k best papers."""
    total: int
    """Number of papers that pass the filters."""


@dataclass(frozen=True, slots=True)
class _Export:
    """The papers to be written."""

    generation: Generation
    rows: Callable[[], Sequence[int]]
    size: int
    title: str
    marks: PaperMarks | None

    def content(self, form: ExportFormat, progress: Progress = lambda _done, _total: None) -> str:
        file = StringIO()
        rows = self.rows()
        write_list(self.generation, rows, form, file, self.title, self.marks, progress)
        return file.getvalue()

    def file_name(self, form: ExportFormat) -> str:
        words = re.sub(r"[^\w]+", "-", self.title.casefold()).strip("-")
        return f"{words[:_LONGEST_NAME].rstrip('-') or 'papers'}.{form.extension}"


def export_menu(
    generation: Generation,
    rows: Sequence[int],
    list_name: str,
    title: str,
    ranked: RankedPapers | None = None,
) -> None:
    """Offer the papers in ``rows`` as a file.

    Args:
        list_name: makes the keys of this menu unique on the page.
        title: the title of the list, and the name of the file.
        ranked: offer as many of these papers as the visitor chooses, in place of ``rows``.
    """
    if not rows:
        return
    with st.popover(
        texts.EXPORT, icon=":material/download:", type="tertiary", key=f"export-{list_name}"
    ):
        _show_menu(generation, rows, list_name, title, ranked)


@st.fragment
def _show_menu(
    generation: Generation,
    rows: Sequence[int],
    list_name: str,
    title: str,
    ranked: RankedPapers | None,
) -> None:
    with st.container(key=f"exporting-{list_name}", gap="xsmall"):
        if ranked is None:
            size, chosen = len(rows), lambda: rows
            st.caption(texts.export_size(size))
        else:
            size = _depth_control(list_name, len(rows), ranked.total)
            chosen = partial(ranked.best, size)
            st.caption(texts.ranked_export_size(size, ranked.total))
        marks = _chosen_marks(generation, list_name)
        export = _Export(generation, chosen, size, title, marks)
        wanted = _show_formats(export, list_name)
        if wanted is not None:
            _prepare(export, wanted, list_name)


def _depth_control(list_name: str, listed: int, total: int) -> int:
    """Draw the choice of how many papers to export, and return it; at first those listed."""
    depths = [depth for depth in _DEPTHS if depth < total] + [total]
    default = next((depth for depth in depths if depth >= listed), total)
    if len(depths) == 1:
        return total
    chosen = st.segmented_control(
        texts.EXPORT_DEPTH,
        depths,
        format_func=lambda depth: texts.export_depth(depth, total),
        default=default,
        key=f"export-depth-{list_name}",
        label_visibility="collapsed",
        required=True,
    )
    return int(chosen or default)


def _chosen_marks(generation: Generation, list_name: str) -> PaperMarks | None:
    """Return the user's marks, unless there are none to export or they are to be left out."""
    marks = current_marks(generation)
    if marks is None or not any(mark.tags or mark.note for mark in marks.of.values()):
        return None
    wanted = st.checkbox(texts.EXPORT_MARKS, value=True, key=f"export-marks-{list_name}")
    return marks if wanted else None


def _show_formats(export: _Export, list_name: str) -> ExportFormat | None:
    """Draw a button for each format; return the one clicked if its file must be prepared."""
    clicked: ExportFormat | None = None
    with st.container(key=f"formats-{list_name}", gap=None):
        for form, (name, help_text) in texts.EXPORT_FORMATS.items():
            if form is ExportFormat.HTML and export.size > MOST_PAPERS:
                continue
            key = f"export-{list_name}-{form}"
            if export.size > _AT_ONCE:
                if st.button(name, key=f"{key}-large", type="tertiary", help=help_text):
                    clicked = form
                continue
            st.download_button(
                name,
                partial(export.content, form),
                file_name=export.file_name(form),
                mime=form.media_type,
                key=key,
                type="tertiary",
                on_click="ignore",
                help=help_text,
            )
    return clicked


def _prepare(export: _Export, form: ExportFormat, list_name: str) -> None:
    """Write a large file with a progress bar, then offer it."""
    bar = st.progress(0.0, texts.RANKING)

    def progress(done: int, total: int) -> None:
        if done % max(1, total // _STEPS) == 0 or done == total:
            bar.progress(done / total, texts.papers_written(done, total))

    content = export.content(form, progress)
    bar.empty()
    st.download_button(
        texts.save_file(export.file_name(form)),
        content,
        file_name=export.file_name(form),
        mime=form.media_type,
        key=f"save-{list_name}-{form}",
        icon=":material/download:",
        on_click="ignore",
    )
