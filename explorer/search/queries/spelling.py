"""Spelling of a query: words that the library does not know become the nearest that it does.

A correction is as likely as its word is frequent and stands near its neighbours in the library,
and the less so the more typing errors it takes (the noisy channel of Kernighan, Church and Gale
1990, doi:10.3115/997939.997975). Left alone are words that the library knows in any inflection,
names of its authors, acronyms, whatever is quoted or has digits, and short words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from explorer.embedders import Embedder
from explorer.embedders.common_words import is_common_word
from explorer.index.analysis import stem
from explorer.index.full_text import STOP_WORDS
from explorer.index.vocabulary import Vocabulary, spelt_words
from explorer.library.generation import Generation
from explorer.search.queries.notes import NoteKind
from explorer.search.queries.spelling_variants import (
    is_derived,
    looser_variants,
    spelling_variants,
)
from explorer.search.queries.syntax import Parsed
from explorer.search.query_vector import query_vector
from explorer.settings import SpellingSettings

_TOKEN = re.compile(r"[^\W_]+")
_NO_PROSE = re.compile(r"[\d@_\\]|\w[.:=]+\w|//")
"""A mark by which a piece of a query is an id, an address or a field."""
_JOINTS = frozenset("-‐‑ ")
_LEAST_PART = 3
"""Letters of either part of a word that is split."""
_MOST_OPTIONS = 8
"""Corrections considered for a word."""
_MOST_READINGS = 24
"""Likeliest whole queries that are considered."""
_MOST_RATED = 6
_MOST_OFFERED = 3

RateQueries = Callable[[Sequence[str]], Sequence[float]]
"""Returns how much sense each whole query makes: its cosine to the nearest papers."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """Words of a query as they are best searched, and how they differ from those typed."""

    words: str
    """The text to search: with all clear corrections, and spelt as in the library."""
    changes: tuple[tuple[str, str], ...] = ()
    """Corrections in ``words``, each as (typed, corrected)."""
    offered: tuple[str, ...] = ()
    """Whole queries that may be meant instead, the likeliest first."""
    unknown: tuple[str, ...] = ()
    """Words of ``words`` that stand nowhere in the library."""
    equivalents: tuple[tuple[str, str], ...] = ()
    """Words in ``words`` that are spelt otherwise in the library, as (typed, its own); none of
    them is an error, so nobody has to be notified."""

    @property
    def is_applied(self) -> bool:
        """Whether ``words`` has corrections that a user should be notified of."""
        return bool(self.changes)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One word of a query."""

    start: int
    end: int
    text: str
    is_open: bool
    """Whether it may be spelt otherwise."""

    @property
    def form(self) -> str:
        return self.text.casefold()


@dataclass(frozen=True, slots=True)
class _Option:
    """A form that may be meant by a piece, and its score without regard to others."""

    form: str
    score: float


@dataclass(frozen=True, slots=True)
class _Reading:
    """One form for each piece, and their score together."""

    forms: tuple[str, ...]
    score: float


def correct_spelling(
    generation: Generation,
    words: str,
    kept: Sequence[str] = (),
    rate: RateQueries | None = None,
    settings: SpellingSettings | None = None,
) -> Spelling:
    """Return ``words``, the plain words of a query, as they are best searched.

    Without ``rate`` this takes a few milliseconds in a library of any size. Nothing is corrected
    in a library that an older version wrote.

    Args:
        kept: parts of ``words`` that are left alone (:func:`parts_left_alone`).
        rate: chooses between whole queries where counts alone do not (:func:`rating_by_meaning`).
    """
    settings = settings or SpellingSettings()
    if generation.vocabulary is None or len(words.split()) > settings.most_words:
        return Spelling(words)
    speller = _Speller(generation, generation.vocabulary, settings)
    return speller.spelling(words, kept, rate)


def parts_left_alone(parsed: Parsed) -> tuple[str, ...]:
    """Return the parts of ``parsed.words`` that were quoted, or that follow a misspelt field."""
    named = [
        f"{note.field}: {note.value}"
        for note in parsed.notes
        if note.kind is NoteKind.UNKNOWN_FIELD
    ]
    return (*parsed.phrases, *named)


