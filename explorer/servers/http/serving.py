"""The server process: a socket with uvicorn on it, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from explorer.api.library import Library
from explorer.errors import UnusableInput
from explorer.servers.hosts import normal_host
from explorer.servers.http.guard import AccessRules, is_loopback, loopback_names
from explorer.settings import ConnectionLimits

if TYPE_CHECKING:
    from uvicorn import Config

TOKEN = "EXPLORER_TOKEN"
_SHORTEST_TOKEN = 16
_LONGEST_HEAD = 1 << 16
"""Bytes of the first line and headers of a request."""


def access_rules_for(
    host: str, allowed: tuple[str, ...], rate: int, proxies: tuple[str, ...] = ()
) -> AccessRules:
    """Return the access rules for a server on ``host``, reachable under the names ``allowed``.

    Args:
        proxies: addresses of proxies that are trusted to name their clients.

    Raises:
        UnusableInput: other machines could reach it and there is no token, or a short one; or a
            proxy is no address.
    """
    for proxy in proxies:
        _check_network(proxy)
    token = os.environ.get(TOKEN, "").strip()
    exposed = not is_loopback(host) or bool(allowed)
    if exposed and not token:
        raise UnusableInput(
            f"Other machines could read the library. Set {TOKEN} to a secret that they must send "
            "(`export EXPLORER_TOKEN=$(openssl rand -hex 32)`), or listen on 127.0.0.1."
        )
    if token and len(token) < _SHORTEST_TOKEN:
        raise UnusableInput(f"{TOKEN} needs {_SHORTEST_TOKEN} characters or more.")
    hosts = loopback_names(allowed) if is_loopback(host) else frozenset(map(normal_host, allowed))
    return AccessRules(token, hosts, rate, proxies)


def serve(
    library: Library,
    host: str,
    port: int,
    rules: AccessRules,
    ready: Callable[[str], None],
    limits: ConnectionLimits | None = None,
) -> None:
    """Answer requests until Ctrl-C or SIGTERM, after calling ``ready`` with the address.

    Raises:
        UnusableInput: cannot listen on this address.
    """
    import uvicorn

    from explorer.servers.http.api import warm_up

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UnusableInput(
            f"{host}:{port}: cannot listen here ({error}). Choose another --host or --port."
        ) from None
    warm_up(library)
    config = uvicorn_config(library, rules, limits or ConnectionLimits())
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


def uvicorn_config(library: Library, rules: AccessRules, limits: ConnectionLimits) -> Config:
    """Return the configuration of the server process."""
    import uvicorn

    from explorer.servers.connections import timed_protocol
    from explorer.servers.http.api import make_api

    return uvicorn.Config(
        make_api(library, rules),
        log_level="warning",
        http=timed_protocol(limits),
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        ws="none",
        # Else any program on this machine could name any client, and evade the rate.
        proxy_headers=bool(rules.proxies),
        forwarded_allow_ips=list(rules.proxies),
        server_header=False,
    )


def _check_network(address: str) -> None:
    try:
        ipaddress.ip_network(address)
    except ValueError:
        raise UnusableInput(
            f"{address!r} is not an IP address or network.",
            advice="Give --trust-proxy an address such as 127.0.0.1, or a network: 10.0.0.0/24.",
        ) from None


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
