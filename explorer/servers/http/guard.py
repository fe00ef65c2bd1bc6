"""What a request must pass before anything else looks at it: host, rate, token, size.

Without a token a server listens on loopback only. A page on the web could still reach it through
a name of its own that resolves to 127.0.0.1 (DNS rebinding), so the name that is asked for must be
one of the loopback's. There are no CORS headers: other pages cannot read the answers.
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
"""Bytes; a pasted abstract has some thousand."""
PUBLIC_PATHS = ("/docs", "/openapi.json", "/static-offline-docs/", "/v1/health")
"""What can be read without the token: how to ask, and whether anybody answers."""
_SECONDS = 10
"""What a client asks is counted over so long, so that it may ask much at once after a while."""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """On what terms requests are answered."""

    token: str = ""
    """What clients must show; empty for none."""
    hosts: frozenset[str] = frozenset()
    """Names that this server may be asked by; empty for any."""
    rate: int = 50
    """Requests a second of one client address."""


class Guard:
    """Turns away requests that do not keep the terms; an ASGI middleware."""

    def __init__(self, app: ASGIApp, terms: AccessRules) -> None:
        self._app = app
        self._terms = terms
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerSecond(terms.rate * _SECONDS, _SECONDS)

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
            told = f"The body has more than {LARGEST_BODY:,} bytes. Ask for less at once."
            await problem(413, told)(scope, receive, send)
            return
        await self._app(scope, _given(body, receive), send)

    def _refusal(self, scope: Scope) -> tuple[int, str, dict[str, str]] | None:
        """Return status, reason and headers of the answer to a request that is turned away."""
        headers, terms = Headers(scope=scope), self._terms
        if terms.hosts and host_of(headers.get("host", "")) not in terms.hosts:
            told = "This server does not go by that name; --allow-host NAME would make it."
            return 400, told, {}
        client = (scope.get("client") or ("",))[0]
        if not self._limiter.hit(self._rate, client):
            told = f"More than {terms.rate} requests a second. Wait, then ask again."
            return 429, told, {"Retry-After": "1"}
        if terms.token and not scope["path"].startswith(PUBLIC_PATHS):
            shown = headers.get("authorization", "")
            # Compared as bytes in constant time, so that nobody can guess it sign by sign.
            if not hmac.compare_digest(shown.encode(), f"Bearer {terms.token}".encode()):
                told = "Send the token of this server: Authorization: Bearer TOKEN."
                return 401, told, {"WWW-Authenticate": "Bearer"}
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
    """Return the names by which this machine asks itself."""
    return frozenset(("localhost", "127.0.0.1", "::1", *(name.lower() for name in also)))


async def _body(receive: Receive) -> bytes | None:
    """Return the body of a request, or None if it is too large."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _given(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that hands out a body that has been read already."""
    handed_out = False

    async def again() -> Message:
        nonlocal handed_out
        if handed_out:
            return await receive()
        handed_out = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
