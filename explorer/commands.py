"""What each command does: parsed options to work, its outcome on standard output, an exit code.

With ``--json`` a command prints one JSON document on standard output and nothing else there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from explorer.as_json import (
    dossier_as_json,
    evaluation_as_json,
    findings_as_json,
    generation_as_json,
    news_as_json,
    read_as_json,
    rejection_as_json,
    report_as_json,
    results_as_json,
    said_as_json,
    self_evaluation_as_json,
    topic_as_json,
    update_as_json,
)
from explorer.build import Options, build
from explorer.doctor import damaged, examine
from explorer.dossier import dossier
from explorer.duplicates import near_duplicates
from explorer.embedders import DEFAULT_MODEL, open_embedder
from explorer.errors import DigestError, UnusableInput
from explorer.evaluate import read_collection
from explorer.export import write_file, write_papers, write_topics
from explorer.filters import Filters, find_topic
from explorer.generation import GIVEN
from explorer.inspection import Inspection, inspect
from explorer.judged import evaluate
from explorer.library import Library
from explorer.namers import load_namer
from explorer.news import moment_of, news
from explorer.paper import Paper
from explorer.readers import Rejection, digest_files
from explorer.reasons import explain
from explorer.retopic import Said, everything_said, merge, pin, rename, unsay
from explorer.search import Mode, Query, Results, search, similar
from explorer.self_evaluate import self_evaluate
from explorer.standalone import standalone
from explorer.trends import in_order, trends
from explorer.watch import Update, silence, watch

DIGESTS = Path("data/digests")
"""Where digests are looked for if none are named."""
_LARGEST_UPLOAD = 50
"""Megabytes, as in .streamlit/config.toml, which is not found from other folders."""


def build_library(options: argparse.Namespace) -> int:
    """Build or update the library and report what changed."""
    from explorer.terminal import build_progress, show_report

    digests = options.digests or [DIGESTS]
    if not options.digests and not DIGESTS.exists():
        raise DigestError(f"{DIGESTS}: there is no such folder here. Name a digest or a folder.")
    chosen = Options(
        topics=options.topics,
        namer=load_namer(options.namer, Path.cwd()) if options.namer else None,
        model=options.model,
        engine=options.engine,
        prune=options.prune,
        full=options.full,
        redraw=options.redraw,
        dry_run=options.dry_run,
        keep=options.keep,
        given_vectors=options.vectors,
    )
    with build_progress() as progress:
        report = build(Library(options.library), digests, chosen, progress)
    if options.json:
        _print_json(report_as_json(report))
    else:
        show_report(report, str(options.library))
    return 0


def watch_folder(options: argparse.Namespace) -> int:
    """Update the library whenever digests settle in a folder, until Ctrl-C or SIGTERM."""
    from explorer.terminal import build_progress, err, show_update

    code = 1 if options.once else 0  # to be told to end is success, unless one update was wanted

    def told(update: Update) -> None:
        nonlocal code
        if options.json:
            print(json.dumps(update_as_json(update)), flush=True)
        else:
            show_update(update)
        if options.once:
            code = _code_of(update)

    chosen = Options(
        model=options.model,
        engine=options.engine,
        namer=load_namer(options.namer, Path.cwd()) if options.namer else None,
    )
    with _ending() as stop:
        watch(
            Library(options.library),
            options.folder,
            chosen,
            stop=stop,
            told=told,
            settle=options.settle,
            look=options.look,
            once=options.once,
            progress=build_progress if err.is_terminal else silence,
        )
    return code


def _code_of(update: Update) -> int:
    if update.report is not None:
        return 0
    return 2 if isinstance(update.error, UnusableInput) else 1


class _Asked:
    """Whether somebody has asked to end.

    No :class:`threading.Event`: to set one in a signal's handler can wait for ever for the lock
    that the interrupted code holds.
    """

    def __init__(self) -> None:
        self._asked = False

    def ask(self) -> None:
        self._asked = True

    def is_set(self) -> bool:
        return self._asked


@contextmanager
def _ending() -> Iterator[_Asked]:
    """Take the first Ctrl-C or SIGTERM as a question; the second ends the process at once."""
    asked = _Asked()

    def hear(number: int, frame: object) -> None:  # noqa: ARG001
        asked.ask()
        for name in before:
            signal.signal(name, signal.SIG_DFL)

    before = {name: signal.signal(name, hear) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def inspect_digests(options: argparse.Namespace) -> int:
    """Show what digests hold; exit code 2 if none of them can be read."""
    library = Library(options.library)
    generation = library.open() if library.live else None
    readable = 0
    shown = 0
    for name, path in digest_files(options.files):
        try:
            for inspection in inspect(path, name, generation):
                _show_inspection(inspection, path, options, shown)
                readable += bool(inspection.format)
                shown += 1
        except DigestError as error:
            unreadable = Inspection(name, "", iter(()), rejections=[Rejection(name, 0, str(error))])
            _show_inspection(unreadable, path, options, shown)
            shown += 1
    if options.json:
        print("\n]" if shown else "[]")
    return 0 if readable else 2


def _show_inspection(
    inspection: Inspection, path: Path, options: argparse.Namespace, shown: int
) -> None:
    if not options.json:
        from explorer.terminal import show_inspection

        show_inspection(inspection.finish())
        return
    # Written record by record, so that a digest of any size passes through little memory.
    head = {"file": str(path), "digest": inspection.digest, "format": inspection.format}
    print("[" if shown == 0 else ",", json.dumps(head, ensure_ascii=False)[:-1] + ', "papers": [')
    count = 0
    for item in inspection.items:
        if isinstance(item, Paper):
            print("  ," if count else "   ", json.dumps(read_as_json(item), ensure_ascii=False))
            count += 1
    tail = {
        "rejected": [rejection_as_json(rejection) for rejection in inspection.rejections],
        "with_abstract": inspection.with_abstract,
        "known": inspection.known,
    }
    print("], " + json.dumps(tail, ensure_ascii=False)[1:], end="")


def search_papers(options: argparse.Namespace) -> int:
    """Search the library."""
    query = Query(
        text=options.query,
        like=tuple(options.like),
        unlike=tuple(options.unlike),
        filters=_filters(options),
        mode=options.mode,
        sort=options.sort,
        diverse=options.diverse,
    )
    if not query.text.strip() and not query.like and not query.unlike:
        raise UnusableInput("Nothing to search for: give some words, or --like ID.")
    generation = Library(options.library).open()
    embedder = open_embedder(generation.manifest.model)
    needs_model = options.mode is not Mode.LEXICAL and bool(query.text.strip())
    if needs_model:
        from explorer.terminal import waiting

        with waiting("Loading the model ..."):
            embedder.embed_queries(["warm up"])
    results = search(generation, embedder, query, options.k)
    return _give(results if options.quick else explain(embedder, results), options)


def evaluate_search(options: argparse.Namespace) -> int:
    """Measure how well search ranks, on judged queries or on the library itself."""
    from explorer.embedders.openvino import cache_folder
    from explorer.terminal import build_progress, show_evaluation, show_self_evaluation

    if options.itself == (options.collection is not None):
        raise UnusableInput("Name the folder of a judged collection, or give --self.")
    if options.itself and options.model:
        raise UnusableInput("--self measures the library with its own model: leave out --model.")
    cache = cache_folder() / "evaluate"
    if options.itself:
        generation = Library(options.library).open()
        embedder = open_embedder(generation.manifest.model)
        with build_progress() as progress:
            told = self_evaluate(generation, embedder, cache, progress)
        if options.json:
            _print_json(self_evaluation_as_json(generation, told))
        else:
            show_self_evaluation(generation, told)
        return 0
    collection = read_collection(options.collection)
    with build_progress() as progress:
        found = evaluate(collection, open_embedder(options.model or DEFAULT_MODEL), cache, progress)
    if options.json:
        _print_json(evaluation_as_json(found))
    else:
        show_evaluation(found)
    return 0


def similar_papers(options: argparse.Namespace) -> int:
    """List the papers nearest to one paper."""
    generation = Library(options.library).open()
    return _give(similar(generation, options.id, options.k, _filters(options)), options)


def _filters(options: argparse.Namespace) -> Filters:
    return Filters(options.topic, options.source, *options.year)


def _give(results: Results, options: argparse.Namespace) -> int:
    if options.json:
        _print_json(results_as_json(results))
    else:
        from explorer.terminal import show_results

        show_results(results)
    return 0


def list_topics(options: argparse.Namespace) -> int:
    """List the topics, on the terminal, as JSON or as a table in a file."""
    generation = Library(options.library).open()
    found = trends(generation)
    levels = [in_order(level, found, options.sort) for level in generation.levels]
    topics = [topic for level in levels for topic in level]
    if options.csv is not None:
        write_file(options.csv, lambda file: write_topics(topics, found, generation.size, file))
    if options.json:
        of = found.of
        listed = [[topic_as_json(t, of[t.id], generation.size) for t in level] for level in levels]
        _print_json({"levels": listed, "periods": found.periods, "library": found.library})
    elif options.csv is not None:
        print(f"{len(topics):,} topics written to {options.csv}")
    else:
        from explorer.terminal import show_topics

        show_topics(levels, found, options.sort)
    return 0


def tell_topic(options: argparse.Namespace) -> int:
    """Tell all about one topic."""
    generation = Library(options.library).open()
    topic = find_topic(generation, options.name)
    found, dated = dossier(generation, topic), trends(generation)
    if options.json:
        _print_json(dossier_as_json(generation, found, dated))
    else:
        from explorer.terminal import show_topic

        show_topic(generation, found, dated)
    return 0


def tell_news(options: argparse.Namespace) -> int:
    """Tell what is new since a moment, or since the last update."""
    since = moment_of(options.since) if options.since else None
    generation = Library(options.library).open()
    found = news(generation, since)
    if options.json:
        _print_json(news_as_json(generation, found, options.k))
    else:
        from explorer.terminal import show_news

        show_news(generation, found, options.k)
    return 0


def rename_topic(options: argparse.Namespace) -> int:
    """Give a topic a name for good."""
    from explorer.terminal import build_progress

    with build_progress() as progress:
        said = rename(Library(options.library), options.topic, options.name, progress)
    return _tell_said(said, options)


def merge_topics(options: argparse.Namespace) -> int:
    """Make topics of one level a single one."""
    from explorer.terminal import build_progress

    with build_progress() as progress:
        said = merge(Library(options.library), options.topics, options.name, progress)
    return _tell_said(said, options)


def pin_topic(options: argparse.Namespace) -> int:
    """Hold the papers of a topic together."""
    from explorer.terminal import build_progress

    with build_progress() as progress:
        said = pin(Library(options.library), options.topic, options.name, progress)
    return _tell_said(said, options)


def _tell_said(said: Said, options: argparse.Namespace) -> int:
    if options.json:
        _print_json(said_as_json(said))
    else:
        from explorer.terminal import show_said

        show_said([said])
    return 0


def take_back(options: argparse.Namespace) -> int:
    """Take back one thing that was said of topics, if it is numbered, and list the rest."""
    from explorer.terminal import build_progress, show_said

    library = Library(options.library)
    taken_back: list[int] = []
    if options.number is not None:
        with build_progress() as progress:
            taken_back.append(unsay(library, options.number, progress).number)
    said = everything_said(library)
    if options.json:
        _print_json({"taken_back": taken_back, "said": [said_as_json(one) for one in said]})
    else:
        show_said(said, taken_back)
    return 0


def export_papers(options: argparse.Namespace) -> int:
    """Write out all papers: one JSON object a line, or the map as one HTML file."""
    generation = Library(options.library).open()
    if options.json and options.output is None:
        raise UnusableInput("--json needs --output FILE here: standard output is for the papers.")

    def write(file: TextIO) -> None:
        if options.format == "html":
            file.write(standalone(generation, options.title))
        else:
            write_papers(generation, file)

    if options.output is None:
        write(sys.stdout)
        return 0
    write_file(options.output, write)
    if options.json:
        _print_json({"file": str(options.output), "papers": generation.size})
    else:
        print(f"{generation.size:,} papers written to {options.output}")
    return 0


def list_duplicates(options: argparse.Namespace) -> int:
    """List papers that are nearly the same."""
    pairs = near_duplicates(Library(options.library).open(), options.least)
    if options.json:
        found = [
            {
                "similarity": round(pair.similarity, 4),
                "papers": [{"id": p.id, "title": p.title} for p in (pair.first, pair.second)],
            }
            for pair in pairs
        ]
        _print_json({"pairs": found})
    else:
        from explorer.terminal import show_pairs

        show_pairs(pairs)
    return 0


def show_stats(options: argparse.Namespace) -> int:
    """Count what is in the library."""
    library = Library(options.library)
    generation = library.open()
    manifest = generation.manifest
    cached = sum(file.stat().st_size for file in library.vectors.glob("*.vectors"))
    stats = {
        "generation": manifest.number,
        "created": manifest.created,
        "papers": generation.size,
        "with_abstract": sum(bool(paper.abstract) for paper in generation.records),
        "digests": {name: len(rows) for name, rows in generation.records.digests.items()},
        "topics": [len(level) for level in generation.levels],
        "model": manifest.model,
        "identity": manifest.identity.removesuffix(GIVEN),
        "vectors": "given" if manifest.identity.endswith(GIVEN) else "embedded",
        "dimension": manifest.dimension,
        "engine": manifest.engine,
        "bytes": {
            "generation": sum(file["bytes"] for file in manifest.files.values()),
            "vector_cache": cached,
        },
    }
    return _tell(stats, options)


def list_history(options: argparse.Namespace) -> int:
    """List the generations on disk, the live one marked."""
    library = Library(options.library)
    events = library.open().events if library.live else ()
    generations = [
        generation_as_json(number, manifest, library.live, events)
        for number, manifest in library.history()
    ]
    if options.json:
        _print_json({"generations": generations})
    else:
        from explorer.terminal import show_history

        show_history(generations)
    return 0


def roll_back(options: argparse.Namespace) -> int:
    """Go back to the generation before the live one."""
    manifest = Library(options.library).rollback()
    return _tell({"generation": manifest.number, "papers": manifest.papers}, options)


def check_library(options: argparse.Namespace) -> int:
    """Check every file of the library; 1 if anything is damaged."""
    from explorer.terminal import checking, show_findings

    with checking() as progress:
        findings = examine(Library(options.library), progress)
    if options.json:
        _print_json(findings_as_json(findings))
    else:
        show_findings(findings)
    return 1 if damaged(findings) else 0


def open_app(options: argparse.Namespace) -> int:
    """Become the process that serves the page."""
    import explorer.app as page

    script = Path(page.__file__).with_name("page.py")
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(options.port)]
    command += ["--server.maxUploadSize", str(_LARGEST_UPLOAD)]
    command += ["--", "--library", str(options.library)]
    command += ["--digests", str(options.digests)] if options.digests else []
    os.execv(sys.executable, command)


def _tell(facts: dict[str, Any], options: argparse.Namespace) -> int:
    if options.json:
        _print_json(facts)
    else:
        from explorer.terminal import show_facts

        show_facts({name.replace("_", " "): _as_text(value) for name, value in facts.items()})
    return 0


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_as_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))
