"""Topics whose names are to be reviewed, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from explorer.cli.output.console import out
from explorer.insights.name_review import NameReview, UnreviewedTopic
from explorer.papers.text import plural
from explorer.topics.communities import Topic


def show_unreviewed_topics(review: NameReview) -> None:
    """Print all topics whose names are not reviewed."""
    if not review.topics:
        out.print("All topic names are reviewed. `explorer topics edits` lists them.")
        return
    for number, topic in enumerate(review.topics, review.reviewed + 1):
        show_unreviewed(topic, number, review.total)
    out.print(
        f"\n{review.reviewed:,} of {plural(review.total, 'topic')} reviewed. Run "
        "`explorer topics review` on a terminal to choose names.",
        highlight=False,
        soft_wrap=True,
    )


def show_unreviewed(each: UnreviewedTopic, number: int, total: int) -> None:
    """Print a topic's name, titles of its papers, and other names, numbered from 1."""
    topic = each.topic
    out.print(
        f"\n[dim]{number} of {total}[/]  [bold]{escape(topic.label)}[/] "
        f"[dim]{topic.id} · {plural(topic.size, 'paper')}[/]",
        highlight=False,
    )
    for title in each.titles:
        line = f"  {escape(title)}"
        if out.is_terminal:
            out.print(line, highlight=False, no_wrap=True, overflow="ellipsis")
        else:
            out.print(line, highlight=False, soft_wrap=True)
    _show_numbered(each.alternatives)


def show_others(topics: Sequence[Topic]) -> None:
    """Print topics to merge with, numbered from 1."""
    _show_numbered([f"{topic.label} ({topic.size:,})" for topic in topics])


def _show_numbered(names: Sequence[str]) -> None:
    # A number stays with its name when the line is wrapped.
    numbered = [f"[cyan]{n}[/]\N{NO-BREAK SPACE}{escape(name)}" for n, name in enumerate(names, 1)]
    if numbered:
        out.print(f"  {'   '.join(numbered)}", highlight=False)
