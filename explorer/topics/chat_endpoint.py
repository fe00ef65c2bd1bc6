"""One request to an OpenAI-compatible server: where it goes, what it carries, how it may fail.

Nothing but the host of the address is connected to: no redirect is followed, no proxy is used. The
key goes into one header and into no message.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from threading import Event, Timer
from typing import Any
from urllib.parse import urlsplit

from explorer.errors import UnusableInput
from explorer.papers.text import tidy
from explorer.topics.custom_namer import NoAnswer

_MOST_BYTES = 1 << 20
"""Bytes of an answer that are read; a name and two sentences need a thousandth."""
_MOST_OF_ERROR = 120
"""Characters of a server's own error message that are shown."""
_KEY = re.compile(r"[!-~]+")
_SHORTEST_SECRET = 8
"""Characters of a key from which it is kept out of answers; shorter ones stand for none."""


class EndpointFailure(NoAnswer):
    """The server gave no answer; the message does not hold the key."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status
        """HTTP status, where it is an error."""


class ChatEndpoint:
    """Chat completions of the server at ``url``, such as ``http://localhost:11434/v1``.

    Args:
        url: the part of the address before ``/chat/completions``.
        key: sent as a bearer token; empty for servers without one.
        seconds: for one request, from the connection to the last byte of the answer.

    Raises:
        UnusableInput: the address or the key cannot be used.
    """

    def __init__(self, url: str, key: str = "", seconds: float = 120.0) -> None:
        self._seconds = seconds
        self._key = key.strip()
        if self._key and not _KEY.fullmatch(self._key):
            raise UnusableInput(
                "The key of the naming server holds blanks or characters that no header can carry.",
                advice="Check EXPLORER_NAMER_KEY.",
            )
        try:
            parts = urlsplit(url)
            self._port = parts.port
        except ValueError:
            raise _unusable() from None
        if "@" in parts.netloc:
            raise UnusableInput(
                "The address of the naming server must hold no user name and no password.",
                advice="Put the key into EXPLORER_NAMER_KEY.",
            )
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or not url.isascii()
            or not url.isprintable()
            or " " in url
        ):
            raise _unusable()
        self._is_secure = parts.scheme == "https"
        self._name = parts.hostname
        self._path = f"{parts.path.rstrip('/')}/chat/completions"
        self.host = parts.netloc
        """Host and port, as in the address."""
        self.url = url.rstrip("/")

    @property
    def is_exposed(self) -> bool:
        """Whether texts and key travel unencrypted to another machine."""
        if self._is_secure or self._name == "localhost":
            return False
        with suppress(ValueError):
            return not ip_address(self._name).is_loopback
        return True

    def is_key_in(self, text: str) -> bool:
        """Return whether a text of the server holds the key, as far as that is a secret."""
        return len(self._key) >= _SHORTEST_SECRET and self._key in tidy(text)

    def complete(self, request: dict[str, Any]) -> str:
        """Return the content of the first choice that the server answers ``request`` with.

        Raises:
            EndpointFailure: there is none.
        """
        status, body = self._post(json.dumps(request).encode())
        if 300 <= status < 400:
            raise EndpointFailure(f"{self.host} redirects to another address, which is refused")
        try:
            answer: Any = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if status != 200:
            reason = f"{self.host} answers HTTP {status}{self._message(answer)}"
            raise EndpointFailure(reason, status)
        try:
            content = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            content = None
        if not isinstance(content, str):
            raise EndpointFailure(f"{self.host} does not answer as chat completions do")
        if self.is_key_in(content):
            raise EndpointFailure(f"{self.host} answers with the key")
        return content

    def _post(self, body: bytes) -> tuple[int, bytes]:
        """Return status and content of the answer to ``body``."""
        headers = {"Content-Type": "application/json", "User-Agent": "literature-explorer"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        kind = HTTPSConnection if self._is_secure else HTTPConnection
        is_late = Event()
        with closing(kind(self._name, self._port, timeout=self._seconds)) as connection:
            try:
                connection.connect()
                with _cut_after(self._seconds, connection.sock, is_late):
                    connection.request("POST", self._path, body, headers)
                    response = connection.getresponse()
                    content = response.read(_MOST_BYTES + 1)
            except (OSError, HTTPException, ValueError) as error:
                if not is_late.is_set() and not isinstance(error, TimeoutError):
                    reason = f"{self.host} cannot be reached ({_reason(error)})"
                    raise EndpointFailure(reason) from None
                is_late.set()
        if is_late.is_set():
            raise EndpointFailure(f"{self.host} gives no answer within {self._seconds:g} s")
        if len(content) > _MOST_BYTES:
            raise EndpointFailure(f"{self.host} answers with more than {_MOST_BYTES:,} bytes")
        return response.status, content

    def _message(self, answer: Any) -> str:
        """Return a server's own error message, after a colon; empty if it gives none."""
        error = answer.get("error") if isinstance(answer, dict) else None
        message = error.get("message") if isinstance(error, dict) else error
        if not isinstance(message, str) or self.is_key_in(message):
            return ""
        return f": {tidy(message)[:_MOST_OF_ERROR]}"


def _unusable() -> UnusableInput:
    # The address is not quoted: it may hold a password.
    return UnusableInput(
        "The address of the naming server cannot be used.",
        advice="It is of the form http://localhost:11434/v1, without a query.",
    )


def _reason(error: Exception) -> str:
    """Return a short description of an error of the network; it holds no text of the server."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


@contextmanager
def _cut_after(seconds: float, connection: socket.socket, is_late: Event) -> Iterator[None]:
    """Shut ``connection`` down after ``seconds``, even if bytes still trickle in."""

    def cut() -> None:
        is_late.set()
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
