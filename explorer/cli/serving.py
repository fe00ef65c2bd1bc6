"""The commands that give other programs access to a library: ``serve`` (HTTP) and ``mcp``."""

from __future__ import annotations

import argparse
import sys

from explorer.cli.commands import Commands
from explorer.cli.options import count, port, print_json
from explorer.errors import UnusableInput, installing

_PORT = 8600
_SERVE_EXAMPLES = """\
The server accepts requests from this machine only. With another --host, clients must send the
secret in $EXPLORER_TOKEN. /docs on the server and docs/scripting.md describe the API.

Only with --user does it use a desk: then /v1/recommended, is:starred and the like work.

examples:
  explorer serve
  explorer serve --user me
  curl "http://127.0.0.1:8600/v1/search?q=KV+cache+compression&k=5"
  EXPLORER_TOKEN=$(openssl rand -hex 32) explorer serve --host 0.0.0.0
  EXPLORER_TOKEN=... explorer serve --allow-host papers.example.org    (behind a proxy)
"""
_MCP_EXAMPLES = """\
An assistant starts this command and talks to it over standard input and output. It needs an extra:
pip install --editable '.[mcp]' in the project's folder.

examples:
  {"mcpServers": {"papers": {"command": "explorer", "args": ["mcp", "--library", "/my/library"]}}}
"""


def add_serving(commands: Commands) -> None:
    """Add ``serve`` and ``mcp``."""
    text = "Serve the library over HTTP."
    printed = "print the address as one JSON document on stdout, once the server is ready"
    added = commands.add("serve", serve_http, text, _SERVE_EXAMPLES, printed)
    added.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    added.add_argument(
        "--port",
        type=port,
        default=_PORT,
        help=f"port to listen on, 0 for any free one (default: {_PORT})",
    )
    added.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="host name under which a proxy on this machine forwards requests",
    )
    added.add_argument(
        "--trust-proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="IP address or network of a proxy whose X-Forwarded-For names the client, "
        "for --rate (repeatable; default: none)",
    )
    added.add_argument(
        "--rate",
        type=count,
        default=50,
        metavar="N",
        help="requests per second and client (default: 50)",
    )
    _with_desk_of(added)
    text = "Offer the library to an assistant (Model Context Protocol)."
    printed = "no effect; the protocol uses stdout"
    _with_desk_of(commands.add("mcp", serve_mcp, text, _MCP_EXAMPLES, printed))


def _with_desk_of(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "--user",
        default="",
        metavar="NAME",
        help="recommend papers from this user's desk, read-only (default: use no desk)",
    )


def serve_http(options: argparse.Namespace) -> int:
    """Serve the library over HTTP until a signal ends it."""
    from explorer.api.library import Library
    from explorer.servers.http.serving import access_rules_for, serve

    names, proxies = tuple(options.allow_host), tuple(options.trust_proxy)
    rules = access_rules_for(options.host, names, options.rate, proxies)
    library = Library(options.library, options.user)
    library.generation  # noqa: B018  fail now if it cannot be opened, not at each request

    def ready(address: str) -> None:
        if options.json:
            print_json({"address": address, "library": str(library.folder)})
            sys.stdout.flush()
        else:
            print(f"Serving {library.folder} at {address}/v1 (documentation: {address}/docs)")
            print("Press Ctrl-C to stop.", flush=True)

    serve(library, options.host, options.port, rules, ready)
    return 0


def serve_mcp(options: argparse.Namespace) -> int:
    """Offer the library to an assistant until it closes the connection."""
    from explorer.api.library import Library

    try:
        from explorer.servers.mcp import make_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "mcp":
            raise
        raise UnusableInput(f"The package mcp is not installed: {installing('mcp')}.") from None
    make_server(Library(options.library, options.user)).run("stdio")
    return 0
