"""A search on the page: chips, notes, facets, order, filters that match nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer.app.query_text import (
    with_clause,
    with_example,
    without_clause,
    without_example,
)
from explorer.builds.build import BuildOptions, build
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.filters import Filters, allowed_rows
from explorer.search.queries.syntax import Clause, Field, parse
from tests.app.test_page import _labels, _open, _text, open_menu
from tests.helpers.corpus import WriteDigest
from tests.helpers.map_page import strip

if TYPE_CHECKING:
    from tests.helpers.page_run import Visit

pytestmark = pytest.mark.slow


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def _chips(page: AppTest) -> list[str]:
    return [label.replace("\\", "") for label in _labels(page, "clause-")]


def _hits(page: AppTest) -> list[str]:
    keys = [str(b.key) for b in page.button]
    return [key.rpartition("-")[2] for key in keys if key.startswith("open-hit")]


def _query(page: AppTest) -> str:
    return str(page.text_input(key="q").value)


def test_plain_words_show_no_parts(visit: Visit) -> None:
    page = visit(q="learning")
    assert _chips(page) == []
    assert "papers match" not in _text(page)


def test_each_part_of_a_query_is_shown_and_pressing_it_takes_it_out(visit: Visit) -> None:
    page = visit(q='scans "liver" -video author:"Ada Byron" year:2020..2024')
    assert _chips(page) == ["“liver”", "without video", "author: Ada Byron", "year: 2020..2024"]
    page.button(key="clause-2").click().run()
    assert _query(page) == 'scans "liver" -video year:2020..2024'
    page.button(key="clause-0").click().run()
    assert _query(page) == "scans -video year:2020..2024"
    assert _chips(page) == ["without video", "year: 2020..2024"]


def test_a_topic_is_shown_by_its_name(visit: Visit, generation: Generation) -> None:
    topic = generation.levels[0][0]
    assert _chips(visit(q=f"learning topic:{topic.id}")) == [f"topic: {topic.label}"]


def test_the_number_of_matching_papers_is_shown(visit: Visit, generation: Generation) -> None:
    topic = generation.levels[0][0]
    assert f"{topic.size} papers match" in _text(visit(q=f"learning topic:{topic.id}"))


def test_a_misspelt_field_gets_a_note_with_a_suggestion_to_press(visit: Visit) -> None:
    page = visit(q='scans autor:"Ada Byron"')
    assert "“autor:” is not a field. Did you mean" in _text(page).replace("\\", "").replace(
        "\u2060", ""
    )
    page.button(key="meant-0").click().run()
    assert _query(page) == 'scans author:"Ada Byron"'
    assert _chips(page) == ["author: Ada Byron"]


def test_a_part_without_a_suggestion_gets_a_note(visit: Visit) -> None:
    page = visit(q="scans year:soon source:nowhere")
    shown = _text(page).replace("\\", "")
    assert "“soon” is not a year" in shown
    assert "No digest is called “nowhere”" in shown
    assert _labels(page, "meant-") == []


def test_more_and_less_like_a_hit_are_chips_and_leave_the_text(
    visit: Visit, generation: Generation
) -> None:
    page = visit(q="learning")
    first, second = _hits(page)[:2]
    open_menu(page, f"hit1-{first}").button(key=f"more-hit1-{first}").click().run()
    assert _query(page) == "learning"
    title = generation.records[generation.records.find(first) or 0].readable_title
    assert _chips(page)[0].removeprefix("like: ").rstrip("…") in title
    assert first not in _hits(page)
    assert "Like *" in _text(page)
    again = _hits(page).index(second) + 1
    open_menu(page, f"hit{again}-{second}")
    page.button(key=f"less-hit{again}-{second}").click().run()
    assert _query(page) == "learning"
    assert second not in _hits(page)
    assert [chip.partition(":")[0] for chip in _chips(page)] == ["like", "unlike"]
    page.button(key="clause-0").click().run()
    assert [chip.partition(":")[0] for chip in _chips(page)] == ["unlike"]
    assert first in _hits(page)


def test_a_pasted_abstract_and_an_example_are_searched_together(
    visit: Visit, corpus: list[Paper]
) -> None:
    pasted = f"{corpus[0].title}\n{corpus[0].abstract}"
    page = visit(q=pasted)
    paper = _hits(page)[0]
    open_menu(page, f"hit1-{paper}").button(key=f"more-hit1-{paper}").click().run()
    assert _query(page) == pasted
    assert [chip.partition(":")[0] for chip in _chips(page)] == ["like"]
    assert paper not in _hits(page)


def test_examples_that_left_the_library_are_passed_over(visit: Visit) -> None:
    page = visit(q="learning", only="like:p000000000000")
    assert _chips(page) == []
    assert _hits(page)


def test_a_facet_is_counted_and_goes_into_the_query(visit: Visit) -> None:
    page = visit(q="has:abstract")
    assert _labels(page, "count-") == []
    page.session_state["refine"] = True
    page.run()
    assert "In 40 papers" in _text(page)
    label = page.button(key="count-source-0").label.replace("\\", "")
    name, papers = re.fullmatch(r"(\S+) :gray\[(\d+)\]", label.replace("\u2060", "")).groups()  # type: ignore[union-attr]
    page.button(key="count-source-0").click().run()
    assert _query(page) == f"has:abstract source:{name}"
    assert f"{papers} papers match" in _text(page)


def test_values_of_a_facet_are_added_exchanged_and_taken_out(visit: Visit) -> None:
    page = visit(q="has:abstract")
    page.session_state["refine"] = True
    page.run()
    first, second = (page.button(key=f"count-source-{n}").label for n in (0, 1))
    page.button(key="count-source-0").click().run()
    page.button(key="count-source-1").click().run()
    assert len(parse(_query(page)).clauses[-1].values) == 2
    assert "40 papers match" in _text(page)
    assert {page.button(key=f"count-source-{n}").label for n in (0, 1)} == {first, second}
    page.button(key="count-source-0").click().run()
    page.button(key="count-source-1").click().run()
    assert _query(page) == "has:abstract"


def test_a_pasted_abstract_can_be_refined(visit: Visit, corpus: list[Paper]) -> None:
    pasted = f"{corpus[0].title}\n{corpus[0].abstract}"
    page = visit(q=pasted)
    page.session_state["refine"] = True
    page.run()
    papers = int(re.findall(r"\d+", page.button(key="count-year-0").label)[-1])
    page.button(key="count-year-0").click().run()
    assert _query(page) == pasted
    [chip] = _chips(page)
    assert chip.startswith("year: ")
    assert f"{papers} paper" in _text(page)
    page.button(key="clause-0").click().run()
    assert _chips(page) == []


def test_the_order_stands_in_the_url_and_is_kept(visit: Visit, generation: Generation) -> None:
    best = _hits(visit(q="learning"))
    page = visit(q="learning", sort="date")
    rows = [generation.records.find(paper) or 0 for paper in _hits(page)]
    dates = [generation.records.dates[row] for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert _hits(page) != best
    assert page.toggle(key="varied-box").disabled


def test_varied_hits_stand_in_the_url(visit: Visit) -> None:
    page = visit(q="learning")
    page.toggle(key="varied-box").set_value(True).run()
    assert page.query_params["varied"] in ("1", ["1"])
    varied = _hits(page)
    assert _hits(visit(q="learning", varied="1")) == varied
    page.toggle(key="varied-box").set_value(False).run()
    assert "varied" not in page.query_params


def test_the_filter_that_matches_nothing_can_be_removed(visit: Visit) -> None:
    page = visit(q="scans author:nobody has:abstract")
    assert "No papers match all of these filters" in page.info[0].value
    [label] = _labels(page, "drop-")
    assert label.replace("\\", "").startswith("Remove author: nobody :gray[40 papers match")
    page.button(key="drop-0").click().run()
    assert _query(page) == "scans has:abstract"
    assert len(_hits(page)) == 10


def test_filters_that_each_match_nothing_are_shown_as_such(visit: Visit) -> None:
    page = visit(q="author:nobody venue:nowhere")
    assert "even with any one of them removed" in page.info[0].value
    assert len(_chips(page)) == 2


def test_related_topics_are_those_of_the_hits_and_can_be_opened(
    visit: Visit, generation: Generation
) -> None:
    page = visit(q="learning")
    keys = [str(b.key) for b in page.button if str(b.key).startswith("related-")]
    assert 0 < len(keys) <= 4
    hits = {generation.records.find(paper) for paper in _hits(page)}
    for key in keys:
        topic = generation.topics[key.removeprefix("related-")]
        assert len(hits & set(generation.members(topic).tolist())) > 1
    page.button(key=keys[0]).click().run()
    assert page.query_params["topic"] in (keys[0][8:], [keys[0][8:]])


def test_a_search_stays_within_a_selected_region_until_its_chip_is_removed(
    visit: Visit, generation: Generation
) -> None:
    region, inside = strip(generation, 12)
    page = visit(region=region)
    page.button(key="search-within").click().run()
    assert len(_labels(page, "open-within")) == 12
    assert _chips(page) == ["within 12 selected papers"]
    page.text_input(key="q").set_value("learning").run()
    assert 0 < len(_hits(page)) <= 12
    assert set(_hits(page)) <= set(inside)
    page.button(key="clause-0").click().run()
    assert not set(_hits(page)) <= set(inside)
    assert _query(page) == "learning"


def test_papers_like_selected_ones_are_listed_with_and_without_words(
    visit: Visit, generation: Generation
) -> None:
    region, chosen = strip(generation, 4)
    page = visit(region=region)
    page.button(key="more-like-these").click().run()
    alone = _hits(page)
    assert _chips(page) == ["like 4 selected papers"]
    assert not set(alone) & set(chosen)
    rows = [generation.records.ids.index(paper) for paper in chosen]
    vectors = generation.engine.vectors(np.arange(generation.size))
    likeness = vectors @ vectors[rows].mean(axis=0)
    near = [int(row) for row in likeness.argsort()[::-1] if row not in rows]
    assert {generation.records.find(paper) for paper in alone[:3]} <= set(near[:10])
    page.text_input(key="q").set_value("year:2020..2024").run()
    assert len(_chips(page)) == 2
    page.button(key="clause-1").click().run()
    assert _chips(page) == ["year: 2020..2024"]


def test_near_duplicates_are_folded_under_the_better_hit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    repository: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
) -> None:
    twins = [
        Paper(f"Robots Folding Towels No. {n}", abstract=f"Towels by robots. {'Fold. ' * 30}{n}.")
        for n in range(3)
    ]
    digest = write_digest(tmp_path / "twins.txt", [*corpus, *twins])
    build(LibraryStore(tmp_path / "library"), [digest], BuildOptions(model="hashing"))
    page = _open(tmp_path / "library", monkeypatch, repository, q="robots folding towels")
    assert len(_hits(page)) == 10
    assert "+2 near-duplicates" in [fold.label for fold in page.expander]
    assert len(_labels(page, "open-same")) == 2


def test_a_query_takes_more_and_gives_it_back() -> None:
    clause = Clause(Field.VENUE, "A b")
    for text in ("scans", "", '"liver scans"', "scans -video", 'scans "liver'):
        longer = with_clause(text, str(clause))
        assert clause in parse(longer).clauses
        assert parse(longer).words == parse(text).words
        assert parse(without_clause(longer, clause)) == parse(text)
    assert with_clause("word " * 50, str(clause)) == str(clause)


def test_a_paper_is_an_example_or_a_counter_example_not_both() -> None:
    text = with_example("scans", "p1")
    assert text == "scans like:p1"
    assert with_example(text, "p1", unlike=True) == "scans unlike:p1"
    assert without_example("scans -like:p1 like:p2", "p1") == "scans like:p2"


def test_the_number_of_matches_stands_over_the_hits(visit: Visit, generation: Generation) -> None:
    def count(query: str) -> str:
        captions = [caption.value for caption in visit(q=query).caption]
        [line] = [text for text in captions if re.search("best of|papers match", text)]
        return line

    filtered = allowed_rows(generation, Filters(clauses=parse("has:date").clauses))
    assert filtered is not None
    assert 10 < len(filtered) < generation.size
    assert count("graphs").startswith(f"10 best of {generation.size} papers")
    assert count("graphs has:date").startswith(f"{len(filtered):,} papers match")
    assert count("has:date") == f"{len(filtered):,} papers match, the 10 newest first"
