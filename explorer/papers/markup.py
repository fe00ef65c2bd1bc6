"""Markup inside titles and abstracts converted to text: JATS, HTML and MathML.

Crossref delivers JATS, feeds deliver HTML, publishers put MathML into both. Only elements that
these formats define count as markup, so that ``a < b > c`` and ``<workload, configuration>``
stay what they are.
"""

from __future__ import annotations

import html
import re

_BREAKING = "p|sec|br|div|li|ul|ol|list|list-item|tr|td|th|table|tbody|title|label|h[1-6]|hr"
_INLINE = (
    "b|i|u|s|em|strong|bold|italic|underline|sc|span|font|small|big|tt|code|a|abbr|q|cite|strike"
    "|monospace|roman|sans-serif|named-content|styled-content|ext-link|xref|uri|inline-formula"
    "|disp-formula|tex-math|alternatives|inline-graphic|graphic|img|fixed-case|abstract|center"
    "|blockquote|pre|body|html|math|mrow|mi|mo|mn|ms|mtext|mspace|mfrac|msqrt|mroot|mstyle|mtable"
    "|mtr|mtd|mfenced|munder|mover|munderover|msubsup|mpadded|mphantom|semantics|annotation|sup|sub"
    "|msub|msup"
)
_ATTRIBUTES = r"(?:\s[^<>]{0,500})?"
_PREFIX = r"(?:(?:jats|mml|m|xhtml):)?"
_TAG = re.compile(rf"</?{_PREFIX}({_BREAKING}|{_INLINE}){_ATTRIBUTES}\s?/?>", re.IGNORECASE)
_BREAKS = re.compile(_BREAKING, re.IGNORECASE)
_HEADING = re.compile(
    rf"<{_PREFIX}title{_ATTRIBUTES}>\s*([^<>]{{1,80}}?)\s*:?\s*</{_PREFIX}title>", re.IGNORECASE
)
_TEX = re.compile(
    rf"<{_PREFIX}(?:annotation\s[^<>]*tex[^<>]*|tex-math{_ATTRIBUTES})>([^<>]{{1,400}})"
    rf"</{_PREFIX}(?:annotation|tex-math)>",
    re.IGNORECASE,
)
_MATH_OPEN = re.compile(rf"<{_PREFIX}math{_ATTRIBUTES}>", re.IGNORECASE)
_MATH_CLOSE = re.compile(rf"</{_PREFIX}math\s?>", re.IGNORECASE)
_LONGEST_FORMULA = 20_000
_SCRIPT = re.compile(
    rf"<{_PREFIX}(sub|sup|inf){_ATTRIBUTES}>([^<>]{{1,40}})</{_PREFIX}\1\s?>", re.IGNORECASE
)
_MATH_SCRIPT = re.compile(
    rf"<{_PREFIX}m(sub|sup){_ATTRIBUTES}>((?:(?!</?{_PREFIX}m(?:sub|sup))[^§]){{1,2000}}?)"
    rf"</{_PREFIX}m\1\s?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_UP = str.maketrans("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ")
_DOWN = str.maketrans("0123456789+-−–=()aeoxijkmnt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎ₐₑₒₓᵢⱼₖₘₙₜ")
_PUBLISHERS_HEADING = frozenset(("abstract", "summary"))


def without_markup(text: str) -> str:
    """Return ``text`` without elements and entities, its words and formulas kept.

    TeX inside MathML or JATS is returned between dollars; other MathML as its characters;
    headings of sections as "Heading: ", the heading "Abstract" not at all.
    """
    if "<" in text:
        text = _formulas(text)
        text = _HEADING.sub(_headed, text)
        text = _SCRIPT.sub(lambda match: _shifted(match[1], match[2]), text)
        text = _TAG.sub(lambda match: " " if _BREAKS.fullmatch(match[1]) else "", text)
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def _formulas(text: str) -> str:
    """Replace each MathML element by its TeX, if it carries some, or else its characters."""
    pieces: list[str] = []
    end = 0
    for opening in _MATH_OPEN.finditer(text):
        closing = _MATH_CLOSE.search(text, opening.end(), opening.end() + _LONGEST_FORMULA)
        if opening.start() < end or closing is None:
            continue
        inner = text[opening.end() : closing.start()]
        tex = _TEX.search(inner)
        pieces += [text[end : opening.start()], _dollars(tex) if tex else _characters(inner)]
        end = closing.end()
    pieces.append(text[end:])
    return _TEX.sub(_dollars, "".join(pieces))


def _dollars(match: re.Match[str]) -> str:
    tex = match[1].strip().strip("$").strip()
    return f"${tex}$"


def _characters(mathml: str) -> str:
    def shifted(match: re.Match[str]) -> str:
        parts = [part for part in re.split(r"\s*<[^<>]*>\s*", match[2]) if part]
        if len(parts) < 2:
            return "".join(parts)
        return "".join(parts[:-1]) + _shifted(match[1], parts[-1])

    before = ""
    while before != mathml:  # innermost scripts first
        before, mathml = mathml, _MATH_SCRIPT.sub(shifted, mathml)
    return re.sub(r"\s*<[^<>]*>\s*", "", mathml)


def _shifted(kind: str, body: str) -> str:
    is_up = kind.lower() == "sup"
    table = _UP if is_up else _DOWN
    body = body.strip()
    if body and all(ord(character) in table for character in body):
        return body.translate(table)
    # "5th" reads better than "5ᵗʰ" for "5<sup>th</sup>".
    return body if is_up and body.isalpha() else f"{'^' if is_up else '_'}{body}"


def _headed(match: re.Match[str]) -> str:
    return " " if match[1].casefold() in _PUBLISHERS_HEADING else f" {match[1]}: "
