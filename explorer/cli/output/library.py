"""Condition, versions and statistics of a library in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from explorer.builds.doctor import Finding, Severity, next_step
from explorer.cli.output.console import out
from explorer.cli.output.topics import describe_event
from explorer.search.near_duplicates import Pair
from explorer.topics.tracking import TopicEvent

_WIDEST_SUBJECT = 40
_SIGNS = {
    Severity.GOOD: ("✓", "green"),
    Severity.NOTE: ("·", "cyan"),
    Severity.WARNING: ("!", "yellow"),
    Severity.DAMAGE: ("✗", "bold red"),
}


def show_findings(findings: Sequence[Finding]) -> None:
    """Print the findings about a library, one a line, and the next step."""
    width = min(max(len(finding.subject) for finding in findings), _WIDEST_SUBJECT)
    for index, finding in enumerate(findings):
        sign, style = _SIGNS[finding.severity]
        line = f"[{style}]{sign} {finding.severity:<7}[/] {escape(finding.subject.ljust(width))}"
        out.print(f"{line}  {escape(finding.what)}", highlight=False, soft_wrap=True)
        next_advice = findings[index + 1].advice if index + 1 < len(findings) else ""
        # Advice shared by consecutive findings is printed once, below the last of them.
        if finding.advice and finding.advice != next_advice:
            out.print(f"  [dim]→ {escape(finding.advice)}[/]", highlight=False, soft_wrap=True)
    step = next_step(findings)
    summary = f"Next step: {escape(step)}" if step else "No problems."
    out.print(f"\n[bold]{summary}[/]", highlight=False, soft_wrap=True)


def show_history(generations: Sequence[dict[str, Any]]) -> None:
    """Print the versions on disk, oldest first, with the changes of topics in each."""
    for version in generations:
        mark = "*" if version["live"] else " "
        if version["damaged"]:
            out.print(
                f"{mark} {version['generation']:>4}  [red]cannot be read[/]; see `explorer doctor`"
            )
            continue
        out.print(
            f"{mark} {version['generation']:>4}  {version['created'][:19].replace('T', ' ')}  "
            f"{version['papers']:>9,} papers  +{version['added']:,} ~{version['changed']:,} "
            f"-{version['removed']:,}{'  map redrawn' if version['redrawn'] else ''}",
            highlight=False,
        )
        for event in version["events"]:
            line = describe_event(TopicEvent(**event))
            out.print(f"          {line}", highlight=False, soft_wrap=True)


def show_pairs(pairs: Sequence[Pair]) -> None:
    """Print pairs of papers that are nearly the same."""
    if not pairs:
        out.print("No near-duplicates.")
    for pair in pairs:
        out.print(f"[dim]{pair.similarity:.3f}[/]")
        for paper in (pair.first, pair.second):
            out.print(f"  [dim]{paper.id}[/]  {escape(paper.readable_title)}", highlight=False)


def print_table(values: dict[str, str]) -> None:
    """Print labelled values, one a line."""
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, value in values.items():
        table.add_row(f"[dim]{escape(name)}[/]", escape(value))
    out.print(table)
