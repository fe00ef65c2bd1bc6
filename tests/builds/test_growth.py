"""A library that grows, shrinks and is edited: what stays keeps place, topic and name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.arrays import Vectors
from explorer.builds.apply_edits import all_edits, merge, rename, undo
from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.errors import LibraryDamaged, LibraryNewer
from explorer.files import checksum
from explorer.index.cosine_scale import _TITLES, _UNRELATED
from explorer.index.engines.contract import Engine
from explorer.library.arrival import milliseconds
from explorer.library.generation import SCHEMA, Generation, open_generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.settings import MapSettings, Settings, TopicSettings
from explorer.topics import edits
from explorer.topics.joined_labels import parts_of
from explorer.topics.phrases import key_of
from tests.helpers.corpus import WriteDigest, keys_in
from tests.helpers.generations import seal_again, verify_generation

pytestmark = pytest.mark.slow

HASHING = BuildOptions(model="hashing")
PRUNED = BuildOptions(prune=True)

Grow = Callable[..., BuildReport]


@pytest.fixture
def library(tmp_path: Path) -> LibraryStore:
    return LibraryStore(tmp_path / "library")


@pytest.fixture
def grow(library: LibraryStore, tmp_path: Path, write_digest: WriteDigest) -> Grow:
    """Write a digest of papers and build the library with it."""

    def update(
        papers: Sequence[Paper], options: BuildOptions = HASHING, name: str = "all"
    ) -> BuildReport:
        return build(library, [write_digest(tmp_path / "digests" / f"{name}.txt", papers)], options)

    return update


@pytest.fixture(scope="session")
def many(corpus: list[Paper]) -> list[Paper]:
    """A hundred and twenty papers: the corpus, and what two papers of one subject say together."""
    papers = list(corpus)
    for step in (1, 3):
        for place, paper in enumerate(corpus):
            other = corpus[place // 10 * 10 + (place + step) % 10]
            sentences = [*paper.abstract.split(". ")[:2], *other.abstract.split(". ")[1:]]
            title = f"{paper.title}, Revisited {step} Times"
            papers.append(Paper(title, abstract=". ".join(sentences)))
    return papers


def hashes(library: LibraryStore) -> dict[str, str]:
    """Return the hash of each file of ``library``, lock files aside."""
    return {
        path.relative_to(library.folder).as_posix(): checksum(path)
        for path in sorted(library.folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock" and path.name != ".lock"
    }


def places(generation: Generation) -> dict[str, bytes]:
    """Return the position of each paper, to the byte."""
    positions = np.asarray(generation.positions)
    return dict(zip(generation.records.ids, (spot.tobytes() for spot in positions), strict=True))


def arrivals(generation: Generation) -> dict[str, int]:
    return dict(zip(generation.records.ids, generation.added_at.tolist(), strict=True))


def topic_ids(generation: Generation) -> set[str]:
    return {topic.id for level in generation.levels for topic in level}


def assert_sound(generation: Generation) -> None:
    """Check all that holds for the topics and the map of any generation."""
    assert np.isfinite(generation.positions).all()
    every = [topic.id for level in generation.levels for topic in level]
    assert len(set(every)) == len(every)
    for row, paper in enumerate(generation.records):
        rows = generation.lexicon.search(paper.title, generation.size).keys
        assert row in rows[:3]
        assert len(set(rows.tolist())) == len(rows)
    keys = [keys_in(paper) for paper in generation.records]
    for depth, level in enumerate(generation.levels):
        assert len({topic.label.casefold() for topic in level}) == len(level)
        assert len({topic.colour for topic in level}) == len(level)
        assert sum(topic.size for topic in level) == generation.size
        assert [topic.size for topic in level] == sorted((t.size for t in level), reverse=True)
        for topic in level:
            rows = generation.members(topic)
            assert len(rows) == topic.size > 0
            if depth:
                parent = generation.topics[topic.parent]
                assert set(rows.tolist()) <= set(generation.members(parent).tolist())
                assert topic.label != parent.label or topic.size == parent.size
            own = topic.computed_name
            named = {key_of(part) for part in parts_of(own.label)}
            assert own.evidence == sum(not named.isdisjoint(keys[row]) for row in rows), topic
            assert set(topic.representatives) <= {generation.records.ids[row] for row in rows}


def edited(paper: Paper) -> Paper:
    """Return ``paper`` with another, shorter text."""
    return replace(paper, abstract=f"{paper.abstract[: len(paper.abstract) // 2].rstrip()}.")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_over_many_updates_nothing_that_stays_moves_and_all_stays_sound(
    library: LibraryStore, grow: Grow, many: list[Paper], seed: int
) -> None:
    random = np.random.default_rng(seed)
    order = random.permutation(len(many)).tolist()
    shelf = [many[i] for i in order[:60]]
    fresh = [many[i] for i in order[60:]]
    grow(shelf)
    before = library.open()
    ever = topic_ids(before)
    for step in range(8):
        kind = ("add", "edit", "remove", "rename", "merge", "unsay")[int(random.integers(6))]
        if step == 0:
            kind = "add"
        if kind == "add":
            some = int(random.integers(1, 16))
            shelf, fresh = shelf + fresh[:some], fresh[some:]
            grow(shelf)
        elif kind == "edit":
            chosen = set(random.choice(len(shelf), 5, replace=False).tolist())
            shelf = [edited(p) if i in chosen else p for i, p in enumerate(shelf)]
            grow(shelf)
        elif kind == "remove":
            gone = set(random.choice(len(shelf), len(shelf) // 5, replace=False).tolist())
            shelf = [p for i, p in enumerate(shelf) if i not in gone]
            grow(shelf, PRUNED)
        elif kind == "rename":
            rename(library, before.levels[-1][0].id, f"Name of step {step}")
        elif kind == "merge":
            merge(library, [topic.id for topic in before.levels[0][-2:]])
        elif outcome := all_edits(library):
            undo(library, outcome[0].edit.number)
        else:
            continue
        after = library.open()
        assert_sound(after)
        now, then = places(after), places(before)
        assert len(now) == len(shelf)
        assert {paper: now[paper] for paper in then if paper in now} == {
            paper: spot for paper, spot in then.items() if paper in now
        }
        came = milliseconds(after.manifest.created)
        arrived, known = arrivals(after), arrivals(before)
        assert arrived == {paper: known.get(paper, came) for paper in arrived}
        new = topic_ids(after) - topic_ids(before)
        assert not new & ever
        ever |= new
        new_in_events = {
            event.topic for event in after.events if event.generation == after.manifest.number
        }
        assert new_in_events <= topic_ids(after) | topic_ids(before)
        before = after


def test_no_topic_takes_the_id_of_one_that_is_no_more(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    grow(corpus)
    ever = topic_ids(library.open())
    # A level that is no more takes the highest numbers with it.
    grow(corpus[:10], PRUNED)
    for papers in (corpus[:20], corpus[:30], corpus):
        before = topic_ids(library.open())
        grow(papers, BuildOptions(redraw=True))
        new = topic_ids(library.open()) - before
        assert not new & ever
        ever |= new


def test_topics_keep_distinct_ids_while_levels_come_and_go(
    library: LibraryStore, grow: Grow, many: list[Paper]
) -> None:
    grow(many[:60])
    generation = library.open()
    ever = topic_ids(generation)
    counts = [len(generation.levels)]
    for count, most in ((60, 1), (64, 4), (70, 2), (60, 1), (80, 4)):
        before = generation
        shape = Settings(topics=TopicSettings(most_levels=most, split_above=8, worth_a_level=0.1))
        grow(many[:count], BuildOptions(prune=True, settings=shape))
        generation = library.open()
        counts.append(len(generation.levels))
        assert_sound(generation)
        new = topic_ids(generation) - topic_ids(before)
        assert not new & ever
        ever |= new
        assert topic_ids(generation) & topic_ids(before)
    assert len(set(counts)) > 1


def test_the_number_of_a_merge_that_was_undone_is_not_used_again(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    grow(corpus)
    ever = topic_ids(library.open())
    for _ in range(2):
        # Two of a size: what they are together is neither of them.
        level = library.open().levels[-1]
        one, other = next((a, b) for a, b in pairwise(level) if a.size == b.size)
        outcome = merge(library, [one.id, other.id])
        new = topic_ids(library.open()) - ever
        assert new
        ever |= new
        undo(library, outcome.edit.number)
        back = topic_ids(library.open())
        merged = outcome.topic
        assert merged is not None
        assert merged.id not in back
        ever |= back
    assert_sound(library.open())
    numbers = sorted(int(topic[1:]) for topic in ever)
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_same_digests_in_any_order_change_not_one_byte(
    library: LibraryStore,
    many: list[Paper],
    tmp_path: Path,
    write_digest: WriteDigest,
) -> None:
    digests = [
        write_digest(tmp_path / f"{start}.txt", many[start : start + 14]) for start in (0, 10, 20)
    ]
    build(library, digests[:2], HASHING)
    build(library, digests)
    before = hashes(library)
    for order in permutations(digests):
        for options in (BuildOptions(), BuildOptions(prune=True)):
            report = build(library, order, options)
            assert (report.published, report.embedded, report.added) == (False, 0, 0)
            assert hashes(library) == before


def test_a_dry_run_reports_all_changes_and_changes_no_byte(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    report = grow(corpus[:20], BuildOptions(model="hashing", dry_run=True))
    assert [change.kind for change in report.planned] == ["added"] * 20
    assert not library.folder.exists()
    grow(corpus[:20])
    before = hashes(library)
    shelf = [edited(corpus[0]), *corpus[2:25]]
    for options in (BuildOptions(dry_run=True), BuildOptions(dry_run=True, full=True, redraw=True)):
        report = grow(shelf, options)
        assert (report.published, report.added, report.changed) == (False, 5, 1)
        assert hashes(library) == before
    report = grow(shelf, replace(PRUNED, dry_run=True))
    assert report.removed == 1
    assert {(change.kind, change.title) for change in report.planned} == {
        ("removed", corpus[1].title),
        ("changed", corpus[0].title),
        *(("added", paper.title) for paper in corpus[20:25]),
    }
    assert hashes(library) == before
    done = grow(shelf, PRUNED)
    assert (done.added, done.changed, done.removed) == (5, 1, 1)


def test_a_full_build_of_a_grown_library_equals_one_from_nothing(
    library: LibraryStore, grow: Grow, many: list[Paper], tmp_path: Path
) -> None:
    grow(many[:50])
    grow(many[:70])
    grow([edited(many[0]), *many[1:60], *many[70:90]], PRUNED)
    shelf = [edited(many[0]), *many[1:60], *many[70:90]]
    report = grow(shelf, BuildOptions(full=True))
    assert (report.published, report.embedded, report.drift) == (True, 0, None)
    fresh = LibraryStore(tmp_path / "fresh")
    build(fresh, [tmp_path / "digests"], HASHING)
    one, other = library.open(), fresh.open()
    for name in ("positions", "memberships", "communities", "strengths", "neighbours"):
        path = f"{name}.npy"
        assert (one.folder / path).read_bytes() == (other.folder / path).read_bytes(), name
    assert [[replace(t, id="", parent="", colour=0) for t in level] for level in one.levels] == [
        [replace(t, id="", parent="", colour=0) for t in level] for level in other.levels
    ]
    assert_sound(one)


@pytest.mark.parametrize("is_live_missing", [False, True])
def test_a_full_build_of_a_damaged_library_keeps_papers_that_no_digest_holds_any_more(
    library: LibraryStore, grow: Grow, corpus: list[Paper], is_live_missing: bool
) -> None:
    grow(corpus[:12], name="first")
    grow(corpus[12:20], name="second")
    folder = library.open().folder
    (folder / "positions.npy").write_bytes(b"damaged")
    if is_live_missing:
        (library.folder / "LIVE").unlink()
    report = grow(corpus[20:24], BuildOptions(model="hashing", full=True), name="third")
    assert report.papers == 24
    generation = library.open()
    assert {paper.title for paper in generation.records} == {p.title for p in corpus[:24]}
    assert set(generation.records.digests) == {
        "first.txt",
        "second.txt",
        "third.txt",
    }
    assert_sound(generation)


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["positions", "manifest", "no LIVE", "garbled LIVE"])
def test_a_full_build_of_a_damaged_library_keeps_how_it_was_built(
    library: LibraryStore, grow: Grow, corpus: list[Paper], harm: str
) -> None:
    chosen = BuildOptions(model="hashing:64", engine="exact", topics="finer", keep=2)
    grow(corpus[:12], chosen)
    grow(corpus[:14], BuildOptions())
    folder = library.open().folder
    if harm == "manifest":
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    else:
        (folder / "positions.npy").write_bytes(b"damaged")
    if harm == "no LIVE":
        (library.folder / "LIVE").unlink()
    elif harm == "garbled LIVE":
        (library.folder / "LIVE").write_bytes(b"\xff\x00/")
    grow(corpus[:16], BuildOptions(full=True))
    manifest = library.open().manifest
    assert (manifest.model, manifest.engine) == ("hashing:64", "exact")
    assert manifest.settings["fineness"] == "finer"
    assert len(library.history()) == 2
    grow(corpus[:16], BuildOptions(full=True, model="hashing", engine="faiss", topics="coarser"))
    manifest = library.open().manifest
    assert (manifest.model, manifest.engine) == ("hashing", "faiss")
    assert manifest.settings["fineness"] == "coarser"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["papers.arrow", "positions.npy", "communities.npy", "neighbours.npy", "words"]
)
def test_altered_files_stop_updates_and_a_full_build_repairs_them(
    library: LibraryStore, grow: Grow, corpus: list[Paper], name: str
) -> None:
    grow(corpus[:16])
    grow(corpus[:20])
    folder = library.open().folder
    path = next((folder / "words").glob("*.term")) if name == "words" else folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for options in (BuildOptions(), BuildOptions(redraw=True)):
        with pytest.raises(LibraryDamaged, match=r"altered since it was written.*--full"):
            grow(corpus[:24], options)
    with pytest.raises(LibraryDamaged, match="altered"):
        rename(library, "t1", "My own")
    assert library.live == "000002"
    assert edits.read(library.folder) == ()
    grow(corpus[:24], BuildOptions(full=True))
    after = library.open()
    verify_generation(after.folder)
    assert {paper.title for paper in after.records} == {paper.title for paper in corpus[:24]}
    assert grow(corpus[:26]).published


def test_a_dry_run_looks_at_the_newest_generation_where_none_is_live(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    grow(corpus[:10])
    grow(corpus[:12])
    (library.folder / "LIVE").unlink()
    before = hashes(library)
    report = grow(corpus[:15], BuildOptions(dry_run=True))
    assert (report.added, report.unchanged, report.generation) == (3, 12, 2)
    assert hashes(library) == before
    done = grow(corpus[:15])
    assert (done.added, done.unchanged) == (report.added, report.unchanged)


@pytest.mark.slow
def test_fewer_generations_stay_at_once_where_nothing_changed_and_from_then_on(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    for count in range(3, 8):
        grow(corpus[:count])
    assert grow(corpus[:7], BuildOptions(keep=2, dry_run=True)).published is False
    assert len(library.history()) == 5
    assert grow(corpus[:7], BuildOptions(keep=3)).published is False
    assert [number for number, _ in library.history()] == [3, 4, 5]
    grow(corpus[:8])
    assert [number for number, _ in library.history()] == [4, 5, 6]
    library.rollback()
    library.rollback()
    grow(corpus[:6], BuildOptions(keep=1))
    assert [number for number, _ in library.history()] == [4, 6]  # the live one stays
    assert library.open().size == 6
    (library.folder / "KEEP").write_text("many", encoding="utf-8")
    for count in range(9, 15):
        grow(corpus[:count])
    assert len(library.history()) == 5


def test_a_library_of_a_newer_version_is_refused_even_in_full(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    grow(corpus[:5])
    path = library.open().folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"schema": SCHEMA + 1}), encoding="utf-8")
    seal_again(path.parent)
    before = hashes(library)
    for options in (
        HASHING,
        BuildOptions(full=True),
        BuildOptions(dry_run=True),
        BuildOptions(redraw=True),
    ):
        with pytest.raises(LibraryNewer):
            grow(corpus[:6], options)
        assert hashes(library) == before


def test_the_number_of_generations_to_keep_stays_in_force(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    for count in range(3, 7):
        grow(corpus[:count], BuildOptions(model="hashing", keep=2 if count == 3 else 0))
    assert [number for number, _ in library.history()] == [3, 4]
    rename(library, "t1", "My own")
    assert [number for number, _ in library.history()] == [4, 5]
    grow(corpus[:7], BuildOptions(keep=1, full=True))
    assert [number for number, _ in library.history()] == [6]
    grow(corpus[:8], BuildOptions(keep=3))
    grow(corpus[:9])
    assert [number for number, _ in library.history()] == [6, 7, 8]


def test_a_library_of_the_previous_schema_is_updated(
    library: LibraryStore, grow: Grow, many: list[Paper]
) -> None:
    grow(many[:40])
    folder = library.open().folder
    gone = ("communities.npy", "arrived.npy", "lineage.json")
    for name in gone:
        (folder / name).unlink()
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["files"] = {k: v for k, v in content["files"].items() if k not in gone}
    del content["fit"]
    path.write_text(json.dumps(content | {"schema": 2}), encoding="utf-8")
    levels = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
    for topic in (topic for level in levels for topic in level):
        del topic["colour"], topic["found"]
    (folder / "topics.json").write_text(json.dumps(levels), encoding="utf-8")
    seal_again(folder)
    old = library.open()
    assert grow(many[:40]).published is False
    report = grow(many[:44])
    assert (report.added, report.redrawn) == (4, "")
    new = library.open()
    assert new.manifest.schema == SCHEMA
    assert_sound(new)
    now = places(new)
    assert {paper: now[paper] for paper in places(old)} == places(old)
    assert {t.id: (t.label, t.colour) for t in old.levels[0]}.items() <= {
        t.id: (t.label, t.colour) for t in new.levels[0]
    }.items()
    was = milliseconds(old.manifest.created)
    assert sorted(arrivals(new).values())[:40] == [was] * 40
    assert new.manifest.fit["newcomers"] == pytest.approx(4 / 44, abs=1e-4)


def test_another_model_redraws_the_map_and_loses_no_paper(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    grow(corpus[:20], name="first")
    before = library.open()
    report = grow(corpus[20:30], BuildOptions(model="hashing:64"), name="second")
    assert report.redrawn
    assert report.drift is not None
    assert (report.papers, report.added, report.removed) == (30, 10, 0)
    after = library.open()
    assert after.engine.dimension == 64
    assert_sound(after)
    came = milliseconds(after.manifest.created)
    assert arrivals(after) == {
        paper: arrivals(before).get(paper, came) for paper in after.records.ids
    }
    assert after.manifest.fit["newcomers"] == 0.0
    again = grow(corpus[:20], BuildOptions(), name="first")
    assert (again.published, again.redrawn) == (False, "")


def test_newcomers_that_outnumber_the_papers_on_the_map_redraw_it_and_the_report_has_the_reason(
    library: LibraryStore, grow: Grow, many: list[Paper]
) -> None:
    grow(many[:12])
    assert grow(many[:60]).redrawn == ""  # four for each
    library.rollback()
    report = grow(many[:61])
    assert "49" in report.redrawn
    assert "12" in report.redrawn
    generation = library.open()
    assert_sound(generation)
    assert generation.manifest.fit["newcomers"] == 0.0
    assert generation.manifest.fit["drawn"] == generation.manifest.created


@pytest.mark.parametrize(
    "options",
    [BuildOptions(redraw=True), BuildOptions(settings=Settings(map=MapSettings(spread=2.0)))],
)
def test_a_redraw_is_reported_with_the_distance_that_papers_moved(
    library: LibraryStore, grow: Grow, corpus: list[Paper], options: BuildOptions
) -> None:
    grow(corpus)
    report = grow(corpus, options)
    assert report.redrawn
    assert report.drift is not None
    assert 0.0 <= report.drift.median <= report.drift.nine_of_ten < 2.0
    assert_sound(library.open())


@pytest.mark.parametrize(("first", "newcomers"), [(1, 1), (1, 4), (1, 25), (2, 3), (3, 8)])
def test_a_library_of_hardly_any_papers_grows(
    library: LibraryStore, grow: Grow, many: list[Paper], first: int, newcomers: int
) -> None:
    grow(many[:first])
    report = grow(many[: first + newcomers])
    assert report.papers == first + newcomers
    generation = library.open()
    assert_sound(generation)
    positions = np.asarray(generation.positions)
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    radius = float(np.sqrt(((positions - positions.mean(axis=0)) ** 2).sum(axis=1).mean()))
    assert apart[~np.eye(len(apart), dtype=bool)].min() > 0.005 * radius > 0


def test_a_library_whose_papers_are_all_replaced_begins_a_map_of_its_own(
    library: LibraryStore, grow: Grow, many: list[Paper]
) -> None:
    grow(many[:15])
    ever = topic_ids(library.open())
    report = grow(many[15:40], PRUNED)
    assert (report.papers, report.added, report.removed) == (25, 25, 15)
    assert report.drift is None
    generation = library.open()
    assert_sound(generation)
    assert np.sqrt((generation.positions**2).sum(axis=1).mean()) == pytest.approx(10.0, rel=1e-3)
    assert not topic_ids(generation) & ever


def test_a_library_shrinks_to_one_paper_and_grows_again(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    grow(corpus)
    whole = library.open()
    for papers in (corpus[:12], corpus[:3], corpus[:1], corpus[:4], corpus):
        grow(papers, PRUNED)
        generation = library.open()
        assert generation.size == len(papers)
        assert_sound(generation)
    # It is more than was left, so it is all newcomers but four; those never moved.
    four = {paper for paper, spot in places(whole).items() if places(generation)[paper] == spot}
    assert len(four) <= 4


def test_vectors_given_anew_make_the_neighbours_anew(
    library: LibraryStore, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    digest = write_digest(tmp_path / "all.txt", corpus)
    path = tmp_path / "given.npy"
    for seed in range(2):
        raw = np.random.default_rng(seed).normal(size=(len(corpus), 64))
        vectors = np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)
        np.save(path, vectors)
        build(library, [digest], BuildOptions(model="hashing:64", given_vectors=path))
        generation = library.open()
        stored = generation.engine.vectors(np.arange(len(corpus), dtype=np.int64))
        cosines = stored @ stored.T
        near = np.take_along_axis(cosines, generation.graph.neighbours.astype(np.int64), axis=1)
        assert np.allclose(near, generation.graph.similarities, atol=1e-5)


def test_vectors_given_again_are_compared_with_those_before(
    library: LibraryStore,
    many: list[Paper],
    tmp_path: Path,
    write_digest: WriteDigest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "given.npy"
    raw = np.random.default_rng(0).normal(size=(len(many), 64))
    vectors = np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)

    def give(count: int) -> Generation:
        np.save(path, vectors[:count])
        digest = write_digest(tmp_path / "all.txt", many[:count])
        build(library, [digest], BuildOptions(model="hashing:64", given_vectors=path))
        return library.open()

    give(len(many) - 5)
    queries_searched: list[int] = []
    search = type(library.open().engine).search

    def counted(engine: Engine, queries: Vectors, *rest: Any) -> Any:
        queries_searched.append(len(queries))
        return search(engine, queries, *rest)

    monkeypatch.setattr(type(library.open().engine), "search", counted)
    vectors[3] = vectors[4]
    generation = give(len(many))
    for_the_scale = len(_UNRELATED) + _TITLES
    assert sum(queries_searched) < len(many) / 2 + 6 + for_the_scale
    near = generation.graph.similarities
    stored = generation.engine.vectors(np.arange(len(many), dtype=np.int64))
    cosines = stored @ stored.T
    np.fill_diagonal(cosines, -np.inf)
    assert np.allclose(near, -np.sort(-cosines, axis=1)[:, : near.shape[1]], atol=1e-5)


def test_papers_keep_the_time_at_which_they_were_added(
    library: LibraryStore, grow: Grow, corpus: list[Paper]
) -> None:
    moments: dict[str, int] = {}
    for count in (10, 12, 20):
        begin = datetime.now(UTC).timestamp() * 1000
        grow(corpus[:count])
        end = datetime.now(UTC).timestamp() * 1000
        for paper, moment in arrivals(library.open()).items():
            if paper in moments:
                assert moment == moments[paper]
            else:
                assert begin - 1 <= moment <= end + 1
                moments[paper] = moment
    grow(corpus[:20], BuildOptions(full=True))
    assert arrivals(library.open()) == moments
    grow(corpus[:15], PRUNED)
    grow(corpus[:20])
    back = arrivals(library.open())
    assert sum(back[paper] > moments[paper] for paper in moments) == 5


def test_topics_that_are_new_stay_new_whatever_they_would_have_been_called(
    library: LibraryStore, grow: Grow, corpus: list[Paper], tmp_path: Path
) -> None:
    """A subject that nobody had written of founds a topic, under a name from its own papers."""
    grow(corpus[:30])
    before = library.open()
    grow(corpus)
    after = library.open()
    own = {paper.title for paper in corpus[30:]}
    new = [
        topic
        for topic in after.levels[0]
        if topic.id not in topic_ids(before)
        and 2 * len({after.records[int(row)].title for row in after.members(topic)} & own)
        > topic.size
    ]
    assert new
    new_in_events = {event.topic for event in after.events if event.kind == "new"}
    assert {topic.id for topic in new} <= new_in_events
    kept = {topic.id: topic.label for topic in before.levels[0]}
    for topic in after.levels[0]:
        assert topic.label == kept.get(topic.id, topic.label)
    shutil.copytree(library.folder, tmp_path / "copy")
    assert open_generation(tmp_path / "copy" / "generations" / library.live).events == after.events
