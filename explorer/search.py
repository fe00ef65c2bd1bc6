"""Query to hits: meaning and words ranked together, each hit with its reason.

The two rankings are scaled to the same range and added (min-max fusion, Fox and Shaw 1994), then
each candidate is drawn towards its neighbours in the shared graph: a paper among relevant papers
is likely relevant (the cluster hypothesis, Jardine and van Rijsbergen 1971).
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from explorer.embedders import Embedder
from explorer.engines import Keys
from explorer.errors import EmbedderError, UnknownPaper, UnknownTopic, UnusableInput
from explorer.generation import GIVEN, Generation
from explorer.identity import title_key
from explorer.lexicon import query_stems, words
from explorer.paper import Paper
from explorer.readable import plain
from explorer.settings import SearchSettings
from explorer.topics import Topic

_UNLIKE_WEIGHT = 0.6
"""Weight of negative examples in the query vector (Rocchio 1971)."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“\"'(])")
_EXACT = 1.0
_LIKELY_TITLES = 20
"""Best matches by words whose titles are compared; a short title may stand in many papers."""


class Mode(StrEnum):
    """Which rankings a search uses."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a hit must be; an empty field asks for nothing."""

    topic: str = ""
    """A topic's id or name."""
    source: str = ""
    """The name of a digest."""
    year_from: int | None = None
    year_to: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: words, example papers, counter-examples, within filters."""

    text: str = ""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    mode: Mode = Mode.HYBRID


@dataclass(frozen=True, slots=True)
class Why:
    """Why a paper is a hit.

    ``meaning`` and ``words`` are their shares of the fused score and add up to 1, or are both
    0 where neither spoke. ``matched`` are the query's words as they stand in the paper.
    """

    meaning: float
    words: float
    matched: tuple[str, ...]
    sentence: str
    """The sentence of abstract or summary that holds most of the query's words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper found."""

    rank: int
    row: int
    paper: Paper
    score: float
    """Fused score from 0 to 1, the cosine (dense mode) or BM25 (lexical mode)."""
    topic: Topic
    why: Why


@dataclass(frozen=True, slots=True)
class Results:
    """The hits of one query, best first."""

    hits: tuple[Hit, ...]
    seconds: float
    mode: Mode
    """What was used in the end: a query of examples alone has no words to look up."""

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
    if embedder.identity != generation.manifest.identity.removesuffix(GIVEN):
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
) -> Results:
    """Return the ``k`` papers that answer ``query`` best.

    Ids and exact titles come first. Ties go to the smaller id. ``embedder`` may be None where
    no text needs a vector: in lexical mode, or with examples alone.

    Raises:
        UnknownPaper: an example goes by no known id.
        UnknownTopic: the topic filter names none.
        EmbedderError: ``embedder`` is not the library's.
    """
    begin = time.perf_counter()
    settings = settings or SearchSettings()
    among = allowed_rows(generation, query.filters)
    examples = [find_paper(generation, name) for name in query.like]
    counter = [find_paper(generation, name) for name in query.unlike]
    mode = query.mode if query_stems(query.text) else Mode.DENSE
    hidden = {*examples, *counter}
    asked = query.text.strip() or examples or counter
    if not asked or generation.size == 0:
        return Results((), time.perf_counter() - begin, mode)

    wanted = max(settings.candidates, k + len(hidden))
    dense = np.zeros(0, dtype=np.float32)
    vector = None
    if mode is not Mode.LEXICAL:
        vector = _query_vector(generation, embedder, query.text, examples, counter)
    rows, dense, lexical = _candidates(generation, vector, query.text, mode, wanted, among)
    visible = ~np.isin(rows, list(hidden))
    rows, dense, lexical = rows[visible], dense[visible], lexical[visible]
    meaning, wording = _shares(dense, lexical, mode, settings)
    score = _final(generation, rows, dense, lexical, meaning + wording, mode, settings)
    first = _named_by(generation, query.text, among)
    rows, score, meaning, wording = _put_first(first, rows, score, meaning, wording)

    ids = generation.records.ids
    order = sorted(
        range(len(rows)),
        key=lambda i: (rows[i] not in first, -round(float(score[i]), 6), ids[rows[i]]),
    )[: max(k, 0)]
    stems = query_stems(query.text)
    hits = tuple(
        _hit(generation, rank, int(rows[i]), float(score[i]), (meaning[i], wording[i]), stems)
        for rank, i in enumerate(order, start=1)
    )
    return Results(hits, time.perf_counter() - begin, mode)


