"""Python interface: search, similar papers, topics and map of a library in one object.

::

    from explorer import Library

    library = Library("data/library")
    hits = library.search("KV cache compression", k=5).hits
    near = library.similar("2405.14458").hits
    topics, points = library.topics(), library.map()

The HTTP and MCP servers (:mod:`explorer.servers`) use the same object, so all of them rank as the
page does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from explorer.desk.desk import desk_of
from explorer.desk.marks import PaperMarks, marks_of
from explorer.embedders import Embedder, open_embedder
from explorer.errors import UnusableInput
from explorer.insights.trends import trends
from explorer.insights.whats_new import whats_new
from explorer.learning.recommendations import Recommendation, recommended
from explorer.library.generation import Generation
from explorer.library.lookup import find_paper
from explorer.library.store import DEFAULT_FOLDER, LibraryStore
from explorer.papers.paper import Paper
from explorer.papers.text import plain
from explorer.search.explain import explain
from explorer.search.filters import Filters
from explorer.search.model import Mode, Query, Results, Sort
from explorer.search.queries.syntax import parse
from explorer.search.search import needs_model, search
from explorer.search.similar import similar

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_RANKED = 200
"""Hits of a ranking that can be paged through."""
MOST_REARRANGED = 100
"""Hits that can be paged through where the best are sorted by date or diversified."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the hits of a search."""

    results: Results
    more: bool
    """Whether more hits follow."""


