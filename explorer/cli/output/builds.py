"""Builds, updates and inspections of digests in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.markup import escape

from explorer.builds.build import BuildReport
from explorer.builds.distributed import bulk
from explorer.builds.inspect import Inspection
from explorer.builds.watch import UpdateOutcome
from explorer.cli.output.console import err, out
from explorer.cli.output.topics import describe_event
from explorer.errors import ExplorerError
from explorer.papers.paper import located
from explorer.papers.text import plural
from explorer.readers import Rejection, counted_kinds, sureness
from explorer.readers.shared.zotero_database import ZoteroOverview
from explorer.topics.tracking import TopicEvent

_MOST_REJECTIONS = 10
_MOST_PLANNED = 10
_MOST_EVENTS = 12
_MOST_TAGS = 20


def show_report(report: BuildReport, folder: str) -> None:
    """Print the result of a build."""
    if report.dry_run:
        _show_plan(report)
        return
    if report.published:
        head = f"Version {report.generation}: {report.papers:,} papers ({_changes(report)})"
    else:
        head = f"Up to date: version {report.generation}, {report.papers:,} papers, nothing to do"
    out.print(f"[bold green]✓[/] {escape(head)} in {report.seconds['total']:.1f} s.")
    _show_events(report.events)
    _show_redraw(report)
    if report.too_long:
        out.print(f"  {report.too_long:,} papers exceed the model's input; embedded in windows.")
    if report.naming_failures:
        out.print(
            f"  [yellow]The naming function failed {report.naming_failures:,} times[/] "
            f"(first: {escape(report.naming_failure)}). Those topics keep their names."
        )
    if report.resting:
        out.print(
            f"  {report.resting:,} topic edits are inactive, as no topic matches them at present; "
            "`explorer topics edits` lists them."
        )
    show_rejections(report.rejected, report.rejected_count)
    show_not_papers(report.not_papers)
    for remark in report.remarks[:_MOST_REJECTIONS]:
        out.print(f"  [yellow]{escape(remark)}.[/]", highlight=False)
    for conflict in report.conflicts[:_MOST_REJECTIONS]:
        titles = " | ".join(f"“{title[:60]}”" for title in conflict.titles)
        out.print(
            f"  [yellow]Different papers, same id:[/] {escape(conflict.id)}: {escape(titles)}"
        )
    if report.published:
        out.print(f"  Library: {escape(folder)}. Open it with `explorer app`.")


def show_unchanged_zotero(read: str) -> None:
    """Print that Zotero's database is as it was when it was ``read``."""
    out.print(f"[bold green]✓[/] Up to date: Zotero has not changed since {escape(read)}.")


def show_zotero(overview: ZoteroOverview, database: str) -> None:
    """Print the figures of a Zotero database."""
    head = f"{plural(overview.papers, 'paper')} in {database}"
    out.print(f"[bold]{escape(head)}[/]", highlight=False, soft_wrap=True)
    counts = (
        f"{overview.with_abstract:,} with an abstract, {overview.with_doi:,} with a DOI",
        f"{plural(overview.trash, 'item')} in the trash, left out",
        f"{plural(overview.attachments, 'attachment')}, {plural(overview.notes, 'note')}, "
        f"{plural(overview.annotations, 'annotation')}",
    )
    for count in counts:
        out.print(f"  {count}", highlight=False)
    for name in overview.groups:
        out.print(f"  group: {escape(name)}", highlight=False)
    _show_counted("Collections", overview.collections)
    most_used = sorted(overview.tags.items(), key=lambda tag: (-tag[1], tag[0]))
    _show_counted("Tags", most_used[:_MOST_TAGS])
    if len(most_used) > _MOST_TAGS:
        out.print(f"  and {len(most_used) - _MOST_TAGS:,} more tags", highlight=False)


def _show_counted(title: str, counted: Sequence[tuple[str, int]]) -> None:
    if counted:
        out.print(f"{title}:", highlight=False)
    for name, papers in counted:
        out.print(f"  {papers:>6,}  {escape(name)}", highlight=False)


def show_notice(text: str) -> None:
    """Print a sentence on standard error, before the work that it is about."""
    err.print(escape(text), highlight=False, soft_wrap=True)


def show_embedding(report: bulk.EmbeddingReport, folder: str) -> None:
    """Print the counts of embedded shards, by machine if there are several."""
    counts = [f"{report.computed:,} embedded now"]
    if report.known:
        counts.append(f"{report.known:,} already in the cache")
    if before := report.shards - report.known - report.computed:
        counts.append(f"{before:,} embedded before")
    head = f"{report.shards:,} shards, {report.texts:,} papers ({', '.join(counts)})"
    out.print(f"[bold green]✓[/] {head} in {report.seconds:.1f} s.", highlight=False)
    if len(report.machines) > 1:
        for machine, shards in report.machines.items():
            out.print(f"  {escape(machine)}: {shards:,} shards", highlight=False)
    out.print(
        f"  {report.stored:,} vectors stored in {escape(folder)}. Next: `explorer build`.",
        highlight=False,
        soft_wrap=True,
    )


