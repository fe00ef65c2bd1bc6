"""Uploads: kept only from visitors who may change the library, and within limits."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

from explorer.library.store import LibraryStore
from tests.helpers.corpus import ROOT
from tests.helpers.page_session import open_session
from tests.helpers.serving import free_port, wait_until_up

pytestmark = pytest.mark.slow
_BOUNDARY = "boundary"
_LIMITED = """\
from explorer.app.server import SCRIPT, SETTINGS, guards
from explorer.settings import UploadLimits
from streamlit.starlette import App
import sys
limits = UploadLimits(file_megabytes=1, session_megabytes=2, all_megabytes=3, kept_seconds=0.2)
own = {"server.port": int(sys.argv[1]), "server.headless": True, "server.maxUploadSize": 1}
own |= {"server.address": "127.0.0.1"}
sys.argv = ["-c"]
App(SCRIPT, middleware=guards(limits)).run(config=SETTINGS | own)
"""


@contextmanager
def _page(library: LibraryStore, **variables: str) -> Iterator[tuple[int, int]]:
    """Serve the page with small limits; yield its port and process id."""
    port = free_port()
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(library.folder)}
    environment |= {"EXPLORER_LIBRARY": str(library.folder), **variables}
    command = [sys.executable, "-c", _LIMITED, str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until_up(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _head(port: int, session: str, file: str, *more: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/_stcore/health")
    cookies = connection.getresponse().headers.get_all("Set-Cookie") or []
    connection.close()
    tokens = [cookie.partition(";")[0].partition("=")[2] for cookie in cookies if "xsrf" in cookie]
    token = tokens[0] if tokens else ""
    lines = [f"PUT /_stcore/upload_file/{session}/{file} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"X-Xsrftoken: {token}", f"Cookie: _streamlit_xsrf={token}"]
    lines += [f"Content-Type: multipart/form-data; boundary={_BOUNDARY}", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _upload(port: int, session: str, file: str, size: int) -> int:
    """Send a file without announcing its size, and return the status."""
    start = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
    body = start.encode() + b"x" * size + f"\r\n--{_BOUNDARY}--\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(_head(port, session, file, "Transfer-Encoding: chunked"))
        try:
            for at in range(0, len(body), 1 << 15):
                part = body[at : at + (1 << 15)]
                connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # refused while it was sent
        return int(connection.recv(4096).split(b" ", 2)[1])


def _status_before_body(port: int, session: str) -> int:
    """Return the status that the server sends before it has any of the body."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(_head(port, session, "a", "Content-Length: 1000"))
        return int(connection.recv(4096).split(b" ", 2)[1])


def _memory(process: int) -> int:
    """Return the resident memory of a process in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "this did not come true"
        time.sleep(0.1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_read_only_page_keeps_nothing(hashing_library: LibraryStore) -> None:
    with (
        _page(hashing_library, EXPLORER_READ_ONLY="1") as (port, process),
        open_session(port, "view=library") as (session, _),
    ):
        assert _status_before_body(port, session) == 403
        before = _memory(process)
        for number in range(12):
            assert _upload(port, session, str(number), 900_000) == 403
        assert _memory(process) - before < 4_000_000


def test_files_are_kept_within_limits_and_freed_at_the_end(hashing_library: LibraryStore) -> None:
    with _page(hashing_library) as (port, _):
        with open_session(port, "view=") as (session, _):
            assert _status_before_body(port, session) == 403  # no upload box was drawn for it
        assert _status_before_body(port, "unknown") == 403
        with open_session(port, "view=library") as (other, _):
            with open_session(port, "view=library") as (session, _):
                assert _upload(port, session, "large", 1_500_000) == 413  # one file
                assert _upload(port, session, "a", 900_000) == 204
                assert _upload(port, session, "b", 900_000) == 204
                assert _upload(port, session, "c", 900_000) == 413  # one visitor
                assert _upload(port, other, "a", 900_000) == 204
                assert _upload(port, other, "b", 900_000) == 413  # all visitors
            _wait(lambda: _upload(port, other, "b", 900_000) == 204)


def test_a_message_of_absurd_size_ends_its_session(hashing_library: LibraryStore) -> None:
    with _page(hashing_library) as (port, _), open_session(port, "view=") as (_, browser):
        message = BackMsg()
        message.rerun_script.query_string = "q=" + "x" * (2 << 20)
        browser.send(message.SerializeToString())
        with pytest.raises(ConnectionClosed):
            for _ in range(1000):
                browser.recv(timeout=20)
