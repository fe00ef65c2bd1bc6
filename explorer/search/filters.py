"""Filters of a search, as the rows that pass. They are exact, whatever the ranking."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Keys
from explorer.desk.marks import PaperMark, PaperMarks
from explorer.errors import UnusableInput
from explorer.insights.trends import time_axis
from explorer.learning.recommendations import recommended_rows
from explorer.learning.taste import is_learnable
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.library.lookup import find_topic, find_topics
from explorer.library.venue_series import venue_labels
from explorer.papers.columns import NameIndex
from explorer.papers.paper import title_key
from explorer.search.queries.notes import Note, NoteKind
from explorer.search.queries.syntax import (
    OF_DESK,
    RECOMMENDED,
    Clause,
    Field,
    being,
    quotable,
    years_of,
)

_Mask = NDArray[np.bool_]

_COLUMNS = {
    Field.AUTHOR: "authors",
    Field.VENUE: "venue",
    Field.CATEGORY: "categories",
    Field.KEYWORD: "keywords",
}
SHELVES = (Field.COLLECTION, Field.LABEL)
"""Fields that come from a reference manager."""
_CACHE_SIZE = 512
"""Clauses whose rows are cached for each generation."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on hits; an empty field is none."""

    topic: str = ""
    """A topic's id or name."""
    source: str = ""
    """The name of a digest."""
    year_from: int | None = None
    year_to: int | None = None
    clauses: tuple[Clause, ...] = ()
    """Fields, phrases and exclusions that were typed."""
    region: tuple[tuple[float, float], ...] = ()
    """Corners of a polygon on the map."""
    period: tuple[str, str] | None = None
    """First and last period on the library's time axis, such as two years or two months."""
    papers: frozenset[str] = frozenset()
    """Ids, any of which the hit must have."""
    desk: PaperMarks | None = None
    """The user's marks, for the clauses that refer to the desk."""


def allowed_rows(generation: Generation, filters: Filters) -> Keys | None:
    """Return the rows that pass ``filters``, sorted, or None if there are no filters.

    Raises:
        UnknownTopic: no topic has this id or name.
        UnusableInput: no digest has this name.
    """
    masks: list[_Mask] = []
    if filters.topic:
        masks.append(_mask(generation, generation.members(find_topic(generation, filters.topic))))
    if filters.source:
        masks.append(_mask(generation, _rows_of_digest(generation, filters.source)))
    if filters.year_from or filters.year_to:
        masks.append(_year_mask(generation, filters.year_from, filters.year_to))
    if filters.region:
        masks.append(_within(generation, filters.region))
    if filters.period:
        masks.append(_mask(generation, time_axis(generation).rows(*filters.period)))
    if filters.papers:
        of_ids = (generation.records.row_of(paper) for paper in filters.papers)
        rows = np.array([row for row in of_ids if row is not None], dtype=np.int64)
        masks.append(_mask(generation, rows))
    masks += [
        _desk_mask(generation, filters.desk, clause)
        if clause.field in OF_DESK
        else _clause_mask(generation, clause)
        for clause in filters.clauses
    ]
    return np.flatnonzero(np.logical_and.reduce(masks)) if masks else None


def usable(
    generation: Generation, clauses: Sequence[Clause], desk: PaperMarks | None = None
) -> tuple[list[Clause], list[Note]]:
    """Return the clauses that library and desk can answer, and notes on the others."""
    usable_clauses: list[Clause] = []
    notes: list[Note] = []
    for clause in clauses:
        problems = {
            value: _problem(generation, clause.field, value, desk) for value in clause.values
        }
        left = clause.with_values([value for value in clause.values if problems[value] is None])
        usable_clauses += [] if left is None else [left]
        notes += [
            Note(kind, clause.field, value) for value, kind in problems.items() if kind is not None
        ]
    return usable_clauses, notes


def _problem(
    generation: Generation, field: Field, value: str, desk: PaperMarks | None
) -> NoteKind | None:
    """Return why library and desk cannot answer a value, or None if they can."""
    if field is Field.TOPIC and not find_topics(generation, value):
        return NoteKind.UNKNOWN_TOPIC
    if field is Field.SOURCE and not _digests_named(generation, value):
        return NoteKind.UNKNOWN_DIGEST
    if field in OF_DESK and desk is None:
        return NoteKind.NO_DESK
    if desk is not None and field is Field.TAG and not _tagged(desk, value):
        return NoteKind.UNUSED_TAG
    if desk is not None and field is Field.IS and being(value) == RECOMMENDED:
        return None if is_learnable(desk) else NoteKind.TOO_FEW_STARS
    return None


def corners_of(text: str) -> tuple[tuple[float, float], ...]:
    """Parse the corners of a polygon, x and y in turns; none unless ``text`` is pairs of numbers.

    >>> corners_of("0,0,1.5,0,1.5,2")
    ((0.0, 0.0), (1.5, 0.0), (1.5, 2.0))
    """
    try:
        values = [float(value) for value in text.split(",")] if text else []
    except ValueError:
        return ()
    if len(values) % 2 or not all(map(isfinite, values)):
        return ()
    return tuple(zip(values[::2], values[1::2], strict=True))


