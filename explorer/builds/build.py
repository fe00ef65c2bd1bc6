"""Digests to a generation: read, plan, embed, index, draw, name, publish.

An update is a plan over (id, fingerprint) pairs, made before anything is computed. When the plan
is empty, nothing is computed and no generation is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from explorer.builds.given_vectors import store_given
from explorer.builds.progress import Clock, Progress, Silence
from explorer.builds.stages import (
    LAST_TOPIC,
    Drift,
    ReusePlan,
    make_draft,
    phrase_embedder,
    redrawn_if_outnumbered,
)
from explorer.builds.update_plan import join_papers
from explorer.embedders import DEFAULT_MODEL, Embedder, lasting_name, open_embedder
from explorer.embedders.cache import Embedded, VectorCache, embed_missing
from explorer.errors import DigestError, LibraryDamaged, LibraryMissing, UnusableInput
from explorer.index.engines import DEFAULT_ENGINE, load_engine, server_uri
from explorer.index.engines.contract import EngineFactory
from explorer.library.checks import salvaged_manifest, verify_files
from explorer.library.generation import GIVEN_SUFFIX, Generation, Manifest
from explorer.library.store import LibraryStore
from explorer.papers.dates import latest
from explorer.papers.deduplication import Conflict, conflicts
from explorer.papers.embedded_texts import TextsByFingerprint
from explorer.papers.spill_file import SpillFile, SpillSection
from explorer.papers.table import PaperTable
from explorer.readers import Reading, Rejection, digest_files, read_digests
from explorer.settings import FINENESS, IndexSettings, Settings, of_fineness
from explorer.topics import edits
from explorer.topics.custom_namer import CarefulNamer, Namer, name_of
from explorer.topics.edits import TopicEdit
from explorer.topics.tracking import TopicEvent

_ENGINE_URI = "engine_uri"
"""Where the settings in a manifest tell where the engine's server is."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to build; the defaults update the library with what is new."""

    model: str = ""
    """Model name or path; empty keeps the library's, or takes the default in a new one."""
    engine: str = ""
    """Name of the vector index; empty keeps the library's, or takes the default in a new one."""
    memory: int = 0
    """Bytes that the vector index may take in memory; 0 keeps what the library has."""
    engine_uri: str = ""
    """Where the server of the index is, for engines that have one; empty as before."""
    prune: bool = False
    """Drop papers that none of the given digests holds."""
    full: bool = False
    """Begin from nothing but the papers, even if nothing changed or the library is damaged."""
    redraw: bool = False
    """Draw the map anew from where papers are, and seek topics anew, even if nothing changed."""
    dry_run: bool = False
    """Say what would be done, and stop."""
    keep: int = 0
    """Generations that stay on disk from now on, also where nothing changed; 0 as before."""
    given_vectors: Path | None = None
    """Unit vectors, one row a record of the one digest given, instead of embedding."""
    namer: Namer | None = None
    """Custom function that names topics (:class:`explorer.topics.custom_namer.Namer`)."""
    topics: str = ""
    """How fine topics are, one of ``settings.FINENESS``; empty keeps what the library has."""
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class PaperChange:
    """What a build would do with one paper."""

    kind: str
    """added, changed or removed."""
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    generation: int
    published: bool
    papers: int
    added: int
    changed: int
    unchanged: int
    removed: int
    merged: int
    rejected: tuple[Rejection, ...]
    conflicts: tuple[Conflict, ...]
    embedded: int
    reused: int
    """Papers whose vectors were there already."""
    too_long: int
    """Of those embedded, how many the model could not take at once; it saw them in windows."""
    digests: tuple[dict[str, Any], ...]
    seconds: dict[str, float]
    resting: int = 0
    """Things people said of topics that no topic matches now."""
    naming_failures: int = 0
    """How often the naming function failed; those topics keep their own names."""
    naming_failure: str = ""
    """What went wrong the first time."""
    dry_run: bool = False
    planned: tuple[PaperChange, ...] = ()
    """Paper by paper what would be done; only in a dry run."""
    events: tuple[TopicEvent, ...] = ()
    """What became of topics."""
    fit: dict[str, Any] = field(default_factory=dict)
    """How well the map fits (see :class:`explorer.builds.redraw_advice.MapFit`)."""
    redrawn: str = ""
    """Why the map was drawn anew where it could have gone on; empty where it goes on."""
    drift: Drift | None = None
    """How far papers moved in a redraw."""


