"""Reviews on generations: merges, rollbacks, near-duplicates, two reviewers, files."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import rispy

from explorer.alerts.review_sources import (
    append_newcomers,
    library_source,
    review_of_rows,
    search_source,
    source_rows,
)
from explorer.desk.desk import Desk, desk_of
from explorer.desk.reviews import ReviewDecision, read_review, undo_step
from explorer.errors import UnknownPaper, UnusableInput
from explorer.export.prisma_diagram import prisma_diagram
from explorer.export.screening import ReviewFormat, format_of, write_log, write_review
from explorer.learning.screening.agreement import agreements, cohens_kappa
from explorer.learning.screening.label_files import import_labels, read_labels
from explorer.learning.screening.prisma import PrismaCounts, prisma_counts
from explorer.learning.screening.review import ReviewState, decide, review_state, screening
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.search.filters import Filters
from explorer.search.model import Query
from tests.desk.test_desk import grow, paper

INCLUDE, EXCLUDE, LATER = ReviewDecision


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture
def ann(tmp_path: Path, generation: Generation) -> Desk:
    desk = desk_of(tmp_path, "ann")
    rows = range(generation.size)
    review_of_rows(generation, desk, "all", "text to video", library_source(), rows)
    return desk


def verdicts(state: ReviewState) -> dict[str, str]:
    return {one.paper.title: str(one.verdict) for one in state.papers if one.verdict}


def label(
    generation: Generation, desk: Desk, row: int, decision: ReviewDecision, reason: str = ""
) -> None:
    state = review_state(generation, desk, "all")
    decide(generation, desk, state, [generation.records.ids[row]], decision, reason)


def test_the_queue_follows_from_ones_own_labels(generation: Generation, ann: Desk) -> None:
    label(generation, ann, 0, INCLUDE)
    label(generation, ann, 1, EXCLUDE)
    label(generation, ann, 2, LATER)
    state = review_state(generation, ann, "all")
    own = screening(generation, state, "ann", None)
    assert (own.progress.labelled, own.progress.included) == (2, 1)
    assert {0, 1}.isdisjoint(own.queue)
    assert own.queue[-1] == 2
    assert own.sentence_for(own.queue[0]) in generation.records[own.queue[0]].sentences
    bens = screening(generation, state, "ben", None)
    assert bens.queue == tuple(range(generation.size))


def test_near_duplicates_are_labelled_and_undone_together(
    generation: Generation, ann: Desk
) -> None:
    label(generation, ann, 2, EXCLUDE)
    state = review_state(generation, ann, "all")
    names = [generation.records.ids[0]]
    both = decide(generation, ann, state, names, INCLUDE, same_work=lambda _row: [1, 2])
    assert [one.row for one in both] == [0, 1]
    state = review_state(generation, ann, "all")
    assert [state.by_row[row].verdict for row in (0, 1, 2)] == [INCLUDE, INCLUDE, EXCLUDE]
    undo_step(ann, "all")
    state = review_state(generation, ann, "all")
    assert [state.by_row[row].verdict for row in (0, 1, 2)] == [None, None, EXCLUDE]


def test_unknown_papers_are_refused(generation: Generation, ann: Desk) -> None:
    state = review_state(generation, ann, "all")
    with pytest.raises(UnknownPaper, match="Nothing was changed"):
        decide(generation, ann, state, ["no-such"], INCLUDE)
    review_of_rows(generation, ann, "one", "", {"kind": "papers"}, [0])
    one = review_state(generation, ann, "one")
    with pytest.raises(UnusableInput, match="not in the review"):
        decide(generation, ann, one, [generation.records.ids[5]], INCLUDE)


def test_two_reviewers_conflict_until_one_changes_their_mind(
    generation: Generation, ann: Desk
) -> None:
    ben = desk_of(ann.path.parent, "ben")
    for row, (first, second) in enumerate(
        [(INCLUDE, INCLUDE), (EXCLUDE, EXCLUDE), (INCLUDE, EXCLUDE), (EXCLUDE, LATER)]
    ):
        label(generation, ann, row, first)
        label(generation, ben, row, second)
    state = review_state(generation, ann, "all")
    assert [one.row for one in state.conflicts] == [2]
    assert [state.by_row[row].verdict for row in range(4)] == [INCLUDE, EXCLUDE, None, EXCLUDE]
    (pair,) = agreements(state)
    assert (pair.reviewers, pair.papers, pair.agreed) == (("ann", "ben"), 3, 2)
    assert pair.kappa == pytest.approx(0.4)
    label(generation, ben, 2, INCLUDE)
    assert review_state(generation, ann, "all").conflicts == ()


def test_kappa_is_that_of_cohen() -> None:
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohens_kappa(pairs) == pytest.approx(0.4)
    assert cohens_kappa([]) is None
    assert cohens_kappa([("y", "y")]) is None


def test_labels_survive_merges_rollbacks_and_absence(tmp_path: Path) -> None:
    library = LibraryStore(tmp_path / "library")
    desk = desk_of(library.folder, "ann")
    papers = [paper(number) for number in range(8)]
    papers[0] = replace(
        papers[0], title="A study of many things in two versions", arxiv="2401.00001"
    )
    papers[1] = replace(papers[1], title="Another study altogether of things", doi="10.1000/one")
    generation = grow(library, tmp_path / "digests", papers)
    review_of_rows(generation, desk, "all", "", library_source(), range(generation.size))
    row = {one.title: number for number, one in enumerate(generation.records)}
    label(generation, desk, row[papers[0].title], INCLUDE)
    label(generation, desk, row[papers[1].title], EXCLUDE, "wrong dose")
    label(generation, desk, row[papers[5].title], INCLUDE)
    # The two become one record, and another paper goes.
    joined = replace(papers[0], doi=papers[1].doi)
    second = replace(papers[1], arxiv=papers[0].arxiv, title=papers[0].title)
    merged = grow(library, tmp_path / "digests", [joined, second, *papers[2:5], *papers[6:]])
    state = review_state(merged, desk, "all")
    assert (state.merged, len(state.papers)) == (1, 7)
    shared = next(one for one in state.papers if len(one.numbers) == 2)
    assert shared.labels["ann"].reason == "wrong dose"
    gone = [one for one in state.papers if one.row is None]
    assert [(one.paper.title, one.verdict) for one in gone] == [(papers[5].title, INCLUDE)]
    assert prisma_counts(state) == PrismaCounts(8, 1, 2, 5, 1, (("wrong dose", 1),), 1, 0)
    library.rollback()
    back = review_state(library.open(), desk, "all")
    assert verdicts(back) == {
        papers[0].title: "include",
        papers[1].title: "exclude",
        papers[5].title: "include",
    }


def test_later_updates_append_to_the_review(tmp_path: Path) -> None:
    library = LibraryStore(tmp_path / "library")
    desk = desk_of(library.folder)
    papers = [replace(paper(number), date=str(2020 + number % 2)) for number in range(12)]
    generation = grow(library, tmp_path / "digests", papers[:9])
    query = Query("", filters=Filters(year_from=2021))
    source = search_source(generation, "review", query)
    rows = source_rows(generation, None, source, desk)
    review_of_rows(generation, desk, "recent", "", source, rows)
    assert len(review_state(generation, desk, "recent").papers) == 4
    grown = grow(library, tmp_path / "digests", papers)
    assert append_newcomers(grown, None, desk, "recent") == 2
    assert append_newcomers(grown, None, desk, "recent") == 0
    state = review_state(grown, desk, "recent")
    assert {one.paper.date for one in state.papers} == {"2021"}
    assert state.record.sources == (source,)


@pytest.fixture
def labelled(generation: Generation, ann: Desk) -> ReviewState:
    label(generation, ann, 0, INCLUDE)
    label(generation, ann, 1, EXCLUDE, "=wrong; <b>population</b>")
    label(generation, ann, 2, LATER)
    label(generation, desk_of(ann.path.parent, 'ben "b"'), 0, EXCLUDE, "no trial")
    return review_state(generation, ann, "all")


@pytest.mark.parametrize("form", ReviewFormat)
def test_decisions_come_back_from_each_format(
    labelled: ReviewState, generation: Generation, tmp_path: Path, form: ReviewFormat
) -> None:
    path = tmp_path / f"review.{form.extension}"
    with path.open("w", encoding="utf-8") as file:
        write_review(labelled, form, file)
    other = desk_of(tmp_path / "other", "ann")
    review_of_rows(generation, other, "copy", "", library_source(), [0, 1])
    read = read_labels(path)
    outcome = import_labels(generation, other, "copy", read.papers, path.name)
    assert outcome.missing == ()
    copy = review_state(generation, other, "copy")
    excluded = copy.by_row[1].labels["ann"]
    assert excluded.decision is EXCLUDE
    assert "wrong" in excluded.reason
    if form in (ReviewFormat.CSV, ReviewFormat.RIS):
        original = {
            (row, who): (each.decision, each.at)
            for row, one in labelled.by_row.items()
            for who, each in one.labels.items()
        }
        assert original == {
            (row, who): (each.decision, each.at)
            for row, one in copy.by_row.items()
            for who, each in one.labels.items()
        }
        assert copy.by_row[0].labels['ben "b"'].reason == "no trial"
    assert undo_step(other, "copy")
    assert all(not one.labels for one in review_state(generation, other, "copy").papers)


def test_rispy_opens_an_export(labelled: ReviewState) -> None:
    file = io.StringIO()
    write_review(labelled, ReviewFormat.RIS, file)
    records = rispy.loads(file.getvalue())
    assert len(records) == len(labelled.papers)
    notes = [record.get("notes", []) for record in records]
    assert sum("ASReview_irrelevant" in each for each in notes) == 1
    assert sum(any(note.startswith("SCREENING: ") for note in each) for each in notes) == 3


_FILES = {
    "asreview.csv": "title,abstract,included\n{0},,1\n{1},,0\n{2},,\n",
    "asreview_2.csv": "record_id,title,asreview_label\n0,{0},1\n1,{1},0\n2,{2},\n",
    "rayyan.csv": "key,title,authors,notes\n"
    '1,{0},A,"RAYYAN-INCLUSION: {{""Ann""=>""Included""}}"\n'
    '2,{1},B,"RAYYAN-INCLUSION: {{""Ann""=>""Excluded""}} | RAYYAN-EXCLUSION-REASONS: dose"\n'
    "3,{2},C,\n",
    "covidence.csv": "Title,Authors,Abstract,Notes,Status\n"
    '{0},,,,Included\n{1},,,"Exclusion reason: dose; ",Excluded\n{2},,,,\n',
    "asreview.ris": "TY  - JOUR\nTI  - {0}\nN1  - ASReview_relevant\nER  - \n\n"
    "TY  - JOUR\nTI  - {1}\nN1  - ASReview_irrelevant\nER  - \n\n"
    "TY  - JOUR\nTI  - {2}\nN1  - ASReview_not_seen\nER  - \n",
}


@pytest.mark.parametrize("name", _FILES)
def test_files_of_other_programs_are_read(
    name: str, generation: Generation, ann: Desk, tmp_path: Path
) -> None:
    titles = [f'"{one.title}"' for one in (generation.records[row] for row in range(3))]
    titles = [title.strip('"') for title in titles] if name.endswith("ris") else titles
    path = tmp_path / name
    path.write_text(_FILES[name].format(*titles), encoding="utf-8")
    outcome = import_labels(generation, ann, "all", read_labels(path).papers, name)
    assert (outcome.labelled, outcome.appended, outcome.missing) == (2, 0, ())
    state = review_state(generation, ann, "all")
    assert [state.by_row[row].verdict for row in range(3)] == [INCLUDE, EXCLUDE, None]


def test_a_file_without_decisions_is_labelled_as_a_pile_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "irrelevant.csv"
    path.write_text("title,abstract\nOn caches,Text\n", encoding="utf-8")
    with pytest.raises(UnusableInput, match="no decision on any of its 1 paper"):
        read_labels(path)
    (one,) = read_labels(path, EXCLUDE).papers
    assert one.labels[0].decision is EXCLUDE
    path.write_text("no table at all", encoding="utf-8")
    with pytest.raises(UnusableInput, match="neither RIS nor a table"):
        read_labels(path)
    with pytest.raises(UnusableInput, match=r"\.csv or \.ris"):
        format_of(tmp_path / "review.doc")


def test_the_log_has_every_event_and_loses_none(labelled: ReviewState, ann: Desk) -> None:
    undo_step(ann, "all")
    file = io.StringIO()
    write_log(read_review(ann, "all"), file)
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    actions = [line["action"] for line in lines]
    assert actions[:2] == ["start", "add"]
    assert actions.count("label") == 4
    assert actions[-1] == "undo"
    assert len(lines) == len(labelled.papers) + 7


def test_the_diagram_is_svg_with_escaped_text() -> None:
    counts = PrismaCounts(120, 5, 60, 55, 40, (("<script>alert(1)</script>", 3),), 18, 2)
    svg = prisma_diagram(counts, "Drugs & <b>harms</b>")
    root = ElementTree.fromstring(svg)
    texts = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert "Records identified (n = 120)" in texts
    assert "Records screened (n = 60)" in texts
    assert any("<script>" in text for text in texts)
    assert "<script" not in svg
    assert not any(element.tag.endswith("script") for element in root.iter())
