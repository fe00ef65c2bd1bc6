"""Notes on parts of a query that were not used as typed: as data, and their texts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """Reasons why a part of a query was not used as typed."""

    UNKNOWN_FIELD = "unknown-field"
    """A name that resembles a field's; it is searched for as words."""
    INVALID_YEAR = "invalid-year"
    INVALID_VALUE = "invalid-value"
    """A value that is not among those of its field."""
    UNKNOWN_TOPIC = "unknown-topic"
    UNKNOWN_DIGEST = "unknown-digest"
    UNKNOWN_PAPER = "unknown-paper"
    UNUSED_TAG = "unused-tag"
    NO_EXAMPLES = "no-examples"
    """The examples are the starred papers, or the dismissed ones, and there are none."""
    UNKNOWN_AUTHOR = "unknown-author"
    """A name of a person who wrote no paper of the library; it is searched for as words."""
    MISSING_PAPER = "missing-paper"
    """The query refers to a paper that the library lacks."""
    NO_DESK = "no-desk"
    """The part refers to a desk, and the search has none."""
    TOO_FEW_STARS = "too-few-stars"
    """The part is learned from starred papers, and there are not enough of them."""


@dataclass(frozen=True, slots=True)
class Note:
    """A part of a query that was not used as typed."""

    kind: NoteKind
    field: str
    """The name before the colon, as typed."""
    value: str
    suggestion: str = ""
    """The likely correction, as it would be typed; empty without one."""
    options: tuple[str, ...] = ()
    """The values of the field, where it takes only these."""


def note_text(note: Note) -> str:
    """Return the text of ``note`` with the correction or the consequence."""
    if note.suggestion:
        return f"{problem_text(note)} {suggestion_text(note)}"
    if note.kind in _NEAREST_SEARCHED:
        return problem_text(note)
    return f"{problem_text(note)} This part was ignored."


def problem_text(note: Note) -> str:
    """Return what is wrong with the part, as a sentence or two."""
    text = _PROBLEMS[note.kind].format(field=note.field, value=note.value)
    if note.options and not note.suggestion:
        return f"{text} It takes {', '.join(note.options)}."
    return text


def suggestion_text(note: Note) -> str:
    """Return the correction as a question; empty without one."""
    return f"Did you mean {note.suggestion}?" if note.suggestion else ""


_NEAREST_SEARCHED = frozenset((NoteKind.UNKNOWN_AUTHOR, NoteKind.MISSING_PAPER))
"""Kinds of which the words are searched for all the same."""
_PROBLEMS = {
    NoteKind.UNKNOWN_FIELD: "“{field}:” is not a field.",
    NoteKind.INVALID_YEAR: "“{value}” is not a year; 2023, 2020..2022 and 2023.. are.",
    NoteKind.INVALID_VALUE: "“{value}” is not a value of “{field}:”.",
    NoteKind.UNKNOWN_TOPIC: "No topic is called “{value}”.",
    NoteKind.UNKNOWN_DIGEST: "No digest is called “{value}”.",
    NoteKind.UNKNOWN_PAPER: "No paper has the id “{value}”.",
    NoteKind.UNUSED_TAG: "No paper has the tag “{value}”.",
    NoteKind.NO_EXAMPLES: "No paper on the desk is {value}.",
    NoteKind.UNKNOWN_AUTHOR: "No author here is called “{value}”.",
    NoteKind.MISSING_PAPER: "This library does not have “{value}”.",
    NoteKind.NO_DESK: "“{field}:{value}” refers to a desk, and there is none here.",
    NoteKind.TOO_FEW_STARS: "“{field}:{value}” is learned from stars: star three papers first.",
}
