"""Builds: only new papers are computed, nothing is lost by accident, failures change nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arrays import Vectors
from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.progress import STAGES
from explorer.builds.update_plan import compare
from explorer.embedders import open_embedder
from explorer.errors import DigestError, EmbedderError, UnusableInput
from explorer.library.generation import GIVEN_SUFFIX, Generation, open_generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.settings import IndexSettings, MapSettings, Settings
from tests.helpers.corpus import WriteDigest

HASHING = BuildOptions(model="hashing")


@pytest.fixture
def library(tmp_path: Path) -> LibraryStore:
    return LibraryStore(tmp_path / "library")


@pytest.fixture
def ten(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> Path:
    """A folder with one digest of ten papers."""
    write_digest(tmp_path / "digests" / "first.txt", corpus[:10])
    return tmp_path / "digests"


def state(library: LibraryStore) -> dict[str, bytes]:
    """Return every file of ``library`` with its content."""
    return {
        path.relative_to(library.folder).as_posix(): path.read_bytes()
        for path in sorted(library.folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def ids(generation: Generation) -> dict[str, str]:
    """Return the id of each paper, by its title."""
    return {paper.title: paper.id for paper in generation.records}


def stored_vectors(generation: Generation) -> dict[str, Vectors]:
    """Return the vector of each paper, by its title."""
    everything = generation.engine.vectors(np.arange(generation.size, dtype=np.int64))
    return {paper.title: everything[row] for row, paper in enumerate(generation.records)}


class Watcher:
    """Progress that records its calls."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.steps: list[tuple[int, int]] = []

    def stage(self, name: str, total: int = 0) -> None:  # noqa: ARG002
        self.stages.append(name)

    def advance(self, done: int, total: int) -> None:
        self.steps.append((done, total))


def test_a_first_build_publishes_all_papers(library: LibraryStore, ten: Path) -> None:
    watcher = Watcher()
    report = build(library, [ten], HASHING, watcher)
    assert (report.generation, report.published, report.papers) == (1, True, 10)
    assert (report.added, report.changed, report.unchanged, report.removed) == (10, 0, 0, 0)
    assert (report.merged, report.embedded, report.rejected) == (0, 10, ())
    assert report.digests[0]["digest"] == "first.txt"
    assert report.digests[0]["papers"] == 10
    assert [stage for stage in watcher.stages if stage != "model"] == list(STAGES)
    assert all(0 <= done <= total for done, total in watcher.steps)
    assert set(report.seconds) == {*STAGES, "total"}
    manifest = library.open().manifest
    assert (manifest.papers, manifest.model, manifest.dimension) == (10, "hashing", 256)
    assert manifest.changes["added"] == 10


def test_building_twice_embeds_nothing_and_changes_no_byte(
    library: LibraryStore, ten: Path
) -> None:
    build(library, [ten], HASHING)
    before = state(library)
    for options in (HASHING, BuildOptions(), BuildOptions(prune=True)):
        report = build(library, [ten], options)
        assert (report.published, report.embedded, report.generation) == (False, 0, 1)
        assert (report.added, report.unchanged) == (0, 10)
        assert state(library) == before


