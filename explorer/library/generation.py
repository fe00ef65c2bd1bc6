"""One generation: an immutable, complete build. Written, verified, published, opened.

A generation is a folder of files in the ecosystem's own formats and a manifest that names each
with its size and SHA-256. It is written under a hidden name, opened again and checked, and only
then renamed; whoever opens it sees all of it or nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property, wraps
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, Positions, Rows, Strengths, Vectors
from explorer.errors import (
    EngineError,
    LibraryDamaged,
    LibraryError,
    LibraryNewer,
    UnusableInput,
)
from explorer.files import checksum, share, sync
from explorer.index.engines import Engine, EngineFactory, load_engine
from explorer.index.full_text import FullTextIndex
from explorer.index.knn_graph import NeighbourGraph
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable
from explorer.topics.communities import Topic, TopicName, members_of
from explorer.topics.hierarchy import TopicHierarchy
from explorer.topics.tracking import RowMap, TopicEvent, TopicEventKind

SCHEMA = 4
_READABLE = (2, 3, 4)
"""Older schemata that are read as they are; the next build writes the present one."""
GIVEN = " (vectors given)"
"""Ends the identity of a library whose vectors came from the user, not from the embedder."""
_MANIFEST = "manifest.json"
_SELF_CHECKS = 20
_LISTS = ("keywords", "representatives")
"""Fields of a topic that JSON turns into lists."""


_Found = TypeVar("_Found")
_Asked = TypeVarTuple("_Asked")
_PAPERS = ("papers.arrow", "columns.arrow")
"""Files of which each generation has its own, so that damage to one costs no paper."""
_OUTLINE = (
    "memberships.npy",
    "strengths.npy",
    "communities.npy",
    "lineage.json",
    "topics.json",
)

Arrivals = NDArray[np.int64]
"""When each paper came into the library, in milliseconds since 1970, UTC; shape (papers,)."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    number: int
    created: str
    """UTC, ISO 8601, to the millisecond."""
    papers: int
    model: str
    """The model as it was asked for."""
    identity: str
    """Everything that changes a vector (see :class:`explorer.embedders.Embedder`)."""
    dimension: int
    engine: str
    digests: tuple[dict[str, Any], ...]
    """Name, format and counts of each digest read in this build."""
    changes: dict[str, int]
    """What this build did: added, changed, unchanged, removed, merged, rejected, embedded."""
    settings: dict[str, Any]
    fit: dict[str, Any]
    """When the map was drawn, and its fit since (:mod:`explorer.builds.redraw_advice`)."""
    files: dict[str, dict[str, Any]]
    """Size and SHA-256 of each file, by its path inside the folder."""
    schema: int = SCHEMA
    index: dict[str, Any] = field(default_factory=dict)
    """What the vector index is, and what was measured of it (see ``Engine.stats``)."""


@dataclass(frozen=True, eq=False)
class Generation:
    """An opened generation. Arrays are memory-mapped; rows are shared by all of them.

    Two of them are equal only if they are the same object, so one can key a cache.
    """

    folder: Path
    manifest: Manifest
    records: PaperTable
    engine: Engine
    lexicon: FullTextIndex
    graph: NeighbourGraph
    positions: Positions
    levels: tuple[tuple[Topic, ...], ...]
    """Topics from coarse to fine."""
    memberships: tuple[Labels, ...]
    """For each level, the place in ``levels[level]`` of each paper's topic."""
    strengths: tuple[Strengths, ...]
    """For each level, how strongly each paper belongs to its topic, from 0 to 1."""
    raw_labels: tuple[Labels, ...]
    """The partitions as they were found, before people had their say."""
    added_at: Arrivals
    events: tuple[TopicEvent, ...]
    """What became of topics in this and all earlier builds, oldest first."""

    @property
    def size(self) -> int:
        return self.manifest.papers

    def topics_of(self, row: int) -> tuple[Topic, ...]:
        """Return the topics of one paper, coarse to fine."""
        return tuple(
            topics[int(labels[row])]
            for topics, labels in zip(self.levels, self.memberships, strict=True)
        )

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """All topics of all levels, by id."""
        return {topic.id: topic for level in self.levels for topic in level}

    def members(self, topic: Topic) -> Rows:
        """Return the rows of the papers in ``topic``, in order."""
        return _members(self, topic.level)[topic.id]


