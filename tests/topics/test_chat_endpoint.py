"""Requests to a language model's server: one host, one key in one header, one deadline."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from explorer.errors import UnusableInput
from explorer.topics.chat_endpoint import ChatEndpoint, EndpointFailure
from tests.helpers.chat_server import ChatServer, Reply, chat_server, completion

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server(lambda _: completion("an answer")) as server:
        yield server


def failure_of(server: ChatServer, reply: Reply, key: str = KEY) -> str:
    """Return why ``reply`` is no answer; the key is in no message."""
    server.reply = lambda _: reply
    with pytest.raises(EndpointFailure) as caught:
        ChatEndpoint(server.url, key, seconds=5).complete({"model": "m"})
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_a_request_carries_the_key_in_one_header_alone(server: ChatServer) -> None:
    assert ChatEndpoint(f"{server.url}/", f" {KEY}\n").complete({"model": "m"}) == "an answer"
    ((path, headers, body),) = server.received
    assert (path, body) == ("/v1/chat/completions", {"model": "m"})
    assert [name for name, value in headers.items() if KEY in value] == ["Authorization"]
    assert headers["Authorization"] == f"Bearer {KEY}"
    ChatEndpoint(server.url).complete({"model": "m"})
    assert "Authorization" not in server.received[1][1]


@pytest.mark.parametrize(
    "reply",
    [
        (200, {}, b""),
        (200, {}, b"<html>"),
        (200, {}, b"[" * 100_000),
        (200, {}, b"{}"),
        (200, {}, b'{"choices": []}'),
        (200, {}, b'{"choices": [{"message": {"content": null}}]}'),
        (200, {}, b"\xff\xfe"),
    ],
)
def test_what_is_no_chat_completion_is_a_failure(server: ChatServer, reply: Reply) -> None:
    assert "does not answer as chat completions do" in failure_of(server, reply)


def test_errors_of_the_server_are_quoted_in_short(server: ChatServer) -> None:
    error: dict[str, Any] = {"error": {"message": f"no\x1b[31m model {'x' * 500}"}}
    message = failure_of(server, (404, {}, json.dumps(error).encode()))
    assert "HTTP 404: no[31m model xxx" in message
    assert len(message) < 200
    assert failure_of(server, (500, {}, b"oops")).endswith("HTTP 500")
    assert failure_of(server, (500, {}, b'{"error": "busy"}')).endswith("HTTP 500: busy")


def test_a_server_that_repeats_the_key_is_not_repeated(server: ChatServer) -> None:
    error = json.dumps({"error": {"message": f"wrong key {KEY}"}}).encode()
    assert failure_of(server, (401, {}, error)).endswith("HTTP 401")
    assert "answers with the key" in failure_of(server, completion(f'{{"name": "{KEY}"}}'))
    hidden = f"{KEY[:3]}\u200b{KEY[3:]}"
    assert "answers with the key" in failure_of(server, completion(hidden))
    server.reply = lambda _: completion("a name")
    assert ChatEndpoint(server.url, "a").complete({}) == "a name"  # a key that stands for none


def test_endless_answers_are_cut(server: ChatServer) -> None:
    assert "more than" in failure_of(server, (200, {}, b" " * (3 << 20)))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_refused(server: ChatServer, status: int) -> None:
    with chat_server(lambda _: completion("stolen")) as other:
        location = f"{other.url}/chat/completions"
        assert "redirects" in failure_of(server, (status, {"Location": location}, b""))
        assert "redirects" in failure_of(server, (status, {"Location": "/v2"}, b""))
        assert other.received == []
    assert len(server.received) == 2


def test_a_proxy_of_the_environment_is_not_used(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(lambda _: completion("stolen")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        assert ChatEndpoint(server.url).complete({}) == "an answer"
        assert proxy.received == []


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
        with pytest.raises(EndpointFailure, match=r"cannot be reached \(Connection refused\)"):
            ChatEndpoint(url).complete({})


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_server_that_drips_is_cut_at_the_deadline(sent: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    connection.sendall(sent)
                    while True:
                        connection.sendall(b"H" if not sent else b" ")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = Thread(target=drip, daemon=True)
        thread.start()
        begin = time.monotonic()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        with pytest.raises(EndpointFailure, match=r"no answer within 0\.5 s"):
            ChatEndpoint(url, seconds=0.5).complete({})
        assert time.monotonic() - begin < 5
        thread.join(5)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:11434/v1",
        "ftp://localhost/v1",
        "file:///etc/passwd",
        "http://",
        "http://localhost:port/v1",
        "http://localhost/v1?key=1",
        "http://localhost/v1#x",
        "http://local host/v1",
        "http://localhost/v1\r\nHost: other",
        "http://[::1/v1",
    ],
)
def test_addresses_that_cannot_be_used_are_refused(url: str) -> None:
    with pytest.raises(UnusableInput, match="cannot be used"):
        ChatEndpoint(url)


def test_no_secret_is_quoted_where_it_cannot_be_used() -> None:
    for url in ("http://me:hunter2@localhost/v1", "http://me:hunter2@[::1", "http://x/?k=hunter2"):
        with pytest.raises(UnusableInput) as caught:
            ChatEndpoint(url)
        assert "hunter2" not in str(caught.value)
    with pytest.raises(UnusableInput, match="EXPLORER_NAMER_KEY") as caught:
        ChatEndpoint("http://localhost/v1", "hunter2\r\nX-Other: 1")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "is_exposed"),
    [
        ("http://localhost:1/v1", False),
        ("http://127.0.0.1/v1", False),
        ("http://[::1]:1/v1", False),
        ("https://api.example.org/v1", False),
        ("http://192.168.1.2/v1", True),
        ("http://localhost.example.org/v1", True),
    ],
)
def test_texts_that_travel_unencrypted_to_others_are_known(url: str, is_exposed: bool) -> None:
    assert ChatEndpoint(url).is_exposed is is_exposed
