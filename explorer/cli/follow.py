"""The group ``explorer follow``: follow searches, and show their new papers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from explorer.alerts.atom import write_feeds
from explorer.alerts.followed_search import (
    LONGEST_NAME,
    MOST,
    FollowedResults,
    described,
    followed,
    needs_model,
    run,
    typed,
)
from explorer.api.json_format import followed_search_as_json
from explorer.cli.commands import Commands
from explorer.cli.options import count, print_json, with_since, with_user
from explorer.cli.search import query_of, with_query
from explorer.desk.desk import Desk, FollowedSearch, desk_of
from explorer.desk.marks import PaperMarks, marks_of
from explorer.embedders import Embedder, open_embedder
from explorer.errors import UnusableInput
from explorer.insights.whats_new import moment_of
from explorer.library.arrival import milliseconds, moment_at
from explorer.library.generation import Generation
from explorer.library.lookup import find_topic
from explorer.library.store import LibraryStore
from explorer.search.model import Query

_GROUP_EXAMPLES = """\
To follow a query that is one of these words, write for example: explorer follow add list

examples:
  explorer follow                                    show new papers of each followed search
  explorer follow add "KV cache compression" --name serving
  explorer follow list
  explorer follow remove serving
"""
_ADD_EXAMPLES = """\
Any query of `explorer search` can be followed. A paper matches if it is among the first --top
papers of the ranking over the whole library.

examples:
  explorer follow add "KV cache compression" --name serving
  explorer follow add "is:starred" --like 2405.14458 --name neighbours --top 50
"""
_RUN_EXAMPLES = """\
Papers are new if they were added after the newest paper you have seen, or after --since.

examples:
  explorer follow run                           the same as `explorer follow`
  explorer follow --seen                        also mark the listed papers as seen
  explorer follow --since 2026-11-20 --json     for cron and mail
  explorer follow --atom public/feeds           also write an Atom feed for each search
"""
_REMOVE_EXAMPLES = """\
examples:
  explorer follow list
  explorer follow remove serving
"""


def add_follow(commands: Commands) -> None:
    """Add ``follow run``, ``add``, ``list`` and ``remove``."""
    text = "Follow searches, and show their new papers."
    group = commands.group("follow", text, _GROUP_EXAMPLES, default="run")

    text = "Show the new papers of each followed search."
    added = group.add("run", show_new, text, _RUN_EXAMPLES)
    with_since(added, "default: since you last marked papers as seen")
    added.add_argument("--seen", action="store_true", help="mark the listed papers as seen")
    added.add_argument(
        "--atom",
        type=Path,
        metavar="FOLDER",
        help="folder to write an Atom feed for each search to",
    )
    added.add_argument(
        "--base-url", default="", metavar="URL", help="public address of that folder"
    )
    with_user(added)

    added = group.add("add", add_followed_search, "Follow a search.", _ADD_EXAMPLES)
    with_query(added)
    added.add_argument("--name", default="", help="name of the search (default: the query)")
    added.add_argument(
        "--top",
        type=count,
        metavar="N",
        help=f"number of papers at the top of the ranking that match (default: {MOST})",
    )

    added = group.add("list", list_searches, "List the followed searches.")
    with_user(added)

    added = group.add("remove", remove_searches, "Stop following searches.", _REMOVE_EXAMPLES)
    added.add_argument(
        "names", nargs="+", metavar="NAME", help="name of a search (`explorer follow list`)"
    )
    with_user(added)


def add_followed_search(options: argparse.Namespace) -> int:
    """Follow a search from now on."""
    selects = bool(options.query.strip() or options.like or options.unlike)
    selects = selects or bool(options.topic or options.source or any(options.year))
    if not selects:
        raise UnusableInput("Nothing to follow: give some words, a field, --like ID or a filter.")
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    query = query_of(options, generation)
    name = options.name or _default_name(generation, query)
    search = desk.follow(followed(generation, name, query, options.top or MOST))
    (results,) = _run_each(generation, [search], marks_of(generation, desk), None)
    if options.json:
        print_json(followed_search_as_json(generation, results))
    else:
        print(
            f"Following “{search.name}”: {described(search)} ({len(results.hits)} papers match "
            "now; `explorer follow` shows new ones)"
        )
    return 0


def show_new(options: argparse.Namespace) -> int:
    """Show the new papers of each followed search; 1 if any search has a problem."""
    since = moment_of(options.since) if options.since else None
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    results = run_followed(generation, desk, since)
    feeds = write_feeds(generation, results, options.atom, options.base_url) if options.atom else []
    if options.seen and results:
        seen = [result.following.name for result in results if not result.problem]
        desk.mark_seen(seen, int(generation.added_at.max()))
    if options.json:
        searches = [followed_search_as_json(generation, result) for result in results]
        print_json({"searches": searches, "feeds": [str(file) for file in feeds]})
    else:
        from explorer.cli.output.desk import show_new_matches

        show_new_matches(generation, results, feeds)
    return 1 if any(result.problem for result in results) else 0


def list_searches(options: argparse.Namespace) -> int:
    """List the followed searches without running them."""
    searches = desk_of(options.library, options.user).followings()
    if options.json:
        print_json({"searches": [_search_as_json(search) for search in searches]})
    else:
        from explorer.cli.output.desk import show_followed

        show_followed(searches)
    return 0


def remove_searches(options: argparse.Namespace) -> int:
    """Stop following searches."""
    desk = desk_of(options.library, options.user)
    for name in options.names:
        desk.unfollow(name)
    if options.json:
        print_json({"unfollowed": options.names})
    else:
        print(f"No longer following: {', '.join(options.names)}")
    return 0


def run_followed(
    generation: Generation, desk: Desk, since: datetime | None
) -> list[FollowedResults]:
    """Return the results of each followed search, new papers being those added after ``since``."""
    moment = None if since is None else milliseconds(since.isoformat())
    return _run_each(generation, desk.followings(), marks_of(generation, desk), moment)


def _default_name(generation: Generation, query: Query) -> str:
    """Return the name of a search that was given none: its query, shortened."""
    text = query.text.strip() or typed(query)
    text = text or find_topic(generation, query.filters.topic).label
    return " ".join(text.split())[:LONGEST_NAME]


def _search_as_json(search: FollowedSearch) -> dict[str, str | int]:
    return {
        "name": search.name,
        "query": described(search),
        "begun": search.followed_at,
        "seen": moment_at(search.seen).isoformat(timespec="milliseconds"),
        "top": search.most,
    }


def _run_each(
    generation: Generation,
    searches: Sequence[FollowedSearch],
    marks: PaperMarks,
    since: int | None,
) -> list[FollowedResults]:
    embedder: Embedder | None = None
    if any(needs_model(generation, search) for search in searches):
        from explorer.cli.output.progress import waiting

        embedder = open_embedder(generation.manifest.model)
        with waiting("Loading the model ..."):
            embedder.embed_queries(["warm up"])
    return [run(generation, embedder, search, marks, since) for search in searches]
