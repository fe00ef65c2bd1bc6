"""Understanding of a query: which papers, authors, venues and years it names, and what is left.

References to papers come first, then the request around the words, then venues, categories, names
and years. Explicit syntax stays what it is: plain words alone are interpreted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.index.full_text import STOP_WORDS
from explorer.library.generation import Generation
from explorer.library.lookup import titled
from explorer.papers.paper import title_key
from explorer.papers.text import plain
from explorer.search.queries.author_index import KnownAuthor, SameSurname, rows_by
from explorer.search.queries.author_names import (
    NamesInQuery,
    TypedName,
    names_typed_in,
    year_of_token,
)
from explorer.search.queries.references import is_citation, references_in
from explorer.search.queries.requests import Request, names_works_only, without_request
from explorer.search.queries.syntax import (
    Clause,
    Field,
    is_pasted,
    parse,
    plain_words,
    quotable,
)
from explorer.search.queries.venue_mentions import VenueMention, category_called, venue_called

_MOST_CHOICES = 5
_MOST_VALUES = 40
"""Authors of one clause; more of one surname are named by that alone."""
_FEWEST_IN_TITLE = 3
"""Words of a title that is left as it is."""
_LONGEST_TITLE = 1_000
_LONGEST_VENUE = 14
_AT = frozenset(("at", "in", "from", "@"))
_SINCE = {"since": "{}..", "after": "{}..", "before": "..{}", "until": "..{}"}
_TO = frozenset(("to", "and", "until", "-", "–"))
_IN = frozenset(("in", "of", "year", "from", "during"))
_SPAN = re.compile(r"\(?((?:19|20)\d\d)\s*(?:-|–|\.\.)\s*((?:19|20)\d\d)\)?")
_JOINTS = frozenset(("and", "&", "by", "at", "in", "from", "on", "of", "about", "for", "the"))


@dataclass(frozen=True, slots=True)
class InferredClause:
    """A condition that the plain words of a query stand for."""

    clause: Clause
    typed: str
    """The part of the query that it was inferred from, with which it can be taken back."""
    is_filter: bool
    """Whether other papers are left out; if not, the papers that meet it come first."""


@dataclass(frozen=True, slots=True)
class AuthorChoices:
    """Authors of whom one may be meant."""

    typed: str
    authors: tuple[KnownAuthor, ...]
    """At most five, those with the most papers first."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """A query as it was understood."""

    words: str
    """The words left to rank by; titles of the papers that it refers to, where these are known."""
    clauses: tuple[InferredClause, ...] = ()
    papers: tuple[int, ...] = ()
    """Rows of the papers that it refers to; they come first."""
    choices: tuple[AuthorChoices, ...] = ()
    """For each name that several authors have."""
    unknown_names: tuple[str, ...] = ()
    """Names of people who wrote nothing in the library."""
    missing_papers: tuple[str, ...] = ()
    """Papers that it refers to and the library lacks: titles, ids, or "Goldberg 2020"."""
    prefers_recent: bool = False
    dropped: tuple[str, ...] = ()
    """Words of the request around what is sought."""


def understand(generation: Generation, text: str) -> Understanding:
    """Interpret the plain words of a query; no text raises an error."""
    text = text.strip()
    if not text or generation.size == 0:
        return Understanding(text)
    is_reference = text.startswith("@") or is_citation(text)
    if is_reference and (cited := _by_reference(generation, text)):
        return cited
    if is_pasted(text):
        return Understanding(" ".join(text.split()))
    parsed = parse(text)
    if any(clause.field is not Field.TEXT for clause in parsed.clauses) and (
        (row := generation.records.find(text)) is not None
    ):
        return Understanding(plain(generation.records.titles[row]), papers=(row,))
    has_syntax = bool(parsed.clauses or parsed.like or parsed.unlike)
    typed = plain_words(text) if has_syntax else text
    understanding = _understood(generation, typed)
    if not has_syntax:
        return understanding
    words = " ".join(filter(None, [understanding.words, *parsed.phrases]))
    return replace(understanding, words=words)


def _by_reference(generation: Generation, text: str) -> Understanding | None:
    """Return what was understood if ``text`` is nothing but references."""
    referred = references_in(generation, text)
    if not referred or referred.left:
        return None
    return Understanding(
        " ".join(referred.titles), papers=referred.rows, missing_papers=referred.missing
    )


def _understood(generation: Generation, text: str) -> Understanding:
    if not text.strip():
        return Understanding("")
    if len(text.split()) >= _FEWEST_IN_TITLE and len(text) <= _LONGEST_TITLE:
        rows = titled(generation, text)
        if rows:
            return Understanding(text, papers=tuple(rows))
    referred = references_in(generation, text)
    if referred and not (set(title_key(referred.left).split()) - STOP_WORDS):
        return Understanding(
            " ".join(referred.titles), papers=referred.rows, missing_papers=referred.missing
        )
    left = referred.left if referred else text
    request = without_request(generation, left)
    draft = _Draft(generation, request.text.split())
    draft.take_categories()
    draft.take_venue()
    draft.take_names(after_by=request.names_author)
    draft.take_years()
    understanding = draft.understanding()
    words, dropped, prefers_recent = understanding.words, request.dropped, request.prefers_recent
    if understanding.clauses or referred:  # they may have stood within a request
        rest = without_request(generation, words) if words else Request("")
        words, dropped = rest.text, (*dropped, *rest.dropped)
        prefers_recent = prefers_recent or rest.prefers_recent
        if names_works_only(words):
            words, dropped = "", (*dropped, words)
    return replace(
        understanding,
        words=words,
        papers=referred.rows,
        missing_papers=(*referred.missing, *understanding.missing_papers),
        prefers_recent=prefers_recent,
        dropped=dropped,
    )


class _Draft:
    """The words of a query, taken away as they are understood."""

    def __init__(self, generation: Generation, words: list[str]) -> None:
        self._generation = generation
        self._words = words
        self._used: set[int] = set()
        self._clauses: list[InferredClause] = []
        self._names = NamesInQuery()
        self._year_clauses: list[InferredClause] = []
        self._missing: list[str] = []

    def take_categories(self) -> None:
        for place, word in enumerate(self._words):
            name = category_called(self._generation, word.strip(" ,;()[]"))
            if name:
                self._add(Clause(Field.CATEGORY, name), place, place + 1, is_filter=True)

    def take_venue(self) -> None:
        """Take a venue that is all there is, or that stands beside a year."""
        words = self._words
        rest = [place for place in range(len(words)) if place not in self._used]
        if not rest or len(rest) > _LONGEST_VENUE:
            return
        places = [place for place in rest if self._year_at(place) is None]
        if len(rest) - len(places) <= 1 and places and places == _run(places):
            start = places[0] + (words[places[0]].casefold() in _AT)
            name = self._joined(start, places[-1] + 1)
            venue = venue_called(self._generation, name)
            if venue and self._is_chiefly_venue(name, venue, rest, places):
                self._add_venue(venue, start, places[-1] + 1, is_filter=True)
                return
        for place in rest:
            if self._year_at(place + 1) is None:
                continue
            name = words[place].strip(" ,.;()")
            venue = venue_called(self._generation, name)
            year = self._year_at(place + 1)
            at = place > 0 and words[place - 1].casefold() in _AT
            if venue and (at or not self._is_used_in_texts(f"{name} {year}")):
                self._add_venue(venue, place, place + 1, is_filter=at)
                self._year_clauses.append(
                    InferredClause(Clause(Field.YEAR, str(year)), words[place + 1], at)
                )
                self._used.add(place + 1)
                return

    def _is_chiefly_venue(
        self, name: str, venue: VenueMention, rest: list[int], places: list[int]
    ) -> bool:
        """Return whether a name that is all there is means the venue rather than a topic."""
        lexicon = self._generation.lexicon
        if len(rest) > len(places):
            year = next(year for place in rest if (year := self._year_at(place)))
            return lexicon.papers_with_phrase(f"{name} {year}", "text") < venue.papers
        if not venue.is_series:
            return False
        in_texts = lexicon.papers_with_phrase(name, "text")
        return in_texts * (1 if name[:1].isupper() or len(places) > 1 else 2) < venue.papers

    def _add_venue(self, venue: VenueMention, start: int, end: int, *, is_filter: bool) -> None:
        values = [quotable(value) for value in venue.values]
        clause = Clause(Field.VENUE, values[0], others=tuple(values[1:]))
        self._add(clause, start, end, is_filter=is_filter)

    def take_names(self, *, after_by: bool) -> None:
        """Take names of authors, with the years beside them."""
        places = [place for place in range(len(self._words)) if place not in self._used]
        words = [self._words[place] for place in places]
        self._names = names_typed_in(self._generation, words, after_by=after_by)
        names = self._names.names
        if not names:
            return
        self._used.update(places[place] for place in self._names.used)
        years = self._years_beside(names, places)
        is_filter = not self._has_topic() or all(name.after_by for name in names)
        clauses = [
            InferredClause(_author_clause(name.known), name.typed, is_filter) for name in names
        ]
        years_by = self._years_by(names)
        if not len(years_by):
            clauses = [replace(clause, is_filter=False) for clause in clauses]
        of_year = [
            InferredClause(Clause(Field.YEAR, str(year)), typed, is_filter) for year, typed in years
        ]
        if years and not (years_by == years[0][0]).any():
            self._missing.append(f"{self._joined_names(names)} {of_year[0].clause.value}")
            of_year = [replace(clause, is_filter=False) for clause in of_year]
        self._clauses += clauses
        self._year_clauses += of_year

    def _joined_names(self, names: tuple[TypedName, ...]) -> str:
        return " and ".join(name.typed for name in names)

    def _years_beside(
        self, names: tuple[TypedName, ...], places: list[int]
    ) -> list[tuple[int, str]]:
        """Return the years after the names, or anywhere if nothing else is left, and take them."""
        ends = {name.end for name in names} | {place + 1 for place in self._names.used}
        only = not self._has_topic()
        years: list[tuple[int, str]] = []
        for at, place in enumerate(places):
            year = year_of_token(self._words[place])
            is_bound = self._word_at(place - 1) in _SINCE or self._word_at(place + 1) in _TO
            if year is not None and (at in ends or only) and not (years or is_bound):
                years.append((year, self._words[place].strip(" ,;()")))
                self._used.add(place)
        return years

    def _years_by(self, names: tuple[TypedName, ...]) -> NDArray[np.int32]:
        """Return the years of the papers that all these people have written together."""
        rows = rows_by(self._generation, names[0].known)
        for name in names[1:]:
            rows = np.intersect1d(rows, rows_by(self._generation, name.known), assume_unique=True)
        return self._generation.records.years[rows]

    def take_years(self) -> None:
        """Take a year that no title or abstract uses with the word before it."""
        if self._year_clauses:
            return
        for place, word in enumerate(self._words):
            if place in self._used:
                continue
            if match := _SPAN.fullmatch(word.strip(" ,;")):
                first, last = sorted(match.groups())
                self._take_year(f"{first}..{last}", place, place + 1, is_filter=True)
                return
            year = self._year_at(place)
            if year is None or not self._is_of_library(year):
                continue
            before = self._words[place - 1].casefold() if place else ""
            last_year = self._year_at(place + 2)
            if last_year and self._word_at(place + 1) in _TO:
                start = place - (before in ("from", "between"))
                self._take_year(f"{year}..{last_year}", start, place + 3, is_filter=True)
            elif before in _SINCE and place - 1 not in self._used:
                form = _SINCE[before].format(year + (before == "after") - (before == "before"))
                self._take_year(form, place - 1, place + 1, is_filter=True)
            elif before in _IN and place - 1 not in self._used:
                self._take_year(str(year), place - 1, place + 1, is_filter=True)
            elif not self._is_topic_year(place, year):
                alone = len(self._words) - len(self._used) == 1
                self._take_year(str(year), place, place + 1, is_filter=alone)
            return

    def _is_topic_year(self, place: int, year: int) -> bool:
        """Return whether texts of the library use a year with a word beside it: "CoNLL 2003"."""
        beside = [self._words[at] for at in (place - 1,) if at >= 0 and at not in self._used]
        follows = place + 1 < len(self._words) and place + 1 not in self._used
        pairs = [f"{word} {year}" for word in beside]
        pairs += [f"{year} {self._words[place + 1]}"] if follows else []
        return any(self._is_used_in_texts(pair) for pair in pairs)

    def _take_year(self, value: str, start: int, end: int, *, is_filter: bool) -> None:
        typed = self._joined(start, end)
        self._used.update(range(start, end))
        self._year_clauses.append(InferredClause(Clause(Field.YEAR, value), typed, is_filter))

    def understanding(self) -> Understanding:
        """Return what was understood, and the words that are left."""
        left = [word for place, word in enumerate(self._words) if place not in self._used]
        while left and (left[0].casefold() in _JOINTS or not title_key(left[0])) and self._used:
            left.pop(0)
        while left and (left[-1].casefold() in _JOINTS or not title_key(left[-1])) and self._used:
            left.pop()
        names = (*self._names.names, *self._names.undecided)
        choices = [
            *(_choices(name.typed, name.known) for name in names),
            *(_choices(name.typed, name.namesakes) for name in self._names.unknown),
        ]
        undecided = {name.typed for name in self._names.undecided}
        unknown = tuple(name.typed for name in self._names.unknown)
        return Understanding(
            " ".join(left).strip(" ,;"),
            (*self._clauses, *self._year_clauses),
            choices=tuple(
                one
                for one in choices
                if len(one.authors) > 1
                or one.typed in undecided
                or (one.authors and one.typed in unknown)
            ),
            unknown_names=unknown,
            missing_papers=tuple(self._missing),
        )

    def _add(self, clause: Clause, start: int, end: int, *, is_filter: bool) -> None:
        self._clauses.append(InferredClause(clause, self._joined(start, end), is_filter))
        self._used.update(range(start, end))

    def _has_topic(self) -> bool:
        """Return whether words that rank are left, besides years."""
        left = (word for place, word in enumerate(self._words) if place not in self._used)
        return any(
            key not in STOP_WORDS
            for word in left
            if year_of_token(word) is None
            for key in title_key(word).split()
        )

    def _year_at(self, place: int) -> int | None:
        inside = 0 <= place < len(self._words) and place not in self._used
        return year_of_token(self._words[place]) if inside else None

    def _word_at(self, place: int) -> str:
        return self._words[place].casefold() if 0 <= place < len(self._words) else ""

    def _is_of_library(self, year: int) -> bool:
        first, last = _years_of_library(self._generation)
        return first <= year <= last

    def _is_used_in_texts(self, phrase: str) -> bool:
        return self._generation.lexicon.papers_with_phrase(phrase, "text") > 0

    def _joined(self, start: int, end: int) -> str:
        return " ".join(self._words[start:end])


def _years_of_library(generation: Generation) -> tuple[int, int]:
    years = generation.records.years
    dated = years[years > 0]
    return (int(dated.min()), int(dated.max())) if len(dated) else (0, 0)


def _author_clause(known: SameSurname) -> Clause:
    """Return the clause for these authors; by their surname alone where that is as good."""
    names = list(dict.fromkeys(quotable(author.name) for author in known.authors))
    if (known.by_surname_alone and len(names) > 1) or len(names) > _MOST_VALUES:
        return Clause(Field.AUTHOR, quotable(known.surname))
    return Clause(Field.AUTHOR, names[0], others=tuple(names[1:]))


def _choices(typed: str, known: SameSurname) -> AuthorChoices:
    return AuthorChoices(typed, known.authors[:_MOST_CHOICES])


def _run(places: list[int]) -> list[int]:
    return list(range(places[0], places[-1] + 1))
