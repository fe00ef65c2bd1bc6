"""Figures: every paper a point that knows its id, hits numbered, nothing hostile in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.build import Options, build
from explorer.charts import MAP_CONFIG, PALETTE, Highlights, map_figure, shown_level
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
    figure = map_figure(generation, Highlights(hits=(5, 2, 9)), dark=False)
    papers, hits = figure.data
    numbered = dict(zip(hits.text, hits.customdata, strict=True))
    ids = generation.records.ids
    assert numbered == {"1": ids[5], "2": ids[2], "3": ids[9]}
    assert isinstance(papers.marker.color, str)


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


def test_names_keep_off_the_numbers_of_hits(generation: Generation) -> None:
    hits = tuple(range(10))
    figure = map_figure(generation, Highlights(hits=hits), dark=False)
    width = (figure.layout.xaxis.range[1] - figure.layout.xaxis.range[0]) / 820
    height = (figure.layout.yaxis.range[1] - figure.layout.yaxis.range[0]) / 640
    for note in figure.layout.annotations:
        for x, y in generation.positions[list(hits)]:
            beside = abs(note.x - x) >= (7 * len(note.text) + 22) / 2 * width - 1e-4
            assert beside or abs(note.y - y) >= (19 + 22) / 2 * height - 1e-4
