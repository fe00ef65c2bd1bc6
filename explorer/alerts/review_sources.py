"""Sources of the papers of a review, and the papers that have come since.

A source is a search with the number of its best papers, a topic, chosen papers, or the whole
library. It is stored with the review and run again after updates, so that newcomers are appended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from explorer.alerts.followed_search import described, followed, stored_query
from explorer.desk.desk import Desk, FollowedSearch, anchor_of
from explorer.desk.marks import marks_of
from explorer.desk.reviews import Review, read_review, start_review
from explorer.embedders import Embedder
from explorer.learning.screening.review import append_rows
from explorer.library.generation import Generation
from explorer.search.filters import allowed_rows
from explorer.search.model import Query
from explorer.search.search import needs_model, search

BEST = 500
"""Papers of a ranking that are screened unless a reviewer chooses another number."""

Source = Mapping[str, Any]
"""``kind`` (``library``, ``search`` or ``papers``); of a search its ``query`` and number."""


def library_source() -> Source:
    """Return the whole library as a source."""
    return {"kind": "library"}


def search_source(generation: Generation, name: str, query: Query, best: int = BEST) -> Source:
    """Return a search as a source: its ``best`` papers, or all that pass where filters are all.

    Raises:
        UnusableInput, UnknownPaper, UnknownTopic: see
            :func:`explorer.alerts.followed_search.followed`.
    """
    return {
        "kind": "search",
        "query": followed(generation, name, query, best).query,
        "best": best,
    }


def source_label(source: Source) -> str:
    """Return a source in one line."""
    if source["kind"] == "search":
        return described(FollowedSearch("", source["query"], source["best"], 0))
    return str(source.get("description", "the whole library"))


def _source_needs_model(generation: Generation, source: Source) -> bool:
    """Return whether the embedder is needed for :func:`source_rows`."""
    if source["kind"] != "search":
        return False
    query, _ = stored_query(generation, FollowedSearch("", source["query"], source["best"], 0))
    return query.text.strip() != "" and needs_model(generation, query)


def sources_need_model(generation: Generation, sources: Iterable[Source]) -> bool:
    """Return whether any of ``sources`` needs the embedder."""
    return any(_source_needs_model(generation, source) for source in sources)


def source_rows(
    generation: Generation, embedder: Embedder | None, source: Source, desk: Desk
) -> Sequence[int]:
    """Return the rows of the papers that a source now has."""
    if source["kind"] == "library":
        return range(generation.size)
    if source["kind"] != "search":
        return ()
    following = FollowedSearch("", source["query"], source["best"], 0)
    query, _ = stored_query(generation, following, marks_of(generation, desk))
    if not query.text.strip() and not query.like and not query.unlike:
        allowed = allowed_rows(generation, query.filters)
        return range(generation.size) if allowed is None else allowed.tolist()
    results = search(generation, embedder, query, source["best"])
    return [hit.row for hit in results.hits]


def review_of_rows(
    generation: Generation,
    desk: Desk,
    name: str,
    question: str,
    source: Source,
    rows: Sequence[int],
) -> Review:
    """Start a review of the papers in ``rows``.

    Raises:
        UnusableInput: see :func:`explorer.desk.reviews.start_review`.
    """
    anchors = [anchor_of(generation.records[row]) for row in rows]
    return start_review(desk, name, question, source, anchors)


def append_newcomers(
    generation: Generation, embedder: Embedder | None, desk: Desk, name: str
) -> int:
    """Append what the sources of a review have now and it does not; return the number of papers."""
    sources = read_review(desk, name).sources
    return sum(
        append_rows(generation, desk, name, source, source_rows(generation, embedder, source, desk))
        for source in sources
    )