def inside(
    corners: Sequence[tuple[float, float]], points: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return a mask of the ``points``, shape (papers, 2), in a polygon (even-odd rule)."""
    within = np.zeros(len(points), dtype=bool)
    ends = np.array(corners, dtype=np.float64).reshape(-1, 2)
    if not len(ends):
        return within
    near = ((points >= ends.min(axis=0)) & (points <= ends.max(axis=0))).all(axis=1)
    within[near] = _inside(corners, np.asarray(points)[near])
    return within


def _inside(
    corners: Sequence[tuple[float, float]], points: NDArray[np.float32]
) -> NDArray[np.bool_]:
    within = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        within ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return within


def _clause_mask(generation: Generation, clause: Clause) -> _Mask:
    """Return a mask of the rows that pass a clause, shape (papers,)."""
    bits = _bits(generation, clause)
    return np.unpackbits(bits, count=generation.size).view(bool)


@cached_by_owner(_CACHE_SIZE)
def _bits(generation: Generation, clause: Clause) -> NDArray[np.uint8]:
    """Return the rows that a clause lets through, a bit for each: many clauses are cached."""
    masks = [_field_mask(generation, clause.field, value) for value in clause.values]
    rows: _Mask = np.logical_or.reduce(masks)
    return np.packbits(~rows if clause.without else rows)


@cached_by_owner(8)
def _within(generation: Generation, corners: tuple[tuple[float, float], ...]) -> _Mask:
    return inside(corners, generation.positions)


def _desk_mask(generation: Generation, desk: PaperMarks | None, clause: Clause) -> _Mask:
    """Return a mask of the rows that pass a clause on the desk; no desk counts as an empty one."""
    rows: set[int] = set()
    if desk is not None:
        for value in clause.values:
            rows.update(_rows_on_desk(generation, desk, clause.field, value))
    mask = _mask(generation, np.array(sorted(rows), dtype=np.int64))
    return ~mask if clause.without else mask


def _rows_on_desk(
    generation: Generation, desk: PaperMarks, field: Field, value: str
) -> Sequence[int]:
    if field is Field.TAG:
        return _tagged(desk, value)
    wanted = being(value)
    if wanted == RECOMMENDED:
        return list(map(int, recommended_rows(generation, desk)))
    return [row for row, mark in desk.of.items() if _is(mark, wanted)]


def _tagged(desk: PaperMarks, tag: str) -> tuple[int, ...]:
    wanted = tag.casefold()
    return next((rows for known, rows in desk.tags.items() if known.casefold() == wanted), ())


def _is(mark: PaperMark, wanted: str) -> bool:
    given = {"starred": mark.starred, "tagged": mark.tags, "noted": mark.note}
    return bool(given[wanted]) if wanted in given else mark.state == wanted


def _field_mask(generation: Generation, field: Field, value: str) -> _Mask:
    records = generation.records
    if field is Field.YEAR:
        first, last = years_of(value) or (None, None)
        return _year_mask(generation, first, last)
    if field is Field.TOPIC:
        rows = np.zeros(generation.size, dtype=bool)
        for topic in find_topics(generation, value):
            rows[generation.members(topic)] = True
        return rows
    if field is Field.SOURCE:
        rows = np.zeros(generation.size, dtype=bool)
        for name in _digests_named(generation, value):
            rows[records.digests[name]] = True
        return rows
    if field is Field.HAS:
        return records.having(value.casefold())
    if field in _COLUMNS or field in SHELVES:
        names = names_of(generation, field)
        mask = _mask(generation, names.rows_with_words(title_key(value).split()))
        if field is Field.VENUE:
            mask[names.rows_of(_venues_called(generation, value))] = True
        return mask
    return _mask(generation, generation.lexicon.rows_with_phrase(value, str(field)))


def names_of(generation: Generation, field: Field) -> NameIndex:
    """Return the index of the names that papers have in ``field``, one of names."""
    records = generation.records
    if field is Field.COLLECTION:
        return records.collections
    return records.source_tags if field is Field.LABEL else records.name_index(_COLUMNS[field])


def _venues_called(generation: Generation, label: str) -> list[int]:
    """Return the indices of the venues of the series that goes by this short name."""
    wanted = title_key(label)
    labels = venue_labels(generation).values()  # in the order of the index
    return [index for index, label in enumerate(labels) if title_key(label) == wanted]


def _digests_named(generation: Generation, name: str) -> list[str]:
    wanted = _normalized(name)
    return [known for known in generation.records.digests if wanted in _normalized(known)]


def _normalized(name: str) -> str:
    return quotable(unicodedata.normalize("NFC", name)).casefold()


def _rows_of_digest(generation: Generation, name: str) -> Keys:
    digests = generation.records.digests
    if name not in digests:
        known = ", ".join(list(digests)[:5]) + (" ..." if len(digests) > 5 else "")
        raise UnusableInput(
            f"No digest is called {name!r}.", advice=f"The library was read from {known}."
        )
    return digests[name]


def _year_mask(generation: Generation, first: int | None, last: int | None) -> _Mask:
    years = generation.records.years
    return (years > 0) & (years >= (first or 0)) & (years <= (last or 9999))


def _mask(generation: Generation, rows: Keys) -> _Mask:
    mask = np.zeros(generation.size, dtype=bool)
    mask[rows] = True
    return mask
