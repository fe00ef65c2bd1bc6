"""Authors of a library by the parts of their names: surname, given names, initials.

Nothing is indexed beyond the library's own words of names. Names are compared in any order, with or
without initials, accents and particles: "Goldberg, Y.", "Yoav Goldberg", "van der Goot".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.papers.columns import NameIndex
from explorer.papers.paper import title_key

PARTICLES = frozenset(
    "de da di do dos del della den der des du el la le van von zu zur ten ter te bin ibn al".split()
)
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv"))
_OF_PARTS = PARTICLES | _SUFFIXES
_MOST_READ = 1_000
"""Names of one surname that are read, those with the most papers first: a few surnames have tens of
thousands in a library of a million papers."""
_MOST_READ_ALONE = 400
"""Likewise for a surname without given names, where those read stand for all."""
_FEW = 50
"""Names of one surname that are read without looking for the given names first."""
_NEARLY_ALL = 0.9
"""Share of the names with a word in which it is the surname, for it to stand for them."""
_PLAIN_NAME = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+)+")
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
"""Letters that do not decompose into one of ASCII and an accent."""
_UMLAUTS = str.maketrans({"ø": "oe", "æ": "ae", "œ": "oe", "ß": "ss"})
"""Other ways of writing them."""
_WRITTEN_OUT = re.compile("ae|oe|ue|aa")


@dataclass(frozen=True, slots=True)
class KnownAuthor:
    """An author of the library, under one spelling."""

    name: str
    papers: int


@dataclass(frozen=True, slots=True)
class NameParts:
    """A person's name in parts, each as words without case and accents."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    """Without particles."""
    surname: str
    """The family name as written, with particles."""


@dataclass(frozen=True, slots=True)
class SameSurname:
    """Authors who may be meant by a surname, with or without given names."""

    authors: tuple[KnownAuthor, ...] = ()
    """Those with the most papers first."""
    surname: str = ""
    """The surname as the library writes it."""
    by_surname_alone: bool = False
    """Whether the surname among all authors' words selects nobody else, or nearly."""
    places: tuple[int, ...] = ()
    """Places of all their spellings in the library's index of authors."""

    @property
    def papers(self) -> int:
        """The number of papers, those by two of them counted twice."""
        return sum(author.papers for author in self.authors)


@lru_cache(maxsize=50_000)
def name_parts(name: str) -> NameParts:
    """Return the parts of a name in either order.

    >>> name_parts("van der Goot, Rob"), name_parts("Doe JR").given
    (NameParts(given=('rob',), family=('goot',), surname='van der Goot'), ('j', 'r'))
    """
    if _PLAIN_NAME.fullmatch(name):  # as most are
        *first, last = name.lower().split()
        if _OF_PARTS.isdisjoint((*first, last)):
            return NameParts(tuple(first), (last,), name.rsplit(" ", 1)[1])
    family, comma, given = name.partition(",")
    if comma and title_key(given) not in _SUFFIXES:
        tokens, given_tokens = family.split(), given.split()
    else:
        tokens = [token for token in family.split() if title_key(token) not in _SUFFIXES]
        given_tokens = []
        if len(tokens) > 1 and _is_block(tokens[-1]) and not _is_block(tokens[0].rstrip(".")):
            given_tokens = list(tokens.pop())
        else:
            start = len(tokens) - 1
            while start > 1 and tokens[start - 1].casefold() in PARTICLES:
                start -= 1
            tokens, given_tokens = tokens[max(start, 0) :], tokens[: max(start, 0)]
    words = _plain_words(" ".join(tokens))
    kept = [word for word in words if word not in PARTICLES] or words
    return NameParts(tuple(_plain_words(" ".join(given_tokens))), tuple(kept), " ".join(tokens))


def _plain_words(name: str) -> list[str]:
    return title_key(name).translate(_LETTERS).split()


def _is_block(token: str) -> bool:
    """Return whether ``token`` is initials without points: "JR"."""
    return len(token) <= 3 and token.isalpha() and token.isupper() and token.isascii()


def is_author_word(generation: Generation, word: str) -> bool:
    """Return whether an author's name holds ``word``, in any spelling."""
    authors = generation.records.name_index("authors")
    return any(len(authors.names_with_words([form])) for form in _spellings(generation, word))


