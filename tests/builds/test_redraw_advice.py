"""Fit of a map to a library that has grown, and the advice to redraw it."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from explorer.arrays import Labels, Positions
from explorer.builds.redraw_advice import MapFit, measure_fit
from explorer.index.engines import load_engine
from explorer.index.knn_graph import NeighbourGraph, build_graph
from explorer.map.layout import draw, place
from explorer.settings import GraphSettings, MapSettings, TopicSettings
from explorer.topics.communities import edges_of, partition
from tests.topics.test_communities import planted

COUNT = 120


class Case:
    """Four planted subjects, drawn and cut into topics."""

    def __init__(self, count: int = COUNT) -> None:
        vectors, self.own = planted([count // 4] * 4)
        self.graph: NeighbourGraph = build_graph(
            load_engine("exact").build(vectors), GraphSettings()
        )
        self.edges = edges_of(self.graph, TopicSettings())
        self.positions: Positions = draw(self.graph, vectors, MapSettings())
        self.finest: Labels = partition(self.edges, TopicSettings())[-1]

    def fit(
        self,
        newcomers: int = 0,
        positions: Positions | None = None,
        finest: Labels | None = None,
        then: float | None = None,
    ) -> MapFit:
        rows = np.arange(newcomers, dtype=np.int64)
        spots = self.positions if positions is None else positions
        labels = self.finest if finest is None else finest
        return measure_fit(self.graph, self.edges, spots, labels, rows, then)


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


def scattered(positions: Positions, rows: int) -> Positions:
    """Return ``positions`` with the first papers anywhere on the map."""
    moved = positions.copy()
    moved[:rows] = np.random.default_rng(0).uniform(-15, 15, size=(rows, 2))
    return moved


def test_a_map_that_was_just_drawn_fits(case: Case) -> None:
    fit = case.fit()
    assert (fit.newcomers, fit.newcomers_keep, fit.redraw) == (0.0, 0.0, "")
    assert fit.modularity == fit.modularity_then > 0.3
    assert 0.3 < fit.drawn_keep <= 1.0


@pytest.mark.parametrize("newcomers", [3, 11, 50])
def test_newcomers_that_are_placed_well_need_no_redraw(case: Case, newcomers: int) -> None:
    start = case.positions.copy()
    start[:newcomers] = np.nan
    placed = place(case.graph, start, MapSettings())
    fit = case.fit(newcomers, placed)
    assert fit.newcomers == pytest.approx(newcomers / COUNT, abs=1e-4)
    assert fit.newcomers_keep > 0.5 * fit.drawn_keep
    assert fit.redraw == ""


def test_newcomers_far_from_their_neighbours_need_a_redraw_once_they_are_a_tenth(
    case: Case,
) -> None:
    few, more = (
        case.fit(11, scattered(case.positions, 11)),
        case.fit(12, scattered(case.positions, 12)),
    )
    assert few.redraw == ""
    assert "neighbours" in more.redraw
    assert more.newcomers_keep < 0.5 * more.drawn_keep


def test_a_map_of_which_half_came_later_needs_a_redraw_in_any_case(case: Case) -> None:
    assert case.fit(COUNT // 2 - 1).redraw == ""
    assert "50%" in case.fit(COUNT // 2).redraw
    everyone = case.fit(COUNT)
    assert (everyone.newcomers, everyone.drawn_keep) == (1.0, 0.0)
    assert everyone.redraw


def test_topics_that_are_less_cohesive_than_before_need_a_redraw(case: Case) -> None:
    now = case.fit().modularity
    assert case.fit(20, then=now / 0.95).redraw == ""
    loose = case.fit(20, then=now / 0.85)
    assert "topics" in loose.redraw
    assert loose.modularity_then == pytest.approx(now / 0.85, abs=1e-3)
    assert case.fit(5, then=now / 0.85).redraw == ""
    mixed = np.arange(COUNT, dtype=np.int32) % 4
    assert case.fit(20, finest=mixed, then=now).redraw


@pytest.mark.parametrize("count", [4, 8, 16])
def test_small_libraries_are_measured_in_finite_figures(count: int) -> None:
    small = Case(count)
    for newcomers in {0, 1, count}:
        fit = small.fit(newcomers)
        assert json.loads(json.dumps(asdict(fit), allow_nan=False)) == asdict(fit)
        assert 0.0 <= fit.newcomers <= 1.0
        assert 0.0 <= fit.drawn_keep <= 1.0
        assert 0.0 <= fit.newcomers_keep <= 1.0
        assert -0.5 <= fit.modularity <= 1.0


def test_a_single_paper_fits() -> None:
    graph = build_graph(
        load_engine("exact").build(np.eye(4, dtype=np.float32)[:1]), GraphSettings()
    )
    edges = edges_of(graph, TopicSettings())
    spot, topic = np.zeros((1, 2), dtype=np.float32), np.zeros(1, dtype=np.int32)
    for newcomers in ([], [0]):
        fit = measure_fit(graph, edges, spot, topic, np.array(newcomers, dtype=np.int64))
        assert (fit.drawn_keep, fit.newcomers_keep, fit.modularity) == (0.0, 0.0, 0.0)


def test_where_all_neighbours_are_the_nearest_on_the_map_all_are_kept() -> None:
    # Papers on an arc, their map the arc itself.
    angles = 1.5 * np.linspace(0, 1, 40) ** 1.1  # no two of them are as near to a third
    arc = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    graph = build_graph(load_engine("exact").build(arc), GraphSettings())
    fit = measure_fit(
        graph,
        edges_of(graph, TopicSettings()),
        10 * arc,
        np.zeros(40, dtype=np.int32),
        np.arange(10, dtype=np.int64),
    )
    assert fit.drawn_keep > 0.95
    assert fit.newcomers_keep > 0.95
