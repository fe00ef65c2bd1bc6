"""The group ``explorer desk``: list kept papers; star, tag, note and mark papers."""

from __future__ import annotations

import argparse

from explorer.api.json_format import mark_as_json
from explorer.cli.commands import Commands
from explorer.cli.options import ANY_ID, count, one_of, print_json, print_values, with_user
from explorer.desk.backups import backups
from explorer.desk.database import desk_file, restore_backup
from explorer.desk.desk import DeskChange, ReadingState, desk_of
from explorer.desk.marks import PaperMark, PaperMarks, joined, mark_papers, marks_of
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper

KeptPaper = tuple[Paper, PaperMark, bool]
"""A paper, its mark, and whether the library does not contain it at present."""

_GROUP_EXAMPLES = """\
Stars, tags, notes and states are kept through every build, rollback and merge (docs/desk.md).

examples:
  explorer desk                                  list all kept papers
  explorer desk --starred --tag thesis --json
  explorer desk star 2405.14458 10.1000/xyz123
  explorer desk tag thesis 2405.14458
  explorer desk note 2405.14458 "Compare figure 3 with ours"
  explorer desk mark to-read 2405.14458
"""
_LIST_EXAMPLES = """\
Papers that the library does not contain at present are listed last.

examples:
  explorer desk
  explorer desk --starred --tag thesis
  explorer desk --state to-read --json
"""
_STAR_EXAMPLES = """\
examples:
  explorer desk star 2405.14458 10.1000/xyz123
  explorer desk unstar 2405.14458
  explorer desk --starred
  explorer search --like-starred              recommend papers from your stars
"""
_TAG_EXAMPLES = """\
examples:
  explorer desk tag thesis 2405.14458 2401.00001
  explorer desk tag thesis 2401.00001 --remove
  explorer search "tag:thesis diffusion"
"""
_NOTE_EXAMPLES = """\
examples:
  explorer desk note 2405.14458 "Compare figure 3 with ours"
  explorer desk note 2405.14458 ""            remove the note
"""
_MARK_EXAMPLES = """\
examples:
  explorer desk mark to-read 2405.14458
  explorer desk mark not-for-me 2401.00001    recommendations avoid papers like it
  explorer desk mark none 2405.14458          remove the mark
"""
_RESTORE_EXAMPLES = """\
The first change of a day makes a backup of the desk as it was before; the last ten are kept.
Restoring one keeps the present content beside the backups.

examples:
  explorer desk restore                       list the backups
  explorer desk restore 2024-03-11            restore the backup of a day
"""


def add_desk(commands: Commands) -> None:
    """Add ``desk list``, ``star``, ``unstar``, ``tag``, ``note``, ``mark`` and ``restore``."""
    text = "List your kept papers; star, tag, note and mark papers."
    group = commands.group("desk", text, _GROUP_EXAMPLES, default="list")

    added = group.add("list", list_desk, "List your kept papers.", _LIST_EXAMPLES)
    added.add_argument("--starred", action="store_true", help="only starred papers")
    added.add_argument("--tag", default="", help="only papers with this tag")
    added.add_argument(
        "--state",
        type=one_of(ReadingState),
        choices=list(ReadingState),
        help="only papers in this state",
    )
    added.add_argument("-k", type=count, metavar="N", help="number of papers (default: all)")
    with_user(added)

    _with_papers(group.add("star", _star, "Star papers.", _STAR_EXAMPLES))
    _with_papers(group.add("unstar", _unstar, "Remove the star from papers.", _STAR_EXAMPLES))

    added = group.add("tag", _tag, "Add a tag to papers, or remove it.", _TAG_EXAMPLES)
    added.add_argument("tag", metavar="TAG", help="one or more words")
    _with_papers(added)
    added.add_argument("--remove", action="store_true", help="remove the tag")

    added = group.add("note", _note, "Write a note on a paper.", _NOTE_EXAMPLES)
    added.add_argument("ids", nargs=1, metavar="ID", help=ANY_ID)
    added.add_argument("text", metavar="TEXT", help="new note; replaces the present one")
    with_user(added)

    text = "Mark papers as read, to read or not for you."
    added = group.add("mark", _mark, text, _MARK_EXAMPLES)
    added.add_argument(
        "state", type=one_of(ReadingState), choices=list(ReadingState), help="new state"
    )
    _with_papers(added)

    text = "List the backups of the desk, or restore one."
    added = group.add("restore", _restore, text, _RESTORE_EXAMPLES)
    added.add_argument("day", nargs="?", default="", metavar="DAY", help="day of the backup")


