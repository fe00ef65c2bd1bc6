"""Reviews: which papers are screened for a question, and who decided what on each. Kept for good.

A review belongs to the file of the desks, so that several reviewers screen it. Nothing in it is
ever overwritten: each decision, and each undoing of one, is an event, from which the present labels
follow. Papers are kept by all ids that they have gone by, as entries of the desk are, and are
located in a generation by :mod:`explorer.learning.screening.review`.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from explorer.desk.database import reading, writing
from explorer.desk.desk import Anchor, Desk, anchor_as_dict, anchor_from_dict
from explorer.errors import UnusableInput

LONGEST_REVIEW_NAME = 100
LONGEST_QUESTION = 2_000
LONGEST_REASON = 500
"""Characters."""


class ReviewDecision(StrEnum):
    """Decision of a reviewer on a paper."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    LATER = "later"


class ReviewAction(StrEnum):
    """Kind of an event in a review."""

    START = "start"
    ADD = "add"
    LABEL = "label"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Review:
    """A review."""

    name: str
    question: str
    """Question as typed; empty without one."""
    uid: str
    version: str
    """Number and time of its last event: another after each change."""


@dataclass(frozen=True, slots=True)
class ReviewPaper:
    """A paper of a review as it was recorded."""

    number: int
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class ReviewEvent:
    """One entry of the audit log."""

    number: int
    step: str
    """Events of one step were made together, and are undone together."""
    at: str
    """UTC, ISO 8601."""
    actor: str
    """User who made it."""
    action: ReviewAction
    reviewer: str
    """Whose decision it is; another than the actor's where decisions were imported."""
    paper: int | None
    """Number of the paper; None where no one paper is meant."""
    decision: str
    reason: str
    """Reason of the decision."""
    detail: str
    """Source of added papers as JSON, file of an import, or step that is undone."""


@dataclass(frozen=True, slots=True)
class ReviewLabel:
    """The present decision of one reviewer on one paper."""

    decision: ReviewDecision
    reason: str
    at: str
    event: int


@dataclass(frozen=True, slots=True)
class Labelling:
    """A decision to record."""

    papers: tuple[int, ...]
    """Numbers of the papers: of one that was merged, and of its near-duplicates."""
    decision: ReviewDecision
    reason: str = ""
    reviewer: str = ""
    """Empty for the user of the desk."""
    at: str = ""
    """Empty for now."""


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """All that is kept of a review."""

    review: Review
    papers: tuple[ReviewPaper, ...]
    events: tuple[ReviewEvent, ...]

    @property
    def labels(self) -> Mapping[tuple[int, str], ReviewLabel]:
        """Present labels by number of the paper and reviewer."""
        return present_labels(self.events)

    @property
    def sources(self) -> tuple[dict[str, Any], ...]:
        """Sources of its papers, the first one first; each once."""
        details = [e.detail for e in self.events if e.action is ReviewAction.ADD and e.detail]
        return tuple(json.loads(detail) for detail in dict.fromkeys(details))


def chosen_source(description: str) -> dict[str, str]:
    """Return papers that somebody chose as a source; it has no newcomers."""
    return {"kind": "papers", "description": description}


def present_labels(events: Iterable[ReviewEvent]) -> dict[tuple[int, str], ReviewLabel]:
    """Return the labels that ``events`` leave, by number of the paper and reviewer."""
    listed = list(events)
    undone = {event.detail for event in listed if event.action is ReviewAction.UNDO}
    labels: dict[tuple[int, str], ReviewLabel] = {}
    for event in listed:
        if event.paper is None or event.action is not ReviewAction.LABEL or event.step in undone:
            continue
        labels[event.paper, event.reviewer] = ReviewLabel(
            ReviewDecision(event.decision), event.reason, event.at, event.number
        )
    return labels


def reviews(desk: Desk) -> tuple[Review, ...]:
    """Return all reviews of the file of a desk, by name."""
    with reading(desk.path) as connection:
        if connection is None or not _has_reviews(connection):
            return ()
        rows = connection.execute(f"{_REVIEWS} GROUP BY r.id ORDER BY r.name")
        return tuple(Review(*row) for row in rows)


