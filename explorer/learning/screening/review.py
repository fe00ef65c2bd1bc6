"""A review on a generation: its papers by row, the labels on each, and what to read next.

Papers of a review that were merged count as one, with the labels of all; after a rollback each has
its own again. Near-duplicates are labelled together. Each reviewer sees an order that follows from
their own labels alone, so that two decide independently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.desk.desk import Desk, anchor_of
from explorer.desk.marks import locate
from explorer.desk.reviews import (
    Labelling,
    ReviewDecision,
    ReviewLabel,
    ReviewPaper,
    ReviewRecord,
    add_review_papers,
    label_papers,
    read_review,
    refresh_anchors,
    reviews,
)
from explorer.errors import UnknownPaper, UnusableInput
from explorer.learning.screening.features import ReviewFeatures, Values, word_features
from explorer.learning.screening.ranking import (
    EXCLUDED,
    INCLUDED,
    UNREAD,
    ReviewLabels,
    ScreeningScores,
    retraining_is_due,
    screening_scores,
    telling_sentence,
)
from explorer.learning.screening.stopping import ScreeningProgress, screening_progress
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.papers.paper import Paper

SameWork = Callable[[int], Sequence[int]]
"""Returns the rows of the near-duplicates of a row."""
_LABELS = {ReviewDecision.INCLUDE: INCLUDED, ReviewDecision.EXCLUDE: EXCLUDED}


@dataclass(frozen=True, eq=False)
class ScreenedPaper:
    """A paper of a review, joined from all records that are one paper in this generation."""

    numbers: tuple[int, ...]
    """Its numbers in the review."""
    row: int | None
    """None while the library does not have it."""
    paper: Paper
    labels: Mapping[str, ReviewLabel]
    """Last label by reviewer."""

    @property
    def verdict(self) -> ReviewDecision | None:
        """The decision of all who decided; None where none did, or they disagree."""
        decisions = {label.decision for label in self.labels.values()} - {ReviewDecision.LATER}
        return decisions.pop() if len(decisions) == 1 else None

    @property
    def is_conflict(self) -> bool:
        """Whether one reviewer includes and another excludes it."""
        decisions = {label.decision for label in self.labels.values()}
        return {ReviewDecision.INCLUDE, ReviewDecision.EXCLUDE} <= decisions


@dataclass(frozen=True, eq=False)
class ReviewState:
    """A review on one generation."""

    record: ReviewRecord
    papers: tuple[ScreenedPaper, ...]
    """In the order in which they were added."""

    @cached_property
    def by_row(self) -> Mapping[int, ScreenedPaper]:
        """The papers that are in the library, by row."""
        return {one.row: one for one in self.papers if one.row is not None}

    @property
    def merged(self) -> int:
        """Number of records that were another record of a paper."""
        return sum(len(one.numbers) - 1 for one in self.papers)

    @property
    def reviewers(self) -> tuple[str, ...]:
        """Everybody with a label, sorted."""
        return tuple(sorted({name for one in self.papers for name in one.labels}))

    @property
    def conflicts(self) -> tuple[ScreenedPaper, ...]:
        """Papers that one reviewer includes and another excludes."""
        return tuple(one for one in self.papers if one.is_conflict)


@dataclass(frozen=True, eq=False)
class Screening:
    """One reviewer's way through a review."""

    state: ReviewState
    reviewer: str
    rows: tuple[int, ...]
    """Rows of the papers that are in the library, in the order of the arrays."""
    features: ReviewFeatures
    scores: ScreeningScores
    progress: ScreeningProgress
    queue: tuple[int, ...]
    """Rows without a decision, the next one first; those put off come last."""

    def sentence_for(self, row: int) -> str:
        """Return the sentence of a paper that speaks most for including it."""
        sentences = self.state.by_row[row].paper.sentences
        return telling_sentence(sentences, self.features, self.scores.term_weights)


def review_state(generation: Generation, desk: Desk, name: str) -> ReviewState:
    """Return the review called ``name`` on ``generation``.

    Raises:
        UnusableInput: there is none.
    """
    kept = next((one for one in reviews(desk) if one.name == name), None)
    return _state(generation, desk, name, kept.version if kept else "")


@cached_by_owner(4)
def _state(
    generation: Generation,
    desk: Desk,
    name: str,
    version: str,  # noqa: ARG001  another version, another state
) -> ReviewState:
    record = read_review(desk, name)
    rows = _rows_of(generation, _Recorded(record.review.uid, len(record.papers), record.papers))
    members: dict[tuple[int | None, int], list[int]] = {}
    for paper in record.papers:
        row = rows[paper.number]
        key = (row, 0) if row is not None else (None, paper.number)
        members.setdefault(key, []).append(paper.number)
    of_paper: dict[int, dict[str, ReviewLabel]] = {}
    for (number, reviewer), label in record.labels.items():
        of_paper.setdefault(number, {})[reviewer] = label
    anchors = {paper.number: paper.anchor for paper in record.papers}
    joined = []
    for (row, _), numbers in members.items():
        labels: dict[str, ReviewLabel] = {}
        for number in numbers:
            for reviewer, label in of_paper.get(number, {}).items():
                if reviewer not in labels or label.event > labels[reviewer].event:
                    labels[reviewer] = label
        screened = anchors[numbers[0]].paper if row is None else generation.records[row]
        joined.append(ScreenedPaper(tuple(numbers), row, screened, labels))
    return ReviewState(record, tuple(joined))


