"""Query to hits: parsed, filtered, ranked, each hit with its reason.

What is typed is parsed (``query.py``), what must hold is exact (``filters.py``), what is ranked is
ranked by meaning and words together (``ranking.py``). Ids and exact titles come first.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys
from explorer.embedders import Embedder
from explorer.errors import EmbedderError, UnknownPaper
from explorer.index.full_text import forms, query_stems, stems_among, words
from explorer.library.caching import LruCache
from explorer.library.generation import GIVEN_SUFFIX, Generation
from explorer.library.lookup import titled
from explorer.papers.paper import Paper
from explorer.search.filters import Filters, allowed_rows, usable
from explorer.search.notes import Note, NoteKind
from explorer.search.query import ON_DESK, STARRED, Field, Parsed, parse
from explorer.search.ranking import Ranked, by_both, by_examples, by_meaning, by_words, diversified
from explorer.settings import SearchSettings
from explorer.topics.communities import Topic

_EXACT = 1.0
_LONGEST_TITLE = 1_000
_QUERIES_CACHED = 1_000
"""Query texts whose vectors are cached."""

_query_vectors = LruCache[tuple[str, str], NDArray[np.float32]](_QUERIES_CACHED)
"""Vectors by the embedder's identity and the text."""
_BY_DATE_AMONG = 100
"""Best papers that are sorted by date where that is asked for."""


class Mode(StrEnum):
    """Which rankings a search uses."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


class Sort(StrEnum):
    """What hits are sorted by."""

    RELEVANCE = "relevance"
    DATE = "date"
    """The newest first, among the best."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: words, example papers, counter-examples, within filters."""

    text: str = ""
    """As typed; see :mod:`explorer.search.query`."""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    mode: Mode = Mode.HYBRID
    sort: Sort = Sort.RELEVANCE
    diverse: bool = False
    """Hits that are unlike each other."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paper is a hit.

    ``meaning`` and ``words`` are their shares of the fused score and add up to 1, or are both
    0 where neither spoke. ``matched`` are the query's words as they stand in the paper.
    """

    meaning: float
    words: float
    matched: tuple[str, ...]
    sentence: str
    """Sentence of abstract or summary with most of the query's words; after
    :func:`explorer.search.explain.explain`, the sentence nearest to the query in meaning."""
    example: str = ""
    """The id of the example that the paper is most like, where examples were given."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper found."""

    rank: int
    row: int
    paper: Paper
    score: float
    """Fused score from 0 to 1, the cosine (dense mode) or BM25 (lexical mode)."""
    topic: Topic
    why: Explanation


@dataclass(frozen=True, slots=True)
class Results:
    """The hits of one query, best first."""

    hits: tuple[Hit, ...]
    seconds: float
    mode: Mode
    """What was used in the end: a query of examples alone has no words to look up."""
    parsed: Parsed = field(default_factory=lambda: Parsed(""))
    """How the query was understood, and what was not."""
    vector: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    """The unit vector that papers were compared with; None in lexical mode."""
    allowed: int | None = None
    """How many papers pass the filters; None where nothing was asked of them."""
    like: tuple[int, ...] = ()
    """The rows of the examples."""

    @property
    def only_nearest(self) -> bool:
        """Whether no hit holds a word of the query: then they are near, perhaps not close."""
        return (
            bool(self.hits)
            and self.mode is Mode.HYBRID
            and not any(hit.why.matched for hit in self.hits)
        )


def check_model(embedder: Embedder, generation: Generation) -> None:
    """Make sure that ``embedder`` makes vectors of the library's own kind.

    Raises:
        EmbedderError: it does not; a search with it would mean nothing.
    """
    if embedder.identity != generation.manifest.identity.removesuffix(GIVEN_SUFFIX):
        raise EmbedderError(
            f"The library's vectors come from {generation.manifest.identity!r}, but the model on "
            f"this machine is {embedder.identity!r}. Build anew: `explorer build --full`."
        )


