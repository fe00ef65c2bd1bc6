"""Names of authors in a query, and names that are nobody's in the library.

A given name or initials beside a surname name a person, and so do a year, "et al." and "and". A
surname alone does only if the library uses it as a name rather than as a word: "Long", "Page" and
"Rich" are words, and topics are mistaken for people less often than people for topics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.index.full_text import STOP_WORDS
from explorer.library.generation import Generation
from explorer.papers.paper import title_key
from explorer.search.queries.author_index import (
    PARTICLES,
    SameSurname,
    authors_called,
    given_name_papers,
    is_author_word,
    rows_by,
)

_MOST_WORDS = 16
"""Words of a query in which names are sought; a longer one is a sentence."""
_LONGEST_NAME = 5
_YEAR = re.compile(r"\(?(?P<year>(?:19|20)\d\d)[a-z]?\)?[.,:;]?")
_EDGES = ' ,.;:()[]!?"“”'
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?){1,4}|[^\W\d_]\.?")
_BLOCK = re.compile(r"[A-Z]{2,3}")
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.-]*(?:[-'’][^\W\d_]+)*\.?")
_AND = frozenset(("and", "&", "und", "et"))
_BY = frozenset(("by", "from", "author", "authors"))
_TITLES = frozenset(("prof", "professor", "dr"))
_RARE = 2_000
"""Papers of the library for each one in which a name of a stranger may stand."""


@dataclass(frozen=True, slots=True)
class QueryToken:
    """A word of a query between blanks."""

    raw: str

    @property
    def core(self) -> str:
        return re.sub(r"['’]s$", "", self.raw.strip(_EDGES))

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(title_key(self.core).split())

    @property
    def is_initials(self) -> bool:
        return bool(_INITIALS.fullmatch(self.raw.strip(" ,;()")))

    @property
    def is_capitalised(self) -> bool:
        core = self.core
        return core[:1].isupper() and not (len(core) > 1 and core.isupper())

    @property
    def is_particle(self) -> bool:
        return self.raw.casefold() in PARTICLES

    @property
    def ends_part(self) -> bool:
        return self.raw.endswith((",", ";"))

    @property
    def may_be_name(self) -> bool:
        core = self.core
        if not _NAME.fullmatch(core) or not self.key:
            return False
        return self.is_capitalised or core.casefold() not in STOP_WORDS


@dataclass(frozen=True, slots=True)
class TypedName:
    """A name of an author, or of authors with one surname, in a query."""

    start: int
    """Place of its first word among those of the query; ``end``: after its last."""
    end: int
    typed: str
    known: SameSurname
    has_given: bool = False
    after_by: bool = False
    """Whether "by" stands before it."""


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name that no author of the library has."""

    start: int
    end: int
    typed: str
    namesakes: SameSurname
    """Authors with the same surname."""


@dataclass(frozen=True, slots=True)
class NamesInQuery:
    """Names in the words of a query."""

    names: tuple[TypedName, ...] = ()
    unknown: tuple[UnknownName, ...] = ()
    used: frozenset[int] = frozenset()
    """Places of the words that the names take, with "et al." and what joins them."""
    undecided: tuple[TypedName, ...] = ()
    """Surnames that are words of the library as well, and were searched for as such."""


def names_typed_in(
    generation: Generation, words: Sequence[str], *, after_by: bool = False
) -> NamesInQuery:
    """Return the names in ``words``, a query cut at its blanks.

    Args:
        after_by: whether a request such as "papers by" came before the first word.
    """
    if not words or len(words) > _MOST_WORDS:
        return NamesInQuery()
    return _Search(generation, [QueryToken(word) for word in words], after_by).names()


def year_of_token(word: str) -> int | None:
    """Return the year that ``word`` is, in brackets or not: "(2014)", "2014a"."""
    match = _YEAR.fullmatch(word)
    return int(match["year"]) if match else None