def similar(
    generation: Generation, name: str, k: int = 10, filters: Filters | None = None
) -> Results:
    """Return the ``k`` papers nearest in meaning to the one that goes by ``name``."""
    begin = time.perf_counter()
    row = find_paper(generation, name)
    among = allowed_rows(generation, filters or Filters())
    own = generation.engine.vectors(np.array([row], dtype=np.int64))
    found = generation.engine.search(own, k + 1, among)
    pairs = [
        (int(key), float(score))
        for key, score in zip(found.keys[0], found.scores[0], strict=True)
        if key != row
    ]
    ids = generation.records.ids
    pairs.sort(key=lambda pair: (-round(pair[1], 6), ids[pair[0]]))
    hits = tuple(
        _hit(generation, rank, key, score, (1.0, 0.0), [])
        for rank, (key, score) in enumerate(pairs[:k], start=1)
    )
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


def find_topic(generation: Generation, name: str) -> Topic:
    """Return the topic with this id or name, the finest if the name stands on several levels.

    Raises:
        UnknownTopic: there is none.
    """
    wanted = name.strip().casefold()
    for level in reversed(generation.levels):
        for topic in level:
            if wanted in (topic.id.casefold(), topic.label.casefold()):
                return topic
    raise UnknownTopic(f"No topic is called {name!r}. `explorer topics` lists them.")


def allowed_rows(generation: Generation, filters: Filters) -> Keys | None:
    """Return the rows that pass ``filters``, or None where nothing is asked."""
    allowed: NDArray[np.bool_] | None = None

    def narrow(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return rows if allowed is None else allowed & rows

    if filters.topic:
        rows = np.zeros(generation.size, dtype=bool)
        rows[generation.members(find_topic(generation, filters.topic))] = True
        allowed = narrow(rows)
    if filters.source:
        rows = np.zeros(generation.size, dtype=bool)
        rows[_rows_of_digest(generation, filters.source)] = True
        allowed = narrow(rows)
    years = generation.records.years if filters.year_from or filters.year_to else None
    if years is not None and filters.year_from:
        allowed = narrow(years >= filters.year_from)
    if years is not None and filters.year_to:
        allowed = narrow((years <= filters.year_to) & (years > 0))
    return None if allowed is None else np.flatnonzero(allowed)


def _rows_of_digest(generation: Generation, name: str) -> Keys:
    digests = generation.records.digests
    if name not in digests:
        known = ", ".join(list(digests)[:5]) + (" ..." if len(digests) > 5 else "")
        raise UnusableInput(f"No digest is called {name!r}. The library was read from {known}.")
    return digests[name]


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
    examples: Sequence[int],
    counter: Sequence[int],
) -> NDArray[np.float32]:
    """Return the unit vector of the query: its text and examples, away from counter-examples."""
    vector = np.zeros(generation.manifest.dimension, dtype=np.float32)
    if text.strip():
        if embedder is None:
            raise EmbedderError("A search by meaning needs the model. Search by words instead.")
        check_model(embedder, generation)
        vector += embedder.embed_queries([text])[0]
    if examples:
        vector += _middle(generation, examples)
    if counter:
        vector -= _UNLIKE_WEIGHT * _middle(generation, counter)
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-9 else vector


def _middle(generation: Generation, rows: Sequence[int]) -> NDArray[np.float32]:
    middle: NDArray[np.float32] = generation.engine.vectors(np.array(rows, dtype=np.int64)).mean(0)
    return middle / max(float(np.linalg.norm(middle)), 1e-9)


def _candidates(
    generation: Generation,
    vector: NDArray[np.float32] | None,
    text: str,
    mode: Mode,
    wanted: int,
    among: Keys | None,
) -> tuple[Keys, NDArray[np.float32], NDArray[np.float32]]:
    """Return candidate rows with their cosine and their BM25 score (0 where no word matches)."""
    rows = np.empty(0, dtype=np.int64)
    lexical_of: dict[int, float] = {}
    if vector is not None:
        rows = generation.engine.search(vector[None, :], wanted, among).keys[0]
    if mode is not Mode.DENSE:
        ranking = generation.lexicon.search(text, wanted, among)
        lexical_of = dict(zip(ranking.keys.tolist(), ranking.scores.tolist(), strict=True))
        rows = np.union1d(rows, ranking.keys)
    lexical = np.array([lexical_of.get(int(row), 0.0) for row in rows], dtype=np.float32)
    if vector is None:
        return rows, np.zeros_like(lexical), lexical
    return rows, (generation.engine.vectors(rows) @ vector).astype(np.float32), lexical


