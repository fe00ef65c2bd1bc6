"""The briefing as a mail: HTML and text parts, nothing remote in it, sent over SMTP with TLS."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr

from explorer.alerts.briefing import Briefing, as_html, as_markdown, briefing_heading
from explorer.errors import ExplorerError, UnusableInput

_HOST = "EXPLORER_SMTP_HOST"
_PORT = "EXPLORER_SMTP_PORT"
_USER = "EXPLORER_SMTP_USER"
_PASSWORD = "EXPLORER_SMTP_PASSWORD"
_FROM = "EXPLORER_SMTP_FROM"
_IMPLICIT_TLS = 465
"""The port whose connections begin with TLS (RFC 8314); others change to it with STARTTLS."""
_SUBMISSION = 587
_PATIENCE = 30.0
"""Seconds."""


class MailError(ExplorerError):
    """A mail could not be sent; nothing of it is lost."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that sends mails, and who sends them."""

    host: str
    port: int
    user: str
    password: str
    sender: str


def mail_server(environment: Mapping[str, str] | None = None) -> MailServer:
    """Return the server that the environment names.

    Raises:
        UnusableInput: it names none, or no port.
    """
    given = os.environ if environment is None else environment
    host, user = given.get(_HOST, ""), given.get(_USER, "")
    sender = given.get(_FROM, "") or (user if "@" in user else "")
    port = given.get(_PORT, f"{_SUBMISSION}")
    if not host or not sender:
        raise UnusableInput(
            f"no mail server: set {_HOST} and {_FROM}; {_PORT}, {_USER} and {_PASSWORD} if needed.",
            advice="--dry-run writes the mail to a file instead.",
        )
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise UnusableInput(f"{_PORT} is {port!r}, which is no port.")
    return MailServer(host, int(port), user, given.get(_PASSWORD, ""), checked_address(sender))


def checked_address(text: str) -> str:
    """Return a mail address without a name.

    Raises:
        UnusableInput: it is none.
    """
    address = parseaddr(text)[1]
    try:
        checked = Address(addr_spec=address).addr_spec
    except (ValueError, IndexError) as error:
        raise UnusableInput(f"{text[:80]!r} is no mail address.") from error
    if not checked.partition("@")[2] or checked != address:
        raise UnusableInput(f"{text[:80]!r} is no mail address.")
    return checked


def as_mail(page: Briefing, sender: str, recipient: str) -> EmailMessage:
    """Return a briefing as a mail with a text and an HTML part."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = briefing_heading(page)
    message["From"] = Address("Literature Explorer", addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    message.set_content(as_markdown(page))
    message.add_alternative(as_html(page), subtype="html")
    return message


def send_mail(message: EmailMessage, server: MailServer) -> None:
    """Send a mail; never without TLS.

    Raises:
        MailError: the server cannot be reached, or refuses.
    """
    context = ssl.create_default_context()
    try:
        if server.port == _IMPLICIT_TLS:
            with smtplib.SMTP_SSL(
                server.host, server.port, timeout=_PATIENCE, context=context
            ) as connection:
                _send(connection, message, server)
        else:
            with smtplib.SMTP(server.host, server.port, timeout=_PATIENCE) as connection:
                connection.starttls(context=context)
                _send(connection, message, server)
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(
            f"the mail was not sent: {server.host} ({error}).",
            advice="The same command tries again; --dry-run writes the mail to a file.",
        ) from error


def _send(connection: smtplib.SMTP, message: EmailMessage, server: MailServer) -> None:
    if server.user:
        connection.login(server.user, server.password)
    connection.send_message(message)
