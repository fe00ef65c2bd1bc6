"""Figures of topics: each paper counted once a ring, each period shown, nothing hostile in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.insights.topic_tree import node_of, shown_level
from explorer.insights.trends import trends
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.charts import sunburst_figure, trend_figure
from explorer.map.colouring import topic_colour
from explorer.map.palette import PALETTE


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def test_each_paper_counts_once_on_each_ring(generation: Generation) -> None:
    rings = sunburst_figure(generation, dark=False).data[0]
    sizes = dict(zip(rings.ids, rings.values, strict=True))
    inner, *outer = rings.ids
    assert sizes[inner] == generation.size
    assert set(outer) <= set(generation.topics)
    below: dict[str, int] = {}
    for sector, parent in zip(rings.ids, rings.parents, strict=True):
        below[parent] = below.get(parent, 0) + sizes[sector]
    assert all(below[parent] == sizes[parent] for parent in below if parent)


def test_sectors_have_the_colours_of_the_map(generation: Generation) -> None:
    rings = sunburst_figure(generation, dark=False).data[0]
    fills = dict(zip(rings.ids, rings.marker.colors, strict=True))
    points = [topic_colour(generation, row) for row in range(generation.size)]
    shown = generation.levels[shown_level(generation)]
    assert len(shown) >= 2
    for topic in shown:
        colours = {points[row] for row in generation.members(topic)}
        assert colours == {fills[node_of(generation, topic).topic.id]}


def test_a_trend_shows_each_period_beside_the_library(generation: Generation) -> None:
    counted = trends(generation)
    topic = generation.levels[0][0]
    bars, line = trend_figure(counted, topic, PALETTE[0], dark=True).data
    assert tuple(bars.y) == counted.of[topic.id].counts
    assert sum(line.y) == pytest.approx(sum(bars.y))
    assert len(line.y) == len(counted.periods)


def test_hostile_names_of_topics_never_become_markup_on_the_rings(generation: Generation) -> None:
    hostile = '<a href="//evil">x</a><script>alert(1)</script>'
    levels = tuple(
        tuple(replace(topic, label=hostile, keywords=(hostile,)) for topic in level)
        for level in generation.levels
    )
    named = replace(generation, levels=levels)
    rings = sunburst_figure(named, dark=False).data[0]
    texts = [*rings.labels, *rings.text, *rings.hovertext]
    assert any("evil" in text for text in texts)
    for text in texts:
        kept = text.replace("<br>", "").replace("<b>", "").replace("</b>", "")
        assert "<" not in kept
