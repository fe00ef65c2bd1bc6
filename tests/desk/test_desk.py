"""The user's desk: nothing done by a user is lost, whatever becomes of the library."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.builds.build import BuildOptions, build
from explorer.builds.doctor import damaged, examine, next_step
from explorer.desk.database import problems
from explorer.desk.desk import (
    ME,
    Desk,
    DeskChange,
    FollowedSearch,
    ReadingState,
    default_user,
    desk_of,
)
from explorer.desk.marks import PaperMark, PaperMarks, mark_papers, marks_of
from explorer.errors import LibraryDamaged, LibraryNewer, UnknownPaper, UnusableInput
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.facets import facets
from explorer.search.filters import Filters, allowed_rows, usable
from explorer.search.model import Mode, Query
from explorer.search.queries.notes import Note, NoteKind
from explorer.search.queries.syntax import Field, parse
from explorer.search.search import search
from tests.helpers.corpus import ROOT

STAR = DeskChange(star=True)


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_of(tmp_path)


def ids(generation: Generation, *rows: int) -> list[str]:
    return [generation.records.ids[row] for row in rows]


def rows_of(generation: Generation, desk: Desk, typed: str) -> list[int]:
    """Return the rows that pass a typed query."""
    marks = marks_of(generation, desk)
    parsed = parse(typed)
    clauses, notes = usable(generation, parsed.clauses, marks)
    assert (list(parsed.notes), notes) == ([], [])
    rows = allowed_rows(generation, Filters(clauses=tuple(clauses), desk=marks))
    assert rows is not None
    return [int(row) for row in rows]


def test_an_unused_desk_is_empty_and_makes_no_file(generation: Generation, desk: Desk) -> None:
    marks = marks_of(generation, desk)
    assert (marks.of, marks.inactive, marks.starred, marks.tags) == ({}, (), (), {})
    assert desk.followings() == ()
    assert not desk.path.exists()


def test_changes_are_marks_on_the_paper_and_can_be_undone(
    generation: Generation, desk: Desk
) -> None:
    paper = generation.records[3]
    mark_papers(generation, desk, [paper.id], STAR)
    mark_papers(generation, desk, [paper.id], DeskChange(add_tags=("my  thesis", "Méthodes")))
    mark_papers(
        generation,
        desk,
        [paper.id],
        DeskChange(state=ReadingState.TO_READ, note=" See figure 2.\n"),
    )
    mark = marks_of(generation, desk)[3]
    assert mark.starred
    assert (mark.state, mark.tags) == (ReadingState.TO_READ, ("Méthodes", "my thesis"))
    assert mark.note == "See figure 2."
    mark_papers(generation, desk, [paper.id], DeskChange(star=False, drop_tags=("MY THESIS",)))
    mark_papers(generation, desk, [paper.id], DeskChange(state=ReadingState.READ, note=""))
    mark = marks_of(generation, desk)[3]
    assert (mark.starred, mark.state, mark.tags, mark.note) == (
        "",
        ReadingState.READ,
        ("Méthodes",),
        "",
    )
    mark_papers(
        generation, desk, [paper.id], DeskChange(state=ReadingState.NONE, drop_tags=("MÉTHODES",))
    )
    assert marks_of(generation, desk).of == {}
    assert desk.entries() == ()


def test_any_id_works_and_one_unknown_id_changes_nothing(
    generation: Generation, desk: Desk
) -> None:
    row = next(row for row, paper in enumerate(generation.records) if paper.arxiv)
    paper = generation.records[row]
    with pytest.raises(UnknownPaper, match="Nothing was changed"):
        mark_papers(generation, desk, [paper.id, "no-such-paper"], STAR)
    assert marks_of(generation, desk).of == {}
    mark_papers(generation, desk, [f"https://arxiv.org/abs/{paper.arxiv}v3"], STAR)
    assert marks_of(generation, desk).starred == (row,)


def test_desks_of_two_users_are_separate(generation: Generation, tmp_path: Path) -> None:
    ada, grace = desk_of(tmp_path, "ada"), desk_of(tmp_path, "grace")
    mark_papers(generation, ada, ids(generation, 1), STAR)
    mark_papers(generation, grace, ids(generation, 1, 2), DeskChange(note="grace's"))
    assert marks_of(generation, ada).starred == (1,)
    assert marks_of(generation, ada)[1].note == ""
    assert sorted(marks_of(generation, grace).of) == [1, 2]
    grace.follow(FollowedSearch("mine", "{}", 5, 0))
    assert ada.followings() == ()


@pytest.mark.parametrize("tag", ["", "  ", "x" * 61, 'with "quotes"'])
def test_an_invalid_tag_is_refused(generation: Generation, desk: Desk, tag: str) -> None:
    with pytest.raises(UnusableInput, match="tag"):
        mark_papers(generation, desk, ids(generation, 0), DeskChange(star=True, add_tags=(tag,)))
    assert marks_of(generation, desk).of == {}


def test_filters_on_the_desk_are_exact(generation: Generation, desk: Desk) -> None:
    random = np.random.default_rng(7)
    every = range(generation.size)
    starred, read, tagged = (set(random.choice(generation.size, 9, False).tolist()) for _ in "abc")
    mark_papers(generation, desk, ids(generation, *starred), STAR)
    mark_papers(generation, desk, ids(generation, *read), DeskChange(state=ReadingState.READ))
    mark_papers(generation, desk, ids(generation, *tagged), DeskChange(add_tags=("Deep Learning",)))
    expected = {
        "is:starred": starred,
        "-is:starred": set(every) - starred,
        "is:read -is:starred": read - starred,
        'tag:"deep learning"': tagged,
        'is:starred tag:"Deep Learning"': starred & tagged,
        "is:tagged": tagged,
        "is:toread": set(),
        "is:dismissed": set(),
    }
    for typed, rows in expected.items():
        assert rows_of(generation, desk, typed) == sorted(rows), typed
    # All papers that pass are hits, however far down they rank, and no others.
    marks = marks_of(generation, desk)
    results = search(
        generation, None, Query("-is:read is:starred", filters=Filters(desk=marks)), generation.size
    )
    assert {hit.row for hit in results.hits} == starred - read


def test_a_filter_on_the_desk_is_left_out_with_a_note_without_a_desk(
    generation: Generation, desk: Desk
) -> None:
    results = search(generation, None, Query('is:starred year:2023 "cache"', mode=Mode.LEXICAL), 5)
    assert results.parsed.notes == (Note(NoteKind.NO_DESK, "is", "starred"),)
    assert [clause.field for clause in results.parsed.clauses] == [Field.YEAR, Field.TEXT]
    marks = marks_of(generation, desk)
    results = search(generation, None, Query("tag:nothing is:starred", filters=Filters(desk=marks)))
    assert [str(clause) for clause in results.parsed.clauses] == ["is:starred"]
    assert results.parsed.notes == (Note(NoteKind.UNUSED_TAG, "tag", "nothing"),)
    assert results.hits == ()
    assert [note.suggestion for note in parse("is:stared").notes] == ["is:starred"]


def test_facets_count_marks_of_the_desk(generation: Generation, desk: Desk) -> None:
    mark_papers(generation, desk, ids(generation, 1, 2, 3), DeskChange(star=True, add_tags=("a",)))
    mark_papers(generation, desk, ids(generation, 3, 4), DeskChange(state=ReadingState.NOT_FOR_ME))
    rows = np.array([2, 3, 4, 5])
    counted = {
        str(count.clause): count.papers
        for facet in facets(generation, rows, 0, desk=marks_of(generation, desk))
        for count in facet.counts
        if facet.field in (Field.IS, Field.TAG)
    }
    assert counted == {"is:starred": 2, "is:not-for-me": 2, "tag:a": 2}


def test_more_like_the_starred_unlike_the_dismissed(generation: Generation, desk: Desk) -> None:
    titles = generation.records.titles
    serving = [row for row, title in enumerate(titles) if "KV Cache" in title or "LLM" in title]
    medical = [row for row, title in enumerate(titles) if "Liver" in title or "CT" in title]
    mark_papers(generation, desk, ids(generation, *serving[:4]), STAR)
    mark_papers(
        generation, desk, ids(generation, *medical[:1]), DeskChange(state=ReadingState.NOT_FOR_ME)
    )
    marks = marks_of(generation, desk)
    query = Query("like:starred unlike:dismissed", filters=Filters(desk=marks))
    results = search(generation, None, query, 4)
    rows = [hit.row for hit in results.hits]
    assert set(serving[4:]) & set(rows)
    assert not set(rows) & {*serving[:4], *medical[:1]}
    # Each names the starred paper that it is like, and its score is the mean of the three nearest.
    vectors = generation.engine.vectors(np.arange(generation.size))
    likeness = np.sort(vectors @ vectors[list(marks.starred)].T, axis=1)[:, -3:].mean(axis=1)
    cost = np.clip(vectors[rows] @ vectors[medical[0]], 0, None)
    expected = likeness[rows] - 0.5 * likeness.max() * cost
    assert [hit.score for hit in results.hits] == pytest.approx(expected.tolist(), abs=2e-3)
    assert all(hit.why.example in ids(generation, *serving[:4]) for hit in results.hits)


def test_an_empty_desk_has_no_examples_and_there_is_a_note(
    generation: Generation, desk: Desk
) -> None:
    filters = Filters(desk=marks_of(generation, desk))
    results = search(generation, None, Query("like:starred", filters=filters))
    assert results.hits == ()
    assert results.parsed.notes == (Note(NoteKind.NO_EXAMPLES, "like", "starred"),)


# Through rebuilds.


def paper(number: int, **known: str) -> Paper:
    """Return a paper that is like no other by its title and text."""
    random = np.random.default_rng(number)
    words = [f"w{word}" for word in random.integers(0, 400, 30)]
    title = f"On {words[0]} and {words[1]} number {number}"
    return Paper(title=title, abstract=f"{' '.join(words)}. It holds for {number}.", **known)  # type: ignore[arg-type]


def grow(
    library: LibraryStore, folder: Path, papers: Sequence[Paper], **options: bool
) -> Generation:
    """Build ``library`` from exactly these papers, as JSON lines."""
    import json

    folder.mkdir(exist_ok=True)
    rows = [
        {
            key: value
            for key, value in (
                ("title", one.title),
                ("abstract", one.abstract),
                ("arxiv_id", one.arxiv),
                ("doi", one.doi),
                ("authors", list(one.authors)),
                ("date", one.date),
            )
            if value
        }
        for one in papers
    ]
    digest = folder / "papers.jsonl"
    digest.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    build(library, [digest], BuildOptions(model="hashing", prune=True, **options))  # type: ignore[arg-type]
    return library.open()


def test_marks_of_a_paper_that_is_gone_are_inactive_until_it_returns(tmp_path: Path) -> None:
    library = LibraryStore(tmp_path / "library")
    desk = desk_of(library.folder)
    papers = [paper(number) for number in range(12)]
    generation = grow(library, tmp_path / "digests", papers)
    chosen = next(row for row, p in enumerate(generation.records) if p.title == papers[4].title)
    own = ids(generation, chosen)[0]
    mark_papers(generation, desk, [own], DeskChange(star=True, note="mine"))
    generation = grow(library, tmp_path / "digests", [*papers[:4], *papers[5:]])
    marks = marks_of(generation, desk)
    assert (marks.starred, marks.of) == ((), {})
    assert [entry.anchor.paper.title for entry in marks.inactive] == [papers[4].title]
    mark_papers(generation, desk, [own], DeskChange(add_tags=("still",)))
    generation = grow(library, tmp_path / "digests", papers)
    marks = marks_of(generation, desk)
    (row,) = marks.starred
    assert generation.records[row].title == papers[4].title
    assert (marks[row].note, marks[row].tags, marks.inactive) == ("mine", ("still",), ())


def test_a_paper_is_located_under_other_ids_by_its_text_or_its_title(tmp_path: Path) -> None:
    library = LibraryStore(tmp_path / "library")
    desk = desk_of(library.folder)
    papers = [paper(number) for number in range(10)]
    generation = grow(library, tmp_path / "digests", papers)
    titles = generation.records.titles
    before = {titles[row]: generation.records.ids[row] for row in range(generation.size)}
    mark_papers(generation, desk, [before[papers[n].title] for n in (1, 2, 3)], STAR)
    # A library begun anew, in which they have ids, one another text, one another spelling.
    shutil.rmtree(library.folder / "generations")
    (library.folder / "LIVE").unlink()
    papers[1] = replace(papers[1], arxiv="2401.00001")
    papers[2] = replace(papers[2], doi="10.1000/two", abstract=papers[2].abstract + " Added.")
    papers[3] = replace(papers[3], arxiv="2401.00003", title=papers[3].title.upper())
    generation = grow(library, tmp_path / "digests", papers)
    marks = marks_of(generation, desk)
    assert marks.inactive == ()
    starred_titles = {generation.records[row].title for row in marks.starred}
    assert starred_titles == {papers[n].title for n in (1, 2, 3)}
    assert not {generation.records.ids[row] for row in marks.starred} & set(before.values())


def test_a_very_different_paper_with_the_same_doi_gets_no_marks(tmp_path: Path) -> None:
    library = LibraryStore(tmp_path / "library")
    desk = desk_of(library.folder)
    papers = [paper(number) for number in range(8)]
    papers[0] = replace(papers[0], title="Deep nets for reading liver scans", doi="10.1000/one")
    generation = grow(library, tmp_path / "digests", papers)
    mark_papers(generation, desk, ["10.1000/one"], STAR)
    other = replace(paper(99), title="Ancient Roman pottery in Gaul", doi="10.1000/one")
    generation = grow(library, tmp_path / "digests", [*papers[1:], other])
    marks = marks_of(generation, desk)
    assert marks.starred == ()
    assert [entry.anchor.paper.doi for entry in marks.inactive] == ["10.1000/one"]


def test_marks_of_merged_papers_are_joined_and_a_rollback_separates_them(
    tmp_path: Path,
) -> None:
    library = LibraryStore(tmp_path / "library")
    desk = desk_of(library.folder)
    papers = [paper(number) for number in range(10)]
    one = replace(papers[0], title="A Study of Large Cache Trees", arxiv="2401.00001")
    two = replace(papers[1], title="Large Cache Trees: A Study", doi="10.1000/two")
    generation = grow(library, tmp_path / "digests", [one, two, *papers[2:]])
    mark_papers(
        generation, desk, ["2401.00001"], DeskChange(star=True, add_tags=("a",), note="first")
    )
    mark_papers(generation, desk, ["2401.00001"], DeskChange(state=ReadingState.TO_READ))
    change = DeskChange(state=ReadingState.READ, add_tags=("b",), note="second")
    mark_papers(generation, desk, ["10.1000/two"], change)
    both = replace(one, doi="10.1000/two")
    generation = grow(library, tmp_path / "digests", [one, two, both, *papers[2:]])
    assert generation.size == 9
    marks = marks_of(generation, desk)
    (row,) = marks.of
    mark = marks[row]
    assert mark.starred
    assert (mark.state, mark.tags, mark.note) == (ReadingState.READ, ("a", "b"), "first\n\nsecond")
    mark_papers(generation, desk, [generation.records.ids[row]], DeskChange(add_tags=("c",)))
    assert marks_of(generation, desk)[row].state is ReadingState.READ
    library.rollback()
    generation = library.open()
    marks = marks_of(generation, desk)
    first, second = (generation.records.find(name) for name in ("2401.00001", "10.1000/two"))
    assert first is not None and second is not None
    assert (bool(marks[first].starred), bool(marks[second].starred)) == (True, False)
    assert (marks[first].note, marks[second].note) == ("first", "second")
    assert (marks[first].state, marks[second].state) == (ReadingState.TO_READ, ReadingState.READ)


# The file.


def test_reading_leaves_nothing_behind(generation: Generation, desk: Desk) -> None:
    mark_papers(generation, desk, ids(generation, 1), STAR)
    before = desk.path.read_bytes()
    assert marks_of(generation, desk).starred == (1,)
    assert problems(desk.path) == []
    assert [path.name for path in desk.path.parent.iterdir()] == [desk.path.name]
    assert desk.path.read_bytes() == before


def test_the_doctor_checks_the_desk(hashing_library: LibraryStore, tmp_path: Path) -> None:
    library = LibraryStore(tmp_path / "library")
    shutil.copytree(hashing_library.folder, library.folder)
    desk = desk_of(library.folder)
    mark_papers(
        library.open(), desk, ids(library.open(), *range(20)), DeskChange(note="long " * 900)
    )
    assert not damaged(examine(library))
    content = bytearray(desk.path.read_bytes())
    content[9000:16000] = b"\xff" * 7000
    desk.path.write_bytes(bytes(content))
    findings = examine(library)
    assert damaged(findings)
    assert "desk restore" in next_step(findings)


def test_a_torn_file_is_reported_and_a_newer_one_refused(
    generation: Generation, desk: Desk
) -> None:
    mark_papers(generation, desk, ids(generation, 1), STAR)
    assert problems(desk.path) == []
    with closing(sqlite3.connect(desk.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryNewer, match="schema 99"):
        marks_of(generation, desk)
    desk.path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryDamaged, match=r"desk\.sqlite"):
        marks_of(generation, desk)
    with pytest.raises(LibraryDamaged, match=r"desk\.sqlite"):
        mark_papers(generation, desk, ids(generation, 1), STAR)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_desk_can_be_read(generation: Generation, desk: Desk) -> None:
    mark_papers(generation, desk, ids(generation, 1), STAR)
    desk.path.parent.chmod(0o500)
    try:
        assert marks_of(generation, desk).starred == (1,)
    finally:
        desk.path.parent.chmod(0o700)


def test_the_environment_sets_the_path_of_the_desk(
    generation: Generation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLORER_DESK", str(tmp_path / "elsewhere" / "my.sqlite"))
    desk = desk_of(tmp_path)
    mark_papers(generation, desk, ids(generation, 1), STAR)
    assert (tmp_path / "elsewhere" / "my.sqlite").exists()
    assert not (tmp_path / "desk.sqlite").exists()


def test_the_user_comes_from_the_environment_by_its_new_name_or_its_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EXPLORER_USER", raising=False)
    monkeypatch.delenv("EXPLORER_READER", raising=False)
    assert default_user() == ME
    monkeypatch.setenv("EXPLORER_READER", "ada")
    assert default_user() == "ada"
    monkeypatch.setenv("EXPLORER_USER", "grace")
    assert default_user() == "grace"


_WRITER = """
import sys
from pathlib import Path
from explorer.desk.desk import Anchor, DeskChange, desk_of
from explorer.papers.paper import Paper
desk = desk_of(Path(sys.argv[1]), "other")
for number in range(10_000):
    name = f"p{number}"
    anchor = Anchor((name,), Paper(title=name, id=name))
    desk.apply([(anchor, (), DeskChange(star=True, note=name, add_tags=("one", "two")))])
    print(number, flush=True)
