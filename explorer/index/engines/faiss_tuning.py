"""Number of inverted lists to probe, tuned on the vectors themselves.

Queries are vectors of the index with random noise: their cosine to the original is
:data:`_QUERY_COSINE`, about that of a title to its paper. Hits are compared with the true nearest
neighbours, and the fewest probes and candidates that reach the target recall are kept.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.arrays import Vectors, evenly_spaced
from explorer.index.engines.faiss_threads import threads
from explorer.index.engines.stored_vectors import StoredVectors, refined
from explorer.settings import IndexSettings

_QUERIES = 1_000
_QUERY_COSINE = 0.8
_SEED = 11
_NEAR, _FAR = 10, 100
"""Numbers of neighbours that probes are tuned for; others are interpolated by a power law."""
_SCANNED_AT_LEAST = 10_000
"""Vectors scanned at least: it takes no time, and small indexes are exact that way."""
_GRID_RATIO = 2**0.25
"""Ratio of successive numbers of probes in the search grid."""
_GENEROUS_PROBES = 8
"""The number of lists is divided by this for probes at which only the codes limit recall."""
_SPARE_CANDIDATES = 32
"""Candidates for refinement beyond k, at least."""
_REFINE_FACTORS = {"SQ8": (2,), "RaBitQ4": (4, 8, 16), "RaBitQ": (16, 32, 64, 128)}
"""Candidates per hit that are tried, by code; finer codes need fewer."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Search parameters of an index, and the recall measured with them."""

    code: str
    made_for: int
    """Number of vectors when the lists were made."""
    near: int
    """Probes for the ten nearest."""
    far: int
    """Probes for the hundred nearest."""
    refine: int
    """Candidates per hit."""
    wanted: float
    """Recall@10 to be reached, from 0 to 1."""
    recall: float
    """Recall@10 reached on ``queries``, from 0 to 1."""
    queries: int
    """Number of queries that it was measured on; 0 before tuning."""

    @classmethod
    def initial(cls, code: str, size: int) -> Tuning:
        """Return the parameters of a new index of ``size`` vectors, before tuning."""
        return cls(code, size, 1, 1, 1, 0.0, 0.0, 0)

    def probes(self, k: int, lists: int) -> int:
        """Return the number of lists to probe, out of ``lists``, for the k nearest."""
        exponent = math.log(self.far / self.near) / math.log(_FAR / _NEAR)
        probes: float = self.near * (max(k, _NEAR) / _NEAR) ** exponent
        return max(1, min(lists, math.ceil(probes)))

    def candidates(self, k: int) -> int:
        """Return the number of nearest by code to be compared by their full vectors."""
        return max(self.refine * k, k + _SPARE_CANDIDATES)


def tuned(index: Any, stored: StoredVectors, before: Tuning, settings: IndexSettings) -> Tuning:
    """Return the parameters with which ``index`` reaches the recall in ``settings``, or nearly.

    The lower end of the 95 % interval of recall must reach it. Parameters ``before`` are kept as
    long as they still do.
    """
    lists = int(index.nlist)
    queries = _queries(stored)
    truth = _nearest(queries, stored, min(_FAR, stored.size))
    near = truth[:, : min(_NEAR, stored.size)]
    wanted = settings.recall

    def recall(tuning: Tuning, truth: Vectors, probes: int = 0) -> tuple[float, float]:
        return _recall(index, stored, tuning, queries, truth, probes or tuning.near)

    if before.queries and before.wanted == wanted:
        mean, low = recall(before, near)
        if low >= wanted:
            return replace(before, recall=round(mean, 4))
    least = max(1, min(lists, math.ceil(_SCANNED_AT_LEAST * lists / max(1, stored.size))))
    steps = math.ceil(math.log(lists / least) / math.log(_GRID_RATIO))
    grid = [min(lists, math.ceil(least * _GRID_RATIO**step)) for step in range(steps + 1)]
    enough = max(least, lists // _GENEROUS_PROBES)
    tuning = replace(before, near=enough, far=enough, wanted=wanted, queries=len(queries))
    for refine in _REFINE_FACTORS[before.code]:
        tuning = replace(tuning, refine=refine)
        if refine == _REFINE_FACTORS[before.code][-1] or recall(tuning, near)[1] >= wanted:
            break

    def fewest(truth: Vectors, grid: list[int]) -> int:
        def reaches(probes: int) -> bool:
            return recall(tuning, truth, probes)[1] >= wanted

        return grid[min(bisect_left(grid, True, key=reaches), len(grid) - 1)]

    tuning = replace(tuning, near=fewest(near, grid))
    far = fewest(truth, [probes for probes in grid if probes >= tuning.near])
    return replace(tuning, far=far, recall=round(recall(tuning, near)[0], 4))


def _queries(stored: StoredVectors) -> Vectors:
    draw = np.random.default_rng(_SEED)
    papers = stored.take(evenly_spaced(stored.size, _QUERIES))
    noise = draw.normal(size=papers.shape).astype(np.float32)
    noise -= np.einsum("ij,ij->i", noise, papers)[:, None] * papers
    noise /= np.maximum(np.linalg.norm(noise, axis=1, keepdims=True), 1e-9)
    queries: Vectors = _QUERY_COSINE * papers + math.sqrt(1 - _QUERY_COSINE**2) * noise
    return queries


def _nearest(queries: Vectors, stored: StoredVectors, k: int) -> Vectors:
    """Return the cosines of the ``k`` nearest of all vectors, best first."""
    import faiss

    with stored.mapped() as rows:
        scores: Vectors = faiss.knn(queries, rows, k, faiss.METRIC_INNER_PRODUCT)[0]
    return scores


def _recall(
    index: Any, stored: StoredVectors, tuning: Tuning, queries: Vectors, truth: Vectors, probes: int
) -> tuple[float, float]:
    """Return the mean recall and the lower end of its 95 % interval.

    Among equally near vectors any one counts.
    """
    import faiss

    k = truth.shape[1]
    count = min(tuning.candidates(k), stored.size)
    parameters = faiss.SearchParametersIVF(nprobe=probes)  # type: ignore[call-arg]
    with threads(0):
        keys = index.search(queries, count, params=parameters)[1]
    scores = refined(stored, queries, keys, k).scores
    shares = (scores >= truth[:, -1:] - 1e-6).mean(axis=1)
    mean = float(shares.mean())
    return mean, mean - 1.96 * float(shares.std()) / math.sqrt(len(shares))
