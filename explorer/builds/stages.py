"""Stages of a build: papers and vectors to index, graph, map and topics.

The previous generation is updated where the :class:`~explorer.builds.reuse.ReusePlan` reuses it:
only papers that are new or changed are searched for in the graph, placed on the map and assigned
to topics.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from explorer.arrays import Positions, RowMap, Vectors
from explorer.builds.progress import Clock, Progress
from explorer.builds.redraw_advice import measure_fit
from explorer.builds.reuse import NOTHING_REUSED, ReusePlan
from explorer.embedders import Embedder
from explorer.embedders.cache import VectorCache, embed_missing
from explorer.index.cosine_scale import (
    CosineScale,
    EmbedQueries,
    is_current,
    measure_scale,
    stored_scale,
)
from explorer.index.engines.contract import Engine, EngineFactory
from explorer.index.full_text import INDEXED_FIELDS
from explorer.index.knn_graph import NeighbourGraph, build_graph, updated_graph
from explorer.library.arrival import milliseconds
from explorer.library.generation import Arrivals, Generation
from explorer.library.writing import Draft, PreviousFullText
from explorer.map.layout import draw, place, redraw
from explorer.papers.paper import Paper
from explorer.papers.unchanged import unchanged_rows
from explorer.settings import Settings
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.communities import Topic, edges_of
from explorer.topics.custom_namer import CUSTOM_SOURCES, CarefulNamer
from explorer.topics.edits import TopicEdit
from explorer.topics.hierarchy import TopicHierarchy, build_hierarchy
from explorer.topics.tracking import (
    PreviousTopics,
    TopicEvent,
    events,
    last_number,
)

LAST_TOPIC = "last_topic"
"""Key in a manifest's settings: the highest number that a topic of the library ever had."""
_COMPARED_AT_ONCE = 10_000
"""Vectors compared at once with the previous ones; bounds memory."""


@dataclass(frozen=True, slots=True)
class BuildInputs:
    """All inputs of a new generation, the previous one aside."""

    papers: Sequence[Paper]
    vectors: Vectors
    """Unit vectors in the order of ``papers``, shape (papers, dimension)."""
    factory: EngineFactory
    embed_phrases: EmbedPhrases
    embed_queries: EmbedQueries
    settings: Settings
    namer: CarefulNamer | None
    edits: Sequence[TopicEdit]
    number: int
    """Of the new generation."""
    created: str
    """Time of the build: UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class PreviousBuild:
    """The generation that a build updates, and the parts of it to reuse."""

    generation: Generation
    papers: Sequence[Paper]
    """All its papers, in the order of its rows."""
    row_map: RowMap
    """The new row of each of its papers; -1 where it was removed."""
    plan: ReusePlan
    vectors_given: bool = False
    """Its vectors came from the user, so an unchanged paper may have another one now."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Distance that a redraw moved the papers that stayed, in shares of the map's radius."""

    median: float
    nine_of_ten: float
    """The 90th percentile."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A draft, with facts about the build."""

    draft: Draft
    fit: dict[str, Any]
    """For the manifest: the time the map was drawn, and its fit."""
    redrawn: str
    """Why the map was drawn anew; empty where papers stayed."""
    drift: Drift | None
    scale: CosineScale | None
    last_topic: int
    """The highest number that a topic of the library ever had in its id."""


