"""Checksums, and texts that are replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from explorer.errors import LibraryError
from explorer.files import checksum, replace_text, sync, writing


def test_the_checksum_is_the_published_sha_256_of_the_content(tmp_path: Path) -> None:
    # The example of FIPS 180-2, appendix B.1.
    (tmp_path / "abc").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert checksum(tmp_path / "abc") == expected


def test_files_and_folders_can_be_forced_to_disk_and_missing_ones_cannot(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    sync(tmp_path / "file")
    sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "missing")


def test_a_text_is_written_and_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    for text in ("first\n", "µ and 日本語\n", ""):
        replace_text(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_is_on_disk_before_it_takes_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("before")
    seen: list[tuple[str, str]] = []

    def watched(synced: Path) -> None:
        seen.append((synced.name, path.read_text()))

    monkeypatch.setattr("explorer.files.sync", watched)
    replace_text(path, "after")
    (scratch, while_synced), last = seen
    assert re.fullmatch(r"\.file\.txt\.[0-9a-f]{16}\.new", scratch)
    assert while_synced == "before"
    assert last == (tmp_path.name, "after")


def test_a_text_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        replace_text(path, "lone surrogate \ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_the_way_of_the_scratch_file_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, victim = tmp_path / "file.txt", tmp_path / "victim"
    victim.write_text("of somebody else")
    monkeypatch.setattr("explorer.files.secrets.token_hex", lambda _size: "guessed")
    (tmp_path / ".file.txt.guessed.new").symlink_to(victim)
    with pytest.raises(FileExistsError):
        replace_text(path, "mine")
    assert victim.read_text() == "of somebody else"


def test_a_text_that_does_not_fit_on_the_disk_leaves_no_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("before")

    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("explorer.files.sync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_text(path, "after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError("write error in /a/b: 1 != 2 (No space left on device)"),
    ],
)
def test_a_system_that_refuses_to_write_is_told_with_the_place_and_the_next_step(
    error: OSError,
) -> None:
    place = r"^/a: cannot be written \(No space left on device\)\..*Make room"
    with pytest.raises(LibraryError, match=place), writing(Path("/a")):
        raise error
