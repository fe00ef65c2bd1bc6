"""Server of the page: settings travel with every way of starting it, foreign hosts are refused."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from streamlit.config import get_option, set_option
from streamlit.web.skills import nudge_suppression_reason

from explorer.app.server import SETTINGS, Announcement, HostGuard
from explorer.library.store import LibraryStore
from tests.helpers.corpus import ROOT
from tests.helpers.serving import free_port, wait_until_up


def _flat(table: dict[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= (
            _flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
        )
    return flat


def test_both_ways_of_starting_the_page_have_the_same_settings() -> None:
    file = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    own = {"server.address": "localhost", "server.headless": False}  # options of `explorer app`
    assert _flat(file) == SETTINGS | own


def test_streamlit_offers_nothing_to_install() -> None:
    names = ("server.headless", "logger.hideWelcomeMessage")
    before = {name: get_option(name) for name in names}
    try:
        set_option("server.headless", False)
        set_option("logger.hideWelcomeMessage", SETTINGS["logger.hideWelcomeMessage"])
        assert nudge_suppression_reason() == "welcome_hidden"
    finally:
        for name, value in before.items():
            set_option(name, value)


def test_the_terminal_shows_the_address_once_the_server_has_started(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        for step in ("startup", "shutdown"):
            await send({"type": f"lifespan.{step}.complete"})

    async def nothing(*_messages: object) -> Any:
        return None

    asyncio.run(Announcement(app)({"type": "lifespan"}, nothing, nothing))
    assert capsys.readouterr().out.count("Literature Explorer is open at http://") == 1


def _handshake(port: int, host: str, origin: str | None) -> int:
    """Return the status with which the page's WebSocket answers."""
    lines = ["GET /_stcore/stream HTTP/1.1", f"Host: {host}", "Connection: Upgrade"]
    lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    lines += [f"Origin: {origin}"] if origin else []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(connection.recv(4096).split(b" ", 2)[1])


@contextmanager
def _served(command: list[str], port: int, cwd: Path) -> Iterator[None]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(cwd)}
    environment["EXPLORER_HOSTS"] = "papers.example.org, other.example.org"
    process = subprocess.Popen(command, cwd=cwd, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("start", ["explorer app", "streamlit run"])
def test_the_page_answers_only_for_its_own_names(
    start: str, tmp_path: Path, hashing_library: LibraryStore
) -> None:
    port = free_port()
    library = ["--library", str(hashing_library.folder)]
    commands = {
        "explorer app": ["-m", "explorer.cli", "app", "--port", str(port), *library],
        "streamlit run": [
            *("-m", "streamlit", "run", str(ROOT / "streamlit_app.py")),
            *("--server.port", str(port), "--server.headless", "true", "--", *library),
        ],
    }
    with _served([sys.executable, *commands[start]], port, tmp_path):
        for host in ("localhost", "127.0.0.1", "papers.example.org", "other.example.org"):
            address = f"{host}:{port}"
            assert _handshake(port, address, f"http://{address}") == 101, host
            assert _handshake(port, address, "http://evil.example") == 403, host
        # A proxy that keeps its own Host header.
        assert _handshake(port, f"127.0.0.1:{port}", "https://papers.example.org") == 101
        for host in ("evil.example", "localhost.evil.example", "evil.example@localhost", ""):
            address = f"{host}:{port}"
            assert _handshake(port, address, f"http://{address}") == 403, host
            assert _handshake(port, address, None) == 403, host


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ([("host", "localhost")], True),
        ([("host", "LOCALHOST.:8501")], True),
        ([("host", "[::1]:8501"), ("origin", "http://[::1]:8501")], True),
        ([("host", "192.168.0.7:8501")], True),
        ([("host", "papers.example.org")], True),
        ([("host", "sub.papers.example.org")], False),
        ([("host", "evil.example")], False),
        ([("host", "localhost"), ("host", "evil.example")], False),
        ([("host", "localhost:x")], False),
        ([], False),
        ([("host", "localhost:8501"), ("origin", "http://localhost:9999")], False),
        ([("host", "localhost:8501"), ("origin", "null")], False),
    ],
)
def test_hosts_and_origins(headers: list[tuple[str, str]], allowed: bool) -> None:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.types import Message

    answered: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answered.append(message["status"])

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def page(_request: object) -> PlainTextResponse:
        return PlainTextResponse("page")

    import asyncio

    guard = HostGuard(Starlette(routes=[Route("/", page)]), ["Papers.Example.org"])
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    asyncio.run(guard(scope, receive, send))
    assert answered == [200 if allowed else 403]
