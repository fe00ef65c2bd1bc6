"""One generation: an immutable, complete build, opened from its folder.

A generation is a folder of files in the ecosystem's own formats and a manifest that names each
with its size and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.arrays import Labels, Positions, Rows, Strengths
from explorer.errors import LibraryDamaged, LibraryError, LibraryNewer
from explorer.files import checksum
from explorer.index.engines import load_engine
from explorer.index.engines.contract import Engine
from explorer.index.full_text import FullTextIndex
from explorer.index.knn_graph import NeighbourGraph
from explorer.index.vocabulary import Vocabulary
from explorer.library.arrival import milliseconds
from explorer.library.caching import cached_by_owner
from explorer.papers.table import PaperTable
from explorer.topics.communities import (
    SummarySentence,
    Topic,
    TopicName,
    TopicSummary,
    members_of,
)
from explorer.topics.tracking import TopicEvent, TopicEventKind

SCHEMA = 6
READABLE_SCHEMAS = (2, 3, 4, 5, 6)
"""Older schemas are read as they are; the next build writes the present one."""
GIVEN_SUFFIX = " (vectors given)"
"""End of the identity of a library whose vectors came from the user, not the embedder."""
MANIFEST = "manifest.json"
MANIFEST_CHECKSUM = "manifest.sha256"
"""SHA-256 of the manifest, as ``sha256sum`` writes it; the oldest generations have none."""
_CHECKED_AT_OPENING = 1 << 20
"""Bytes of a file up to which opening compares its checksum; that takes about a millisecond."""
_GO_BACK = "Go back with `explorer rollback`, or build anew with `explorer build --full`."
_LISTS = ("keywords", "representatives")
"""Fields of a topic that JSON turns into lists."""

Arrivals = NDArray[np.int64]
"""Time at which each paper was added, in milliseconds since 1970, UTC; shape (papers,)."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts about a generation, stored with it."""

    number: int
    created: str
    """UTC, ISO 8601, to the millisecond."""
    papers: int
    model: str
    """The model's name or path, as the user gave it."""
    identity: str
    """Everything that changes a vector (see :class:`explorer.embedders.Embedder`)."""
    dimension: int
    engine: str
    digests: tuple[dict[str, Any], ...]
    """Name, format and counts of each digest read in this build."""
    changes: dict[str, int]
    """Papers by outcome: added, changed, unchanged, removed, merged, rejected, embedded."""
    settings: dict[str, Any]
    fit: dict[str, Any]
    """When the map was drawn, and its fit since (:mod:`explorer.builds.redraw_advice`)."""
    files: dict[str, dict[str, Any]]
    """Size and SHA-256 of each file, by its path inside the folder."""
    schema: int = SCHEMA
    index: dict[str, Any] = field(default_factory=dict)
    """Kind and measurements of the vector index (see ``Engine.stats``)."""
    scale: dict[str, Any] = field(default_factory=dict)
    """Cosines of unrelated and of related texts (:mod:`explorer.index.cosine_scale`); empty where
    nothing was measured."""


@dataclass(frozen=True, eq=False)
class Generation:
    """An opened generation. Arrays are memory-mapped; rows are shared by all of them.

    Two generations are equal only if they are the same object, so one can key a cache.
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
    """For each level, the index in ``levels[level]`` of each paper's topic."""
    strengths: tuple[Strengths, ...]
    """For each level, the strength of each paper's membership in its topic, from 0 to 1."""
    raw_labels: tuple[Labels, ...]
    """For each level, the detected community of each paper, before topic edits."""
    added_at: Arrivals
    events: tuple[TopicEvent, ...]
    """Topic events of this and all earlier builds, oldest first."""
    vocabulary: Vocabulary | None = None
    """The words of the library; None where an older version wrote it, until the next update."""

    @property
    def size(self) -> int:
        """The number of papers."""
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


@cached_by_owner(8)
def _members(generation: Generation, level: int) -> dict[str, Rows]:
    """Return the rows of each topic of ``level``, by its id."""
    members = members_of(generation.memberships[level])
    return {topic.id: rows for topic, rows in zip(generation.levels[level], members, strict=True)}


def is_generation_name(name: str) -> bool:
    """Return whether a folder of this name is a generation; ``"²"`` is a digit, but no number."""
    return name.isascii() and name.isdigit()