def build(
    library: LibraryStore,
    digests: Sequence[Path],
    options: BuildOptions | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring ``library`` up to date with ``digests`` (files or folders) and publish the result.

    Raises:
        UnusableInput: no digest could be read, or a name is not known; the library stays as it
            was.
        LibraryBusy: another build is running.
        EmbedderError: the model cannot be had.
    """
    options = options or BuildOptions()
    if options.engine:
        # A wrong name or address is told before any work is done.
        load_engine(options.engine, options.engine_uri)
    if options.topics and options.topics not in FINENESS:
        raise UnusableInput(f"Topics are {', '.join(FINENESS)}, not {options.topics!r}.")
    with _begun(library, digests, options, Clock(progress or Silence())) as update:
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
        EmbedderError: the model cannot be had.
    """
    embedder, _ = embedder_of(library, model)
    with _begun(library, digests, BuildOptions(), Clock(progress or Silence())) as update:
        return update.texts_to_embed(embedder)


def embedder_of(library: LibraryStore, model: str = "") -> tuple[Embedder, str]:
    """Return the embedder that a build of ``library`` uses, and the name to open it by anywhere.

    Args:
        model: as in :attr:`BuildOptions.model`.

    Raises:
        UnusableInput: the library's vectors were given; no embedder made them.
        EmbedderError: the model cannot be had.
    """
    known = _known(library, None)
    if known.identity.endswith(GIVEN_SUFFIX):
        raise UnusableInput(
            f"{library.folder}: its vectors were given with --vectors, so none are to be computed."
        )
    name = lasting_name(model) or known.model
    return open_embedder(name), name


@contextmanager
def _begun(
    library: LibraryStore, digests: Sequence[Path], options: BuildOptions, clock: Clock
) -> Iterator[_Update]:
    """Read ``digests`` and compare them with ``library``, which is locked unless in a dry run."""
    spool = SpillFile(library.folder, fingerprints=False)
    with clock.stage("read"):
        readings, unreadable = _read(digests, options.settings, spool, clock.progress)
        if not any(reading.papers for reading in readings):
            raise DigestError(_nothing_read(digests, readings, unreadable))
    with nullcontext() if options.dry_run else library.building():
        yield _Update(library, options, readings, unreadable, spool.papers, clock)


class _Update:
    """One build, while it holds the lock: what is there, what was read, what is to be done."""

    def __init__(
        self,
        library: LibraryStore,
        options: BuildOptions,
        readings: Sequence[Reading],
        unreadable: Sequence[Rejection],
        read: PaperTable,
        clock: Clock,
    ) -> None:
        self._library = library
        self._options = options
        self._readings = readings
        self._clock = clock
        self._namer = CarefulNamer(options.namer) if options.namer else None
        self._rejected = (*unreadable, *(r for reading in readings for r in reading.rejections))
        with clock.stage("read", told=False):
            self._live, self._stored = _live(library, options)
            self._known = _known(library, self._live)
            after = join_papers(read, self._stored, SpillFile(library.folder), prune=options.prune)
            self._papers, self._plan = after.papers, after.plan
            self._is_as_before = after.is_as_before

    def run(self) -> BuildReport:
        """Do what is to be done, or say that nothing is."""
        if self._options.dry_run:
            number = self._live.manifest.number if self._live else 0
            return self._report(number, published=False, embedded=Embedded())
        live, options = self._live, self._options
        statements = edits.read(self._library.folder)
        settings, shape = _shape(options, self._known, statements)
        model = lasting_name(options.model) or self._known.model
        engine = options.engine or self._known.engine
        embedder = open_embedder(model)
        namespace = _namespace(embedder, options, self._known)
        if options.keep:
            self._library.keep(options.keep)
        if (
            live is not None
            and self._is_as_before
            and not (options.full or options.redraw or options.given_vectors)
            and live.manifest.identity == namespace
            and live.manifest.engine == engine
            and options.engine_uri in ("", self._known.engine_uri)
            and _same_shape(live, shape)
        ):
            embedded = Embedded(reused=len(set(self._papers.fingerprints)))
            if options.keep:
                self._library.remove_old()
            bearing = self._resting(live, statements)
            number = live.manifest.number
            return self._report(
                number, published=False, embedded=embedded, resting=bearing, fit=live.manifest.fit
            )
        return self._publish(statements, settings, shape, model, engine, embedder, namespace)

    def _publish(
        self,
        statements: Sequence[TopicEdit],
        settings: Settings,
        shape: dict[str, Any],
        model: str,
        engine: str,
        embedder: Embedder,
        namespace: str,
    ) -> BuildReport:
        library, clock = self._library, self._clock
        if self._live is not None:
            with clock.stage("read", told=False):
                verify_files(self._live.folder)
        number = library.next_number()
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        factory = self._factory(engine)
        with clock.stage("embed", told=False):
            cache = VectorCache(library.vectors, namespace, embedder.dimension)
            embedded = self._embed(cache, embedder)
            vectors = cache.take_all(self._papers.fingerprints)
        drawn = make_draft(
            self._papers,
            vectors,
            factory,
            phrase_embedder(cache, embedder, clock.progress.advance),
            settings,
            self._namer,
            statements,
            self._course(shape, namespace, engine),
            number,
            created,
            clock,
        )
        with clock.stage("publish"):
            manifest = Manifest(
                number=number,
                created=created,
                papers=len(self._papers),
                model=model,
                identity=namespace,
                dimension=embedder.dimension,
                engine=engine,
                digests=tuple(_summary(reading) for reading in self._readings),
                changes=self._plan.counts
                | {"rejected": len(self._rejected)}
                | {"embedded": embedded.new},
                settings=shape | {LAST_TOPIC: drawn.last_topic, _ENGINE_URI: server_uri(factory)},
                fit=drawn.fit,
                files={},
                index=drawn.draft.engine.stats,
            )
            generation = library.publish(drawn.draft, manifest)
        return self._report(
            number,
            published=True,
            embedded=embedded,
            resting=self._resting(generation, statements),
            events=tuple(e for e in generation.events if e.generation == number),
            fit=drawn.fit,
            redrawn=drawn.redrawn,
            drift=drawn.drift,
        )

    def texts_to_embed(self, embedder: Embedder) -> TextsByFingerprint:
        """Return the texts whose vectors are missing, by fingerprint."""
        cache = VectorCache(self._library.vectors, embedder.identity, embedder.dimension)
        return self._missing(cache)

    def _missing(self, cache: VectorCache) -> TextsByFingerprint:
        return TextsByFingerprint(self._papers, cache.missing(list(self._papers.fingerprints)))

    def _factory(self, engine: str) -> EngineFactory:
        known = self._known
        remembered = known.engine_uri if engine == known.engine else ""
        chosen = os.environ.get("EXPLORER_ENGINE_URI") if remembered else ""
        return load_engine(engine, self._options.engine_uri or chosen or remembered)

    def _embed(self, cache: VectorCache, embedder: Embedder) -> Embedded:
        """Put the vectors of all papers into ``cache``."""
        progress = self._clock.progress
        if self._options.given_vectors:
            store_given(self._options.given_vectors, self._readings, self._papers, cache)
        missing = self._missing(cache)
        if missing:
            progress.stage("model")
            embedder.embed_queries(["a word"])  # the first use of a model may export it
        progress.stage("embed", len(missing))
        embedded = embed_missing(cache, embedder, missing, progress.advance)
        return replace(embedded, reused=len(set(self._papers.fingerprints)) - embedded.new)

    def _course(self, shape: dict[str, Any], namespace: str, engine: str) -> ReusePlan | None:
        """Return how to go on from the live generation; None to begin from nothing."""
        live = self._live
        if live is None:
            return None
        was = _shape_of(live)
        same_vectors = live.manifest.identity == namespace
        why = "as you asked" if self._options.redraw else ""
        if not same_vectors:
            why = "the vectors are another model's"
        elif was.get("map") != shape["map"] or was.get("graph") != shape["graph"]:
            why = "the map's settings are others now"
        course = ReusePlan(
            live,
            self._stored,
            same_vectors=same_vectors and was.get("graph") == shape["graph"],
            vectors_given=namespace.endswith(GIVEN_SUFFIX),
            same_index=live.manifest.engine == engine and was["index"] == shape["index"],
            redraw=why,
            topics_anew=was.get("topics") != shape["topics"],
            full=self._options.full,
            functions_names=not self._options.full
            and (self._namer is None or was["namer"] == shape["namer"]),
        )
        return redrawn_if_outnumbered(course, self._papers)

    def _planned(self) -> tuple[PaperChange, ...]:
        plan = self._plan
        kinds = {"added": plan.added, "changed": plan.changed, "removed": plan.removed}
        told = plan.added | plan.changed | plan.removed
        titles: dict[str, str] = {}
        for papers in (self._stored, self._papers):
            rows = [row for row, name in enumerate(papers.ids) if name in told]
            chosen = papers.take(np.array(rows, dtype=np.int64))
            titles |= {paper.id: paper.readable_title for paper in chosen}
        return tuple(
            PaperChange(kind, paper, titles[paper])
            for kind, ids in kinds.items()
            for paper in sorted(ids)
        )

    def _resting(self, generation: Generation, statements: Sequence[TopicEdit]) -> int:
        ids = generation.records.ids
        found = edits.applied_edits(generation.memberships, ids, statements)
        return sum(bearing.is_inactive for bearing in found)

    def _report(
        self, generation: int, *, published: bool, embedded: Embedded, **told: Any
    ) -> BuildReport:
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
            rejected=self._rejected,
            conflicts=tuple(conflicts(self._papers)),
            embedded=embedded.new,
            reused=embedded.reused,
            too_long=embedded.too_long,
            digests=tuple(_summary(reading) for reading in self._readings),
            dry_run=self._options.dry_run,
            planned=self._planned() if self._options.dry_run else (),
            seconds=self._clock.read(),
            naming_failures=self._namer.failures if self._namer else 0,
            naming_failure=self._namer.first if self._namer else "",
            **told,
        )


