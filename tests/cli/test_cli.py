"""The command line: JSON output, exit codes, unusable input."""

from __future__ import annotations

import argparse
import csv
import errno
import gzip
import hashlib
import json
import os
import pwd
import subprocess
import sys
from dataclasses import replace
from importlib.abc import MetaPathFinder
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from explorer.cli import main
from explorer.cli.options import count, size, years
from explorer.cli.output.search import show_results
from explorer.index.engines import engine_names
from explorer.library.store import LibraryStore
from explorer.search.model import Mode, Query
from explorer.search.search import search
from tests.helpers.generations import seal_again

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200


def _json(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    code = main([str(argument) for argument in arguments] + ["--json"])
    printed = capsys.readouterr().out
    assert code == 0
    return json.loads(printed)


def _fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command that must end with code 2 and one sentence on standard error."""
    code = main([str(argument) for argument in arguments])
    shown = capsys.readouterr()
    assert code == 2
    assert shown.out == ""
    assert "Traceback" not in shown.err
    (message,) = [line for line in shown.err.splitlines() if line.startswith("explorer: ")]
    return message


def _tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


@pytest.fixture
def built(tmp_path: Path, digest_folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A small library of its own, which a test may change."""
    library = tmp_path / "library"
    assert main(["build", str(digest_folder), "--library", str(library), "--model", "hashing"]) == 0
    capsys.readouterr()
    return library


def test_build_reports_every_count_and_the_second_time_embeds_nothing(
    tmp_path: Path, digest_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["build", digest_folder, "--library", tmp_path / "library", "--model", "hashing"]
    first = _json(capsys, *arguments)
    assert first["papers"] == first["added"] == first["embedded"] > 30
    assert first["changed"] == first["unchanged"] == first["removed"] == first["rejected"] == 0
    stages = {"read", "embed", "index", "map", "topics", "publish", "total"}
    assert set(first["seconds"]) == stages
    before = _tree(tmp_path / "library")
    second = _json(capsys, *arguments)
    assert second["embedded"] == second["added"] == second["changed"] == 0
    assert second["unchanged"] == first["papers"]
    assert second["generation"] == first["generation"]
    assert _tree(tmp_path / "library") == before


def test_inspect_shows_papers_and_rejections_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = tmp_path / "page.txt"
    abstract = (
        "We show that a short page is read as it stands, and we say what was left out of it. "
    )
    digest.write_text(f"Stray words\n\nA Title of Three\n\n{abstract * 3}\n", encoding="utf-8")
    (inspection,) = _json(capsys, "inspect", digest)
    assert inspection["file"] == str(digest.resolve())
    assert inspection["format"] == "scraped-page"
    assert (inspection["confidence"], inspection["runner_up"]) == (5, "")
    assert inspection["not_papers"] == {}
    assert [paper["title"] for paper in inspection["papers"]] == ["A Title of Three"]
    assert [rejection["line"] for rejection in inspection["rejected"]] == [1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.txt"]


def test_inspect_says_how_sure_it_is_and_counts_what_is_no_paper(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = tmp_path / "a.bib"
    volume = "@proceedings{p, title = {Proceedings of Nests}}\n"
    digest.write_text("@misc{s, title = {Swifts}}\n" + volume, encoding="utf-8")
    assert main(["inspect", str(digest)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "bibtex (certain, 95 of 100; else scraped-page, 5)" in shown
    assert "1 proceedings volume is not a paper." in shown
    (inspection,) = _json(capsys, "inspect", digest)
    assert inspection["not_papers"] == {"proceedings volume": 1}


def test_force_reads_what_is_refused_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = tmp_path / "settings.yaml"
    text = "We show what a page is that looks like settings and was forced to be read as prose. "
    digest.write_text(f"name: A page\nkind: note\nsize: 3\nbody: {text * 3}\n", encoding="utf-8")
    assert "YAML of a kind that is not known" in _fails(capsys, "build", digest)
    with pytest.raises(SystemExit):
        main(["inspect", str(digest), "--force", "pages"])
    assert "'pages' is not a format" in capsys.readouterr().err
    (inspection,) = _json(capsys, "inspect", digest, "--force", "scraped-page")
    assert (inspection["format"], inspection["forced"]) == ("scraped-page", True)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_search_ranks_and_explains(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    answer = _json(
        capsys, "search", "learning", "-k", 3, "--mode", mode, "--library", hashing_library.folder
    )
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]
    scores = [hit["score"] for hit in answer["hits"]]
    assert scores == sorted(scores, reverse=True)
    for hit in answer["hits"]:
        assert {"rank", "id", "title", "score", "topic", "why"} <= hit.keys()
    assert answer["seconds"] > 0


def test_similar_takes_any_id_and_never_lists_the_paper_itself(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    records = hashing_library.open().records
    paper = next(paper for paper in records if paper.arxiv)
    names = (
        paper.id,
        paper.arxiv,
        f"arXiv:{paper.arxiv}v2",
        f"https://arxiv.org/abs/{paper.arxiv}",
    )
    answers = [
        _json(capsys, "similar", name, "-k", 4, "--library", hashing_library.folder)["hits"]
        for name in names
    ]
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0]) == 4
    assert paper.id not in {hit["id"] for hit in answers[0]}


def test_topics_are_nested_and_hold_every_paper(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = _json(capsys, "topics", "--library", hashing_library.folder)["levels"]
    assert len(levels) >= 2
    for level in levels:
        assert sum(topic["size"] for topic in level) == hashing_library.open().size
    for upper, lower in pairwise(levels):
        ids = {topic["id"] for topic in upper}
        assert {topic["parent"] for topic in lower} == ids


def test_topics_have_trends_and_are_sorted_by_them(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = _json(capsys, "topics", "--library", hashing_library.folder)
    assert len(plain["library"]) == len(plain["periods"]) > 1
    for order in ("size", "newest", "growth"):
        answer = _json(capsys, "topics", "--sort", order, "--library", hashing_library.folder)
        for level, before in zip(answer["levels"], plain["levels"], strict=True):
            assert {topic["id"] for topic in level} == {topic["id"] for topic in before}
            values = [topic[order] for topic in level]
            assert values == sorted(values, reverse=True)
            assert sum(topic["share"] for topic in level) == pytest.approx(1.0, abs=1e-4)
            assert sum(topic["dated"] for topic in level) == sum(answer["library"])
    sizes = _json(capsys, "topics", "--sort", "size", "--library", hashing_library.folder)
    assert sizes == plain


def test_topics_are_written_as_a_table(
    hashing_library: LibraryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "topics.csv"
    answer = _json(capsys, "topics", "--csv", table, "--library", hashing_library.folder)
    topics = [topic for level in answer["levels"] for topic in level]
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, topic in zip(rows, topics, strict=True):
        for name in ("id", "level", "parent", "label", "size", "share", "evidence", "newest"):
            assert row[name] == str(topic[name])
        assert row["keywords"] == "; ".join(topic["keywords"])
        assert float(row["growth"]) == topic["growth"]
        assert [int(row[period]) for period in answer["periods"]] == topic["counts"]
    missing = tmp_path / "nowhere" / "topics.csv"
    message = _fails(capsys, "topics", "--csv", missing, "--library", hashing_library.folder)
    assert str(missing) in message


def test_a_spreadsheet_takes_no_topic_for_a_formula(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (topics,) = built.glob("generations/*/topics.json")
    levels = json.loads(topics.read_text(encoding="utf-8"))
    label = levels[0][0]["label"]
    levels[0][0]["label"] = f"={label[1:]}"
    content = json.dumps(levels, ensure_ascii=False, indent=1) + "\n"
    topics.write_text(content, encoding="utf-8")
    seal_again(topics.parent)
    table = tmp_path / "topics.csv"
    _json(capsys, "topics", "--csv", table, "--library", built)
    with table.open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["label"] == f"'={label[1:]}"


def test_topics_show_takes_a_name_or_an_id(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    generation = hashing_library.open()
    topic = generation.levels[-1][0]
    answer = _json(capsys, "topics", "show", topic.id, "--library", hashing_library.folder)
    named = _json(
        capsys, "topics", "show", topic.label.upper(), "--library", hashing_library.folder
    )
    assert answer == named
    assert answer["topic"]["label"] == topic.label
    assert len(answer["members"]) == topic.size
    assert len(answer["topic"]["counts"]) == len(answer["periods"]) == len(answer["library"])
    assert [paper["id"] for paper in answer["representatives"]] == list(topic.representatives)
    assert main(["topics", "show", topic.id, "--library", str(hashing_library.folder)]) == 0
    shown = capsys.readouterr().out
    for part in (
        topic.label,
        f"{topic.size} papers",
        answer["periods"][0],
        answer["members"][0]["id"],
    ):
        assert part in shown


def test_export_writes_one_object_a_line(
    hashing_library: LibraryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--library", str(hashing_library.folder)]) == 0
    printed = capsys.readouterr().out
    papers = [json.loads(line) for line in printed.splitlines()]
    assert len(papers) == hashing_library.open().size
    for paper in papers:
        assert {"id", "title", "abstract", "x", "y", "topics"} <= paper.keys()
        assert len(paper["strengths"]) == len(paper["topics"])
        assert all(0 <= strength <= 1 for strength in paper["strengths"])
    target = tmp_path / "papers.jsonl"
    facts = _json(capsys, "export", "--library", hashing_library.folder, "--output", target)
    assert facts["papers"] == len(papers)
    assert target.read_text(encoding="utf-8") == printed


def test_an_export_is_a_digest_that_gives_the_same_papers(
    hashing_library: LibraryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "papers.jsonl"
    assert main(["export", "--library", str(hashing_library.folder), "--output", str(target)]) == 0
    capsys.readouterr()
    (inspection,) = _json(capsys, "inspect", target)
    before = {(paper.title, paper.abstract) for paper in hashing_library.open().records}
    assert {(paper["title"], paper.get("abstract", "")) for paper in inspection["papers"]} == before
    assert inspection["rejected"] == []


def test_stats_history_and_rollback_agree(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = _json(capsys, "stats", "--library", built)
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({"title": "One more paper", "abstract": "It is new."}))
    added = _json(capsys, "build", more, "--library", built)
    assert added["added"] == 1
    assert added["papers"] == first["papers"] + 1
    generations = _json(capsys, "history", "--library", built)["generations"]
    assert [entry["live"] for entry in generations] == [False, True]
    back = _json(capsys, "rollback", "--library", built)
    assert back["generation"] == first["generation"]
    assert _json(capsys, "stats", "--library", built)["papers"] == first["papers"]


def test_a_missing_file_is_named(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _tree(built)
    message = _fails(capsys, "build", "no/such/file.txt", "--library", built)
    assert "no/such/file.txt" in message
    assert _tree(built) == before


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"", "empty"), (b" \n\n ", "empty"), (PNG, "PNG"), (b"x" * 50_000_000, "50,000,000")],
    ids=["empty", "blank", "png", "one 50 MB line"],
)
def test_an_unusable_file_changes_nothing(
    built: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    complaint: str,
) -> None:
    before = _tree(built)
    bad = tmp_path / "bad.txt"
    bad.write_bytes(content)
    message = _fails(capsys, "build", bad, "--library", built)
    assert "bad.txt" in message
    assert complaint in message
    assert len(message) < 400
    assert _tree(built) == before


def test_one_broken_digest_is_reported_and_the_others_are_read(
    built: Path, tmp_path: Path, digest_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(PNG)
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({"title": "Yet another paper", "abstract": "It is new."}))
    report = _json(capsys, "build", digest_folder, bad, more, "--library", built)
    assert report["added"] == 1
    assert [rejection["digest"] for rejection in report["rejections"]] == ["bad.txt"]


def test_a_file_in_latin_1_is_read_with_its_accents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = tmp_path / "latin.txt"
    abstract = (
        "Nous étudions les réseaux à propagation avant, leurs défauts et leurs qualités. " * 3
    )
    digest.write_bytes(f"Réseaux profonds à résidus\n\n{abstract}\n".encode("latin-1"))
    (inspection,) = _json(capsys, "inspect", digest)
    (paper,) = inspection["papers"]
    assert paper["title"] == "Réseaux profonds à résidus"
    assert paper["abstract"] == abstract.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ["similar", "nobody"],
        ["search", "x", "--topic", "nowhere"],
        ["search", "x", "--like", "nobody"],
        ["search", ""],
        ["topics", "show", "nowhere"],
    ],
)
def test_unknown_names_are_wrong_usage(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    _fails(capsys, *arguments, "--library", hashing_library.folder)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["search", "x", "-k", "0"], ["search", "x", "--year", "y"]]
)
def test_wrong_usage_ends_with_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_missing_library_is_an_error_with_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "x", "--library", str(tmp_path)]) == 1
    assert f"`explorer build DIGEST --library {tmp_path}`" in capsys.readouterr().err


def test_a_hit_is_printed_with_its_authors_and_date(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    results = search(hashing_library.open(), None, Query("liver", mode=Mode.LEXICAL), 1)
    [hit] = results.hits
    paper = replace(hit.paper, authors=("Ada Lovelace", "B. C.", "D. E."), date="2024-05-01")
    show_results(replace(results, hits=(replace(hit, paper=paper),)))
    assert "Ada Lovelace et al. · 2024-05-01" in " ".join(capsys.readouterr().out.split())


def test_an_unknown_topic_gets_the_names_that_come_near(
    hashing_library: LibraryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = hashing_library.open().levels[-1][0]
    for typed in (topic.label[:-1], f"{topic.label}x"):
        message = _fails(capsys, "topics", "show", typed, "--library", hashing_library.folder)
        assert f"“{topic.label}”" in message


def test_the_environment_chooses_the_library(
    hashing_library: LibraryStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EXPLORER_LIBRARY", str(hashing_library.folder))
    assert _json(capsys, "stats")["papers"] == hashing_library.open().size


@pytest.mark.slow
def test_the_script_builds_and_a_reader_that_stops_early_does_no_harm(
    tmp_path: Path, digest_folder: Path, repository: Path
) -> None:
    library = str(tmp_path / "library")
    command = [sys.executable, "index_build.py", str(digest_folder), "--library", library]
    built = subprocess.run(
        [*command, "--model", "hashing", "--json"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(built.stdout)["generation"] == 1
    export = f"{sys.executable} -m explorer.cli export --library {library} | head -n 1"
    cut = subprocess.run(
        ["bash", "-o", "pipefail", "-c", export],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert cut.returncode == 0
    assert cut.stderr == ""
    json.loads(cut.stdout)


def test_a_digest_that_breaks_off_before_its_first_paper_is_one_json_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # In a legacy encoding nobody reads to the end before the reader does.
    words = (hashlib.sha256(str(n).encode()).hexdigest() for n in range(40_000))
    page = ("Réseaux\n\n" + "\n\n".join(words)).encode("latin-1")
    torn = tmp_path / "torn.txt.gz"
    torn.write_bytes(gzip.compress(page)[:-300_000])
    assert main(["inspect", str(torn), "--json"]) == 2
    (inspection,) = json.loads(capsys.readouterr().out)
    assert inspection["papers"] == []
    assert "torn or damaged" in inspection["rejected"][0]["reason"]


@pytest.mark.parametrize(
    ("text", "expected"), [("500M", 500 << 20), ("2G", 2 << 30), ("1.5 GiB", 3 << 29), ("42", 42)]
)
def test_sizes_are_read_as_people_write_them(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "0", "much", "-1G", "5X", "G"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        size(text)


@pytest.mark.parametrize(
    ("given", "variable", "address"),
    [
        ((), "", "localhost"),
        ((), "0.0.0.0", "0.0.0.0"),
        (("--address", "192.0.2.1"), "0.0.0.0", "192.0.2.1"),
    ],
)
def test_the_page_listens_on_this_machine_only_by_default(
    given: tuple[str, ...], variable: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STREAMLIT_SERVER_ADDRESS", raising=False)
    if variable:
        monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", variable)
    for name in ("EXPLORER_LIBRARY", "EXPLORER_HOSTS"):
        monkeypatch.setenv(name, "")  # the command sets them; they are restored after the test
    monkeypatch.setattr(sys, "argv", ["explorer"])
    served: list[str] = []
    monkeypatch.setattr(
        "explorer.app.server.run_server", lambda *, address, **_: served.append(address)
    )
    assert main(["app", *given]) == 0
    assert served == [address]


def test_the_page_of_the_repository_is_for_this_machine_alone(repository: Path) -> None:
    script = "from streamlit import config; print(config.get_option('server.address'))"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STREAMLIT")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "localhost"


def test_the_help_of_build_names_the_engines_and_the_default_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")  # it would break lines at hyphens
    with pytest.raises(SystemExit):
        main(["build", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert f"vector index: {', '.join(engine_names())} (default: the library's, or faiss" in shown
    assert "by name or path (default: the library's, or" in shown


@pytest.mark.parametrize("text", ["²", "2020..²", "¹..²"])
def test_signs_that_only_look_like_digits_are_no_numbers(text: str) -> None:
    for reads in (count, years):
        with pytest.raises(argparse.ArgumentTypeError):
            reads(text)


def test_interrupted_while_it_loads_it_prints_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting(MetaPathFinder):
        def find_spec(self, name: str, *_: object) -> None:
            if name == "explorer.cli.program":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "explorer.cli.program", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == "explorer: stopped. Nothing that was stored is lost.\n"


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (MemoryError(), "explorer: the memory is full. Nothing that was stored is lost."),
        (
            OSError(errno.EMFILE, "Too many open files", "some/file"),
            "explorer: some/file: Too many open files. Nothing that was stored is lost.",
        ),
        (OSError("odd"), "explorer: odd. Nothing that was stored is lost."),
    ],
)
def test_an_error_of_the_system_is_one_sentence(
    error: Exception,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr("explorer.cli.library.examine", failing)
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err.startswith(printed)


def test_the_library_of_another_user_says_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "anything", "--library", str(tmp_path)]) == 1
    assert "belongs to" not in capsys.readouterr().err
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert main(["search", "anything", "--library", str(tmp_path)]) == 1
    owner = pwd.getpwuid(os.getuid()).pw_name
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"explorer: the library in {tmp_path} belongs to {owner}."
    assert "no library here yet" in second
