"""Interpretation of whole queries, of which each part can be taken back."""

from __future__ import annotations

import pytest

from explorer.library.generation import Generation
from explorer.search.model import Query
from explorer.search.queries.interpretation import interpret
from explorer.search.queries.notes import NoteKind
from explorer.search.resolution import interpretation_of
from explorer.search.search import needs_model, search


def _clauses(generation: Generation, text: str, *as_typed: str) -> list[str]:
    return [str(one.clause) for one in interpret(generation, text, as_typed).inferred]


def test_an_inferred_part_can_be_taken_back(named_papers: Generation) -> None:
    text = "Goldberg 2020"
    assert _clauses(named_papers, text) == ['author:"Yoav Goldberg"', "year:2020"]
    assert interpret(named_papers, text).words == ""
    again = interpret(named_papers, text, ("Goldberg",))
    assert [str(one.clause) for one in again.inferred] == ["year:2020"]
    assert again.words == "Goldberg"


def test_the_words_of_a_request_can_be_taken_back(named_papers: Generation) -> None:
    read = interpret(named_papers, "papers about parsing")
    assert (read.words, read.dropped) == ("parsing", ("papers about",))
    again = interpret(named_papers, "papers about parsing", ("papers about",))
    assert again.dropped == ()
    assert set(again.words.split()) == {"papers", "about", "parsing"}


def test_a_literal_query_is_left_alone(named_papers: Generation) -> None:
    read = interpretation_of(named_papers, Query("Goldberg 2020 parsng", literal=True))
    assert read.words == "Goldberg 2020 parsng"
    assert read.inferred == ()
    assert read.corrections == ()


def test_explicit_syntax_stays_beside_what_is_inferred(named_papers: Generation) -> None:
    results = search(named_papers, None, Query("Goldberg year:2020"))
    assert [str(clause) for clause in results.parsed.clauses] == ["year:2020"]
    assert [str(one.clause) for one in results.interpretation.inferred] == [
        'author:"Yoav Goldberg"'
    ]
    assert results.hits
    assert all("Yoav Goldberg" in hit.paper.authors for hit in results.hits)


def test_a_name_alone_needs_no_model_and_lists_the_author(named_papers: Generation) -> None:
    assert not needs_model(named_papers, Query("Yoav Goldberg"))
    hits = search(named_papers, None, Query("Yoav Goldberg")).hits
    written = [
        row
        for row in range(named_papers.size)
        if "Yoav Goldberg" in named_papers.records[row].authors
    ]
    assert sorted(hit.row for hit in hits) == written


def test_an_unknown_author_and_a_missing_paper_are_notes(named_papers: Generation) -> None:
    kinds = [note.kind for note in interpret(named_papers, "arxiv.org/abs/1999.99999").notes]
    assert kinds == [NoteKind.MISSING_PAPER]


@pytest.mark.parametrize("text", ["", "   ", '"', "-", "author:", "year:2020"])
def test_nothing_is_inferred_where_there_are_no_plain_words(
    named_papers: Generation, text: str
) -> None:
    read = interpret(named_papers, text)
    assert (read.inferred, read.papers, read.corrections) == ((), (), ())