def remembered(
    most: int,
) -> Callable[[Callable[[Generation, *_Asked], _Found]], Callable[[Generation, *_Asked], _Found]]:
    """Let a function of a generation remember what it found, for as long as that lives.

    A cache of functools would hold generations that nobody reads any more. What is found must not
    hold its generation either.

    Args:
        most: how many answers are remembered of each generation, those asked for last.
    """

    def remember(
        find: Callable[[Generation, *_Asked], _Found],
    ) -> Callable[[Generation, *_Asked], _Found]:
        of: WeakKeyDictionary[Generation, OrderedDict[tuple[*_Asked], _Found]] = WeakKeyDictionary()
        lock = Lock()

        @wraps(find)
        def found(generation: Generation, *asked: *_Asked) -> _Found:
            with lock:
                known = of.setdefault(generation, OrderedDict())
                if asked in known:
                    known.move_to_end(asked)
                    return known[asked]
            answer = find(generation, *asked)
            with lock:
                known[asked] = answer
                if len(known) > most:
                    known.popitem(last=False)
            return answer

        return found

    return remember


@remembered(8)
def _members(generation: Generation, level: int) -> dict[str, Rows]:
    """Return the rows of each topic of ``level``, by its id."""
    members = members_of(generation.memberships[level])
    return {topic.id: rows for topic, rows in zip(generation.levels[level], members, strict=True)}


@dataclass(frozen=True, slots=True)
class WordsBefore:
    """The word index that a new one goes on from."""

    lexicon: FullTextIndex
    moved: RowMap
    """Which of its papers is which now; -1 where one is gone or says something else."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a new generation is made of, in memory."""

    papers: Sequence[Paper]
    vectors: Vectors
    engine: Engine
    graph: NeighbourGraph
    positions: Positions
    outline: TopicHierarchy
    added_at: Arrivals
    events: Sequence[TopicEvent]
    words: WordsBefore | None = None
    """None to index all papers anew."""
    before: Generation | None = None
    """The generation that this one goes on from, if its files have been verified."""
    only_outline: bool = False
    """Nothing but topics is another than in the generation ``before``."""


def write_generation(draft: Draft, manifest: Manifest, folder: Path) -> None:
    """Write ``draft`` into ``folder``, which must not exist, and force it to disk.

    Raises:
        OSError: the disk is full, or may not be written.
    """
    folder.mkdir(parents=True)
    (folder / "index").mkdir()
    (folder / "words").mkdir()
    # First of all: it tells which engine is to clear up if this is cut off (see `discard`).
    _write_json(folder / _MANIFEST, asdict(manifest))
    before = draft.before
    if draft.only_outline and before is not None and before.manifest.schema == SCHEMA:
        _share_all(before, folder)
    else:
        _write_papers(draft, folder)
    np.save(folder / "memberships.npy", np.stack(draft.outline.memberships), allow_pickle=False)
    np.save(folder / "strengths.npy", np.stack(draft.outline.strengths), allow_pickle=False)
    np.save(folder / "communities.npy", np.stack(draft.outline.raw_labels), allow_pickle=False)
    _write_json(folder / "lineage.json", [asdict(event) for event in draft.events])
    topics = [[asdict(topic) for topic in level] for level in draft.outline.levels]
    _write_json(folder / "topics.json", topics)
    for path in folder.rglob("*"):
        sync(path)
    files = {
        path.relative_to(folder).as_posix(): _told_of(path, path.relative_to(folder), before)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock" and path != folder / _MANIFEST
    }
    _write_json(folder / _MANIFEST, asdict(manifest) | {"files": files})
    for path in (folder / _MANIFEST, folder):
        sync(path)


def _told_of(path: Path, name: Path, before: Generation | None) -> dict[str, Any]:
    """Return size and checksum of a file; those that are known where it is one of ``before``."""
    known = before.manifest.files.get(name.as_posix()) if before is not None else None
    if known and before is not None and path.samefile(before.folder / name):
        return dict(known)
    return {"bytes": path.stat().st_size, "sha256": checksum(path)}


def _share_all(before: Generation, folder: Path) -> None:
    """Put all files of ``before`` but those of its outline into ``folder``."""
    for name in before.manifest.files:
        if name in _PAPERS:
            shutil.copyfile(before.folder / name, folder / name)
        elif name not in _OUTLINE:
            share(before.folder / name, folder / name)
    for lock in (before.folder / "words").glob("*.lock"):
        (folder / "words" / lock.name).touch()


