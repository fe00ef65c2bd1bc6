"""News of a library since a moment: new papers by topic, and events of topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from explorer.errors import UnusableInput
from explorer.insights.topic_tree import node_of, shown_level
from explorer.library.arrival import milliseconds, moment_at
from explorer.library.generation import Generation
from explorer.topics.communities import Topic
from explorer.topics.tracking import TopicEvent, TopicEventKind


@dataclass(frozen=True, slots=True)
class TopicUpdate:
    """A topic of the level shown on the map, and its new papers."""

    topic: Topic
    rows: tuple[int, ...]
    """Its new papers, in the order of :attr:`WhatsNew.rows`."""
    is_new: bool
    """Whether the topic itself is new or was split off since."""


@dataclass(frozen=True, slots=True)
class WhatsNew:
    """New papers and events since a moment."""

    since: datetime
    """UTC, inclusive."""
    rows: tuple[int, ...]
    """New papers: last added first, then by date, newest first, then the most central."""
    topics: tuple[TopicUpdate, ...]
    """Their topics, those with the largest share of new papers first."""
    events: tuple[TopicEvent, ...]
    """Events of topics, the newest builds first, coarse to fine within each."""
    all_at_once: bool
    """Whether a single build added all papers of the library."""


def moment_of(text: str) -> datetime:
    """Return the moment that ``text`` names, in UTC: a day from its beginning, or an ISO moment.

    A moment without a time zone is UTC.

    >>> moment_of("2026-11-20").isoformat(), moment_of("2026-11-20T09:30+01:00").isoformat()
    ('2026-11-20T00:00:00+00:00', '2026-11-20T08:30:00+00:00')

    Raises:
        UnusableInput: ``text`` is neither.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UnusableInput(
            f"{text!r} is not a date or time.",
            advice="Give a day, such as 2026-11-20, or a time, such as 2026-11-20T09:30Z.",
        ) from None


def last_update(generation: Generation) -> datetime:
    """Return when papers were last added to the library, UTC."""
    return moment_at(int(generation.added_at.max()))


def whats_new(generation: Generation, since: datetime | None = None) -> WhatsNew:
    """Return the news since a moment; without one, since the last build that added papers.

    If that build was the first, it added the whole library, and nothing counts as new.
    """
    added_at = np.asarray(generation.added_at)
    all_at_once = bool((added_at == added_at[0]).all())
    moment = last_update(generation) if since is None else since
    begin = milliseconds(moment.isoformat())
    new_rows = np.flatnonzero(added_at >= begin)
    if since is None and all_at_once:
        new_rows = new_rows[:0]
    rows = _in_order(generation, new_rows.tolist())
    events = [event for event in generation.events if milliseconds(event.created) >= begin]
    events.sort(key=lambda event: -event.generation)
    return WhatsNew(moment, rows, _by_topic(generation, rows, events), tuple(events), all_at_once)


def _in_order(generation: Generation, rows: list[int]) -> tuple[int, ...]:
    ids, dates = generation.records.id_ranks, generation.records.dates.ranks
    strengths = generation.strengths[shown_level(generation)]
    # The least important key first, since sorting is stable.
    rows = sorted(rows, key=lambda row: (-float(strengths[row]), ids[row]))
    rows.sort(key=lambda row: (int(generation.added_at[row]), dates[row]), reverse=True)
    return tuple(rows)


def _by_topic(
    generation: Generation, rows: tuple[int, ...], events: list[TopicEvent]
) -> tuple[TopicUpdate, ...]:
    level = shown_level(generation)
    new_topics = {
        node_of(generation, generation.topics[event.topic]).topic.id
        for event in events
        if event.kind in (TopicEventKind.NEW, TopicEventKind.SPLIT)
        and event.topic in generation.topics
    }
    of: dict[Topic, list[int]] = {}
    for row in rows:
        topic = generation.levels[level][int(generation.memberships[level][row])]
        of.setdefault(topic, []).append(row)
    order = sorted(of, key=lambda topic: (-len(of[topic]) / topic.size, -len(of[topic]), topic.id))
    return tuple(TopicUpdate(topic, tuple(of[topic]), topic.id in new_topics) for topic in order)
