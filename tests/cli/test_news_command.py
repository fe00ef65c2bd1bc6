"""``explorer news``: its output, its JSON and its errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from explorer.cli import main
from explorer.insights.whats_new import whats_new
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from tests.helpers.corpus import WriteDigest


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper], write_digest: WriteDigest
) -> Path:
    """Two subjects, then two more in an update."""
    folder = tmp_path_factory.mktemp("news")
    for number, papers in enumerate((corpus[:20], corpus[20:])):
        digest = write_digest(folder / f"{number}.txt", papers)
        arguments = ["build", str(digest), "--library", str(folder / "library")]
        assert main([*arguments, "--model", "hashing"]) == 0
    return folder / "library"


def _shown(capsys: pytest.CaptureFixture[str], library: Path, *options: str) -> str:
    capsys.readouterr()
    assert main(["news", "--library", str(library), *options]) == 0
    return capsys.readouterr().out


def _json(capsys: pytest.CaptureFixture[str], library: Path, *options: str) -> Any:
    return json.loads(_shown(capsys, library, *options, "--json"))


def test_json_names_papers_topics_and_events(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generation = LibraryStore(library).open()
    news = whats_new(generation)
    answer = _json(capsys, library)
    assert answer.keys() == {"since", "papers", "topics", "events"}
    ids = [generation.records.ids[row] for row in news.rows]
    assert [paper["id"] for paper in answer["papers"]] == ids
    assert {paper["arrived"] for paper in answer["papers"]} == {answer["since"]}
    assert {paper["topic"] for paper in answer["papers"]} == {t["label"] for t in answer["topics"]}
    assert sum(topic["newcomers"] for topic in answer["topics"]) == len(answer["papers"]) == 20
    assert {event["kind"] for event in answer["events"]} >= {"new"}


def test_since_takes_the_moment_that_the_json_gives(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = _json(capsys, library)
    assert _json(capsys, library, "--since", answer["since"]) == answer


def test_people_read_titles_under_their_topics_and_events_in_words(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generation = LibraryStore(library).open()
    shown = _shown(capsys, library)
    assert shown.startswith("20 new papers since ")
    position = 0
    for of in whats_new(generation).topics:
        position = shown.index(of.topic.label, position)
        for row in of.rows:
            position = shown.index(generation.records.ids[row], position)
    assert "New topic “" in shown[position:]


def test_fewer_papers_are_listed_and_all_are_counted(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generation = LibraryStore(library).open()
    shown = _shown(capsys, library, "-k", "3")
    assert sum(paper in shown for paper in generation.records.ids) == 3
    assert "20 new papers" in shown
    answer = _json(capsys, library, "-k", "3")
    assert len(answer["papers"]) == 3
    assert sum(topic["newcomers"] for topic in answer["topics"]) == 20


def test_nothing_new_is_a_calm_sentence(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = _shown(capsys, library, "--since", "2999-01-01")
    assert shown == "Nothing new since 2999-01-01 00:00 UTC.\n"
    answer = _json(capsys, library, "--since", "2999-01-01")
    assert (answer["papers"], answer["topics"], answer["events"]) == ([], [], [])


def test_after_the_first_build_it_advises_to_add_digests(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = " ".join(_shown(capsys, hashing_library.folder).split())
    assert "Nothing new since" in shown
    assert "the first build brought all 40 papers" in shown
    assert "another digest" in shown


def test_an_invalid_moment_is_refused(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["news", "--library", str(library), "--since", "yesterday"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "'yesterday' is not a date or time" in shown.err
    assert "Traceback" not in shown.err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["news", "--help"])
    assert ended.value.code == 0
    assert "explorer news --since 2026-11-20" in capsys.readouterr().out
