"""The command ``explorer topics review``: names of topics to keep, replace or merge."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from explorer.api.json_format import name_review_as_json
from explorer.builds.apply_edits import TopicPin, pin_all
from explorer.cli.commands import Commands
from explorer.cli.options import print_json
from explorer.errors import UnusableInput
from explorer.insights.name_review import (
    NameChoice,
    NameReview,
    UnreviewedTopic,
    combined_choices,
    name_review,
    taken_names,
)
from explorer.library.store import LibraryStore
from explorer.papers.text import plural
from explorer.topics.edits import clean_name

if TYPE_CHECKING:
    from explorer.topics.communities import Topic

_EXAMPLES = """\
Each topic is listed with titles of its papers and other names for it. On a terminal you choose:
keep the name, take another or type one, merge the topic with one beside it, or skip it. Nothing
changes until you apply your choices at the end. Topics that you reviewed are pinned: their papers
stay together under that name through all later builds. `explorer topics undo` reverts it.

examples:
  explorer topics review
  explorer topics review --json                  list names, titles and alternatives
"""
_PROMPT = "[Enter] Keep  [number or text] Rename  [m] Merge  [s] Skip  [u] Undo  [q] Quit: "
_MOST_OTHERS = 9
"""Topics to merge with that are listed, each with a number."""
_UNDO = "u"


def add_name_review(group: Commands) -> None:
    """Add ``topics review``."""
    group.add("review", review_names, "Review the names of the main topics.", _EXAMPLES)


def review_names(options: argparse.Namespace) -> int:
    """Review names on a terminal and apply the choices, or list what there is to review."""
    library = LibraryStore(options.library)
    review = name_review(library.open())
    if options.json:
        print_json(name_review_as_json(review))
        return 0
    from explorer.cli.output.console import out
    from explorer.cli.output.name_review import show_unreviewed_topics

    if review.topics and sys.stdin.isatty() and out.is_terminal:
        _apply(library, review, _choices(review))
    else:
        show_unreviewed_topics(review)
    return 0


def _choices(review: NameReview) -> dict[str, NameChoice]:
    """Show topic by topic and return the choices, by id; until all are seen or the user quits."""
    from explorer.cli.output.name_review import show_unreviewed

    choices: dict[str, NameChoice] = {}
    place = 0
    while place < len(review.topics):
        shown = review.topics[place]
        show_unreviewed(shown, review.reviewed + place + 1, review.total)
        try:
            line = _read_choice(review, choices, shown)
        except EOFError:
            print()
            break
        if line == "q":
            break
        if line == _UNDO:
            place = max(0, place - 1)
            choices.pop(review.topics[place].topic.id, None)
            continue
        if isinstance(line, NameChoice):
            choices[shown.topic.id] = line
        place += 1
    return choices


def _read_choice(
    review: NameReview, choices: Mapping[str, NameChoice], shown: UnreviewedTopic
) -> NameChoice | str:
    """Return the choice for one topic; "s", "u" or "q" to skip it, to go back or to quit."""
    taken = taken_names(review, choices, shown.topic.id)
    while True:
        line = " ".join(input(_PROMPT).split())
        if line in ("s", _UNDO, "q"):
            return line
        if line == "m":
            other = _read_other(shown)
            if other is not None:
                return NameChoice(merge_with=other.id)
            continue
        try:
            name = _chosen_name(line, shown)
            if name.casefold() in taken:
                raise UnusableInput(f"Another topic is called “{name}”. Merge them with m.")
        except UnusableInput as error:
            print(error)
        else:
            return NameChoice(name)


def _chosen_name(line: str, shown: UnreviewedTopic) -> str:
    if line in ("", "k"):
        return shown.topic.label
    if not line.isdecimal():
        return clean_name(line)
    if not 0 < int(line) <= len(shown.alternatives):
        raise UnusableInput(f"There is no name {line} in the list.")
    return shown.alternatives[int(line) - 1]


def _read_other(shown: UnreviewedTopic) -> Topic | None:
    """Return the topic to merge with; None if none was chosen."""
    from explorer.cli.output.name_review import show_others

    others = shown.others[:_MOST_OTHERS]
    show_others(others)
    line = input("Merge with (number; Enter for none): ").strip()
    if line.isdecimal() and 0 < int(line) <= len(others):
        return others[int(line) - 1]
    return None


def _apply(library: LibraryStore, review: NameReview, choices: Mapping[str, NameChoice]) -> None:
    """Apply all choices at once, if the user confirms it, and print what was done."""
    from explorer.cli.output.progress import build_progress

    labels = {other.id: other.label for other in review.topics[0].others}
    labels[review.topics[0].topic.id] = review.topics[0].topic.label
    combined = combined_choices(choices, labels)
    if not combined or not _is_confirmed(f"Apply {plural(len(choices), 'change')}? [Y/n] "):
        print("Nothing was changed.")
        return
    with build_progress() as progress:
        pin_all(library, [TopicPin(topics, name) for topics, name in combined], progress)
    alone = [(topics[0], name) for topics, name in combined if len(topics) == 1]
    kept = sum(labels[topic] == name for topic, name in alone)
    counts = {
        "kept": kept,
        "renamed": len(alone) - kept,
        "merged": sum(len(topics) for topics, _ in combined) - len(alone),
    }
    done = ", ".join(f"{count:,} {verb}" for verb, count in counts.items() if count)
    print(f"Topics reviewed: {done}. `explorer topics undo` reverts an edit.")


def _is_confirmed(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("", "y", "yes")
    except EOFError:
        print()
        return False