def open_generation(folder: Path) -> Generation:
    """Return the generation in ``folder``.

    Raises:
        LibraryDamaged: a file is missing, has another size or, if it is small, another checksum,
            or is of another version.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != expected["bytes"]:
            raise LibraryDamaged("missing or cut short.", path=path, advice=_GO_BACK)
        is_small = expected["bytes"] <= _CHECKED_AT_OPENING
        if is_small and checksum(path) != expected["sha256"]:
            raise LibraryDamaged("altered since it was written.", path=path, advice=_GO_BACK)
    try:
        levels = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
        memberships = _partitions(folder / "memberships.npy")
        raw_labels, added_at = memberships, _added_when_built(manifest)
        events: tuple[TopicEvent, ...] = ()
        if manifest.schema > 2:
            raw_labels = _partitions(folder / "communities.npy")
            added_at = np.load(folder / "arrived.npy", mmap_mode="r", allow_pickle=False)
            events = _events(folder / "lineage.json")
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
                tuple(_topic(topic, index) for index, topic in enumerate(level)) for level in levels
            ),
            memberships=memberships,
            strengths=tuple(np.load(folder / "strengths.npy", mmap_mode="r", allow_pickle=False)),
            raw_labels=raw_labels,
            added_at=added_at,
            events=events,
            vocabulary=Vocabulary.open(folder / "vocabulary"),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        # Files of the right size may still hold anything; sizes are all that was checked.
        raise LibraryDamaged(f"cannot be read ({error}).", path=folder, advice=_GO_BACK) from None


def _topic(fields: dict[str, Any], index: int) -> Topic:
    """Return a stored topic; ``index`` is its colour where an older library stored none."""
    fields = {"colour": index} | fields | {name: tuple(fields[name]) for name in _LISTS}
    computed = fields.pop("found", None)
    if computed:
        fields["replaced_name"] = TopicName(**computed | {"keywords": tuple(computed["keywords"])})
    if summary := fields.pop("summary", None):
        sentences = (SummarySentence(s["text"], tuple(s["papers"])) for s in summary["sentences"])
        fields["summary"] = TopicSummary(summary["model"], tuple(sentences))
    return Topic(**fields)


def _events(path: Path) -> tuple[TopicEvent, ...]:
    stored = json.loads(path.read_text(encoding="utf-8"))
    return tuple(TopicEvent(**event | {"kind": TopicEventKind(event["kind"])}) for event in stored)


def _partitions(path: Path) -> tuple[Labels, ...]:
    return tuple(np.load(path, mmap_mode="r", allow_pickle=False))


def _added_when_built(manifest: Manifest) -> Arrivals:
    """Return the arrivals for a schema that did not store them: when it was built."""
    return np.full(manifest.papers, milliseconds(manifest.created), dtype=np.int64)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the generation in ``folder``.

    Raises:
        LibraryNewer: a later version wrote it.
        LibraryDamaged: it cannot be read, or is too old.
    """
    path = folder / MANIFEST
    try:
        stored = path.read_bytes()
        if not is_manifest_whole(folder, stored):
            raise LibraryDamaged("altered since it was written.", path=path, advice=_GO_BACK)
        content = json.loads(stored)
        if content["schema"] not in READABLE_SCHEMAS:
            raise _unreadable_schema(path, content["schema"])
        return Manifest(**{"fit": {}} | content | {"digests": tuple(content["digests"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryDamaged(
            f"cannot be read ({error}).", path=path, advice="Go back with `explorer rollback`."
        ) from None


def is_manifest_whole(folder: Path, manifest: bytes) -> bool:
    """Return whether the content of a manifest is as it was written; true if nothing tells."""
    try:
        stored = (folder / MANIFEST_CHECKSUM).read_bytes()
    except FileNotFoundError:
        return True
    return stored == manifest_checksum(manifest)


def manifest_checksum(manifest: bytes) -> bytes:
    """Return the content of the file beside a manifest, a line of ``sha256sum``."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def _unreadable_schema(path: Path, schema: Any) -> LibraryError:
    oldest = READABLE_SCHEMAS[0]
    versions = f"{path}: written in schema {schema}, this version reads {oldest} to {SCHEMA}. "
    if isinstance(schema, int) and schema > SCHEMA:
        return LibraryNewer(
            versions + "Use the version of the explorer that wrote it, or a newer one."
        )
    return LibraryDamaged(
        versions + "Build anew with `explorer build --full`, which keeps the papers."
    )
