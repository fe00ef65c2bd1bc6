"""The commands ``explorer feeds``, ``fetch`` and ``morning``: digests that come by themselves."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from explorer.api.json_format import (
    briefing_as_json,
    build_report_as_json,
    feed_as_json,
    feed_outcome_as_json,
)
from explorer.builds.build import BuildOptions, build
from explorer.builds.feeds.fetching import FeedOutcome, fetch_folder, preview_feed
from explorer.builds.feeds.services import SERVICES
from explorer.builds.feeds.state import load_state
from explorer.builds.feeds.subscriptions import (
    Subscription,
    checked_source,
    read_subscriptions,
    subscribe,
    suggested_name,
    unsubscribe,
)
from explorer.cli.build import DIGESTS
from explorer.cli.commands import Commands
from explorer.cli.follow import run_followed
from explorer.cli.options import print_json, with_user
from explorer.library.store import LibraryStore

_KINDS = "\n".join(f"  {service.example:<38} {service.about}" for service in SERVICES.values())
_GROUP_EXAMPLES = """\
Feeds are kept in feeds.toml in the digest folder. Nothing is fetched until `explorer fetch`.

examples:
  explorer feeds add arxiv:cs.CL,cs.LG
  explorer feeds                          list them, with what the last run brought
  explorer feeds test hf-daily            see what a feed would bring
  explorer feeds remove arxiv-cs-cl-cs-lg
"""
_ADD_EXAMPLES = f"""\
A feed is one of these, or an address:
{_KINDS}
  https://journal.example.org/rss         a feed: RSS, Atom or JSON Feed
  imap://you%40example.org@host/Alerts    a mailbox folder of alert mails, read without a trace

The password of a mailbox is $EXPLORER_IMAP_PASSWORD, or lies in the system's keyring.

examples:
  explorer feeds add arxiv:cs.CL,cs.LG
  explorer feeds add 'pubmed:"sleep apnea"[ti]' --name apnea
"""
_LIST_EXAMPLES = """\
examples:
  explorer feeds list --json
"""
_REMOVE_EXAMPLES = """\
Digests that it brought stay.

examples:
  explorer feeds remove hf-daily
"""
_TEST_EXAMPLES = """\
Nothing is kept.

examples:
  explorer feeds test arxiv:q-bio.NC
"""
_FETCH_EXAMPLES = """\
Each feed goes on from where it was; the first run covers a week. What comes is kept as digest
files in the digest folder, as it came; then `explorer build` adds it to the library. This command
and `morning` and `feeds test` are the only ones that connect to the internet.

examples:
  explorer fetch
  explorer fetch arxiv-cs-cl --since 2026-01-01
  explorer fetch --json && explorer build
"""
_MORNING_EXAMPLES = """\
Run it daily (docs/feeds.md has lines for cron, systemd and launchd); a second run on the same day
brings nothing new. The exit code is 1 if a feed, a followed search or the mail failed; what worked
is kept.

examples:
  explorer morning
  explorer morning --output today.html
  explorer morning --mail-to you@example.org
  explorer morning --mail-to you@example.org --dry-run
