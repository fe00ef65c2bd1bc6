"""Edits to topics, applied at once: only the topic hierarchy is built anew and published.

Papers, vectors, index, graph and positions stay the same; no paper is embedded. Each of
:func:`rename`, :func:`merge`, :func:`pin` and :func:`undo` is atomic, under the build lock: the
edit is stored, applied and published, or nothing has changed. Only if the machine stops between
storing and publishing does the edit stay stored; then the next build applies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace

import numpy as np

from explorer.builds.progress import Progress, Silence
from explorer.builds.reuse import ReusePlan
from explorer.builds.stages import (
    LAST_TOPIC,
    PreviousBuild,
    events_between,
    last_topic,
    phrase_embedder,
    previous_topics,
)
from explorer.embedders import open_embedder
from explorer.embedders.cache import VectorCache
from explorer.errors import LibraryError, UnusableInput
from explorer.library.checks import verify_files
from explorer.library.generation import SCHEMA, Generation
from explorer.library.lookup import find_topic
from explorer.library.store import LibraryStore
from explorer.library.writing import Draft, PreviousFullText
from explorer.search.query_vector import check_model
from explorer.settings import TopicSettings
from explorer.topics import edits
from explorer.topics.communities import Topic, edges_of
from explorer.topics.edits import EditKind, TopicEdit
from explorer.topics.hierarchy import build_hierarchy
from explorer.topics.tracking import last_number


@dataclass(frozen=True, slots=True)
class EditOutcome:
    """A topic edit, and the topic it applies to at present."""

    edit: TopicEdit
    topic: Topic | None
    """None while the edit is inactive: no topic matches it at present."""


@dataclass(frozen=True, slots=True)
class TopicPin:
    """One topic to pin, or several of one level to merge and pin, under a name."""

    topics: tuple[str, ...]
    """Ids or names."""
    name: str


def rename(
    library: LibraryStore, topic: str, name: str, progress: Progress | None = None
) -> EditOutcome:
    """Name a topic (id or name) ``name``, in all later builds too.

    Raises:
        UnknownTopic: there is no such topic.
        UnusableInput: the name is empty, too long, or another topic's of the same level.
        LibraryBusy: a build is running.
    """
    return _edit(library, EditKind.RENAME, [topic], name, progress)


def merge(
    library: LibraryStore, topics: Sequence[str], name: str = "", progress: Progress | None = None
) -> EditOutcome:
    """Merge two or more topics of one level (ids or names), in all later builds too.

    Raises:
        UnknownTopic: there is no such topic.
        UnusableInput: they are fewer than two, or not of one level; the name is taken or invalid.
        LibraryBusy: a build is running.
    """
    return _edit(library, EditKind.MERGE, topics, name, progress)


def pin(
    library: LibraryStore, topic: str, name: str = "", progress: Progress | None = None
) -> EditOutcome:
    """Keep the papers of a topic (id or name) together in all later builds.

    Its name is ``name``, or stays the present one.

    Raises:
        UnknownTopic: there is no such topic.
        UnusableInput: the name is too long, or another topic's of the same level.
        LibraryBusy: a build is running.
    """
    return _edit(library, EditKind.PIN, [topic], name, progress)


def pin_all(
    library: LibraryStore, pins: Sequence[TopicPin], progress: Progress | None = None
) -> list[EditOutcome]:
    """Make several pins, each an edit of its own, and publish them together.

    Raises:
        UnknownTopic: there is no such topic.
        UnusableInput: a name is empty, too long, or another topic's of the same level; topics to
            merge are not of one level.
        LibraryBusy: a build is running.
    """
    if not pins:
        return []
    with library.building():
        generation = library.open()
        named = [
            ([find_topic(generation, topic) for topic in each.topics], edits.clean_name(each.name))
            for each in pins
        ]
        _check_free(generation, named)
        new_edits = edits.read(library.folder)
        for topics, name in named:
            new_edits = _recorded(generation, new_edits, EditKind.PIN, topics, name)
        published = _publish(library, generation, new_edits, progress)
    return _outcomes(published, new_edits)[-len(pins) :]


def undo(library: LibraryStore, number: int, progress: Progress | None = None) -> TopicEdit:
    """Undo the edit with this number, and return it.

    Raises:
        UnusableInput: there is no edit with that number.
        LibraryBusy: a build is running.
    """
    with library.building():
        before = edits.read(library.folder)
        _publish(library, library.open(), edits.without_edit(before, number), progress)
    return next(edit for edit in before if edit.number == number)


def apply_edits(library: LibraryStore, progress: Progress | None = None) -> Generation:
    """Apply the edits in the library's file to its live generation, unless it has them.

    Raises:
        LibraryBusy: a build is running.
    """
    with library.building():
        generation = library.open()
        stored = edits.read(library.folder)
        if edits.fingerprint_of_edits(stored) == generation.manifest.settings.get("said", ""):
            return generation
        return _publish(library, generation, stored, progress)


def all_edits(library: LibraryStore) -> list[EditOutcome]:
    """Return all edits to the library's topics, oldest first."""
    return _outcomes(library.open(), edits.read(library.folder))


def _edit(
    library: LibraryStore,
    kind: EditKind,
    names: Sequence[str],
    name: str,
    progress: Progress | None,
) -> EditOutcome:
    with library.building():
        generation = library.open()
        named = [find_topic(generation, topic) for topic in names]
        # One topic may be on several levels, under as many ids.
        topics = list({_levels_of(generation, topic)[0]: topic for topic in named}.values())
        if kind is EditKind.MERGE and len(topics) < 2:
            raise UnusableInput("A merge takes two topics or more, by id or name.")
        if name or kind is EditKind.RENAME:
            name = edits.clean_name(name)
            _check_free(generation, [(topics, name)])
        elif kind is EditKind.PIN:
            name = topics[0].label
        stored = edits.read(library.folder)
        new_edits = _recorded(generation, stored, kind, topics, name)
        published = _publish(library, generation, new_edits, progress)
    return _outcomes(published, new_edits)[-1]