def _write_papers(draft: Draft, folder: Path) -> None:
    """Write all that is told of single papers: all but the outline."""
    PaperTable.write(draft.papers, folder / "papers.arrow")
    PaperTable.open(folder / "papers.arrow").columns.write(folder / "columns.arrow")
    try:
        draft.engine.save(folder / "index")
        if draft.words is None:
            FullTextIndex.build(draft.papers, folder / "words")
        else:
            draft.words.lexicon.grown(draft.papers, draft.words.moved, folder / "words")
    except (RuntimeError, ValueError) as error:
        # FAISS and Tantivy have no other errors to tell of a full disk.
        raise OSError(str(error)) from error
    draft.graph.save(folder)
    np.save(folder / "positions.npy", draft.positions, allow_pickle=False)
    np.save(folder / "arrived.npy", draft.added_at, allow_pickle=False)


def open_generation(folder: Path) -> Generation:
    """Return the generation in ``folder``.

    Raises:
        LibraryDamaged: a file is missing, has another size, or is of another version.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != expected["bytes"]:
            raise LibraryDamaged(
                f"{path}: missing or cut short. Go back with `explorer rollback`, or build anew "
                "with `explorer build --full`."
            )
    try:
        levels = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
        memberships = _partitions(folder / "memberships.npy")
        found, arrived = memberships, _arrived_with(manifest)
        events: tuple[TopicEvent, ...] = ()
        if manifest.schema > 2:
            found = _partitions(folder / "communities.npy")
            arrived = np.load(folder / "arrived.npy", mmap_mode="r", allow_pickle=False)
            told = json.loads((folder / "lineage.json").read_text(encoding="utf-8"))
            events = tuple(
                TopicEvent(**event | {"kind": TopicEventKind(event["kind"])}) for event in told
            )
        return Generation(
            folder=folder,
            manifest=manifest,
            records=PaperTable.open(
                folder / "papers.arrow", folder / "columns.arrow" if manifest.schema > 3 else None
            ),
            engine=load_engine(manifest.engine).open(folder / "index"),
            lexicon=FullTextIndex.open(folder / "words"),
            graph=NeighbourGraph.open(folder),
            positions=np.load(folder / "positions.npy", mmap_mode="r", allow_pickle=False),
            levels=tuple(
                tuple(_topic(topic, place) for place, topic in enumerate(level)) for level in levels
            ),
            memberships=memberships,
            strengths=tuple(np.load(folder / "strengths.npy", mmap_mode="r", allow_pickle=False)),
            raw_labels=found,
            added_at=arrived,
            events=events,
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        # Files of the right size may still hold anything; sizes are all that was checked.
        raise LibraryDamaged(
            f"{folder}: cannot be read ({error}). Go back with `explorer rollback`, or build anew "
            "with `explorer build --full`."
        ) from None


def _topic(fields: dict[str, Any], place: int) -> Topic:
    found = fields.get("found")
    name = TopicName(**found | {"keywords": tuple(found["keywords"])}) if found else None
    lists = {name: tuple(fields[name]) for name in _LISTS}
    return Topic(**{"colour": place} | fields | lists | {"found": name})


def _partitions(path: Path) -> tuple[Labels, ...]:
    return tuple(np.load(path, mmap_mode="r", allow_pickle=False))


def _arrived_with(manifest: Manifest) -> Arrivals:
    """Return the arrivals of a library that did not keep them: when it was built."""
    return np.full(manifest.papers, milliseconds(manifest.created), dtype=np.int64)


def milliseconds(moment: str) -> int:
    """Return an ISO 8601 moment in milliseconds since 1970."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the generation in ``folder``."""
    path = folder / _MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] not in _READABLE:
            raise _of_another_schema(path, content["schema"])
        return Manifest(**{"fit": {}} | content | {"digests": tuple(content["digests"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryDamaged(
            f"{path}: cannot be read ({error}). Go back with `explorer rollback`."
        ) from None


def _of_another_schema(path: Path, schema: Any) -> LibraryError:
    told = f"{path}: written in schema {schema}, this version reads {_READABLE[0]} to {SCHEMA}. "
    if isinstance(schema, int) and schema > SCHEMA:
        return LibraryNewer(told + "Use the version of the explorer that wrote it, or a newer one.")
    return LibraryDamaged(
        told + "Build anew with `explorer build --full`; the papers are taken over."
    )


def rescued_papers(folder: Path) -> list[Paper]:
    """Return the papers of a generation of which nothing else need be whole.

    Raises:
        LibraryDamaged: the records cannot be read, or are not what was written.
    """
    path = folder / "papers.arrow"
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if checksum(path) != manifest["files"][path.name]["sha256"]:
            raise LibraryDamaged(f"{path}: altered since it was written.")
        return list(PaperTable.open(path))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LibraryDamaged(f"{folder}: the records cannot be read ({error}).") from None


def rescued_facts(folder: Path) -> dict[str, Any]:
    """Return what the manifest in ``folder`` says, whatever schema it is in and whatever it lacks.

    Raises:
        LibraryDamaged: it says nothing.
    """
    path = folder / _MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LibraryDamaged(f"{path}: cannot be read ({error}).") from None
    if not isinstance(content, dict) or not content:
        raise LibraryDamaged(f"{path}: says nothing.")
    return content


def verify_files(folder: Path) -> None:
    """Check that all files of the generation in ``folder`` are as they were written.

    Whoever goes on from a generation does this first: what was altered would go on otherwise,
    under new checksums.

    Raises:
        LibraryDamaged: a file is missing, or its checksum differs.
    """
    files = read_manifest(folder).files

    def is_as_written(name: str) -> bool:
        path = folder / name
        return path.is_file() and checksum(path) == files[name]["sha256"]

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # a checksum lets other threads run
        for name, good in zip(files, pool.map(is_as_written, files), strict=True):
            if not good:
                raise LibraryDamaged(
                    f"{folder / name}: missing, or altered since it was written. Go back with "
                    "`explorer rollback`, or build anew with `explorer build --full`."
                )


def verify_generation(folder: Path) -> None:
    """Check everything about the generation in ``folder``.

    Raises:
        LibraryDamaged: a checksum differs, counts disagree, or a paper does not find itself.
    """
    verify_files(folder)
    verify_parts(open_generation(folder))


def verify_parts(generation: Generation) -> None:
    """Check that the parts of a generation belong together.

    Raises:
        LibraryDamaged: counts disagree, or a paper does not find itself.
    """
    folder, size = generation.folder, generation.size
    counts = {
        "records": len(generation.records),
        "columns": len(generation.records.years),
        "vectors": generation.engine.size,
        "graph": generation.graph.size,
        "positions": len(generation.positions),
        "memberships": len(generation.memberships[0]),
        "strengths": len(generation.strengths[0]),
        "communities": len(generation.raw_labels[0]),
        "arrived": len(generation.added_at),
    }
    if (
        set(counts.values()) != {size}
        or generation.engine.dimension != generation.manifest.dimension
    ):
        raise LibraryDamaged(f"{folder}: the parts disagree on the number of papers: {counts}.")
    rows = np.unique(np.linspace(0, size - 1, _SELF_CHECKS).astype(np.int64))
    vectors = generation.engine.vectors(rows)
    found = generation.engine.search(vectors, 1)
    own = np.einsum("ij,ij->i", vectors, vectors)
    if not np.allclose(found.scores[:, 0], own, atol=0.02):
        raise LibraryDamaged(f"{folder}: papers do not find themselves in the index.")


def publish_generation(hidden: Path, final: Path) -> None:
    """Open what was just written in ``hidden``, check it, and give it its name in one step.

    The files are not read once more: their checksums were taken from them when they were on disk.

    Raises:
        LibraryDamaged: a file is missing or cut short, or the parts do not belong together.
    """
    verify_parts(open_generation(hidden))
    hidden.rename(final)
    sync(final.parent)


def remove_generation(folder: Path) -> None:
    """Delete a generation; its name goes first, so that a half-deleted one is never opened."""
    doomed = folder.with_name(f".removed-{folder.name}")
    folder.rename(doomed)
    discard(doomed)


def discard(folder: Path) -> None:
    """Delete a generation that nobody opens any more, and what its index holds elsewhere.

    While the index's server cannot be reached, the folder stays: the next build tries again.
    """
    try:
        if engine := _engine_of(folder):
            others = [other for other in folder.parent.iterdir() if other != folder]
            engine.remove(folder / "index", [other / "index" for other in others])
    except EngineError:
        # Under a name of its own it is in nobody's way.
        folder.rename(folder.with_name(f".removed-{uuid.uuid4().hex}"))
        return
    shutil.rmtree(folder, ignore_errors=True)


def make_live(folder: Path, library: str) -> None:
    """Let the index of the generation in ``folder`` know that it is the live one of ``library``.

    Raises:
        EngineError: its server cannot be reached.
    """
    if engine := _engine_of(folder):
        engine.make_live(folder / "index", library)


def _engine_of(folder: Path) -> EngineFactory | None:
    """Return what made the index in ``folder``; None where that cannot be told any more."""
    try:
        return load_engine(str(rescued_facts(folder).get("engine")))
    except (LibraryDamaged, UnusableInput):
        return None


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
