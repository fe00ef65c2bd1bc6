"""The outline of a library: nested topics with their names, drawn from graph and papers.

An outline goes on from the one before it. A topic whose papers are mostly those it had keeps its
id, its colour and its name; only topics that are new are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from scipy import sparse

from explorer.arrays import Labels, Rows, Strengths, Vectors, evenly_spaced
from explorer.papers.paper import Paper
from explorer.papers.table import ids_of, papers_at
from explorer.papers.unchanged import unchanged_rows
from explorer.settings import TopicSettings
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.carry_over import carry_over
from explorer.topics.communities import Topic, TopicName, members_of, partition, strengths
from explorer.topics.custom_namer import NAMING_FUNCTION, Namer, with_custom_name, with_custom_names
from explorer.topics.edits import TopicEdit, apply_to_labels, names_given, with_given_names
from explorer.topics.labelling import name_topics
from explorer.topics.phrases import holds, key_of, phrase_table
from explorer.topics.tracking import (
    PreviousTopics,
    TopicMatch,
    match_topics,
    match_topics_by_name,
)

_REPRESENTATIVES = 5
_TOO_ALIKE = 0.93
"""Cosine above which one representative says what the other says."""
_READ = 60_000
"""Papers that names are sought in; of more, a share of each topic is read."""
_LEAST_READ = 12
"""Papers of each of the finest topics that are read in any case."""
_BACKGROUND = 2_000
"""Papers of other topics that the phrases of new topics are held against, at most."""


@dataclass(frozen=True, slots=True)
class TopicHierarchy:
    """Topics from coarse to fine, and which paper is in which."""

    levels: tuple[tuple[Topic, ...], ...]
    memberships: tuple[Labels, ...]
    """For each level, the place in ``levels[level]`` of each paper's topic."""
    strengths: tuple[Strengths, ...]
    """For each level, how strongly each paper belongs to its topic."""
    raw_labels: tuple[Labels, ...]
    """The partitions as they were found, before people had their say."""
    matches: tuple[TopicMatch, ...] = ()
    """Which topics go on from the outline before; empty where there was none."""


def build_hierarchy(
    papers: Sequence[Paper],
    vectors: Vectors,
    edges: sparse.csr_matrix,
    settings: TopicSettings,
    embed_phrases: EmbedPhrases,
    namer: Namer | None = None,
    statements: Sequence[TopicEdit] = (),
    before: PreviousTopics | None = None,
    *,
    anew: bool = False,
) -> TopicHierarchy:
    """Return the outline of ``papers``.

    Args:
        papers: in the order of the rows of ``vectors`` and ``edges``.
        vectors: unit vectors, shape (papers, dimension).
        edges: the graph for community detection (:func:`explorer.topics.communities.edges_of`).
        settings: how fine topics are.
        embed_phrases: phrases to unit vectors in the papers' space.
        namer: custom function that names topics (:class:`explorer.topics.custom_namer.Namer`).
        statements: what people said of topics; their names win over all others.
        before: the outline to go on from.
        anew: seek communities anew; topics that are found again go on all the same.
    """
    ids = ids_of(papers)
    if before is None or anew:
        found = partition(edges, settings)
    else:
        found = carry_over(before.raw_labels, before.row_map, edges, settings)
    memberships = apply_to_labels(found, ids, statements)
    belonging = [strengths(edges, labels) for labels in memberships]
    origins = match_topics(before, memberships) if before else []
    names = _names(papers, vectors, memberships, embed_phrases, before, origins)
    if before is not None and not before.same_papers:  # what people merged is another topic
        origins = match_topics_by_name(before, memberships, origins, names)
    facts = _Facts(papers, vectors, before)
    numbers = count(before.last_number + 1 if before else 1)
    levels: list[tuple[Topic, ...]] = []
    parents = np.zeros(len(papers), dtype=np.int32)
    for depth, labels in enumerate(memberships):
        topics: list[Topic] = []
        same = origins[depth].same if origins else (None,) * (int(labels.max()) + 1)
        colours = _free_colours(same)
        for place, rows in enumerate(members_of(labels)):
            old = same[place]
            parent = levels[-1][int(parents[rows[0]])].id if levels else ""
            name = facts.with_evidence(names[depth][place], rows, old, origins, depth)
            topics.append(
                Topic(
                    id=old.id if old else f"t{next(numbers)}",
                    level=depth,
                    parent=parent,
                    label=name.label,
                    keywords=name.keywords,
                    size=len(rows),
                    evidence=name.evidence,
                    representatives=facts.representatives(rows, belonging[depth]),
                    colour=old.colour if old else next(colours),
                )
            )
        levels.append(tuple(topics))
        parents = labels
    levels = _as_functions_named(levels, origins)
    levels = with_given_names(levels, names_given(memberships, ids, statements))
    if namer is not None:
        levels = with_custom_names(levels, papers, namer)
    return TopicHierarchy(
        tuple(levels), tuple(memberships), tuple(belonging), tuple(found), tuple(origins)
    )