def _recorded(
    generation: Generation,
    stored: Sequence[TopicEdit],
    kind: EditKind,
    topics: Sequence[Topic],
    name: str,
) -> tuple[TopicEdit, ...]:
    """Return ``stored`` with a new edit of ``topics``."""
    ids = generation.records.ids
    return edits.with_edit(
        stored,
        kind,
        _common_level(generation, topics),
        len(generation.levels),
        [[ids[row] for row in generation.members(topic)] for topic in topics],
        name,
        [topic.label for topic in topics],
    )


def _publish(
    library: LibraryStore,
    generation: Generation,
    new_edits: Sequence[TopicEdit],
    progress: Progress | None,
) -> Generation:
    """Build the hierarchy with ``new_edits``, store them, publish. The caller holds the lock."""
    progress = progress or Silence()
    progress.stage("topics")
    verify_files(generation.folder)
    number = library.next_number()
    created = library.next_arrival(generation)
    draft = _with_edits(library, generation, new_edits, number, created, progress)
    manifest = replace(
        generation.manifest,
        number=number,
        created=created,
        changes=dict.fromkeys(generation.manifest.changes, 0) | {"unchanged": generation.size},
        settings=generation.manifest.settings
        | {"said": edits.fingerprint_of_edits(new_edits)}
        | {LAST_TOPIC: max(last_topic(generation), last_number(draft.hierarchy.levels))},
        files={},
        schema=SCHEMA,
    )
    progress.stage("publish")
    earlier = edits.read(library.folder)
    # Before publishing: if the machine stops here, the next build applies the edits.
    edits.write(library.folder, new_edits)
    try:
        return library.publish(draft, manifest)
    except BaseException:
        if library.live == generation.folder.name:
            with suppress(LibraryError):
                edits.write(library.folder, earlier)
        raise


def _with_edits(
    library: LibraryStore,
    generation: Generation,
    new_edits: Sequence[TopicEdit],
    number: int,
    created: str,
    progress: Progress,
) -> Draft:
    manifest = generation.manifest
    embedder = open_embedder(manifest.model)
    check_model(embedder, generation)
    cache = VectorCache(library.vectors, manifest.identity, manifest.dimension)
    papers = generation.records
    vectors = generation.engine.vectors(np.arange(generation.size, dtype=np.int64))
    settings = _topic_settings(generation)
    everyone = np.arange(generation.size, dtype=np.int64)
    previous = PreviousBuild(generation, papers, everyone, ReusePlan())
    before = previous_topics(previous, same_papers=True)
    hierarchy = build_hierarchy(
        papers,
        vectors,
        edges_of(generation.graph, settings),
        settings,
        phrase_embedder(cache, embedder, progress.advance),
        edits=new_edits,
        before=before,
    )
    events = (*generation.events, *events_between(before, hierarchy, number, created))
    return Draft(
        papers,
        vectors,
        generation.engine,
        generation.graph,
        generation.positions,
        hierarchy,
        generation.added_at,
        events,
        PreviousFullText(generation.lexicon, everyone),
        previous=generation,
        only_topics=True,
    )


def _topic_settings(generation: Generation) -> TopicSettings:
    """Return the settings of the live topics, as far as this version knows them."""
    stored = generation.manifest.settings.get("topics", {})
    known = {field.name for field in fields(TopicSettings)}
    return TopicSettings(**{name: value for name, value in stored.items() if name in known})


def _levels_of(generation: Generation, topic: Topic) -> list[tuple[int, int]]:
    """Return the level and index of a topic on each level that has it."""
    index = generation.levels[topic.level].index(topic)
    return edits.same_topic(generation.memberships, topic.level, index)


def _common_level(generation: Generation, topics: Sequence[Topic]) -> int:
    """Return the coarsest level that has all ``topics``."""
    levels_of = [{level for level, _ in _levels_of(generation, topic)} for topic in topics]
    common = set.intersection(*levels_of)
    if not common:
        levels = ", ".join(f"“{topic.label}” on level {topic.level}" for topic in topics)
        raise UnusableInput(
            f"Only topics of one level can be merged: {levels}.",
            advice="`explorer topics` shows the levels.",
        )
    return min(common)


def _check_free(generation: Generation, named: Sequence[tuple[Sequence[Topic], str]]) -> None:
    """Raise if a new name is another topic's on any level that has the topics it is for.

    Topics that get new names as well count with those.
    """
    new_names = {
        place: (number, name)
        for number, (topics, name) in enumerate(named)
        for topic in topics
        for place in _levels_of(generation, topic)
    }
    for (level, _), (number, name) in new_names.items():
        for index, other in enumerate(generation.levels[level]):
            other_number, label = new_names.get((level, index), (-1, other.label))
            if other_number != number and label.casefold() == name.casefold():
                raise UnusableInput(
                    f"Another topic of this level is called “{label}” already ({other.id}, "
                    f"{other.size} papers).",
                    advice="Choose another name, or use `explorer topics merge`.",
                )


def _outcomes(generation: Generation, stored: Sequence[TopicEdit]) -> list[EditOutcome]:
    applied = edits.applied_edits(generation.memberships, generation.records.ids, stored)
    return [
        EditOutcome(
            one.statement, None if one.is_inactive else generation.levels[one.level][one.place]
        )
        for one in applied
    ]
