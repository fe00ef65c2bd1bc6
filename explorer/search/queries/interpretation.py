"""Interpretation of a query in a library: its spelling, and the names and papers in it.

Any part can be taken back, and is then searched as typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.search.queries.notes import Note, NoteKind
from explorer.search.queries.reading import AuthorChoices, InferredClause, understand
from explorer.search.queries.spelling import Spelling, correct_spelling, parts_left_alone
from explorer.search.queries.syntax import Parsed, parse

_CACHE_SIZE = 200
"""Interpretations kept for each generation: a page needs that of its query many times."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A query as it is searched, beside its explicit syntax."""

    words: str
    """The words to rank by."""
    typed: str = ""
    """The same words before their spelling was corrected."""
    inferred: tuple[InferredClause, ...] = ()
    """Conditions that plain words stand for, such as authors and years."""
    papers: tuple[int, ...] = ()
    """Rows of papers that the query refers to."""
    choices: tuple[AuthorChoices, ...] = ()
    """Authors that a name may stand for."""
    notes: tuple[Note, ...] = ()
    """Names and papers that the library lacks."""
    prefers_recent: bool = False
    dropped: tuple[str, ...] = ()
    """Words of a request, such as "papers about", which are not searched for."""
    corrections: tuple[tuple[str, str], ...] = ()
    """Corrected words, each as (typed, corrected)."""
    offered: tuple[str, ...] = ()
    """Words that may be meant instead, the likeliest first."""
    unknown: tuple[str, ...] = ()
    """Words of ``words`` that no paper has."""


def interpret(generation: Generation, text: str, as_typed: Sequence[str] = ()) -> Interpretation:
    """Interpret a query in a library; no text raises an error.

    Args:
        as_typed: parts of the text that are taken as plain words.
    """
    return _interpreted(generation, text, tuple(as_typed))


@cached_by_owner(_CACHE_SIZE)
def _interpreted(generation: Generation, text: str, as_typed: tuple[str, ...]) -> Interpretation:
    parsed = parse(text)
    understood = understand(generation, text)
    inferred = tuple(one for one in understood.clauses if one.typed not in as_typed)
    plain_again = [one.typed for one in understood.clauses if one.typed in as_typed]
    dropped = tuple(part for part in understood.dropped if part not in as_typed)
    plain_again += [part for part in understood.dropped if part in as_typed]
    is_changed = understood.clauses or understood.papers or understood.dropped
    words = understood.words if is_changed or understood.missing_papers else parsed.words
    words = " ".join(filter(None, [words, *plain_again]))
    unknown_names = [name for name in understood.unknown_names if name not in as_typed]
    spelling = Spelling(words)
    if not understood.papers and not understood.missing_papers:
        kept = (*parts_left_alone(parsed), *as_typed, *unknown_names)
        spelling = correct_spelling(generation, words, kept)
    notes = [Note(NoteKind.UNKNOWN_AUTHOR, "", name) for name in unknown_names]
    notes += [Note(NoteKind.MISSING_PAPER, "", name) for name in understood.missing_papers]
    return Interpretation(
        spelling.words,
        words,
        inferred,
        understood.papers,
        understood.choices,
        tuple(notes),
        understood.prefers_recent and not as_typed,
        dropped,
        spelling.changes,
        spelling.offered,
        spelling.unknown,
    )


def as_parsed(interpretation: Interpretation, parsed: Parsed) -> Parsed:
    """Return ``parsed`` with the words and notes of an interpretation."""
    notes = (*parsed.notes, *interpretation.notes)
    return replace(parsed, words=interpretation.words, notes=notes)
