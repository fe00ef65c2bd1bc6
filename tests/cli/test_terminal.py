"""No text from digests, names of files or people's notes can steer the terminal it is shown on."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorer.cli import main
from explorer.cli.commands import Commands
from explorer.cli.options import as_json
from explorer.cli.program import all_commands
from explorer.library.store import LibraryStore
from explorer.papers.paper import Paper

HOSTILE = (
    "\x1b[8mX\x1b[2J\x1b[1;1H\x1b]8;;evil.example\x1b\\\x1b]0;title\x07\x1bPq\x1b\\\x9b8m\x9d0;t\x9c"
    "\u202e\u2066\rFORGED\x08\x0b\x0c\x0e\x7f"
)
"""Hidden text, a cleared screen, a link, a window title, C1 controls, directions, overwriting."""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
OWN = re.compile(r"\x1b\[(?!8m)[\d;]*m|\x1b\[\?25[lh]|\r?\x1b\[2K|\x1b\[1A|\r(?=\n)")
"""Colours, and the moves of a progress bar: what the commands themselves send to a terminal."""
SERVERS = {"app", "serve", "mcp"}
"""Commands that run until they are stopped; ``tests/servers`` and ``tests/app`` start them."""


class Terminal(io.StringIO):
    """What a terminal receives."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise io.UnsupportedOperation("fileno")


Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a terminal and return what the terminal gets."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def on_terminal(*arguments: object, codes: tuple[int, ...] = (0,)) -> str:
        terminal = Terminal()
        with monkeypatch.context() as streams:
            streams.setattr(sys, "stdout", terminal)
            streams.setattr(sys, "stderr", terminal)
            try:
                code = main([str(argument) for argument in arguments])
            except SystemExit as end:
                code = int(end.code or 0)
        assert code in codes, terminal.getvalue()
        return terminal.getvalue()

    return on_terminal


def steering(text: str) -> list[str]:
    """Return the characters that a terminal obeys, with the text before each."""
    left = OWN.sub("", text)
    return [repr(left[max(0, m.start() - 30) : m.end() + 10]) for m in CONTROL.finditer(left)]


def _record(paper: Paper, number: int) -> dict[str, object]:
    return {
        "title": f"{paper.title} {HOSTILE} {number}",
        "abstract": f"{HOSTILE} {paper.abstract} {HOSTILE} [link=https://evil.example]x[/link]",
        "authors": [f"Ada {HOSTILE}", "Grace Hopper"],
        "venue": f"Journal of {HOSTILE}",
        "year": 2020 + number % 5,
        "keywords": [f"word {HOSTILE}"],
        "url": f"https://example.org/{HOSTILE}",
        "doi": f"10.1000/x{number}{HOSTILE}",
    }


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory, corpus: list[Paper]) -> Path:
    """Digests whose text and names steer a terminal, and one that cannot be read."""
    folder = tmp_path_factory.mktemp("digests")
    records = [_record(paper, number) for number, paper in enumerate((*corpus, corpus[0]))]
    lines = [json.dumps(record) for record in records] + ['{"title": "' + HOSTILE + '"']
    (folder / f"all{HOSTILE}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / f"broken{HOSTILE}.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + HOSTILE.encode())
    (folder / "list.csv").write_text(f"title,abstract\n,{HOSTILE} a text\n", encoding="utf-8")
    return folder


@pytest.fixture
def library(tmp_path: Path, digests: Path) -> LibraryStore:
    """A library of the hostile digests, in a folder with such a name, with such edits."""
    folder = tmp_path / f"library{HOSTILE}"
    assert main(["build", str(digests), "--library", str(folder), "--model", "hashing"]) == 0
    return LibraryStore(folder)


def _beir(folder: Path, corpus: list[Paper]) -> Path:
    folder.mkdir()
    documents = [
        {"_id": f"d{n}", "title": f"{p.title} {HOSTILE}", "text": p.abstract}
        for n, p in enumerate(corpus)
    ]
    queries = [{"_id": "q", "text": f"liver {HOSTILE}"}]
    for name, content in (("corpus", documents), ("queries", queries)):
        text = "".join(json.dumps(line) + "\n" for line in content)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    judged = "query-id\tcorpus-id\tscore\nq\td0\t1\n"
    (folder / "qrels.tsv").write_text(judged, encoding="utf-8")
    return folder


