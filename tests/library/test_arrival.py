"""Times of arrival: clocks that are wrong or set back, time zones, daylight saving."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.alerts.followed_search import find, followed
from explorer.builds.apply_edits import rename
from explorer.builds.build import BuildOptions, build
from explorer.insights.whats_new import whats_new
from explorer.library.arrival import arrival_after, milliseconds, moment_at
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.filters import Filters
from explorer.search.model import Query
from tests.helpers.corpus import WriteDigest

SetClock = Callable[[str], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the clock that arrivals are taken from to an ISO moment."""

    def set_to(moment: str) -> None:
        monkeypatch.setattr(time, "time_ns", lambda: milliseconds(moment) * 1_000_000)

    return set_to


@pytest.fixture
def time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Set the time zone of this process."""

    def set_to(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_to
    monkeypatch.undo()
    time.tzset()


@given(st.lists(st.integers(0, 2**42)))
def test_an_arrival_is_after_all_earlier_ones_and_not_before_the_clock(earlier: list[int]) -> None:
    before = time.time_ns() // 1_000_000
    arrival = milliseconds(arrival_after(earlier))
    assert arrival >= before
    assert all(arrival > moment for moment in earlier)


@pytest.mark.parametrize("set_back", ["2026-11-20T08:00", "1970-01-01T00:00:00.001"])
def test_papers_that_come_after_the_clock_was_set_back_are_news(
    tmp_path: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    set_clock: SetClock,
    set_back: str,
) -> None:
    library = LibraryStore(tmp_path / "library")
    set_clock("2026-11-20T09:00")
    first = _added(library, write_digest(tmp_path / "a.txt", corpus[:10]))
    search = followed(first, "all", Query(filters=Filters(year_from=1900)))
    set_clock(set_back)
    second = _added(library, write_digest(tmp_path / "b.txt", corpus[10:14]))
    assert len(whats_new(second).rows) == 4
    results, news = find(second, None, search), set(whats_new(second).rows)
    assert results.new
    assert list(results.new) == [hit for hit in results.hits if hit.row in news]
    assert second.added_at.max() > first.added_at.max()
    assert second.manifest.created > first.manifest.created
    rename(library, second.levels[0][0].id, "Another name")
    assert library.open().manifest.created > second.manifest.created


def test_papers_that_come_after_a_rollback_with_the_clock_set_back_are_news(
    tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest, set_clock: SetClock
) -> None:
    library = LibraryStore(tmp_path / "library")
    set_clock("2026-11-20T09:00")
    _added(library, write_digest(tmp_path / "a.txt", corpus[:10]))
    set_clock("2026-11-20T10:00")
    seen = _added(library, write_digest(tmp_path / "b.txt", corpus[10:14]))
    library.rollback()
    set_clock("2026-11-20T09:30")
    third = _added(library, write_digest(tmp_path / "c.txt", corpus[14:17]))
    assert third.added_at.max() > seen.added_at.max()


def test_the_hour_that_daylight_saving_repeats_keeps_the_order_of_arrival(
    tmp_path: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    set_clock: SetClock,
    time_zone: Callable[[str], None],
) -> None:
    time_zone("Europe/Berlin")
    library = LibraryStore(tmp_path / "library")
    arrivals = []
    # 02:30 summer time, 02:30 winter time, and then a machine in another zone.
    for number, (moment, zone) in enumerate(
        (
            ("2026-10-25T00:30", "Europe/Berlin"),
            ("2026-10-25T01:30", "Europe/Berlin"),
            ("2026-10-25T01:45", "America/Los_Angeles"),
        )
    ):
        time_zone(zone)
        set_clock(moment)
        papers = corpus[number * 4 : number * 4 + 6]
        generation = _added(library, write_digest(tmp_path / f"{number}.txt", papers))
        arrivals.append(int(generation.added_at.max()))
        assert moment_at(arrivals[-1]) == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert arrivals == sorted(set(arrivals))


def test_a_time_without_a_zone_means_utc_in_every_zone(time_zone: Callable[[str], None]) -> None:
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        time_zone(zone)
        assert milliseconds("2026-11-20T09:00") == milliseconds("2026-11-20T09:00+00:00")


def test_a_digest_dated_in_the_future_hides_no_later_news(
    tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    library = LibraryStore(tmp_path / "library")
    _added(library, write_digest(tmp_path / "2099-01-01.txt", corpus[:10]))
    generation = _added(library, write_digest(tmp_path / "2026-11-20.txt", corpus[10:14]))
    titles = {generation.records.titles[row] for row in whats_new(generation).rows}
    assert titles == {paper.title for paper in corpus[10:14]}


def _added(library: LibraryStore, digest: Path) -> Generation:
    build(library, [digest], BuildOptions(model="hashing"))
    return library.open()
