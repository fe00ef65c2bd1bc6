"""Inspection of digests: the records a build would read, one at a time; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from explorer.errors import DigestError
from explorer.library.generation import Generation
from explorer.papers.paper import Paper, title_key
from explorer.readers import (
    UNRECOGNISED,
    DigestStream,
    Recognition,
    Rejection,
    stream_digests_apart,
)
from explorer.settings import ReadingLimits

_PAPERS_SHOWN = 5


@dataclass(slots=True)
class Inspection:
    """Content of one digest; complete once :attr:`items` is exhausted."""

    digest: str
    format: str
    items: Iterator[Paper | Rejection]
    papers: int = 0
    with_abstract: int = 0
    known: int = 0
    """Papers that the library holds already, by an id or by the title."""
    first: list[Paper] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    """Of very many the first."""
    rejected: int = 0
    """All of them."""
    not_papers: Mapping[str, int] = field(default_factory=dict)
    """Records that are no papers by their kind, counted by it."""
    recognition: Recognition = UNRECOGNISED

    def finish(self) -> Inspection:
        """Read the rest of the digest, and return this."""
        for _ in self.items:
            pass
        return self


def inspect(
    path: Path, name: str, generation: Generation | None = None, force: str = ""
) -> Iterator[Inspection]:
    """Yield an Inspection for the digest in ``path``, or for each that an archive holds.

    ``force`` is the format as which it is read, whatever it looks like; empty: by its content.

    Raises:
        DigestError: the file as a whole cannot be read.
    """
    is_known = _known_to(generation)
    for stream in stream_digests_apart(path, name, ReadingLimits(force=force)):
        inspection = Inspection(
            stream.digest,
            stream.format,
            iter(()),
            not_papers=stream.not_papers,
            recognition=stream.recognition,
        )
        inspection.items = _counted(inspection, stream, is_known)
        yield inspection


def _counted(
    inspection: Inspection, stream: DigestStream, is_known: Callable[[Paper], bool]
) -> Iterator[Paper | Rejection]:
    for item in _or_rejected(inspection, stream):
        if isinstance(item, Paper):
            inspection.papers += 1
            inspection.with_abstract += bool(item.abstract)
            inspection.known += is_known(item)
            if len(inspection.first) < _PAPERS_SHOWN:
                inspection.first.append(item)
        else:
            inspection.rejections.append(item)
        yield item
    inspection.rejected = stream.rejected


def _or_rejected(inspection: Inspection, stream: DigestStream) -> Iterator[Paper | Rejection]:
    """Yield the items; a digest that turns out to be unreadable is one Rejection and no format."""
    try:
        yield from stream.items
    except DigestError as error:
        inspection.format = ""
        stream.rejected += 1
        yield Rejection(inspection.digest, 0, error.without_path)


def _known_to(generation: Generation | None) -> Callable[[Paper], bool]:
    if generation is None:
        return lambda _: False
    records = generation.records
    titles = {title_key(paper.readable_title) for paper in records.select("title")}

    def is_known(paper: Paper) -> bool:
        ids = (name for name in (paper.arxiv, paper.doi, *paper.other_ids) if name)
        by_id = any(records.find(name) is not None for name in ids)
        return by_id or title_key(paper.readable_title) in titles

    return is_known
