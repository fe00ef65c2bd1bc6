"""Digests handed over: safe names, nothing written over, nothing changed before it is wanted."""

from __future__ import annotations

import shutil
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.builds.uploads import Upload, add_uploads, keep, preview, read_again, safe_name
from explorer.errors import DigestError, LibraryBusy, LibraryError, UnusableInput
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.readers import digest_files
from tests.helpers.corpus import WriteDigest

NEW = Paper(
    id="",
    title="Whale Songs in the Deep Ocean",
    abstract="We record whales below a thousand metres and tell their dialects apart by ear.",
)


@pytest.fixture
def hashing_copy(tmp_path: Path, hashing_library: LibraryStore) -> LibraryStore:
    """A copy of the hashing library that a test may change."""
    return LibraryStore(shutil.copytree(hashing_library.folder, tmp_path / "copy" / "library"))


@pytest.fixture
def upload(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> Upload:
    """A digest with one paper that the library does not know and two that it does."""
    path = write_digest(tmp_path / "written.txt", [NEW, *corpus[:2]])
    return Upload("today.txt", path.read_bytes())


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


HOSTILE = (
    "../../x",
    "..",
    "",
    ".hidden",
    "a\0b.txt",
    "x" * 300 + ".txt",
    "é" * 300,
    "C:\\evil\\a.bib",
    "today.txt.part",
    "~",
    "\u202etxt.exe",
    "\ud800.txt",
    "a/b/..",
    "x." * 200,
    "-rf",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_whatever_leaves_the_folder_or_hides_in_it(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "digests"
    path = keep(folder, Upload(name, b"content"))
    assert path.parent == folder
    assert digest_files([folder]) == [(path.name, path.resolve())]
    assert [file.name for file in tmp_path.iterdir()] == ["digests"]


@given(st.text(max_size=400))
def test_a_safe_name_is_one_visible_part_that_stays_as_it_is(name: str) -> None:
    safe = safe_name(name)
    assert Path(safe).name == safe
    assert not safe.startswith(".")
    assert not {unicodedata.category(sign) for sign in safe} & {"Cc", "Cs"}
    assert 0 < len(safe.encode()) <= 200
    assert safe_name(safe) == safe


def test_existing_files_are_never_overwritten(tmp_path: Path) -> None:
    contents = [b"first", b"second", b"third"]
    paths = [keep(tmp_path, Upload("today.txt", content)) for content in contents]
    assert [path.name for path in paths] == ["today.txt", "today-2.txt", "today-3.txt"]
    assert [path.read_bytes() for path in paths] == contents
    assert keep(tmp_path, Upload("today.txt", b"second")) == paths[1]
    assert len(tree(tmp_path)) == 3


def test_a_folder_of_the_name_or_a_link_to_elsewhere_is_left_alone(tmp_path: Path) -> None:
    folder, outside = tmp_path / "digests", tmp_path / "outside.txt"
    (folder / "a.txt").mkdir(parents=True)
    (folder / "b.txt").symlink_to(outside)
    assert keep(folder, Upload("a.txt", b"x")).name == "a-2.txt"
    assert keep(folder, Upload("b.txt", b"x")).name == "b-2.txt"
    assert not outside.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="file/digests"):
        keep(tmp_path / "file" / "digests", Upload("a.txt", b"x"))


def test_a_preview_equals_the_build_and_changes_nothing(
    hashing_copy: LibraryStore, tmp_path: Path, upload: Upload
) -> None:
    folder = tmp_path / "digests"
    before = tree(hashing_copy.folder)
    previews = preview(hashing_copy, folder, [upload], hashing_copy.open())
    assert tree(hashing_copy.folder) == before
    assert not folder.exists()
    (one,) = previews.previews
    assert (one.name, one.formats) == ("today.txt", ("scraped-page",))
    assert (one.papers, one.with_abstract, one.known) == (3, 3, 2)
    assert ("added", NEW.title) in [(change.kind, change.title) for change in one.first]
    report = add_uploads(hashing_copy, folder, previews.usable)
    assert (report.added, report.changed) == (previews.added, previews.changed) == (1, one.changed)
    again = preview(hashing_copy, folder, [upload], hashing_copy.open())
    assert (again.added, again.changed, again.previews[0].known) == (0, 0, 3)


def test_papers_that_several_files_share_count_once_in_all(
    hashing_copy: LibraryStore, tmp_path: Path, upload: Upload
) -> None:
    other = Upload("today.txt", upload.content + b"\n")
    previews = preview(hashing_copy, tmp_path / "digests", [upload, other], None)
    assert [one.name for one in previews.previews] == ["today.txt", "today-2.txt"]
    assert [one.added for one in previews.previews] == [1, 1]
    assert previews.added == 1


def test_a_file_without_papers_has_a_reason_and_is_not_usable(
    hashing_copy: LibraryStore, tmp_path: Path, upload: Upload
) -> None:
    garbage = [Upload("a.png", b"\x89PNG\r\n" + bytes(99)), Upload("b.txt", b"")]
    previews = preview(hashing_copy, tmp_path / "digests", [*garbage, upload], None)
    assert [bool(one.problem) for one in previews.previews] == [True, True, False]
    assert "PNG" in previews.previews[0].problem
    assert previews.usable == (upload,)
    assert not any("explorer-" in one.problem for one in previews.previews), (
        "names a scratch folder"
    )


def test_the_members_of_an_archive_are_previewed(
    hashing_copy: LibraryStore, tmp_path: Path, upload: Upload
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("one.txt", upload.content)
        archive.writestr("two.png", b"\x89PNG" + bytes(99))
    packed = Upload("all.zip", (tmp_path / "all.zip").read_bytes())
    (one,) = preview(hashing_copy, tmp_path / "digests", [packed], hashing_copy.open()).previews
    assert (one.papers, one.added, one.rejected) == (3, 1, 1)
    assert one.rejections[0].digest.endswith("two.png")


def test_a_digest_is_kept_while_another_build_runs_and_added_later(
    hashing_copy: LibraryStore, tmp_path: Path, upload: Upload
) -> None:
    folder = tmp_path / "digests"
    with hashing_copy.building(), pytest.raises(LibraryBusy):
        add_uploads(hashing_copy, folder, [upload])
    assert add_uploads(hashing_copy, folder, [upload]).added == 1
    assert [path.name for path in folder.iterdir()] == ["today.txt"]


def test_the_folder_is_read_again_and_never_where_the_library_lies_in_it(
    hashing_copy: LibraryStore, tmp_path: Path, upload: Upload
) -> None:
    folder = tmp_path / "digests"
    folder.mkdir()
    with pytest.raises(DigestError):
        read_again(hashing_copy, folder)
    keep(folder, upload)
    assert read_again(hashing_copy, folder).added == 1
    assert read_again(hashing_copy, folder, redraw=True).redrawn
    with pytest.raises(UnusableInput, match="the library lies in"):
        read_again(hashing_copy, tmp_path)


def test_a_pdf_that_cannot_be_read_says_why_and_has_no_skipped_entries(
    hashing_copy: LibraryStore, tmp_path: Path
) -> None:
    page = Upload("paper.pdf", b"<!doctype html><title>Sign in</title><p>Please sign in.</p>")
    (shown,) = preview(hashing_copy, tmp_path / "digests", [page], None).previews
    assert shown.problem.count("a web page") == 1
    assert shown.problem.endswith(".")
    assert not shown.problem.endswith("..")
    assert (shown.rejected, shown.rejections) == (0, ())