def _read(
    digests: Sequence[Path], settings: Settings, spool: SpillFile, progress: Progress
) -> tuple[list[Reading], tuple[Rejection, ...]]:
    """Read every digest; one that cannot be read is reported and stops nothing."""
    files = digest_files(digests)
    readings: list[Reading] = []
    unreadable: list[Rejection] = []
    for done, (name, path) in enumerate(files):
        try:
            readings += read_digests(path, name, settings.reading, spool.add_all)
        except DigestError as error:
            unreadable.append(Rejection(name, 0, str(error)))
        progress.advance(done + 1, len(files))
    return readings, tuple(unreadable)


def _nothing_read(
    digests: Sequence[Path], readings: Sequence[Reading], unreadable: Sequence[Rejection]
) -> str:
    if len(unreadable) == 1 and not readings:
        return unreadable[0].reason
    reasons = [r.reason for r in unreadable]
    reasons += [f"{r.digest}, line {r.line}: {r.reason}." for x in readings for r in x.rejections]
    shown = " ".join(reasons[:3])
    names = ", ".join(str(path) for path in digests)
    return f"{names}: no paper in there. {shown} Look closer with `explorer inspect`."


def _live(library: LibraryStore, options: BuildOptions) -> tuple[Generation | None, PaperTable]:
    """Return the generation to go on from, if it can be read, and its papers."""
    try:
        generation = library.open_to_go_on()
        if options.full:
            verify_files(generation.folder)
        return generation, generation.records
    except LibraryMissing:
        return None, PaperTable.from_papers([])
    except LibraryDamaged:
        # Building anew is the way out of a damaged library, so it must not need what is damaged;
        # but papers that can be read are not lost.
        if options.full:
            return None, PaperTable.from_papers(library.salvaged_papers())
        raise


