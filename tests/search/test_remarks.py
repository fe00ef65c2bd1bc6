"""Sentences before the hits of a search in plain-text output."""

from __future__ import annotations

from explorer.search.model import Mode, Results
from explorer.search.queries.author_index import KnownAuthor
from explorer.search.queries.interpretation import Interpretation
from explorer.search.queries.notes import Note, NoteKind
from explorer.search.queries.reading import AuthorChoices, InferredClause
from explorer.search.queries.syntax import Clause, Field, Parsed
from explorer.search.remarks import remarks


def _of(interpretation: Interpretation, *notes: Note) -> list[str]:
    parsed = Parsed(interpretation.words, notes=notes)
    return remarks(
        Results((), 0.0, Mode.HYBRID, parsed, interpretation=interpretation), "--literal"
    )


def test_a_query_that_is_searched_as_typed_needs_no_remark() -> None:
    assert _of(Interpretation("liver scans", "liver scans")) == []


def test_corrections_name_both_queries_and_the_way_back() -> None:
    read = Interpretation("liver scans", "livr scans", corrections=(("livr", "liver"),))
    assert _of(read) == [
        "Showing results for “liver scans”, not “livr scans”. --literal searches as typed."
    ]


def test_everything_else_has_its_sentence() -> None:
    read = Interpretation(
        "scans zork",
        "scans zork",
        inferred=(InferredClause(Clause(Field.AUTHOR, "Wang"), "Wang", is_filter=True),),
        choices=(AuthorChoices("Wang", (KnownAuthor("Bo Wang", 4), KnownAuthor("Yu Wang", 1))),),
        offered=("scans fork", "scans work"),
        unknown=("zork",),
    )
    assert _of(read, Note(NoteKind.UNKNOWN_AUTHOR, "", "Ada Byron")) == [
        "Understood as author:Wang. --literal searches as typed.",
        "Did you mean “scans fork” or “scans work”?",
        "“Wang” may be Bo Wang (4 papers), Yu Wang (1 paper).",
        "No author here is called “Ada Byron”.",
        "No paper has the word “zork”.",
    ]