def search(
    generation: Generation,
    embedder: Embedder | None,
    query: Query,
    k: int = 10,
    settings: SearchSettings | None = None,
    offset: int = 0,
) -> Results:
    """Return the ``k`` papers that answer ``query`` best.

    Ids and exact titles come first. Ties go to the smaller id. ``embedder`` may be None where
    :func:`needs_model` says so. A query of filters alone lists what passes them, the newest first;
    counter-examples alone list what is furthest from them. No text raises anything.

    Args:
        offset: how many of the ``k`` are passed over, the best first; nothing is read of them.

    Raises:
        UnknownPaper: an example of ``query.like`` or ``query.unlike`` goes by no known id.
        UnknownTopic, UnusableInput: a filter of ``query.filters`` names nothing there is.
        EmbedderError: ``embedder`` is not the library's.
    """
    begin = time.perf_counter()
    settings, k = settings or SearchSettings(), max(k, 0)
    parsed, like, unlike = _understood(generation, query)
    filters = replace(query.filters, clauses=(*query.filters.clauses, *parsed.clauses))
    among = allowed_rows(generation, filters)
    has_words = bool(query_stems(parsed.words))
    if query.mode is Mode.LEXICAL and not has_words:
        parsed = replace(parsed, words="")
    mode = query.mode if has_words else Mode.DENSE
    is_varied = query.diverse and query.sort is Sort.RELEVANCE

    def results(hits: tuple[Hit, ...], vector: NDArray[np.float32] | None = None) -> Results:
        allowed = None if among is None else len(among)
        return Results(
            hits, time.perf_counter() - begin, mode, parsed, vector, allowed, tuple(like)
        )

    if generation.size == 0 or (among is not None and not len(among)):
        return results(())
    hidden = np.array(sorted({*like, *unlike}), dtype=np.int64)
    if not parsed.words.strip() and not len(hidden):
        return results(_listed(generation, among, k, offset) if among is not None else ())
    wanted = k + len(hidden)
    if is_varied:
        wanted *= settings.diversified_from
    if query.sort is Sort.DATE:
        wanted = max(wanted, _BY_DATE_AMONG)
    if unlike:  # what they push down makes room for papers from further below
        wanted = max(wanted, settings.candidates)
    vector = None
    if mode is not Mode.LEXICAL:
        vector = _query_vector(generation, embedder, parsed.words, like, unlike)
    if by_examples_alone(parsed.words, like, settings):
        found = by_examples(generation, like, max(wanted, settings.candidates), among, settings)
    else:
        found = _ranked(generation, vector, parsed.words, mode, wanted, among, settings)
    found = _without(_pushed_down(generation, found, unlike, settings), hidden)
    first = [] if query.sort is Sort.DATE else _named_by(generation, query.text, among)
    found = _put_first([row for row in first if row not in hidden], found)
    order = _order(generation, found, first)
    if is_varied:
        order = order[: max(wanted, len(first))]
        vectors = generation.engine.vectors(found.rows[order])
        order = [order[i] for i in diversified(vectors, found.score[order], k, settings)]
    elif query.sort is Sort.DATE:
        ranks = generation.records.dates.ranks
        best = order[: max(k, _BY_DATE_AMONG)]
        order = sorted(best, key=lambda i: ranks[found.rows[i]], reverse=True)
    stems = query_stems(parsed.words)
    shown = enumerate(order[offset:k], offset + 1)
    hits = (_hit(generation, rank, found, i, stems) for rank, i in shown)
    return results(_with_examples(generation, tuple(hits), like), vector)


def ranked_rows(
    generation: Generation,
    vector: NDArray[np.float32] | None,
    text: str,
    mode: Mode,
    k: int,
    settings: SearchSettings | None = None,
) -> list[int]:
    """Return the rows of the ``k`` papers that rank highest, best first.

    It is the ranking of :func:`search`, without what that does for people who type: ``text`` is
    plain words, whatever marks stand in it, and no paper comes first because it is named.

    Args:
        vector: the unit vector of ``text``; lexical mode needs none.
    """
    found = _ranked(generation, vector, text, mode, k, None, settings or SearchSettings())
    return [int(found.rows[place]) for place in _order(generation, found, ())[:k]]


def needs_model(generation: Generation, query: Query) -> bool:
    """Whether a search for ``query`` makes a vector of a text, for which it needs the embedder."""
    return query.mode is not Mode.LEXICAL and bool(_parsed(generation, query.text).words.strip())


def _parsed(generation: Generation, text: str) -> Parsed:
    parsed = parse(text)
    is_id = parsed.clauses and generation.records.find(text) is not None
    return Parsed(text) if is_id else parsed


def _understood(generation: Generation, query: Query) -> tuple[Parsed, list[int], list[int]]:
    """Return the query as parsed, and the rows of its examples and counter-examples."""
    parsed = _parsed(generation, query.text)
    desk = query.filters.desk
    clauses, notes = usable(generation, parsed.clauses, desk)
    like = [find_paper(generation, name) for name in query.like]
    unlike = [find_paper(generation, name) for name in query.unlike]
    for kind, names, rows in (
        (Field.LIKE, parsed.like, like),
        (Field.UNLIKE, parsed.unlike, unlike),
    ):
        for name in names:
            row = generation.records.find(name)
            if row is not None:
                rows.append(row)
            elif name.casefold() not in ON_DESK:
                notes.append(Note(NoteKind.UNKNOWN_PAPER, kind, name))
            elif desk is None:
                notes.append(Note(NoteKind.NO_DESK, kind, name))
            else:
                examples = desk.starred if name.casefold() == STARRED else desk.dismissed
                if not examples and rows is like:
                    notes.append(Note(NoteKind.NO_EXAMPLES, kind, name.casefold()))
                rows.extend(examples)
    understood = replace(parsed, clauses=tuple(clauses), notes=(*parsed.notes, *notes))
    return understood, list(dict.fromkeys(like)), list(dict.fromkeys(unlike))


