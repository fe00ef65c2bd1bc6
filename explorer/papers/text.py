r"""Text from digests, made readable: markup and TeX to Unicode, Unicode to safe Markdown.

Digests mix plain text with TeX: ``B\'{e}zier``, ``43\%``, ``6 mm^2``, ``modeling~(MLM)``,
``$\alpha$-divergence``. The record keeps the text of the digest; people and the embedder get it
through :func:`plain`.

A whole-text LaTeX parser would take a bare ``%`` for a comment and swallow the rest of the
sentence, so only what is unmistakably TeX is handed to ``pylatexenc``.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from explorer.papers.markup import without_markup

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

# An opening dollar touches what follows, a closing one what precedes, and no digit comes
# after: so "$5 and $10" is money and "$n$-gram" is mathematics. One that starts with a macro
# is mathematics whatever comes after ("$\\sim$10"). No formula holds a dollar: in Markdown it
# would end there, and what follows would no longer be a formula.
_MATH = re.compile(
    r"(?<![\\$])\$\$(?P<display>[^$]{1,400})\$\$"
    r"|(?<![\\$])\$(?P<inline>[^\s$](?:[^$]{0,400}?[^\s$\\])?)\$(?!\d)"
    r"|(?<![\\$])\$(?P<macro>\\[A-Za-z]{2}(?:[^$]{0,400}?[^\s$\\])?)\$"
    r"|\\\((?P<parens>[^$]{1,400}?)\\\)",
)
# Macros with effects beyond the formula in KaTeX: links, files, new macros, boxes of any size.
_UNSAFE_MACROS = re.compile(
    r"\\(?:href|url|includegraphics|html[A-Za-z]*|[egx]?def|let|futurelet|global|long"
    r"|(?:re)?newcommand|providecommand|rule|[hvm]?kern|[hm]?skip|[hv]space|raisebox|char)"
    r"(?![A-Za-z])"
)
_ARGUMENT = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_MACRO = re.compile(
    # "{\\o}", but not the argument of an accent
    r"(?<!\\[\"'`^~=.cvuHkbdrt])\{(?P<braced>\\(?:[\"'`^~=.]\s?\\?[A-Za-z]|[A-Za-z]+))\s?\}"
    rf"|\\(?:[\"'`^~=.]\s?(?:{_ARGUMENT}|\\?[A-Za-z])"  # accents over a letter
    rf"|[cvuHkbdrt]\s?{_ARGUMENT}"
    rf"|[A-Za-z]{{2,}}\*?(?:\s?{_ARGUMENT})*"  # named macros with their arguments
    r"|[lLoOij]\s?\{\}"  # letters that are macros
    r"|[%&#_${}])"  # escaped specials
)
# Macros that print nothing; any other leaves its argument or, for want of one, its name.
_SILENT = frozenset(
    ("label", "vspace", "hspace", "index", "noindent", "centering", "newline", "par", "xspace")
)
_SYMBOLS = {
    "textless": "<",
    "textgreater": ">",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textbar": "|",
    "textquotedbl": '"',
    "textasciicircum": "^",
}
"""Signs that pylatexenc does not know, or takes for accents."""
_PATH_BEFORE = re.compile(r"(?:[A-Za-z.:]|\\)$")
_SUPERSCRIPT = re.compile(
    r"(?:^|(?<=[\w)\]}]))\^(?:\{([^{}\s]{1,12})\}|([+-]?\d+|[A-Za-z∘]))(?!\w)"
)
_PLAIN_SUPERSCRIPT = re.compile(r"(?<=[\w)\]}])\^(?:\{([+\-\d]{1,6})\}|([+-]?\d+))")
_SUBSCRIPT = re.compile(r"(?<=[\w)\]}])_(?:\{([^{}\s]{1,12})\}|(\d+|[A-Za-z]))(?!\w)")
_UP = str.maketrans("0123456789+-−=()ni∘", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ°")
_DOWN = str.maketrans("0123456789+-−=()aeoxijkmnt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓᵢⱼₖₘₙₜ")
_MARKUP_SIGNS = re.compile(r"[\\$<&~^`{}]|--")
"""Signs of TeX or markup; a text without them is readable as it is."""
_SPACES = re.compile(r"\s+")
# Control, direction and zero-width characters, soft hyphens, and halves of surrogate pairs,
# which JSON may hold and UTF-8 may not.
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u00ad\u061c\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)


@lru_cache(maxsize=1)
def _converter() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    # It warns of every macro without its argument, which is common in digests.
    logging.getLogger("pylatexenc").setLevel(logging.ERROR)
    return LatexNodes2Text(math_mode="text", strict_latex_spaces=False)


@lru_cache(maxsize=4096)
def _tex(snippet: str) -> str:
    # A bare percent sign would make a comment of the rest.
    snippet_without_comments = re.sub(r"(?<!\\)%", r"\\%", snippet)
    # pylatexenc raises on unbalanced input; the raw snippet is better than nothing.
    try:
        return str(_converter().latex_to_text(snippet_without_comments, tolerant_parsing=True))
    except Exception:
        return snippet


def _expand_macro(macro: str) -> str:
    named = re.match(r"\\([A-Za-z]+)\s?(.*)", macro, re.DOTALL)
    if named and named[1] in _SYMBOLS:
        return _SYMBOLS[named[1]] + named[2].removeprefix("{}")
    if named and named[1] == "ensuremath":
        return _plain_math(named[2].removeprefix("{").removesuffix("}")).strip()
    shown = _tex(macro)
    if named is None or (shown and "%s" not in shown) or named[1] in _SILENT:
        return shown
    # An author's own macro ("\\name") has no expansion here; its name beats a hole.
    return re.sub(r"[{}]", "", named[2]).strip(" *") or named[1]


def plural(count: int, noun: str, plural_noun: str = "") -> str:
    """Return a count with its noun: "1 paper", "2,000 papers"."""
    return f"{count:,} {noun if count == 1 else plural_noun or f'{noun}s'}"


def tidy(text: str) -> str:
    """Return ``text`` on one line: NFC, single spaces, no control or direction characters."""
    return _cleaned(text).strip()


def _cleaned(text: str) -> str:
    if text.isascii() and text.isprintable() and "  " not in text:
        return text  # nothing to do, as for most fields; the check is cheap
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", text)))


def plain(text: str) -> str:
    """Return readable ``text``: no TeX, mathematics as Unicode."""
    shown = tidy(text)
    if _MARKUP_SIGNS.search(shown) is None:
        return shown
    return tidy(
        "".join(
            _plain_math(piece) if is_formula else piece
            for piece, is_formula in prose_and_formulas(text)
        )
    )


def prose_and_formulas(text: str) -> Iterator[tuple[str, bool]]:
    """Cut ``text`` into readable prose (False) and formulas in TeX, without dollars (True)."""
    for piece, is_formula in _pieces(text):
        yield piece if is_formula else _plain_prose(piece), is_formula


def markdown(text: str) -> str:
    """Return ``text`` as Markdown that renders as plain text with formulas.

    Formulas stay TeX between dollars, for KaTeX; every other character that Markdown, Streamlit's
    directives or its emoji codes would interpret is escaped, so no digest can place a link, an
    image or markup on the page.
    """
    return "".join(
        f"${piece.strip()}$" if is_formula else escape_markdown(piece)
        for piece, is_formula in prose_and_formulas(text)
    ).strip()


def escape_markdown(text: str) -> str:
    """Return ``text`` with every ASCII punctuation mark escaped for Markdown."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)
    # Emoji and icon codes (":tada:", ":+1:"), bare addresses and mail addresses are looked for
    # after unescaping, hence the word joiners.
    escaped = re.sub(r"\\([:@])(?=\S)", "\\\\\\1\u2060", escaped)
    return re.sub(r"(?i)(www)\\\.", "\\1\u2060\\\\.", escaped)


