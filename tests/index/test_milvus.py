"""A library whose index lies on a Milvus server: its life there, and what goes wrong."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.builds.apply_edits import rename
from explorer.builds.build import BuildOptions, build
from explorer.builds.doctor import Severity, damaged, examine, next_step
from explorer.embedders import open_embedder
from explorer.errors import EngineError, UnusableInput
from explorer.index.engines import milvus, milvus_server
from explorer.index.engines.milvus import MilvusFactory
from explorer.index.engines.milvus_server import Server
from explorer.library import store as library_module
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.search.model import Query
from explorer.search.search import search
from tests.helpers.corpus import WriteDigest
from tests.helpers.milvus_servers import Lite, Standalone, free_port
from tests.index.test_engines_contract import assert_right, unit_vectors


@pytest.fixture
def library(tmp_path: Path) -> LibraryStore:
    return LibraryStore(tmp_path / "library")


def on(server: Lite | Standalone, **options: Any) -> BuildOptions:
    return BuildOptions(model="hashing", engine="milvus", engine_uri=server.uri, **options)


def client_of(server: Lite) -> Any:
    from pymilvus import MilvusClient

    return MilvusClient(server.uri, dedicated=True)


def collections(server: Lite) -> set[str]:
    client = client_of(server)
    names = set(client.list_collections())
    client.close()
    return names


def pointers(library: LibraryStore) -> list[dict[str, Any]]:
    found = sorted((library.folder / "generations").glob("*/index/collection.json"))
    return [json.loads(path.read_text()) for path in found]


def alias_of(server: Lite, library: LibraryStore) -> set[str]:
    """Return which of the library's collections go by an alias."""
    client = client_of(server)
    names = {p["collection"] for p in pointers(library)}
    aliased = {n for n in names if client.list_aliases(n).get("aliases")}
    client.close()
    return aliased


def test_each_generation_has_a_collection_and_the_live_one_an_alias(
    library: LibraryStore,
    milvus_lite: Lite,
    corpus: list[Paper],
    write_digest: WriteDigest,
    tmp_path: Path,
) -> None:
    before = collections(milvus_lite)

    def grow(papers: Sequence[Paper], options: BuildOptions) -> None:
        build(library, [write_digest(tmp_path / "all.txt", papers)], options)

    grow(corpus[:20], on(milvus_lite))
    grow(corpus[:30], BuildOptions(keep=2))  # engine and server are remembered
    first, second = (pointer["collection"] for pointer in pointers(library))
    assert collections(milvus_lite) - before == {first, second}
    assert alias_of(milvus_lite, library) == {second}
    library.rollback()
    assert alias_of(milvus_lite, library) == {first}
    assert library.open().engine.size == 20
    grow(corpus, BuildOptions())
    third = pointers(library)[-1]["collection"]
    assert collections(milvus_lite) - before == {second, third}
    assert alias_of(milvus_lite, library) == {third}


def test_hits_are_those_of_the_same_library_on_faiss(
    library: LibraryStore, milvus_lite: Lite, digest_folder: Path, tmp_path: Path
) -> None:
    build(library, [digest_folder], on(milvus_lite))
    other = LibraryStore(tmp_path / "other")
    build(other, [digest_folder], BuildOptions(model="hashing"))
    embedder = open_embedder("hashing")
    for text in ("liver segmentation", "text-to-video diffusion", "cache of a language model"):
        here = search(library.open(), embedder, Query(text), 10).hits
        there = search(other.open(), embedder, Query(text), 10).hits
        assert [hit.paper.id for hit in here] == [hit.paper.id for hit in there]
        assert np.allclose([h.score for h in here], [h.score for h in there], atol=1e-4)


