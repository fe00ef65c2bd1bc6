"""Words of a query in a paper: for highlighting, and for the sentence that has most of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.index.full_text import query_stems, stems_in, word_stems, words
from explorer.papers.paper import Paper


def highlight(text: str, query: str) -> list[tuple[str, bool]]:
    """Cut ``text`` into (piece, matches a word of ``query``) pairs that join to ``text``."""
    stems = set(query_stems(query))
    pieces: list[tuple[str, bool]] = []
    end = 0
    for stem, start, stop in words(text):
        if stem in stems:
            if start > end:
                pieces.append((text[end:start], False))
            pieces.append((text[start:stop], True))
            end = stop
    if end < len(text):
        pieces.append((text[end:], False))
    return pieces


def stems_of_matches(paper: Paper, stems: Sequence[str]) -> dict[str, str]:
    """Return the words of ``paper`` that have one of ``stems``, each with its stem."""
    if not stems:
        return {}
    return word_stems(f"{paper.text} {' '.join(paper.authors)}", set(stems))


def first_forms(matches: Mapping[str, str], stems: Sequence[str]) -> tuple[str, ...]:
    """Return the first of ``matches`` with each of ``stems``, in their order."""
    first: dict[str, str] = {}
    for word, stem in matches.items():
        first.setdefault(stem, word)
    return tuple(first[stem] for stem in stems if stem in first)


def key_sentence(paper: Paper, matches: Mapping[str, str]) -> str:
    """Return the sentence with the most stems of ``matches``; the first if there are none."""
    if not matches:
        return next(iter(paper.sentences), "")
    return max(paper.sentences, key=lambda s: len(stems_in(s, matches)), default="")
