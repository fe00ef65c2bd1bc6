"""References as text, formatted by styles of the Citation Style Language."""

from __future__ import annotations

import re
import warnings
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from explorer.export.citations import CitedPaper
from explorer.export.csl import csl_item
from explorer.papers.paper import Paper

_FOLDER = Path(__file__).with_name("styles")
"""Styles of the CSL project, unchanged, under CC BY-SA 3.0 (``docs/licences.md``)."""
_NUMBER = re.compile(r"^(?:\[1\]|1\.)\s*")
"""The number of the only entry of a bibliography."""
_SECOND_STOP = re.compile(r"(?<=[?!])([”’\"]?)\.(?=\s|$)|(?<=[.?!])\.(?=\s|$)")
_one_at_a_time = Lock()
"""citeproc-py keeps the state of a bibliography in its style."""


class CitationStyle(StrEnum):
    """A citation style; values are the names of its file."""

    APA = "apa"
    CHICAGO = "chicago-author-date"
    MLA = "modern-language-association"
    IEEE = "ieee"
    NATURE = "nature"
    ACL = "association-for-computational-linguistics"


def formatted_reference(paper: Paper, style: CitationStyle) -> str:
    """Return the entry of ``paper`` in a bibliography, as plain text."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    item = {name: value for name, value in csl_item(CitedPaper(paper)).items() if name != "note"}
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of styles that citeproc-py does not know
        bibliography = CitationStylesBibliography(
            _style(style), CiteProcJSON([item]), formatter.plain
        )
        bibliography.register(Citation([CitationItem(item["id"])]))
        text = "".join(map(str, bibliography.bibliography()))
    return _SECOND_STOP.sub(r"\1", _NUMBER.sub("", text)).strip()


@lru_cache(maxsize=len(CitationStyle))
def _style(style: CitationStyle) -> Any:
    from citeproc import CitationStylesStyle

    return CitationStylesStyle(str(_FOLDER / f"{style}.csl"), validate=False)
