"""The vector cache: texts embedded once are never embedded again.

There is one append-only file for each embedder identity. Each record is a fingerprint, a vector
and a CRC-32 over both, all of one length, so a torn end and a flipped bit are both detected when
the file is opened: the damaged file is set aside, and its good records are copied to a new one.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from explorer.arrays import Vectors
from explorer.embedders import Embedder
from explorer.errors import LibraryBusy
from explorer.files import sync, writing

LOCK = ".lock"
"""Lock file in the folder of the cache, held while a file is opened, mended or appended to."""
_LOCK_SECONDS = 60.0
"""Wait for another process, at most; none holds the lock for longer than a read of the file."""
_MAGIC = b"explorer vectors 1\n"
_HEADER_BYTES = 512
_BLOCK_BYTES = 1 << 24
"""Bytes of a file read at once."""
_COPIED_AT_ONCE = 1 << 14
"""Vectors copied at once by :meth:`VectorCache.take_all`."""
_KEY = np.dtype("S16")
"""A fingerprint; since all are of this length, NumPy may leave off zeros at their ends."""
_CRC_BYTES = 4
_SAMPLE = 1000
"""Vectors of one file whose length is computed."""
_UNIT_WITHIN = 0.01
"""Tolerance of the length of a unit vector."""
BATCH = 128
"""Texts embedded and stored at once; a killed build repeats no more than these."""

_Records = np.ndarray[tuple[int], np.dtype[np.void]]


class VectorCache:
    """The vectors of one embedder identity, by fingerprint (32 hex digits)."""

    def __init__(self, folder: Path, identity: str, dimension: int) -> None:
        self._header = _header(identity, dimension)
        if len(self._header) > _HEADER_BYTES:
            raise ValueError(f"the embedder's identity is too long: {identity!r}")
        self._layout = _layout(dimension)
        slug = re.sub(r"[^A-Za-z0-9]+", "-", identity.partition(" ")[0]).strip("-")[:60]
        self.path = folder / f"{slug}-{_file_key(self._header)}.vectors"
        self._rescued = self.path.with_suffix(".rescued")
        self.set_aside: Path | None = None
        """New path of a damaged file, moved when this cache was opened."""
        self._lock = FileLock(folder / LOCK, timeout=_LOCK_SECONDS)
        with writing(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            with self._locked():
                self._opened = _sorted(self._open())
                self._inode = self.path.stat().st_ino
        self._added: dict[bytes, int] = {}
        """Record of each fingerprint that was stored since this cache was opened."""

    def __len__(self) -> int:
        old = self._records_at_opening(list(self._added)) >= 0
        return len(self._opened.keys) + len(self._added) - int(np.count_nonzero(old))

    def __contains__(self, fingerprint: str) -> bool:
        key = bytes.fromhex(fingerprint)
        return key in self._added or bool(self._records_at_opening([key])[0] >= 0)

    def missing(self, fingerprints: Sequence[str]) -> NDArray[np.int64]:
        """Return the indices of those ``fingerprints`` that are not in the cache."""
        return np.flatnonzero(self._records_of(fingerprints) < 0)

    def take(self, fingerprints: Sequence[str]) -> Vectors:
        """Return the vectors of ``fingerprints``, shape (len(fingerprints), dimension).

        Raises:
            KeyError: one of them is not in the cache.
        """
        records = self._records_of(fingerprints)
        if len(unknown := np.flatnonzero(records < 0)):
            raise KeyError(fingerprints[int(unknown[0])])
        dimension = self._layout["vector"].shape[0]
        if not len(records):
            return np.empty((0, dimension), dtype=np.float32)
        self._check_same_file()
        stored = np.memmap(self.path, dtype=self._layout, mode="r", offset=_HEADER_BYTES)
        return np.array(stored["vector"][records], dtype=np.float32)

    def take_all(self, fingerprints: Sequence[str]) -> Vectors:
        """Return the same as :meth:`take`, mapped from a file that is deleted with the array.

        Only the parts in use are in memory, and the system may reclaim them.
        """
        names = list(fingerprints)
        if not names:
            return self.take(names)
        with writing(self.path), TemporaryFile(dir=self.path.parent) as file:
            # A file that is written through a map would kill the process where the disk is full.
            for start in range(0, len(names), _COPIED_AT_ONCE):
                file.write(self.take(names[start : start + _COPIED_AT_ONCE]).tobytes())
            file.flush()
            shape = (len(names), self._layout["vector"].shape[0])
            return np.memmap(file, dtype=np.float32, mode="c", shape=shape)

    def _records_of(self, fingerprints: Sequence[str]) -> NDArray[np.int64]:
        """Return the record of each of ``fingerprints``, -1 where there is none."""
        keys = [bytes.fromhex(fingerprint) for fingerprint in fingerprints]
        records = self._records_at_opening(keys)
        if self._added:
            for index, key in enumerate(keys):
                records[index] = self._added.get(key, records[index])
        return records

    def _records_at_opening(self, keys: Sequence[bytes]) -> NDArray[np.int64]:
        """Return the record of each of ``keys`` when this cache was opened, or -1."""
        wanted = np.array(keys, dtype=_KEY)
        if not len(self._opened.keys):
            return np.full(len(wanted), -1, dtype=np.int64)
        indices = np.searchsorted(self._opened.keys, wanted)
        indices = np.minimum(indices, len(self._opened.keys) - 1)
        is_known = self._opened.keys[indices] == wanted
        return np.where(is_known, self._opened.records[indices], -1)

    def append(self, fingerprints: Sequence[str], vectors: Vectors) -> None:
        """Store vectors, in place of those stored before; they are on disk when this returns.

        Raises:
            LibraryError: the disk is full, or may not be written; none of them is stored.
        """
        keys = [bytes.fromhex(fingerprint) for fingerprint in fingerprints]
        records = np.zeros(len(keys), dtype=self._layout)
        records["fingerprint"] = np.array(keys, dtype="V16")
        records["vector"] = vectors
        records["crc"] = _checksums(records)
        with writing(self.path), self._locked():
            self._check_same_file()
            size = self.path.stat().st_size
            try:
                with self.path.open("ab") as file:
                    file.write(records.tobytes())
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                # A torn end would be repaired by a copy, for which there is no room.
                os.truncate(self.path, size)
                raise
        # A fingerprint stored again adds a record but no key, so keys do not count records.
        first = (size - _HEADER_BYTES) // self._layout.itemsize
        self._added.update({key: first + index for index, key in enumerate(keys)})

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from opening, mending and appending meanwhile."""
        try:
            self._lock.acquire()
        except Timeout:
            raise LibraryBusy(
                "another program is using the vector cache.",
                path=self.path,
                advice="Wait for it to end, then do the same again.",
            ) from None
        try:
            yield
        finally:
            self._lock.release()

    def _check_same_file(self) -> None:
        """Check that nobody has put another file in the place of the one that was opened."""
        if self.path.stat().st_ino != self._inode:
            raise LibraryBusy(
                "another program mended the vector cache meanwhile.",
                path=self.path,
                advice="Do the same again.",
            )

    def _open(self) -> NDArray[np.bytes_]:
        """Return the fingerprints of all records, in their order; the file is whole then."""
        if not self.path.exists() and self._rescued.exists():
            # A build was killed just when it had set the damaged file aside.
            self._rescued.replace(self.path)
        if not self.path.exists():
            _write(self.path, [self._header])
        size = self.path.stat().st_size
        records, torn = divmod(max(size - _HEADER_BYTES, 0), self._layout.itemsize)
        keys = np.empty(records, dtype=_KEY)
        good = np.empty(records, dtype=bool)
        with self.path.open("rb") as file:
            is_whole = file.read(_HEADER_BYTES) == self._header and not torn
            for start, block in _blocks(file, self._layout, records):
                keys[start : start + len(block)] = block["fingerprint"].view(_KEY)
                good[start : start + len(block)] = _are_whole(block)
        if not is_whole or not good.all():
            self._replace(good)
        return keys[good]

    def _replace(self, good: NDArray[np.bool_]) -> None:
        """Set the file aside, and copy those records that are ``good`` to a new one."""
        attempt = 1
        while (aside := self.path.with_suffix(f".damaged-{attempt}")).exists():
            attempt += 1
        with self.path.open("rb") as file:
            file.seek(_HEADER_BYTES)
            blocks = _blocks(file, self._layout, len(good))
            kept = (block[good[start : start + len(block)]].tobytes() for start, block in blocks)
            _write(self._rescued, chain([self._header], kept))
        self.path.rename(aside)
        self._rescued.replace(self.path)
        self.set_aside = aside


