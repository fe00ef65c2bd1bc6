"""The commands that look for papers, and tell how well that goes."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from explorer.api.json_format import evaluation_as_json, results_as_json, self_evaluation_as_json
from explorer.cli.options import Commands, count, print_json, with_user, years
from explorer.desk.desk import desk_of
from explorer.desk.marks import marks_of
from explorer.embedders import DEFAULT_MODEL, open_embedder
from explorer.errors import UnusableInput
from explorer.evaluation.beir import read_collection
from explorer.evaluation.benchmark import evaluate
from explorer.evaluation.self_evaluation import self_evaluate
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.explain import explain
from explorer.search.filters import Filters
from explorer.search.query import DISMISSED, STARRED
from explorer.search.search import Mode, Query, Results, Sort, needs_model, search, similar

_SEARCH_EXAMPLES = """\
examples:
  explorer search "text to video generation"
  explorer search "KV cache compression" -k 5 --mode dense
  explorer search --like 2405.14458 --unlike 1801.04381
  explorer search 'diffusion "text to video" -survey author:smith year:2023..'
  explorer search diffusion --topic t4 --year 2023..2024 --json
  explorer search "is:starred tag:thesis"      among what is on your desk
  explorer search --like-starred               more like what you starred
"""
_EVALUATE_EXAMPLES = """\
A collection is a folder with corpus.jsonl, queries.jsonl (or either with .gz) and qrels.tsv, as
those of BEIR. Each mode of search ranks its papers for each query; figures come with 95 %
intervals. --self needs no judgements; docs/search.md tells what each of its figures is.

examples:
  explorer evaluate beir/scifact                 how well each mode ranks
  explorer evaluate my-queries --model ./my-model
  explorer evaluate --self                       how good your own library is
"""


def add_search(commands: Commands) -> None:
    """Add ``search``, ``similar`` and ``evaluate``."""
    added = commands.add("search", search_papers, "Search the library.", _SEARCH_EXAMPLES)
    with_query(added)
    added.add_argument("-k", type=count, default=10, metavar="N", help="how many (default: 10)")
    added.add_argument(
        "--like-starred",
        action="store_true",
        help="more like what you starred, less like what is not for you",
    )
    added.add_argument(
        "--sort", type=Sort, choices=list(Sort), default=Sort.RELEVANCE, help="default: relevance"
    )
    added.add_argument("--diverse", action="store_true", help="diversify the hits")
    added.add_argument(
        "--quick", action="store_true", help="do not look for the telling sentence of each hit"
    )
    told = "List the papers nearest to one paper."
    added = commands.add("similar", similar_papers, told)
    added.add_argument("id", metavar="ID", help="the library's id, an arXiv id, a DOI ...")
    added.add_argument("-k", type=count, default=10, metavar="N", help="how many (default: 10)")
    _with_filters(added)
    told = "Measure how well search ranks: on judged queries, or on the library itself."
    added = commands.add("evaluate", evaluate_search, told, _EVALUATE_EXAMPLES)
    added.add_argument(
        "collection", nargs="?", type=Path, metavar="BEIR_FOLDER", help="judged queries"
    )
    added.add_argument(
        "--self", dest="itself", action="store_true", help="measure the library, unjudged"
    )
    added.add_argument(
        "--model", default="", help=f"for a collection, by name or path (default: {DEFAULT_MODEL})"
    )


def with_query(added: argparse.ArgumentParser) -> None:
    """Add what says what is searched for; :func:`query_of` reads it."""
    added.add_argument(
        "query",
        nargs="?",
        default="",
        metavar="QUERY",
        help='words, "phrases", -without, fields (title: author: year: is: tag: ...)',
    )
    added.add_argument(
        "--mode", type=Mode, choices=list(Mode), default=Mode.HYBRID, help="default: hybrid"
    )
    added.add_argument("--like", action="append", default=[], metavar="ID", help="more like this")
    added.add_argument("--unlike", action="append", default=[], metavar="ID", help="less like this")
    _with_filters(added)
    with_user(added)


def _with_filters(added: argparse.ArgumentParser) -> None:
    added.add_argument("--topic", default="", help="only this topic, by id or name")
    added.add_argument("--source", default="", metavar="DIGEST", help="only from this digest")
    added.add_argument(
        "--year",
        type=years,
        default=(None, None),
        metavar="YEARS",
        help="2023, 2020.., 2020..2023",
    )


def query_of(options: argparse.Namespace, generation: Generation) -> Query:
    """Return the query that the options of :func:`with_query` ask for."""
    marks = marks_of(generation, desk_of(options.library, options.user))
    return Query(
        text=options.query,
        like=tuple(options.like),
        unlike=tuple(options.unlike),
        filters=replace(_filters(options), desk=marks),
        mode=options.mode,
    )


def search_papers(options: argparse.Namespace) -> int:
    """Search the library."""
    if options.like_starred:
        options.query = f"{options.query} like:{STARRED} unlike:{DISMISSED}".strip()
    if not options.query.strip() and not options.like and not options.unlike:
        raise UnusableInput("Nothing to search for: give some words, or --like ID.")
    generation = LibraryStore(options.library).open()
    query = replace(query_of(options, generation), sort=options.sort, diverse=options.diverse)
    model = generation.manifest.model
    embedder = open_embedder(model) if needs_model(generation, query) else None
    if embedder is not None:
        from explorer.cli.output.progress import waiting

        with waiting("Loading the model ..."):
            embedder.embed_queries(["warm up"])
    results = search(generation, embedder, query, options.k)
    if not options.quick and results.vector is not None:
        results = explain(embedder or open_embedder(model), results)
    return _give(results, options)


def similar_papers(options: argparse.Namespace) -> int:
    """List the papers nearest to one paper."""
    generation = LibraryStore(options.library).open()
    return _give(similar(generation, options.id, options.k, _filters(options)), options)


def evaluate_search(options: argparse.Namespace) -> int:
    """Measure how well search ranks, on judged queries or on the library itself."""
    from explorer.cli.output.progress import build_progress
    from explorer.cli.output.searching import show_evaluation, show_self_evaluation
    from explorer.embedders.openvino import cache_folder

    if options.itself == (options.collection is not None):
        raise UnusableInput("Name the folder of a judged collection, or give --self.")
    if options.itself and options.model:
        raise UnusableInput("--self measures the library with its own model: leave out --model.")
    cache = cache_folder() / "evaluate"
    if options.itself:
        generation = LibraryStore(options.library).open()
        embedder = open_embedder(generation.manifest.model)
        with build_progress() as progress:
            told = self_evaluate(generation, embedder, cache, progress)
        if options.json:
            print_json(self_evaluation_as_json(generation, told))
        else:
            show_self_evaluation(generation, told)
        return 0
    collection = read_collection(options.collection)
    with build_progress() as progress:
        found = evaluate(collection, open_embedder(options.model or DEFAULT_MODEL), cache, progress)
    if options.json:
        print_json(evaluation_as_json(found))
    else:
        show_evaluation(found)
    return 0


def _filters(options: argparse.Namespace) -> Filters:
    return Filters(options.topic, options.source, *options.year)


def _give(results: Results, options: argparse.Namespace) -> int:
    if options.json:
        print_json(results_as_json(results))
    else:
        from explorer.cli.output.searching import show_results

        show_results(results)
    return 0
