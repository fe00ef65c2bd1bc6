"""Readers of XML, JSON and tables keep their promises on damaged digests (``fuzz_property.py``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.fuzzed import DATA_FORMATS, violations


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(DATA_FORMATS))
def test_damaged_data_breaks_no_promise(name: str, tmp_path: Path) -> None:
    assert violations(name, tmp_path) == []
