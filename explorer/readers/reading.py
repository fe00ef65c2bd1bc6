"""Reading digests: each file with the reader that recognises it, one record at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from explorer.errors import DigestError
from explorer.papers.paper import Paper
from explorer.readers.contract import Digest, Reader, Reading, Rejection
from explorer.readers.opening import open_digests
from explorer.readers.recognition import recognise
from explorer.settings import ReadingLimits

_LONGEST_REASON = 200
"""Characters of an unexpected error's own message."""


def read_digests(
    path: Path,
    name: str = "",
    limits: ReadingLimits | None = None,
    hold: Callable[[Iterator[Paper]], Sequence[Paper]] = tuple,
) -> list[Reading]:
    """Read one file of any format: one Reading, or one for each member of an archive.

    A member that cannot be read has no papers and one Rejection. ``hold`` collects the papers of a
    digest as they are read: in memory (``tuple``) or in a file.

    Raises:
        DigestError: the file as a whole cannot be read (missing, empty, binary, unknown).
    """
    readings = []
    for opened in open_with_readers(path, name or path.name, limits or ReadingLimits()):
        if isinstance(opened, Rejection):
            readings.append(Reading(opened.digest, path, "", (), (opened,)))
            continue
        digest, reader = opened
        try:
            readings.append(_read(digest, reader, hold))
        except DigestError as error:
            readings.append(_unread(digest, path, error, name or path.name))
    return readings


def _unread(digest: Digest, path: Path, error: DigestError, name: str) -> Reading:
    if digest.name == name:
        raise error
    return Reading(digest.name, path, "", (), (Rejection(digest.name, 0, error.without_path),))


def open_with_readers(
    path: Path, name: str, limits: ReadingLimits
) -> Iterator[tuple[Digest, Reader] | Rejection]:
    """Yield the digest at ``path`` with its reader, or each digest of an archive.

    A member of an archive that cannot be read is a Rejection.

    Raises:
        DigestError: the file as a whole cannot be read.
    """
    for digest in _opened(path, name, limits):
        if isinstance(digest, Rejection):
            yield digest
            continue
        try:
            reader = recognise(digest)
        except DigestError as error:
            if digest.name == name:
                raise
            yield Rejection(digest.name, 0, error.without_path)
            continue
        yield digest, reader


def _opened(path: Path, name: str, limits: ReadingLimits) -> Iterator[Digest | Rejection]:
    try:
        yield from open_digests(path, name, limits)
    except DigestError:
        raise
    except Exception as error:
        raise DigestError(
            f"cannot be opened ({describe(error)}).", path=path, advice="Save it again."
        ) from error


def describe(error: Exception) -> str:
    """Return an unexpected error in one short line."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text[:_LONGEST_REASON]}" if text else name


def read_digest(path: Path, name: str = "", limits: ReadingLimits | None = None) -> Reading:
    """Read a file that is one digest.

    Raises:
        DigestError: it cannot be read, or is an archive of several; see :func:`read_digests`.
    """
    readings = read_digests(path, name, limits)
    if len(readings) > 1:
        raise DigestError(f"an archive of {len(readings)} digests, not one digest.", path=path)
    return readings[0]


def read_items(digest: Digest, reader: Reader) -> Iterator[Paper | Rejection]:
    """Yield papers and rejections of ``digest``, within its limits, one record at a time.

    If the file is torn or the reader fails, the items before that are yielded, then a Rejection.

    Raises:
        DigestError: the file cannot be read from its beginning.
    """
    read, line = 0, 0
    try:
        for item in reader.read(digest):
            read += 1
            line = item.sources[0].line if isinstance(item, Paper) else item.line
            yield _within(item, digest.limits) if isinstance(item, Paper) else item
    except DigestError as error:
        if not read:
            raise
        yield Rejection(digest.name, 0, error.without_path)
    except Exception as error:  # a reader's mistake costs this file, not the build
        reason = f"the reader {reader.name} failed here ({describe(error)})"
        if not read:
            raise DigestError(
                f"{reason}.", path=digest.path, advice="Please report it with the file."
            ) from error
        yield Rejection(digest.name, line, f"{reason}; nothing after this record is read")


def _read(
    digest: Digest, reader: Reader, hold: Callable[[Iterator[Paper]], Sequence[Paper]]
) -> Reading:
    rejections: list[Rejection] = []

    def papers() -> Iterator[Paper]:
        for item in read_items(digest, reader):
            if isinstance(item, Paper):
                yield item
            else:
                rejections.append(item)

    held = hold(papers())
    if not held and not rejections:
        raise DigestError(
            "no paper found.",
            path=digest.path,
            advice="A digest holds titles, each followed by its abstract.",
        )
    return Reading(digest.name, digest.path, reader.name, held, tuple(rejections))


def _within(paper: Paper, limits: ReadingLimits) -> Paper | Rejection:
    source = paper.sources[0]
    for what, text, most in (
        ("title", paper.title, limits.title_characters),
        ("abstract", paper.abstract, limits.abstract_characters),
    ):
        if len(text) > most:
            reason = f"the {what} has {len(text):,} characters, more than the {most:,} allowed"
            return Rejection(source.digest, source.line, reason, text[:80])
    if not any(character.isalnum() for character in paper.title):
        return Rejection(source.digest, source.line, "a paper without a title", paper.abstract[:80])
    return replace(paper, id="")
