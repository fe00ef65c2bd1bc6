"""The map: from the neighbour graph to positions in the plane.

UMAP (McInnes, Healy, Melville 2018, arXiv:1802.03426) works on the shared neighbour graph; its
own neighbour search is not used. The result is turned so that its longest axis lies level and
scaled to one size, so libraries look alike whatever their numbers.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from explorer.embedders import Vectors
from explorer.graph import NeighbourGraph
from explorer.settings import MapSettings

Positions = NDArray[np.float32]
"""Map coordinates, shape (papers, 2), centred, root mean square radius 10."""

_FEWEST_FOR_UMAP = 12
_RADIUS = 10.0


def draw(graph: NeighbourGraph, vectors: Vectors, settings: MapSettings) -> Positions:
    """Return the position of each paper; the same input gives the same map on every run.

    ``vectors`` start the layout where the graph falls into parts, and place libraries that are
    too small for UMAP.
    """
    if graph.size < _FEWEST_FOR_UMAP:
        return _framed(_principal_axes(vectors))
    return _framed(_umap(graph, vectors, settings))


def _umap(graph: NeighbourGraph, vectors: Vectors, settings: MapSettings) -> NDArray[np.float64]:
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
            initial_alpha=1.0,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=5,
            n_epochs=500 if graph.size <= 10_000 else 200,
            init="spectral",
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


def _framed(raw: NDArray[np.float64]) -> Positions:
    centred = raw - raw.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    if axes.shape == (2, 2):
        # An axis has no direction of its own; its largest component decides.
        axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
        centred = centred @ axes.T
    radius = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return np.asarray(centred * (_RADIUS / radius if radius > 0 else 1.0), dtype=np.float32)
