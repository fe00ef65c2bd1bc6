"""Decisions in files of screening programs: ASReview, Rayyan, Covidence, RIS and CSV.

Tables have them in a column of their own (``included``, ``asreview_label``, ``decision``, ...),
Rayyan in its notes as ``RAYYAN-INCLUSION: {"Ann"=>"Included"}``, ASReview's RIS in notes as
``ASReview_relevant``. The papers themselves are read by the readers of digests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from explorer.desk.desk import Desk, anchor_of
from explorer.desk.marks import locate
from explorer.desk.reviews import (
    LONGEST_REASON,
    Labelling,
    ReviewDecision,
    chosen_source,
    label_papers,
)
from explorer.errors import UnusableInput
from explorer.learning.screening.review import ReviewState, append_rows, review_state
from explorer.library.generation import Generation
from explorer.papers.paper import Paper
from explorer.papers.text import plural, tidy
from explorer.readers.contract import Digest, Rejection
from explorer.readers.delimited import Delimited, papers_with_cells
from explorer.readers.opening import open_digests
from explorer.readers.ris import Ris, papers_with_notes
from explorer.settings import ReadingLimits

_DECISION_COLUMNS = (
    *("decision", "included", "asreview_label", "label_included", "final_included", "label"),
    *("screening_decision", "status", "relevant", "include"),
)
_REASON_COLUMNS = (
    *("reason", "exclusion_reason", "reason_for_exclusion", "exclusion_reasons"),
    "asreview_note",
)
_ESCAPED = re.compile(r"^'(?=[=+\-@])")
"""A quote that keeps a spreadsheet from evaluating a cell."""
_REVIEWER_COLUMNS = ("reviewer", "screened_by")
_TIME_COLUMNS = ("screened_at", "asreview_time")
_NOTE_COLUMNS = ("notes", "note")
_MEANINGS = {
    **dict.fromkeys(("1", "1.0", "i", "y", "yes", "true"), ReviewDecision.INCLUDE),
    **dict.fromkeys(("include", "included", "relevant", "accepted"), ReviewDecision.INCLUDE),
    **dict.fromkeys(("0", "0.0", "e", "n", "no", "false"), ReviewDecision.EXCLUDE),
    **dict.fromkeys(("exclude", "excluded", "irrelevant", "rejected"), ReviewDecision.EXCLUDE),
    **dict.fromkeys(("maybe", "later", "unsure", "undecided"), ReviewDecision.LATER),
}
_RAYYAN = re.compile(r"RAYYAN-INCLUSION:\s*\{([^}]*)\}", re.IGNORECASE)
_RAYYAN_ONE = re.compile(r'"([^"]*)"\s*(?:=>|:)\s*"([^"]*)"')
_REASONS = re.compile(r"(?:RAYYAN-EXCLUSION-REASONS|Exclusion reason)s?:\s*([^|;]*)", re.IGNORECASE)
_ASREVIEW = re.compile(r"ASReview_(relevant|irrelevant)", re.IGNORECASE)
_OWN = re.compile(r"SCREENING:\s*(\w+) by (.*?) at (\S*?)(?: because (.*))?", re.IGNORECASE)
_LONGEST_REVIEWER = 500


@dataclass(frozen=True, slots=True)
class FileLabel:
    """One decision in a file."""

    decision: ReviewDecision
    reason: str = ""
    reviewer: str = ""
    """Empty where the file does not say."""
    at: str = ""


@dataclass(frozen=True, slots=True)
class LabelledPaper:
    """A paper in a file, with the decisions on it."""

    paper: Paper
    labels: tuple[FileLabel, ...]


@dataclass(frozen=True, slots=True)
class LabelFile:
    """Papers and decisions of a file."""

    papers: tuple[LabelledPaper, ...]
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class LabelImport:
    """Result of an import."""

    labelled: int
    appended: int
    """Papers of the library that the review did not have."""
    missing: tuple[Paper, ...]
    """Labelled papers that the library does not have."""


def own_note(label: FileLabel) -> str:
    """Return the note of RIS that says all of ``label``; :func:`read_labels` reads it."""
    because = f" because {label.reason}" if label.reason else ""
    return f"SCREENING: {label.decision} by {label.reviewer} at {label.at}{because}"


def read_labels(path: Path, unlabelled: ReviewDecision | None = None) -> LabelFile:
    """Return the papers in a file with their decisions.

    Args:
        unlabelled: decision on papers that the file has none of, for exports of one pile.

    Raises:
        DigestError: the file cannot be read.
        UnusableInput: it is neither RIS nor a table of papers, or it has no decision at all.
    """
    papers: list[LabelledPaper] = []
    rejected: list[Rejection] = []
    for digest in open_digests(path, path.name, ReadingLimits()):
        if isinstance(digest, Rejection):
            rejected.append(digest)
            continue
        for paper, labels in _items(digest, path):
            if isinstance(paper, Rejection):
                rejected.append(paper)
            elif labels or unlabelled is None:
                papers.append(LabelledPaper(paper, labels))
            else:
                papers.append(LabelledPaper(paper, (FileLabel(unlabelled),)))
    if not any(one.labels for one in papers):
        raise UnusableInput(
            f"has no decision on any of its {plural(len(papers), 'paper')}.",
            path=path,
            advice=(
                "A table needs a column called included or decision, RIS notes such as "
                "ASReview_relevant; --as include or --as exclude labels all its papers."
            ),
        )
    return LabelFile(tuple(papers), tuple(rejected))


def import_labels(
    generation: Generation, desk: Desk, name: str, papers: Sequence[LabelledPaper], file: str
) -> LabelImport:
    """Record the decisions of a file in one step; papers of the library that it has are appended.

    Raises:
        UnusableInput: there is no such review.
    """
    located = [(one, locate(generation, anchor_of(one.paper))) for one in papers if one.labels]
    there = [row for _, row in located if row is not None]
    appended = append_rows(generation, desk, name, chosen_source(file), there)
    state = review_state(generation, desk, name)
    labellings, missing = [], []
    for one, row in located:
        numbers = _numbers(state, one.paper, row)
        if not numbers:
            missing.append(one.paper)
            continue
        labellings += [
            Labelling(numbers, each.decision, each.reason, each.reviewer, each.at)
            for each in one.labels
        ]
    if labellings:
        label_papers(desk, name, labellings, file)
    return LabelImport(len(located) - len(missing), appended, tuple(missing))


def _numbers(state: ReviewState, paper: Paper, row: int | None) -> tuple[int, ...]:
    """Return the numbers of a paper in a review; it may be one that the library lost."""
    if row is not None:
        return state.by_row[row].numbers
    known = {name for name in paper.known_as if not name.startswith("digest:")}
    anchors = {each.number: each.anchor for each in state.record.papers}
    for one in state.papers:
        if one.row is None and any(known & {*anchors[n].names} for n in one.numbers):
            return one.numbers
    return ()


def _items(digest: Digest, path: Path) -> Iterator[tuple[Paper | Rejection, tuple[FileLabel, ...]]]:
    if Ris().recognises(digest):
        for paper, notes in papers_with_notes(digest):
            yield paper, _from_notes(notes)
    elif Delimited().recognises(digest):
        for paper, cells in papers_with_cells(digest):
            yield paper, _from_cells(cells)
    else:
        raise UnusableInput(
            "is neither RIS nor a table with a column for titles.",
            path=path,
            advice="Export decisions as RIS or CSV.",
        )


def _from_notes(notes: Iterable[str]) -> tuple[FileLabel, ...]:
    """Return the decisions in notes, from those that say most."""
    listed = list(notes)
    own = [match for note in listed if (match := _OWN.fullmatch(note)) and match[1] in _MEANINGS]
    if own:
        return tuple(
            _label(_MEANINGS[match[1].lower()], match[4] or "", match[2], match[3]) for match in own
        )
    text = " | ".join(listed)
    reason = match[1] if (match := _REASONS.search(text)) else ""
    if rayyan := _RAYYAN.search(text):
        pairs = [(who, what.strip().lower()) for who, what in _RAYYAN_ONE.findall(rayyan[1])]
        return tuple(
            _label(_MEANINGS[what], reason, who) for who, what in pairs if what in _MEANINGS
        )
    if decided := _ASREVIEW.search(text):
        return (_label(_MEANINGS[decided[1].lower()], reason),)
    return (_label(ReviewDecision.EXCLUDE, reason),) if reason.strip() else ()


def _from_cells(cells: Mapping[str, str]) -> tuple[FileLabel, ...]:
    by_name = {re.sub(r"[\s-]+", "_", name.strip().lower()): cells[name] for name in cells}

    def first(names: Iterable[str]) -> str:
        return next((by_name[name] for name in names if by_name.get(name, "").strip()), "")

    decided = [by_name[name].strip().lower() for name in _DECISION_COLUMNS if name in by_name]
    meaning = next((_MEANINGS[text] for text in decided if text in _MEANINGS), None)
    notes = _from_notes([first(_NOTE_COLUMNS)])
    if meaning is None:
        return notes
    reason = first(_REASON_COLUMNS) or next((note.reason for note in notes), "")
    return (_label(meaning, reason, first(_REVIEWER_COLUMNS), first(_TIME_COLUMNS)),)


def _label(decision: ReviewDecision, reason: str, who: str = "", at: str = "") -> FileLabel:
    reason = (
        _ESCAPED.sub("", tidy(reason))[:LONGEST_REASON]
        if decision is not ReviewDecision.INCLUDE
        else ""
    )
    who = tidy(who)[:_LONGEST_REVIEWER]
    return FileLabel(decision, reason, who if who.isprintable() else "", _moment(at.strip()))


def _moment(text: str) -> str:
    """Return a moment as it is recorded; empty if it is none. ASReview counts seconds."""
    try:
        return datetime.fromisoformat(text).isoformat(timespec="milliseconds")
    except ValueError:
        return ""