def read_review(desk: Desk, name: str) -> ReviewRecord:
    """Return everything of the review called ``name``.

    Raises:
        UnusableInput: there is none.
    """
    with reading(desk.path) as connection:
        if connection is None or not _has_reviews(connection):
            raise _unknown(name)
        number = _review_row(connection, name)
        review = Review(*connection.execute(f"{_REVIEWS} WHERE r.id = ?", (number,)).fetchone())
        return ReviewRecord(
            review, tuple(_papers(connection, number)), tuple(_events(connection, number))
        )


def start_review(
    desk: Desk, name: str, question: str, source: Mapping[str, Any], anchors: Sequence[Anchor]
) -> Review:
    """Start a review of the papers with these anchors; ``source`` says where they come from.

    Raises:
        UnusableInput: another review has this name, or it has no paper, or a text is too long.
    """
    name, question = " ".join(name.split()), " ".join(question.split())
    if not name or len(name) > LONGEST_REVIEW_NAME or not name.isprintable():
        raise UnusableInput(f"A review has a name of 1 to {LONGEST_REVIEW_NAME} characters.")
    if len(question) > LONGEST_QUESTION:
        raise UnusableInput(
            f"A question has up to {LONGEST_QUESTION:,} characters.", advice="Shorten it."
        )
    if not anchors:
        raise UnusableInput(
            "No paper to screen.", advice="Choose another search or topic, or the whole library."
        )
    with writing(desk.path) as connection:
        try:
            number = connection.execute(
                "INSERT INTO review (uid, name, question) VALUES (?, ?, ?) RETURNING id",
                (str(uuid.uuid4()), name, question),
            ).fetchone()[0]
        except sqlite3.IntegrityError:
            raise UnusableInput(
                f"There is a review called {name!r} already.",
                advice="Choose another name; `explorer review list` lists them.",
            ) from None
        step = _Step(connection, number, desk.user)
        step.record(ReviewAction.START, detail=question)
        _add(step, source, anchors)
    return read_review(desk, name).review


def add_review_papers(
    desk: Desk, name: str, source: Mapping[str, Any], anchors: Sequence[Anchor]
) -> None:
    """Append papers to a review.

    Raises:
        UnusableInput: there is no such review.
    """
    with writing(desk.path) as connection:
        step = _Step(connection, _review_row(connection, name), desk.user)
        _add(step, source, anchors)


def label_papers(desk: Desk, name: str, labellings: Sequence[Labelling], detail: str = "") -> None:
    """Record decisions in one step, which is undone as one.

    The present record of each paper can be stored along by :func:`refresh_anchors`.

    Raises:
        UnusableInput: there is no such review, or a reason is too long.
    """
    for labelling in labellings:
        if len(labelling.reason) > LONGEST_REASON:
            raise UnusableInput(
                f"A reason has up to {LONGEST_REASON} characters.", advice="Shorten it."
            )
    with writing(desk.path) as connection:
        step = _Step(connection, _review_row(connection, name), desk.user)
        for labelling in labellings:
            for paper in labelling.papers:
                step.record(
                    ReviewAction.LABEL,
                    paper=paper,
                    decision=str(labelling.decision),
                    reason=" ".join(labelling.reason.split()),
                    reviewer=labelling.reviewer or desk.user,
                    at=labelling.at,
                    detail=detail,
                )


def undo_step(desk: Desk, name: str) -> tuple[ReviewEvent, ...]:
    """Undo the user's last step of labels that is not undone yet; return its events.

    Raises:
        UnusableInput: there is no such review, or nothing to undo.
    """
    with writing(desk.path) as connection:
        review = _review_row(connection, name)
        events = list(_events(connection, review))
        undone = {event.detail for event in events if event.action is ReviewAction.UNDO}
        own = [
            event
            for event in events
            if event.action is ReviewAction.LABEL
            and event.step not in undone
            and event.actor == desk.user
        ]
        if not own:
            raise UnusableInput(f"{desk.user!r} has no label to undo in {name!r}.")
        last = own[-1].step
        _Step(connection, review, desk.user).record(ReviewAction.UNDO, detail=last)
        return tuple(event for event in events if event.step == last)


