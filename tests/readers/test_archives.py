"""Compressed digests and archives: read in place, bounded, and never trusted."""

from __future__ import annotations

import gzip
import io
import lzma
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from explorer.errors import DigestError
from explorer.readers import read_digest, read_digests
from explorer.settings import ReadingLimits

_ABSTRACT = (
    "We show that what is packed reads like what is not, and that nothing is unpacked to disk "
    "while it is read, whatever its name may say."
)
_PAGE = f"A Paper in a Box\n\n{_ABSTRACT}\n".encode()


def _zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_each_member_of_an_archive_is_a_digest(tmp_path: Path) -> None:
    archive = _zipped(tmp_path / "week.zip", {"mon.txt": _PAGE, "tue/page.md": _PAGE})
    readings = read_digests(archive)
    assert [reading.digest for reading in readings] == ["week.zip/mon.txt", "week.zip/tue/page.md"]
    assert [len(reading.papers) for reading in readings] == [1, 1]


def test_a_broken_member_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    members = {"a.png": b"\x89PNG\r\n\x1a\n" + bytes(50), "empty.txt": b"", "page.txt": _PAGE}
    readings = read_digests(_zipped(tmp_path / "mixed.zip", members))
    assert [len(reading.papers) for reading in readings] == [0, 0, 1]
    assert "PNG" in readings[0].rejections[0].reason
    assert "empty" in readings[1].rejections[0].reason


def test_names_that_climb_out_of_the_archive_lead_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    archive = _zipped(folder / "x.zip", {"../../escaped.txt": _PAGE, "/etc/absolute.txt": _PAGE})
    readings = read_digests(archive)
    assert [reading.digest for reading in readings] == [
        "x.zip/escaped.txt",
        "x.zip/etc/absolute.txt",
    ]
    assert all(len(reading.papers) == 1 for reading in readings)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inside", "x.zip"]


def _bomb(path: Path, packing: str) -> None:
    """Write 60 MB of one line over and over, packed."""
    block = b"a line of a bomb\n" * 65_536
    if packing == "zip":
        archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        with archive, archive.open("bomb.txt", "w") as member:
            for _ in range(55):
                member.write(block)
        return
    content = block * 55
    path.write_bytes(gzip.compress(content) if packing == "gz" else lzma.compress(content))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("packing", ["gz", "xz", "zip"])
def test_bombs_are_refused_in_little_memory(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "bomb"
    _bomb(path, packing)
    limits = ReadingLimits(expanded_bytes=4_000_000, expanded_times=20)
    tracemalloc.start()
    try:
        readings = read_digests(path, limits=limits)
        message = readings[0].rejections[0].reason
    except DigestError as error:
        message = str(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to more than" in message
    assert peak < 30_000_000


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("page.txt", _PAGE)
    members = {"inner.zip": inner.getvalue(), "inner.gz": gzip.compress(_PAGE)}
    for reading in read_digests(_zipped(tmp_path / "outer.zip", members)):
        assert reading.papers == ()
        assert "archive" in reading.rejections[0].reason


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    archive = _zipped(tmp_path / "many.zip", {f"{n}.txt": _PAGE for n in range(20)})
    with pytest.raises(DigestError, match="20 files"):
        read_digests(archive, limits=ReadingLimits(archive_members=10))


@pytest.mark.parametrize("kept", [20, 200, 2_000])
def test_a_torn_file_yields_the_records_before_the_damage_and_a_rejection(
    tmp_path: Path, kept: int
) -> None:
    pages = b"".join(
        f"Paper Number {n} of Many\n\n{_ABSTRACT} {hash(str(n))}\n\n".encode() for n in range(500)
    )
    path = tmp_path / "torn.txt.gz"
    path.write_bytes(gzip.compress(pages)[:kept])
    try:
        reading = read_digest(path)
    except DigestError as error:
        assert "torn or damaged" in str(error)
        return
    assert "torn or damaged" in reading.rejections[-1].reason
