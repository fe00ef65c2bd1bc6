"""The commands ``explorer search`` and ``explorer similar``."""

from __future__ import annotations

import argparse
from dataclasses import replace

from explorer.api.json_format import results_as_json
from explorer.cli.commands import Commands
from explorer.cli.options import ANY_ID, count, one_of, print_json, with_user, years
from explorer.desk.desk import desk_of
from explorer.desk.marks import marks_of
from explorer.embedders import open_embedder
from explorer.errors import UnusableInput
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.explain import explain
from explorer.search.filters import Filters
from explorer.search.model import Mode, Query, Results, Sort
from explorer.search.queries.syntax import DISMISSED, STARRED
from explorer.search.search import needs_model, search
from explorer.search.similar import similar

_SEARCH_EXAMPLES = """\
examples:
  explorer search "text to video generation"
  explorer search "KV cache compression" -k 5 --mode dense
  explorer search --like 2405.14458 --unlike 1801.04381
  explorer search 'diffusion "text to video" -survey author:smith year:2023..'
  explorer search diffusion --topic t4 --year 2023..2024 --json
  explorer search "Goldberg 2020"              papers of an author in a year
  explorer search "sarcsm" --literal           without correcting the spelling
  explorer search "is:starred tag:thesis"      papers on your desk
  explorer search --like-starred               recommend papers from your stars
"""
_SIMILAR_EXAMPLES = """\
examples:
  explorer similar 2405.14458
  explorer similar 10.1000/xyz123 -k 20 --year 2023..
"""


def add_search(commands: Commands) -> None:
    """Add ``search`` and ``similar``."""
    text = "Search the library by meaning and words."
    added = commands.add("search", search_papers, text, _SEARCH_EXAMPLES)
    with_query(added)
    _with_count(added)
    added.add_argument(
        "--like-starred",
        action="store_true",
        help="recommend papers from your stars, unlike those marked not for you",
    )
    added.add_argument(
        "--sort",
        type=one_of(Sort),
        choices=list(Sort),
        default=Sort.RELEVANCE,
        help="order of the hits (default: relevance)",
    )
    added.add_argument("--diverse", action="store_true", help="diversify the hits")
    added.add_argument(
        "--no-explain",
        dest="explain",
        action="store_false",
        help="skip the key sentence of each hit; faster",
    )
    text = "List the papers most similar to a paper."
    added = commands.add("similar", similar_papers, text, _SIMILAR_EXAMPLES)
    added.add_argument("id", metavar="ID", help=ANY_ID)
    _with_count(added)
    _with_filters(added)


def with_query(added: argparse.ArgumentParser) -> None:
    """Add the options of a query; :func:`query_of` reads them."""
    added.add_argument(
        "query",
        nargs="?",
        default="",
        metavar="QUERY",
        help='words, "phrases", -excluded, fields (title: author: year: is: tag: ...)',
    )
    added.add_argument(
        "--mode",
        type=one_of(Mode),
        choices=list(Mode),
        default=Mode.HYBRID,
        help="meaning (dense), words (lexical) or both (default: hybrid)",
    )
    added.add_argument(
        "--literal",
        action="store_true",
        help="search for the words exactly as typed: no correction of spelling, no author, venue, "
        "year or request recognised in them",
    )
    added.add_argument(
        "--like", action="append", default=[], metavar="ID", help="prefer papers like this one"
    )
    added.add_argument(
        "--unlike", action="append", default=[], metavar="ID", help="avoid papers like this one"
    )
    _with_filters(added)
    with_user(added)


def _with_count(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "-k", type=count, default=10, metavar="N", help="number of papers (default: 10)"
    )


def _with_filters(added: argparse.ArgumentParser) -> None:
    added.add_argument("--topic", default="", help="only papers of this topic, by id or name")
    added.add_argument(
        "--source", default="", metavar="DIGEST", help="only papers from this digest"
    )
    added.add_argument(
        "--year",
        type=years,
        default=(None, None),
        metavar="YEARS",
        help="only papers of these years: 2023, 2020.., 2020..2023",
    )


def query_of(options: argparse.Namespace, generation: Generation) -> Query:
    """Return the query given by the options of :func:`with_query`."""
    marks = marks_of(generation, desk_of(options.library, options.user))
    return Query(
        text=options.query,
        like=tuple(options.like),
        unlike=tuple(options.unlike),
        filters=replace(_filters(options), desk=marks),
        mode=options.mode,
        literal=options.literal,
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
    if options.explain and results.vector is not None:
        results = explain(generation, embedder or open_embedder(model), results)
    return _print(results, options)


def similar_papers(options: argparse.Namespace) -> int:
    """List the papers most similar to a paper."""
    generation = LibraryStore(options.library).open()
    return _print(similar(generation, options.id, options.k, _filters(options)), options)


def _filters(options: argparse.Namespace) -> Filters:
    return Filters(options.topic, options.source, *options.year)


def _print(results: Results, options: argparse.Namespace) -> int:
    if options.json:
        print_json(results_as_json(results))
    else:
        from explorer.cli.output.search import show_results

        show_results(results)
    return 0
