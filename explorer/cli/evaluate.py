"""The command ``explorer evaluate``: search quality, on judged queries or on the library itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.api.json_format import (
    desk_replay_as_json,
    evaluation_as_json,
    self_evaluation_as_json,
)
from explorer.cli.commands import Commands
from explorer.cli.options import print_json, with_user
from explorer.desk.desk import desk_of
from explorer.desk.marks import marks_of
from explorer.embedders import DEFAULT_MODEL, open_embedder
from explorer.errors import UnusableInput
from explorer.evaluation.beir import read_collection
from explorer.evaluation.benchmark import evaluate
from explorer.evaluation.self_evaluation import self_evaluate
from explorer.library.store import LibraryStore

_EXAMPLES = """\
A collection is a folder in the format of BEIR, with corpus.jsonl, queries.jsonl (or either with
.gz) and qrels.tsv. Each search mode ranks its papers for each query; figures come with 95 %
intervals. --self needs no judgements; docs/search.md explains its figures. --taste replays your
desk: how well would the papers of each week have been ranked by the stars on earlier ones?

examples:
  explorer evaluate beir/scifact                 measure each search mode
  explorer evaluate my-queries --model ./my-model
  explorer evaluate --self                       measure your own library
  explorer evaluate --taste                      measure recommendations on your own desk
"""


def add_evaluate(commands: Commands) -> None:
    """Add ``evaluate``."""
    text = "Measure search on judged queries or the library itself, or recommendations."
    added = commands.add("evaluate", evaluate_search, text, _EXAMPLES)
    added.add_argument(
        "collection",
        nargs="?",
        type=Path,
        metavar="BEIR_FOLDER",
        help="collection with judged queries",
    )
    added.add_argument(
        "--self",
        dest="itself",
        action="store_true",
        help="measure the library, without judged queries",
    )
    added.add_argument(
        "--taste",
        action="store_true",
        help="measure recommendations on your desk, replayed week by week",
    )
    with_user(added)
    added.add_argument(
        "--model",
        default="",
        help=f"model for a collection, by name or path (default: {DEFAULT_MODEL})",
    )


def evaluate_search(options: argparse.Namespace) -> int:
    """Measure search quality, on judged queries or on the library itself."""
    from explorer.embedders.openvino import cache_folder

    if options.taste + options.itself + (options.collection is not None) != 1:
        raise UnusableInput("Give the folder of a collection, --self or --taste.")
    if options.model and options.collection is None:
        raise UnusableInput("The library is measured with its own model: leave out --model.")
    if options.taste:
        return _evaluate_recommendations(options)
    cache = cache_folder() / "evaluate"
    if options.itself:
        return _evaluate_library(options, cache)
    return _evaluate_collection(options, cache)


def _evaluate_library(options: argparse.Namespace, cache: Path) -> int:
    from explorer.cli.output.progress import build_progress
    from explorer.cli.output.search import show_self_evaluation

    generation = LibraryStore(options.library).open()
    embedder = open_embedder(generation.manifest.model)
    with build_progress() as progress:
        metrics = self_evaluate(generation, embedder, cache, progress)
    if options.json:
        print_json(self_evaluation_as_json(generation, metrics))
    else:
        show_self_evaluation(generation, metrics)
    return 0


def _evaluate_recommendations(options: argparse.Namespace) -> int:
    from explorer.cli.output.search import show_desk_replay
    from explorer.evaluation.desk_replay import replay_desk

    generation = LibraryStore(options.library).open()
    replay = replay_desk(generation, marks_of(generation, desk_of(options.library, options.user)))
    if options.json:
        print_json(desk_replay_as_json(replay))
    else:
        show_desk_replay(replay)
    return 0


def _evaluate_collection(options: argparse.Namespace, cache: Path) -> int:
    from explorer.cli.output.progress import build_progress
    from explorer.cli.output.search import show_evaluation

    collection = read_collection(options.collection)
    embedder = open_embedder(options.model or DEFAULT_MODEL)
    with build_progress() as progress:
        evaluation = evaluate(collection, embedder, cache, progress)
    if options.json:
        print_json(evaluation_as_json(evaluation))
    else:
        show_evaluation(evaluation)
    return 0
