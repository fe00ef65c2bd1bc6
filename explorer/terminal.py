"""What people see in a terminal: progress with an ETA, hits as a table, a build's summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from explorer import bulk
from explorer.build import Report
from explorer.doctor import Finding, Severity, next_step
from explorer.dossier import Dossier
from explorer.duplicates import Pair
from explorer.errors import ExplorerError
from explorer.evaluate import Figure, mean_with_interval
from explorer.generation import Generation
from explorer.inspection import Inspection
from explorer.judged import Evaluation
from explorer.lineage import Event, EventKind
from explorer.news import News
from explorer.readers import Rejection
from explorer.retopic import Said
from explorer.search import Hit, Results, highlight
from explorer.self_evaluate import Told
from explorer.topics import Topic
from explorer.trends import Order, Trend, Trends, first_recent
from explorer.watch import Update

out = Console()
err = Console(stderr=True)

_STAGES = {
    "read": "Reading digests",
    "model": "Readying the model",
    "shards": "Reading shards",
    "embed": "Embedding papers",
    "collect": "Storing vectors",
    "index": "Indexing",
    "map": "Drawing the map",
    "topics": "Naming topics",
    "publish": "Publishing",
    "queries": "Embedding queries",
    "rank": "Ranking",
    "time": "Timing searches",
    "faithful": "Measuring the map",
    "seek": "Seeking topics anew",
}
_BAR = 12
_MOST_REJECTIONS = 10
_MOST_MEMBERS = 10
_MOST_PLANNED = 10
_MOST_EVENTS = 12
_WORTH_A_LINE = 2.0
"""Seconds from which a check tells how far it is where there is no bar."""
_WIDEST_SUBJECT = 40
_SIGNS = {
    Severity.GOOD: ("✓", "green"),
    Severity.NOTE: ("·", "cyan"),
    Severity.WARNING: ("!", "yellow"),
    Severity.DAMAGE: ("✗", "bold red"),
}
_HEIGHTS = "▁▂▃▄▅▆▇█"


class BuildProgress:
    """Shows the stages of a build on standard error: bars on a terminal, lines elsewhere."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._tenths = 0
        self._task = None if progress is None else progress.add_task("Starting", total=None)

    def stage(self, name: str, total: int = 0) -> None:
        if self._progress is None or self._task is None:
            print(f"{_STAGES[name]} ...", file=sys.stderr)
            self._tenths = 0
        else:
            self._progress.reset(self._task, description=_STAGES[name], total=total or None)

    def advance(self, done: int, total: int) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None)
        elif total and done * 10 // total > self._tenths:
            self._tenths = done * 10 // total
            print(f"  {done:,} of {total:,}", file=sys.stderr)


class _Rate(ProgressColumn):
    """Steps a second, where a stage has steps."""

    def render(self, task: Task) -> Text:
        rate = task.finished_speed or task.speed
        return Text(f"{rate:,.0f}/s" if rate and task.total else "", style="dim")


