"""Queries, hits and results: the types that a search takes and returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from explorer.papers.paper import Paper
from explorer.search.filters import Filters
from explorer.search.likelihood import ALL_WORDS, LIKELY
from explorer.search.queries.interpretation import Interpretation
from explorer.search.queries.syntax import Parsed
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
    FOR_YOU = "for-you"
    """Those that suit the user's interests best (:mod:`explorer.learning.taste`), likewise."""


@dataclass(frozen=True, slots=True)
class Query:
    """Text, example papers and counter-examples, within filters."""

    text: str = ""
    """As typed; see :mod:`explorer.search.queries.syntax` for its syntax."""
    like: tuple[str, ...] = ()
    """Ids of example papers, which hits resemble, or ``starred`` for those of the desk; ``unlike``:
    which they do not resemble, or ``dismissed``."""
    unlike: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    mode: Mode = Mode.HYBRID
    sort: Sort = Sort.RELEVANCE
    diverse: bool = False
    """Whether hits are chosen to differ from each other."""
    literal: bool = False
    """Whether words are searched for exactly as typed: no spelling is corrected, no name or request
    is recognised."""
    as_typed: tuple[str, ...] = ()
    """Parts of the text of which the same holds."""


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
    :func:`explorer.search.explain.explain`, the one near to the query and to what sets the paper
    apart from the other hits."""
    example: str = ""
    """The id of the nearest example, where there are examples."""
    near: tuple[tuple[str, str], ...] = ()
    """Words of the query, each with the word of the sentence that is near to it in meaning, where
    the paper has none of the query's words; after :func:`explorer.search.explain.explain`."""
    coverage: float = 0.0
    """Share of the query's words that the paper has, rare words counting more; from 0 to 1."""


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
    likelihood: float | None = None
    """Likelihood that it has to do with the query, from 0 to 1, comparable across queries
    (:mod:`explorer.search.likelihood`); None where it was not measured."""
    nearness: float | None = None
    """The part of the likelihood that is due to meaning: 0 as near as an unrelated text, 1 as near
    as a title is to another paper. None where it was not measured."""


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
    interpretation: Interpretation = field(default_factory=lambda: Interpretation(""))
    """Spelling, names and papers in the query, as they were understood."""

    @property
    def nothing_close(self) -> bool:
        """Whether no hit is likely to have to do with the query, nor has all of its words."""
        return bool(self.hits) and not any(
            hit.likelihood is None or hit.likelihood >= LIKELY or hit.why.coverage >= ALL_WORDS
            for hit in self.hits
        )

    @property
    def only_nearest(self) -> bool:
        """Whether no hit contains a word of the query, so that even the best may be off topic."""
        return (
            bool(self.hits)
            and self.mode is Mode.HYBRID
            and not any(hit.why.matched for hit in self.hits)
        )