def test_adding_a_digest_embeds_only_new_papers(
    library: LibraryStore, ten: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    build(library, [ten], HASHING)
    before = ids(library.open())
    write_digest(ten / "second.txt", corpus[5:12])
    report = build(library, [ten])
    assert (report.published, report.embedded) == (True, 2)
    assert (report.added, report.unchanged, report.merged) == (2, 10, 5)
    after = ids(library.open())
    assert len(after) == 12
    assert {title: after[title] for title in before} == before
    shared = next(p for p in library.open().records if p.title == corpus[6].title)
    assert [source.digest for source in shared.sources] == ["first.txt", "second.txt"]


def test_a_digest_given_alone_adds_to_the_library(
    library: LibraryStore, ten: Path, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    build(library, [ten], HASHING)
    report = build(library, [write_digest(tmp_path / "today.txt", corpus[20:23])])
    assert (report.papers, report.added, report.removed, report.merged) == (13, 3, 0, 0)
    assert sorted(library.open().records.digests) == ["first.txt", "today.txt"]


def test_a_changed_abstract_embeds_one_paper_again_under_its_old_id(
    library: LibraryStore, ten: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    build(library, [ten], HASHING)
    before = ids(library.open())
    # Shorter than it was, so the old text must really go and not only be outdone.
    shorter = replace(corpus[3], abstract="Now we segment the spleen, briefly, and say no more.")
    write_digest(ten / "first.txt", [*corpus[:3], shorter, *corpus[4:10]])
    report = build(library, [ten])
    assert (report.changed, report.unchanged, report.added, report.embedded) == (1, 9, 0, 1)
    generation = library.open()
    assert ids(generation) == before
    row = generation.records.find(before[shorter.title])
    assert row is not None
    assert generation.records[row].abstract == shorter.abstract
    expected = open_embedder("hashing").embed([shorter.text])[0]
    assert np.allclose(stored_vectors(generation)[shorter.title], expected, atol=1e-6)


def test_without_prune_nothing_disappears_and_with_prune_it_does(
    library: LibraryStore, ten: Path, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    build(library, [ten], HASHING)
    other = write_digest(tmp_path / "other.txt", corpus[8:14])
    kept = build(library, [other])
    assert (kept.papers, kept.removed) == (14, 0)
    pruned = build(library, [other], BuildOptions(prune=True))
    assert (pruned.papers, pruned.removed, pruned.embedded) == (6, 8, 0)
    assert set(ids(library.open())) == {paper.title for paper in corpus[8:14]}
    assert library.rollback().papers == 14


def test_prune_drops_a_paper_that_was_taken_out_of_its_digest(
    library: LibraryStore, ten: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    build(library, [ten], HASHING)
    write_digest(ten / "first.txt", corpus[1:10])
    assert build(library, [ten]).papers == 10
    report = build(library, [ten], BuildOptions(prune=True))
    assert (report.papers, report.removed) == (9, 1)
    assert corpus[0].title not in ids(library.open())


def test_prune_distinguishes_papers_that_stood_on_one_line(
    library: LibraryStore, ten: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    build(library, [ten], HASHING)
    before = ids(library.open())
    write_digest(ten / "first.txt", [corpus[10], *corpus[1:10]])
    assert build(library, [ten]).papers == 11
    for _ in range(2):
        report = build(library, [ten], BuildOptions(prune=True))
        assert report.papers == 10
    after = ids(library.open())
    assert set(after) == {paper.title for paper in corpus[1:11]}
    assert all(after[title] == before[title] for title in set(after) & set(before))
    assert all(source.line > 0 for paper in library.open().records for source in paper.sources)


def test_duplicates_within_and_across_digests_are_merged_and_counted(
    library: LibraryStore, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    first = write_digest(tmp_path / "a.txt", [*corpus[:6], corpus[0], corpus[1]])
    second = write_digest(tmp_path / "b.txt", [corpus[2], corpus[30]])
    report = build(library, [first, second], HASHING)
    assert (report.papers, report.merged, report.embedded) == (7, 3, 7)
    assert len(set(ids(library.open()).values())) == 7


def test_a_broken_digest_among_good_ones_is_reported_and_stops_nothing(
    library: LibraryStore, ten: Path
) -> None:
    (ten / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (ten / "empty.txt").write_bytes(b"")
    lines = ['{"title": "A good line in JSON"}', '{"title": ', "[1]"]
    (ten / "lines.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = build(library, [ten], HASHING)
    assert report.papers == 11
    refused = {(rejection.digest, rejection.line) for rejection in report.rejected}
    assert refused == {("picture.png", 0), ("empty.txt", 0), ("lines.jsonl", 2), ("lines.jsonl", 3)}
    assert library.open().manifest.changes["rejected"] == 4


def test_only_broken_digests_raise_and_leave_the_library_as_it_was(
    library: LibraryStore, ten: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(DigestError, match="PNG"):
        build(library, [bad], HASHING)
    assert not library.folder.exists()
    build(library, [ten], HASHING)
    before = state(library)
    (bad / "empty.txt").write_bytes(b"")
    for given_digests in ([bad], [bad / "gone.txt"], []):
        with pytest.raises(DigestError):
            build(library, given_digests, BuildOptions(prune=True))
        assert state(library) == before


def test_an_unknown_model_or_engine_leaves_the_library_as_it_was(
    library: LibraryStore, ten: Path
) -> None:
    build(library, [ten], HASHING)
    before = state(library)
    with pytest.raises(EmbedderError):
        build(library, [ten], BuildOptions(model="hashing:none"))
    with pytest.raises(UnusableInput):
        build(library, [ten], BuildOptions(engine="quantum"))
    assert state(library) == before


@given(
    before=st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz")),
    after=st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("xyz")),
)
def test_a_plan_sorts_every_paper_into_one_place(
    before: dict[str, str], after: dict[str, str]
) -> None:
    plan = compare(before, after)
    parts = (plan.added, plan.changed, plan.unchanged, plan.removed)
    assert sum(len(part) for part in parts) == len(before.keys() | after.keys())
    assert frozenset().union(*parts) == before.keys() | after.keys()
    assert plan.added | plan.changed | plan.unchanged == after.keys()
    assert plan.removed | plan.changed | plan.unchanged == before.keys()
    assert all(before[key] == after[key] for key in plan.unchanged)
    assert all(before[key] != after[key] for key in plan.changed)
    assert (not (plan.added or plan.changed or plan.removed)) == (before == after)
    back = compare(after, before)
    assert (back.added, back.removed, back.changed) == (plan.removed, plan.added, plan.changed)


def test_a_switch_of_model_embeds_anew_and_the_old_generation_still_opens(
    library: LibraryStore, ten: Path
) -> None:
    build(library, [ten], HASHING)
    old = library.open()
    report = build(library, [ten], BuildOptions(model="hashing:64"))
    assert (report.published, report.embedded, report.unchanged) == (True, 10, 10)
    assert library.open().engine.dimension == 64
    assert open_generation(old.folder).engine.dimension == 256
    assert build(library, [ten]).published is False  # the library's own model is the default now
    back = build(library, [ten], HASHING)
    assert (back.published, back.embedded) == (True, 0)


@pytest.mark.parametrize(
    "options",
    [
        BuildOptions(full=True),
        BuildOptions(redraw=True),
        BuildOptions(engine="exact"),
        BuildOptions(settings=Settings(map=MapSettings(spread=2.0))),
    ],
    ids=["full", "redraw", "engine", "settings"],
)
def test_other_options_publish_anew_without_embedding(
    library: LibraryStore, ten: Path, options: BuildOptions
) -> None:
    build(library, [ten], HASHING)
    report = build(library, [ten], options)
    assert (report.published, report.generation, report.embedded) == (True, 2, 0)
    assert ids(library.open()) == ids(open_generation(library.folder / "generations" / "000001"))


def test_an_index_of_lists_is_updated_and_recorded_in_the_manifest(
    library: LibraryStore, ten: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    lists = IndexSettings(exact_up_to=3)
    options = replace(HASHING, memory=1 << 26, settings=Settings(index=lists))
    build(library, [ten], options)
    first = library.open()
    assert first.manifest.index["kind"] == "IVF1,SQ8"
    assert first.manifest.settings["index"]["memory"] == 1 << 26
    write_digest(ten / "second.txt", corpus[10:30])
    # What a library may take it keeps, and nothing is built anew for not saying so again.
    later = replace(options, memory=0)
    assert build(library, [ten], later).published
    assert not build(library, [ten], later).published
    grown = library.open()
    assert grown.manifest.settings["index"]["memory"] == 1 << 26
    assert grown.size == 30
    everyone = np.arange(30, dtype=np.int64)
    own = grown.engine.search(grown.engine.vectors(everyone), 1)
    assert np.allclose(own.scores, 1.0, atol=1e-5)
    less = build(library, [ten], replace(options, memory=1 << 10))
    assert less.published
    assert library.open().manifest.index["kind"] == "IVF1,RaBitQ"


def test_a_library_that_grew_is_in_full_the_same_as_one_built_at_once(
    tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    digests = [
        write_digest(tmp_path / f"{name}.txt", corpus[start : start + 16])
        for name, start in (("a", 0), ("b", 12), ("c", 24))
    ]
    at_once, stepwise = LibraryStore(tmp_path / "one"), LibraryStore(tmp_path / "two")
    build(at_once, digests[::-1], HASHING)
    for digest in digests:
        build(stepwise, [digest], HASHING)
    one, two = at_once.open(), stepwise.open()
    assert list(one.records) == list(two.records)
    assert (one.folder / "papers.arrow").read_bytes() == (two.folder / "papers.arrow").read_bytes()
    build(stepwise, digests, replace(HASHING, full=True))
    two = stepwise.open()
    assert [[(t.label, t.keywords, t.evidence) for t in level] for level in one.levels] == [
        [(t.label, t.keywords, t.evidence) for t in level] for level in two.levels
    ]
    for name in ("positions.npy", "memberships.npy", "neighbours.npy", "papers.arrow"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes(), name


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_library_of_hardly_any_papers_is_built(
    library: LibraryStore,
    corpus: list[Paper],
    tmp_path: Path,
    count: int,
    write_digest: WriteDigest,
) -> None:
    report = build(library, [write_digest(tmp_path / "few.txt", corpus[:count])], HASHING)
    generation = library.open()
    assert report.papers == generation.size == count
    assert generation.levels[0][0].size == count
    assert generation.positions.shape == (count, 2)


def test_damage_to_the_vector_cache_costs_only_the_damaged_vectors(
    library: LibraryStore, ten: Path
) -> None:
    build(library, [ten], HASHING)
    before = stored_vectors(library.open())
    (cache,) = library.vectors.glob("*.vectors")
    content = bytearray(cache.read_bytes())
    content[512 + 3 * (16 + 4 * 256 + 4) + 500] ^= 1
    cache.write_bytes(content)
    report = build(library, [ten], BuildOptions(full=True))
    assert (report.published, report.embedded) == (True, 1)
    after = stored_vectors(library.open())
    assert all(np.array_equal(before[title], after[title]) for title in before)


# Vectors of the user's own.


def unit_rows(count: int, dimension: int = 64, seed: int = 0) -> Vectors:
    raw = np.random.default_rng(seed).normal(size=(count, dimension))
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)


def with_vectors(path: Path) -> BuildOptions:
    return BuildOptions(model="hashing:64", given_vectors=path)


def give(library: LibraryStore, digest: Path, rows: Vectors) -> BuildReport:
    path = library.folder.with_name("given.npy")
    np.save(path, rows)
    return build(library, [digest], with_vectors(path))


def test_given_vectors_are_used_in_the_order_of_the_digest(
    library: LibraryStore, ten: Path, corpus: list[Paper]
) -> None:
    rows = unit_rows(10)
    report = give(library, ten, rows)
    assert (report.papers, report.embedded) == (10, 0)
    generation = library.open()
    assert generation.manifest.identity.endswith(GIVEN_SUFFIX)
    stored = stored_vectors(generation)
    for row, paper in zip(rows, corpus, strict=False):
        assert np.allclose(stored[paper.title], row, atol=1e-6)


def test_given_vectors_replace_those_given_before(
    library: LibraryStore, ten: Path, corpus: list[Paper]
) -> None:
    give(library, ten, unit_rows(10))
    corrected = unit_rows(10, seed=1)
    give(library, ten, corrected)
    stored = stored_vectors(library.open())
    assert len(stored) == len(corrected)
    for row, paper in zip(corrected, corpus[:10], strict=True):
        assert np.allclose(stored[paper.title], row, atol=1e-6)


def test_a_library_of_given_vectors_embeds_only_later_papers(
    library: LibraryStore, ten: Path, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    rows = unit_rows(10)
    give(library, ten, rows)
    report = build(library, [write_digest(tmp_path / "later.txt", corpus[10:12])])
    assert (report.papers, report.embedded) == (12, 2)
    stored = stored_vectors(library.open())
    assert np.allclose(stored[corpus[0].title], rows[0], atol=1e-6)
    expected = open_embedder("hashing:64").embed([corpus[10].text])[0]
    assert np.allclose(stored[corpus[10].title], expected, atol=1e-6)


def test_given_vectors_never_reach_a_library_without_them(
    library: LibraryStore, ten: Path, corpus: list[Paper]
) -> None:
    give(library, ten, unit_rows(10))
    fresh = LibraryStore(library.folder.with_name("fresh"))
    (fresh.folder / "vectors").mkdir(parents=True)
    for path in library.vectors.iterdir():
        (fresh.folder / "vectors" / path.name).write_bytes(path.read_bytes())
    assert build(fresh, [ten], BuildOptions(model="hashing:64")).embedded == 10
    expected = open_embedder("hashing:64").embed([corpus[0].text])[0]
    assert np.allclose(stored_vectors(fresh.open())[corpus[0].title], expected, atol=1e-6)


def test_rows_a_little_off_unit_length_are_made_unit_rows(library: LibraryStore, ten: Path) -> None:
    give(library, ten, unit_rows(10) * np.float32(1.004))
    stored = stored_vectors(library.open())
    assert len(stored) == 10
    for vector in stored.values():
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (unit_rows(9), "10"),
        (unit_rows(10, 65), "64"),
        (unit_rows(1)[0], "shape"),
        (unit_rows(10) * 2, "unit vectors"),
        (np.zeros((10, 64), dtype=np.float32), "unit vectors"),
        (np.full((10, 64), np.nan, dtype=np.float32), "unit vectors"),
        (np.full((10, 64), "x"), "numbers"),
    ],
    ids=["too few", "too long", "flat", "double", "zeros", "nan", "text"],
)
def test_vectors_that_do_not_fit_are_refused_and_change_nothing(
    library: LibraryStore, ten: Path, rows: Vectors, message: str
) -> None:
    build(library, [ten], HASHING)
    with pytest.raises(UnusableInput, match=message):
        give(library, ten, rows)
    assert library.live == "000001"
    assert build(library, [ten]).published is False


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00", "npz", None])
def test_a_file_that_is_no_array_is_refused(
    library: LibraryStore, ten: Path, tmp_path: Path, content: bytes | str | None
) -> None:
    path = tmp_path / "given.npy"
    if content == "npz":
        with path.open("wb") as file:
            np.savez(file, rows=unit_rows(10))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(UnusableInput, match=r"given\.npy"):
        build(library, [ten], with_vectors(path))
    assert library.live == ""


def test_given_vectors_go_with_one_digest_only(
    library: LibraryStore, ten: Path, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    second = write_digest(tmp_path / "second.txt", corpus[10:12])
    np.save(tmp_path / "given.npy", unit_rows(12))
    with pytest.raises(UnusableInput, match="one digest"):
        build(library, [ten, second], with_vectors(tmp_path / "given.npy"))
    assert library.live == ""


# Killed in the middle.

SLOW_BUILD = """
import sys, time
from pathlib import Path
from explorer.builds.build import BuildOptions, build
from explorer.embedders.hashing import Hashing
from explorer.library.store import LibraryStore

quick = Hashing.embed

def slow(self, texts):
    print(len(texts), flush=True)
    time.sleep(0.1 if slow.calls < 4 else 60)
    slow.calls += 1
    return quick(self, texts)

slow.calls = 0
Hashing.embed = slow
build(LibraryStore(sys.argv[1]), [Path(sys.argv[2])], BuildOptions(model="hashing"))
"""


@pytest.mark.slow
def test_a_build_killed_while_embedding_resumes(library: LibraryStore, tmp_path: Path) -> None:
    count = 600
    digest = tmp_path / "many.jsonl"
    lines = (
        json.dumps({"title": f"Paper {i} on subject{i % 7}", "abstract": f"It is on case{i}."})
        for i in range(count)
    )
    digest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_BUILD, str(library.folder), str(digest)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    batches = [int(process.stdout.readline()) for _ in range(5)]  # the last one never ends
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert library.live == ""
    begin = time.monotonic()
    report = build(library, [digest], HASHING)
    assert time.monotonic() - begin < 60
    assert report.papers == count
    # The first is one word, which readies the model.
    assert report.embedded == count - sum(batches[1:4]) > 0
    vectors = stored_vectors(library.open())
    assert np.allclose([np.linalg.norm(v) for v in vectors.values()], 1.0, atol=1e-5)
    assert build(library, [digest]).published is False
