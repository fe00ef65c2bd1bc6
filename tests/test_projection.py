"""The map: the same every time, finite at any size, and near what is near in meaning."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from explorer.embedders import Vectors
from explorer.engines import load_engine
from explorer.graph import build_graph
from explorer.library import Library
from explorer.projection import Positions, draw
from explorer.settings import GraphSettings, MapSettings

SIZES = (1, 2, 3, 5, 11, 12, 13, 40)


def cluster_vectors(count: int, clusters: int = 4, noise: float = 0.5) -> Vectors:
    """Return unit vectors around ``clusters`` directions; row i belongs to i % clusters."""
    random = np.random.default_rng(5)
    middles = random.normal(size=(clusters, 32))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    raw = middles[np.arange(count) % clusters] + noise * random.normal(size=(count, 32)) / 32**0.5
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)


def map_of(vectors: Vectors, neighbours: int = 30) -> Positions:
    graph = build_graph(load_engine("exact").build(vectors), GraphSettings(neighbours))
    return draw(graph, vectors, MapSettings())


def fingerprints() -> str:
    """Return a checksum of the map of each size, as one line."""
    maps = (map_of(cluster_vectors(count)) for count in SIZES)
    return " ".join(hashlib.sha256(positions.tobytes()).hexdigest()[:16] for positions in maps)


def test_two_processes_draw_the_same_map_to_the_byte(repository: Path) -> None:
    code = "from tests.test_projection import fingerprints; print(fingerprints())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repository,
        env=os.environ | {"PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split()[-len(SIZES) :] == fingerprints().split()


@pytest.mark.parametrize("count", SIZES)
def test_a_map_of_any_size_is_finite_centred_and_of_one_radius(count: int) -> None:
    positions = map_of(cluster_vectors(count))
    assert positions.shape == (count, 2)
    assert positions.dtype == np.float32
    assert np.isfinite(positions).all()
    assert np.allclose(positions.mean(axis=0), 0.0, atol=1e-3)
    if count > 1:
        assert np.sqrt((positions**2).sum(axis=1).mean()) == pytest.approx(10.0, rel=1e-3)


@pytest.mark.parametrize("count", SIZES)
def test_papers_that_all_say_the_same_still_get_finite_places(count: int) -> None:
    vectors = np.repeat(cluster_vectors(1), count, axis=0)
    positions = map_of(vectors)
    assert positions.shape == (count, 2)
    assert np.isfinite(positions).all()


@pytest.mark.parametrize(("count", "clusters"), [(15, 3), (40, 4), (60, 2)])
def test_a_graph_in_parts_is_drawn_with_its_parts_apart(count: int, clusters: int) -> None:
    vectors = cluster_vectors(count, clusters, noise=0.05)
    own = np.arange(count) % clusters
    positions = map_of(vectors, neighbours=count // clusters - 1)
    assert np.isfinite(positions).all()
    distances = np.linalg.norm(positions[:, None] - positions[None, :], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (own[distances.argmin(axis=1)] == own).mean() == 1.0


def test_the_longest_axis_lies_level() -> None:
    for count in (11, 40):
        width, height = map_of(cluster_vectors(count)).std(axis=0)
        assert width >= height


def kept_neighbours(library: Library, k: int = 8) -> tuple[float, float]:
    """Return the share of each paper's k nearest that are among its k nearest on the map.

    The second number is the share that chance alone would keep.
    """
    generation = library.open()
    positions = np.asarray(generation.positions, dtype=np.float64)
    distances = np.linalg.norm(positions[:, None] - positions[None, :], axis=2)
    np.fill_diagonal(distances, np.inf)
    on_map = np.argsort(distances, axis=1)[:, :k]
    near = generation.graph.neighbours[:, :k]
    kept = [len(set(a.tolist()) & set(b.tolist())) / k for a, b in zip(on_map, near, strict=True)]
    return float(np.mean(kept)), k / (generation.size - 1)


def test_neighbours_in_meaning_are_neighbours_on_the_map(
    hashing_library: Library, seed_library: Library
) -> None:
    for library in (hashing_library, seed_library):
        kept, chance = kept_neighbours(library)
        assert kept > 0.4
        assert kept > 1.8 * chance
