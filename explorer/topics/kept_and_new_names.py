"""Names of all topics of a hierarchy: those they keep from the previous one, and new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from explorer.arrays import Labels, Rows, Vectors, evenly_spaced
from explorer.papers.paper import Paper
from explorer.papers.table import papers_at
from explorer.topics.candidates import EmbedPhrases
from explorer.topics.communities import LONGEST_NAME, TopicName, members_of
from explorer.topics.joined_labels import MOST_PARTS, Coverage, joined_label, parts_of
from explorer.topics.labelling import capitalised_label, name_topics
from explorer.topics.phrases import phrase_table
from explorer.topics.tracking import PreviousTopics, TopicMatch

_MOST_PAPERS = 60_000
"""Papers whose phrases are collected; beyond that, a sample of each topic."""
_FEWEST_PER_TOPIC = 12
"""Papers of each of the finest topics in such a sample, at least."""
_BACKGROUND = 2_000
"""Papers of other topics that new topics' phrases are contrasted with, at most."""
_HARDLY_USED = 0.15
"""Share of a topic's papers that use its name, below which subtopics may name it."""
_FAR_MORE = 2.0
"""Factor by which more papers must use the names of the subtopics."""
_MORE_COVERED = 0.1
"""Share of its papers that these names must cover beyond the topic's own name."""
_STILL_COVERED = 0.4
"""Share of a topic's papers that its name covers, from which it keeps the name."""


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
    kept = _kept_names(memberships, before, matches)
    if before is not None and not before.same_papers:
        _drop_outgrown(kept, memberships, before, matches, vectors, embed_phrases)
    kept = _lifted(memberships, kept)
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
        finer_labels = {name.label for finer in kept[depth + 1 :] for name in finer.values()}
        # A part of a joined label may be the label of the subtopic that it is about.
        coarser_labels = {
            name.label
            for coarser in names
            for name in coarser.values()
            if len(parts_of(name.label)) == 1
        }
        level = name_topics(
            table,
            labels[rows],
            parents[rows],
            [names[-1][topic] for topic in sorted(names[-1])] if names else [],
            sample_vectors,
            embed_phrases,
            kept[depth],
            finer_labels | coarser_labels,
        )
        if len(rows) < len(relevant):
            level = _extrapolated(level, kept[depth], labels[rows], labels[relevant])
        names.append(level)
        parents = labels
    _join_subtopics(names, memberships, kept, vectors, embed_phrases)
    return [
        {
            topic: name if topic in old else replace(name, label=capitalised_label(name.label))
            for topic, name in level.items()
        }
        for level, old in zip(names, kept, strict=True)
    ]


def _join_subtopics(
    names: Sequence[dict[int, TopicName]],
    memberships: Sequence[Labels],
    kept: Sequence[Mapping[int, TopicName]],
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
) -> None:
    """Name topics whose papers hardly use their new names after their few subtopics instead.

    No phrase is in many papers of a topic that mixes subjects. The names of the subtopics must be
    used by far more of its papers, and cover more of them by meaning.
    """
    coverage = Coverage(vectors)
    for depth in reversed(range(len(names) - 1)):
        subtopics = names[depth + 1]
        children = _children(memberships[depth], memberships[depth + 1])
        count_of = np.bincount(memberships[depth + 1]).tolist()
        for topic, rows in enumerate(members_of(memberships[depth])):
            own = names[depth][topic]
            below = [subtopics[child] for child in children[topic]]
            sizes = [count_of[child] for child in children[topic]]
            label = joined_label([name.label for name in below])
            using = sum(name.evidence for name in below)
            if (
                topic in kept[depth]
                or not 1 < len(below) <= MOST_PARTS
                or any(len(parts_of(name.label)) > 1 for name in below)
                or any(
                    name.evidence < _HARDLY_USED * size
                    for name, size in zip(below, sizes, strict=True)
                )
                or len(label) > LONGEST_NAME
                or own.evidence >= _HARDLY_USED * len(rows)
                or using < _FAR_MORE * own.evidence
            ):
                continue
            by_own, by_joined = (
                _covered(coverage, embed_phrases(phrases), rows)
                for phrases in (parts_of(own.label), [name.label for name in below])
            )
            if by_joined >= by_own + _MORE_COVERED:
                keywords = dict.fromkeys((*parts_of(own.label), *own.keywords))
                names[depth][topic] = TopicName(label, tuple(keywords)[: len(own.keywords)], using)


def _children(coarser: Labels, finer: Labels) -> list[list[int]]:
    """Return the topics of ``finer`` below each of ``coarser``, largest first."""
    below: list[list[int]] = [[] for _ in range(int(coarser.max()) + 1)]
    members = members_of(finer)
    for child in sorted(range(len(members)), key=lambda child: (-len(members[child]), child)):
        below[int(coarser[members[child][0]])].append(child)
    return below


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


def _drop_outgrown(
    kept: Sequence[dict[int, TopicName]],
    memberships: Sequence[Labels],
    before: PreviousTopics,
    matches: Sequence[TopicMatch],
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
) -> None:
    """Remove names from ``kept`` that newcomers have made untrue of their topics.

    A name goes if it covers fewer than ``_STILL_COVERED`` of the papers, and covered more before or
    had only half as many papers to cover.
    """
    coverage = Coverage(vectors)
    for names, labels, match in zip(kept, memberships, matches, strict=True):
        if not names:
            continue
        places = {topic.id: n for n, topic in enumerate(before.levels[match.level])}
        members_before = members_of(before.memberships[match.level])
        for index, rows in enumerate(members_of(labels)):
            old = match.same[index]
            if index not in names or old is None:
                continue
            stayed = before.row_map[members_before[places[old.id]]]
            stayed = stayed[stayed >= 0]
            if len(rows) <= len(stayed):
                continue
            phrases = embed_phrases(parts_of(names[index].label))
            if _covered(coverage, phrases, rows) >= _STILL_COVERED:
                continue
            has_doubled = len(rows) >= 2 * len(stayed)
            if has_doubled or _covered(coverage, phrases, stayed) >= _STILL_COVERED:
                del names[index]


def _covered(coverage: Coverage, phrases: Vectors, rows: Rows) -> float:
    return float(coverage.of(phrases, rows).any(axis=0).mean()) if len(rows) else 0.0


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
