"""Names of topics: candidates, a shortlist of them, and one label for each topic.

Candidates are phrases of the topic's papers (``candidates.py``). Among the best of each topic the
one is chosen that, compared with the labels of all other topics of the level, points to the topic's
papers and not to those of others (``assignment.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

import numpy as np

from explorer.arrays import Labels, Rows, Vectors
from explorer.topics.candidates import (
    FEWEST_CANDIDATES,
    Candidate,
    EmbedPhrases,
    TopicLevel,
    is_compound,
    phrase_scores,
    shortlist,
    words_of,
)
from explorer.topics.communities import LONGEST_NAME, TopicName
from explorer.topics.distinct_labels import assign_labels
from explorer.topics.phrases import PhraseTable, title_phrases

_KEYWORDS = 8
_TITLES = 5
"""Papers of a topic whose titles may name it."""
_UNTITLED = "Untitled"


def name_topics(
    table: PhraseTable,
    labels: Labels,
    parents: Labels,
    parent_names: Sequence[TopicName],
    vectors: Vectors,
    embed_phrases: EmbedPhrases,
    kept: Mapping[int, TopicName] | None = None,
    reserved: Iterable[str] = (),
) -> dict[int, TopicName]:
    """Return a name for each topic of one level that has papers here, by its number.

    Args:
        table: phrases of the papers.
        labels: topic of each paper on this level, shape (papers,).
        parents: topic of each paper one level up, all zero for the top level.
        parent_names: names one level up; empty for the top level.
        vectors: unit vectors of the papers, shape (papers, dimension).
        embed_phrases: phrases to unit vectors in the papers' space.
        kept: names that topics of this level keep.
        reserved: labels that new topics may not get.

    Labels of the same level or of the parent are not given twice. A topic with all papers of its
    parent has its parent's name.
    """
    level = TopicLevel.of(labels, parents)
    names = dict(kept or {})
    if parent_names:
        inherited = {t: parent_names[level.parent_of[t]] for t in level if level.is_whole[t]}
        names = inherited | names
    unnamed = [topic for topic in level if topic not in names]
    scores = phrase_scores(table, labels, parents, unnamed)
    candidates = shortlist(table, scores, level, vectors, embed_phrases)
    used = {words_of(name.label) for name in (*parent_names, *names.values())}
    used |= {words_of(label) for label in reserved}
    eligible: dict[int, Sequence[Candidate]] = {}
    for topic in unnamed:
        parent = parent_names[level.parent_of[topic]].label if parent_names else ""
        eligible[topic] = _eligible(candidates[topic], used, words_of(parent))
    if unnamed and kept:
        eligible |= _only_candidates(kept, embed_phrases)
    assigned = assign_labels(eligible, level, vectors)
    for topic in sorted(unnamed, key=lambda topic: -level.size(topic)):
        rows = level.members[topic]
        label, evidence = _label(candidates[topic], assigned.get(topic), table, rows, vectors, used)
        keywords = [candidate.label for candidate in candidates[topic] if candidate.label != label]
        names[topic] = TopicName(label, tuple(keywords[:_KEYWORDS]), evidence)
        used.add(words_of(label))
    return names


def _eligible(
    candidates: Sequence[Candidate], used: set[frozenset[str]], parent: frozenset[str]
) -> list[Candidate]:
    """Return the best candidates that may be a label, of several words if there are such."""
    free = [c for c in candidates if c.words not in used and not c.words <= parent]
    several = [candidate for candidate in free if is_compound(candidate.label)]
    return (several or free)[:FEWEST_CANDIDATES]


def _only_candidates(
    kept: Mapping[int, TopicName], embed_phrases: EmbedPhrases
) -> dict[int, Sequence[Candidate]]:
    """Return the names that topics keep, each as the only candidate of its topic."""
    vectors = embed_phrases([name.label for name in kept.values()])
    return {
        topic: [Candidate(topic, name.label, words_of(name.label), 1.0, vector)]
        for (topic, name), vector in zip(kept.items(), vectors, strict=True)
    }


def _label(
    candidates: Sequence[Candidate],
    assigned: Candidate | None,
    table: PhraseTable,
    rows: Rows,
    vectors: Vectors,
    used: set[frozenset[str]],
) -> tuple[str, int]:
    """Return a label that is not ``used``, and the number of the topic's papers with it.

    Where no candidate is free it is from the title of a representative paper, numbered if need be.
    """
    if assigned is not None and words_of(assigned.label) not in used:
        return assigned.label, len(table.papers[assigned.key] & frozenset(rows.tolist()))
    titles = [table.titles[row] for row in _most_representative(rows, vectors)]
    for title in titles:
        for phrase in title_phrases(title):
            if words_of(phrase) not in used:
                return phrase, 1
    for title in titles:
        if title and words_of(_cut(title)) not in used:
            return _cut(title), 1
    first = candidates[0].label if candidates else next(filter(None, map(_cut, titles)), _UNTITLED)
    numbered = (f"{first} ({number})" for number in count(2))
    return next(label for label in numbered if words_of(label) not in used), 0


def _most_representative(rows: Rows, vectors: Vectors) -> list[int]:
    """Return the papers of a topic that are nearest to its centroid, the nearest first."""
    members = np.asarray(vectors[rows])
    order = np.argsort(-(members @ members.mean(axis=0)), kind="stable")
    return [int(row) for row in rows[order[:_TITLES]]]


def _cut(title: str) -> str:
    """Return ``title``, at most as long as a name may be, cut between words."""
    if len(title) <= LONGEST_NAME:
        return title
    start = title[: LONGEST_NAME - 1]
    return f"{start.rpartition(' ')[0] or start}…"
