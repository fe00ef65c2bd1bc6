"""Pins of topics that have grown: newcomers count as pinned once they are in the topic.

An edit holds the papers that its topic had when it was made. With those alone a pinned topic would
be cut in two as soon as newcomers outnumber them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.papers.table import ids_of
from explorer.topics.edits import AppliedEdit, EditKind, TopicEdit, applied_edits
from explorer.topics.tracking import PreviousTopics


def with_newcomers(edits: Sequence[TopicEdit], before: PreviousTopics) -> list[TopicEdit]:
    """Return ``edits``, each pin with the papers that had joined its topic by the previous build.

    A topic counts as a pin's if its name is from an edit that applies to it. Papers that other
    edits brought there are left out: without edits they were in a topic without pinned papers.
    """
    if not any(edit.kind is EditKind.PIN for edit in edits):
        return list(edits)
    ids = ids_of(before.papers)
    applied = applied_edits(before.memberships, ids, edits)
    names = {
        (one.level, one.place, one.statement.name.casefold())
        for one in applied
        if one.statement.name
    }
    return [
        _with_topic(one, ids, before)
        if one.statement.kind is EditKind.PIN
        and not one.is_inactive
        and (one.level, one.place, _label(one, before)) in names
        else one.statement
        for one in applied
    ]


def _label(applied: AppliedEdit, before: PreviousTopics) -> str:
    return before.levels[applied.level][applied.place].label.casefold()


def _with_topic(applied: AppliedEdit, ids: Sequence[str], before: PreviousTopics) -> TopicEdit:
    pinned = {paper for group in applied.statement.groups for paper in group}
    rows = np.flatnonzero(before.memberships[applied.level] == applied.place)
    raw = before.raw_labels[applied.level][rows]
    is_pinned = np.array([ids[row] in pinned for row in rows.tolist()])
    joined = rows[np.isin(raw, raw[is_pinned]) & ~is_pinned]
    newcomers = tuple(ids[row] for row in joined.tolist())
    return replace(applied.statement, groups=(*applied.statement.groups, newcomers))
