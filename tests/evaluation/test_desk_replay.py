"""Recommendations replayed on a desk: trained on what was there, measured on what came."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from explorer.api.json_format import desk_replay_as_json
from explorer.cli import main
from explorer.desk.desk import Desk, DeskChange, desk_of
from explorer.desk.marks import mark_papers, marks_of
from explorer.embedders.hashing import Hashing
from explorer.evaluation.desk_replay import replay_desk
from explorer.evaluation.scratch_library import scratch_generation
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper

_RANKINGS = {"model", "nearest three", "BM25 of titles", "recency"}


@pytest.fixture
def generation(corpus: list[Paper], tmp_path: Path) -> Generation:
    """Five papers on each of four subjects, then one paper on each in each of five weeks."""
    papers = [
        Paper(f"{paper.title}", paper.abstract, date=f"20{24 - place % 10}", id=f"p{place:02}")
        for place, paper in enumerate(corpus)
    ]
    first = datetime(2026, 3, 2, tzinfo=UTC)
    weeks = [max(0, place % 10 - 4) for place in range(len(papers))]
    added = [round((first + timedelta(weeks=week)).timestamp() * 1000) for week in weeks]
    vectors = Hashing(64).embed([paper.text for paper in papers])
    return scratch_generation(papers, vectors, "made up", tmp_path / "one", added_at=added)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_of(tmp_path)


def test_newcomers_are_ranked_by_earlier_stars(generation: Generation, desk: Desk) -> None:
    serving = [f"p{place}" for place in range(20, 30)]
    mark_papers(generation, desk, serving, DeskChange(star=True))
    replay = replay_desk(generation, marks_of(generation, desk))
    assert (replay.weeks, replay.stars, replay.is_enough) == (5, 10, True)
    assert set(replay.rankings) >= _RANKINGS
    model, recency = (replay.rankings[name] for name in ("model", "recency"))
    assert len(model.ndcg) == 5
    assert sum(model.ndcg) == 5  # each week brings one paper on serving among four
    assert sum(recency.ndcg) < 5
    content = desk_replay_as_json(replay)
    assert set(content["rankings"]["model"]["ndcg@10"]) == {"value", "low", "high"}
    assert (content["weeks"], content["stars"]) == (5, 10)


def test_a_week_needs_three_earlier_stars(generation: Generation, desk: Desk) -> None:
    # Of the subject's papers, two were there at first; the others came in the last four weeks.
    mark_papers(generation, desk, ["p23", "p24", "p26", "p27", "p28", "p29"], DeskChange(star=True))
    replay = replay_desk(generation, marks_of(generation, desk))
    assert (replay.weeks, replay.is_enough) == (3, False)


def test_a_new_desk_has_too_little_to_tell(
    hashing_library: LibraryStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EXPLORER_DESK", str(tmp_path / "desk.sqlite"))
    command = ["evaluate", "--taste", "--library", str(hashing_library.folder)]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "rankings": {},
        "weeks": 0,
        "stars": 0,
        "enough": False,
    }
    assert main(command) == 0
    assert "Too little to tell" in capsys.readouterr().out
    assert main([*command, "--self"]) == 2
