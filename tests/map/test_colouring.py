"""What colours tell, and that a legend's entry finds the papers it counts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from explorer.insights.topic_tree import shown_level
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.colouring import (
    ColourBy,
    Colouring,
    LegendEntry,
    colouring,
    informative_colourings,
)
from explorer.map.palette import DARK, LIGHT
from explorer.papers.paper import Source
from explorer.papers.table import PaperTable
from explorer.search.filters import Filters, allowed_rows
from explorer.search.queries.syntax import parse
from tests.helpers.colour import luminance

KINDS = [ColourBy.TOPIC, ColourBy.YEAR, ColourBy.SOURCE, ColourBy.NOVELTY]


@pytest.fixture(scope="module")
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


def _coloured(
    generation: Generation, by: ColourBy, *, dark: bool = False, safe: bool = False
) -> Colouring:
    return colouring(generation, by, dark=dark, safe=safe, level=shown_level(generation))


def _papers(key: LegendEntry) -> int:
    assert key.papers is not None
    return key.papers


@pytest.mark.parametrize("by", KINDS)
@pytest.mark.parametrize("safe", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_every_paper_has_a_colour_that_is_seen(
    generation: Generation, by: ColourBy, safe: bool, dark: bool
) -> None:
    colours = _coloured(generation, by, dark=dark, safe=safe)
    assert colours.of.shape == (generation.size,)
    assert colours.of.max() < len(colours.palette) <= 64
    assert sum(_papers(key) for key in colours.legend) == generation.size
    background = luminance((DARK if dark else LIGHT).background)
    for key in colours.legend:
        if key.clause or by is ColourBy.NOVELTY:
            low, high = sorted((luminance(colours.palette[key.colour]), background))
            assert (high + 0.05) / (low + 0.05) > 1.4


@pytest.mark.parametrize("by", KINDS)
def test_an_entry_of_the_legend_finds_the_papers_that_it_counts(
    generation: Generation, by: ColourBy
) -> None:
    colours = _coloured(generation, by)
    for key in colours.legend:
        coloured = np.flatnonzero(colours.of == key.colour)
        assert len(coloured) == key.papers
        if key.clause:
            clauses = parse(key.clause).clauses
            assert len(clauses) == 1
            passing = allowed_rows(generation, Filters(clauses=clauses))
            assert passing is not None
            if by is ColourBy.SOURCE:
                assert set(coloured) <= set(passing)
            else:
                assert set(coloured) == set(passing)


def test_years_are_in_few_spans_without_gaps_or_overlaps(generation: Generation) -> None:
    chance = np.random.default_rng(0)
    years = np.concatenate([np.arange(1960, 2000), chance.integers(2000, 2026, 4_000), [0, 0]])
    records = type("PaperTable", (), {"years": years.astype(np.int32)})()
    many = replace(generation, records=records)
    colours = _coloured(many, ColourBy.YEAR)
    *spans, unknown = colours.legend
    assert len(spans) <= 12
    assert (unknown.papers, unknown.clause) == (2, "")
    ends = [key.label.split("–") for key in spans]
    for before, after in pairwise(ends):
        assert int(before[-1]) < int(after[0])
    assert max(_papers(key) for key in spans) < 3 * 4_000 / 12
    assert (colours.of[years == 0] == unknown.colour).all()


def test_a_safe_palette_has_colours_as_okabe_and_ito_chose_them(generation: Generation) -> None:
    safe = _coloured(generation, ColourBy.TOPIC, safe=True)
    usual = _coloured(generation, ColourBy.TOPIC)
    assert len(safe.palette) == len(usual.palette) == len(set(safe.palette))
    assert {"#0072b2", "#e69f00", "#009e73", "#d55e00"} <= set(safe.palette[:8])
    assert np.array_equal(safe.of, usual.of)


def test_scales_go_from_near_the_background_away_from_it(generation: Generation) -> None:
    for dark in (False, True):
        for safe in (False, True):
            colours = _coloured(generation, ColourBy.NOVELTY, dark=dark, safe=safe)
            lights = [luminance(colour) for colour in colours.palette]
            assert lights == sorted(lights, reverse=not dark)


def test_papers_unlike_all_that_are_not_newer_are_the_most_novel(generation: Generation) -> None:
    likeness = generation.graph.similarities.mean(axis=1)
    day = PaperTable.from_papers(replace(paper, date="2024") for paper in generation.records)
    same = _coloured(replace(generation, records=day), ColourBy.NOVELTY)
    order = np.argsort(-likeness, kind="stable")
    assert same.of[order].tolist() == sorted(same.of.tolist())
    usual = np.abs(likeness - likeness.mean()) < 0.45 * likeness.std()
    assert (same.of[usual] == 2).all()
    assert len({key.papers for key in same.legend}) > 1


def test_papers_that_differ_in_nothing_are_not_coloured_by_it(generation: Generation) -> None:
    papers = [replace(paper, date="2024-05-01") for paper in generation.records]
    one_year = replace(generation, records=PaperTable.from_papers(papers))
    assert ColourBy.YEAR in informative_colourings(generation)
    assert ColourBy.YEAR not in informative_colourings(one_year)
    one_digest = [replace(paper, sources=(Source("a.txt", 1),)) for paper in papers]
    assert ColourBy.SOURCE not in informative_colourings(
        replace(generation, records=PaperTable.from_papers(one_digest))
    )


def test_a_ramp_has_the_colours_of_all_known_values_between_its_ends(
    generation: Generation,
) -> None:
    years = _coloured(generation, ColourBy.YEAR)
    known = generation.records.years[generation.records.years > 0]
    assert years.ramp is not None
    assert (years.ramp.low, years.ramp.high) == (str(known.min()), str(known.max()))
    assert years.ramp.steps == sum(bool(key.clause) for key in years.legend)
    assert _coloured(generation, ColourBy.TOPIC).ramp is None


def test_scores_are_binned_and_papers_without_are_faint(generation: Generation) -> None:
    scores = np.full(generation.size, np.nan, dtype=np.float32)
    scores[:9] = np.linspace(0.1, 0.9, 9)
    colours = colouring(generation, ColourBy.SCORE, dark=False, safe=False, level=0, scores=scores)
    assert (np.diff(colours.of[:9].astype(int)) >= 0).all()
    assert colours.of[8] == 7
    assert {colours.palette[place] for place in colours.of[9:]} == {LIGHT.faint}
