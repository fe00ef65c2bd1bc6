"""A mailbox folder of alert mails, over IMAP with TLS (RFC 9051), reading only.

The folder is opened with EXAMINE and messages are fetched with PEEK: nothing is marked as read. The
password comes from ``EXPLORER_IMAP_PASSWORD`` or, with the package ``keyring``, from the system's
keyring (service ``literature-explorer``).
"""

from __future__ import annotations

import imaplib
import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from urllib.parse import unquote, urlsplit

from explorer.builds.feeds.web import FetchError
from explorer.settings import FetchLimits

_PASSWORD = "EXPLORER_IMAP_PASSWORD"
_SERVICE = "literature-explorer"
_PORT = 993
"""Of IMAP with TLS from the first byte (RFC 8314)."""
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as it was received."""

    number: int
    """Its UID, which grows from message to message."""
    content: bytes


def new_messages(
    address: str, after: int, validity: int, since: date, limits: FetchLimits
) -> Iterator[tuple[int, Message]]:
    """Yield the folder's validity and each message that came after ``after``, the oldest first.

    Args:
        address: ``imap://user@host[:port]/FOLDER``.
        after: the highest UID that is known.
        validity: the folder's UIDVALIDITY then; where it has changed, ``since`` counts instead.

    Raises:
        FetchError: there is no connection, no password, or no such folder.
    """
    parts = urlsplit(address)
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    with _connection(address, limits) as server:
        status, _ = server.select(_quoted(folder), readonly=True)
        if status != "OK":
            raise FetchError(f"{parts.hostname} has no folder {folder!r}.")
        now = _number(server.response("UIDVALIDITY")[1])
        wanted = f"UID {after + 1}:*" if after and now == validity else f"SINCE {_day(since)}"
        _, matches = server.uid("SEARCH", wanted)
        numbers = sorted({int(number) for number in (matches[0] or b"").split()})
        if now == validity:
            numbers = [number for number in numbers if number > after]
        for number in numbers[: limits.messages]:
            _, size = server.uid("FETCH", str(number), "(RFC822.SIZE)")
            if _number(size, rb"RFC822\.SIZE (\d+)") > limits.page_bytes:
                continue
            _, parts_of = server.uid("FETCH", str(number), "(BODY.PEEK[])")
            content = next((part[1] for part in parts_of if isinstance(part, tuple)), b"")
            if content:
                yield now, Message(number, content)


@contextmanager
def _connection(address: str, limits: FetchLimits) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(address)
    host, user = parts.hostname or "", unquote(parts.username or "")
    if not user:
        raise FetchError("the address of a mailbox needs a user: imap://you%40example.org@host/")
    password = _password(user, host)
    try:
        server = imaplib.IMAP4_SSL(
            host,
            parts.port or _PORT,
            ssl_context=ssl.create_default_context(),
            timeout=limits.idle_seconds,
        )
    except OSError as error:
        raise FetchError(f"no connection with {host} ({error}).") from error
    try:
        server.login(user, password)
        yield server
    except imaplib.IMAP4.error as error:
        raise FetchError(f"{host}: {str(error)[:200]}") from error
    except OSError as error:
        raise FetchError(f"the connection with {host} broke ({error}).") from error
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def _password(user: str, host: str) -> str:
    if password := os.environ.get(_PASSWORD):
        return password
    try:
        keyring = import_module("keyring")
    except ImportError:
        kept = None
    else:
        kept = keyring.get_password(_SERVICE, f"{user}@{host}")
    if kept:
        return str(kept)
    raise FetchError(
        f"no password for {user} at {host}: set {_PASSWORD}, or `pip install keyring` and "
        f"`keyring set {_SERVICE} {user}@{host}`."
    )


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _day(day: date) -> str:
    """Return a day as IMAP writes it, in English whatever the language of the system."""
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def _number(answer: object, pattern: bytes = rb"(\d+)") -> int:
    listed = answer if isinstance(answer, list) else []
    text = b" ".join(part for part in listed if isinstance(part, bytes))
    match = re.search(pattern, text)
    return int(match[1]) if match else 0
