"""Names of topics: candidates, a shortlist of them, and one label for each topic.

Candidates are phrases of the topic's papers (``candidates.py``). Each topic gets the best that no
other topic of the level needs more (``distinct_labels.py``), and further ones where that is about
fewer than half of its papers (``joined_labels.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import count

import numpy as np

from explorer.arrays import Labels, Rows, Vectors
from explorer.topics.candidates import (
    Candidate,
    EmbedPhrases,
    TopicLevel,
    phrase_scores,
    shortlist,
    words_of,
)
from explorer.topics.communities import LONGEST_NAME, TopicName
from explorer.topics.distinct_labels import assign_labels
from explorer.topics.joined_labels import further_parts, joined_label, parts_of
from explorer.topics.phrases import PhraseTable, title_phrases

_KEYWORDS = 8
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

    Labels are written as in the papers. Those of the same level or of the parent are not given
    twice. A topic with all papers of its parent has its parent's name.
    """
    level = TopicLevel.of(labels, parents)
    names = dict(kept or {})
    if parent_names:
        inherited = {t: parent_names[level.parent_of[t]] for t in level if level.is_whole[t]}
        names = inherited | names
    unnamed = [topic for topic in level if topic not in names]
    scores = phrase_scores(table, labels, unnamed)
    candidates = shortlist(table, scores, level, vectors, embed_phrases)
    # A part of a broad topic's label may be the label of the subtopic that it is about.
    whole = [name.label for name in parent_names if len(parts_of(name.label)) == 1]
    used = {words_of(label) for label in (*whole, *reserved)}
    used |= {words_of(part) for name in names.values() for part in parts_of(name.label)}
    eligible: dict[int, list[Candidate]] = {}
    for topic in unnamed:
        parent = parent_names[level.parent_of[topic]].label if parent_names else ""
        words = words_of(parent) if parent in whole else frozenset()
        eligible[topic] = [
            candidate
            for candidate in candidates[topic]
            if candidate.words not in used and not candidate.words <= words
        ]
    assigned = assign_labels(eligible)
    parts = further_parts(assigned, eligible, level, vectors, used)
    used |= {part.words for own in parts.values() for part in own}
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))
    for topic in sorted(unnamed, key=lambda topic: -level.size(topic)):
        rows = level.members[topic]
        own = [part.label for part in parts.get(topic, ())]
        if own:
            label = joined_label(own)
            members = frozenset(rows.tolist())
            evidence = len(
                members & frozenset().union(*(table.papers[p.key] for p in parts[topic]))
            )
        else:
            label = _from_titles(candidates[topic], table, rows, vectors, used, numbers)
            evidence = 1
            used.add(words_of(label))
        keywords = [c.label for c in candidates[topic] if c.label not in (label, *own)]
        names[topic] = TopicName(label, tuple(keywords[:_KEYWORDS]), evidence)
    return names


def capitalised_label(label: str) -> str:
    """Return ``label`` with a capital first, unless its first word is spelled its own way."""
    first = label.split(" ", 1)[0]
    return label[:1].upper() + label[1:] if first.islower() else label


def _from_titles(
    candidates: Sequence[Candidate],
    table: PhraseTable,
    rows: Rows,
    vectors: Vectors,
    used: Set[frozenset[str]],
    numbers: defaultdict[str, Iterator[int]],
) -> str:
    """Return a label that is not ``used``: the longest phrase of a representative title.

    Where titles have no phrase that is free, it is a title, with the next of its ``numbers`` if
    need be; counting from 2 for each topic would take the square of the time.
    """
    titles = [table.titles[row] for row in _most_representative(rows, vectors)]
    for title in titles:
        for phrase in title_phrases(title):
            if words_of(phrase) not in used:
                return phrase
    for title in titles:
        if title and words_of(_cut(title)) not in used:
            return _cut(title)
    first = candidates[0].label if candidates else next(filter(None, map(_cut, titles)), _UNTITLED)
    numbered = (f"{first} ({number})" for number in numbers[first])
    return next(label for label in numbered if words_of(label) not in used)


def _most_representative(rows: Rows, vectors: Vectors) -> list[int]:
    """Return the papers of a topic that are nearest to its centroid, the nearest first."""
    members = np.asarray(vectors[rows])
    order = np.argsort(-(members @ members.mean(axis=0)), kind="stable")
    return [int(row) for row in rows[order]]


def _cut(title: str) -> str:
    """Return ``title``, at most as long as a name may be, cut between words."""
    if len(title) <= LONGEST_NAME:
        return title
    start = title[: LONGEST_NAME - 1]
    return f"{start.rpartition(' ')[0] or start}…"
