"""Every file of a library looked at, and what to do about what was found.

Nothing is changed and no lock is taken, so it may run while a build does or the page is open. The
checks stand each for itself: where one fails, that is a finding, and the others go on.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from rich.filesize import decimal

from explorer.curation import read as read_statements
from explorer.deskfile import desk_file, problems
from explorer.errors import (
    EngineError,
    EngineLost,
    ExplorerError,
    LibraryDamaged,
    LibraryError,
    LibraryNewer,
)
from explorer.files import checksum
from explorer.generation import GIVEN, SCHEMA, open_generation, read_manifest, verify_parts
from explorer.library import DEFAULT_FOLDER, Library
from explorer.retopic import everything_said
from explorer.vectors import CacheFile, read_cache_file

_MANIFEST = "manifest.json"
_RECORDS = "papers.arrow"
_LIVE = "LIVE"
_STATEMENTS = "topics.json"
_LOCKS = Path("/proc/locks")
"""Where Linux lists the locks that are held; reading it takes none."""

_LATER = "Leave it: the next build with its model mends it and keeps the vectors that are whole."


Step = Callable[[int, int], None]
"""Is told how many bytes of how many have been looked at."""


class Severity(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    NOTE = "note"
    """Worth knowing; nothing needs to be done."""
    WARNING = "warning"
    """The library works, but something will not until it is seen to."""
    DAMAGE = "damage"
    """Something is not what was written, or cannot be used."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing."""

    severity: Severity
    subject: str
    """A path inside the library, or ``library`` for the folder itself."""
    what: str
    """One sentence."""
    advice: str = ""
    """The next command or step; empty where nothing needs to be done."""


def examine(library: Library, progress: Step | None = None) -> list[Finding]:
    """Return what there is to say of every file of ``library``; it changes nothing.

    ``progress`` is called with (bytes done, bytes in all).
    """
    folder = library.folder
    missing = _missing(library)
    if missing is not None:
        return [missing]
    live, live_error = _live(library)
    names = _names(folder)
    building = _build_running(folder)
    meter = _Meter(progress or _unseen, _bytes_to_read(folder))
    # The live generation comes first, then from new to old.
    order = sorted(names, key=lambda name: (name == live, name), reverse=True)
    checks = [_check_generation(library, name, live, meter) for name in order]
    sound = [check.name for check in checks if check.sound]
    current = live if live in names else "".join(names[-1:])
    way_out = _way_out(library, live, checks)
    findings = _guarded("library", lambda: _check_folder(library, current))
    if building:
        findings.append(_note(".lock", "A build is running now."))
    findings += _guarded(_STATEMENTS, lambda: _check_statements(library, live in sound))
    findings += _guarded("desk", lambda: _check_desk(desk_file(folder)))
    findings += _guarded(_LIVE, lambda: [_check_live(live, live_error, names, way_out, building)])
    for check in checks:
        advice = way_out if check.name == live else _not_live(library, check.name)
        findings += [
            replace(f, advice=advice) if f.severity is Severity.DAMAGE and not f.advice else f
            for f in check.findings
        ]
    findings += _guarded("generations", lambda: _leftovers(folder, building))
    cache = _Cache(library, checks, live, building, meter)
    findings += _guarded("vectors", cache.check)
    return [replace(f, subject=_printable(f.subject), what=_printable(f.what)) for f in findings]


def next_step(findings: Sequence[Finding]) -> str:
    """Return the advice to follow first; empty where all is well."""
    for severity in (Severity.DAMAGE, Severity.WARNING):
        for finding in findings:
            if finding.severity is severity and finding.advice:
                return finding.advice
    return ""


def damaged(findings: Sequence[Finding]) -> bool:
    """Say whether anything is damaged."""
    return any(finding.severity is Severity.DAMAGE for finding in findings)


# What is there.


