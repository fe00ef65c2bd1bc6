"""Milvus servers for tests: on loopback, on free ports, in a folder of their own.

``milvus-lite`` and ``milvus`` are servers from PyPI that need no container. The second is the real
one, in Go and C++, of the last version that came out there; later ones come as containers.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

_START = 90.0
"""Seconds that a server may take to answer."""


AServer = TypeVar("AServer", bound="Server")


class CannotStart(Exception):
    """The server is not installed or does not come up here; says why."""


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """A server process that can be killed and started again over the same folder."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str] | None:
        return None

    def ready(self) -> bool:
        """Tell whether the server answers."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "server.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command(),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=self.environment(),
            )
        until = time.monotonic() + _START
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                tail = log.read_text(errors="replace")[-600:]
                raise CannotStart(f"{type(self).__name__} does not come up here: {tail}")
            time.sleep(0.2)

    def kill(self) -> None:
        """End the process at once, as ``kill -9`` does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Lite(Server):
    """``milvus-lite``: a server in Python over FAISS."""

    def command(self) -> list[str]:
        host = ["--host", "127.0.0.1", "--port", str(self.port)]
        data = str(self.folder / "data")
        return [sys.executable, "-m", "milvus_lite", "server", "--data-dir", data, *host]


@dataclass
class Standalone(Server):
    """``milvus``: the real server, all its parts in one process.

    It listens on all interfaces, whatever one asks for; so it lets nobody in without a password.
    """

    metrics: int = field(default_factory=free_port)
    _executable: Path | None = None

    @property
    def uri(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.pem"

    def new_password(self) -> str:
        """Replace the password that every new server has, and return what lets one in now."""
        from pymilvus import MilvusClient

        password = secrets.token_hex(8)
        client = MilvusClient(
            self.uri, token="root:Milvus", secure=True, server_pem_path=str(self.certificate)
        )
        client.update_password("root", "Milvus", password)
        client.close()
        return f"root:{password}"

    def command(self) -> list[str]:
        from milvus import MilvusServerConfig, _initialize_data_files

        if self._executable is None:
            config = MilvusServerConfig(data_dir=str(self.folder))
            ports = [name for name in config.configurable_items if name.endswith("_port")]
            for name in ports:
                config.update(**{name: free_port()})
            config.update(proxy_port=self.port)
            config.set("authorization_enabled", True)
            config.set("tls_mode", 1)
            config.set("server_pem_path", str(self.certificate))
            config.set("server_key_path", str(make_certificate(self.certificate)))
            config.resolve()
            _initialize_data_files(config.base_data_dir)
            self._executable = self.folder / "bin" / "milvus"
        return [str(self._executable), "run", "standalone"]

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DEPLOY_MODE": "STANDALONE",
            "METRICS_PORT": str(self.metrics),
            "MILVUS_RUN_DIR": str(self.folder / "run"),
            "LD_LIBRARY_PATH": str(self.folder / "bin"),
        }

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/healthz", timeout=5) as r:
                return b"OK" in r.read()
        except OSError:
            return False


def make_certificate(certificate: Path) -> Path:
    """Write a self-signed certificate for the loopback address, and return its key's path."""
    key = certificate.with_suffix(".key")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key


@contextmanager
def started(server: AServer, package: str) -> Iterator[AServer]:
    """Start ``server`` for the length of a block.

    Raises:
        CannotStart: ``package`` is not installed, or the server does not come up.
    """
    if find_spec(package) is None:
        raise CannotStart(f"{package} is not installed: `make test-cluster` installs it.")
    try:
        try:
            server.start()
        except (OSError, subprocess.CalledProcessError) as error:
            raise CannotStart(f"{package} does not start here: {error}") from None
        yield server
    finally:
        server.kill()
