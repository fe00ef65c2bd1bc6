"""Feeds from the command line: a list that people may edit, runs, and the morning's briefing."""

from __future__ import annotations

import email
import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path

import pytest

from explorer.builds.build import BuildOptions, build
from explorer.builds.feeds import fetching
from explorer.builds.feeds.web import Web
from explorer.cli import main
from explorer.library.store import LibraryStore
from tests.helpers.feed_services import TITLES, Serving, ToServer, answer, serve

_RSS = "https://journal.example.org/rss"


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    with serve(answer) as opened:
        yield opened


@pytest.fixture
def folder(
    tmp_path: Path, serving: Serving, monkeypatch: pytest.MonkeyPatch, digest_folder: Path
) -> Path:
    """The folder with a library of two digests; feeds come from the server of this machine."""

    @contextmanager
    def web(_contact: str) -> Iterator[Web]:
        opened = Web(transport=ToServer(serving.port))
        yield opened
        opened.close()

    monkeypatch.setattr(fetching, "open_web", web)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EXPLORER_LIBRARY", raising=False)
    Path("data").mkdir()
    digest_folder.rename("data/digests")
    build(LibraryStore(Path("data/library")), [Path("data/digests")], BuildOptions(model="hashing"))
    return tmp_path


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    capsys.readouterr()
    main([*arguments, "--json"])
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


def test_a_morning_brings_papers_into_the_library_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["feeds", "add", _RSS, "--name", "journal"]) == 0
    assert main(["morning", "--output", "today.html"]) == 0
    assert all(title in (folder / "today.html").read_text() for title in TITLES)
    assert LibraryStore(folder / "data/library").open().size == 43
    again = _printed(capsys, "morning")
    assert again["feeds"] == [{"name": "journal", "new": 0, "error": "", "files": []}]
    assert LibraryStore(folder / "data/library").open().size == 43
    listed = _printed(capsys, "feeds")["feeds"]
    assert isinstance(listed, list)
    assert listed[0]["last_success"]


def test_comments_in_the_list_stay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "data/digests/feeds.toml"
    path.write_text('# mine\n\n[[feed]]\nname = "daily"  # every day\nsource = "hf-daily"\n')
    assert main(["feeds", "add", "arxiv:cs.CL,cs.LG"]) == 0
    assert main(["feeds", "remove", "arxiv-cs-cl-cs-lg"]) == 0
    text = path.read_text()
    assert "# mine" in text
    assert "# every day" in text
    assert _printed(capsys, "feeds")["feeds"][0]["name"] == "daily"  # type: ignore[index]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("arxiv:nonsense category", "no category of arXiv"),
        ("arxiv:", "needs more"),
        ("crossref:nature", "no ISSN"),
        ("acl:ACL", "no venue with a year"),
        ("gopher://example.org", "no feed"),
        ("imap://me:secret@example.org/Alerts", "no password in it"),
    ],
)
def test_what_is_no_feed_is_refused_when_it_is_added(
    source: str, reason: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["feeds", "add", source]) == 2
    assert reason in capsys.readouterr().err
    assert not (folder / "data/digests/feeds.toml").exists()


@pytest.mark.parametrize(
    "text", ["[[feed]\n", '[[feed]]\nname = "a"\n', '[[feed]]\nsource = "x:y"\n', "feed = 3\n"]
)
def test_a_damaged_list_is_named(
    text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "data/digests/feeds.toml"
    path.write_text(text)
    assert main(["fetch"]) == 2
    assert "feeds.toml" in capsys.readouterr().err
    assert path.read_text() == text


def test_a_preview_lists_titles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _printed(capsys, "feeds", "test", _RSS)["titles"] == list(TITLES)
    assert not (folder / "data/digests/journal").exists()


def test_the_mail_has_both_parts_and_nothing_remote(folder: Path) -> None:
    main(["feeds", "add", _RSS])
    assert main(["morning", "--mail-to", "reader@example.org", "--dry-run"]) == 0
    message = email.message_from_bytes((folder / "briefing.eml").read_bytes(), policy=policy.SMTP)
    assert message["To"] == "reader@example.org"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    page = message.get_body(("html",))
    assert page is not None
    assert TITLES[0] in page.get_content()
    assert "<img" not in page.get_content()


def test_a_mail_without_a_server_is_refused_before_anything_is_fetched(
    folder: Path, serving: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["feeds", "add", _RSS])
    asked = len(serving.requests)
    assert main(["morning", "--mail-to", "reader@example.org"]) == 2
    assert "EXPLORER_SMTP_HOST" in capsys.readouterr().err
    assert main(["morning", "--mail-to", "nobody"]) == 2
    assert len(serving.requests) == asked
    assert (folder / "data/library").exists()


def test_a_mail_is_sent_with_tls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    class Connection:
        def __init__(self, host: str, port: int, **_options: object) -> None:
            steps.append(f"{host}:{port}")

        def __enter__(self) -> Connection:
            return self

        def __exit__(self, *_error: object) -> None: ...

        def starttls(self, **_options: object) -> None:
            steps.append("starttls")

        def login(self, user: str, _password: str) -> None:
            steps.append(f"login {user}")

        def send_message(self, message: email.message.EmailMessage) -> None:
            steps.append(f"send to {message['To']}")

    monkeypatch.setattr("explorer.alerts.mail.smtplib.SMTP", Connection)
    monkeypatch.setenv("EXPLORER_SMTP_HOST", "mail.example.org")
    monkeypatch.setenv("EXPLORER_SMTP_USER", "sender@example.org")
    main(["feeds", "add", _RSS])
    assert main(["morning", "--mail-to", "reader@example.org"]) == 0
    assert steps == [
        "mail.example.org:587",
        "starttls",
        "login sender@example.org",
        "send to reader@example.org",
    ]
    assert (folder / "data/library").exists()
