"""Values of BibTeX fields: macros filled in, protective braces taken away, TeX left as it is."""

from __future__ import annotations

import re

from explorer.papers.text import tidy
from explorer.readers.contract import RECORD_CHARACTERS

_MOST_MACROS = 100_000
_LONGEST_MACRO = 10_000
_MARK = re.compile(r"(?<!\\)[{}\"#]")
_MACRO = re.compile(r"\\(?:[A-Za-z]+\*?|.)", re.DOTALL)
_TAKES_ARGUMENTS = re.compile(r"\\(?:[A-Za-z]|[\"'`^~=.])")
_PLAIN = re.compile(r"[^\\{}$]+")
# As in readable text: no blank inside the dollars, no digit after, or it is money.
_MATH = re.compile(r"\$\$[^$]{1,400}\$\$|\$(?=[^\s$])[^$]{1,400}(?<=[^\s\\])\$(?!\d)")
_ESCAPED = re.compile(r"\\([_%&#$])")


class Macros:
    """The abbreviations that ``@string`` defines; those of months stand for themselves."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def define(self, name: str, value: str) -> None:
        text = self.fill_in(value)
        # One macro may be made of others, and so grow beyond all bounds.
        if len(text) <= _LONGEST_MACRO and len(self._texts) < _MOST_MACROS:
            self._texts[name.strip().lower()] = text

    def fill_in(self, value: str) -> str:
        """Return a value as BibTeX puts it together: ``jan # "~12"`` is ``jan~12``."""
        if "#" not in value:
            return self._part(value)
        parts = [self._part(part) for part in _concatenated(value)]
        return "".join(parts) if sum(map(len, parts)) <= RECORD_CHARACTERS else ""

    def _part(self, part: str) -> str:
        part = part.strip()
        if len(part) > 1 and part[0] + part[-1] in {"{}", '""'}:
            return part[1:-1]
        return self._texts.get(part.lower(), part)


def _concatenated(value: str) -> list[str]:
    """Cut a value at the signs ``#`` that are outside braces and quotes."""
    parts, begin, depth, quoted = [], 0, 0, False
    for mark in _MARK.finditer(value):
        match mark[0]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
            case '"' if depth == 0:
                quoted = not quoted
            case "#" if depth == 0 and not quoted:
                parts.append(value[begin : mark.start()])
                begin = mark.end()
    return [*parts, value[begin:]]


def without_braces(text: str) -> str:
    r"""Return ``text`` without the braces that only protect capitals, in one tidy line.

    Those that belong to TeX stay: accents (``{\"o}``), arguments (``\emph{x}``), indices
    (``CO_{2}``) and formulas.

    >>> without_braces(r"{A} {C}ase of $\sqrt{x}$ by G{\"o}del")
    'A Case of $\\sqrt{x}$ by G{\\"o}del'
    """
    if "{" not in text and "}" not in text:
        return tidy(text)
    closing = _pairs(text)
    kept: list[str] = []
    at = 0
    while at < len(text):
        end = _tex_end(text, at, closing)
        if end > at:
            kept.append(text[at:end])
            at = end
            continue
        if match := _PLAIN.match(text, at):
            kept.append(match[0])
            at = match.end()
            continue
        if text[at] == "$":
            kept.append("$")
        at += 1
    return tidy("".join(kept))


def address(text: str) -> str:
    r"""Return an address without what TeX needs: ``\url{...}`` and escaped signs."""
    text = tidy(text).removeprefix("\\url").strip("{}<> ")
    return _ESCAPED.sub(r"\1", text)


def _pairs(text: str) -> dict[int, int]:
    """Return where each brace that is opened is closed."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for mark in re.finditer(r"(?<!\\)[{}]", text):
        if mark[0] == "{":
            opened.append(mark.start())
        elif opened:
            pairs[opened.pop()] = mark.start()
    return pairs


def _tex_end(text: str, at: int, closing: dict[int, int]) -> int:
    """Return where the TeX that begins at ``at`` ends; ``at`` itself if there is none."""
    if text[at] == "\\":
        match = _MACRO.match(text, at)
        end = match.end() if match else at + 1
        while _TAKES_ARGUMENTS.match(text, at) and end in closing:
            end = closing[end] + 1
        return end
    if text[at] == "$":
        formula = _MATH.match(text, at)
        return formula.end() if formula else at
    if text[at] == "{" and at in closing:
        accent = _TAKES_ARGUMENTS.match(text, at + 1)
        index = at > 0 and text[at - 1] in "_^"
        return closing[at] + 1 if accent or index else at
    return at
