"""Reviews in the terminal: what to read next, progress and conflicts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from explorer.cli.output.console import out
from explorer.desk.reviews import ReviewDecision
from explorer.learning.screening.agreement import Agreement
from explorer.learning.screening.review import ReviewState, ScreenedPaper
from explorer.learning.screening.stopping import ScreeningProgress
from explorer.papers.paper import Paper
from explorer.papers.text import plural

_LAMPS = {True: "[green]●[/]", False: "[dim]○[/]"}


def show_reviews(states: Sequence[ReviewState]) -> None:
    """Print reviews, one a line."""
    if not states:
        out.print("No reviews. Start one: explorer review new NAME --question QUESTION")
    for state in states:
        review = state.record.review
        labelled = sum(1 for one in state.papers if one.labels)
        line = (
            f"[bold]{escape(review.name)}[/]  {labelled:,} of {plural(len(state.papers), 'paper')}"
        )
        line += f"  [dim]{escape(review.question)}[/]" if review.question else ""
        _print(line)


def show_next(
    papers: Sequence[tuple[Paper, str]], progress: ScreeningProgress, appended: int
) -> None:
    """Print papers to read, each with the sentence that speaks for it, and the progress."""
    if appended:
        _print(f"[dim]{plural(appended, 'paper')} appended from updates.[/]")
    if not papers:
        _print("Every paper has a decision.")
    for paper, sentence in papers:
        _print(f"[dim]{escape(paper.id)}[/]  [bold]{escape(paper.readable_title)}[/]")
        if sentence:
            _print(f"    {escape(sentence)}")
    show_progress(progress)


def show_labelled(papers: Sequence[Paper], decision: ReviewDecision) -> None:
    """Print the papers that a decision was recorded for."""
    for paper in papers:
        _print(f"{decision}  [dim]{escape(paper.id)}[/]  {escape(paper.readable_title)}")


def show_progress(progress: ScreeningProgress) -> None:
    """Print numbers, both lamps, and what more reading is likely to bring."""
    _print(
        f"{progress.labelled:,} of {plural(progress.papers, 'paper')} read, "
        f"{progress.included:,} included"
    )
    if progress.left is None:
        _print("Likely left: not known yet; some more decisions of both kinds are needed.")
    else:
        _print(f"Likely left: {progress.left:.0f} ({progress.low:.0f} to {progress.high:.0f})")
    _print(f"{_LAMPS[progress.probably_enough]} probably 95 % of the relevant papers")
    _print(
        f"{_LAMPS[progress.surely_enough]} 95 % with 95 % confidence (p = {progress.p_value:.3f})"
    )
    if progress.to_target:
        _print(f"Papers to read until probably 95 %: about {progress.to_target:,}")
    for more in progress.more:
        _print(f"[dim]{more.papers:,} more papers: about {more.relevant:.1f} relevant[/]")


def show_conflicts(papers: Sequence[ScreenedPaper], pairs: Sequence[Agreement]) -> None:
    """Print papers with contrary decisions, and the agreement of each pair of reviewers."""
    for one in papers:
        who = ", ".join(f"{name}: {label.decision}" for name, label in sorted(one.labels.items()))
        title = escape(one.paper.readable_title)
        _print(f"[dim]{escape(one.paper.id)}[/]  {title}  [yellow]{escape(who)}[/]")
    if not papers:
        _print("No conflicts.")
    for pair in pairs:
        kappa = "not defined" if pair.kappa is None else f"{pair.kappa:.2f}"
        names = escape(" and ".join(pair.reviewers))
        _print(f"{names}: {pair.agreed:,} of {pair.papers:,} agree, Cohen's kappa {kappa}")


def _print(line: str) -> None:
    out.print(line, highlight=False, soft_wrap=True)
