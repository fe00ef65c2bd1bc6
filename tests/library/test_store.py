"""A library's life: one live generation, one builder, a way back, and no trace of failures."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.builds.build import BuildOptions, build
from explorer.cli import main
from explorer.errors import LibraryBusy, LibraryDamaged, LibraryError, LibraryMissing
from explorer.library.generation import Generation, open_generation
from explorer.library.store import LibraryStore
from explorer.library.writing import write_generation
from explorer.papers.paper import Paper
from tests.helpers.corpus import WriteDigest
from tests.library.test_generation import make_draft, make_manifest

pytestmark = pytest.mark.slow


def publish(library: LibraryStore, papers: list[Paper]) -> int:
    """Publish ``papers`` without reading or embedding, and return the generation's number."""
    with library.building():
        number = library.next_number()
        library.publish(make_draft(papers), make_manifest(len(papers), number))
    return number


@pytest.fixture
def library(tmp_path: Path) -> LibraryStore:
    return LibraryStore(tmp_path / "library")


def generations(library: LibraryStore) -> list[str]:
    return sorted(path.name for path in (library.folder / "generations").iterdir())


def test_a_new_library_is_missing_until_something_is_published(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    assert library.live == ""
    assert library.history() == []
    with pytest.raises(LibraryMissing, match=r"explorer build DIGEST --library "):
        library.open()
    assert not library.folder.exists()
    assert publish(library, corpus[:3]) == 1
    assert library.live == "000001"
    assert [paper.title for paper in library.open().records]


def test_publishing_switches_to_the_new_generation_and_keeps_the_old(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    publish(library, corpus[:3])
    publish(library, corpus[:5])
    assert library.open().size == 5
    assert [(n, m and m.papers) for n, m in library.history()] == [(1, 3), (2, 5)]
    assert generations(library) == ["000001", "000002"]


def test_a_reader_is_undisturbed_by_new_generations(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    publish(library, corpus[:4])
    reader = library.open()
    before = [paper.id for paper in reader.records]
    for count in range(5, 12):  # so many that the reader's own generation is deleted
        publish(library, corpus[:count])
    assert "000001" not in generations(library)
    assert [paper.id for paper in reader.records] == before
    vectors = reader.engine.vectors(np.arange(4, dtype=np.int64))
    assert reader.engine.search(vectors, 1).keys[:, 0].tolist() == [0, 1, 2, 3]
    assert len(reader.lexicon.search(reader.records[0].title, 4).keys) >= 1
    assert reader.graph.neighbours.shape == (4, 3)


def test_a_generation_that_is_removed_while_it_is_opened_makes_way_for_the_next(
    library: LibraryStore, corpus: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(library, corpus[:2])
    opened: list[str] = []

    def removed_at_first(folder: Path) -> Generation:
        opened.append(folder.name)
        if len(opened) == 1:
            for count in range(3, 9):  # so many that the one to be opened is deleted
                publish(library, corpus[:count])
        return open_generation(folder)

    monkeypatch.setattr("explorer.library.store.open_generation", removed_at_first)
    assert library.open().size == 8
    assert (opened[0], opened[-1]) == ("000001", "000007")
    assert "000001" not in generations(library)


def test_only_the_last_five_generations_are_kept(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    for _ in range(8):
        publish(library, corpus[:2])
    assert generations(library) == [f"{number:06d}" for number in range(4, 9)]
    assert library.live == "000008"


def test_rollback_goes_back_one_by_one_until_there_is_none(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    for count in (2, 3, 4):
        publish(library, corpus[:count])
    assert library.rollback().papers == 3
    assert library.open().size == 3
    assert library.rollback().number == 1
    assert library.open().size == 2
    with pytest.raises(LibraryMissing, match="no earlier"):
        library.rollback()
    assert library.open().size == 2


def test_a_build_after_a_rollback_gets_a_number_of_its_own(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    publish(library, corpus[:2])
    publish(library, corpus[:3])
    library.rollback()
    assert publish(library, corpus[:6]) == 3
    assert library.open().size == 6
    assert library.rollback().number == 2


def test_rollback_in_an_empty_library_says_so(library: LibraryStore) -> None:
    with pytest.raises(LibraryMissing):
        library.rollback()
    assert not library.folder.exists()


@pytest.mark.parametrize(
    ("options", "answer", "live"),
    [
        ([], "y", "000001"),
        ([], "", "000002"),
        (["--yes"], None, "000001"),
        (["--json"], None, "000001"),
    ],
)
def test_rollback_asks_on_a_terminal_and_says_what_it_did(
    options: list[str],
    answer: str | None,
    live: str,
    library: LibraryStore,
    corpus: list[Paper],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish(library, corpus[:2])
    publish(library, corpus[:3])
    answers = [] if answer is None else [answer]
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: answers.pop())
    main(["rollback", "--library", str(library.folder), *options])
    assert library.live == live
    assert not answers
    output = capsys.readouterr().out
    if "--json" in options:
        assert json.loads(output) == {"generation": 1, "papers": 2}
    else:
        changed = "Version 1 with 2 papers is current now."
        assert output.startswith(changed if live == "000001" else "Nothing was changed.")


def test_there_is_no_rollback_while_a_build_runs(
    library: LibraryStore, corpus: list[Paper], capsys: pytest.CaptureFixture[str]
) -> None:
    publish(library, corpus[:2])
    publish(library, corpus[:3])
    with library.building():
        with pytest.raises(LibraryBusy, match="another build is running"):
            library.rollback()
        assert main(["rollback", "--library", str(library.folder)]) == 1
    assert "another build is running" in capsys.readouterr().err
    assert library.live == "000002"
    assert library.rollback().number == 1


@pytest.mark.parametrize(
    "content",
    [
        b"000009\n",
        b"nonsense",
        b"../../elsewhere",
        b"/etc",
        b"..",
        b"\xff\xfe\x00bytes",
        b"a\0b",
        b"0" * 5000,
        b"!",
    ],
)
def test_wrong_content_of_live_is_refused_and_rollback_repairs_it(
    library: LibraryStore, corpus: list[Paper], content: bytes
) -> None:
    publish(library, corpus[:2])
    publish(library, corpus[:3])
    (library.folder / "LIVE").write_bytes(content)
    with pytest.raises(LibraryDamaged):
        library.open()
    assert library.rollback().number == 2
    assert library.open().size == 3


def test_live_that_is_a_folder_is_refused(library: LibraryStore) -> None:
    (library.folder / "LIVE").mkdir(parents=True)
    with pytest.raises(LibraryError):
        library.open()


def test_a_library_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    library = LibraryStore(tmp_path / "file")
    with pytest.raises(LibraryMissing):
        library.open()
    with pytest.raises(LibraryError), library.building():
        pass
    assert (tmp_path / "file").read_text(encoding="utf-8") == "not a folder"


def test_a_damaged_live_generation_can_be_rolled_back(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    publish(library, corpus[:2])
    publish(library, corpus[:3])
    (library.folder / "generations" / "000002" / "papers.arrow").unlink()
    with pytest.raises(LibraryDamaged, match="rollback"):
        library.open()
    library.rollback()
    assert library.open().size == 2


def test_building_anew_is_a_way_out_of_a_damaged_library(
    library: LibraryStore, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    digest = write_digest(tmp_path / "today.txt", corpus[:6])
    build(library, [digest], BuildOptions(model="hashing"))
    (library.folder / "generations" / "000001" / "manifest.json").write_text("{}")
    with pytest.raises(LibraryDamaged):
        build(library, [digest], BuildOptions(model="hashing"))
    report = build(library, [digest], BuildOptions(model="hashing", full=True))
    assert (report.published, report.papers, report.embedded) == (True, 6, 0)
    assert library.open().size == 6


def test_nothing_of_a_failed_publish_is_visible(library: LibraryStore, corpus: list[Paper]) -> None:
    publish(library, corpus[:3])
    draft = make_draft(corpus[:9])
    bad = replace(draft, positions=draft.positions[:-1])
    with library.building(), pytest.raises(LibraryDamaged):
        library.publish(bad, make_manifest(9, library.next_number()))
    assert library.live == "000001"
    assert library.open().size == 3
    assert [number for number, _ in library.history()] == [1]
    assert publish(library, corpus[:4]) == 2
    assert generations(library) == ["000001", "000002"]


@pytest.mark.parametrize("stage", ["write_generation", "publish_generation", "replace_text"])
def test_a_generation_that_cannot_be_written_leaves_nothing_behind(
    library: LibraryStore, corpus: list[Paper], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    publish(library, corpus[:3])

    def full(*arguments: object) -> None:
        if stage == "write_generation":
            write_generation(*arguments)  # type: ignore[arg-type]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(f"explorer.library.store.{stage}", full)
        with pytest.raises(LibraryError, match=r"library.*No space left.*Make room"):
            publish(library, corpus[:5])
    assert library.live == "000001"
    assert [path.name for path in (library.folder / "generations").iterdir()] == ["000001"]
    assert publish(library, corpus[:5]) == 2


def test_leftovers_of_a_killed_build_are_cleared_away_and_nothing_else(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    publish(library, corpus[:3])
    inside = library.folder / "generations"
    for leftover in (".building-000002", ".removed-000000"):
        (inside / leftover / "index").mkdir(parents=True)
        (inside / leftover / "index" / "index.faiss").write_bytes(b"half")
    assert library.open().size == 3
    assert library.next_number() == 2
    with library.building():
        assert generations(library) == ["000001"]
    assert library.open().size == 3


def test_a_second_builder_in_the_same_process_is_refused(library: LibraryStore) -> None:
    with library.building(), pytest.raises(LibraryBusy), LibraryStore(library.folder).building():
        pass
    with LibraryStore(library.folder).building():
        pass


@contextmanager
def another_builder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the build lock of ``folder`` in another process."""
    code = (
        "import sys; from explorer.library.store import LibraryStore\n"
        "with LibraryStore(sys.argv[1]).building():\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_builder_in_another_process_is_refused_but_readers_are_not(
    library: LibraryStore, corpus: list[Paper], tmp_path: Path, write_digest: WriteDigest
) -> None:
    publish(library, corpus[:3])
    digest = write_digest(tmp_path / "today.txt", corpus[:6])
    with another_builder(library.folder):
        with pytest.raises(LibraryBusy, match="another build"):
            build(library, [digest], BuildOptions(model="hashing"))
        assert library.open().size == 3
    assert build(library, [digest], BuildOptions(model="hashing")).papers >= 6


def test_the_lock_of_a_killed_builder_is_free(library: LibraryStore, corpus: list[Paper]) -> None:
    with another_builder(library.folder) as process:
        process.kill()
        process.wait()
        assert publish(library, corpus[:2]) == 1


def test_a_folder_with_a_digit_that_is_no_number_is_no_generation(
    library: LibraryStore, corpus: list[Paper]
) -> None:
    publish(library, corpus[:2])
    (library.folder / "generations" / "²").mkdir()
    (library.folder / "generations" / "٣").mkdir()
    assert [number for number, _ in library.history()] == [1]
    assert publish(library, corpus[:3]) == 2
