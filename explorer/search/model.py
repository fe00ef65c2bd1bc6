"""Queries, hits and results: the types that a search takes and returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from explorer.papers.paper import Paper
from explorer.search.filters import Filters
from explorer.search.query import Parsed
from explorer.topics.communities import Topic


class Mode(StrEnum):
    """The retrievers that a search uses."""

    HYBRID = "hybrid"
    """By meaning and words together."""
    DENSE = "dense"
    """By meaning: cosine similarity of vectors."""
    LEXICAL = "lexical"
    """By words: BM25."""


class Sort(StrEnum):
    """The order of hits."""

    RELEVANCE = "relevance"
    DATE = "date"
    """The newest first, among the most relevant."""


@dataclass(frozen=True, slots=True)
class Query:
    """Text, example papers and counter-examples, within filters."""

    text: str = ""
    """As typed; see :mod:`explorer.search.query` for its syntax."""
    like: tuple[str, ...] = ()
    """Ids of example papers, which hits resemble; ``unlike``: which they do not."""
    unlike: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    mode: Mode = Mode.HYBRID
    sort: Sort = Sort.RELEVANCE
    diverse: bool = False
    """Whether hits are chosen to differ from each other."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Reasons why a paper is a hit."""

    meaning: float
    """Share of the score that is due to meaning; with ``words`` it adds up to 1.

    Both are 0 where nothing was ranked.
    """
    words: float
    matched: tuple[str, ...]
    """Words of the query, in the form in which the paper has them."""
    sentence: str
    """Key sentence of the abstract or summary: the one with the most words of the query; after
    :func:`explorer.search.explain.explain`, the one that the match in meaning depends on most."""
    example: str = ""
    """The id of the nearest example, where there are examples."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper in the results of a search."""

    rank: int
    row: int
    paper: Paper
    score: float
    """Fused score from 0 to 1, the cosine (dense mode) or BM25 (lexical mode)."""
    topic: Topic
    """The finest topic of the paper."""
    why: Explanation


@dataclass(frozen=True, slots=True)
class Results:
    """Hits of one query, best first."""

    hits: tuple[Hit, ...]
    seconds: float
    mode: Mode
    """The mode in effect: dense where the query has no words."""
    parsed: Parsed = field(default_factory=lambda: Parsed(""))
    """The query as it was understood, with notes on the rest."""
    vector: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    """Unit vector of the query, shape (dimension,); None in lexical mode."""
    allowed: int | None = None
    """Number of papers that pass the filters; None without filters."""
    like: tuple[int, ...] = ()
    """Rows of the examples."""

    @property
    def only_nearest(self) -> bool:
        """Whether no hit contains a word of the query, so that even the best may be off topic."""
        return (
            bool(self.hits)
            and self.mode is Mode.HYBRID
            and not any(hit.why.matched for hit in self.hits)
        )
