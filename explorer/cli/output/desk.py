"""Kept papers and followed searches in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from explorer.alerts.followed_search import FollowedResults, described, newest_first
from explorer.cli.output.console import out
from explorer.desk.desk import FollowedSearch, ReadingState
from explorer.desk.marks import PaperMark, PaperMarks
from explorer.learning.recommendations import Recommendation
from explorer.learning.taste import is_learnable
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.papers.text import plural


def show_desk(kept: Sequence[tuple[Paper, PaperMark, bool]]) -> None:
    """Print kept papers with their notes; the flag marks papers missing from the library."""
    if not kept:
        out.print("No papers here. `explorer desk star ID` adds one.")
    for paper, mark, is_missing in kept:
        star = "[yellow]★[/]" if mark.starred else " "
        notes = [] if mark.state is ReadingState.NONE else [str(mark.state).replace("-", " ")]
        notes += [f"#{tag}" for tag in mark.tags]
        notes += ["not in the library at present"] if is_missing else []
        details = f"  [dim]{escape(' · '.join(notes))}[/]" if notes else ""
        title = escape(paper.readable_title)
        line = f"{star} [dim]{escape(paper.id)}[/]  {title}{details}"
        out.print(line, highlight=False, soft_wrap=True)
        for note in mark.note.splitlines():
            out.print(f"    {escape(note)}", highlight=False, soft_wrap=True)


def show_recommendations(
    generation: Generation,
    marks: PaperMarks,
    papers: Sequence[Recommendation],
    *,
    newcomers: int | None,
) -> None:
    """Print recommended papers by topic; ``newcomers`` were looked through, None for all papers."""
    if not is_learnable(marks):
        out.print(
            "Too few stars to learn from: star three papers (`explorer desk star ID`).",
            highlight=False,
        )
        return
    looked = (
        plural(generation.size, "paper") if newcomers is None else plural(newcomers, "new paper")
    )
    if not papers:
        more = "" if newcomers is None else " `--all` looks through the whole library."
        out.print(f"Nothing for you among {looked}.{more}", highlight=False)
        return
    out.print(f"[dim]The best of {looked}.[/]", highlight=False)
    of_topics: dict[str, list[Recommendation]] = {}
    for paper in papers:
        of_topics.setdefault(paper.topic.label, []).append(paper)
    for label, of_topic in of_topics.items():
        out.print(f"\n[bold]{escape(label)}[/]", highlight=False)
        for paper in of_topic:
            record, star = generation.records[paper.row], generation.records[paper.reason.star]
            line = (
                f"{paper.score:4.1f}  [dim]{escape(record.id)}[/]  {escape(record.readable_title)}"
            )
            out.print(line, highlight=False, soft_wrap=True)
            words = f": {', '.join(paper.reason.words)}" if paper.reason.words else ""
            reason = escape(f"like “{star.readable_title}”{words}")
            out.print(f"      [dim]{reason}[/]", highlight=False, soft_wrap=True)


def show_interests(content: Mapping[str, Any]) -> None:
    """Print what is learned from a desk (:func:`explorer.api.json_format.interests_as_json`)."""
    out.print(
        f"{plural(content['stars'], 'star')}, {content['dismissed']:,} not for you", highlight=False
    )
    if content["missing_stars"]:
        missing = plural(content["missing_stars"], "more star")
        out.print(f"Nothing is learned yet: {missing} will do.", highlight=False)
        return
    for interest in content["interests"]:
        name = f"#{interest['tag']}" if interest["tag"] else "All stars"
        head = f"[bold]{escape(name)}[/]  [dim]{plural(len(interest['stars']), 'star')}[/]"
        out.print(
            f"{head}  {escape(', '.join(interest['words']))}", highlight=False, soft_wrap=True
        )
    recognised = content["recognised"]
    if recognised["of"]:
        out.print(
            f"{recognised['stars']} of {plural(recognised['of'], 'star')} would have been "
            "recommended from the others.",
            highlight=False,
        )
    out.print(
        f"{plural(content['recommended'], 'paper')} of the library recommended.", highlight=False
    )


def show_followed(searches: Sequence[FollowedSearch]) -> None:
    """Print followed searches, one a line."""
    if not searches:
        _show_no_searches()
        return
    head = "1 followed search" if len(searches) == 1 else f"{len(searches):,} followed searches"
    out.print(f"{head}; `explorer follow` shows their new papers.", highlight=False)
    for search in searches:
        out.print(_name_and_query(search), highlight=False, soft_wrap=True)


def show_new_matches(
    generation: Generation, results: Sequence[FollowedResults], feeds: Sequence[Path]
) -> None:
    """Print the new papers of each followed search, and the feed files written."""
    if not results:
        _show_no_searches()
    for result in results:
        new = f"{len(result.new)} new" if result.new else "nothing new"
        out.print(f"{_name_and_query(result.following)}  {new}", highlight=False)
        if result.problem:
            out.print(f"  [yellow]{escape(result.problem)}[/]", highlight=False)
        for hit in newest_first(generation, result.new):
            title = escape(hit.paper.readable_title)
            out.print(f"  [dim]{hit.paper.id}[/]  {title}", highlight=False, soft_wrap=True)
    for file in feeds:
        out.print(f"[dim]{escape(str(file))}[/]", highlight=False, soft_wrap=True)


def _show_no_searches() -> None:
    out.print('No followed searches. Add one: explorer follow add "some words" --name NAME')


def _name_and_query(search: FollowedSearch) -> str:
    return f"[bold]{escape(search.name)}[/]  [dim]{escape(described(search))}[/]"
