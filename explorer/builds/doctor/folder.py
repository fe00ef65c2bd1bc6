"""Checks of the library's folder, its live generation, the topic edits and the desk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rich.filesize import decimal

from explorer.builds.apply_edits import all_edits
from explorer.builds.doctor.disk import size_of
from explorer.builds.doctor.findings import (
    Finding,
    Severity,
    command_line,
    damage,
    good,
    note,
    sentence_of,
)
from explorer.desk.backups import backups, backups_folder
from explorer.desk.database import desk_file, problems
from explorer.errors import LibraryDamaged, LibraryError, LibraryNewer
from explorer.library.store import LibraryStore
from explorer.papers.text import plural
from explorer.topics import edits

LIVE = "LIVE"


def absence(library: LibraryStore) -> Finding | None:
    """Return the one finding where there is no library; None where there is one."""
    folder = library.folder
    build = (
        f"Name a library with --library, or make this one with {command_line(library, 'build')}."
    )
    if not os.path.lexists(folder):
        return damage("library", f"{folder}: there is no such folder.", build)
    if not folder.is_dir():
        return damage("library", f"{folder}: this is a file, not a folder.", build)
    if not os.access(folder, os.R_OK | os.X_OK):
        return damage("library", f"{folder}: the folder cannot be read.", "Change its rights.")
    parts = (LIVE, "generations", "vectors", edits.FILE, edits.OLD_FILE)
    if not any(os.path.lexists(folder / part) for part in parts):
        return damage("library", f"{folder}: this folder holds no library.", build)
    return None


def live_generation(library: LibraryStore) -> tuple[str, str]:
    """Return the name of the live generation, or why it cannot be read."""
    try:
        return library.live, ""
    except LibraryError as error:
        return "", sentence_of(error, library.folder / LIVE)


def check_folder(library: LibraryStore, current: str) -> list[Finding]:
    """Check that the library can be read and written, with room for another ``current``."""
    folder = library.folder
    parts = [folder, folder / "generations", library.vectors]
    needed = size_of(folder / "generations" / current) if current else 0
    free = shutil.disk_usage(folder).free
    space = f"{decimal(free)} are free, and a new build needs about {decimal(needed)}"
    findings: list[Finding] = []
    for part in parts:
        subject = "library" if part == folder else part.name
        if part.exists() and not os.access(part, os.R_OK | os.X_OK):
            what = f"{part}: the folder cannot be read."
            findings.append(damage(subject, what, "Change its rights."))
        elif part.exists() and not os.access(part, os.W_OK):
            what = f"{part}: the folder cannot be written, so it can be searched but not updated."
            advice = "Change its rights before you build."
            findings.append(Finding(Severity.WARNING, subject, what, advice))
    if free < needed:
        advice = "Make room on the disk before you build."
        findings.append(Finding(Severity.WARNING, "library", f"{space}.", advice))
    return findings or [good("library", f"{folder}: it can be read and written; {space}.")]


def check_live(
    live: str, error: str, names: list[str], way_out: str, building: bool | None
) -> Finding:
    """Check that ``live`` is one of the generations ``names``; ``error`` if it cannot be read."""
    if error:
        return damage(LIVE, error, f"Move {LIVE} away, then: {way_out}")
    if not live and not names:
        if building:
            return note(LIVE, "The first build is not done yet.")
        return damage(LIVE, "Nothing has been published here yet.", way_out)
    if not live:
        return damage(LIVE, "The file is missing or empty: no generation is live.", way_out)
    if live not in names:
        what = f"The file names no generation that is here: {live[:40]!r}."
        return damage(LIVE, what, way_out)
    if live != names[-1]:
        what = f"Generation {live} is live and {names[-1]} is newer, as after `explorer rollback`."
        return note(LIVE, what)
    return good(LIVE, f"Generation {live} is live, the newest of {len(names)}.")


def check_edits(library: LibraryStore, live_is_sound: bool) -> list[Finding]:
    """Check that the edits to topics can be read, and count those that apply."""
    path = edits.edits_file(library.folder)
    try:
        stored = edits.read(library.folder)
    except LibraryError as error:
        advice = (
            f"Put a copy of {path.name} back, or move it away: without it there are no edits to "
            "topics, and all else is as it was."
        )
        return [damage(path.name, sentence_of(error, path), advice)]
    findings = [_count_edits(library, path.name, len(stored), live_is_sound)]
    if path.exists() and not edits.is_unaltered(library.folder):
        what = "Changed by something other than the explorer since it was written."
        advice = f"Look through {command_line(library, 'topics', 'edits')}; undo what is not yours."
        findings.append(Finding(Severity.WARNING, path.name, what, advice))
    if path.name != edits.OLD_FILE and (path.parent / edits.OLD_FILE).exists():
        what = f"The file of an older version; {path.name} has replaced it."
        findings.append(note(edits.OLD_FILE, what, "Delete it when you like: nothing reads it."))
    return findings


def _count_edits(library: LibraryStore, name: str, count: int, live_is_sound: bool) -> Finding:
    if not count:
        return good(name, "No edits to topics.")
    counted = plural(count, "topic edit")
    inactive = sum(edit.topic is None for edit in all_edits(library)) if live_is_sound else 0
    if inactive:
        what = f"{counted}; {inactive} inactive: no topic matches at present."
        advice = f"Nothing needs to be done; {command_line(library, 'topics', 'edits')} lists them."
        return note(name, what, advice)
    return good(name, f"{counted}.")


def check_desk(library: LibraryStore) -> list[Finding]:
    """Check the desk of ``library``; no finding where there is none."""
    path = desk_file(library.folder)
    if not path.exists():
        return []
    advice = f"{command_line(library, 'desk', 'restore')} lists the backups, and restores one."
    try:
        wrong = problems(path)
    except LibraryNewer as error:
        advice = "Use the version of the explorer that wrote it, or a newer one."
        return [Finding(Severity.WARNING, path.name, sentence_of(error, path), advice)]
    except LibraryDamaged as error:
        return [damage(path.name, sentence_of(error, path), advice), *_check_backups(path)]
    if wrong:
        what = f"Torn or altered ({wrong[0]})."
        return [damage(path.name, what, advice), *_check_backups(path)]
    return [good(path.name, "The desk is whole."), *_check_backups(path)]


def _check_backups(desk: Path) -> list[Finding]:
    """Check each backup of the desk."""
    findings: list[Finding] = []
    kept = backups(desk)
    for backup in kept:
        subject = f"{backup.path.parent.name}/{backup.path.name}"
        try:
            wrong = problems(backup.path)
        except LibraryError as error:
            wrong = [sentence_of(error, backup.path)]
        if wrong:
            what = f"This backup is damaged ({wrong[0]})."
            findings.append(note(subject, what, "Delete it: the others do not depend on it."))
    if kept and not findings:
        what = f"{plural(len(kept), 'backup')}, of {kept[-1].day} to {kept[0].day}, all whole."
        findings.append(good(backups_folder(desk).name, what))
    return findings
