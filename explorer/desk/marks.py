"""The desk's marks on the papers of a generation, by row.

Entries of papers that were merged are joined for display: starred if any is, all tags, the state
set last, every note. They stay separate in the desk, so that each paper has its own entry again
after a rollback that undoes the merge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.desk.desk import Anchor, Desk, DeskChange, DeskEntry, ReadingState, anchor_of
from explorer.errors import UnknownPaper
from explorer.library.caching import cached_by_owner
from explorer.library.generation import Generation
from explorer.library.lookup import titled
from explorer.papers.same_paper import is_same_paper, may_share_doi

_OF_ITS_DIGEST = "digest:"
"""Prefix of ids that are only valid within their digest."""


@dataclass(frozen=True, slots=True)
class PaperMark:
    """A user's star, state, tags and note on one paper, joined from its entries."""

    starred: str = ""
    """Time of the star, UTC in ISO 8601; empty without one."""
    state: ReadingState = ReadingState.NONE
    tags: tuple[str, ...] = ()
    note: str = ""
    entries: tuple[int, ...] = ()
    """Numbers of its entries."""


@dataclass(frozen=True, eq=False)
class PaperMarks:
    """A user's marks on the papers of one generation; compared by identity."""

    of: Mapping[int, PaperMark]
    """Marks by row; papers without one are left out."""
    inactive: tuple[DeskEntry, ...]
    """Entries whose papers are not in this generation."""

    def __getitem__(self, row: int) -> PaperMark:
        return self.of.get(row, PaperMark())

    @property
    def starred(self) -> tuple[int, ...]:
        """The rows of starred papers, the last starred first."""
        rows = [row for row, mark in self.of.items() if mark.starred]
        return tuple(sorted(rows, key=lambda row: (self.of[row].starred, row), reverse=True))

    @property
    def dismissed(self) -> tuple[int, ...]:
        """The rows of papers marked as not for the user."""
        return self.rows_in(ReadingState.NOT_FOR_ME)

    def rows_in(self, state: ReadingState) -> tuple[int, ...]:
        """The rows of papers in a state, in order."""
        return tuple(row for row, mark in sorted(self.of.items()) if mark.state is state)

    @property
    def tags(self) -> dict[str, tuple[int, ...]]:
        """The rows of the papers with each tag; case does not distinguish tags."""
        spelling: dict[str, str] = {}
        rows: dict[str, list[int]] = {}
        for row, mark in sorted(self.of.items()):
            for tag in dict.fromkeys(tag.casefold() for tag in mark.tags):
                rows.setdefault(tag, []).append(row)
            for tag in mark.tags:
                spelling[tag.casefold()] = min(spelling.get(tag.casefold(), tag), tag)
        return {spelling[tag]: tuple(rows[tag]) for tag in sorted(rows)}


def marks_of(generation: Generation, desk: Desk) -> PaperMarks:
    """Return the marks of ``desk`` on the papers of ``generation``; cached until the desk changes.

    Raises:
        LibraryError: the desk cannot be read; see :mod:`explorer.desk.database`.
    """
    return _marks_on(generation, desk, desk.version)


def mark_papers(
    generation: Generation, desk: Desk, names: Sequence[str], change: DeskChange
) -> list[Anchor]:
    """Apply one change to each of the papers with these ids; return their anchors.

    Papers that are not in the generation can be marked if the desk has an entry of them.

    Raises:
        UnknownPaper: no paper has one of the ids; nothing was changed.
        UnusableInput, LibraryError: see :meth:`explorer.desk.desk.Desk.apply`.
    """
    marks = marks_of(generation, desk)
    changes: list[tuple[Anchor, Sequence[int], DeskChange]] = []
    for name in dict.fromkeys(names):
        row = generation.records.find(name)
        if row is not None:
            changes.append((anchor_of(generation.records[row]), marks[row].entries, change))
            continue
        inactive = [entry for entry in marks.inactive if _has_id(entry, name)]
        if not inactive:
            raise UnknownPaper(
                f"No paper goes by {name!r}, neither in the library nor on the desk.",
                advice=(
                    "`explorer search` shows ids; arXiv ids and DOIs work too. Nothing was changed."
                ),
            )
        changes.append((inactive[0].anchor, [entry.number for entry in inactive], change))
    desk.apply(changes)
    return [anchor for anchor, _, _ in changes]


def locate(generation: Generation, anchor: Anchor) -> int | None:
    """Return the row of the paper with this anchor, matched by ids, text or title."""
    records = generation.records
    for name in anchor.names:
        row = None if name.startswith(_OF_ITS_DIGEST) else records.find(name)
        if row is not None and (
            not name.startswith("doi:") or may_share_doi(anchor.paper, records[row])
        ):
            return row
    rows = records.fingerprints.rows_equal_to(anchor.paper.fingerprint)
    rows = rows or titled(generation, anchor.paper.readable_title)
    same = [row for row in rows if is_same_paper(anchor.paper, records[row])]
    return same[0] if len(same) == 1 else None


@cached_by_owner(8)
def _marks_on(
    generation: Generation,
    desk: Desk,
    version: int,  # noqa: ARG001  another version, another entry
) -> PaperMarks:
    entries = desk.entries()
    of: dict[int, list[DeskEntry]] = {}
    inactive: list[DeskEntry] = []
    for entry in entries:
        row = locate(generation, entry.anchor)
        if row is None:
            inactive.append(entry)
        else:
            of.setdefault(row, []).append(entry)
    marks = {row: joined(of_paper) for row, of_paper in of.items()}
    return PaperMarks(marks, tuple(inactive))


def joined(entries: Sequence[DeskEntry]) -> PaperMark:
    """Return the entries of one paper as one mark."""
    with_state = [entry for entry in entries if entry.state is not ReadingState.NONE]
    notes = dict.fromkeys(entry.note for entry in entries if entry.note)
    return PaperMark(
        starred=min((entry.starred for entry in entries if entry.starred), default=""),
        state=max(with_state, key=lambda entry: (entry.state_set_at, entry.number)).state
        if with_state
        else ReadingState.NONE,
        tags=tuple(sorted({tag for entry in entries for tag in entry.tags})),
        note="\n\n".join(notes),
        entries=tuple(entry.number for entry in entries),
    )


def _has_id(entry: DeskEntry, name: str) -> bool:
    wanted = name.strip().casefold()
    return any(
        wanted in (known.casefold(), known.partition(":")[2].casefold())
        for known in entry.anchor.names
    )
