"""Server of the page: its settings, and the hosts and origins that it answers.

Streamlit accepts a WebSocket whose Origin equals its Host, so a foreign name that resolves to this
machine (DNS rebinding) could read the page. :class:`HostGuard` refuses such requests before
Streamlit sees them, whichever way the page is started.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.app import texts
from explorer.servers.hosts import host_of, normal_host, requested_host
from explorer.settings import UploadLimits

if TYPE_CHECKING:
    from starlette.middleware import Middleware

HOSTS = "EXPLORER_HOSTS"
"""Environment variable: names by which others reach the page, separated by commas."""
_ALL_ADDRESSES = ("0.0.0.0", "::")
SCRIPT = Path(__file__).with_name("script.py")
SETTINGS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    # Without it, Streamlit asks a server on the internet for this machine's address, to print it.
    "browser.serverAddress": "localhost",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    # It comes with an offer to install files for coding agents, on the page and in the terminal.
    "logger.hideWelcomeMessage": True,
    "runner.magicEnabled": False,
    # Looking through all objects after each click would take longer than most clicks.
    "runner.postScriptGC": False,
    # Watching all files below this folder costs seconds of processor time for each page opened.
    "server.fileWatcherType": "none",
    "server.maxUploadSize": UploadLimits().file_megabytes,
    "server.showEmailPrompt": False,
    "theme.font": "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
    "theme.baseRadius": "8px",
    "theme.light.primaryColor": "#2f5db5",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f3f5f9",
    "theme.light.textColor": "#1f2430",
    "theme.light.borderColor": "#dfe3ec",
    "theme.dark.primaryColor": "#7ea6f0",
    "theme.dark.backgroundColor": "#14171f",
    "theme.dark.secondaryBackgroundColor": "#1d222d",
    "theme.dark.textColor": "#e8eaf0",
    "theme.dark.borderColor": "#303747",
}
"""Streamlit's options, as in ``.streamlit/config.toml``.

``explorer app`` passes them on, because that file is found only beside ``streamlit_app.py``.
"""


def configured_hosts() -> tuple[str, ...]:
    """Return the names in ``$EXPLORER_HOSTS``."""
    return tuple(filter(None, map(str.strip, os.environ.get(HOSTS, "").split(","))))


class HostGuard:
    """ASGI middleware that answers requests only for names that this server goes by.

    A Host that is an IP address, ``localhost``, this machine's own name or a configured one is
    answered. An Origin must be that same host, or a configured name (behind a proxy that does not
    pass the Host header on).
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] | None = None) -> None:
        self._app = app
        self._configured = frozenset(
            map(normal_host, configured_hosts() if names is None else names)
        )
        self._names = self._configured | {"localhost", normal_host(socket.gethostname())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if self._is_known(requested_host(headers)):
            if origin is None or urlsplit(origin).netloc.lower() == headers["host"].lower():
                await self._app(scope, receive, send)
                return
            if host_of(origin) in self._configured:
                await self._app(_with_host(scope, urlsplit(origin).netloc), receive, send)
                return
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        text = f"This page does not go by that name. List its names in ${HOSTS}.\n"
        await PlainTextResponse(text, 403)(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return host in self._names
        return True


def _with_host(scope: Scope, host: str) -> Scope:
    """Return ``scope`` with the Host header that a proxy did not pass on.

    Streamlit compares it with the Origin; where they differ, it asks a server on the internet for
    this machine's address, to compare that too.
    """
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "headers": [*others, (b"host", host.encode("latin-1"))]}


class Announcement:
    """ASGI middleware that prints the page's address once the server has started."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        from streamlit.config import get_option
        from streamlit.web.server.server_util import get_url

        async def announced(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                url = get_url(get_option("browser.serverAddress"))
                sys.stdout.write(f"{texts.page_open(url)}\n")
                sys.stdout.flush()

        await self._app(scope, receive, announced)


def guards(uploads: UploadLimits | None = None) -> list[Middleware]:
    """Return what stands before the page, whichever way it is started."""
    from starlette.middleware import Middleware

    from explorer.app.first_load import FirstLoad
    from explorer.app.upload_guard import UploadGuard

    return [
        Middleware(HostGuard),
        Middleware(UploadGuard, limits=uploads),
        Middleware(FirstLoad),
        Middleware(Announcement),
    ]


def run_server(*, address: str, port: int) -> None:
    """Serve the page until interrupted.

    The library and the folder of digests come from the environment (``EXPLORER_LIBRARY``,
    ``EXPLORER_DIGESTS``).
    """
    import uvicorn.config
    from streamlit.starlette import App

    # Streamlit has no option for it.
    uvicorn.config.HTTP_PROTOCOLS["auto"] = "explorer.servers.connections:TimedProtocol"
    own: dict[str, Any] = {"server.address": address, "server.port": port}
    if address not in _ALL_ADDRESSES:
        own["browser.serverAddress"] = address
    App(SCRIPT, middleware=guards()).run(config=SETTINGS | own)
