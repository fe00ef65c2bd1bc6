"""Digests that were once read wrongly. They lie beside the project, not in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.readers import Reading, read_digest
from tests.helpers.corpus import ROOT

FOLDER = ROOT.parent / "shared" / "data" / "failing_digests"


def failing_digest(name: str) -> Path:
    """Return the file of this name; the test is skipped where it is not."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


def read_failing(name: str) -> Reading:
    """Read the file of this name; the test is skipped where it is not."""
    return read_digest(failing_digest(name))
