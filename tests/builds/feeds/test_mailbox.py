"""Alert mails are fetched from a mailbox folder once, and nothing is marked as read."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from explorer.builds.feeds import fetching
from explorer.builds.feeds.fetching import FeedOutcome, fetch_feeds
from explorer.builds.feeds.subscriptions import Subscription
from explorer.builds.feeds.web import Web
from explorer.readers import digest_files, read_digests, stream_digests
from tests.helpers.feed_services import TITLES, Asked, answer
from tests.helpers.imap_server import FOLDER, PASSWORD, Mailbox, serve_mailbox

_TODAY = date(2026, 11, 30)


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    class Plain(imaplib.IMAP4):
        def __init__(self, host: str, port: int, **_options: Any) -> None:
            super().__init__(host, port, timeout=10)

    monkeypatch.setattr(imaplib, "IMAP4_SSL", Plain)
    monkeypatch.setattr(fetching, "stream_digests_apart", stream_digests)
    monkeypatch.setenv("EXPLORER_IMAP_PASSWORD", PASSWORD)
    feed = answer(Asked("journal.example.org/rss")).body
    mail = (
        b"From: alerts@example.org\r\nSubject: New articles\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/rss+xml; charset=utf-8\r\n\r\n" + feed
    )
    greeting = b"From: friend@example.org\r\nSubject: Lunch\r\n\r\nAre you free on Friday?\r\n"
    with serve_mailbox([mail, greeting]) as opened:
        yield opened


def _fetch(folder: Path, box: Mailbox, name: str = FOLDER) -> FeedOutcome:
    source = f"imap://me%40example.org@127.0.0.1:{box.port}/{name}"
    feeds = [Subscription("mail", source)]
    return fetch_feeds(folder, feeds, Web(), today=_TODAY)[0]


def _titles(folder: Path) -> list[str]:
    return [
        paper.title
        for name, path in digest_files([folder])
        for reading in read_digests(path, name)
        for paper in reading.papers
    ]


def test_alerts_are_kept_once_and_other_mail_is_not(tmp_path: Path, box: Mailbox) -> None:
    outcome = _fetch(tmp_path, box)
    assert (outcome.error, outcome.new) == ("", 3)
    assert sorted(_titles(tmp_path)) == sorted(TITLES)
    assert [name for name, _ in digest_files([tmp_path])] == ["mail/2026-11-30.1.eml.gz"]
    again = _fetch(tmp_path, box)
    assert (again.error, again.new) == ("", 0)
    fetched = [command for command in box.commands if "BODY" in command]
    assert len(fetched) == 2


def test_nothing_is_marked_as_read(tmp_path: Path, box: Mailbox) -> None:
    _fetch(tmp_path, box)
    assert any(command.startswith("EXAMINE") for command in box.commands)
    assert not any(command.startswith("SELECT") for command in box.commands)
    assert not any("BODY[" in command for command in box.commands)


def test_a_mailbox_that_was_made_anew_is_read_from_the_start(tmp_path: Path, box: Mailbox) -> None:
    _fetch(tmp_path, box)
    box.validity = 8
    assert _fetch(tmp_path, box).error == ""
    assert len([command for command in box.commands if "BODY" in command]) == 4


@pytest.mark.parametrize(
    ("password", "folder", "reason"),
    [("wrong", FOLDER, "wrong password"), (PASSWORD, "Other", "no folder"), ("", FOLDER, "set EX")],
)
def test_a_mailbox_that_cannot_be_read_says_why(
    password: str,
    folder: str,
    reason: str,
    tmp_path: Path,
    box: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXPLORER_IMAP_PASSWORD", password)
    assert reason in _fetch(tmp_path, box, folder).error
