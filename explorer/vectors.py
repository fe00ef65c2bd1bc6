"""The vector cache: what has been embedded once is never embedded again.

One append-only file an embedder identity. Each record is a fingerprint, a vector and a CRC-32
over both, all of one length, so a torn end and a flipped bit are both found when the file is
opened: the damaged file is set aside and its good records go on in a new one.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.embedders import Embedder, Vectors
from explorer.files import sync, writing

_MAGIC = b"explorer vectors 1\n"
_HEADER_BYTES = 512
_BLOCK_BYTES = 1 << 24
"""Of a file that is looked through, read at once."""
_SAMPLE = 1000
"""Vectors of one file whose length is computed."""
_UNIT_WITHIN = 0.01
"""How far the length of a unit vector may be from 1."""
BATCH = 128
"""Texts embedded and stored at once: what a killed build repeats at most."""


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
        """Where a damaged file was moved when this cache was opened."""
        with writing(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            self._rows = self._open()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, fingerprint: str) -> bool:
        return bytes.fromhex(fingerprint) in self._rows

    def take(self, fingerprints: Sequence[str]) -> Vectors:
        """Return the vectors of ``fingerprints``, shape (len(fingerprints), dimension).

        Raises:
            KeyError: one of them is not in the cache.
        """
        rows = [self._rows[bytes.fromhex(fingerprint)] for fingerprint in fingerprints]
        if not rows:
            return np.empty((0, self._layout["vector"].shape[0]), dtype=np.float32)
        stored = np.memmap(self.path, dtype=self._layout, mode="r", offset=_HEADER_BYTES)
        return np.array(stored["vector"][rows], dtype=np.float32)

    def append(self, fingerprints: Sequence[str], vectors: Vectors) -> None:
        """Store vectors, in place of those stored before; they are on disk when this returns.

        Raises:
            LibraryError: the disk is full, or may not be written; none of them is stored.
        """
        keys = [bytes.fromhex(fingerprint) for fingerprint in fingerprints]
        records = np.zeros(len(keys), dtype=self._layout)
        records["fingerprint"] = np.array(keys, dtype="V16")
        records["vector"] = vectors
        records["crc"] = [_checksum(record) for record in records]
        with writing(self.path):
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
        self._rows.update({key: first + place for place, key in enumerate(keys)})

    def _open(self) -> dict[bytes, int]:
        if not self.path.exists() and self._rescued.exists():
            # A build was killed just when it had set the damaged file aside.
            self._rescued.replace(self.path)
        if not self.path.exists():
            _write(self.path, self._header)
            return {}
        content = self.path.read_bytes()
        whole = (len(content) - _HEADER_BYTES) // self._layout.itemsize
        records = np.frombuffer(
            content, self._layout, max(whole, 0), min(_HEADER_BYTES, len(content))
        )
        good = [i for i, record in enumerate(records) if record["crc"] == _checksum(record)]
        expected = _HEADER_BYTES + whole * self._layout.itemsize
        if content[:_HEADER_BYTES] != self._header or len(content) != expected or len(good) < whole:
            self._replace(records[good])
            records = records[good]
        keys = [record["fingerprint"].tobytes() for record in records]
        return {key: row for row, key in enumerate(keys)}

    def _replace(self, good: np.ndarray[tuple[int], np.dtype[np.void]]) -> None:
        attempt = 1
        while (aside := self.path.with_suffix(f".damaged-{attempt}")).exists():
            attempt += 1
        _write(self._rescued, self._header + good.tobytes())
        self.path.rename(aside)
        self._rescued.replace(self.path)
        self.set_aside = aside


@dataclass(frozen=True, slots=True)
class Embedded:
    """How many texts were embedded, how many had been before, how many needed several windows."""

    new: int = 0
    reused: int = 0
    too_long: int = 0


def embed_missing(
    cache: VectorCache,
    embedder: Embedder,
    texts: dict[str, str],
    progress: Callable[[int, int], None],
) -> Embedded:
    """Embed what of ``texts`` (fingerprint to text) is not in ``cache``.

    Each batch is on disk before the next is begun, so a build that is killed repeats at most one.
    ``progress`` is called with (done, total) after each stored batch.
    """
    missing = [
        (fingerprint, text) for fingerprint, text in texts.items() if fingerprint not in cache
    ]
    # Texts of like length together waste no padding; the order changes no vector.
    missing.sort(key=lambda item: (len(item[1]), item[0]))
    done = too_long = 0
    progress(0, len(missing))
    for batch in _batches(missing):
        batch_texts = [text for _, text in batch]
        cache.append([key for key, _ in batch], embedder.embed(batch_texts))
        too_long += sum(count > 1 for count in embedder.windows(batch_texts))
        done += len(batch)
        progress(done, len(missing))
    return Embedded(done, len(texts) - done, too_long)


@dataclass(frozen=True, slots=True)
class CacheFile:
    """What is in one file of the cache."""

    size: int
    """Bytes."""
    identity: str
    """Of the embedder whose vectors it holds; empty where nobody tells."""
    dimension: int
    """Length of each vector; 0 where nobody tells."""
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
    """Look through a file of the cache, block by block, to the end that it has now.

    Nothing is changed, and no cache need be open.

    Args:
        known: identities and dimensions that the file may be of, if its head is damaged.
        progress: is called with the bytes that were looked at since the last call.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    key = path.stem[-12:]
    is_whole = _file_key(header) == key
    of_key = {_file_key(_header(*one)): one for one in known}
    identity, dimension = _told_by(header) if is_whole else of_key.get(key, ("", 0))
    if size < _HEADER_BYTES or not dimension:
        progress(size)
        return CacheFile(size, identity, dimension, is_whole, size < _HEADER_BYTES)
    layout = _layout(dimension)
    records, torn = divmod(size - _HEADER_BYTES, layout.itemsize)
    every = max(1, records // _SAMPLE)
    rows_a_block = max(1, _BLOCK_BYTES // layout.itemsize)
    keys: set[bytes] = set()
    whole = odd = 0
    with path.open("rb") as file:
        file.seek(_HEADER_BYTES)
        for start in range(0, records, rows_a_block):
            content = file.read(min(rows_a_block, records - start) * layout.itemsize)
            block = np.frombuffer(content, layout)
            good = block["crc"] == np.array([_checksum(r) for r in block], dtype=np.uint32)
            keys.update(fingerprint.tobytes() for fingerprint in block["fingerprint"][good])
            whole += int(np.count_nonzero(good))
            sample = good & (np.arange(start, start + len(block)) % every == 0)
            lengths = np.linalg.norm(block["vector"][sample], axis=1)
            # What is not a number is not near 1 either.
            odd += int(np.count_nonzero(~(np.abs(lengths - 1.0) <= _UNIT_WITHIN)))
            progress(len(content))
    found = frozenset(keys)
    return CacheFile(size, identity, dimension, is_whole, False, found, records, whole, torn, odd)


def _header(identity: str, dimension: int) -> bytes:
    return (_MAGIC + f"{dimension}\n{identity}\n".encode()).ljust(_HEADER_BYTES, b"\0")


def _told_by(header: bytes) -> tuple[str, int]:
    """Return identity and dimension."""
    dimension, identity = header.removeprefix(_MAGIC).decode().split("\n")[:2]
    return identity, int(dimension)


def _file_key(header: bytes) -> str:
    """Return what the name of a file with this header ends in."""
    return hashlib.sha256(header).hexdigest()[:12]


def _layout(dimension: int) -> np.dtype[np.void]:
    return np.dtype([("fingerprint", "V16"), ("vector", "<f4", (dimension,)), ("crc", "<u4")])


def _write(path: Path, content: bytes) -> None:
    """Write a file that is on disk when this returns; where it does not fit, nothing stays."""
    try:
        path.write_bytes(content)
        sync(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _batches(items: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _checksum(record: np.void) -> int:
    return zlib.crc32(record.tobytes()[:-4])
