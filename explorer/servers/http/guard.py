"""Checks before each request is processed: host name, rate, token, body size.

Without a token a server listens on loopback only. A web page could still reach it through a name
of its own that resolves to 127.0.0.1 (DNS rebinding), so the Host header must name the loopback.
There are no CORS headers: other pages cannot read the responses.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.servers.http.problems import problem

LARGEST_BODY = 1 << 16
"""Bytes; a pasted abstract has a few thousand."""
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


class Guard:
    """ASGI middleware that rejects requests against the access rules."""

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self._app = app
        self._rules = rules
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerSecond(rules.rate * _SECONDS, _SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            status, detail, headers = refusal
            await problem(status, detail, headers)(scope, receive, send)
            return
        body = await _body(receive) if scope["method"] not in ("GET", "HEAD") else b""
        if body is None:
            detail = f"The body has more than {LARGEST_BODY:,} bytes. Send a shorter query."
            await problem(413, detail)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _refusal(self, scope: Scope) -> tuple[int, str, dict[str, str]] | None:
        """Return status, detail and headers of a rejection, or None to let the request pass."""
        headers, rules = Headers(scope=scope), self._rules
        if rules.hosts and host_of(headers.get("host", "")) not in rules.hosts:
            detail = "Unknown host name. Start the server with --allow-host NAME to accept it."
            return 400, detail, {}
        client = (scope.get("client") or ("",))[0]
        if not self._limiter.hit(self._rate, client):
            detail = f"More than {rules.rate} requests per second. Wait, then try again."
            return 429, detail, {"Retry-After": "1"}
        if rules.token and not scope["path"].startswith(PUBLIC_PATHS):
            authorization = headers.get("authorization", "")
            # Compared in constant time, so that timing reveals nothing of the token.
            if not hmac.compare_digest(authorization.encode(), f"Bearer {rules.token}".encode()):
                detail = "Send the token of this server as a header: Authorization: Bearer TOKEN."
                return 401, detail, {"WWW-Authenticate": "Bearer"}
        return None


def host_of(header: str) -> str:
    """Return the name in a Host header, without its port.

    >>> host_of("localhost:8600"), host_of("[::1]:8600")
    ('localhost', '::1')
    """
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower().rstrip(".")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def loopback_names(also: Iterable[str] = ()) -> frozenset[str]:
    """Return the loopback's host names, and ``also``, in lower case."""
    return frozenset(("localhost", "127.0.0.1", "::1", *(name.lower() for name in also)))


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request, or None if it exceeds :data:`LARGEST_BODY`."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


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
