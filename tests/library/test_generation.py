"""Generations: written whole, verified, published in one step, refused when damaged."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path
from weakref import WeakSet

import numpy as np
import pytest

from explorer.desk.desk import desk_of
from explorer.desk.marks import marks_of
from explorer.embedders import open_embedder
from explorer.errors import LibraryDamaged, LibraryError, LibraryNewer
from explorer.index.engines import engine_names, load_engine, server_uri
from explorer.index.knn_graph import build_graph
from explorer.library.generation import SCHEMA, Generation, Manifest, open_generation, read_manifest
from explorer.library.store import LibraryStore
from explorer.library.writing import Draft, publish_generation, remove_generation, write_generation
from explorer.map.colouring import ColourBy
from explorer.map.highlights import Highlights
from explorer.map.layout import draw
from explorer.map.scene import SceneRequest, scene
from explorer.papers.paper import Paper
from explorer.search.filters import Filters, allowed_rows
from explorer.search.queries.syntax import parse
from explorer.settings import GraphSettings, MapSettings
from explorer.topics.communities import Topic
from explorer.topics.hierarchy import TopicHierarchy
from tests.helpers.generations import seal_again, verify_generation
from tests.helpers.joining import identify


def make_draft(papers: list[Paper], engine: str = "faiss") -> Draft:
    records = identify(papers)
    vectors = open_embedder("hashing").embed([paper.text for paper in records])
    built = load_engine(engine).build(vectors)
    graph = build_graph(built, GraphSettings())
    return Draft(
        papers=records,
        vectors=vectors,
        engine=built,
        graph=graph,
        positions=draw(graph, vectors, MapSettings()),
        hierarchy=TopicHierarchy(
            levels=((Topic("t1", 0, "", "everything", ("some", "words"), len(records)),),),
            memberships=(np.zeros(len(records), dtype=np.int32),),
            strengths=(np.ones(len(records), dtype=np.float32),),
            raw_labels=(np.zeros(len(records), dtype=np.int32),),
        ),
        added_at=np.full(len(records), 1_710_115_200_000, dtype=np.int64),
        events=(),
    )


def make_manifest(papers: int, number: int = 1, engine: str = "faiss") -> Manifest:
    embedder = open_embedder("hashing")
    return Manifest(
        number=number,
        created="2024-03-11T00:00:00+00:00",
        papers=papers,
        model="hashing",
        identity=embedder.identity,
        dimension=embedder.dimension,
        engine=engine,
        digests=({"digest": "a.txt", "papers": papers},),
        changes={"added": papers},
        settings={},
        fit={},
        files={},
    )


@pytest.fixture
def written(tmp_path: Path, corpus: list[Paper]) -> Path:
    """A generation of nine papers, written but not published."""
    folder = tmp_path / "000001"
    write_generation(make_draft(corpus[:9]), make_manifest(9), folder)
    return folder


@pytest.mark.parametrize("engine", [e for e in engine_names() if not server_uri(load_engine(e))])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_written_generation_opens_as_it_was(
    tmp_path: Path, corpus: list[Paper], count: int, engine: str
) -> None:
    draft = make_draft(corpus[:count], engine)
    write_generation(draft, make_manifest(count, engine=engine), tmp_path / "g")
    verify_generation(tmp_path / "g")
    opened = open_generation(tmp_path / "g")
    assert list(opened.records) == list(draft.papers)
    assert opened.levels == draft.hierarchy.levels
    assert opened.size == count
    assert np.array_equal(opened.positions, draft.positions)
    assert np.array_equal(opened.graph.neighbours, draft.graph.neighbours)
    assert np.array_equal(opened.memberships[0], draft.hierarchy.memberships[0])
    assert np.array_equal(opened.engine.vectors(np.arange(count, dtype=np.int64)), draft.vectors)
    assert [topic.label for topic in opened.topics_of(0)] == ["everything"]
    assert opened.members(opened.levels[0][0]).tolist() == list(range(count))
    assert opened.lexicon.search(draft.papers[0].title, 1).keys.tolist() == [0]


def test_the_manifest_names_every_file_with_size_and_checksum(written: Path) -> None:
    manifest = read_manifest(written)
    on_disk = {
        path.relative_to(written).as_posix(): path.stat().st_size
        for path in written.rglob("*")
        if path.is_file() and path.stem != "manifest" and path.suffix != ".lock"
    }
    assert {name: file["bytes"] for name, file in manifest.files.items()} == on_disk
    assert all(len(file["sha256"]) == 64 for file in manifest.files.values())
    assert manifest.schema == SCHEMA
    assert replace(manifest, files={}) == make_manifest(9)


def test_opening_writes_nothing(written: Path) -> None:
    def state() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in written.rglob("*") if path.is_file()}

    before = state()
    generation = open_generation(written)
    generation.lexicon.search("liver", 3)
    verify_generation(written)
    assert state() == before


def files_of(folder: Path) -> list[Path]:
    return [folder / name for name in read_manifest(folder).files]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_one_flipped_bit_in_any_file_is_found_by_verification(written: Path, share: float) -> None:
    verify_generation(written)
    assert len(files_of(written)) > 8
    for path in files_of(written):
        content = path.read_bytes()
        altered = bytearray(content)
        altered[int(share * (len(content) - 1))] ^= 1
        path.write_bytes(altered)
        with pytest.raises(LibraryDamaged, match="altered"):
            verify_generation(written)
        path.write_bytes(content)
    verify_generation(written)


def test_a_file_of_zeros_is_refused_by_verification_and_never_crashes_opening(
    written: Path,
) -> None:
    for path in files_of(written):
        content = path.read_bytes()
        path.write_bytes(b"\0" * len(content))
        with pytest.raises(LibraryDamaged):
            verify_generation(written)
        if path.parent.name != "words":
            # Opening checks sizes only, so it may notice or not; it must not fail otherwise.
            try:
                open_generation(written)
            except LibraryDamaged as error:
                assert str(written) in str(error)
        path.write_bytes(content)


def test_a_missing_or_cut_file_is_refused_at_opening_with_its_name_and_a_way_out(
    written: Path,
) -> None:
    for path in files_of(written):
        content = path.read_bytes()
        for damaged in (content[:-1], content + b"\0", None):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(LibraryDamaged) as caught:
                open_generation(written)
            assert path.name in str(caught.value)
            assert "explorer rollback" in str(caught.value)
            with pytest.raises(LibraryDamaged):
                verify_generation(written)
            path.write_bytes(content)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"schema": 1}', '{"schema": 1, "other": 2}', "\0"]
)
def test_an_unreadable_manifest_is_refused(written: Path, content: str) -> None:
    (written / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(LibraryDamaged, match=r"manifest\.json"):
        open_generation(written)


@pytest.mark.parametrize(
    ("schema", "kind", "advice"),
    [(SCHEMA + 1, LibraryNewer, "newer"), (1, LibraryDamaged, "--full")],
)
def test_a_manifest_of_another_schema_is_refused_with_both_versions(
    written: Path, schema: int, kind: type[LibraryError], advice: str
) -> None:
    path = written / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"schema": schema, "new": 1}), encoding="utf-8")
    seal_again(written)
    with pytest.raises(kind) as caught:
        open_generation(written)
    assert f"schema {schema}" in str(caught.value)
    assert f"to {SCHEMA}" in str(caught.value)
    assert advice in str(caught.value)


def test_a_generation_of_the_schema_before_is_read_as_it_is(written: Path) -> None:
    for name in ("communities.npy", "arrived.npy", "lineage.json"):
        (written / name).unlink()
    path = written / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    gone = ("communities.npy", "arrived.npy", "lineage.json")
    content["files"] = {k: v for k, v in content["files"].items() if k not in gone}
    del content["fit"]
    path.write_text(json.dumps(content | {"schema": 2}), encoding="utf-8")
    seal_again(written)
    verify_generation(written)
    generation = open_generation(written)
    assert [labels.tolist() for labels in generation.raw_labels] == [
        labels.tolist() for labels in generation.memberships
    ]
    assert set(generation.added_at.tolist()) == {1_710_115_200_000}
    assert generation.events == ()


def test_a_generation_without_columns_of_its_own_makes_them(written: Path) -> None:
    new = open_generation(written).records
    (written / "columns.arrow").unlink()
    path = written / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["files"]["columns.arrow"]
    path.write_text(json.dumps(content | {"schema": 3}), encoding="utf-8")
    seal_again(written)
    verify_generation(written)
    old = open_generation(written).records
    assert old.years.tolist() == new.years.tolist()
    assert list(old.dates) == list(new.dates)
    assert old.find(new[3].id) == 3


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryDamaged):
        open_generation(tmp_path / "000007")


@pytest.mark.parametrize("part", ["positions", "papers", "hierarchy", "graph", "vectors"])
def test_parts_that_disagree_on_the_number_of_papers_are_not_published(
    tmp_path: Path, corpus: list[Paper], part: str
) -> None:
    draft, short = make_draft(corpus[:9]), make_draft(corpus[:8])
    name = "engine" if part == "vectors" else part
    mixed = replace(draft, **{name: getattr(short, name)})
    hidden, final = tmp_path / ".building-000001", tmp_path / "000001"
    write_generation(mixed, make_manifest(9), hidden)
    with pytest.raises(LibraryDamaged, match="disagree"):
        publish_generation(hidden, final)
    assert not final.exists()


def test_an_index_of_another_dimension_than_announced_is_not_published(
    tmp_path: Path, corpus: list[Paper]
) -> None:
    write_generation(
        make_draft(corpus[:5]), replace(make_manifest(5), dimension=64), tmp_path / "h"
    )
    with pytest.raises(LibraryDamaged):
        publish_generation(tmp_path / "h", tmp_path / "000001")


def test_vectors_that_are_not_numbers_are_not_published(
    tmp_path: Path, corpus: list[Paper]
) -> None:
    draft = make_draft(corpus[:9])
    broken = draft.vectors.copy()
    broken[4] = np.nan
    mixed = replace(draft, engine=load_engine("faiss").build(broken))
    write_generation(mixed, make_manifest(9), tmp_path / "h")
    with pytest.raises(LibraryDamaged, match="find themselves"):
        publish_generation(tmp_path / "h", tmp_path / "000001")


def test_publishing_gives_the_final_name_and_leaves_nothing_hidden(written: Path) -> None:
    hidden = written.rename(written.with_name(".building-000001"))
    publish_generation(hidden, written)
    assert not hidden.exists()
    verify_generation(written)


def test_removing_takes_the_folder_away(written: Path) -> None:
    remove_generation(written)
    assert list(written.parent.iterdir()) == []


def test_an_open_generation_outlives_its_removal(written: Path, corpus: list[Paper]) -> None:
    generation = open_generation(written)
    remove_generation(written)
    assert len(list(generation.records)) == 9
    vectors = generation.engine.vectors(np.arange(9, dtype=np.int64))
    assert generation.engine.search(vectors, 1).keys[:, 0].tolist() == list(range(9))
    keys = generation.lexicon.search(corpus[0].title, 1).keys
    assert generation.records[int(keys[0])].title == corpus[0].title


def test_caches_let_go_of_generations_that_are_no_longer_used(
    hashing_library: LibraryStore,
) -> None:
    clause = parse("-survey").clauses[0]
    region = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0))
    opened: WeakSet[Generation] = WeakSet()
    for _ in range(12):
        generation = hashing_library.open()
        opened.add(generation)
        marks_of(generation, desk_of(hashing_library.folder))
        allowed_rows(generation, Filters(clauses=(clause,), region=region))
        query = generation.engine.vectors(np.array([0]))[0]
        scene(generation, SceneRequest(by=ColourBy.SCORE), Highlights(query=query))
    del generation
    gc.collect()
    assert len(opened) <= 4


def test_a_flipped_bit_in_any_small_file_is_reported_at_opening(written: Path) -> None:
    names = [*read_manifest(written).files, "manifest.json", "manifest.sha256"]
    assert len(names) > 15
    random = np.random.default_rng(7)
    for name in names:
        path = written / name
        content = path.read_bytes()
        for place in random.integers(len(content), size=4).tolist():
            flipped = bytearray(content)
            flipped[place] ^= 1 << int(random.integers(8))
            path.write_bytes(flipped)
            with pytest.raises(LibraryDamaged):
                open_generation(written)
        path.write_bytes(content)
    open_generation(written)
