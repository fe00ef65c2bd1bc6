"""The command ``explorer app``: the page in the browser."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from explorer.cli.commands import Commands

_LARGEST_UPLOAD = 50
"""Megabytes. This and the address repeat .streamlit/config.toml, which Streamlit reads only when
started in the project's folder."""
_EXAMPLES = """\
examples:
  explorer app
  explorer app --library ~/papers/library --port 8600
  EXPLORER_READ_ONLY=1 explorer app              visitors cannot change the library
"""


def add_app(commands: Commands) -> None:
    """Add ``app``."""
    added = commands.add("app", open_app, "Open the map and search page in the browser.", _EXAMPLES)
    added.add_argument("--port", type=int, default=8501, help="port to listen on (default: 8501)")
    added.add_argument(
        "--address",
        default=os.environ.get("STREAMLIT_SERVER_ADDRESS", "localhost"),
        help="address to listen on; 0.0.0.0 admits everyone who can reach this machine (default: "
        "$STREAMLIT_SERVER_ADDRESS, or this machine only)",
    )
    added.add_argument(
        "--digests",
        type=Path,
        metavar="DIR",
        help="folder for uploads (default: $EXPLORER_DIGESTS, or digests beside the library)",
    )


def open_app(options: argparse.Namespace) -> int:
    """Replace this process by the one that serves the page."""
    import explorer.app as page

    script = Path(page.__file__).with_name("page.py")
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address", options.address, "--server.port", str(options.port)]
    command += ["--server.maxUploadSize", str(_LARGEST_UPLOAD)]
    command += ["--", "--library", str(options.library)]
    command += ["--digests", str(options.digests)] if options.digests else []
    os.execv(sys.executable, command)
