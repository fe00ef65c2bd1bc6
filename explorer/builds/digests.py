"""All digests of a build, read into one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from explorer.builds.progress import Progress
from explorer.errors import DigestError
from explorer.papers.dates import latest
from explorer.papers.paper import located
from explorer.papers.spill_file import SpillFile, SpillSection
from explorer.papers.table import PaperTable
from explorer.readers import Reading, Rejection, digest_files, read_digests, stream_digests_apart
from explorer.settings import ReadingLimits

_REASONS_SHOWN = 3
_WHOLE = frozenset(("zotero",))
"""Formats of databases that hold all their papers at any time: what is gone was removed there."""


@dataclass(frozen=True, slots=True)
class ReadDigests:
    """The content of a build's digests."""

    readings: tuple[Reading, ...]
    papers: PaperTable
    rejected: tuple[Rejection, ...]
    """Files and records that could not be read; of very many the first."""
    rejected_count: int
    """All of them."""
    not_papers: Mapping[str, int]
    """Records that are no papers by their kind, counted by it."""
    remarks: tuple[str, ...]
    """Remarks on digests that were read, such as lines in another encoding."""

    @property
    def whole(self) -> frozenset[str]:
        """Names of the digests that held all their papers, and of which every record was read."""
        return frozenset(r.digest for r in self.readings if r.format in _WHOLE and not r.rejected)

    @property
    def summaries(self) -> tuple[dict[str, Any], ...]:
        """Name, format, newest date and counts of each digest."""
        return tuple(_summary(reading) for reading in self.readings)


def read_all(
    digests: Sequence[Path], limits: ReadingLimits, spill: SpillFile, progress: Progress
) -> ReadDigests:
    """Read every digest in files or folders; one that cannot be read is a rejection.

    Raises:
        DigestError: there is no paper in any of them.
    """
    files = digest_files(digests)
    readings: list[Reading] = []
    unreadable: dict[str, DigestError] = {}
    left = limits.build_rejections_kept
    for done, (name, path) in enumerate(files):
        try:
            new = read_digests(path, name, limits, spill.add_all, stream_digests_apart)
            readings += [_with_fewer_rejections(reading, left) for reading in new]
            left -= sum(len(reading.rejections) for reading in new)
        except DigestError as error:
            unreadable[name] = error
        progress.advance(done + 1, len(files))
    if not any(reading.papers for reading in readings):
        raise _no_papers(digests, readings, unreadable)
    files_rejected = (Rejection(name, 0, error.without_path) for name, error in unreadable.items())
    in_digests = (rejection for reading in readings for rejection in reading.rejections)
    count = len(unreadable) + sum(reading.rejected for reading in readings)
    not_papers: Counter[str] = Counter()
    for reading in readings:
        not_papers.update(reading.not_papers)
    rejected = (*files_rejected, *in_digests)
    remarks = tuple(f"{r.digest}: {r.recognition.remark}" for r in readings if r.recognition.remark)
    return ReadDigests(tuple(readings), spill.papers, rejected, count, dict(not_papers), remarks)


def _with_fewer_rejections(reading: Reading, most: int) -> Reading:
    return replace(reading, rejections=reading.rejections[: max(0, most)])


def _no_papers(
    digests: Sequence[Path], readings: Sequence[Reading], unreadable: Mapping[str, DigestError]
) -> DigestError:
    if len(unreadable) == 1 and not readings:
        return next(iter(unreadable.values()))
    reasons = [f"{name}: {error.without_path}" for name, error in unreadable.items()]
    reasons += [f"{located(r.digest, r.line)}: {r.reason}." for x in readings for r in x.rejections]
    return DigestError(
        " ".join(["no papers.", *reasons[:_REASONS_SHOWN]]),
        path=", ".join(str(path) for path in digests),
        advice="Run `explorer inspect` on them for more.",
    )


def _summary(reading: Reading) -> dict[str, Any]:
    return {
        "digest": reading.digest,
        "format": reading.format,
        "date": latest(reading.papers.dates) if isinstance(reading.papers, SpillSection) else "",
        "papers": len(reading.papers),
        "rejected": reading.rejected,
    }
