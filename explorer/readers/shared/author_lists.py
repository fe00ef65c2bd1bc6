"""Lists of authors in running text: whether a line is one, and the names in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.papers.dates import DATE_IN_TEXT

MOST_WORDS = 300
KIND_OF_WORK = re.compile(
    r"(?:full-text available|article|research article|original article|review(?: article)?|letter"
    r"|preprint|conference paper|conference proceeding|chapter|book chapter|data|thesis|poster"
    r"|presentation|technical report|editorial|open access|free access|pdf available|new results"
    r"|research paper|short communication|available online|in press|corrected proof"
    r"|journal pre-proof|full text)(?:\s+\d{3,7})?",
    re.I,
)
"""Words on a line of their own that are no names."""
_ET_AL = re.compile(
    r"[,\s]*(?:\bet\.? al\.?|…|\.\.\.|\band \d+ (?:more|others)|\+\d+ (?:more|authors?))\s*$", re.I
)
_BETWEEN_NAMES = re.compile(r"\s*[;|·•，、]\s*|\s*,\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+")
_MARKS_OF_NAME = re.compile(r"(?<=[^\W\d])[\d*†‡§¶#]{1,3}$")
_INITIAL_LAST = re.compile(r"[\s.-][A-Z]\.$")
_PARTICLES = frozenset(
    "de da di do dos del della den der des du el la le les van von zu zur ten ter bin ibn al af av"
    " y e".split()
)
CJK_NAME = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af·]{2,12}")


def author_list(text: str, *, alone: bool = True) -> tuple[str, ...]:
    """Return the people in ``text`` if it is nothing but a list of people.

    A single name is one only where ``alone`` says that it may be.
    """
    text = re.sub(r"^by:?\s+", "", text.strip(), flags=re.I)
    for _ in range(2):
        text = _ET_AL.sub("", text.strip(" ,;"))
    if not text or len(text.split()) > MOST_WORDS or DATE_IN_TEXT.search(text):
        return ()
    parts = _parted(text)
    if not parts or not all(_is_name(part, several=len(parts) > 1) for part in parts):
        return ()
    return tuple(_joined(parts)) if len(parts) > 1 or alone else ()


def _parted(text: str) -> list[str]:
    """Return the parts between commas and their like; a full stop stays after an initial only."""
    dotted = "." in text[:-1] or text[-4:-2] == ", "
    if text.endswith(".") and not (dotted and _INITIAL_LAST.search(text[-4:])):
        text = text[:-1]
    parts = (_MARKS_OF_NAME.sub("", part.strip()) for part in _BETWEEN_NAMES.split(text))
    return [part for part in parts if part.strip(" .")]


def _is_name(part: str, *, several: bool) -> bool:
    if CJK_NAME.fullmatch(part):
        return several or len(part) <= 4
    tokens = part.split()
    if not (1 if several else 2) <= len(tokens) <= 6 or re.search(r"[\d:?!\"“”()\[\]/@=+]", part):
        return False
    if KIND_OF_WORK.fullmatch(part) or tokens[0].lower() in {
        "the",
        "a",
        "an",
        "on",
        "in",
        "for",
        "how",
        "why",
        "what",
    }:
        return False
    capital = sum(token[0].isupper() for token in tokens)
    small = [token for token in tokens if not token[0].isupper()]
    # Scripts without capitals have none of them.
    caseless = not any(c.isupper() or c.islower() for c in part)
    return caseless or (capital >= 1 and all(token.lower() in _PARTICLES for token in small))


def _joined(parts: list[str]) -> Iterator[str]:
    """Put "Doe", "J." together, as where commas stand both within names and between them."""
    initials = [bool(re.fullmatch(r"(?:[A-Z]\.?[ -]?){1,4}", part)) for part in parts]
    if len(parts) % 2 == 0 and all(initials[1::2]) and not any(initials[::2]):
        for family, given in zip(parts[::2], parts[1::2], strict=True):
            yield f"{family}, {given}"
    else:
        yield from parts


def parted_names(text: str) -> tuple[str, ...]:
    """Return the parts of a text that is known to be authors, whatever they look like."""
    return tuple(_parted(_ET_AL.sub("", text.strip(" ,;"))))
