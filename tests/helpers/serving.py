"""The page, served from a library on a free port, for browser tests and pictures."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.embedders.openvino import cache_folder

REPOSITORY = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve_page(library: Path, script: str = "streamlit_app.py", port: int = 0) -> Iterator[str]:
    """Serve the page over ``library``, or another script, and yield its address."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", script]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
    command += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    command += ["--", "--library", str(library)]
    server = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(f"{address}/_stcore/health", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def serve_installed(library: Path, folder: Path) -> Iterator[str]:
    """Serve the page over ``library`` with the installed command, started in ``folder``."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("explorer")), "app", "--port", str(port)]
    environment = os.environ | {
        "HOME": str(folder),
        "STREAMLIT_SERVER_HEADLESS": "true",
        "EXPLORER_CACHE": str(cache_folder()),
    }
    server = subprocess.Popen(
        [*command, "--library", str(library)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    try:
        wait_until_up(f"{address}/_stcore/health", server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_until_up(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until ``server`` answers at ``address``."""
    for _ in range(1200):
        if server.poll() is not None:
            raise RuntimeError(f"the page's server ended with code {server.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the page's server did not come up within a minute")