def make_draft(inputs: BuildInputs, previous: PreviousBuild | None, clock: Clock) -> BuildResult:
    """Return index, graph, map and topics of the papers.

    Args:
        previous: the generation to update; None in a new library.
    """
    plan = previous.plan if previous else NOTHING_REUSED
    with clock.stage("index"):
        engine, graph = _make_index(inputs, previous, clock.progress)
    with clock.stage("map"):
        positions, drift = _make_map(inputs, graph, previous)
    with clock.stage("topics"):
        edges = edges_of(graph, inputs.settings.topics)
        past = previous_topics(previous) if previous else None
        hierarchy = build_hierarchy(
            inputs.papers,
            inputs.vectors,
            edges,
            inputs.settings.topics,
            inputs.embed_phrases,
            inputs.namer,
            inputs.edits,
            past,
            repartition=not plan.communities,
        )
        added_at = _added_at(inputs, previous)
        drawn = _drawn_at(inputs, previous)
        fit = measure_fit(
            graph,
            edges,
            positions,
            hierarchy.raw_labels[-1],
            np.flatnonzero(added_at > milliseconds(drawn)),
            _modularity_then(previous),
        )
    draft = Draft(
        papers=inputs.papers,
        vectors=inputs.vectors,
        engine=engine,
        graph=graph,
        positions=positions,
        hierarchy=hierarchy,
        added_at=added_at,
        events=_events(inputs, previous, past, hierarchy),
        previous_full_text=_previous_full_text(inputs.papers, previous),
        previous=previous.generation if previous else None,
    )
    return BuildResult(
        draft,
        fit={"drawn": drawn} | asdict(fit),
        redrawn=plan.redraw_reason,
        drift=drift,
        scale=_scale(inputs, engine, graph, previous),
        last_topic=max(past.last_number if past else 0, last_number(hierarchy.levels)),
    )


def _make_index(
    inputs: BuildInputs, previous: PreviousBuild | None, progress: Progress
) -> tuple[Engine, NeighbourGraph]:
    """Return the index of the vectors and their neighbour graph."""
    factory, vectors, settings = inputs.factory, inputs.vectors, inputs.settings
    if previous is None or not previous.plan.graph:
        engine = factory.build(vectors, settings.index)
        return engine, build_graph(engine, settings.graph, progress.advance)
    generation = previous.generation
    same = _row_map_where_same(previous, inputs.papers, ("fingerprint",))
    if previous.vectors_given:
        same = _row_map_where_vectors_same(generation.engine, vectors, same)
    if previous.plan.index and (same >= 0).any():
        engine = factory.update(generation.engine, same, vectors, settings.index)
    else:
        engine = factory.build(vectors, settings.index)
    graph = updated_graph(generation.graph, same, engine, settings.graph, progress.advance)
    return engine, graph


def _scale(
    inputs: BuildInputs, engine: Engine, graph: NeighbourGraph, previous: PreviousBuild | None
) -> CosineScale | None:
    """Return the scale of the cosines: the previous one while the library is of a like size."""
    if previous is not None and previous.plan.graph and not previous.vectors_given:
        stored = stored_scale(previous.generation.manifest.scale)
        if stored is not None and is_current(stored, len(inputs.papers)):
            return stored
    return measure_scale(engine, graph, inputs.papers, inputs.embed_queries)


def _make_map(
    inputs: BuildInputs, graph: NeighbourGraph, previous: PreviousBuild | None
) -> tuple[Positions, Drift | None]:
    """Return the positions, and how far a redraw moved them."""
    settings = inputs.settings.map
    if previous is None or not previous.plan.positions or previous.row_map.max(initial=-1) < 0:
        return draw(graph, inputs.vectors, settings), None
    rows = previous.row_map
    start = np.full((len(inputs.papers), 2), np.nan, dtype=np.float32)
    start[rows[rows >= 0]] = previous.generation.positions[rows >= 0]
    positions = place(graph, start, settings)
    if not previous.plan.redraw_reason:
        return positions, None
    positions = redraw(graph, inputs.vectors, settings, positions)
    return positions, _drift(start, positions)


def _added_at(inputs: BuildInputs, previous: PreviousBuild | None) -> Arrivals:
    """Return when each paper was added: now, unless the previous generation has it."""
    added_at = np.full(len(inputs.papers), milliseconds(inputs.created), dtype=np.int64)
    if previous is not None:
        rows = previous.row_map
        added_at[rows[rows >= 0]] = previous.generation.added_at[rows >= 0]
    return added_at


def _drawn_at(inputs: BuildInputs, previous: PreviousBuild | None) -> str:
    """Return when the map was drawn."""
    if previous is None or previous.plan.redraw_reason or not previous.plan.positions:
        return inputs.created
    manifest = previous.generation.manifest
    drawn: str = manifest.fit.get("drawn", manifest.created)
    return drawn


def _modularity_then(previous: PreviousBuild | None) -> float | None:
    """Return the modularity when communities were detected; None if that is now."""
    if previous is None or not previous.plan.communities:
        return None
    return previous.generation.manifest.fit.get("modularity_then")