class _SortedKeys(NamedTuple):
    """Record of each key; parallel arrays in the order of the keys, without repetition."""

    keys: NDArray[np.bytes_]
    records: NDArray[np.int64]


def _sorted(keys: NDArray[np.bytes_]) -> _SortedKeys:
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    # A fingerprint stored again comes after the record that it replaces.
    last = np.ones(len(keys), dtype=bool)
    last[:-1] = in_order[1:] != in_order[:-1]
    return _SortedKeys(in_order[last], order[last])


@dataclass(frozen=True, slots=True)
class Embedded:
    """Numbers of texts that were embedded, already cached, and longer than one window."""

    new: int = 0
    reused: int = 0
    too_long: int = 0


def embed_missing(
    cache: VectorCache,
    embedder: Embedder,
    texts: Mapping[str, str],
    progress: Callable[[int, int], None],
) -> Embedded:
    """Embed those of ``texts`` (fingerprint to text) that are not in ``cache``.

    Each batch is on disk before the next is begun, so a build that is killed repeats at most one.
    ``progress`` is called with (done, total) after each stored batch.
    """
    names = list(texts)
    wanted = {names[index] for index in cache.missing(names).tolist()}
    lengths = {name: len(text) for name, text in texts.items() if name in wanted}
    # Texts of like length together waste no padding; the order changes no vector.
    missing = sorted(lengths, key=lambda name: (lengths[name], name))
    done = too_long = 0
    progress(0, len(missing))
    for batch in _batches(missing):
        batch_texts = [texts[name] for name in batch]
        cache.append(batch, embedder.embed(batch_texts))
        too_long += sum(count > 1 for count in embedder.windows(batch_texts))
        done += len(batch)
        progress(done, len(missing))
    return Embedded(done, len(texts) - done, too_long)


