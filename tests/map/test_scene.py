"""What the browser gets of the map: a screenful, the same for the same view."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.builds.build import BuildOptions, build
from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.colouring import ColourBy
from explorer.map.highlights import Highlights
from explorer.map.sampling import Viewport
from explorer.map.scene import MOST_DRAWN, SceneRequest, home_view, scene, topic_view, unpacked


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def test_a_small_library_is_drawn_as_a_whole(generation: Generation) -> None:
    header, arrays = unpacked(scene(generation, SceneRequest(), Highlights()))
    assert sorted(arrays["row"]) == list(range(generation.size))
    assert header["complete"] and header["papersInView"] == header["papers"] == generation.size
    titles = header["titles"].split("\n")
    for place, row in enumerate(arrays["row"].tolist()):
        assert titles[place] == generation.records[row].readable_title
        assert arrays["year"][place] == generation.records.years[row]
        label = header["topics"][arrays["topic"][place]]
        assert label == generation.topics_of(row)[-1].label


def test_points_lie_where_their_papers_do(generation: Generation) -> None:
    header, arrays = unpacked(scene(generation, SceneRequest(), Highlights()))
    left, bottom, right, top = header["extent"]
    x = left + (right - left) * arrays["x"] / 65535.0
    y = bottom + (top - bottom) * arrays["y"] / 65535.0
    exact = generation.positions[arrays["row"]]
    assert np.abs(np.stack([x, y], axis=1) - exact).max() < (right - left) / 30_000


def test_the_same_look_makes_the_same_scene(crowd: Generation) -> None:
    look = SceneRequest(Viewport(-1.0, -1.0, 6.0, 6.0), ColourBy.YEAR)
    assert scene(crowd, look, Highlights()) == scene(crowd, look, Highlights())


def test_a_crowd_is_sampled_over_its_density(crowd: Generation) -> None:
    packed = scene(crowd, SceneRequest(), Highlights())
    header, arrays = unpacked(packed)
    assert not header["complete"]
    assert header["papersInView"] > MOST_DRAWN > len(arrays["row"])
    cells = header["density"]["columns"] * header["density"]["rows"]
    assert len(arrays["cellOpacity"]) == len(arrays["cellColour"]) == cells
    assert arrays["cellOpacity"].any()
    assert header["contours"]
    assert len(packed) < 300_000


def test_chosen_papers_are_drawn_before_others(crowd: Generation) -> None:
    chosen = tuple(range(7, crowd.size, 97))
    header, arrays = unpacked(scene(crowd, SceneRequest(), Highlights(focus=chosen)))
    assert header["focused"]
    drawn = arrays["row"][arrays["focus"] == 1]
    assert set(drawn.tolist()) <= set(chosen)
    assert len(drawn) > 0.95 * len(chosen)
    assert len(arrays["row"]) > 2 * len(drawn)


def test_a_period_is_drawn_before_others(generation: Generation) -> None:
    header, arrays = unpacked(scene(generation, SceneRequest(), Highlights()))
    assert sum(header["papersPerPeriod"]) == np.count_nonzero(arrays["period"] != 255)
    for place, papers in enumerate(header["papersPerPeriod"]):
        assert np.count_nonzero(arrays["period"] == place) == papers


def test_names_are_those_of_topics_in_sight_the_shown_level_first(generation: Generation) -> None:
    header, _ = unpacked(scene(generation, SceneRequest(), Highlights()))
    names = header["topicNames"]
    assert {name["id"] for name in names} <= set(generation.topics)
    levels = [name["level"] for name in names]
    assert levels == sorted(levels)
    assert {name["label"] for name in names if name["level"] <= shown_level(generation)} == {
        topic.label for topic in generation.levels[shown_level(generation)]
    }
    topic = generation.levels[shown_level(generation)][0]
    near, _ = unpacked(
        scene(generation, SceneRequest(topic_view(generation, topic.id)), Highlights())
    )
    assert topic.label in {name["label"] for name in near["topicNames"]}
    far = Viewport(900.0, 900.0, 901.0, 901.0)
    empty, arrays = unpacked(scene(generation, SceneRequest(far), Highlights()))
    assert empty["topicNames"] == [] and len(arrays["row"]) == 0


def test_a_name_lies_in_the_middle_of_its_papers(crowd: Generation) -> None:
    header, _ = unpacked(scene(crowd, SceneRequest(), Highlights()))
    assert header["topicNames"]
    for name in header["topicNames"]:
        topic = crowd.topics[name["id"]]
        place = crowd.levels[topic.level].index(topic)
        rows = np.flatnonzero(crowd.memberships[topic.level] == place)
        assert np.array_equal(crowd.members(topic), rows)
        spots = crowd.positions[rows]
        middle = np.median(spots, axis=0)
        assert [name["x"], name["y"]] == pytest.approx(middle, abs=1e-3)
        distances = np.linalg.norm(spots - middle, axis=1)
        assert name["radius"] == pytest.approx(np.quantile(distances, 0.7), abs=1e-3)


ELSEWHERE = frozenset({ColourBy.FOR_YOU, ColourBy.COLLECTION})
"""Colourings of libraries with stars or with collections, which this one has not."""


@pytest.mark.parametrize("by", [by for by in ColourBy if by not in ELSEWHERE])
@pytest.mark.parametrize("dark", [False, True])
def test_every_point_has_a_colour(generation: Generation, by: ColourBy, dark: bool) -> None:
    query = generation.engine.vectors(np.array([3]))[0]
    header, arrays = unpacked(
        scene(generation, SceneRequest(by=by, dark=dark), Highlights(query=query))
    )
    assert header["colourBy"] == by
    assert set(header["colourings"]) == {*ColourBy} - ELSEWHERE
    assert arrays["colour"].max() < len(header["palette"])
    counts = [key["papers"] for key in header["legend"]]
    assert counts == [None] * 8 if by is ColourBy.SCORE else sum(counts) == generation.size


def test_scores_colour_the_papers_nearest_to_the_query_most(generation: Generation) -> None:
    query = generation.engine.vectors(np.array([3]))[0]
    _, arrays = unpacked(
        scene(generation, SceneRequest(by=ColourBy.SCORE), Highlights(query=query))
    )
    of = dict(zip(arrays["row"].tolist(), arrays["colour"].tolist(), strict=True))
    assert of[3] == max(of.values())
    whole, _ = unpacked(scene(generation, SceneRequest(by=ColourBy.SCORE), Highlights(query=query)))
    home = home_view(generation)
    corner = Viewport(home.left, home.bottom, home.left / 2 + home.right / 2, home.top)
    part, _ = unpacked(
        scene(generation, SceneRequest(corner, ColourBy.SCORE), Highlights(query=query))
    )
    assert [key["label"] for key in part["legend"]] == [key["label"] for key in whole["legend"]]
    plain, _ = unpacked(scene(generation, SceneRequest(by=ColourBy.SCORE), Highlights()))
    assert plain["colourBy"] == ColourBy.TOPIC and ColourBy.SCORE not in plain["colourings"]


def test_titles_with_line_breaks_stay_with_their_papers(tmp_path: Path) -> None:
    digest = tmp_path / "digest.jsonl"
    papers = [
        {"title": "Two\nlines\u2028and more", "abstract": "About lines that break in titles."},
        {"title": "One line", "abstract": "About lines that do not."},
    ]
    digest.write_text("\n".join(map(json.dumps, papers)), encoding="utf-8")
    library = LibraryStore(tmp_path / "library")
    build(library, [digest], BuildOptions(model="hashing"))
    header, arrays = unpacked(scene(library.open(), SceneRequest(), Highlights()))
    assert len(header["titles"].split("\n")) == len(arrays["row"]) == 2