def _events(
    inputs: BuildInputs,
    previous: PreviousBuild | None,
    past: PreviousTopics | None,
    hierarchy: TopicHierarchy,
) -> tuple[TopicEvent, ...]:
    """Return the topic events so far, those of this build last."""
    if previous is None or past is None:
        return ()
    new = events_between(past, hierarchy, inputs.number, inputs.created)
    return *previous.generation.events, *new


def _previous_full_text(
    papers: Sequence[Paper], previous: PreviousBuild | None
) -> PreviousFullText | None:
    if previous is None or not previous.plan.full_text:
        return None
    same = _row_map_where_same(previous, papers, INDEXED_FIELDS)
    return PreviousFullText(previous.generation.lexicon, same)


def _row_map_where_vectors_same(previous: Engine, vectors: Vectors, row_map: RowMap) -> RowMap:
    """Return ``row_map``, with -1 for papers whose vectors changed."""
    same = row_map.copy()
    there = np.flatnonzero(row_map >= 0)
    for start in range(0, len(there), _COMPARED_AT_ONCE):
        rows = there[start : start + _COMPARED_AT_ONCE]
        differs = (previous.vectors(rows) != vectors[row_map[rows]]).any(axis=1)
        same[rows[differs]] = -1
    return same


def last_topic(generation: Generation) -> int:
    """Return the highest number that a topic of the library ever had in its id."""
    stored = int(generation.manifest.settings.get(LAST_TOPIC, 0))
    return max(stored, last_number(generation.levels))


def previous_topics(previous: PreviousBuild, *, same_papers: bool = False) -> PreviousTopics:
    """Return the topics that a new hierarchy continues.

    Args:
        same_papers: nothing but the topic edits changed.
    """
    generation = previous.generation
    levels = generation.levels
    if not previous.plan.custom_names:
        levels = tuple(tuple(_with_computed_name(topic) for topic in level) for level in levels)
    return PreviousTopics(
        papers=previous.papers,
        levels=levels,
        raw_labels=generation.raw_labels,
        memberships=generation.memberships,
        row_map=previous.row_map,
        last_number=last_topic(generation),
        same_papers=same_papers,
        rename_all=not previous.plan.names,
    )


def events_between(
    past: PreviousTopics, hierarchy: TopicHierarchy, number: int, created: str
) -> tuple[TopicEvent, ...]:
    """Return the topic events from one hierarchy to the next."""
    return events(past, hierarchy.levels, hierarchy.memberships, hierarchy.matches, number, created)


def phrase_embedder(
    cache: VectorCache, embedder: Embedder, progress: Callable[[int, int], None]
) -> EmbedPhrases:
    """Return a function from phrases to vectors that embeds each phrase once, into ``cache``."""

    def embed_phrases(phrases: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(phrase.encode()).hexdigest()[:32] for phrase in phrases]
        embed_missing(cache, embedder, dict(zip(keys, phrases, strict=True)), progress)
        return cache.take(keys)

    return embed_phrases


def _row_map_where_same(
    previous: PreviousBuild, papers: Sequence[Paper], fields: Sequence[str]
) -> RowMap:
    """Return the row map, with -1 for papers of which any of ``fields`` changed."""
    row_map = previous.row_map
    return np.where(unchanged_rows(previous.papers, papers, row_map, fields), row_map, -1)


def _drift(start: Positions, positions: Positions) -> Drift:
    """Return how far papers moved from ``start``, NaN for papers that were not on the map."""
    known = ~np.isnan(start[:, 0])
    distances = np.linalg.norm(positions[known] - start[known], axis=1)
    spread = start[known] - start[known].mean(axis=0)
    radius = float(np.sqrt((spread**2).sum(axis=1).mean())) or 1.0
    return Drift(
        round(float(np.median(distances)) / radius, 3),
        round(float(np.percentile(distances, 90)) / radius, 3),
    )


def _with_computed_name(topic: Topic) -> Topic:
    """Return ``topic`` without the name and the summary that a custom function gave it."""
    topic = replace(topic, summary=None)
    if topic.named_by not in CUSTOM_SOURCES:
        return topic
    name = topic.computed_name
    return replace(
        topic,
        label=name.label,
        keywords=name.keywords,
        evidence=name.evidence,
        named_by="",
        replaced_name=None,
    )
