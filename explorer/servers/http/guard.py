"""Checks before each request is processed: host name, token, rate, body size; a time limit.

Without a token a server listens on loopback only. A web page could still reach it through a name
of its own that resolves to 127.0.0.1 (DNS rebinding), so the Host header must name the loopback.
There are no CORS headers: other pages cannot read the responses.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.servers.hosts import normal_host, requested_host
from explorer.servers.http.problems import problem
from explorer.settings import RequestLimits

PUBLIC_PATHS = ("/docs", "/openapi.json", "/static-offline-docs/", "/v1/health")
"""Paths that need no token: documentation and health check."""
_SECONDS = 10
"""Length of the window that requests are counted in, so that short bursts pass."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """Conditions under which requests are served."""

    token: str = ""
    """Bearer token that clients must send; empty for none."""
    hosts: frozenset[str] = frozenset()
    """Accepted host names; empty for any."""
    rate: int = 50
    """Requests per second from one client address."""
    proxies: tuple[str, ...] = ()
    """Addresses of proxies that name their clients in ``X-Forwarded-For``."""
    limits: RequestLimits = field(default_factory=RequestLimits)


class Guard:
    """ASGI middleware that rejects requests against the access rules."""

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self._app = app
        self._rules = rules
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerSecond(rules.rate * _SECONDS, _SECONDS)
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        limits = self._rules.limits
        try:
            body = b""
            if scope["method"] not in ("GET", "HEAD"):
                body = await _body(receive, limits.body_bytes)
        except _ClientGone:
            return
        except _TooLarge:
            detail = f"The body has more than {limits.body_bytes:,} bytes. Send a shorter query."
            await _closing(413, detail)(scope, receive, send)
            return
        # After the body: those who send theirs slowly take no room.
        if len(self._running) >= limits.running:
            detail = f"{limits.running} requests are running. Wait, then try again."
            await problem(503, detail, {"Retry-After": "1"})(scope, receive, send)
            return
        await self._run(scope, _replay(body, receive), send)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer within the time limit; a request that takes longer counts until it ends."""
        seconds = self._rules.limits.seconds
        response = _Response(send)

        async def answer() -> None:
            await self._app(scope, receive, response.send)

        task = asyncio.create_task(answer())
        self._running.add(task)
        task.add_done_callback(self._ended)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done:
            await task
        elif not response.has_started:
            response.is_cut = True
            detail = (
                f"This took more than {seconds:g} seconds. Ask for fewer hits or use fewer words, "
                "or try again when the server is less busy."
            )
            await problem(503, detail, {"Retry-After": "5"})(scope, receive, send)
        else:
            await task  # its reader is slow, which ends the connection at some time

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        # Else asyncio would report an error that nobody is left to await.
        if not task.cancelled() and task.exception():
            logging.getLogger(__name__).debug("a request failed", exc_info=task.exception())

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the response to a request that must not pass, or None to let it pass."""
        headers, rules = Headers(scope=scope), self._rules
        if rules.hosts and requested_host(headers) not in rules.hosts:
            detail = "Unknown host name. Start the server with --allow-host NAME to accept it."
            return _closing(400, detail)
        client = (scope.get("client") or ("",))[0]
        is_public = scope["path"].startswith(PUBLIC_PATHS)
        is_admitted = not rules.token or self._has_token(headers)
        # Counted apart, so that strangers behind a client's address use up nothing of its rate.
        kind = "admitted" if is_admitted else "public" if is_public else "refused"
        if not self._limiter.hit(self._rate, kind, client):
            detail = f"More than {rules.rate} requests per second. Wait, then try again."
            return _closing(429, detail, {"Retry-After": "1"})
        if not is_admitted and not is_public:
            detail = "Send the token of this server as a header: Authorization: Bearer TOKEN."
            return _closing(401, detail, {"WWW-Authenticate": "Bearer"})
        return None

    def _has_token(self, headers: Headers) -> bool:
        authorization = headers.get("authorization", "")
        # Compared in constant time, so that timing reveals nothing of the token.
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._rules.token}".encode())


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def loopback_names(also: Iterable[str] = ()) -> frozenset[str]:
    """Return the loopback's host names, and ``also``, as :func:`requested_host` returns them."""
    return frozenset(("localhost", "127.0.0.1", "::1", *map(normal_host, also)))


class _ClientGone(Exception):
    """The client closed the connection before its body ended."""


class _TooLarge(Exception):
    """The body exceeds its limit."""


class _Response:
    """Messages of a response on their way to the client, until it is cut off."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False
        self.is_cut = False

    async def send(self, message: Message) -> None:
        """Pass ``message`` on, unless another response was sent in place of this one."""
        if not self.is_cut:
            self.has_started = True
            await self._send(message)


def _closing(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return a problem after which the connection closes, whatever the client still sends."""
    return problem(status, detail, {"Connection": "close", **(headers or {})})


async def _body(receive: Receive, most: int) -> bytes:
    """Return the body of a request."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        body += message.get("body", b"")
        if len(body) > most:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that delivers a body already read."""
    delivered = False

    async def again() -> Message:
        nonlocal delivered
        if delivered:
            return await receive()
        delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
