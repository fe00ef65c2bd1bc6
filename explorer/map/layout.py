"""The map: from the neighbour graph to positions in the plane.

UMAP (McInnes, Healy, Melville 2018, arXiv:1802.03426) works on the shared neighbour graph; its
own neighbour search is not used. Of a large library a sample is drawn, papers that lie apart from
each other, and the others are placed among them. The result is turned so that its longest axis
lies level and scaled to one size, so libraries look alike whatever their numbers.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from explorer.arrays import Positions, Vectors
from explorer.index.engines import load_engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.settings import GraphSettings, MapSettings

_FEWEST_FOR_UMAP = 12
_RADIUS = 10.0
_ALPHA = 1.0
"""UMAP's learning rate at first; it falls to nothing."""
_ALPHA_OF_REDRAWS = 0.2
"""From where papers are, large steps only carry whole clusters about: at 0.2 papers of small maps
(80 to 800) move half to two thirds as far as at 1, those of 5,500 papers seven tenths, and
trustworthiness (Venna and Kaski 2001, doi:10.1007/3-540-44668-0_68) stays within .002 of a fresh
drawing's, also from a start by another model. Below that, or with fewer epochs, it falls further.
"""
_ASKED = 2_000
"""Papers that tell how far neighbours usually are from each other on the map."""
_BLOCK = 10_000
"""Papers that are placed at once."""
_SHIFTS = 5
_PUSHES = 12
_ROOM = 0.6
"""Share of the usual distance between two papers that a newcomer keeps off others."""


def draw(graph: NeighbourGraph, vectors: Vectors, settings: MapSettings) -> Positions:
    """Return the position of each paper; the same input gives the same map on every run.

    ``vectors`` start the layout where the graph falls into parts, and place libraries that are
    too small for UMAP.
    """
    if graph.size < _FEWEST_FOR_UMAP:
        return _framed(_principal_axes(vectors))
    if graph.size <= settings.most_drawn:
        return _framed(_umap(graph, vectors, settings))
    chosen, its_graph, some = _sample(graph, vectors, settings)
    drawn = _framed(_umap(its_graph, some, settings))
    return _framed(_with_the_rest(graph, chosen, drawn, settings).astype(np.float64))


def redraw(
    graph: NeighbourGraph, vectors: Vectors, settings: MapSettings, start: Positions
) -> Positions:
    """Return a new drawing that begins at ``start`` and is laid over it.

    Args:
        start: where the papers are now, shape (papers, 2).

    The drawing is given the size of ``start``, then turned, mirrored and shifted to lie over it as
    closely as that can be done (orthogonal Procrustes; Schönemann 1966, doi:10.1007/BF02289451).
    """
    if graph.size < _FEWEST_FOR_UMAP:
        return _laid_over(_principal_axes(vectors), start)
    # UMAP cannot begin from where all papers lie on one spot or in one line.
    begin = np.asarray(start) if np.ptp(start, axis=0).min() > 0 else None
    if graph.size <= settings.most_drawn:
        return _laid_over(_umap(graph, vectors, settings, begin), start)
    chosen, its_graph, some = _sample(graph, vectors, settings)
    drawn = _umap(its_graph, some, settings, None if begin is None else begin[chosen])
    return _with_the_rest(graph, chosen, _laid_over(drawn, start[chosen]), settings)


def spread_out(graph: NeighbourGraph, most: int, seed: int) -> NDArray[np.int64]:
    """Return the rows of at most so many papers, few of which are near neighbours of each other.

    Each paper draws a lot, and is chosen if its own is higher than those of its nearest; so many
    of those are asked that one paper of each such group is chosen.
    """
    asked = min(math.ceil(graph.size / most) - 1, graph.neighbours.shape[1])
    lots = np.random.default_rng(seed).permutation(graph.size).astype(np.int32)
    highest = lots[graph.neighbours[:, :asked]].max(axis=1, initial=-1)
    chosen = np.flatnonzero(lots > highest)
    # Hubs are many papers' neighbours, so that more may be chosen than were meant to be.
    return np.sort(chosen[np.argsort(-lots[chosen], kind="stable")[:most]])


def _sample(
    graph: NeighbourGraph, vectors: Vectors, settings: MapSettings
) -> tuple[NDArray[np.int64], NeighbourGraph, Vectors]:
    """Return papers to draw instead of all, the graph of their own, and their vectors."""
    chosen = spread_out(graph, settings.most_drawn, settings.seed)
    some = np.ascontiguousarray(vectors[chosen])
    engine = load_engine("faiss").build(some)
    return chosen, build_graph(engine, GraphSettings(settings.neighbours)), some


def _with_the_rest(
    graph: NeighbourGraph, chosen: NDArray[np.int64], drawn: Positions, settings: MapSettings
) -> Positions:
    positions = np.full((graph.size, 2), np.nan, dtype=np.float32)
    positions[chosen] = drawn
    return place(graph, positions, settings)


