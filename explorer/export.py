"""Papers and topics written out for other programs: JSON lines, and tables for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from explorer.as_json import paper_as_json, topic_as_json
from explorer.errors import UnusableInput
from explorer.generation import Generation
from explorer.topics import Topic
from explorer.trends import Trends


def write_papers(generation: Generation, file: TextIO, rows: Sequence[int] | None = None) -> None:
    """Write papers with map and topics, one JSON object a line: those in ``rows``, else all."""
    papers = (
        enumerate(generation.records)
        if rows is None
        else ((row, generation.records[row]) for row in rows)
    )
    for row, paper in papers:
        x, y = (round(float(value), 4) for value in generation.positions[row])
        topics = [topic.id for topic in generation.topics_of(row)]
        strengths = [round(float(level[row]), 3) for level in generation.strengths]
        record = paper_as_json(paper) | {"x": x, "y": y, "topics": topics, "strengths": strengths}
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_topics(topics: Sequence[Topic], found: Trends, papers: int, file: TextIO) -> None:
    """Write ``topics`` as a CSV table, with a column for each period."""
    columns = "id level parent label keywords size share evidence growth newest".split()
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*columns, *found.periods])
    for topic in topics:
        facts = topic_as_json(topic, found.of[topic.id], papers)
        facts |= {"label": _cell(topic.label), "keywords": _cell("; ".join(topic.keywords))}
        table.writerow([*(facts[name] for name in columns), *found.of[topic.id].counts])


def write_file(path: Path, write: Callable[[TextIO], None]) -> None:
    """Open ``path`` and have ``write`` fill it.

    Raises:
        UnusableInput: it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            write(file)
    except OSError as error:
        raise UnusableInput(f"{path}: cannot be written ({error.strerror}).") from None


def _cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
