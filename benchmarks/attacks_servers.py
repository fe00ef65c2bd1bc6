"""Attacks on the servers: ``python -m benchmarks attacks_servers [--code FOLDER]``.

Clients that are slow, many or forged, against ``explorer serve`` and ``explorer app`` as they come,
over a library of some hundred papers (the ``hashing`` embedder). An attack counts as withstood if
its row says so; ``--code`` attacks the code in another folder, such as an earlier version.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from benchmarks.material import DIGESTS, papers_of, shuffled_papers, write_digest
from explorer.builds.build import BuildOptions, build
from explorer.library.store import LibraryStore
from tests.helpers.page_session import open_session
from tests.helpers.serving import free_port, wait_until_up

_ROOT = Path(__file__).resolve().parent.parent
_TOKEN = "a secret of these benchmarks"
_LONGEST = 50.0
"""Seconds after which a connection counts as held for good."""
_HALF_OPEN = 256
_UPLOADS, _UPLOAD = 12, 45 << 20

_WINDOW = 21.0
"""Seconds after which the server has forgotten how much a client requested."""
_REQUESTING = ("answers that are not read", "strangers without the token")

Outcome = dict[str, object]


class Target:
    """A server that is attacked."""

    def __init__(self, port: int, process: int, headers: str = "") -> None:
        self.port, self.process, self.headers = port, process, headers

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=_LONGEST)

    def request(self, path: str, more: str = "") -> bytes:
        lines = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{self.headers}{more}\r\n"
        return lines.encode()

    def status(self, path: str, more: str = "Connection: close\r\n") -> int:
        with self.connect() as connection:
            connection.sendall(self.request(path, more))
            return int(connection.recv(4096).split(b" ", 2)[1])

    def kept(self) -> tuple[int, int, int]:
        """Return threads, open files and megabytes of resident memory of the server."""
        folder = Path(f"/proc/{self.process}")
        lines = (folder / "status").read_text().splitlines()
        memory = next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmRSS"))
        return len(list((folder / "task").iterdir())), len(list((folder / "fd").iterdir())), memory


def half_open(target: Target, path: str) -> Outcome:
    """Hold requests that never end, and ask as another client."""
    with ExitStack() as stack:
        for _ in range(_HALF_OPEN):
            stack.enter_context(target.connect()).sendall(b"GET / HTTP/1.1\r\nX: ")
        begin = time.monotonic()
        status = target.status(path)
        seconds = time.monotonic() - begin
    return {"withstood": status == 200, "answer to others": f"{status} in {seconds:.2f} s"}


def drip(target: Target, start: bytes, part: bytes) -> Outcome:
    """Send a request a byte a second."""
    begin = time.monotonic()
    with target.connect() as connection:
        connection.sendall(start)
        connection.settimeout(1.0)
        while time.monotonic() - begin < _LONGEST:
            with suppress(TimeoutError):
                try:
                    connection.sendall(part)
                    if not connection.recv(4096):
                        break
                except OSError as error:
                    if isinstance(error, TimeoutError):
                        raise
                    break
    return _cut(time.monotonic() - begin)


def unread(target: Target) -> Outcome:
    """Ask for far more than the system buffers, and read nothing."""
    begin = time.monotonic()
    before = target.kept()[1]
    with target.connect() as connection:
        connection.settimeout(0.2)
        with suppress(OSError):
            for _ in range(20_000):
                connection.sendall(target.request("/openapi.json"))
        while target.kept()[1] > before and time.monotonic() - begin < _LONGEST:
            time.sleep(0.2)
    return _cut(time.monotonic() - begin)


def _cut(seconds: float) -> Outcome:
    held = seconds >= _LONGEST
    shown = f"over {_LONGEST:.0f} s" if held else f"{seconds:.0f} s"
    return {"withstood": not held, "cut after": shown}


def forged(target: Target) -> Outcome:
    """Name another client in each of 700 requests; 500 in ten seconds are allowed."""
    names = (f"X-Forwarded-For: 203.0.113.{n % 250}\r\nConnection: close\r\n" for n in range(700))
    statuses = [target.status("/v1/health", name) for name in names]
    return {"withstood": 429 in statuses, "refused of 700": statuses.count(429)}


def strangers(target: Target) -> Outcome:
    """Send 700 requests without the token, then one with it."""
    stranger = Target(target.port, target.process)
    refused = [stranger.status("/v1/topics") for _ in range(700)]
    status = target.status("/v1/topics")
    return {"withstood": status == 200, "answer to the owner": status, "401": refused.count(401)}


def uploads(target: Target) -> Outcome:
    """Send files to a read-only page."""
    before = target.kept()[2]
    form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    body = form + b"x" * _UPLOAD + b"\r\n--b--\r\n"
    accepted = 0
    with open_session(target.port, "view=library") as (session, _), target.connect() as first:
        first.sendall(target.request("/_stcore/health", "Connection: close\r\n"))
        reply = b"".join(iter(lambda: first.recv(4096), b"")).decode(errors="replace")
        token = reply.partition("_streamlit_xsrf=")[2].partition(";")[0]
        for number in range(_UPLOADS):
            head = (
                f"PUT /_stcore/upload_file/{session}/{number} HTTP/1.1\r\n"
                f"Host: 127.0.0.1:{target.port}\r\nContent-Length: {len(body)}\r\n"
                f"Cookie: _streamlit_xsrf={token}\r\nX-Xsrftoken: {token}\r\n"
                "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            )
            with target.connect() as connection, suppress(OSError):
                connection.sendall(head.encode())
                connection.sendall(body)
                accepted += b" 204 " in connection.recv(4096)
        grown = target.kept()[2] - before
    outcome = {f"accepted of {_UPLOADS}": accepted, "memory grown": f"{grown} MB"}
    return {"withstood": not accepted, **outcome}


SERVE: dict[str, Callable[[Target], Outcome]] = {
    "answers that are not read": unread,
    "256 half-open requests": lambda target: half_open(target, "/v1/topics"),
    "connection without a request": lambda target: drip(target, b"", b""),
    "headers, a byte a second": lambda target: drip(target, target.request("/")[:-2], b"X"),
    "blank lines before a request": lambda target: drip(target, b"", b"\r\n"),
    "body, a byte a second": lambda target: drip(
        target,
        target.request("/v1/search", "Content-Length: 5000\r\n").replace(b"GET", b"POST", 1),
        b"x",
    ),
    "strangers without the token": strangers,
    "forged X-Forwarded-For": forged,
}
"""Attacks on ``explorer serve``."""
PAGE: dict[str, Callable[[Target], Outcome]] = {
    "page: 256 half-open requests": lambda target: half_open(target, "/_stcore/health"),
    "page: connection without a request": lambda target: drip(target, b"", b""),
    "page: headers, a byte a second": lambda target: drip(target, target.request("/")[:-2], b"X"),
    "page, read-only: 12 uploads of 45 MB": uploads,
}
"""Attacks on ``explorer app``."""


def measure(arguments: list[str]) -> dict[str, object]:
    """Return the outcome of each attack."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks attacks_servers")
    parser.add_argument("--code", type=Path, default=_ROOT, help="folder with the code to attack")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        library = LibraryStore(Path(name) / "library")
        digest = write_digest(shuffled_papers(papers_of([DIGESTS]), 300), Path(name) / "a.jsonl")
        build(library, [digest], BuildOptions(model="hashing"))
        attacks: dict[str, Outcome] = {}
        left: dict[str, Outcome] = {}
        for command, table in (("serve", SERVE), ("app", PAGE)):
            with _started(options.code, library.folder, command) as target:
                if command == "app":
                    with open_session(target.port, "view=library"):
                        pass
                else:
                    target.status("/v1/topics")
                before = target.kept()
                attacks |= _all(table, target)
                _settle(target, before)
                left[f"explorer {command}"] = dict(
                    zip(
                        ("threads", "threads after", "open files", "open files after"),
                        (before[0], target.kept()[0], before[1], target.kept()[1]),
                        strict=True,
                    )
                )
    return {
        "withstood": f"{sum(bool(one['withstood']) for one in attacks.values())} of {len(attacks)}",
        "attack": attacks,
        "left when the attackers are gone": left,
    }


