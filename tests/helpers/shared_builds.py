"""Libraries that are dear to build: once a run, then a copy for each process that runs tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def build_once(name: str, make: Callable[[Path], None], folders: pytest.TempPathFactory) -> Path:
    """Return a folder of this process's own with what ``make`` writes into the one it is given.

    With pytest-xdist the first process that needs it makes it, the others wait and copy.
    """
    own = folders.mktemp(name)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make(own)
        return own
    shared = folders.getbasetemp().parent / f"shared-{name}"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            make(own)
            # Renamed when complete: a process that is killed leaves no half of it behind.
            copy = shutil.copytree(own, f"{shared}.part", dirs_exist_ok=True)
            Path(copy).rename(shared)
            return own
    shutil.copytree(shared, own, dirs_exist_ok=True)
    return own
