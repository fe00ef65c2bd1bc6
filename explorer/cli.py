"""The command line: ``explorer COMMAND``; see ``explorer --help``.

With ``--json`` a command prints one JSON document on standard output and nothing else there.
Exit codes: 0 done, 1 the work failed, 2 wrong usage or unusable input.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from explorer import __version__
from explorer.as_json import (
    dossier_as_json,
    hit_as_json,
    paper_as_json,
    read_as_json,
    rejection_as_json,
    report_as_json,
    said_as_json,
    topic_as_json,
)
from explorer.build import Options, build
from explorer.dossier import dossier
from explorer.duplicates import LEAST_SIMILARITY, near_duplicates
from explorer.embedders import DEFAULT_MODEL, open_embedder
from explorer.engines import DEFAULT_ENGINE
from explorer.errors import DigestError, ExplorerError, UnusableInput
from explorer.generation import GIVEN, Generation
from explorer.inspection import Inspection, inspect
from explorer.library import DEFAULT_FOLDER, Library
from explorer.namers import load_namer
from explorer.paper import Paper
from explorer.readers import Rejection, digest_files
from explorer.retopic import Said, everything_said, merge, pin, rename, unsay
from explorer.search import Filters, Mode, Query, Results, find_topic, search, similar
from explorer.settings import FINENESS
from explorer.topics import Topic
from explorer.trends import Order, Trends, in_order, trends

_DIGESTS = Path("data/digests")

_BUILD_EXAMPLES = """\
examples:
  explorer build                          update from data/digests
  explorer build ~/Downloads/today.txt    add one digest
  explorer build --prune data/digests     and drop papers that are in no digest any more
  explorer build --model ./my-model       another sentence-transformers model
"""
_SEARCH_EXAMPLES = """\
examples:
  explorer search "text to video generation"
  explorer search "KV cache compression" -k 5 --mode dense
  explorer search --like 2405.14458 --unlike 1801.04381
  explorer search diffusion --topic t4 --year 2023..2024 --json
"""
_RENAME_EXAMPLES = """\
The name stays through every later build; `explorer unsay` takes it back.

examples:
  explorer rename t4 "Serving language models"
  explorer rename "KV cache" "Memory of language models"
"""
_MERGE_EXAMPLES = """\
The topics are one from now on, through every later build; `explorer unsay` takes it back.

examples:
  explorer merge t4 t7
  explorer merge "video editing" "video diffusion" --name "Video"
"""
_PIN_EXAMPLES = """\
Its papers stay together under this name, whatever later builds find. New papers join when they
come to lie among them. `explorer unsay` takes it back.

examples:
  explorer pin t4
  explorer pin "KV cache" --name "My thesis"
