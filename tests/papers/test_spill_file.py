"""Spill file of a build: papers come back, and no file is left."""

from __future__ import annotations

import gc
from pathlib import Path

from explorer.papers.paper import Paper, Source
from explorer.papers.spill_file import SpillFile

MANY = 2_345
"""More papers than are written at once."""


def paper(number: int) -> Paper:
    source = Source(f"{number % 3}.txt", number + 1, f"202{number % 3}")
    return Paper(title=f"Paper {number}", abstract="Text. " * (number % 5), sources=(source,))


def test_papers_come_back_in_order_and_no_file_is_left(tmp_path: Path) -> None:
    spool = SpillFile(tmp_path)
    assert [spool.add(paper(number)) for number in range(MANY)] == list(range(MANY))
    assert len(spool) == len(spool.papers) == MANY
    assert list(spool.papers) == [paper(number) for number in range(MANY)]
    assert spool.papers[-1] == paper(MANY - 1)
    assert list(spool.papers.fingerprints)[:3] == [paper(n).fingerprint for n in range(3)]
    del spool
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    spool = SpillFile(tmp_path / "library" / "inside", fingerprints=False)
    spool.add(paper(1))
    assert list(spool.papers.fingerprints) == [""]
    assert spool.papers[0].fingerprint == paper(1).fingerprint
    assert list(tmp_path.iterdir()) == []


def test_shelves_hold_the_papers_of_their_digests(tmp_path: Path) -> None:
    spool = SpillFile(tmp_path)
    first = spool.add_all(map(paper, range(5)))
    none = spool.add_all(())
    second = spool.add_all(map(paper, range(5, MANY)))
    assert (len(first), len(none), len(second)) == (5, 0, MANY - 5)
    assert list(first) == [paper(number) for number in range(5)]
    assert not none and list(none) == []
    assert second[0] == paper(5)
    assert list(second[1:3]) == [paper(6), paper(7)]
    assert first.dates == {"2020", "2021", "2022"}


def test_no_papers_are_papers_too(tmp_path: Path) -> None:
    assert list(SpillFile(tmp_path).papers) == []
