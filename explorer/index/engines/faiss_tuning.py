"""How many inverted lists a query looks through, measured on the vectors themselves.

Queries are papers that are in the index, moved aside at random until their cosine to what they
were is :data:`_LIKENESS`, about that of a title to its paper. What the index finds for them is
compared with what there is, and the fewest lists and candidates that reach the recall wanted are
kept.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.arrays import Vectors
from explorer.index.engines.faiss_threads import threads
from explorer.index.engines.stored_vectors import StoredVectors, refined
from explorer.settings import IndexSettings

_QUERIES = 1_000
_LIKENESS = 0.8
_SEED = 11
_NEAR, _FAR = 10, 100
"""How many nearest the lists are counted for; in between and beyond, a power law tells."""
_LOOKED_THROUGH = 10_000
"""Vectors that are looked through in any case: it takes no time, and small indexes are exact."""
_STEP = 2**0.25
"""How many times as many lists are tried next."""
_PLENTY = 8
"""Share of all lists that finds what can be found, to see how many candidates codes need."""
_FEWEST_SPARE = 32
"""Candidates for refinement beyond what is asked for, in any case."""
_REFINED = {"SQ8": (2,), "RaBitQ4": (4, 8, 16), "RaBitQ": (16, 32, 64, 128)}
"""Candidates for each paper asked for that are tried, by the code; finer codes need fewer."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How an index is searched, and how well that was measured to do."""

    code: str
    made_for: int
    """Vectors that the lists were made for."""
    near: int
    """Lists for the ten nearest."""
    far: int
    """Lists for the hundred nearest."""
    refine: int
    """Candidates for each paper asked for."""
    wanted: float
    recall: float
    """Recall@10 that was reached on ``queries``, from 0 to 1."""
    queries: int

    @classmethod
    def not_yet(cls, code: str, size: int) -> Tuning:
        """Return what is known of an index for so many vectors before anything is measured."""
        return cls(code, size, 1, 1, 1, 0.0, 0.0, 0)

    def probes(self, found: int, lists: int) -> int:
        """Return how many of the ``lists`` to look through for so many nearest."""
        steepness = math.log(self.far / self.near) / math.log(_FAR / _NEAR)
        wanted: float = self.near * (max(found, _NEAR) / _NEAR) ** steepness
        return max(1, min(lists, math.ceil(wanted)))

    def candidates(self, found: int) -> int:
        """Return how many of the nearest by their codes are compared by their vectors."""
        return max(self.refine * found, found + _FEWEST_SPARE)


def tuned(index: Any, stored: StoredVectors, before: Tuning, settings: IndexSettings) -> Tuning:
    """Return how ``index`` reaches the recall that ``settings`` ask for, or comes nearest to it.

    Recall is taken to be reached where the lower end of its 95 % interval does so. What was found
    before stays as long as it still does.
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
    least = max(1, min(lists, math.ceil(_LOOKED_THROUGH * lists / max(1, stored.size))))
    steps = math.ceil(math.log(lists / least) / math.log(_STEP))
    grid = [min(lists, math.ceil(least * _STEP**step)) for step in range(steps + 1)]
    enough = max(least, lists // _PLENTY)
    tuning = replace(before, near=enough, far=enough, wanted=wanted, queries=len(queries))
    for refine in _REFINED[before.code]:
        tuning = replace(tuning, refine=refine)
        if refine == _REFINED[before.code][-1] or recall(tuning, near)[1] >= wanted:
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
    rows = np.linspace(0, stored.size - 1, min(_QUERIES, stored.size)).astype(np.int64)
    papers = stored.take(rows)
    aside = draw.normal(size=papers.shape).astype(np.float32)
    aside -= np.einsum("ij,ij->i", aside, papers)[:, None] * papers
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-9)
    moved: Vectors = _LIKENESS * papers + math.sqrt(1 - _LIKENESS**2) * aside
    return moved


def _nearest(queries: Vectors, stored: StoredVectors, k: int) -> Vectors:
    """Return the cosines of the ``k`` nearest of all vectors, best first."""
    import faiss

    with stored.mapped() as rows:
        scores: Vectors = faiss.knn(queries, rows, k, faiss.METRIC_INNER_PRODUCT)[0]
    return scores


def _recall(
    index: Any, stored: StoredVectors, tuning: Tuning, queries: Vectors, truth: Vectors, probes: int
) -> tuple[float, float]:
    """Return the share of the nearest that is found, and the lower end of its 95 % interval.

    Of several that are as near, any will do.
    """
    import faiss

    found = truth.shape[1]
    wanted = min(tuning.candidates(found), stored.size)
    parameters = faiss.SearchParametersIVF(nprobe=probes)  # type: ignore[call-arg]
    with threads(0):
        keys = index.search(queries, wanted, params=parameters)[1]
    scores = refined(stored, queries, keys, found).scores
    shares = (scores >= truth[:, -1:] - 1e-6).mean(axis=1)
    mean = float(shares.mean())
    return mean, mean - 1.96 * float(shares.std()) / math.sqrt(len(shares))
