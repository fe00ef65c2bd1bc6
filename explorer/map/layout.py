"""Layout of the map: from the neighbour graph to positions in the plane.

UMAP (McInnes, Healy, Melville 2018, arXiv:1802.03426) works on the shared neighbour graph; its
own neighbour search is not used. Of a large library, UMAP lays out a sample of papers that are far
from each other; the others are placed among them. The result is rotated so that its longest axis is
horizontal, and scaled to one size, so maps look alike whatever the number of papers.
"""

from __future__ import annotations

import math
import warnings
from contextlib import suppress
from importlib import import_module
from threading import Thread

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Positions, Vectors
from explorer.index.engines import load_engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.settings import GraphSettings, MapSettings

_FEWEST_FOR_UMAP = 12
_RADIUS = 10.0
_LEARNING_RATE = 1.0
"""Initial learning rate of UMAP; it falls to zero."""
_REDRAW_LEARNING_RATE = 0.2
"""Initial learning rate of a redraw. Large steps only move whole clusters: at 0.2 papers of small
maps (80 to 800) move half to two thirds as far as at 1, those of 5,500 papers seven tenths, and
trustworthiness (Venna and Kaski 2001, doi:10.1007/3-540-44668-0_68) stays within .002 of a fresh
layout's, also from a start by another model. Below that, or with fewer epochs, it falls further.
"""
_DISTANCE_SAMPLE = 2_000
"""Papers that the usual distance of neighbours on the map is measured on."""
_BLOCK = 10_000
"""Papers placed in one step."""
_MEAN_SHIFT_STEPS = 5
_SEPARATION_STEPS = 12
_LEAST_DISTANCE = 0.6
"""Distance of a newcomer from other papers, as a share of the usual distance."""


def load_meanwhile(papers: int) -> None:
    """Begin to import what :func:`draw` needs for so many papers, and return at once.

    UMAP takes some seconds to import, most of a minute where Numba has not kept its machine code
    yet. A build embeds its papers meanwhile.
    """

    def load() -> None:
        with suppress(Exception):  # drawing imports it again, and raises
            import_module("umap")

    if papers >= _FEWEST_FOR_UMAP:
        Thread(target=load, name="loading UMAP", daemon=True).start()


def draw(graph: NeighbourGraph, vectors: Vectors, settings: MapSettings) -> Positions:
    """Return the position of each paper; the same input gives the same map on every run.

    ``vectors`` start the layout where the graph falls into parts, and place libraries that are
    too small for UMAP.
    """
    if graph.size < _FEWEST_FOR_UMAP:
        return _normalised(_principal_axes(vectors))
    if graph.size <= settings.most_drawn:
        return _normalised(_umap(graph, vectors, settings))
    chosen, its_graph, some = _sample(graph, vectors, settings)
    drawn = _normalised(_umap(its_graph, some, settings))
    return _normalised(_completed(graph, chosen, drawn, settings).astype(np.float64))


def redraw(
    graph: NeighbourGraph, vectors: Vectors, settings: MapSettings, start: Positions
) -> Positions:
    """Return a new layout that begins at ``start`` and is aligned with it.

    Args:
        graph: as in :func:`draw`, like ``vectors`` and ``settings``.
        vectors: unit vectors, shape (papers, dimension).
        settings: parameters of UMAP.
        start: present positions, shape (papers, 2).

    The layout is scaled to the size of ``start``, then rotated, mirrored and shifted to match it as
    closely as possible (orthogonal Procrustes; Schönemann 1966, doi:10.1007/BF02289451).
    """
    if graph.size < _FEWEST_FOR_UMAP:
        return _aligned(_principal_axes(vectors), start)
    # UMAP cannot begin from positions that are all on one spot or line.
    begin = np.asarray(start) if np.ptp(start, axis=0).min() > 0 else None
    if graph.size <= settings.most_drawn:
        return _aligned(_umap(graph, vectors, settings, begin), start)
    chosen, its_graph, some = _sample(graph, vectors, settings)
    drawn = _umap(its_graph, some, settings, None if begin is None else begin[chosen])
    return _completed(graph, chosen, _aligned(drawn, start[chosen]), settings)


def spread_out(graph: NeighbourGraph, most: int, seed: int) -> NDArray[np.int64]:
    """Return the rows of at most ``most`` papers, few of which are near neighbours of each other.

    Each paper gets a random number, and is chosen if it is higher than those of its nearest
    neighbours, of which so many are compared that about ``most`` papers are chosen.
    """
    compared = min(math.ceil(graph.size / most) - 1, graph.neighbours.shape[1])
    lots = np.random.default_rng(seed).permutation(graph.size).astype(np.int32)
    highest = lots[graph.neighbours[:, :compared]].max(axis=1, initial=-1)
    chosen = np.flatnonzero(lots > highest)
    # Hubs are neighbours of many papers, so more papers than intended may be chosen.
    return np.sort(chosen[np.argsort(-lots[chosen], kind="stable")[:most]])


