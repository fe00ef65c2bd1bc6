"""Colours of scores."""

from __future__ import annotations

from explorer.map.palette import badge_colours, shares_of_best
from tests.helpers.colour import luminance


def test_scores_that_are_nearly_one_look_nearly_one() -> None:
    first, near, far = (luminance(m.background) for m in badge_colours((1.0, 0.99, 0.5), dark=True))
    assert abs(first - near) < 0.1 * abs(first - far)
    alone, also = badge_colours((1.0, 0.99), dark=True)
    assert abs(luminance(alone.background) - luminance(also.background)) < 0.1


def test_shares_are_of_the_best_and_never_below_nothing() -> None:
    assert shares_of_best([2.0, 1.0, -1.0]) == (1.0, 0.5, 0.0)
    assert shares_of_best([0.0, 0.0]) == shares_of_best([]) == ()
