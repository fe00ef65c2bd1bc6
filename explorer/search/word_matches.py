"""Words of a query in a paper: for highlighting, and for the sentence that has most of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from explorer.index.analysis import characters, has_stemmer, is_paired, tokens
from explorer.index.full_text import QueryWord, Rules, query_words
from explorer.papers.language import ENGLISH
from explorer.papers.paper import Paper


def highlight(text: str, query: str, language: str = ENGLISH) -> list[tuple[str, bool]]:
    """Cut ``text`` into (piece, matches a word of ``query``) pairs that join to ``text``.

    ``language`` is that of the paper that the text is from.
    """
    rules = Rules(languages=(language,) if has_stemmer(language) else ())
    pieces: list[tuple[str, bool]] = []
    end = 0
    for begin, stop, _ in _matches(text, language, query_words(query, rules)):
        if stop <= end:
            continue
        if begin > end:
            pieces.append((text[end:begin], False))
        # Pairs of characters overlap.
        start = begin if begin >= end else end - len(pieces.pop()[0])
        pieces.append((text[start:stop], True))
        end = stop
    if end < len(text):
        pieces.append((text[end:], False))
    return pieces


def matched_words(paper: Paper, wanted: Iterable[QueryWord]) -> dict[str, QueryWord]:
    """Return the words of ``paper`` that are one of those ``wanted``, each with that one."""
    text = " ".join((paper.text, *paper.authors, *paper.notes, *paper.annotations))
    matches: dict[str, QueryWord] = {}
    for start, stop, word in _matches(text, paper.language, wanted):
        matches.setdefault(text[start:stop], word)
    return matches


def first_forms(matches: Mapping[str, QueryWord], wanted: Iterable[QueryWord]) -> tuple[str, ...]:
    """Return the first of ``matches`` of each of ``wanted``, in their order.

    Pairs of characters that overlap are joined to the words they are from.
    """
    first: dict[QueryWord, str] = {}
    for form, word in matches.items():
        first.setdefault(word, form)
    forms: list[str] = []
    for form in (first[word] for word in wanted if word in first):
        overlap = characters(form)[0]
        if forms and is_paired(form) and is_paired(forms[-1]) and forms[-1].endswith(overlap):
            forms[-1] += form.removeprefix(overlap)
        else:
            forms.append(form)
    return tuple(forms)


def key_sentence(paper: Paper, wanted: Sequence[QueryWord]) -> str:
    """Return the sentence with the most words that are ``wanted``; the first if there are none."""

    def count(sentence: str) -> int:
        return len({word for _, _, word in _matches(sentence, paper.language, wanted)})

    if not wanted:
        return next(iter(paper.sentences), "")
    return max(paper.sentences, key=count, default="")


def _matches(
    text: str, language: str, wanted: Iterable[QueryWord]
) -> list[tuple[int, int, QueryWord]]:
    """Return (start, end, word) of what is ``wanted`` in ``text``, in order."""
    by_stem: dict[str, QueryWord] = {}
    for word in wanted:
        for stem in word.stems:
            by_stem.setdefault(stem, word)
    matches = [
        (token.start, token.end, by_stem[token.stem])
        for token in tokens(text, language)
        if token.stem in by_stem
    ]
    lone = [word for word in by_stem.values() if word.is_character]
    for word in lone:
        matches += [(m.start(), m.end(), word) for m in re.finditer(re.escape(word.stem), text)]
    return sorted(matches) if lone else matches
