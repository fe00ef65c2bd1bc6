"""A paper in a list: its byline and its short title."""

from __future__ import annotations

import pytest

from explorer.app.paper_row import authors_line, name_in_title
from explorer.papers.paper import Paper

SEVEN = ("Ada Byron", "Bo Li", "Cy Young", "Di Wu", "Ed Poe", "Flo Ray", "Gus Fox")


@pytest.mark.parametrize(
    ("authors", "searched", "line"),
    [
        (SEVEN[:1], (), "Ada Byron"),
        (SEVEN[:4], (), "Ada Byron, Bo Li, Cy Young, Di Wu"),
        (SEVEN, (), "Ada Byron, Bo Li, Cy Young, … Gus Fox"),
        (SEVEN, ("ed poe",), "Ada Byron, … **Ed Poe**, … Gus Fox"),
        (SEVEN, ("wu",), "Ada Byron, … **Di Wu**, … Gus Fox"),
        (("Jos\u00e9 *Poe*",), ("jose poe",), "**Jos\u00e9 \\*Poe\\***"),
        ((), ("poe",), ""),
    ],
)
def test_a_byline_has_the_first_authors_the_last_and_the_searched(
    authors: tuple[str, ...], searched: tuple[str, ...], line: str
) -> None:
    assert authors_line(authors, searched) == line


def test_the_short_title_is_the_name_of_what_a_paper_presents() -> None:
    assert name_in_title(Paper("SwiftKV: Fast Prefill")) == "SwiftKV"
    assert name_in_title(Paper("Attention is all you need")) == "Attention is all you need"
