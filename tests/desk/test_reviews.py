"""Reviews on the desk: what is recorded, undone and kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from explorer.desk.database import problems
from explorer.desk.desk import Desk, anchor_of, desk_of
from explorer.desk.reviews import (
    Labelling,
    ReviewAction,
    ReviewDecision,
    add_review_papers,
    label_papers,
    read_review,
    refresh_anchors,
    reviews,
    start_review,
    undo_step,
)
from explorer.errors import UnusableInput
from explorer.papers.paper import Paper

PAPERS = [Paper(f"Paper {n}", "An abstract.", id=f"p{n}", doi=f"10.1/{n}") for n in range(4)]
LIBRARY = {"kind": "library"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = desk_of(tmp_path, "ann")
    start_review(desk, "drugs", "which drugs?", LIBRARY, [anchor_of(paper) for paper in PAPERS])
    return desk


def numbers(desk: Desk) -> list[int]:
    return [paper.number for paper in read_review(desk, "drugs").papers]


def decisions(desk: Desk) -> dict[int, str]:
    """Return the user's decision by the index of the paper."""
    listed = numbers(desk)
    labels = read_review(desk, "drugs").labels
    return {
        listed.index(number): str(label.decision)
        for (number, reviewer), label in labels.items()
        if reviewer == desk.user
    }


def label(desk: Desk, *papers: int, decision: str = "include", reason: str = "") -> None:
    listed = numbers(desk)
    chosen = tuple(listed[paper] for paper in papers)
    label_papers(desk, "drugs", [Labelling(chosen, ReviewDecision(decision), reason)])


def test_a_review_has_its_question_papers_and_source(desk: Desk) -> None:
    record = read_review(desk, "drugs")
    assert [(one.name, one.question) for one in reviews(desk)] == [("drugs", "which drugs?")]
    assert [paper.anchor.paper.title for paper in record.papers] == [p.title for p in PAPERS]
    assert record.papers[1].anchor.names == ("p1", "doi:10.1/1")
    assert record.sources == (LIBRARY,)
    add_review_papers(desk, "drugs", {"kind": "papers"}, [anchor_of(Paper("New", id="p9"))])
    assert len(numbers(desk)) == 5
    assert problems(desk.path) == []


def test_the_last_label_counts_and_steps_are_undone_one_by_one(desk: Desk) -> None:
    label(desk, 0, 1)
    label(desk, 0, decision="exclude", reason="wrong  dose")
    label(desk, 2, decision="later")
    assert decisions(desk) == {0: "exclude", 1: "include", 2: "later"}
    assert [event.decision for event in undo_step(desk, "drugs")] == ["later"]
    assert [event.reason for event in undo_step(desk, "drugs")] == ["wrong dose"]
    assert decisions(desk) == {0: "include", 1: "include"}
    undo_step(desk, "drugs")
    assert decisions(desk) == {}
    with pytest.raises(UnusableInput, match="no label to undo"):
        undo_step(desk, "drugs")
    label(desk, 3)
    assert decisions(desk) == {3: "include"}
    actions = [event.action for event in read_review(desk, "drugs").events]
    assert actions.count(ReviewAction.UNDO) == 3
    assert actions.count(ReviewAction.LABEL) == 5


def test_reviewers_undo_their_own_steps(desk: Desk) -> None:
    ben = desk_of(desk.path.parent, "ben")
    label(desk, 0)
    label(ben, 0, decision="exclude")
    undo_step(desk, "drugs")
    assert (decisions(desk), decisions(ben)) == ({}, {0: "exclude"})


def test_a_labelled_paper_is_kept_whole_with_all_its_ids(desk: Desk) -> None:
    number = numbers(desk)[0]
    assert read_review(desk, "drugs").papers[0].anchor.paper.abstract == ""
    renamed = Paper("Paper 0", "An abstract.", id="p77", arxiv="2401.00001")
    refresh_anchors(desk, {number: anchor_of(renamed)})
    anchor = read_review(desk, "drugs").papers[0].anchor
    assert anchor.names == ("p0", "doi:10.1/0", "p77", "arxiv:2401.00001")
    assert anchor.paper.abstract == "An abstract."


def test_unusable_reviews_are_refused_and_nothing_changes(desk: Desk) -> None:
    anchors = [anchor_of(PAPERS[0])]
    with pytest.raises(UnusableInput, match="already"):
        start_review(desk, "drugs", "", LIBRARY, anchors)
    with pytest.raises(UnusableInput, match="name of 1"):
        start_review(desk, " ", "", LIBRARY, anchors)
    with pytest.raises(UnusableInput, match="No paper"):
        start_review(desk, "empty", "", LIBRARY, [])
    with pytest.raises(UnusableInput, match="2,000"):
        start_review(desk, "long", "x" * 2_001, LIBRARY, anchors)
    with pytest.raises(UnusableInput, match="500"):
        label(desk, 0, reason="x" * 501)
    with pytest.raises(UnusableInput, match="review list"):
        read_review(desk, "other")
    assert [one.name for one in reviews(desk)] == ["drugs"]
    assert decisions(desk) == {}


def test_a_desk_of_an_older_version_opens_and_gets_reviews(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    start_review(desk, "drugs", "", LIBRARY, [anchor_of(PAPERS[0])])
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        for table in ("review_event", "review_paper_name", "review_paper", "review"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 2")
    assert reviews(desk) == ()
    with pytest.raises(UnusableInput, match="No review"):
        read_review(desk, "drugs")
    start_review(desk, "again", "", LIBRARY, [anchor_of(PAPERS[0])])
    assert [one.name for one in reviews(desk)] == ["again"]
    assert problems(desk.path) == []


def test_a_foreign_change_of_a_label_is_a_problem(desk: Desk) -> None:
    label(desk, 0)
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as connection:
        connection.execute("UPDATE review_event SET decision = 'exclude' WHERE decision <> ''")
    assert problems(desk.path) == ["entries were changed by something other than the explorer"]
