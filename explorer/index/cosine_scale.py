"""The scale of a library's cosines: how near a text comes to papers that it has nothing to do with.

A cosine alone says little: another model has other cosines, and the nearest of many papers is
nearer than the nearest of a few. So each build compares texts with its papers. The nearest paper
of a text about something else gives the lower end of the scale, the nearest other paper of a title
the upper end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from explorer.arrays import Vectors
from explorer.index.engines.contract import Engine
from explorer.index.knn_graph import NeighbourGraph
from explorer.papers.paper import Paper

EmbedQueries = Callable[[Sequence[str]], Vectors]
"""Queries to unit vectors, shape (queries, dimension)."""

_TITLES = 64
"""Titles compared: their median is then known to some hundredths."""
_FEWEST_PAPERS = 10
_LEAST_SPAN = 0.05
"""Cosine between the ends of a scale that tells related texts from others."""
_GROWTH = 1.5
"""Growth or shrinkage of a library after which its scale is measured anew."""
_UNRELATED = (
    "baking bread in a wood-fired oven",
    "second-hand bicycles for children",
    "the goalkeeper saved a penalty",
    "curtains for a small bedroom",
    "ferry timetable to the islands",
    "how to prune an apple tree",
    "salary negotiation tips",
    "a lullaby for twins",
    "leather boots repair shop",
    "camping near the lake in July",
    "inheritance of a family farm",
    "watercolour landscapes",
    "birthday cake with strawberries",
    "violin strings",
    "wallpaper",
    "hairdresser opening hours",
    "Wo kann man hier gut essen gehen?",
    "Je cherche un appartement avec balcon",
    "¿A qué hora sale el autobús?",
    "Где купить зимнюю куртку",
    "周末去哪里钓鱼",
    "أين أقرب صيدلية",
    "夏祭りの浴衣",
    "kuinka virkata pipo",
    "wqzjx pfkd",
    "ublk tregg onsip vaa",
    "zzyqk",
    "hgfdk jhgsa dfjk",
    "mnrrp olw",
    "xo tipplk grzuv epqa",
    "kjhk",
    "vrelm squobit",
)
"""Texts that have little to do with any library of papers. Where one does, so few of the others do
that the median stays."""


@dataclass(frozen=True, slots=True)
class CosineScale:
    """Cosines between a text and the paper nearest to it, at the median."""

    unrelated: float
    """Of texts that have nothing to do with the library."""
    title: float
    """Of a title, or a first sentence without one, and the nearest other paper."""
    paper: float
    """Of a paper and the nearest other paper."""
    papers: int
    """The size of the library when this was measured."""

    def as_dict(self) -> dict[str, float | int]:
        """Return the scale as JSON values."""
        return asdict(self)


def stored_scale(values: dict[str, float | int]) -> CosineScale | None:
    """Return a scale from what :meth:`CosineScale.as_dict` returned; None if it is of no use."""
    if not values:
        return None
    scale = CosineScale(
        float(values["unrelated"]),
        float(values["title"]),
        float(values["paper"]),
        int(values["papers"]),
    )
    return scale if min(scale.title, scale.paper) - scale.unrelated >= _LEAST_SPAN else None


def is_current(scale: CosineScale, papers: int) -> bool:
    """Whether a scale still holds for a library that has ``papers`` papers now."""
    return papers <= _GROWTH * scale.papers and scale.papers <= _GROWTH * papers


def measure_scale(
    engine: Engine,
    graph: NeighbourGraph,
    papers: Sequence[Paper],
    embed_queries: EmbedQueries,
) -> CosineScale | None:
    """Return the scale of a library; None if it is too small for one.

    Args:
        papers: by row.
    """
    if engine.size < _FEWEST_PAPERS:
        return None
    rows = random.Random(0).sample(range(engine.size), min(_TITLES, engine.size))
    vectors = embed_queries([*_UNRELATED, *(_title(papers[row]) for row in rows)])
    near = engine.search(vectors, 2)
    unrelated = near.scores[: len(_UNRELATED), 0]
    keys, cosines = near.keys[len(_UNRELATED) :], near.scores[len(_UNRELATED) :]
    others = np.where(keys[:, 0] == np.array(rows), cosines[:, 1], cosines[:, 0])
    return CosineScale(
        round(float(np.median(unrelated)), 4),
        round(float(np.median(others)), 4),
        round(float(np.median(graph.similarities[rows, 0])), 4),
        engine.size,
    )


def _title(paper: Paper) -> str:
    """Return the title of a paper, or its first sentence if it has none."""
    return paper.readable_title or next(iter(paper.sentences), "")
