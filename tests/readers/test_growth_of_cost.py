"""Cost of hostile repetition: twice the input may not take much more than twice the time."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.attacks import READING, Attack
from explorer.errors import DigestError
from explorer.readers import read_digests
from explorer.settings import ReadingLimits

_SMALL = 20_000
_TIMES = 8
_MOST_GROWTH = 3 * _TIMES
"""Of the time; what is quadratic grows by the square of the input, 64 times."""
_TOO_LITTLE = 0.05
"""Seconds below which times say nothing; any quadratic cost is above this at eight times."""
_REPETITIONS = [attack for attack in READING if not attack.name.startswith("ZIP")]


def _seconds(attack: Attack, size: int, folder: Path) -> float:
    path = folder / "attack"
    path.write_bytes(attack.make(size))
    begin = time.thread_time()
    with suppress(DigestError):
        read_digests(path, limits=ReadingLimits(cpu_seconds=10))
    return time.thread_time() - begin


@pytest.mark.slow
@pytest.mark.parametrize("attack", _REPETITIONS, ids=lambda attack: attack.name)
def test_cost_grows_with_the_input(attack: Attack, tmp_path: Path) -> None:
    _seconds(attack, 1_000, tmp_path)  # imports what the reader needs
    small = max(_seconds(attack, _SMALL, tmp_path), _TOO_LITTLE)
    assert _seconds(attack, _TIMES * _SMALL, tmp_path) < _MOST_GROWTH * small