"""


def add_feeds(commands: Commands) -> None:
    """Add ``feeds``, ``fetch`` and ``morning``."""
    text = "Add feeds of papers, remove or list them."
    group = commands.group("feeds", text, _GROUP_EXAMPLES, default="list")
    _with_folder(
        group.add("list", list_feeds, "List the feeds, with their last runs.", _LIST_EXAMPLES)
    )
    added = group.add("add", add_feed, "Add a feed.", _ADD_EXAMPLES)
    added.add_argument("source", metavar="FEED", help="service and query, or address")
    added.add_argument("--name", default="", help="name of the feed, and of its folder of digests")
    _with_folder(added)
    added = group.add("remove", remove_feed, "Remove a feed.", _REMOVE_EXAMPLES)
    added.add_argument("name", metavar="NAME", help="name of a feed (`explorer feeds list`)")
    _with_folder(added)
    added = group.add("test", show_feed, "Show what a feed would bring.", _TEST_EXAMPLES)
    added.add_argument("source", metavar="FEED", help="name of a feed, or one not added yet")
    _with_folder(added)

    added = commands.add(
        "fetch", fetch_digests, "Fetch new papers from your feeds.", _FETCH_EXAMPLES
    )
    added.add_argument("names", nargs="*", metavar="NAME", help="feeds to fetch (default: all)")
    added.add_argument(
        "--since", type=_day, metavar="DATE", help="first day wanted, ISO 8601, to fetch older ones"
    )
    _with_folder(added)

    text = "Update the library from your feeds, run followed searches, write the briefing."
    added = commands.add("morning", run_morning, text, _MORNING_EXAMPLES)
    added.add_argument(
        "--output", type=Path, metavar="FILE", help="HTML file to write the briefing to"
    )
    added.add_argument("--mail-to", default="", metavar="ADDRESS", help="mail the briefing")
    added.add_argument(
        "--dry-run",
        action="store_true",
        help="write the mail to briefing.eml instead of sending it",
    )
    _with_folder(added)
    with_user(added)


def list_feeds(options: argparse.Namespace) -> int:
    """List the feeds with their last runs."""
    feeds = read_subscriptions(options.digests).feeds
    listed = [feed_as_json(feed, load_state(options.digests, feed.name)) for feed in feeds]
    if options.json:
        print_json({"feeds": listed})
    else:
        from explorer.cli.output.feeds import show_subscriptions

        show_subscriptions(listed)
    return 0


def add_feed(options: argparse.Namespace) -> int:
    """Add a feed."""
    feed = subscribe(options.digests, options.source, options.name)
    if options.json:
        print_json({"name": feed.name, "source": feed.source})
    else:
        print(f"Added {feed.name}. `explorer fetch` reads it.")
    return 0


def remove_feed(options: argparse.Namespace) -> int:
    """Remove a feed; its digests stay."""
    feed = unsubscribe(options.digests, options.name)
    if options.json:
        print_json({"removed": feed.name})
    else:
        print(f"Removed {feed.name}. Its digests stay.")
    return 0


def show_feed(options: argparse.Namespace) -> int:
    """Show what a feed would bring; keep nothing."""
    listed = read_subscriptions(options.digests)
    feed = next((feed for feed in listed.feeds if feed.name == options.source), None)
    if feed is None:
        source = checked_source(options.source)
        feed = Subscription(suggested_name(source), source)
    outcome = preview_feed(feed, listed.contact)
    if options.json:
        titles = [paper.readable_title for paper in outcome.papers]
        print_json({"new": outcome.new, "error": outcome.error, "titles": titles})
    else:
        from explorer.cli.output.feeds import show_preview

        show_preview(outcome)
    return 1 if outcome.error else 0


def fetch_digests(options: argparse.Namespace) -> int:
    """Fetch feeds; 1 if any of them failed."""
    outcomes = _fetched(options.digests, options.names, options.since)
    if options.json:
        print_json({"feeds": [feed_outcome_as_json(outcome) for outcome in outcomes]})
    else:
        from explorer.cli.output.feeds import show_outcomes

        show_outcomes(outcomes)
    return 1 if any(outcome.error for outcome in outcomes) else 0


def run_morning(options: argparse.Namespace) -> int:
    """Fetch, update, run followed searches, write and mail the briefing."""
    from explorer.alerts.briefing import as_html, briefing
    from explorer.alerts.mail import as_mail, checked_address, mail_server, send_mail
    from explorer.cli.output.progress import build_progress
    from explorer.desk.desk import desk_of
    from explorer.desk.marks import marks_of
    from explorer.export import write_file

    # What is wrong with the mail is said before anything is fetched.
    recipient = checked_address(options.mail_to) if options.mail_to else ""
    server = mail_server() if recipient and not options.dry_run else None
    outcomes = _fetched(options.digests, (), None)
    store = LibraryStore(options.library)
    with build_progress() as progress:
        report = build(store, [options.digests], BuildOptions(), progress)
    generation = store.open()
    desk = desk_of(options.library, options.user)
    results = run_followed(generation, desk, None)
    page = briefing(generation, marks_of(generation, desk), None, results)
    problems = [f"{outcome.name}: {outcome.error}" for outcome in outcomes if outcome.error]
    problems += [f"{r.following.name}: {r.problem}" for r in results if r.problem]
    if options.output is not None:
        write_file(options.output, lambda file: print(as_html(page), end="", file=file))
    is_new = any(outcome.new for outcome in outcomes)
    if recipient and server is not None and is_new:
        send_mail(as_mail(page, server.sender, recipient), server)
    elif recipient and options.dry_run:
        message = as_mail(page, recipient, recipient)
        write_file(Path("briefing.eml"), lambda file: print(message.as_string(), file=file))
    if options.json:
        print_json(
            {
                "feeds": [feed_outcome_as_json(outcome) for outcome in outcomes],
                "update": build_report_as_json(report),
                "briefing": briefing_as_json(generation, page),
                "problems": problems,
            }
        )
    else:
        from explorer.cli.output.feeds import show_morning

        show_morning(outcomes, page, problems)
    return 1 if problems else 0


def _fetched(folder: Path, names: Sequence[str], since: date | None) -> list[FeedOutcome]:
    from explorer.cli.output.progress import build_progress

    with build_progress() as progress:
        return fetch_folder(folder, names, since=since, progress=progress)


def _with_folder(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--digests",
        type=Path,
        default=DIGESTS,
        metavar="FOLDER",
        help=f"digest folder, with its feeds (default: {DIGESTS})",
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date, such as 2026-01-31") from error
