"""The command ``explorer build``, and the options that every building command has."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

from explorer.api.json_format import build_report_as_json
from explorer.builds.build import BuildOptions, build
from explorer.cli.commands import Commands
from explorer.cli.options import count, print_json, size, with_force
from explorer.embedders import DEFAULT_MODEL
from explorer.errors import DigestError, UnusableInput
from explorer.index.engines import DEFAULT_ENGINE, engine_names
from explorer.library.store import LibraryStore
from explorer.settings import FINENESS, ReadingLimits, Settings
from explorer.topics.answer_cache import AnswerCache
from explorer.topics.chat_endpoint import ChatEndpoint
from explorer.topics.custom_namer import Namer, load_namer
from explorer.topics.language_model import LanguageModel

DIGESTS = Path("data/digests")
"""Default folder of digests."""
_EXAMPLES = """\
examples:
  explorer build                          update from data/digests
  explorer build ~/Downloads/today.txt    add one digest
  explorer build --dry-run                preview the papers added, changed and removed
  explorer build --prune data/digests     also drop papers that are no longer in any digest
  explorer build --engine milvus --engine-uri http://127.0.0.1:19530
                                          search on a Milvus server (docs/scaling.md)
  explorer build --model ./my-model       use another sentence-transformers model
  explorer build --namer openai --namer-url http://localhost:11434/v1 --namer-model llama3.2
                                          name and summarise topics by a language model; sends
                                          it titles and beginnings of abstracts (docs/topics.md)
"""
_OPENAI = "openai"
"""``--namer`` for a language model behind an OpenAI-compatible server."""
_NAMER_KEY = "EXPLORER_NAMER_KEY"


def add_build(commands: Commands) -> None:
    """Add ``build``."""
    added = commands.add("build", build_library, "Build or update the library.", _EXAMPLES)
    with_digests(added)
    with_force(added)
    with_engines(added)
    added.add_argument(
        "--prune", action="store_true", help="drop papers that are in none of the given digests"
    )
    added.add_argument(
        "--full",
        action="store_true",
        help="rebuild everything from the papers alone; positions on the map change",
    )
    added.add_argument(
        "--redraw",
        action="store_true",
        help="redraw the map, starting from current positions, and cluster the topics anew",
    )
    added.add_argument("--dry-run", action="store_true", help="preview the changes; change nothing")
    added.add_argument(
        "--keep",
        type=count,
        default=0,
        metavar="N",
        help="number of versions kept for rollback, from now on; older ones are deleted, never the "
        "current one (default: unchanged, initially 5)",
    )
    added.add_argument(
        "--vectors",
        type=Path,
        metavar="FILE.npy",
        help="unit vectors of your own, one row for each record of the single digest given",
    )
    added.add_argument(
        "--topics",
        choices=list(FINENESS),
        default="",
        help="granularity of topics, from now on (default: unchanged)",
    )


def with_digests(added: argparse.ArgumentParser) -> None:
    """Add the digests that a command reads."""
    added.add_argument(
        "digests",
        nargs="*",
        type=Path,
        metavar="DIGEST_OR_FOLDER",
        help=f"digest files or folders of them (default: {DIGESTS})",
    )


def with_engines(added: argparse.ArgumentParser) -> None:
    """Add the options that choose the embedding model, the vector index and the topic namer."""
    added.add_argument(
        "--model",
        default="",
        help=f"sentence-transformers model, by name or path (default: the library's, or "
        f"{DEFAULT_MODEL} in a new one)",
    )
    added.add_argument(
        "--engine",
        default="",
        help=f"vector index: {', '.join(engine_names())} (default: the library's, or "
        f"{DEFAULT_ENGINE} in a new one)",
    )
    added.add_argument(
        "--memory",
        type=size,
        default=0,
        metavar="SIZE",
        help="memory limit of the vector index, such as 500M or 2G, from now on; a lower limit "
        "compresses vectors more (default: unchanged, initially 1G)",
    )
    added.add_argument(
        "--engine-uri",
        default="",
        metavar="URI",
        help="address of the index server, such as https://milvus.example.org:19530 (default: "
        "unchanged, else EXPLORER_ENGINE_URI; see docs/scaling.md)",
    )
    added.add_argument(
        "--namer",
        default="",
        metavar="MODULE:FUNCTION|openai",
        help="Python function of your own that names topics, or `openai` for the language model "
        "of --namer-url (see docs/topics.md; default: none, names are computed)",
    )
    added.add_argument(
        "--namer-url",
        default="",
        metavar="URL",
        help="OpenAI-compatible server, such as http://localhost:11434/v1, that names and "
        "summarises topics: titles and the beginnings of abstracts of representative papers are "
        f"sent to its host, and to no other; the key, if any, is ${_NAMER_KEY}",
    )
    added.add_argument(
        "--namer-model", default="", metavar="NAME", help="language model of --namer-url"
    )


def engine_options(options: argparse.Namespace) -> BuildOptions:
    """Return the options that :func:`with_engines` added; the namer as :func:`chosen_namer`."""
    return BuildOptions(
        model=options.model,
        engine=options.engine,
        memory=options.memory,
        engine_uri=options.engine_uri,
        namer=chosen_namer(options),
    )


def chosen_namer(options: argparse.Namespace) -> Namer | None:
    """Return the naming function of the options, after a notice if it sends anything away.

    A function is imported from the current folder.
    """
    url, model = options.namer_url, options.namer_model
    if options.namer != _OPENAI:
        if url or model:
            raise UnusableInput(f"--namer-url and --namer-model need `--namer {_OPENAI}`.")
        return load_namer(options.namer, Path.cwd()) if options.namer else None
    if not url or not model:
        raise UnusableInput(
            f"`--namer {_OPENAI}` needs --namer-url and --namer-model.",
            advice="For Ollama on this machine: --namer-url http://localhost:11434/v1 "
            "--namer-model llama3.2.",
        )
    endpoint = ChatEndpoint(url, os.environ.get(_NAMER_KEY, ""))
    namer = LanguageModel(endpoint, model, AnswerCache(LibraryStore(options.library).answers))
    if not vars(options).get("dry_run"):
        from explorer.cli.output.builds import show_notice

        show_notice(namer.notice)
    return namer


def build_library(options: argparse.Namespace) -> int:
    """Build or update the library and report the changes."""
    from explorer.cli.output.builds import show_report
    from explorer.cli.output.progress import build_progress

    if not options.digests and not DIGESTS.exists():
        raise DigestError(
            "there is no such folder here.", path=DIGESTS, advice="Give a digest file or a folder."
        )
    build_options = replace(
        engine_options(options),
        topics=options.topics,
        prune=options.prune,
        full=options.full,
        redraw=options.redraw,
        dry_run=options.dry_run,
        keep=options.keep,
        given_vectors=options.vectors,
        settings=Settings(reading=ReadingLimits(force=options.force)),
    )
    digests = options.digests or [DIGESTS]
    with build_progress() as progress:
        report = build(LibraryStore(options.library), digests, build_options, progress)
    if options.json:
        print_json(build_report_as_json(report))
    else:
        show_report(report, str(options.library))
    return 0
