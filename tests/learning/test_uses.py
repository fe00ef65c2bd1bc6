"""Recommendations where they are used: searches, the terminal, the briefing, HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from explorer.alerts.briefing import as_markdown, briefing
from explorer.api.library import Library
from explorer.cli import main
from explorer.desk.desk import Desk, DeskChange, ReadingState, desk_of
from explorer.desk.marks import mark_papers, marks_of
from explorer.errors import UnusableInput
from explorer.insights.whats_new import moment_of
from explorer.learning.recommendations import recommended_rows
from explorer.learning.taste import taste_of
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.map.colouring import ColourBy
from explorer.map.highlights import Highlights
from explorer.map.scene import SceneRequest, scene, unpacked
from explorer.search.filters import Filters, allowed_rows, usable
from explorer.search.model import Mode, Query, Sort
from explorer.search.queries.notes import Note, NoteKind
from explorer.search.queries.syntax import parse
from explorer.search.search import search
from explorer.servers.http.api import make_api
from explorer.servers.http.guard import AccessRules
from tests.helpers.corpus import papers

STAR = DeskChange(star=True)
LONG_AGO = moment_of("2001-01-01")


@pytest.fixture
def generation(hashing_library: LibraryStore) -> Generation:
    return hashing_library.open()


@pytest.fixture
def desk(hashing_library: LibraryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("EXPLORER_DESK", str(tmp_path / "desk.sqlite"))
    return desk_of(hashing_library.folder)


@pytest.fixture
def serving(generation: Generation) -> list[str]:
    titles = {paper.title for paper in papers()[20:30]}
    return [paper.id for paper in generation.records if paper.title in titles]


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_filter_keeps_recommended_papers(
    generation: Generation, desk: Desk, serving: list[str]
) -> None:
    clauses = parse("is:recommended").clauses
    too_few = usable(generation, clauses, marks_of(generation, desk))
    assert too_few == ([], [Note(NoteKind.TOO_FEW_STARS, "is", "recommended")])
    mark_papers(generation, desk, serving[:4], STAR)
    marks = marks_of(generation, desk)
    assert usable(generation, clauses, marks) == (list(clauses), [])
    rows = allowed_rows(generation, Filters(clauses=clauses, desk=marks))
    assert rows is not None
    assert rows.tolist() == recommended_rows(generation, marks).tolist()
    assert {generation.records.ids[row] for row in rows.tolist()} & {*serving[4:]}


def test_hits_are_sorted_for_the_user(
    generation: Generation, desk: Desk, serving: list[str]
) -> None:
    query = Query("a the of", mode=Mode.LEXICAL, sort=Sort.FOR_YOU)
    plain = search(generation, None, query, 40)
    assert Note(NoteKind.NO_DESK, "sort", "for-you") in plain.parsed.notes
    mark_papers(generation, desk, serving[:4], STAR)
    marks = marks_of(generation, desk)
    taste = taste_of(generation, marks)
    assert taste is not None
    for text in ("a the of", "has:abstract"):
        query = Query(text, filters=Filters(desk=marks), mode=Mode.LEXICAL, sort=Sort.FOR_YOU)
        results = search(generation, None, query, 40)
        assert results.parsed.notes == ()
        best = max(hit.score for hit in results.hits)
        matching = [hit.row for hit in results.hits if hit.score >= best / 2]
        assert len(matching) > 3
        assert [hit.row for hit in results.hits][: len(matching)] == matching
        scores = taste.scores(generation, np.array(matching)).score
        assert (np.diff(scores) <= 1e-5).all()
        later = search(generation, None, query, 8, offset=5)
        assert [hit.row for hit in later.hits] == [hit.row for hit in results.hits[5:8]]


def test_the_terminal_recommends_explains_and_resets(
    generation: Generation,
    desk: Desk,
    serving: list[str],
    hashing_library: LibraryStore,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = ("--library", hashing_library.folder)
    content = answer(capsys, "desk", "recommend", "--all", *here)
    assert (content["missing_stars"], content["papers"]) == (3, [])
    assert main(["desk", "recommend", *map(str, here)]) == 0
    assert "star three papers" in capsys.readouterr().out
    mark_papers(generation, desk, serving[:4], STAR)
    content = answer(capsys, "desk", "recommend", "--all", "-k", 3, *here)
    assert content["missing_stars"] == 0
    first = content["papers"][0]
    assert first["id"] in serving[4:]
    assert first["score"] >= content["floor"]
    assert first["reason"]["like"] in serving[:4]
    assert first["reason"]["words"]
    assert main(["desk", "recommend", "--all", *map(str, here)]) == 0
    assert "like “" in capsys.readouterr().out
    # The whole library came at once, so that nothing in it is new.
    assert answer(capsys, "desk", "recommend", *here)["papers"] == []
    mark_papers(generation, desk, [first["id"]], DeskChange(state=ReadingState.NOT_FOR_ME))
    known = answer(capsys, "desk", "interests", *here)
    assert (known["stars"], known["dismissed"]) == (4, 1)
    assert known["recognised"]["of"] == 4
    (interest,) = known["interests"]
    assert sorted(interest["stars"]) == sorted(serving[:4])
    assert interest["words"]
    assert answer(capsys, "desk", "interests", "--reset", *here) == {"marks_removed": 1}
    assert marks_of(generation, desk).dismissed == ()
    assert len(marks_of(generation, desk).starred) == 4


def test_the_briefing_can_be_of_recommended_papers_alone(
    generation: Generation, desk: Desk, serving: list[str]
) -> None:
    few = marks_of(generation, desk)
    assert "Star three papers" in as_markdown(briefing(generation, few, LONG_AGO))
    with pytest.raises(UnusableInput, match="Star three papers"):
        briefing(generation, few, LONG_AGO, only_recommended=True)
    mark_papers(generation, desk, serving[:4], STAR)
    marks = marks_of(generation, desk)
    page = briefing(generation, marks, LONG_AGO, only_recommended=True)
    rows = {item.row for section in page.sections for item in section.items}
    assert rows == {*recommended_rows(generation, marks).tolist()}
    assert page.papers == len(rows) > 0
    assert f"{page.papers} recommended paper" in as_markdown(page)


def test_http_recommends_only_from_the_desk_of_a_user(
    generation: Generation, desk: Desk, serving: list[str], hashing_library: LibraryStore
) -> None:
    mark_papers(generation, desk, serving[:4], STAR)
    rules = AccessRules(rate=1_000_000)
    without = TestClient(make_api(Library(hashing_library.folder), rules))
    assert without.get("/v1/recommended").status_code == 404
    hidden = without.get("/v1/search", params={"q": "is:starred"}).json()
    assert hidden["parsed"]["notes"]
    client = TestClient(make_api(Library(hashing_library.folder, desk.user), rules))
    first = client.get("/v1/recommended", params={"all": "true", "k": 2})
    assert first.json()["papers"][0]["id"] in serving[4:]
    assert len(client.get("/v1/search", params={"q": "is:starred"}).json()["hits"]) == 4
    known = {"If-None-Match": first.headers["ETag"]}
    again = {"params": {"all": "true", "k": 2}, "headers": known}
    assert client.get("/v1/recommended", **again).status_code == 304  # type: ignore[arg-type]
    best = first.json()["papers"][0]["id"]
    mark_papers(generation, desk, [best], DeskChange(state=ReadingState.NOT_FOR_ME))
    after = client.get("/v1/recommended", **again)  # type: ignore[arg-type]
    assert after.status_code == 200
    assert best not in {paper["id"] for paper in after.json()["papers"]}


def test_the_map_is_coloured_by_interest_from_three_stars_on(
    generation: Generation, desk: Desk, serving: list[str]
) -> None:
    request = SceneRequest(by=ColourBy.FOR_YOU)
    header, _ = unpacked(scene(generation, request, Highlights(marks=marks_of(generation, desk))))
    assert header["colourBy"] == "topic"
    mark_papers(generation, desk, serving[:4], STAR)
    header, arrays = unpacked(
        scene(generation, request, Highlights(marks=marks_of(generation, desk)))
    )
    assert header["colourBy"] == "for-you"
    assert "for-you" in header["colourings"]
    assert sum(entry["papers"] for entry in header["legend"]) == generation.size
    best = {generation.records.row_of(paper) for paper in serving[:4]}
    colours = dict(zip(arrays["row"].tolist(), arrays["colour"].tolist(), strict=True))
    assert {colours[row] for row in best if row is not None} == {len(header["palette"]) - 1}