Use = tuple[object, ...]
"""The words of a command; numbers at its end are exit codes that it may have besides 0."""


def _edits(topic: str, other: str, first: str, second: str) -> Iterator[Use]:
    """Yield uses that change topics and the desk, and those that show the changes."""
    yield "topics", "rename", topic, f"Livers {HOSTILE}", 1, 2
    yield "topics", "pin", other, "--name", f"Videos {HOSTILE}", 1, 2
    yield "topics", "merge", topic, other, "--name", f"Both {HOSTILE}", 1, 2
    yield ("topics", "edits")
    yield "topics", "undo", "1", 1, 2
    yield "desk", "star", first, second
    yield "desk", "tag", f"tag{HOSTILE}", first, 1, 2
    yield "desk", "note", first, f"Note {HOSTILE}\n{HOSTILE}"
    yield "desk", "mark", "to-read", second
    yield ("desk", "list")
    yield "desk", "unstar", second
    yield "follow", "add", f"liver {HOSTILE}", "--name", f"name {HOSTILE}", 1, 2
    yield "follow", "add", f"liver {HOSTILE}", 1, 2
    yield "follow", "add", "liver", "--name", "plain"
    yield "follow", "run", "--since", "2001-01-01"
    yield "follow", "run", "--since", "2001-01-01", "--json"
    yield ("follow", "list")
    yield "follow", "remove", "plain"
    yield "follow", "remove", f"no {HOSTILE}", 1, 2


def _reviews(first: str, folder: Path) -> Iterator[Use]:
    """Yield uses of a literature review with a hostile name, question and reason."""
    name, file = f"Livers {HOSTILE}", folder / f"review{HOSTILE}.csv"
    yield "review", "new", name, "--question", f"liver {HOSTILE}", 1, 2
    yield "review", "new", "plain", "--question", f"liver {HOSTILE}"
    yield ("review", "list")
    for review in ("plain", name):
        yield "review", "next", review, 1, 2
        yield "review", "label", review, "exclude", first, "--reason", f"why {HOSTILE}", 1, 2
        for command in ("status", "update", "conflicts", "log"):
            yield "review", command, review, 1, 2
        yield "review", "export", review, file, 1, 2
        yield "review", "import", review, file, 1, 2
        yield "review", "prisma", review, folder / f"flow{HOSTILE}.svg", 1, 2
        yield "review", "undo", review, 1, 2


def _feeds(folder: Path) -> Iterator[Use]:
    """Yield uses of feeds that reach no network: an unknown one, and none at all."""
    digests = ("--digests", folder / f"feeds{HOSTILE}")
    for command in (("feeds", "add"), ("feeds", "test"), ("feeds", "remove"), ("fetch",)):
        yield *command, HOSTILE, *digests, 2
    yield "feeds", "list", *digests
    yield "morning", *digests, 2
    yield "zotero", folder / f"none{HOSTILE}", "--dry-run", 2
    yield "push", "--server", f"https://{HOSTILE}", "--to", "users/1", 2
    yield "desk", "recommend", "--all", 1, 2
    yield "desk", "interests", 1, 2


def _readings(digests: Path, folder: Path) -> Iterator[Use]:
    """Yield uses that read digests."""
    yield "build", digests, "--dry-run"
    yield "build", digests, "--model", "hashing", "--prune"
    yield "watch", digests, "--once", "--settle", "0.01"
    yield "watch", digests, "--once", "--settle", "0.01", "--json"
    yield "inspect", digests
    yield "inspect", folder / f"missing{HOSTILE}", 2
    yield "inspect", digests, "--json"
    yield "shards", "cut", digests, "--into", folder / f"shards{HOSTILE}"
    yield "shards", "embed", folder / f"shards{HOSTILE}", 1, 2