def place(graph: NeighbourGraph, positions: Positions, settings: MapSettings) -> Positions:
    """Return ``positions`` with newcomers placed among their neighbours; the others stay.

    Args:
        graph: who is whose neighbour, newcomers included.
        positions: shape (papers, 2), NaN where a paper has no position yet.
        settings: as in :func:`draw`.

    A newcomer goes to where most of its neighbours lie together, not to the middle of all of them,
    which may be far from each (mode seeking by mean shift; Fukunaga and Hostetler 1975,
    doi:10.1109/TIT.1975.1055330). Newcomers are then pushed off whatever they would cover.
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
        if not can.any():  # they know only each other, so they begin a place of their own
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
    return np.asarray(_apart(placed, newcomers, settings.seed), dtype=np.float32)


def _usual_reach(
    placed: NDArray[np.float64], near: NDArray[np.int64], known: NDArray[np.int64]
) -> float:
    """Return how far a paper usually is from its nearest neighbours on the map."""
    some = known[:: max(1, len(known) // _ASKED)]
    distances = np.linalg.norm(placed[near[some]] - placed[some][:, None], axis=2)
    return _usual(distances, 1.0)


def _usual(distances: NDArray[np.float64], otherwise: float) -> float:
    """Return the median of the distances that are known and are not zero."""
    told = distances[np.isfinite(distances) & (distances > 0)]
    return float(np.median(told)) if len(told) else otherwise


def _densest(beside: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """Return, for each set of points (NaN where there is none), the middle of where most lie."""
    there = ~np.isnan(beside[:, :, 0])
    points = np.nan_to_num(beside)
    apart = ((points[:, :, None] - points[:, None]) ** 2).sum(axis=3)
    crowd = (np.exp(-apart / reach**2) * there[:, None, :]).sum(axis=2) * there
    peak = points[np.arange(len(points)), crowd.argmax(axis=1)]
    for _ in range(_SHIFTS):
        weights = np.exp(-((points - peak[:, None]) ** 2).sum(axis=2) / reach**2) * there
        weights += 1e-12 * there
        peak = (points * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1)[:, None]
    return np.asarray(peak, dtype=np.float64)


def _outside(placed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a spot at the rim of the map, where it holds least."""
    known = placed[~np.isnan(placed[:, 0])]
    if not len(known):
        return np.zeros(2)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    radius = np.percentile(np.linalg.norm(known, axis=1), 98)
    rim = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    distances, _ = cKDTree(known).query(rim)
    return np.asarray(rim[int(np.argmax(distances))], dtype=np.float64)


def _apart(
    placed: NDArray[np.float64], newcomers: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Push ``newcomers`` off the papers that they lie on; the others hold still."""
    settled = np.delete(placed, newcomers, axis=0)
    gaps = cKDTree(settled).query(settled, 2, workers=-1)[0][:, 1] if len(settled) else np.empty(0)
    # A few papers lie so far apart that as much room for each newcomer would blow up the map.
    fair = _RADIUS / len(placed) ** 0.5
    room = min(_usual(gaps, fair), fair)
    random = np.random.default_rng(seed)
    for _ in range(_PUSHES):
        distances, others = cKDTree(placed).query(placed[newcomers], 2, workers=-1)
        own = others[:, 1] == newcomers  # two on one spot may come in either order
        other, gap = np.where(own, others[:, 0], others[:, 1]), distances[:, 1]
        crowded = gap < room * _ROOM
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
            initial_alpha=_ALPHA if start is None else _ALPHA_OF_REDRAWS,
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


def _principal_axes(vectors: Vectors) -> NDArray[np.float64]:
    centred = np.asarray(vectors, dtype=np.float64) - vectors.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(vectors), 2))
    found = min(2, len(strengths))
    plane[:, :found] = left[:, :found] * strengths[:found]
    return plane


def _laid_over(raw: NDArray[np.float64], start: Positions) -> Positions:
    middle = start.mean(axis=0, dtype=np.float64)
    centred, before = raw - raw.mean(axis=0), start - middle
    spread, spread_before = float((centred**2).sum()), float((before**2).sum())
    if not spread or not spread_before:
        return _framed(raw)  # there is nothing to lie over
    left, _, right = np.linalg.svd(centred.T @ before)
    # The closest size of all would be smaller, and the map would shrink with each redraw.
    scale = (spread_before / spread) ** 0.5
    return np.asarray(scale * centred @ left @ right + middle, dtype=np.float32)


def _framed(raw: NDArray[np.float64]) -> Positions:
    centred = raw - raw.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    if axes.shape == (2, 2):
        # An axis has no direction of its own; its largest component decides.
        axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
        centred = centred @ axes.T
    radius = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return np.asarray(centred * (_RADIUS / radius if radius > 0 else 1.0), dtype=np.float32)
