"""The group ``explorer desk``: list kept papers; star, tag, note and mark papers."""

from __future__ import annotations

import argparse

import numpy as np

from explorer.api.json_format import interests_as_json, mark_as_json, recommendations_as_json
from explorer.cli.commands import Commands
from explorer.cli.options import (
    ANY_ID,
    count,
    one_of,
    print_json,
    print_values,
    with_since,
    with_user,
)
from explorer.desk.backups import backups
from explorer.desk.database import desk_file, restore_backup
from explorer.desk.desk import DeskChange, ReadingState, desk_of
from explorer.desk.marks import PaperMark, PaperMarks, joined, mark_papers, marks_of
from explorer.errors import UnusableInput
from explorer.insights.whats_new import moment_of, whats_new
from explorer.learning.recommendations import recommended
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
  explorer desk recommend                        new papers that suit your stars
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
  explorer desk recommend                     new papers that suit your stars
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
_RECOMMEND_EXAMPLES = """\
A model learned from your stars and the papers marked not for you ranks papers; each names the star
that it is most like and its words that count most. It takes three stars, and each tag on three
stars is an interest of its own. Papers too far from all of them are left out: there are days
without any (docs/desk.md).

examples:
  explorer desk recommend                     new papers of the last update
  explorer desk recommend --since 2026-11-20
  explorer desk recommend --all -k 20         of the whole library
  explorer desk recommend --json
"""
_INTERESTS_EXAMPLES = """\
All that the model knows comes from stars and papers marked not for you; it is learned anew after
each change, and nothing is stored. --reset removes all of your marks "not for me"; stars stay.

examples:
  explorer desk interests
  explorer desk interests --json
  explorer desk interests --reset
"""
_RESTORE_EXAMPLES = """\
The first change of a day makes a backup of the desk as it was before; the last ten are kept.
Restoring one keeps the present content beside the backups.

examples:
  explorer desk restore                       list the backups
  explorer desk restore 2024-03-11            restore the backup of a day
"""


def add_desk(commands: Commands) -> None:
    """Add ``desk list``, ``star``, ``tag``, ``recommend`` and the other commands of the desk."""
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

    text = "List papers that suit your stars, best first."
    added = group.add("recommend", _recommend, text, _RECOMMEND_EXAMPLES)
    added.add_argument(
        "--all", action="store_true", help="choose from the whole library, not only new papers"
    )
    with_since(added, "default: the last update that added papers")
    added.add_argument("-k", type=count, default=20, metavar="N", help="number (default: 20)")
    with_user(added)

    text = "Show what is learned from your stars."
    added = group.add("interests", _interests, text, _INTERESTS_EXAMPLES)
    added.add_argument(
        "--reset", action="store_true", help='remove all marks "not for me"; stars stay'
    )
    with_user(added)

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


def _recommend(options: argparse.Namespace) -> int:
    """List recommended papers of the last update, or of the whole library."""
    if options.all and options.since:
        raise UnusableInput("--all is the whole library: leave out --since.")
    generation = LibraryStore(options.library).open()
    marks = marks_of(generation, desk_of(options.library, options.user))
    news = whats_new(generation, moment_of(options.since) if options.since else None)
    rows = None if options.all else np.array(news.rows, dtype=np.int64)
    papers = recommended(generation, marks, rows, options.k)
    if options.json:
        content = {"since": None if options.all else news.since.isoformat(timespec="milliseconds")}
        print_json(content | recommendations_as_json(generation, marks, papers))
    else:
        from explorer.cli.output.desk import show_recommendations

        show_recommendations(
            generation, marks, papers, newcomers=None if rows is None else len(rows)
        )
    return 0


def _interests(options: argparse.Namespace) -> int:
    """Show what is learned from the desk, or take back all dismissals."""
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    if options.reset:
        marks = marks_of(generation, desk)
        dismissed = [generation.records.ids[row] for row in marks.dismissed]
        if dismissed:
            change = DeskChange(state=ReadingState.NONE)
            mark_papers(generation, desk, dismissed, change)
        return print_values({"marks_removed": len(dismissed)}, options)
    content = interests_as_json(generation, marks_of(generation, desk))
    if options.json:
        print_json(content)
    else:
        from explorer.cli.output.desk import show_interests

        show_interests(content)
    return 0


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
