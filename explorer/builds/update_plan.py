"""The plan of an update, made before anything is computed: digests joined with the library."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from operator import attrgetter

import numpy as np

from explorer.papers.deduplication import DistinctPaper, deduplicate, disambiguated_ids
from explorer.papers.paper import TEXT_FIELDS, Paper, Source
from explorer.papers.spill_file import SpillFile
from explorer.papers.table import PaperTable


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """Papers by what a build will do with them; ids."""

    added: frozenset[str]
    changed: frozenset[str]
    unchanged: frozenset[str]
    removed: frozenset[str]
    merged: int = 0
    """Records of the digests that are part of another record's paper."""

    @property
    def counts(self) -> dict[str, int]:
        """Number of papers added, changed, unchanged, removed, merged."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "removed": len(self.removed),
            "merged": self.merged,
        }


def compare(
    before: Mapping[str, object], after: Mapping[str, object], merged: int = 0
) -> UpdatePlan:
    """Compare two libraries, each a map from paper id to something that tells what it says."""
    common = before.keys() & after.keys()
    changed = frozenset(key for key in common if before[key] != after[key])
    return UpdatePlan(
        added=frozenset(after.keys() - before.keys()),
        changed=changed,
        unchanged=frozenset(common) - changed,
        removed=frozenset(before.keys() - after.keys()),
        merged=merged,
    )


@dataclass(frozen=True, slots=True)
class JoinedPapers:
    """A library after an update."""

    papers: PaperTable
    """In the order of their ids."""
    plan: UpdatePlan
    is_as_before: bool
    """Nothing differs from what is stored, not even the papers' sources."""


def join_papers(
    read: PaperTable, stored: PaperTable, made: SpillFile, *, prune: bool
) -> JoinedPapers:
    """Return the library's papers after an update, and what the update does.

    Args:
        read: what the given digests hold now.
        stored: what the library holds.
        made: an empty place for papers that are not as they are stored.
        prune: drop papers that none of the given digests holds.
    """
    update = _Join(stored, made, prune=prune)
    for one in deduplicate(read, stored):
        update.take(one)
    return update.done(len(read))


class _Join:
    """The papers of a library while an update goes through them, in the order they come."""

    def __init__(self, stored: PaperTable, made: SpillFile, *, prune: bool) -> None:
        self._stored = stored
        self._made = made
        self._prune = prune
        self._today = datetime.now(UTC).date().isoformat()
        self._undated = frozenset(stored.undated_rows().tolist())
        self._stored_ids = list(stored.ids)
        self._ids: list[str] = []
        self._places = array("q")
        """Of each paper: its row in the library, or behind all of those its place in ``made``."""
        self._says = array("q")
        """The row of the library's paper with its id that says the same, sources apart, or -1."""
        self._is_new = bytearray()
        self._is_dropped = bytearray()
        self._unsettled: dict[int, Paper] = {}
        """Papers with an id that the library has for another."""
        self._read = 0

    def take(self, one: DistinctPaper) -> None:
        """Take up one paper that was read, or is stored, or both."""
        self._read += bool(one.read)
        self._is_new.append(not one.stored)
        self._is_dropped.append(self._prune and not one.read)
        if one.paper is None:
            (row,) = one.stored
            if row in self._undated:
                self._enter(*self._settled(self._stored[row], row, self._stored[row]))
            else:
                self._enter(self._stored_ids[row], row, row)
            return
        known = zip(one.known, one.stored, strict=True)
        before, row = next((pair for pair in known if pair[0].id == one.paper.id), (None, -1))
        if before is None and self._stored.row_of(one.paper.id) is not None:
            self._unsettled[len(self._ids)] = one.paper
            self._enter(one.paper.id, -1, -1)
        else:
            self._enter(*self._settled(one.paper, row, before))

    def done(self, read: int) -> JoinedPapers:
        """Return the library; ``read`` records were gone through."""
        more = PaperTable.from_papers(self._settle_namesakes())
        stayed = [place for place, dropped in enumerate(self._is_dropped) if not dropped]
        stayed.sort(key=self._ids.__getitem__)
        rows = np.array([self._places[place] for place in stayed], dtype=np.int64)
        before = {name: row for row, name in enumerate(self._stored_ids)}
        after = {self._ids[place]: self._says[place] for place in stayed}
        return JoinedPapers(
            PaperTable.concatenate(self._stored, self._made.papers, more).take(rows),
            compare(before, after, merged=read - self._read),
            is_as_before=np.array_equal(rows, np.arange(len(self._stored))),
        )

    def _enter(self, name: str, place: int, says: int) -> None:
        self._ids.append(name)
        self._places.append(place)
        self._says.append(says)

    def _settled(self, paper: Paper, row: int, before: Paper | None) -> tuple[str, int, int]:
        """Put ``paper`` aside unless it is as the library has it, in ``row``."""
        paper, says = self._compared(paper, row, before)
        if paper is before:
            return paper.id, row, row
        return paper.id, len(self._stored) + self._made.add(paper), says

    def _compared(self, paper: Paper, row: int, before: Paper | None) -> tuple[Paper, int]:
        """Return ``paper`` with what the library knows of it; the row if it says what that says."""
        paper = _with_what_is_known(_with_first_seen(paper, before, self._today), before)
        is_same = before is not None and _content(paper) == _content(before)
        return paper, row if is_same else -1

    def _settle_namesakes(self) -> list[Paper]:
        """Give different papers of one id ids of their own, and return those that changed."""
        bearing: dict[str, list[int]] = defaultdict(list)
        if self._unsettled or len(set(self._ids)) < len(self._ids):
            for place, name in enumerate(self._ids):
                bearing[name].append(place)
        used = bearing.keys()
        renamed: list[Paper] = []
        behind = len(self._stored) + len(self._made)
        for places in list(bearing.values()):
            if len(places) == 1 and places[0] not in self._unsettled:
                continue
            papers = [(bool(self._is_new[place]), self._paper(place)) for place in places]
            for place, (_, paper), name in zip(
                places, papers, disambiguated_ids(papers, used), strict=True
            ):
                if name == paper.id and place not in self._unsettled:
                    continue
                row = self._stored.row_of(name)
                before = None if row is None else self._stored[row]
                settled, says = self._compared(replace(paper, id=name), row or 0, before)
                self._ids[place], self._says[place] = name, says
                self._places[place] = behind + len(renamed)
                renamed.append(settled)
        return renamed

    def _paper(self, place: int) -> Paper:
        if place in self._unsettled:
            return self._unsettled[place]
        row = self._places[place]
        there = row < len(self._stored)
        return self._stored[row] if there else self._made.papers[row - len(self._stored)]


_content = attrgetter(*(field.name for field in fields(Paper) if field.name != "sources"))
"""All fields of a paper but its sources."""


def _with_what_is_known(paper: Paper, before: Paper | None) -> Paper:
    """Return ``paper`` with the fingerprint that is known if its text is what it was."""
    if before is None or before == paper:
        return before or paper
    if all(getattr(before, name) == getattr(paper, name) for name in TEXT_FIELDS):
        vars(paper)["fingerprint"] = before.fingerprint
    return paper


def _with_first_seen(paper: Paper, before: Paper | None, today: str) -> Paper:
    """Date each source that is new today; those known before keep the day they were first seen."""
    if all(source.seen for source in paper.sources):
        return paper
    known = {source.digest: source.seen for source in before.sources} if before else {}

    def dated(source: Source) -> Source:
        return replace(source, seen=source.seen or known.get(source.digest) or today)

    return replace(paper, sources=tuple(map(dated, paper.sources)))
