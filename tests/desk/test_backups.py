"""Backups of the desk: made by themselves, checked, and restored whatever became of the file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from explorer.builds.doctor.findings import Severity
from explorer.builds.doctor.folder import check_desk
from explorer.cli import main
from explorer.desk.backups import KEPT_BACKUPS, Backup, backups, backups_folder
from explorer.desk.database import problems, restore_backup
from explorer.desk.desk import Desk, DeskChange, desk_of
from explorer.desk.marks import mark_papers, marks_of
from explorer.errors import LibraryBusy, LibraryDamaged, UnusableInput
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_of(tmp_path)


def star(generation: Generation, desk: Desk, row: int) -> None:
    mark_papers(generation, desk, [generation.records.ids[row]], DeskChange(star=True))


def starred(generation: Generation, desk: Desk) -> set[int]:
    return set(marks_of(generation, desk).starred)


def age(backup: Backup, days: int) -> Backup:
    """Rename a backup to one of an earlier day, as if it had been made then."""
    day = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    return Backup(backup.path.rename(backup.path.with_name(f"{day}.sqlite")), day)


def two_days(generation: Generation, desk: Desk) -> Backup:
    """Star a paper on one day and another on the next; return the backup between them."""
    star(generation, desk, 1)
    star(generation, desk, 2)  # the first change is of an empty desk, and needs no backup
    return age(backups(desk.path)[0], 1)


def test_the_first_change_of_a_day_makes_a_backup_of_what_was_before(
    generation: Generation, desk: Desk
) -> None:
    star(generation, desk, 1)
    assert backups(desk.path) == []
    for row in (2, 3):
        star(generation, desk, row)
    (backup,) = backups(desk.path)
    assert backup.day == datetime.now(UTC).date().isoformat()
    assert starred(generation, Desk(backup.path)) == {1}
    assert problems(backup.path) == []
    assert {path.name for path in backups_folder(desk.path).iterdir()} == {backup.path.name}


def test_only_the_newest_backups_are_kept(generation: Generation, desk: Desk) -> None:
    star(generation, desk, 1)
    for days in range(KEPT_BACKUPS + 3, 0, -1):
        star(generation, desk, 2)
        age(backups(desk.path)[0], days)
    star(generation, desk, 3)
    kept = backups(desk.path)
    assert len(kept) == KEPT_BACKUPS
    assert kept[0].day == datetime.now(UTC).date().isoformat()


def test_a_backup_is_restored_and_the_present_content_is_kept(
    generation: Generation, desk: Desk
) -> None:
    backup = two_days(generation, desk)
    version = desk.version
    kept = restore_backup(desk.path, backup.day)
    assert starred(generation, desk) == {1}
    assert starred(generation, Desk(kept)) == {1, 2}
    assert desk.version != version
    star(generation, desk, 3)
    assert starred(generation, desk) == {1, 3}
    assert problems(desk.path) == []


@pytest.mark.parametrize("damage", ["garbled", "cut short", "gone", "empty"])
def test_a_damaged_desk_is_restored(generation: Generation, desk: Desk, damage: str) -> None:
    backup = two_days(generation, desk)
    content = desk.path.read_bytes()
    if damage == "gone":
        desk.path.unlink()
    else:
        cut = {"garbled": b"\xff" * len(content), "cut short": content[:5000], "empty": b""}
        desk.path.write_bytes(cut[damage])
    restore_backup(desk.path, backup.day)
    assert starred(generation, desk) == {1}
    assert problems(desk.path) == []
    star(generation, desk, 3)
    assert starred(generation, desk) == {1, 3}


def test_a_damaged_desk_is_not_backed_up(generation: Generation, desk: Desk) -> None:
    two_days(generation, desk)
    content = bytearray(desk.path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    desk.path.write_bytes(content)
    assert check_desk(LibraryStore(desk.path.parent))[0].severity is Severity.DAMAGE
    with pytest.raises(LibraryDamaged, match="explorer desk restore"):
        star(generation, desk, 3)
    assert len(backups(desk.path)) == 1


def test_a_damaged_backup_is_not_restored(generation: Generation, desk: Desk) -> None:
    backup = two_days(generation, desk)
    backup.path.write_bytes(b"no database")
    with pytest.raises(LibraryDamaged, match="Choose another"):
        restore_backup(desk.path, backup.day)
    assert starred(generation, desk) == {1, 2}
    assert "backup is damaged" in " ".join(
        finding.what for finding in check_desk(LibraryStore(desk.path.parent))
    )


def test_an_unknown_day_is_refused_with_those_that_there_are(
    generation: Generation, desk: Desk
) -> None:
    backup = two_days(generation, desk)
    with pytest.raises(UnusableInput, match=backup.day):
        restore_backup(desk.path, "../../etc")


def test_a_desk_in_use_is_not_overwritten(
    generation: Generation, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.desk.backups.LOCK_SECONDS", 0.05)
    backup = two_days(generation, desk)
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE entry SET note = 'half done'")
        with pytest.raises(LibraryBusy):
            restore_backup(desk.path, backup.day)
        other.execute("COMMIT")
    assert starred(generation, desk) == {1, 2}


def test_a_single_altered_letter_is_reported(generation: Generation, desk: Desk) -> None:
    note = DeskChange(note="Compare figure three")
    mark_papers(generation, desk, [generation.records.ids[1]], note)
    assert problems(desk.path) == []
    content = desk.path.read_bytes()
    assert content.count(b"Compare figure three") == 1
    desk.path.write_bytes(content.replace(b"figure three", b"figure thrfe"))
    assert "changed by something other" in problems(desk.path)[0]
    (finding,) = check_desk(LibraryStore(desk.path.parent))
    assert "restore" in finding.advice


def test_the_command_lists_and_restores_backups(
    hashing_library: LibraryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, generation = desk_of(tmp_path), hashing_library.open()
    where = ["--library", str(tmp_path)]
    assert main(["desk", "restore", *where]) == 0
    assert capsys.readouterr().out == "No backups yet.\n"
    backup = two_days(generation, desk)
    assert main(["desk", "restore", "--json", *where]) == 0
    listed = json.loads(capsys.readouterr().out)["backups"]
    assert listed == [{"day": backup.day, "path": str(backup.path)}]
    assert main(["desk", "restore", backup.day, *where]) == 0
    assert backup.day in capsys.readouterr().out
    assert starred(generation, desk) == {1}
    assert main(["desk", "restore", "2001-01-01", *where]) == 2
