"""Facets: papers counted by topic, author, year, venue and so on, to narrow a search."""

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
from explorer.library.venue_series import venue_labels
from explorer.search.filters import SHELVES, Filters, allowed_rows, names_of
from explorer.search.model import Mode, Results
from explorer.search.queries.syntax import OF_DESK, STARRED, Clause, Field, quotable
from explorer.search.ranking import rank
from explorer.settings import SearchSettings
from explorer.topics.communities import Topic

AMONG_BEST = 200
"""Best papers that are counted where a search ranks all."""
_FEWEST = 2
"""Papers of an author who is worth a line."""
_STATE_LABELS = {
    STARRED: "Starred",
    str(ReadingState.TO_READ): "To read",
    str(ReadingState.READ): "Read",
    str(ReadingState.NOT_FOR_ME): "Not for me",
}


_FACETS = (
    Field.TOPIC,
    Field.AUTHOR,
    Field.YEAR,
    Field.VENUE,
    Field.COLLECTION,
    Field.LABEL,
    Field.SOURCE,
    Field.IS,
    Field.TAG,
)


@dataclass(frozen=True, slots=True)
class Count:
    """The number of papers that a clause would keep."""

    clause: Clause
    """With one value."""
    label: str
    papers: int
    chosen: bool = False
    """Whether the search asks for this value."""


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


def facets_of(
    generation: Generation, results: Results, filters: Filters, level: int, most: int = 8
) -> tuple[tuple[Facet, ...], int]:
    """Return the facets of ``results``, and how many papers were counted for them.

    The values of a field are counted without the clauses on that field, so that another value can
    take the place of one that was chosen, or be added to it.

    Args:
        filters: those of the search, with the clauses that were typed.
    """
    rows = rows_to_count(generation, results, filters)
    chosen: dict[Field, list[str]] = {}
    own_rows: dict[Field, Keys] = {}
    for field in dict.fromkeys(clause.field for clause in filters.clauses if not clause.without):
        on_field = [one for one in filters.clauses if one.field is field and not one.without]
        chosen[field] = [value for clause in on_field for value in clause.values]
        others = tuple(clause for clause in filters.clauses if clause not in on_field)
        own_rows[field] = rows_to_count(generation, results, replace(filters, clauses=others))
    by_field = {facet.field: facet for facet in facets(generation, rows, level, most, filters.desk)}
    for field, of_field in own_rows.items():
        by_field.pop(field, None)
        counted = facets(generation, of_field, level, most, filters.desk)
        by_field |= {facet.field: facet for facet in counted if facet.field is field}
        by_field.setdefault(field, Facet(field, ()))
    return tuple(
        _with_chosen(generation, by_field[field], chosen.get(field, ()), own_rows.get(field, rows))
        for field in _FACETS
        if field in by_field
    ), len(rows)


def _with_chosen(generation: Generation, facet: Facet, chosen: Sequence[str], rows: Keys) -> Facet:
    """Mark the ``chosen`` values of a facet; those that are not listed come first."""
    wanted = [value.casefold() for value in chosen]
    listed = [count.clause.value.casefold() for count in facet.counts]
    missing = [value for value in chosen if value.casefold() not in listed]
    labelled = [
        (Clause(facet.field, value), _label(generation, facet.field, value)) for value in missing
    ]
    added = () if facet.field in OF_DESK else _counted(generation, rows, labelled)
    return replace(
        facet,
        counts=tuple(
            replace(count, chosen=count.clause.value.casefold() in wanted)
            for count in (*added, *facet.counts)
        ),
    )


def _label(generation: Generation, field: Field, value: str) -> str:
    is_topic = field is Field.TOPIC and value in generation.topics
    return generation.topics[value].label if is_topic else value


def facets(
    generation: Generation, rows: Keys, level: int, most: int = 8, desk: PaperMarks | None = None
) -> tuple[Facet, ...]:
    """Return the fields in which the papers in ``rows`` differ, with up to ``most`` values of each.

    Topics are those of ``level``; ``desk`` is the user's. A field in which all of
    ``rows`` agree is left out.
    """
    made = (
        Facet(Field.TOPIC, _by_topic(generation, rows, level, most)),
        Facet(Field.AUTHOR, _by_author(generation, rows, most)),
        Facet(Field.YEAR, _by_year(generation, rows, most)),
        Facet(Field.VENUE, _by_venue(generation, rows, most)),
        *(Facet(field, _by_shelf(generation, field, rows, most)) for field in SHELVES),
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
        for name in ("topic", "source", "region", "period", "papers")
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


def _by_author(generation: Generation, rows: Keys, most: int) -> tuple[Count, ...]:
    authors = generation.records.name_index("authors")
    papers = authors.counts(_chosen(generation, rows))
    order = np.argsort(-papers, kind="stable")[:most]
    named = (authors.names[index] for index in order.tolist() if papers[index] >= _FEWEST)
    return _counted(
        generation, rows, [(Clause(Field.AUTHOR, quotable(name)), name) for name in named]
    )


def _by_shelf(generation: Generation, field: Field, rows: Keys, most: int) -> tuple[Count, ...]:
    shelf = names_of(generation, field)
    papers = shelf.counts(_chosen(generation, rows))
    order = np.argsort(-papers, kind="stable")[:most]
    named = [shelf.names[index] for index in order.tolist() if papers[index]]
    return _counted(generation, rows, [(Clause(field, quotable(name)), name) for name in named])


def _by_year(generation: Generation, rows: Keys, most: int) -> tuple[Count, ...]:
    """Count single years, the newest first; where there are more than ``most``, the rest as one."""
    distinct, papers = np.unique(generation.records.years[rows], return_counts=True)
    years = [(int(year), int(n)) for year, n in zip(distinct, papers, strict=True) if year][::-1]
    single = years if len(years) <= most else years[: most - 1]
    counts = [Count(Clause(Field.YEAR, str(year)), str(year), n) for year, n in single]
    rest = years[len(single) :]
    if rest:
        first = rest[0][0]
        clause = Clause(Field.YEAR, f"..{first}")
        counts.append(Count(clause, f"{first} and earlier", sum(n for _, n in rest)))
    return tuple(counts)


def _by_venue(generation: Generation, rows: Keys, most: int) -> tuple[Count, ...]:
    """Count venues by their series."""
    venues = generation.records.name_index("venue")
    labels = list(venue_labels(generation).values())
    papers: Counter[str] = Counter()
    for label, n in zip(labels, venues.counts(_chosen(generation, rows)).tolist(), strict=True):
        papers[label] += n
    series = [label for label, n in papers.most_common(most) if n]
    return _counted(
        generation, rows, [(Clause(Field.VENUE, quotable(label)), label) for label in series]
    )


def _counted(
    generation: Generation, rows: Keys, values: Sequence[tuple[Clause, str]]
) -> tuple[Count, ...]:
    """Count the ``rows`` that each clause keeps: a name may be a part of another one."""
    counts = []
    for clause, label in values:
        kept = allowed_rows(generation, Filters(clauses=(clause,)))
        papers = len(rows) if kept is None else int(np.isin(rows, kept).sum())
        counts.append(Count(clause, label, papers))
    return tuple(sorted(counts, key=lambda count: -count.papers))


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