@dataclass(frozen=True, slots=True)
class _Known:
    """What a library is built with where the user does not say otherwise."""

    model: str
    engine: str
    engine_uri: str
    """Where the engine's server is; empty for engines without one."""
    identity: str
    """Empty where there are no vectors yet, or nobody knows whose they are."""
    fineness: str
    memory: int


def _known(library: LibraryStore, live: Generation | None) -> _Known:
    """Return what ``live`` was built with; without it, what can be read of the newest there is."""
    facts = salvaged_manifest(live.folder) if live else library.salvaged_manifest()
    settings = facts.get("settings")
    facts |= settings if isinstance(settings, dict) else {}
    text = {name: value for name, value in facts.items() if isinstance(value, str)}
    fineness = text.get("fineness", "")
    index = facts.get("index")
    memory = index.get("memory") if isinstance(index, dict) else None
    return _Known(
        model=text.get("model") or DEFAULT_MODEL,
        engine=text.get("engine") or DEFAULT_ENGINE,
        engine_uri=text.get(_ENGINE_URI, ""),
        identity=text.get("identity", ""),
        fineness=fineness if fineness in FINENESS else "normal",
        memory=memory if isinstance(memory, int) else IndexSettings().memory,
    )


def _namespace(embedder: Embedder, options: BuildOptions, known: _Known) -> str:
    """Return the identity that vectors are kept under; given ones are kept apart."""
    given = embedder.identity + GIVEN_SUFFIX
    if options.given_vectors or known.identity == given:
        return given
    return embedder.identity


