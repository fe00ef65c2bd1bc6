"""Papers by their whole titles, copied from a digest or from the page."""

from __future__ import annotations

import re

from explorer.arrays import Keys
from explorer.index.full_text import BY_TITLE
from explorer.library.generation import Generation
from explorer.papers.paper import title_key
from explorer.papers.text import plain

_LIKELY_TITLES = 20
"""Best matches by the words of titles that are compared; a short one may stand in many papers."""
_BARE = re.compile(r"[A-Za-z0-9\s.,:;!?'\"()/-]*")
"""A title in which there is nothing that would be made readable."""


def titled(generation: Generation, title: str, among: Keys | None = None) -> list[int]:
    """Return the rows of the papers with this whole ``title``, as far as letters and digits go."""
    key = title_key(title)
    likely = _likely_titles(generation, title, among)
    titles = generation.records.titles.take(likely)
    return [row for row, found in zip(likely.tolist(), titles, strict=True) if _reads(found, key)]


def _likely_titles(generation: Generation, text: str, among: Keys | None) -> Keys:
    """Return the rows whose titles may be ``text``."""
    if _BARE.fullmatch(text):  # read the same wherever copied from, so its words stand in a row
        holding = generation.lexicon.holding(text, "title")
        if len(holding) <= _LIKELY_TITLES:
            return holding
    return generation.lexicon.search(text, _LIKELY_TITLES, among, BY_TITLE).keys


def _reads(title: str, key: str) -> bool:
    """Tell whether ``title`` is the one of ``key``, copied from the digest or from the page."""
    if title_key(title) == key:
        return True
    return _BARE.fullmatch(title) is None and title_key(plain(title)) == key