@contextmanager
def build_progress() -> Iterator[BuildProgress]:
    """Show progress while a build runs."""
    if not err.is_terminal:
        yield BuildProgress(None)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield BuildProgress(progress)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say what is being waited for, on standard error, while it lasts."""
    with err.status(what):
        yield


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many papers are done, and how long it will take yet: a bar, on a terminal only."""
    if not err.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as progress:
        task = progress.add_task(what)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def checking() -> Iterator[Callable[[int, int], None]]:
    """Show how many bytes have been checked: a bar on a terminal, lines elsewhere if it lasts."""
    if not err.is_terminal:
        yield _checking_lines()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("Checking files"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _checking_lines() -> Callable[[int, int], None]:
    begin, tenths = time.monotonic(), 0

    def step(done: int, total: int) -> None:
        nonlocal tenths
        passed = time.monotonic() - begin
        if total and passed > _WORTH_A_LINE and done * 10 // total > tenths:
            tenths = done * 10 // total
            left = passed * (total - done) / done
            told = f"{decimal(done)} of {decimal(total)} checked, about {left:,.0f} s left"
            print(told, file=sys.stderr)

    return step


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


def show_report(report: Report, folder: str) -> None:
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


def show_embedded(report: bulk.Report, folder: str) -> None:
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


def _changes(report: Report) -> str:
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


def _show_plan(report: Report) -> None:
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


def _show_lineage(events: Sequence[Event]) -> None:
    for event in events[:_MOST_EVENTS]:
        out.print(f"  {_told_of(event)}", soft_wrap=True)
    if len(events) > _MOST_EVENTS:
        rest = len(events) - _MOST_EVENTS
        out.print(f"  … and {rest:,} more; `explorer history` lists them.")


def _told_of(event: Event) -> str:
    topic = f"“{escape(event.label)}” ({event.topic}, {event.papers:,} papers)"
    other = f"“{escape(event.other_label)}” ({event.other})"
    return {
        EventKind.NEW: f"[green]New topic[/] {topic}",
        EventKind.SPLIT: f"[green]Topic[/] {topic} split off {other}",
        EventKind.MERGED: f"[yellow]Topic[/] {topic} went into {other}",
        EventKind.RETIRED: f"[yellow]Topic[/] {topic} is no more",
    }[event.kind]


def _show_fit(report: Report) -> None:
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
            told = _told_of(Event(**event))
            out.print(f"          {told}", highlight=False, soft_wrap=True)


def show_news(generation: Generation, found: News, most: int | None) -> None:
    """Print what is new, topic by topic; at most ``most`` papers, the newest of all."""
    since = f"{found.since:%Y-%m-%d %H:%M} UTC"
    if found.rows:
        papers = "1 new paper" if len(found.rows) == 1 else f"{len(found.rows):,} new papers"
        out.print(f"[bold]{papers}[/] since {since}", highlight=False)
    elif found.all_at_once:
        out.print(
            f"Nothing new since {since}: the first build brought all {generation.size:,} papers. "
            "Build again with another digest, and what it brings is told here.",
            highlight=False,
        )
    else:
        out.print(f"Nothing new since {since}.", highlight=False)
    listed = set(found.rows[:most])
    for of in found.topics:
        share = f"{len(of.rows):,} of {of.topic.size:,} papers"
        mark = "  [green]new topic[/]" if of.is_new else ""
        out.print(
            f"\n[bold]{escape(of.topic.label)}[/] [dim]{of.topic.id} · {share}[/]{mark}",
            highlight=False,
        )
        own = [row for row in of.rows if row in listed]
        for row in own:
            paper = generation.records[row]
            title = escape(paper.readable_title)
            out.print(f"  [dim]{paper.id}[/]  {title}", highlight=False, soft_wrap=True)
        if len(own) < len(of.rows):
            more = "… and " if own else ""
            out.print(f"  [dim]{more}{len(of.rows) - len(own):,} more[/]", highlight=False)
    if found.events:
        out.print("\n[bold]What became of topics[/]")
    for event in found.events:
        out.print(f"  {_told_of(event)}", highlight=False, soft_wrap=True)


def show_update(update: Update) -> None:
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


def _told(report: Report) -> Iterator[str]:
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


def show_said(said: Sequence[Said], taken_back: Sequence[int] = ()) -> None:
    """Print what people said of topics, and what it applies to now."""
    for number in taken_back:
        out.print(f"[bold green]✓[/] Number {number} is taken back.")
    if not said and not taken_back:
        out.print("Nothing was said of any topic. See `explorer rename --help`.")
    for one in said:
        about = " + ".join(f"“{label}”" for label in one.statement.about)
        line = f"{one.statement.number:>3}  {one.statement.kind} {about}"
        if one.statement.name:
            line += f" as “{one.statement.name}”"
        now = "resting: no topic matches it now"
        if one.topic is not None:
            now = f"now {one.topic.id} “{one.topic.label}”, {one.topic.size:,} papers"
        out.print(f"{escape(line)} [dim]· {escape(now)}[/]", highlight=False, soft_wrap=True)


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


def show_pairs(pairs: Sequence[Pair]) -> None:
    """Print papers that are nearly the same."""
    if not pairs:
        out.print("No two papers are nearly the same.")
    for pair in pairs:
        out.print(f"[dim]{pair.similarity:.3f}[/]")
        for paper in (pair.first, pair.second):
            out.print(f"  [dim]{paper.id}[/]  {escape(paper.readable_title)}", highlight=False)


def show_results(results: Results) -> None:
    """Print hits as a table, the query's words marked."""
    query = results.parsed.words
    for note in results.parsed.notes:
        out.print(f"[yellow]{escape(note)}[/]")
    if results.parsed.clauses and results.allowed is not None:
        asked = "  ".join(str(clause) for clause in results.parsed.clauses)
        out.print(f"[dim]{results.allowed:,} papers pass {escape(asked)}[/]", soft_wrap=True)
    if not results.hits:
        out.print("Nothing found. Use fewer or other words, or loosen the filters.")
        return
    best = max(hit.score for hit in results.hits)
    table = Table(box=None, show_header=False, padding=(0, 1), expand=True)
    table.add_column(justify="right", width=3)
    table.add_column(width=_BAR)
    table.add_column(ratio=1)
    for hit in results.hits:
        share = max(0.0, hit.score / best) if best > 0 else 0.0
        bar = Text("━" * max(1, round(share * _BAR)), style="cyan")
        table.add_row(str(hit.rank), bar, _hit_text(hit, query))
    out.print(table)
    if results.only_nearest:
        out.print("[yellow]None of these words stands in the hits; they are nearest in meaning.[/]")
    out.print(f"[dim]{len(results.hits)} hits, {results.mode}, {results.seconds * 1000:.0f} ms[/]")


def _hit_text(hit: Hit, query: str) -> Group:
    facts = [hit.paper.arxiv or hit.paper.doi or hit.paper.id, hit.topic.label]
    facts += [hit.paper.date] if hit.paper.date else []
    return Group(
        _marked(hit.paper.readable_title, query, "bold"),
        Text(" · ".join(facts), style="dim"),
        _marked(hit.why.sentence, query, ""),
        Text(""),
    )


def _marked(text: str, query: str, style: str) -> Text:
    marked = Text(style=style)
    for piece, matches in highlight(text, query):
        marked.append(piece, style="bold yellow" if matches else None)
    return marked


def show_topics(levels: Sequence[Sequence[Topic]], found: Trends, order: Order) -> None:
    """Print the topics as a tree, each branch in the order of its level."""
    tree = Tree("[bold]Topics[/]")
    branches = {"": tree}
    for level in levels:
        for topic in level:
            keywords = ", ".join(topic.keywords[:4])
            line = f"[bold]{escape(topic.label)}[/] [dim]{topic.id} ·[/] {topic.size:,} papers"
            trend = found.of[topic.id]
            note = trend.newest if order is Order.NEWEST else _times(trend)
            line += f" [dim]·[/] {note}" if note else ""
            branch = branches[topic.parent].add(f"{line} [dim]{escape(keywords)}[/]")
            branches[topic.id] = branch
    out.print(tree)


def _times(trend: Trend) -> str:
    if trend.growth is None:
        return ""
    return f"×{trend.growth:.1f}" if trend.growth >= 1 else f"×{trend.growth:.2f}"


def show_topic(generation: Generation, found: Dossier, dated: Trends) -> None:
    """Print all about one topic, a few of its papers among it."""
    topic = found.topic
    out.print(f"[bold]{escape(topic.label)}[/] [dim]{topic.id}[/]", highlight=False)
    if found.above:
        above = " › ".join(escape(t.label) for t in found.above)
        out.print(f"in {above}", highlight=False)
    share = f"{topic.size:,} papers, {found.share:.1%} of the library"
    named = f", named by {escape(topic.named_by)}" if topic.named_by else ""
    out.print(f"{share}; its name stands in {topic.evidence:,} of its papers{named}")
    out.print(f"[dim]{escape(', '.join(topic.keywords))}[/]", highlight=False)
    trend = dated.of[topic.id]
    if trend.dated:
        out.print(_timeline(trend, dated), highlight=False)
    for head, topics in (("Divided into", found.below), ("Near to it", found.neighbours)):
        if topics:
            out.print(f"\n[bold]{head}[/]")
        for other in topics:
            line = f"  {escape(other.label)} [dim]{other.id} · {other.size:,} papers[/]"
            out.print(line, highlight=False)
    _show_papers(generation, "Stand for it", found.representatives)
    first = found.members[:_MOST_MEMBERS]
    _show_papers(generation, f"Its papers ({len(first)} of {topic.size:,})", first)


def _timeline(trend: Trend, dated: Trends) -> str:
    """Return the counts as bars between the first and the last period, and what they tell."""
    most = max(trend.counts)
    steps = len(_HEIGHTS) - 1
    # The lowest bar is for none: a single paper shows.
    bars = "".join(_HEIGHTS[-(-count * steps // most)] for count in trend.counts)
    ends = f"{dated.periods[0]} [cyan]{bars}[/] {dated.periods[-1]}"
    split = first_recent(dated.library)
    if trend.growth is None or split is None:
        return ends
    return f"{ends}  {_times(trend)} as fast as the library since {dated.periods[split]}"


def _show_papers(generation: Generation, head: str, rows: Sequence[int]) -> None:
    if rows:
        out.print(f"\n[bold]{head}[/]")
    for row in rows:
        paper = generation.records[row]
        title = escape(paper.readable_title)
        out.print(f"  [dim]{paper.id}[/]  {title}", highlight=False)


def show_evaluation(found: Evaluation) -> None:
    """Print how well each mode ranks, the intervals beside."""
    table = Table(box=None, padding=(0, 2))
    for name in ("", "nDCG@10", "95 %", "recall@100", "95 %"):
        table.add_column(name, justify="left" if not name else "right")
    for mode, of in found.modes.items():
        cells = (_figure_cells(mean_with_interval(values)) for values in (of.ndcg, of.recall))
        table.add_row(str(mode), *(cell for pair in cells for cell in pair))
    out.print(f"{found.queries:,} judged queries, {found.papers:,} papers", highlight=False)
    out.print(table)


def show_self_evaluation(generation: Generation, told: Sequence[Told]) -> None:
    """Print the figures about a library, each with what it means."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(ratio=1)
    for one in told:
        value, interval = _figure_cells(one.figure)
        if one.unit:
            value = f"{one.figure.value:,.0f} {one.unit}"
        known = interval if one.figure.low < one.figure.high else ""
        table.add_row(value, known, Group(Text(one.name), Text(one.means, style="dim")))
    out.print(f"{generation.size:,} papers, generation {generation.manifest.number}")
    out.print(table)


def _figure_cells(figure: Figure) -> tuple[str, str]:
    return f"{figure.value:.3f}", f"{figure.low:.3f}–{figure.high:.3f}"


def show_facts(facts: dict[str, str]) -> None:
    """Print labelled facts, one a line."""
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name, value in facts.items():
        table.add_row(f"[dim]{escape(name)}[/]", escape(value))
    out.print(table)
