"""How topics go on: carried over to a changed library, told apart, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score

from explorer.arrays import Labels, Vectors
from explorer.embedders import open_embedder
from explorer.papers.paper import Paper
from explorer.settings import TopicSettings
from explorer.topics.carry_over import carry_over
from explorer.topics.communities import Topic, TopicName, by_size, partition
from explorer.topics.hierarchy import TopicHierarchy, build_hierarchy
from explorer.topics.joined_labels import parts_of
from explorer.topics.phrases import key_of
from explorer.topics.tracking import (
    PreviousTopics,
    TopicEvent,
    TopicEventKind,
    TopicMatch,
    events,
    last_number,
    map_rows,
    match_topics,
    match_topics_by_name,
)
from tests.helpers.corpus import keys_in
from tests.helpers.joining import identify
from tests.topics.test_communities import edges_in, planted

CHOSEN = TopicSettings()
Mask = NDArray[np.bool_]


def assert_nested(levels: Sequence[Labels], count: int) -> None:
    """Check that everybody is in one topic of each level, and what holds for all numbers."""
    for labels in levels:
        assert labels.shape == (count,)
        sizes = np.bincount(labels)
        assert sizes.min() >= 1
        assert np.all(np.diff(sizes) <= 0)
    for coarse, fine in pairwise(levels):
        assert len(set(zip(fine.tolist(), coarse.tolist(), strict=True))) == int(fine.max()) + 1


def same_partition(one: Labels, other: Labels) -> bool:
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


class Update:
    """A library cut into topics, and what it is once some papers came and others went."""

    def __init__(
        self, vectors: Vectors, was: Mask, stays: Mask, chosen: TopicSettings = CHOSEN
    ) -> None:
        self.before = partition(edges_in(vectors[was], chosen), chosen)
        self.rows_before, self.rows = np.flatnonzero(was), np.flatnonzero(stays)
        self.moved = map_rows(
            [str(row) for row in self.rows_before], [str(row) for row in self.rows]
        )
        self.edges = edges_in(vectors[stays], chosen)
        self.levels = carry_over(self.before, self.moved, self.edges, chosen)
        self.is_new = ~np.isin(self.rows, self.rows_before)
        assert_nested(self.levels, len(self.rows))
        assert len(self.levels) <= len(self.before)
        counts = [int(labels.max()) for labels in self.levels]
        assert all(finer > coarser for coarser, finer in pairwise(counts))

    def before_of_those_who_stay(self, depth: int) -> Labels:
        return self.before[depth][self.moved >= 0]

    def of_those_who_stay(self, depth: int) -> Labels:
        return self.levels[depth][self.moved[self.moved >= 0]]


def everyone(count: int) -> Mask:
    return np.ones(count, dtype=bool)


@settings(max_examples=120, deadline=None)
@given(
    count=st.integers(1, 120),
    groups=st.integers(1, 7),
    noise=st.sampled_from([0.3, 0.9, 2.0]),
    share_before=st.sampled_from([0.1, 0.5, 0.9, 1.0]),
    share_now=st.sampled_from([0.02, 0.3, 0.9, 1.0]),
    seed=st.integers(0, 200),
    smallest=st.integers(1, 6),
)
def test_any_update_leaves_topics_nested_with_everybody_in_one(
    count: int,
    groups: int,
    noise: float,
    share_before: float,
    share_now: float,
    seed: int,
    smallest: int,
) -> None:
    vectors, _ = planted(np.bincount(np.arange(count) % groups).tolist(), noise, seed)
    random = np.random.default_rng(seed)
    was, now = random.random(count) < share_before, random.random(count) < share_now
    was[0] = now[-1] = True
    chosen = TopicSettings(smallest_topic=smallest, split_above=3 * smallest)
    update = Update(vectors, was, now, chosen)
    again = carry_over(update.before, update.moved, update.edges, chosen)
    assert all(np.array_equal(a, b) for a, b in zip(update.levels, again, strict=True))
    for depth, labels in enumerate(update.levels):
        within = update.levels[depth - 1] if depth else np.zeros_like(labels)
        for topic, size in enumerate(np.bincount(labels)):
            alone = np.bincount(within)[within[labels == topic][0]] == size
            assert size >= smallest or alone


@pytest.mark.parametrize("sizes", [[30, 30, 30, 30], [60, 35, 20, 15, 10], [12] * 12, [1], [3]])
def test_where_nothing_changed_all_stays_as_it_was(sizes: list[int]) -> None:
    vectors, _ = planted(sizes, noise=1.2)
    update = Update(vectors, everyone(len(vectors)), everyone(len(vectors)))
    assert all(np.array_equal(a, b) for a, b in zip(update.levels, update.before, strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_a_few_newcomers_separate_and_join_nobody_who_was_there(seed: int) -> None:
    vectors, own = planted([40, 30, 30, 20], seed=seed)
    was = np.random.default_rng(seed).random(120) < 0.9
    update = Update(vectors, was, everyone(120))
    for depth in range(len(update.levels)):
        assert same_partition(
            update.of_those_who_stay(depth), update.before_of_those_who_stay(depth)
        )
    # They join the subject that they are of.
    kept = np.flatnonzero(~update.is_new)
    main = {
        subject: int(np.bincount(update.levels[0][kept[own[kept] == subject]]).argmax())
        for subject in range(4)
    }
    joined = [update.levels[0][row] == main[int(own[row])] for row in np.flatnonzero(update.is_new)]
    assert np.mean(joined) > 0.9


@pytest.mark.parametrize("count", [8, 20, 60])
def test_newcomers_on_a_subject_of_their_own_found_a_topic(count: int) -> None:
    vectors, own = planted([40, 40, 40, count])
    update = Update(vectors, own < 3, everyone(len(vectors)))
    labels = update.levels[-1]
    parts = set(labels[own == 3].tolist())
    assert parts.isdisjoint(labels[own < 3].tolist())
    assert same_partition(update.of_those_who_stay(0), update.before_of_those_who_stay(0))
    if count >= 20:  # as large as the others, it is as coarse as they are
        assert set(update.levels[0][own == 3]).isdisjoint(update.levels[0][own < 3].tolist())


def test_two_new_subjects_at_once_are_two_topics() -> None:
    vectors, own = planted([40, 40, 30, 30])
    update = Update(vectors, own < 2, everyone(140))
    assert adjusted_mutual_info_score(own, update.levels[0]) > 0.9


def test_a_topic_whose_papers_are_gone_is_gone_and_the_others_stay() -> None:
    vectors, own = planted([40, 30, 30, 20])
    update = Update(vectors, everyone(120), own != 1)
    assert len(update.levels) >= 1
    for depth, labels in enumerate(update.levels):
        was = update.before[depth]
        gone = set(was.tolist()) - set(was[own != 1].tolist())
        assert gone
        assert int(labels.max()) < int(was.max())
        assert same_partition(labels, by_size(was[own != 1]))


@pytest.mark.parametrize("left", [1, 2, 5, 9])
def test_a_library_may_shrink_to_hardly_anything(left: int) -> None:
    vectors, _ = planted([30, 30, 30])
    stays = np.zeros(90, dtype=bool)
    stays[:left] = True
    update = Update(vectors, everyone(90), stays)
    if left < 2 * CHOSEN.smallest_topic:
        assert [labels.tolist() for labels in update.levels] == [[0] * left]


def test_a_level_that_divides_nothing_any_more_is_left_out_and_the_others_go_on() -> None:
    vectors, _ = planted([20, 20])
    before = [labelled(20, 20), labelled(12, 8, 20), labelled(12, 8, 12, 8)]
    stays = np.r_[0:12, 20:40]
    moved = np.full(40, -1, dtype=np.int64)
    moved[stays] = np.arange(32)
    levels = carry_over(before, moved, edges_in(vectors[stays], CHOSEN), CHOSEN)
    assert [np.bincount(labels).tolist() for labels in levels] == [[20, 12], [12, 12, 8]]
    told, ids = now_told(before_of(before, moved.tolist()), levels)
    assert [len(level) for level in ids] == [2, 3]
    assert set().union(*ids) <= {f"t{number}" for number in range(1, 10)}
    assert [
        event for event in told if event.kind in (TopicEventKind.NEW, TopicEventKind.SPLIT)
    ] == []


def test_small_remains_of_several_topics_are_all_taken_in() -> None:
    # Three are left of each of three topics, one of a fourth: joined in turn, none stays too small.
    vectors, own = planted([20, 20, 20, 20, 40])
    stays = own == 4
    for subject, left in enumerate((3, 3, 3, 1)):
        stays[np.flatnonzero(own == subject)[:left]] = True
    update = Update(vectors, everyone(120), stays)
    assert np.bincount(update.levels[0]).min() >= CHOSEN.smallest_topic


def test_a_topic_that_was_outgrown_at_once_is_divided() -> None:
    # Two countries on each of three continents, which were not told apart at first.
    random = np.random.default_rng(0)
    countries = np.repeat(np.eye(64)[:3], 2, axis=0) + 0.8 * np.eye(64)[10:16]
    own = np.repeat(np.arange(6), 20)
    raw = countries[own] + random.normal(size=(120, 64)) / 8
    vectors = np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), dtype=np.float32)
    known = np.flatnonzero(np.arange(120) % 20 < 10)
    continents = by_size(own[known] // 2)
    (labels,) = carry_over([continents], known, edges_in(vectors, CHOSEN), CHOSEN)
    alike = [np.bincount(own[labels == topic]).max() for topic in range(int(labels.max()) + 1)]
    assert sum(alike) > 0.8 * 120
    # Where half as many come, no topic is outgrown.
    come = np.flatnonzero(np.arange(120) % 20 < 13)
    edges = edges_in(vectors[come], CHOSEN)
    (labels,) = carry_over([continents], np.searchsorted(come, known), edges, CHOSEN)
    assert same_partition(labels[np.searchsorted(come, known)], continents)


# Which topic is which.


def topics_of(memberships: Sequence[Labels], first: int = 1) -> list[tuple[Topic, ...]]:
    """Return topics for partitions, numbered through; one that is not divided keeps its label."""
    levels: list[tuple[Topic, ...]] = []
    labels_given: dict[frozenset[int], str] = {}
    number = first
    for depth, labels in enumerate(memberships):
        level: list[Topic] = []
        for place in range(int(labels.max()) + 1):
            rows = np.flatnonzero(labels == place)
            name = labels_given.setdefault(frozenset(rows.tolist()), f"topic {number}")
            level.append(Topic(f"t{number}", depth, "", name, (), len(rows)))
            number += 1
        levels.append(tuple(level))
    return levels


def before_of(memberships: Sequence[Labels], moved: Sequence[int] | None = None) -> PreviousTopics:
    count = len(memberships[0])
    levels = topics_of(memberships)
    return PreviousTopics(
        papers=[Paper(f"Paper {row}", id=f"p{row}") for row in range(count)],
        levels=levels,
        raw_labels=memberships,
        memberships=memberships,
        row_map=np.arange(count, dtype=np.int64)
        if moved is None
        else np.array(moved, dtype=np.int64),
        last_number=last_number(levels),
    )


def labelled(*groups: int) -> Labels:
    """Return labels of groups of these sizes, one after the other."""
    return np.repeat(np.arange(len(groups), dtype=np.int32), groups)


def now_told(
    before: PreviousTopics, memberships: Sequence[Labels]
) -> tuple[list[TopicEvent], list[set[str]]]:
    """Return what became of topics, and the ids of each level."""
    found = match_topics(before, memberships)
    fresh = topics_of(memberships, before.last_number + 1)
    levels = [
        tuple(
            topic if old is None else Topic(old.id, topic.level, "", old.label, (), topic.size)
            for topic, old in zip(level, descent.same, strict=True)
        )
        for level, descent in zip(fresh, found, strict=True)
    ]
    told = events(before, levels, memberships, found, 7, "2026-01-01T00:00:00+00:00")
    assert all((event.generation, event.created[:4]) == (7, "2026") for event in told)
    return list(told), [{topic.id for topic in level} for level in levels]


def brief(told: Sequence[TopicEvent]) -> list[tuple[str, str, str, int]]:
    return sorted((event.kind.value, event.topic, event.other, event.papers) for event in told)


def test_where_nothing_changed_all_topics_are_the_same_and_nothing_is_told() -> None:
    memberships = [labelled(20, 10), labelled(12, 8, 10)]
    told, ids = now_told(before_of(memberships), memberships)
    assert told == []
    assert ids == [{"t1", "t2"}, {"t3", "t4", "t5"}]


def test_a_topic_that_keeps_more_than_half_is_the_same_and_one_of_half_is_not() -> None:
    before = before_of([labelled(10, 10)])
    (descent,) = match_topics(before, [labelled(6, 4, 10)])
    assert [old.id if old else None for old in descent.same] == ["t1", None, "t2"]
    assert descent.overlaps == (0.6, 0.0, 1.0)
    (descent,) = match_topics(before, [labelled(5, 5, 10)])
    assert [old.id if old else None for old in descent.same] == [None, None, "t2"]


def test_newcomers_and_those_who_are_gone_do_not_count_for_which_topic_is_which() -> None:
    before = before_of([labelled(10, 10)], [*range(6), -1, -1, -1, -1, *range(6, 16)])
    now = np.array([0] * 6 + [1] * 10 + [0] * 90, dtype=np.int32)
    (descent,) = match_topics(before, [now])
    assert [old.id if old else None for old in descent.same] == ["t1", "t2"]
    assert descent.overlaps == (1.0, 1.0)


def test_a_split_a_merge_a_retirement_and_a_new_topic_are_told_once_each() -> None:
    # Of two topics: one is divided, one stays.
    told, _ = now_told(before_of([labelled(10, 10)]), [labelled(7, 3, 10)])
    assert brief(told) == [("split", "t4", "t1", 3)]
    # One of few papers goes into a large one, which stays what it is.
    told, _ = now_told(before_of([labelled(10, 3)]), [labelled(13)])
    assert brief(told) == [("merged", "t2", "t1", 3)]
    # Two of a size become one that is neither.
    told, ids = now_told(before_of([labelled(10, 10)]), [labelled(20)])
    assert ids == [{"t3"}]
    assert brief(told) == [
        ("merged", "t1", "t3", 10),
        ("merged", "t2", "t3", 10),
        ("new", "t3", "", 20),
    ]
    # All papers of one are gone, and others come.
    before = before_of([labelled(10, 5)], [*range(10), -1, -1, -1, -1, -1])
    told, ids = now_told(before, [labelled(10, 6)])
    assert brief(told) == [("new", "t4", "", 6), ("retired", "t2", "", 5)]
    assert ids == [{"t1", "t4"}]
    # One falls into pieces, none of them most of it.
    told, _ = now_told(before_of([labelled(12, 9)]), [labelled(4, 4, 4, 9)])
    assert [event.kind.value for event in told].count("retired") == 1
    assert [(e.kind.value, e.other) for e in told].count(("split", "t1")) == 3


@pytest.mark.parametrize(("shared", "is_same"), [(3, False), (4, True)])
def test_a_topic_that_gets_the_name_of_one_it_shares_papers_with_is_that_one(
    shared: int, is_same: bool
) -> None:
    # Ten papers were in topic 1, fifteen in topic 2; some of each are together now.
    before = before_of([labelled(10, 15)])
    now = np.ones(25, dtype=np.int32)
    now[:shared] = now[15 + shared :] = 0
    found = [TopicMatch(0, (None, None), (0.0, 0.0))]
    names = [{0: TopicName("Topic 1", ()), 1: TopicName("another", ())}]
    (descent,) = match_topics_by_name(before, [now], found, names)
    assert descent.same == (before.levels[0][0] if is_same else None, None)
    assert descent.overlaps[0] == pytest.approx(shared / (20 - shared) if is_same else 0.0)


def test_only_one_topic_goes_on_under_a_name_and_none_that_another_has() -> None:
    before = before_of([labelled(30, 10)])
    now = labelled(12, 10, 8, 10)
    names = [
        {place: TopicName("topic 1", ()) for place in range(3)} | {3: TopicName("topic 2", ())}
    ]
    (descent,) = match_topics_by_name(before, [now], match_topics(before, [now]), names)
    assert [old.id if old else None for old in descent.same] == ["t1", None, None, "t2"]
    # The one of that name is there still, under another.
    kept = [TopicMatch(0, (None, before.levels[0][0], None, None), (0.0, 1.0, 0.0, 0.0))]
    (descent,) = match_topics_by_name(before, [now], kept, names)
    assert [old.id if old else None for old in descent.same] == [None, "t1", None, "t2"]


def test_a_topic_on_two_levels_is_told_of_once() -> None:
    before = before_of([labelled(10, 10), labelled(5, 5, 10)])
    told, _ = now_told(before, [labelled(10, 7, 3), labelled(5, 5, 7, 3)])
    assert [(event.kind, event.level, event.other) for event in told] == [
        (TopicEventKind.SPLIT, 0, "t2")
    ]


def nested_labels(random: np.random.Generator, count: int, depth: int) -> list[Labels]:
    """Return random partitions, each dividing the one before, numbered by size."""
    levels = [random.integers(int(random.integers(1, 5)), size=count)]
    for _ in range(depth - 1):
        levels.append(4 * levels[-1] + random.integers(int(random.integers(1, 5)), size=count))
    return [by_size(labels) for labels in levels]


def disturbed(random: np.random.Generator, levels: Sequence[Labels], share: float) -> list[Labels]:
    """Return ``levels`` with some papers anywhere, nested still."""
    count = len(levels[0])
    moved = random.random(count) < share
    goes_to = random.integers(count, size=count)
    return [by_size(np.where(moved, labels[goes_to], labels)) for labels in levels]


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 60),
    depths=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    is_alike=st.booleans(),
    gone=st.sampled_from([0.0, 0.3, 0.9]),
    newcomers=st.integers(0, 20),
)
def test_however_topics_change_no_two_have_one_id_and_each_change_is_told_once(
    seed: int, count: int, depths: tuple[int, int], is_alike: bool, gone: float, newcomers: int
) -> None:
    random = np.random.default_rng(seed)
    old = nested_labels(random, count, depths[0])
    stays = random.random(count) >= gone
    stays[0] = True
    size = int(stays.sum()) + newcomers
    moved = np.full(count, -1, dtype=np.int64)
    moved[stays] = np.arange(int(stays.sum()))
    if is_alike:
        drawn = random.integers(int(stays.sum()), size=newcomers)
        base = [np.concatenate([labels[stays], labels[stays][drawn]]) for labels in old]
        new = disturbed(random, base, 0.1)[: depths[1]]
    else:
        new = nested_labels(random, size, depths[1])
    before = before_of(old, moved.tolist())
    found = match_topics(before, new)
    used = [topic.id for descent in found for topic in descent.same if topic is not None]
    assert len(set(used)) == len(used)
    matched = [descent.level for descent in found if descent.level >= 0]
    assert len(set(matched)) == len(matched)
    if len(new) == len(old):
        assert matched == list(range(len(new)))
    told, ids = now_told(before, new)
    assert sum(map(len, ids)) == len(set().union(*ids))
    assert max(Counter((event.kind, event.topic) for event in told).values(), default=1) == 1
    for depth, (labels, descent) in enumerate(zip(new, found, strict=True)):
        if descent.level < 0:
            assert set(descent.same) == {None}
            continue
        was, now = old[descent.level][stays], labels[moved[stays]]
        for place, (same, overlap) in enumerate(zip(descent.same, descent.overlaps, strict=True)):
            here = now == place
            shares = [
                int(np.count_nonzero(here & (was == other)))
                / max(1, int(np.count_nonzero(here | (was == other))))
                for other in range(len(before.levels[descent.level]))
            ]
            if same is None:
                assert max(shares) <= 0.5
            else:
                assert same == before.levels[descent.level][int(np.argmax(shares))]
                assert overlap == pytest.approx(max(shares))
                assert overlap > 0.5
        if len(new) == 1:
            alive = {topic.id for topic in descent.same if topic is not None}
            begun = {e.topic for e in told if e.kind in (TopicEventKind.NEW, TopicEventKind.SPLIT)}
            ended = {
                e.topic for e in told if e.kind in (TopicEventKind.MERGED, TopicEventKind.RETIRED)
            }
            assert begun == ids[depth] - alive
            assert ended == {t.id for t in before.levels[descent.level]} - alive
            pairs = [e for e in told if e.kind is not TopicEventKind.RENAMED]
            assert all((event.other == "") == (event.other_label == "") for event in pairs)


def test_rows_are_mapped_to_those_of_the_same_papers() -> None:
    assert map_rows(["a", "b", "c"], ["c", "x", "a"]).tolist() == [2, -1, 0]
    assert map_rows([], ["a"]).tolist() == []
    assert map_rows(["a"], []).tolist() == [-1]


# Names and evidence of topics that go on.


def named(
    papers: Sequence[Paper], chosen: TopicSettings = CHOSEN, before: PreviousTopics | None = None
) -> TopicHierarchy:
    embedder = open_embedder("hashing")
    vectors = embedder.embed([paper.text for paper in papers])
    edges = edges_in(vectors, chosen)
    return build_hierarchy(papers, vectors, edges, chosen, embedder.embed, before=before)


def assert_told_truly(outline: TopicHierarchy, papers: Sequence[Paper]) -> None:
    """Check evidence against a count, and that no topic is called as one that holds more."""
    above: dict[str, Topic] = {}
    for level, labels in zip(outline.levels, outline.memberships, strict=True):
        assert len({topic.label for topic in level}) == len(level)
        for place, topic in enumerate(level):
            rows = np.flatnonzero(labels == place).tolist()
            keys = {key_of(part) for part in parts_of(topic.label)}
            holders = sum(not keys.isdisjoint(keys_in(papers[row])) for row in rows)
            assert topic.evidence == holders
            coarser = above.get(topic.parent)
            while coarser is not None:
                assert topic.label != coarser.label or topic.size == coarser.size
                coarser = above.get(coarser.parent)
        above |= {topic.id: topic for topic in level}


def going_on(
    outline: TopicHierarchy, papers: Sequence[Paper], moved: Sequence[int], found: Sequence[Labels]
) -> PreviousTopics:
    """Return what goes on from ``outline``, its partitions being ``found`` ones now."""
    return PreviousTopics(
        papers=papers,
        levels=outline.levels,
        raw_labels=found,
        memberships=outline.memberships,
        row_map=np.array(moved, dtype=np.int64),
        last_number=last_number(outline.levels),
    )


def four_cut_off(labels: Labels, topics: Sequence[int]) -> Labels:
    """Return ``labels`` with four papers of each of ``topics`` in a topic of their own."""
    cut = labels.copy()
    for topic in topics:
        cut[np.flatnonzero(labels == topic)[:4]] = int(cut.max()) + 1
    return cut


def test_a_topic_that_is_new_below_one_of_the_same_papers_takes_name_and_evidence_of_today(
    corpus: list[Paper],
) -> None:
    papers = identify(corpus)
    few = papers[::2] + papers[1:20:2]
    chosen = TopicSettings(most_levels=1)
    first = named(few, chosen)
    (labels,) = first.raw_labels
    moved = [papers.index(paper) for paper in few]
    fine = four_cut_off(labels, [int(labels.max())])
    outline = named(papers, before=going_on(first, few, moved, [labels, fine]))
    assert len(outline.levels) == 2
    above = {topic.id: topic for topic in outline.levels[0]}
    undivided = [t for t in outline.levels[1] if t.size == above[t.parent].size]
    assert undivided
    assert all(topic.label == above[topic.parent].label for topic in undivided)
    assert any(
        new.evidence > old.evidence
        for new in outline.levels[0]
        for old in first.levels[0]
        if new.id == old.id
    )
    assert_told_truly(outline, papers)


def test_a_name_that_stood_on_three_levels_stays_with_the_coarsest_when_its_topic_is_divided(
    corpus: list[Paper],
) -> None:
    papers = identify(corpus)
    flat = named(papers, TopicSettings(most_levels=1))
    (coarse,) = flat.raw_labels
    stay = list(range(len(papers)))
    topics = list(range(int(coarse.max()) + 1))
    begun = [coarse, four_cut_off(coarse, topics[-1:]), four_cut_off(coarse, topics[-2:])]
    first = named(papers, before=going_on(flat, papers, stay, begun))
    on_all = set.intersection(*({topic.label for topic in level} for level in first.levels))
    assert len(on_all) >= len(topics) - 2 > 0
    # Each of those loses four papers to another topic, on both finer levels.
    divided = [coarse, four_cut_off(coarse, topics[:-1]), four_cut_off(coarse, topics)]
    outline = named(papers, before=going_on(first, papers, stay, divided))
    assert len(outline.levels[1]) > len(outline.levels[0]) > 1
    assert [topic.label for topic in outline.levels[0]] == [t.label for t in first.levels[0]]
    assert {topic.id for topic in first.levels[2]} <= {topic.id for topic in outline.levels[2]}
    assert_told_truly(outline, papers)


def test_evidence_follows_papers_that_come_go_and_are_edited(corpus: list[Paper]) -> None:
    before = identify(corpus[:34])
    first = named(before)
    edited = [
        replace(paper, abstract=paper.abstract[:60]) if row % 3 == 0 else paper
        for row, paper in enumerate(before)
        if row % 5
    ]
    papers = identify(corpus[34:], edited)
    moved = map_rows([paper.id for paper in before], [paper.id for paper in papers])
    outline = named(papers, before=going_on(first, before, moved.tolist(), first.raw_labels))
    kept = {topic.id for level in first.levels for topic in level}
    assert any(topic.id in kept for topic in outline.levels[0])
    assert_told_truly(outline, papers)
