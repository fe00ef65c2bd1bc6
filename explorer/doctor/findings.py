"""What is found of a library, told in a sentence each, and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from explorer.library.store import DEFAULT_FOLDER, LibraryStore


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


def guarded(subject: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    """Return what ``check`` finds; where it fails itself, that is the finding."""
    try:
        return check()
    except Exception as error:  # whatever ails one check, the others are to be heard
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
    return f"`{shlex.join(['explorer', words[0], *named, *words[1:]])}`"


def sentence_of(error: Exception, path: Path) -> str:
    """Return what an error says of ``path``, without the way out, which depends on the library."""
    told, _, _ = str(error).removeprefix(f"{path}: ").partition(". ")
    return f"{told[:1].upper()}{told[1:].rstrip('.')}."


def printable(text: str) -> str:
    """Return ``text`` with its control signs and broken letters spelt out."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )


def first_few(names: Sequence[str], most: int = 3) -> str:
    """Return at most ``most`` of ``names``, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