def _searches(first: str, collection: Path) -> Iterator[Use]:
    """Yield uses that search, with words and options that steer the terminal too."""
    for text in ("liver", f"liver {HOSTILE}", f'author:"{HOSTILE}"', f"source:{HOSTILE} video"):
        yield "search", text
        yield "search", text, "--json"
    yield "similar", first
    yield "similar", HOSTILE, 2
    for option in ("--topic", "--source", "--user", "--mode", f"--{HOSTILE}"):
        yield "search", "liver", option, HOSTILE, 1, 2
    yield HOSTILE, 2
    yield f"--{HOSTILE}", 2
    yield "evaluate", collection, "--model", "hashing"
    yield "evaluate", "--self"


def _shows(topic: str, folder: Path) -> Iterator[Use]:
    """Yield uses that show and export the library."""
    yield ("topics", "list")
    yield "topics", "list", "--json"
    yield "topics", "list", "--csv", folder / f"topics{HOSTILE}.csv"
    yield "topics", "show", topic
    yield ("topics", "review")
    yield "topics", "review", "--json"
    yield "topics", "show", HOSTILE, 1, 2
    yield "news", "--since", "2001-01-01"
    for form in ("markdown", "html"):
        yield "briefing", "--since", "2001-01-01", "--format", form
    yield "briefing", "--since", "2001-01-01", "--output", folder / f"briefing{HOSTILE}.md"
    for form in ("bibtex", "ris", "csl-json", "csv", "jsonl"):
        yield "export", "--format", form
    yield "export", "--query", f"nothing:{HOSTILE}", "--output", folder / f"papers{HOSTILE}"
    yield "export", "--ids", HOSTILE, 1, 2
    for name in ("stats", "history", "doctor", "duplicates"):
        yield (name,)
        yield name, "--json"
    yield "desk", "restore"
    yield "desk", "restore", HOSTILE, 2
    yield "rollback", 1


def _names(commands: Commands, before: str = "") -> Iterator[str]:
    for name in commands.parsers:
        if name in commands.groups:
            yield from _names(commands.groups[name], f"{before}{name} ")
        else:
            yield f"{before}{name}"


@pytest.mark.slow
def test_no_command_lets_text_steer_the_terminal(
    run: Run, library: LibraryStore, digests: Path, tmp_path: Path, corpus: list[Paper]
) -> None:
    (library.folder / f"stray{HOSTILE}").write_text(HOSTILE, encoding="utf-8")
    generation = library.open()
    topic, other = (topic.id for topic in generation.levels[-1][:2])
    first, second = (generation.records[row].id for row in (0, 1))
    known = set(_names(all_commands()))
    used: set[str] = set()
    failures: dict[str, list[str]] = {}
    for use in (
        *_edits(topic, other, first, second),
        *_reviews(first, tmp_path),
        *_feeds(tmp_path),
        *_readings(digests, tmp_path),
        *_searches(first, _beir(tmp_path / "beir", corpus)),
        *_shows(topic, tmp_path),
    ):
        words = [str(word) for word in use if not isinstance(word, int)]
        codes = (0, *(word for word in use if isinstance(word, int)))
        names = {" ".join(words[:2]), words[0]} & known
        text = run(*words, *(["--library", library.folder] if names else []), codes=codes)
        used |= names
        if hits := steering(text) or (["hidden text"] if "\x1b[8m" in text else []):
            failures[" ".join(words[:2])] = hits[:2]
    assert failures == {}
    assert known - used == SERVERS


def test_a_mistake_in_the_program_shows_a_harmless_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr(LibraryStore, "open", failing)
    text = run("stats", codes=(1,))
    assert "RuntimeError" in text
    assert steering(text) == []


def test_json_is_the_same_once_it_is_read() -> None:
    assert CONTROL.search(as_json({"title": HOSTILE})) is None
    assert json.loads(as_json({"title": HOSTILE})) == {"title": HOSTILE}


def test_the_scan_sees_every_kind_of_steering() -> None:
    plain = "\x1b[1mBold\x1b[0m \x1b[?25l\r\x1b[2K\tΣ é 你 مرحبا\r\n"
    assert steering(plain) == []
    kinds = "\x1b[2J|\x1b]8;;x\x1b\\|\x9b8m|\u202e|\u2066|\rX|\x08|\x7f|\x00".split("|")
    assert [bool(steering(f"text {kind}")) for kind in kinds] == [True] * len(kinds)
