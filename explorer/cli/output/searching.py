"""Hits in the terminal, and how well the library is searched."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from explorer.cli.output.console import out
from explorer.evaluation.beir import Figure, mean_with_interval
from explorer.evaluation.benchmark import Evaluation
from explorer.evaluation.self_evaluation import Metric
from explorer.library.generation import Generation
from explorer.search.search import Hit, Results, highlight

_BAR = 12


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


def show_self_evaluation(generation: Generation, told: Sequence[Metric]) -> None:
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
