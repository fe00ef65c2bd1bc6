"""A library with more papers than the map draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.scene import MOST_DRAWN


@pytest.fixture(scope="module")
def crowd(hashing_library: LibraryStore) -> Generation:
    """The same papers again and again, on a map with more of them than are drawn."""
    generation = hashing_library.open()
    times = 2 * MOST_DRAWN // generation.size
    table = generation.records._table.take(np.tile(np.arange(generation.size), times))
    chance = np.random.default_rng(3)
    spots = np.tile(generation.positions, (times, 1))
    spots += chance.normal(scale=0.3, size=spots.shape).astype(np.float32)
    graph = replace(
        generation.graph,
        neighbours=np.tile(generation.graph.neighbours, (times, 1)),
        similarities=np.tile(generation.graph.similarities, (times, 1)),
    )
    return replace(
        generation,
        graph=graph,
        manifest=replace(generation.manifest, papers=len(spots)),
        records=type(generation.records)(table),
        positions=spots,
        memberships=tuple(np.tile(labels, times) for labels in generation.memberships),
        strengths=tuple(np.tile(strengths, times) for strengths in generation.strengths),
    )
