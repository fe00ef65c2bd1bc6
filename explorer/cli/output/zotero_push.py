"""Changes to Zotero in the terminal: those planned, and those made."""

from __future__ import annotations

from rich.markup import escape

from explorer.cli.output.console import out
from explorer.export.zotero_push import ItemChange, PushPlan, PushResult
from explorer.export.zotero_rdf import OWN_COLLECTION
from explorer.papers.text import plural, tidy

_LONGEST_NOTE = 80


def show_push(plan: PushPlan, result: PushResult | None) -> None:
    """Print each change of a plan, and what became of them; ``result`` is None if none was made."""
    for name in plan.new_collections:
        out.print(f"  new collection: {escape(tidy(name))}", highlight=False)
    for change in plan.changes:
        _show_change(change)
    if plan.missing:
        items = plural(len(plan.missing), "marked item")
        out.print(f"  [yellow]{items} not in that library, left out[/]", highlight=False)
    if not plan.changes:
        out.print("[bold green]✓[/] Zotero has all of it already.", highlight=False)
    elif result is None:
        changed = plural(len(plan.changes), "item")
        what = f"{changed} to change. Nothing was changed; add --apply to do it."
        out.print(what, highlight=False, soft_wrap=True)
    else:
        written = plural(len(result.written), "item")
        out.print(f"[bold green]✓[/] {written} changed in Zotero.", highlight=False)
    for item in () if result is None else result.conflicts:
        what = f"{item.key} was changed by something else meanwhile; run it again."
        out.print(f"  [yellow]{escape(what)}[/]", highlight=False, soft_wrap=True)


def _show_change(change: ItemChange) -> None:
    title = escape(tidy(change.item.title))
    out.print(f"{change.item.key}  {title}", highlight=False, soft_wrap=True)
    for tag in change.tags:
        out.print(f"  + tag: {escape(tidy(tag))}", highlight=False)
    for name in change.collections:
        place = f"{OWN_COLLECTION} / {tidy(name)}"
        out.print(f"  + in collection: {escape(place)}", highlight=False)
    if change.note:
        note = tidy(change.note)
        short = note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}…"
        out.print(f"  + note: {escape(short)}", highlight=False, soft_wrap=True)
