"""Digests to a generation: read, plan, embed, index, draw, name, publish.

An update is a plan over (id, fingerprint) pairs, made before anything is computed. When the plan
is empty, nothing is computed and no generation is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.builds.digests import ReadDigests, read_all
from explorer.builds.given_vectors import store_given
from explorer.builds.progress import Clock, Progress, Silence
from explorer.builds.reuse import Fingerprints, fingerprints, is_unchanged, plan_reuse
from explorer.builds.stages import (
    LAST_TOPIC,
    BuildInputs,
    BuildResult,
    Drift,
    PreviousBuild,
    make_draft,
    phrase_embedder,
)
from explorer.builds.stored_configuration import (
    ENGINE_URI,
    UNANSWERED,
    manifest_settings,
    settings_in_force,
    stored_configuration,
    stored_settings,
    vector_identity,
)
from explorer.builds.update_plan import join_papers
from explorer.embedders import Embedder, lasting_name, open_embedder
from explorer.embedders.cache import Embedded, VectorCache, embed_missing
from explorer.errors import LibraryDamaged, LibraryMissing, UnusableInput
from explorer.index.engines import load_engine, server_uri
from explorer.index.engines.contract import EngineFactory
from explorer.library.checks import verify_files
from explorer.library.generation import GIVEN_SUFFIX, Generation, Manifest
from explorer.library.store import LibraryStore
from explorer.map.layout import load_meanwhile
from explorer.papers.deduplication import Conflict, conflicts
from explorer.papers.embedded_texts import TextsByFingerprint
from explorer.papers.spill_file import SpillFile
from explorer.papers.table import PaperTable, ids_of
from explorer.readers import Rejection
from explorer.settings import FINENESS, Settings
from explorer.topics import edits
from explorer.topics.custom_namer import CarefulNamer, Namer, name_of
from explorer.topics.edits import TopicEdit
from explorer.topics.tracking import TopicEvent, map_rows


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of a build; the defaults add new papers and update changed ones."""

    model: str = ""
    """Model name or path; empty keeps the library's, or takes the default in a new one."""
    engine: str = ""
    """Name of the vector index; empty keeps the library's, or takes the default in a new one."""
    memory: int = 0
    """Bytes that the vector index may take in memory; 0 keeps what the library has."""
    engine_uri: str = ""
    """Address of the index's server, for engines that have one; empty keeps the library's."""
    prune: bool = False
    """Drop papers that none of the given digests holds."""
    full: bool = False
    """Rebuild everything from the papers, even if nothing changed or the library is damaged."""
    redraw: bool = False
    """Draw the map from the present positions and detect topics anew, even if nothing changed."""
    dry_run: bool = False
    """Report the planned changes; change nothing."""
    keep: int = 0
    """Generations to keep on disk from now on, even if nothing changed; 0 as before."""
    given_vectors: Path | None = None
    """Unit vectors, one row a record of the one digest given, instead of embedding."""
    namer: Namer | None = None
    """Custom function that names topics (:data:`explorer.topics.custom_namer.Namer`)."""
    topics: str = ""
    """Fineness of topics, one of ``settings.FINENESS``; empty keeps what the library has."""
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class PaperChange:
    """The planned change of one paper."""

    kind: str
    """added, changed or removed."""
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """Result of a build."""

    generation: int
    published: bool
    papers: int
    added: int
    changed: int
    unchanged: int
    removed: int
    merged: int
    rejected: tuple[Rejection, ...]
    """Files and records that were not read as papers; of very many the first."""
    conflicts: tuple[Conflict, ...]
    embedded: int
    reused: int
    """Papers whose vectors existed already."""
    too_long: int
    """Embedded papers too long for the model, which were embedded in windows."""
    digests: tuple[dict[str, Any], ...]
    seconds: dict[str, float]
    resting: int = 0
    """Topic edits that apply to no topic at present."""
    rejected_count: int = 0
    """All that :attr:`rejected` lists, and those that are only counted."""
    not_papers: Mapping[str, int] = field(default_factory=dict)
    """Records that are no papers by their kind (attachments, notes), counted by it."""
    remarks: tuple[str, ...] = ()
    """Remarks on digests that were read, such as lines in another encoding."""
    naming_failures: int = 0
    """Failures of the naming function; those topics keep their computed names."""
    naming_failure: str = ""
    """Cause of the first failure."""
    dry_run: bool = False
    planned: tuple[PaperChange, ...] = ()
    """Planned change of each paper; only in a dry run."""
    events: tuple[TopicEvent, ...] = ()
    """Topic events of this build."""
    fit: dict[str, Any] = field(default_factory=dict)
    """Fit of the map (see :class:`explorer.builds.redraw_advice.MapFit`)."""
    redrawn: str = ""
    """Why the map was drawn anew instead of updated; empty if it was updated."""
    drift: Drift | None = None
    """Distance that papers moved in a redraw."""


