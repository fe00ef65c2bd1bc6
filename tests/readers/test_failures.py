"""One file costs one file: whatever a digest does to its reader, the others are read."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.cli import main
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.readers import Rejection
from explorer.readers.jats import Jats
from explorer.readers.scraped_page import ScrapedPage
from explorer.settings import ReadingLimits, Settings
from tests.helpers.corpus import WriteDigest


def _build(tmp_path: Path, folder: Path, *, in_process: bool = False) -> BuildReport:
    settings = Settings(reading=ReadingLimits(in_process=in_process))
    options = BuildOptions(model="hashing", settings=settings)
    return build(LibraryStore(tmp_path / "library"), [folder], options)


@pytest.fixture
def folder(tmp_path: Path, corpus: list[Paper], write_digest: WriteDigest) -> Path:
    """A folder with one sound digest of ten papers."""
    write_digest(tmp_path / "digests" / "sound.txt", corpus[:10])
    return tmp_path / "digests"


@pytest.mark.parametrize(
    "error", [ValueError("boom"), RecursionError(), MemoryError(), KeyError("x"), UnicodeError()]
)
@pytest.mark.parametrize("papers", [0, 3])
def test_a_reader_that_fails_costs_one_file_and_keeps_the_records_before(
    error: Exception,
    papers: int,
    tmp_path: Path,
    folder: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_digest(folder / "broken.txt", corpus[20:30])
    read = ScrapedPage.read

    def failing(self: ScrapedPage, digest: object) -> Iterator[Paper | Rejection]:
        items = read(self, digest)  # type: ignore[arg-type]
        if getattr(digest, "name", "") != "broken.txt":
            yield from items
            return
        for _ in range(papers):
            yield next(items)
        raise error

    monkeypatch.setattr(ScrapedPage, "read", failing)
    report = _build(tmp_path, folder, in_process=True)
    assert report.papers == 10 + papers
    (rejection,) = report.rejected
    assert rejection.digest == "broken.txt"
    assert "scraped-page failed" in rejection.reason
    assert type(error).__name__ in rejection.reason


def test_a_reader_that_fails_to_recognise_leaves_the_file_to_others(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> int:
        raise AttributeError("no such thing")

    monkeypatch.setattr(Jats, "recognises", failing)
    report = _build(tmp_path, folder, in_process=True)
    assert (report.papers, report.rejected) == (10, ())


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS refuses names that are not UTF-8")
def test_a_name_that_is_not_utf8_is_read_shown_and_stored(
    tmp_path: Path,
    folder: Path,
    corpus: list[Paper],
    write_digest: WriteDigest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    write_digest(folder / "plain.txt", corpus[10:20]).replace(folder / name)
    (folder / os.fsdecode(b"\xff\xfe.txt")).write_bytes(b"\x89PNG\r\n\x1a\n")
    report = _build(tmp_path, folder)
    assert report.papers == 20
    assert [rejection.digest for rejection in report.rejected] == ["\ufffd\ufffd.txt"]
    library = LibraryStore(tmp_path / "library").open()
    assert "caf\ufffd.txt" in {source.digest for p in library.records for source in p.sources}
    for command in (["inspect", str(folder)], ["inspect", str(folder), "--json"]):
        main(command)
        output = capsys.readouterr()
        output.out.encode(), output.err.encode()  # no lone surrogates
        assert "caf\ufffd.txt" in output.out


def test_an_archive_with_a_broken_name_costs_that_archive(tmp_path: Path, folder: Path) -> None:
    archive = folder / "broken.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("nämlich.txt", "A title\n\nAn abstract that is long enough to be one.\n")
    archive.write_bytes(archive.read_bytes().replace("ä".encode(), b"\xff\xff"))
    report = _build(tmp_path, folder)
    assert report.papers == 10
    (rejection,) = report.rejected
    assert rejection.digest == "broken.zip"


@pytest.mark.parametrize(
    ("number", "rejected"),
    [
        ("9" * 5_000, {"list.json", "lines.jsonl"}),
        ("-" + "9" * 5_000 + ".5e3", set()),  # Python reads fractions of any length.
        ("0." + "9" * 5_000, set()),
    ],
)
def test_a_number_of_five_thousand_digits_costs_no_other_record(
    number: str, rejected: set[str], tmp_path: Path, folder: Path
) -> None:
    birds = ("swifts", "gulls", "terns")
    records = [{"title": f"A study of {bird}", "abstract": f"We saw {bird}."} for bird in birds]
    lines = [json.dumps(record) for record in records]
    lines[1] = lines[1].replace("}", f', "count": {number}}}')
    (folder / "list.json").write_text(f"[{','.join(lines)}]", encoding="utf-8")
    (folder / "first.json").write_text(f'{{"n": {number}, "items": [{lines[0]}]}}', "utf-8")
    (folder / "lines.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = _build(tmp_path, folder)
    assert report.papers == 13 - bool(rejected)
    assert {rejection.digest for rejection in report.rejected} == rejected


def test_a_pipe_is_refused_and_not_waited_for(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(folder / "pipe.txt")
    library = ["--library", str(tmp_path / "library"), "--model", "hashing"]
    assert main(["build", *library, str(tmp_path / "pipe.txt")]) == 2
    assert "a pipe or a device, not a file" in capsys.readouterr().err
    assert _build(tmp_path, folder).papers == 10
