"""Edits of a query's text: with and without a clause, with a paper as an example."""

from __future__ import annotations

import re
from collections.abc import Callable

from explorer.search.queries.syntax import Clause, Field, accepts_clauses, parse

_PIECE = re.compile(
    r"""-?[^\W\d_]+:\((?:[^()"“”]|["“”][^"“”]*["“”])*\)"""  # several values
    r"""|[^\s"“”]*["“”][^"“”]*["“”]?|\S+"""
)
_QUOTES = re.compile(r'["“”]')


def with_clause(text: str, clause: str) -> str:
    """Return a query with a clause more; the clause alone where ``text`` is a pasted text."""
    closed = f'{text.strip()}"' if len(_QUOTES.findall(text)) % 2 else text.strip()
    return f"{closed} {clause}".strip() if accepts_clauses(closed) else clause


def without_clause(text: str, clause: Clause) -> str:
    """Return a query without ``clause``."""
    return _filtered(text, lambda piece: clause not in parse(piece).clauses)


def with_value_toggled(text: str, clause: Clause) -> str:
    """Return a query with the value of ``clause`` more, or without it if it has it.

    A value joins the others of its field: any of them will do.
    """
    on_field = [one for one in parse(text).clauses if one.field is clause.field and not one.without]
    wanted = clause.value.casefold()
    having = [one for one in on_field if wanted in map(str.casefold, one.values)]
    if not on_field:
        return with_clause(text, str(clause))
    changed = having[0] if having else on_field[-1]
    values = [value for value in changed.values if value.casefold() != wanted]
    new = changed.with_values(values if having else [*values, clause.value])
    pieces = [
        (str(new) if new else "") if changed in parse(piece).clauses else piece
        for piece in pieces_of(text)
    ]
    return " ".join(filter(None, pieces))


def with_example(text: str, paper: str, *, unlike: bool = False) -> str:
    """Return a query for papers like ``paper`` too, or unlike it."""
    field = Field.UNLIKE if unlike else Field.LIKE
    return with_clause(without_example(text, paper), f"{field}:{paper}")


def without_example(text: str, paper: str) -> str:
    """Return a query in which ``paper`` is neither an example nor a counter-example."""
    return _filtered(text, lambda piece: paper not in (*parse(piece).like, *parse(piece).unlike))


def pieces_of(text: str) -> list[str]:
    """Return the words, phrases and clauses of a query as typed."""
    pieces: list[str] = _PIECE.findall(text)
    return pieces


def _filtered(text: str, is_kept: Callable[[str], bool]) -> str:
    pieces = pieces_of(text)
    kept = [piece for piece in pieces if is_kept(piece)]
    return " ".join(kept) if len(kept) < len(pieces) else text
