"""The vector cache: nothing is embedded twice, and damage costs only what it hit."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.arrays import Vectors
from explorer.embedders import open_embedder
from explorer.embedders.cache import LOCK, Embedded, VectorCache, embed_missing
from explorer.errors import LibraryBusy, LibraryError

DIMENSION = 16
HEADER_BYTES = 512
RECORD_BYTES = 16 + 4 * DIMENSION + 4


class CountingEmbedder:
    """The hashing embedder, with a list of all texts that it was given."""

    def __init__(self) -> None:
        self._inner = open_embedder(f"hashing:{DIMENSION}")
        self.identity = self._inner.identity
        self.dimension = self._inner.dimension
        self.seen: list[str] = []
        self.fail_after = 10**9

    def windows(self, texts: Sequence[str]) -> list[int]:
        return [1 + text.count("long") for text in texts]

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self.seen) + len(texts) > self.fail_after:
            raise KeyboardInterrupt
        self.seen.extend(texts)
        return self._inner.embed(texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._inner.embed_queries(texts)


def key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def named(count: int, start: int = 0) -> dict[str, str]:
    return {key(f"text {i}"): f"text {i}" for i in range(start, start + count)}


def silent(_done: int, _total: int) -> None:
    pass


def fill(folder: Path, texts: dict[str, str]) -> VectorCache:
    cache = VectorCache(folder, "model a", DIMENSION)
    embed_missing(cache, CountingEmbedder(), texts, silent)
    return cache


def reopened(folder: Path) -> VectorCache:
    return VectorCache(folder, "model a", DIMENSION)


def test_vectors_come_back_bit_for_bit_in_the_order_of_the_fingerprints(tmp_path: Path) -> None:
    keys = list(named(10))
    vectors = np.random.default_rng(0).normal(size=(10, DIMENSION)).astype(np.float32)
    cache = VectorCache(tmp_path, "model a", DIMENSION)
    cache.append(keys, vectors)
    assert len(cache) == 10
    assert np.array_equal(cache.take(keys[::-1]), vectors[::-1])
    assert np.array_equal(cache.take([keys[3], keys[3]]), vectors[[3, 3]])
    assert cache.take([]).shape == (0, DIMENSION)


def test_many_vectors_are_mapped_from_a_file_that_is_deleted_with_them(tmp_path: Path) -> None:
    keys = list(named(20_000))
    vectors = np.random.default_rng(0).normal(size=(20_000, DIMENSION)).astype(np.float32)
    cache = VectorCache(tmp_path, "model a", DIMENSION)
    cache.append(keys[:19_000], vectors[:19_000])
    assert cache.missing(keys).tolist() == list(range(19_000, 20_000))
    cache.append(keys[19_000:], vectors[19_000:])
    taken = cache.take_all(keys[::-1])
    assert np.array_equal(taken, vectors[::-1])
    assert {path.name for path in tmp_path.iterdir()} - {LOCK} == {cache.path.name}
    assert cache.take_all([]).shape == (0, DIMENSION)


def test_appended_vectors_survive_reopening_again_and_again(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(9, DIMENSION)).astype(np.float32)
    keys = list(named(9))
    for start in (0, 3, 6):
        cache = reopened(tmp_path)
        assert cache.set_aside is None
        assert len(cache) == start
        cache.append(keys[start : start + 3], vectors[start : start + 3])
        assert np.array_equal(cache.take(keys[: start + 3]), vectors[: start + 3])
    assert np.array_equal(reopened(tmp_path).take(keys), vectors)


def test_a_vector_appended_again_replaces_the_first_and_moves_no_other(tmp_path: Path) -> None:
    a, b, c = named(3)
    rows = np.eye(4, DIMENSION, dtype=np.float32)
    cache = VectorCache(tmp_path, "model a", DIMENSION)
    cache.append([a, b], rows[:2])
    cache.append([a, c], rows[2:])
    expected = rows[[2, 1, 3]]
    assert np.array_equal(cache.take([a, b, c]), expected)
    assert np.array_equal(reopened(tmp_path).take([a, b, c]), expected)
    again = reopened(tmp_path)
    again.append([b], rows[:1])
    assert np.array_equal(again.take([a, b, c]), rows[[2, 0, 3]])


def test_an_unknown_fingerprint_is_an_error(tmp_path: Path) -> None:
    cache = fill(tmp_path, named(2))
    assert key("text 0") in cache
    assert key("never seen") not in cache
    with pytest.raises(KeyError):
        cache.take([key("never seen")])


@pytest.mark.parametrize("other", [("model b", DIMENSION), ("model a", DIMENSION + 1)])
def test_different_identities_and_dimensions_do_not_mix(
    tmp_path: Path, other: tuple[str, int]
) -> None:
    first = fill(tmp_path, named(5))
    second = VectorCache(tmp_path, *other)
    assert len(second) == 0
    assert second.path != first.path
    second.append([key("text 0")], np.ones((1, other[1]), dtype=np.float32))
    assert len(reopened(tmp_path)) == 5
    assert len(VectorCache(tmp_path, *other)) == 1


def test_an_identity_that_does_not_fit_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too long"):
        VectorCache(tmp_path, "m" * 600, DIMENSION)


def test_texts_that_are_embedded_reused_and_too_long_are_counted(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path, "model a", DIMENSION)
    texts = {key(text): text for text in ("short", "long", "long and long", "brief")}
    assert embed_missing(cache, CountingEmbedder(), texts, silent) == Embedded(4, 0, 2)
    texts[key("more")] = "more"
    assert embed_missing(cache, CountingEmbedder(), texts, silent) == Embedded(1, 4, 0)


def test_only_missing_texts_are_embedded_and_each_once(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    cache = VectorCache(tmp_path, "model a", DIMENSION)
    assert embed_missing(cache, embedder, named(100), silent).new == 100
    assert sorted(embedder.seen) == sorted(named(100).values())
    embedder.seen.clear()
    assert embed_missing(cache, embedder, named(110, start=50), silent).new == 60
    assert sorted(embedder.seen) == sorted(named(60, start=100).values())
    embedder.seen.clear()
    assert embed_missing(reopened(tmp_path), embedder, named(160), silent).new == 0
    assert embedder.seen == []


def test_the_vectors_stored_are_those_of_their_texts(tmp_path: Path) -> None:
    texts = named(130)
    cache = fill(tmp_path, texts)
    expected = CountingEmbedder().embed(list(texts.values()))
    assert np.array_equal(cache.take(list(texts)), expected)


def test_progress_counts_up_to_the_number_of_missing_texts(tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    cache = VectorCache(tmp_path, "model a", DIMENSION)
    embed_missing(cache, CountingEmbedder(), named(150), lambda d, t: progress.append((d, t)))
    assert progress[0] == (0, 150)
    assert progress[-1] == (150, 150)
    assert [done for done, _ in progress] == sorted({done for done, _ in progress})


def test_an_interruption_loses_at_most_the_batch_under_way(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    embedder.fail_after = 130
    with pytest.raises(KeyboardInterrupt):
        embed_missing(reopened(tmp_path), embedder, named(300), silent)
    stored = len(embedder.seen)
    assert 64 <= stored <= 130
    embedder.fail_after = 10**9
    embedder.seen.clear()
    assert embed_missing(reopened(tmp_path), embedder, named(300), silent).new == 300 - stored


@pytest.mark.parametrize("cut", [1, RECORD_BYTES - 1, RECORD_BYTES + 5])
def test_a_torn_end_costs_only_the_torn_records(tmp_path: Path, cut: int) -> None:
    texts = named(10)
    before = fill(tmp_path, texts)
    intact = before.take(list(texts))
    content = before.path.read_bytes()
    before.path.write_bytes(content[:-cut])
    lost = -(-cut // RECORD_BYTES)
    assert_repaired(tmp_path, texts, intact, lost, content[:-cut])


@pytest.mark.parametrize(
    "place", [0, 15, 16, 40, RECORD_BYTES - 1], ids=["key", "key end", "vector", "middle", "crc"]
)
def test_a_flipped_bit_costs_only_its_own_record(tmp_path: Path, place: int) -> None:
    texts = named(10)
    before = fill(tmp_path, texts)
    intact = before.take(list(texts))
    content = bytearray(before.path.read_bytes())
    content[HEADER_BYTES + 4 * RECORD_BYTES + place] ^= 0x10
    before.path.write_bytes(content)
    assert_repaired(tmp_path, texts, intact, 1, bytes(content))


def test_a_wrong_header_costs_no_record(tmp_path: Path) -> None:
    texts = named(10)
    before = fill(tmp_path, texts)
    intact = before.take(list(texts))
    content = bytearray(before.path.read_bytes())
    content[0:8] = b"garbage!"
    before.path.write_bytes(content)
    assert_repaired(tmp_path, texts, intact, 0, bytes(content))


@pytest.mark.parametrize("content", [b"", b"short", b"\0" * HEADER_BYTES, b"\xff" * 3000])
def test_a_file_with_nothing_good_in_it_starts_anew(tmp_path: Path, content: bytes) -> None:
    texts = named(10)
    before = fill(tmp_path, texts)
    intact = before.take(list(texts))
    before.path.write_bytes(content)
    assert_repaired(tmp_path, texts, intact, 10, content)


def assert_repaired(
    folder: Path, texts: dict[str, str], intact: Vectors, lost: int, damaged: bytes
) -> None:
    """Check which records a reopened cache kept, set aside and embedded again."""
    cache = reopened(folder)
    assert cache.set_aside is not None
    assert cache.set_aside.read_bytes() == damaged
    assert len(cache) == len(texts) - lost
    rows = {fingerprint: row for row, fingerprint in enumerate(texts)}
    for fingerprint in texts:
        if fingerprint in cache:
            assert np.array_equal(cache.take([fingerprint])[0], intact[rows[fingerprint]])
    embedder = CountingEmbedder()
    assert embed_missing(cache, embedder, texts, silent).new == lost
    assert len(embedder.seen) == lost
    assert np.array_equal(reopened(folder).take(list(texts)), intact)
    assert reopened(folder).set_aside is None


def test_two_programs_append_to_one_file_and_lose_nothing(tmp_path: Path) -> None:
    one, other = reopened(tmp_path), reopened(tmp_path)
    vectors = np.random.default_rng(1).normal(size=(40, DIMENSION)).astype(np.float32)
    keys = list(named(40))
    for start in range(0, 40, 4):
        one.append(keys[start : start + 2], vectors[start : start + 2])
        other.append(keys[start + 2 : start + 4], vectors[start + 2 : start + 4])
    odd = [index for index in range(40) if index % 4 < 2]
    assert np.array_equal(one.take([keys[index] for index in odd]), vectors[odd])
    assert np.array_equal(reopened(tmp_path).take(keys), vectors)


def test_a_file_that_another_program_replaced_is_not_read_by_old_positions(
    tmp_path: Path,
) -> None:
    texts = named(10)
    first = fill(tmp_path, texts)
    content = bytearray(first.path.read_bytes())
    content[HEADER_BYTES + 20] ^= 1
    first.path.write_bytes(content)
    second = reopened(tmp_path)
    assert second.set_aside is not None
    for use in (
        lambda: first.take(list(texts)),
        lambda: first.append([key("new")], np.ones((1, DIMENSION), dtype=np.float32)),
    ):
        with pytest.raises(LibraryBusy, match="mended"):
            use()


def test_a_cache_in_use_is_waited_for_and_then_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.embedders.cache._LOCK_SECONDS", 0.05)
    cache = fill(tmp_path, named(2))
    holder = FileLock(tmp_path / LOCK)
    with holder, pytest.raises(LibraryBusy, match="another program is using"):
        cache.append([key("new")], np.ones((1, DIMENSION), dtype=np.float32))
    cache.append([key("new")], np.ones((1, DIMENSION), dtype=np.float32))


def test_a_kill_while_a_damaged_file_is_replaced_costs_no_record(tmp_path: Path) -> None:
    texts = named(10)
    before = fill(tmp_path, texts)
    intact = before.take(list(texts))
    before.path.rename(before.path.with_suffix(".rescued"))
    assert np.array_equal(reopened(tmp_path).take(list(texts)), intact)
    assert {path.name for path in tmp_path.iterdir()} - {LOCK} == {before.path.name}


def test_vectors_that_do_not_fit_on_the_disk_leave_those_before_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = named(10)
    cache = fill(tmp_path, texts)
    intact = cache.path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("explorer.embedders.cache.os.fsync", full)
        with pytest.raises(LibraryError, match=r"\.vectors: cannot be written \(No space left"):
            cache.append([key("new")], np.ones((1, DIMENSION), dtype=np.float32))
    assert cache.path.read_bytes() == intact
    assert key("new") not in cache
    cache.append([key("new")], np.ones((1, DIMENSION), dtype=np.float32))
    assert len(reopened(tmp_path)) == 11


def test_damage_twice_sets_both_files_aside(tmp_path: Path) -> None:
    for _ in range(2):
        path = fill(tmp_path, named(4)).path
        path.write_bytes(path.read_bytes()[:-3])
        reopened(tmp_path)
    assert len(list(tmp_path.glob("*.damaged-*"))) == 2


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, HEADER_BYTES + 6 * RECORD_BYTES - 1), bit=st.integers(0, 7))
def test_no_single_flipped_bit_ever_changes_a_vector(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("flip")
    texts = named(6)
    before = fill(folder, texts)
    intact = before.take(list(texts))
    content = bytearray(before.path.read_bytes())
    content[place] ^= 1 << bit
    before.path.write_bytes(content)
    cache = reopened(folder)
    assert len(cache) >= 5
    embed_missing(cache, CountingEmbedder(), texts, silent)
    assert np.array_equal(cache.take(list(texts)), intact)
