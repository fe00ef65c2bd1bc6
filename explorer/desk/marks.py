"""A desk laid on a generation: which row each entry is about, and what stands on each row.

The entries of papers that have become one are joined as one reads: starred if any is, all tags, the
state said last, every note. They stay apart in the desk, so that a rollback, which makes two papers
of one again, gives each its own back.
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
"""What begins an id that means nothing outside the digest that gave it."""


@dataclass(frozen=True, slots=True)
class PaperMark:
    """What stands on one paper."""

    starred: str = ""
    """When it was starred, UTC in ISO 8601; empty if it is not."""
    state: ReadingState = ReadingState.NONE
    tags: tuple[str, ...] = ()
    note: str = ""
    entries: tuple[int, ...] = ()
    """The numbers of the entries that it is joined from."""


@dataclass(frozen=True, eq=False)
class PaperMarks:
    """A user's desk as it stands on one generation; two are equal only if they are the same."""

    of: Mapping[int, PaperMark]
    """What stands on a paper, by its row; those that nothing stands on are left out."""
    resting: tuple[DeskEntry, ...]
    """Entries whose papers are not in this generation."""

    def __getitem__(self, row: int) -> PaperMark:
        return self.of.get(row, PaperMark())

    @property
    def starred(self) -> tuple[int, ...]:
        """The rows of starred papers, those starred last first."""
        rows = [row for row, mark in self.of.items() if mark.starred]
        return tuple(sorted(rows, key=lambda row: (self.of[row].starred, row), reverse=True))

    @property
    def dismissed(self) -> tuple[int, ...]:
        """The rows of papers that are not for the user."""
        return self.rows_in(ReadingState.NOT_FOR_ME)

    def rows_in(self, state: ReadingState) -> tuple[int, ...]:
        """The rows of papers in a state that was said."""
        return tuple(row for row, mark in sorted(self.of.items()) if mark.state is state)

    @property
    def tags(self) -> dict[str, tuple[int, ...]]:
        """The rows of the papers with each tag; tags that differ in case alone are one."""
        spelling: dict[str, str] = {}
        rows: dict[str, list[int]] = {}
        for row, mark in sorted(self.of.items()):
            for tag in dict.fromkeys(tag.casefold() for tag in mark.tags):
                rows.setdefault(tag, []).append(row)
            for tag in mark.tags:
                spelling[tag.casefold()] = min(spelling.get(tag.casefold(), tag), tag)
        return {spelling[tag]: tuple(rows[tag]) for tag in sorted(rows)}


def marks_of(generation: Generation, desk: Desk) -> PaperMarks:
    """Return what ``desk`` says of the papers of ``generation``; found once for each of its states.

    Raises:
        LibraryError: the desk cannot be read; see :mod:`explorer.desk.database`.
    """
    return _marks_on(generation, desk, desk.version)


def mark_papers(
    generation: Generation, desk: Desk, names: Sequence[str], change: DeskChange
) -> list[Anchor]:
    """Do the same with each of the papers that go by ``names``; return what was marked.

    A paper that is not in the generation can be marked where an entry of the desk is about it.

    Raises:
        UnknownPaper: no paper goes by a name; then nothing is done.
        UnusableInput, LibraryError: see :meth:`explorer.desk.desk.Desk.apply`.
    """
    marks = marks_of(generation, desk)
    changes: list[tuple[Anchor, Sequence[int], DeskChange]] = []
    for name in dict.fromkeys(names):
        row = generation.records.find(name)
        if row is not None:
            changes.append((anchor_of(generation.records[row]), marks[row].entries, change))
            continue
        resting = [entry for entry in marks.resting if _goes_by(entry, name)]
        if not resting:
            raise UnknownPaper(
                f"No paper goes by {name!r}, and none on the desk. Ids stand in the output of "
                "`explorer search`; arXiv ids and DOIs work too. Nothing was changed."
            )
        changes.append((resting[0].anchor, [entry.number for entry in resting], change))
    desk.apply(changes)
    return [anchor for anchor, _, _ in changes]


def locate(generation: Generation, anchor: Anchor) -> int | None:
    """Return the row of the paper that ``anchor`` is about: by its ids, its text, or its title."""
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
    resting: list[DeskEntry] = []
    for entry in entries:
        row = locate(generation, entry.anchor)
        if row is None:
            resting.append(entry)
        else:
            of.setdefault(row, []).append(entry)
    marks = {row: joined(about) for row, about in of.items()}
    return PaperMarks(marks, tuple(resting))


def joined(entries: Sequence[DeskEntry]) -> PaperMark:
    """Return what the entries about one paper say together."""
    with_state = [entry for entry in entries if entry.state is not ReadingState.NONE]
    notes = dict.fromkeys(entry.note for entry in entries if entry.note)
    return PaperMark(
        starred=min((entry.starred for entry in entries if entry.starred), default=""),
        state=max(with_state, key=lambda entry: (entry.stated, entry.number)).state
        if with_state
        else ReadingState.NONE,
        tags=tuple(sorted({tag for entry in entries for tag in entry.tags})),
        note="\n\n".join(notes),
        entries=tuple(entry.number for entry in entries),
    )


def _goes_by(entry: DeskEntry, name: str) -> bool:
    wanted = name.strip().casefold()
    return any(
        wanted in (known.casefold(), known.partition(":")[2].casefold())
        for known in entry.anchor.names
    )