"""


@pytest.mark.slow
def test_each_mark_is_whole_or_absent_after_a_kill(
    tmp_path: Path,
) -> None:
    """A writer is killed at random moments; the marks that it reported are kept."""
    random = np.random.default_rng(3)
    for turn in range(4):
        folder = tmp_path / str(turn)
        last = killed_while_writing(folder, int(random.integers(2, 60)))
        desk = desk_of(folder, "other")
        entries = desk.entries()
        assert len(entries) in (last + 1, last + 2)
        for entry in entries:
            assert entry.starred
            assert (entry.note, entry.tags) == (entry.anchor.paper.id, ("one", "two"))
        assert problems(desk.path) == []
        desk.apply([(entries[0].anchor, (entries[0].number,), DeskChange(star=False))])


def killed_while_writing(folder: Path, marks: int) -> int:
    """Kill a program that goes on marking papers after ``marks``; return its last number."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert writer.stdout is not None
    first = [int(writer.stdout.readline()) for _ in range(marks)]
    writer.send_signal(signal.SIGKILL)
    later = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    writer.wait()
    return max(first + later)


@pytest.mark.slow
def test_fifty_rebuilds_with_merges_a_rollback_and_a_kill_lose_nothing(tmp_path: Path) -> None:
    """Papers come, go, merge and get other ids; the user's marks are always there."""
    random = np.random.default_rng(11)
    library = LibraryStore(tmp_path / "library")
    desk = desk_of(library.folder)
    papers = [paper(number) for number in range(30)]
    generation = grow(library, tmp_path / "digests", papers)
    done: dict[str, PaperMark] = {}
    merged = others = 0
    for turn in range(50):
        kept = [p for p in papers if random.random() > 0.1]
        chosen = int(random.integers(len(papers)))
        if turn % 5 == 1 and not papers[chosen].arxiv:  # it comes to be known by another id
            papers[chosen] = replace(papers[chosen], arxiv=f"2401.{turn:05}")
        if turn % 5 == 2:  # its text changes
            changed = replace(papers[chosen], abstract=papers[chosen].abstract + f" Turn {turn}.")
            papers[chosen] = changed
        if turn % 5 == 3:  # a second record of it, title alone, merges into it
            kept.append(Paper(title=papers[chosen].title.upper()))
        if turn == 25:
            library.rollback()
            assert marks_by_title(library.open(), desk) == done
        if turn % 20 == 19:  # another user's writes to the same file are cut off
            others = max(others, killed_while_writing(library.folder, 20))
        generation = grow(library, tmp_path / "digests", kept, full=turn % 17 == 16)
        merged += generation.manifest.changes["merged"]
        row = int(random.integers(generation.size))
        title = generation.records[row].title.casefold()
        change = DeskChange(star=True, note=f"note {turn}", add_tags=(f"tag {turn % 7}",))
        mark_papers(generation, desk, ids(generation, row), change)
        before = done.get(title, PaperMark())
        done[title] = PaperMark(
            starred="yes",
            note=f"note {turn}",
            tags=tuple(sorted({*before.tags, f"tag {turn % 7}"})),
        )
        assert marks_by_title(generation, desk) == done
    assert len(done) > 15
    assert merged > 5
    assert others > 0
    assert problems(desk.path) == []


def marks_by_title(generation: Generation, desk: Desk) -> dict[str, PaperMark]:
    """Return the marks on the desk by title, inactive ones too."""
    marks: PaperMarks = marks_of(generation, desk)
    by_title = {
        generation.records[row].title.casefold(): PaperMark(
            starred="yes", note=mark.note, tags=mark.tags
        )
        for row, mark in marks.of.items()
    }
    for entry in marks.inactive:
        title = entry.anchor.paper.title.casefold()
        assert title not in by_title
        by_title[title] = PaperMark(starred="yes", note=entry.note, tags=entry.tags)
    return by_title
