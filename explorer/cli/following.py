"""Commands for what is new to a user: followed searches, feeds, a digest page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from explorer.alerts.atom import write_feeds
from explorer.alerts.briefing import BriefingFormat, as_html, as_markdown, briefing
from explorer.alerts.followed_search import (
    LONGEST_NAME,
    MOST,
    FollowedResults,
    described,
    followed,
    needs_model,
    newest_first,
    run,
    typed,
)
from explorer.api.json_format import briefing_as_json, followed_search_as_json
from explorer.cli.options import Commands, count, print_json, with_user
from explorer.cli.searching import query_of, with_query
from explorer.desk.desk import Desk, FollowedSearch, desk_of
from explorer.desk.marks import PaperMarks, marks_of
from explorer.embedders import Embedder, open_embedder
from explorer.errors import UnusableInput
from explorer.export import write_file
from explorer.insights.whats_new import moment_of
from explorer.library.generation import Generation, milliseconds
from explorer.library.store import LibraryStore
from explorer.search.filters import find_topic
from explorer.search.search import Query

_FOLLOW_EXAMPLES = """\
With a query it follows a search from now on; any query of `explorer search` will do. Without one it
lists the searches that are followed, each with the papers that are new since you last saw them. A
paper counts if it is among the first of the ranking over the whole library (--top).

examples:
  explorer follow "KV cache compression" --name serving
  explorer follow "is:starred" --like 2405.14458 --name neighbours --top 50
  explorer follow                           what is new in each
  explorer follow --seen                    the same, and all of it counts as seen then
  explorer follow --since 2026-11-20 --json for cron and mail
  explorer follow --atom public/feeds       a feed file for each
"""
_DIGEST_EXAMPLES = """\
New papers by topic, those nearest to your starred papers first; what you have read or what is not
for you is left out. Without --since it tells what the last build with new papers brought.

examples:
  explorer digest
  explorer digest --since 2026-11-20 --format html --output today.html
