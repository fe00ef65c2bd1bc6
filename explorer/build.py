"""Digests to a generation: read, plan, embed, index, draw, name, publish.

An update is a plan over (id, fingerprint) pairs, made before anything is computed. When the plan
is empty, nothing is computed and no generation is written.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from explorer import curation
from explorer.curation import Statement
from explorer.dates import latest
from explorer.embedders import DEFAULT_MODEL, Embedder, Vectors, lasting_name, open_embedder
from explorer.engines import DEFAULT_ENGINE, EngineFactory, load_engine
from explorer.errors import DigestError, LibraryDamaged, LibraryMissing, UnusableInput
from explorer.generation import GIVEN, Draft, Generation, Manifest
from explorer.given_vectors import store_given
from explorer.graph import build_graph
from explorer.identity import Conflict, conflicts, identify
from explorer.library import Library
from explorer.namers import CarefulNamer, name_of
from explorer.names import EmbedPhrases, Namer
from explorer.outline import draw_outline
from explorer.paper import Paper
from explorer.plan import joined, make_plan, what_each_says
from explorer.projection import draw
from explorer.readers import Reading, Rejection, digest_files, read_digests
from explorer.settings import FINENESS, Settings, of_fineness
from explorer.vectors import Embedded, VectorCache, embed_missing

STAGES = ("read", "embed", "index", "map", "topics", "publish")


class Progress(Protocol):
    """Is told how far a build has come."""

    def stage(self, name: str, total: int = 0) -> None:
        """A stage begins, with ``total`` steps if that is known."""

    def advance(self, done: int, total: int) -> None:
        """``done`` of ``total`` steps of the current stage are done."""


class Silence:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int = 0) -> None:
        pass

    def advance(self, done: int, total: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Options:
    """How to build; the defaults update the library with what is new."""

    model: str = ""
    """Model name or path; empty keeps the library's, or takes the default in a new one."""
    engine: str = DEFAULT_ENGINE
    prune: bool = False
    """Drop papers that none of the given digests holds."""
    full: bool = False
    """Compute index, map and topics anew even if nothing changed or the library is damaged."""
    redraw: bool = False
    """Draw the map anew even if nothing changed."""
    given_vectors: Path | None = None
    """Unit vectors, one row a record of the one digest given, instead of embedding."""
    namer: Namer | None = None
    """A function of the user's own that names topics; see :class:`explorer.names.Namer`."""
    topics: str = ""
    """How fine topics are, one of ``settings.FINENESS``; empty keeps what the library has."""
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Report:
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


def build(
    library: Library,
    digests: Sequence[Path],
    options: Options | None = None,
    progress: Progress | None = None,
) -> Report:
    """Bring ``library`` up to date with ``digests`` (files or folders) and publish the result.

    Raises:
        UnusableInput: no digest could be read, or a name is not known; the library stays as it
            was.
        LibraryBusy: another build is running.
        EmbedderError: the model cannot be had.
    """
    options = options or Options()
    progress = progress or Silence()
    factory = load_engine(options.engine)  # a wrong name is told before any work is done
    if options.topics and options.topics not in FINENESS:
        raise UnusableInput(f"Topics are {', '.join(FINENESS)}, not {options.topics!r}.")
    namer = CarefulNamer(options.namer) if options.namer else None
    clock = _Clock()
    with clock.stage("read"):
        progress.stage("read")
        readings, unreadable = _read(digests, options.settings, progress)
        read = [paper for reading in readings for paper in reading.papers]
        if not read:
            raise DigestError(_nothing_read(digests, readings, unreadable))
    with library.building():
        with clock.stage("read"):
            live = _live(library, options)
            stored = list(live.records) if live else []
            papers = joined(read, stored, prune=options.prune)
            plan = make_plan(what_each_says(stored), what_each_says(papers))
            known = {paper.fingerprint: paper for paper in papers}
        statements = curation.read(library.folder)
        settings, shape = _shape(options, live, statements)
        model = lasting_name(options.model) or (live.manifest.model if live else DEFAULT_MODEL)
        embedder = open_embedder(model)
        namespace = _namespace(embedder, options, live)
        merged = len(read) - len(identify(read))
        rejected = (*unreadable, *(r for reading in readings for r in reading.rejections))
        summaries = tuple(_summary(reading) for reading in readings)

        def report(generation: Generation, *, published: bool, embedded: Embedded) -> Report:
            ids = generation.records.ids
            said = curation.bearings(generation.memberships, ids, statements)
            return Report(
                generation=generation.manifest.number,
                published=published,
                papers=len(papers),
                added=len(plan.added),
                changed=len(plan.changed),
                unchanged=len(plan.unchanged),
                removed=len(plan.removed),
                merged=merged,
                rejected=rejected,
                conflicts=tuple(conflicts(papers)),
                embedded=embedded.new,
                reused=embedded.reused,
                too_long=embedded.too_long,
                digests=summaries,
                seconds=clock.read(),
                resting=sum(bearing.rests for bearing in said),
                naming_failures=namer.failures if namer else 0,
                naming_failure=namer.first if namer else "",
            )

        if (
            live is not None
            and stored == papers
            and not (options.full or options.redraw or options.given_vectors)
            and live.manifest.identity == namespace
            and live.manifest.engine == options.engine
            and _same_shape(live, shape)
        ):
            return report(live, published=False, embedded=Embedded(reused=len(known)))

        with clock.stage("embed"):
            cache = VectorCache(library.vectors, namespace, embedder.dimension)
            if options.given_vectors:
                store_given(options.given_vectors, readings, papers, cache)
            texts = {fingerprint: paper.text for fingerprint, paper in known.items()}
            if any(fingerprint not in cache for fingerprint in texts):
                progress.stage("model")
                embedder.embed_queries(["a word"])  # the first use of a model may export it
            progress.stage("embed", len(known))
            embedded = embed_missing(cache, embedder, texts, progress.advance)
            vectors = cache.take([paper.fingerprint for paper in papers])
        draft = _compute(
            papers, vectors, embedder, cache, factory, settings, namer, statements, clock, progress
        )
        with clock.stage("publish"):
            progress.stage("publish")
            manifest = Manifest(
                number=library.next_number(),
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                papers=len(papers),
                model=model,
                identity=namespace,
                dimension=embedder.dimension,
                engine=options.engine,
                digests=summaries,
                changes={
                    "added": len(plan.added),
                    "changed": len(plan.changed),
                    "unchanged": len(plan.unchanged),
                    "removed": len(plan.removed),
                    "merged": merged,
                    "rejected": len(rejected),
                    "embedded": embedded.new,
                },
                settings=shape,
                files={},
            )
            generation = library.publish(draft, manifest)
        return report(generation, published=True, embedded=embedded)


