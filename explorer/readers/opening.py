"""Opening of digest files: compression, archives, binary or text, encoding.

Compressed files and archives are read in place, member by member, without unpacking anything to
disk. Lines, members and unpacked sizes are limited.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from explorer.errors import DigestError
from explorer.readers.budget import Budget
from explorer.readers.contract import Digest, Opener, Rejection
from explorer.readers.encodings import BOMS, decode_head, text_encoding, utf16_without_mark
from explorer.settings import ReadingLimits

_HEAD_BYTES = 65_536
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x1f\x8b", "a gzip file inside another archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file inside another archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3", "an SQLite database"),
)
_ZIP = b"PK\x03\x04"
_DAMAGE_ERRORS = (
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
)


def open_digests(
    path: Path, name: str, limits: ReadingLimits, budget: Budget | None = None
) -> Iterator[Digest | Rejection]:
    """Yield the digest at ``path``, or each digest in the archive there.

    A member of an archive that cannot be read is yielded as a Rejection. What is unpacked counts
    against ``budget``.

    Raises:
        DigestError: the file as a whole is missing, empty, unreadable or neither text nor a
            known table format.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise DigestError(
            "there is no such file.", path=path, advice="Check the spelling."
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DigestError(
            f"cannot be opened ({reason}).", path=path, advice="Check its rights."
        ) from None
    if head.startswith(_ZIP) and not _is_office(path):
        yield from _members(path, name, limits, budget)
    else:
        opener = _unpacking(path, head, limits, budget)
        yield _digest(path, name, opener, limits, str(path), path.stat().st_size)


def _digest(
    path: Path, name: str, opener: Opener, limits: ReadingLimits, place: str, size: int
) -> Digest:
    with opener() as file:
        head = file.read(_HEAD_BYTES)
    encoding, remark = _encoding(head, opener)
    text = decode_head(head, encoding) if encoding else ""
    if not head or (encoding and not text.strip()):
        raise DigestError("the file is empty.", path=place, advice="Save the digest again.")
    return Digest(path, name, encoding, text, head, limits, opener, size, remark)


def _encoding(head: bytes, opener: Opener) -> tuple[str, str]:
    """Return the encoding, empty if it is no text, and a remark if it is impure."""
    if marked := next((encoding for mark, encoding in BOMS if head.startswith(mark)), ""):
        return marked, ""
    if _kind_of(head):
        return "", ""
    if b"\x00" in head:
        return utf16_without_mark(head), ""
    return text_encoding(_chunks(opener))


def binary_kind(digest: Digest) -> str:
    """Return the kind of a binary digest in words, from its signature."""
    return _kind_of(digest.head_bytes) or "a binary file"


def _kind_of(head: bytes) -> str:
    return next((kind for mark, kind in _SIGNATURES if head.startswith(mark)), "")


def _unpacking(path: Path, head: bytes, limits: ReadingLimits, budget: Budget | None) -> Opener:
    """Return an opener for ``path`` with the decompressor for its signature."""
    packed = path.stat().st_size

    def bounded(unpack: Callable[[], BinaryIO]) -> Opener:
        return lambda: _buffered(unpack(), packed, limits, str(path), budget)

    if head.startswith(b"\x1f\x8b"):
        return bounded(lambda: cast(BinaryIO, gzip.open(path, "rb")))
    if head.startswith(b"BZh"):
        return bounded(lambda: cast(BinaryIO, bz2.open(path, "rb")))
    if head.startswith(b"\xfd7zXZ"):
        return bounded(lambda: cast(BinaryIO, lzma.open(path, "rb")))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return bounded(lambda: _zstandard(path))
    return lambda: path.open("rb")


def _zstandard(path: Path) -> BinaryIO:
    import pyarrow as pa

    return cast(BinaryIO, pa.input_stream(str(path), compression="zstd"))


def _is_office(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except _DAMAGE_ERRORS:
        return False


def _members(
    path: Path, name: str, limits: ReadingLimits, budget: Budget | None
) -> Iterator[Digest | Rejection]:
    try:
        archive = zipfile.ZipFile(path)
    except (
        *_DAMAGE_ERRORS,
        ValueError,
        struct.error,
    ) as error:  # ValueError: names that are not text
        raise DigestError(
            f"the archive is damaged ({error}).", path=path, advice="Save it again."
        ) from None
    with archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if len(members) > limits.archive_members:
            raise DigestError(
                f"the archive holds {len(members):,} files, more than the "
                f"{limits.archive_members:,} allowed.",
                path=path,
                advice="Unpack it and name the folder.",
            )
        if not members:
            raise DigestError("the archive is empty.", path=path, advice="Save it again.")
        for info in members:
            # The name is only displayed, never opened as a path, so "../" in it is harmless.
            shown = "/".join(p for p in PurePosixPath(info.filename).parts if p not in ("..", "/"))
            inside = f"{name}/{shown or 'unnamed'}"
            if info.flag_bits & 0x1:
                yield Rejection(inside, 0, "encrypted; unpack the archive with its password first")
                continue

            def opener(info: zipfile.ZipInfo = info) -> BinaryIO:
                place = f"{path}/{info.filename}"
                try:
                    member = archive.open(info)
                except _DAMAGE_ERRORS as error:
                    raise DigestError(f"damaged ({error}).", path=place) from None
                packed = info.compress_size
                return _buffered(cast(BinaryIO, member), packed, limits, place, budget)

            try:
                size = info.compress_size
                digest = _digest(path, inside, opener, limits, f"{path}/{shown}", size)
            except DigestError as error:
                yield Rejection(inside, 0, error.without_path)
                continue
            yield digest


def _buffered(
    packed: BinaryIO, size: int, limits: ReadingLimits, place: str, budget: Budget | None
) -> BinaryIO:
    limited = _SizeLimited(packed, size, limits, place, budget)
    return cast(BinaryIO, io.BufferedReader(limited, 1 << 18))


class _SizeLimited(io.RawIOBase):
    """Output of a decompressor, with a limit on its size."""

    def __init__(
        self,
        packed: BinaryIO,
        size: int,
        limits: ReadingLimits,
        place: str,
        budget: Budget | None,
    ) -> None:
        self._packed = packed
        self._budget = budget
        self._most = max(limits.expanded_bytes, limits.expanded_times * max(size, 1))
        self._place = place
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._packed.read(len(buffer))
        except _DAMAGE_ERRORS as error:
            raise DigestError(
                f"torn or damaged ({error or 'it ends too early'}).",
                path=self._place,
                advice="Save it again.",
            ) from None
        self._read += len(chunk)
        if self._budget is not None:
            self._budget.unpack(len(chunk))
        if self._read > self._most:
            raise DigestError(
                f"unpacks to more than {self._most:,} bytes, far beyond what text does.",
                path=self._place,
                advice="Unpack it yourself if you trust it.",
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._packed.close()
        super().close()


def _chunks(opener: Opener) -> Iterator[bytes]:
    with opener() as file:
        while chunk := file.read(1 << 20):
            yield chunk
