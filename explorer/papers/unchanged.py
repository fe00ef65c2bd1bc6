"""Papers that an update left unchanged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable, papers_at


def unchanged_rows(
    before: Sequence[Paper], papers: Sequence[Paper], moved: Rows, fields: Sequence[str]
) -> NDArray[np.bool_]:
    """Return which papers of ``before`` have the same ``fields`` now, shape (papers before,).

    Args:
        moved: row of each in ``papers``, -1 if it is gone.
        fields: names of the fields compared.
    """
    same = moved >= 0
    unsure = np.flatnonzero(same)
    if isinstance(before, PaperTable) and isinstance(papers, PaperTable):
        unsure = unsure[~papers.same_rows_as(before, unsure, moved[unsure])]
        was, now = before.take(unsure), papers.take(moved[unsure])
        same[unsure] = was.equal_rows(now, fields)
        return same
    for row, old, new in zip(
        unsure.tolist(), papers_at(before, unsure), papers_at(papers, moved[unsure]), strict=True
    ):
        same[row] = old is new or all(getattr(old, f) == getattr(new, f) for f in fields)
    return same
