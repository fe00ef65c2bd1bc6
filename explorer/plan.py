"""What an update will do, before anything is computed: digests and library joined and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from explorer.identity import identify
from explorer.paper import TEXT_FIELDS, Paper, Source


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build will do, by paper id."""

    added: frozenset[str]
    changed: frozenset[str]
    unchanged: frozenset[str]
    removed: frozenset[str]
    merged: int = 0
    """Records of the digests that are part of another record's paper."""

    @property
    def counts(self) -> dict[str, int]:
        """How many papers are added, changed, unchanged, removed, merged."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "removed": len(self.removed),
            "merged": self.merged,
        }


def make_plan(before: Mapping[str, str], after: Mapping[str, str], merged: int = 0) -> Plan:
    """Compare two libraries, each a map from paper id to what it says (a fingerprint)."""
    common = before.keys() & after.keys()
    changed = frozenset(key for key in common if before[key] != after[key])
    return Plan(
        added=frozenset(after.keys() - before.keys()),
        changed=changed,
        unchanged=frozenset(common) - changed,
        removed=frozenset(before.keys() - after.keys()),
        merged=merged,
    )


def joined(read: Sequence[Paper], stored: Sequence[Paper], *, prune: bool) -> list[Paper]:
    """Return the library's papers after an update, in the order of their ids.

    Args:
        read: what the given digests hold now.
        stored: what the library holds.
        prune: drop papers that none of the given digests holds.
    """
    papers = _held(read, stored) if prune else identify(read, stored)
    before = {paper.id: paper for paper in stored}
    return [
        _with_what_is_known(paper, before.get(paper.id))
        for paper in _with_first_seen(papers, stored)
    ]


def duplicates_merged(read: Sequence[Paper], papers: Sequence[Paper]) -> int:
    """Return how many records of ``read`` are in ``papers`` only as part of another."""
    places = {(source.digest, source.line) for paper in read for source in paper.sources}
    held = sum(any((s.digest, s.line) in places for s in paper.sources) for paper in papers)
    return len(read) - held


def what_each_says(papers: Sequence[Paper]) -> dict[str, str]:
    """Return what each paper says, sources apart: where it stood is no change of the paper."""
    return {
        paper.id: repr(
            [getattr(paper, name) for name in paper.__dataclass_fields__ if name != "sources"]
        )
        for paper in papers
    }


def _with_what_is_known(paper: Paper, before: Paper | None) -> Paper:
    """Return ``paper`` with the fingerprint that is known if its text is what it was."""
    if before is None or before == paper:
        return before or paper
    if all(getattr(before, name) == getattr(paper, name) for name in TEXT_FIELDS):
        vars(paper)["fingerprint"] = before.fingerprint
    return paper


def _held(read: Sequence[Paper], stored: Sequence[Paper]) -> list[Paper]:
    """Return the papers that ``read`` holds; what is stored lends its ids and what it knows."""
    digests = {source.digest for paper in read for source in paper.sources}
    # A paper taken out of its digest still names it. Line 0 tells where papers stood before from
    # where they stand now: identifying replaces it for those that were read again.
    before = [
        replace(
            paper,
            sources=tuple(replace(s, line=0) if s.digest in digests else s for s in paper.sources),
        )
        for paper in stored
    ]
    return [
        paper
        for paper in identify(read, before)
        if any(source.digest in digests and source.line for source in paper.sources)
    ]


def _with_first_seen(papers: Sequence[Paper], stored: Sequence[Paper]) -> list[Paper]:
    """Date each source that is new today; those known before keep the day they were first seen."""
    today = datetime.now(UTC).date().isoformat()
    known = {(p.id, s.digest): s.seen for p in stored for s in p.sources}

    def dated(source: Source, paper: Paper) -> Source:
        return replace(source, seen=source.seen or known.get((paper.id, source.digest)) or today)

    return [
        paper
        if all(source.seen for source in paper.sources)
        else replace(paper, sources=tuple(dated(source, paper) for source in paper.sources))
        for paper in papers
    ]
