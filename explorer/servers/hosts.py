"""Host names of requests, read strictly: a header that is no plain host and port names nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers


def requested_host(headers: Headers) -> str:
    """Return the name in the Host header without its port; ``""`` unless there is one valid one.

    >>> requested_host(Headers({"host": "LocalHost.:8600"})), requested_host(Headers({}))
    ('localhost', '')
    """
    hosts = headers.getlist("host")
    return host_of(f"//{hosts[0]}") if len(hosts) == 1 else ""


def host_of(address: str) -> str:
    """Return the host in an address, or ``""`` if it has none that is valid.

    >>> host_of("//[::1]:8600"), host_of("//localhost:port"), host_of("//a@localhost")
    ('::1', '', '')
    """
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is not a number
    except ValueError:
        return ""
    # urlsplit drops some characters, and empty parts.
    if "@" in parts.netloc or address.rpartition("//")[2] != parts.netloc:
        return ""
    return normal_host(parts.hostname or "")


def normal_host(name: str) -> str:
    """Return ``name`` in lower case, without the dot of the DNS root."""
    return name.lower().rstrip(".")
