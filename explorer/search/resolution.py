"""A parsed query resolved in a generation: usable clauses, and the rows of its examples."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.desk.marks import PaperMarks
from explorer.learning.taste import is_learnable
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper
from explorer.search.filters import Filters, usable
from explorer.search.model import Query, Sort
from explorer.search.queries.interpretation import Interpretation, as_parsed, interpret
from explorer.search.queries.notes import Note, NoteKind
from explorer.search.queries.syntax import ON_DESK, STARRED, Field, Parsed, parse


@dataclass(frozen=True, slots=True)
class ResolvedQuery:
    """A query in terms of one generation."""

    parsed: Parsed
    """Words and usable clauses, with notes on what was ignored."""
    filters: Filters
    """The filters of the query, and the clauses that were typed or inferred."""
    like: tuple[int, ...]
    """Distinct rows of the examples; ``unlike``: of the counter-examples."""
    unlike: tuple[int, ...]
    interpretation: Interpretation


def resolve(generation: Generation, query: Query) -> ResolvedQuery:
    """Resolve ``query`` in ``generation``.

    Raises:
        UnknownPaper: an example of ``query.like`` or ``query.unlike`` has no known id. One that was
            typed in the text is ignored with a note.
    """
    interpretation = interpretation_of(generation, query)
    parsed = as_parsed(interpretation, parse_text(generation, query.text))
    desk = query.filters.desk
    clauses, notes = usable(generation, parsed.clauses, desk)
    like, like_notes = _examples(generation, Field.LIKE, query.like, parsed.like, desk)
    unlike, unlike_notes = _examples(generation, Field.UNLIKE, query.unlike, parsed.unlike, desk)
    notes += [*like_notes, *unlike_notes, *_sort_notes(query)]
    parsed = replace(parsed, clauses=tuple(clauses), notes=(*parsed.notes, *notes))
    inferred = [one.clause for one in interpretation.inferred if one.is_filter]
    return ResolvedQuery(
        parsed,
        replace(query.filters, clauses=(*query.filters.clauses, *parsed.clauses, *inferred)),
        like,
        unlike,
        interpretation,
    )


def _sort_notes(query: Query) -> list[Note]:
    """Return a note if hits cannot be in the order that the query asks for."""
    desk = query.filters.desk
    if query.sort is not Sort.FOR_YOU or (desk is not None and is_learnable(desk)):
        return []
    kind = NoteKind.NO_DESK if desk is None else NoteKind.TOO_FEW_STARS
    return [Note(kind, "sort", query.sort)]


def interpretation_of(generation: Generation, query: Query) -> Interpretation:
    """Return the interpretation of a query; of a literal one, its words as they are."""
    if query.literal:
        return Interpretation(parse_text(generation, query.text).words)
    return interpret(generation, query.text, query.as_typed)


def parse_text(generation: Generation, text: str) -> Parsed:
    """Parse the text of a query, in which the id of a paper may look like a field."""
    parsed = parse(text)
    is_id = parsed.clauses and generation.records.find(text) is not None
    return Parsed(text) if is_id else parsed


def _examples(
    generation: Generation,
    field: Field,
    given: tuple[str, ...],
    typed: tuple[str, ...],
    desk: PaperMarks | None,
) -> tuple[tuple[int, ...], list[Note]]:
    on_desk = tuple(name for name in given if name.casefold() in ON_DESK)
    rows = [find_paper(generation, name) for name in given if name not in on_desk]
    more, notes = _typed_examples(generation, field, (*on_desk, *typed), desk)
    return tuple(dict.fromkeys([*rows, *more])), notes


def _typed_examples(
    generation: Generation, field: Field, names: tuple[str, ...], desk: PaperMarks | None
) -> tuple[list[int], list[Note]]:
    rows: list[int] = []
    notes: list[Note] = []
    for name in names:
        row = generation.records.find(name)
        if row is not None:
            rows.append(row)
        elif name.casefold() not in ON_DESK:
            notes.append(Note(NoteKind.UNKNOWN_PAPER, field, name))
        elif desk is None:
            notes.append(Note(NoteKind.NO_DESK, field, name))
        else:
            kept = desk.starred if name.casefold() == STARRED else desk.dismissed
            if not kept and field is Field.LIKE:
                notes.append(Note(NoteKind.NO_EXAMPLES, field, name.casefold()))
            rows.extend(kept)
    return rows, notes
