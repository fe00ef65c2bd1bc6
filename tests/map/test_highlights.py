"""What is laid over the map: hits where their papers lie, in the colours of their scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.highlights import Highlights, badges, frame_of, home_frame
from explorer.map.palette import shares_of_best
from tests.helpers.colour import luminance


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def test_hits_are_numbered_in_their_order_where_their_papers_lie(generation: Generation) -> None:
    hits = Highlights(hits=(5, 2, 9))
    drawn = badges(generation, hits, dark=False)
    assert [(spot.number, spot.row) for spot in drawn] == [(1, 5), (2, 2), (3, 9)]
    places = np.array([(spot.x, spot.y) for spot in drawn])
    assert np.allclose(places, generation.positions[[5, 2, 9]])


@pytest.mark.parametrize("dark", [False, True])
def test_hits_show_their_scores_the_best_furthest_from_the_background(
    generation: Generation, dark: bool
) -> None:
    shares = shares_of_best([0.9, 0.8, 0.5])
    drawn = badges(generation, Highlights(hits=(5, 2, 9), shares=shares), dark=dark)
    lights = [luminance(spot.background) for spot in drawn]
    assert lights == sorted(lights, reverse=dark)
    assert len(set(lights)) == 3
    for spot in drawn:
        low, high = sorted((luminance(spot.background), luminance(spot.text)))
        assert (high + 0.05) / (low + 0.05) > 3


def test_a_topic_is_framed_without_its_stragglers(generation: Generation) -> None:
    whole_low, whole_high = home_frame(generation)
    assert len(generation.topics) >= 4
    for topic in generation.topics.values():
        low, high = frame_of(generation, topic.id)
        places = generation.positions[generation.members(topic)]
        inside = np.all((places > low) & (places < high), axis=1)
        assert inside.mean() >= 0.9
        assert high[0] - low[0] < whole_high[0] - whole_low[0]
        ratio = (high - low) / (whole_high - whole_low)
        assert ratio[0] == pytest.approx(ratio[1])


def test_few_papers_far_out_do_not_make_the_map_small(generation: Generation) -> None:
    many = np.tile(generation.positions, (30, 1)).copy()
    many[0] = many.max(axis=0) + 100 * np.ptp(many, axis=0)
    low, high = home_frame(replace(generation, positions=many))
    usual = np.ptp(generation.positions, axis=0)
    assert np.all(high - low < 2 * usual + 2)


def test_an_empty_map_has_a_frame_nonetheless(generation: Generation) -> None:
    nothing = replace(generation, positions=np.empty((0, 2), dtype=np.float32))
    low, high = home_frame(nothing)
    assert np.all(low < high)
