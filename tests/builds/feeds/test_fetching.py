"""Feeds are fetched from a server that answers as each service does, and as some misbehave."""

from __future__ import annotations

import gzip
import os
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from explorer.builds.feeds import fetching
from explorer.builds.feeds.fetching import FeedOutcome, fetch_feeds
from explorer.builds.feeds.services import SERVICES
from explorer.builds.feeds.state import load_state, save_state
from explorer.builds.feeds.subscriptions import Subscription
from explorer.builds.feeds.web import Web
from explorer.files import SCRATCH_ENDING
from explorer.readers import digest_files, read_digests, stream_digests
from explorer.settings import FetchLimits
from tests.helpers.feed_services import (
    TITLES,
    Answer,
    Answering,
    Asked,
    Serving,
    ToServer,
    answer,
    serve,
)

_TODAY = date(2026, 11, 30)
_RSS = Subscription("journal", "https://journal.example.org/rss")
_SOURCES = [
    *(service.example for service in SERVICES.values()),
    _RSS.source,
    "https://blog.example.org/feed.json",
]
_FAST = FetchLimits(page_seconds=1.0, idle_seconds=2.0, page_bytes=1 << 20)


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read digests in this process: starting another takes a second a page."""
    monkeypatch.setattr(fetching, "stream_digests_apart", stream_digests)


class Fetch:
    """Fetches feeds from a server into a folder."""

    def __init__(self, folder: Path, serving: Serving, waits: list[float]) -> None:
        self.folder, self.serving, self.waits = folder, serving, waits

    def __call__(self, *feeds: Subscription, today: date = _TODAY) -> list[FeedOutcome]:
        web = Web(
            _FAST,
            transport=ToServer(self.serving.port),
            wait=self.waits.append,
            is_public=lambda host: host.endswith(".org"),
        )
        try:
            return fetch_feeds(self.folder, feeds, web, today=today, limits=_FAST)
        finally:
            web.close()

    def titles(self) -> list[str]:
        """Return the titles in the kept digests, file by file."""
        return [
            paper.title.rstrip(".")
            for name, path in digest_files([self.folder])
            for reading in read_digests(path, name)
            for paper in reading.papers
        ]


@pytest.fixture
def fetching_from(tmp_path: Path) -> Iterator[Callable[[Answering], Fetch]]:
    open_servers = []

    def start(answering: Answering) -> Fetch:
        server = serve(answering)
        open_servers.append(server)
        return Fetch(tmp_path / "digests", server.__enter__(), [])

    yield start
    for server in open_servers:
        server.__exit__(None, None, None)


Start = Callable[[Answering], Fetch]


@pytest.mark.parametrize("source", _SOURCES)
def test_each_service_brings_its_papers_once(source: str, fetching_from: Start) -> None:
    fetch = fetching_from(answer)
    (first,) = fetch(Subscription("feed", source))
    assert (first.error, first.new) == ("", 3)
    assert sorted(fetch.titles()) == sorted(TITLES)
    files = digest_files([fetch.folder])
    assert all(name.startswith("feed/2026-11-30") for name, _ in files)
    (again,) = fetch(Subscription("feed", source))
    assert (again.error, again.new, again.files) == ("", 0, ())
    assert digest_files([fetch.folder]) == files


def test_a_page_is_kept_as_it_came(fetching_from: Start) -> None:
    fetch = fetching_from(answer)
    fetch(_RSS)
    (path,) = (fetch.folder / "journal").iterdir()
    assert gzip.decompress(path.read_bytes()) == answer(Asked("journal.example.org/rss")).body


def test_a_feed_that_has_not_changed_is_not_sent_again(fetching_from: Start) -> None:
    statuses: list[int] = []

    def answering(asked: Asked) -> Answer:
        answered = answer(asked)
        statuses.append(answered.status)
        return answered

    fetch = fetching_from(answering)
    fetch(_RSS)
    assert fetch(_RSS)[0].error == ""
    assert statuses == [200, 304]


def test_a_later_run_asks_for_the_days_since(fetching_from: Start) -> None:
    fetch = fetching_from(answer)
    arxiv = Subscription("arxiv", "arxiv:cs.CL,cs.LG")
    fetch(arxiv)
    fetch(arxiv, today=date(2026, 12, 9))
    asked = [request for request in fetch.serving.requests if "start=0" in request]
    assert "202611230000" in asked[0]
    assert "202611280000" in asked[1]
    assert "202612092359" in asked[1]


class Failing:
    """Answers with ``bad`` some times before it answers as the service does."""

    def __init__(self, times: int, bad: Answer, only: str = "") -> None:
        self._left, self._bad, self._only = times, bad, only

    def __call__(self, asked: Asked) -> Answer:
        if self._left and self._only in asked.path:
            self._left -= 1
            return self._bad
        return answer(asked)


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"<?xml version='1.0'?><rss>")
    handler.close_connection = True


@pytest.mark.parametrize(
    "bad",
    [
        Answer(status=500),
        Answer(status=429),
        Answer(status=503, headers={"Retry-After": "7"}),
        Answer(headers={"Content-Length": "100000"}, send=_cut),
    ],
    ids=["500", "429", "503 with Retry-After", "cut"],
)
def test_an_error_that_passes_is_waited_for(bad: Answer, fetching_from: Start) -> None:
    fetch = fetching_from(Failing(2, bad))
    (outcome,) = fetch(_RSS)
    assert (outcome.error, outcome.new) == ("", 3)
    assert len(fetch.waits) == 2
    if "Retry-After" in bad.headers:
        assert fetch.waits == [7.0, 7.0]


def test_a_failing_feed_holds_up_no_other(fetching_from: Start) -> None:
    fetch = fetching_from(Failing(1_000, Answer(status=500), only="journal.example"))
    failed, fine = fetch(_RSS, Subscription("crossref", "crossref:2041-1723"))
    assert "500" in failed.error
    assert (fine.error, fine.new) == ("", 3)
    assert load_state(fetch.folder, "journal").error == failed.error


def test_a_service_that_wants_a_long_wait_is_left_alone(fetching_from: Start) -> None:
    fetch = fetching_from(Failing(1, Answer(status=429, headers={"Retry-After": "7200"})))
    assert "120 minutes" in fetch(_RSS)[0].error
    assert "more minutes" in fetch(_RSS)[0].error
    assert len(fetch.serving.requests) == 1
    assert fetch.waits == []


def _drip(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def _zeros(handler: BaseHTTPRequestHandler) -> None:
    """Write two gigabytes of zeros, compressed."""
    packed = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    for _ in range(2_000):
        handler.wfile.write(packed.compress(bytes(1 << 20)))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Answer(send=_drip), "too slowly"),
        (Answer(headers={"Content-Encoding": "gzip"}, send=_zeros), "more than 1 MB"),
        (Answer(b"<html><body><p>Please log in.</p></body></html>"), "no digest"),
        (Answer(b"\x89PNG\r\n\x1a\n" + bytes(50)), "no digest"),
        (Answer(status=404), "404"),
        (Answer(status=302, headers={"Location": "http://127.0.0.1/secret"}), "encryption"),
        (Answer(status=302, headers={"Location": "https://127.0.0.1/secret"}), "not on the int"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "web address"),
        (Answer(status=302, headers={"Location": "/rss"}), "without end"),
    ],
    ids=["drip", "zeros", "page", "picture", "404", "plain", "loopback", "file", "circle"],
)
def test_what_is_no_feed_is_refused_in_time(bad: Answer, reason: str, fetching_from: Start) -> None:
    fetch = fetching_from(Failing(1_000, bad))
    begin = time.monotonic()
    (outcome,) = fetch(_RSS)
    assert reason in outcome.error
    assert time.monotonic() - begin < 20
    assert not any("secret" in request or "passwd" in request for request in fetch.serving.requests)
    assert not [path for path in fetch.folder.rglob("*") if "journal/" in f"{path}"]


@pytest.mark.parametrize("after", range(20))
def test_a_run_that_is_killed_is_resumed(
    after: int, fetching_from: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at one of its first steps: no paper is lost or there twice, nor half a page."""
    fetch = fetching_from(answer)
    feeds = [
        Subscription("alex", "openalex:soil microbiome"),
        Subscription("journal", _RSS.source),
        Subscription("notes", "openreview:ICLR.cc/2025/Conference"),
    ]
    left = [after]

    def dying(call: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **named: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                os.write(pipe, b"killed")
                os._exit(9)
            return call(*arguments, **named)

        return counted

    end, pipe = os.pipe()
    child = os.fork()
    if child == 0:  # a real death: nothing is tidied up
        monkeypatch.setattr(fetching, "save_state", dying(save_state))
        monkeypatch.setattr(Web, "get", dying(Web.get))
        monkeypatch.setattr(Path, "replace", dying(Path.replace))
        fetch(*feeds)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(pipe)
    assert os.read(end, 6) == b"killed"
    os.close(end)
    assert [outcome.error for outcome in fetch(*feeds)] == ["", "", ""]
    assert sorted(fetch.titles()) == sorted(3 * TITLES)
    assert not list(fetch.folder.rglob(f".*{SCRATCH_ENDING}"))
