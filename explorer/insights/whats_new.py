"""What is new in a library since a moment: papers by topic, and what became of topics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from explorer.errors import UnusableInput
from explorer.insights.topic_tree import node_of, shown_level
from explorer.library.generation import Generation, milliseconds
from explorer.topics.communities import Topic
from explorer.topics.tracking import TopicEvent, TopicEventKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TopicUpdate:
    """A topic of the level shown on the map, and its newcomers."""

    topic: Topic
    rows: tuple[int, ...]
    """Its papers that are new, in the order of :attr:`WhatsNew.rows`."""
    is_new: bool
    """Whether the topic itself was found or split off since."""


@dataclass(frozen=True, slots=True)
class WhatsNew:
    """What has come since a moment."""

    since: datetime
    """UTC; what came at that very moment counts as new."""
    rows: tuple[int, ...]
    """Papers that are new: by arrival, then by date, the newest first, then the most central."""
    topics: tuple[TopicUpdate, ...]
    """Their topics, those first that are new for the largest part."""
    events: tuple[TopicEvent, ...]
    """What became of topics, the newest builds first, coarse to fine within each."""
    all_at_once: bool
    """Whether all papers of the library came with a single build."""


def moment_of(text: str) -> datetime:
    """Return the moment that ``text`` names, in UTC: a day from its beginning, or an ISO moment.

    A moment that tells no time zone is taken as UTC.

    >>> moment_of("2026-11-20").isoformat(), moment_of("2026-11-20T09:30+01:00").isoformat()
    ('2026-11-20T00:00:00+00:00', '2026-11-20T08:30:00+00:00')

    Raises:
        UnusableInput: ``text`` is neither.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UnusableInput(
            f"{text!r} is no date or moment. Give a day, such as 2026-11-20, or a moment, such as "
            "2026-11-20T09:30Z."
        ) from None


def moment_at(arrival: int) -> datetime:
    """Return a moment given in milliseconds since 1970, in UTC."""
    return _EPOCH + timedelta(milliseconds=arrival)


def last_update(generation: Generation) -> datetime:
    """Return when papers last came into the library, UTC."""
    return moment_at(int(generation.added_at.max()))


def whats_new(generation: Generation, since: datetime | None = None) -> WhatsNew:
    """Return what has come since a moment; without one, what the last build with papers brought.

    Where that build was also the first, it brought the whole library, and nothing counts as new.
    """
    arrived = np.asarray(generation.added_at)
    all_at_once = bool((arrived == arrived[0]).all())
    moment = last_update(generation) if since is None else since
    begin = milliseconds(moment.isoformat())
    newcomers = np.flatnonzero(arrived >= begin)
    if since is None and all_at_once:
        newcomers = newcomers[:0]
    rows = _in_order(generation, newcomers.tolist())
    events = [event for event in generation.events if milliseconds(event.created) >= begin]
    events.sort(key=lambda event: -event.generation)
    return WhatsNew(moment, rows, _by_topic(generation, rows, events), tuple(events), all_at_once)


def _in_order(generation: Generation, rows: list[int]) -> tuple[int, ...]:
    ids, dates = generation.records.id_ranks, generation.records.dates.ranks
    belonging = generation.strengths[shown_level(generation)]
    # The least important first, since each sorting keeps the order among equals.
    rows = sorted(rows, key=lambda row: (-float(belonging[row]), ids[row]))
    rows.sort(key=lambda row: (int(generation.added_at[row]), dates[row]), reverse=True)
    return tuple(rows)


def _by_topic(
    generation: Generation, rows: tuple[int, ...], events: list[TopicEvent]
) -> tuple[TopicUpdate, ...]:
    level = shown_level(generation)
    begun = {
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
    return tuple(TopicUpdate(topic, tuple(of[topic]), topic.id in begun) for topic in order)