def markdown_line(text: str) -> str:
    """Return ``text`` as one line of a Markdown file: readable as it is, and plain once rendered.

    Only what CommonMark or GitHub's Markdown would interpret is escaped; formulas are Unicode.
    """
    escaped = re.sub(r"([\\`*_\[\]<>&~|$])", r"\\\1", plain(text))
    escaped = re.sub(r"^([-+#=])", r"\\\1", escaped)
    escaped = re.sub(r"^(\d+)([.)])", r"\1\\\2", escaped)
    # Bare addresses become links even when they are escaped, hence the word joiners.
    return re.sub(r"(?i)(?<=www)(?=\.)|(?=://)|(?=@\w)", "\u2060", escaped)


def markdown_link(label: str, address: str) -> str:
    """Return a Markdown link to ``address``, escaped so that it cannot break out of the link."""
    safe = quote(_cleaned(address).strip(), safe=":/?#@!$&*+,;=%~-._")
    return f"[{escape_markdown(label)}]({safe})"


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Cut ``text`` into prose (False) and formulas without their dollars (True)."""
    text = _cleaned(without_markup(text))
    end = 0
    for match in _MATH.finditer(text):
        formula = next(group for group in match.groups() if group is not None)
        # An empty formula would open a block of them.
        if not formula.strip() or formula.endswith("\\") or _UNSAFE_MACROS.search(formula):
            continue
        # Two formulas that touch would be one to Markdown.
        touches = end > 0 and match.start() == end
        yield " " if touches else text[end : match.start()], False
        yield formula, True
        end = match.end()
    yield text[end:], False


def _plain_math(formula: str) -> str:
    return _scripts(_tex(f"${formula}$"))


def _plain_prose(text: str) -> str:
    def macro(match: re.Match[str]) -> str:
        if match["braced"]:
            return _expand_macro(match["braced"])
        # "C:\temp" and "either\or" are no macros; named macros without arguments stand apart.
        if match.group()[1:].isalpha() and _PATH_BEFORE.search(
            text[max(0, match.start() - 2) : match.start()]
        ):
            return match.group()
        return _expand_macro(match.group())

    text = _MACRO.sub(macro, text)
    text = re.sub(r"(?<=\S)~(?=\S)", " ", text) if not re.search(r"[~]/|/~", text) else text
    text = re.sub(r"``([^`]{1,500}?)''", "\u201c\\1\u201d", text)
    text = re.sub(r"(?<=\w)---(?=\w)", "\u2014", text)
    text = re.sub(r" ---? ", " \u2013 ", text)
    text = re.sub(r"(?<=\d)--(?=\d)", "\u2013", text)
    text = _PLAIN_SUPERSCRIPT.sub(lambda m: (m.group(1) or m.group(2)).translate(_UP), text)
    return _cleaned(text)


def _scripts(text: str) -> str:
    def shift(match: re.Match[str], table: dict[int, int]) -> str:
        body = match.group(1) or match.group(2)
        return body.translate(table) if all(ord(c) in table for c in body) else match.group()

    text = _SUBSCRIPT.sub(lambda m: shift(m, _DOWN), text)
    return _SUPERSCRIPT.sub(lambda m: shift(m, _UP), text)