def _summary(reading: Reading) -> dict[str, Any]:
    return {
        "digest": reading.digest,
        "format": reading.format,
        "date": latest(reading.papers.dates) if isinstance(reading.papers, SpillSection) else "",
        "papers": len(reading.papers),
        "rejected": len(reading.rejections),
    }


def _shape(
    options: BuildOptions, known: _Known, statements: Sequence[TopicEdit]
) -> tuple[Settings, dict[str, Any]]:
    """Return the settings in force, and all that shapes a generation beside its papers."""
    fineness = options.topics or known.fineness
    topics = of_fineness(options.settings.topics, fineness)
    index = replace(options.settings.index, memory=options.memory or known.memory)
    settings = replace(options.settings, topics=topics, index=index)
    return settings, _as_json(settings) | {
        "fineness": fineness,
        "said": edits.fingerprint_of_edits(statements),
        "namer": name_of(options.namer),
    }


def _shape_of(live: Generation) -> dict[str, Any]:
    """Return what shaped ``live``; older manifests do not tell what nobody could ask for yet."""
    nothing_asked = {"fineness": "normal", "said": "", "namer": ""}
    told = live.manifest.settings
    usual = _as_json(Settings())
    return nothing_asked | told | {name: usual[name] | told.get(name, {}) for name in usual}


def _same_shape(live: Generation, shape: dict[str, Any]) -> bool:
    before = {name: value for name, value in _shape_of(live).items() if name in shape}
    # Without a naming function, the names that one gave before stay as long as nothing changes.
    return before == shape | {"namer": shape["namer"] or before["namer"]}


def _as_json(settings: Settings) -> dict[str, Any]:
    """Return the settings that shape what is stored; reading and search shape nothing."""
    return {name: asdict(getattr(settings, name)) for name in ("index", "graph", "map", "topics")}
