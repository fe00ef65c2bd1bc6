"""Venues and categories in a query: "NeurIPS 2023", "emnlp", "cs.CL"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.library.venue_series import MOST_VENUES, venue_labels
from explorer.papers.paper import title_key
from explorer.papers.venues import venue_name

_MOST_WORDS = 14
"""Words of the longest name of a series that is recognised."""
_MOST_READ = 50
"""Names of venues that are looked at for an acronym."""
_CATEGORY = re.compile(
    r"(?:cs|math|stat|eess|econ|physics|q-bio|q-fin|cond-mat|astro-ph|nlin)\.[a-z-]{2,}"
    r"|(?:hep-(?:th|ph|ex|lat)|gr-qc|quant-ph|nucl-(?:th|ex)|math-ph|astro-ph|cond-mat)",
    re.I,
)
_IN_FULL = {
    "aaai": "AAAI Conference on Artificial Intelligence",
    "acl": "Association for Computational Linguistics",
    "cvpr": "Computer Vision and Pattern Recognition",
    "coling": "International Conference on Computational Linguistics",
    "eccv": "European Conference on Computer Vision",
    "emnlp": "Empirical Methods in Natural Language Processing",
    "iccv": "International Conference on Computer Vision",
    "iclr": "International Conference on Learning Representations",
    "icml": "International Conference on Machine Learning",
    "ijcai": "International Joint Conference on Artificial Intelligence",
    "interspeech": "International Speech Communication Association",
    "kdd": "Knowledge Discovery and Data Mining",
    "naacl": "North American Chapter of the Association for Computational Linguistics",
    "neurips": "Neural Information Processing Systems",
    "nips": "Neural Information Processing Systems",
    "sigir": "Research and Development in Information Retrieval",
    "tacl": "Transactions of the Association for Computational Linguistics",
}
"""Names of series that digests write in full, and readers do not."""


@dataclass(frozen=True, slots=True)
class VenueMention:
    """A venue that a text names."""

    values: tuple[str, ...]
    """Values of ``venue:`` that match it."""
    papers: int
    is_series: bool
    """Whether a series goes by this name; it may be a word in longer names as well."""


def venue_called(generation: Generation, name: str) -> VenueMention | None:
    """Return the library's venue of this name: an acronym, or a series in full."""
    key = title_key(name)
    words = key.split()
    if not words or len(words) > _MOST_WORDS:
        return None
    venues = generation.records.name_index("venue")
    values: list[str] = []
    is_series = False
    if label := _series(generation).get(_joined(key)):
        values.append(label)
        is_series = True
    if len(words) == 1:
        holding = venues.names_with_words(words)[:_MOST_READ]
        if any(_is_acronym_in(venues.names[int(index)], key) for index in holding):
            values.append(name)
        in_full = _IN_FULL.get(words[0], "")
        if in_full and len(venues.names_with_words(title_key(in_full).split())):
            values.append(in_full)
            is_series = True
    if not values:
        return None
    distinct = tuple({_joined(title_key(value)): value for value in reversed(values)}.values())
    rows = {
        row
        for value in distinct
        for row in venues.rows_with_words(title_key(value).split()).tolist()
    }
    papers = max(len(rows), _papers_of_label(generation, label))
    return VenueMention(distinct[::-1], papers, is_series)


def category_called(generation: Generation, name: str) -> str:
    """Return the library's category that ``name`` is, or ``""``."""
    if not _CATEGORY.fullmatch(name):
        return ""
    categories = generation.records.name_index("categories")
    holding = categories.names_with_words(title_key(name).split())
    wanted = name.casefold()
    names = (categories.names[int(index)] for index in holding)
    return next((known for known in names if known.casefold() == wanted), "")


@cached_by_owner(1)
def _series(generation: Generation) -> dict[str, str]:
    """Return the short name of each series by its names, in letters and digits alone.

    Empty in a library of so many venues that joining them takes seconds.
    """
    if len(generation.records.name_index("venue").names) > MOST_VENUES:
        return {}
    series: dict[str, str] = {}
    for venue, label in venue_labels(generation).items():
        name = venue_name(venue)
        for form in (label, name.acronym, name.series):
            if form:
                series.setdefault(_joined(title_key(form)), label)
    return series


@cached_by_owner(1)
def _papers_of_series(generation: Generation) -> dict[str, int]:
    venues = generation.records.name_index("venue")
    papers: dict[str, int] = {}
    for index, label in enumerate(venue_labels(generation).values()):
        count = int(venues.starts[index + 1] - venues.starts[index])
        papers[label] = papers.get(label, 0) + count
    return papers


def _papers_of_label(generation: Generation, label: str | None) -> int:
    return _papers_of_series(generation).get(label, 0) if label else 0


def _is_acronym_in(venue: str, key: str) -> bool:
    """Return whether ``key`` is an acronym in a venue's name rather than an ordinary word of it."""
    return any(
        sum(map(str.isupper, word)) > 1 and title_key(word) == key
        for word in re.findall(r"[^\W_]+", venue)
    )


def _joined(key: str) -> str:
    return key.replace(" ", "")