def _with_papers(added: argparse.ArgumentParser) -> None:
    added.add_argument("ids", nargs="+", metavar="ID", help=ANY_ID)
    with_user(added)


def _star(options: argparse.Namespace) -> int:
    return _change(options, DeskChange(star=True))


def _unstar(options: argparse.Namespace) -> int:
    return _change(options, DeskChange(star=False))


def _tag(options: argparse.Namespace) -> int:
    tags = (options.tag,)
    return _change(
        options, DeskChange(drop_tags=tags) if options.remove else DeskChange(add_tags=tags)
    )


def _note(options: argparse.Namespace) -> int:
    return _change(options, DeskChange(note=options.text))


def _mark(options: argparse.Namespace) -> int:
    return _change(options, DeskChange(state=options.state))


def _restore(options: argparse.Namespace) -> int:
    desk = desk_file(options.library)
    if not options.day:
        listed = [{"day": backup.day, "path": str(backup.path)} for backup in backups(desk)]
        if options.json:
            print_json({"backups": listed})
        else:
            print("\n".join(f"{one['day']}  {one['path']}" for one in listed) or "No backups yet.")
        return 0
    kept = restore_backup(desk, options.day)
    return print_values({"restored": options.day, "replaced": str(kept)}, options)


def _change(options: argparse.Namespace, change: DeskChange) -> int:
    """Apply a change to each paper, and list the papers with their marks."""
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    changed = mark_papers(generation, desk, options.ids, change)
    marks = marks_of(generation, desk)
    kept: list[KeptPaper] = []
    for anchor in changed:
        row = generation.records.find(anchor.paper.id)
        entries = [entry for entry in marks.inactive if entry.anchor.paper.id == anchor.paper.id]
        mark = joined(entries) if row is None else marks[row]
        kept.append((anchor.paper, mark, row is None))
    return _print(kept, options)


def list_desk(options: argparse.Namespace) -> int:
    """List kept papers, starred ones first, the latest star on top."""
    generation = LibraryStore(options.library).open()
    marks = marks_of(generation, desk_of(options.library, options.user))
    kept = [item for item in _all_kept(generation, marks) if _matches(item[1], options)]
    return _print(kept[: options.k], options)


def _all_kept(generation: Generation, marks: PaperMarks) -> list[KeptPaper]:
    rows = sorted(marks.of, key=lambda row: (marks.of[row].starred, row), reverse=True)
    present = [(generation.records[row], marks.of[row], False) for row in rows]
    return present + [(entry.anchor.paper, joined([entry]), True) for entry in marks.inactive]


def _matches(mark: PaperMark, options: argparse.Namespace) -> bool:
    tags = {tag.casefold() for tag in mark.tags}
    return (
        (not options.starred or bool(mark.starred))
        and (not options.tag or options.tag.casefold() in tags)
        and (options.state is None or mark.state is options.state)
    )


def _print(kept: list[KeptPaper], options: argparse.Namespace) -> int:
    if options.json:
        papers = [mark_as_json(paper, mark, resting=missing) for paper, mark, missing in kept]
        print_json({"user": options.user, "papers": papers})
    else:
        from explorer.cli.output.desk import show_desk

        show_desk(kept)
    return 0
