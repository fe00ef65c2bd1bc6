"""Edits to topics: applied at once, kept by every later build, undone on request."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from explorer.builds.apply_edits import (
    TopicPin,
    all_edits,
    apply_edits,
    merge,
    pin,
    pin_all,
    rename,
    undo,
)
from explorer.builds.build import BuildOptions, build
from explorer.cli import main
from explorer.errors import LibraryBusy, LibraryDamaged, LibraryError, UnusableInput
from explorer.library.generation import SCHEMA, Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.settings import TopicSettings, of_fineness
from explorer.topics import edits
from explorer.topics.communities import Topic
from explorer.topics.custom_namer import NamingCase
from tests.helpers.corpus import WriteDigest
from tests.helpers.generations import seal_again, verify_generation

pytestmark = pytest.mark.slow

SAME_FILES = ("positions.npy", "neighbours.npy", "similarities.npy", "papers.arrow")


@pytest.fixture
def library(tmp_path: Path, hashing_library: LibraryStore) -> LibraryStore:
    """A copy of the hashing library that a test may change."""
    shutil.copytree(hashing_library.folder, tmp_path / "library")
    return LibraryStore(tmp_path / "library")


def test_files_that_a_rename_keeps_are_on_disk_once_except_papers(
    library: LibraryStore,
) -> None:
    before = library.open().folder
    rename(library, "t1", "My own name")
    after = library.open().folder
    verify_generation(after)
    files = [path.relative_to(after) for path in after.rglob("*") if path.is_file()]
    shared = {path.as_posix() for path in files if (after / path).samefile(before / path)}
    assert {"positions.npy", "neighbours.npy", "words/meta.json"} <= shared
    assert not shared & {"papers.arrow", "columns.arrow", "topics.json", "manifest.json"}


def papers_of(generation: Generation, topic: Topic) -> set[str]:
    return {generation.records.ids[row] for row in generation.members(topic)}


def coarsest(library: LibraryStore) -> tuple[Topic, ...]:
    return library.open().levels[0]


def test_a_rename_takes_effect_at_once_and_moves_and_changes_nothing_else(
    library: LibraryStore,
) -> None:
    before = library.open()
    outcome = rename(library, "t1", "  My own\nname ")
    after = library.open()
    assert outcome.topic == after.levels[0][0]
    assert (outcome.topic.label, outcome.topic.named_by) == ("My own name", "you")
    for name in SAME_FILES:
        assert (before.folder / name).read_bytes() == (after.folder / name).read_bytes(), name
    renamed = edits.same_topic(before.memberships, 0, 0)
    for level, (old, new) in enumerate(zip(before.levels, after.levels, strict=True)):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            if (level, place) not in renamed:
                assert one == other


def test_a_name_survives_a_full_build_and_one_that_adds_papers(
    library: LibraryStore,
    corpus: list[Paper],
    digest_folder: Path,
    tmp_path: Path,
    write_digest: WriteDigest,
) -> None:
    before = library.open()
    papers = papers_of(before, before.levels[0][0])
    rename(library, "t1", "My own name")
    assert build(library, [digest_folder]).published is False
    build(library, [digest_folder], BuildOptions(full=True))
    assert [t.label for t in coarsest(library)].count("My own name") == 1
    more = [replace(p, title=f"{p.title} Again", arxiv="") for p in corpus[::7]]
    assert build(library, [write_digest(tmp_path / "more.txt", more)]).added == len(more)
    after = library.open()
    (named,) = [t for t in after.levels[0] if t.label == "My own name"]
    now = papers_of(after, named)
    assert len(papers & now) > len(papers) / 2


def test_undoing_a_rename_restores_the_computed_name(library: LibraryStore) -> None:
    before = library.open()
    outcome = rename(library, before.levels[0][0].label, "My own name")
    assert undo(library, outcome.edit.number) == outcome.edit
    after = library.open()
    assert after.levels == before.levels
    assert all_edits(library) == []
    with pytest.raises(UnusableInput, match="no edit 1"):
        undo(library, 1)


def test_merged_topics_are_one_with_all_their_papers_through_later_builds(
    library: LibraryStore, digest_folder: Path
) -> None:
    before = library.open()
    first, second = before.levels[0][:2]
    united = papers_of(before, first) | papers_of(before, second)
    merge(library, [first.id, second.id], "Both")
    build(library, [digest_folder], BuildOptions(full=True))
    after = library.open()
    assert len(after.levels[0]) == len(before.levels[0]) - 1
    (both,) = [t for t in after.levels[0] if t.label == "Both"]
    assert papers_of(after, both) == united
    undo(library, 1)
    apart = library.open()
    assert {frozenset(papers_of(apart, t)) for t in apart.levels[0]} == {
        frozenset(papers_of(before, t)) for t in before.levels[0]
    }
    assert "Both" not in {t.label for t in apart.topics.values()}


def test_a_pinned_topic_keeps_its_papers_and_name_however_fine_topics_are(
    library: LibraryStore, digest_folder: Path
) -> None:
    before = library.open()
    label = before.levels[0][1].label
    papers = papers_of(before, before.levels[0][1])
    outcome = pin(library, before.levels[0][1].id)
    assert outcome.edit.name == label
    build(library, [digest_folder], BuildOptions(topics="coarser"))
    after = library.open()
    held = [t for t in after.topics.values() if papers <= papers_of(after, t) and t.label == label]
    assert [t.named_by for t in held] == ["you"] * len(held) != []


@pytest.mark.parametrize("name", ["", "x" * 81, "OTHER"])
def test_an_invalid_name_is_refused_and_nothing_changes(library: LibraryStore, name: str) -> None:
    other = coarsest(library)[1].label
    with pytest.raises(UnusableInput):
        rename(library, "t1", other.upper() if name == "OTHER" else name)
    assert library.live == "000001"
    assert edits.read(library.folder) == ()


def test_only_topics_of_one_level_are_merged(library: LibraryStore) -> None:
    generation = library.open()
    below = next(t for t in generation.topics.values() if t.level and t.parent == "t1")
    with pytest.raises(UnusableInput):
        merge(library, ["t1", below.id])
    with pytest.raises(UnusableInput, match="two"):
        merge(library, ["t1", "t1"])


def test_no_edit_is_stored_while_a_build_runs(library: LibraryStore) -> None:
    with library.building(), pytest.raises(LibraryBusy):
        rename(library, "t1", "My own name")
    assert edits.read(library.folder) == ()


@pytest.mark.parametrize("failure", [LibraryError("no room"), KeyboardInterrupt])
def test_an_edit_that_cannot_be_published_is_not_stored_and_can_be_repeated(
    library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException | type[BaseException],
) -> None:
    rename(library, "t1", "My own name")
    before, live = edits.read(library.folder), library.live

    def fail(*_arguments: object) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr("explorer.library.store.write_generation", fail)
        for change in (lambda: rename(library, "t2", "Another"), lambda: undo(library, 1)):
            with pytest.raises((LibraryError, KeyboardInterrupt)):
                change()
            assert (edits.read(library.folder), library.live) == (before, live)
    with monkeypatch.context() as patch:  # a published edit stays stored
        patch.setattr(LibraryStore, "remove_old", fail)
        with pytest.raises((LibraryError, KeyboardInterrupt)):
            rename(library, "t2", "Another")
    assert library.live != live
    assert [statement.name for statement in edits.read(library.folder)] == [
        "My own name",
        "Another",
    ]


def test_an_edit_stored_but_not_published_is_published_by_the_next_build(
    library: LibraryStore, digest_folder: Path
) -> None:
    before = library.open()
    rename(library, "t1", "My own name")
    library.rollback()
    assert library.open().levels == before.levels
    assert build(library, [digest_folder]).published is True
    assert coarsest(library)[0].label == "My own name"
    library.rollback()
    library.rollback()
    assert apply_edits(library).levels[0][0].label == "My own name"
    live = library.live
    apply_edits(library)
    assert library.live == live


def test_many_pins_are_published_once_and_undone_one_by_one(library: LibraryStore) -> None:
    before = library.open()
    first, second, third, fourth = before.levels[0][:4]
    pins = [
        TopicPin((first.id,), first.label),
        TopicPin((second.id, third.id), "Both"),
        TopicPin((fourth.id,), second.label),  # free, because that topic gets another name
    ]
    outcomes = pin_all(library, pins)
    after = library.open()
    assert after.manifest.number == before.manifest.number + 1
    assert [outcome.topic and outcome.topic.label for outcome in outcomes] == [
        first.label,
        "Both",
        second.label,
    ]
    (both,) = (topic for topic in after.levels[0] if topic.label == "Both")
    assert papers_of(after, both) == papers_of(before, second) | papers_of(before, third)
    undo(library, outcomes[1].edit.number)
    assert len(all_edits(library)) == 2
    assert len(library.open().levels[0]) == len(before.levels[0])
    assert pin_all(library, []) == []


def test_of_many_pins_one_that_is_refused_refuses_all(library: LibraryStore) -> None:
    first, second, third = coarsest(library)[:3]
    live = library.live
    for name in (third.label, "Twice", " "):
        pins = [TopicPin((first.id,), "Twice"), TopicPin((second.id,), name)]
        with pytest.raises(UnusableInput):
            pin_all(library, pins)
    assert (library.live, all_edits(library)) == (live, [])


def test_a_pinned_topic_keeps_its_name_when_newcomers_outnumber_its_papers(
    library: LibraryStore, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    before = library.open()
    topic = min(before.levels[0], key=lambda topic: topic.size)
    titles = {before.records.titles[row] for row in before.members(topic)}
    pin(library, topic.id, "My thesis")
    added = []
    # A few at a time: many at once would be a topic of their own.
    for word in ("Revisited", "Reconsidered", "Extended", "Again"):
        added += [
            replace(paper, title=f"{paper.title} {word}", arxiv="")
            for paper in corpus
            if paper.title in titles
        ][:7]
        build(library, [write_digest(tmp_path / "more.txt", added)])
        after = library.open()
        (named,) = [topic for topic in after.levels[0] if topic.label == "My thesis"]
        assert named.size == topic.size + len(added)
        assert papers_of(after, named) > papers_of(before, topic)
        assert all_edits(library)[0].topic == named
    other = after.levels[0][1]
    rename(library, other.id, "Another")
    assert papers_of(library.open(), library.open().topics[named.id]) == papers_of(after, named)
    build(library, [tmp_path / "more.txt"], BuildOptions(full=True))
    (again,) = [topic for topic in coarsest(library) if topic.label == "My thesis"]
    assert papers_of(library.open(), again) >= papers_of(after, named)


def test_undoing_a_merging_pin_takes_apart_topics_that_have_grown(
    library: LibraryStore, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    before = library.open()
    first, second = before.levels[0][:2]
    pin_all(library, [TopicPin((first.id,), "First")])
    (outcome,) = pin_all(library, [TopicPin((first.id, second.id), "Both")])
    more = [replace(paper, title=f"{paper.title} Again", arxiv="") for paper in corpus[::7]]
    build(library, [write_digest(tmp_path / "more.txt", more)])
    undo(library, outcome.edit.number)
    after = library.open()
    (named,) = [topic for topic in after.levels[0] if topic.label == "First"]
    assert papers_of(after, named) >= papers_of(before, first)
    assert papers_of(after, named).isdisjoint(papers_of(before, second))


def test_an_edit_whose_papers_are_gone_is_inactive_and_reported(
    library: LibraryStore, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    generation = library.open()
    topic = generation.levels[0][0]
    titles = {generation.records.titles[row] for row in generation.members(topic)}
    rename(library, topic.id, "My own name")
    left = write_digest(tmp_path / "left.txt", [p for p in corpus if p.title not in titles])
    assert build(library, [left], BuildOptions(prune=True)).resting == 1
    assert [outcome.topic for outcome in all_edits(library)] == [None]
    assert "My own name" not in {t.label for t in library.open().topics.values()}
    # The papers come back, and with them the name.
    assert build(library, [write_digest(tmp_path / "all.txt", corpus)]).resting == 0
    assert "My own name" in {t.label for t in coarsest(library)}


def test_a_damaged_file_stops_a_build_and_is_named(
    library: LibraryStore, digest_folder: Path
) -> None:
    path = library.folder / "topic_edits.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(LibraryDamaged, match=r"topic_edits\.json"):
        build(library, [digest_folder], BuildOptions(full=True))
    with pytest.raises(LibraryDamaged, match=r"topic_edits\.json"):
        rename(library, "t1", "My own name")
    assert (library.live, path.read_text(encoding="utf-8")) == ("000001", "{")


# How fine topics are.


def test_the_fineness_of_topics_stays_until_it_is_changed(
    library: LibraryStore, digest_folder: Path
) -> None:
    for fineness, published in (
        ("coarser", True),
        ("", False),
        ("coarser", False),
        ("normal", True),
    ):
        assert build(library, [digest_folder], BuildOptions(topics=fineness)).published is published
    build(library, [digest_folder], BuildOptions(topics="finer"))
    build(library, [digest_folder], BuildOptions(full=True))
    stored = library.open().manifest.settings["topics"]
    assert stored["resolution"] == of_fineness(TopicSettings(), "finer").resolution > 1


def test_finer_topics_are_smaller_for_the_same_papers(library: LibraryStore) -> None:
    assert of_fineness(TopicSettings(), "normal") == TopicSettings()
    fine, coarse = (of_fineness(TopicSettings(), name) for name in ("finer", "coarser"))
    assert fine.split_above < TopicSettings().split_above < coarse.split_above
    assert fine.resolution > TopicSettings().resolution > coarse.resolution
    with pytest.raises(UnusableInput, match="coarser"):
        build(library, [library.folder], BuildOptions(topics="finest"))


# Naming functions.


def shout(case: NamingCase) -> str:
    return case.label.upper()


def fail_on_top(case: NamingCase) -> str:
    if case.level == 0:
        raise RuntimeError("the model is asleep")
    return ""


def answer_with_no_string(case: NamingCase) -> str:
    return case.size  # type: ignore[return-value]


def test_a_full_build_without_a_naming_function_names_anew(
    library: LibraryStore, digest_folder: Path
) -> None:
    computed = [[topic.label for topic in level] for level in library.open().levels]
    build(library, [digest_folder], BuildOptions(namer=shout))
    assert all(topic.label.isupper() for topic in coarsest(library))
    build(library, [digest_folder], BuildOptions(full=True))
    after = library.open()
    assert [[topic.label for topic in level] for level in after.levels] == computed
    assert {topic.named_by for level in after.levels for topic in level} == {""}
    assert after.manifest.settings["namer"] == ""


def test_names_of_a_naming_function_stay_when_people_rename_another_topic(
    library: LibraryStore, digest_folder: Path
) -> None:
    build(library, [digest_folder], BuildOptions(namer=shout))
    assert build(library, [digest_folder], BuildOptions(namer=shout)).published is False
    assert build(library, [digest_folder]).published is False
    before = coarsest(library)
    assert all(t.label.isupper() for t in before)
    rename(library, before[0].label, "My own name")
    assert coarsest(library)[1:] == before[1:]
    build(library, [digest_folder], BuildOptions(namer=shout, full=True))
    assert coarsest(library)[0].label == "My own name"


@pytest.mark.parametrize(
    ("namer", "failure"), [(fail_on_top, "asleep"), (answer_with_no_string, "not a string")]
)
def test_a_naming_function_that_fails_loses_nothing(
    library: LibraryStore, digest_folder: Path, namer: object, failure: str
) -> None:
    before = library.open()
    report = build(library, [digest_folder], BuildOptions(namer=namer))  # type: ignore[arg-type]
    assert report.published
    assert report.naming_failures >= len(before.levels[0])
    assert failure in report.naming_failure
    assert library.open().levels == before.levels


# The command line.


def test_the_commands_store_list_and_undo_edits(
    library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--library", str(library.folder)]

    def run(*arguments: str) -> dict[str, object]:
        assert main([*arguments, *where, "--json"]) == 0
        answer: dict[str, object] = json.loads(capsys.readouterr().out)
        return answer

    first = run("topics", "rename", "t1", "My own name")
    assert (first["number"], first["kind"], first["resting"]) == (1, "rename", False)
    assert run("topics", "pin", "My own name", "--name", "Pinned")["name"] == "Pinned"
    merged = run("topics", "merge", "Pinned", coarsest(library)[1].id)
    assert merged["number"] == 3
    listed = run("topics", "edits")["edits"]
    assert isinstance(listed, list)
    assert [one["kind"] for one in listed] == ["rename", "pin", "merge"]
    assert run("topics", "undo", "3")["undone"] == [3]
    assert coarsest(library)[0].label == "Pinned"
    assert main(["topics", "edits", *where]) == 0
    assert "“Pinned”" in capsys.readouterr().out
    assert main(["topics", "rename", "t1", "", *where]) == 2
    assert main(["topics", "undo", "9", *where]) == 2


def test_a_naming_function_is_imported_from_the_current_folder(
    library: LibraryStore,
    digest_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    source = "def name(case):\n    return f'{case.label} of {case.size}'\nnothing = 3\n"
    (tmp_path / "names_of_mine.py").write_text(source, encoding="utf-8")
    (tmp_path / "torn_names.py").write_text("def name(", encoding="utf-8")
    command = ["build", str(digest_folder), "--library", str(library.folder), "--json", "--namer"]
    wrong = ("names_of_mine", ":name", "names_of_mine:other", "names_of_mine:nothing")
    for namer in (*wrong, "no_such_module:name", "torn_names:name"):
        assert main([*command, namer]) == 2
        assert capsys.readouterr().out == ""
    assert library.live == "000001"
    assert main([*command, "names_of_mine:name"]) == 0
    assert json.loads(capsys.readouterr().out)["naming_failures"] == 0
    assert all(f"of {t.size}" in t.label for t in coarsest(library))


def test_an_edit_of_a_library_of_an_older_schema_loses_nothing(
    library: LibraryStore,
) -> None:
    _make_older(library.open().folder)
    before = library.open()
    arrived = before.added_at.tolist()
    merge(library, ["t1", "t2"], "Both")
    merged = library.open()
    assert (merged.manifest.schema, merged.added_at.tolist()) == (SCHEMA, arrived)
    assert merged.events
    assert undo(library, 1).number == 1
    after = library.open()
    assert after.added_at.tolist() == arrived
    assert after.events[: len(merged.events)] == merged.events
    for old, new in zip(before.memberships, after.memberships, strict=True):
        assert (old == new).all()
    verify_generation(after.folder)


def _make_older(folder: Path) -> None:
    """Turn a generation into one of schema 2."""
    gone = ("communities.npy", "arrived.npy", "lineage.json", "columns.arrow")
    for name in gone:
        (folder / name).unlink()
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"] = {k: v for k, v in content["files"].items() if k not in gone}
    path.write_text(json.dumps(content | {"schema": 2}), encoding="utf-8")
    seal_again(folder)
