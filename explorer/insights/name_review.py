"""Review of topic names: topics that still have computed names, and other names for them.

It covers the level that is shown at first sight. A topic whose name a person gave or confirmed is
reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from explorer.insights.topic_profile import closest_topics
from explorer.insights.topic_tree import shown_level
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.topics.candidates import words_of
from explorer.topics.communities import LONGEST_NAME, Topic
from explorer.topics.edits import YOU, same_topic
from explorer.topics.joined_labels import parts_of
from explorer.topics.labelling import capitalised_label

_MOST_ALTERNATIVES = 4


@dataclass(frozen=True, slots=True)
class UnreviewedTopic:
    """A topic whose name is to be reviewed."""

    topic: Topic
    titles: tuple[str, ...]
    """Titles of its representative papers, up to five, without markup."""
    alternatives: tuple[str, ...]
    """Other names for it, best first, up to four; no other topic of its level has them."""
    others: tuple[Topic, ...]
    """All other topics of its level, the most closely tied first."""


@dataclass(frozen=True, slots=True)
class NameReview:
    """Topics of the shown level, as far as their names are not reviewed."""

    topics: tuple[UnreviewedTopic, ...]
    """Largest first."""
    total: int
    """Topics of the level, reviewed ones included."""

    @property
    def reviewed(self) -> int:
        return self.total - len(self.topics)


@dataclass(frozen=True, slots=True)
class NameChoice:
    """Choice for one topic: a name, or another topic to merge it with."""

    name: str = ""
    merge_with: str = ""
    """Id of the other topic, whose name the merged topic gets; empty for a name."""


@cached_by_owner(1)
def name_review(generation: Generation) -> NameReview:
    """Return the topics of the shown level whose names are not reviewed."""
    level = generation.levels[shown_level(generation)]
    unreviewed = [topic for topic in level if topic.named_by != YOU]
    unreviewed.sort(key=lambda topic: (-topic.size, topic.id))
    words = {words_of(topic.label) for topic in level}
    topics = [_unreviewed(generation, topic, words) for topic in unreviewed]
    return NameReview(tuple(topics), len(level))


def combined_choices(
    choices: Mapping[str, NameChoice], labels: Mapping[str, str]
) -> list[tuple[tuple[str, ...], str]]:
    """Return topics that become one, by their ids, with the name that they get.

    The topic that the others are merged with comes first and gives the name: the one chosen for
    it, or else its present one. Of topics that are to be merged with each other it is the first.

    Args:
        choices: by the id of the topic.
        labels: names of the topics at present, by id.
    """
    groups: dict[str, dict[str, None]] = {}
    for topic in choices:
        kept = _kept_topic(topic, choices)
        groups.setdefault(kept, {kept: None})[topic] = None
    return [
        (tuple(topics), choices.get(kept, NameChoice()).name or labels[kept])
        for kept, topics in groups.items()
    ]


def taken_names(review: NameReview, choices: Mapping[str, NameChoice], topic: str) -> set[str]:
    """Return the names of the other topics of the level, as chosen or else as they are.

    They are case-folded.
    """
    others = next(each.others for each in review.topics if each.topic.id == topic)
    chosen = {other.id: choices.get(other.id, NameChoice()).name for other in others}
    return {(chosen[other.id] or other.label).casefold() for other in others}


def _kept_topic(topic: str, choices: Mapping[str, NameChoice]) -> str:
    """Return the id of the topic that ``topic`` is in the end merged with."""
    path = [topic]
    while (following := choices.get(path[-1], NameChoice()).merge_with) not in ("", *path):
        path.append(following)
    if not following:
        return path[-1]
    ring = path[path.index(following) :]
    return next(each for each in choices if each in ring)


def _unreviewed(
    generation: Generation, topic: Topic, used_words: set[frozenset[str]]
) -> UnreviewedTopic:
    """Return a topic for review; ``used_words`` are those of each name of its level."""
    rows = (generation.records.find(paper) for paper in topic.representatives)
    titles = [generation.records[row].readable_title for row in rows if row is not None]
    closest = closest_topics(generation, topic)
    rest = (other for other in generation.levels[topic.level] if other not in (topic, *closest))
    return UnreviewedTopic(
        topic,
        tuple(titles),
        tuple(_alternatives(generation, topic, used_words)),
        (*closest, *sorted(rest, key=lambda other: (-other.size, other.id))),
    )


def _alternatives(
    generation: Generation, topic: Topic, used_words: set[frozenset[str]]
) -> list[str]:
    """Return the first part of a joined name and the keywords, without names that are in use."""
    parts = parts_of(topic.label)
    names = [*(parts[:1] if len(parts) > 1 else ()), topic.computed_name.label, *topic.keywords]
    used = used_words | {words_of(above.label) for above in _above(generation, topic)}
    labels = _labels_beside(generation, topic)
    alternatives: list[str] = []
    for name in names:
        words = words_of(name)
        if words not in used and name.casefold() not in labels and len(name) <= LONGEST_NAME:
            used.add(words)
            alternatives.append(capitalised_label(name))
    return alternatives[:_MOST_ALTERNATIVES]


def _above(generation: Generation, topic: Topic) -> Iterator[Topic]:
    while topic.parent:
        topic = generation.topics[topic.parent]
        yield topic


def _labels_beside(generation: Generation, topic: Topic) -> set[str]:
    """Return the names of the other topics of each level that has ``topic``, case-folded."""
    index = generation.levels[topic.level].index(topic)
    places = same_topic(generation.memberships, topic.level, index)
    return {
        other.label.casefold()
        for level, place in places
        for other_place, other in enumerate(generation.levels[level])
        if other_place != place
    }