class _Search:
    """One query whose names are sought."""

    def __init__(self, generation: Generation, tokens: list[QueryToken], after_by: bool) -> None:
        self._generation = generation
        self._tokens = tokens
        self._after_by = after_by
        self._texts: dict[str, int] = {}

    def names(self) -> NamesInQuery:
        names: list[TypedName] = []
        used: set[int] = set()
        at = 0
        while at < len(self._tokens):
            match = self._whole_name(at)
            if match is None:
                at += 1
                continue
            names.append(match)
            used.update(range(match.start, match.end))
            at = match.end
        names += self._surnames(names, used)
        names.sort(key=lambda name: name.start)
        names = [self._beside_by(name, used) for name in names]
        self._use_joints(names, used)
        unknown = tuple(self._unknown(used))
        undecided: tuple[TypedName, ...] = ()
        if not names and not unknown and len(self._tokens) == 1:
            undecided = tuple(self._undecided())
        return NamesInQuery(tuple(names), unknown, frozenset(used), undecided)

    def _whole_name(self, start: int) -> TypedName | None:
        """Return the longest name at ``start`` with a surname and given names or initials."""
        for end in range(min(start + _LONGEST_NAME, len(self._tokens)), start + 1, -1):
            for family, given in _arrangements(self._tokens[start:end]):
                match = self._matched(start, end, family, given)
                if match is not None:
                    return match
        return None

    def _matched(
        self, start: int, end: int, family: list[QueryToken], given: list[QueryToken]
    ) -> TypedName | None:
        surname = _words(family)
        names = _given_words(given)
        if not surname or not names or len("".join(surname)) < 2:
            return None
        if not all(is_author_word(self._generation, word) for word in surname):
            return None
        known = authors_called(self._generation, surname, names)
        if not known.authors or not self._is_evident(start, end, family, given, known):
            return None
        return TypedName(start, end, self._typed(start, end), known, has_given=True)

    def _is_evident(
        self,
        start: int,
        end: int,
        family: list[QueryToken],
        given: list[QueryToken],
        known: SameSurname,
    ) -> bool:
        """Return whether words that are an author's name are meant as one."""
        span = self._tokens[start:end]
        capitalised = all(t.is_capitalised or t.is_initials or t.is_particle for t in span)
        is_alone = self._is_rest_empty(start, end)
        is_topic = self._is_ordinary(
            family, authors_called(self._generation, _words(family)).papers
        )
        full = [token for token in given if not token.is_initials and len(token.core) > 1]
        if not full:
            pointed = any("." in token.raw for token in given)
            if span[0] is family[0] and not (pointed or is_alone or family[-1].ends_part):
                return False  # "Wang B cell"
            if pointed and capitalised and is_alone:
                return True
            return not is_topic and (pointed or is_alone or capitalised)
        if is_topic and all(self._is_ordinary([token], 0) for token in full):
            return capitalised and is_alone
        phrase = " ".join(token.core for token in span)
        if self._count(phrase) > known.papers:
            return False
        return capitalised or not is_topic or is_alone

    def _is_rest_empty(self, start: int, end: int) -> bool:
        """Return whether nothing but years, other names and joints stand around a name."""
        around = [*self._tokens[:start], *self._tokens[end:]]
        return all(
            year_of_token(token.raw) is not None
            or token.core.casefold() in _AND | _BY | {"al", "&", ""}
            or token.is_initials
            or (token.may_be_name and not self._is_ordinary([token], 0))
            for token in around
        )

    def _surnames(self, names: Sequence[TypedName], used: set[int]) -> list[TypedName]:
        """Return surnames that a year, "et al.", "and", "by" or nothing else stands beside."""
        more: list[TypedName] = []
        spans = list(self._surname_spans(used))
        for start, end, known in spans:
            if start in used:
                continue
            before = self._core(start - 1)
            family = self._tokens[start:end]
            topic = self._is_ordinary(family, known.papers)
            capitalised = self._tokens[end - 1].is_capitalised
            partner = self._partner(start, end, spans, names)
            alone = self._stands_alone([*names, *more], spans)
            by = before in _BY or (start == 0 and self._after_by)
            year = self._has_year(end)
            if self._has_et_al(end):
                meant = True
            elif partner:
                meant = (not topic and partner != "word") or (capitalised and partner == "papers")
            elif by:
                meant = capitalised or not topic
            elif year:
                meant = not topic or (capitalised and alone and self._wrote_in(known, end))
            else:
                meant = alone and self._is_chiefly_name(family, known.papers)
            if meant:
                typed = TypedName(start, end, self._typed(start, end), known)
                more.append(typed)
                used.update(range(start, end))
        return more

    def _surname_spans(self, used: set[int]) -> Iterator[tuple[int, int, SameSurname]]:
        at = 0
        while at < len(self._tokens):
            start = at
            while at < len(self._tokens) - 1 and self._tokens[at].is_particle:
                at += 1
            token = self._tokens[at]
            at += 1
            if start in used or at - 1 in used or not token.may_be_name or token.is_initials:
                continue
            if _is_shouted(token) and self._is_ordinary([token], 0):
                continue
            if at < len(self._tokens) and at not in used and self._tokens[at].may_be_name:
                both = (*token.key, *self._tokens[at].key)
                known = authors_called(self._generation, both)
                if known.authors and not token.ends_part and self._has_et_al(at + 1):
                    at += 1
                    yield start, at, known
                    continue
            known = authors_called(self._generation, token.key)
            if known.authors:
                yield start, at, known

    def _partner(
        self,
        start: int,
        end: int,
        spans: Sequence[tuple[int, int, SameSurname]],
        names: Sequence[TypedName],
    ) -> str:
        """Return whom "and" joins a surname with: co-authors of "papers", a "name", or a "word"."""
        own = next(known for first, _, known in spans if first == start)
        others = [*spans, *((name.start, name.end, name.known) for name in names)]
        for first, last, known in others:
            joined = (last == start - 1 and self._core(last) in _AND) or (
                end == first - 1 and self._core(end) in _AND
            )
            if not joined:
                continue
            if self._wrote_together(own, known):
                return "papers"
            topic = self._is_ordinary(self._tokens[first:last], known.papers)
            return "word" if topic else "name"
        return ""

    def _wrote_in(self, known: SameSurname, place: int) -> bool:
        """Return whether any of these authors has a paper of the year at ``place``."""
        year = year_of_token(self._tokens[place].raw)
        years = self._generation.records.years[rows_by(self._generation, known)]
        return bool((years == year).any())

    def _wrote_together(self, one: SameSurname, other: SameSurname) -> bool:
        ours, theirs = (rows_by(self._generation, known) for known in (one, other))
        return len(np.intersect1d(ours, theirs, assume_unique=True)) > 0

    def _stands_alone(
        self,
        names: Sequence[TypedName],
        spans: Sequence[tuple[int, int, SameSurname]],
    ) -> bool:
        """Return whether the query holds nothing but names, joints and years."""
        covered = {place for name in names for place in range(name.start, name.end)}
        covered.update(place for first, last, _ in spans for place in range(first, last))
        if len(spans) > 1 and any(
            spans[n][1] == spans[n + 1][0] and not self._tokens[spans[n][1] - 1].ends_part
            for n in range(len(spans) - 1)
        ):
            return False  # two words in a row
        return all(
            place in covered
            or year_of_token(token.raw) is not None
            or token.core.casefold() in _AND | {"al", ""}
            for place, token in enumerate(self._tokens)
        )

    def _beside_by(self, name: TypedName, used: set[int]) -> TypedName:
        before = self._core(name.start - 1)
        by = before in _BY or (name.start == 0 and self._after_by)
        if before in _BY:
            used.add(name.start - 1)
        if not by:
            return name
        return TypedName(name.start, name.end, name.typed, name.known, name.has_given, True)

    def _use_joints(self, names: Sequence[TypedName], used: set[int]) -> None:
        """Take "et al." after names, and "and" between two of them."""
        ends = {name.end for name in names}
        for name in names:
            used.update(range(name.end, name.end + self._has_et_al(name.end)))
        for place, token in enumerate(self._tokens):
            if token.core.casefold() in _TITLES and place + 1 in used:
                used.add(place)
            if token.core.casefold() in _AND and place in ends and place + 1 in used:
                used.add(place)

    def _unknown(self, used: set[int]) -> Iterator[UnknownName]:
        """Yield what has the shape of a name, and is no author's."""
        at = 0
        while at < len(self._tokens):
            end = at if at in used else self._unknown_end(at)
            if end > at:
                span = self._tokens[at:end]
                family = span[0] if span[-1].is_initials else span[-1]
                namesakes = authors_called(self._generation, family.key)
                yield UnknownName(at, end, self._typed(at, end), namesakes)
            at = max(end, at + 1)

    def _unknown_end(self, start: int) -> int:
        token = self._tokens[start]
        if not token.may_be_name:
            return start
        is_unknown = not authors_called(self._generation, token.key).authors
        if self._has_et_al(start + 1) and not token.is_initials:
            return start + 1 if is_unknown else start
        if token.is_capitalised and not token.is_initials and self._is_strange([token]):
            if self._core(start - 1) == "by" or (start == 0 and self._after_by):
                return start + 1 if is_unknown else start
            if len(self._tokens) == 2 and token.ends_part and self._tokens[1].is_initials:
                return start + 2  # "Bender, E."
        end = start + 1
        while (
            end < len(self._tokens)
            and end - start < 4
            and (
                self._tokens[end].is_capitalised
                or self._tokens[end].is_initials
                or self._tokens[end].is_particle
            )
        ):
            if self._tokens[end - 1].ends_part:
                break
            end += 1
        span = self._tokens[start:end]
        family = span[-1]
        is_name = (
            2 <= len(span) <= 4
            and token.is_capitalised
            and family.is_capitalised
            and not family.is_initials
            and family.may_be_name
            and self._is_strange([family])
            and not self._core(start - 1)[:1].isupper()
            and self._is_given(token)
            and not self._count(" ".join(each.core for each in span))  # papers about "Donald Trump"
        )
        return end if is_name else start

    def _is_given(self, token: QueryToken) -> bool:
        if token.is_initials:
            return "." in token.raw
        if len(token.key) != 1:
            return False
        papers = given_name_papers(self._generation, token.key[0])
        return papers > 0 and self._count(token.core) <= papers

    def _is_strange(self, family: list[QueryToken]) -> bool:
        """Return whether a surname is hardly a word of the library."""
        most = max(1, self._generation.size // _RARE)
        return all(self._count(token.core) <= most for token in family)

    def _undecided(self) -> Iterator[TypedName]:
        token = self._tokens[0]
        if token.is_capitalised and token.may_be_name:
            known = authors_called(self._generation, token.key)
            if known.authors:
                yield TypedName(0, 1, token.core, known)

    def _is_ordinary(self, tokens: Sequence[QueryToken], papers: int) -> bool:
        """Return whether a word is used in more papers than its people have written."""
        named = [token for token in tokens if not token.is_particle]
        return all(self._count(token.core) > max(1, papers) for token in named)

    def _is_chiefly_name(self, tokens: Sequence[QueryToken], papers: int) -> bool:
        return all(
            2 * self._count(token.core) <= papers for token in tokens if not token.is_particle
        )

    def _count(self, phrase: str) -> int:
        """Return the number of papers that have ``phrase`` in their title, abstract or keywords."""
        if phrase not in self._texts:
            lexicon = self._generation.lexicon
            self._texts[phrase] = lexicon.papers_with_phrase(phrase, "text")
        return self._texts[phrase]

    def _has_et_al(self, place: int) -> int:
        """Return how many words "et al." has at ``place``: two, one or none."""
        first, second = self._core(place), self._core(place + 1)
        if first == "et" and second == "al":
            return 2
        return 1 if first in ("etal", "et.al") else 0

    def _has_year(self, place: int) -> bool:
        return place < len(self._tokens) and year_of_token(self._tokens[place].raw) is not None

    def _core(self, place: int) -> str:
        inside = 0 <= place < len(self._tokens)
        return self._tokens[place].core.casefold() if inside else ""

    def _typed(self, start: int, end: int) -> str:
        return " ".join(token.raw for token in self._tokens[start:end]).strip(" ,;()")


def _arrangements(span: list[QueryToken]) -> Iterator[tuple[list[QueryToken], list[QueryToken]]]:
    """Yield (surname, given names) for both orders of the words of ``span``."""
    if not all(token.may_be_name or token.is_initials or token.is_particle for token in span):
        return
    breaks = [place for place, token in enumerate(span[:-1]) if token.ends_part]
    if not breaks:
        start = len(span) - 1
        while start > 1 and span[start - 1].is_particle:
            start -= 1
        if not span[-1].is_initials:
            yield span[start:], span[:start]
    if len(breaks) > 1:
        return
    size = breaks[0] + 1 if breaks else 1
    while not breaks and size < len(span) - 1 and span[size - 1].is_particle:
        size += 1
    if not span[size - 1].is_initials and (
        breaks or not span[-1].is_particle or span[-1].is_capitalised
    ):
        yield span[:size], span[size:]


def _words(tokens: Sequence[QueryToken]) -> tuple[str, ...]:
    """Return the words of a surname, without particles unless it has no others."""
    words = tuple(word for token in tokens for word in token.key)
    return tuple(word for word in words if word not in PARTICLES) or words


def _given_words(tokens: Sequence[QueryToken]) -> tuple[str, ...]:
    words: list[str] = []
    for token in tokens:
        if _BLOCK.fullmatch(token.core):
            words += list(token.core.casefold())
        else:
            words += token.key
    return tuple(word for word in words if word not in PARTICLES) or tuple(words)


def _is_shouted(token: QueryToken) -> bool:
    return len(token.core) > 1 and token.core.isupper()
