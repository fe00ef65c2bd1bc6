"""Checks of each generation, file by file and as a whole, and the way back to a sound one."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.filesize import decimal

from explorer.builds.doctor.disk import Meter, entries, files_below, size_of
from explorer.builds.doctor.findings import (
    Finding,
    Severity,
    command_line,
    damage,
    damaged,
    first_few,
    good,
    guarded,
    note,
    sentence_of,
)
from explorer.errors import EngineError, EngineLost, ExplorerError
from explorer.files import SCRATCH_ENDING, checksum
from explorer.library.checks import verify_parts
from explorer.library.generation import (
    MANIFEST,
    MANIFEST_CHECKSUM,
    SCHEMA,
    is_generation_name,
    is_manifest_whole,
    open_generation,
    read_manifest,
)
from explorer.library.store import LibraryStore
from explorer.papers.text import plural

_RECORDS = "papers.arrow"


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """Manifest fields that every schema has."""

    schema: int
    papers: int
    identity: str
    dimension: int
    files: dict[str, tuple[int, str]]
    """Size and SHA-256 of each file."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking one generation."""

    name: str
    findings: list[Finding]
    manifest: StoredManifest | None = None
    """None where the manifest cannot be read."""
    sound: bool = False
    """Whether it could be live."""

    @property
    def records_damaged(self) -> bool:
        """Whether its papers are known to differ from what was written."""
        return any(f.subject.endswith(f"/{_RECORDS}") for f in self.findings)


def check_generation(library: LibraryStore, name: str, live: str, meter: Meter) -> Check:
    """Check every file of one generation, and the whole; ``live`` names the live one."""
    folder = library.folder / "generations" / name
    check = _check_all(folder, meter, is_live=name == live)
    if os.path.lexists(folder):
        return check
    # A build that has published removes the oldest generation.
    what = "A build removed it during the check."
    return Check(name, [note(f"generations/{name}", what)], check.manifest)


