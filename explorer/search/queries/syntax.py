"""Syntax of a query: words, "phrases", -exclusions, fields. No input raises an error.

::

    diffusion models            words, ranked by
    "speculative decoding"      papers that hold this phrase, whatever its inflection
    -survey  -"case study"      papers without it
    title:segmentation          a word of the title; abstract: likewise
    author:"Ada Lovelace"       one author's name holds all of these words
    venue:neurips  category:cs.CL  keyword:robotics
    year:2023  year:2020..2022  year:2023..
    collection:thesis  label:"to cite"    collections and tags in Zotero
    venue:(WOAH|BEA)            any of several values; also author:("Bo Li"|"Ada Byron")
    topic:t4  topic:"video generation"  source:march.txt
    has:abstract                also doi, arxiv, venue, authors, date
    is:starred  tag:thesis      on the user's desk; also to-read, read, not-for-me, tagged, noted
    is:recommended              suits the interests that the user's stars speak of
    like:2405.14458  unlike:10.1000/5  like:starred unlike:dismissed

A long text counts as a pasted abstract and is searched as plain words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

from explorer.search.queries.notes import Note, NoteKind

_MOST_TYPED = 40
"""Words of a typed query; a longer text was pasted."""
_TOKEN = re.compile(
    r"""(?P<minus>-)?
    (?:(?P<field>[^\W\d_]+):(?=["“”\w.(]))?
    (?:(?<=:)\((?P<group>(?:[^()"“”]|["“”][^"“”]*["“”])*)\)
    |["“”](?P<phrase>[^"“”]*)["“”]?|(?P<word>\S+))""",
    re.VERBOSE,
)
_ALTERNATIVE = re.compile(r"""["“”](?P<phrase>[^"“”]*)["“”]|(?P<plain>[^|"“”]+)""")
_OR = re.compile(r"\s+OR\s+")
_LIKENESS = 0.7


class Field(StrEnum):
    """Fields of a paper that a query can name."""

    TITLE = "title"
    ABSTRACT = "abstract"
    AUTHOR = "author"
    VENUE = "venue"
    CATEGORY = "category"
    KEYWORD = "keyword"
    COLLECTION = "collection"
    """Collections of a reference manager."""
    LABEL = "label"
    """Tags of a reference manager; those of the desk are TAG."""
    YEAR = "year"
    TOPIC = "topic"
    SOURCE = "source"
    HAS = "has"
    IS = "is"
    TAG = "tag"
    LIKE = "like"
    UNLIKE = "unlike"
    TEXT = "text"
    """A phrase anywhere in the paper; typed in quotes alone."""


HAVABLE = ("abstract", "doi", "arxiv", "venue", "authors", "date")
"""The values of ``has:``."""
RECOMMENDED = "recommended"
BEING = ("starred", "to-read", "read", "not-for-me", "tagged", "noted", RECOMMENDED)
"""The values of ``is:``, on the user's desk."""
STARRED = "starred"
DISMISSED = "dismissed"
"""The user's starred and dismissed papers, as values of ``like:`` and ``unlike:``."""
ON_DESK = (STARRED, DISMISSED)
OF_DESK = frozenset({Field.IS, Field.TAG})
"""Fields that refer to a user's desk."""
_OTHER_NAMES = {
    "authors": Field.AUTHOR,
    "by": Field.AUTHOR,
    "titles": Field.TITLE,
    "digest": Field.SOURCE,
    "from": Field.SOURCE,
    "journal": Field.VENUE,
    "conference": Field.VENUE,
    "years": Field.YEAR,
    "cat": Field.CATEGORY,
}
_OTHER_STATES = {"dismissed": "not-for-me", "unread": "to-read"}
_NAMES = {str(field): field for field in Field if field is not Field.TEXT} | _OTHER_NAMES
_YEARS = re.compile(r"(?P<first>\d{4})?(?P<dots>\.\.|-|–)?(?P<last>\d{4})?")


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition that papers meet, or that they must not meet."""

    field: Field
    value: str
    without: bool = False
    others: tuple[str, ...] = ()
    """More values; any one of all is enough."""

    @property
    def values(self) -> tuple[str, ...]:
        return (self.value, *self.others)

    def with_values(self, values: Sequence[str]) -> Clause | None:
        """Return the clause with other values; None without any."""
        return replace(self, value=values[0], others=tuple(values[1:])) if values else None

    def __str__(self) -> str:
        values = "|".join(self._quoted(value) for value in self.values)
        values = f"({values})" if self.others else values
        name = "" if self.field is Field.TEXT else f"{self.field}:"
        return f"{'-' if self.without else ''}{name}{values}"

    def _quoted(self, value: str) -> str:
        is_plain = re.fullmatch(r"[\w.][^\s|()]*" if self.others else r"\w\S*", value)
        return value if is_plain and self.field is not Field.TEXT else f'"{value}"'


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query in its parts."""

    words: str
    """The words to rank by, with those of phrases, in their order."""
    clauses: tuple[Clause, ...] = ()
    """Conditions on papers."""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    """Parts that were not used as typed."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases in quotes that papers must hold."""
        return tuple(
            value
            for clause in self.clauses
            if clause.field is Field.TEXT and not clause.without
            for value in clause.values
        )


def parse(text: str) -> Parsed:
    """Parse ``text``."""
    if is_pasted(text):
        return Parsed(" ".join(text.split()))
    words: list[str] = []
    clauses: list[Clause] = []
    examples: dict[Field, list[str]] = {Field.LIKE: [], Field.UNLIKE: []}
    notes: list[Note] = []
    for token in _TOKEN.finditer(text):
        phrase, group, typed = token["phrase"], token["group"], token["field"]
        value = " ".join((phrase or group or token["word"] or "").split())
        without = bool(token["minus"])
        if not value:
            continue
        field = _NAMES.get(typed.casefold()) if typed else None
        if typed and field is None:
            notes += _misspelt_field(typed, value, without=without)
            words.append(f"{typed}: {value}")
        elif field in examples:
            names = (value,) if group is None else _alternatives(group)
            examples[Field.UNLIKE if without else field] += names
        elif field is not None:
            values = (value,) if group is None else _alternatives(group)
            problems = {value: _problem(Clause(field, value, without)) for value in values}
            notes += [problem for problem in problems.values() if problem is not None]
            usable = [value for value in values if problems[value] is None]
            clause = Clause(field, value, without).with_values(usable)
            clauses += [] if clause is None else [clause]
        elif phrase is not None or without:
            if re.search(r"\w", value):
                clauses.append(Clause(Field.TEXT, value, without))
            if not without:
                words.append(value)
        else:
            words.append(value)
    return Parsed(
        " ".join(words),
        tuple(dict.fromkeys(clauses)),
        tuple(examples[Field.LIKE]),
        tuple(examples[Field.UNLIKE]),
        tuple(notes),
    )


def _alternatives(group: str) -> tuple[str, ...]:
    """Return the values of ``(one|"and another")``; OR between them will do, too."""
    matches = _ALTERNATIVE.finditer(_OR.sub("|", group))
    values = (" ".join((match["phrase"] or match["plain"] or "").split()) for match in matches)
    return tuple(dict.fromkeys(filter(None, values)))


def accepts_clauses(text: str) -> bool:
    """Whether a clause that is typed after ``text`` is parsed as one.

    It is not after a pasted abstract, nor within quotes that are still open.
    """
    if is_pasted(f"{text} x"):
        return False
    tokens = list(_TOKEN.finditer(text))
    return not tokens or tokens[-1]["phrase"] is None or tokens[-1].end() > tokens[-1].end("phrase")


def plain_words(text: str) -> str:
    """Return the words of ``text`` as typed, without fields, quotes and exclusions.

    >>> plain_words('bert -survey "dialogue act" year:2020 doi:10.1000/5')
    'bert doi:10.1000/5'
    """
    return " ".join(
        token[0]
        for token in _TOKEN.finditer(text)
        if not token["minus"]
        and token["phrase"] is None
        and (token["field"] is None or token["field"].casefold() not in _NAMES)
    )


def is_pasted(text: str) -> bool:
    """Return whether ``text`` was pasted rather than typed: it is long or has several lines."""
    return len(text.split()) > _MOST_TYPED or "\n" in text.strip()


def quotable(name: str) -> str:
    """Return ``name`` as it can be quoted: without quotation marks, with single blanks.

    >>> quotable('notes “may”  b.md')
    'notes may b.md'
    """
    return " ".join(re.sub('["“”]', " ", name).split())


def years_of(value: str) -> tuple[int | None, int | None] | None:
    """Return the first and last year of ``2020..2023``, ``2023..``, ``..2020`` or ``2023``."""
    match = _YEARS.fullmatch(value.strip())
    if match is None or not (match["first"] or match["last"]):
        return None
    first = int(match["first"]) if match["first"] else None
    last = int(match["last"]) if match["last"] else None
    return (first, last) if match["dots"] else (first, first)


def being(value: str) -> str:
    """Return the value of ``is:`` as one of ``BEING``, however it is spelt; else empty."""
    joined = "".join(sign for sign in value.casefold() if sign.isalpha())
    known = {name.replace("-", ""): name for name in BEING}
    return known.get(joined, _OTHER_STATES.get(joined, ""))


def _misspelt_field(typed: str, value: str, *, without: bool) -> list[Note]:
    """Return a note if ``typed`` resembles the name of a field."""
    close = get_close_matches(typed.casefold(), list(_NAMES), 1, _LIKENESS)
    if not close:
        return []
    meant = Clause(_NAMES[close[0]], value, without)
    return [Note(NoteKind.UNKNOWN_FIELD, typed, value, str(meant))]


def _problem(clause: Clause) -> Note | None:
    """Return a note if the field of ``clause`` cannot have its value."""
    field, value = clause.field, clause.value
    if field is Field.YEAR and years_of(value) is None:
        return Note(NoteKind.INVALID_YEAR, field, value)
    if field is Field.HAS and value.casefold() not in HAVABLE:
        return _invalid_value(clause, HAVABLE)
    if field is Field.IS and not being(value):
        return _invalid_value(clause, BEING)
    return None


def _invalid_value(clause: Clause, options: tuple[str, ...]) -> Note:
    close = get_close_matches(clause.value.casefold(), options, 1, _LIKENESS)
    meant = str(replace(clause, value=close[0])) if close else ""
    return Note(NoteKind.INVALID_VALUE, clause.field, clause.value, meant, options)
