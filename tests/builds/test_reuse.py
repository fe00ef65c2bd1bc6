"""Reuse of the previous generation, decided from the fingerprints of its stages."""

from __future__ import annotations

from typing import Any

import pytest

from explorer.builds.reuse import (
    NOTHING_REUSED,
    Fingerprints,
    ReusePlan,
    Stage,
    fingerprints,
    is_unchanged,
    plan_reuse,
)

SETTINGS: dict[str, Any] = {
    "index": {"memory": 1},
    "graph": {"neighbours": 30},
    "map": {"spread": 1.5},
    "topics": {"resolution": 1.0},
    "fineness": "normal",
    "said": "",
    "namer": "",
}


def of(identity: str = "model", engine: str = "faiss", **changed: object) -> Fingerprints:
    return fingerprints(identity, engine, SETTINGS | changed)


def plan(now: Fingerprints, before: Fingerprints | None = None, **options: Any) -> ReusePlan:
    return plan_reuse(before or of(), now, **({"kept": 10, "added": 1} | options))


def test_everything_is_reused_where_no_fingerprint_changed() -> None:
    assert plan(of()) == ReusePlan()
    assert is_unchanged(of(), of())


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (of("other"), {Stage.VECTORS, Stage.INDEX, Stage.GRAPH, Stage.MAP, Stage.COMMUNITIES}),
        (of(engine="exact"), {Stage.INDEX}),
        (of(index={"memory": 2}), {Stage.INDEX}),
        (of(graph={}), {Stage.INDEX, Stage.GRAPH, Stage.MAP, Stage.COMMUNITIES}),
        (of(map={}), {Stage.MAP, Stage.COMMUNITIES}),
        (of(topics={}), {Stage.COMMUNITIES}),
        (of(namer="f"), {Stage.CUSTOM_NAMES}),
        (of(said="x"), {Stage.EDITS}),
        (of(fineness="finer"), {Stage.EDITS}),
    ],
)
def test_a_setting_changes_the_fingerprints_of_its_stage_and_of_those_that_build_on_it(
    now: Fingerprints, changed: set[Stage]
) -> None:
    assert {stage for stage in Stage if of()[stage] != now[stage]} == changed
    assert not is_unchanged(of(), now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            of("other"),
            ReusePlan(
                index=False,
                graph=False,
                redraw_reason="another model made the vectors",
                communities=False,
            ),
        ),
        (of(engine="exact"), ReusePlan(index=False)),
        (
            of(graph={}),
            ReusePlan(
                index=False,
                graph=False,
                redraw_reason="the map's settings changed",
                communities=False,
            ),
        ),
        (of(map={}), ReusePlan(redraw_reason="the map's settings changed", communities=False)),
        (of(topics={}), ReusePlan(communities=False)),
        (of(namer="f"), ReusePlan(custom_names=False)),
        (of(said="x"), ReusePlan()),
    ],
)
def test_a_stage_is_reused_unless_its_fingerprint_changed(
    now: Fingerprints, expected: ReusePlan
) -> None:
    assert plan(now) == expected


def test_a_requested_redraw_starts_from_where_papers_are() -> None:
    assert plan(of(), redraw=True) == ReusePlan(redraw_reason="as requested", communities=False)


def test_a_full_build_reuses_nothing() -> None:
    assert plan(of(), full=True) == NOTHING_REUSED
    assert plan(of(), full=True, kept=1, added=100).redraw_reason == ""


@pytest.mark.parametrize(("added", "is_redrawn"), [(40, False), (41, True)])
def test_the_map_is_redrawn_where_newcomers_outnumber_it(added: int, is_redrawn: bool) -> None:
    made = plan(of(), added=added)
    assert bool(made.redraw_reason) is is_redrawn
    assert made.communities is not is_redrawn
    if is_redrawn:
        assert made.redraw_reason == "41 papers were added, and only 10 were on the map"


def test_custom_names_stay_without_a_naming_function() -> None:
    named = of(namer="f")
    assert plan(of(), named).custom_names
    assert is_unchanged(named, of())
    assert not plan(of(namer="g"), named).custom_names
    assert not is_unchanged(named, of(namer="g"))