def _check_all(folder: Path, meter: Meter, *, is_live: bool) -> Check:
    subject = f"generations/{folder.name}"
    size = size_of(folder)
    try:
        manifest = _read_manifest(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        meter.add(2 * size)
        what = f"The manifest cannot be read ({type(error).__name__}: {error})."
        return Check(folder.name, [damage(f"{subject}/{MANIFEST}", what)])
    findings = guarded(subject, partial(_check_files, folder, manifest, meter))
    if not is_manifest_whole(folder, (folder / MANIFEST).read_bytes()):
        what = "The manifest was altered since it was written."
        return Check(folder.name, [damage(f"{subject}/{MANIFEST}", what), *findings], manifest)
    readable = _is_readable(folder)
    if not readable:
        findings.append(_unreadable(folder, manifest.schema, is_live=is_live))
    elif not damaged(findings):
        findings += guarded(subject, partial(_check_whole, folder, manifest))
    meter.add(size)
    sound = readable and not damaged(findings)
    if not findings:
        files = f"{len(manifest.files)} files ({decimal(size)})"
        what = f"{manifest.papers:,} papers in {files}, all as they were written."
        findings.append(good(subject, what))
    return Check(folder.name, findings, manifest, sound)


def _read_manifest(folder: Path) -> StoredManifest:
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return StoredManifest(
        schema=int(content["schema"]),
        papers=int(content["papers"]),
        identity=str(content["identity"]),
        dimension=int(content["dimension"]),
        files={
            str(name): (int(file["bytes"]), str(file["sha256"]))
            for name, file in content["files"].items()
        },
    )


def _check_files(folder: Path, manifest: StoredManifest, meter: Meter) -> list[Finding]:
    subject = f"generations/{folder.name}"
    findings: list[Finding] = []
    for name, (size, digest) in manifest.files.items():
        wrong = _wrong_with(folder / name, size, digest)
        meter.add(size)
        if wrong:
            findings.append(damage(f"{subject}/{name}", wrong))
    names = [path.relative_to(folder).as_posix() for path, _ in files_below(folder)]
    own = {MANIFEST, MANIFEST_CHECKSUM, *manifest.files}
    strangers = [name for name in names if name not in own and not name.endswith(".lock")]
    if strangers:
        what = f"{plural(len(strangers), 'file')} not of this generation: {first_few(strangers)}."
        findings.append(note(subject, what, "Leave them, or delete them: nothing reads them."))
    return findings


def _check_whole(folder: Path, manifest: StoredManifest) -> list[Finding]:
    """Return the faults of a generation all of whose files are as they were written."""
    subject = f"generations/{folder.name}"
    try:
        verify_parts(open_generation(folder))
    except EngineError as error:
        if isinstance(error, EngineLost):
            return [damage(subject, sentence_of(error, folder))]
        what = f"Its files are whole, but its index: {sentence_of(error, folder)}"
        advice = "Start the server, or correct the credentials; then check again."
        return [Finding(Severity.WARNING, subject, what, advice)]
    except ExplorerError as error:
        return [damage(subject, sentence_of(error, folder))]
    if manifest.schema != SCHEMA:
        what = f"Written in schema {manifest.schema}, which can be read; new ones are {SCHEMA}."
        return [note(subject, what, "Nothing needs to be done: the next build writes the new one.")]
    return []


def _wrong_with(path: Path, size: int, digest: str) -> str:
    """Return the fault of a file in the manifest; empty if there is none."""
    try:
        if not path.is_file():
            return "The file is missing."
        present = path.stat().st_size
        if present < size:
            return f"The file is cut short: {present:,} of {size:,} bytes."
        if present > size:
            return f"The file has grown: {present:,} bytes, of which {size:,} were written."
        return "" if checksum(path) == digest else "The file was altered since it was written."
    except OSError as error:
        return f"The file cannot be read ({error.strerror})."


def _is_readable(folder: Path) -> bool:
    try:
        read_manifest(folder)
    except ExplorerError:
        return False
    return True


def _unreadable(folder: Path, schema: int, *, is_live: bool) -> Finding:
    """Return the finding for a manifest that is JSON, but none that this version reads."""
    subject = f"generations/{folder.name}"
    if schema == SCHEMA:
        return damage(f"{subject}/{MANIFEST}", "The manifest lacks required fields.")
    by = "an older" if schema < SCHEMA else "a newer"
    what = f"It was written by {by} version (schema {schema}), and this one reads schema {SCHEMA}."
    if not is_live:
        return note(subject, what, "Leave it: later builds clear it away.")
    newer = "Use the version of the explorer that wrote it." if schema > SCHEMA else ""
    return damage(subject, what, newer)


def advice_where_live(library: LibraryStore, live: str, checks: Sequence[Check]) -> str:
    """Return the advice that leads to a live generation that is whole."""
    names = sorted(check.name for check in checks)
    sound = {check.name for check in checks if check.sound}
    rollback = f"{command_line(library, 'rollback')} goes back to the generation"
    # Where LIVE names none of them, a rollback goes to the newest.
    earlier = [name for name in names if name < live] if live in names else names
    back = [name for name in earlier if name in sound]
    if back:
        inbetween = [name for name in earlier if name > back[-1]]
        return _after_deleting(library, inbetween, f"{rollback} {back[-1]}.")
    ahead = [name for name in names if name in sound and name != live]
    if ahead:
        others = [name for name in names if name == live or name > ahead[-1]]
        return _after_deleting(library, others, f"{rollback} {ahead[-1]}.")
    # What LIVE names is only passed over by a full build, which saves the papers that it can read;
    # altered ones must not be among them.
    full = ["--full"] if names or live else []
    build = f"{command_line(library, 'build', *full, 'DIGESTS')}, DIGESTS being your digests."
    altered = [check.name for check in checks if check.records_damaged]
    return _after_deleting(library, altered, build)


def _after_deleting(library: LibraryStore, names: Sequence[str], step: str) -> str:
    if not names:
        return step
    folders = " and ".join(f"`{library.folder / 'generations' / name}`" for name in names)
    return f"Delete {folders}, which cannot be used; then {step}"


def advice_where_not_live(library: LibraryStore, name: str) -> str:
    """Return the advice for a damaged generation that is not live."""
    folder = library.folder / "generations" / name
    return f"It is not live and does no harm: leave it, or delete the folder `{folder}`."


def leftovers(folder: Path, building: bool | None) -> list[Finding]:
    """Return the findings about files that are no part of the library."""
    findings: list[Finding] = []
    for path in entries(folder / "generations"):
        subject = f"generations/{path.name}"
        size = decimal(size_of(path))
        if path.name.startswith(".") and building:
            findings.append(note(subject, f"The build that is running now works here ({size})."))
        elif path.name.startswith("."):
            now = ", unless one is running now" if building is None else ""
            what = f"An interrupted build left this behind ({size}){now}."
            findings.append(note(subject, what, "Leave it: the next build clears it away."))
        elif not is_generation_name(path.name):
            what = f"This is no generation ({size})."
            findings.append(note(subject, what, "Leave it, or delete it: nothing reads it."))
    for path in sorted(folder.glob(f".*{SCRATCH_ENDING}")):
        what = "A write that was interrupted left this behind."
        findings.append(note(path.name, what, "Leave it: the next build clears it away."))
    return findings
