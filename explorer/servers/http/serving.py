"""The server process: a socket with uvicorn on it, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from types import FrameType

from explorer.api.library import Library
from explorer.errors import UnusableInput
from explorer.servers.http.guard import LARGEST_BODY, AccessRules, is_loopback, loopback_names

TOKEN = "EXPLORER_TOKEN"
_SHORTEST_TOKEN = 16
_MOST_WAITING = 256
"""Concurrent requests, running or waiting; more are rejected."""


def access_rules_for(host: str, allowed: tuple[str, ...], rate: int) -> AccessRules:
    """Return the access rules for a server on ``host``, reachable under the names ``allowed``.

    Raises:
        UnusableInput: other machines could reach it and there is no token, or a short one.
    """
    token = os.environ.get(TOKEN, "").strip()
    exposed = not is_loopback(host) or bool(allowed)
    if exposed and not token:
        raise UnusableInput(
            f"Other machines could read the library. Set {TOKEN} to a secret that they must send "
            "(`export EXPLORER_TOKEN=$(openssl rand -hex 32)`), or listen on 127.0.0.1."
        )
    if token and len(token) < _SHORTEST_TOKEN:
        raise UnusableInput(f"{TOKEN} needs {_SHORTEST_TOKEN} characters or more.")
    hosts = loopback_names(allowed) if is_loopback(host) else frozenset(map(str.lower, allowed))
    return AccessRules(token, hosts, rate)


def serve(
    library: Library, host: str, port: int, rules: AccessRules, ready: Callable[[str], None]
) -> None:
    """Answer requests until Ctrl-C or SIGTERM, after calling ``ready`` with the address.

    Raises:
        UnusableInput: cannot listen on this address.
    """
    import uvicorn

    from explorer.servers.http.api import make_api, warm_up

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UnusableInput(
            f"{host}:{port}: cannot listen here ({error}). Choose another --host or --port."
        ) from None
    warm_up(library)
    config = uvicorn.Config(
        make_api(library, rules),
        log_level="warning",
        http="h11",  # which bounds address and headers
        h11_max_incomplete_event_size=LARGEST_BODY,
        limit_concurrency=_MOST_WAITING,
        server_header=False,
    )
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{listening.getsockname()[1]}")
    before = signal.signal(signal.SIGTERM, _end)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # the regular way to stop it
    finally:
        signal.signal(signal.SIGTERM, before)
        listening.close()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
