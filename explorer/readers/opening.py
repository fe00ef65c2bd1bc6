"""Opening of digest files: compression, archives, binary or text, encoding.

Compressed files and archives are read in place, member by member, without unpacking anything to
disk. Lines, members and unpacked sizes are limited.
"""

from __future__ import annotations

import bz2
import codecs
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
from explorer.readers.contract import Digest, Opener, Rejection
from explorer.settings import ReadingLimits

_HEAD_BYTES = 65_536
_ACCENTS_PER_LETTER = 4
"""A legacy text with fewer than one accent in this many ASCII letters is Western."""
_LEGACY = "cp1251 koi8_r cp1253 cp1255 cp1256 cp874 shift_jis euc_jp gb18030 big5 euc_kr".split()
"""Legacy encodings of web pages; DOS and Macintosh encodings would make guesses unreliable."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
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


def open_digests(path: Path, name: str, limits: ReadingLimits) -> Iterator[Digest | Rejection]:
    """Yield the digest at ``path``, or each digest in the archive there.

    A member of an archive that cannot be read is yielded as a Rejection.

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
        yield from _members(path, name, limits)
    else:
        yield _digest(path, name, _unpacking(path, head, limits), limits, str(path))


def _digest(path: Path, name: str, opener: Opener, limits: ReadingLimits, place: str) -> Digest:
    with opener() as file:
        head = file.read(_HEAD_BYTES)
    bom = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), "")
    binary = not bom and (b"\x00" in head or _kind_of(head) != "")
    encoding = "" if binary else bom or _encoding(opener)
    text = head.decode(encoding, errors="ignore") if encoding else ""
    if not head or (encoding and not text.strip()):
        raise DigestError("the file is empty.", path=place, advice="Save the digest again.")
    return Digest(path, name, encoding, text, head, limits, opener)


def binary_kind(digest: Digest) -> str:
    """Return the kind of a binary digest in words, from its signature."""
    return _kind_of(digest.head_bytes) or "a binary file"


def _kind_of(head: bytes) -> str:
    return next((kind for mark, kind in _SIGNATURES if head.startswith(mark)), "")


def _unpacking(path: Path, head: bytes, limits: ReadingLimits) -> Opener:
    """Return an opener for ``path`` with the decompressor for its signature."""
    packed = path.stat().st_size

    def bounded(unpack: Callable[[], BinaryIO]) -> Opener:
        return lambda: _buffered(unpack(), packed, limits, str(path))

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


def _members(path: Path, name: str, limits: ReadingLimits) -> Iterator[Digest | Rejection]:
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
                return _buffered(cast(BinaryIO, member), info.compress_size, limits, place)

            try:
                digest = _digest(path, inside, opener, limits, f"{path}/{shown}")
            except DigestError as error:
                yield Rejection(inside, 0, error.without_path)
                continue
            yield digest


def _buffered(packed: BinaryIO, size: int, limits: ReadingLimits, place: str) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_SizeLimited(packed, size, limits, place), 1 << 18))


class _SizeLimited(io.RawIOBase):
    """Output of a decompressor, with a limit on its size."""

    def __init__(self, packed: BinaryIO, size: int, limits: ReadingLimits, place: str) -> None:
        self._packed = packed
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


def _encoding(opener: Opener) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opener() as file:
        while chunk := file.read(1 << 20):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return _legacy_encoding(chunk[max(0, error.start - 4096) : error.start + 4096])
    return "utf-8"


def _legacy_encoding(sample: bytes) -> str:
    # A few accents between ASCII letters are too little to guess from.
    accents = sum(byte >= 0x80 for byte in sample)
    if accents * _ACCENTS_PER_LETTER < sum(chr(byte).isalpha() for byte in sample if byte < 0x80):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    return best.encoding if best else "cp1252"
