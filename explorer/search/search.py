"""Search: a query is resolved, filtered, ranked, arranged and presented as hits.

Filters are exact (``filters.py``); what passes is ranked by meaning and words together
(``ranking.py``). Papers whose id or whole title is the query come first (``arrangement.py``).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys
from explorer.embedders import Embedder
from explorer.learning.taste import Taste, taste_of
from explorer.library.generation import Generation
from explorer.search.arrangement import (
    both_rankings,
    diversified,
    favouring_recent,
    most_fitting_first,
    named_rows,
    newest_first,
    penalized,
    with_first,
    without_rows,
)
from explorer.search.filters import allowed_rows
from explorer.search.hits import make_hit, with_nearest_example
from explorer.search.likelihood import likelihood, nearness, word_shares
from explorer.search.model import Hit, Mode, Query, Results, Sort
from explorer.search.query_vector import query_vector
from explorer.search.ranking import Ranking, best_first, rank
from explorer.search.resolution import ResolvedQuery, interpretation_of, resolve
from explorer.settings import SearchSettings

_MOST_SORTED = 100
"""Best papers that are sorted by date, or for the user, where the query asks for this."""


@dataclass(frozen=True, slots=True)
class _Search:
    """A query on its way to hits."""

    generation: Generation
    query: Query
    resolved: ResolvedQuery
    mode: Mode
    allowed: Keys | None
    k: int
    settings: SearchSettings
    taste: Taste | None = None
    """The user's interests, where hits are sorted by them."""

    @property
    def words(self) -> str:
        return self.resolved.parsed.words

    @property
    def is_diverse(self) -> bool:
        return self.query.diverse and self.query.sort is Sort.RELEVANCE

    @property
    def examples(self) -> Keys:
        """Rows of examples and counter-examples, which are no hits themselves."""
        return np.array(sorted({*self.resolved.like, *self.resolved.unlike}), dtype=np.int64)

    @property
    def depth(self) -> int:
        """The number of best papers to rank exactly."""
        depth = self.k + len(self.examples)
        if self.is_diverse:
            depth *= self.settings.diversified_from
        if self.query.sort is not Sort.RELEVANCE:
            depth = max(depth, _MOST_SORTED)
        if self.resolved.unlike:  # papers from further down may move up
            depth = max(depth, self.settings.candidates)
        return depth


def search(
    generation: Generation,
    embedder: Embedder | None,
    query: Query,
    k: int = 10,
    settings: SearchSettings | None = None,
    offset: int = 0,
) -> Results:
    """Return the ``k`` best papers for ``query``; no text raises an error.

    Ties go to the smaller id. A query of filters alone lists the papers that pass, the newest
    first; counter-examples alone list the papers furthest from them.

    Args:
        embedder: may be None where :func:`needs_model` is false.
        offset: number of the ``k`` papers that are skipped, the best first, without reading them.

    Raises:
        UnknownPaper: an example of ``query.like`` or ``query.unlike`` has no known id.
        UnknownTopic, UnusableInput: a filter of ``query.filters`` names an unknown topic or digest.
        EmbedderError: ``embedder`` is missing, or not the library's.
    """
    begin = time.perf_counter()
    task = _prepared(generation, query, max(k, 0), settings or SearchSettings())
    vector: NDArray[np.float32] | None = None
    hits: tuple[Hit, ...] = ()
    resolved, allowed = task.resolved, task.allowed
    has_papers = generation.size > 0 and (allowed is None or len(allowed) > 0)
    if has_papers and (task.words.strip() or len(task.examples)):
        if task.mode is not Mode.LEXICAL:
            vector = query_vector(generation, embedder, task.words, resolved.like, resolved.unlike)
        ranking, order, named = _arranged(task, _ranked(task, vector), vector)
        hits = _rated(task, vector, _presented(task, ranking, order, offset), named)
    elif has_papers and allowed is not None:
        hits = _listed(task, allowed, offset)
    return Results(
        hits,
        time.perf_counter() - begin,
        task.mode,
        resolved.parsed,
        vector,
        None if allowed is None else len(allowed),
        resolved.like,
        resolved.interpretation,
    )


def needs_model(generation: Generation, query: Query) -> bool:
    """Whether a search for ``query`` embeds a text, for which it needs the embedder."""
    words = interpretation_of(generation, query).words
    return query.mode is not Mode.LEXICAL and bool(words.strip())


def _prepared(generation: Generation, query: Query, k: int, settings: SearchSettings) -> _Search:
    """Resolve and filter a query."""
    resolved = resolve(generation, query)
    allowed = allowed_rows(generation, resolved.filters)
    has_words = bool(generation.lexicon.query_words(resolved.parsed.words))
    if query.mode is Mode.LEXICAL and not has_words:
        resolved = replace(resolved, parsed=replace(resolved.parsed, words=""))
    mode = query.mode if has_words else Mode.DENSE
    taste = None
    if query.sort is Sort.FOR_YOU:
        marks = query.filters.desk
        taste = None if marks is None else taste_of(generation, marks)
        query = query if taste else replace(query, sort=Sort.RELEVANCE)
    return _Search(generation, query, resolved, mode, allowed, k, settings, taste)


