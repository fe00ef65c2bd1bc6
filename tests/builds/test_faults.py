"""Failures that a library must outlive; ``python -m benchmarks faults`` meets many more of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults import Checks, Digests, builders, full_disk, kills, scratch

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with scratch() as made:
        yield made


@pytest.fixture(scope="module")
def digests(folder: Path) -> Digests:
    return Digests.write(folder, 100)


def test_killed_builds_lose_nothing_and_readers_never_notice(
    folder: Path, digests: Digests
) -> None:
    checks = Checks()
    counted = kills(folder / "kills", digests, 2, checks)
    assert checks.failed == []
    assert counted["kills"] == 2
    assert checks.made > 25


def test_a_full_disk_is_reported_and_the_next_build_with_room_succeeds(
    folder: Path, digests: Digests
) -> None:
    checks = Checks()
    levels = ("vectors", "name of the live generation")
    figures = full_disk(folder / "full", digests, checks, levels)
    assert checks.failed == []
    assert figures["a full disk, the first that does not fit"]


def test_of_two_builders_at_once_one_works_and_one_is_refused(
    folder: Path, digests: Digests
) -> None:
    checks = Checks()
    figures = builders(folder / "builders", digests, [2], checks)
    assert checks.failed == []
    assert figures["builds begun at once"]