def _shares(
    dense: NDArray[np.float32], lexical: NDArray[np.float32], mode: Mode, settings: SearchSettings
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what meaning and words contribute to each candidate's fused score."""
    if not len(dense):
        return dense, lexical
    weight = {Mode.DENSE: 1.0, Mode.LEXICAL: 0.0, Mode.HYBRID: settings.dense_weight}[mode]
    spread = float(np.ptp(dense))
    scaled = (dense - dense.min()) / spread if spread > 1e-9 else np.full_like(dense, 0.5)
    most = float(lexical.max())
    worded = lexical / most if most > 0 else lexical
    return (weight * scaled).astype(np.float32), ((1.0 - weight) * worded).astype(np.float32)


def _final(
    generation: Generation,
    rows: Keys,
    dense: NDArray[np.float32],
    lexical: NDArray[np.float32],
    fused: NDArray[np.float32],
    mode: Mode,
    settings: SearchSettings,
) -> NDArray[np.float32]:
    """Return what hits are ranked by: the one leg's own score, or the smoothed fusion."""
    if mode is Mode.DENSE:
        return dense
    if mode is Mode.LEXICAL:
        return lexical
    place = {int(row): i for i, row in enumerate(rows)}
    smoothed = fused.copy()
    nearest = generation.graph.neighbours[rows, : settings.smoothing_neighbours]
    for i, neighbours in enumerate(nearest):
        inside = [place[int(n)] for n in neighbours if int(n) in place]
        around = float(fused[inside].mean()) if inside else 0.0
        own = 1.0 - settings.smoothing_weight
        smoothed[i] = own * fused[i] + settings.smoothing_weight * around
    return smoothed


def _named_by(generation: Generation, text: str, among: Keys | None) -> list[int]:
    """Return the rows that the query names outright, by an id or by the whole title."""
    named: list[int] = []
    row = generation.records.find(text) if 3 < len(text.strip()) < 200 else None
    if row is not None:
        named.append(row)
    elif len(text.split()) > 1:
        key = title_key(text)
        for i in generation.lexicon.search(text, _LIKELY_TITLES, among).keys.tolist():
            paper = generation.records[i]
            # Titles are copied from the page, where they read well, or from the digest itself.
            if key in (title_key(paper.title), title_key(paper.readable_title)):
                named.append(i)
    return [row for row in named if among is None or row in among]


def _put_first(
    first: Sequence[int],
    rows: Keys,
    score: NDArray[np.float32],
    meaning: NDArray[np.float32],
    wording: NDArray[np.float32],
) -> tuple[Keys, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Lift the rows named outright above all others, adding those that no ranking found."""
    missing = [row for row in first if row not in rows]
    rows = np.concatenate([rows, np.array(missing, dtype=np.int64)])
    blank = np.zeros(len(missing), dtype=np.float32)
    score, meaning = np.concatenate([score, blank]), np.concatenate([meaning, blank])
    wording = np.concatenate([wording, blank])
    top = max(_EXACT, float(score.max(initial=0.0)))
    for row in first:
        score[rows == row] = top
        wording[(rows == row) & (meaning + wording == 0)] = _EXACT
    return rows, score, meaning, wording


def _hit(
    generation: Generation,
    rank: int,
    row: int,
    score: float,
    shares: tuple[float, float],
    stems: Sequence[str],
) -> Hit:
    paper = generation.records[row]
    total = float(shares[0] + shares[1])
    meaning = round(float(shares[0]) / total, 3) if total > 0 else 0.0
    why = Why(
        meaning=meaning,
        words=round(1.0 - meaning, 3) if total > 0 else 0.0,
        matched=_matched(paper, stems),
        sentence=_telling_sentence(paper, stems),
    )
    return Hit(rank, row, paper, round(score, 4), generation.topics_of(row)[-1], why)


def _matched(paper: Paper, stems: Sequence[str]) -> tuple[str, ...]:
    text = f"{paper.text} {' '.join(paper.authors)}"
    first_form: dict[str, str] = {}
    for found, start, stop in words(text):
        first_form.setdefault(found, text[start:stop])
    return tuple(first_form[stem] for stem in stems if stem in first_form)


def _telling_sentence(paper: Paper, stems: Sequence[str]) -> str:
    sentences = _SENTENCE.split(paper.readable_abstract or plain(paper.summary))
    wanted = set(stems)
    return max(sentences, key=lambda s: len(wanted & {found for found, _, _ in words(s)}))
