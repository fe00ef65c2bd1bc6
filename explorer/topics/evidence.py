"""Evidence of names: the number of a topic's papers that use its label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Rows
from explorer.papers.paper import Paper
from explorer.papers.unchanged import unchanged_rows
from explorer.topics.communities import Topic, TopicName, members_of
from explorer.topics.joined_labels import parts_of
from explorer.topics.phrases import contains_phrase, key_of
from explorer.topics.tracking import PreviousTopics


class EvidenceCounter:
    """Counts evidence again only where papers changed since the previous hierarchy."""

    def __init__(self, papers: Sequence[Paper], before: PreviousTopics | None) -> None:
        self._papers = papers
        self._before = before
        self._contains: dict[tuple[bool, int], tuple[str, Callable[[str], bool]]] = {}
        """Languages and phrase tests of papers, by (is in the new library, row)."""
        self._members_before: list[list[Rows]] = []
        self._index_before: list[dict[str, int]] = []
        if before is not None:
            self._members_before = [members_of(labels) for labels in before.memberships]
            self._index_before = [
                {topic.id: index for index, topic in enumerate(level)} for level in before.levels
            ]
        self._is_unchanged = self._unchanged()

    def with_evidence(
        self, name: TopicName, rows: Rows, previous: Topic | None, previous_level: int
    ) -> TopicName:
        """Return ``name`` with its evidence among the papers in ``rows``.

        If the name is that of the topic's ``previous`` state, on ``previous_level``, only papers
        that came or went are counted.
        """
        before = self._before
        if before is None or before.rename_all:
            return name  # all names were computed in this build, with their evidence
        if previous is None or name != previous.computed_name:
            # The name may come from a topic above or below, counted before papers came and went.
            return replace(name, evidence=self._count(name, self._papers, rows, is_new=True))
        index = self._index_before[previous_level][previous.id]
        rows_before = self._members_before[previous_level][index]
        stayed = before.row_map[rows_before]
        stayed = stayed[(stayed >= 0) & self._is_unchanged[stayed]]
        added = np.setdiff1d(rows, stayed, assume_unique=True)
        still_here = np.isin(before.row_map[rows_before], np.intersect1d(stayed, rows))
        gain = self._count(name, self._papers, added, is_new=True)
        loss = self._count(name, before.papers, rows_before[~still_here], is_new=False)
        evidence = min(max(previous.computed_name.evidence + gain - loss, 0), len(rows))
        return replace(name, evidence=evidence)

    def _unchanged(self) -> NDArray[np.bool_]:
        """Return whether each paper has the title and abstract it had before."""
        flags = np.zeros(len(self._papers), dtype=bool)
        if self._before is not None:
            row_map = self._before.row_map
            fields = ("title", "abstract")
            same = unchanged_rows(self._before.papers, self._papers, row_map, fields)
            flags[row_map[same]] = True
        return flags

    def _count(self, name: TopicName, papers: Sequence[Paper], rows: Rows, *, is_new: bool) -> int:
        return sum(self._is_in(name.label, papers, row, is_new=is_new) for row in rows.tolist())

    def _is_in(self, label: str, papers: Sequence[Paper], row: int, *, is_new: bool) -> bool:
        if (is_new, row) not in self._contains:
            paper = papers[row]
            self._contains[is_new, row] = (paper.language, contains_phrase(paper))
        language, contains = self._contains[is_new, row]
        return any(contains(key_of(part, language)) for part in parts_of(label))
