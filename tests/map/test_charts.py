"""Charts of topics: each topic one point, each period shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.insights.topic_tree import node_of, shown_level
from explorer.insights.trends import trends
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.charts import growth_points, trend_figure
from explorer.map.colouring import topic_colour
from explorer.map.palette import PALETTE
from explorer.papers.table import PaperTable


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def test_each_topic_is_one_point_in_the_colour_of_the_map(generation: Generation) -> None:
    counted = trends(generation)
    points = {point.id: point for point in growth_points(generation, counted)}
    nodes = {node_of(generation, topic).topic for topic in generation.topics.values()}
    assert set(points) == {topic.id for topic in nodes}
    for topic in nodes:
        point = points[topic.id]
        assert (point.label, point.papers) == (topic.label, topic.size)
        assert point.growth == counted.of[topic.id].growth
        if topic.level >= shown_level(generation):
            rows = generation.members(topic)
            assert {topic_colour(generation, int(row)) for row in rows} == {point.colour}


def test_topics_of_unknown_growth_are_no_points(generation: Generation) -> None:
    undated = PaperTable.from_papers(
        replace(paper, date="", arxiv="", sources=()) for paper in generation.records
    )
    bare = replace(generation, records=undated)
    assert growth_points(bare, trends(bare)) == []


def test_a_trend_shows_each_period_beside_the_library(generation: Generation) -> None:
    counted = trends(generation)
    topic = generation.levels[0][0]
    bars, line = trend_figure(counted, topic, PALETTE[0], dark=True).data
    assert tuple(bars.y) == counted.of[topic.id].counts
    assert sum(line.y) == pytest.approx(sum(bars.y))
    assert len(line.y) == len(counted.periods)