"""
_UNSAY_EXAMPLES = """\
examples:
  explorer unsay       list what was said, each with its number and the topic it applies to now
  explorer unsay 3     take back number 3
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 2 if isinstance(error, UnusableInput) else 1
    except KeyboardInterrupt:
        print("explorer: stopped; the library is as it was.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough ("| head"); Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="explorer",
        description="Search your paper digests by meaning and see them as a map of topics.",
        epilog="Start with `explorer build`, then `explorer app`. "
        "Each command explains itself: `explorer search --help`.",
    )
    parser.add_argument("--version", action="version", version=f"explorer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Any, text: str, examples: str = "") -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        added.add_argument("--json", action="store_true", help="one JSON document on stdout")
        return added

    def with_library(added: argparse.ArgumentParser) -> argparse.ArgumentParser:
        added.add_argument(
            "--library",
            type=Path,
            default=Path(os.environ.get("EXPLORER_LIBRARY", DEFAULT_FOLDER)),
            metavar="DIR",
            help=f"library folder (default: $EXPLORER_LIBRARY or {DEFAULT_FOLDER})",
        )
        return added

    added = with_library(command("build", _build, "Build or update the library.", _BUILD_EXAMPLES))
    added.add_argument(
        "digests",
        nargs="*",
        type=Path,
        metavar="DIGEST_OR_FOLDER",
        help=f"digest files or folders of them (default: {_DIGESTS})",
    )
    added.add_argument(
        "--model",
        default="",
        help=f"sentence-transformers model, by name or path (default: {DEFAULT_MODEL})",
    )
    added.add_argument("--engine", default=DEFAULT_ENGINE, help="vector index (default: faiss)")
    added.add_argument(
        "--prune", action="store_true", help="drop papers that none of the given digests holds"
    )
    added.add_argument(
        "--full", action="store_true", help="compute index, map and topics anew in any case"
    )
    added.add_argument("--redraw", action="store_true", help="draw the map anew in any case")
    added.add_argument(
        "--vectors",
        type=Path,
        metavar="FILE.npy",
        help="your own unit vectors, one row a record of the one digest given",
    )
    added.add_argument(
        "--topics",
        choices=list(FINENESS),
        default="",
        help="how fine topics are, from now on (default: as before)",
    )
    added.add_argument(
        "--namer",
        default="",
        metavar="MODULE:FUNCTION",
        help="your own function that names topics (see docs/topics.md)",
    )

    added = with_library(command("inspect", _inspect, "Show what digests hold; write nothing."))
    added.add_argument("files", nargs="+", type=Path, metavar="FILE", help="digests or folders")

    added = with_library(command("search", _search, "Search the library.", _SEARCH_EXAMPLES))
    added.add_argument("query", nargs="?", default="", metavar="QUERY", help="any words at all")
    added.add_argument(
        "--mode", type=Mode, choices=list(Mode), default=Mode.HYBRID, help="default: hybrid"
    )
    added.add_argument("--like", action="append", default=[], metavar="ID", help="more like this")
    added.add_argument("--unlike", action="append", default=[], metavar="ID", help="less like this")
    _with_filters(added)

    added = with_library(command("similar", _similar, "List the papers nearest to one paper."))
    added.add_argument("id", metavar="ID", help="the library's id, an arXiv id, a DOI ...")
    _with_filters(added)

    added = with_library(command("topics", _topics, "List the topics, coarse to fine."))
    added.add_argument(
        "--sort",
        type=Order,
        choices=list(Order),
        default=Order.SIZE,
        help="largest, newest or fastest growing first (default: size)",
    )
    added.add_argument("--csv", type=Path, metavar="FILE", help="write them as a table")

    added = with_library(command("topic", _topic, "Tell all about one topic."))
    added.add_argument("name", metavar="NAME_OR_ID", help="as `explorer topics` lists them")

    _with_statements(with_library, command)

    added = with_library(command("export", _export, "Write out all papers with map and topics."))
    added.add_argument("--format", choices=["jsonl"], default="jsonl", help="default: jsonl")
    added.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")

    added = with_library(
        command("duplicates", _duplicates, "List papers that are nearly the same, as suggestions.")
    )
    added.add_argument(
        "--least",
        type=float,
        default=LEAST_SIMILARITY,
        metavar="COSINE",
        help=f"least similarity of a pair (default: {LEAST_SIMILARITY})",
    )

    with_library(command("stats", _stats, "Count what is in the library."))
    with_library(command("history", _history, "List the generations on disk."))
    with_library(command("rollback", _rollback, "Go back to the generation before the live one."))

    added = with_library(command("app", _app, "Open the page in the browser."))
    added.add_argument("--port", type=int, default=8501, help="default: 8501")
    return parser


def _with_statements(
    with_library: Callable[[argparse.ArgumentParser], argparse.ArgumentParser],
    command: Callable[[str, Any, str, str], argparse.ArgumentParser],
) -> None:
    """Add the commands by which people say something of topics."""
    known = "id or name, as `explorer topics` lists them"
    told = "Give a topic a name of your own."
    added = with_library(command("rename", _rename, told, _RENAME_EXAMPLES))
    added.add_argument("topic", metavar="TOPIC", help=known)
    added.add_argument("name", metavar="NAME", help="what to call it")

    told = "Make topics of one level a single one."
    added = with_library(command("merge", _merge, told, _MERGE_EXAMPLES))
    added.add_argument("topics", nargs="+", metavar="TOPIC", help=f"two or more, each {known}")
    added.add_argument("--name", default="", help="what to call it (default: found anew)")

    told = "Hold the papers of a topic together."
    added = with_library(command("pin", _pin, told, _PIN_EXAMPLES))
    added.add_argument("topic", metavar="TOPIC", help=known)
    added.add_argument("--name", default="", help="what to call it (default: its present name)")

    told = "List what was said of topics, or take one of it back."
    added = with_library(command("unsay", _unsay, told, _UNSAY_EXAMPLES))
    added.add_argument("number", nargs="?", type=_count, metavar="NUMBER", help="what to take back")


def _with_filters(added: argparse.ArgumentParser) -> None:
    added.add_argument("-k", type=_count, default=10, metavar="N", help="how many (default: 10)")
    added.add_argument("--topic", default="", help="only this topic, by id or name")
    added.add_argument("--source", default="", metavar="DIGEST", help="only from this digest")
    added.add_argument(
        "--year",
        type=_years,
        default=(None, None),
        metavar="YEARS",
        help="2023, 2020.., 2020..2023",
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def _years(text: str) -> tuple[int | None, int | None]:
    first, dots, last = text.partition("..")
    if not (first + last).isdigit() or (not dots and not first):
        raise argparse.ArgumentTypeError(f"{text!r} is no range of years, such as 2020..2023")
    begin = int(first) if first else None
    end = int(last) if last else None
    return (begin, end) if dots else (begin, begin)


def _filters(options: argparse.Namespace) -> Filters:
    return Filters(options.topic, options.source, *options.year)


def _build(options: argparse.Namespace) -> int:
    from explorer.terminal import build_progress, show_report

    digests = options.digests or [_DIGESTS]
    if not options.digests and not _DIGESTS.exists():
        raise DigestError(f"{_DIGESTS}: there is no such folder here. Name a digest or a folder.")
    chosen = Options(
        topics=options.topics,
        namer=load_namer(options.namer, Path.cwd()) if options.namer else None,
        model=options.model,
        engine=options.engine,
        prune=options.prune,
        full=options.full,
        redraw=options.redraw,
        given_vectors=options.vectors,
    )
    with build_progress() as progress:
        report = build(Library(options.library), digests, chosen, progress)
    if options.json:
        _print_json(report_as_json(report))
    else:
        show_report(report, str(options.library))
    return 0


def _inspect(options: argparse.Namespace) -> int:
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


def _search(options: argparse.Namespace) -> int:
    query = Query(
        text=options.query,
        like=tuple(options.like),
        unlike=tuple(options.unlike),
        filters=_filters(options),
        mode=options.mode,
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
    return _give(search(generation, embedder, query, options.k), options)


def _similar(options: argparse.Namespace) -> int:
    generation = Library(options.library).open()
    return _give(similar(generation, options.id, options.k, _filters(options)), options)


def _give(results: Results, options: argparse.Namespace) -> int:
    if options.json:
        hits = [hit_as_json(hit) for hit in results.hits]
        _print_json({"hits": hits, "seconds": round(results.seconds, 4), "mode": results.mode})
    else:
        from explorer.terminal import show_results

        show_results(results, getattr(options, "query", ""))
    return 0


def _topics(options: argparse.Namespace) -> int:
    generation = Library(options.library).open()
    found = trends(generation)
    levels = [in_order(level, found, options.sort) for level in generation.levels]
    topics = [topic for level in levels for topic in level]
    if options.csv is not None:
        _write(options.csv, lambda file: _write_table(topics, found, generation.size, file))
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


def _write_table(topics: Sequence[Topic], found: Trends, papers: int, file: TextIO) -> None:
    columns = "id level parent label keywords size share evidence growth newest".split()
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*columns, *found.periods])
    for topic in topics:
        facts = topic_as_json(topic, found.of[topic.id], papers)
        facts |= {"label": _cell(topic.label), "keywords": _cell("; ".join(topic.keywords))}
        table.writerow([*(facts[name] for name in columns), *found.of[topic.id].counts])


def _cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _topic(options: argparse.Namespace) -> int:
    generation = Library(options.library).open()
    topic = find_topic(generation, options.name)
    found, dated = dossier(generation, topic), trends(generation)
    if options.json:
        _print_json(dossier_as_json(generation, found, dated))
    else:
        from explorer.terminal import show_topic

        show_topic(generation, found, dated)
    return 0


def _rename(options: argparse.Namespace) -> int:
    from explorer.terminal import build_progress

    with build_progress() as progress:
        said = rename(Library(options.library), options.topic, options.name, progress)
    return _tell_said(said, options)


def _merge(options: argparse.Namespace) -> int:
    from explorer.terminal import build_progress

    with build_progress() as progress:
        said = merge(Library(options.library), options.topics, options.name, progress)
    return _tell_said(said, options)


def _pin(options: argparse.Namespace) -> int:
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


def _unsay(options: argparse.Namespace) -> int:
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


def _export(options: argparse.Namespace) -> int:
    generation = Library(options.library).open()
    if options.json and options.output is None:
        raise UnusableInput("--json needs --output FILE here: standard output is for the papers.")
    if options.output is None:
        _write_lines(generation, sys.stdout)
        return 0
    _write(options.output, lambda file: _write_lines(generation, file))
    if options.json:
        _print_json({"file": str(options.output), "papers": generation.size})
    else:
        print(f"{generation.size:,} papers written to {options.output}")
    return 0


def _write(path: Path, write: Callable[[TextIO], None]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            write(file)
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be written ({error.strerror}).") from None


def _write_lines(generation: Generation, file: TextIO) -> None:
    for row, paper in enumerate(generation.records):
        x, y = (round(float(value), 4) for value in generation.positions[row])
        topics = [topic.id for topic in generation.topics_of(row)]
        strengths = [round(float(level[row]), 3) for level in generation.strengths]
        record = paper_as_json(paper) | {"x": x, "y": y, "topics": topics, "strengths": strengths}
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _duplicates(options: argparse.Namespace) -> int:
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


def _stats(options: argparse.Namespace) -> int:
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


def _history(options: argparse.Namespace) -> int:
    library = Library(options.library)
    generations = [
        {
            "generation": manifest.number,
            "live": f"{manifest.number:06d}" == library.live,
            "created": manifest.created,
            "papers": manifest.papers,
            **manifest.changes,
        }
        for manifest in library.history()
    ]
    if options.json:
        _print_json({"generations": generations})
    else:
        for facts in generations:
            mark = "*" if facts["live"] else " "
            print(
                f"{mark} {facts['generation']:>4}  {facts['created']}  {facts['papers']:>9,} papers"
                f"  +{facts['added']} ~{facts['changed']} -{facts['removed']}"
            )
    return 0


def _rollback(options: argparse.Namespace) -> int:
    manifest = Library(options.library).rollback()
    return _tell({"generation": manifest.number, "papers": manifest.papers}, options)


def _app(options: argparse.Namespace) -> int:
    import explorer.app as page

    script = Path(page.__file__).with_name("page.py")
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(options.port), "--", "--library", str(options.library)]
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


if __name__ == "__main__":
    sys.exit(main())