def _all(table: dict[str, Callable[[Target], Outcome]], target: Target) -> dict[str, Outcome]:
    """Run the attacks that only wait beside each other, then the others one by one."""
    waiting = [name for name in table if "byte" in name or "blank" in name or "without a r" in name]
    with ThreadPoolExecutor() as threads:
        running = {name: threads.submit(table[name], target) for name in waiting}
    outcomes = {name: one.result() for name, one in running.items()}
    for name, attack in table.items():
        if name not in waiting:
            outcomes[name] = attack(target)
            if name in _REQUESTING:
                time.sleep(_WINDOW)
    return {name: outcomes[name] for name in table}


def _settle(target: Target, before: tuple[int, int, int]) -> None:
    """Wait until nothing is left of the attacks, or a while; idle worker threads end by then."""
    end = time.monotonic() + 20
    while target.kept()[:2] > before[:2] and time.monotonic() < end:
        time.sleep(0.2)


@contextmanager
def _started(code: Path, library: Path, command: str) -> Iterator[Target]:
    port = free_port()
    arguments = [command, "--port", str(port), "--library", str(library)]
    variables = os.environ | {"PYTHONPATH": str(code), "EXPLORER_READ_ONLY": "1"}
    variables |= {"EXPLORER_TOKEN": _TOKEN, "STREAMLIT_SERVER_HEADLESS": "true"}
    process = subprocess.Popen(
        [sys.executable, "-m", "explorer.cli", *arguments],
        env=variables,
        cwd=library.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    health = "/v1/health" if command == "serve" else "/_stcore/health"
    authorization = f"Authorization: Bearer {_TOKEN}\r\n" if command == "serve" else ""
    try:
        wait_until_up(f"http://127.0.0.1:{port}{health}", process)
        yield Target(port, process.pid, authorization)
    finally:
        process.kill()
        process.wait()