def refresh_anchors(desk: Desk, anchors: Mapping[int, Anchor]) -> None:
    """Store papers as they are now, by number; new ids are added to those that they had before."""
    with writing(desk.path) as connection:
        for number, anchor in anchors.items():
            _set_anchor(connection, number, anchor)


_REVIEWS = (
    "SELECT r.name, r.question, r.uid, max(e.id) || ' ' || max(e.at) FROM review r"
    " LEFT JOIN review_event e ON e.review = r.id"
)


@dataclass(frozen=True, slots=True)
class _Step:
    """Events recorded together."""

    connection: sqlite3.Connection
    review: int
    user: str
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", str(uuid.uuid4()))

    def record(self, action: ReviewAction, paper: int | None = None, **values: str) -> None:
        at = values.get("at") or datetime.now(UTC).isoformat(timespec="milliseconds")
        self.connection.execute(
            "INSERT INTO review_event"
            " (review, step, at, actor, action, reviewer, paper, decision, reason, detail)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(self.review, self.name, at, self.user, str(action)),
                *(values.get("reviewer", self.user), paper, values.get("decision", "")),
                *(values.get("reason", ""), values.get("detail", "")),
            ),
        )


def _add(step: _Step, source: Mapping[str, Any], anchors: Iterable[Anchor]) -> None:
    step.record(ReviewAction.ADD, detail=json.dumps(source, ensure_ascii=False))
    for anchor in anchors:
        number = step.connection.execute(
            "INSERT INTO review_paper (review, paper) VALUES (?, '{}') RETURNING id",
            (step.review,),
        ).fetchone()[0]
        # The abstract comes with the first label: a large library would fill the file.
        slim = replace(anchor.paper, abstract="", summary="", keywords=(), categories=())
        _set_anchor(step.connection, number, Anchor(anchor.names, slim))
        step.record(ReviewAction.ADD, paper=number)


def _set_anchor(connection: sqlite3.Connection, number: int, anchor: Anchor) -> None:
    rows = connection.execute("SELECT name FROM review_paper_name WHERE paper = ?", (number,))
    known = {str(row[0]) for row in rows}
    new = [name for name in dict.fromkeys(anchor.names) if name not in known]
    connection.executemany(
        "INSERT INTO review_paper_name (paper, place, name) VALUES (?, ?, ?)",
        [(number, len(known) + place, name) for place, name in enumerate(new)],
    )
    content = json.dumps(anchor_as_dict(anchor)["paper"], ensure_ascii=False)
    connection.execute("UPDATE review_paper SET paper = ? WHERE id = ?", (content, number))


def _papers(connection: sqlite3.Connection, review: int) -> Iterator[ReviewPaper]:
    names: dict[int, list[str]] = {}
    rows = connection.execute(
        "SELECT n.paper, n.name FROM review_paper_name n JOIN review_paper p ON p.id = n.paper"
        " WHERE p.review = ? ORDER BY n.paper, n.place",
        (review,),
    )
    for number, name in rows:
        names.setdefault(number, []).append(name)
    for number, paper in connection.execute(
        "SELECT id, paper FROM review_paper WHERE review = ? ORDER BY id", (review,)
    ):
        content = {"names": names.get(number, []), "paper": json.loads(paper)}
        yield ReviewPaper(number, anchor_from_dict(content))


def _events(connection: sqlite3.Connection, review: int) -> Iterator[ReviewEvent]:
    for number, step, at, actor, action, *rest in connection.execute(
        "SELECT id, step, at, actor, action, reviewer, paper, decision, reason, detail"
        " FROM review_event WHERE review = ? ORDER BY id",
        (review,),
    ):
        yield ReviewEvent(number, step, at, actor, ReviewAction(action), *rest)


def _review_row(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT id FROM review WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise _unknown(name)
    return int(row[0])


def _has_reviews(connection: sqlite3.Connection) -> bool:
    """Whether the file has reviews; an older version of it gets them with its next change."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'review'"
    return connection.execute(query).fetchone() is not None


def _unknown(name: str) -> UnusableInput:
    return UnusableInput(
        f"No review is called {name!r}.", advice="`explorer review list` lists them."
    )