def authors_called(
    generation: Generation, surname: Sequence[str], given: Sequence[str] = ()
) -> SameSurname:
    """Return the authors with this surname and, as far as they are given, these given names.

    Args:
        surname: its words without case and accents; particles do not count.
        given: names or initials, likewise.
    """
    words = tuple(word for word in surname if word not in PARTICLES) or tuple(surname)
    return _called(generation, words, tuple(name.translate(_LETTERS) for name in given))


@cached_by_owner(512)
def _called(
    generation: Generation, surname: tuple[str, ...], given: tuple[str, ...]
) -> SameSurname:
    for forms in _spelled(generation, surname):
        matching, share = _matching(generation, forms, given)
        if not matching:
            continue
        # "Mueller" is an author's own spelling, and another's "Müller" written out.
        shorter = tuple(_WRITTEN_OUT.sub(_first_letter, word) for word in forms)
        if shorter != forms:
            written_out = _matching(generation, shorter, given)[0]
            matching += [one for one in written_out if not one.parts.surname.isascii()]
        exact = [one for one in matching if given and one.parts.given == given]
        chosen = exact or matching
        is_one_spelling = len({one.parts.family for one in chosen}) == 1
        is_alone = not given and is_one_spelling and share >= _NEARLY_ALL
        places = tuple(one.place for one in chosen)
        if is_alone and len(places) >= _NEARLY_ALL * _MOST_READ_ALONE:
            places = _all_places(generation, forms)  # more than were read
        authors = _joined_spellings(one.author for one in chosen)
        return SameSurname(authors, matching[0].parts.surname, is_alone, places)
    return SameSurname()


def _all_places(generation: Generation, surname: Sequence[str]) -> tuple[int, ...]:
    authors = generation.records.name_index("authors")
    return tuple(authors.names_with_words(surname).tolist())


class _Read(NamedTuple):
    """An author as the library's index of authors has it."""

    place: int
    author: KnownAuthor
    parts: NameParts


def _matching(
    generation: Generation, surname: tuple[str, ...], given: tuple[str, ...]
) -> tuple[list[_Read], float]:
    """Return the authors of this name, and their share of those with its words anywhere."""
    authors = generation.records.name_index("authors")
    holding = authors.names_with_words(surname)
    if not len(holding):
        return [], 0.0
    read = _read(authors, _narrowed(authors, holding, given), given[0][0] if given else "")
    family = tuple(word.translate(_LETTERS) for word in surname)
    for is_surname in (_is_family, _is_half_of_family, _is_late_part):
        matching = [
            one
            for one in read
            if is_surname(family, one.parts) and _are_compatible(given, one.parts.given)
        ]
        if matching:
            return matching, len(matching) / len(read)
    return [], 0.0


def _first_letter(match: re.Match[str]) -> str:
    return match[0][0]


@cached_by_owner(32)
def rows_by(generation: Generation, known: SameSurname) -> Rows:
    """Return the rows of the papers by any of these authors, sorted."""
    return generation.records.name_index("authors").rows_of(known.places)


def given_name_papers(generation: Generation, word: str) -> int:
    """Return the number of papers by authors, as far as read, whose first given name is this."""
    authors = generation.records.name_index("authors")
    holding = authors.names_with_words([word])
    return sum(
        author.papers for _, author, parts in _read(authors, holding) if parts.given[:1] == (word,)
    )


def _narrowed(
    authors: NameIndex, holding: NDArray[np.int32], given: tuple[str, ...]
) -> NDArray[np.int32]:
    """Return the names of ``holding`` that hold the given names too, if any does."""
    for name in given:
        if len(name) > 1 and len(holding) > _FEW:
            both = np.intersect1d(holding, authors.names_with_words([name]), assume_unique=True)
            holding = both if len(both) else holding
    return holding


