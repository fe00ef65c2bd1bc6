"""The map: the same every time, finite at any size, and near what is near in meaning."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from explorer.arrays import Positions, Vectors
from explorer.index.engines import load_engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.library.store import LibraryStore
from explorer.map import layout
from explorer.map.layout import draw, place, redraw, spread_out
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


@pytest.mark.slow
def test_two_processes_draw_the_same_map_to_the_byte(repository: Path) -> None:
    code = "from tests.map.test_layout import fingerprints; print(fingerprints())"
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


@pytest.mark.slow
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
def test_identical_papers_still_get_finite_positions(count: int) -> None:
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


def kept_neighbours(library: LibraryStore, k: int = 8) -> tuple[float, float]:
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
    hashing_library: LibraryStore, seed_library: LibraryStore
) -> None:
    for library in (hashing_library, seed_library):
        kept, chance = kept_neighbours(library)
        assert kept > 0.4
        assert kept > 1.8 * chance


# Newcomers.

GONE = np.float32(np.nan)


def graph_of(vectors: Vectors, neighbours: int = 30) -> NeighbourGraph:
    return build_graph(load_engine("exact").build(vectors), GraphSettings(neighbours))


def without(positions: Positions, rows: Sequence[int]) -> Positions:
    """Return ``positions`` as they are before the papers in ``rows`` come."""
    start = positions.copy()
    start[list(rows)] = GONE
    return start


def gaps(positions: Positions) -> NDArray[np.float64]:
    """Return how far each paper is from the nearest other."""
    apart = np.linalg.norm(positions[:, None].astype(np.float64) - positions[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart.min(axis=1))


def least_distance(positions: Positions) -> float:
    return float(gaps(positions).min())


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 60),
    share=st.sampled_from([0.05, 0.3, 0.8, 1.0]),
    neighbours=st.sampled_from([1, 3, 30]),
    distinct=st.integers(1, 60),
    spots=st.sampled_from(["apart", "one", "line", "few"]),
    seed=st.integers(0, 99),
)
def test_newcomers_get_places_of_their_own_and_the_others_keep_theirs_to_the_byte(
    count: int, share: float, neighbours: int, distinct: int, spots: str, seed: int
) -> None:
    random = np.random.default_rng(seed)
    vectors = cluster_vectors(distinct)[np.arange(count) % distinct]
    positions = np.asarray(random.normal(scale=7.0, size=(count, 2)), dtype=np.float32)
    if spots == "one":
        positions[:] = positions[0]
    elif spots == "line":
        positions[:, 1] = 0.0
    elif spots == "few":
        positions = positions[np.arange(count) % 3 % count]
    newcomers = np.flatnonzero(random.random(count) < share)
    start = without(positions, newcomers.tolist())
    placed = place(graph_of(vectors, neighbours), start, MapSettings())
    assert placed.shape == (count, 2)
    assert placed.dtype == np.float32
    assert np.isfinite(placed).all()
    stayed = np.setdiff1d(np.arange(count), newcomers)
    assert placed[stayed].tobytes() == positions[stayed].tobytes()
    if len(newcomers) > 1:
        assert least_distance(placed[newcomers]) > 1e-4
    again = place(graph_of(vectors, neighbours), start, MapSettings())
    assert again.tobytes() == placed.tobytes()


def test_newcomers_lie_among_papers_like_them() -> None:
    vectors = cluster_vectors(200)
    positions = map_of(vectors)
    newcomers = np.arange(5, 200, 7)
    placed = place(graph_of(vectors), without(positions, newcomers.tolist()), MapSettings())
    own = np.arange(200) % 4
    stayed = np.setdiff1d(np.arange(200), newcomers)
    apart = np.linalg.norm(placed[newcomers][:, None] - placed[stayed][None], axis=2)
    assert (own[stayed[apart.argmin(axis=1)]] == own[newcomers]).mean() > 0.95
    drawn = np.linalg.norm(positions[newcomers] - placed[newcomers], axis=1)
    chance = np.linalg.norm(positions[newcomers] - positions[stayed[: len(newcomers)]], axis=1)
    assert np.median(drawn) < 0.5 * np.median(chance)


def test_a_crowd_of_newcomers_with_the_same_neighbours_does_not_lie_on_one_spot() -> None:
    vectors = cluster_vectors(150)
    vectors[100:] = vectors[0]
    positions = without(map_of(vectors), range(100, 150))
    placed = place(graph_of(vectors), positions, MapSettings())
    crowd = placed[100:]
    assert least_distance(placed) > 1e-3
    assert np.median(gaps(crowd)) > 0.3 * np.median(gaps(placed[:100]))
    assert np.linalg.norm(crowd - placed[0], axis=1).max() < 5.0


def test_newcomers_who_know_only_each_other_lie_together_and_apart_from_the_rest() -> None:
    vectors = cluster_vectors(120, 4, noise=0.05)
    own = np.arange(120) % 4
    newcomers = np.flatnonzero(own == 3)
    graph = graph_of(vectors, 10)
    assert set(graph.neighbours[newcomers].ravel().tolist()) <= set(newcomers.tolist())
    placed = place(graph, without(map_of(vectors, 10), newcomers.tolist()), MapSettings())
    apart = np.linalg.norm(placed[:, None] - placed[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (own[apart.argmin(axis=1)] == own).mean() > 0.95
    assert np.abs(placed).max() < 40.0


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_papers_none_of_which_has_a_place_get_some(count: int) -> None:
    vectors = cluster_vectors(count)
    placed = place(graph_of(vectors), np.full((count, 2), GONE), MapSettings())
    assert np.isfinite(placed).all()
    if count > 1:
        assert least_distance(placed) > 0.1


# Redraws.


def turned(positions: Positions, degrees: float, mirrored: bool, size: float) -> Positions:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.diag([-1.0 if mirrored else 1.0, 1.0])
    return np.asarray(size * positions @ mirror @ turn + [3.0, -2.0], dtype=np.float32)


@pytest.mark.parametrize("degrees", [0, 40, 180])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("size", [0.3, 1.0])
def test_a_redraw_lies_over_the_map_however_that_was_turned(
    degrees: float, mirrored: bool, size: float
) -> None:
    few = cluster_vectors(9)
    start = turned(map_of(few), degrees, mirrored, size)
    # So few papers are not drawn by chance, so the same drawing results again.
    assert np.allclose(redraw(graph_of(few), few, MapSettings(), start), start, atol=1e-3)


def test_a_redraw_lies_as_near_to_the_map_as_it_can_be_turned() -> None:
    vectors = cluster_vectors(80)
    graph = graph_of(vectors)
    start = turned(map_of(vectors), 70, True, 1.0)
    redrawn = redraw(graph, vectors, MapSettings(), start)
    assert redrawn.tobytes() == redraw(graph, vectors, MapSettings(), start).tobytes()

    def moved(positions: Positions) -> float:
        return float(((positions - start) ** 2).sum())

    middle = start.mean(axis=0)
    for degrees in (0, 5, -5, 90, 180):
        for mirrored in (False, True):
            other = turned(redrawn - middle, degrees, mirrored, 1.0) - [3.0, -2.0] + middle
            assert moved(other) >= 0.9999 * moved(redrawn)


def test_redraws_do_not_shrink_the_map() -> None:
    vectors = cluster_vectors(80)
    graph = graph_of(vectors)
    later = start = map_of(vectors)
    for _ in range(3):
        later = redraw(graph, vectors, MapSettings(), later)
    radius = np.sqrt(((later - later.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert radius == pytest.approx(10.0, rel=1e-3)
    assert np.allclose(later.mean(axis=0), start.mean(axis=0), atol=1e-2)


@pytest.mark.parametrize("count", [1, 2, 3, 11, 12, 30])
@pytest.mark.parametrize("spots", ["one", "line"])
def test_a_redraw_from_papers_on_one_spot_or_in_a_line_is_finite_and_spread(
    count: int, spots: str
) -> None:
    vectors = cluster_vectors(count)
    start = np.zeros((count, 2), dtype=np.float32)
    if spots == "line":
        start[:, 0] = np.arange(count)
    redrawn = redraw(graph_of(vectors), vectors, MapSettings(), start)
    assert np.isfinite(redrawn).all()
    if count > 1:
        assert least_distance(redrawn) > 0.0


# Samples.


def test_a_sample_lies_spread_out_and_has_about_the_size_that_is_wanted() -> None:
    graph = graph_of(cluster_vectors(3_000, 30))
    for most in (1_000, 600, 300):
        chosen = spread_out(graph, most, 1)
        assert 0.4 * most < len(chosen) <= most
        nearest = graph.neighbours[chosen][:, : 3_000 // most - 1]
        assert np.isin(nearest, chosen).mean() < 0.5 * len(chosen) / 3_000
        assert np.array_equal(chosen, spread_out(graph, most, 1))
        assert len(set(chosen % 30)) == 30


@pytest.mark.slow
@pytest.mark.parametrize("start", [False, True])
def test_the_papers_beside_the_sample_lie_among_their_neighbours(start: bool) -> None:
    vectors = cluster_vectors(900, 9)
    graph = graph_of(vectors)
    whole = draw(graph, vectors, MapSettings())
    few = MapSettings(most_drawn=300)
    sampled = redraw(graph, vectors, few, whole) if start else draw(graph, vectors, few)
    assert np.isfinite(sampled).all()
    own = np.arange(900) % 9
    distances = np.linalg.norm(sampled[:, None] - sampled[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (own[distances.argmin(axis=1)] == own).mean() > 0.95
    assert np.sqrt((sampled**2).sum(axis=1).mean()) == pytest.approx(10.0, rel=0.1)
    again = redraw(graph, vectors, few, whole) if start else draw(graph, vectors, few)
    assert again.tobytes() == sampled.tobytes()


@pytest.mark.parametrize(("papers", "expected"), [(11, []), (12, ["umap"])])
def test_umap_is_loaded_ahead_for_a_map_that_needs_it(
    papers: int, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    over = threading.Event()

    def load(name: str) -> None:
        loaded.append(name)
        over.set()
        raise ImportError(name)  # drawing reports it, not the thread

    monkeypatch.setattr(layout, "import_module", load)
    monkeypatch.setattr(threading, "excepthook", lambda args: pytest.fail(str(args)))
    layout.load_meanwhile(papers)
    assert over.wait(timeout=20 if expected else 0) == bool(expected)
    assert loaded == expected
