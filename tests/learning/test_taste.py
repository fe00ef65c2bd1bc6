"""The model of a reader's interests: it ranks what suits them first, and is the same each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.desk.desk import Desk, DeskChange, ReadingState, desk_of
from explorer.desk.marks import PaperMarks, mark_papers, marks_of
from explorer.embedders.hashing import Hashing
from explorer.evaluation.scratch_library import scratch_generation
from explorer.learning.recommendations import (
    questions,
    recommended,
    recommended_rows,
    scores_of_all,
    top_words,
)
from explorer.learning.ridge import kernel_ridge, ridge
from explorer.learning.sample import sample_of
from explorer.learning.taste import DEFAULTS, Examples, Taste, examples_on, learn, taste_of
from explorer.learning.word_vectors import word_vectors
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.corpus import papers

STAR = DeskChange(star=True)
DISMISS = DeskChange(state=ReadingState.NOT_FOR_ME)


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_of(tmp_path)


@pytest.fixture
def mark(generation: Generation, desk: Desk) -> Callable[[Sequence[int], DeskChange], PaperMarks]:
    def change(rows: Sequence[int], to: DeskChange) -> PaperMarks:
        mark_papers(generation, desk, [generation.records.ids[row] for row in rows], to)
        return marks_of(generation, desk)

    return change


def subject(generation: Generation, index: int) -> list[int]:
    """Return the rows of the ten papers on one subject of the corpus."""
    titles = {paper.title for paper in papers()[10 * index : 10 * index + 10]}
    return [row for row, title in enumerate(generation.records.titles) if title in titles]


def serving(generation: Generation) -> list[int]:
    return subject(generation, 2)


def medical(generation: Generation) -> list[int]:
    return subject(generation, 0)


def learned(generation: Generation, *interests: Examples) -> Taste:
    taste = learn(generation, interests)
    assert taste is not None
    return taste


def test_papers_like_the_stars_rank_first(generation: Generation) -> None:
    rows = serving(generation)
    taste = learned(generation, Examples("", tuple(rows[:3])))
    others = np.setdiff1d(np.arange(generation.size), rows[:3])
    best = taste.best(generation, len(rows) - 3, others)
    assert set(best.rows.tolist()) == set(rows[3:])
    assert (np.diff(best.score) <= 0).all()


def test_scores_are_in_standard_deviations_of_the_library(generation: Generation) -> None:
    stars = tuple(serving(generation)[:3])
    rest = np.setdiff1d(np.arange(generation.size), stars)
    scores = learned(generation, Examples("", stars)).scores(generation, rest).score
    assert scores.mean() == pytest.approx(0, abs=1e-3)
    assert scores.std() == pytest.approx(1, abs=1e-3)


def test_a_dismissal_lowers_papers_like_it(generation: Generation) -> None:
    stars, dismissed = tuple(serving(generation)[:3]), medical(generation)[:1]
    before = learned(generation, Examples("", stars))
    after = learned(generation, Examples("", stars, tuple(dismissed)))
    rest = np.array(medical(generation)[1:])
    lower = after.scores(generation, rest).score - before.scores(generation, rest).score
    assert lower.mean() < -0.05


def test_interests_do_not_average_out(generation: Generation) -> None:
    one, other = serving(generation), medical(generation)
    tags = [Examples("a", tuple(one[:3])), Examples("b", tuple(other[:3]))]
    taste = learned(generation, *tags)
    for index, rows in enumerate((one, other)):
        scores = taste.scores(generation, np.array(rows[3:]))
        assert (scores.interest == index).all()
        alone = learned(generation, tags[index]).scores(generation, np.array(rows[3:])).score
        # The other interest's stars are no negative examples, which is all that changes.
        assert scores.score == pytest.approx(alone, abs=0.6)


def test_an_interest_begins_with_three_stars(
    generation: Generation, mark: Callable[[Sequence[int], DeskChange], PaperMarks]
) -> None:
    rows = serving(generation)
    marks = mark(rows[:2], STAR)
    assert taste_of(generation, marks) is None
    assert recommended(generation, marks) == ()
    assert np.isnan(scores_of_all(generation, marks)).all()
    marks = mark(rows[2:5], replace(STAR, add_tags=("cache",)))
    assert [(one.name, one.stars) for one in examples_on(marks)] == [
        ("", tuple(sorted(rows[:5]))),
        ("cache", tuple(sorted(rows[2:5]))),
    ]
    taste = taste_of(generation, marks)
    assert taste is not None
    assert taste.stars == 5
    assert taste_of(generation, marks) is taste
    # A paper that is starred and dismissed counts as dismissed.
    marks = mark(rows[:1], DISMISS)
    assert examples_on(marks)[0].stars == tuple(sorted(rows[1:5]))
    assert examples_on(marks)[0].dismissed == (rows[0],)


def test_a_library_without_other_papers_has_no_model(generation: Generation) -> None:
    assert learn(generation, [Examples("", tuple(range(generation.size)))]) is None
    assert learn(generation, []) is None


def test_the_same_desk_gives_the_same_scores(generation: Generation) -> None:
    stars = tuple(serving(generation)[:4])
    one, other = (learned(generation, Examples("", stars)) for _ in range(2))
    rows = np.arange(generation.size)
    assert (one.scores(generation, rows).score == other.scores(generation, rows).score).all()


def test_no_paper_is_scored_by_a_model_that_took_it_for_a_negative(generation: Generation) -> None:
    taste = learned(generation, Examples("", tuple(serving(generation)[:3])))
    (interest,) = taste.interests
    row = np.array([serving(generation)[3]])
    vectors = generation.engine.vectors(row)
    words = word_vectors(generation).of(generation, row)
    own = taste.sample.folds_of(row)
    assert own[0] in (0, 1)
    meaning, _, _ = interest.rankings(vectors, words, own)
    assert meaning == pytest.approx(vectors @ interest.meaning[1 - own[0]], abs=1e-5)
    meaning, _, _ = interest.rankings(vectors, words, np.array([-1]))
    assert meaning == pytest.approx(vectors @ interest.meaning.mean(axis=0), abs=1e-5)


def test_in_a_large_library_meaning_chooses_the_candidates(generation: Generation) -> None:
    settings = replace(DEFAULTS, all_words_up_to=10, candidates=12)
    examples = [Examples("", tuple(serving(generation)[:3]))]
    small, large = learn(generation, examples), learn(generation, examples, settings)
    assert small is not None and large is not None
    assert (small.best(generation, 6).rows == large.best(generation, 6).rows).all()
    assert len(large.best(generation, 12).rows) == 12
    everyone = large.scores_of_all(generation)
    best = large.best(generation, 12)
    assert everyone[best.rows] == pytest.approx(best.score)
    assert not np.isnan(everyone).any()


def test_a_sample_is_drawn_from_the_rows_given(generation: Generation) -> None:
    among = np.arange(5, 25)
    sample = sample_of(generation, 10, among)
    assert len(sample.rows) == 10
    assert set(sample.rows.tolist()) <= set(among.tolist())
    assert np.bincount(sample.fold).tolist() == [5, 5]
    assert sample.folds_of(np.array([0, sample.rows[3]])).tolist() == [-1, sample.fold[3]]


@pytest.mark.parametrize("dimension", [3, 40])
def test_ridge_solves_the_weighted_least_squares(dimension: int) -> None:
    draw = np.random.default_rng(3)
    vectors = draw.normal(size=(20, dimension)).astype(np.float32)
    targets = draw.choice([-1, 1], 20).astype(np.float32)
    weights = draw.uniform(0.5, 3, 20).astype(np.float32)
    # With an intercept: a column of ones that is not penalised.
    wide = np.hstack([vectors, np.ones((20, 1))])
    penalties = np.diag([2.0] * dimension + [0.0])
    exact = np.linalg.solve(wide.T * weights @ wide + penalties, wide.T * weights @ targets)
    assert ridge(vectors, targets, weights, 2.0) == pytest.approx(exact[:-1], abs=1e-3)
    shares = kernel_ridge(vectors @ vectors.T, targets, weights, 2.0)
    assert vectors.T @ shares == pytest.approx(exact[:-1], abs=1e-3)


def test_words_are_the_terms_of_the_index_in_any_language(tmp_path: Path) -> None:
    given = [
        Paper(id="1", title="Caching the caches", abstract="The cache of a model."),
        Paper(id="2", title="Model of models", abstract="A model."),
        Paper(id="3", title="神经网络", abstract="神经网络的模型。"),
    ]
    vectors = Hashing(16).embed([paper.text for paper in given])
    generation = scratch_generation(given, vectors, "made up", tmp_path / "generation")
    known = word_vectors(generation)
    words = known.of(generation, np.arange(3))
    assert np.asarray(words.multiply(words).sum(axis=1)).ravel() == pytest.approx(1)
    of_first = dict(zip(known.terms(words[0].indices.astype(np.int64)), words[0].data, strict=True))
    # Three times in one paper of three, against once in two; stop words do not count.
    assert set(of_first) == {"cach", "model"}
    ratio = (1 + np.log(3)) * (1 + np.log(4 / 2)) / (1 + np.log(4 / 3))
    assert of_first["cach"] / of_first["model"] == pytest.approx(ratio, rel=1e-4)
    assert {"神经", "网络"} <= set(known.terms(words[2].indices.astype(np.int64)))
    assert (words[0] @ words[2].T)[0, 0] == 0


def test_recommendations_have_reasons(
    generation: Generation, mark: Callable[[Sequence[int], DeskChange], PaperMarks]
) -> None:
    rows = serving(generation)
    marks = mark(rows[:4], STAR)
    mark(rows[4:5], DeskChange(state=ReadingState.READ))
    marks = mark(rows[5:6], DISMISS)
    best = recommended(generation, marks, k=30, settings=replace(DEFAULTS, floor=-9.0))
    listed = [one.row for one in best]
    assert not set(listed) & set(rows[:6])
    assert listed[0] in rows[6:]
    assert best[0].reason.star in rows[:4]
    assert best[0].reason.words
    text = generation.records[listed[0]].text
    assert all(word in text for word in best[0].reason.words)
    assert best[0].topic in generation.topics_of(listed[0])
    newcomers = np.array(listed[3:6])
    few = recommended(generation, marks, newcomers, settings=replace(DEFAULTS, floor=-9.0))
    assert [one.row for one in few] == listed[3:6]


def test_a_floor_keeps_quiet_days_quiet(
    generation: Generation, mark: Callable[[Sequence[int], DeskChange], PaperMarks]
) -> None:
    marks = mark(serving(generation)[:4], STAR)
    assert recommended(generation, marks, np.array(medical(generation))) == ()
    reaching = np.flatnonzero(scores_of_all(generation, marks) >= DEFAULTS.floor)
    assert set(recommended_rows(generation, marks)) == set(reaching) - set(marks.starred)


def test_top_words_are_those_of_the_stars(generation: Generation) -> None:
    rows = serving(generation)
    taste = learned(generation, Examples("", tuple(rows[:4])))
    words = top_words(generation, taste.interests[0])
    texts = " ".join(generation.records[row].text for row in rows[:4])
    assert 3 < len(words) <= 12
    assert all(word in texts for word in words)


def test_questions_are_the_best_papers_not_judged_yet(
    generation: Generation, mark: Callable[[Sequence[int], DeskChange], PaperMarks], desk: Desk
) -> None:
    rows = serving(generation)
    first = questions(generation, marks_of(generation, desk), 5)
    assert len(set(first)) == 5
    assert questions(generation, marks_of(generation, desk), 5, first[:2])[:3] != first[:3]
    marks = mark(rows[:1], STAR)
    near = questions(generation, marks, 3)
    assert set(near) <= set(rows[1:])
    marks = mark(rows[1:3], STAR)
    assert set(questions(generation, marks, 3)) <= set(rows[3:])
