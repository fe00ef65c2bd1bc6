"""Topics in the terminal: the tree, profiles, edits and news."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.tree import Tree

from explorer.builds.apply_edits import EditOutcome
from explorer.cli.output.console import out
from explorer.insights.topic_profile import TopicProfile
from explorer.insights.topic_tree import TopicNode, count_topics, topic_tree
from explorer.insights.trends import Order, Trend, Trends, first_recent, in_order
from explorer.insights.whats_new import WhatsNew
from explorer.library.generation import Generation
from explorer.papers.text import plural
from explorer.topics.communities import TopicSummary
from explorer.topics.tracking import TopicEvent, TopicEventKind

_MOST_MEMBERS = 10
_HEIGHTS = "▁▂▃▄▅▆▇█"


def describe_event(event: TopicEvent) -> str:
    """Return a description of a change of a topic, with the markup of rich."""
    topic = f"“{escape(event.label)}” ({event.topic}, {event.papers:,} papers)"
    other = f"“{escape(event.other_label)}” ({event.other})"
    return {
        TopicEventKind.NEW: f"[green]New topic[/] {topic}",
        TopicEventKind.SPLIT: f"[green]Topic[/] {topic} split off {other}",
        TopicEventKind.MERGED: f"[yellow]Topic[/] {topic} was merged into {other}",
        TopicEventKind.RETIRED: f"[yellow]Topic[/] {topic} was dissolved",
        TopicEventKind.RENAMED: f"[green]Topic[/] {topic} was “{escape(event.other_label)}” before",
    }[event.kind]


def show_topics(generation: Generation, dated: Trends, order: Order) -> None:
    """Print the topics as a tree, each branch in the order of its level."""
    count, levels = count_topics(generation), len(generation.levels)
    tree = Tree(f"[bold]{plural(count, 'topic')} on {plural(levels, 'level')}[/]")
    _add_topics(tree, topic_tree(generation), dated, order)
    out.print(tree)


def _add_topics(branch: Tree, nodes: Sequence[TopicNode], dated: Trends, order: Order) -> None:
    by_id = {node.topic.id: node for node in nodes}
    for topic in in_order((node.topic for node in nodes), dated, order):
        keywords = ", ".join(topic.keywords[:4])
        line = f"[bold]{escape(topic.label)}[/] [dim]{topic.id} ·[/] {topic.size:,} papers"
        trend = dated.of[topic.id]
        note = trend.newest if order is Order.NEWEST else _times(trend)
        line += f" [dim]·[/] {note}" if note else ""
        added = branch.add(f"{line} [dim]{escape(keywords)}[/]")
        _add_topics(added, by_id[topic.id].below, dated, order)


def _times(trend: Trend) -> str:
    if trend.growth is None:
        return ""
    return f"×{trend.growth:.1f}" if trend.growth >= 1 else f"×{trend.growth:.2f}"


def show_profile(generation: Generation, profile: TopicProfile, dated: Trends) -> None:
    """Print a topic: its place in the hierarchy, its trend, neighbours and some papers."""
    topic = profile.topic
    out.print(f"[bold]{escape(topic.label)}[/] [dim]{topic.id}[/]", highlight=False)
    if profile.above:
        above = " › ".join(escape(t.label) for t in profile.above)
        out.print(f"in {above}", highlight=False)
    share = f"{topic.size:,} papers, {profile.share:.1%} of the library"
    named = f", named by {escape(topic.named_by)}" if topic.named_by else ""
    evidence = (
        f"; {topic.evidence:,} of {topic.size:,} papers use the phrase “{escape(topic.label)}”"
    )
    coherence = f"; coherence {profile.coherence:.0%}"
    facts = f"{share}{coherence}{evidence if topic.evidence else ''}{named}"
    out.print(facts, highlight=False, soft_wrap=True)
    out.print(f"[dim]{escape(', '.join(topic.keywords))}[/]", highlight=False)
    if topic.summary:
        _show_summary(topic.summary)
    trend = dated.of[topic.id]
    if trend.dated:
        out.print(_timeline(trend, dated), highlight=False)
    for head, topics in (("Subtopics", profile.below), ("Similar topics", profile.neighbours)):
        if topics:
            out.print(f"\n[bold]{head}[/]")
        for other in topics:
            line = f"  {escape(other.label)} [dim]{other.id} · {other.size:,} papers[/]"
            out.print(line, highlight=False)
    _show_papers(generation, "Representative papers", profile.representatives)
    first = profile.members[:_MOST_MEMBERS]
    _show_papers(generation, f"Papers ({len(first)} of {topic.size:,})", first)


def _show_summary(summary: TopicSummary) -> None:
    """Print a summary with its writer, each sentence with the ids of the papers it cites."""
    out.print(f"\n[bold]Summary[/] [dim]by the language model {escape(summary.model)}[/]")
    for sentence in summary.sentences:
        cited = f"[dim]{escape(' '.join(sentence.papers))}[/]"
        out.print(f"  {escape(sentence.text)} {cited}", highlight=False)


def _timeline(trend: Trend, dated: Trends) -> str:
    """Return the counts as bars between the first and the last period, and the growth."""
    most = max(trend.counts)
    steps = len(_HEIGHTS) - 1
    # The lowest bar stands for no papers, so a single one is visible.
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


def show_edits(outcomes: Sequence[EditOutcome], undone: Sequence[int] = ()) -> None:
    """Print topic edits and the topics that they apply to at present."""
    for number in undone:
        out.print(f"[bold green]✓[/] Edit {number} undone.")
    if not outcomes and not undone:
        out.print("No topic edits. `explorer topics rename TOPIC NAME` makes one.")
    for outcome in outcomes:
        edit = outcome.edit
        line = f"{edit.number:>3}  {edit.kind} {' + '.join(f'“{label}”' for label in edit.about)}"
        if edit.name:
            line += f" as “{edit.name}”"
        state = "inactive: no topic matches it at present"
        if outcome.topic is not None:
            topic = outcome.topic
            state = f"now {topic.id} “{topic.label}”, {topic.size:,} papers"
        out.print(f"{escape(line)} [dim]· {escape(state)}[/]", highlight=False, soft_wrap=True)


def show_news(generation: Generation, news: WhatsNew, limit: int | None) -> None:
    """Print new papers by topic, at most ``limit`` of them, and changes of topics."""
    since = f"{news.since:%Y-%m-%d %H:%M} UTC"
    if news.rows:
        papers = "1 new paper" if len(news.rows) == 1 else f"{len(news.rows):,} new papers"
        out.print(f"[bold]{papers}[/] since {since}", highlight=False)
    elif news.all_at_once:
        out.print(
            f"Nothing new since {since}: the first build brought all {generation.size:,} papers. "
            "Add another digest with `explorer build`, and its papers are listed here.",
            highlight=False,
        )
    else:
        out.print(f"Nothing new since {since}.", highlight=False)
    listed = set(news.rows[:limit])
    for of in news.topics:
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
    if news.events:
        out.print("\n[bold]Changes of topics[/]")
    for event in news.events:
        out.print(f"  {describe_event(event)}", highlight=False, soft_wrap=True)
