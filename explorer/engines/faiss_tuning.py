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
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.embedders import Vectors
from explorer.engines.faiss_threads import threads
from explorer.settings import IndexSettings

if TYPE_CHECKING:
    from explorer.engines.stored_vectors import StoredVectors

_QUERIES = 1_000
_LIKENESS = 0.8
_SEED = 11
_NEAR, _FAR = 10, 100
"""How many nearest the lists are counted for; in between and beyond, a power law tells."""
_LOOKED_THROUGH = 10_000
"""Vectors that are looked through in any case: it takes no time, and small indexes are exact."""
_STEP = 2**0.25
"""How many times as many lists are tried next."""
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

    def probes(self, found: int, lists: int) -> int:
        """Return how many of the ``lists`` to look through for so many nearest."""
        steepness = math.log(self.far / self.near) / math.log(_FAR / _NEAR)
        wanted: float = self.near * (max(found, _NEAR) / _NEAR) ** steepness
        return max(1, min(lists, math.ceil(wanted)))

    def candidates(self, found: int) -> int:
        """Return how many of the nearest by their codes are compared by their vectors."""
        return max(self.refine * found, found + _FEWEST_SPARE)


def tuned(
    index: Any, stored: StoredVectors, code: str, made_for: int, settings: IndexSettings
) -> Tuning:
    """Return how ``index`` reaches the recall that ``settings`` ask for, or comes nearest to it.

    Recall is taken to be reached where the lower end of its 95 % interval does so.
    """
    lists = int(index.nlist)
    least = max(1, min(lists, math.ceil(_LOOKED_THROUGH * lists / max(1, stored.size))))
    steps = math.ceil(math.log(lists / least) / math.log(_STEP))
    grid = [min(lists, math.ceil(least * _STEP**step)) for step in range(steps + 1)]
    queries = _queries(stored)
    truth = _nearest(queries, stored, min(_FAR, stored.size))
    near = truth[:, : min(_NEAR, stored.size)]
    tuning = Tuning(code, made_for, lists, lists, 1, settings.recall, 0.0, len(queries))
    for refine in _REFINED[code]:
        tuning = replace(tuning, refine=refine)
        if _recall(index, stored, tuning, queries, near)[1] >= settings.recall:
            break

    def reaches(probes: int, truth: Vectors, recall: float) -> bool:
        trial = replace(tuning, near=probes, far=probes)
        return _recall(index, stored, trial, queries, truth)[1] >= recall

    place = bisect_left(grid, True, key=lambda probes: reaches(probes, near, settings.recall))
    probes = grid[min(place, len(grid) - 1)]
    tuning = replace(tuning, near=probes, far=probes)
    recall = _recall(index, stored, tuning, queries, near)[0]
    more = [probes for probes in grid if probes >= tuning.near]
    place = bisect_left(more, True, key=lambda probes: reaches(probes, truth, settings.recall))
    far = more[min(place, len(more) - 1)]
    return replace(tuning, far=far, recall=round(recall, 4))


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
    index: Any, stored: StoredVectors, tuning: Tuning, queries: Vectors, truth: Vectors
) -> tuple[float, float]:
    """Return the share of the nearest that is found, and the lower end of its 95 % interval.

    Of several that are as near, any will do.
    """
    import faiss

    from explorer.engines.faiss_lists import refined

    found = truth.shape[1]
    wanted = min(tuning.candidates(found), stored.size)
    parameters = faiss.SearchParametersIVF(nprobe=tuning.near)  # type: ignore[call-arg]
    with threads(0):
        keys = index.search(queries, wanted, params=parameters)[1]
    scores = refined(stored, queries, keys, found).scores
    shares = (scores >= truth[:, -1:] - 1e-6).mean(axis=1)
    mean = float(shares.mean())
    return mean, mean - 1.96 * float(shares.std()) / math.sqrt(len(shares))
