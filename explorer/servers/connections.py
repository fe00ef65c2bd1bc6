"""Connections with deadlines: clients that send or read too slowly lose theirs.

uvicorn ends an idle connection after a response, but waits without limit for a first request, a
body, and a client that does not read. Each of them must make progress here within a time of its
own. Once connections are as many as they may be, a new one takes the place of that which has
waited longest without completing a request.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from enum import Enum
from typing import ClassVar, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from explorer.settings import ConnectionLimits

_LOOK = 0.5
"""Seconds between two looks at a connection."""
_SPARE_FILES = 64
"""Files that a server may open besides its connections."""
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 5\r\n"
    b"connection: close\r\n\r\nToo many connections. Try again in a few seconds.\n"
)


class Wait(Enum):
    """Reason why the server waits for a client."""

    NOTHING = "nothing"
    """It computes a response, or the connection is idle and has its own timeout."""
    HEADERS = "headers"
    BODY = "body"
    READER = "reader"


class TimedProtocol(H11Protocol):
    """HTTP/1.1 connection that ends if its client keeps the server waiting."""

    limits: ClassVar[ConnectionLimits] = ConnectionLimits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait = Wait.HEADERS
        self._since = self.loop.time()
        self._received = 0
        self._unread = 0
        self._next_look = self.loop.call_later(_LOOK, self._look)
        if len(self.connections) > self.limits.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._next_look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)

    def on_response_complete(self) -> None:
        self._restart(Wait.NOTHING)
        super().on_response_complete()

    def resume_writing(self) -> None:
        self._restart(self._wait)
        super().resume_writing()

    def _look(self) -> None:
        """Cut the connection if its client is late; look again after a while."""
        if self.transport.get_protocol() is not self:
            return  # a WebSocket, whose pings end it if the client does not answer
        wait = self.awaited()
        if wait is not self._wait or self._has_progressed(wait):
            self._restart(wait)
        elif wait is not Wait.NOTHING and self.loop.time() - self._since > self._seconds(wait):
            self.transport.abort()
            return
        self._next_look = self.loop.call_later(_LOOK, self._look)

    def awaited(self) -> Wait:
        """Return what the server waits for now."""
        if self.transport.get_write_buffer_size():
            return Wait.READER
        if self.conn.their_state is h11.SEND_BODY:
            return Wait.NOTHING if self.flow.read_paused else Wait.BODY
        # Blank lines before a request end the timeout of idle connections without beginning one.
        is_idle = self.timeout_keep_alive_task is not None and not self.conn.trailing_data[0]
        if self.conn.their_state is h11.IDLE and not is_idle:
            return Wait.HEADERS
        return Wait.NOTHING

    def _has_progressed(self, wait: Wait) -> bool:
        if wait is Wait.BODY:
            return self._received >= self._enough(wait)
        if wait is Wait.READER:
            left = self.transport.get_write_buffer_size()
            self._unread = max(self._unread, left)
            return self._unread - left >= self._enough(wait)
        return False

    def _enough(self, wait: Wait) -> float:
        """Return the bytes that give a client more time."""
        return self.limits.bytes_per_second * self._seconds(wait)

    def _seconds(self, wait: Wait) -> float:
        limits = self.limits
        if wait is Wait.HEADERS:
            return limits.header_seconds
        return limits.body_seconds if wait is Wait.BODY else limits.reader_seconds

    def _restart(self, wait: Wait) -> None:
        self._wait, self._since, self._received = wait, self.loop.time(), 0
        self._unread = self.transport.get_write_buffer_size()

    def _make_room(self) -> None:
        """End the connection that has waited longest for its first request; else this one."""
        others = [
            one
            for one in self.connections
            if isinstance(one, TimedProtocol) and one is not self and one.awaited() is Wait.HEADERS
        ]
        ended = min(others, key=lambda one: one._since, default=self)
        self.connections.discard(ended)
        if ended is self:
            self.transport.write(_FULL)
            self.transport.close()
        else:
            ended.transport.abort()


def timed_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return the protocol for uvicorn with these ``limits``, as far as the system's allow them."""
    most = min(limits.connections, _open_files() - _SPARE_FILES)
    fitting = replace(limits, connections=max(most, 1))
    return cast("type[asyncio.Protocol]", type("Limited", (TimedProtocol,), {"limits": fitting}))


def _open_files() -> int:
    """Return the number of files, connections among them, that this process may have open."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows, which has no such limit
        return 1 << 30
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 30 if soft == resource.RLIM_INFINITY else soft
