"""The commands through which other programs ask a library: over HTTP, or as tools."""

from __future__ import annotations

import argparse
import sys

from explorer.cli.options import Commands, count, print_json
from explorer.errors import UnusableInput, installing

_PORT = 8600
_SERVE_EXAMPLES = """\
Only this machine is answered, unless --host says otherwise; then clients must send the secret in
$EXPLORER_TOKEN. The addresses are described at /docs of the server and in docs/scripting.md.

examples:
  explorer serve
  curl "http://127.0.0.1:8600/v1/search?q=KV+cache+compression&k=5"
  EXPLORER_TOKEN=$(openssl rand -hex 32) explorer serve --host 0.0.0.0
  EXPLORER_TOKEN=... explorer serve --allow-host papers.example.org    (behind a proxy)
"""
_MCP_EXAMPLES = """\
An assistant starts this command and speaks with it over its standard input and output. The
packages that it needs are an extra: pip install --editable '.[mcp]' in the project's folder.

example, for assistants that are configured by JSON:
  {"mcpServers": {"papers": {"command": "explorer", "args": ["mcp", "--library", "/my/library"]}}}
"""


def add_serving(commands: Commands) -> None:
    """Add ``serve`` and ``mcp``."""
    told = "Answer searches over HTTP."
    printed = "the address as one JSON document on stdout, once it answers"
    added = commands.add("serve", serve_http, told, _SERVE_EXAMPLES, printed)
    added.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    added.add_argument(
        "--port", type=_port, default=_PORT, help=f"0 for any that is free (default: {_PORT})"
    )
    added.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which a proxy on this machine passes requests on",
    )
    added.add_argument(
        "--rate",
        type=count,
        default=50,
        metavar="N",
        help="requests per second and client (default: 50)",
    )
    told = "Offer the library to an assistant, by the Model Context Protocol."
    commands.add("mcp", serve_mcp, told, _MCP_EXAMPLES, "nothing else; stdout is the protocol's")


def serve_http(options: argparse.Namespace) -> int:
    """Answer searches over HTTP until told to end."""
    from explorer.api.library import Library
    from explorer.servers.http.serving import access_rules_for, serve

    terms = access_rules_for(options.host, tuple(options.allow_host), options.rate)
    library = Library(options.library)
    library.generation  # noqa: B018  what is wrong with it is better told now than to each client

    def ready(address: str) -> None:
        if options.json:
            print_json({"address": address, "library": str(library.folder)})
            sys.stdout.flush()
        else:
            print(f"{address}/v1 answers from {library.folder}; {address}/docs tells how to ask.")
            print("Ctrl-C ends it.", flush=True)

    serve(library, options.host, options.port, terms, ready)
    return 0


def serve_mcp(options: argparse.Namespace) -> int:
    """Offer the library to an assistant until it hangs up."""
    from explorer.api.library import Library

    try:
        from explorer.servers.mcp import make_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "mcp":
            raise
        raise UnusableInput(f"The package mcp is not installed: {installing('mcp')}.") from None
    make_server(Library(options.library)).run("stdio")
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, from 0 to 65535")
    return int(text)
