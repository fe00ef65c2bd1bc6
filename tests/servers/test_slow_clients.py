"""Clients that are slow, many or forged: each costs the server a bounded time and place."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from explorer.api.library import Library
from explorer.library.store import LibraryStore
from explorer.servers.connections import timed_protocol
from explorer.servers.http.guard import AccessRules, Guard
from explorer.servers.http.serving import uvicorn_config
from explorer.settings import ConnectionLimits, RequestLimits

pytestmark = pytest.mark.slow
_LIMITS = ConnectionLimits(header_seconds=0.6, body_seconds=0.6, reader_seconds=0.6, connections=64)
_LATE = 6.0
"""Seconds after which a connection that is still open has no deadline."""
_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
_POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
_LARGE = 30_000_000


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a body; answer with much at ``/large``, with little elsewhere."""
    if scope["type"] != "http":
        return
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    size = _LARGE if scope["path"] == "/large" else 2
    headers = [(b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * size})


@contextmanager
def _running(config: uvicorn.Config) -> Iterator[uvicorn.Server]:
    """Run a server; nothing of its connections and tasks may be left when its clients are gone."""
    config.port, config.log_level = 0, "error"
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        _wait(lambda: server.started)
        yield server
        _wait(lambda: not server.server_state.connections and not server.server_state.tasks)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
    assert not thread.is_alive()


@pytest.fixture
def server() -> Iterator[uvicorn.Server]:
    """A server with short deadlines."""
    with _running(uvicorn.Config(_app, http=timed_protocol(_LIMITS), lifespan="off")) as running:
        yield running


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "this did not come true"
        time.sleep(0.01)


def _connect(server: uvicorn.Server) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(_LATE)
    connection.connect(server.servers[0].sockets[0].getsockname())
    return connection


def _status(server: uvicorn.Server, request: bytes = _REQUEST) -> int:
    with _connect(server) as connection:
        connection.sendall(request)
        return int(connection.recv(4096).split(b" ", 2)[1])


def _seconds_until_cut(connection: socket.socket, drip: bytes) -> float:
    """Return the seconds until the server ends a connection that sends ``drip`` again and again."""
    begin = time.monotonic()
    connection.settimeout(0.1)
    while time.monotonic() - begin < _LATE:
        try:
            connection.sendall(drip)
            if not connection.recv(4096):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - begin


@pytest.mark.parametrize(
    ("start", "drip"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X"),
        (b"", b"\r\n"),
        (_REQUEST + b"GET / HT", b""),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n", b"x"),
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\nx\r\n",
        ),
    ],
    ids=["nothing", "headers", "blank lines", "a second request", "body", "chunks"],
)
def test_a_client_that_drips_is_cut(server: uvicorn.Server, start: bytes, drip: bytes) -> None:
    with _connect(server) as connection:
        connection.sendall(start)
        assert _seconds_until_cut(connection, drip) < _LATE / 2


def test_a_body_that_comes_steadily_may_take_longer_than_its_deadline(
    server: uvicorn.Server,
) -> None:
    parts = 40
    with _connect(server) as connection:
        head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {parts * 4000}\r\n\r\n"
        connection.sendall(head.encode())
        for _ in range(parts):
            connection.sendall(b"x" * 4000)
            time.sleep(2 * _LIMITS.body_seconds / parts)  # the pace is what is tested
        assert b" 200 " in connection.recv(4096)


@pytest.mark.parametrize("pause", [None, 0.05])
def test_a_client_that_reads_slowly_is_cut(server: uvicorn.Server, pause: float | None) -> None:
    with _connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(_REQUEST.replace(b"/ ", b"/large ", 1))
        begin = time.monotonic()
        _wait(lambda: bool(server.server_state.connections))
        while server.server_state.connections and time.monotonic() - begin < _LATE:
            if pause is not None:
                with suppress(OSError):
                    connection.recv(1)
            time.sleep(pause or 0.05)
        assert time.monotonic() - begin < _LATE


def test_a_client_that_reads_steadily_gets_everything(server: uvicorn.Server) -> None:
    with _connect(server) as connection:
        connection.sendall(_REQUEST.replace(b"/ ", b"/large ", 1))
        left, begin = _LARGE, time.monotonic()
        while left > 0:
            part = connection.recv(1 << 20)
            assert part, f"{left} bytes were not sent"
            left -= len(part)
            time.sleep(0.02)
        assert time.monotonic() - begin > _LIMITS.reader_seconds


def test_half_open_requests_keep_nobody_out(server: uvicorn.Server) -> None:
    threads = threading.active_count()
    with ExitStack() as stack:
        for _ in range(256):
            stack.enter_context(_connect(server)).sendall(b"GET / HTTP/1.1\r\nX: ")
        assert _status(server) == 200
        assert len(server.server_state.connections) <= _LIMITS.connections
        _wait(lambda: not server.server_state.connections)
    assert threading.active_count() <= threads


def test_where_every_connection_is_in_use_a_new_one_is_refused(server: uvicorn.Server) -> None:
    with ExitStack() as stack:
        for _ in range(_LIMITS.connections):
            one = stack.enter_context(_connect(server))
            one.sendall(_POST + b"Content-Length: 9\r\n\r\n")
        _wait(lambda: len(server.server_state.connections) == _LIMITS.connections)
        _wait(lambda: len(server.server_state.tasks) == _LIMITS.connections)
        assert _status(server) == 503
        _wait(lambda: not server.server_state.connections)
    assert _status(server) == 200


@pytest.mark.parametrize("trusted", [False, True])
def test_a_forged_address_evades_no_rate(hashing_library: LibraryStore, trusted: bool) -> None:
    proxies = ("127.0.0.1",) if trusted else ()
    rules = AccessRules(rate=1, proxies=proxies)
    library = Library(hashing_library.folder)
    with _running(uvicorn_config(library, rules, _LIMITS)) as server:
        statuses = [
            _status(
                server,
                b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                b"X-Forwarded-For: 203.0.113.%d\r\n\r\n" % number,
            )
            for number in range(30)
        ]
    assert statuses[0] == 200
    assert statuses[-1] == (200 if trusted else 429)


def test_a_request_over_its_time_is_refused_and_counts_until_it_ends() -> None:
    release, status, limits = asyncio.Event(), [], RequestLimits(seconds=0.1, running=2)

    async def stuck(_scope: Scope, _receive: Receive, send: Send) -> None:
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guard = Guard(stuck, AccessRules(rate=1000, limits=limits))
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": None}

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, int]) -> None:
        if "status" in message:
            status.append(message["status"])

    async def attack() -> None:
        await asyncio.gather(*(guard(scope, receive, send) for _ in range(2)))  # type: ignore[arg-type]
        begin = time.monotonic()
        await guard(scope, receive, send)  # type: ignore[arg-type]
        assert time.monotonic() - begin < limits.seconds
        release.set()
        while guard._running:
            await asyncio.sleep(0)
        await guard(scope, receive, send)  # type: ignore[arg-type]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(attack())
    assert status == [503, 503, 503, 200]


def test_no_more_connections_than_files_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.servers.connections._open_files", lambda: 256)
    limited = timed_protocol(replace(_LIMITS, connections=100_000))
    assert limited.limits.connections < 256  # type: ignore[attr-defined]
