"""Topics whose names are to be reviewed, other names for them, and choices put together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from explorer.builds.apply_edits import pin, rename
from explorer.insights.name_review import (
    NameChoice,
    combined_choices,
    name_review,
    taken_names,
)
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.topics.candidates import words_of

LABELS = {name: f"Topic {name}" for name in "abcde"}
KEEP = NameChoice("Topic a")


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def test_the_shown_level_is_offered_largest_first_with_titles(generation: Generation) -> None:
    review = name_review(generation)
    level = generation.levels[shown_level(generation)]
    assert {each.topic for each in review.topics} == set(level)
    assert (review.reviewed, review.total) == (0, len(level))
    sizes = [each.topic.size for each in review.topics]
    assert sizes == sorted(sizes, reverse=True)
    for each in review.topics:
        assert len(each.titles) == len(each.topic.representatives)
        assert sorted(other.id for other in each.others) == sorted(
            topic.id for topic in level if topic != each.topic
        )


def test_alternatives_differ_from_each_other_and_from_all_names_in_use(
    generation: Generation,
) -> None:
    review = name_review(generation)
    assert sum(len(each.alternatives) for each in review.topics) > len(review.topics)
    for each in review.topics:
        labels = [each.topic.label, *(other.label for other in each.others)]
        words = [words_of(name) for name in each.alternatives]
        assert len(words) == len(set(words)) <= 4
        assert set(words).isdisjoint(map(words_of, labels))
        assert all(name[0] == name[0].upper() for name in each.alternatives if name.islower())


@pytest.mark.slow
def test_names_that_a_person_gave_are_not_offered(
    hashing_library: LibraryStore, tmp_path: Path
) -> None:
    shutil.copytree(hashing_library.folder, tmp_path / "library")
    library = LibraryStore(tmp_path / "library")
    before = name_review(library.open())
    first, second = (each.topic for each in before.topics[:2])
    pin(library, first.id)
    rename(library, second.id, "My own name")
    after = name_review(library.open())
    assert (after.reviewed, after.total) == (2, before.total)
    assert {first.label, "My own name"}.isdisjoint(each.topic.label for each in after.topics)


@pytest.mark.parametrize(
    ("choices", "combined"),
    [
        ({}, []),
        ({"a": KEEP, "b": NameChoice("New")}, [(("a",), "Topic a"), (("b",), "New")]),
        ({"a": NameChoice(merge_with="b")}, [(("b", "a"), "Topic b")]),
        (
            {"a": NameChoice(merge_with="b"), "b": NameChoice("New")},
            [(("b", "a"), "New")],
        ),
        (
            {"a": NameChoice(merge_with="b"), "b": NameChoice(merge_with="c")},
            [(("c", "a", "b"), "Topic c")],
        ),
        (
            {"a": NameChoice(merge_with="b"), "b": NameChoice(merge_with="a")},
            [(("a", "b"), "Topic a")],
        ),
        (
            {
                "c": NameChoice(merge_with="a"),
                "b": NameChoice(merge_with="a"),
                "a": NameChoice(merge_with="b"),
            },
            [(("b", "c", "a"), "Topic b")],
        ),
    ],
)
def test_choices_are_put_together(
    choices: dict[str, NameChoice], combined: list[tuple[tuple[str, ...], str]]
) -> None:
    assert combined_choices(choices, LABELS) == combined


def test_a_name_is_free_once_its_topic_has_another(generation: Generation) -> None:
    review = name_review(generation)
    first, second = (each.topic for each in review.topics[:2])
    assert second.label.casefold() in taken_names(review, {}, first.id)
    taken = taken_names(review, {second.id: NameChoice("New")}, first.id)
    assert "new" in taken
    assert second.label.casefold() not in taken
