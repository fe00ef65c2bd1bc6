"""Readers of text keep their promises on damaged digests, and past finds stay mended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer.papers.paper import Paper, Source
from explorer.readers import Rejection, reader_names
from explorer.readers.contract import Digest, Reader
from tests.helpers.corpus import ROOT
from tests.readers.fuzz import CORPUS, FINDS, cases, format_of, seeds
from tests.readers.fuzz_coverage import NewLines
from tests.readers.fuzz_property import Violation, check_readers
from tests.readers.fuzzed import DATA_FORMATS, TEXT_FORMATS, violations

STORED = sorted(path for folder in (CORPUS, FINDS) for path in folder.glob("*.*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_damaged_text_breaks_no_promise(name: str, tmp_path: Path) -> None:
    assert violations(name, tmp_path) == []


@pytest.mark.parametrize("name", reader_names())
def test_stored_inputs_and_past_finds_break_no_promise(name: str, tmp_path: Path) -> None:
    for path in STORED:
        if format_of(path) == name:
            check_readers(name, path.read_bytes(), tmp_path)


def test_the_corpus_is_small_and_each_file_names_its_format() -> None:
    assert {*DATA_FORMATS, *TEXT_FORMATS} == {*reader_names()}
    assert {format_of(path) for path in STORED} <= {*reader_names()}
    assert sum(path.stat().st_size for path in STORED) < 350_000
    assert all(seeds().values())


def test_inputs_are_the_same_in_every_run_and_differ_from_each_other() -> None:
    assert cases("spreadsheet", 20) == cases("spreadsheet", 20)
    assert len(set(cases("ris", 100))) > 90
    assert cases("ris", 10) != cases("ris", 10, seed="another")


def _paper(title: str = "A title", line: int = 1, **fields: Any) -> Paper:
    return Paper(title, sources=(Source("digest", line),), **fields)


def _counted() -> Iterator[Paper]:
    _counted.calls = getattr(_counted, "calls", 0) + 1  # type: ignore[attr-defined]
    yield _paper(f"Title {_counted.calls}")  # type: ignore[attr-defined]


FAULTS: dict[str, Callable[[], Iterator[Any]]] = {
    "raises": lambda: (number for number in [1 // 0]),
    "no text that can be stored": lambda: iter([_paper(venue="a \ud800 b")]),
    "line 9 of 1": lambda: iter([Rejection("digest", 9, "too far")]),
    "no line": lambda: iter([_paper(line=0)]),
    "without reason": lambda: iter([Rejection("digest", 1, "")]),
    "two results": _counted,
    "neither": lambda: iter([Source("digest", 1)]),
}
"""Mistakes that a reader could make, by a part of the message about each."""


class _Faulty:
    name = "faulty"

    def __init__(self, items: Callable[[], Iterator[Any]]) -> None:
        self._items = items

    def recognises(self, digest: Digest) -> int:  # noqa: ARG002
        return 100

    def read(self, digest: Digest) -> Iterator[Paper | Rejection]:  # noqa: ARG002
        yield from self._items()


@pytest.mark.parametrize("message", FAULTS)
def test_each_broken_promise_is_noticed(message: str, tmp_path: Path) -> None:
    faulty: list[Reader] = [_Faulty(FAULTS[message])]
    with pytest.raises(Violation, match=message):
        check_readers("faulty", b"any text", tmp_path, faulty)


def test_an_endless_reader_is_stopped(tmp_path: Path) -> None:
    # In a process of its own, which the timer's signal may interrupt anywhere.
    program = [sys.executable, "-m", "tests.readers.endless_reader", str(tmp_path)]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "endless: more than 0.2 s of processor time\n"


def test_new_lines_of_readers_are_counted_once(tmp_path: Path) -> None:
    lines = NewLines()
    counts = []
    for name in ("ris", "ris", "wos"):
        with lines.watching():
            check_readers(name, seeds()[name][0], tmp_path)
        counts.append(lines.count)
    assert counts[0] > 50
    assert counts[1] == counts[0]
    assert counts[2] > counts[0]
