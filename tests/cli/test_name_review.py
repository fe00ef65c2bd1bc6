"""``explorer topics review``: the list, its JSON, and choices on a terminal."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.builds.apply_edits import TopicPin, all_edits, pin, pin_all
from explorer.cli import main
from explorer.insights.name_review import name_review
from explorer.library.store import LibraryStore
from explorer.topics.edits import EditKind

pytestmark = pytest.mark.slow

Answer = Callable[..., str]


class Terminal(io.StringIO):
    """Input and output of a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def library(tmp_path: Path, hashing_library: LibraryStore) -> LibraryStore:
    """A copy of the hashing library that a test may change."""
    shutil.copytree(hashing_library.folder, tmp_path / "library")
    return LibraryStore(tmp_path / "library")


@pytest.fixture
def answer(library: LibraryStore, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Run the review on a terminal, type lines, and return what the terminal shows."""
    monkeypatch.setenv("TERM", "dumb")

    def typed(*lines: str) -> str:
        terminal = Terminal()
        with monkeypatch.context() as streams:
            streams.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))
            streams.setattr(sys, "stdout", terminal)
            streams.setattr(sys, "stderr", io.StringIO())
            assert main(["topics", "review", "--library", str(library.folder)]) == 0
        return terminal.getvalue()

    return typed


def test_json_has_names_titles_and_alternatives(
    library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    pin(library, name_review(library.open()).topics[0].topic.id)
    capsys.readouterr()
    assert main(["topics", "review", "--json", "--library", str(library.folder)]) == 0
    shown = json.loads(capsys.readouterr().out)
    review = name_review(library.open())
    assert (shown["reviewed"], shown["total"]) == (1, review.total)
    for topic, each in zip(shown["topics"], review.topics, strict=True):
        assert (topic["id"], topic["label"]) == (each.topic.id, each.topic.label)
        assert topic["size"] == each.topic.size
        assert topic["titles"] == list(each.titles)
        assert topic["alternatives"] == list(each.alternatives)
        assert len(topic["closest"]) == min(5, len(each.others))


def test_without_a_terminal_the_names_are_listed_and_nothing_is_read(
    library: LibraryStore, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Mine\n" * 99))
    assert main(["topics", "review", "--library", str(library.folder)]) == 0
    shown = capsys.readouterr().out
    review = name_review(library.open())
    for each in review.topics:
        assert each.topic.label in shown
        assert all(title in shown for title in each.titles)
    assert f"0 of {review.total} topics reviewed" in shown
    assert all_edits(library) == []
    pin_all(library, [TopicPin((each.topic.id,), each.topic.label) for each in review.topics])
    assert main(["topics", "review", "--library", str(library.folder)]) == 0
    assert "All topic names are reviewed." in capsys.readouterr().out


def test_choices_on_a_terminal_are_applied_together_at_the_end(
    library: LibraryStore, answer: Answer
) -> None:
    review = name_review(library.open())
    kept, renamed, _, merged = review.topics[:4]
    generations = len(library.history())
    shown = answer("", "1", "  My own  name ", "m", "1", "q", "y")
    assert "Apply 4 changes? [Y/n]" in shown
    assert "Topics reviewed: 1 kept, 2 renamed, 2 merged." in " ".join(shown.split())
    assert len(library.history()) == generations + 1
    outcomes = all_edits(library)
    assert {outcome.edit.kind for outcome in outcomes} == {EditKind.PIN}
    names = [kept.topic.label, renamed.alternatives[0], "My own name"]
    assert [outcome.edit.name for outcome in outcomes][: len(names)] == names
    assert merged.topic.label not in {topic.label for topic in library.open().topics.values()}


def test_choices_are_undone_skipped_and_refused(library: LibraryStore, answer: Answer) -> None:
    first, second = (each.topic for each in name_review(library.open()).topics[:2])
    shown = answer("s", "u", second.label, "99", "x" * 81, "Mine", "q", "")
    assert f"Another topic is called “{second.label}”." in shown
    assert "There is no name 99 in the list." in shown
    assert "a name has at most 80" in shown
    (outcome,) = all_edits(library)
    assert (outcome.edit.about, outcome.edit.name) == ((first.label,), "Mine")


@pytest.mark.parametrize("lines", [["q"], ["", "q", "n"], ["", "q"], []])
def test_nothing_changes_unless_the_choices_are_applied(
    library: LibraryStore, answer: Answer, lines: list[str]
) -> None:
    assert "Nothing was changed." in answer(*lines)
    assert all_edits(library) == []