class Library(LibraryStore):
    """The library in ``folder``; every call answers from its live generation.

    After an update, the next call opens the new generation. Safe for any number of threads.
    """

    def __init__(self, folder: Path | str = DEFAULT_FOLDER, user: str = "") -> None:
        """Open the library in ``folder``, with the desk of ``user``; empty for no desk.

        Raises:
            UnusableInput: ``user`` is not a valid name.
        """
        super().__init__(folder)
        self.desk = desk_of(self.folder, user) if user else None
        self._lock = Lock()
        self._opened: tuple[str, Generation] | None = None
        self._embedder: tuple[str, Embedder] | None = None

    @property
    def generation(self) -> Generation:
        """The live generation.

        Raises:
            LibraryMissing, LibraryDamaged: see :meth:`explorer.library.store.LibraryStore.open`.
        """
        opened, live = self._opened, self.live
        if opened is not None and opened[0] == live:
            return opened[1]
        with self._lock:
            if self._opened is None or self._opened[0] != live:
                generation = self.open()
                self._opened = (generation.folder.name, generation)
            return self._opened[1]

    def marks(self, generation: Generation) -> PaperMarks | None:
        """Return the user's marks on the papers of ``generation``; None without a desk.

        Raises:
            LibraryError: the desk cannot be read.
        """
        return None if self.desk is None else marks_of(generation, self.desk)

    def recommended(
        self, generation: Generation, k: int, since: datetime | None, *, everything: bool = False
    ) -> tuple[PaperMarks, tuple[Recommendation, ...]]:
        """Return the user's marks, and the ``k`` newcomers that suit their interests best.

        Args:
            since: moment from which papers are new; without it, the last update.
            everything: choose from the whole library.

        Raises:
            UnusableInput: the library was opened without a user.
        """
        marks = self.marks(generation)
        if marks is None:
            raise UnusableInput(
                "There is no desk to learn from.", advice="Start the server with --user NAME."
            )
        rows = None if everything else np.array(whats_new(generation, since).rows, dtype=np.int64)
        return marks, recommended(generation, marks, rows, k)

    def embedder(self, generation: Generation) -> Embedder:
        """Return the model that embedded ``generation``.

        Raises:
            EmbedderError: the model is not on this machine.
        """
        model = generation.manifest.model
        with self._lock:
            if self._embedder is None or self._embedder[0] != model:
                self._embedder = (model, open_embedder(model))
            return self._embedder[1]

    def search(
        self,
        text: str = "",
        k: int = 10,
        *,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        mode: Mode | str = Mode.HYBRID,
        sort: Sort | str = Sort.RELEVANCE,
        diverse: bool = False,
        topic: str = "",
        literal: bool = False,
        why: bool = False,
    ) -> Results:
        """Return the ``k`` best papers for the query ``text``, with fields and "phrases".

        Args:
            like: ids of positive examples.
            unlike: ids of negative examples.
            mode: ``hybrid``, ``dense`` (by meaning) or ``lexical`` (by words).
            sort: ``relevance``, ``date`` or, with a user, ``for-you``.
            diverse: prefer hits that differ from each other.
            topic: only papers of this topic, by id or name.
            literal: search for the words exactly as typed: correct no spelling, recognise no names.
            why: add the key sentence of each hit; takes longer.

        Raises:
            UnusableInput: an example or the topic is unknown.
        """
        generation = self.generation
        filters = Filters(topic=topic, desk=self.marks(generation))
        query = Query(
            text, tuple(like), tuple(unlike), filters, Mode(mode), Sort(sort), diverse, literal
        )
        results = self._run(generation, query, k)
        return self._with_explanations(generation, results) if why else results

    def page(
        self, generation: Generation, query: Query, k: int, offset: int = 0, *, why: bool = False
    ) -> Page:
        """Return ``k`` hits of ``query`` after the first ``offset``.

        The order of hits is independent of ``k`` and ``offset``, so pages fit together. A ranking
        ends after :data:`MOST_RANKED` hits, or :data:`MOST_REARRANGED` if diversified or sorted by
        date; the result of filters alone is listed to its end.
        """
        parsed = parse(query.text)
        examples = query.like or query.unlike or parsed.like or parsed.unlike
        depth = offset + k + 1
        if parsed.words.strip() or examples:
            is_rearranged = query.diverse or query.sort is not Sort.RELEVANCE
            depth = MOST_REARRANGED if is_rearranged else min(depth, MOST_RANKED)
        results = self._run(generation, query, depth, offset)
        page = replace(results, hits=results.hits[:k])
        if why:
            page = self._with_explanations(generation, page)
        return Page(page, len(results.hits) > k)

    def _run(self, generation: Generation, query: Query, k: int, offset: int = 0) -> Results:
        embedder = self.embedder(generation) if needs_model(generation, query) else None
        return search(generation, embedder, query, k, offset=offset)

    def _with_explanations(self, generation: Generation, results: Results) -> Results:
        """Return ``results`` with key sentences; unchanged if the query has no vector."""
        if results.vector is None:
            return results
        return explain(generation, self.embedder(generation), results)

    def similar(self, paper: str, k: int = 10) -> Results:
        """Return the ``k`` papers nearest in meaning to the paper with the id ``paper``.

        Raises:
            UnknownPaper: no paper has that id.
        """
        return similar(self.generation, paper, k)

    def paper(self, name: str) -> Paper:
        """Return the paper with the id ``name``: the library's, arXiv's, a DOI ...

        Raises:
            UnknownPaper: no paper has that id.
        """
        generation = self.generation
        return generation.records[find_paper(generation, name)]

    def topics(self) -> DataFrame:
        """Return all topics, coarse to fine, one row each, indexed by id."""
        from pandas import DataFrame

        generation = self.generation
        trend_of = trends(generation).of
        return DataFrame(
            [
                {
                    "id": topic.id,
                    "level": topic.level,
                    "parent": topic.parent,
                    "label": topic.label,
                    "keywords": list(topic.keywords),
                    "papers": topic.size,
                    "growth": trend_of[topic.id].growth,
                }
                for topic in generation.topics.values()
            ]
        ).set_index("id")

    def map(self) -> DataFrame:
        """Return all papers with their map position, one row each, indexed by id.

        ``topic`` is the name of the finest topic, ``field`` that of the coarsest; ``year`` is 0
        if unknown.
        """
        from pandas import DataFrame

        generation = self.generation
        names = [
            [level[index].label for index in topics_of_rows.tolist()]
            for level, topics_of_rows in zip(generation.levels, generation.memberships, strict=True)
        ]
        return DataFrame(
            {
                "id": list(generation.records.ids),
                "title": [plain(title) for title in generation.records.titles],
                "x": generation.positions[:, 0],
                "y": generation.positions[:, 1],
                "topic": names[-1],
                "field": names[0],
                "year": generation.records.years,
                "date": list(generation.records.dates),
            }
        ).set_index("id")
