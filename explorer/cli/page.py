"""The command that opens the page."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from explorer.cli.options import Commands

_LARGEST_UPLOAD = 50
"""Megabytes; this and the address are as in .streamlit/config.toml, which is not found from other
folders."""


def add_app(commands: Commands) -> None:
    """Add ``app``."""
    added = commands.add("app", open_app, "Open the page in the browser.")
    added.add_argument("--port", type=int, default=8501, help="default: 8501")
    added.add_argument(
        "--address",
        default=os.environ.get("STREAMLIT_SERVER_ADDRESS", "localhost"),
        help="where to listen; 0.0.0.0 lets everybody in who can reach this machine "
        "(default: $STREAMLIT_SERVER_ADDRESS, or this machine alone)",
    )
    added.add_argument(
        "--digests",
        type=Path,
        metavar="DIR",
        help="where uploads are kept (default: $EXPLORER_DIGESTS, or digests beside the library)",
    )


def open_app(options: argparse.Namespace) -> int:
    """Become the process that serves the page."""
    import explorer.app as page

    script = Path(page.__file__).with_name("page.py")
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address", options.address, "--server.port", str(options.port)]
    command += ["--server.maxUploadSize", str(_LARGEST_UPLOAD)]
    command += ["--", "--library", str(options.library)]
    command += ["--digests", str(options.digests)] if options.digests else []
    os.execv(sys.executable, command)
