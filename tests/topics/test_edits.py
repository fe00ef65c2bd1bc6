"""Curation: partitions stay sound whatever was said, pins hold, nothing said is ever lost."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.arrays import Labels
from explorer.errors import LibraryDamaged, UnusableInput
from explorer.topics import edits
from explorer.topics.communities import Topic, by_size
from explorer.topics.edits import EditKind, TopicEdit


def said(
    kind: EditKind,
    *groups: list[str],
    level: int = 0,
    depth: int = 2,
    name: str = "",
    number: int = 1,
) -> TopicEdit:
    return TopicEdit(number, kind, level, depth, tuple(map(tuple, groups)), name)


def labels(*topics: int) -> Labels:
    return np.array(topics, dtype=np.int32)


def ids_of(count: int) -> list[str]:
    return [f"p{row}" for row in range(count)]


@st.composite
def nested(draw: st.DrawFn) -> list[Labels]:
    """Return partitions of a few papers, each within the one before."""
    count = draw(st.integers(1, 40))
    level = np.zeros(count, dtype=np.int64)
    levels: list[Labels] = []
    for _ in range(draw(st.integers(1, 4))):
        cut = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
        level = 4 * level + np.array(cut)
        levels.append(by_size(level))
    return levels


@st.composite
def statements(draw: st.DrawFn, kinds: tuple[EditKind, ...] = tuple(EditKind)) -> list[TopicEdit]:
    """Return statements on papers, some of which may not exist."""
    papers = st.lists(st.integers(0, 50).map(lambda row: f"p{row}"), min_size=1, max_size=20)
    made: list[TopicEdit] = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        kind = draw(st.sampled_from(kinds))
        depth = draw(st.integers(1, 4))
        count = 2 if kind is EditKind.MERGE else 1
        groups = draw(st.lists(papers, min_size=count, max_size=count))
        level = draw(st.integers(0, depth - 1))
        name = draw(st.sampled_from(["One", "Two", "Three"]))
        made.append(said(kind, *groups, level=level, depth=depth, name=name, number=number))
    return made


def assert_sound(levels: list[Labels], count: int) -> None:
    for level in levels:
        assert level.shape == (count,)
        sizes = np.bincount(level)
        assert sizes.min() >= 1
        assert np.all(np.diff(sizes) <= 0)
    for coarse, fine in pairwise(levels):
        for topic in range(int(fine.max()) + 1):
            assert len(set(coarse[fine == topic].tolist())) == 1


@settings(max_examples=200, deadline=None)
@given(levels=nested(), what=statements())
def test_whatever_is_said_partitions_stay_nested_whole_and_without_gaps(
    levels: list[Labels], what: list[TopicEdit]
) -> None:
    ids = ids_of(len(levels[0]))
    result = edits.apply_to_labels(levels, ids, what)
    assert len(result) == len(levels)
    assert_sound(result, len(ids))
    names = edits.names_given(result, ids, what)
    for given_names, level in zip(names, result, strict=True):
        assert all(0 <= place <= level.max() for place in given_names)
        assert len(set(given_names.values())) == len(given_names)
    for bearing in edits.applied_edits(result, ids, what):
        if not bearing.is_inactive:
            assert bearing.place <= result[bearing.level].max()


@settings(max_examples=200, deadline=None)
@given(levels=nested(), data=st.data())
def test_pins_of_different_papers_all_hold_on_their_levels(
    levels: list[Labels], data: st.DataObject
) -> None:
    ids = ids_of(len(levels[0]))
    owner = data.draw(st.lists(st.integers(0, 3), min_size=len(ids), max_size=len(ids)))
    pins: list[TopicEdit] = []
    for pinned in range(1, 4):
        papers = [paper for paper, of in zip(ids, owner, strict=True) if of == pinned]
        if len(papers) > 1:
            level = data.draw(st.integers(0, len(levels) - 1))
            pins.append(
                said(EditKind.PIN, papers, level=level, depth=len(levels), name=f"P{pinned}")
            )
    result = edits.apply_to_labels(levels, ids, pins)
    for statement in pins:
        rows = [ids.index(paper) for paper in statement.groups[0]]
        assert len(set(result[statement.level][rows].tolist())) == 1


def test_a_pin_leaves_papers_in_the_topic_that_they_were_pinned_to_on_a_coarser_level() -> None:
    coarse = labels(*[0] * 8, *[1] * 6)
    fine = labels(*[0] * 5, *[1] * 3, *[2] * 6)
    first = said(EditKind.PIN, [f"p{row}" for row in range(6)], level=0)
    # Of the second fine topic, p5 is pinned above, and the other two go to where most go.
    second = said(EditKind.PIN, [f"p{row}" for row in range(6, 14)], level=1, number=2)
    top, below = edits.apply_to_labels([coarse, fine], ids_of(14), [first, second])
    assert top.tolist() == [1] * 6 + [0] * 8
    assert below.tolist() == [1] * 6 + [0] * 8


@settings(max_examples=100, deadline=None)
@given(levels=nested(), what=statements())
def test_statements_whose_papers_are_gone_rest_and_change_nothing(
    levels: list[Labels], what: list[TopicEdit]
) -> None:
    ids = [f"other{row}" for row in range(len(levels[0]))]
    result = edits.apply_to_labels(levels, ids, what)
    assert all(np.array_equal(a, b) for a, b in zip(result, levels, strict=True))
    assert all(bearing.is_inactive for bearing in edits.applied_edits(result, ids, what))
    assert not any(edits.names_given(result, ids, what))


def test_merged_topics_are_one_and_keep_what_lies_below_them() -> None:
    coarse = labels(0, 0, 0, 0, 1, 1, 1, 2, 2)
    fine = labels(0, 0, 1, 1, 2, 2, 2, 3, 3)
    merge = said(EditKind.MERGE, ["p0", "p1", "p2", "p3"], ["p7", "p8"])
    top, below = edits.apply_to_labels([coarse, fine], ids_of(9), [merge])
    assert top.tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 0]
    assert len(set(below.tolist())) == 4


def test_merged_topics_that_are_not_divided_stay_undivided() -> None:
    coarse = labels(0, 0, 0, 1, 1, 2, 2)
    merge = said(EditKind.MERGE, ["p3", "p4"], ["p5", "p6"])
    for level in edits.apply_to_labels([coarse, coarse], ids_of(7), [merge]):
        assert level.tolist() == [0, 0, 0, 0, 0, 0, 0] or level.tolist() == [1, 1, 1, 0, 0, 0, 0]
        assert len(set(level.tolist())) == 2


def test_topics_merged_across_a_border_go_where_most_of_their_papers_are() -> None:
    coarse = labels(0, 0, 0, 0, 0, 1, 1, 1, 1)
    fine = labels(0, 0, 0, 1, 1, 2, 2, 3, 3)
    merge = said(EditKind.MERGE, ["p0", "p1", "p2"], ["p5", "p6"], level=1)
    top, below = edits.apply_to_labels([coarse, fine], ids_of(9), [merge])
    assert top.tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert len(set(below[[0, 1, 2, 5, 6]].tolist())) == 1


def test_newcomers_join_a_pinned_topic_only_if_they_lie_among_its_papers() -> None:
    found = labels(0, 0, 0, 0, 1, 1, 1, 1, 2, 2)
    pinned = said(EditKind.PIN, ["p0", "p1", "p2", "p4"], depth=1, name="Mine")
    (level,) = edits.apply_to_labels([found], ids_of(10), [pinned])
    mine = np.flatnonzero(level == level[0]).tolist()
    assert mine == [0, 1, 2, 3, 4]  # p3 lay among the pinned, p5 to p7 only beside one of them


def test_a_name_follows_the_topic_to_the_nearest_level_that_has_it() -> None:
    coarse = labels(*[0] * 12)
    fine = labels(*[0] * 7, *[1] * 5)
    name = said(EditKind.RENAME, [f"p{row}" for row in range(7, 12)], depth=1, name="Mine")
    assert edits.names_given([coarse, fine], ids_of(12), [name]) == [{}, {1: "Mine"}]


def test_the_latest_name_of_a_topic_wins_and_the_earlier_comes_back_when_it_is_taken_back() -> None:
    found = labels(0, 0, 0, 1, 1)
    first = said(EditKind.RENAME, ["p0", "p1", "p2"], depth=1, name="First", number=1)
    second = said(EditKind.RENAME, ["p0", "p1", "p2"], depth=1, name="Second", number=2)
    assert edits.names_given([found], ids_of(5), [first, second]) == [{0: "Second"}]
    left = edits.without_edit([first, second], 2)
    assert edits.names_given([found], ids_of(5), left) == [{0: "First"}]


def test_a_found_name_gives_way_to_the_same_name_given_by_people() -> None:
    topics = [
        Topic("t1", 0, "", "liver", ("organs",), 3),
        Topic("t2", 0, "", "video", ("clips", "motion"), 2),
    ]
    ((first, second),) = edits.with_given_names([topics], [{0: "Video"}])
    assert (first.label, first.named_by, first.keywords) == ("Video", "you", ("liver", "organs"))
    assert (second.label, second.named_by, second.keywords) == ("clips", "", ("motion",))


@pytest.mark.parametrize("name", ["", " \n\t", "x" * 81])
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(UnusableInput):
        edits.clean_name(name)


def test_a_name_is_taken_as_it_is_but_for_its_blanks() -> None:
    assert edits.clean_name("  My  *own*\nname ") == "My *own* name"


@settings(max_examples=50, deadline=None)
@given(what=statements())
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, what: list[TopicEdit]
) -> None:
    folder = tmp_path_factory.mktemp("said")
    assert edits.read(folder) == ()
    edits.write(folder, what)
    assert edits.read(folder) == tuple(what)
    assert [path.name for path in folder.iterdir()] == ["topic_edits.json"]


def _broken() -> dict[str, str]:
    statement = {"number": 1, "kind": "rename", "level": 0, "depth": 1, "groups": [["p0"]]}
    statement |= {"name": "x", "about": []}
    whole = {"schema": 2, "edits": [statement]}
    return {
        "empty": "",
        "torn": json.dumps(whole)[:-20],
        "a list": "[]",
        "no kind of ours": json.dumps(whole | {"edits": [statement | {"kind": "burn"}]}),
        "no level": json.dumps(whole | {"edits": [statement | {"level": 7}]}),
        "no text": json.dumps(whole | {"edits": [statement | {"name": 3}]}),
        "unknown field": json.dumps(whole | {"edits": [statement | {"colour": 3}]}),
        "later schema": json.dumps(whole | {"schema": 99}),
    }


@pytest.mark.parametrize("content", _broken().values(), ids=_broken())
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "topic_edits.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LibraryDamaged, match=r"topic_edits\.json"):
        edits.read(tmp_path)
    assert path.read_text(encoding="utf-8") == content


def test_the_file_of_schema_1_is_read_and_replaced_at_the_next_write(tmp_path: Path) -> None:
    fields = {"number": 1, "kind": "rename", "level": 0, "depth": 1, "groups": [["p0"]]}
    content = {"schema": 1, "statements": [fields | {"name": "x", "about": ["y"]}]}
    (tmp_path / "topics.json").write_text(json.dumps(content), encoding="utf-8")
    stored = edits.read(tmp_path)
    assert [(edit.kind, edit.name, edit.groups) for edit in stored] == [
        (EditKind.RENAME, "x", (("p0",),))
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["topics.json"]
    edits.write(tmp_path, stored)
    assert [path.name for path in tmp_path.iterdir()] == ["topic_edits.json"]
    assert edits.read(tmp_path) == stored


def test_an_old_file_beside_the_new_one_is_not_read(tmp_path: Path) -> None:
    edits.write(tmp_path, ())
    (tmp_path / "topics.json").write_text("{", encoding="utf-8")
    assert edits.read(tmp_path) == ()


def test_an_altered_letter_in_the_file_of_edits_is_noticed(tmp_path: Path) -> None:
    edit = TopicEdit(1, EditKind.RENAME, 0, 1, (("p1", "p2"),), "Serving of large models", ("t",))
    edits.write(tmp_path, [edit])
    assert edits.is_unaltered(tmp_path)
    path = tmp_path / edits.FILE
    path.write_text(path.read_text(encoding="utf-8").replace("large", "larke"), encoding="utf-8")
    assert not edits.is_unaltered(tmp_path)
    assert edits.read(tmp_path)[0].name == "Serving of larke models"
