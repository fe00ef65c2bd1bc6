"""Output of ``explorer feeds``, ``fetch`` and ``morning``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from explorer.alerts.briefing import Briefing, briefing_heading
from explorer.builds.feeds.fetching import FeedOutcome
from explorer.cli.output.console import out
from explorer.papers.text import plural

_SHOWN = 20
"""Titles of a preview."""


def show_subscriptions(feeds: Sequence[dict[str, Any]]) -> None:
    """List feeds with their last runs."""
    if not feeds:
        print("No feeds yet. Add one: explorer feeds add arxiv:cs.CL")
        return
    table = Table("Feed", "Source", "Last success", "New", "Last error", box=None)
    for feed in feeds:
        when = feed["last_success"].replace("T", " ").removesuffix("+00:00")
        texts = (feed["name"], feed["source"], when or "never", f"{feed['new']:,}", feed["error"])
        table.add_row(*map(escape, texts))
    out.print(table)


def show_preview(outcome: FeedOutcome) -> None:
    """List the first papers that a feed would bring."""
    for paper in outcome.papers[:_SHOWN]:
        print(f"  {paper.readable_title}")
    if len(outcome.papers) > _SHOWN:
        print(f"  … and {len(outcome.papers) - _SHOWN:,} more")
    show_outcomes([outcome])


def show_outcomes(outcomes: Sequence[FeedOutcome]) -> None:
    """Print what each feed brought, or why it failed."""
    for outcome in outcomes:
        papers = plural(outcome.new, "new paper")
        print(f"{outcome.name}: {papers}" + (f"; {outcome.error}" if outcome.error else ""))


def show_morning(outcomes: Sequence[FeedOutcome], page: Briefing, problems: Sequence[str]) -> None:
    """Print what came, what is worth reading, and what failed."""
    if not any(outcome.new for outcome in outcomes):
        print("Nothing new.")
    else:
        print(briefing_heading(page))
        for section in page.sections:
            print(f"\n{section.topic.label}")
            for item in section.items:
                print(f"  {item.paper.readable_title}")
    for problem in problems:
        print(f"Problem: {problem}")
