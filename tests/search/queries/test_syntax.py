"""What people type: words, phrases, exclusions, fields; and that no input raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.search.queries.notes import NoteKind
from explorer.search.queries.syntax import Clause, Field, parse, years_of


@pytest.mark.parametrize(
    ("typed", "words", "clauses"),
    [
        ("diffusion models", "diffusion models", []),
        ('"speculative decoding" speed', "speculative decoding speed", ['"speculative decoding"']),
        ("video -survey", "video", ['-"survey"']),
        ('video -"case study"', "video", ['-"case study"']),
        ("author:smith video", "video", ["author:smith"]),
        ('author:"Ada Lovelace"', "", ['author:"Ada Lovelace"']),
        ("-author:smith video", "video", ["-author:smith"]),
        (
            "by:smith title:liver year:2020..2022",
            "",
            ["author:smith", "title:liver", "year:2020..2022"],
        ),
        ("has:abstract has:DOI", "", ["has:abstract", "has:DOI"]),
        ("topic:t4 source:march.txt", "", ["topic:t4", "source:march.txt"]),
        ("“curly quotes”", "curly quotes", ['"curly quotes"']),
        ('"never closed', "never closed", ['"never closed"']),
    ],
)
def test_what_is_typed_is_understood(typed: str, words: str, clauses: list[str]) -> None:
    parsed = parse(typed)
    assert parsed.words == words
    assert [str(clause) for clause in parsed.clauses] == clauses
    assert parsed.notes == ()


@pytest.mark.parametrize(
    "typed",
    [
        "state-of-the-art",
        "C++: a language",
        "Attention: is all you need",
        "https://arxiv.org/abs/2405.14458",
        "10.1000/abc:def",
        "- a - b",
        "2405.14458",
        "author:",
        ":::",
    ],
)
def test_marks_that_ask_for_nothing_are_words(typed: str) -> None:
    parsed = parse(typed)
    assert parsed.words == typed
    assert parsed.clauses == ()


def test_a_long_text_is_words_whatever_stands_in_it() -> None:
    abstract = 'We ask "why" -- author:none -not title:this. ' * 8
    assert parse(abstract).words == " ".join(abstract.split())
    assert parse(abstract).clauses == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("autor:smith", "author:smith"), ("yaer:2023", "year:2023"), ("tittle:x", "title:x")],
)
def test_a_typo_in_a_field_gets_a_suggestion(typed: str, meant: str) -> None:
    (note,) = parse(typed).notes
    assert (note.kind, note.suggestion) == (NoteKind.UNKNOWN_FIELD, meant)


@pytest.mark.parametrize("typed", ["year:soon", "has:everything", "has:abstrct"])
def test_a_value_that_a_field_cannot_have_is_told_and_left_out(typed: str) -> None:
    parsed = parse(typed)
    assert parsed.clauses == ()
    assert len(parsed.notes) == 1


def test_examples_and_counter_examples() -> None:
    parsed = parse("like:2405.14458 unlike:10.1/x -like:p7 video")
    assert (parsed.like, parsed.unlike) == (("2405.14458",), ("10.1/x", "p7"))
    assert parsed.words == "video"


@pytest.mark.parametrize(
    ("typed", "years"),
    [
        ("2023", (2023, 2023)),
        ("2020..2022", (2020, 2022)),
        ("2020-2022", (2020, 2022)),
        ("2023..", (2023, None)),
        ("..2020", (None, 2020)),
        ("..", None),
        ("20", None),
        ("", None),
    ],
)
def test_ranges_of_years(typed: str, years: tuple[int | None, int | None] | None) -> None:
    assert years_of(typed) == years


@given(st.text(max_size=200))
def test_no_text_raises(typed: str) -> None:
    parse(typed)


@given(
    st.lists(
        st.sampled_from(
            [
                "-",
                '"',
                "“",
                "author:",
                "year:2020",
                "x",
                "like:",
                "has:",
                ":",
                "topic:t1",
                "\\",
                "(",
                "é",
            ]
        )
    )
)
def test_no_mixture_of_marks_raises(pieces: list[str]) -> None:
    for glue in ("", " "):
        parsed = parse(glue.join(pieces))
        assert all(clause.value.strip() for clause in parsed.clauses)


@given(
    st.builds(
        Clause,
        st.sampled_from([Field.TITLE, Field.AUTHOR, Field.VENUE, Field.TOPIC, Field.TEXT]),
        st.from_regex(r"[a-z]{1,8}( [a-z]{1,8})?", fullmatch=True),
        st.booleans(),
    )
)
def test_a_clause_as_it_is_shown_is_understood_as_itself(clause: Clause) -> None:
    assert parse(str(clause)).clauses == (clause,)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("venue:(WOAH|BEA)", ("WOAH", "BEA")),
        ('venue:(WOAH OR "Workshop on Maps" | BEA)', ("WOAH", "Workshop on Maps", "BEA")),
        ('venue:("Maps (MAP)"|"A|B")', ("Maps (MAP)", "A|B")),
        ("venue:(WOAH|WOAH|)", ("WOAH",)),
    ],
)
def test_a_field_takes_several_values_any_of_which_will_do(
    text: str, values: tuple[str, ...]
) -> None:
    parsed = parse(f"robots {text} arms")
    assert parsed.words == "robots arms"
    [clause] = parsed.clauses
    assert clause.values == values
    assert parse(str(clause)).clauses == (clause,)


def test_of_several_values_the_valid_are_kept() -> None:
    parsed = parse("year:(2020|soon|..2010) -year:(2001|2002)")
    assert [clause.values for clause in parsed.clauses] == [("2020", "..2010"), ("2001", "2002")]
    assert parsed.clauses[1].without
    assert [note.value for note in parsed.notes] == ["soon"]


def test_brackets_elsewhere_are_words() -> None:
    assert parse("models (large|small) note:(x)").clauses == ()
    assert parse("venue:()").clauses == ()
