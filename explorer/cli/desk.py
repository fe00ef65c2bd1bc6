"""The commands by which a user keeps papers: star, tag, note, mark, and the desk itself."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from explorer.api.json_format import mark_as_json
from explorer.cli.options import Commands, Run, count, print_json, with_user
from explorer.desk.desk import DeskChange, DeskEntry, ReadingState, desk_of
from explorer.desk.marks import PaperMark, PaperMarks, joined, mark_papers, marks_of
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper

_STAR_EXAMPLES = """\
A star, like all that is on your desk, stays through every build, rollback and merge.

examples:
  explorer star 2405.14458 10.1000/xyz123
  explorer desk --starred
  explorer search --like-starred         more like these
"""
_TAG_EXAMPLES = """\
examples:
  explorer tag thesis 2405.14458 2401.00001
  explorer tag thesis 2401.00001 --remove
  explorer search "tag:thesis diffusion"
"""
_NOTE_EXAMPLES = """\
examples:
  explorer note 2405.14458 "Compare figure 3 with ours"
  explorer note 2405.14458 ""            take the note away
"""
_MARK_EXAMPLES = """\
examples:
  explorer mark to-read 2405.14458
  explorer mark not-for-me 2401.00001    searches like your starred papers keep away from it
  explorer mark none 2405.14458          take it back
"""
_DESK_EXAMPLES = """\
Papers that the library does not hold now are listed last; they come back with their papers.

examples:
  explorer desk
  explorer desk --starred --tag thesis
  explorer desk --state to-read --json
"""


def add_desk(commands: Commands) -> None:
    """Add ``star``, ``unstar``, ``tag``, ``note``, ``mark`` and ``desk``."""
    _for_papers(commands, "star", _star, "Star papers.", _STAR_EXAMPLES)
    _for_papers(commands, "unstar", _unstar, "Remove the star from papers.", _STAR_EXAMPLES)

    added = commands.add("tag", _tag, "Put a tag on papers.", _TAG_EXAMPLES)
    added.add_argument("tag", metavar="TAG", help="a word or some words")
    _with_papers(added)
    added.add_argument("--remove", action="store_true", help="take the tag off")

    added = commands.add("note", _note, "Write a note on a paper.", _NOTE_EXAMPLES)
    added.add_argument("ids", nargs=1, metavar="ID", help=_ANY)
    added.add_argument("text", metavar="TEXT", help="in place of the note that is there")
    with_user(added)

    told = "Say that papers are read, to read, or not for you."
    added = commands.add("mark", _mark, told, _MARK_EXAMPLES)
    added.add_argument("state", type=ReadingState, choices=list(ReadingState), help="state to set")
    _with_papers(added)

    added = commands.add("desk", show_desk, "List what is on your desk.", _DESK_EXAMPLES)
    added.add_argument("--starred", action="store_true", help="only what is starred")
    added.add_argument("--tag", default="", help="only what has this tag")
    added.add_argument(
        "--state", type=ReadingState, choices=list(ReadingState), help="only what is in this state"
    )
    added.add_argument("-k", type=count, metavar="N", help="how many (default: all)")
    with_user(added)


_ANY = "the library's id, an arXiv id, a DOI ..."


def _for_papers(commands: Commands, name: str, run: Run, told: str, examples: str) -> None:
    _with_papers(commands.add(name, run, told, examples))


def _with_papers(added: argparse.ArgumentParser) -> None:
    added.add_argument("ids", nargs="+", metavar="ID", help=_ANY)
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


def _change(options: argparse.Namespace, change: DeskChange) -> int:
    """Do the same with each paper, and tell what stands on them then."""
    generation = LibraryStore(options.library).open()
    desk = desk_of(options.library, options.user)
    changed = mark_papers(generation, desk, options.ids, change)
    marks = marks_of(generation, desk)
    listed = []
    for anchor in changed:
        row = generation.records.find(anchor.paper.id)
        about = [entry for entry in marks.resting if entry.anchor.paper.id == anchor.paper.id]
        mark = joined(about) if row is None else marks[row]
        listed.append(_Listed(anchor.paper, mark, resting=row is None))
    return _tell(listed, options)


def show_desk(options: argparse.Namespace) -> int:
    """List what is on the desk: starred papers first, those starred last on top."""
    generation = LibraryStore(options.library).open()
    marks = marks_of(generation, desk_of(options.library, options.user))
    wanted = [one for one in _everything(generation, marks) if _is_wanted(one.mark, options)]
    return _tell(wanted[: options.k], options)


class _Listed:
    """A paper on the desk."""

    def __init__(self, paper: Paper, mark: PaperMark, *, resting: bool) -> None:
        self.paper = paper
        self.mark = mark
        self.resting = resting


def _everything(generation: Generation, marks: PaperMarks) -> list[_Listed]:
    rows = sorted(marks.of, key=lambda row: (marks.of[row].starred, row), reverse=True)
    there = [_Listed(generation.records[row], marks.of[row], resting=False) for row in rows]
    return there + [_resting(entry) for entry in marks.resting]


def _resting(entry: DeskEntry) -> _Listed:
    return _Listed(entry.anchor.paper, joined([entry]), resting=True)


def _is_wanted(mark: PaperMark, options: argparse.Namespace) -> bool:
    tags = {tag.casefold() for tag in mark.tags}
    return (
        (not options.starred or bool(mark.starred))
        and (not options.tag or options.tag.casefold() in tags)
        and (options.state is None or mark.state is options.state)
    )


def _tell(listed: Sequence[_Listed], options: argparse.Namespace) -> int:
    if options.json:
        papers = [mark_as_json(one.paper, one.mark, resting=one.resting) for one in listed]
        print_json({"user": options.user, "papers": papers})
        return 0
    from rich.markup import escape

    from explorer.cli.output.console import out

    if not listed:
        out.print("Nothing here. `explorer star ID` puts a paper on your desk.")
    for one in listed:
        star = "[yellow]★[/]" if one.mark.starred else " "
        said = (
            [] if one.mark.state is ReadingState.NONE else [str(one.mark.state).replace("-", " ")]
        )
        said += [f"#{tag}" for tag in one.mark.tags]
        said += ["not in the library now"] if one.resting else []
        facts = f"  [dim]{escape(' · '.join(said))}[/]" if said else ""
        title = escape(one.paper.readable_title)
        name = escape(one.paper.id)
        out.print(f"{star} [dim]{name}[/]  {title}{facts}", highlight=False, soft_wrap=True)
        for line in one.mark.note.splitlines():
            out.print(f"    {escape(line)}", highlight=False, soft_wrap=True)
    return 0
