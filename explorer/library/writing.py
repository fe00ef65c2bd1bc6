"""Writing and removal of generations: written under a hidden name, checked, then renamed.

To those who open it, a generation is complete or absent.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.arrays import Positions, RowMap, Vectors
from explorer.errors import EngineError, LibraryDamaged, UnusableInput
from explorer.files import checksum, share, sync
from explorer.index.engines import load_engine
from explorer.index.engines.contract import Engine, ServerEngineFactory
from explorer.index.full_text import FullTextIndex
from explorer.index.knn_graph import NeighbourGraph
from explorer.index.vocabulary import Vocabulary
from explorer.library.checks import salvaged_manifest, verify_parts
from explorer.library.generation import (
    MANIFEST,
    MANIFEST_CHECKSUM,
    SCHEMA,
    Arrivals,
    Generation,
    Manifest,
    manifest_checksum,
    open_generation,
)
from explorer.papers.paper import Paper
from explorer.papers.table import PaperTable
from explorer.topics.hierarchy import TopicHierarchy
from explorer.topics.tracking import TopicEvent

_COPIED_FILES = ("papers.arrow", "columns.arrow")
"""Files of which each generation has its own copy, so that damage to one costs no paper."""
_TOPIC_FILES = (
    "memberships.npy",
    "strengths.npy",
    "communities.npy",
    "lineage.json",
    "topics.json",
)


@dataclass(frozen=True, slots=True)
class PreviousFullText:
    """A full-text index to update instead of building a new one."""

    index: FullTextIndex
    row_map: RowMap
    """The new row of each of its papers; -1 where one is gone or its text changed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All parts of a new generation, in memory."""

    papers: Sequence[Paper]
    vectors: Vectors
    engine: Engine
    graph: NeighbourGraph
    positions: Positions
    hierarchy: TopicHierarchy
    added_at: Arrivals
    events: Sequence[TopicEvent]
    previous_full_text: PreviousFullText | None = None
    """None to index all papers anew."""
    previous: Generation | None = None
    """The generation that this one updates, if its files have been verified."""
    only_topics: bool = False
    """All but the topics is the same as in ``previous``."""


def write_generation(draft: Draft, manifest: Manifest, folder: Path) -> None:
    """Write ``draft`` into ``folder``, which must not exist, and force it to disk.

    Raises:
        OSError: the disk is full, or may not be written.
    """
    folder.mkdir(parents=True)
    (folder / "index").mkdir()
    (folder / "words").mkdir()
    (folder / "vocabulary").mkdir()
    # Written first: `discard` needs the engine's name if the build is cut off.
    _write_json(folder / MANIFEST, asdict(manifest))
    previous = draft.previous
    if draft.only_topics and previous is not None and previous.manifest.schema == SCHEMA:
        _share_papers(previous, folder)
    else:
        _write_papers(draft, folder)
    np.save(folder / "memberships.npy", np.stack(draft.hierarchy.memberships), allow_pickle=False)
    np.save(folder / "strengths.npy", np.stack(draft.hierarchy.strengths), allow_pickle=False)
    np.save(folder / "communities.npy", np.stack(draft.hierarchy.raw_labels), allow_pickle=False)
    _write_json(folder / "lineage.json", [asdict(event) for event in draft.events])
    topics = [[topic.as_dict() for topic in level] for level in draft.hierarchy.levels]
    _write_json(folder / "topics.json", topics)
    for path in folder.rglob("*"):
        sync(path)
    files = {
        path.relative_to(folder).as_posix(): _size_and_checksum(path, folder, previous)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock" and path != folder / MANIFEST
    }
    _write_json(folder / MANIFEST, asdict(manifest) | {"files": files})
    seal = folder / MANIFEST_CHECKSUM
    seal.write_bytes(manifest_checksum((folder / MANIFEST).read_bytes()))
    for path in (folder / MANIFEST, seal, folder):
        sync(path)


def _size_and_checksum(path: Path, folder: Path, previous: Generation | None) -> dict[str, Any]:
    """Return size and checksum of a file, as ``previous`` stores them where it is the same."""
    name = path.relative_to(folder)
    known = previous.manifest.files.get(name.as_posix()) if previous is not None else None
    if known and previous is not None and path.samefile(previous.folder / name):
        return dict(known)
    return {"bytes": path.stat().st_size, "sha256": checksum(path)}


def _share_papers(previous: Generation, folder: Path) -> None:
    """Put all files of ``previous`` but those of its topics into ``folder``."""
    for name in previous.manifest.files:
        if name in _COPIED_FILES:
            shutil.copyfile(previous.folder / name, folder / name)
        elif name not in _TOPIC_FILES:
            share(previous.folder / name, folder / name)
    for lock in (previous.folder / "words").glob("*.lock"):
        (folder / "words" / lock.name).touch()


def _write_papers(draft: Draft, folder: Path) -> None:
    """Write all parts that describe single papers: all but the topics."""
    PaperTable.write(draft.papers, folder / "papers.arrow")
    PaperTable.open(folder / "papers.arrow").columns.write(folder / "columns.arrow")
    try:
        draft.engine.save(folder / "index")
        if draft.previous_full_text is None:
            FullTextIndex.build(draft.papers, folder / "words")
        else:
            known = draft.previous_full_text
            known.index.updated(draft.papers, known.row_map, folder / "words")
    except (RuntimeError, ValueError) as error:
        # FAISS and Tantivy report a full disk as one of these.
        raise OSError(str(error)) from error
    _write_vocabulary(draft, folder / "vocabulary")
    draft.graph.save(folder)
    np.save(folder / "positions.npy", draft.positions, allow_pickle=False)
    np.save(folder / "arrived.npy", draft.added_at, allow_pickle=False)


def _write_vocabulary(draft: Draft, folder: Path) -> None:
    """Write the vocabulary; that of the previous generation is updated if it has one."""
    previous, full_text = draft.previous, draft.previous_full_text
    if previous is None or full_text is None or previous.vocabulary is None:
        Vocabulary.build(draft.papers, folder)
    else:
        before = previous.records
        previous.vocabulary.updated(before, draft.papers, full_text.row_map, folder)


def publish_generation(hidden: Path, final: Path) -> None:
    """Open the generation just written in ``hidden``, check it, and rename it in one step.

    Large files are not read again: their checksums were taken from them on disk.

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
    """Delete a generation that nothing opens any more, and its vectors on a server.

    While the index's server cannot be reached, the folder stays: the next build tries again.
    """
    try:
        if factory := _server_factory(folder):
            others = [other for other in folder.parent.iterdir() if other != folder]
            factory.remove(folder / "index", [other / "index" for other in others])
    except EngineError:
        # Renamed, so that the next build can use its number.
        folder.rename(folder.with_name(f".removed-{uuid.uuid4().hex}"))
        return
    shutil.rmtree(folder, ignore_errors=True)


def make_live(folder: Path, library: str) -> None:
    """Mark the index of the generation in ``folder`` as the live one of ``library``.

    Raises:
        EngineError: its server cannot be reached.
    """
    if factory := _server_factory(folder):
        factory.make_live(folder / "index", library)


def _server_factory(folder: Path) -> ServerEngineFactory | None:
    """Return the factory of the index in ``folder`` if its vectors are on a server.

    None for an engine without a server, and where the manifest does not name the engine.
    """
    try:
        factory = load_engine(str(salvaged_manifest(folder).get("engine")))
        return factory if isinstance(factory, ServerEngineFactory) else None
    except (LibraryDamaged, UnusableInput):
        return None


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
