"""Shards: cut as a build's batches are, embedded apart to the same bytes, never half done."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from explorer.builds.build import BuildOptions, build, texts_to_embed
from explorer.builds.distributed.bulk import embed
from explorer.builds.distributed.shards import (
    Task,
    embed_shard,
    shard_files,
    texts_in,
    vectors_of,
    write_shards,
)
from explorer.cli import main
from explorer.embedders import open_embedder
from explorer.errors import EmbedderError, UnusableInput
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper, fingerprint_of
from tests.helpers.corpus import WriteDigest

MODEL = "hashing:16"


def texts(count: int) -> dict[str, str]:
    made = [f"text {number} " + "word " * (number % 7) for number in range(count)]
    return {fingerprint_of(text): text for text in made}


def cached(library: LibraryStore) -> bytes:
    (file,) = library.vectors.glob("*.vectors")
    return file.read_bytes()


def silent(_done: int, _total: int) -> None:
    pass


@pytest.mark.slow
def test_shards_and_a_build_leave_the_same_bytes_and_the_build_embeds_nothing(
    tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest
) -> None:
    many = [
        Paper(f"{paper.title}, part {part}", paper.abstract)
        for part in range(8)
        for paper in corpus
    ]
    digest = write_digest(tmp_path / "digest.txt", many)
    apart, plain = LibraryStore(tmp_path / "apart"), LibraryStore(tmp_path / "plain")
    missing = texts_to_embed(apart, [digest], MODEL)
    shards = write_shards(missing, tmp_path / "shards", papers=1)
    assert [len(texts_in(shard)) for shard in shards] == [128, 128, 64]
    report = embed(apart, shards, MODEL)
    assert (report.computed, report.stored, report.known) == (3, 320, 0)
    ours = cached(apart)
    assert build(plain, [digest], BuildOptions(model=MODEL)).embedded == 320
    assert cached(plain)[: len(ours)] == ours  # names of topics have vectors, too, behind them
    assert build(apart, [digest], BuildOptions(model=MODEL)).embedded == 0
    assert cached(apart) == cached(plain)
    assert texts_to_embed(apart, [digest]) == {}


def test_finished_shards_are_not_embedded_again(tmp_path: Path) -> None:
    library = LibraryStore(tmp_path / "library")
    shards = write_shards(texts(300), tmp_path / "shards", papers=128)
    embedder = open_embedder(MODEL)
    task = Task(shards[1], MODEL, embedder.identity)
    assert embed_shard(task, embedder, silent)
    assert not embed_shard(task, embedder, silent)
    assert embed(library, shards, MODEL).computed == 2
    before = cached(library)
    again = embed(library, shards, MODEL)
    assert (again.known, again.computed, again.stored) == (3, 0, 0)
    other = LibraryStore(tmp_path / "other")
    assert embed(other, shards, MODEL).computed == 0
    assert cached(other) == before == cached(library)


def test_vectors_of_earlier_texts_of_a_shard_do_not_count(tmp_path: Path) -> None:
    (shard,) = write_shards(texts(20), tmp_path / "shards")
    library = LibraryStore(tmp_path / "library")
    embed(library, [shard], MODEL)
    (other,) = write_shards(texts(30), tmp_path / "others")
    other.replace(shard)
    embedder = open_embedder(MODEL)
    assert vectors_of(shard, embedder) is None
    assert embed(library, [shard], MODEL).stored == 10
    assert embed_shard(Task(shard, MODEL, embedder.identity), embedder, silent) is False


def test_a_task_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (shard,) = write_shards(texts(200), tmp_path / "shards")
    embedder = open_embedder(MODEL)

    def stop(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed_shard(Task(shard, MODEL, embedder.identity), embedder, stop)
    assert list(shard.parent.iterdir()) == [shard]
    with pytest.raises(EmbedderError, match="same weights on every machine"):
        embed_shard(Task(shard, MODEL, "another model"), embedder, silent)


def test_a_file_that_is_no_shard_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="nothing: no shards"):
        shard_files([tmp_path / "nothing"])
    with pytest.raises(UnusableInput, match="not empty"):
        write_shards(texts(1), tmp_path.parent)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(UnusableInput, match=r"broken\.parquet: not a shard"):
        embed(LibraryStore(tmp_path / "library"), [broken], MODEL)
    pq.write_table(pa.table({"title": ["A"]}), broken)
    with pytest.raises(UnusableInput, match="columns fingerprint and text"):
        texts_in(broken)
    pq.write_table(pa.table({"fingerprint": ["0" * 32], "text": ["A"]}), broken)
    with pytest.raises(UnusableInput, match="row 1: the fingerprint is not that of the text"):
        texts_in(broken)
    pq.write_table(pa.table({"fingerprint": ["0" * 32], "text": [None]}), broken)
    with pytest.raises(UnusableInput, match="row 1: a value is missing"):
        texts_in(broken)


def test_the_commands(
    tmp_path: Path, digest_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--library", str(tmp_path / "library"), "--model", MODEL, "--json"]
    shards = tmp_path / "shards"
    assert main(["shards", "cut", str(digest_folder), "--into", str(shards), *chosen]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == 40
    assert main(["shards", "embed", str(shards), *chosen]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["shards"], report["stored"], report["machines"]) == (1, 40, {"this machine": 1})
    assert main(["build", str(digest_folder), *chosen]) == 0
    assert json.loads(capsys.readouterr().out)["embedded"] == 0
    assert main(["shards", "embed", str(tmp_path / "none"), *chosen]) == 2


def test_without_ray_the_error_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_shards(texts(3), tmp_path / "shards")
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")  # put back after the test
    chosen = ["--library", str(tmp_path / "library"), "--ray", "auto"]
    assert main(["shards", "embed", str(tmp_path / "shards"), *chosen]) == 1
    assert "pip install --editable '.[ray]'" in capsys.readouterr().err
