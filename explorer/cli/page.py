"""The command ``explorer app``: the page in the browser."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from explorer.cli.commands import Commands

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
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="host name under which others reach the page, for example behind a proxy "
        "(repeatable; also $EXPLORER_HOSTS)",
    )
    added.add_argument(
        "--digests",
        type=Path,
        metavar="DIR",
        help="folder for uploads (default: $EXPLORER_DIGESTS, or digests beside the library)",
    )


def open_app(options: argparse.Namespace) -> int:
    """Serve the page and open it in the browser."""
    from explorer.app.server import HOSTS, configured_hosts, run_server

    os.environ["EXPLORER_LIBRARY"] = str(options.library)
    if options.digests:
        os.environ["EXPLORER_DIGESTS"] = str(options.digests)
    os.environ[HOSTS] = ",".join((*configured_hosts(), *options.allow_host))
    sys.argv = ["-c"]  # so that Streamlit takes none of this command's arguments for the page's
    run_server(address=options.address, port=options.port)
    return 0
