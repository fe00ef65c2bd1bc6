"""What a build, a watch or an inspection tells in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape

from explorer.builds.build import BuildReport
from explorer.builds.distributed import bulk
from explorer.builds.inspect import Inspection
from explorer.builds.watch import UpdateOutcome
from explorer.cli.output.console import out
from explorer.cli.output.topics import told_of
from explorer.errors import ExplorerError
from explorer.readers import Rejection
from explorer.topics.tracking import TopicEvent

_MOST_REJECTIONS = 10
_MOST_PLANNED = 10
_MOST_EVENTS = 12


def show_report(report: BuildReport, folder: str) -> None:
    """Print what a build did."""
    if report.dry_run:
        _show_plan(report)
        return
    if report.published:
        head = f"Generation {report.generation}: {report.papers:,} papers ({_changes(report)})"
    else:
        head = (
            f"Up to date: generation {report.generation}, {report.papers:,} papers, nothing to do"
        )
    out.print(f"[bold green]✓[/] {escape(head)} in {report.seconds['total']:.1f} s.")
    _show_lineage(report.events)
    _show_fit(report)
    if report.too_long:
        out.print(
            f"  {report.too_long:,} longer than the model takes at once; embedded window by window."
        )
    if report.naming_failures:
        out.print(
            f"  [yellow]The naming function failed {report.naming_failures:,} times[/] "
            f"(first: {escape(report.naming_failure)}). Those topics keep the names found."
        )
    if report.resting:
        out.print(
            f"  {report.resting:,} of the things said of topics match none now; "
            "`explorer unsay` lists them."
        )
    show_rejections(report.rejected)
    for conflict in report.conflicts[:_MOST_REJECTIONS]:
        titles = " | ".join(f"“{title[:60]}”" for title in conflict.titles)
        out.print(f"  [yellow]One id, different papers:[/] {escape(conflict.id)}: {escape(titles)}")
    if report.published:
        out.print(f"  Library: {escape(folder)}. See it with `explorer app`.")


def show_embedded(report: bulk.EmbeddingReport, folder: str) -> None:
    """Print what was done with shards, and on which machines."""
    told = [f"{report.computed:,} embedded now"]
    if report.known:
        told.append(f"{report.known:,} in the cache before")
    if before := report.shards - report.known - report.computed:
        told.append(f"{before:,} embedded before")
    head = f"{report.shards:,} shards, {report.texts:,} papers ({', '.join(told)})"
    out.print(f"[bold green]✓[/] {head} in {report.seconds:.1f} s.", highlight=False)
    if len(report.machines) > 1:
        for machine, shards in report.machines.items():
            out.print(f"  {escape(machine)}: {shards:,} shards", highlight=False)
    out.print(
        f"  {report.stored:,} vectors stored in {escape(folder)}. Go on with `explorer build`.",
        highlight=False,
        soft_wrap=True,
    )


def _changes(report: BuildReport) -> str:
    return ", ".join(
        f"{count:,} {what}"
        for what, count in (
            ("added", report.added),
            ("changed", report.changed),
            ("removed", report.removed),
            ("unchanged", report.unchanged),
            ("merged", report.merged),
            ("embedded", report.embedded),
            ("vectors reused", report.reused),
        )
        if count
    )


def _show_plan(report: BuildReport) -> None:
    """Print what a build would do, paper by paper as far as people read."""
    out.print(f"[bold]A dry run[/]: {escape(_changes(report) or 'nothing to do')}.")
    signs = {"added": "[green]+[/]", "changed": "[yellow]~[/]", "removed": "[red]-[/]"}
    for kind, sign in signs.items():
        of_kind = [change for change in report.planned if change.kind == kind]
        for change in of_kind[:_MOST_PLANNED]:
            out.print(f"  {sign} {escape(change.title)}", soft_wrap=True)
        if len(of_kind) > _MOST_PLANNED:
            rest = len(of_kind) - _MOST_PLANNED
            out.print(f"  {sign} … and {rest:,} more; --json lists them all.")
    show_rejections(report.rejected)
    out.print("  Nothing was changed. Leave out --dry-run to do it.")


def _show_lineage(events: Sequence[TopicEvent]) -> None:
    for event in events[:_MOST_EVENTS]:
        out.print(f"  {told_of(event)}", soft_wrap=True)
    if len(events) > _MOST_EVENTS:
        rest = len(events) - _MOST_EVENTS
        out.print(f"  … and {rest:,} more; `explorer history` lists them.")


def _show_fit(report: BuildReport) -> None:
    if report.redrawn:
        moved = ""
        if report.drift is not None:
            moved = (
                f" Papers moved by {report.drift.median:.0%} of the map's radius (median), nine of "
                f"ten by at most {report.drift.nine_of_ten:.0%}."
            )
        out.print(f"  The map was drawn anew: {escape(report.redrawn)}.{moved}")
    if report.fit.get("redraw"):
        out.print(
            f"  [yellow]A redraw would pay[/]: {escape(report.fit['redraw'])}. "
            "`explorer build --redraw` keeps the map recognisable."
        )


def show_update(update: UpdateOutcome) -> None:
    """Print one line about an update of a watch."""
    if update.report is not None:
        told = ", ".join(_told(update.report))
    else:
        error = update.error
        known = isinstance(error, ExplorerError | OSError)
        told = f"not updated: {error}" if known else f"not updated: {type(error).__name__}: {error}"
        told += f" Tried again in {update.retry:,.0f} s." if update.retry else ""
        # The name of a file need not be text, and one such name must not end the watch.
        told = " ".join(told.encode("utf-8", "backslashreplace").decode().split())
    out.print(f"{update.ended:%H:%M:%S}  {escape(told)}", highlight=False, soft_wrap=True)


def _told(report: BuildReport) -> Iterator[str]:
    if report.added:
        yield f"+{report.added:,} {'paper' if report.added == 1 else 'papers'}"
    if report.changed:
        yield f"{report.changed:,} changed"
    if not report.published:
        yield "nothing new"
    if report.rejected:
        yield f"{len(report.rejected):,} not read as papers"
    yield f"generation {report.generation}"
    yield f"{report.seconds['total']:.1f} s"


def show_rejections(rejections: tuple[Rejection, ...]) -> None:
    """Print what did not become a paper, and why."""
    if not rejections:
        return
    out.print(f"  [yellow]{len(rejections)} not read as papers:[/]")
    for rejection in rejections[:_MOST_REJECTIONS]:
        place = f"{rejection.digest}, line {rejection.line}" if rejection.line else rejection.digest
        excerpt = f" [dim]“{escape(rejection.excerpt[:60])}”[/]" if rejection.excerpt else ""
        out.print(f"    {escape(place)}: {escape(rejection.reason)}{excerpt}")
    if len(rejections) > _MOST_REJECTIONS:
        out.print(f"    ... and {len(rejections) - _MOST_REJECTIONS} more (all with --json)")


def show_inspection(inspection: Inspection) -> None:
    """Print what one digest holds."""
    known = f", {inspection.known:,} known already" if inspection.known else ""
    out.print(
        f"[bold]{escape(inspection.digest)}[/]: {inspection.format or 'not read'}, "
        f"{inspection.papers:,} papers, {inspection.with_abstract:,} with abstract{known}"
    )
    for paper in inspection.first:
        out.print(f"  {paper.sources[0].line:>6}  {escape(paper.readable_title)}", highlight=False)
    if inspection.papers > len(inspection.first):
        more = inspection.papers - len(inspection.first)
        out.print(f"          ... and {more:,} more (all with --json)")
    show_rejections(tuple(inspection.rejections))
