"""Facets: papers counted by topic, year, venue, source and desk, to narrow or widen a search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys
from explorer.desk.desk import ReadingState
from explorer.desk.marks import PaperMarks
from explorer.library.generation import Generation
from explorer.search.filters import Filters, allowed_rows
from explorer.search.model import Mode, Results
from explorer.search.query import STARRED, Clause, Field, quotable
from explorer.search.ranking import rank
from explorer.settings import SearchSettings
from explorer.topics.communities import Topic

AMONG_BEST = 200
"""Best papers that are counted where a search ranks all."""
_SPANS = (1, 2, 5, 10, 25, 100)
"""Years that are counted as one, where there are many."""
_STATE_LABELS = {
    STARRED: "Starred",
    str(ReadingState.TO_READ): "To read",
    str(ReadingState.READ): "Read",
    str(ReadingState.NOT_FOR_ME): "Not for me",
}


@dataclass(frozen=True, slots=True)
class Count:
    """The number of papers that a clause would keep."""

    clause: Clause
    label: str
    papers: int


@dataclass(frozen=True, slots=True)
class Facet:
    """A field, and its values in some papers."""

    field: Field
    counts: tuple[Count, ...]
    """The most frequent first; years newest first."""


@dataclass(frozen=True, slots=True)
class Loosened:
    """Filters with one part left out, and how many papers pass them then."""

    left_out: Clause | None
    """A clause that was typed; None for a field of ``filters``."""
    filters: Filters
    papers: int


def rows_to_count(generation: Generation, results: Results, filters: Filters) -> Keys:
    """Return the rows to count for ``results``: all that pass, or the best if they are ranked.

    ``filters`` are those of the search, with the clauses that were typed.
    """
    allowed = allowed_rows(generation, filters)
    vector, words = results.vector, results.parsed.words
    if allowed is not None and len(allowed) <= AMONG_BEST:
        return allowed
    if vector is None and not words.strip():
        return np.arange(generation.size) if allowed is None else allowed
    mode = Mode.LEXICAL if vector is None else results.mode
    ranking = rank(
        generation, mode, words, vector, results.like, AMONG_BEST, allowed, SearchSettings()
    )
    best = np.argsort(-ranking.score, kind="stable")[:AMONG_BEST]
    return np.sort(ranking.rows[best])


def facets(
    generation: Generation, rows: Keys, level: int, most: int = 8, desk: PaperMarks | None = None
) -> tuple[Facet, ...]:
    """Return the fields in which the papers in ``rows`` differ, with up to ``most`` values of each.

    Topics are those of ``level``; ``desk`` is the user's. A field in which all of
    ``rows`` agree is left out.
    """
    made = (
        Facet(Field.TOPIC, _by_topic(generation, rows, level, most)),
        Facet(Field.YEAR, _by_year(generation, rows, most)),
        Facet(Field.VENUE, _by_venue(generation, rows, most)),
        Facet(Field.SOURCE, _by_source(generation, rows, most)),
        Facet(Field.IS, _by_state(rows, desk)),
        Facet(Field.TAG, _by_tag(rows, desk, most)),
    )
    return tuple(
        facet
        for facet in made
        if len(facet.counts) > 1 or any(count.papers < len(rows) for count in facet.counts)
    )


def related_topics(
    generation: Generation, rows: Sequence[int], coarsest: int, most: int = 4
) -> tuple[Topic, ...]:
    """Return the topics with the most of ``rows``, at least two each.

    They are of the finest level that has any, ``coarsest`` at the least.
    """
    for level in range(len(generation.levels) - 1, coarsest - 1, -1):
        indices = Counter(generation.memberships[level][list(rows)].tolist())
        shared = [index for index, papers in indices.most_common(most) if papers > 1]
        if shared:
            return tuple(generation.levels[level][index] for index in shared)
    return ()


def loosened(generation: Generation, filters: Filters) -> tuple[Loosened, ...]:
    """Return ``filters`` without each part in turn, if papers pass then, most first.

    Raises:
        UnknownTopic, UnusableInput: see :func:`explorer.search.filters.allowed_rows`.
    """
    parts: list[tuple[Clause | None, Filters]] = [
        (clause, replace(filters, clauses=_others(filters.clauses, clause)))
        for clause in filters.clauses
    ]
    bare = Filters()
    parts += [
        (None, replace(filters, **{name: getattr(bare, name)}))
        for name in ("topic", "source", "region", "papers")
        if getattr(filters, name)
    ]
    if filters.year_from or filters.year_to:
        parts.append((None, replace(filters, year_from=None, year_to=None)))
    options = [Loosened(clause, looser, _passing(generation, looser)) for clause, looser in parts]
    return tuple(sorted((one for one in options if one.papers), key=lambda one: -one.papers))


def _others(clauses: Iterable[Clause], but: Clause) -> tuple[Clause, ...]:
    return tuple(clause for clause in clauses if clause != but)


def _passing(generation: Generation, filters: Filters) -> int:
    rows = allowed_rows(generation, filters)
    return generation.size if rows is None else len(rows)


def _by_topic(generation: Generation, rows: Keys, level: int, most: int) -> tuple[Count, ...]:
    topics = generation.levels[level]
    papers = np.bincount(generation.memberships[level][rows], minlength=len(topics))
    order = np.argsort(-papers, kind="stable")[:most]
    return tuple(
        Count(Clause(Field.TOPIC, topics[index].id), topics[index].label, int(papers[index]))
        for index in order.tolist()
        if papers[index]
    )


def _by_year(generation: Generation, rows: Keys, most: int) -> tuple[Count, ...]:
    """Count years, or spans of them where there are more than ``most``."""
    distinct, papers = np.unique(generation.records.years[rows], return_counts=True)
    years = {int(year): int(n) for year, n in zip(distinct, papers, strict=True) if year}
    spans = (_by_span(years, span) for span in _SPANS)
    span, counts = next(
        (pair for pair in zip(_SPANS, spans, strict=True) if len(pair[1]) <= most),
        (1, years),
    )
    return tuple(
        Count(_in_span(first, span), f"{first}–{first + span - 1}" if span > 1 else str(first), n)
        for first, n in sorted(counts.items(), reverse=True)[:most]
    )


def _by_span(years: dict[int, int], span: int) -> dict[int, int]:
    counts: Counter[int] = Counter()
    for year, papers in years.items():
        counts[year // span * span] += papers
    return counts


def _in_span(first: int, span: int) -> Clause:
    return Clause(Field.YEAR, f"{first}..{first + span - 1}" if span > 1 else str(first))


def _by_venue(generation: Generation, rows: Keys, most: int) -> tuple[Count, ...]:
    venues = generation.records.name_index("venue")
    return _most(Field.VENUE, venues.names, venues.counts(_chosen(generation, rows)), most)


def _by_source(generation: Generation, rows: Keys, most: int) -> tuple[Count, ...]:
    digests = generation.records.digests
    return _most(Field.SOURCE, digests.names, digests.counts(_chosen(generation, rows)), most)


def _most(
    field: Field, names: Sequence[str], papers: NDArray[np.int64], most: int
) -> tuple[Count, ...]:
    """Return the names with the most ``papers``; of as many, the one that stands first."""
    order = np.argsort(-papers, kind="stable")[:most]
    return tuple(
        Count(Clause(field, quotable(names[index])), names[index], int(papers[index]))
        for index in order.tolist()
        if papers[index]
    )


def _chosen(generation: Generation, rows: Keys) -> NDArray[np.bool_]:
    chosen = np.zeros(generation.size, dtype=bool)
    chosen[rows] = True
    return chosen


def _by_state(rows: Keys, desk: PaperMarks | None) -> tuple[Count, ...]:
    if desk is None:
        return ()
    of = {STARRED: desk.starred} | {str(state): desk.rows_in(state) for state in ReadingState}
    counted = {value: int(np.isin(rows, of[value]).sum()) for value in _STATE_LABELS}
    return tuple(
        Count(Clause(Field.IS, value), name, counted[value])
        for value, name in _STATE_LABELS.items()
        if counted[value]
    )


def _by_tag(rows: Keys, desk: PaperMarks | None, most: int) -> tuple[Count, ...]:
    tags = {} if desk is None else desk.tags
    papers = Counter({tag: int(np.isin(rows, tagged).sum()) for tag, tagged in tags.items()})
    return tuple(
        Count(Clause(Field.TAG, tag), tag, count)
        for tag, count in papers.most_common(most)
        if count
    )
