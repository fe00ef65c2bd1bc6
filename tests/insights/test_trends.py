"""Trends: every dated paper counts in one period, and what grows is told from what fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.insights.trends import Order, Trends, first_recent, in_order, time_axis, trends
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.dates import year_of
from explorer.papers.paper import Source
from explorer.papers.table import PaperTable


class Dated(Protocol):
    def __call__(self, own: Sequence[str], of_digests: Sequence[str] = ...) -> Generation: ...


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture(scope="module")
def dated(generation: Generation, tmp_path_factory: pytest.TempPathFactory) -> Dated:
    """Give the papers, row by row and over again, dates of their own and dates of digests."""

    def with_dates(own: Sequence[str], of_digests: Sequence[str] = ("",)) -> Generation:
        papers = [
            replace(
                paper,
                arxiv="",  # it would date the paper
                date=own[row % len(own)],
                sources=(Source("digest", 1, of_digests[row % len(of_digests)]),),
            )
            for row, paper in enumerate(generation.records)
        ]
        path: Path = tmp_path_factory.mktemp("dated") / "papers.arrow"
        PaperTable.write(papers, path)
        return replace(generation, records=PaperTable.open(path))

    return with_dates


def _check(found: Trends, generation: Generation) -> None:
    """Every dated paper is in one period of one topic of each level."""
    assert set(found.of) == set(generation.topics)
    assert len(found.library) == len(found.periods) <= 42
    assert list(found.periods) == sorted(set(found.periods))
    for level in generation.levels:
        counts = np.array([found.of[topic.id].counts for topic in level])
        assert counts.sum(axis=0).tolist() == list(found.library)
        assert counts.sum(axis=1).tolist() == [found.of[topic.id].dated for topic in level]
        for topic in level:
            trend = found.of[topic.id]
            assert trend.dated <= topic.size
            assert bool(trend.newest) == bool(trend.dated)
            assert (trend.growth is None) == (len(found.periods) < 2 or not trend.dated)
            assert trend.growth is None or trend.growth > 0


def test_counts_add_up_to_the_dated_papers_on_every_level(generation: Generation) -> None:
    found = trends(generation)
    _check(found, generation)
    assert sum(found.library) == sum(year > 0 for year in generation.records.years)
    assert found.periods == ("2020", "2021", "2022", "2023", "2024")


def test_a_paper_without_a_date_has_the_latest_of_its_digests(dated: Dated) -> None:
    generation = dated(["", "XXXX-03-11", "2021"], ["2023-05-02"])
    twice = replace(
        generation.records[0], sources=(Source("a", 1, "2024"), Source("b", 2, "2023-01"))
    )
    path = generation.folder.parent / "twice.arrow"
    PaperTable.write([twice, *list(generation.records)[1:]], path)
    records = PaperTable.open(path)
    path.unlink()
    assert tuple(records.dates[:4]) == ("2024", "2023-05-02", "2021", "2023-05-02")
    found = trends(replace(generation, records=records))
    assert dict(zip(found.periods, found.library, strict=True))["2024"] == 1


@pytest.mark.parametrize(
    ("own", "of_digests"),
    [([""], [""]), (["XXXX-03-11"], ["XXXX-03"]), (["soon"], ["yesterday"])],
    ids=["undated", "year unknown", "no dates"],
)
def test_without_years_there_are_no_periods(
    dated: Dated, own: list[str], of_digests: list[str]
) -> None:
    generation = dated(own, of_digests)
    found = trends(generation)
    assert found.periods == ()
    assert found.library == ()
    _check(found, generation)


def test_one_date_for_all_is_one_period_and_no_growth(dated: Dated) -> None:
    generation = dated([""], ["2024-03-11"])
    found = trends(generation)
    assert found.periods == ("2024-03-11",)
    assert found.library == (generation.size,)
    assert {trend.growth for trend in found.of.values()} == {None}


@pytest.mark.parametrize(
    ("dates", "first", "last", "periods"),
    [
        (["2024-02-27", "2024-03-01"], "2024-02-27", "2024-03-01", 4),
        (["2024-01-15", "2024-03-20"], "2024-01", "2024-03", 3),
        (["2023-11", "2024-02-05"], "2023-11", "2024-02", 4),
        (["2021-06-01", "2024-02-05"], "2021", "2024", 4),
        (["2024-01-15", "2024"], "2024", "2024", 1),
        (["1903", "2024"], "1985", "2024", 40),
    ],
)
def test_periods_are_as_fine_as_the_dates_and_without_gaps(
    dated: Dated, dates: list[str], first: str, last: str, periods: int
) -> None:
    found = trends(dated(dates))
    assert (found.periods[0], found.periods[-1]) == (first, last)
    assert len(found.periods) == periods


def test_a_stray_paper_does_not_stretch_the_axis_but_counts(dated: Dated) -> None:
    usual = ["2022-03-04", "2023-05", "2023-09-17"]
    for stray, place in (("1962", None), ("1962-05-01", 0), ("2099-05-01", -1)):
        generation = dated([stray, *(usual * 13)])
        found = trends(generation)
        assert (found.periods[0], found.periods[-1]) == ("2022-03", "2023-09")
        _check(found, generation)
        if place is None:  # it has no month, so it is in no period
            assert sum(found.library) == generation.size - 1
        else:
            assert sum(found.library) == generation.size
            assert found.library[place] == 14


def test_the_ends_of_a_span_include_the_papers_before_and_after_the_axis(dated: Dated) -> None:
    axis = time_axis(dated(["1962-05-01", *(["2022-03-04", "2023-05", "2023-09-17"] * 13)]))
    last = len(axis.periods) - 1
    assert axis.ends(0, last) == ("1962-05", "2023-09")
    assert axis.ends(0, 0) == ("1962-05", "2022-03")
    assert axis.ends(1, last) == ("2022-04", "2023-09")


def test_a_span_is_found_by_longer_and_shorter_periods(dated: Dated) -> None:
    months = time_axis(dated(["2023-11", "2024-02-05"]))
    assert months.span("2023-12", "2024-01") == (1, 2)
    assert months.span("2024", "2024") == (2, 3)
    assert months.span("2023-12-30", "2030") == (1, 3)
    assert months.span("2019", "2020") is None
    years = time_axis(dated(["2021-06-01", "2024-02-05"]))
    assert years.span("2021-12", "2023-01-31") == (0, 2)
    of_2024 = np.flatnonzero(years.indices == 3).tolist()
    assert years.rows("2022-01", "2024-12").tolist() == of_2024
    assert years.rows("1999", "2000").tolist() == []


def test_the_newest_paper_has_a_period_of_its_own(dated: Dated) -> None:
    found = trends(dated(["2025", *(["2022", "2023", "2024"] * 13)]))
    assert found.periods[-1] == "2025"
    assert found.library[-1] == 1


@pytest.mark.parametrize("level", [0, -1])
def test_topics_of_recent_papers_grow_and_topics_of_old_ones_fade(
    dated: Dated, generation: Generation, level: int
) -> None:
    places = generation.memberships[level]
    topics = generation.levels[level]
    assert len(topics) > 2
    years = {0: "2024", 1: "2020"}
    own = [years.get(int(place), ("2020", "2024")[row % 2]) for row, place in enumerate(places)]
    found = trends(dated(own, [""]))
    recent, old, *others = (found.of[topic.id] for topic in topics)
    assert recent.growth is not None
    assert old.growth is not None
    assert old.growth < 1 < recent.growth
    for trend in others:
        assert trend.growth is not None
        assert old.growth < trend.growth < recent.growth
    assert (recent.newest, old.newest) == ("2024", "2020")
    by_growth = in_order(topics, found, Order.GROWTH)
    assert (by_growth[0], by_growth[-1]) == (topics[0], topics[1])
    assert in_order(topics, found, Order.SIZE) == list(topics)
    by_date = [found.of[topic.id].newest for topic in in_order(topics, found, Order.NEWEST)]
    assert by_date == sorted(by_date, reverse=True)


def test_the_newest_topic_is_told_by_its_median_paper(dated: Dated) -> None:
    own = ["2019", "2024", "", "2021-05", "2022", "2020"]
    generation = dated(own, [""])
    found = trends(generation)
    assert len(generation.levels[0]) >= 2
    for level in generation.levels:
        for topic in level:
            dates = sorted(filter(None, (own[row % 6] for row in generation.members(topic))))
            assert found.of[topic.id].newest == dates[len(dates) // 2]


def test_few_papers_tell_less_than_many(dated: Dated, generation: Generation) -> None:
    level = generation.levels[0]
    largest = generation.members(level[0])

    def growth(recent: int) -> float:
        own = ["2020" if row % 2 else "2024" for row in range(generation.size)]
        for place, row in enumerate(largest):
            own[row] = "2024" if place < recent else ""
        found = trends(dated(own)).of[level[0].id].growth
        assert found is not None
        return found

    assert 1 < growth(1) < growth(3) < growth(len(largest))


def test_what_is_recent_is_the_smallest_tail_with_a_third_of_the_papers() -> None:
    assert first_recent([10, 0, 10, 5, 5]) == 3
    assert first_recent([10, 10, 10]) == 2
    assert first_recent([90, 5, 5]) == 1
    assert first_recent([7]) is None
    assert first_recent([]) is None


_DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(date.isoformat)
_NEAR = st.integers(0, 900).map(lambda days: str(date(2024, 1, 1) + timedelta(days)))
_EDTF = st.tuples(st.one_of(_DAYS, _NEAR), st.sampled_from([4, 7, 10])).map(
    lambda pair: pair[0][: pair[1]]
)
_YEARLESS = _DAYS.map(lambda day: f"XXXX{day[4:]}")
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_DATES = st.lists(st.one_of(_EDTF, _NEAR, _YEARLESS, _TEXT, st.just("")), min_size=1, max_size=40)


@settings(deadline=None)  # each example writes a file
@given(own=_DATES, of_digests=_DATES)
def test_any_mix_of_dates_counts(dated: Dated, own: list[str], of_digests: list[str]) -> None:
    generation = dated(own, of_digests)
    found = trends(generation)
    _check(found, generation)
    for text in found.periods:
        assert year_of(text) is not None
