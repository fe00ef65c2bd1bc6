"""Topic hierarchy of a library: nested topics with names, colours and representative papers.

A hierarchy continues the previous one. A topic that keeps most of its papers keeps its id, its
colour and its name; only new topics get new ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from explorer.arrays import Labels, Rows, Strengths, Vectors
from explorer.papers.paper import Paper
from explorer.papers.table import ids_of
from explorer.settings import TopicSettings
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.carry_over import carry_over
from explorer.topics.communities import Topic, TopicName, members_of, partition, strengths
from explorer.topics.custom_namer import (
    CUSTOM_SOURCES,
    CarefulNamer,
    with_custom_name,
    with_custom_names,
)
from explorer.topics.edits import TopicEdit, apply_to_labels, names_given, with_given_names
from explorer.topics.evidence import EvidenceCounter
from explorer.topics.grown_pins import with_newcomers
from explorer.topics.kept_and_new_names import hierarchy_names
from explorer.topics.summaries import with_checked_summaries, with_previous_summaries
from explorer.topics.tracking import (
    PreviousTopics,
    TopicMatch,
    match_topics,
    match_topics_by_name,
)

if TYPE_CHECKING:
    from scipy import sparse

_REPRESENTATIVES = 5
_TOO_SIMILAR = 0.93
"""Cosine above which a paper is too similar to another representative."""


@dataclass(frozen=True, slots=True)
class TopicHierarchy:
    """Topics from coarse to fine, and the topic of each paper on each level."""

    levels: tuple[tuple[Topic, ...], ...]
    memberships: tuple[Labels, ...]
    """For each level, the index in ``levels[level]`` of each paper's topic."""
    strengths: tuple[Strengths, ...]
    """For each level, how strongly each paper belongs to its topic."""
    raw_labels: tuple[Labels, ...]
    """Partitions before edits."""
    matches: tuple[TopicMatch, ...] = ()
    """Previous topics on each level; empty if there is no previous hierarchy."""


def build_hierarchy(
    papers: Sequence[Paper],
    vectors: Vectors,
    edges: sparse.csr_matrix,
    settings: TopicSettings,
    embed_phrases: EmbedPhrases,
    namer: CarefulNamer | None = None,
    edits: Sequence[TopicEdit] = (),
    before: PreviousTopics | None = None,
    *,
    repartition: bool = False,
) -> TopicHierarchy:
    """Return the topic hierarchy of ``papers``.

    Args:
        papers: in the order of the rows of ``vectors`` and ``edges``.
        vectors: unit vectors, shape (papers, dimension).
        edges: graph for community detection (:func:`explorer.topics.communities.edges_of`).
        settings: granularity of topics.
        embed_phrases: phrases to unit vectors in the papers' space.
        namer: custom naming function (:data:`explorer.topics.custom_namer.Namer`).
        edits: people's edits of topics; their names take precedence over all others.
        before: previous hierarchy, to be continued.
        repartition: detect communities afresh instead of carrying over the previous ones; topics
            that recur are continued all the same.
    """
    ids = ids_of(papers)
    if before is None or repartition:
        raw_labels = partition(edges, settings)
    else:
        raw_labels = carry_over(before.raw_labels, before.row_map, edges, settings)
    if before is not None:
        edits = with_newcomers(edits, before)
    memberships = apply_to_labels(raw_labels, ids, edits)
    belonging = [strengths(edges, labels) for labels in memberships]
    matches = match_topics(before, memberships) if before else []
    names = hierarchy_names(papers, vectors, memberships, embed_phrases, before, matches)
    if before is not None and not before.same_papers:  # a merged topic has a name of its own
        matches = match_topics_by_name(before, memberships, matches, names)
    levels = _levels(papers, vectors, memberships, belonging, names, before, matches)
    levels = _with_previous_custom_names(levels, matches)
    if before is not None:
        levels = with_previous_summaries(levels, memberships, ids, before, matches)
    levels = with_given_names(levels, names_given(memberships, ids, edits))
    if namer is not None:
        levels = with_custom_names(levels, papers, namer)
        levels = with_checked_summaries(levels, memberships, ids, vectors, embed_phrases)
    return TopicHierarchy(
        tuple(levels), tuple(memberships), tuple(belonging), tuple(raw_labels), tuple(matches)
    )


def _levels(
    papers: Sequence[Paper],
    vectors: Vectors,
    memberships: Sequence[Labels],
    belonging: Sequence[Strengths],
    names: Sequence[dict[int, TopicName]],
    before: PreviousTopics | None,
    matches: Sequence[TopicMatch],
) -> list[tuple[Topic, ...]]:
    """Return the topics of each level with ids, computed names, colours and representatives."""
    ids = ids_of(papers)
    counter = EvidenceCounter(papers, before)
    numbers = count(before.last_number + 1 if before else 1)
    levels: list[tuple[Topic, ...]] = []
    parents = np.zeros(len(papers), dtype=np.int32)
    for depth, labels in enumerate(memberships):
        topics: list[Topic] = []
        unmatched = (None,) * (int(labels.max()) + 1)
        previous_topics = matches[depth].same if matches else unmatched
        previous_level = matches[depth].level if matches else -1
        colours = _free_colours(previous_topics)
        for index, rows in enumerate(members_of(labels)):
            previous = previous_topics[index]
            name = counter.with_evidence(names[depth][index], rows, previous, previous_level)
            representatives = _representatives(vectors, rows, belonging[depth])
            topics.append(
                Topic(
                    id=previous.id if previous else f"t{next(numbers)}",
                    level=depth,
                    parent=levels[-1][int(parents[rows[0]])].id if levels else "",
                    label=name.label,
                    keywords=name.keywords,
                    size=len(rows),
                    evidence=name.evidence,
                    representatives=tuple(ids[row] for row in representatives),
                    colour=previous.colour if previous else next(colours),
                )
            )
        levels.append(tuple(topics))
        parents = labels
    return levels


def _free_colours(previous: Sequence[Topic | None]) -> Iterator[int]:
    used = {topic.colour for topic in previous if topic is not None}
    return (colour for colour in count() if colour not in used)


def _representatives(vectors: Vectors, rows: Rows, belonging: Strengths) -> list[int]:
    """Return the rows of the papers that are nearest to the topic's centroid and firmly in it.

    No two of them are too similar.
    """
    members = np.asarray(vectors[rows])
    centroid = members.mean(axis=0)
    centroid /= max(float(np.linalg.norm(centroid)), 1e-9)
    order = np.argsort(-(members @ centroid) * (0.5 + 0.5 * belonging[rows]), kind="stable")
    chosen: list[int] = []
    for index in order.tolist():
        if all(float(members[index] @ members[other]) < _TOO_SIMILAR for other in chosen):
            chosen.append(index)
        if len(chosen) == _REPRESENTATIVES:
            break
    return [int(rows[index]) for index in chosen]


def _with_previous_custom_names(
    levels: Sequence[Sequence[Topic]], matches: Sequence[TopicMatch]
) -> list[tuple[Topic, ...]]:
    """Return the topics with the names that a naming function gave them in earlier builds."""
    if not matches:
        return [tuple(level) for level in levels]
    result: list[tuple[Topic, ...]] = []
    for level, match in zip(levels, matches, strict=True):
        used = {topic.label.casefold() for topic in level}
        result.append(
            tuple(
                with_custom_name(topic, previous.label, previous.named_by)
                if previous is not None
                and previous.named_by in CUSTOM_SOURCES
                and previous.label.casefold() not in used - {topic.label.casefold()}
                else topic
                for topic, previous in zip(level, match.same, strict=True)
            )
        )
    return result
