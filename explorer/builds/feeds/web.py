"""Connections to services: one polite request at a time, within limits of time and size.

A request names who asks, waits as long as the service wants between two of them, is repeated after
errors that pass (with growing, random waits; Amazon's "Exponential Backoff And Jitter", 2015), and
ends when it lasts too long or brings too much. Redirects are followed only to public addresses, so
that no service can make this machine fetch from its own network.
"""

from __future__ import annotations

import ipaddress
import socket
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from explorer import __version__
from explorer.errors import ExplorerError
from explorer.settings import FetchLimits

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Statuses that may be others a moment later."""
_GZIP = 16 + zlib.MAX_WBITS
_LONGEST_BACK_OFF = 30.0
"""Seconds between two tries, at most, where the service names none."""


class FetchError(ExplorerError):
    """A page could not be fetched; the message says why, and what to do."""


class WaitWanted(FetchError):
    """A service wants no request for longer than a run waits."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the service wants no request for {seconds / 60:.0f} minutes.")
        self.seconds = seconds


class _Passing(FetchError):
    """An error that may not occur again."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Response:
    """A response: its body, unpacked, and what allows to ask for changes only."""

    body: bytes
    etag: str = ""
    last_modified: str = ""


class Web:
    """One connection pool for a run; not for several threads."""

    def __init__(
        self,
        limits: FetchLimits | None = None,
        contact: str = "",
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = time.sleep,
        is_public: Callable[[str], bool] | None = None,
    ) -> None:
        """Prepare; nothing is connected to yet.

        Args:
            contact: mail address for the services, which some ask for.
            transport: stands in for the network in tests.
            wait: sleeps for some seconds.
            is_public: whether all addresses of a host are on the internet.
        """
        self._limits = limits or FetchLimits()
        self.contact = contact
        self._transport = transport
        self._wait = wait
        self._is_public = is_public or on_the_internet
        self._client: httpx.Client | None = None
        self._last: dict[str, float] = {}

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def get(
        self,
        url: str,
        parameters: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        pause: float = 0.0,
    ) -> Response | None:
        """Return the page at ``url``; None if it has not changed since (304).

        Args:
            headers: such as ``If-None-Match``.
            pause: seconds since the last request to the same host, at least.

        Raises:
            WaitWanted: the service wants to be left alone for longer than a run waits.
            FetchError: it cannot be fetched.
        """
        import tenacity

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Passing),
            stop=tenacity.stop_after_attempt(self._limits.tries),
            wait=self._before_next,
            sleep=self._wait,
            reraise=True,
        )
        try:
            page: Response | None = retrying(
                self._once, url, dict(parameters or {}), dict(headers or {}), pause
            )
        except _Passing as error:
            raise FetchError(f"{error} The next run tries again.") from error
        return page

    def _before_next(self, state: RetryCallState) -> float:
        import tenacity

        error = state.outcome.exception() if state.outcome else None
        wanted = error.wait if isinstance(error, _Passing) else None
        if wanted is None:
            back_off = tenacity.wait_random_exponential(multiplier=1, max=_LONGEST_BACK_OFF)
            return float(back_off(state))
        if wanted > self._limits.longest_wait:
            raise WaitWanted(wanted)
        return wanted

    def _once(
        self, url: str, parameters: dict[str, str], headers: dict[str, str], pause: float
    ) -> Response | None:
        """Fetch once, redirects included."""
        host = _host(url)
        last = self._last.get(host)
        if last is not None and (due := last + pause - time.monotonic()) > 0:
            self._wait(due)
        deadline = time.monotonic() + self._limits.page_seconds
        origin = url
        for _ in range(self._limits.redirects + 1):
            with self._stream(url, parameters, headers) as response:
                self._last[host] = time.monotonic()
                if response.status_code not in _REDIRECTS:
                    return self._read(response, deadline)
                target = str(response.url.join(response.headers.get("location", "")))
            if urlsplit(target).scheme not in ("http", "https"):
                raise FetchError(f"{_host(origin)} redirects to something else than a web address.")
            if url.startswith("https:") and not target.startswith("https:"):
                raise FetchError(f"{_host(origin)} redirects to an address without encryption.")
            if not self._is_public(_host(target)):
                raise FetchError(
                    f"{_host(origin)} redirects to {_host(target)}, which is not on the internet; "
                    "that is not followed."
                )
            url, parameters = target, {}
        raise FetchError(f"{_host(origin)} redirects without end.")

    @contextmanager
    def _stream(
        self, url: str, parameters: dict[str, str], headers: dict[str, str]
    ) -> Iterator[httpx.Response]:
        import httpx

        try:
            # Parameters replace a query in the address, even when there are none.
            with self._opened().stream(
                "GET", url, params=parameters or None, headers=headers
            ) as response:
                yield response
        except httpx.TimeoutException as error:
            raise _Passing(f"{_host(url)} does not answer.") from error
        except httpx.TransportError as error:
            raise _Passing(f"no connection with {_host(url)} ({_short(error)}).") from error
        except httpx.InvalidURL as error:
            raise FetchError(f"{url[:200]!r} is no web address.") from error

    def _opened(self) -> httpx.Client:
        import httpx

        if self._client is None:
            contact = f"; mailto:{self.contact}" if self.contact else ""
            self._client = httpx.Client(
                headers={
                    "User-Agent": f"literature-explorer/{__version__} (fetch{contact})",
                    "Accept-Encoding": "gzip",
                },
                timeout=httpx.Timeout(self._limits.idle_seconds),
                follow_redirects=False,
                transport=self._transport,
            )
        return self._client

    def _read(self, response: httpx.Response, deadline: float) -> Response | None:
        """Return the page of a final response."""
        host = response.url.host
        if response.status_code == 304:
            return None
        if response.status_code in _PASSING:
            wait = _retry_after(response.headers.get("retry-after", ""))
            raise _Passing(f"{host} answered with an error ({response.status_code}).", wait)
        if response.status_code != 200:
            raise FetchError(
                f"{host} answered with {response.status_code}. Check the feed: "
                "`explorer feeds list`."
            )
        encoding = response.headers.get("content-encoding", "").lower()
        if encoding not in ("", "gzip", "identity"):
            raise FetchError(f"{host} sends a page in an encoding that nobody wants.")
        unpack = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
        body, limit = bytearray(), self._limits.page_bytes
        # Raw pieces: a little that unpacks to very much, or to nothing, is noticed.
        for piece in response.iter_raw():
            try:
                body += unpack.decompress(piece, limit + 1) if unpack else piece
            except zlib.error as error:
                raise _Passing(f"{host} sends a page that cannot be unpacked.") from error
            if len(body) > limit or response.num_bytes_downloaded > limit:
                size = f"{limit >> 20} MB"
                raise FetchError(f"{host} sends more than {size}; no page of papers is that long.")
            if time.monotonic() > deadline:
                raise _Passing(f"{host} sends too slowly.")
        if unpack and not unpack.eof:
            raise _Passing(f"the connection with {host} broke.")
        return Response(
            bytes(body),
            response.headers.get("etag", ""),
            response.headers.get("last-modified", ""),
        )


def on_the_internet(host: str) -> bool:
    """Return whether all addresses of ``host`` are public ones; one that has none is not."""
    try:
        addresses = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return False
    numbers = [str(address[0]).partition("%")[0] for *_, address in addresses]
    return bool(numbers) and all(ipaddress.ip_address(number).is_global for number in numbers)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:80]


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def _retry_after(text: str) -> float | None:
    """Return the seconds of a ``Retry-After``, given as such or as a date."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