def by_examples_alone(words: str, like: Sequence[int], settings: SearchSettings) -> bool:
    """Whether papers are compared with examples one by one, rather than with their middle."""
    return len(like) > settings.examples_at_once and not words.strip()


def _ranked(
    generation: Generation,
    vector: NDArray[np.float32] | None,
    text: str,
    mode: Mode,
    k: int,
    among: Keys | None,
    settings: SearchSettings,
) -> Ranked:
    if vector is None or mode is Mode.LEXICAL:
        return by_words(generation, text, max(k, settings.candidates), among)
    if mode is Mode.DENSE:
        return by_meaning(generation, vector, max(k, settings.candidates), among)
    return by_both(generation, vector, text, k, among, settings)


def _pushed_down(
    generation: Generation, found: Ranked, unlike: Sequence[int], settings: SearchSettings
) -> Ranked:
    """Take off each score what likeness to a counter-example costs."""
    if not unlike or not len(found.rows):
        return found
    examples = generation.engine.vectors(np.array(unlike, dtype=np.int64))
    likeness = (generation.engine.vectors(found.rows) @ examples.T).max(axis=1)
    best = float(np.abs(found.score).max(initial=0.0))
    cost = settings.unlike_weight * best * np.clip(likeness, 0.0, None)
    return replace(found, score=(found.score - cost).astype(np.float32))


def _without(found: Ranked, hidden: Keys) -> Ranked:
    if not len(hidden):
        return found
    return _chosen(found, np.flatnonzero(~np.isin(found.rows, hidden)))


def _chosen(found: Ranked, places: NDArray[np.int64]) -> Ranked:
    return Ranked(
        found.rows[places], found.score[places], found.meaning[places], found.words[places]
    )


def _order(generation: Generation, found: Ranked, first: Sequence[int]) -> list[int]:
    """Return the places of candidates, best first; ties go to the smaller id."""
    scores = np.round(found.score.astype(np.float64), 6)
    rest = ~np.isin(found.rows, first)
    order = np.lexsort((generation.records.id_ranks[found.rows], -scores, rest))
    return [int(place) for place in order]


def _listed(generation: Generation, among: Keys, k: int, offset: int) -> tuple[Hit, ...]:
    """Return papers that nothing ranks, the newest first: of ``k``, those after ``offset``."""
    k = min(k, len(among))
    ranks = generation.records.dates.ranks[among]
    if 0 < k < len(among):  # as new as the last of them, or newer
        newer = ranks >= np.partition(ranks, -k)[-k]
        among, ranks = among[newer], ranks[newer]
    newest = np.lexsort((generation.records.id_ranks[among], -ranks))
    blank = np.zeros(k, dtype=np.float32)
    found = Ranked(among[newest[:k]], blank, blank, blank)
    return tuple(_hit(generation, i + 1, found, i, []) for i in range(offset, len(found.rows)))


def _with_examples(
    generation: Generation, hits: tuple[Hit, ...], like: Sequence[int]
) -> tuple[Hit, ...]:
    """Return ``hits``, each telling which of several examples it is most like."""
    if not like or not hits:
        return hits
    examples = generation.engine.vectors(np.array(like, dtype=np.int64))
    rows = np.array([hit.row for hit in hits], dtype=np.int64)
    nearest = (generation.engine.vectors(rows) @ examples.T).argmax(axis=1)
    ids = generation.records.ids
    return tuple(
        replace(hit, why=replace(hit.why, example=ids[like[int(place)]]))
        for hit, place in zip(hits, nearest, strict=True)
    )


def similar(
    generation: Generation, name: str, k: int = 10, filters: Filters | None = None
) -> Results:
    """Return the ``k`` papers nearest in meaning to the one that goes by ``name``."""
    begin = time.perf_counter()
    row = find_paper(generation, name)
    among = allowed_rows(generation, filters or Filters())
    own = generation.engine.vectors(np.array([row], dtype=np.int64))
    found = generation.engine.search(own, k + 1, among)
    keys, scores = (part[0][found.keys[0] != row] for part in (found.keys, found.scores))
    order = np.lexsort((generation.records.id_ranks[keys], -np.round(scores.astype(float), 6)))[:k]
    rows, scores = keys[order], scores[order].astype(np.float32)
    near = Ranked(rows, scores, np.ones_like(scores), np.zeros_like(scores))
    hits = tuple(_hit(generation, i + 1, near, i, []) for i in range(len(rows)))
    return Results(hits, time.perf_counter() - begin, Mode.DENSE)


