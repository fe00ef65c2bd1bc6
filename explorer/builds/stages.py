"""Papers and their vectors to the draft of a generation, going on from the one before.

What the generation before holds is carried over: only papers that are new or changed are looked
for in the graph, placed on the map, given to topics. A :class:`ReusePlan` says where that is not
wanted, or would not do.
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
from explorer.embedders import Embedder
from explorer.embedders.cache import VectorCache, embed_missing
from explorer.index.engines.contract import Engine, EngineFactory
from explorer.index.full_text import INDEXED_FIELDS
from explorer.index.knn_graph import NeighbourGraph, build_graph, updated_graph
from explorer.library.generation import Generation, milliseconds
from explorer.library.writing import Draft, PreviousFullText
from explorer.map.layout import draw, place, redraw
from explorer.papers.paper import Paper
from explorer.papers.table import ids_of
from explorer.papers.unchanged import unchanged_rows
from explorer.settings import Settings
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.communities import Topic, edges_of
from explorer.topics.custom_namer import NAMING_FUNCTION, Namer
from explorer.topics.edits import TopicEdit
from explorer.topics.hierarchy import TopicHierarchy, build_hierarchy
from explorer.topics.tracking import (
    PreviousTopics,
    TopicEvent,
    events,
    last_number,
    map_rows,
)

LAST_TOPIC = "last_topic"
"""Where the settings in a manifest tell the highest number that a topic ever had in its id."""
_OUTNUMBERED = 4
"""Newcomers for each paper on the map from which the map cannot go on."""
_COMPARED_AT_ONCE = 10_000
"""Vectors that are compared at once with those before."""


@dataclass(frozen=True, slots=True)
class ReusePlan:
    """How a build goes on from the generation before."""

    before: Generation
    papers: Sequence[Paper]
    """All papers of that generation, in the order of its rows."""
    same_vectors: bool = True
    """The vectors of unchanged papers are those that it holds, or given by people."""
    vectors_given: bool = False
    """They are given by people, so an unchanged paper may have another one now."""
    same_index: bool = True
    """The vector index is of the kind that it has."""
    redraw: str = ""
    """Why the map is drawn anew from where papers are, and topics are sought anew; or empty."""
    topics_anew: bool = False
    """Topics are sought anew, the map goes on."""
    functions_names: bool = True
    """Names that a naming function gave stay."""
    same_papers: bool = False
    """Only what people said of topics is another."""
    full: bool = False
    """Nothing but the papers is gone on from; topics that are found again keep their ids."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a redraw moved the papers that stayed, in shares of the map's radius."""

    median: float
    nine_of_ten: float
    """As far as nine of ten papers moved at most."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A draft, and what is told of how it came about."""

    draft: Draft
    fit: dict[str, Any]
    """For the manifest: when the map was drawn, how well it fits."""
    redrawn: str
    """Why the map was drawn anew; empty where it goes on."""
    drift: Drift | None
    last_topic: int
    """The highest number that a topic of the library ever had in its id."""


def redrawn_if_outnumbered(course: ReusePlan, papers: Sequence[Paper]) -> ReusePlan:
    """Return ``course``, with a redraw where so few of ``papers`` are on the map already."""
    known = set(ids_of(course.papers))
    stayed = sum(name in known for name in ids_of(papers))
    if not (course.redraw or course.full) and len(papers) - stayed > _OUTNUMBERED * stayed:
        why = f"{len(papers) - stayed:,} newcomers, and only {stayed:,} papers on the map"
        return replace(course, redraw=why)
    return course


def make_draft(
    papers: Sequence[Paper],
    vectors: Vectors,
    factory: EngineFactory,
    embed_phrases: EmbedPhrases,
    settings: Settings,
    namer: Namer | None,
    statements: Sequence[TopicEdit],
    course: ReusePlan | None,
    number: int,
    created: str,
    clock: Clock,
) -> BuildResult:
    """Return index, graph, map and topics of ``papers``.

    Args:
        papers: in the order of the rows of ``vectors``.
        vectors: unit vectors, shape (papers, dimension).
        course: how to go on from the generation before; None to begin from nothing.
        number: of the generation that is being made.
        created: when it is being made, UTC, ISO 8601.
    """
    moved = map_rows(ids_of(course.papers), ids_of(papers)) if course else None
    with clock.stage("index"):
        engine, graph = _indexed(papers, vectors, factory, settings, course, moved, clock.progress)
    with clock.stage("map"):
        drift = None
        if course is None or moved is None or course.full or moved.max(initial=-1) < 0:
            positions = draw(graph, vectors, settings.map)
        else:
            start = np.full((len(papers), 2), np.nan, dtype=np.float32)
            start[moved[moved >= 0]] = course.before.positions[moved >= 0]
            positions = place(graph, start, settings.map)
            if course.redraw:
                positions = redraw(graph, vectors, settings.map, positions)
                drift = _drift(start, positions)
    with clock.stage("topics"):
        edges = edges_of(graph, settings.topics)
        past = previous_hierarchy(course, moved) if course and moved is not None else None
        anew = course is None or bool(course.redraw) or course.topics_anew or course.full
        outline = build_hierarchy(
            papers,
            vectors,
            edges,
            settings.topics,
            embed_phrases,
            namer,
            statements,
            past,
            repartition=anew,
        )
        arrived = np.full(len(papers), milliseconds(created), dtype=np.int64)
        drawn, modularity_then = created, None
        told: tuple[TopicEvent, ...] = ()
        if course is not None and past is not None:
            arrived[past.row_map[past.row_map >= 0]] = course.before.added_at[past.row_map >= 0]
            told = (*course.before.events, *events_between(past, outline, number, created))
            if not (course.redraw or course.full):
                drawn = course.before.manifest.fit.get("drawn", course.before.manifest.created)
            if not anew:
                modularity_then = course.before.manifest.fit.get("modularity_then")
        newcomers = np.flatnonzero(arrived > milliseconds(drawn))
        fit = measure_fit(
            graph, edges, positions, outline.raw_labels[-1], newcomers, modularity_then
        )
    words = None
    if course is not None and moved is not None and not course.full:
        same = _where_same(course.papers, papers, moved, INDEXED_FIELDS)
        words = PreviousFullText(course.before.lexicon, same)
    before = course.before if course else None
    draft = Draft(papers, vectors, engine, graph, positions, outline, arrived, told, words, before)
    why = course.redraw if course else ""
    highest = max(past.last_number if past else 0, last_number(outline.levels))
    return BuildResult(draft, {"drawn": drawn} | asdict(fit), why, drift, highest)