def build(
    library: LibraryStore,
    digests: Sequence[Path],
    options: BuildOptions | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring ``library`` up to date with ``digests`` (files or folders) and publish the result.

    Raises:
        UnusableInput: no digest could be read, or a name is unknown; the library is unchanged.
        LibraryBusy: another build is running.
        EmbedderError: the model cannot be loaded.
    """
    options = options or BuildOptions()
    if options.engine:
        # A wrong name or address fails before any work is done.
        load_engine(options.engine, options.engine_uri)
    if options.topics and options.topics not in FINENESS:
        raise UnusableInput(f"Topics are {', '.join(FINENESS)}, not {options.topics!r}.")
    with _prepared(library, digests, options, Clock(progress or Silence())) as update:
        return update.run()


def texts_to_embed(
    library: LibraryStore,
    digests: Sequence[Path],
    model: str = "",
    progress: Progress | None = None,
) -> TextsByFingerprint:
    """Return the texts, by fingerprint, that :func:`build` would embed; nothing is embedded.

    Raises:
        UnusableInput: no digest could be read, or the library's vectors were given.
        LibraryBusy: a build is running.
        EmbedderError: the model cannot be loaded.
    """
    embedder, _ = embedder_of(library, model)
    with _prepared(library, digests, BuildOptions(), Clock(progress or Silence())) as update:
        return update.texts_to_embed(embedder)


def embedder_of(library: LibraryStore, model: str = "") -> tuple[Embedder, str]:
    """Return the embedder that a build of ``library`` uses, and the name to open it by anywhere.

    Args:
        model: as in :attr:`BuildOptions.model`.

    Raises:
        UnusableInput: the library's vectors were given; no embedder made them.
        EmbedderError: the model cannot be loaded.
    """
    stored = stored_configuration(library, None)
    if stored.identity.endswith(GIVEN_SUFFIX):
        raise UnusableInput(
            "its vectors were given with --vectors, so there are none to compute.",
            path=library.folder,
        )
    name = lasting_name(model) or stored.model
    return open_embedder(name), name


@contextmanager
def _prepared(
    library: LibraryStore, digests: Sequence[Path], options: BuildOptions, clock: Clock
) -> Iterator[_Update]:
    """Read ``digests`` and compare them with ``library``, which is locked unless in a dry run."""
    spill = SpillFile(library.folder, fingerprints=False)
    with clock.stage("read"):
        read = read_all(digests, options.settings.reading, spill, clock.progress)
    with nullcontext() if options.dry_run else library.building():
        yield _Update(library, options, read, clock)


@dataclass(frozen=True, slots=True)
class _Target:
    """All inputs of the generation to build, its papers aside."""

    edits: tuple[TopicEdit, ...]
    settings: Settings
    stored_settings: dict[str, Any]
    """As the manifest stores them."""
    model: str
    engine: str
    embedder: Embedder
    identity: str
    """Of the vectors."""

    @property
    def fingerprints(self) -> Fingerprints:
        return fingerprints(self.identity, self.engine, self.stored_settings)


class _Update:
    """One build, under the lock: the live generation, the new papers, the plan."""

    def __init__(
        self, library: LibraryStore, options: BuildOptions, read: ReadDigests, clock: Clock
    ) -> None:
        self._library = library
        self._options = options
        self._read = read
        self._clock = clock
        self._namer = CarefulNamer(options.namer, self._named) if options.namer else None
        with clock.stage("read", announced=False):
            self._live, self._stored_papers = _live(library, full=options.full)
            self._stored = stored_configuration(library, self._live)
            spill = SpillFile(library.folder)
            joined = join_papers(
                read.papers, self._stored_papers, spill, prune=options.prune, whole=read.whole
            )
            self._papers, self._plan = joined.papers, joined.plan
            self._same_papers = joined.is_as_before

    def run(self) -> BuildReport:
        """Build and publish a generation, unless nothing changed or it is a dry run."""
        if self._options.dry_run:
            number = self._live.manifest.number if self._live else 0
            return self._report(number, published=False, embedded=Embedded())
        target = self._target()
        if self._options.keep:
            self._library.keep(self._options.keep)
        if self._live is not None and self._is_up_to_date(self._live, target):
            return self._report_unchanged(self._live, target)
        return self._publish(target)

    def texts_to_embed(self, embedder: Embedder) -> TextsByFingerprint:
        """Return the texts whose vectors are missing, by fingerprint."""
        cache = VectorCache(self._library.vectors, embedder.identity, embedder.dimension)
        return self._missing(cache)

    def _target(self) -> _Target:
        options, stored = self._options, self._stored
        stored_edits = edits.read(self._library.folder)
        fineness = options.topics or stored.fineness
        settings = settings_in_force(options.settings, fineness, options.memory or stored.memory)
        model = lasting_name(options.model) or stored.model
        embedder = open_embedder(model)
        return _Target(
            edits=stored_edits,
            settings=settings,
            stored_settings=manifest_settings(
                settings, fineness, stored_edits, name_of(options.namer)
            ),
            model=model,
            engine=options.engine or stored.engine,
            embedder=embedder,
            identity=vector_identity(embedder, stored, given=bool(options.given_vectors)),
        )

    def _is_up_to_date(self, live: Generation, target: _Target) -> bool:
        options = self._options
        return (
            self._same_papers
            and not (options.full or options.redraw or options.given_vectors)
            and options.engine_uri in ("", self._stored.engine_uri)
            and not (self._namer and live.manifest.settings.get(UNANSWERED))
            and is_unchanged(_fingerprints_of(live), target.fingerprints)
        )

    def _report_unchanged(self, live: Generation, target: _Target) -> BuildReport:
        if self._options.keep:
            self._library.remove_old()
        report = self._report(
            live.manifest.number,
            published=False,
            embedded=Embedded(reused=len(set(self._papers.fingerprints))),
        )
        inactive = _count_inactive(live, target.edits)
        return replace(report, resting=inactive, fit=live.manifest.fit)

    def _publish(self, target: _Target) -> BuildReport:
        library, clock = self._library, self._clock
        if self._live is not None:
            with clock.stage("read", announced=False):
                verify_files(self._live.folder)
        number = library.next_number()
        created = library.next_arrival(self._live)
        factory = self._engine_factory(target.engine)
        previous = self._previous_build(target)
        if previous is None or previous.plan.redraw_reason or not previous.plan.positions:
            load_meanwhile(len(self._papers))
        with clock.stage("embed", announced=False):
            cache = VectorCache(library.vectors, target.identity, target.embedder.dimension)
            embedded = self._embed(cache, target.embedder)
            vectors = cache.take_all(self._papers.fingerprints)
        inputs = BuildInputs(
            papers=self._papers,
            vectors=vectors,
            factory=factory,
            embed_phrases=phrase_embedder(cache, target.embedder, clock.progress.advance),
            embed_queries=target.embedder.embed_queries,
            settings=target.settings,
            namer=self._namer,
            edits=target.edits,
            number=number,
            created=created,
        )
        result = make_draft(inputs, previous, clock)
        with clock.stage("publish"):
            manifest = self._manifest(target, inputs, result, embedded)
            generation = library.publish(result.draft, manifest)
        report = self._report(number, published=True, embedded=embedded)
        return replace(
            report,
            resting=_count_inactive(generation, target.edits),
            events=tuple(event for event in generation.events if event.generation == number),
            fit=result.fit,
            redrawn=result.redrawn,
            drift=result.drift,
        )

    def _manifest(
        self, target: _Target, inputs: BuildInputs, result: BuildResult, embedded: Embedded
    ) -> Manifest:
        counts = {"rejected": self._read.rejected_count, "embedded": embedded.new}
        more = {
            LAST_TOPIC: result.last_topic,
            ENGINE_URI: server_uri(inputs.factory),
            UNANSWERED: self._namer.unanswered if self._namer else 0,
        }
        return Manifest(
            number=inputs.number,
            created=inputs.created,
            papers=len(self._papers),
            model=target.model,
            identity=target.identity,
            dimension=target.embedder.dimension,
            engine=target.engine,
            digests=self._read.summaries,
            changes=self._plan.counts | counts,
            settings=target.stored_settings | more,
            fit=result.fit,
            files={},
            index=result.draft.engine.stats,
            scale=result.scale.as_dict() if result.scale else {},
        )

    def _previous_build(self, target: _Target) -> PreviousBuild | None:
        """Return the live generation with the plan for its reuse; None where there is none."""
        if self._live is None:
            return None
        rows = map_rows(ids_of(self._stored_papers), ids_of(self._papers))
        kept = int((rows >= 0).sum())
        plan = plan_reuse(
            _fingerprints_of(self._live),
            target.fingerprints,
            kept=kept,
            added=len(self._papers) - kept,
            full=self._options.full,
            redraw=self._options.redraw,
        )
        given = target.identity.endswith(GIVEN_SUFFIX)
        return PreviousBuild(self._live, self._stored_papers, rows, plan, vectors_given=given)

    def _engine_factory(self, engine: str) -> EngineFactory:
        """Return the engine, at the server the user names, or else the one used before."""
        stored = self._stored.engine_uri if engine == self._stored.engine else ""
        # Only where the library has a server may the environment name another one.
        from_environment = os.environ.get("EXPLORER_ENGINE_URI") if stored else ""
        return load_engine(engine, self._options.engine_uri or from_environment or stored)

    def _embed(self, cache: VectorCache, embedder: Embedder) -> Embedded:
        """Put the vectors of all papers into ``cache``."""
        progress = self._clock.progress
        if self._options.given_vectors:
            store_given(self._options.given_vectors, self._read.readings, self._papers, cache)
        missing = self._missing(cache)
        if missing:
            progress.stage("model")
            embedder.embed_queries(["a word"])  # the first use of a model may export it
        progress.stage("embed", len(missing))
        embedded = embed_missing(cache, embedder, missing, progress.advance)
        return replace(embedded, reused=len(set(self._papers.fingerprints)) - embedded.new)

    def _named(self, done: int, total: int) -> None:
        """Show how many topics the naming function was called for."""
        if not done:
            self._clock.progress.stage("names", total)
        self._clock.progress.advance(done, total)

    def _missing(self, cache: VectorCache) -> TextsByFingerprint:
        return TextsByFingerprint(self._papers, cache.missing(list(self._papers.fingerprints)))

    def _planned_changes(self) -> tuple[PaperChange, ...]:
        plan = self._plan
        kinds = {"added": plan.added, "changed": plan.changed, "removed": plan.removed}
        affected = plan.added | plan.changed | plan.removed
        titles: dict[str, str] = {}
        for papers in (self._stored_papers, self._papers):
            rows = [row for row, name in enumerate(papers.ids) if name in affected]
            chosen = papers.take(np.array(rows, dtype=np.int64))
            titles |= {paper.id: paper.readable_title for paper in chosen}
        return tuple(
            PaperChange(kind, paper, titles[paper])
            for kind, ids in kinds.items()
            for paper in sorted(ids)
        )

    def _report(self, generation: int, *, published: bool, embedded: Embedded) -> BuildReport:
        """Return the report of the papers; fields of topics and map have their defaults."""
        counts = self._plan.counts
        return BuildReport(
            generation=generation,
            published=published,
            papers=len(self._papers),
            added=counts["added"],
            changed=counts["changed"],
            unchanged=counts["unchanged"],
            removed=counts["removed"],
            merged=counts["merged"],
            rejected=self._read.rejected,
            rejected_count=self._read.rejected_count,
            not_papers=self._read.not_papers,
            remarks=self._read.remarks,
            conflicts=tuple(conflicts(self._papers)),
            embedded=embedded.new,
            reused=embedded.reused,
            too_long=embedded.too_long,
            digests=self._read.summaries,
            dry_run=self._options.dry_run,
            planned=self._planned_changes() if self._options.dry_run else (),
            seconds=self._clock.read(),
            naming_failures=self._namer.failures if self._namer else 0,
            naming_failure=self._namer.first if self._namer else "",
        )


def _live(library: LibraryStore, *, full: bool) -> tuple[Generation | None, PaperTable]:
    """Return the generation to update, if it can be read, and its papers.

    Raises:
        LibraryDamaged: it cannot be read, and the build is not a full one.
    """
    try:
        generation = library.open_newest_published()
        if full:
            verify_files(generation.folder)
        return generation, generation.records
    except LibraryMissing:
        return None, PaperTable.from_papers([])
    except LibraryDamaged:
        # A full build repairs a damaged library, so it must not need the damaged parts; but it
        # keeps the papers that can be read.
        if full:
            return None, PaperTable.from_papers(library.salvaged_papers())
        raise


def _fingerprints_of(live: Generation) -> Fingerprints:
    manifest = live.manifest
    return fingerprints(manifest.identity, manifest.engine, stored_settings(live))


def _count_inactive(generation: Generation, stored_edits: Sequence[TopicEdit]) -> int:
    """Return how many topic edits apply to no topic."""
    ids = generation.records.ids
    applied = edits.applied_edits(generation.memberships, ids, stored_edits)
    return sum(edit.is_inactive for edit in applied)
