"""Topics named and summarised by a language model: asked once, checked, never needed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from explorer.builds.apply_edits import merge, rename, undo
from explorer.builds.build import BuildOptions, BuildReport, build
from explorer.builds.progress import Silence
from explorer.cli import main
from explorer.library.generation import Generation
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper
from explorer.topics.answer_cache import AnswerCache
from explorer.topics.chat_endpoint import ChatEndpoint
from explorer.topics.communities import Topic
from explorer.topics.custom_namer import LANGUAGE_MODEL
from explorer.topics.language_model import LanguageModel
from tests.helpers.chat_server import (
    ChatServer,
    Reply,
    chat_server,
    completion,
    good_answer,
    papers_in,
)
from tests.helpers.corpus import WriteDigest
from tests.helpers.generations import verify_generation

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


@pytest.fixture
def library(tmp_path: Path, hashing_library: LibraryStore) -> LibraryStore:
    """A copy of the hashing library that a test may change."""
    shutil.copytree(hashing_library.folder, tmp_path / "library")
    return LibraryStore(tmp_path / "library")


def model_of(library: LibraryStore, server: ChatServer, seconds: float = 20) -> LanguageModel:
    return LanguageModel(ChatEndpoint(server.url, KEY, seconds), "m", AnswerCache(library.answers))


def named(library: LibraryStore, digests: Path, server: ChatServer, **options: Any) -> BuildReport:
    return build(library, [digests], BuildOptions(namer=model_of(library, server), **options))


def topics_of(generation: Generation) -> list[Topic]:
    return [topic for level in generation.levels for topic in level]


def labels_of(library: LibraryStore) -> list[str]:
    return [topic.label for topic in topics_of(library.open())]


def command(library: LibraryStore, digests: Path, server: ChatServer, name: str) -> list[str]:
    return [
        *(name, str(digests), "--library", str(library.folder)),
        *("--namer", "openai", "--namer-url", server.url, "--namer-model", "m"),
    ]


def test_topics_get_names_and_summaries_of_which_each_sentence_cites_papers(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    report = named(library, digest_folder, server)
    assert (report.published, report.naming_failures) == (True, 0)
    generation = library.open()
    verify_generation(generation.folder)
    for topic in topics_of(generation):
        assert (topic.named_by, topic.label[:6]) == (LANGUAGE_MODEL, "About ")
        assert topic.evidence == 0  # that of the computed name is about another phrase
        if topic.summary is None:
            assert topic.level  # few papers: those of its neighbours may be as near
            continue
        assert topic.summary.model == "m"
        (sentence,) = topic.summary.sentences
        assert set(sentence.papers) <= set(topic.representatives)
        (paper,) = (generation.records[generation.records.find(p) or 0] for p in sentence.papers)
        assert sentence.text.rstrip(".") in paper.abstract
    distinct = {topic.representatives for topic in topics_of(generation)}
    assert len(server.received) == len(distinct)
    titles = {title for _, _, body in server.received for title in papers_in(body)}
    representatives = {p for topic in topics_of(generation) for p in topic.representatives}
    assert titles == {p.title for p in generation.records if p.id in representatives}


def test_the_key_is_in_one_header_and_nowhere_else(
    library: LibraryStore,
    digest_folder: Path,
    server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EXPLORER_NAMER_KEY", KEY)
    assert main([*command(library, digest_folder, server, "build"), "--json"]) == 0
    assert main(["history", "--library", str(library.folder)]) == 0
    shown = capsys.readouterr()
    assert KEY not in shown.out + shown.err
    for _, headers, body in server.received:
        assert [name for name, value in headers.items() if KEY in value] == ["Authorization"]
        assert KEY not in json.dumps(body)
    assert server.received
    for path in library.folder.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path


def test_it_is_stated_at_the_start_what_is_sent_where(
    library: LibraryStore,
    digest_folder: Path,
    server: ChatServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*command(library, digest_folder, server, "build"), "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert "are sent" not in shown.out + shown.err
    assert server.received == []
    assert main(command(library, digest_folder, server, "build")) == 0
    first, *rest = capsys.readouterr().err.splitlines()
    assert "titles and the beginnings of the abstracts" in first
    assert f"are sent to 127.0.0.1:{server.port} (model m)" in first
    assert "Asking for names ..." in rest


def test_watch_takes_the_same_options(
    library: LibraryStore,
    digest_folder: Path,
    server: ChatServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    watch = command(library, digest_folder, server, "watch")
    assert main([*watch, "--once", "--settle", "0.1"]) == 0
    shown = capsys.readouterr()
    assert "are sent to" in shown.err
    assert "naming" not in shown.out
    assert all(label.startswith("About ") for label in labels_of(library))
    server.reply = lambda _: (500, {}, b"")
    library.answers.unlink()
    (digest_folder / "more.bib").write_text(_MORE, encoding="utf-8")
    assert main([*watch, "--once", "--settle", "0.1"]) == 0
    assert "answers HTTP 500" in capsys.readouterr().out


_MORE = "@article{a, title={Cats Asleep}, abstract={Cats sleep most of the day.}, year={2024}}"


@pytest.mark.parametrize(
    "options",
    [
        ["--namer", "openai"],
        ["--namer", "openai", "--namer-url", "http://localhost:1/v1"],
        ["--namer", "openai", "--namer-model", "m"],
        ["--namer-url", "http://localhost:1/v1", "--namer-model", "m"],
        ["--namer", "openai", "--namer-url", "localhost", "--namer-model", "m"],
    ],
)
def test_options_that_do_not_go_together_change_nothing(
    library: LibraryStore, digest_folder: Path, options: list[str]
) -> None:
    assert main(["build", str(digest_folder), "--library", str(library.folder), *options]) == 2
    assert library.live == "000001"


def test_answers_are_kept_so_a_second_build_sends_nothing(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    named(library, digest_folder, server)
    before = topics_of(library.open())
    sent = len(server.received)
    assert not named(library, digest_folder, server).published
    assert named(library, digest_folder, server, full=True).published
    assert len(server.received) == sent
    assert [t.label for t in topics_of(library.open())] == [t.label for t in before]
    assert [t.summary for t in topics_of(library.open())] == [t.summary for t in before]


def test_a_name_that_a_topic_beside_or_above_has_is_not_taken(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    server.reply = lambda _: completion("The same")
    assert named(library, digest_folder, server).naming_failures == 0
    generation = library.open()
    for level in generation.levels:
        (same,) = (topic for topic in level if topic.label == "The same")
        if parent := generation.topics.get(same.parent):
            assert parent.label != "The same" or parent.size == same.size


def test_a_server_that_knows_no_format_of_answers_is_tried_without(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    def refuse_formats(body: dict[str, Any]) -> Reply:
        return (400, {}, b"") if "response_format" in body else good_answer(body)

    server.reply = refuse_formats
    assert named(library, digest_folder, server).naming_failures == 0
    with_format = ["response_format" in body for _, _, body in server.received[:4]]
    assert with_format == [True, False, False, False]
    assert all(label.startswith("About ") for label in labels_of(library))


class Killed(BaseException):
    """The build is killed."""


class KilledWhileNaming(Silence):
    """Progress that ends the build after three names."""

    def __init__(self) -> None:
        self._stage = ""

    def stage(self, name: str, total: int = 0) -> None:  # noqa: ARG002
        self._stage = name

    def advance(self, done: int, total: int) -> None:  # noqa: ARG002
        if self._stage == "names" and done == 3:
            raise Killed


def test_a_build_that_is_killed_halfway_keeps_the_answers_it_had(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    options = BuildOptions(namer=model_of(library, server))
    with pytest.raises(Killed):
        build(library, [digest_folder], options, KilledWhileNaming())
    assert (library.live, len(server.received)) == ("000001", 3)
    assert named(library, digest_folder, server).naming_failures == 0
    assert all(label.startswith("About ") for label in labels_of(library))
    requests = [json.dumps(body) for _, _, body in server.received]
    assert len(requests) == len(set(requests)) > 3


def test_a_server_that_fails_is_left_alone_and_tried_again_by_the_next_build(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    computed = labels_of(library)

    def fail_after_one(body: dict[str, Any]) -> Reply:
        return good_answer(body) if len(server.received) == 1 else (500, {}, b"out of memory")

    server.reply = fail_after_one
    report = named(library, digest_folder, server)
    assert report.published
    assert report.naming_failures == len(computed) - 1
    assert report.naming_failure == f"127.0.0.1:{server.port} answers HTTP 500"
    assert len(server.received) == 1 + 3
    assert labels_of(library)[1:] == computed[1:]
    first = labels_of(library)[0]
    assert first.startswith("About ")

    server.reply = good_answer
    assert not build(library, [digest_folder]).published
    again = named(library, digest_folder, server)
    assert (again.published, again.naming_failures) == (True, 0)
    assert labels_of(library)[0] == first
    assert all(label.startswith("About ") for label in labels_of(library))
    assert not named(library, digest_folder, server).published


@pytest.mark.parametrize(
    "nonsense",
    [
        completion("I am sorry, but I cannot help with that."),
        completion('{"name": "<script>alert(1)</script>"}'),
        completion(json.dumps({"name": KEY}).replace("s", "\\u0073")),
        completion(""),
        (200, {}, b"<html>busy</html>"),
        (503, {}, b""),
        (302, {"Location": "http://192.0.2.1/v1"}, b""),
    ],
)
def test_one_bad_answer_costs_one_topic(
    library: LibraryStore, digest_folder: Path, server: ChatServer, nonsense: Reply
) -> None:
    computed = topics_of(library.open())
    unlucky = papers_in_topic(library.open(), computed[1])

    def answer(body: dict[str, Any]) -> Reply:
        return nonsense if papers_in(body) == unlucky else good_answer(body)

    server.reply = answer
    report = named(library, digest_folder, server)
    same = [n for n, t in enumerate(computed) if papers_in_topic(library.open(), t) == unlucky]
    assert report.naming_failures == len(same)
    assert report.naming_failure
    for number, (was, now) in enumerate(zip(computed, topics_of(library.open()), strict=True)):
        if number in same:
            assert now == was
        else:
            assert now.label.startswith("About ")


def papers_in_topic(generation: Generation, topic: Topic) -> list[str]:
    """Return the titles of the representative papers."""
    rows = [generation.records.find(paper) or 0 for paper in topic.representatives]
    return [generation.records[row].title for row in rows]


def test_a_server_that_does_not_answer_costs_three_waits(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    def wait(_: dict[str, Any]) -> Reply:
        server.stopped.wait(2)
        return completion("Late")

    server.reply = wait
    before = library.open()
    namer = model_of(library, server, seconds=0.2)
    report = build(library, [digest_folder], BuildOptions(namer=namer))
    assert report.naming_failures == len(topics_of(before))
    assert "no answer within 0.2 s" in report.naming_failure
    assert library.open().levels == before.levels
    assert len(server.received) <= 3


def test_each_update_of_a_watch_tries_the_server_again(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    options = BuildOptions(namer=model_of(library, server))
    server.reply = lambda _: (500, {}, b"")
    assert build(library, [digest_folder], options).naming_failures
    server.reply = good_answer
    assert build(library, [digest_folder], options).naming_failures == 0


def test_names_and_summaries_stay_in_builds_without_the_server_and_through_edits(
    library: LibraryStore,
    digest_folder: Path,
    server: ChatServer,
    corpus: list[Paper],
    write_digest: WriteDigest,
) -> None:
    named(library, digest_folder, server)
    before = library.open().levels[0]
    rename(library, before[0].id, "My own name")
    renamed = library.open().levels[0]
    assert renamed[1:] == before[1:]
    assert (renamed[0].label, renamed[0].summary) == ("My own name", before[0].summary)
    undo(library, 1)
    assert library.open().levels[0][0].summary == before[0].summary
    more = [replace(p, title=f"{p.title} Again", arxiv="") for p in corpus[::13]]
    assert build(library, [write_digest(digest_folder / "more.txt", more)]).published
    assert [t.summary for t in library.open().levels[0]] == [t.summary for t in before]
    merge(library, [before[0].id, before[1].id], "Both")
    (both,) = (t for t in library.open().levels[0] if t.label == "Both")
    assert both.summary is None
    build(library, [digest_folder], BuildOptions(full=True))
    assert all(topic.summary is None for topic in topics_of(library.open()))


def test_a_sentence_goes_with_the_papers_that_it_cites(
    library: LibraryStore,
    digest_folder: Path,
    server: ChatServer,
    corpus: list[Paper],
    write_digest: WriteDigest,
) -> None:
    named(library, digest_folder, server)
    topic = library.open().levels[0][0]
    assert topic.summary is not None
    (cited,) = topic.summary.sentences[0].papers
    title = next(p.title for p in library.open().records if p.id == cited)
    shutil.rmtree(digest_folder)
    write_digest(digest_folder / "rest.txt", [p for p in corpus if p.title != title])
    assert build(library, [digest_folder], BuildOptions(prune=True)).removed == 1
    after = next(t for t in topics_of(library.open()) if t.id == topic.id)
    assert (after.label, after.summary) == (topic.label, None)


def test_sentences_that_their_papers_do_not_bear_out_are_dropped(
    library: LibraryStore, digest_folder: Path, server: ChatServer
) -> None:
    """Each answer cites all papers of the topic for a sentence of another subject's paper."""
    foreign = "Prefill and decoding disturb each other, so KV cache moves between GPU servers."
    sentence = {"sentence": foreign, "papers": [1, 2, 3, 4, 5]}

    def answer(body: dict[str, Any]) -> Reply:
        own = json.loads(good_answer(body)[2])["choices"][0]["message"]["content"]
        content = json.loads(own)
        return completion(json.dumps(content | {"summary": [sentence, content["summary"][0]]}))

    server.reply = answer
    named(library, digest_folder, server)
    generation = library.open()
    for topic in generation.levels[0]:
        assert topic.summary is not None
        texts = [s.text for s in topic.summary.sentences]
        serving = any("KV" in title for title in papers_in_topic(generation, topic))
        assert (foreign in texts) == serving, topic.label
        assert len(texts) == 1 + serving


def test_a_summary_is_shown_as_written_by_a_language_model(
    library: LibraryStore,
    digest_folder: Path,
    server: ChatServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named(library, digest_folder, server)
    topic = library.open().levels[0][0]
    assert topic.summary is not None
    sentence = topic.summary.sentences[0]
    show = ["topics", "show", topic.id, "--library", str(library.folder)]
    assert main(show) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Summary by the language model m" in printed
    assert sentence.text in printed
    assert "named by a language model" in printed
    assert main([*show, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["topic"]["summary"] == {
        "model": "m",
        "sentences": [{"text": sentence.text, "papers": list(sentence.papers)}],
    }


def test_libraries_without_summaries_are_stored_as_before(hashing_library: LibraryStore) -> None:
    stored = (hashing_library.open().folder / "topics.json").read_text(encoding="utf-8")
    assert "summary" not in stored