def _names(
    papers: Sequence[Paper],
    vectors: Vectors,
    memberships: Sequence[Labels],
    embed_phrases: EmbedPhrases,
    before: PreviousTopics | None,
    origins: Sequence[TopicMatch],
) -> list[dict[int, TopicName]]:
    """Return what the papers call each topic of each level; only new ones are named."""
    kept = _lifted(memberships, _names_kept(memberships, before, origins))
    rows = _rows_to_read(memberships, kept)
    if before is None or before.rename_all:
        rows = np.arange(len(papers))
    if not len(rows):
        return kept
    rows, known = _sampled(memberships, rows), rows
    table = phrase_table(papers_at(papers, rows))
    some = vectors[rows]
    names: list[dict[int, TopicName]] = []
    parents = np.zeros(len(papers), dtype=np.int32)
    for depth, labels in enumerate(memberships):
        above = [names[-1][place] for place in sorted(names[-1])] if names else []
        below = {name.label for names_below in kept[depth + 1 :] for name in names_below.values()}
        found = name_topics(
            table,
            labels[rows],
            parents[rows],
            above,
            some,
            embed_phrases,
            kept[depth],
            below,
        )
        if len(rows) < len(known):
            found = _as_in_all(found, kept[depth], labels[rows], labels[known])
        names.append(found)
        parents = labels
    return names


def _names_kept(
    memberships: Sequence[Labels], before: PreviousTopics | None, origins: Sequence[TopicMatch]
) -> list[dict[int, TopicName]]:
    """Return the names that topics had and keep.

    A name that a topic shared with the only topic below it, level by level, is kept by the
    uppermost alone when there are more below it now.
    """
    kept: list[dict[int, TopicName]] = [{} for _ in memberships]
    if before is None or before.rename_all:
        return kept
    sizes = [np.bincount(labels) for labels in memberships]
    for depth, descent in enumerate(origins):
        kept[depth] = {
            place: topic.computed_name
            for place, (topic, overlap) in enumerate(
                zip(descent.same, descent.overlaps, strict=True)
            )
            if topic is not None and (overlap == 1.0 or not before.same_papers)
        }
        if not depth:
            continue
        for place, rows in enumerate(members_of(memberships[depth])):
            own = kept[depth].get(place)
            for coarser in reversed(range(depth)):
                over = int(memberships[coarser][rows[0]])
                above = kept[coarser].get(over)
                if own is None or above is None:
                    continue  # that one is named anew; the name may stand further up
                if own.label == above.label and len(rows) < sizes[coarser][over]:
                    del kept[depth][place]
                break
    return kept


def _lifted(
    memberships: Sequence[Labels], kept: Sequence[dict[int, TopicName]]
) -> list[dict[int, TopicName]]:
    """Return ``kept``, a name given also to the topics above that hold the very same papers."""
    lifted = [dict(names) for names in kept]
    for depth in range(len(memberships) - 2, -1, -1):
        sizes = np.bincount(memberships[depth])
        for place, rows in enumerate(members_of(memberships[depth + 1])):
            parent = int(memberships[depth][rows[0]])
            if len(rows) == sizes[parent] and place in lifted[depth + 1]:
                lifted[depth].setdefault(parent, lifted[depth + 1][place])
    return lifted


def _rows_to_read(memberships: Sequence[Labels], kept: Sequence[dict[int, TopicName]]) -> Rows:
    """Return the papers that new topics are named from, in order; none where no topic is new.

    They are all papers of those topics and of their siblings, and some of the rest; every topic
    is there with at least one.
    """
    read = np.zeros(len(memberships[0]), dtype=bool)
    parents = np.zeros_like(memberships[0])
    for labels, names in zip(memberships, kept, strict=True):
        for place, rows in enumerate(members_of(labels)):
            if place not in names:
                read |= parents == parents[rows[0]] if parents.any() else labels == place
        parents = labels
    if not read.any():
        return np.empty(0, dtype=np.int64)
    rest = np.flatnonzero(~read)
    read[rest[evenly_spaced(len(rest), _BACKGROUND)]] = True
    for labels in memberships:
        read[np.unique(labels, return_index=True)[1]] = True
    return np.flatnonzero(read)


def _sampled(memberships: Sequence[Labels], rows: Rows) -> Rows:
    """Return those of ``rows`` that are read, in order: all, or a share of each finest topic."""
    if len(rows) <= _READ:
        return rows
    share = _READ / len(rows)
    some = [
        members[evenly_spaced(len(members), max(_LEAST_READ, round(share * len(members))))]
        for members in members_of(memberships[-1][rows])
        if len(members)
    ]
    return rows[np.sort(np.concatenate(some))]


