"""Assignment of one label to each topic of a level, so that labels tell the topics apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import evenly_spaced
from explorer.topics.candidates import Candidate, TopicLevel

_SAMPLE_PER_TOPIC = 40
"""Papers of each topic that labels are tested on, at least."""
_SAMPLE_PER_LEVEL = 8_000
"""Papers of a level that labels are tested on; with few topics, more of each."""
_ACCURACY_WEIGHT = 8.0
"""Weight of the share of papers whose nearest label is their own topic's; scores count as logs."""
_SMALL_TOPIC = 60
"""Papers at which that weight is halved: the share is unreliable for small topics."""
_LEAST_SCORE = 1e-9
_MOST_RIVALS = 400
"""Topics per level up to which labels are compared with all others; else with siblings only."""
_ROUNDS = 3


def assign_labels(
    candidates: Mapping[int, Sequence[Candidate]],
    level: TopicLevel,
    vectors: NDArray[np.float32],
) -> dict[int, Candidate]:
    """Return the label of each topic that has a candidate; no two have the same words.

    Each topic, the largest first, starts with its best free candidate. Then each in turn takes the
    candidate with which most papers of the level have their own topic's label nearest, weighed
    against its score. ``vectors`` are the papers', shape (papers, dimension).
    """
    order = sorted((t for t in candidates if candidates[t]), key=lambda t: (-level.size(t), t))
    assignment = _Assignment()
    for topic in order:
        best = next((c for c in candidates[topic] if assignment.is_free(c)), None)
        if best is not None:
            assignment.set(best)
    for group in _groups([topic for topic in order if topic in assignment.labels], level):
        if len(group) > 1 and any(len(candidates[topic]) > 1 for topic in group):
            _Comparison(group, candidates, assignment, level, vectors).improve()
    return assignment.labels


class _Assignment:
    """The label of each topic; each set of words belongs to one topic."""

    def __init__(self) -> None:
        self.labels: dict[int, Candidate] = {}
        self._topic_of: dict[frozenset[str], int] = {}

    def is_free(self, candidate: Candidate) -> bool:
        """Return whether no other topic has these words."""
        return self._topic_of.get(candidate.words, candidate.topic) == candidate.topic

    def set(self, candidate: Candidate) -> None:
        """Assign a free candidate to its topic."""
        if candidate.topic in self.labels:
            del self._topic_of[self.labels[candidate.topic].words]
        self.labels[candidate.topic] = candidate
        self._topic_of[candidate.words] = candidate.topic


def _groups(topics: list[int], level: TopicLevel) -> list[list[int]]:
    """Return the groups of topics whose labels are compared: all, or siblings if they are many."""
    if len(topics) <= _MOST_RIVALS:
        return [topics]
    siblings: dict[int, list[int]] = defaultdict(list)
    for topic in topics:
        siblings[level.parent_of[topic]].append(topic)
    return list(siblings.values())


class _Comparison:
    """Labels of a group of topics, compared on a sample of their papers."""

    def __init__(
        self,
        group: Sequence[int],
        candidates: Mapping[int, Sequence[Candidate]],
        assignment: _Assignment,
        level: TopicLevel,
        vectors: NDArray[np.float32],
    ) -> None:
        self._group = group
        self._candidates = candidates
        self._assignment = assignment
        self._sizes = [level.size(topic) for topic in group]
        count = max(_SAMPLE_PER_TOPIC, _SAMPLE_PER_LEVEL // len(group))
        samples = [
            level.members[topic][evenly_spaced(size, count)]
            for topic, size in zip(group, self._sizes, strict=True)
        ]
        sample_sizes = [len(rows) for rows in samples]
        self._papers = np.asarray(vectors[np.concatenate(samples)])
        self._owner = np.repeat(np.arange(len(group)), sample_sizes)
        """Position in the group of each sampled paper's topic."""
        self._weight = (np.array(self._sizes) / np.array(sample_sizes))[self._owner]
        self._cosines = np.stack(
            [self._papers @ assignment.labels[topic].vector for topic in group], axis=1
        )
        """Cosine of each sampled paper to each topic's label."""

    def improve(self) -> None:
        """Let each topic in turn take its best label, until none changes."""
        for _ in range(_ROUNDS):
            changes = [self._improve(i) for i in range(len(self._group))]
            if not any(changes):
                break

    def _improve(self, index: int) -> bool:
        """Give the topic at ``index`` its best label; return whether that is another one."""
        topic = self._group[index]
        if len(self._candidates[topic]) == 1:
            return False
        current = self._assignment.labels[topic]
        best = self._best(index, current)
        if best is current:
            return False
        self._assignment.set(best)
        self._cosines[:, index] = self._papers @ best.vector
        return True

    def _best(self, index: int, current: Candidate) -> Candidate:
        """Return the free candidate with the best sum of accuracy and log score."""
        everyone = np.arange(len(self._owner))
        is_inside = self._owner == index
        others = self._cosines.copy()
        others[:, index] = -2.0
        to_own = others[everyone, self._owner]
        others[everyone, self._owner] = -2.0
        to_others = others.max(axis=1)
        size = self._sizes[index]
        trust = _ACCURACY_WEIGHT * size / (size + _SMALL_TOPIC)
        best, best_value = current, -np.inf
        for candidate in self._candidates[self._group[index]]:
            if not self._assignment.is_free(candidate):
                continue
            to_this = self._papers @ candidate.vector
            is_right = np.where(
                is_inside, to_this > to_others, to_own > np.maximum(to_others, to_this)
            )
            # Papers of other topics that would be drawn away count against a label.
            share = float(self._weight[is_right].sum()) / float(self._weight[is_inside].sum())
            value = float(np.log(max(candidate.score, _LEAST_SCORE))) + trust * share
            if value > best_value + 1e-6:
                best, best_value = candidate, value
        return best
