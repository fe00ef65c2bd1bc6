"""What the map is worth: ``python -m benchmarks map_quality VECTORS.npy ...``.

The same vectors are drawn by this project (its neighbour graph, then its map) and by umap-learn
with its own defaults on the same metric, both with their own seeds. Trustworthiness (Venna and
Kaski 2001, doi:10.1007/3-540-44668-0_68) falls with how far neighbours on the map are from being
neighbours in truth; recall is the share of a paper's 15 nearest that are among the 15 nearest on
the map. Both are averaged over up to 4,000 papers, each against all. ``farthest`` is how far the
outermost paper lies from the middle, in root mean square radii: a map with stragglers far out
leaves little room for the others. Seconds include the neighbour search; what is compiled on first
use is compiled before.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from explorer.arrays import Positions, Vectors
from explorer.evaluation.metrics import faithfulness
from explorer.index.engines import load_engine
from explorer.index.knn_graph import build_graph
from explorer.map.layout import draw
from explorer.settings import GraphSettings, MapSettings

_MOST_PAPERS = 20_000
_FEW = 1_000
_ASKED = 4_000
_NEIGHBOURS = 15
_SEED = 4


def measure(arguments: list[str]) -> dict[str, object]:
    """Return how faithful maps are and how long they take, by set of vectors."""
    if not arguments:
        sys.exit(__doc__)
    found: dict[str, object] = {}
    ways = {"this project": _ours, "umap-learn's defaults": _umap_learn}
    for path in map(Path, arguments):
        units = np.load(path).astype(np.float32)
        draw_from = np.random.default_rng(_SEED)
        units = units[np.sort(draw_from.permutation(len(units))[:_MOST_PAPERS])]
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        name = f"{path.name.partition('.')[0]}, {len(units):,} papers"
        found[name] = {way: _worth(make, units) for way, make in ways.items()}
    return found


def _worth(make: Callable[[Vectors], Positions], units: Vectors) -> dict[str, float]:
    make(units[:_FEW])
    begin = time.perf_counter()
    positions = make(units)
    seconds = time.perf_counter() - begin
    asked = np.sort(np.random.default_rng(_SEED).permutation(len(units))[:_ASKED])
    trust, recall = faithfulness(units, positions, asked, _NEIGHBOURS)
    reach = np.linalg.norm(positions - positions.mean(axis=0), axis=1)
    return {
        "trustworthiness": round(trust, 4),
        "recall@15": round(recall, 4),
        "farthest": round(float(reach.max() / np.sqrt((reach**2).mean())), 2),
        "seconds": round(seconds, 1),
    }


def _ours(units: Vectors) -> Positions:
    graph = build_graph(load_engine("faiss").build(units), GraphSettings())
    return draw(graph, units, MapSettings())


def _umap_learn(units: Vectors) -> Positions:
    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        placed: Positions = UMAP(metric="cosine", random_state=_SEED).fit_transform(units)
    return placed