def screening(
    generation: Generation, state: ReviewState, reviewer: str, question: NDArray[np.float32] | None
) -> Screening:
    """Return what ``reviewer`` reads next, and how far the review is by their labels.

    Args:
        question: unit vector of the typed question; None without one.
    """
    rows = tuple(sorted(state.by_row))
    index = {row: place for place, row in enumerate(rows)}
    features = _features(generation, rows, None if question is None else question.tobytes())
    own = [
        (one.labels[reviewer].event, index[row], _LABELS[one.labels[reviewer].decision])
        for row, one in state.by_row.items()
        if reviewer in one.labels and one.labels[reviewer].decision in _LABELS
    ]
    read = [(place, label) for _, place, label in sorted(own)]
    labels = _labels(len(rows), read)
    scores = _scores(features, tuple(read[: _trained_at(len(read))]))
    progress = screening_progress(scores, labels, [place for place, _ in read])
    order = scores.unread_in_order(labels).tolist()
    put_off = {
        row
        for row, one in state.by_row.items()
        if reviewer in one.labels and one.labels[reviewer].decision is ReviewDecision.LATER
    }
    queue = sorted((rows[place] for place in order), key=put_off.__contains__)
    return Screening(state, reviewer, rows, features, scores, progress, tuple(queue))


def append_rows(
    generation: Generation, desk: Desk, name: str, source: Mapping[str, Any], rows: Iterable[int]
) -> int:
    """Append the papers in ``rows`` that a review does not have; return their number.

    Raises:
        UnusableInput: there is no such review.
    """
    state = review_state(generation, desk, name)
    new = [row for row in dict.fromkeys(rows) if row not in state.by_row]
    if new:
        anchors = [anchor_of(generation.records[row]) for row in new]
        add_review_papers(desk, name, source, anchors)
    return len(new)


def decide(
    generation: Generation,
    desk: Desk,
    state: ReviewState,
    names: Sequence[str],
    decision: ReviewDecision,
    reason: str = "",
    same_work: SameWork = lambda _row: (),
) -> list[ScreenedPaper]:
    """Record the decision of the desk's user on papers and on their near-duplicates; return all.

    Near-duplicates that the user has decided on keep their labels.

    Raises:
        UnknownPaper: an id is of no paper of the review; nothing was changed.
        UnusableInput: the reason is too long.
    """
    wanted = [_named(generation, state, name) for name in names]
    together = list(wanted)
    for one in wanted:
        for row in same_work(one.row) if one.row is not None else ():
            twin = state.by_row.get(row)
            if twin is not None and desk.user not in twin.labels and twin not in together:
                together.append(twin)
    labellings = [Labelling(one.numbers, decision, reason) for one in together]
    label_papers(desk, state.record.review.name, labellings)
    refresh_anchors(
        desk,
        {one.numbers[0]: anchor_of(one.paper) for one in together if one.row is not None},
    )
    return together


def _named(generation: Generation, state: ReviewState, name: str) -> ScreenedPaper:
    row = generation.records.find(name)
    if row is not None and row in state.by_row:
        return state.by_row[row]
    wanted = name.strip().casefold()
    anchors = {paper.number: paper.anchor for paper in state.record.papers}
    for one in state.papers:
        known = {name for number in one.numbers for name in anchors[number].names}
        if wanted in {part.casefold() for id_ in known for part in (id_, id_.partition(":")[2])}:
            return one
    if row is None:
        raise UnknownPaper(
            f"No paper of the review goes by {name!r}.",
            advice="`explorer review next` shows ids. Nothing was changed.",
        )
    raise UnusableInput(
        f"The paper {name!r} is in the library, but not in the review.",
        advice="`explorer review import` appends papers of a file. Nothing was changed.",
    )


def _labels(size: int, read: Sequence[tuple[int, int]]) -> ReviewLabels:
    labels = np.full(size, UNREAD, dtype=np.int8)
    for place, label in read:
        labels[place] = label
    return labels


def _trained_at(labelled: int) -> int:
    """Return the number of labels at which the model was last due for training."""
    trained_at = -1
    for count in range(labelled + 1):
        if retraining_is_due(count, trained_at):
            trained_at = count
    return trained_at


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The papers of a review, compared by their number: they are only ever appended."""

    review: str
    size: int
    papers: tuple[ReviewPaper, ...] = field(compare=False)


@cached_by_owner(4)
def _rows_of(generation: Generation, recorded: _Recorded) -> dict[int, int | None]:
    return {paper.number: locate(generation, paper.anchor) for paper in recorded.papers}


@cached_by_owner(2)
def _features(
    generation: Generation, rows: tuple[int, ...], question: bytes | None
) -> ReviewFeatures:
    vectors = generation.engine.vectors(np.array(rows, dtype=np.int64))
    cosines: Values | None = None
    if question is not None:
        vector = np.frombuffer(question, dtype=np.float32)
        cosines = (vectors @ vector).astype(np.float64)
    texts = [generation.records[row].text for row in rows]
    return ReviewFeatures(vectors, word_features(texts), cosines)


@cached_by_owner(4)
def _scores(features: ReviewFeatures, read: tuple[tuple[int, int], ...]) -> ScreeningScores:
    return screening_scores(features, _labels(features.size, read))
