"""The plan of an update, made before anything is computed: digests joined with the library."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from operator import attrgetter

import numpy as np

from explorer.papers.deduplication import (
    DistinctPaper,
    deduplicate,
    disambiguated_ids,
    without_digests,
)
from explorer.papers.paper import TEXT_FIELDS, Paper, Source
from explorer.papers.spill_file import SpillFile
from explorer.papers.table import PaperTable


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """Ids of papers by their planned change."""

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
    """Compare two libraries, each a map from paper id to a key that differs if the content does."""
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
    """Whether everything equals the stored papers, their sources too."""


def join_papers(
    read: PaperTable,
    stored: PaperTable,
    made: SpillFile,
    *,
    prune: bool,
    whole: frozenset[str] = frozenset(),
) -> JoinedPapers:
    """Return the library's papers after an update, and the plan of the update.

    Args:
        read: records of the given digests.
        stored: papers of the library.
        made: an empty spill file, for papers that differ from the stored ones.
        prune: drop papers that are in none of the given digests.
        whole: names of digests that held all their papers when they were read. A stored paper that
            none of them holds any more is no longer from there, and is dropped if it is from
            nowhere else. Digests within one of these are meant, too.
    """
    within = tuple(f"{name}/" for name in whole)
    read_again = frozenset(
        name for name in stored.digest_names if name in whole or name.startswith(within)
    )
    update = _Join(stored, made, prune=prune, read_again=read_again)
    for one in deduplicate(read, stored, read_again):
        update.add(one)
    return update.result(len(read))


class _Join:
    """The papers of a library during an update, in the order of their arrival."""

    def __init__(
        self, stored: PaperTable, made: SpillFile, *, prune: bool, read_again: frozenset[str]
    ) -> None:
        self._stored = stored
        self._made = made
        self._prune = prune
        self._read_again = read_again
        self._from_there = {
            row for name in read_again for row in stored.rows_from_digest(name).tolist()
        }
        self._today = datetime.now(UTC).date().isoformat()
        self._undated = frozenset(stored.undated_rows().tolist())
        self._stored_ids = list(stored.ids)
        self._ids: list[str] = []
        self._rows = array("q")
        """Row of each paper in the library; after those come ``made``, then renamed papers."""
        self._same_as = array("q")
        """Row of the stored paper with the same id and content, sources aside; -1 if none."""
        self._is_new = bytearray()
        self._is_dropped = bytearray()
        self._namesakes: dict[int, Paper] = {}
        """Papers whose id belongs to another paper in the library, by index."""
        self._read = 0

    def add(self, one: DistinctPaper) -> None:
        """Add one paper that was read, or is stored, or both."""
        self._read += bool(one.read)
        self._is_new.append(not one.stored)
        self._is_dropped.append(self._prune and not one.read)
        if one.paper is None:
            (row,) = one.stored
            if row in self._from_there:
                self._leave(row)
            elif row in self._undated:
                self._append(*self._stored_or_made(self._stored[row], row, self._stored[row]))
            else:
                self._append(self._stored_ids[row], row, row)
            return
        known = zip(one.known, one.stored, strict=True)
        before, row = next((pair for pair in known if pair[0].id == one.paper.id), (None, -1))
        if before is None and self._stored.row_of(one.paper.id) is not None:
            self._namesakes[len(self._ids)] = one.paper
            self._append(one.paper.id, -1, -1)
        else:
            self._append(*self._stored_or_made(one.paper, row, before))

    def _leave(self, row: int) -> None:
        """Add a stored paper that the digests read again no longer hold; drop it without others."""
        before = self._stored[row]
        left = without_digests(before, self._read_again)
        if left.sources:
            self._append(*self._stored_or_made(left, row, before))
        else:
            self._is_dropped[-1] = True
            self._append(before.id, row, row)

    def result(self, read: int) -> JoinedPapers:
        """Return the library's papers; ``read`` is the number of records read."""
        more = PaperTable.from_papers(self._rename_namesakes())
        kept = [index for index, dropped in enumerate(self._is_dropped) if not dropped]
        kept.sort(key=self._ids.__getitem__)
        rows = np.array([self._rows[index] for index in kept], dtype=np.int64)
        before = {name: row for row, name in enumerate(self._stored_ids)}
        after = {self._ids[index]: self._same_as[index] for index in kept}
        return JoinedPapers(
            PaperTable.concatenate(self._stored, self._made.papers, more).take(rows),
            compare(before, after, merged=read - self._read),
            is_as_before=np.array_equal(rows, np.arange(len(self._stored))),
        )

    def _append(self, name: str, row: int, same_as: int) -> None:
        self._ids.append(name)
        self._rows.append(row)
        self._same_as.append(same_as)

    def _stored_or_made(self, paper: Paper, row: int, before: Paper | None) -> tuple[str, int, int]:
        """Return the id, row and stored row of ``paper``; add it to ``made`` if it changed."""
        paper, same_as = self._compared(paper, row, before)
        if paper is before:
            return paper.id, row, row
        return paper.id, len(self._stored) + self._made.add(paper), same_as

    def _compared(self, paper: Paper, row: int, before: Paper | None) -> tuple[Paper, int]:
        """Return ``paper`` with the dates of ``before``, and ``row`` if both have equal content."""
        paper = _with_known_fingerprint(_with_first_seen(paper, before, self._today), before)
        is_same = before is not None and _content(paper) == _content(before)
        return paper, row if is_same else -1

    def _rename_namesakes(self) -> list[Paper]:
        """Give different papers of one id distinct ids, and return those that changed."""
        by_id: dict[str, list[int]] = defaultdict(list)
        if self._namesakes or len(set(self._ids)) < len(self._ids):
            for index, name in enumerate(self._ids):
                by_id[name].append(index)
        used = by_id.keys()
        renamed: list[Paper] = []
        first_row = len(self._stored) + len(self._made)
        for indices in list(by_id.values()):
            if len(indices) == 1 and indices[0] not in self._namesakes:
                continue
            papers = [(bool(self._is_new[index]), self._paper(index)) for index in indices]
            for index, (_, paper), name in zip(
                indices, papers, disambiguated_ids(papers, used), strict=True
            ):
                if name == paper.id and index not in self._namesakes:
                    continue
                row = self._stored.row_of(name)
                before = None if row is None else self._stored[row]
                with_id, same_as = self._compared(replace(paper, id=name), row or 0, before)
                self._ids[index], self._same_as[index] = name, same_as
                self._rows[index] = first_row + len(renamed)
                renamed.append(with_id)
        return renamed

    def _paper(self, index: int) -> Paper:
        if index in self._namesakes:
            return self._namesakes[index]
        row = self._rows[index]
        is_stored = row < len(self._stored)
        return self._stored[row] if is_stored else self._made.papers[row - len(self._stored)]


_content = attrgetter(
    *(field.name for field in fields(Paper) if field.name != "sources"), "notes_fingerprint"
)
"""All fields of a paper but its sources, and what the user wrote on it there."""


def _with_known_fingerprint(paper: Paper, before: Paper | None) -> Paper:
    """Return ``paper`` with the stored fingerprint if its text is unchanged."""
    if before is None or before == paper:
        return before or paper
    if all(getattr(before, name) == getattr(paper, name) for name in TEXT_FIELDS):
        vars(paper)["fingerprint"] = before.fingerprint
    return paper


def _with_first_seen(paper: Paper, before: Paper | None, today: str) -> Paper:
    """Date new sources with ``today``; known ones keep the day they were first seen."""
    if all(source.seen for source in paper.sources):
        return paper
    known = {source.digest: source.seen for source in before.sources} if before else {}

    def dated(source: Source) -> Source:
        return replace(source, seen=source.seen or known.get(source.digest) or today)

    return replace(paper, sources=tuple(map(dated, paper.sources)))
