"""Names after an update: true of their topics, and the old ones still lead there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import numpy as np
import pytest

from explorer.arrays import Labels
from explorer.embedders import open_embedder
from explorer.errors import UnknownTopic
from explorer.library.lookup import find_topic
from explorer.papers.paper import Paper
from explorer.topics.communities import Topic, TopicName
from explorer.topics.edits import YOU, EditKind, TopicEdit, names_given, with_given_names
from explorer.topics.kept_and_new_names import hierarchy_names
from explorer.topics.tracking import (
    PreviousTopics,
    TopicEvent,
    TopicEventKind,
    events,
    match_topics,
)
from tests.helpers.joining import identify

EMBEDDER = open_embedder("hashing")


class Grown(NamedTuple):
    """Topics of one level before and after an update, and what happened to them."""

    before: tuple[Topic, ...]
    after: tuple[Topic, ...]
    happened: tuple[TopicEvent, ...]
    ids: list[str]
    labels: Labels


def topics_of(names: dict[int, TopicName], labels: Labels) -> tuple[Topic, ...]:
    sizes = np.bincount(labels)
    return tuple(
        Topic(f"t{n}", 0, "", name.label, name.keywords, int(sizes[n]), name.evidence)
        for n, name in sorted(names.items())
    )


def grown(old: list[Paper], other: list[Paper], added: list[Paper]) -> Grown:
    """Return what an update makes of a topic of ``old`` papers, to which ``added`` ones come."""
    papers = [*identify(old), *identify(other)]
    labels = np.repeat(np.array([0, 1], dtype=np.int32), [len(old), len(other)])
    vectors = EMBEDDER.embed([paper.text for paper in papers])
    (names,) = hierarchy_names(papers, vectors, [labels], EMBEDDER.embed, None, [])
    topics = topics_of(names, labels)
    rows = np.arange(len(papers))
    before = PreviousTopics(papers, [topics], [labels], [labels], rows, 1)
    papers = [*papers, *identify(added)]
    now = np.concatenate([labels, np.zeros(len(added), dtype=np.int32)])
    matches = match_topics(before, [now])
    vectors = EMBEDDER.embed([paper.text for paper in papers])
    (names,) = hierarchy_names(papers, vectors, [now], EMBEDDER.embed, before, matches)
    after = topics_of(names, now)
    ids = [paper.id for paper in papers]
    return Grown(topics, after, events(before, [after], [now], matches, 2, ""), ids, now)


def test_a_name_that_newcomers_made_untrue_is_replaced_and_the_change_is_an_event(
    corpus: list[Paper],
) -> None:
    update = grown(corpus[20:25], corpus[:10], corpus[10:20])
    was, now = update.before[0], update.after[0]
    assert now.label != was.label
    (event,) = update.happened
    assert (event.kind, event.topic) == (TopicEventKind.RENAMED, now.id)
    assert (event.label, event.other_label) == (now.label, was.label)
    assert update.after[1].label == update.before[1].label


def test_a_pinned_name_stays_however_many_newcomers_made_it_untrue(corpus: list[Paper]) -> None:
    update = grown(corpus[20:25], corpus[:10], corpus[10:20])
    was = update.before[0].label
    assert update.after[0].label != was
    group = update.ids[:5]
    pinned = TopicEdit(1, EditKind.PIN, 0, 1, (tuple(group),), was, (was,))
    given = names_given([update.labels], update.ids, [pinned])
    ((now, _),) = with_given_names([update.after], given)
    assert (now.label, now.named_by) == (was, YOU)
    renamed = replace(pinned, kind=EditKind.RENAME)
    assert names_given([update.labels], update.ids, [renamed]) == [{}]


def test_newcomers_on_the_subject_leave_a_name_as_it_is(corpus: list[Paper]) -> None:
    update = grown(corpus[20:25], corpus[:10], corpus[25:30])
    assert update.after[0].label == update.before[0].label
    assert update.happened == ()


def test_a_topic_is_found_by_the_name_that_it_had() -> None:
    topic = Topic("t1", 0, "", "Robot learning", (), 9)
    renamed = TopicEvent(
        2, "", TopicEventKind.RENAMED, "t1", "Robot learning", 0, 9, other_label="Bash commands"
    )
    generation = cast(
        Any, SimpleNamespace(levels=((topic,),), events=(renamed,), topics={"t1": topic})
    )
    assert find_topic(generation, "bash Commands") is topic
    with pytest.raises(UnknownTopic):
        find_topic(generation, "commands")
    other = replace(topic, id="t2", label="Bash commands")
    generation.levels = ((topic, other),)
    assert find_topic(generation, "Bash commands") is other
