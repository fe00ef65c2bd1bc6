"""Sentences on how a query was understood and how well it is answered, for plain-text output."""

from __future__ import annotations

from explorer.papers.text import plural
from explorer.search.model import Results
from explorer.search.queries.notes import note_text


def remarks(results: Results, search_as_typed: str = "") -> list[str]:
    """Return what a person should know before reading the hits, one sentence or two each.

    Args:
        search_as_typed: how to search without corrections and inferences, such as "--literal";
            empty to leave this out.
    """
    read = results.interpretation
    otherwise = f" {search_as_typed} searches as typed." if search_as_typed else ""
    sentences = []
    if read.corrections:
        sentences.append(f"Showing results for “{read.words}”, not “{read.typed}”.{otherwise}")
    if read.inferred:
        clauses = "  ".join(str(one.clause) for one in read.inferred)
        sentences.append(f"Understood as {clauses}.{otherwise}")
    if read.offered:
        sentences.append(f"Did you mean {_alternatives(read.offered)}?")
    sentences += [
        f"“{choice.typed}” may be "
        + ", ".join(f"{one.name} ({plural(one.papers, 'paper')})" for one in choice.authors)
        + "."
        for choice in read.choices
    ]
    sentences += [note_text(note) for note in results.parsed.notes]
    if read.unknown and results.parsed.words:
        sentences.append(f"No paper has the {_words_named(read.unknown)}.")
    if results.nothing_close:
        sentences.append("Nothing in the library is close to this. The nearest papers:")
    elif results.only_nearest:
        sentences.append("No paper contains these words. Showing the closest in meaning.")
    return sentences


def _words_named(words: tuple[str, ...]) -> str:
    """Return the words in quotes, after "word" or "words"."""
    return f"word{'s' if len(words) > 1 else ''} {', '.join(f'“{word}”' for word in words)}"


def _alternatives(queries: tuple[str, ...]) -> str:
    return " or ".join(f"“{query}”" for query in queries)
