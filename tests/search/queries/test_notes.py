"""Notes on a query read as sentences, with the correction where there is one."""

from __future__ import annotations

import pytest

from explorer.search.queries.notes import Note, NoteKind, note_text
from explorer.search.queries.syntax import accepts_clauses, parse


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("auther:goldberg", "“auther:” is not a field. Did you mean author:goldberg?"),
        ('-auther:"Ada Byron"', '“auther:” is not a field. Did you mean -author:"Ada Byron"?'),
        ("has:abstrct", "“abstrct” is not a value of “has:”. Did you mean has:abstract?"),
        ("-is:stared", "“stared” is not a value of “is:”. Did you mean -is:starred?"),
        (
            "year:soon",
            "“soon” is not a year; 2023, 2020..2022 and 2023.. are. This part was ignored.",
        ),
        (
            "has:everything",
            "“everything” is not a value of “has:”. It takes abstract, doi, arxiv, venue, authors, "
            "date. This part was ignored.",
        ),
    ],
)
def test_a_part_that_is_not_understood_is_named(typed: str, text: str) -> None:
    assert [note_text(note) for note in parse(typed).notes] == [text]


@pytest.mark.parametrize("kind", NoteKind)
def test_every_kind_has_a_text_without_gaps(kind: NoteKind) -> None:
    text = note_text(Note(kind, "field", "value"))
    lacks = kind in (NoteKind.UNKNOWN_AUTHOR, NoteKind.MISSING_PAPER)
    assert text.endswith("“value”." if lacks else "This part was ignored.")
    assert "{" not in text


@pytest.mark.parametrize("typed", ["auther:x", "-has:abstrct", 'autor:"Ada Byron"', "is:Stared"])
def test_a_suggestion_is_understood(typed: str) -> None:
    (note,) = parse(typed).notes
    assert parse(note.suggestion).notes == ()
    assert parse(note.suggestion).clauses[0].without is typed.startswith("-")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("liver scans", True),
        ('"liver scans"', True),
        ('"liver scans', False),
        ('-title:"liver', False),
        (" ".join(["word"] * 39), True),
        (" ".join(["word"] * 40), False),
        ("one line\nand another", False),
    ],
)
def test_a_clause_counts_outside_open_quotes_and_pasted_text(text: str, *, expected: bool) -> None:
    assert accepts_clauses(text) is expected
    clauses = parse(f"{text} has:date").clauses
    assert any(str(clause) == "has:date" for clause in clauses) is expected