def _changes(report: BuildReport) -> str:
    return ", ".join(
        f"{count:,} {change}"
        for change, count in (
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
    """Print the changes that a build would make, and the first papers of each kind."""
    out.print(f"[bold]Dry run[/]: {escape(_changes(report) or 'nothing to do')}.")
    signs = {"added": "[green]+[/]", "changed": "[yellow]~[/]", "removed": "[red]-[/]"}
    for kind, sign in signs.items():
        of_kind = [change for change in report.planned if change.kind == kind]
        for change in of_kind[:_MOST_PLANNED]:
            out.print(f"  {sign} {escape(change.title)}", soft_wrap=True)
        if len(of_kind) > _MOST_PLANNED:
            rest = len(of_kind) - _MOST_PLANNED
            out.print(f"  {sign} … and {rest:,} more; --json lists them all.")
    show_rejections(report.rejected, report.rejected_count)
    show_not_papers(report.not_papers)
    for remark in report.remarks[:_MOST_REJECTIONS]:
        out.print(f"  [yellow]{escape(remark)}.[/]", highlight=False)
    out.print("  Nothing was changed. Run it again without --dry-run to apply the changes.")


def _show_events(events: Sequence[TopicEvent]) -> None:
    for event in events[:_MOST_EVENTS]:
        out.print(f"  {describe_event(event)}", soft_wrap=True)
    if len(events) > _MOST_EVENTS:
        rest = len(events) - _MOST_EVENTS
        out.print(f"  … and {rest:,} more; `explorer history` lists them.")


def _show_redraw(report: BuildReport) -> None:
    if report.redrawn:
        moved = ""
        if report.drift is not None:
            moved = (
                f" Papers moved by {report.drift.median:.0%} of the map's radius (median), 90 % of "
                f"them by at most {report.drift.nine_of_ten:.0%}."
            )
        out.print(f"  The map was redrawn: {escape(report.redrawn)}.{moved}")
    if report.fit.get("redraw"):
        out.print(
            f"  [yellow]Redraw recommended[/]: {escape(report.fit['redraw'])}. "
            "`explorer build --redraw` keeps the map recognisable."
        )


def show_update(update: UpdateOutcome) -> None:
    """Print an update of a watch in one line."""
    summary = _failure(update) if update.report is None else ", ".join(_counts(update.report))
    out.print(f"{update.ended:%H:%M:%S}  {escape(summary)}", highlight=False, soft_wrap=True)


def _failure(update: UpdateOutcome) -> str:
    error = update.error
    expected = isinstance(error, ExplorerError | OSError)
    text = f"not updated: {error}" if expected else f"not updated: {type(error).__name__}: {error}"
    text += f" Next attempt in {update.retry:,.0f} s." if update.retry else ""
    # File names need not be valid text, and one such name must not end the watch.
    return " ".join(text.encode("utf-8", "backslashreplace").decode().split())


def _counts(report: BuildReport) -> Iterator[str]:
    if report.added:
        yield f"+{report.added:,} {'paper' if report.added == 1 else 'papers'}"
    if report.changed:
        yield f"{report.changed:,} changed"
    if not report.published:
        yield "nothing new"
    if report.rejected_count:
        yield f"{report.rejected_count:,} not read as papers"
    if report.naming_failures:
        yield f"naming failed {report.naming_failures:,} times ({report.naming_failure})"
    yield f"version {report.generation}"
    yield f"{report.seconds['total']:.1f} s"


def show_rejections(rejections: Sequence[Rejection], count: int) -> None:
    """Print the first of ``count`` records that are not papers, with reasons."""
    if not count:
        return
    out.print(f"  [yellow]{count:,} not read as papers:[/]")
    for rejection in rejections[:_MOST_REJECTIONS]:
        source = located(rejection.digest, rejection.line)
        excerpt = f" [dim]“{escape(rejection.excerpt[:60])}”[/]" if rejection.excerpt else ""
        out.print(f"    {escape(source)}: {escape(rejection.reason)}{excerpt}")
    if count > _MOST_REJECTIONS:
        listed = "all" if count == len(rejections) else f"{len(rejections):,} in all"
        out.print(f"    ... and {count - _MOST_REJECTIONS:,} more ({listed} with --json)")


def show_not_papers(not_papers: Mapping[str, int]) -> None:
    """Print how many records are no papers by their kind: "3 attachments are not papers"."""
    if counted := counted_kinds(not_papers):
        verb = "is" if sum(not_papers.values()) == 1 else "are"
        what = "a paper" if verb == "is" else "papers"
        out.print(f"  {escape(counted)} {verb} not {what}.", highlight=False)


def show_inspection(inspection: Inspection) -> None:
    """Print the papers and rejections of a digest."""
    known = f", {inspection.known:,} already in the library" if inspection.known else ""
    out.print(
        f"[bold]{escape(inspection.digest)}[/]: {escape(_format(inspection))}, "
        f"{plural(inspection.papers, 'paper')}, {inspection.with_abstract:,} with abstract{known}"
    )
    for paper in inspection.first:
        out.print(f"  {paper.sources[0].line:>6}  {escape(paper.readable_title)}", highlight=False)
    if inspection.papers > len(inspection.first):
        more = inspection.papers - len(inspection.first)
        out.print(f"          ... and {more:,} more (all with --json)")
    show_rejections(inspection.rejections, inspection.rejected)
    show_not_papers(inspection.not_papers)
    if remark := inspection.recognition.remark:
        out.print(f"  [yellow]{escape(remark[:1].upper() + remark[1:])}.[/]", highlight=False)


def _format(inspection: Inspection) -> str:
    if not inspection.format:
        return "not read"
    return f"{inspection.format} ({sureness(inspection.recognition)})"
