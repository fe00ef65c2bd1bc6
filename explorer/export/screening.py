"""A review as a file of other screening programs: papers with decisions, dates and reasons."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from explorer.desk.marks import PaperMark
from explorer.desk.reviews import ReviewDecision, ReviewRecord
from explorer.errors import UnusableInput
from explorer.export.citations import CitedPaper
from explorer.export.ris import write_ris
from explorer.export.tables import paper_cells, table_cell
from explorer.learning.screening.label_files import FileLabel, own_note
from explorer.learning.screening.review import ReviewState, ScreenedPaper


class ReviewFormat(StrEnum):
    """File format of an exported review."""

    CSV = "csv"
    """All decisions: a row for each paper and reviewer."""
    RIS = "ris"
    """All decisions as notes, which ASReview and Rayyan read, too."""
    ASREVIEW = "asreview"
    RAYYAN = "rayyan"
    COVIDENCE = "covidence"

    @property
    def extension(self) -> str:
        """File name extension, without the dot."""
        return "ris" if self is ReviewFormat.RIS else "csv"


_WORDS = {
    ReviewDecision.INCLUDE: "Included",
    ReviewDecision.EXCLUDE: "Excluded",
    ReviewDecision.LATER: "Maybe",
}
_BINARY = {ReviewDecision.INCLUDE: "1", ReviewDecision.EXCLUDE: "0"}
_ASREVIEW_NOTES = {
    ReviewDecision.INCLUDE: "ASReview_relevant",
    ReviewDecision.EXCLUDE: "ASReview_irrelevant",
}
_PAPER_COLUMNS = "title abstract authors date venue doi arxiv url keywords other_ids".split()


def format_of(path: Path) -> ReviewFormat:
    """Return the format that a file's name says.

    Raises:
        UnusableInput: its ending is neither .csv nor .ris.
    """
    if path.suffix.lower() in (".csv", ".ris"):
        return ReviewFormat(path.suffix.lower()[1:])
    raise UnusableInput(
        "has an ending that is no format of a review.",
        path=path,
        advice="End it in .csv or .ris, or give --format.",
    )


def write_review(state: ReviewState, form: ReviewFormat, file: TextIO) -> None:
    """Write all papers of a review with their decisions."""
    if form is ReviewFormat.RIS:
        write_ris((_cited(one) for one in state.papers), file)
        return
    rows = {
        ReviewFormat.CSV: _all_decisions,
        ReviewFormat.ASREVIEW: _for_asreview,
        ReviewFormat.RAYYAN: _for_rayyan,
        ReviewFormat.COVIDENCE: _for_covidence,
    }[form]
    table = csv.writer(file, lineterminator="\n")
    for number, row in enumerate(one for paper in state.papers for one in rows(paper)):
        if not number:
            table.writerow(row)
        table.writerow(row.values())


def write_log(record: ReviewRecord, file: TextIO) -> None:
    """Write the audit log, one JSON object a line, the oldest first; nothing is ever left out."""
    papers = {paper.number: paper.anchor for paper in record.papers}
    for event in record.events:
        line: dict[str, Any] = {
            "event": event.number,
            "at": event.at,
            "by": event.actor,
            "action": str(event.action),
            "step": event.step,
        }
        if event.paper is not None:
            anchor = papers[event.paper]
            line |= {"paper": anchor.paper.id, "title": anchor.paper.title}
        if event.decision:
            line |= {"reviewer": event.reviewer, "decision": event.decision}
        line |= {"reason": event.reason} if event.reason else {}
        line |= {"detail": event.detail} if event.detail else {}
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _labels(one: ScreenedPaper) -> list[FileLabel]:
    return [
        FileLabel(label.decision, label.reason, reviewer, label.at)
        for reviewer, label in sorted(one.labels.items())
    ]


def _cited(one: ScreenedPaper) -> CitedPaper:
    notes = [_ASREVIEW_NOTES[one.verdict]] if one.verdict in _ASREVIEW_NOTES else []
    notes += [text for text in (_rayyan_notes(one),) if text]
    notes += [own_note(label) for label in _labels(one)]
    return CitedPaper(one.paper, PaperMark(), tuple(notes))


def _all_decisions(one: ScreenedPaper) -> Iterator[dict[str, str]]:
    cells = paper_cells(one.paper)
    paper = {name: cells[name] for name in _PAPER_COLUMNS}
    labels: list[FileLabel | None] = [*_labels(one)]
    for label in labels or [None]:
        yield paper | {
            "decision": str(label.decision) if label else "",
            "reason": table_cell(label.reason) if label else "",
            "reviewer": table_cell(label.reviewer) if label else "",
            "screened_at": label.at if label else "",
        }


def _for_asreview(one: ScreenedPaper) -> Iterator[dict[str, str]]:
    cells = paper_cells(one.paper)
    paper = {
        name: cells[name] for name in ("title", "abstract", "authors", "keywords", "doi", "url")
    }
    yield paper | {
        "year": one.paper.published[:4],
        "included": _BINARY.get(one.verdict, "") if one.verdict else "",
        "asreview_note": table_cell(_reason(one)),
    }


def _for_rayyan(one: ScreenedPaper) -> Iterator[dict[str, str]]:
    cells = paper_cells(one.paper)
    year, month, day = [*one.paper.published.split("-"), "", "", ""][:3]
    yield {
        "key": cells["id"],
        "title": cells["title"],
        **{"year": year, "month": month, "day": day},
        "journal": cells["venue"],
        "authors": cells["authors"],
        "url": cells["url"],
        "abstract": cells["abstract"],
        "notes": _rayyan_notes(one),
        "doi": cells["doi"],
        "keywords": cells["keywords"],
    }


def _for_covidence(one: ScreenedPaper) -> Iterator[dict[str, str]]:
    cells = paper_cells(one.paper)
    reason = _reason(one)
    yield {
        "Title": cells["title"],
        "Authors": cells["authors"],
        "Abstract": cells["abstract"],
        "Published Year": one.paper.published[:4],
        "Journal": cells["venue"],
        "DOI": cells["doi"],
        "Ref": cells["id"],
        "Notes": f"Exclusion reason: {reason}; " if reason else "",
        "Status": _WORDS[one.verdict] if one.verdict else "",
        "Tags": "",
    }


def _reason(one: ScreenedPaper) -> str:
    if one.verdict is not ReviewDecision.EXCLUDE:
        return ""
    return next((label.reason for label in _labels(one) if label.reason), "")


def _rayyan_notes(one: ScreenedPaper) -> str:
    labels = _labels(one)
    if not labels:
        return ""
    who = ",".join(f'"{_quoted(each.reviewer)}"=>"{_WORDS[each.decision]}"' for each in labels)
    reasons = _comma_separated(each.reason for each in labels if each.reason)
    return f"RAYYAN-INCLUSION: {{{who}}}" + (
        f" | RAYYAN-EXCLUSION-REASONS: {reasons}" if reasons else ""
    )


def _quoted(name: str) -> str:
    return name.translate(str.maketrans('"{}', "'()"))


def _comma_separated(reasons: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(reason.replace("|", "/") for reason in reasons))
