"""Findings about a library, each with its severity, its subject and advice."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from explorer.errors import ExplorerError
from explorer.library.store import DEFAULT_FOLDER, LibraryStore


class Severity(StrEnum):
    """Severity of a finding."""

    GOOD = "good"
    NOTE = "note"
    """Worth knowing; nothing needs to be done."""
    WARNING = "warning"
    """The library works, but something in it does not until it is mended."""
    DAMAGE = "damage"
    """Something differs from what was written, or cannot be used."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one file or folder."""

    severity: Severity
    subject: str
    """A path inside the library, or ``library`` for the folder itself."""
    what: str
    """One sentence."""
    advice: str = ""
    """The next command or step; empty where nothing needs to be done."""


def next_step(findings: Sequence[Finding]) -> str:
    """Return the advice to follow first; empty where all is well."""
    for severity in (Severity.DAMAGE, Severity.WARNING):
        for finding in findings:
            if finding.severity is severity and finding.advice:
                return finding.advice
    return ""


def damaged(findings: Sequence[Finding]) -> bool:
    """Return whether anything is damaged."""
    return any(finding.severity is Severity.DAMAGE for finding in findings)


def guarded(subject: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    """Return the findings of ``check``; if it fails itself, that is the finding."""
    try:
        return check()
    except Exception as error:  # one failing check must not hide the findings of others
        what = f"This could not be checked ({type(error).__name__}: {error})."
        return [Finding(Severity.DAMAGE, subject, what, "Check the rights and the disk.")]


def good(subject: str, what: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(Severity.GOOD, subject, what)


def note(subject: str, what: str, advice: str = "") -> Finding:
    """Return a finding worth knowing."""
    return Finding(Severity.NOTE, subject, what, advice)


def damage(subject: str, what: str, advice: str = "") -> Finding:
    """Return the finding that something is damaged."""
    return Finding(Severity.DAMAGE, subject, what, advice)


def command_line(library: LibraryStore, *words: str) -> str:
    """Return a command that works on this library, to copy."""
    named = [] if library.folder == DEFAULT_FOLDER else ["--library", str(library.folder)]
    return f"`{shlex.join(['explorer', *words, *named])}`"


def sentence_of(error: ExplorerError, path: Path) -> str:
    """Return an error without its advice, and without its path where that is ``path``."""
    is_elsewhere = error.path and Path(error.path) != path
    return f"{error.path}: {error.what}" if is_elsewhere else error.sentence


def printable(text: str) -> str:
    """Return ``text`` with its control characters and broken letters escaped."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def first_few(names: Sequence[str], most: int = 3) -> str:
    """Return at most ``most`` of ``names``, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
