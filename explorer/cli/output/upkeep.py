"""What the terminal tells of a library's condition and history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from explorer.cli.output.console import out
from explorer.cli.output.topics import told_of
from explorer.doctor import Finding, Severity, next_step
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
    """Print what was found of a library, one line a finding, and what to do next."""
    width = min(max(len(finding.subject) for finding in findings), _WIDEST_SUBJECT)
    for place, finding in enumerate(findings):
        sign, style = _SIGNS[finding.severity]
        line = f"[{style}]{sign} {finding.severity:<7}[/] {escape(finding.subject.ljust(width))}"
        out.print(f"{line}  {escape(finding.what)}", highlight=False, soft_wrap=True)
        following = findings[place + 1].advice if place + 1 < len(findings) else ""
        # What many files have in common is said once, below the last of them.
        if finding.advice and finding.advice != following:
            out.print(f"  [dim]→ {escape(finding.advice)}[/]", highlight=False, soft_wrap=True)
    step = next_step(findings)
    told = f"Do this next: {escape(step)}" if step else "All is well."
    out.print(f"\n[bold]{told}[/]", highlight=False, soft_wrap=True)


def show_history(generations: Sequence[dict[str, Any]]) -> None:
    """Print the generations on disk, oldest first, with what became of topics in each."""
    for facts in generations:
        mark = "*" if facts["live"] else " "
        if facts["damaged"]:
            out.print(
                f"{mark} {facts['generation']:>4}  [red]cannot be read[/]; see `explorer doctor`"
            )
            continue
        out.print(
            f"{mark} {facts['generation']:>4}  {facts['created'][:19].replace('T', ' ')}  "
            f"{facts['papers']:>9,} papers  +{facts['added']:,} ~{facts['changed']:,} "
            f"-{facts['removed']:,}{'  map redrawn' if facts['redrawn'] else ''}",
            highlight=False,
        )
        for event in facts["events"]:
            told = told_of(TopicEvent(**event))
            out.print(f"          {told}", highlight=False, soft_wrap=True)


def show_pairs(pairs: Sequence[Pair]) -> None:
    """Print papers that are nearly the same."""
    if not pairs:
        out.print("No two papers are nearly the same.")
    for pair in pairs:
        out.print(f"[dim]{pair.similarity:.3f}[/]")
        for paper in (pair.first, pair.second):
            out.print(f"  [dim]{paper.id}[/]  {escape(paper.readable_title)}", highlight=False)


def show_facts(facts: dict[str, str]) -> None:
    """Print labelled facts, one a line."""
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, value in facts.items():
        table.add_row(f"[dim]{escape(name)}[/]", escape(value))
    out.print(table)
