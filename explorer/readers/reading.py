"""Reading digests: each file with the reader that recognises it, one record at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from explorer.errors import DigestError
from explorer.papers.abstracts import is_placeholder
from explorer.papers.paper import Paper
from explorer.papers.text import plural
from explorer.readers.budget import ADVICE, Budget, BudgetSpent
from explorer.readers.contract import (
    UNRECOGNISED,
    Digest,
    DigestStream,
    Item,
    NotAPaper,
    Reader,
    Reading,
    Recognition,
    Rejection,
)
from explorer.readers.opening import open_digests
from explorer.readers.recognition import recognise_surely
from explorer.readers.registry import load_reader
from explorer.readers.sanity import checked
from explorer.settings import ReadingLimits

StreamDigests = Callable[[Path, str, ReadingLimits], Iterator[DigestStream]]

_LONGEST_REASON = 200
"""Characters of an unexpected error's own message."""


def read_digests(
    path: Path,
    name: str = "",
    limits: ReadingLimits | None = None,
    hold: Callable[[Iterator[Paper]], Sequence[Paper]] = tuple,
    streams: StreamDigests | None = None,
) -> list[Reading]:
    """Read one file of any format: one Reading, or one for each member of an archive.

    A member that cannot be read has no papers and one Rejection. ``hold`` collects the papers of a
    digest as they are read: in memory (``tuple``) or in a file. ``streams`` reads: in this process
    (:func:`stream_digests`, the default) or in a child (``stream_digests_apart``).

    Raises:
        DigestError: the file as a whole cannot be read (missing, empty, binary, unknown).
    """
    name = name or path.name
    readings = []
    for stream in (streams or stream_digests)(path, name, limits or ReadingLimits()):
        try:
            readings.append(_read(stream, path, hold))
        except DigestError as error:
            if stream.digest == name:
                raise
            rejection = Rejection(stream.digest, 0, error.without_path)
            readings.append(Reading(stream.digest, path, "", (), (rejection,), 1))
    return readings


def stream_digests(
    path: Path, name: str, limits: ReadingLimits, budget: Budget | None = None
) -> Iterator[DigestStream]:
    """Yield the digest at ``path``, or each of an archive, to be read before the next is opened.

    When a budget ends, what was read until then is followed by a Rejection that says so.

    Raises:
        DigestError: the file as a whole cannot be read; in reading a stream, that digest cannot.
    """
    budget = budget or Budget(limits, path.stat().st_size if path.exists() else 0)
    kept = _Kept(limits)
    begun = False
    try:
        for opened in budget.reading(open_with_readers(path, name, limits, budget)):
            begun = True
            if isinstance(opened, Rejection):
                yield _stream(opened.digest, "", iter((opened,)), kept)
            else:
                digest, reader, recognition = opened
                items = _budgeted(digest, reader, budget)
                if not recognition.forced:
                    items = checked(items, digest, reader.name, recognition.confidence)
                yield _stream(digest.name, reader.name, items, kept, recognition)
                budget.end_digest()
    except BudgetSpent as spent:
        reason = f"reading was ended: {spent.reason}"
        if not begun:
            raise DigestError(f"{reason}.", path=path, advice=f"{ADVICE.capitalize()}.") from None
        rejection = Rejection(name, 0, f"{reason}, and nothing after this is read; {ADVICE}")
        yield _stream(name, "", iter((rejection,)), kept)


def _budgeted(digest: Digest, reader: Reader, budget: Budget) -> Iterator[Item]:
    budget.begin_digest(digest.size)
    line, papers = 0, 0
    try:
        for item in budget.reading(read_items(digest, reader)):
            line = _line(item)
            if isinstance(item, Paper):
                papers += 1
                budget.count(item)
            yield item
    except BudgetSpent as spent:
        after = f"after {plural(papers, 'paper')}" if papers else "before the first paper"
        yield Rejection(digest.name, line, f"reading was ended {after}: {spent.reason}; {ADVICE}")


