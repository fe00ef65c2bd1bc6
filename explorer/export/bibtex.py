r"""Papers to BibTeX: UTF-8, special characters of TeX escaped, formulas kept.

LaTeX reads UTF-8 since 2018, and so does biber; Greek letters and operators, which LaTeX knows in
formulas only, are written as ``\ensuremath{\alpha}``. Braces in a text are written as macros,
because BibTeX counts even escaped ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TextIO

from explorer.export.citations import (
    CitedPaper,
    EntryType,
    address_of,
    citation_key,
    date_parts,
    entry_type_of,
    joined_keywords,
)
from explorer.papers.paper import Paper
from explorer.papers.text import plain, prose_and_formulas, tidy

_TYPES = {
    EntryType.JOURNAL: ("article", "journal"),
    EntryType.CONFERENCE: ("inproceedings", "booktitle"),
    EntryType.PREPRINT: ("misc", "howpublished"),
    EntryType.OTHER: ("misc", "howpublished"),
}
"""The type of an entry, and the field that holds the venue."""
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\lbrace{}",
    "}": r"\rbrace{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
}
_WORD = re.compile(r"(?<![\w^])[^\W_]+(?:[-.'’][^\W_]+)*")
_PARTS = re.compile(r"[-.'’]")
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_UNSAFE = re.compile(r"[\s{}\\\"]")


def write_bibtex(references: Iterable[CitedPaper], file: TextIO) -> None:
    """Write an entry for each of ``references``; keys are those of :func:`citation_key`."""
    from bibtexparser.library import Library
    from bibtexparser.model import Entry, Field
    from bibtexparser.writer import BibtexFormat, write

    layout = BibtexFormat()  # type: ignore[no-untyped-call]
    layout.indent = "  "
    layout.trailing_comma = True
    for reference in references:
        type_, fields = _entry(reference)
        entry = Entry(
            type_, citation_key(reference.paper), [Field(*pair) for pair in fields.items()]
        )
        # One at a time: an export of a large library need not fit into memory.
        file.write(f"{write(Library([entry]), layout)}\n")


def tex(text: str) -> str:
    """Return ``text`` escaped for LaTeX, its formulas kept."""
    return "".join(
        _formula(piece) if is_formula else _escaped(piece)
        for piece, is_formula in prose_and_formulas(text)
    ).strip()


def _entry(reference: CitedPaper) -> tuple[str, dict[str, Any]]:
    paper = reference.paper
    kind, venue = _TYPES[entry_type_of(paper)]
    year, month, day = (*date_parts(paper), 0, 0, 0)[:3]
    texts = {
        "title": _title(paper.title),
        "author": " and ".join(map(_author, paper.authors)),
        venue: tex(paper.venue),
        "year": str(year) if year else "",
        "day": str(day) if day else "",
        "doi": _address(paper.doi),
        **_eprint(paper),
        "url": _address(paper.url or ("" if paper.arxiv or paper.doi else address_of(paper))),
        "keywords": joined_keywords(map(tex, reference.keywords)),
        "abstract": tex(paper.abstract),
        # Styles print the field "note", so that is no place for notes.
        "annote": "\n\n".join(map(_paragraphs, reference.notes)),
    }
    fields = {name: f"{{{text}}}" for name, text in texts.items() if text}
    if month:
        fields["month"] = _MONTHS[month - 1]  # a macro, which styles spell out
    return kind, fields


def _paragraphs(note: str) -> str:
    return "\n".join(tex(line) for line in note.splitlines())


def _eprint(paper: Paper) -> dict[str, str]:
    if not paper.arxiv:
        return {}
    primary = next((name for name in paper.categories if _CATEGORY.fullmatch(name)), "")
    return {"eprint": paper.arxiv, "archiveprefix": "arXiv", "primaryclass": primary}


def _title(text: str) -> str:
    """Return a title with braces around capitals that styles must not lower-case."""
    pieces = list(prose_and_formulas(text))
    words = [
        word for piece, is_formula in pieces if not is_formula for word in _WORD.findall(piece)
    ]
    capitalised = sum(word[0].isupper() for word in words)
    # In title case, an initial capital does not mark a name.
    names_stand_out = capitalised * 2 < len(words)
    first = words[0] if words else ""

    def protected(match: re.Match[str]) -> str:
        word = match[0]
        inner = any(part[1:] != part[1:].lower() for part in _PARTS.split(word))
        name = names_stand_out and word[0].isupper() and word != first
        is_plain = _escaped(word) == word
        return f"{{{word}}}" if (inner or name) and is_plain else _escaped(word)

    return "".join(
        _formula(piece) if is_formula else _escape_words(piece, protected)
        for piece, is_formula in pieces
    ).strip()


def _escape_words(prose: str, protected: Callable[[re.Match[str]], str]) -> str:
    """Return ``prose`` escaped, its words by ``protected``."""
    parts: list[str] = []
    end = 0
    for match in _WORD.finditer(prose):
        parts.append(_escaped(prose[end : match.start()]))
        # Braces after those of a macro would be taken for its argument.
        is_after_macro = parts[-1].endswith("}")
        parts.append(_escaped(match[0]) if is_after_macro else protected(match))
        end = match.end()
    return "".join([*parts, _escaped(prose[end:])])


def _author(name: str) -> str:
    """Return a name, in braces if BibTeX would split it into several."""
    written = tex(name)
    several = re.search(r"\band\b|;", name, re.IGNORECASE) or name.count(",") > 2
    return f"{{{written}}}" if several else written


def _address(url: str) -> str:
    """Return a URL or DOI without characters that would end its field."""
    return _UNSAFE.sub(lambda sign: f"%{ord(sign[0]):02X}", tidy(url))


def _formula(tex_: str) -> str:
    """Return a formula, or its readable text if unbalanced braces would end the field."""
    formula = f"${tex_.strip()}$"
    return formula if _balanced(formula) else _escaped(plain(formula))


def _escaped(prose: str) -> str:
    return "".join(map(_sign, prose))


@lru_cache(maxsize=4096)
def _sign(sign: str) -> str:
    if sign in _SPECIAL or sign.isascii():
        return _SPECIAL.get(sign, sign)
    written = str(_encoder().unicode_to_latex(sign))
    is_lossless = written.startswith(r"\ensuremath{") and plain(f"a{written}b") == f"a{sign}b"
    return written if is_lossless else sign


@lru_cache(maxsize=1)
def _encoder() -> Any:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(unknown_char_policy="keep", unknown_char_warning=False)


def _balanced(formula: str) -> bool:
    """Whether each brace is closed, escaped ones included, as BibTeX counts them."""
    depth = 0
    for sign in formula:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0