def _sample(
    graph: NeighbourGraph, vectors: Vectors, settings: MapSettings
) -> tuple[NDArray[np.int64], NeighbourGraph, Vectors]:
    """Return the rows of a sample, its own graph, and its vectors."""
    chosen = spread_out(graph, settings.most_drawn, settings.seed)
    some = np.ascontiguousarray(vectors[chosen])
    engine = load_engine("faiss").build(some)
    return chosen, build_graph(engine, GraphSettings(settings.neighbours)), some


def _completed(
    graph: NeighbourGraph, chosen: NDArray[np.int64], drawn: Positions, settings: MapSettings
) -> Positions:
    positions = np.full((graph.size, 2), np.nan, dtype=np.float32)
    positions[chosen] = drawn
    return place(graph, positions, settings)


def place(graph: NeighbourGraph, positions: Positions, settings: MapSettings) -> Positions:
    """Return ``positions`` with newcomers placed among their neighbours; the others stay.

    Args:
        graph: neighbour graph, including newcomers.
        positions: shape (papers, 2), NaN where a paper has no position yet.
        settings: as in :func:`draw`.

    A newcomer is placed where most of its neighbours are close together, not at the mean of all of
    them, which may be far from each (mode seeking by mean shift; Fukunaga and Hostetler 1975,
    doi:10.1109/TIT.1975.1055330). Newcomers are then moved away from papers they would cover.
    """
    placed = np.array(positions, dtype=np.float64)
    waiting = np.flatnonzero(np.isnan(placed[:, 0]))
    if not len(waiting):
        return np.asarray(positions, dtype=np.float32)
    known = np.flatnonzero(~np.isnan(placed[:, 0]))
    newcomers = waiting
    near = graph.neighbours[:, : settings.neighbours].astype(np.int64)
    reach = _usual_reach(placed, near, known)
    while len(waiting):
        can = ~np.isnan(placed[near[waiting], 0]).all(axis=1)
        if not can.any():  # all neighbours are newcomers, so one starts an area of its own
            placed[waiting[:1]] = _outside(placed)
            waiting = waiting[1:]
            continue
        ready = waiting[can]
        spots = [
            _densest(placed[near[ready[first : first + _BLOCK]]], reach)
            for first in range(0, len(ready), _BLOCK)
        ]
        placed[ready] = np.concatenate(spots)
        waiting = waiting[~can]
    return np.asarray(_separated(placed, newcomers, settings.seed), dtype=np.float32)