class _Kept:
    """Rejections of an archive that may still be kept."""

    def __init__(self, limits: ReadingLimits) -> None:
        self.of_digest = limits.rejections_kept
        self.of_file = limits.archive_rejections_kept


def _stream(
    digest: str,
    reader: str,
    items: Iterator[Item],
    kept: _Kept,
    recognition: Recognition = UNRECOGNISED,
) -> DigestStream:
    stream = DigestStream(digest, reader, iter(()), recognition=recognition)

    def counted() -> Iterator[Paper | Rejection]:
        for item in items:
            if isinstance(item, NotAPaper):
                stream.not_papers[item.kind] = stream.not_papers.get(item.kind, 0) + 1
                continue
            if isinstance(item, Rejection):
                stream.rejected += 1
                if stream.rejected > kept.of_digest or kept.of_file <= 0:
                    continue
                kept.of_file -= 1
            yield item

    stream.items = counted()
    return stream


def open_with_readers(
    path: Path, name: str, limits: ReadingLimits, budget: Budget | None = None
) -> Iterator[tuple[Digest, Reader, Recognition] | Rejection]:
    """Yield the digest at ``path`` with its reader, or each digest of an archive.

    A member of an archive that cannot be read is a Rejection.

    Raises:
        DigestError: the file as a whole cannot be read.
    """
    for digest in _opened(path, name, limits, budget):
        if isinstance(digest, Rejection):
            yield digest
            continue
        try:
            reader, recognition = _choose(digest)
        except DigestError as error:
            if digest.name == name:
                raise
            yield Rejection(digest.name, 0, error.without_path)
            continue
        yield digest, reader, recognition


def _choose(digest: Digest) -> tuple[Reader, Recognition]:
    if name := digest.limits.force:
        return load_reader(name), Recognition(forced=True, remark=digest.remark)
    return recognise_surely(digest)


def _opened(
    path: Path, name: str, limits: ReadingLimits, budget: Budget | None
) -> Iterator[Digest | Rejection]:
    try:
        yield from open_digests(path, name, limits, budget)
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
    if isinstance(error, MemoryError):
        text = "it needs more memory than reading may take"
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


def read_items(digest: Digest, reader: Reader) -> Iterator[Item]:
    """Yield what becomes of each record of ``digest``, within its limits, one at a time.

    If the file is torn or the reader fails, the items before that are yielded, then a Rejection.

    Raises:
        DigestError: the file cannot be read from its beginning.
    """
    read, line = 0, 0
    try:
        for item in reader.read(digest):
            read += 1
            line = _line(item)
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
    stream: DigestStream, path: Path, hold: Callable[[Iterator[Paper]], Sequence[Paper]]
) -> Reading:
    rejections: list[Rejection] = []

    def papers() -> Iterator[Paper]:
        for item in stream.items:
            if isinstance(item, Paper):
                yield item
            else:
                rejections.append(item)

    held = hold(papers())
    if not held and not stream.rejected:
        others = counted_kinds(stream.not_papers)
        raise DigestError(
            f"no paper found; {others} are not papers." if others else "no paper found.",
            path=path,
            advice="A digest holds titles, each followed by its abstract.",
        )
    return Reading(
        stream.digest,
        path,
        stream.format,
        held,
        tuple(rejections),
        stream.rejected,
        stream.not_papers,
        stream.recognition,
    )


def counted_kinds(not_papers: Mapping[str, int]) -> str:
    """Return records that are no papers in words: "3 attachments, 1 proceedings volume"."""
    return ", ".join(plural(count, kind) for kind, count in sorted(not_papers.items()))


def _line(item: Item) -> int:
    return item.sources[0].line if isinstance(item, Paper) else item.line


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
    abstract = "" if is_placeholder(paper.abstract) else paper.abstract
    return replace(paper, id="", abstract=abstract)