class _Meter:
    """Counts the bytes that were looked at."""

    def __init__(self, step: Step, total: int) -> None:
        self._step = step
        self._total = total
        self._done = 0
        step(0, total)

    def add(self, size: int) -> None:
        # A build that runs meanwhile may add files.
        self._done = min(self._done + size, self._total)
        self._step(self._done, self._total)


def _unseen(_done: int, _total: int) -> None:
    pass


def _live(library: Library) -> tuple[str, str]:
    """Return the name of the live generation, or why it cannot be read."""
    try:
        return library.live, ""
    except LibraryError as error:
        return "", _sentence(error, library.folder / _LIVE)


def _names(folder: Path) -> list[str]:
    """Return the names of the generations on disk, oldest first."""
    return sorted(path.name for path in _inside(folder / "generations") if path.name.isdigit())


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # what cannot be read is told of by the check of the folder


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield the files below ``folder`` with their sizes; some may vanish meanwhile."""
    for path in sorted(folder.rglob("*")):
        try:
            if not path.is_file():
                continue
        except OSError:
            continue
        yield path, _size(path)


def _size(path: Path) -> int:
    """Return the bytes of a file or of all below a folder; 0 for what cannot be looked at."""
    try:
        if path.is_dir():
            return sum(size for _, size in _files(path))
        return path.stat().st_size
    except OSError:
        return 0


def _bytes_to_read(folder: Path) -> int:
    # Generations are read twice: file by file, and as a whole.
    generations = sum(_size(folder / "generations" / name) for name in _names(folder))
    return 2 * generations + _size(folder / "vectors")


def _build_running(folder: Path) -> bool | None:
    """Say whether a build holds the lock; None where that cannot be told without taking it."""
    try:
        inode = str((folder / ".lock").stat().st_ino)
    except OSError:
        return False
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    # "1: FLOCK  ADVISORY  WRITE 4711 fe:00:2383922 0 EOF"; not every file system tells the same
    # device here as elsewhere, so the inode alone decides.
    return any(word.split(":")[2:] == [inode] for line in lines for word in line.split())


def _guarded(subject: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except Exception as error:  # whatever ails one check, the others are to be heard
        what = f"This could not be checked ({type(error).__name__}: {error})."
        return [Finding(Severity.DAMAGE, subject, what, "Check the rights and the disk.")]


# The folder, LIVE, and what people said.


def _missing(library: Library) -> Finding | None:
    """Return the one finding where there is nothing to look into."""
    folder = library.folder
    build = f"Name a library with --library, or make this one with {_command(library, 'build')}."
    if not os.path.lexists(folder):
        return _damage("library", f"{folder}: there is no such folder.", build)
    if not folder.is_dir():
        return _damage("library", f"{folder}: this is a file, not a folder.", build)
    if not os.access(folder, os.R_OK | os.X_OK):
        return _damage("library", f"{folder}: the folder cannot be read.", "Change its rights.")
    parts = (_LIVE, "generations", "vectors", _STATEMENTS)
    if not any(os.path.lexists(folder / part) for part in parts):
        return _damage("library", f"{folder}: this folder holds no library.", build)
    return None


def _check_desk(path: Path) -> list[Finding]:
    if not path.exists():
        return []
    advice = f"Put a copy of {path} back, or move it away to begin with an empty desk."
    try:
        wrong = problems(path)
    except LibraryNewer as error:
        advice = "Use the version of the explorer that wrote it, or a newer one."
        return [Finding(Severity.WARNING, path.name, _sentence(error, path), advice)]
    except LibraryDamaged as error:
        return [_damage(path.name, _sentence(error, path), advice)]
    if wrong:
        return [_damage(path.name, f"Torn or altered ({wrong[0]}).", advice)]
    return [_good(path.name, "What readers keep is whole.")]


def _check_folder(library: Library, current: str) -> list[Finding]:
    folder = library.folder
    parts = [folder, folder / "generations", library.vectors]
    needed = _size(folder / "generations" / current) if current else 0
    free = shutil.disk_usage(folder).free
    space = f"{decimal(free)} are free, and a new build needs about {decimal(needed)}"
    findings: list[Finding] = []
    for part in parts:
        subject = "library" if part == folder else part.name
        if part.exists() and not os.access(part, os.R_OK | os.X_OK):
            what = f"{part}: the folder cannot be read."
            findings.append(_damage(subject, what, "Change its rights."))
        elif part.exists() and not os.access(part, os.W_OK):
            what = f"{part}: the folder cannot be written, so it can be searched but not updated."
            advice = "Change its rights before you build."
            findings.append(Finding(Severity.WARNING, subject, what, advice))
    if free < needed:
        advice = "Make room on the disk before you build."
        findings.append(Finding(Severity.WARNING, "library", f"{space}.", advice))
    return findings or [_good("library", f"{folder}: it can be read and written; {space}.")]


def _check_live(
    live: str, error: str, names: list[str], way_out: str, building: bool | None
) -> Finding:
    if error:
        return _damage(_LIVE, error, f"Move {_LIVE} away, then: {way_out}")
    if not live and not names:
        if building:
            return _note(_LIVE, "The first build is not done yet.")
        return _damage(_LIVE, "Nothing has been published here yet.", way_out)
    if not live:
        return _damage(_LIVE, "The file is missing or empty: no generation is live.", way_out)
    if live not in names:
        what = f"The file names no generation that is here: {live[:40]!r}."
        return _damage(_LIVE, what, way_out)
    if live != names[-1]:
        what = f"Generation {live} is live and {names[-1]} is newer, as after `explorer rollback`."
        return _note(_LIVE, what)
    return _good(_LIVE, f"Generation {live} is live, the newest of {len(names)}.")


def _check_statements(library: Library, live_is_sound: bool) -> list[Finding]:
    try:
        statements = read_statements(library.folder)
    except LibraryError as error:
        what = _sentence(error, library.folder / _STATEMENTS)
        advice = (
            f"Put a copy of {_STATEMENTS} back, or move it away: without it nothing counts as said "
            "of topics, and all else is as it was."
        )
        return [_damage(_STATEMENTS, what, advice)]
    count = _plural(len(statements), "thing")
    if not statements:
        return [_good(_STATEMENTS, "Nothing was said of topics.")]
    resting = sum(said.topic is None for said in everything_said(library)) if live_is_sound else 0
    if resting:
        what = f"{count} said of topics; {resting} rest, because no topic matches them now."
        advice = f"Nothing needs to be done; {_command(library, 'unsay')} lists them."
        return [_note(_STATEMENTS, what, advice)]
    return [_good(_STATEMENTS, f"{count} said of topics.")]


# Generations.


@dataclass(frozen=True, slots=True)
class _Told:
    """What a manifest tells, in whatever schema."""

    schema: int
    papers: int
    identity: str
    dimension: int
    files: dict[str, tuple[int, str]]
    """Size and SHA-256 of each file."""


@dataclass(frozen=True, slots=True)
class _Check:
    """What was found of one generation."""

    name: str
    findings: list[Finding]
    told: _Told | None = None
    """None where the manifest cannot be read."""
    sound: bool = False
    """Whether it could be live."""

    @property
    def records_damaged(self) -> bool:
        """Whether its papers are known not to be what was written."""
        return any(f.subject.endswith(f"/{_RECORDS}") for f in self.findings)


def _check_generation(library: Library, name: str, live: str, meter: _Meter) -> _Check:
    folder = library.folder / "generations" / name
    check = _look_into(folder, meter, is_live=name == live)
    if os.path.lexists(folder):
        return check
    # A build that has published removes the oldest generation.
    what = "It was removed by a build while it was looked at."
    return _Check(name, [_note(f"generations/{name}", what)], check.told)


def _look_into(folder: Path, meter: _Meter, *, is_live: bool) -> _Check:
    subject = f"generations/{folder.name}"
    size = _size(folder)
    try:
        told = _read_told(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        meter.add(2 * size)
        what = f"The manifest cannot be read ({type(error).__name__}: {error})."
        return _Check(folder.name, [_damage(f"{subject}/{_MANIFEST}", what)])
    findings = _guarded(subject, partial(_check_files, folder, told, meter))
    readable = _is_readable(folder)
    if not readable:
        findings.append(_unreadable(folder, told.schema, is_live=is_live))
    elif not damaged(findings):
        findings += _guarded(subject, partial(_check_whole, folder, told))
    meter.add(size)
    sound = readable and not damaged(findings)
    if not findings:
        files = f"{len(told.files)} files ({decimal(size)})"
        what = f"{told.papers:,} papers in {files}, all as they were written."
        findings.append(_good(subject, what))
    return _Check(folder.name, findings, told, sound)


def _read_told(folder: Path) -> _Told:
    content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    return _Told(
        schema=int(content["schema"]),
        papers=int(content["papers"]),
        identity=str(content["identity"]),
        dimension=int(content["dimension"]),
        files={
            str(name): (int(file["bytes"]), str(file["sha256"]))
            for name, file in content["files"].items()
        },
    )


def _check_files(folder: Path, told: _Told, meter: _Meter) -> list[Finding]:
    subject = f"generations/{folder.name}"
    findings: list[Finding] = []
    for name, (size, digest) in told.files.items():
        wrong = _wrong_with(folder / name, size, digest)
        meter.add(size)
        if wrong:
            findings.append(_damage(f"{subject}/{name}", wrong))
    names = [path.relative_to(folder).as_posix() for path, _ in _files(folder)]
    own = {_MANIFEST, *told.files}
    strangers = [name for name in names if name not in own and not name.endswith(".lock")]
    if strangers:
        what = f"{_plural(len(strangers), 'file')} not of this generation: {_first(strangers)}."
        findings.append(_note(subject, what, "Leave them, or delete them: nothing reads them."))
    return findings


def _check_whole(folder: Path, told: _Told) -> list[Finding]:
    """Return what is wrong with a generation all of whose files are as they were written."""
    subject = f"generations/{folder.name}"
    try:
        verify_parts(open_generation(folder))
    except EngineError as error:
        if isinstance(error, EngineLost):
            return [_damage(subject, _sentence(error, folder))]
        what = f"Its files are whole, but its index: {_sentence(error, folder)}"
        advice = "Start the server, or correct the credentials; then check again."
        return [Finding(Severity.WARNING, subject, what, advice)]
    except ExplorerError as error:
        return [_damage(subject, _sentence(error, folder))]
    if told.schema != SCHEMA:
        what = f"It was written in schema {told.schema}, which can be read; new ones are {SCHEMA}."
        return [
            _note(subject, what, "Nothing needs to be done: the next build writes the new one.")
        ]
    return []


def _wrong_with(path: Path, size: int, digest: str) -> str:
    """Return what is wrong with a file of the manifest; empty if nothing is."""
    try:
        if not path.is_file():
            return "The file is missing."
        found = path.stat().st_size
        if found < size:
            return f"The file is cut short: {found:,} of {size:,} bytes."
        if found > size:
            return f"The file has grown: {found:,} bytes, of which {size:,} were written."
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
        return _damage(f"{subject}/{_MANIFEST}", "The manifest lacks what it has to tell.")
    by = "an older" if schema < SCHEMA else "a newer"
    what = f"It was written by {by} version (schema {schema}), and this one reads schema {SCHEMA}."
    if not is_live:
        return _note(subject, what, "Leave it: later builds clear it away.")
    newer = "Use the version of the explorer that wrote it." if schema > SCHEMA else ""
    return _damage(subject, what, newer)


def _way_out(library: Library, live: str, checks: Sequence[_Check]) -> str:
    """Return how to come by a live generation that is whole."""
    names = sorted(check.name for check in checks)
    sound = {check.name for check in checks if check.sound}
    rollback = f"{_command(library, 'rollback')} goes back to the generation"
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
    build = f"{_command(library, 'build', *full, 'DIGESTS')}, DIGESTS being your digests."
    altered = [check.name for check in checks if check.records_damaged]
    return _after_deleting(library, altered, build)


def _after_deleting(library: Library, names: Sequence[str], step: str) -> str:
    if not names:
        return step
    folders = " and ".join(f"`{library.folder / 'generations' / name}`" for name in names)
    return f"Delete {folders}, which cannot be used; then {step}"


def _not_live(library: Library, name: str) -> str:
    folder = library.folder / "generations" / name
    return f"It is not live and does no harm: leave it, or delete the folder `{folder}`."


def _leftovers(folder: Path, building: bool | None) -> list[Finding]:
    """Return what lies about that is no part of the library."""
    findings: list[Finding] = []
    for path in _inside(folder / "generations"):
        subject = f"generations/{path.name}"
        size = decimal(_size(path))
        if path.name.startswith(".") and building:
            findings.append(_note(subject, f"The build that is running now works here ({size})."))
        elif path.name.startswith("."):
            now = ", unless one is running now" if building is None else ""
            what = f"An interrupted build left this behind ({size}){now}."
            findings.append(_note(subject, what, "Leave it: the next build clears it away."))
        elif not path.name.isdigit():
            what = f"This is no generation ({size})."
            findings.append(_note(subject, what, "Leave it, or delete it: nothing reads it."))
    for path in sorted(folder.glob(".*.new")):
        what = "A write that was interrupted left this behind."
        findings.append(_note(path.name, what, "Leave it: the next write replaces it."))
    return findings


# The vector cache.


class _Cache:
    """The check of the vector cache, with what it needs to know of the library."""

    def __init__(
        self,
        library: Library,
        checks: Sequence[_Check],
        live: str,
        building: bool | None,
        meter: _Meter,
    ) -> None:
        self._library = library
        self._building = building
        self._meter = meter
        self._live = next((check for check in checks if check.name == live), None)
        told = [check.told for check in checks]
        self._all_known = None not in told
        self._used = [(one.identity, one.dimension) for one in told if one is not None]
        self._live_identity = ""
        if self._live is not None and self._live.told is not None:
            self._live_identity = self._live.told.identity

    def check(self) -> list[Finding]:
        """Return what there is to say of each file of the cache."""
        findings: list[Finding] = []
        embedded: set[bytes] = set()
        for path in _inside(self._library.vectors):
            if path.suffix == ".vectors":
                findings += _guarded(_subject(path), partial(self._file, path, embedded))
            else:
                findings.append(self._other(path))
        return findings + _guarded("vectors", partial(self._coverage, embedded))

    def _file(self, path: Path, embedded: set[bytes]) -> list[Finding]:
        """Check one file; add to ``embedded`` the fingerprints that the live library uses."""
        subject = _subject(path)
        stored = read_cache_file(path, self._used, self._meter.add)
        identity = stored.identity
        if stored.is_headless:
            return [_note(subject, "The file is cut short before its first vector.", _LATER)]
        if not stored.dimension:
            what = "The head of the file is damaged, and no generation tells whose vectors it has."
            return [_damage(subject, what, self._mend(identity))]
        if identity == self._live_identity:
            embedded |= stored.keys
        findings = self._faults(path, stored)
        size = decimal(stored.size)
        whose = f"of {stored.dimension} numbers by {identity.partition(' ')[0]} ({size})"
        whose += ", given by you" if identity.endswith(GIVEN) else ""
        is_used = (identity, stored.dimension) in self._used
        if not is_used and self._all_known and not self._building:
            what = f"{_plural(len(stored.keys), 'vector')} {whose}, used by no generation."
            advice = "Keep it if you may go back to that model; else delete it."
            return [*findings, _note(subject, what, advice)]
        what = f"{_plural(len(stored.keys), 'vector')} {whose}."
        return findings or [_good(subject, what)]

    def _faults(self, path: Path, stored: CacheFile) -> list[Finding]:
        subject, mend = _subject(path), self._mend(stored.identity)
        findings: list[Finding] = []
        if not stored.is_head_whole:
            what = "The head of the file is damaged; what follows it can be read."
            findings.append(_damage(subject, what, mend))
        bad = stored.records - stored.whole
        if bad:
            what = f"{bad:,} of {stored.records:,} vectors are damaged."
            findings.append(_damage(subject, what, mend))
        if stored.odd:
            what = f"{_plural(stored.odd, 'vector')} of a sample not finite or not of length 1."
            findings.append(_damage(subject, what, f"Delete the file, then: {mend}"))
        if stored.torn and self._building:
            findings.append(_note(subject, "A build is writing to the file now."))
        elif stored.torn:
            what = (
                f"The end is cut short, as by a killed build; {stored.whole:,} vectors are whole."
            )
            findings.append(_note(subject, what, _LATER))
        return findings

    def _mend(self, identity: str) -> str:
        """Return what makes a cache set a damaged file aside and keep what is good in it."""
        if not identity or identity != self._live_identity:
            return _LATER
        if identity.endswith(GIVEN):
            command = _command(self._library, "build", "--vectors", "FILE.npy", "DIGEST")
            return f"Give your vectors again with {command}; those that are whole are kept."
        command = _command(self._library, "build", "--full", "DIGESTS")
        return f"{command} mends it, keeps the vectors that are whole and embeds the others again."

    def _other(self, path: Path) -> Finding:
        size = _size(path)
        self._meter.add(size)
        if path.suffix.startswith(".damaged"):
            what = f"A damaged file that was set aside ({decimal(size)}); its good vectors went on."
            return _note(_subject(path), what, "Delete it when you like.")
        what = f"This is no part of the cache ({decimal(size)})."
        return _note(_subject(path), what, "Leave it, or delete it: nothing reads it.")

    def _coverage(self, embedded: set[bytes]) -> list[Finding]:
        """Tell how many papers of the live generation would be embedded again."""
        if self._live is None or not self._live.sound:
            return []
        folder = self._library.folder / "generations" / self._live.name
        fingerprints = set(open_generation(folder).records.fingerprints)
        absent = sum(bytes.fromhex(fingerprint) not in embedded for fingerprint in fingerprints)
        if not absent:
            what = "The vectors of all papers of the live generation are here."
            return [_good("vectors", what)]
        what = f"The vectors of {absent:,} of {len(fingerprints):,} live texts are not here."
        if self._live_identity.endswith(GIVEN):
            command = _command(self._library, "build", "--vectors", "FILE.npy", "DIGEST")
            return [_note("vectors", what, f"Give them again with {command}.")]
        return [_note("vectors", what, "Nothing needs to be done: the next build embeds them.")]


# Words.


def _good(subject: str, what: str) -> Finding:
    return Finding(Severity.GOOD, subject, what)


def _note(subject: str, what: str, advice: str = "") -> Finding:
    return Finding(Severity.NOTE, subject, what, advice)


def _damage(subject: str, what: str, advice: str = "") -> Finding:
    return Finding(Severity.DAMAGE, subject, what, advice)


def _subject(path: Path) -> str:
    return f"vectors/{path.name}"


def _command(library: Library, *words: str) -> str:
    """Return a command that works on this library, to copy."""
    named = [] if library.folder == DEFAULT_FOLDER else ["--library", str(library.folder)]
    return f"`{shlex.join(['explorer', words[0], *named, *words[1:]])}`"


def _sentence(error: Exception, path: Path) -> str:
    """Return what an error says of ``path``, without the way out, which depends on the library."""
    told, _, _ = str(error).removeprefix(f"{path}: ").partition(". ")
    return f"{told[:1].upper()}{told[1:].rstrip('.')}."


def _printable(text: str) -> str:
    """Return ``text`` with its control signs and broken letters spelt out."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def _plural(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _first(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