def find_paper(generation: Generation, name: str) -> int:
    """Return the row of the paper that goes by ``name``: any id that it is known by.

    Raises:
        UnknownPaper: there is none.
    """
    row = generation.records.find(name)
    if row is None:
        raise UnknownPaper(
            f"No paper goes by {name!r}. Ids stand in the output of `explorer search`; arXiv ids "
            "and DOIs work too."
        )
    return row


def highlight(text: str, query: str) -> list[tuple[str, bool]]:
    """Cut ``text`` into (piece, matches a word of ``query``) pairs that join to ``text``."""
    stems = set(query_stems(query))
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found, start, stop in words(text):
        if found in stems:
            if start > end:
                pieces.append((text[end:start], False))
            pieces.append((text[start:stop], True))
            end = stop
    if end < len(text):
        pieces.append((text[end:], False))
    return pieces


def _query_vector(
    generation: Generation,
    embedder: Embedder | None,
    text: str,
    like: Sequence[int],
    unlike: Sequence[int],
) -> NDArray[np.float32]:
    """Return the unit vector of the query: the middle of its text and its examples.

    Of counter-examples alone it points away from their middle.
    """
    vector = np.zeros(generation.manifest.dimension, dtype=np.float32)
    if text.strip():
        if embedder is None:
            raise EmbedderError("A search by meaning needs the model. Search by words instead.")
        check_model(embedder, generation)
        vector += _embedded(embedder, text)
    if like:
        vector += _middle(generation, like)
    if unlike and not like and not text.strip():
        vector -= _middle(generation, unlike)
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-9 else vector


def _embedded(embedder: Embedder, text: str) -> NDArray[np.float32]:
    """Return the unit vector of ``text``, cached: a query comes again with other filters."""
    key = (embedder.identity, text)
    vector = _query_vectors.get(key)
    if vector is None:
        vector = embedder.embed_queries([text])[0]
        _query_vectors.put(key, vector)
    return vector


def _middle(generation: Generation, rows: Sequence[int]) -> NDArray[np.float32]:
    middle: NDArray[np.float32] = generation.engine.vectors(np.array(rows, dtype=np.int64)).mean(0)
    return middle / max(float(np.linalg.norm(middle)), 1e-9)


def _named_by(generation: Generation, text: str, among: Keys | None) -> list[int]:
    """Return the rows that the query names outright, by an id or by the whole title."""
    named: list[int] = []
    text = text.strip().strip('"“”')
    row = generation.records.find(text) if 3 < len(text.strip()) < 200 else None
    if row is not None:
        named.append(row)
    elif len(text.split()) > 1 and len(text) <= _LONGEST_TITLE:
        named += titled(generation, text, among)
    return [row for row in named if among is None or row in among]


def _put_first(first: Sequence[int], found: Ranked) -> Ranked:
    """Lift the rows named outright above all others, adding those that no ranking found."""
    missing = [row for row in first if row not in found.rows]
    blank = np.zeros(len(missing), dtype=np.float32)
    rows = np.concatenate([found.rows, np.array(missing, dtype=np.int64)])
    score, meaning, wording = (
        np.concatenate([part, blank]) for part in (found.score, found.meaning, found.words)
    )
    top = max(_EXACT, float(score.max(initial=0.0)))
    for row in first:
        score[rows == row] = top
        wording[(rows == row) & (meaning + wording == 0)] = _EXACT
    return Ranked(rows, score, meaning, wording)


def _hit(generation: Generation, rank: int, found: Ranked, place: int, stems: Sequence[str]) -> Hit:
    row = int(found.rows[place])
    paper = generation.records[row]
    total = float(found.meaning[place] + found.words[place])
    meaning = round(float(found.meaning[place]) / total, 3) if total > 0 else 0.0
    matching = forms(f"{paper.text} {' '.join(paper.authors)}", set(stems)) if stems else {}
    why = Explanation(
        meaning=meaning,
        words=round(1.0 - meaning, 3) if total > 0 else 0.0,
        matched=_matched(matching, stems),
        sentence=_telling_sentence(paper, matching),
    )
    return Hit(
        rank, row, paper, round(float(found.score[place]), 4), generation.topics_of(row)[-1], why
    )


def _matched(matching: Mapping[str, str], stems: Sequence[str]) -> tuple[str, ...]:
    first_form: dict[str, str] = {}
    for word, found in matching.items():
        first_form.setdefault(found, word)
    return tuple(first_form[stem] for stem in stems if stem in first_form)


def _telling_sentence(paper: Paper, matching: Mapping[str, str]) -> str:
    """Return the sentence with the most stems of ``matching``; the first where none has any."""
    if not matching:
        return next(iter(paper.sentences), "")
    return max(paper.sentences, key=lambda s: len(stems_among(s, matching)), default="")