"""


def add_following(commands: Commands) -> None:
    """Add ``follow``, ``unfollow`` and ``digest``."""
    told = "Follow a search, or tell what is new in those that are followed."
    added = commands.add("follow", follow, told, _FOLLOW_EXAMPLES)
    with_query(added)
    added.add_argument("--name", default="", help="what to call it (default: the query)")
    added.add_argument(
        "--top",
        type=count,
        metavar="N",
        help=f"papers at the top of the ranking that count (default: {MOST})",
    )
    _with_since(added, "tell what came since then, seen or not")
    added.add_argument("--seen", action="store_true", help="mark what is listed as seen")
    added.add_argument("--atom", type=Path, metavar="FOLDER", help="write an Atom feed of each")
    added.add_argument(
        "--base-url", default="", metavar="URL", help="where that folder is found on the web"
    )

    added = commands.add("unfollow", unfollow, "Stop following searches.")
    added.add_argument("names", nargs="+", metavar="NAME", help="as `explorer follow` lists them")
    with_user(added)

    told = "Write what is new as a page, most relevant to your desk first."
    added = commands.add("digest", write_digest, told, _DIGEST_EXAMPLES)
    _with_since(added, "default: the last update")
    added.add_argument(
        "--format",
        type=BriefingFormat,
        choices=list(BriefingFormat),
        default=BriefingFormat.MARKDOWN,
        help="markdown, html",
    )
    added.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    with_user(added)


def _with_since(added: argparse.ArgumentParser, told: str) -> None:
    added.add_argument(
        "--since", default="", metavar="DATE_OR_MOMENT", help=f"a day or a moment; {told}"
    )


def follow(options: argparse.Namespace) -> int:
    """Follow a search, or tell what is new in those that are followed."""
    asks = bool(options.query.strip() or options.like or options.unlike)
    asks = asks or bool(options.topic or options.source or any(options.year))
    if not asks and (options.name or options.top):
        raise UnusableInput("Nothing to follow: give some words, a field, --like ID or a filter.")
    since = moment_of(options.since) if options.since else None
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    if asks:
        if options.seen or options.atom is not None or since is not None:
            raise UnusableInput(
                "--seen, --since and --atom tell of what is followed: no QUERY then."
            )
        return _begin(generation, desk, options)
    found = _run(generation, desk, since)
    files = write_feeds(generation, found, options.atom, options.base_url) if options.atom else []
    if options.seen and found:
        seen = [one.following.name for one in found if not one.problem]
        desk.saw(seen, int(generation.added_at.max()))
    if options.json:
        told = [followed_search_as_json(generation, one) for one in found]
        print_json({"searches": told, "feeds": [str(file) for file in files]})
    else:
        _show(generation, found, files)
    return 1 if any(one.problem for one in found) else 0


def unfollow(options: argparse.Namespace) -> int:
    """Follow searches no more."""
    desk = desk_of(options.library, options.user)
    for name in options.names:
        desk.unfollow(name)
    if options.json:
        print_json({"unfollowed": options.names})
    else:
        print(f"Followed no more: {', '.join(options.names)}")
    return 0


def write_digest(options: argparse.Namespace) -> int:
    """Write what is new as a page."""
    if options.json and options.output is not None:
        raise UnusableInput("--json writes to standard output: leave out --output.")
    since = moment_of(options.since) if options.since else None
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    told = briefing(generation, marks_of(generation, desk), since, _run(generation, desk, since))
    if options.json:
        print_json(briefing_as_json(generation, told))
        return 0
    text = as_html(told) if options.format is BriefingFormat.HTML else as_markdown(told)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_file(options.output, lambda file: print(text, end="", file=file))
        print(f"{told.papers:,} new papers written to {options.output}")
    return 0


def _begin(generation: Generation, desk: Desk, options: argparse.Namespace) -> int:
    query = query_of(options, generation)
    name = options.name or _name_of(generation, query)
    following = desk.follow(followed(generation, name, query, options.top or MOST))
    found = _run_each(generation, [following], marks_of(generation, desk), None)
    if options.json:
        print_json(followed_search_as_json(generation, found[0]))
    else:
        print(
            f"Followed from now on as “{following.name}”: {described(following)} "
            f"({len(found[0].hits)} papers now; `explorer follow` tells what is new)"
        )
    return 0


def _name_of(generation: Generation, query: Query) -> str:
    """Return what a search is called that was given no name: what it asks for."""
    asked = query.text.strip() or typed(query)
    asked = asked or find_topic(generation, query.filters.topic).label
    return " ".join(asked.split())[:LONGEST_NAME]


def _run(generation: Generation, desk: Desk, since: datetime | None) -> list[FollowedResults]:
    moment = None if since is None else milliseconds(since.isoformat())
    return _run_each(generation, desk.followings(), marks_of(generation, desk), moment)


def _run_each(
    generation: Generation,
    followings: Sequence[FollowedSearch],
    marks: PaperMarks,
    since: int | None,
) -> list[FollowedResults]:
    embedder: Embedder | None = None
    if any(needs_model(generation, following) for following in followings):
        from explorer.cli.output.progress import waiting

        embedder = open_embedder(generation.manifest.model)
        with waiting("Loading the model ..."):
            embedder.embed_queries(["warm up"])
    return [run(generation, embedder, following, marks, since) for following in followings]


def _show(generation: Generation, found: Sequence[FollowedResults], files: Sequence[Path]) -> None:
    from rich.markup import escape

    from explorer.cli.output.console import out

    if not found:
        out.print('Nothing is followed. `explorer follow "some words" --name NAME` begins.')
    for one in found:
        name, asked = escape(one.following.name), escape(described(one.following))
        count_of_new = f"{len(one.new)} new" if one.new else "nothing new"
        out.print(f"[bold]{name}[/]  {count_of_new}  [dim]{asked}[/]", highlight=False)
        if one.problem:
            out.print(f"  [yellow]{escape(one.problem)}[/]", highlight=False)
        for hit in newest_first(generation, one.new):
            title = escape(hit.paper.readable_title)
            out.print(f"  [dim]{hit.paper.id}[/]  {title}", highlight=False, soft_wrap=True)
    for file in files:
        out.print(f"[dim]{escape(str(file))}[/]", highlight=False, soft_wrap=True)