def _as_in_all(
    names: dict[int, TopicName], kept: Mapping[int, TopicName], read: Labels, labels: Labels
) -> dict[int, TopicName]:
    """Return new names with the evidence of all papers, as far as those that were read tell it."""
    most = int(labels.max()) + 1
    times = np.bincount(labels, minlength=most) / np.maximum(1, np.bincount(read, minlength=most))
    return {
        topic: name
        if topic in kept
        else replace(name, evidence=round(name.evidence * float(times[topic])))
        for topic, name in names.items()
    }


def _free_colours(same: Sequence[Topic | None]) -> Iterator[int]:
    taken = {topic.colour for topic in same if topic is not None}
    return (colour for colour in count() if colour not in taken)


def _as_functions_named(
    levels: Sequence[Sequence[Topic]], origins: Sequence[TopicMatch]
) -> list[tuple[Topic, ...]]:
    """Return the topics under the names that a naming function gave them when they were new."""
    if not origins:
        return [tuple(level) for level in levels]
    result: list[tuple[Topic, ...]] = []
    for level, descent in zip(levels, origins, strict=True):
        taken = {topic.label.casefold() for topic in level}
        result.append(
            tuple(
                with_custom_name(topic, old.label)
                if old is not None
                and old.named_by == NAMING_FUNCTION
                and old.label.casefold() not in taken - {topic.label.casefold()}
                else topic
                for topic, old in zip(level, descent.same, strict=True)
            )
        )
    return result


class _Facts:
    """What is told of topics beside their names, counted again only where papers changed."""

    def __init__(
        self, papers: Sequence[Paper], vectors: Vectors, before: PreviousTopics | None
    ) -> None:
        self._papers = papers
        self._ids = ids_of(papers)
        self._vectors = vectors
        self._before = before
        self._holds: dict[tuple[bool, int], Callable[[str], bool]] = {}
        """What tells which phrases stand in a paper now, or did before; by its row."""
        self._members_before = (
            [members_of(labels) for labels in before.memberships] if before else []
        )
        self._places_before = (
            [{topic.id: place for place, topic in enumerate(level)} for level in before.levels]
            if before
            else []
        )
        self._known = self._unchanged()

    def with_evidence(
        self,
        name: TopicName,
        rows: Rows,
        old: Topic | None,
        origins: Sequence[TopicMatch],
        depth: int,
    ) -> TopicName:
        """Return ``name`` with its evidence among the papers in ``rows``.

        What is known of the topic that it was is corrected by the papers that came and went.
        """
        before = self._before
        if before is None or before.rename_all:
            return name  # it was counted when the name was found
        if old is None or name != old.computed_name:
            # It may have come from a topic above or below that had it before papers came and went.
            return replace(name, evidence=self._count(name, self._papers, rows, now=True))
        level = origins[depth].level
        rows_before = self._members_before[level][self._places_before[level][old.id]]
        stayed = before.row_map[rows_before]
        stayed = stayed[(stayed >= 0) & self._known[stayed]]
        came = np.setdiff1d(rows, stayed, assume_unique=True)
        went = rows_before[~np.isin(before.row_map[rows_before], np.intersect1d(stayed, rows))]
        more = self._count(name, self._papers, came, now=True)
        fewer = self._count(name, before.papers, went, now=False)
        evidence = min(max(old.computed_name.evidence + more - fewer, 0), len(rows))
        return replace(name, evidence=evidence)

    def representatives(self, rows: Rows, belonging: Strengths) -> tuple[str, ...]:
        """Return the ids of the papers nearest to the topic's middle that are surely its own.

        No two of them are alike.
        """
        members = np.asarray(self._vectors[rows])
        middle = members.mean(axis=0)
        middle /= max(float(np.linalg.norm(middle)), 1e-9)
        order = np.argsort(-(members @ middle) * (0.5 + 0.5 * belonging[rows]), kind="stable")
        chosen: list[int] = []
        for place in order.tolist():
            if all(float(members[place] @ members[other]) < _TOO_ALIKE for other in chosen):
                chosen.append(place)
            if len(chosen) == _REPRESENTATIVES:
                break
        return tuple(self._ids[int(rows[place])] for place in chosen)

    def _unchanged(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which papers say what they said before."""
        known = np.zeros(len(self._papers), dtype=bool)
        if self._before is not None:
            moved = self._before.row_map
            same = unchanged_rows(self._before.papers, self._papers, moved, ("title", "abstract"))
            known[moved[same]] = True
        return known

    def _count(self, name: TopicName, papers: Sequence[Paper], rows: Rows, *, now: bool) -> int:
        key = key_of(name.label)
        return sum(self._stands_in(key, papers, row, now=now) for row in rows.tolist())

    def _stands_in(self, key: str, papers: Sequence[Paper], row: int, *, now: bool) -> bool:
        """Whether a phrase stands in a paper of this outline, or of the one before."""
        place = (now, row)
        if place not in self._holds:
            self._holds[place] = holds(papers[row])
        return self._holds[place](key)
