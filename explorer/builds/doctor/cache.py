"""Check of the vector cache: its vectors, and the models that made them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.filesize import decimal

from explorer.builds.doctor.disk import Meter, entries, size_of
from explorer.builds.doctor.findings import Finding, command_line, damage, good, guarded, note
from explorer.builds.doctor.generations import Check
from explorer.embedders.cache import LOCK, CacheFile, read_cache_file
from explorer.library.generation import GIVEN_SUFFIX, open_generation
from explorer.library.store import LibraryStore
from explorer.papers.text import plural

_MENDED_LATER = (
    "Leave it: the next build with its model mends it and keeps the vectors that are whole."
)


class CacheCheck:
    """The check of the vector cache, given those of the generations."""

    def __init__(
        self,
        library: LibraryStore,
        checks: Sequence[Check],
        live: str,
        building: bool | None,
        meter: Meter,
    ) -> None:
        self._library = library
        self._building = building
        self._meter = meter
        self._live = next((check for check in checks if check.name == live), None)
        manifests = [check.manifest for check in checks]
        self._all_known = None not in manifests
        self._used = [(one.identity, one.dimension) for one in manifests if one is not None]
        self._live_identity = ""
        if self._live is not None and self._live.manifest is not None:
            self._live_identity = self._live.manifest.identity

    def check(self) -> list[Finding]:
        """Return the findings about each file of the cache."""
        findings: list[Finding] = []
        embedded: set[bytes] = set()
        for path in entries(self._library.vectors):
            if path.suffix == ".vectors":
                findings += guarded(_subject(path), partial(self._file, path, embedded))
            elif path.name != LOCK:
                findings.append(self._other(path))
        return findings + guarded("vectors", partial(self._coverage, embedded))

    def _file(self, path: Path, embedded: set[bytes]) -> list[Finding]:
        """Check one file; add to ``embedded`` the fingerprints that the live library uses."""
        subject = _subject(path)
        stored = read_cache_file(path, self._used, self._meter.add)
        identity = stored.identity
        if stored.is_headless:
            return [note(subject, "The file is cut short before its first vector.", _MENDED_LATER)]
        if not stored.dimension:
            what = (
                "The head of the file is damaged, and no generation names the model of its vectors."
            )
            return [damage(subject, what, self._mend(identity))]
        if identity == self._live_identity:
            embedded |= stored.keys
        findings = self._faults(path, stored)
        size = decimal(stored.size)
        whose = f"of {stored.dimension} numbers by {identity.partition(' ')[0]} ({size})"
        whose += ", given by you" if identity.endswith(GIVEN_SUFFIX) else ""
        is_used = (identity, stored.dimension) in self._used
        if not is_used and self._all_known and not self._building:
            what = f"{plural(len(stored.keys), 'vector')} {whose}, used by no generation."
            advice = "Keep it if you may go back to that model; else delete it."
            return [*findings, note(subject, what, advice)]
        what = f"{plural(len(stored.keys), 'vector')} {whose}."
        return findings or [good(subject, what)]

    def _faults(self, path: Path, stored: CacheFile) -> list[Finding]:
        subject, mend = _subject(path), self._mend(stored.identity)
        findings: list[Finding] = []
        if not stored.is_head_whole:
            what = "The head of the file is damaged; what follows it can be read."
            findings.append(damage(subject, what, mend))
        bad = stored.records - stored.whole
        if bad:
            what = f"{bad:,} of {stored.records:,} vectors are damaged."
            findings.append(damage(subject, what, mend))
        if stored.odd:
            what = f"{plural(stored.odd, 'vector')} of a sample not finite or not of length 1."
            findings.append(damage(subject, what, f"Delete the file, then: {mend}"))
        if stored.torn and self._building:
            findings.append(note(subject, "A build is writing to the file now."))
        elif stored.torn:
            what = (
                f"The end is cut short, as by a killed build; {stored.whole:,} vectors are whole."
            )
            findings.append(note(subject, what, _MENDED_LATER))
        return findings

    def _mend(self, identity: str) -> str:
        """Return the advice that sets a damaged file aside and keeps its good vectors."""
        if not identity or identity != self._live_identity:
            return _MENDED_LATER
        if identity.endswith(GIVEN_SUFFIX):
            command = command_line(self._library, "build", "--vectors", "FILE.npy", "DIGEST")
            return f"Give your vectors again with {command}; those that are whole are kept."
        command = command_line(self._library, "build", "--full", "DIGESTS")
        return f"{command} mends it, keeps the vectors that are whole and embeds the others again."

    def _other(self, path: Path) -> Finding:
        size = size_of(path)
        self._meter.add(size)
        if path.suffix.startswith(".damaged"):
            what = f"A damaged file that was set aside ({decimal(size)}); its good vectors went on."
            return note(_subject(path), what, "Delete it when you like.")
        what = f"This is no part of the cache ({decimal(size)})."
        return note(_subject(path), what, "Leave it, or delete it: nothing reads it.")

    def _coverage(self, embedded: set[bytes]) -> list[Finding]:
        """Count the papers of the live generation that would be embedded again."""
        if self._live is None or not self._live.sound:
            return []
        folder = self._library.folder / "generations" / self._live.name
        fingerprints = set(open_generation(folder).records.fingerprints)
        absent = sum(bytes.fromhex(fingerprint) not in embedded for fingerprint in fingerprints)
        if not absent:
            what = "The vectors of all papers of the live generation are here."
            return [good("vectors", what)]
        what = f"The vectors of {absent:,} of {len(fingerprints):,} live texts are not here."
        if self._live_identity.endswith(GIVEN_SUFFIX):
            command = command_line(self._library, "build", "--vectors", "FILE.npy", "DIGEST")
            return [note("vectors", what, f"Give them again with {command}.")]
        return [note("vectors", what, "Nothing needs to be done: the next build embeds them.")]


def _subject(path: Path) -> str:
    return f"vectors/{path.name}"
