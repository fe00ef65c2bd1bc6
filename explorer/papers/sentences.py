"""Sentences of a text, in any language.

The script tells where a sentence may end; whether a full stop belongs to an abbreviation instead
("e.g.", "et al.", "z. B.") is left to sentencex, which has lists of them for some 300 languages.
It gets the words around a full stop rather than the text, because it splits nothing within lists
and unbalanced quotation marks.
"""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])")
"""A possible end of a sentence in ASCII."""
_END_IN_ANY_SCRIPT = re.compile(
    # A full stop is the end if what follows can begin a sentence, a letter without case at least.
    r"(?<=[.!?])\s+(?=[A-Z0-9“\"'(«„‚¿¡À-ÖØ-ÞČĎŁŚŠŘŞŻŽĆŐŰİΑ-ΩΆ-ΏЀ-Я\u0531-\u0556\u05d0-\u1fff"
    r"\u3041-\ud7ff])"
    # These are always the end; closing marks belong to the sentence.
    r"|(?<=[。！？｡])(?![。！？｡」』）”’])\s*|(?<=[。！？｡][」』）”’])\s*|(?<=[।॥؟۔။។])\s+"
    # Thai and Lao have no full stop: a blank between long stretches parts sentences or clauses.
    r"|(?<=[\u0e00-\u0eff]{16})\s+(?=[\u0e00-\u0eff]{16})"
)
_WORD_BEFORE = re.compile(r"[\w.]*\w\.$")
_NEXT_WORDS = re.compile(r"\S+(?:\s+\S+)?")
_PAIRED = re.compile(r"[()\[\]{}\"“”„«»]|(?<!\w)['‘’]|['‘’](?!\w)")
_CONTEXT = 24
"""Characters before a full stop that may belong to an abbreviation: "op. cit.", "u. a."."""
_BEFORE_NUMBERS = frozenset(
    "alg algs app apps ch chs cor def defs eq eqs eqn eqns ex exp fig figs lem no nos nr p pp prop "
    "pt ref refs sec secs sect sects st std tab tabs thm thms ver vol vols".split()
)
"""Abbreviations of papers that a number follows: "Eq. 5", "Thm. 2"; not "no", the word."""
_WITHIN_SENTENCES = frozenset(("approx", "w.r.t", "resp", "viz", "i.i.d", "a.k.a", "s.t"))
"""Abbreviations of papers that end no sentence, and that not every language's list has."""


def sentences_of(text: str, language: str) -> tuple[str, ...]:
    """Cut ``text`` into sentences, without the white space between them.

    Args:
        language: an ISO 639 code; an empty or unknown one is treated as English.
    """
    ends = _END if text.isascii() else _END_IN_ANY_SCRIPT
    sentences: list[str] = []
    start = 0
    for end in ends.finditer(text):
        if text[end.start() - 1] == "." and _is_abbreviated(text, end, language):
            continue
        sentences.append(text[start : end.start()])
        start = end.end()
    sentences.append(text[start:])
    return tuple(sentence for sentence in sentences if sentence.strip())


def _is_abbreviated(text: str, end: re.Match[str], language: str) -> bool:
    """Whether the full stop before ``end`` belongs to an abbreviation within a sentence."""
    before = text[max(0, end.start() - _CONTEXT) : end.start()]
    match = _WORD_BEFORE.search(before)
    if match is None:
        return False
    word = match[0].removesuffix(".").lower()
    if word in _WITHIN_SENTENCES:
        return True
    if word in _BEFORE_NUMBERS and text[end.end()].isdigit():
        return True
    from sentencex import segment

    following = _NEXT_WORDS.match(text, end.end())
    # Nothing is split within brackets and quotation marks, and here they may be open.
    opened = _PAIRED.sub(" ", before).lstrip()
    around = f"{opened} {_PAIRED.sub(' ', following[0]).strip() if following else ''}"
    length = 0
    for piece in segment(language or "en", around):
        length += len(piece)
        if length >= len(opened):
            break
    return length > len(opened) + 1
