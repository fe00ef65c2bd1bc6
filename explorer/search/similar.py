"""Papers that are similar to one paper."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from explorer.library.generation import Generation
from explorer.library.lookup import find_paper
from explorer.search.filters import Filters, allowed_rows
from explorer.search.hits import make_hit
from explorer.search.likelihood import likelihood, nearness
from explorer.search.model import Mode, Results
from explorer.search.ranking import Ranking


def similar(
    generation: Generation, name: str, k: int = 10, filters: Filters | None = None
) -> Results:
    """Return the ``k`` papers nearest in meaning to the one with the id ``name``.

    Raises:
        UnknownPaper: there is no such paper.
    """
    begin = time.perf_counter()
    row = find_paper(generation, name)
    allowed = allowed_rows(generation, filters or Filters())
    own = generation.engine.vectors(np.array([row], dtype=np.int64))
    near = generation.engine.search(own, k + 1, allowed)
    keys, scores = (part[0][near.keys[0] != row] for part in (near.keys, near.scores))
    order = np.lexsort((generation.records.id_ranks[keys], -np.round(scores.astype(float), 6)))[:k]
    rows, scores = keys[order], scores[order].astype(np.float32)
    ranking = Ranking(rows, scores, np.ones_like(scores), np.zeros_like(scores))
    hits = tuple(make_hit(generation, i + 1, ranking, i, {}) for i in range(len(rows)))
    rated = nearness(generation, own, rows.tolist(), of_papers=True)
    hits = tuple(
        replace(hit, nearness=value, likelihood=likelihood(value, 0.0))
        for hit, value in zip(hits, rated, strict=True)
    )
    return Results(hits, time.perf_counter() - begin, Mode.DENSE)
