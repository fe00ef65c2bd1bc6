"""Topics in the terminal: all, one, what was said of them, what is new in them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.tree import Tree

from explorer.builds.apply_edits import EditOutcome
from explorer.cli.output.console import out
from explorer.insights.topic_profile import TopicProfile
from explorer.insights.trends import Order, Trend, Trends, first_recent
from explorer.insights.whats_new import WhatsNew
from explorer.library.generation import Generation
from explorer.topics.communities import Topic
from explorer.topics.tracking import TopicEvent, TopicEventKind

_MOST_MEMBERS = 10
_HEIGHTS = "▁▂▃▄▅▆▇█"


def told_of(event: TopicEvent) -> str:
    """Return what became of a topic, as markup of rich."""
    topic = f"“{escape(event.label)}” ({event.topic}, {event.papers:,} papers)"
    other = f"“{escape(event.other_label)}” ({event.other})"
    return {
        TopicEventKind.NEW: f"[green]New topic[/] {topic}",
        TopicEventKind.SPLIT: f"[green]Topic[/] {topic} split off {other}",
        TopicEventKind.MERGED: f"[yellow]Topic[/] {topic} went into {other}",
        TopicEventKind.RETIRED: f"[yellow]Topic[/] {topic} is no more",
    }[event.kind]


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


def show_topic(generation: Generation, found: TopicProfile, dated: Trends) -> None:
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


def show_said(said: Sequence[EditOutcome], taken_back: Sequence[int] = ()) -> None:
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


def show_news(generation: Generation, found: WhatsNew, most: int | None) -> None:
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
        out.print(f"  {told_of(event)}", highlight=False, soft_wrap=True)