def test_what_a_killed_build_left_goes_with_the_next(
    library: LibraryStore,
    milvus_lite: Lite,
    digest_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = collections(milvus_lite)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(milvus, "_finish", killed)
        patched.setattr(library_module, "discard", lambda _: None)  # nothing runs after kill -9
        with pytest.raises(KeyboardInterrupt):
            build(library, [digest_folder], on(milvus_lite))
    assert len(collections(milvus_lite) - before) == 1
    build(library, [digest_folder], on(milvus_lite))
    assert collections(milvus_lite) - before == {p["collection"] for p in pointers(library)}


def test_what_cannot_be_dropped_now_is_dropped_by_a_later_build(
    library: LibraryStore, milvus_lite: Lite, digest_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(library, [digest_folder], on(milvus_lite))
    (pointer,) = pointers(library)
    monkeypatch.setattr(milvus_server, "_RETRY_SECONDS", 0.2)
    build(library, [digest_folder], BuildOptions(engine="faiss", full=True))
    with monkeypatch.context() as away:
        away.setenv("EXPLORER_ENGINE_URI", f"http://127.0.0.1:{free_port()}")
        library.keep(1)
        library.remove_old()
    assert pointer["collection"] in collections(milvus_lite)
    build(library, [digest_folder], BuildOptions())
    assert pointer["collection"] not in collections(milvus_lite)
    assert not [p for p in (library.folder / "generations").iterdir() if p.name.startswith(".")]


def test_a_collection_that_two_generations_share_goes_with_the_second(
    library: LibraryStore, milvus_lite: Lite, digest_folder: Path
) -> None:
    build(library, [digest_folder], on(milvus_lite))
    (pointer,) = pointers(library)
    topic = library.open().levels[-1][0]
    rename(library, topic.id, "a name of my own")  # all but the outline is as it was
    assert pointers(library) == [pointer, pointer]
    with library.building():
        library.keep(1)
        library.remove_old()
    assert pointers(library) == [pointer]
    assert pointer["collection"] in collections(milvus_lite)
    assert library.open().engine.search(unit_vectors(1, 256), 3).keys.shape == (1, 3)
    build(library, [digest_folder], BuildOptions(full=True))
    assert pointer["collection"] not in collections(milvus_lite)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.6, 1.0, None])
@pytest.mark.parametrize("k", [5, 150, 400])
def test_filters_and_counts_beyond_what_the_server_takes_at_once(
    milvus_lite: Lite,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    share: float | None,
    k: int,
) -> None:
    for name, value in {"_WINDOW": 100, "_KEYS_PER_FILTER": 64, "_HITS_PER_CALL": 300}.items():
        monkeypatch.setattr(milvus, name, value)
    vectors, asked = unit_vectors(500, 16), unit_vectors(3, 16, 1)
    MilvusFactory(milvus_lite.uri).build(vectors).save(tmp_path)
    engine = MilvusFactory().open(tmp_path)
    among = None
    if share is not None:
        among = np.random.default_rng(3).permutation(500)[: round(500 * share)].astype(np.int64)
    assert_right(engine.search(asked, k, among), vectors, asked, k, among)
    assert_right(engine.search(asked[:1], k, among), vectors, asked[:1], k, among)
    keys = np.arange(500, dtype=np.int64)[::-1]
    assert np.allclose(engine.vectors(keys), vectors[keys], atol=1e-6)
    MilvusFactory().remove(tmp_path, [])


def test_a_server_that_is_not_there_is_told_with_the_next_step(
    library: LibraryStore, digest_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_server, "_RETRY_SECONDS", 0.5)
    monkeypatch.setenv("EXPLORER_MILVUS_TOKEN", "reader:open-sesame")
    nowhere = f"http://127.0.0.1:{free_port()}"
    for _ in range(2):  # what the first try leaves is in nobody's way
        with pytest.raises(
            EngineError, match=f"{nowhere} cannot be reached.*--engine-uri"
        ) as caught:
            build(
                library,
                [digest_folder],
                BuildOptions("hashing", engine="milvus", engine_uri=nowhere),
            )
        assert "sesame" not in str(caught.value)
    assert not library.live
    build(library, [digest_folder], BuildOptions("hashing", engine="faiss"))
    assert library.open().engine.size == 40