def _indexed(
    papers: Sequence[Paper],
    vectors: Vectors,
    factory: EngineFactory,
    settings: Settings,
    course: ReusePlan | None,
    moved: RowMap | None,
    progress: Progress,
) -> tuple[Engine, NeighbourGraph]:
    """Return the index of ``vectors`` and their neighbour graph, from those before if there are."""
    if course is None or moved is None or course.full or not course.same_vectors:
        engine = factory.build(vectors, settings.index)
        return engine, build_graph(engine, settings.graph, progress.advance)
    same = _where_same(course.papers, papers, moved, ("fingerprint",))
    if course.vectors_given:
        same = _where_vectors_same(course.before.engine, vectors, same)
    if course.same_index and (same >= 0).any():
        engine = factory.update(course.before.engine, same, vectors, settings.index)
    else:
        engine = factory.build(vectors, settings.index)
    graph = updated_graph(course.before.graph, same, engine, settings.graph, progress.advance)
    return engine, graph


def _where_vectors_same(before: Engine, vectors: Vectors, moved: RowMap) -> RowMap:
    """Return ``moved``, papers whose vectors are others now counting as gone."""
    same = moved.copy()
    there = np.flatnonzero(moved >= 0)
    for start in range(0, len(there), _COMPARED_AT_ONCE):
        rows = there[start : start + _COMPARED_AT_ONCE]
        differs = (before.vectors(rows) != vectors[moved[rows]]).any(axis=1)
        same[rows[differs]] = -1
    return same


def last_topic(before: Generation) -> int:
    """Return the highest number that a topic of the library ever had in its id."""
    return max(int(before.manifest.settings.get(LAST_TOPIC, 0)), last_number(before.levels))


def previous_hierarchy(course: ReusePlan, moved: RowMap) -> PreviousTopics:
    """Return what a new outline goes on from; ``moved`` tells which paper is which now."""
    before = course.before
    levels = before.levels
    if not course.functions_names:
        levels = tuple(tuple(_with_computed_name(topic) for topic in level) for level in levels)
    return PreviousTopics(
        papers=course.papers,
        levels=levels,
        raw_labels=before.raw_labels,
        memberships=before.memberships,
        row_map=moved,
        last_number=last_topic(before),
        same_papers=course.same_papers,
        rename_all=course.full,
    )


def events_between(
    past: PreviousTopics, outline: TopicHierarchy, number: int, created: str
) -> tuple[TopicEvent, ...]:
    """Return what became of topics from one outline to the next."""
    return events(past, outline.levels, outline.memberships, outline.matches, number, created)


def phrase_embedder(
    cache: VectorCache, embedder: Embedder, progress: Callable[[int, int], None]
) -> EmbedPhrases:
    """Return what turns phrases into vectors, each of them once in the life of ``cache``."""

    def embed_phrases(phrases: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(phrase.encode()).hexdigest()[:32] for phrase in phrases]
        embed_missing(cache, embedder, dict(zip(keys, phrases, strict=True)), progress)
        return cache.take(keys)

    return embed_phrases


def _where_same(
    before: Sequence[Paper], papers: Sequence[Paper], moved: RowMap, fields: Sequence[str]
) -> RowMap:
    """Return ``moved``, papers of which any of ``fields`` is another now counting as gone."""
    return np.where(unchanged_rows(before, papers, moved, fields), moved, -1)


def _drift(start: Positions, positions: Positions) -> Drift:
    known = ~np.isnan(start[:, 0])
    distances = np.linalg.norm(positions[known] - start[known], axis=1)
    spread = start[known] - start[known].mean(axis=0)
    radius = float(np.sqrt((spread**2).sum(axis=1).mean())) or 1.0
    return Drift(
        round(float(np.median(distances)) / radius, 3),
        round(float(np.percentile(distances, 90)) / radius, 3),
    )


def _with_computed_name(topic: Topic) -> Topic:
    if topic.named_by != NAMING_FUNCTION:
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
