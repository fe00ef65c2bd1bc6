r"""Text from digests, made readable: TeX to Unicode, Unicode to safe Markdown.

Digests mix plain text with TeX: ``B\'{e}zier``, ``43\%``, ``6 mm^2``, ``modeling~(MLM)``,
``$\alpha$-divergence``. The record keeps what stood in the digest; what people read and what
the embedder sees goes through :func:`plain`.

A whole-text LaTeX parser would take a bare ``%`` for a comment and swallow the rest of the
sentence, so only what is unmistakably TeX is handed to ``pylatexenc``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

# An opening dollar touches what follows, a closing one what precedes, and no digit comes
# after: so "$5 and $10" is money and "$n$-gram" is mathematics.
_MATH = re.compile(
    r"(?<![\\$])\$\$(?P<display>[^$]{1,400})\$\$"
    r"|(?<![\\$])\$(?P<inline>[^\s$](?:[^$]{0,400}?[^\s$\\])?)\$(?!\d)"
    r"|\\\((?P<parens>.{1,400}?)\\\)",
    re.DOTALL,
)
_ARGUMENT = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_MACRO = re.compile(
    rf"\\(?:[\"'`^~=.]\s?(?:{_ARGUMENT}|\\?[A-Za-z])"  # accents over a letter
    rf"|[cvuHkbdrt]\s?{_ARGUMENT}"
    rf"|[A-Za-z]{{2,}}\*?(?:\s?{_ARGUMENT})*"  # named macros with their arguments
    r"|[%&#_${}])"  # escaped specials
)
_BRACED_MACRO = re.compile(r"\{(\\(?:[\"'`^~=.]\s?\\?[A-Za-z]|[A-Za-z]{2,}))\s?\}")
_PATH_BEFORE = re.compile(r"(?:[A-Za-z.:]|\\)$")
_SUPERSCRIPT = re.compile(r"(?<=[\w)\]}])\^(?:\{([^{}\s]{1,12})\}|([+-]?\d+|[A-Za-z]))(?!\w)")
_PLAIN_SUPERSCRIPT = re.compile(r"(?<=[\w)\]}])\^(?:\{([+\-\d]{1,6})\}|([+-]?\d+))")
_SUBSCRIPT = re.compile(r"(?<=[\w)\]}])_(?:\{([^{}\s]{1,12})\}|(\d+|[A-Za-z]))(?!\w)")
_UP = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_DOWN = str.maketrans("0123456789+-−=()aeoxijkmnt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓᵢⱼₖₘₙₜ")
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0\u2028\u2029]+")
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


@lru_cache(maxsize=1)
def _converter() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", strict_latex_spaces=False)


@lru_cache(maxsize=4096)
def _tex(snippet: str) -> str:
    # pylatexenc raises on unbalanced input; a reader is better served by the raw snippet.
    try:
        return str(_converter().latex_to_text(snippet, tolerant_parsing=True))
    except Exception:
        return snippet


def _expand(macro: str) -> str:
    # An author's own macro ("\\name") has no expansion here; its name beats a hole.
    return _tex(macro) or (macro[1:] if macro[1:].isalpha() else "")


def tidy(text: str) -> str:
    """Return ``text`` on one line: NFC, single spaces, no control or direction characters."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def plain(text: str) -> str:
    """Return ``text`` as a person would type it: no TeX, mathematics as Unicode."""
    pieces: list[str] = []
    end = 0
    for match in _MATH.finditer(text):
        pieces.append(_plain_prose(text[end : match.start()]))
        pieces.append(_plain_math(_formula(match)))
        end = match.end()
    pieces.append(_plain_prose(text[end:]))
    return tidy("".join(pieces))


def markdown(text: str) -> str:
    """Return ``text`` as Markdown that shows as it reads and does nothing else.

    Formulas stay TeX between dollars, for KaTeX; every other character that Markdown, Streamlit's
    directives or its emoji codes could act on is escaped, so no digest can place a link, an
    image or markup on the page.
    """
    pieces: list[str] = []
    end = 0
    for match in _MATH.finditer(text):
        pieces.append(escape_markdown(_plain_prose(text[end : match.start()])))
        pieces.append(f"${_SPACES.sub(' ', _formula(match)).strip()}$")
        end = match.end()
    pieces.append(escape_markdown(_plain_prose(text[end:])))
    return tidy_markdown("".join(pieces))


def tidy_markdown(text: str) -> str:
    """Return Markdown on one line, joiners kept (they hold emoji codes apart)."""
    return _SPACES.sub(" ", text).strip()


def escape_markdown(text: str) -> str:
    """Return ``text`` with every ASCII punctuation mark escaped for Markdown."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
    # Emoji and icon codes (":tada:") are looked for after unescaping, hence the word joiner.
    # So are bare addresses, which would become links.
    escaped = re.sub(r"\\:(?=\w)", "\\:\u2060", escaped)
    return re.sub(r"(?i)\bwww\\\.", "www\u2060\\.", escaped)


def _formula(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None)


def _plain_math(formula: str) -> str:
    return _scripts(_tex(f"${formula}$"))


def _plain_prose(text: str) -> str:
    text = _BRACED_MACRO.sub(lambda match: _expand(match.group(1)), text)

    def macro(match: re.Match[str]) -> str:
        # "C:\temp" and "either\or" are no macros; named macros without arguments stand apart.
        if match.group()[1:].isalpha() and _PATH_BEFORE.search(
            text[max(0, match.start() - 2) : match.start()]
        ):
            return match.group()
        return _expand(match.group())

    text = _MACRO.sub(macro, text)
    text = re.sub(r"(?<=\S)~(?=\S)", " ", text) if not re.search(r"[~]/|/~", text) else text
    text = re.sub(r"``(.+?)''", "\u201c\\1\u201d", text)
    text = re.sub(r"(?<=\w)---(?=\w)", "\u2014", text)
    text = re.sub(r" ---? ", " \u2013 ", text)
    text = re.sub(r"(?<=\d)--(?=\d)", "\u2013", text)
    return _PLAIN_SUPERSCRIPT.sub(lambda m: (m.group(1) or m.group(2)).translate(_UP), text)


def _scripts(text: str) -> str:
    def shift(match: re.Match[str], table: dict[int, int]) -> str:
        body = match.group(1) or match.group(2)
        return body.translate(table) if all(ord(c) in table for c in body) else match.group()

    text = _SUBSCRIPT.sub(lambda m: shift(m, _DOWN), text)
    return _SUPERSCRIPT.sub(lambda m: shift(m, _UP), text)
