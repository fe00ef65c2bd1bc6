"""Counting what a search can be narrowed by: honest counts, and clauses that keep them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.alerts.followed_search import typed
from explorer.builds.build import BuildOptions, build
from explorer.embedders import open_embedder
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.colouring import ColourBy, colouring
from explorer.search.facets import (
    AMONG_BEST,
    facets,
    facets_of,
    loosened,
    related_topics,
    rows_to_count,
)
from explorer.search.filters import Filters, allowed_rows, usable
from explorer.search.model import Mode, Query
from explorer.search.queries.syntax import Clause, Field, parse
from explorer.search.search import search


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def _all(generation: Generation) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(generation.size)


def test_pressing_a_count_keeps_that_many_papers(generation: Generation) -> None:
    found = facets(generation, _all(generation), level=0)
    assert {facet.field for facet in found} == {
        Field.TOPIC,
        Field.AUTHOR,
        Field.YEAR,
        Field.SOURCE,
    }
    for facet in found:
        for count in facet.counts:
            [clause] = parse(str(count.clause)).clauses
            rows = allowed_rows(generation, Filters(clauses=(clause,)))
            assert rows is not None
            assert len(rows) == count.papers > 0


def test_only_the_given_rows_are_counted(generation: Generation) -> None:
    topic = generation.levels[0][0]
    rows = generation.members(topic)
    found = facets(generation, rows, level=1)
    for facet in found:
        assert sum(count.papers for count in facet.counts) <= len(rows)
    digests = next(facet for facet in found if facet.field is Field.SOURCE)
    assert sum(count.papers for count in digests.counts) == len(rows)


def test_what_all_papers_share_is_left_out(generation: Generation) -> None:
    rows = generation.records.digests["2023-05-02.txt"]
    fields = {facet.field for facet in facets(generation, rows, level=0)}
    assert Field.SOURCE not in fields
    assert Field.TOPIC in fields


def test_the_most_frequent_values_are_kept_and_years_stand_newest_first(
    generation: Generation,
) -> None:
    found = {f.field: f.counts for f in facets(generation, _all(generation), level=0, most=3)}
    topics = [count.papers for count in found[Field.TOPIC]]
    assert topics == sorted((topic.size for topic in generation.levels[0]), reverse=True)[:3]
    years = [count.label for count in found[Field.YEAR]]
    assert years == sorted(years, reverse=True)


@pytest.mark.parametrize("most", [3, 4, 8])
def test_of_many_years_the_oldest_are_counted_as_one_none_left_out(
    generation: Generation, most: int
) -> None:
    dated = int((generation.records.years > 0).sum())
    found = {f.field: f.counts for f in facets(generation, _all(generation), 0, most)}
    assert len(found[Field.YEAR]) <= most
    assert sum(count.papers for count in found[Field.YEAR]) == dated
    for count in found[Field.YEAR]:
        rows = allowed_rows(generation, Filters(clauses=parse(str(count.clause)).clauses))
        assert rows is not None
        assert len(rows) == count.papers


def test_a_chosen_value_can_be_exchanged_and_joined_by_another(generation: Generation) -> None:
    def shown(text: str) -> dict[Field, dict[str, tuple[int, bool]]]:
        filters = Filters(clauses=parse(text).clauses)
        counted, _ = facets_of(generation, search(generation, None, Query(text)), filters, 0)
        return {f.field: {c.label: (c.papers, c.chosen) for c in f.counts} for f in counted}

    first, second = generation.levels[0][:2]
    one = shown(f"topic:{first.id}")
    assert one[Field.TOPIC][first.label] == (first.size, True)
    assert one[Field.TOPIC][second.label] == (second.size, False)
    assert sum(papers for papers, _ in one[Field.SOURCE].values()) == first.size
    both = shown(f"topic:({first.id}|{second.id})")
    assert both[Field.TOPIC][second.label] == (second.size, True)
    assert sum(papers for papers, _ in both[Field.SOURCE].values()) == first.size + second.size


def test_a_venue_is_one_value_across_years_and_spellings(tmp_path: Path) -> None:
    venues = [
        "Proceedings of the 3rd Workshop on Online Abuse and Harms",
        "Fourth Workshop on Online Abuse & Harms (WOAH 2020)",
        "Proceedings of the 5th Workshop on Online Abuse and Harms (WOAH)",
        "Workshop on Something Else",
    ]
    generation = _built(
        tmp_path,
        [
            {"title": f"Paper number {n} on robots", "venue": venue, "abstract": f"Robots {n}."}
            for n, venue in enumerate(venues)
        ],
    )
    found = {f.field: f.counts for f in facets(generation, _all(generation), level=0)}
    assert [(count.label, count.papers) for count in found[Field.VENUE]] == [
        ("WOAH", 3),
        ("Workshop on Something Else", 1),
    ]
    rows = allowed_rows(generation, Filters(clauses=parse("venue:woah").clauses))
    assert rows is not None
    assert len(rows) == 3
    either = parse('venue:(WOAH|"Workshop on Something Else")').clauses
    rows = allowed_rows(generation, Filters(clauses=either))
    assert rows is not None
    assert len(rows) == 4


def test_a_venue_with_quotes_and_spaces_can_be_asked_for(tmp_path: Path) -> None:
    venues = ['The "Best" of Vision', "Robotics: Science and Systems", ""]
    papers = [
        {"title": f"Paper number {n} on robots", "venue": venue, "abstract": f"Robots {n}."}
        for n, venue in enumerate(venues)
    ]
    generation = _built(tmp_path, papers)
    found = {f.field: f.counts for f in facets(generation, _all(generation), level=0)}
    assert {count.label for count in found[Field.VENUE]} == set(venues) - {""}
    for count in found[Field.VENUE]:
        [clause] = parse(f"robots {count.clause}").clauses
        rows = allowed_rows(generation, Filters(clauses=(clause,)))
        assert rows is not None
        assert [generation.records[int(row)].venue for row in rows] == [count.label]


def test_a_digest_with_quotes_in_its_name_is_found_by_what_is_typed_for_it(
    tmp_path: Path,
) -> None:
    names = ["notes “may”  b.jsonl", '"c" d.jsonl', "plain.jsonl"]
    for number, name in enumerate(names):
        paper = {"title": f"Paper number {number} on robots", "abstract": f"Robots {number}."}
        (tmp_path / name).write_text(json.dumps(paper), encoding="utf-8")
    library = LibraryStore(tmp_path / "library")
    build(library, [tmp_path / name for name in names], BuildOptions(model="hashing"))
    generation = library.open()
    assert set(generation.records.digests) == set(names)
    counted = next(
        facet.counts
        for facet in facets(generation, _all(generation), level=0)
        if facet.field is Field.SOURCE
    )
    legend = colouring(generation, ColourBy.SOURCE, dark=False, safe=False, level=0).legend
    asked = [(count.label, str(count.clause)) for count in counted]
    asked += [(key.label, key.clause) for key in legend]
    asked += [(name, typed(Query(filters=Filters(source=name)))) for name in names]
    assert len(asked) == 9
    for name, text in asked:
        parsed = parse(f"robots {text}")
        assert parsed.words == "robots"
        assert usable(generation, parsed.clauses) == (list(parsed.clauses), [])
        rows = allowed_rows(generation, Filters(clauses=parsed.clauses))
        assert rows is not None
        assert rows.tolist() == generation.records.digests[name].tolist(), text


def test_where_nothing_is_ranked_all_that_passes_is_counted(generation: Generation) -> None:
    text = "source:2023"
    results = search(generation, None, Query(text))
    filters = Filters(clauses=parse(text).clauses)
    rows = rows_to_count(generation, results, filters)
    assert rows.tolist() == generation.records.digests["2023-05-02.txt"].tolist()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """More papers than are counted where words rank them."""
    folder = tmp_path_factory.mktemp("many")
    return _built(
        folder,
        [
            {"title": f"Study {n} of robots", "abstract": f"Robot {n} {'has an arm' * (n % 2)}."}
            for n in range(AMONG_BEST + 40)
        ],
    )


def _built(folder: Path, papers: list[dict[str, str]]) -> Generation:
    digest = folder / "papers.jsonl"
    digest.write_text("\n".join(json.dumps(paper) for paper in papers), encoding="utf-8")
    build(LibraryStore(folder / "library"), [digest], BuildOptions(model="hashing"))
    return LibraryStore(folder / "library").open()


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.DENSE, Mode.LEXICAL])
def test_where_words_rank_the_best_are_counted_the_hits_among_them(
    many: Generation, mode: Mode
) -> None:
    results = search(many, open_embedder("hashing"), Query("robots arm", mode=mode), 10)
    rows = rows_to_count(many, results, Filters())
    assert len(rows) == AMONG_BEST < many.size
    assert {hit.row for hit in results.hits} <= set(rows.tolist())


def test_each_filter_in_the_way_is_named_with_what_would_pass(generation: Generation) -> None:
    topic = generation.levels[0][0]
    nobody = Clause(Field.AUTHOR, "nobody")
    found = loosened(generation, Filters(topic=topic.id, clauses=(nobody,)))
    assert [(one.left_out, one.papers) for one in found] == [(nobody, topic.size)]


def test_a_chosen_topic_or_selection_may_be_in_the_way(generation: Generation) -> None:
    first, second = generation.levels[0][:2]
    papers = frozenset(generation.records.ids[int(row)] for row in generation.members(second))
    found = loosened(generation, Filters(topic=first.id, papers=papers))
    assert {(one.filters.topic, len(one.filters.papers), one.papers) for one in found} == {
        ("", len(papers), second.size),
        (first.id, 0, first.size),
    }


def test_related_topics_are_those_of_most_hits(generation: Generation) -> None:
    first, second = generation.levels[-1][:2]
    rows = [*generation.members(first)[:3].tolist(), *generation.members(second)[:2].tolist()]
    assert related_topics(generation, rows, 0) == (first, second)
    assert related_topics(generation, rows, 0, most=1) == (first,)
    assert related_topics(generation, rows[:1], 0) == ()
