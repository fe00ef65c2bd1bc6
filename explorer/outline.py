"""The outline of a library: nested topics with their names, drawn from graph and papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.curation import Statement, curated, names_given, with_given_names
from explorer.embedders import Vectors
from explorer.graph import NeighbourGraph
from explorer.names import EmbedPhrases, Namer, TopicName, name_topics, renamed
from explorer.paper import Paper
from explorer.phrases import phrase_table
from explorer.settings import TopicSettings
from explorer.topics import Labels, Strengths, Topic, edges_of, partition, strengths

_REPRESENTATIVES = 5
_TOO_ALIKE = 0.93
"""Cosine above which one representative says what the other says."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Topics from coarse to fine, and which paper is in which."""

    levels: tuple[tuple[Topic, ...], ...]
    memberships: tuple[Labels, ...]
    """For each level, the place in ``levels[level]`` of each paper's topic."""
    strengths: tuple[Strengths, ...]
    """For each level, how strongly each paper belongs to its topic."""


def draw_outline(
    papers: Sequence[Paper],
    vectors: Vectors,
    graph: NeighbourGraph,
    settings: TopicSettings,
    embed_phrases: EmbedPhrases,
    namer: Namer | None = None,
    statements: Sequence[Statement] = (),
) -> Outline:
    """Return the outline of ``papers``.

    Args:
        papers: in the order of the rows of ``vectors`` and ``graph``.
        vectors: unit vectors, shape (papers, dimension).
        graph: who is whose neighbour.
        settings: how fine topics are.
        embed_phrases: phrases to unit vectors in the papers' space.
        namer: a function of the user's own that names topics; see :class:`explorer.names.Namer`.
        statements: what people said of topics; their names win over all others.
    """
    ids = [paper.id for paper in papers]
    memberships = curated(partition(graph, settings), ids, statements)
    edges = edges_of(graph, settings)
    belonging = [strengths(edges, labels) for labels in memberships]
    table = phrase_table(papers)
    levels: list[tuple[Topic, ...]] = []
    names: list[TopicName] = []
    parents = np.zeros(len(papers), dtype=np.int32)
    number = 0
    for depth, labels in enumerate(memberships):
        names = name_topics(table, labels, parents, names, vectors, embed_phrases)
        topics: list[Topic] = []
        for place, name in enumerate(names):
            number += 1
            rows = np.flatnonzero(labels == place)
            shown = _representatives(rows, vectors, belonging[depth])
            parent = int(parents[rows[0]])
            topics.append(
                Topic(
                    id=f"t{number}",
                    level=depth,
                    parent=levels[-1][parent].id if levels else "",
                    label=name.label,
                    keywords=name.keywords,
                    size=len(rows),
                    evidence=name.evidence,
                    representatives=tuple(papers[row].id for row in shown),
                )
            )
        levels.append(tuple(topics))
        parents = labels
    levels = with_given_names(levels, names_given(memberships, ids, statements))
    if namer is not None:
        levels = renamed(levels, papers, namer)
    return Outline(tuple(levels), tuple(memberships), tuple(belonging))


def _representatives(
    rows: np.ndarray[tuple[int], np.dtype[np.int64]], vectors: Vectors, belonging: Strengths
) -> list[int]:
    """Return the rows nearest to the topic's middle that are surely its own, no two alike."""
    members = np.asarray(vectors[rows])
    middle = members.mean(axis=0)
    middle /= max(float(np.linalg.norm(middle)), 1e-9)
    order = np.argsort(-(members @ middle) * (0.5 + 0.5 * belonging[rows]), kind="stable")
    chosen: list[int] = []
    for place in order.tolist():
        if all(float(members[place] @ members[other]) < _TOO_ALIKE for other in chosen):
            chosen.append(place)
        if len(chosen) == _REPRESENTATIVES:
            break
    return [int(rows[place]) for place in chosen]
