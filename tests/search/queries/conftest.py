"""The library of named papers, built once."""

from __future__ import annotations

import pytest

from explorer.library.generation import Generation
from tests.helpers.named_papers import build_named_papers


@pytest.fixture(scope="session")
def named_papers(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Seventeen papers whose authors, venues, ids and years queries name; read only."""
    return build_named_papers(tmp_path_factory.mktemp("named"))
