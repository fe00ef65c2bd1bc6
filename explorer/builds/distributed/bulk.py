"""Embedding apart from a build: shards to the library's vector cache, on one machine or many.

Shards are embedded first, without touching the library, for as long as it takes. Then their
vectors go into the cache, in the order of the shards, so that it holds the same bytes whoever
embedded them, and whatever was killed meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
"""Seconds for which a build that runs is waited for, once the shards are embedded."""


@dataclass(frozen=True, slots=True)
class Done:
    """A task that has ended."""

    task: Task
    computed: bool
    """False where the vectors were there already."""
    where: str
    """The machine that it ran on."""


Run = Callable[[Sequence[Task], Embedder, Advance], Iterator[Done]]
"""Does tasks and yields each as it ends. It is told how many texts of the current task are done
only where that is known."""


@dataclass(frozen=True, slots=True)
class EmbeddingReport:
    """Result of embedding shards."""

    shards: int
    texts: int
    """In all shards, each fingerprint once."""
    known: int
    """Shards of which all vectors were in the cache before; nothing was done for them."""
    computed: int
    """Shards that were embedded now."""
    stored: int
    """Vectors that went into the cache."""
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
        run: does the tasks; by default one after the other, in this process.

    Raises:
        UnusableInput: one of them is no shard.
        LibraryBusy: a build is running; what has been embedded stays beside the shards.
        EmbedderError: the model cannot be had, or is another one elsewhere.
        ClusterError: the machines cannot be had, or are lost.
    """
    progress = progress or Silence()
    begin = time.perf_counter()
    progress.stage("shards", len(shards))
    names: dict[Path, list[str]] = {}
    for number, shard in enumerate(shards, start=1):
        names[shard] = fingerprints_in(shard)
        progress.advance(number, len(shards))
    embedder, name = embedder_of(library, model)
    with library.building():
        cache = VectorCache(library.vectors, embedder.identity, embedder.dimension)
    open_shards = [s for s in names if not all(one in cache for one in names[s])]
    del cache  # other builds may go on with it until the shards are embedded
    tasks = [Task(shard, name, embedder.identity) for shard in open_shards]
    machines: dict[str, int] = {}
    if tasks:
        total = sum(len(names[task.shard]) for task in tasks)
        progress.stage("embed", total)
        texts_done = 0

        def within_a_task(done: int, _: int) -> None:
            progress.advance(texts_done + done, total)

        for ended in (run or on_this_machine)(tasks, embedder, within_a_task):
            texts_done += len(names[ended.task.shard])
            progress.advance(texts_done, total)
            remove_unfinished(ended.task.shard)
            if ended.computed:
                machines[ended.where] = machines.get(ended.where, 0) + 1
    stored = _collect(library, embedder, {shard: names[shard] for shard in open_shards}, progress)
    return EmbeddingReport(
        shards=len(names),
        texts=len({one for fingerprints in names.values() for one in fingerprints}),
        known=len(names) - len(open_shards),
        computed=sum(machines.values()),
        stored=stored,
        machines=dict(sorted(machines.items())),
        seconds=time.perf_counter() - begin,
    )


def on_this_machine(tasks: Sequence[Task], embedder: Embedder, advance: Advance) -> Iterator[Done]:
    """Embed shard after shard in this process."""
    for task in tasks:
        yield Done(task, embed_shard(task, embedder, advance), "this machine")


def _collect(
    library: LibraryStore, embedder: Embedder, names: dict[Path, list[str]], progress: Progress
) -> int:
    """Put vectors of embedded shards into the cache and return how many there were to put."""
    stored = 0
    if not names:
        return stored
    progress.stage("collect", len(names))
    waited_until = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            with library.building():
                cache = VectorCache(library.vectors, embedder.identity, embedder.dimension)
                for number, shard in enumerate(names, start=1):
                    new = [name for name in dict.fromkeys(names[shard]) if name not in cache]
                    vectors = vectors_of(shard, embedder)
                    if vectors is None:
                        raise EmbedderError(
                            f"{shard}: its vectors are not beside it any more, or the shard was "
                            "changed. Do the same again; nothing else is embedded again."
                        )
                    cache.append(new, vectors.take(new))
                    stored += len(new)
                    progress.advance(number, len(names))
                return stored
        except LibraryBusy:
            if time.monotonic() > waited_until:
                raise
            time.sleep(1.0)