@dataclass(frozen=True, slots=True)
class CacheFile:
    """Contents of one file of the cache."""

    size: int
    """Bytes."""
    identity: str
    """Identity of the embedder; empty if unknown."""
    dimension: int
    """Length of each vector; 0 if unknown."""
    is_head_whole: bool = False
    is_headless: bool = False
    """It is cut short before its first vector."""
    keys: frozenset[bytes] = frozenset()
    """Fingerprints of the whole records."""
    records: int = 0
    whole: int = 0
    torn: int = 0
    """Bytes of a last record that was not written to its end."""
    odd: int = 0
    """Of a sample of whole records, those whose vector is not finite or not of unit length."""


def read_cache_file(
    path: Path, known: Iterable[tuple[str, int]], progress: Callable[[int], None]
) -> CacheFile:
    """Read a file of the cache, block by block, to its present end.

    Nothing is changed, and no cache need be open.

    Args:
        known: identities and dimensions that the file may be of, if its head is damaged.
        progress: receives the number of bytes read since the last call.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    key = path.stem[-12:]
    is_whole = _file_key(header) == key
    of_key = {_file_key(_header(*one)): one for one in known}
    identity, dimension = _parsed_header(header) if is_whole else of_key.get(key, ("", 0))
    if size < _HEADER_BYTES or not dimension:
        progress(size)
        return CacheFile(size, identity, dimension, is_whole, size < _HEADER_BYTES)
    layout = _layout(dimension)
    records, torn = divmod(size - _HEADER_BYTES, layout.itemsize)
    every = max(1, records // _SAMPLE)
    keys: set[bytes] = set()
    whole = odd = 0
    with path.open("rb") as file:
        file.seek(_HEADER_BYTES)
        for start, block in _blocks(file, layout, records):
            good = _are_whole(block)
            keys.update(fingerprint.tobytes() for fingerprint in block["fingerprint"][good])
            whole += int(np.count_nonzero(good))
            sample = good & (np.arange(start, start + len(block)) % every == 0)
            lengths = np.linalg.norm(block["vector"][sample], axis=1)
            # Written so that NaN, too, counts as odd.
            odd += int(np.count_nonzero(~(np.abs(lengths - 1.0) <= _UNIT_WITHIN)))
            progress(block.nbytes)
    return CacheFile(
        size, identity, dimension, is_whole, False, frozenset(keys), records, whole, torn, odd
    )


def _header(identity: str, dimension: int) -> bytes:
    return (_MAGIC + f"{dimension}\n{identity}\n".encode()).ljust(_HEADER_BYTES, b"\0")


def _parsed_header(header: bytes) -> tuple[str, int]:
    """Return the identity and the dimension in a whole header."""
    dimension, identity = header.removeprefix(_MAGIC).decode().split("\n")[:2]
    return identity, int(dimension)


def _file_key(header: bytes) -> str:
    """Return the last part of the name of a file with this header."""
    return hashlib.sha256(header).hexdigest()[:12]


def _layout(dimension: int) -> np.dtype[np.void]:
    return np.dtype([("fingerprint", "V16"), ("vector", "<f4", (dimension,)), ("crc", "<u4")])


def _write(path: Path, content: Iterable[bytes]) -> None:
    """Write a file that is on disk when this returns; where it does not fit, nothing stays."""
    try:
        with path.open("wb") as file:
            file.writelines(content)
        sync(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _batches(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _blocks(
    file: BinaryIO, layout: np.dtype[np.void], records: int
) -> Iterator[tuple[int, _Records]]:
    """Yield (number of the first, batch) of the next ``records`` records of ``file``."""
    at_once = max(1, _BLOCK_BYTES // layout.itemsize)
    for start in range(0, records, at_once):
        content = file.read(min(at_once, records - start) * layout.itemsize)
        yield start, np.frombuffer(content, layout)


def _are_whole(records: _Records) -> NDArray[np.bool_]:
    """Return which of ``records`` are as they were written."""
    whole: NDArray[np.bool_] = records["crc"] == np.array(_checksums(records), dtype=np.uint32)
    return whole


def _checksums(records: _Records) -> list[int]:
    size = records.dtype.itemsize
    content = memoryview(records.tobytes())
    return [
        zlib.crc32(content[start : start + size - _CRC_BYTES])
        for start in range(0, len(content), size)
    ]