def phrase_embedder(
    cache: VectorCache, embedder: Embedder, progress: Callable[[int, int], None]
) -> EmbedPhrases:
    """Return what turns phrases into vectors, each of them once in the life of ``cache``."""

    def embed_phrases(phrases: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(phrase.encode()).hexdigest()[:32] for phrase in phrases]
        embed_missing(cache, embedder, dict(zip(keys, phrases, strict=True)), progress)
        return cache.take(keys)

    return embed_phrases


def _compute(
    papers: Sequence[Paper],
    vectors: Vectors,
    embedder: Embedder,
    cache: VectorCache,
    factory: EngineFactory,
    settings: Settings,
    namer: Namer | None,
    statements: Sequence[Statement],
    clock: _Clock,
    progress: Progress,
) -> Draft:
    """Return index, graph, map and topics of ``papers``."""
    with clock.stage("index"):
        progress.stage("index")
        engine = factory.build(vectors)
        graph = build_graph(engine, settings.graph)
    with clock.stage("map"):
        progress.stage("map")
        positions = draw(graph, vectors, settings.map)
    with clock.stage("topics"):
        progress.stage("topics")
        embed_phrases = phrase_embedder(cache, embedder, progress.advance)
        outline = draw_outline(
            papers, vectors, graph, settings.topics, embed_phrases, namer, statements
        )
    return Draft(papers, vectors, engine, graph, positions, outline)


def _read(
    digests: Sequence[Path], settings: Settings, progress: Progress
) -> tuple[list[Reading], tuple[Rejection, ...]]:
    """Read every digest; one that cannot be read is reported and stops nothing."""
    files = digest_files(digests)
    readings: list[Reading] = []
    unreadable: list[Rejection] = []
    for done, (name, path) in enumerate(files):
        try:
            readings += read_digests(path, name, settings.reading)
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


def _live(library: Library, options: Options) -> Generation | None:
    try:
        return library.open()
    except LibraryMissing:
        return None
    except LibraryDamaged:
        # Building anew is the way out of a damaged library, so it must not need what is damaged.
        if options.full:
            return None
        raise


def _namespace(embedder: Embedder, options: Options, live: Generation | None) -> str:
    """Return the identity that vectors are kept under; given ones are kept apart."""
    given = embedder.identity + GIVEN
    if options.given_vectors or (live is not None and live.manifest.identity == given):
        return given
    return embedder.identity


def _summary(reading: Reading) -> dict[str, Any]:
    return {
        "digest": reading.digest,
        "format": reading.format,
        "date": latest(source.date for paper in reading.papers for source in paper.sources),
        "papers": len(reading.papers),
        "rejected": len(reading.rejections),
    }


def _shape(
    options: Options, live: Generation | None, statements: Sequence[Statement]
) -> tuple[Settings, dict[str, Any]]:
    """Return the settings in force, and all that shapes a generation beside its papers."""
    fineness = options.topics or _shape_of(live)["fineness"]
    topics = of_fineness(options.settings.topics, fineness)
    settings = replace(options.settings, topics=topics)
    return settings, _as_json(settings) | {
        "fineness": fineness,
        "said": curation.digest_of(statements),
        "namer": name_of(options.namer),
    }


def _shape_of(live: Generation | None) -> dict[str, Any]:
    """Return what shaped ``live``; older manifests do not tell what nobody could ask for yet."""
    nothing_asked = {"fineness": "normal", "said": "", "namer": ""}
    return nothing_asked | (live.manifest.settings if live else {})


def _same_shape(live: Generation, shape: dict[str, Any]) -> bool:
    before = _shape_of(live)
    # Without a naming function, the names that one gave before stay as long as nothing changes.
    return before == shape | {"namer": shape["namer"] or before["namer"]}


def _as_json(settings: Settings) -> dict[str, Any]:
    """Return the settings that shape what is stored; reading and search shape nothing."""
    return {name: asdict(getattr(settings, name)) for name in ("graph", "map", "topics")}


class _Clock:
    """Adds up the seconds of each stage."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._seconds = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self._seconds[name] += time.perf_counter() - begin

    def read(self) -> dict[str, float]:
        total = time.perf_counter() - self._begin
        return {name: round(s, 3) for name, s in (self._seconds | {"total": total}).items()}
