"""Names of all topics of a hierarchy: those they keep from the previous one, and new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from explorer.arrays import Labels, Rows, Vectors, evenly_spaced
from explorer.papers.paper import Paper
from explorer.papers.table import papers_at
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.communities import TopicName, members_of
from explorer.topics.labelling import name_topics
from explorer.topics.phrases import phrase_table
from explorer.topics.tracking import PreviousTopics, TopicMatch

_MOST_PAPERS = 60_000
"""Papers whose phrases are collected; beyond that, a sample of each topic."""
_FEWEST_PER_TOPIC = 12
"""Papers of each of the finest topics in such a sample, at least."""
_BACKGROUND = 2_000
"""Papers of other topics that new topics' phrases are contrasted with, at most."""


def hierarchy_names(
    papers: Sequence[Paper],
    vectors: Vectors,
    memberships: Sequence[Labels],
    embed_phrases: EmbedPhrases,
    before: PreviousTopics | None,
    matches: Sequence[TopicMatch],
) -> list[dict[int, TopicName]]:
    """Return the computed names of each level, by topic number; only new topics get new names.

    Arguments are those of :func:`explorer.topics.hierarchy.build_hierarchy`; ``matches`` are the
    previous topics on each level, empty if there is no previous hierarchy.
    """
    kept = _lifted(memberships, _kept_names(memberships, before, matches))
    relevant = _relevant_rows(memberships, kept)
    if before is None or before.rename_all:
        relevant = np.arange(len(papers))
    if not len(relevant):
        return kept
    rows = _sampled(memberships, relevant)
    table = phrase_table(papers_at(papers, rows))
    sample_vectors = vectors[rows]
    names: list[dict[int, TopicName]] = []
    parents = np.zeros(len(papers), dtype=np.int32)
    for depth, labels in enumerate(memberships):
        level = name_topics(
            table,
            labels[rows],
            parents[rows],
            [names[-1][topic] for topic in sorted(names[-1])] if names else [],
            sample_vectors,
            embed_phrases,
            kept[depth],
            {name.label for finer in kept[depth + 1 :] for name in finer.values()},
        )
        if len(rows) < len(relevant):
            level = _extrapolated(level, kept[depth], labels[rows], labels[relevant])
        names.append(level)
        parents = labels
    return names


def _kept_names(
    memberships: Sequence[Labels], before: PreviousTopics | None, matches: Sequence[TopicMatch]
) -> list[dict[int, TopicName]]:
    """Return the names that topics keep.

    If a topic shared its name with its only subtopic, level by level, and has more subtopics now,
    the uppermost topic alone keeps it.
    """
    kept: list[dict[int, TopicName]] = [{} for _ in memberships]
    if before is None or before.rename_all:
        return kept
    sizes = [np.bincount(labels) for labels in memberships]
    for depth, match in enumerate(matches):
        kept[depth] = {
            index: topic.computed_name
            for index, (topic, overlap) in enumerate(zip(match.same, match.overlaps, strict=True))
            if topic is not None and (overlap == 1.0 or not before.same_papers)
        }
        for index, rows in enumerate(members_of(memberships[depth])) if depth else ():
            own = kept[depth].get(index)
            if own is None:
                continue
            for coarser in reversed(range(depth)):
                parent = int(memberships[coarser][rows[0]])
                above = kept[coarser].get(parent)
                if above is None:
                    continue  # that topic gets a new name; a coarser one may have this name
                if own.label == above.label and len(rows) < sizes[coarser][parent]:
                    del kept[depth][index]
                break
    return kept


def _lifted(
    memberships: Sequence[Labels], kept: Sequence[dict[int, TopicName]]
) -> list[dict[int, TopicName]]:
    """Return ``kept``, with names also for unnamed coarser topics of the very same papers."""
    lifted = [dict(names) for names in kept]
    for depth in range(len(memberships) - 2, -1, -1):
        sizes = np.bincount(memberships[depth])
        for index, rows in enumerate(members_of(memberships[depth + 1])):
            parent = int(memberships[depth][rows[0]])
            if len(rows) == sizes[parent] and index in lifted[depth + 1]:
                lifted[depth].setdefault(parent, lifted[depth + 1][index])
    return lifted


def _relevant_rows(memberships: Sequence[Labels], kept: Sequence[dict[int, TopicName]]) -> Rows:
    """Return the papers needed to name new topics, in order; none if no topic is new.

    They are all papers of those topics and of their siblings, and a sample of the rest with at
    least one paper of every topic.
    """
    is_needed = np.zeros(len(memberships[0]), dtype=bool)
    parents = np.zeros_like(memberships[0])
    for labels, names in zip(memberships, kept, strict=True):
        for index, rows in enumerate(members_of(labels)):
            if index not in names:
                is_needed |= parents == parents[rows[0]] if parents.any() else labels == index
        parents = labels
    if not is_needed.any():
        return np.empty(0, dtype=np.int64)
    rest = np.flatnonzero(~is_needed)
    is_needed[rest[evenly_spaced(len(rest), _BACKGROUND)]] = True
    for labels in memberships:
        is_needed[np.unique(labels, return_index=True)[1]] = True
    return np.flatnonzero(is_needed)


def _sampled(memberships: Sequence[Labels], rows: Rows) -> Rows:
    """Return ``rows``, or if they are too many, a share of each finest topic's, in order."""
    if len(rows) <= _MOST_PAPERS:
        return rows
    share = _MOST_PAPERS / len(rows)
    sample = [
        members[evenly_spaced(len(members), max(_FEWEST_PER_TOPIC, round(share * len(members))))]
        for members in members_of(memberships[-1][rows])
        if len(members)
    ]
    return rows[np.sort(np.concatenate(sample))]


def _extrapolated(
    names: Mapping[int, TopicName],
    kept: Mapping[int, TopicName],
    sample: Labels,
    labels: Labels,
) -> dict[int, TopicName]:
    """Return ``names``, new ones with evidence scaled from the sample to all papers.

    ``sample`` and ``labels`` are the topics of the sampled papers and of all.
    """
    size = int(labels.max()) + 1
    sampled = np.bincount(sample, minlength=size)
    factor = np.bincount(labels, minlength=size) / np.maximum(1, sampled)
    return {
        topic: name
        if topic in kept
        else replace(name, evidence=round(name.evidence * float(factor[topic])))
        for topic, name in names.items()
    }
