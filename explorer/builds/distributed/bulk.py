"""Embedding apart from a build: shards to the library's vector cache, on one machine or many.

Shards are embedded first, without touching the library, for as long as it takes. Then their
vectors go into the cache, in the order of the shards, so that it holds the same bytes whichever
machine embedded them, and whatever was killed meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from explorer.builds.build import embedder_of
from explorer.builds.distributed.shards import (
    Advance,
    Task,
    embed_shard,
    fingerprints_in,
    remove_unfinished,
    vectors_of,
)
from explorer.builds.progress import Progress, Silence
from explorer.embedders import Embedder
from explorer.embedders.cache import VectorCache
from explorer.errors import EmbedderError, LibraryBusy
from explorer.library.store import LibraryStore

_LONGEST_WAIT = 600.0
"""Seconds to wait for a running build, once the shards are embedded."""


@dataclass(frozen=True, slots=True)
class Done:
    """A task that has ended."""

    task: Task
    computed: bool
    """False if the vectors existed already."""
    machine: str
    """The machine that it ran on."""


Run = Callable[[Sequence[Task], Embedder, Advance], Iterator[Done]]
"""Function that runs tasks and yields each as it ends. It calls its ``Advance`` with the progress
of the current task, if known."""


@dataclass(frozen=True, slots=True)
class EmbeddingReport:
    """Result of embedding shards."""

    shards: int
    texts: int
    """In all shards, each fingerprint once."""
    known: int
    """Shards whose vectors were all in the cache before; they are skipped."""
    computed: int
    """Shards that were embedded now."""
    stored: int
    """Vectors added to the cache."""
    machines: dict[str, int]
    """Shards embedded now, by machine."""
    seconds: float


def embed(
    library: LibraryStore,
    shards: Sequence[Path],
    model: str = "",
    run: Run | None = None,
    progress: Progress | None = None,
) -> EmbeddingReport:
    """Embed ``shards`` and put their vectors into the cache of ``library``.

    Args:
        model: as in :class:`explorer.builds.build.BuildOptions`.
        run: runs the tasks; by default one after the other, in this process.

    Raises:
        UnusableInput: one of them is no shard.
        LibraryBusy: a build is running; finished vectors stay beside the shards.
        EmbedderError: the model cannot be loaded, or differs on another machine.
        ClusterError: the machines cannot be reached, or are lost.
    """
    progress = progress or Silence()
    begin = time.perf_counter()
    progress.stage("shards", len(shards))
    fingerprints: dict[Path, list[str]] = {}
    for number, shard in enumerate(shards, start=1):
        fingerprints[shard] = fingerprints_in(shard)
        progress.advance(number, len(shards))
    embedder, name = embedder_of(library, model)
    with library.building():
        cache = VectorCache(library.vectors, embedder.identity, embedder.dimension)
    open_shards = {
        shard: keys for shard, keys in fingerprints.items() if not all(key in cache for key in keys)
    }
    del cache  # builds may use it until the shards are embedded
    tasks = [Task(shard, name, embedder.identity) for shard in open_shards]
    machines: dict[str, int] = {}
    if tasks:
        total = sum(map(len, open_shards.values()))
        progress.stage("embed", total)
        texts_done = 0

        def within_task(done: int, _: int) -> None:
            progress.advance(texts_done + done, total)

        for ended in (run or on_this_machine)(tasks, embedder, within_task):
            texts_done += len(open_shards[ended.task.shard])
            progress.advance(texts_done, total)
            remove_unfinished(ended.task.shard)
            if ended.computed:
                machines[ended.machine] = machines.get(ended.machine, 0) + 1
    stored = _collect(library, embedder, open_shards, progress)
    return EmbeddingReport(
        shards=len(fingerprints),
        texts=len(set(chain.from_iterable(fingerprints.values()))),
        known=len(fingerprints) - len(open_shards),
        computed=sum(machines.values()),
        stored=stored,
        machines=dict(sorted(machines.items())),
        seconds=time.perf_counter() - begin,
    )


def on_this_machine(tasks: Sequence[Task], embedder: Embedder, advance: Advance) -> Iterator[Done]:
    """Embed the shards in this process, one after the other."""
    for task in tasks:
        yield Done(task, embed_shard(task, embedder, advance), "this machine")


def _collect(
    library: LibraryStore, embedder: Embedder, shards: dict[Path, list[str]], progress: Progress
) -> int:
    """Add the vectors of ``shards`` (path to fingerprints) to the cache; return their number."""
    stored = 0
    if not shards:
        return stored
    progress.stage("collect", len(shards))
    deadline = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            with library.building():
                cache = VectorCache(library.vectors, embedder.identity, embedder.dimension)
                for number, (shard, keys) in enumerate(shards.items(), start=1):
                    new = [key for key in dict.fromkeys(keys) if key not in cache]
                    vectors = vectors_of(shard, embedder)
                    if vectors is None:
                        raise EmbedderError(
                            "its vectors are not beside it any more, or the shard was changed.",
                            path=shard,
                            advice="Run the command again; nothing else is embedded again.",
                        )
                    cache.append(new, vectors.take(new))
                    stored += len(new)
                    progress.advance(number, len(shards))
                return stored
        except LibraryBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)