def _read(authors: NameIndex, names: NDArray[np.int32], initial: str = "") -> list[_Read]:
    """Return the authors at these places of the index, those with the most papers first.

    Args:
        initial: the letter that one of the words of the name begins with.
    """
    papers = authors.starts[names.astype(np.int64) + 1] - authors.starts[names]
    order = np.argsort(-papers, kind="stable")[: _MOST_READ if initial else _MOST_READ_ALONE]
    places = names[order].astype(np.int64)
    texts = authors.names.take(places)
    listed = zip(places.tolist(), texts, papers[order].tolist(), strict=True)
    return [
        _Read(place, KnownAuthor(text, count), name_parts(text))
        for place, text, count in listed
        if not initial or not text.isascii() or _has_initial(text, initial)
    ]


def _has_initial(name: str, initial: str) -> bool:
    """Return whether a word of ``name`` may begin with ``initial``; quick, to read fewer names."""
    lower = name.lower()
    return (
        lower.startswith(initial)
        or f" {initial}" in lower
        or f".{initial}" in lower
        or f"-{initial}" in lower
        or name[-1:].isupper()
    )


def _joined_spellings(authors: Iterable[KnownAuthor]) -> tuple[KnownAuthor, ...]:
    """Return the authors, each once under its commonest spelling, whatever points and accents."""
    joined: dict[str, KnownAuthor] = {}
    for author in authors:
        key = title_key(author.name)
        known = joined.get(key)
        joined[key] = KnownAuthor(known.name, known.papers + author.papers) if known else author
    return tuple(sorted(joined.values(), key=lambda author: -author.papers))


def _is_family(surname: Sequence[str], parts: NameParts) -> bool:
    return tuple(surname) == parts.family


def _is_half_of_family(surname: Sequence[str], parts: NameParts) -> bool:
    """Return whether ``surname`` begins or ends a double family name."""
    size = len(surname)
    return tuple(surname) in (parts.family[:size], parts.family[-size:])


def _is_late_part(surname: Sequence[str], parts: NameParts) -> bool:
    """Return whether ``surname`` is any later part of a name, as "López" of Ana López Gambino."""
    later = (*parts.given[1:], *parts.family)
    size, wanted = len(surname), tuple(surname)
    return any(later[start : start + size] == wanted for start in range(len(later) - size + 1))


def _are_compatible(typed: Sequence[str], known: Sequence[str]) -> bool:
    """Return whether given names may be the same person's: the first, and the others if both."""
    if not typed:
        return True
    if not known or not _is_same(typed[0], known[0]):
        return False
    others = list(known[1:])
    for name in typed[1:]:
        if not others:
            return True
        match = next((other for other in others if _is_same(name, other)), None)
        if match is None:
            return False
        others.remove(match)
    return True


def _is_same(one: str, other: str) -> bool:
    """Return whether two given names are equal, or one is the initial of the other."""
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])


def _spelled(generation: Generation, words: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the words as they are, and then in other spellings that the library has."""
    options = [_spellings(generation, word) for word in words]
    alone = tuple(forms[0] for forms in options)
    others = [
        (*alone[:place], form, *alone[place + 1 :])
        for place, forms in enumerate(options)
        for form in forms[1:]
    ]
    return [alone, *others]


def _spellings(generation: Generation, word: str) -> tuple[str, ...]:
    """Return ``word`` and its spellings with other letters: "mueller", "muller"; "sogaard"."""
    plain = word.translate(_LETTERS)
    shorter = _WRITTEN_OUT.sub(_first_letter, plain)
    longer = [
        f"{plain[: at + 1]}e{plain[at + 1 :]}" for at, sign in enumerate(plain) if sign in "aou"
    ]
    foreign = _foreign_words(generation)
    forms = [word, plain, shorter, *longer]
    forms += [known for form in (plain, shorter) for known in foreign.get(form, ())]
    return tuple(dict.fromkeys(forms))


@cached_by_owner(1)
def _foreign_words(generation: Generation) -> dict[str, tuple[str, ...]]:
    """Return those words of names that have letters of their own, by their spelling in ASCII."""
    spelled: dict[str, tuple[str, ...]] = {}
    for word in generation.records.name_index("authors").words:
        if not word.isascii():
            for form in {word.translate(_LETTERS), word.translate(_UMLAUTS)}:
                if form.isascii():
                    spelled[form] = (*spelled.get(form, ()), word)
    return spelled
