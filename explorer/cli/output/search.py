"""Hits and evaluations in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from explorer.cli.output.console import out
from explorer.evaluation.beir import Figure, mean_with_interval
from explorer.evaluation.benchmark import Evaluation
from explorer.evaluation.desk_replay import ENOUGH_WEEKS, DeskReplay
from explorer.evaluation.self_evaluation import Metric
from explorer.library.generation import Generation
from explorer.papers.text import plural
from explorer.search.model import Explanation, Hit, Results
from explorer.search.remarks import remarks
from explorer.search.word_matches import highlight

_BAR = 12


def show_results(results: Results) -> None:
    """Print hits as a table, with the words of the query highlighted."""
    query = results.parsed.words
    for remark in remarks(results, "--literal"):
        out.print(f"[yellow]{escape(remark)}[/]", soft_wrap=True)
    if results.parsed.clauses and results.allowed is not None:
        filters = "  ".join(str(clause) for clause in results.parsed.clauses)
        noun = "paper matches" if results.allowed == 1 else "papers match"
        out.print(f"[dim]{results.allowed:,} {noun} {escape(filters)}[/]", soft_wrap=True)
    if not results.hits:
        if not results.interpretation.notes:
            out.print("No matches. Try fewer or other words, or remove a filter.")
        return
    best = max(hit.score for hit in results.hits)
    table = Table(box=None, show_header=False, padding=(0, 1), expand=True)
    table.add_column(justify="right", width=3)
    table.add_column(width=_BAR)
    table.add_column(ratio=1)
    for hit in results.hits:
        share = hit.likelihood
        if share is None:
            share = max(0.0, hit.score / best) if best > 0 else 0.0
        bar = Text("━" * max(1, round(share * _BAR)), style="cyan")
        table.add_row(str(hit.rank), bar, _hit_text(hit, query))
    out.print(table)
    hits = plural(len(results.hits), "hit")
    out.print(f"[dim]{hits}, {results.mode}, {results.seconds * 1000:.0f} ms[/]")


def _hit_text(hit: Hit, query: str) -> Group:
    language = hit.paper.language
    authors = hit.paper.authors
    names = f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)
    identifier = hit.paper.arxiv or hit.paper.doi or hit.paper.id
    details = [fact for fact in (names, hit.paper.published, hit.topic.label, identifier) if fact]
    return Group(
        _highlighted(hit.paper.readable_title, query, language, "bold"),
        Text(" · ".join(details), style="dim"),
        *([Text(_near_words(hit.why), style="dim")] if hit.why.near else []),
        _highlighted(hit.why.sentence, query, language, ""),
        Text(""),
    )


def _near_words(why: Explanation) -> str:
    return ", ".join(f"{word} ≈ {sought}" for sought, word in why.near)


def _highlighted(text: str, query: str, language: str, style: str) -> Text:
    highlighted = Text(style=style)
    for piece, matches in highlight(text, query, language):
        highlighted.append(piece, style="bold yellow" if matches else None)
    return highlighted


def show_evaluation(evaluation: Evaluation) -> None:
    """Print the figures of each search mode, with their intervals."""
    table = Table(box=None, padding=(0, 2))
    for name in ("", "nDCG@10", "95 %", "recall@100", "95 %"):
        table.add_column(name, justify="left" if not name else "right")
    for mode, of in evaluation.modes.items():
        cells = (_figure_cells(mean_with_interval(values)) for values in (of.ndcg, of.recall))
        table.add_row(str(mode), *(cell for pair in cells for cell in pair))
    out.print(
        f"{evaluation.queries:,} judged queries, {evaluation.papers:,} papers", highlight=False
    )
    out.print(table)


def show_desk_replay(replay: DeskReplay) -> None:
    """Print the figures of each ranking of newcomers, or that there are too few weeks."""
    weeks = f"{plural(replay.weeks, 'week')} with starred newcomers and three earlier stars"
    out.print(f"{plural(replay.stars, 'star')}, {weeks}", highlight=False)
    if replay.rankings:
        table = Table(box=None, padding=(0, 2))
        for name in ("", "nDCG@10", "95 %", "recall@10", "95 %"):
            table.add_column(name, justify="left" if not name else "right")
        for name, of in replay.rankings.items():
            cells = (_figure_cells(mean_with_interval(values)) for values in (of.ndcg, of.recall))
            table.add_row(name, *(cell for pair in cells for cell in pair))
        out.print(table)
    if not replay.is_enough:
        out.print(
            f"Too little to tell: {ENOUGH_WEEKS} such weeks are needed. Stars on new papers, and "
            "updates in several weeks, make them.",
            highlight=False,
        )


def show_self_evaluation(generation: Generation, metrics: Sequence[Metric]) -> None:
    """Print the metrics of a library, each with its definition."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(ratio=1)
    for metric in metrics:
        value, interval = _figure_cells(metric.figure)
        if metric.unit:
            value = f"{metric.figure.value:,.0f} {metric.unit}"
        shown = interval if metric.figure.low < metric.figure.high else ""
        table.add_row(value, shown, Group(Text(metric.name), Text(metric.means, style="dim")))
    out.print(f"{generation.size:,} papers, version {generation.manifest.number}")
    out.print(table)


def _figure_cells(figure: Figure) -> tuple[str, str]:
    return f"{figure.value:.3f}", f"{figure.low:.3f}–{figure.high:.3f}"