def rating_by_meaning(generation: Generation, embedder: Embedder, nearest: int = 5) -> RateQueries:
    """Return a function that rates queries by the mean cosine to their ``nearest`` papers."""

    def rate(queries: Sequence[str]) -> list[float]:
        vectors = [query_vector(generation, embedder, query, (), ()) for query in queries]
        return [
            float(generation.engine.search(vector[None, :], nearest).scores[0].mean())
            for vector in vectors
        ]

    return rate


@dataclass(frozen=True, slots=True)
class _Speller:
    """A generation's words, and how they are weighed."""

    generation: Generation
    vocabulary: Vocabulary
    settings: SpellingSettings
    together: dict[tuple[str, str], float] = field(default_factory=dict)
    """Support of each two words that were looked up for each other."""
    known: dict[str, bool] = field(default_factory=dict)
    """Whether the library has each form that was looked up."""

    def spelling(self, words: str, kept: Sequence[str], rate: RateQueries | None) -> Spelling:
        words, equivalents = self._respelt(words, kept)
        pieces = list(_pieces(words, kept))
        options = [self._options(piece) for piece in pieces]
        rare = [self._meant_by_rare(piece) for piece in pieces]
        readings = self._readings(pieces, options)
        if rate is not None and len(readings) > 1 and not self._is_clear(readings):
            readings = self._rated(readings[:_MOST_RATED], words, pieces, rate)
        best = readings[0]
        is_clear = [
            all(
                best.score - other.score >= self.settings.clear
                for other in readings
                if stem(other.forms[place]) != stem(best.forms[place])
            )
            for place in range(len(pieces))
        ]
        settled = [
            form if clear else piece.form
            for form, clear, piece in zip(best.forms, is_clear, pieces, strict=True)
        ]
        changes = tuple(
            (piece.text, form)
            for piece, form in zip(pieces, settled, strict=True)
            if form != piece.form
        )
        corrected = _with_forms(words, pieces, settled)
        unknown = tuple(
            piece.text
            for piece, form in zip(pieces, settled, strict=True)
            if form == piece.form and self._is_unknown(piece)
        )
        offered = []
        if not all(is_clear):
            offered = [
                _with_forms(words, pieces, reading.forms)
                for reading in readings
                if all(
                    not clear or form == chosen
                    for clear, form, chosen in zip(is_clear, reading.forms, settled, strict=True)
                )
            ]
        if any(rare):
            forms = [meant or form for meant, form in zip(rare, settled, strict=True)]
            offered.append(_with_forms(words, pieces, forms))
        offered = [query for query in dict.fromkeys(offered) if query != corrected]
        return Spelling(corrected, changes, tuple(offered[:_MOST_OFFERED]), unknown, equivalents)

    def _respelt(self, words: str, kept: Sequence[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return ``words`` in the library's spelling, and what was spelt otherwise."""
        pieces = list(_pieces(words, kept))
        parts: list[str] = []
        equivalents: list[tuple[str, str]] = []
        done = 0
        place = 0
        while place < len(pieces):
            piece, count = pieces[place], 1
            following = pieces[place + 1] if place + 1 < len(pieces) else None
            own = ""
            if following is not None and self._is_one_word(words, piece, following):
                own, count = piece.form + following.form, 2
            elif piece.is_open:
                own = self._variant(piece) or self._split(piece)
            if own:
                start, end = piece.start, pieces[place + count - 1].end
                parts += [words[done:start], own]
                equivalents.append((words[start:end], own))
                done = end
            place += count
        return "".join([*parts, words[done:]]), tuple(equivalents)

    def _is_one_word(self, words: str, piece: _Piece, following: _Piece) -> bool:
        """Whether the library writes two words that were typed apart as one."""
        if (
            not (piece.is_open and following.is_open)
            or words[piece.end : following.start] not in _JOINTS
            or not STOP_WORDS.isdisjoint((piece.form, following.form))
        ):
            return False
        papers = self.vocabulary.papers_with(piece.form + following.form)
        if papers == 0:
            return False
        if not (self._is_known(piece.form) and self._is_known(following.form)):
            return True
        apart = self.vocabulary.times_near(piece.form, following.form)
        return papers >= self.settings.far_rarer * max(1.0, apart)

    def _variant(self, piece: _Piece) -> str:
        """Return the library's spelling of a word that is British or American; else empty."""
        if not self._may_be_wrong(piece):
            return ""
        form, least = piece.form, 1
        is_known = self._is_known(form)
        if is_known:
            least = self.settings.far_rarer * max(1, self.vocabulary.papers_with(form))
        variants = [*spelling_variants(form)]
        best = max(variants, key=self.vocabulary.papers_with, default="")
        if best and self.vocabulary.papers_with(best) >= least:
            return best
        if is_known:
            return ""
        if inflected := next(filter(self.generation.lexicon.has_word, variants), ""):
            return inflected
        best = max(looser_variants(form), key=self.vocabulary.papers_with, default="")
        is_usual = self.vocabulary.papers_with(best) > self.settings.rare
        return best if is_usual else ""

    def _split(self, piece: _Piece) -> str:
        """Return the two words that the library writes for one; else empty."""
        form = piece.form
        best, most = "", 0.0
        for cut in range(_LEAST_PART, len(form) - _LEAST_PART + 1):
            parts = form[:cut], form[cut:]
            if all(self.vocabulary.papers_with(part) for part in parts):
                times = self.vocabulary.times_near(*parts)
                if times > most and STOP_WORDS.isdisjoint(parts):
                    best, most = " ".join(parts), times
        if not best:
            return ""
        own = self.vocabulary.papers_with(form)
        if own or self._is_known(form):
            return best if own and most >= self.settings.far_rarer * own else ""
        if most < self.settings.joint:
            return ""
        # A blank left out is an error as any other, and other errors may be the likelier.
        score = math.log(most) - self.settings.error_cost
        return best if all(score > option.score for option in self._options(piece)) else ""

    def _options(self, piece: _Piece) -> list[_Option]:
        """Return the corrections of a piece, the likeliest first; none of a known word."""
        if not self._may_be_wrong(piece) or self._is_known(piece.form):
            return []
        settings, form = self.settings, piece.form
        options = []
        for near in self.vocabulary.alike(form):
            cost = settings.error_cost * near.errors
            cost += settings.first_letter_cost * (near.form[0] != form[0])
            options.append(_Option(near.form, math.log(near.papers) - cost))
        options.sort(key=lambda option: (-option.score, option.form))
        if options:
            right = settings.right_word - settings.right_letter * len(form)
            if is_common_word(form):
                right = settings.common_word
            elif is_derived(form, self._is_known):
                right = settings.derived_word
            options = [*options[:_MOST_OPTIONS], _Option(form, right)]
        return options

    def _meant_by_rare(self, piece: _Piece) -> str:
        """Return the usual word of which a rare word of the library may be an error; else empty."""
        if not self._may_be_wrong(piece):
            return ""
        papers = self.vocabulary.papers_with(piece.form)
        is_rare = 0 < papers <= self.settings.rare or self.vocabulary.papers_by(piece.form) > 0
        if not is_rare or papers > self.settings.rare:
            return ""
        near = [near for near in self.vocabulary.alike(piece.form) if near.errors == 1]
        best = max(near, key=lambda likeness: likeness.papers, default=None)
        least = self.settings.rare_times * max(1, papers)
        return best.form if best is not None and best.papers >= least else ""

    def _readings(
        self, pieces: Sequence[_Piece], options: Sequence[Sequence[_Option]]
    ) -> list[_Reading]:
        """Return the likeliest whole queries, the best first (beam search)."""
        readings = [_Reading((), 0.0)]
        for place, (piece, corrections) in enumerate(zip(pieces, options, strict=True)):
            longer = []
            for option in corrections or (_Option(piece.form, 0.0),):
                for reading in readings:
                    forms = (*reading.forms, option.form)
                    support = self._support(forms, place, options)
                    longer.append(_Reading(forms, reading.score + option.score + support))
            longer.sort(key=lambda reading: (-reading.score, reading.forms))
            readings = longer[:_MOST_READINGS]
        return readings

    def _support(
        self, forms: Sequence[str], place: int, options: Sequence[Sequence[_Option]]
    ) -> float:
        """Return how well the word at ``place`` stands with the two before it."""
        form = forms[place]
        if form in STOP_WORDS:
            return 0.0
        before = [p for p in range(place) if forms[p] not in STOP_WORDS][-2:]
        return self.settings.neighbour_weight * sum(
            self._together(forms[p], form) for p in before if options[p] or options[place]
        )

    def _together(self, one: str, other: str) -> float:
        if (one, other) not in self.together:
            self.together[one, other] = math.log1p(self.vocabulary.times_near(one, other))
        return self.together[one, other]

    def _is_clear(self, readings: Sequence[_Reading]) -> bool:
        return readings[0].score - readings[1].score >= self.settings.clear

    def _rated(
        self,
        readings: Sequence[_Reading],
        words: str,
        pieces: Sequence[_Piece],
        rate: RateQueries,
    ) -> list[_Reading]:
        """Return ``readings`` with what they mean considered, the best first."""
        ratings = rate([_with_forms(words, pieces, reading.forms) for reading in readings])
        weight = self.settings.meaning_weight
        rated = [
            replace(reading, score=reading.score + weight * rating)
            for reading, rating in zip(readings, ratings, strict=True)
        ]
        return sorted(rated, key=lambda reading: (-reading.score, reading.forms))

    def _may_be_wrong(self, piece: _Piece) -> bool:
        return (
            piece.is_open
            and len(piece.form) >= self.settings.shortest
            and piece.form not in STOP_WORDS
        )

    def _is_known(self, form: str) -> bool:
        """Whether the library has a word in any inflection, or as the name of an author."""
        if form not in self.known:
            self.known[form] = (
                form in STOP_WORDS
                or self.vocabulary.papers_with(form) > 0
                or self.vocabulary.papers_by(form) > 0
                or self.generation.lexicon.has_word(form)
            )
        return self.known[form]

    def _is_unknown(self, piece: _Piece) -> bool:
        is_word = len(piece.form) >= self.settings.shortest and bool(spelt_words(piece.text))
        return is_word and not self._is_known(piece.form)


def _pieces(words: str, kept: Sequence[str]) -> Iterator[_Piece]:
    """Yield the words of a query in their order."""
    closed = [
        (match.start(), match.end())
        for part in kept
        if part
        for match in re.finditer(rf"(?<!\S){re.escape(part)}(?!\S)", words)
    ]
    chunks = list(re.finditer(r"\S+", words))
    is_title = _is_title(words)
    for number, chunk in enumerate(chunks):
        is_prose = _NO_PROSE.search(chunk[0]) is None and not any(
            start <= chunk.start() < end for start, end in closed
        )
        for match in _TOKEN.finditer(words, chunk.start(), chunk.end()):
            word = match[0]
            is_name = number > 0 and word[0].isupper() and not is_title
            is_plain_word = word[1:] == word[1:].lower() and spelt_words(word) == [word]
            is_open = is_prose and is_plain_word and not is_name
            yield _Piece(match.start(), match.end(), word, is_open)


def _is_title(words: str) -> bool:
    """Whether all words but function words begin with a capital, as in titles."""
    telling = [word for word in spelt_words(words) if word.casefold() not in STOP_WORDS]
    return all(word[0].isupper() for word in telling)


def _with_forms(words: str, pieces: Sequence[_Piece], forms: Sequence[str]) -> str:
    """Return ``words`` with other forms of some pieces; their capitals stay."""
    parts, done = [], 0
    for piece, form in zip(pieces, forms, strict=True):
        if form != piece.form:
            parts += [words[done : piece.start], _with_case_of(piece.text, form)]
            done = piece.end
    return "".join([*parts, words[done:]])


def _with_case_of(typed: str, form: str) -> str:
    return form[0].upper() + form[1:] if typed[0].isupper() else form
