"""Edits to topics, applied at once: only the topic hierarchy is built anew and published.

Papers, vectors, index, graph and positions go on as they are; no paper is embedded. Each of
:func:`rename`, :func:`merge`, :func:`pin` and :func:`undo` does one thing completely, under the
build lock: it is said, drawn and published, or nothing has changed. Only where the machine stops
between the two last steps is it said, and the next build applies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

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

    statement: TopicEdit
    topic: Topic | None
    """None while the statement rests: no topic matches it now."""


def rename(
    library: LibraryStore, topic: str, name: str, progress: Progress | None = None
) -> EditOutcome:
    """Give a topic (id or name) the name ``name`` for good.

    Raises:
        UnknownTopic: there is no such topic.
        UnusableInput: the name is empty, too long, or another topic's of the same level.
        LibraryBusy: a build is running.
    """
    return _edit(library, EditKind.RENAME, [topic], name, progress)


def merge(
    library: LibraryStore, topics: Sequence[str], name: str = "", progress: Progress | None = None
) -> EditOutcome:
    """Make two or more topics of one level (ids or names) one for good.

    Raises:
        UnknownTopic: there is no such topic.
        UnusableInput: they are fewer than two, or not of one level; the name is not to be had.
        LibraryBusy: a build is running.
    """
    return _edit(library, EditKind.MERGE, topics, name, progress)


def pin(
    library: LibraryStore, topic: str, name: str = "", progress: Progress | None = None
) -> EditOutcome:
    """Hold the papers of a topic (id or name) together for good, by ``name`` or its present one.

    Raises:
        UnknownTopic: there is no such topic.
        UnusableInput: the name is too long, or another topic's of the same level.
        LibraryBusy: a build is running.
    """
    return _edit(library, EditKind.PIN, [topic], name, progress)


def undo(library: LibraryStore, number: int, progress: Progress | None = None) -> TopicEdit:
    """Take back the edit with this number, and return it.

    Raises:
        UnusableInput: nothing was said under that number.
        LibraryBusy: a build is running.
    """
    with library.building():
        before = edits.read(library.folder)
        _publish(library, library.open(), edits.without_edit(before, number), progress)
    return next(statement for statement in before if statement.number == number)


def apply_edits(library: LibraryStore, progress: Progress | None = None) -> Generation:
    """Apply the edits in the library's file to its live generation, unless that is done.

    Raises:
        LibraryBusy: a build is running.
    """
    with library.building():
        generation = library.open()
        statements = edits.read(library.folder)
        if edits.fingerprint_of_edits(statements) == generation.manifest.settings.get("said", ""):
            return generation
        return _publish(library, generation, statements, progress)


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
        # One topic may stand on several levels, under as many ids.
        topics = list({_places(generation, topic)[0]: topic for topic in named}.values())
        if kind is EditKind.MERGE and len(topics) < 2:
            raise UnusableInput("A merge takes two topics or more, by id or name.")
        level = _common_level(generation, topics)
        if name or kind is EditKind.RENAME:
            name = edits.clean_name(name)
            _check_free(generation, topics, name)
        elif kind is EditKind.PIN:
            name = topics[0].label
        ids = generation.records.ids
        statements = edits.with_edit(
            edits.read(library.folder),
            kind,
            level,
            len(generation.levels),
            [[ids[row] for row in generation.members(topic)] for topic in topics],
            name,
            [topic.label for topic in topics],
        )
        published = _publish(library, generation, statements, progress)
    return _outcomes(published, statements)[-1]


def _publish(
    library: LibraryStore,
    generation: Generation,
    statements: Sequence[TopicEdit],
    progress: Progress | None,
) -> Generation:
    """Draw the outline anew, store ``statements``, publish. The caller holds the build lock."""
    progress = progress or Silence()
    progress.stage("topics")
    verify_files(generation.folder)
    number = library.next_number()
    created = datetime.now(UTC).isoformat(timespec="milliseconds")
    draft = _redrawn(library, generation, statements, number, created, progress)
    manifest = replace(
        generation.manifest,
        number=number,
        created=created,
        changes=dict.fromkeys(generation.manifest.changes, 0) | {"unchanged": generation.size},
        settings=generation.manifest.settings
        | {"said": edits.fingerprint_of_edits(statements)}
        | {LAST_TOPIC: max(last_topic(generation), last_number(draft.hierarchy.levels))},
        files={},
        schema=SCHEMA,
    )
    progress.stage("publish")
    earlier = edits.read(library.folder)
    # Before it is published: if the machine stops here, the next build applies what was said.
    edits.write(library.folder, statements)
    try:
        return library.publish(draft, manifest)
    except BaseException:
        if library.live == generation.folder.name:
            with suppress(LibraryError):
                edits.write(library.folder, earlier)
        raise


def _redrawn(
    library: LibraryStore,
    generation: Generation,
    statements: Sequence[TopicEdit],
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
    outline = build_hierarchy(
        papers,
        vectors,
        edges_of(generation.graph, settings),
        settings,
        phrase_embedder(cache, embedder, progress.advance),
        edits=statements,
        before=before,
    )
    events = (*generation.events, *events_between(before, outline, number, created))
    return Draft(
        papers,
        vectors,
        generation.engine,
        generation.graph,
        generation.positions,
        outline,
        generation.added_at,
        events,
        PreviousFullText(generation.lexicon, everyone),
        previous=generation,
        only_topics=True,
    )


def _topic_settings(generation: Generation) -> TopicSettings:
    """Return the settings that the live topics were found with, as far as they are known still."""
    stored = generation.manifest.settings.get("topics", {})
    known = {field.name for field in fields(TopicSettings)}
    return TopicSettings(**{name: value for name, value in stored.items() if name in known})


def _places(generation: Generation, topic: Topic) -> list[tuple[int, int]]:
    place = generation.levels[topic.level].index(topic)
    return edits.same_topic(generation.memberships, topic.level, place)


def _common_level(generation: Generation, topics: Sequence[Topic]) -> int:
    """Return the coarsest level on which all ``topics`` stand, each as it is."""
    standing = [{level for level, _ in _places(generation, topic)} for topic in topics]
    common = set.intersection(*standing)
    if not common:
        levels = ", ".join(f"“{topic.label}” on level {topic.level}" for topic in topics)
        raise UnusableInput(
            f"Only topics of one level can be merged: {levels}. `explorer topics` shows the levels."
        )
    return min(common)


def _check_free(generation: Generation, topics: Sequence[Topic], name: str) -> None:
    """Refuse a name that another topic has, on any level where one of ``topics`` stands."""
    own = {place for topic in topics for place in _places(generation, topic)}
    for level in {level for level, _ in own}:
        for place, other in enumerate(generation.levels[level]):
            if (level, place) not in own and other.label.casefold() == name.casefold():
                raise UnusableInput(
                    f"Another topic of this level is called “{other.label}” already ({other.id}, "
                    f"{other.size} papers). Choose another name, or use "
                    "`explorer topics merge`."
                )


def _outcomes(generation: Generation, statements: Sequence[TopicEdit]) -> list[EditOutcome]:
    applied = edits.applied_edits(generation.memberships, generation.records.ids, statements)
    return [
        EditOutcome(b.statement, None if b.is_inactive else generation.levels[b.level][b.place])
        for b in applied
    ]
