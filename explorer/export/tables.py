"""Papers and topics to JSON lines and to tables for spreadsheets."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TextIO

from explorer.api.json_format import paper_as_json, topic_as_json
from explorer.desk.marks import PaperMark
from explorer.export.citations import shown
from explorer.insights.trends import Trends
from explorer.library.generation import Generation
from explorer.papers.paper import Paper, Source
from explorer.readers.shared.columns import map_columns, paper_from_row
from explorer.topics.communities import Topic

_COLUMNS = (
    "id title abstract authors date venue doi arxiv url keywords categories other_ids summary topic"
    " x y my_tags my_note"
).split()
_NO_MARKS: Mapping[int, PaperMark] = {}
_FORMULA = re.compile(r"'*[=+\-@]")


def write_papers(
    generation: Generation,
    file: TextIO,
    rows: Iterable[int],
    marks: Mapping[int, PaperMark] = _NO_MARKS,
    *,
    notes: bool = True,
) -> None:
    """Write the papers in ``rows`` with map, topics and marks, one JSON object a line.

    Without ``notes``, notes and annotations that their sources hold are left out.
    """
    for row in rows:
        paper = generation.records[row]
        if not notes:
            sources = (replace(one, notes=(), annotations=()) for one in paper.sources)
            paper = replace(paper, sources=tuple(sources))
        topics = [topic.id for topic in generation.topics_of(row)]
        strengths = [round(float(level[row]), 3) for level in generation.strengths]
        record = paper_as_json(paper) | map_position(generation, row)
        record |= {"topics": topics, "strengths": strengths}
        if mark := marks.get(row):
            record |= {"my_tags": list(mark.tags)} if mark.tags else {}
            record |= {"my_note": mark.note} if mark.note else {}
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_table(
    generation: Generation,
    file: TextIO,
    rows: Iterable[int],
    marks: Mapping[int, PaperMark] = _NO_MARKS,
) -> None:
    """Write the papers in ``rows`` as a CSV table, each with finest topic, position and mark."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(_COLUMNS)
    for row in rows:
        paper = generation.records[row]
        fields = paper_cells(paper) | map_position(generation, row)
        mark = marks.get(row, PaperMark())
        fields |= {"my_tags": table_cell("; ".join(mark.tags)), "my_note": table_cell(mark.note)}
        fields["topic"] = table_cell(generation.topics_of(row)[-1].label)
        table.writerow([fields[name] for name in _COLUMNS])


def write_topics(topics: Sequence[Topic], trends: Trends, papers: int, file: TextIO) -> None:
    """Write ``topics`` as a CSV table, with a column for each period."""
    columns = "id level parent label keywords size share evidence growth newest".split()
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*columns, *trends.periods])
    for topic in topics:
        row = topic_as_json(topic, trends.of[topic.id], papers)
        row |= {"label": table_cell(topic.label), "keywords": table_cell("; ".join(topic.keywords))}
        table.writerow([*(row[name] for name in columns), *trends.of[topic.id].counts])


def map_position(generation: Generation, row: int) -> dict[str, float]:
    """Return a paper's map coordinates as ``{"x": ..., "y": ...}``."""
    x, y = (round(float(value), 4) for value in generation.positions[row])
    return {"x": x, "y": y}


def paper_cells(paper: Paper) -> dict[str, Any]:
    """Return the fields of ``paper`` as cells of a table, which no spreadsheet evaluates."""
    lists = {
        name: _listed(name, getattr(paper, name))
        for name in ("authors", "keywords", "categories", "other_ids")
    }
    texts = {name: table_cell(getattr(paper, name)) for name in ("venue", "doi", "arxiv", "url")}
    readable = {
        name: table_cell(shown(getattr(paper, name))) for name in ("title", "abstract", "summary")
    }
    return (
        {"id": table_cell(paper.id), "date": table_cell(paper.published)} | lists | texts | readable
    )


def _listed(name: str, values: Sequence[str]) -> str:
    """Return several texts as one cell: joined by semicolons if readers can split that again."""
    cell = table_cell("; ".join(values))
    record = {"title": "A paper", name: cell}
    parsed = paper_from_row(record, map_columns(record), Source("", 0))
    is_lossless = isinstance(parsed, Paper) and getattr(parsed, name) == tuple(values)
    return cell if is_lossless or not values else str(list(values))


def table_cell(text: str) -> str:
    """Return ``text``, escaped so that no spreadsheet evaluates it as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
