"""The doctor names all damage, changes nothing, and its advice works."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from explorer.builds.build import BuildOptions, build
from explorer.builds.doctor import Finding, Severity, damaged, examine, next_step
from explorer.cli import main
from explorer.cli.output.progress import checking
from explorer.embedders.cache import VectorCache
from explorer.errors import LibraryDamaged
from explorer.library.generation import SCHEMA, Generation, read_manifest
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.topics import edits
from explorer.topics.edits import EditKind
from tests.helpers.corpus import WriteDigest
from tests.helpers.generations import seal_again
from tests.library.test_store import another_builder

pytestmark = pytest.mark.slow


class Ward(NamedTuple):
    """A library of three generations, the third live, and the digests that it was built from."""

    library: LibraryStore
    digests: Path

    def generation(self, number: int) -> Path:
        return self.library.folder / "generations" / f"{number:06d}"

    def files(self, number: int) -> list[Path]:
        folder = self.generation(number)
        return [folder / name for name in read_manifest(folder).files]

    @property
    def cache(self) -> Path:
        (path,) = self.library.vectors.glob("*.vectors")
        return path


@pytest.fixture(scope="module")
def built(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> Path:
    folder = tmp_path_factory.mktemp("ward")
    library = LibraryStore(folder / "library")
    for number, count in enumerate((20, 30, 40), start=1):
        write_digest(folder / "digests" / f"{number}.txt", corpus[:count])
        build(library, [folder / "digests"], BuildOptions(model="hashing"))
    return folder


@pytest.fixture
def ward(tmp_path: Path, built: Path) -> Ward:
    """A copy that a test may change."""
    shutil.copytree(built, tmp_path / "ward")
    return Ward(LibraryStore(tmp_path / "ward" / "library"), tmp_path / "ward" / "digests")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def flip(path: Path, place: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def flip_text(path: Path) -> None:
    flip(path, path.read_bytes().index(b"Segmentation"))


def garble(path: Path) -> None:
    path.write_text("{", encoding="utf-8")


def name_of(path: Path, ward: Ward) -> str:
    return path.relative_to(ward.library.folder).as_posix()


def subjects(findings: list[Finding], severity: Severity) -> set[str]:
    return {finding.subject for finding in findings if finding.severity is severity}


def the(findings: list[Finding], severity: Severity) -> Finding:
    (one,) = [finding for finding in findings if finding.severity is severity]
    return one


def follow(advice: str, ward: Ward) -> None:
    """Follow ``advice``: delete the folders that it names, run its command."""
    for quoted in re.findall(r"`([^`]+)`", advice):
        if not quoted.startswith("explorer "):
            shutil.rmtree(quoted)
            continue
        words = [str(ward.digests) if w == "DIGESTS" else w for w in shlex.split(quoted)[1:]]
        assert main(words) == 0, words


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.rglob("*")]
    }


def test_a_whole_library_is_good_and_stays_unchanged(
    ward: Ward, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(ward.library.folder)
    findings = examine(ward.library)
    assert {finding.severity for finding in findings} == {Severity.GOOD}
    named = {finding.subject for finding in findings}
    assert named >= {"library", "LIVE", "topic_edits.json", name_of(ward.cache, ward)}
    assert named >= {name_of(ward.generation(number), ward) for number in (1, 2, 3)}
    assert next_step(findings) == ""
    assert main(["doctor", "--library", str(ward.library.folder)]) == 0
    assert "No problems." in capsys.readouterr().out
    assert tree(ward.library.folder) == before


@pytest.mark.parametrize(("number", "damage"), [(1, cut), (1, flip), (3, grow), (3, Path.unlink)])
def test_damage_to_any_file_is_reported_for_that_file_alone(
    ward: Ward, number: int, damage: Callable[[Path], None]
) -> None:
    assert len(ward.files(number)) > 8
    for path in ward.files(number):
        content = path.read_bytes()
        damage(path)
        assert subjects(examine(ward.library), Severity.DAMAGE) == {name_of(path, ward)}
        path.write_bytes(content)
    assert not damaged(examine(ward.library))


def test_every_damaged_file_is_reported_and_not_only_the_first(ward: Ward) -> None:
    for number, damage in ((2, flip), (3, cut)):
        for path in ward.files(number):
            damage(path)
    broken = {name_of(path, ward) for number in (2, 3) for path in ward.files(number)}
    findings = examine(ward.library)
    assert subjects(findings, Severity.DAMAGE) == broken
    assert name_of(ward.generation(1), ward) in subjects(findings, Severity.GOOD)


def test_a_damaged_generation_that_is_not_live_can_be_left_or_deleted(ward: Ward) -> None:
    flip(ward.generation(2) / "papers.arrow")
    finding = the(examine(ward.library), Severity.DAMAGE)
    assert "leave it" in finding.advice
    follow(finding.advice, ward)
    assert not damaged(examine(ward.library))
    assert ward.library.open().size == 40


def test_from_a_damaged_live_generation_the_advice_leads_back_to_the_one_before(
    ward: Ward,
) -> None:
    cut(ward.generation(3) / "papers.arrow")
    with pytest.raises(LibraryDamaged):
        ward.library.open()
    follow(next_step(examine(ward.library)), ward)
    assert ward.library.open().size == 30


@pytest.mark.parametrize(
    ("name", "damage"), [("papers.arrow", flip), ("manifest.json", garble), ("", shutil.rmtree)]
)
def test_the_way_back_passes_over_generations_that_are_damaged_too(
    ward: Ward, name: str, damage: Callable[[Path], None]
) -> None:
    cut(ward.generation(3) / "papers.arrow")
    damage(ward.generation(2) / name)
    follow(next_step(examine(ward.library)), ward)
    assert ward.library.live == "000001"
    assert ward.library.open().size == 20


def test_where_no_earlier_generation_is_whole_the_way_leads_to_a_later_one(ward: Ward) -> None:
    ward.library.rollback()
    for number in (1, 2):
        cut(ward.generation(number) / "papers.arrow")
    follow(next_step(examine(ward.library)), ward)
    assert ward.library.open().size == 40


def test_where_no_generation_is_whole_the_advice_builds_anew(ward: Ward) -> None:
    for number in (1, 2, 3):
        garble(ward.generation(number) / "manifest.json")
    findings = examine(ward.library)
    manifests = {name_of(ward.generation(n) / "manifest.json", ward) for n in (1, 2, 3)}
    assert subjects(findings, Severity.DAMAGE) == manifests
    assert "--full" in next_step(findings)
    follow(next_step(findings), ward)
    assert ward.library.open().size == 40


@pytest.mark.parametrize("damage", [flip_text, Path.unlink])
def test_building_anew_never_takes_over_papers_that_were_altered(
    ward: Ward, damage: Callable[[Path], None]
) -> None:
    titles = {paper.title for paper in ward.library.open().records}
    for number in (1, 2, 3):
        damage(ward.generation(number) / "papers.arrow")
    follow(next_step(examine(ward.library)), ward)
    assert {paper.title for paper in ward.library.open().records} == titles
    assert not damaged(examine(ward.library))


@pytest.mark.parametrize(
    "content",
    [None, b"", b"000009\n", b"nonsense", b"../..", b"/etc", b"a\0b", b"\xff\xfe", b"0" * 5000],
)
def test_a_live_that_names_nothing_is_damage_and_can_be_mended(
    ward: Ward, content: bytes | None
) -> None:
    path = ward.library.folder / "LIVE"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    findings = examine(ward.library)
    assert subjects(findings, Severity.DAMAGE) == {"LIVE"}
    follow(next_step(findings), ward)
    assert ward.library.open().size == 40


@pytest.mark.parametrize("live", [True, False])
def test_a_library_without_generations_is_damage_and_built_anew(ward: Ward, live: bool) -> None:
    shutil.rmtree(ward.library.folder / "generations")
    if not live:
        (ward.library.folder / "LIVE").unlink()
    findings = examine(ward.library)
    assert subjects(findings, Severity.DAMAGE) == {"LIVE"}
    follow(next_step(findings), ward)
    assert ward.library.open().size == 40


def test_a_folder_in_the_place_of_live_is_damage_and_can_be_mended(ward: Ward) -> None:
    path = ward.library.folder / "LIVE"
    path.unlink()
    path.mkdir()
    finding = the(examine(ward.library), Severity.DAMAGE)
    assert "Move LIVE away" in finding.advice
    path.rmdir()
    follow(finding.advice, ward)
    assert ward.library.open().size == 40


def test_a_rollback_is_worth_a_note_and_no_more(ward: Ward) -> None:
    ward.library.rollback()
    findings = examine(ward.library)
    note = the(findings, Severity.NOTE)
    assert note.subject == "LIVE"
    assert "000002" in note.what
    assert "000003" in note.what
    assert next_step(findings) == ""


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"schema": 1}', "\0"])
def test_a_manifest_without_content_is_damage(ward: Ward, content: str) -> None:
    path = ward.generation(3) / "manifest.json"
    path.write_text(content, encoding="utf-8")
    assert subjects(examine(ward.library), Severity.DAMAGE) == {name_of(path, ward)}


def rewrite(ward: Ward, number: int, **fields: object) -> None:
    path = ward.generation(number) / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | fields), encoding="utf-8")
    seal_again(path.parent)


@pytest.mark.parametrize("schema", [0, SCHEMA + 1])
def test_another_schema_is_damage_only_where_it_is_live(ward: Ward, schema: int) -> None:
    rewrite(ward, 1, schema=schema)
    findings = examine(ward.library)
    assert f"schema {schema}" in the(findings, Severity.NOTE).what
    assert not damaged(findings)
    for number in (2, 3):
        rewrite(ward, number, schema=schema)
    findings = examine(ward.library)
    assert subjects(findings, Severity.DAMAGE) == {name_of(ward.generation(3), ward)}
    if schema < SCHEMA:
        follow(next_step(findings), ward)
        assert ward.library.open().size == 40
    else:
        assert "version" in next_step(findings)


def test_parts_that_disagree_are_damage_though_every_checksum_is_right(ward: Ward) -> None:
    rewrite(ward, 3, papers=41)
    finding = the(examine(ward.library), Severity.DAMAGE)
    assert finding.subject == name_of(ward.generation(3), ward)
    assert "disagree" in finding.what


def test_files_that_are_in_no_manifest_are_worth_a_note(ward: Ward) -> None:
    (ward.generation(2) / "words" / "more.idx").write_bytes(b"?")
    (ward.generation(2) / "words" / ".other.lock").write_bytes(b"")
    note = the(examine(ward.library), Severity.NOTE)
    assert note.subject == name_of(ward.generation(2), ward)
    assert "words/more.idx" in note.what
    assert ".lock" not in note.what


def test_files_of_an_interrupted_build_are_noted_until_the_next_build(ward: Ward) -> None:
    leftover = ward.library.folder / "generations" / ".building-000004"
    leftover.mkdir()
    (leftover / "papers.arrow").write_bytes(b"half")
    note = the(examine(ward.library), Severity.NOTE)
    assert (note.subject, "interrupted" in note.what) == (name_of(leftover, ward), True)
    assert "next build" in note.advice
    with ward.library.building():
        pass
    assert {finding.severity for finding in examine(ward.library)} == {Severity.GOOD}


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="locks are not listed here")
def test_a_running_build_is_noted_and_neither_disturbs_nor_is_disturbed(ward: Ward) -> None:
    with another_builder(ward.library.folder):
        working = ward.library.folder / "generations" / ".building-000004"
        working.mkdir()
        with ward.cache.open("ab") as file:
            file.write(b"half a record")
        findings = examine(ward.library)
        noted = [f for f in findings if f.severity is Severity.NOTE]
        assert {f.subject for f in noted} == {
            ".lock",
            name_of(working, ward),
            name_of(ward.cache, ward),
        }
        assert not any("interrupted" in f.what or "killed" in f.what for f in noted)
        assert not damaged(findings)
    assert not any("running now" in finding.what for finding in examine(ward.library))


def test_a_generation_that_a_build_removes_meanwhile_is_no_damage(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def removed(generation: Generation) -> None:
        shutil.rmtree(generation.folder)
        raise LibraryDamaged("gone")

    (ward.library.folder / "LIVE").write_text("000003\n", encoding="utf-8")
    for number in (2, 3):
        flip(ward.generation(number) / "papers.arrow")
    monkeypatch.setattr("explorer.builds.doctor.generations.verify_parts", removed)
    findings = examine(ward.library)
    assert "generations/000001" in subjects(findings, Severity.NOTE)
    assert not any("000001" in name for name in subjects(findings, Severity.DAMAGE))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"schema": 99}'])
def test_a_broken_file_of_topic_edits_is_damage_and_can_be_moved_away(
    ward: Ward, content: bytes
) -> None:
    path = ward.library.folder / "topic_edits.json"
    path.write_bytes(content)
    finding = the(examine(ward.library), Severity.DAMAGE)
    assert finding.subject == "topic_edits.json"
    assert "move it away" in finding.advice
    path.unlink()
    assert not damaged(examine(ward.library))
    assert build(ward.library, [ward.digests], BuildOptions(full=True)).published


def test_topic_edits_are_counted_and_inactive_ones_noted(ward: Ward) -> None:
    about = ward.library.open()
    members = [about.records.ids[row] for row in about.members(about.levels[0][0])]
    depth = len(about.levels)
    stored = edits.with_edit((), EditKind.RENAME, 0, depth, [members], "Mine", ["t"])
    edits.write(ward.library.folder, stored)
    assert "1 topic edit" in {f.subject: f.what for f in examine(ward.library)}["topic_edits.json"]
    path = ward.library.folder / "topic_edits.json"
    path.write_text(path.read_text(encoding="utf-8").replace("Mine", "Mime"), encoding="utf-8")
    warning = the(examine(ward.library), Severity.WARNING)
    assert "something other than the explorer" in warning.what
    stored = edits.with_edit(stored, EditKind.RENAME, 0, depth, [["p0gone"]], "Lost", ["t"])
    edits.write(ward.library.folder, stored)
    note = the(examine(ward.library), Severity.NOTE)
    assert note.subject == "topic_edits.json"
    assert "2 topic edits; 1" in note.what


def test_a_cut_end_of_the_cache_is_noted_and_mended_by_the_next_build(ward: Ward) -> None:
    path = ward.cache
    cut(path)
    findings = examine(ward.library)
    assert name_of(path, ward) in subjects(findings, Severity.NOTE)
    assert not damaged(findings)
    build(ward.library, [ward.digests], BuildOptions(full=True))
    assert name_of(path, ward) in subjects(examine(ward.library), Severity.GOOD)


@pytest.mark.parametrize("place", [0, 100, 512, 540, -1], ids="magic head key vector crc".split())
def test_a_flipped_bit_in_the_cache_is_damage_and_the_advice_mends_it(
    ward: Ward, place: int
) -> None:
    path = ward.cache
    flip(path, place)
    finding = the(examine(ward.library), Severity.DAMAGE)
    assert finding.subject == name_of(path, ward)
    follow(finding.advice, ward)
    findings = examine(ward.library)
    assert not damaged(findings)
    assert name_of(path, ward) in subjects(findings, Severity.GOOD)
    (aside,) = ward.library.vectors.glob("*.damaged-*")
    assert name_of(aside, ward) in subjects(findings, Severity.NOTE)


@pytest.mark.parametrize("left", [b"", b"explorer vectors 1\n", None])
def test_vectors_that_are_lost_are_counted_and_nothing_is_damaged(
    ward: Ward, left: bytes | None
) -> None:
    path = ward.cache
    path.unlink()
    if left is not None:
        path.write_bytes(left)
    findings = examine(ward.library)
    lost = {finding.subject: finding for finding in findings}["vectors"]
    assert (lost.severity, "40 of 40" in lost.what) == (Severity.NOTE, True)
    assert not damaged(findings)
    assert build(ward.library, [ward.digests], BuildOptions(full=True)).embedded == 40
    assert name_of(path, ward) in subjects(examine(ward.library), Severity.GOOD)


def test_vectors_that_no_generation_uses_are_noted_with_their_size(ward: Ward) -> None:
    other = VectorCache(ward.library.vectors, "another-model tokens=9", 16)
    other.append(["ab" * 16], np.eye(1, 16, dtype=np.float32))
    note = the(examine(ward.library), Severity.NOTE)
    assert note.subject == name_of(other.path, ward)
    assert "1 vector of 16 numbers by another-model (596 bytes), used by no" in note.what
    flip(other.path, 0)
    assert subjects(examine(ward.library), Severity.DAMAGE) == {note.subject}


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.5, 0.0])
def test_invalid_vectors_are_damage_and_the_advice_mends_it(ward: Ward, value: float) -> None:
    manifest = ward.library.open().manifest
    cache = VectorCache(ward.library.vectors, manifest.identity, manifest.dimension)
    wrong = np.zeros((1, manifest.dimension), dtype=np.float32)
    wrong[0, 0] = value
    cache.append([ward.library.open().records.fingerprints[0]], wrong)
    finding = the(examine(ward.library), Severity.DAMAGE)
    assert finding.subject == name_of(cache.path, ward)
    cache.path.unlink()
    follow(finding.advice, ward)
    assert not damaged(examine(ward.library))


def test_a_folder_without_a_library_is_one_finding_and_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"?")
    before = tree(tmp_path)
    for name in ("none", "file", "photos"):
        assert main(["doctor", "--library", str(tmp_path / name)]) == 1
        assert "Next step" in capsys.readouterr().out
        assert subjects(examine(LibraryStore(tmp_path / name)), Severity.DAMAGE) == {"library"}
    assert tree(tmp_path) == before


def test_a_full_disk_is_a_warning(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(ward.library.folder)._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    findings = examine(ward.library)
    assert "10 bytes" in the(findings, Severity.WARNING).what
    assert "room" in next_step(findings)
    assert not damaged(findings)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_a_warning(ward: Ward) -> None:
    ward.library.vectors.chmod(0o500)
    try:
        assert the(examine(ward.library), Severity.WARNING).subject == "vectors"
    finally:
        ward.library.vectors.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_damage_and_hides_nothing_else(ward: Ward) -> None:
    locked = [ward.generation(1) / "papers.arrow", ward.generation(2), ward.cache]
    for path in locked:
        path.chmod(0)
    try:
        findings = examine(ward.library)
    finally:
        for path in locked:
            path.chmod(0o700)
    named = subjects(findings, Severity.DAMAGE)
    assert named >= {name_of(locked[0], ward), name_of(ward.cache, ward)}
    assert any(name.startswith(name_of(locked[1], ward)) for name in named)
    assert name_of(ward.generation(3), ward) in subjects(findings, Severity.GOOD)


@pytest.mark.parametrize(
    "stumbles",
    [
        "folder.edits.read",
        "generations.verify_parts",
        "generations.open_generation",
        "cache.open_generation",
    ],
)
def test_a_check_that_fails_is_a_finding_and_hides_no_other(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, stumbles: str
) -> None:
    def stumble(*_: object) -> None:
        raise RuntimeError("no such thing was foreseen")

    cut(ward.generation(1) / "papers.arrow")
    monkeypatch.setattr(f"explorer.builds.doctor.{stumbles}", stumble)
    findings = examine(ward.library)
    assert any("foreseen" in finding.what for finding in findings)
    assert name_of(ward.generation(1) / "papers.arrow", ward) in subjects(findings, Severity.DAMAGE)
    assert name_of(ward.cache, ward) in subjects(findings, Severity.GOOD)


def test_progress_rises_to_the_bytes_that_there_are(ward: Ward) -> None:
    steps: list[tuple[int, int]] = []
    examine(ward.library, lambda done, total: steps.append((done, total)))
    assert len(steps) > 30
    assert steps == sorted(steps)
    assert steps[0][0] == 0
    (total,) = {total for _, total in steps}
    assert 0.95 * total <= steps[-1][0] <= total


def test_without_a_terminal_a_long_check_prints_lines_with_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with checking() as progress:
        for seconds, done in ((0.0, 0), (1.0, 250), (30.0, 300), (31.0, 310), (90.0, 900)):
            now[0] = seconds
            progress(done, 1000)
    shown = capsys.readouterr()
    assert shown.out == ""
    first, second = shown.err.splitlines()
    assert "70 s left" in first
    assert "10 s left" in second


def test_json_has_each_finding_and_the_exit_code_shows_damage(
    ward: Ward, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["doctor", "--library", str(ward.library.folder), "--json"]
    (ward.library.folder / "generations" / ".building-000009").mkdir()
    assert main(arguments) == 0
    well = json.loads(capsys.readouterr().out)
    assert (well["damaged"], well["next"]) == (False, "")
    assert {"good", "note"} == {finding["severity"] for finding in well["findings"]}
    cut(ward.generation(3) / "papers.arrow")
    assert main(arguments) == 1
    ill = json.loads(capsys.readouterr().out)
    assert ill["damaged"]
    assert "rollback" in ill["next"]
    (worst,) = [one for one in ill["findings"] if one["severity"] == "damage"]
    assert worst.keys() == {"severity", "subject", "what", "advice"}


def test_each_finding_is_one_line_whatever_files_are_called(
    ward: Ward, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = b"[bold]a\n\x1b[31m\xff"
    (ward.library.vectors / os.fsdecode(odd)).write_bytes(b"?")
    assert main(["doctor", "--library", str(ward.library.folder)]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    (line,) = [line for line in printed.splitlines() if "[bold]a" in line]
    assert "note" in line
    findings = examine(ward.library)
    assert len([x for x in printed.splitlines() if re.match(r"^[✓·!✗] \w+ ", x)]) == len(findings)
