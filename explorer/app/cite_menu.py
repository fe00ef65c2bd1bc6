"""The Cite menu of a paper: its reference in several styles and formats, ready to copy."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import streamlit as st

from explorer.app import texts
from explorer.export.bibtex import write_bibtex
from explorer.export.citations import CitedPaper
from explorer.export.csl import write_csl_json
from explorer.export.formatted import CitationStyle, formatted_reference
from explorer.papers.paper import Paper

BIBTEX = "bibtex"
CSL_JSON = "csl-json"
_LAST = "cited-as"


@st.fragment
def show_cite_menu(paper: Paper) -> None:
    """Draw the popover with the reference of ``paper``; it opens with the form chosen last."""
    popover = st.popover(
        texts.CITE, icon=":material/format_quote:", type="tertiary", key="cite", on_change="rerun"
    )
    with popover, st.container(key="citing", gap="xsmall"):
        if popover.open:
            st.code(reference_as(paper, _form_control()), language=None, wrap_lines=True)
            st.caption(texts.CITE_HELP)


def reference_as(paper: Paper, form: str) -> str:
    """Return the reference of ``paper`` in a format or a citation style, without its abstract."""
    writers = {BIBTEX: write_bibtex, CSL_JSON: write_csl_json}
    if form not in writers:
        return formatted_reference(paper, CitationStyle(form))
    file = StringIO()
    brief = replace(paper, abstract="", summary="", keywords=())
    writers[form]([CitedPaper(brief)], file)
    return file.getvalue().strip()


def _form_control() -> str:
    chosen = st.segmented_control(
        texts.CITE_AS,
        list(texts.CITATION_FORMS),
        format_func=lambda form: texts.CITATION_FORMS[form],
        default=st.session_state.get(_LAST, BIBTEX),
        key="cite-form",
        label_visibility="collapsed",
        required=True,
    )
    st.session_state[_LAST] = str(chosen or BIBTEX)
    return str(st.session_state[_LAST])
