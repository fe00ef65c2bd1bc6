"""Names of authors out of one text, in every usual way of writing several in a row.

"Doe, J.; Roe, R.", "J Doe and R Roe", "Doe J, Roe R", "Doe, J., & Roe, R.", "张三;李四;", one a
line. A comma parts two names or a surname from what belongs to it; which of both follows
from the other commas, from blanks and from initials.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from explorer.papers.text import tidy

_STRONG = re.compile(r" ?(?:[;；\n]|\|+) ?")
"""Between names, and never within one."""
_WORD = re.compile(r",? (?:and|und|et|&|＆) (?!al\b)| ?[、，] ?")
"""Between names where nothing stronger is."""
_LIST_END = re.compile(r"[,;，、 ]{0,2}(?:\bet al\b|\band others\b|\bu\. ?a\.|等)\.?$", re.I)
_LONGEST_LIST_END = 20
_FOOTNOTE = re.compile(
    r" ?\((?:\d{1,3}|[*†‡§a-z])(?:, ?(?:\d{1,3}|[*†‡§a-z])){0,20}\)|[*†‡§¶¹²³⁴-⁹]+"
)
_FOOTNOTE_NUMBER = re.compile(r"(?<=\w) \d{1,2}(?:,\d{1,2}){0,9}$")
_HOMONYM = re.compile(r"(?<=\w)\s0\d{3}$")
"""The number with which DBLP tells people of one name apart."""
_TIGHT_COMMA = re.compile(r",(?=[^\W\d_])")
_INITIALS = re.compile(r"(?:[A-ZÀ-ÞŁŚŠŽ]\.?[\s-]?){1,4}")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?d|m\.?d)\.?", re.I)
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af·・]{2,12}")
_HAN = re.compile(r"[\u3400-\u9fff]{2,4}")
_ONE_PLAIN_NAME = re.compile(
    r"[A-Z][A-Za-z'-]{0,40}"
    r"(?:, [A-Z][a-z'-]{0,40}(?: [A-Z]\.?){0,3}|(?: [A-Z][A-Za-z'-]{0,40}\.?){0,3})"
)
_MOST_CHARACTERS = 200_000


def author_names_in(text: str) -> tuple[str, ...]:
    """Return the names in ``text``, in order.

    >>> author_names_in("Doe J, Roe RB, Poe E."), author_names_in("Doe, Jane and Roe, Richard")
    (('Doe J', 'Roe RB', 'Poe E'), ('Doe, Jane', 'Roe, Richard'))
    """
    if _ONE_PLAIN_NAME.fullmatch(text):
        return (text,)  # as most fields are
    text = re.sub(r"\s+", _one_blank, text[:_MOST_CHARACTERS])
    text = _FOOTNOTE.sub("", text).strip(" \n,;；，、|")
    text = text[:-_LONGEST_LIST_END] + _LIST_END.sub("", text[-_LONGEST_LIST_END:])
    strong = [part for part in _STRONG.split(text) if part.strip()]
    if len(strong) > 1:
        parts = [name for part in strong for name in _listed(part, among=len(strong))]
    else:
        parts = _listed(text, among=1)
    names = [name for part in parts if (name := one_name(part))]
    if len(names) > 1 and names[-1].endswith(".") and not any("." in name for name in names[:-1]):
        names[-1] = names[-1].rstrip(".")  # the list's own: where initials have none
    return tuple(names)


def names_on_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the names on ``lines`` of one author each, without repetition, in order.

    Semicolons part several on one line. On the only line commas and words do, too, if what is
    between them are names of two words at least: an institute of A and B is one author.
    """
    given = [line for line in lines if line.strip()]
    if len(given) == 1 and not _STRONG.search(given[0].strip(" ;；|\n")):
        names = author_names_in(given[0])
        if all(len(name.split()) > 1 or _EAST_ASIAN.fullmatch(name) for name in names):
            return names
    parts = (part for line in given for part in _STRONG.split(line))
    return tuple(dict.fromkeys(name for part in parts if (name := one_name(part))))


def _one_blank(blanks: re.Match[str]) -> str:
    return "\n" if "\n" in blanks[0] or "\r" in blanks[0] else " "


def one_name(text: str) -> str:
    """Return ``text`` as one name, without what lists and databases add to it."""
    if _ONE_PLAIN_NAME.fullmatch(text):
        return text
    name = _FOOTNOTE.sub("", tidy(text)).strip(" ,;；，、|")
    name = _TIGHT_COMMA.sub(", ", _FOOTNOTE_NUMBER.sub("", _HOMONYM.sub("", name)))
    return name if any(character.isalnum() for character in name) else ""


def _listed(text: str, among: int) -> list[str]:
    """Cut ``text`` at words and at commas; ``among`` parts of a list it is one."""
    parts = [part for part in _WORD.split(text) if part.strip(" ,")]
    if len(parts) == 1:
        return [text] if among > 1 and not _EAST_ASIAN.search(text) else _by_comma(text)
    if not parts:
        return []
    *others, last = parts
    if "," not in last:  # "J. Doe, R. Roe and E. Poe": the commas are those of the list
        return [name for part in others for name in _by_comma(part)] + [last]
    if any(part.count(",") > 1 for part in parts):
        return [name for part in parts for name in _by_comma(part)]
    return parts


def _by_comma(text: str) -> list[str]:
    """Cut ``text`` at those commas that stand between names."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        return _by_blank(text)
    if all(_EAST_ASIAN.fullmatch(part) for part in parts):
        return parts
    initials = [bool(_INITIALS.fullmatch(part)) for part in parts]
    if all(initials[1::2]) and not any(initials[::2]) and len(parts) % 2 == 0:
        return _in_pairs(parts)
    spaced = sum(" " in part and not _SUFFIX.fullmatch(part) for part in parts)
    if spaced == len(parts) or (len(parts) > 2 and spaced * 3 > 2 * len(parts)):
        return _with_suffixes(parts)
    if len(parts) >= 4 and len(parts) % 2 == 0 and not any(" " in part for part in parts):
        return _in_pairs(parts)
    return [text]


def _in_pairs(parts: list[str]) -> list[str]:
    return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]


def _with_suffixes(parts: list[str]) -> list[str]:
    names: list[str] = []
    for part in parts:
        if names and _SUFFIX.fullmatch(part):
            names[-1] = f"{names[-1]}, {part}"
        else:
            names.append(part)
    return names


def _by_blank(text: str) -> list[str]:
    """Cut "张三 李四 王五" at its blanks; two words may be one Japanese name."""
    words = text.split()
    return words if len(words) > 2 and all(_HAN.fullmatch(word) for word in words) else [text]
