"""What is new: which papers and topics count, in which order, and how a moment is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.builds.apply_edits import merge
from explorer.builds.build import BuildOptions, build
from explorer.errors import UnusableInput
from explorer.insights.topic_tree import node_of, shown_level
from explorer.insights.whats_new import last_update, moment_of, whats_new
from explorer.library.arrival import milliseconds, moment_at
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.topics.tracking import TopicEventKind
from tests.helpers.corpus import WriteDigest


@pytest.fixture(scope="module")
def updated(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> LibraryStore:
    """A library of two subjects, then two papers on one of them, then two subjects more."""
    folder = tmp_path_factory.mktemp("updated")
    library = LibraryStore(folder / "library")
    for number, papers in enumerate((corpus[:18], corpus[18:20], corpus[20:])):
        digest = write_digest(folder / f"2024-03-1{number}.txt", papers)
        build(library, [digest], BuildOptions(model="hashing"))
    return library


@pytest.fixture(scope="module")
def generation(updated: LibraryStore) -> Generation:
    return updated.open()


@pytest.fixture(scope="module")
def first(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def _titles(generation: Generation, rows: tuple[int, ...]) -> set[str]:
    return {generation.records.titles[row] for row in rows}


def test_by_default_what_the_last_update_brought_is_new(
    generation: Generation, corpus: list[Paper]
) -> None:
    found = whats_new(generation)
    assert _titles(generation, found.rows) == {paper.title for paper in corpus[20:]}
    assert found.since == last_update(generation)
    assert not found.all_at_once


def test_a_build_that_brings_no_papers_changes_nothing_about_what_is_new(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    folder = tmp_path_factory.mktemp("merged")
    library = LibraryStore(folder / "library")
    for number, papers in enumerate((corpus[:20], corpus[20:])):
        build(
            library, [write_digest(folder / f"{number}.txt", papers)], BuildOptions(model="hashing")
        )
    before = whats_new(library.open())
    coarsest = library.open().levels[0]
    merge(library, [coarsest[0].id, coarsest[1].id])
    after = whats_new(library.open())
    assert (after.rows, after.since) == (before.rows, before.since)
    assert len(after.events) > len(before.events)


def test_of_a_first_build_nothing_is_new_unless_one_asks_from_before_it(first: Generation) -> None:
    found = whats_new(first)
    assert found.all_at_once
    assert (found.rows, found.topics, found.events) == ((), (), ())
    asked = whats_new(first, found.since)
    assert set(asked.rows) == set(range(first.size))
    assert whats_new(first, found.since + timedelta(milliseconds=1)).rows == ()


def test_what_came_at_the_moment_itself_is_new_and_what_came_before_is_not(
    generation: Generation, corpus: list[Paper]
) -> None:
    begin, second, _ = sorted(set(generation.added_at.tolist()))
    expected = {paper.title for paper in corpus[18:]}
    for moment in (begin + 1, second):
        found = whats_new(generation, moment_at(moment))
        assert _titles(generation, found.rows) == expected
    assert len(whats_new(generation, moment_at(begin)).rows) == generation.size
    assert _titles(generation, whats_new(generation, moment_at(second + 1)).rows) < expected


@given(moment=st.integers(-5, 30), data=st.data())
def test_newcomers_are_ordered_and_stand_each_in_one_topic(
    first: Generation, moment: int, data: st.DataObject
) -> None:
    size = first.size
    moments = st.lists(st.integers(0, 25), min_size=size, max_size=size)
    shares = st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=size, max_size=size)
    arrived = np.array(data.draw(moments), dtype=np.int64)
    belonging = np.array(data.draw(shares), dtype=np.float32)
    drawn = replace(first, added_at=arrived, strengths=tuple(belonging for _ in first.levels))
    found = whats_new(drawn, moment_at(moment))
    assert sorted(found.rows) == np.flatnonzero(arrived >= moment).tolist()
    dates = first.records.dates
    keys = [(arrived[row], dates[row], belonging[row]) for row in found.rows]
    assert all(one >= other for one, other in pairwise(keys))
    assert sorted(row for of in found.topics for row in of.rows) == sorted(found.rows)
    place = {row: number for number, row in enumerate(found.rows)}
    for of in found.topics:
        assert of.rows
        assert set(of.rows) <= set(first.members(of.topic).tolist())
        assert [place[row] for row in of.rows] == sorted(place[row] for row in of.rows)
    parts = [len(of.rows) / of.topic.size for of in found.topics]
    assert parts == sorted(parts, reverse=True)


def test_topics_are_those_shown_on_the_map_and_the_new_ones_are_marked(
    generation: Generation,
) -> None:
    found = whats_new(generation)
    assert {of.topic.level for of in found.topics} == {shown_level(generation)}
    begun = {event.topic for event in found.events if event.kind is TopicEventKind.NEW}
    assert begun
    marked = {of.topic for of in found.topics if of.is_new}
    for topic in begun & generation.topics.keys():
        assert node_of(generation, generation.topics[topic]).topic in marked
    old = whats_new(generation, last_update(generation) + timedelta(milliseconds=1))
    assert not any(of.is_new for of in old.topics)


def test_a_topic_that_was_there_before_is_not_marked(
    generation: Generation, corpus: list[Paper]
) -> None:
    _, second, third = sorted(set(generation.added_at.tolist()))
    created = [milliseconds(event.created) for event in generation.events]
    found = whats_new(generation, moment_at(second))
    assert set(created) <= {second, third}
    newcomers = {paper.title for paper in corpus[18:20]}
    joined = [of for of in found.topics if _titles(generation, of.rows) & newcomers]
    assert joined
    assert not any(of.is_new for of in joined)


def test_events_are_told_from_the_newest_build_back(generation: Generation) -> None:
    told = whats_new(generation, datetime(1970, 1, 1, tzinfo=UTC)).events
    assert sorted(told, key=lambda event: event.generation, reverse=True) == list(told)
    assert set(told) == set(generation.events)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        (" 2026-11-20 ", "2026-11-20T00:00:00+00:00"),
        ("2026-11-20T09:30", "2026-11-20T09:30:00+00:00"),
        ("2026-11-20T09:30Z", "2026-11-20T09:30:00+00:00"),
        ("2026-11-20T09:30+01:00", "2026-11-20T08:30:00+00:00"),
        ("2026-11-20 09:30:05.250", "2026-11-20T09:30:05.250000+00:00"),
    ],
)
def test_a_day_begins_at_midnight_and_a_moment_without_a_zone_is_utc(
    text: str, moment: str
) -> None:
    assert moment_of(text).isoformat() == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "2026-02-30", "20.11.2026", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_moment_is_refused_by_name_with_an_example(text: str) -> None:
    with pytest.raises(UnusableInput) as refused:
        moment_of(text)
    assert repr(text) in str(refused.value)
    assert "2026-11-20" in str(refused.value)


@given(st.text())
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        assert moment_of(text).tzinfo is UTC
    except UnusableInput:
        return


@given(st.integers(0, 2**42))
def test_moments_and_milliseconds_are_the_same(arrival: int) -> None:
    assert milliseconds(moment_at(arrival).isoformat()) == arrival
