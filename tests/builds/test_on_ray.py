"""A Ray cluster on loopback: a process and a machine die, and not a byte is another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer.builds.distributed.bulk import embed
from explorer.builds.distributed.shards import write_shards
from explorer.library.store import LibraryStore
from explorer.papers.paper import fingerprint_of
from tests.helpers.corpus import ROOT

pytestmark = pytest.mark.cluster
pytest.importorskip("ray", reason="pip install --editable '.[ray]'")

SLOW = "hashing:8192"
"""So many numbers take long enough to write that a shard can be hit half done."""
LONGEST = 120.0


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head without processors, and two machines with one each."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    from ray.cluster_utils import Cluster

    at_home = {"node_ip_address": "127.0.0.1", "include_dashboard": False}
    started: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **at_home})
    try:
        for _ in range(2):
            started.add_node(num_cpus=1, node_ip_address="127.0.0.1")
        yield started
    finally:
        started.shutdown()


def start_run(
    shards: Path, library: LibraryStore, model: str, address: str
) -> subprocess.Popen[str]:
    words = ["embed", str(shards), "--library", str(library.folder), "--model", model]
    return subprocess.Popen(
        [sys.executable, "-m", "explorer.cli", *words, "--ray", address, "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result_of(running: subprocess.Popen[str]) -> Any:
    output, errors = running.communicate(timeout=LONGEST)
    assert running.returncode == 0, errors
    return json.loads(output)


def cached(library: LibraryStore) -> bytes:
    (file,) = library.vectors.glob("*.vectors")
    return file.read_bytes()


def worker_of(raylet: int) -> int | None:
    """Return the process of a machine that embeds a shard just now."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            title = (status.parent / "cmdline").read_text()
        except OSError:
            continue
        if parent == raylet and title.startswith("ray::embed_shard"):
            return int(status.parent.name)
    return None


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if result := what():
            return result
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def finished(shards: Path) -> dict[str, tuple[int, int]]:
    """Return the inode and modification time of the files of finished shards."""
    files = {path: path.stat() for path in shards.glob("*.vectors/*.vectors")}
    return {str(path): (stat.st_ino, stat.st_mtime_ns) for path, stat in files.items()}


def test_a_killed_process_and_a_killed_machine_change_no_byte(tmp_path: Path, cluster: Any) -> None:
    words = "attention graph kernel video protein liver decoding cache".split()
    made = [f"{words[i % 8]} {i} {words[i % 5]} " + "token " * (i % 90) for i in range(24 * 128)]
    texts = {fingerprint_of(text): text for text in made}
    alone, together = tmp_path / "alone", tmp_path / "together"
    one, many = LibraryStore(tmp_path / "one"), LibraryStore(tmp_path / "many")
    embed(one, write_shards(texts, alone, papers=128), SLOW)

    write_shards(texts, together, papers=128)
    running = start_run(together, many, SLOW, cluster.address)
    machines = cluster.worker_nodes
    first, second = (node.all_processes["raylet"][0].process.pid for node in list(machines))

    until(lambda: len(finished(together)) >= 2)
    victim = until(lambda: worker_of(first))
    os.kill(victim, signal.SIGKILL)
    at_first_kill = finished(together)
    until(lambda: len(finished(together)) >= 6)
    until(lambda: worker_of(second))
    at_second_kill = finished(together)
    os.kill(second, signal.SIGKILL)

    report = result_of(running)
    after = finished(together)
    assert len(at_first_kill) < len(at_second_kill) < len(after) == 24
    # A task killed between its last step and its report is already done when it restarts.
    assert 22 <= report["computed"] <= report["shards"] == 24
    assert report["stored"] == len(texts)
    for before in (at_first_kill, at_second_kill):  # what was finished was not touched again
        assert {path: after[path] for path in before} == before
    assert cached(many) == cached(one)
    assert not list(together.glob(".embedding-*"))


def test_the_real_model_gives_the_same_bytes_on_a_cluster(
    tmp_path: Path, cluster: Any, repository: Path
) -> None:
    from explorer.builds.build import texts_to_embed

    whole = texts_to_embed(LibraryStore(tmp_path / "new"), [repository / "data" / "digests"])
    parts = [part for text in whole.values() for part in (text[:200], text[200:400])]
    texts = {fingerprint_of(part): part for part in parts if part.strip()}
    one, many = LibraryStore(tmp_path / "one"), LibraryStore(tmp_path / "many")
    embed(one, write_shards(texts, tmp_path / "alone", papers=128))
    write_shards(texts, tmp_path / "together", papers=128)
    report = result_of(start_run(tmp_path / "together", many, "", cluster.address))
    assert report["computed"] == 2
    assert cached(many) == cached(one)