def _usual_reach(
    placed: NDArray[np.float64], near: NDArray[np.int64], known: NDArray[np.int64]
) -> float:
    """Return the usual distance of a paper to its nearest neighbours on the map."""
    some = known[:: max(1, len(known) // _DISTANCE_SAMPLE)]
    distances = np.linalg.norm(placed[near[some]] - placed[some][:, None], axis=2)
    return _usual(distances, 1.0)


def _usual(distances: NDArray[np.float64], otherwise: float) -> float:
    """Return the median of the finite, positive distances, or ``otherwise`` if there are none."""
    positive = distances[np.isfinite(distances) & (distances > 0)]
    return float(np.median(positive)) if len(positive) else otherwise


def _densest(neighbours: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """Return the densest point of each set of points; gaps are NaN."""
    there = ~np.isnan(neighbours[:, :, 0])
    points = np.nan_to_num(neighbours)
    apart = ((points[:, :, None] - points[:, None]) ** 2).sum(axis=3)
    crowd = (np.exp(-apart / reach**2) * there[:, None, :]).sum(axis=2) * there
    peak = points[np.arange(len(points)), crowd.argmax(axis=1)]
    for _ in range(_MEAN_SHIFT_STEPS):
        weights = np.exp(-((points - peak[:, None]) ** 2).sum(axis=2) / reach**2) * there
        weights += 1e-12 * there
        peak = (points * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]
    return np.asarray(peak, dtype=np.float64)


def _outside(placed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the emptiest spot at the rim of the map."""
    from scipy.spatial import cKDTree

    known = placed[~np.isnan(placed[:, 0])]
    if not len(known):
        return np.zeros(2)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    radius = np.percentile(np.linalg.norm(known, axis=1), 98)
    rim = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    distances, _ = cKDTree(known).query(rim)
    return np.asarray(rim[int(np.argmax(distances))], dtype=np.float64)


def _separated(
    placed: NDArray[np.float64], newcomers: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Move ``newcomers`` away from papers that they cover; the others stay."""
    from scipy.spatial import cKDTree

    settled = np.delete(placed, newcomers, axis=0)
    gaps = cKDTree(settled).query(settled, 2, workers=-1)[0][:, 1] if len(settled) else np.empty(0)
    # A few papers are so far apart that as much room for each newcomer would enlarge the map.
    fair = _RADIUS / len(placed) ** 0.5
    room = min(_usual(gaps, fair), fair)
    random = np.random.default_rng(seed)
    for _ in range(_SEPARATION_STEPS):
        distances, others = cKDTree(placed).query(placed[newcomers], 2, workers=-1)
        own = others[:, 1] == newcomers  # of two on one spot, either may come first
        other, gap = np.where(own, others[:, 0], others[:, 1]), distances[:, 1]
        crowded = gap < room * _LEAST_DISTANCE
        if not crowded.any():
            break
        away = placed[newcomers] - placed[other]
        length = np.linalg.norm(away, axis=1, keepdims=True)
        aside = random.normal(size=away.shape)
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        direction = np.where(length > 1e-9, away / np.maximum(length, 1e-9), aside) + 0.3 * aside
        placed[newcomers[crowded]] += (room * direction * 0.5)[crowded]
    return placed


def _umap(
    graph: NeighbourGraph, vectors: Vectors, settings: MapSettings, start: Positions | None = None
) -> NDArray[np.float64]:
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    _keep_compiled()
    k = min(settings.neighbours, graph.neighbours.shape[1] + 1)
    own = np.arange(graph.size, dtype=np.int32)[:, None]
    indices = np.hstack([own, graph.neighbours[:, : k - 1]])
    distances = np.clip(1.0 - graph.similarities[:, : k - 1], 0.0, None)
    distances = np.hstack([np.zeros_like(distances[:, :1]), distances])
    random = np.random.RandomState(settings.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # UMAP warns of parts in the graph; they are handled
        fuzzy, _, _ = fuzzy_simplicial_set(
            vectors,
            n_neighbors=k,
            random_state=random,
            metric="cosine",
            knn_indices=indices,
            knn_dists=distances.astype(np.float32),
        )
        a, b = find_ab_params(settings.spread, settings.min_distance)
        embedding, _ = simplicial_set_embedding(
            vectors,
            fuzzy,
            n_components=2,
            initial_alpha=_LEARNING_RATE if start is None else _REDRAW_LEARNING_RATE,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=5,
            n_epochs=500 if graph.size <= 10_000 else 200,
            init="spectral" if start is None else start,
            random_state=random,
            metric="cosine",
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
            parallel=False,
        )
    return np.asarray(embedding, dtype=np.float64)


def _keep_compiled() -> None:
    """Let Numba keep the machine code of UMAP's slowest functions for the next process.

    It lies beside UMAP's code or in the user's cache folder. UMAP itself compiles them in each
    process, which takes longer than the layout of a few thousand papers.
    """
    from umap import layouts, umap_

    functions = (
        umap_.smooth_knn_dist,
        umap_.compute_membership_strengths,
        getattr(layouts, "_nb_optimize_layout_euclidean_single_epoch", None),
    )
    for function in filter(None, functions):
        # RuntimeError: no folder to keep it in can be written to.
        with suppress(RuntimeError, AttributeError):
            function.enable_caching()


def _principal_axes(vectors: Vectors) -> NDArray[np.float64]:
    """Return the two principal components, for libraries too small for UMAP."""
    centred = np.asarray(vectors, dtype=np.float64) - vectors.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(vectors), 2))
    axes = min(2, len(strengths))
    plane[:, :axes] = left[:, :axes] * strengths[:axes]
    return plane


def _aligned(raw: NDArray[np.float64], start: Positions) -> Positions:
    middle = start.mean(axis=0, dtype=np.float64)
    centred, before = raw - raw.mean(axis=0), start - middle
    spread, spread_before = float((centred**2).sum()), float((before**2).sum())
    if not spread or not spread_before:
        return _normalised(raw)  # there is nothing to align with
    left, _, right = np.linalg.svd(centred.T @ before)
    # The best-fitting scale would be smaller, and the map would shrink with each redraw.
    scale = (spread_before / spread) ** 0.5
    return np.asarray(scale * centred @ left @ right + middle, dtype=np.float32)


def _normalised(raw: NDArray[np.float64]) -> Positions:
    centred = raw - raw.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    if axes.shape == (2, 2):
        # An axis has no direction of its own; its largest component decides.
        axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
        centred = centred @ axes.T
    radius = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return np.asarray(centred * (_RADIUS / radius if radius > 0 else 1.0), dtype=np.float32)
