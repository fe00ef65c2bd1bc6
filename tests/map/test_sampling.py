"""Zooming: every paper comes into view, none twice, the same view shows the same papers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.map.sampling import Sampler, Viewport, contours

PAPERS = 75_000
MOST = 5_000
EVERYWHERE = Viewport(-1000.0, -1000.0, 1000.0, 1000.0)


@pytest.fixture(scope="module")
def places() -> NDArray[np.float32]:
    """Clusters of very different density, some papers on one spot."""
    chance = np.random.default_rng(5)
    middles = chance.normal(scale=20.0, size=(60, 2))
    spread = chance.gamma(1.0, 1.0, size=60)
    of = chance.integers(60, size=PAPERS)
    spots = middles[of] + chance.normal(size=(PAPERS, 2)) * spread[of, None]
    spots[:40] = spots[0]
    return spots.astype(np.float32)


@pytest.fixture(scope="module")
def detail(places: NDArray[np.float32]) -> Sampler:
    return Sampler(places, np.random.default_rng(6).random(PAPERS).astype(np.float32))


def _inside(places: NDArray[np.float32], view: Viewport) -> NDArray[np.bool_]:
    x, y = places.T
    inside: NDArray[np.bool_] = (
        (x >= view.left) & (x <= view.right) & (y >= view.bottom) & (y <= view.top)
    )
    return inside


def _quarters(view: Viewport) -> list[Viewport]:
    x, y = (view.left + view.right) / 2, (view.bottom + view.top) / 2
    return [
        Viewport(view.left, view.bottom, x, y),
        Viewport(x, view.bottom, view.right, y),
        Viewport(view.left, y, x, view.top),
        Viewport(x, y, view.right, view.top),
    ]


def test_every_paper_is_reached_by_zooming(detail: Sampler, places: NDArray[np.float32]) -> None:
    reached = np.zeros(PAPERS, dtype=bool)
    views = [Viewport(*places.min(axis=0).tolist(), *places.max(axis=0).tolist())]
    looked = 0
    while views:
        view = views.pop()
        shown = detail.rows_in(view, MOST)
        assert len(np.unique(shown.rows)) == len(shown.rows) <= MOST
        inside = _inside(places, view)
        assert shown.inside == inside.sum()
        assert inside[shown.rows].all()
        assert shown.whole == (shown.inside <= MOST)
        reached[shown.rows] = True
        looked += 1
        if shown.whole:
            assert len(shown.rows) == shown.inside
        else:
            views += _quarters(view)
    assert reached.all()
    assert looked > 4


def test_a_closer_view_keeps_the_papers_of_a_wider_one(
    detail: Sampler, places: NDArray[np.float32]
) -> None:
    wide = Viewport(-40.0, -40.0, 40.0, 40.0)
    shown = detail.rows_in(wide, MOST).rows
    for closer in _quarters(wide):
        kept = shown[_inside(places, closer)[shown]]
        assert np.isin(kept, detail.rows_in(closer, MOST).rows).all()


def test_the_same_view_shows_the_same_papers_whatever_was_looked_at_before(
    places: NDArray[np.float32],
) -> None:
    weights = np.random.default_rng(6).random(PAPERS).astype(np.float32)
    one, other = Sampler(places, weights), Sampler(places, weights)
    view = Viewport(-3.0, -8.0, 9.0, 4.0)
    other.rows_in(EVERYWHERE, 10)
    assert np.array_equal(one.rows_in(view, 700).rows, other.rows_in(view, 700).rows)


def test_papers_that_are_drawn_first_are_spread_better_than_by_chance(
    detail: Sampler, places: NDArray[np.float32]
) -> None:
    def squares(rows: NDArray[np.int64]) -> int:
        return len(np.unique(np.floor(places[rows] / 4.0), axis=0))

    by_chance = np.random.default_rng(1).permutation(PAPERS)
    for most in (300, 2000):
        assert squares(detail.order[:most]) > 1.2 * squares(by_chance[:most])


def test_heavier_papers_come_first(places: NDArray[np.float32]) -> None:
    weights = np.zeros(PAPERS, dtype=np.float32)
    telling = np.random.default_rng(2).choice(PAPERS, 2_000, replace=False)
    weights[telling] = 1.0
    first = Sampler(places, weights).order[:500]
    assert weights[first].mean() > 5 * weights.mean()


def test_wanted_papers_alone_are_shown_and_all_are_counted(
    detail: Sampler, places: NDArray[np.float32]
) -> None:
    wanted = np.arange(PAPERS) % 50 == 0
    view = Viewport(-20.0, -20.0, 20.0, 20.0)
    shown = detail.rows_in(view, MOST, wanted)
    assert set(shown.rows) == set(np.flatnonzero(wanted & _inside(places, view)))
    assert shown.inside == _inside(places, view).sum()


def test_papers_beside_the_view_come_after_those_in_it(
    detail: Sampler, places: NDArray[np.float32]
) -> None:
    view = Viewport(0.0, 0.0, 2.0, 2.0)
    around = view.widened(0.5)
    shown = detail.rows_in(view, MOST, spare=100, around=around)
    inside = _inside(places, view)
    split = int(inside[shown.rows].sum())
    assert inside[shown.rows[:split]].all()
    beside = shown.rows[split:]
    assert 0 < len(beside) <= 100
    assert _inside(places, around)[beside].all()


def test_the_density_counts_every_paper_once(detail: Sampler, places: NDArray[np.float32]) -> None:
    colours = (np.arange(PAPERS) % 3).astype(np.uint8)
    colours[_inside(places, Viewport(0.0, 0.0, 5.0, 5.0))] = 7
    for view in (EVERYWHERE, Viewport(0.5, 0.5, 4.5, 4.5), Viewport(500.0, 500.0, 501.0, 501.0)):
        density = detail.density(view, 30, 20, colours)
        assert density.counts.shape == density.colours.shape == (20, 30)
        assert density.counts.sum() == _inside(places, view).sum()
        assert ((density.colours == 255) == (density.counts == 0)).all()
    near = detail.density(Viewport(0.5, 0.5, 4.5, 4.5), 30, 20, colours)
    assert set(np.unique(near.colours)) <= {7, 255}
    none = detail.density(EVERYWHERE, 30, 20, np.full(PAPERS, 255, dtype=np.uint8))
    assert (none.colours == 255).all()


def test_contours_lie_within_the_view_and_rise(detail: Sampler) -> None:
    view = Viewport(-60.0, -60.0, 60.0, 60.0)
    density = detail.density(view, 120, 90, np.zeros(PAPERS, dtype=np.uint8))
    lines = contours(density, 4, view)
    assert {level for level, _ in lines} == {0, 1, 2, 3}
    for _, line in lines:
        assert line.shape[1] == 2
        assert ((line >= 0) & (line <= 1)).all()
    away = Viewport(900.0, 900.0, 901.0, 901.0)
    nothing = detail.density(away, 12, 9, np.zeros(PAPERS, np.uint8))
    assert contours(nothing, 4, away) == []


@pytest.mark.parametrize("papers", [60, 1_000])
def test_contours_of_one_group_of_papers_are_round_at_any_zoom(papers: int) -> None:
    view = Viewport(0.0, 0.0, 2.0, 1.0)
    spots = np.random.default_rng(0).normal((1.0, 0.5), 0.06, (papers, 2)).astype(np.float32)
    few = Sampler(spots, np.ones(papers, dtype=np.float32))
    density = few.density(view, 120, 90, np.zeros(papers, dtype=np.uint8))
    lines = contours(density, 4, view)
    assert len(lines) <= 8
    for _, line in lines:
        steps = np.diff(line * (2.0, 1.0), axis=0)
        turns = np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])))
        assert np.abs(turns).sum() < 4 * np.pi


@pytest.mark.parametrize("papers", [0, 1, 2, 50])
def test_papers_on_one_spot_are_all_there(papers: int) -> None:
    detail = Sampler(np.ones((papers, 2), dtype=np.float32), np.ones(papers, dtype=np.float32))
    assert sorted(detail.order) == list(range(papers))
    shown = detail.rows_in(EVERYWHERE, 100)
    assert (len(shown.rows), shown.inside, shown.whole) == (papers, papers, True)