def _ranked(task: _Search, vector: NDArray[np.float32] | None) -> Ranking:
    """Rank the allowed papers, counter-examples considered and examples left out."""
    ranking = rank(
        task.generation,
        task.mode,
        task.words,
        vector,
        task.resolved.like,
        task.depth,
        task.allowed,
        task.settings,
    )
    ranking = penalized(task.generation, ranking, task.resolved.unlike, task.settings)
    return without_rows(ranking, task.examples)


def _arranged(
    task: _Search, ranking: Ranking, vector: NDArray[np.float32] | None
) -> tuple[Ranking, list[int], list[int]]:
    """Return a ranking with the papers that the query names, its order, and those papers' rows."""
    named: list[int] = []
    first: list[int] = []
    if task.query.sort is Sort.RELEVANCE:
        referred = task.resolved.interpretation.papers
        named = named_rows(task.generation, task.query.text, task.allowed, referred)
        if not named:
            ranking, first = _with_preferred(task, ranking, vector)
    ranking = with_first(ranking, [row for row in named if row not in task.examples])
    if task.resolved.interpretation.prefers_recent:
        ranking = favouring_recent(task.generation, ranking, task.settings)
    order = best_first(task.generation, ranking, named or first)
    if task.is_diverse:
        order = order[: max(task.depth, len(named))]
        vectors = task.generation.engine.vectors(ranking.rows[order])
        chosen = diversified(vectors, ranking.score[order], task.k, task.settings)
        order = [order[index] for index in chosen]
    elif task.query.sort is not Sort.RELEVANCE:
        order = order[: max(task.k, _MOST_SORTED)]
        order = (
            newest_first(task.generation, ranking, order)
            if task.taste is None
            else most_fitting_first(task.generation, ranking, order, task.taste)
        )
    return ranking, order, named


def _with_preferred(
    task: _Search, ranking: Ranking, vector: NDArray[np.float32] | None
) -> tuple[Ranking, list[int]]:
    """Rank the papers that inferred conditions prefer among themselves, and return their rows."""
    preferred = tuple(
        one.clause for one in task.resolved.interpretation.inferred if not one.is_filter
    )
    if not preferred:
        return ranking, []
    clauses = (*task.resolved.filters.clauses, *preferred)
    rows = allowed_rows(task.generation, replace(task.resolved.filters, clauses=clauses))
    if rows is None or not len(rows):
        return ranking, []
    own = _ranked(replace(task, allowed=rows), vector)
    ranking = both_rankings(without_rows(ranking, own.rows), own)
    return ranking, own.rows.tolist()


def _presented(task: _Search, ranking: Ranking, order: list[int], offset: int) -> tuple[Hit, ...]:
    """Return the candidates after the first ``offset`` as hits."""
    wanted = word_shares(task.generation, list(task.generation.lexicon.query_words(task.words)))
    hits = tuple(
        make_hit(task.generation, number, ranking, index, wanted)
        for number, index in enumerate(order[offset : task.k], offset + 1)
    )
    return with_nearest_example(task.generation, hits, task.resolved.like)


def _rated(
    task: _Search,
    vector: NDArray[np.float32] | None,
    hits: tuple[Hit, ...],
    named: Sequence[int],
) -> tuple[Hit, ...]:
    """Return ``hits`` with their likelihoods; a paper that the query names is certain."""
    rows = [hit.row for hit in hits]
    has_words = bool(task.words.strip())
    like = task.resolved.like
    queries = None if vector is None else vector[np.newaxis]
    if not has_words:  # near to one of several examples is near; counter-examples ask for nothing
        examples = np.array(like, dtype=np.int64)
        queries = task.generation.engine.vectors(examples) if like else None
    near = nearness(task.generation, queries, rows, of_papers=not has_words)
    return tuple(
        replace(
            hit,
            nearness=value,
            likelihood=1.0 if hit.row in named else likelihood(value, hit.why.coverage),
        )
        for hit, value in zip(hits, near, strict=True)
    )


def _listed(task: _Search, allowed: Keys, offset: int) -> tuple[Hit, ...]:
    """Return the first of the allowed papers but ``offset``, unranked: the newest or fittest."""
    k = min(task.k, len(allowed))
    if task.taste is None:
        rows = _newest(task.generation, allowed, k)
    else:
        rows = task.taste.best(task.generation, k, allowed).rows
    blank = np.zeros(len(rows), dtype=np.float32)
    listing = Ranking(rows, blank, blank, blank)
    indices = range(offset, len(rows))
    return tuple(make_hit(task.generation, index + 1, listing, index, {}) for index in indices)


def _newest(generation: Generation, allowed: Keys, k: int) -> Keys:
    """Return the ``k`` newest of the allowed papers, the newest first."""
    ranks = generation.records.dates.ranks[allowed]
    if 0 < k < len(allowed):  # as new as the last of them, or newer
        newer = ranks >= np.partition(ranks, -k)[-k]
        allowed, ranks = allowed[newer], ranks[newer]
    newest: Keys = allowed[np.lexsort((generation.records.id_ranks[allowed], -ranks))[:k]]
    return newest