def test_a_server_that_is_not_there_is_no_damage_and_a_lost_collection_is(
    milvus_lite: Lite,
    library: LibraryStore,
    digest_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build(library, [digest_folder], on(milvus_lite))
    assert {finding.severity for finding in examine(library)} <= {Severity.GOOD, Severity.NOTE}
    with monkeypatch.context() as patch:
        patch.setattr(milvus_server, "_RETRY_SECONDS", 0.3)
        patch.setenv("EXPLORER_ENGINE_URI", f"http://127.0.0.1:{free_port()}")
        findings = examine(library)
    assert not damaged(findings)
    (warning,) = [f for f in findings if f.severity is Severity.WARNING]
    assert warning.subject == "generations/000001"
    assert "cannot be reached" in warning.what
    assert next_step(findings) == warning.advice
    assert warning.advice.startswith("Start the server")
    MilvusFactory().remove(library.folder / "generations" / "000001" / "index", [])
    assert damaged(examine(library))


@pytest.mark.parametrize("kind", ["milvus", "call", "connection"])
def test_loading_a_collection_may_fail_and_is_tried_again(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grpc
    from pymilvus import MilvusException

    failures = {
        "milvus": MilvusException(1, "not yet"),
        "call": grpc.RpcError(),
        "connection": grpc.FutureTimeoutError(),
    }
    answers: list[object] = [MilvusException(101, "not loaded"), "found"]

    class Client:
        def search(self) -> object:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        def load_collection(self, _name: str, **_options: object) -> None:
            raise failures[kind]

    server = Server("http://127.0.0.1:1")
    monkeypatch.setattr(server, "_client", Client())
    assert server.call(lambda client: client.search(), "papers") == "found"


def test_a_collection_that_is_gone_is_told_with_the_next_step(
    milvus_lite: Lite, tmp_path: Path
) -> None:
    MilvusFactory(milvus_lite.uri).build(unit_vectors(20, 8)).save(tmp_path)
    engine = MilvusFactory().open(tmp_path)
    MilvusFactory().remove(tmp_path, [])
    MilvusFactory().remove(tmp_path, [])  # done again without harm
    with pytest.raises(EngineError, match="explorer build --full"):
        engine.search(unit_vectors(1, 8), 3)
    with pytest.raises(EngineError, match="explorer build --full"):
        engine.vectors(np.array([3], dtype=np.int64))


@pytest.mark.parametrize("uri", ["https://me:secret@host:19530", "milvus:19530", "ftp://host", ""])
def test_addresses_that_are_none_or_hold_credentials_are_refused(uri: str) -> None:
    with pytest.raises(UnusableInput) as caught:
        MilvusFactory().at(uri)
    assert "secret" not in str(caught.value)


def test_engines_without_a_server_take_no_address(
    library: LibraryStore, digest_folder: Path
) -> None:
    with pytest.raises(UnusableInput, match="--engine milvus"):
        build(
            library, [digest_folder], BuildOptions(engine="faiss", engine_uri="http://127.0.0.1:1")
        )
    with pytest.raises(UnusableInput, match="--engine milvus"):
        build(library, [digest_folder], BuildOptions("hashing", engine_uri="http://127.0.0.1:1"))


def test_a_graph_on_the_server_finds_nearly_all(milvus_lite: Lite, tmp_path: Path) -> None:
    vectors, asked = unit_vectors(3000, 32), unit_vectors(50, 32, 1)
    MilvusFactory(milvus_lite.uri, exact_up_to=0).build(vectors).save(tmp_path)
    engine = MilvusFactory().open(tmp_path)
    nearest = np.argsort(-(asked @ vectors.T), axis=1)[:, :10]
    found = engine.search(asked, 10).keys
    shared = [len(set(a) & set(b)) for a, b in zip(found.tolist(), nearest.tolist(), strict=True)]
    assert np.mean(shared) >= 9.5
    MilvusFactory().remove(tmp_path, [])


@pytest.mark.cluster
def test_a_wrong_password_is_told_and_not_shown(
    milvus_standalone: Standalone,
    library: LibraryStore,
    digest_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for token in ("root:open-sesame", ""):
        monkeypatch.setenv("EXPLORER_MILVUS_TOKEN", token)
        with pytest.raises(EngineError, match="EXPLORER_MILVUS_TOKEN=user:password") as caught:
            build(library, [digest_folder], on(milvus_standalone))
        assert "sesame" not in str(caught.value)


@pytest.mark.cluster
def test_no_certificate_of_the_server_no_connection(
    milvus_standalone: Standalone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_server, "_RETRY_SECONDS", 1.0)
    monkeypatch.delenv("EXPLORER_MILVUS_CA")
    with pytest.raises(EngineError, match="EXPLORER_MILVUS_CA"):
        MilvusFactory(milvus_standalone.uri).build(unit_vectors(3, 8)).save(tmp_path)


@pytest.mark.cluster
def test_a_library_outlives_the_kill_of_its_server(
    milvus_standalone: Standalone, library: LibraryStore, digest_folder: Path
) -> None:
    build(library, [digest_folder], on(milvus_standalone))
    generation, embedder = library.open(), open_embedder("hashing")
    everyone = np.arange(generation.size, dtype=np.int64)
    vectors = generation.engine.vectors(everyone)
    query = Query("liver segmentation")
    before = search(generation, embedder, query, 10).hits

    milvus_standalone.kill()
    revival = threading.Timer(1.0, milvus_standalone.start)
    revival.start()
    after = search(generation, embedder, query, 10).hits  # waits until the server is back
    revival.join()
    assert [(h.paper.id, h.score) for h in after] == [(h.paper.id, h.score) for h in before]
    assert np.array_equal(library.open().engine.vectors(everyone), vectors)
    secret = os.environ["EXPLORER_MILVUS_TOKEN"].partition(":")[2].encode()
    files = [path for path in library.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret in path.read_bytes()]
