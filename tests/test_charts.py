"""The map: every paper a point that knows its id, hits numbered, nothing hostile on it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.build import Options, build
from explorer.charts import (
    MAP_CONFIG,
    PALETTE,
    Highlights,
    branch_of,
    map_figure,
    score_marks,
    shares_of_best,
    shown_level,
    spots,
    topic_tree,
)
from explorer.generation import Generation
from explorer.library import Library


@pytest.fixture(scope="module")
def generation(hashing_library: Library) -> Generation:
    return hashing_library.open()


@pytest.mark.parametrize("dark", [False, True])
def test_every_paper_is_a_point_with_its_id(generation: Generation, dark: bool) -> None:
    papers = map_figure(generation, Highlights(), dark=dark).data[0]
    assert list(papers.customdata) == list(generation.records.ids)
    assert len(papers.x) == len(papers.y) == len(papers.hovertext) == generation.size


def test_points_have_their_topics_colours(generation: Generation) -> None:
    colours = map_figure(generation, Highlights(), dark=False).data[0].marker.color
    places = generation.memberships[shown_level(generation)]
    assert list(colours) == [PALETTE[place % len(PALETTE)] for place in places]


def test_hits_are_numbered_in_their_order_and_the_rest_goes_grey(generation: Generation) -> None:
    hits = Highlights(hits=(5, 2, 9))
    drawn = spots(generation, hits, dark=False)
    ids = generation.records.ids
    assert [(spot.number, spot.paper) for spot in drawn] == [(1, ids[5]), (2, ids[2]), (3, ids[9])]
    places = np.array([(spot.x, spot.y) for spot in drawn])
    assert np.allclose(places, generation.positions[[5, 2, 9]])
    assert isinstance(map_figure(generation, hits, dark=False).data[0].marker.color, str)


def test_other_hits_leave_the_map_as_it_is(generation: Generation) -> None:
    one, other = (
        map_figure(generation, Highlights(hits, (1.0, 0.5)), dark=True).to_json()
        for hits in ((5, 2), (9, 30))
    )
    assert one == other


@pytest.mark.parametrize("dark", [False, True])
def test_hits_show_their_scores_the_best_furthest_from_the_background(
    generation: Generation, dark: bool
) -> None:
    shares = shares_of_best([0.9, 0.8, 0.5])
    drawn = spots(generation, Highlights(hits=(5, 2, 9), shares=shares), dark=dark)
    lights = [_luminance(spot.disc) for spot in drawn]
    assert lights == sorted(lights, reverse=dark)
    assert len(set(lights)) == 3
    for spot in drawn:
        low, high = sorted((_luminance(spot.disc), _luminance(spot.ink)))
        assert (high + 0.05) / (low + 0.05) > 3


def test_scores_that_are_nearly_one_look_nearly_one() -> None:
    first, near, far = (_luminance(m.disc) for m in score_marks((1.0, 0.99, 0.5), dark=True))
    assert abs(first - near) < 0.1 * abs(first - far)
    alone, also = score_marks((1.0, 0.99), dark=True)
    assert abs(_luminance(alone.disc) - _luminance(also.disc)) < 0.1


def test_shares_are_of_the_best_and_never_below_nothing() -> None:
    assert shares_of_best([2.0, 1.0, -1.0]) == (1.0, 0.5, 0.0)
    assert shares_of_best([0.0, 0.0]) == shares_of_best([]) == ()


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_opened_paper_is_marked(generation: Generation) -> None:
    figure = map_figure(generation, Highlights(hits=(1,), opened=4), dark=True)
    assert list(figure.data[-1].customdata) == [generation.records.ids[4]]


def test_topic_names_do_not_overlap(generation: Generation) -> None:
    figure = map_figure(generation, Highlights(), dark=False)
    width = figure.layout.xaxis.range[1] - figure.layout.xaxis.range[0]
    height = figure.layout.yaxis.range[1] - figure.layout.yaxis.range[0]
    boxes = [
        (note.x, note.y, 7 * len(note.text) * width / 820, 19 * height / 640)
        for note in figure.layout.annotations
    ]
    assert boxes
    for i, (x, y, w, h) in enumerate(boxes):
        for other_x, other_y, other_w, other_h in boxes[:i]:
            apart_x = abs(x - other_x) >= (w + other_w) / 2 - 1e-6
            assert apart_x or abs(y - other_y) >= (h + other_h) / 2 - 1e-6


def test_dragging_pans_because_selection_modes_swallow_clicks(generation: Generation) -> None:
    assert map_figure(generation, Highlights(), dark=False).layout.dragmode == "pan"
    assert MAP_CONFIG["scrollZoom"] is True


def test_the_viewport_outlives_a_new_query_but_not_a_new_map(generation: Generation) -> None:
    plain = map_figure(generation, Highlights(), dark=False)
    searched = map_figure(generation, Highlights(hits=(1, 2)), dark=False)
    assert plain.layout.uirevision == searched.layout.uirevision
    assert plain.layout.xaxis.range == searched.layout.xaxis.range


def test_titles_from_digests_never_become_markup(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script> & <b>bold</b> claims about <a href="//evil">maps</a>'
    digest = tmp_path / "hostile.jsonl"
    digest.write_text(json.dumps({"title": hostile, "abstract": hostile}), encoding="utf-8")
    library = Library(tmp_path / "library")
    build(library, [digest], Options(model="hashing"))
    figure = map_figure(library.open(), Highlights(hits=(0,), opened=0), dark=False)
    for trace in figure.data:
        text = trace.hovertext[0].replace("<b>", "").replace("</b>", "").replace("<br>", "")
        assert "<" not in text
        assert "&lt;script&gt;" in text


def test_a_chosen_topic_keeps_its_colours_and_the_rest_goes_grey(generation: Generation) -> None:
    colours = map_figure(generation, Highlights(focus=(3, 4)), dark=False).data[0].marker.color
    plain = map_figure(generation, Highlights(), dark=False).data[0].marker.color
    assert [i for i, (a, b) in enumerate(zip(colours, plain, strict=True)) if a == b] == [3, 4]
    assert len(set(colours) - {plain[3], plain[4]}) == 1


def test_a_topic_is_framed_without_its_stragglers(generation: Generation) -> None:
    whole = map_figure(generation, Highlights(), dark=False).layout
    for topic in generation.topics.values():
        layout = map_figure(generation, Highlights(topic=topic.id), dark=False).layout
        spots = generation.positions[generation.members(topic)]
        inside = np.ones(len(spots), dtype=bool)
        for column, axis in enumerate((layout.xaxis, layout.yaxis)):
            low, high = axis.range
            inside &= (spots[:, column] > low) & (spots[:, column] < high)
        assert inside.mean() >= 0.9
        assert np.ptp(layout.xaxis.range) < np.ptp(whole.xaxis.range)


def test_the_map_is_framed_anew_for_another_topic_and_for_nothing_else(
    generation: Generation,
) -> None:
    first, second = generation.levels[0][:2]
    layouts = [
        map_figure(generation, highlights, dark=False).layout
        for highlights in (
            Highlights(topic=first.id),
            Highlights(topic=first.id, focus=(1,)),
            Highlights(topic=first.id, hits=(1, 2), opened=3),
            Highlights(topic=second.id),
            Highlights(),
        )
    ]
    revisions = [layout.uirevision for layout in layouts]
    assert revisions[0] == revisions[1] == revisions[2]
    assert len(set(revisions[2:])) == 3
    assert layouts[0].xaxis.range == layouts[2].xaxis.range


def test_a_framed_topic_shows_the_names_of_its_subtopics(generation: Generation) -> None:
    branch = next(branch for branch in topic_tree(generation) if branch.below)
    layout = map_figure(generation, Highlights(topic=branch.topic.id), dark=False).layout
    shown = {note.text for note in layout.annotations}
    assert {finer.topic.label for finer in branch.below} <= shown


def test_a_topic_that_goes_on_undivided_stands_in_the_tree_once(generation: Generation) -> None:
    coarse = generation.levels[0][0]
    again = replace(coarse, id="again", level=1, parent=coarse.id)
    finer = tuple(topic for topic in generation.levels[1] if topic.parent != coarse.id)
    undivided = replace(generation, levels=(generation.levels[0], (*finer, again)))
    tree = topic_tree(undivided)
    standing = [branch.topic for branch in tree]
    assert len(standing) == len(generation.levels[0])
    assert branch_of(undivided, coarse) is branch_of(undivided, again)
    assert branch_of(undivided, again).below == ()
    assert [topic.label for topic in standing].count(coarse.label) == 1


def test_hostile_names_of_topics_never_become_markup_on_the_map(generation: Generation) -> None:
    hostile = '<a href="//evil">x</a><script>alert(1)</script>'
    levels = tuple(
        tuple(replace(topic, label=hostile, keywords=(hostile,)) for topic in level)
        for level in generation.levels
    )
    named = replace(generation, levels=levels)
    notes = map_figure(named, Highlights(topic="t1"), dark=False).layout.annotations
    texts = [note.text for note in notes]
    assert any("evil" in text for text in texts)
    for text in texts:
        kept = text.replace("<br>", "").replace("<b>", "").replace("</b>", "")
        assert "<" not in kept


def test_newcomers_stand_out_over_the_rest_in_grey_and_every_topic_keeps_its_name(
    generation: Generation,
) -> None:
    rows = tuple(range(0, generation.size, 3))
    plain = map_figure(generation, Highlights(), dark=False)
    figure = map_figure(generation, Highlights(newcomers=rows), dark=False)
    papers, newcomers = figure.data
    assert isinstance(papers.marker.color, str)
    assert set(newcomers.customdata) == {generation.records.ids[row] for row in rows}
    colours = dict(zip(plain.data[0].customdata, plain.data[0].marker.color, strict=True))
    assert list(newcomers.marker.color) == [colours[paper] for paper in newcomers.customdata]
    assert newcomers.marker.size > papers.marker.size
    shown = [{note.text for note in drawn.layout.annotations} for drawn in (plain, figure)]
    assert shown[0] == shown[1]
